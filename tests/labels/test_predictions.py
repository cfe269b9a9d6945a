from __future__ import annotations

import numpy as np
import polars as pl

from curate.labels.predictions import prediction_rows, reviewed
from curate.store import schemas

IDS = np.array([1, 2, 2**62, 5], np.int64)
SAID = {"field": "weather", "source": "clip:demo"}


def rows(run="a", ids=IDS):
    codes = np.arange(len(ids)) % 2
    return prediction_rows(ids, codes, ["hail", "rain"], np.linspace(0, 1, len(ids)), run=run, **SAID)


def test_they_are_rows_of_the_labels_table():
    table = rows()
    assert table.schema == schemas.LABELS
    found = table.to_pylist()
    assert [row["value"] for row in found] == ["hail", "rain", "hail", "rain"]
    assert {(row["field"], row["source"], row["source_kind"], row["kind"], row["run"]) for row in found} == {
        ("weather", "clip:demo", "model", "classification", "a")
    }
    assert [row["box"] for row in found] == [None] * 4
    assert rows(ids=IDS[:0]).num_rows == 0


def test_ids_are_of_the_sample_and_the_run():
    many = np.random.default_rng(0).integers(1, 2**63 - 1, 200_000)
    one, again, other = (rows(run, many).column("label_id").to_numpy() for run in ("a", "a", "b"))
    assert np.array_equal(one, again)
    assert len(np.unique(np.concatenate([one, other]))) == 2 * len(np.unique(many))
    assert one.min() >= 0


def test_what_annotators_agree_on_and_nothing_else():
    said = pl.DataFrame(
        [
            (1, "hail", "annotator", "classification"),
            (1, "rain", "annotator", "classification"),
            (1, "hail", "annotator", "classification"),
            (2, "hail", "annotator", "classification"),
            (2, "rain", "annotator", "classification"),
            (3, "snow", "model", "classification"),
            (4, "car", "annotator", "detection"),
            (5, None, "annotator", "classification"),
            (6, "fog", "annotator", "classification"),
        ],
        schema=["sample_id", "value", "source_kind", "kind"],
        orient="row",
    )
    assert reviewed(said).rows() == [(1, "hail"), (6, "fog")]
    assert reviewed(said.head(0)).height == 0
