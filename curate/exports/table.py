"""Parquet and CSV: `samples.<format>` with one row a sample, `labels.<format>` with one row a label, and the pictures.

One file for all parts, with a column `split`: a table is filtered more easily than joined together again. `file_name` leads
from the table to the picture. Hugging Face's loaders use the same name.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl

from curate.errors import NotVerified
from curate.exports.contents import PART, Contents, Format, Found, by_part, part_counts
from curate.exports.labels import SCHEMA, shortest
from curate.exports.manifest import Manifest


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return [f"images/{f}" if f else "images" for f in by_part(samples, parts, otherwise="")], [None] * samples.height


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as the suffix of the path says.

    CSV has no lists and no bytes: lists and structs become JSON, bytes become Base64.
    """
    if path.suffix == ".parquet":
        frame.write_parquet(path, compression="zstd", statistics=True)
    else:
        flat = [_flat(column) for column in frame if column.dtype != pl.Object]
        pl.DataFrame(flat).write_csv(path)


def read_table(path: Path) -> pl.DataFrame:
    """Read what `write_table` wrote; CSV gives text in every column but `sample_id`."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path, glob=False)
    frame = pl.read_csv(path, infer_schema=False, glob=False)
    return frame.with_columns(pl.col("sample_id").cast(pl.Int64)) if "sample_id" in frame.columns else frame


def _flat(column: pl.Series) -> pl.Series:
    if column.dtype.is_nested():
        texts = [
            None if value is None else msgspec.json.encode(value, enc_hook=str).decode() for value in column.to_list()
        ]
        return pl.Series(column.name, texts, dtype=pl.String)
    if column.dtype == pl.Binary:
        return column.bin.encode("base64")
    return shortest(column).alias(column.name) if column.dtype == pl.Float32 else column


def _tables(suffix: str) -> Format:
    def write(folder: Path, contents: Contents) -> None:
        write_table(contents.samples, folder / f"samples.{suffix}")
        write_table(contents.labels, folder / f"labels.{suffix}")

    def read_back(folder: Path, manifest: Manifest) -> Found:
        samples, labels = (read_table(folder / f"{name}.{suffix}") for name in ("samples", "labels"))
        if missing := {"sample_id", *([PART] if manifest.parts else [])} - set(samples.columns):
            raise NotVerified(f"samples.{suffix} has no column {min(missing)!r}")
        if missing := set(SCHEMA) - set(labels.columns):
            raise NotVerified(f"labels.{suffix} has no column {min(missing)!r}")
        counts = {
            "samples": samples.height,
            "labels": labels.height,
            "parts": part_counts(samples, manifest.parts),
        }
        return Found(counts, samples)

    return Format(suffix, _folders, write, read_back)


PARQUET = _tables("parquet")
CSV = _tables("csv")
