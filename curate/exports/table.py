"""Parquet, CSV and JSON lines: `samples.<format>` with a row a sample, `labels.<format>` with a row a label, and the pictures.

One file for all parts, with a column `split`: a table is filtered more easily than joined together again. `file_name` leads
from the table to the picture. Hugging Face's loaders use the same name.
"""

from __future__ import annotations

import functools
import itertools
import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec
import polars as pl

from curate.errors import NotVerified
from curate.exports.contents import PART, Contents, Format, Found, by_part, part_counts
from curate.exports.json_text import json_objects, json_texts
from curate.exports.labels import SCHEMA, shortest
from curate.exports.manifest import Manifest

AT_ONCE = 50_000  # rows that are in memory as text


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return [f"images/{f}" if f else "images" for f in by_part(samples, parts, otherwise="")], [None] * samples.height


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as the suffix of the path says.

    CSV has no lists and no bytes: lists and structs become JSON, bytes become Base64. JSON has no bytes either, and no number
    that is not finite: that is null.
    """
    if path.suffix == ".parquet":
        frame.write_parquet(path, compression="zstd", statistics=True)
    elif path.suffix == ".jsonl":
        plain = frame.select(pl.exclude(pl.Object))
        with path.open("wb") as file:
            for rows in plain.iter_slices(AT_ONCE):
                file.write("".join(f"{row}\n" for row in json_objects(rows)).encode())
    else:
        flat = [_flat(column) for column in frame if column.dtype != pl.Object]
        pl.DataFrame(flat).write_csv(path)


def read_table(path: Path) -> pl.DataFrame:
    """Read what `write_table` wrote; CSV gives text in every column but `sample_id`, no rows of JSON no columns."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path, glob=False)
    if path.suffix == ".jsonl":
        return pl.read_ndjson(path, infer_schema_length=None) if path.stat().st_size else pl.DataFrame()
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
        if (labels.width or suffix != "jsonl") and (missing := set(SCHEMA) - set(labels.columns)):
            raise NotVerified(f"labels.{suffix} has no column {min(missing)!r}")
        counts = {
            "samples": samples.height,
            "labels": labels.height,
            "parts": part_counts(samples, manifest.parts),
        }
        return Found(counts, samples)

    return Format(suffix, _folders, write, read_back, check=functools.partial(_check, suffix))


def _check(suffix: str, folder: Path, _manifest: Manifest, contents: Contents) -> str:
    """Read as others do: not by the library that has written it."""
    for name, meant in (("samples", contents.samples), ("labels", contents.labels)):
        start = 0
        for rows in _read_by_others(folder / f"{name}.{suffix}", meant.select(pl.exclude(pl.Object))):
            wanted = meant.select(pl.exclude(pl.Object)).slice(start, rows.height)
            start += rows.height
            if rows.columns != wanted.columns:
                raise NotVerified(f"{name}.{suffix} has the columns {rows.columns}, not {wanted.columns}")
            for column in wanted:
                read, said = _comparable(rows[column.name], suffix), _comparable(column, suffix)
                if suffix == "jsonl" and column.dtype in (pl.Float32, pl.Float64):  # 1e300 and 1e+300 are one number
                    read, said = read.cast(pl.Float64), said.cast(pl.Float64)
                if (differs := read.ne_missing(said)).any():
                    at = int(differs.arg_max() or 0)
                    raise NotVerified(
                        f"{column.name} of row {start - rows.height + at} in {name}.{suffix} is {read[at]!r}, not {said[at]!r}"
                    )
        if start != meant.height:
            raise NotVerified(f"{name}.{suffix} has {start:,} rows, not {meant.height:,}")
    if suffix == "jsonl":
        return f"json of Python {platform.python_version()}"
    return f"pyarrow {version('pyarrow')}"


def _read_by_others(path: Path, meant: pl.DataFrame) -> Iterator[pl.DataFrame]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        for batch in pq.ParquetFile(path).iter_batches(AT_ONCE):
            yield pl.DataFrame(pl.from_arrow(batch))
    elif path.suffix == ".csv":
        import pyarrow as pa
        from pyarrow import csv

        kinds = csv.ConvertOptions(column_types=dict.fromkeys(meant.columns, pa.string()), strings_can_be_null=False)
        lines = csv.ParseOptions(newlines_in_values=True)
        with csv.open_csv(path, convert_options=kinds, parse_options=lines) as batches:
            for batch in batches:
                yield pl.DataFrame(pl.from_arrow(batch))
    else:
        with path.open(encoding="utf-8") as file:
            while rows := [json.loads(line) for line in itertools.islice(file, AT_ONCE)]:
                yield pl.DataFrame({name: pl.Series([row[name] for row in rows], dtype=pl.Object) for name in rows[0]})


def _comparable(column: pl.Series, suffix: str) -> pl.Series:
    """Values so that they are equal where a file of that kind holds the same."""
    if suffix == "parquet":
        return column if not column.dtype.is_nested() else json_texts(column)
    if column.dtype == pl.Object:
        texts = [None if value is None else msgspec.json.encode(value).decode() for value in column.to_list()]
        return pl.Series(column.name, texts, dtype=pl.String)
    if suffix == "jsonl":
        return json_texts(column)
    flat = _flat(column)
    written = pl.read_csv(flat.to_frame().write_csv().encode(), infer_schema=False) if flat.dtype != pl.String else None
    return (flat if written is None else written.to_series()).fill_null("")


PARQUET = _tables("parquet")
CSV = _tables("csv")
JSONL = _tables("jsonl")
