"""What a split promised is computed again from the files of its export, also where somebody sealed them again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from curate.dataset import Dataset
from curate.exports.export import Export
from curate.exports.promises import GROUP
from curate.exports.verify import verify
from tests.exports.test_verify import reseal

PARTS = {"train": 0.75, "test": 0.25}


@pytest.fixture(params=["parquet", "csv"])
def exported(ds: Dataset, tmp_path: Path, request: pytest.FixtureRequest) -> Export:
    """A split along time whose gap leaves samples in no part; groups of near-duplicates go along."""
    ids, start = ds.ids(), dt.datetime(2026, 1, 1)
    taken = [start + dt.timedelta(hours=hour) for hour in range(len(ids))]
    ds.join(pl.DataFrame({"sample_id": ids, "taken": taken}), on="sample_id")
    usable = ds.where("status = 'ok'")
    split = usable.split(PARTS, by_time="taken", gap="3h", stratify=["weather"], name="by_time")
    assert split.certificate.unassigned > 0
    return split.export(tmp_path / "out", format=request.param, media="reference")


def edited(exported: Export, change: pl.Expr) -> list[str]:
    """Change the table, seal the manifest again, and see what verify says."""
    table = exported.path / f"samples.{exported.format}"
    parquet = exported.format == "parquet"
    frame = pl.read_parquet(table) if parquet else pl.read_csv(table, infer_schema=False)
    frame = frame.with_columns(change)
    frame.write_parquet(table) if parquet else frame.write_csv(table)
    reseal(exported.path)
    found = verify(exported.path)
    assert found.changed == []
    return found.problems


def test_nothing_differs_in_a_fresh_export(exported: Export) -> None:
    found = verify(exported.path)
    assert found.ok, str(found)
    assert found.certificate is not None
    assert [times.part for times in found.certificate.times] == ["train", "test"]
    assert any("similarities" in line for line in found.unchecked)


def test_another_class_is_found_though_samples_are_in_no_part(exported: Export) -> None:
    first = pl.int_range(pl.len()) == 0
    problems = edited(exported, pl.when(first).then(pl.lit("volcano")).otherwise("weather").alias("weather"))
    assert any("weather" in problem and "the certificate says" in problem for problem in problems), problems


def test_a_group_that_is_cut_is_found(exported: Export) -> None:
    problems = edited(exported, pl.col(GROUP).first().alias(GROUP))
    assert any("groups of near-duplicates are in more than one part" in problem for problem in problems), problems


def test_another_time_is_found(exported: Export) -> None:
    later = pl.col("taken").max() if exported.format == "parquet" else pl.lit("2030-01-01T00:00:00.000000")
    problems = edited(exported, later.alias("taken"))
    assert any("the certificate says 2026-01-01" in problem for problem in problems), problems
