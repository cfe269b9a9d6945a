"""A folder of an older format is brought to today's when it is opened, and loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import lance
import polars as pl
import pytest
from PIL import Image

import curate
from curate import errors
from curate.store import schemas
from curate.store.folder import Folder
from curate.store.migrations import FORMAT


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A dataset of format 1: labels had no attributes; with a snapshot and a label."""
    place = tmp_path / "old.curate"
    ds = curate.create(place)
    without = schemas.LABELS.remove(schemas.LABELS.get_field_index("attributes"))
    lance.write_dataset(without.empty_table(), ds.folder.path("labels"), mode="overwrite")
    about = json.loads((place / "curate.json").read_text())
    (place / "curate.json").write_text(json.dumps({**about, "format": 1}))
    return place


def test_opening_adds_the_columns_and_says_the_new_format(old: Path) -> None:
    ds = curate.open(old)
    assert ds.folder.labels.stored_schema().names == schemas.LABELS.names
    assert ds.folder.about()["format"] == FORMAT


def test_killed_before_the_number_was_written_it_migrates_again(old: Path) -> None:
    about = (old / "curate.json").read_text()
    curate.open(old)
    (old / "curate.json").write_text(about)
    assert curate.open(old).folder.about()["format"] == FORMAT


def test_the_past_before_the_migration_reads_with_nulls(old: Path) -> None:
    before = Folder(str(old)).labels.version()
    curate.open(old)
    labels = Folder(str(old), pinned={"labels": before}).labels
    assert labels.read().schema.names == schemas.LABELS.names
    assert labels.read(["attributes", "value"]).schema.names == ["attributes", "value"]


def test_labels_of_before_and_after_stand_together(old: Path, tmp_path: Path) -> None:
    for shade in (10, 100, 200):
        Image.new("L", (8, 8), shade).save(tmp_path / f"{shade}.png")
    ds = curate.open(old)
    ds.ingest(str(tmp_path / "*.png"))
    table = ds.df(["sample_id"]).with_columns(pl.lit("dog").alias("value"))
    assert ds.add_labels(table, field="animal", source="me") == 3
    assert ds.session.read("SELECT attributes FROM labels")["attributes"].is_null().all()


def test_a_newer_format_is_refused(old: Path) -> None:
    about = json.loads((old / "curate.json").read_text())
    (old / "curate.json").write_text(json.dumps({**about, "format": FORMAT + 1}))
    with pytest.raises(errors.FormatTooNew, match="upgrade"):
        curate.open(old)
