from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from curate.errors import NotVerified
from curate.exports import huggingface as ours
from curate.exports import rows, shards
from curate.exports.export import write_export

from .packed import ODD_CLASSES, ODD_URIS, contents_of, odd_pool, of_every_type, parts_of, without_a_part


def load(folder: Path):
    import datasets

    return datasets.load_from_disk(str(folder))


def test_datasets_loads_pictures_metadata_and_labels(pool, labels, tmp_path: Path) -> None:
    samples = parts_of(pool)
    result = write_export(
        samples, tmp_path / "out", format="huggingface", labels=labels, part_column="v1", provenance={}
    )
    assert result.manifest.read_by == "datasets 5.2.0"
    assert result.counts == {"samples": 24, "labels": labels.height, "shards": 2, "parts": {"train": 18, "val": 6}}
    loaded = load(tmp_path / "out")
    assert list(loaded) == ["train", "val"]
    features = loaded["train"].features
    assert type(features["image"]).__name__ == "Image"
    assert features["labels"].feature["class"].names == ["car", "person"]
    assert features["bright"].dtype == "float32"
    for part in ("train", "val"):
        wanted = samples.filter(v1=part).sort("uri")
        for row, meant in zip(loaded[part], wanted.iter_rows(named=True), strict=True):
            assert row["image"].size == (16, 12)
            assert (row["uri"], row["weather"], row["split"]) == (meant["uri"], meant["weather"], part)
            assert row["bright"] == meant["bright"]
            boxes = [label for label in row["labels"] if label["kind"] == "detection"]
            mine = labels.filter(sample_id=meant["sample_id"], kind="detection")
            assert [features["labels"].feature["class"].int2str(label["class"]) for label in boxes] == mine[
                "value"
            ].to_list()
            assert [label["box"] for label in boxes] == [[round(v, 3) for v in box] for box in mine["box"].to_list()]
            assert all(label["mask"] is None and label["score"] == 0.5 for label in boxes)


def test_without_parts_and_labels_it_is_one_dataset(pool, tmp_path: Path) -> None:
    write_export(pool, tmp_path / "out", format="huggingface", provenance={})
    loaded = load(tmp_path / "out")
    assert loaded.num_rows == 24
    assert loaded[3]["labels"] == []
    first = pa.ipc.open_stream(tmp_path / "out" / "data-000000.arrow").read_next_batch()
    assert first["image"][0]["bytes"].as_py() == Path(pool.sort("uri")["location"][0]).read_bytes()


def test_columns_of_every_type_come_back(pool, tmp_path: Path) -> None:
    result = write_export(of_every_type(pool), tmp_path / "out", format="huggingface", provenance={})
    assert result.manifest.read_by
    row = load(tmp_path / "out")[1]
    assert (row["given_image"], row["kind"], row["raw"], row["small"]) == ("theirs", "x", b"\x00\xff", 7)
    assert (row["place"], row["day"], row["nothing"]) == ({"lat": 1.5, "name": "ü"}, dt.date(2026, 11, 23), None)
    assert row["taken"] == dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def test_odd_names_and_classes_survive(tmp_path: Path) -> None:
    pool, labels = odd_pool(tmp_path / "pool")
    result = write_export(pool, tmp_path / "out", format="huggingface", labels=labels, provenance={})
    assert result.manifest.read_by
    found = {row["uri"]: row for row in load(tmp_path / "out")}
    assert [found[uri]["labels"][0]["value"] for uri in ODD_URIS] == ODD_CLASSES
    names = load(tmp_path / "out").features["labels"].feature["class"].names
    assert sorted(names) == sorted(ODD_CLASSES)
    assert [names[found[uri]["labels"][0]["class"]] for uri in ODD_URIS] == ODD_CLASSES


def test_a_part_without_samples_is_an_empty_split(pool, tmp_path: Path) -> None:
    samples, provenance = without_a_part(pool)
    result = write_export(samples, tmp_path / "out", format="huggingface", part_column="v1", provenance=provenance)
    assert {part: split.num_rows for part, split in load(tmp_path / "out").items()} == {"train": 18, "val": 0}
    assert result.verify().ok


def test_files_that_stand_are_kept_and_the_rest_is_written(pool, labels, tree, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shards, "LARGEST", 12_000)
    monkeypatch.setattr(rows, "ROWS", 3)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        ours.HUGGINGFACE.write(tmp_path / name, contents_of(pool, labels))
    files = sorted((tmp_path / "killed").glob("*.arrow"))
    assert len(files) > 2
    assert {batch.num_rows for batch in ours._batches(files[0])} == {3}
    files[-1].rename(files[-1].with_name(f"{files[-1].name}{shards.WRITING}"))
    (tmp_path / "killed" / ours.STATE).unlink()
    first = files[0].stat().st_ino
    ours.HUGGINGFACE.write(tmp_path / "killed", contents_of(pool, labels))
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")
    assert files[0].stat().st_ino == first


def test_the_fingerprint_follows_the_content(pool, labels, tmp_path: Path) -> None:
    for name, given in (("one", labels), ("same", labels), ("other", labels.head(3))):
        write_export(pool, tmp_path / name, format="huggingface", labels=given, provenance={})
    one, same, other = (
        json.loads((tmp_path / name / ours.STATE).read_text())["_fingerprint"] for name in ("one", "same", "other")
    )
    assert one == same != other


def test_the_other_reader_finds_what_was_not_meant(pool, labels, tmp_path: Path) -> None:
    result = write_export(pool, tmp_path / "out", format="huggingface", labels=labels, provenance={})
    for wrong, words in (
        (contents_of(pool.with_columns(weather=pl.lit("fog")), labels), "weather"),
        (contents_of(pool, labels.head(5)), "labels"),
        (contents_of(pool.with_columns(content_hash=pl.lit("0" * 64)), labels), "its picture"),
        (contents_of(pool.head(23), labels), "only 23 samples"),
    ):
        with pytest.raises(NotVerified, match=words):
            ours._check(tmp_path / "out", result.manifest, wrong)


def test_a_file_that_is_cut_off_is_no_finished_one(pool, tmp_path: Path) -> None:
    write_export(pool, tmp_path / "out", format="huggingface", provenance={})
    path = tmp_path / "out" / "data-000000.arrow"
    whole = path.read_bytes()
    for length in (len(whole) - 100, 700, 3, 0):
        path.write_bytes(whole[:length])
        with pytest.raises(NotVerified):
            ours._held(path)
