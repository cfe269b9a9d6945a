"""What a model says of samples, as rows of the labels table; and what people say, as the truth that it is measured by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pyarrow as pa

from curate.store import schemas


def prediction_rows(
    sample_ids: np.ndarray,
    codes: np.ndarray,
    classes: Sequence[str],
    scores: np.ndarray,
    *,
    field: str,
    source: str,
    run: str,
) -> pa.Table:
    """One classification label a sample, by a model.

    Unlike those of `annotations.label_rows`, a label's id is made of sample and run: what a model says again with another
    probability is another statement, and taking one run back leaves the other.

    Args:
        sample_ids: (n,) int64, each once.
        codes: (n,) int64 places in `classes`.
        classes: names.
        scores: (n,) probabilities.
        field: what the labels are about.
        source: who says so.
        run: what belongs together and is undone together.

    Returns:
        A table with the columns of `curate.store.schemas.LABELS`.
    """
    count = len(sample_ids)
    values = pa.array(list(classes), pa.string()).take(pa.array(np.asarray(codes, np.int32)))
    now = datetime.now(UTC).replace(tzinfo=None)

    def same(value: object, kind: pa.DataType) -> pa.Array:
        return pa.array([value], kind).take(pa.array(np.zeros(count, np.int32)))

    known = {
        "label_id": pa.array(_ids(sample_ids, run)),
        "sample_id": pa.array(np.asarray(sample_ids, np.int64)),
        "field": same(field, pa.string()),
        "kind": same("classification", pa.string()),
        "value": values,
        "score": pa.array(np.asarray(scores, np.float32)),
        "source": same(source, pa.string()),
        "source_kind": same("model", pa.string()),
        "run": same(run, pa.string()),
        "created_at": same(now, schemas.TIME),
    }
    columns = [known[field.name] if field.name in known else pa.nulls(count, field.type) for field in schemas.LABELS]
    return pa.Table.from_arrays(columns, schema=schemas.LABELS)


def reviewed(labels: pl.DataFrame) -> pl.DataFrame:
    """What annotators agree on.

    Args:
        labels: sample_id, kind, value, source_kind, one row a label.

    Returns:
        One row a sample: sample_id, value, the most frequent of its annotators' classifications; samples on which they are
        split evenly are left out.

    >>> labels = pl.DataFrame({"sample_id": [1, 1, 1, 2, 2, 3], "value": ["hail", "hail", "rain", "hail", "rain", "rain"],
    ...     "kind": "classification", "source_kind": ["annotator"] * 5 + ["model"]})
    >>> reviewed(labels).rows()
    [(1, 'hail')]
    """
    said = labels.filter(kind="classification", source_kind="annotator").drop_nulls("value")
    votes = said.group_by("sample_id", "value").len()
    most = votes.filter(pl.col("len") == pl.col("len").max().over("sample_id"))
    return most.filter(pl.len().over("sample_id") == 1).select("sample_id", "value").sort("sample_id")


def _ids(sample_ids: np.ndarray, run: str) -> np.ndarray:
    """(n,) int64 positive ids, different for different samples of a run: a finaliser of 63 bits that can be turned back.

    Source: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    """
    key = int.from_bytes(hashlib.blake2b(run.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    mask = np.uint64(2**63 - 1)
    mixed = (np.asarray(sample_ids, np.int64).astype(np.uint64) ^ np.uint64(key)) & mask
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = ((mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)) & mask
    return (mixed ^ (mixed >> np.uint64(31))).astype(np.int64)
