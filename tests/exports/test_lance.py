from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.errors import NotVerified
from curate.exports import lance as ours
from curate.exports import rows, shards
from curate.exports.export import write_export

from .packed import ODD_CLASSES, ODD_URIS, contents_of, odd_pool, of_every_type, parts_of, without_a_part


def table(folder: Path):
    import lance

    return lance.dataset(str(folder / ours.TABLE))


def test_lance_reads_pictures_metadata_and_labels(pool, labels, tmp_path: Path) -> None:
    samples = parts_of(pool)
    result = write_export(samples, tmp_path / "out", format="lance", labels=labels, part_column="v1", provenance={})
    assert result.manifest.read_by == "lance 14.0.2"
    assert result.counts == {"samples": 24, "labels": labels.height, "shards": 1, "parts": {"train": 18, "val": 6}}
    read, wanted = table(tmp_path / "out"), samples.sort("uri")
    assert read.to_table(columns=["uri", "split", "weather", "bright"]).to_pylist() == [
        {"uri": uri, "split": part, "weather": weather, "bright": bright}
        for uri, part, weather, bright in wanted.select("uri", "v1", "weather", "bright").iter_rows()
    ]
    blobs = read.take_blobs("image", indices=[3, 20])
    assert [blob.read() for blob in blobs] == [Path(wanted["location"][i]).read_bytes() for i in (3, 20)]
    train = read.to_table(columns=["labels"], filter="split = 'train'")["labels"].to_pylist()
    boxes = [(label["value"], label["class"]) for each in train for label in each if label["kind"] == "detection"]
    ids = samples.filter(v1="train")["sample_id"].to_list()
    meant = labels.filter(pl.col("sample_id").is_in(ids), kind="detection")["value"]
    assert sorted(boxes) == sorted((value, ("car", "person").index(value)) for value in meant)


def test_the_same_input_gives_the_same_bytes(pool, labels, tree, tmp_path: Path) -> None:
    write_export(pool, tmp_path / "one", format="lance", labels=labels, provenance={})
    write_export(pool.reverse(), tmp_path / "two", format="lance", labels=labels, provenance={})
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    assert any(name.endswith(".manifest") for name in one)
    assert one == two


def test_the_table_can_grow(pool, labels, tmp_path: Path) -> None:
    import lance

    write_export(pool, tmp_path / "out", format="lance", labels=labels, provenance={})
    read = table(tmp_path / "out")
    more = read.scanner(blob_handling="all_binary", limit=2).to_table()
    grown = lance.write_dataset(more.cast(read.schema), str(tmp_path / "out" / ours.TABLE), mode="append")
    assert (grown.version, grown.count_rows()) == (2, 26)
    assert grown.checkout_version(1).count_rows() == 24


def test_columns_of_every_type_come_back(pool, tmp_path: Path) -> None:
    result = write_export(of_every_type(pool), tmp_path / "out", format="lance", provenance={})
    assert result.manifest.read_by
    row = table(tmp_path / "out").to_table(columns=["given_image", "kind", "raw", "place"]).to_pylist()[1]
    assert row == {"given_image": "theirs", "kind": "x", "raw": b"\x00\xff", "place": {"lat": 1.5, "name": "ü"}}


def test_odd_names_and_classes_survive_in_an_odd_folder(tmp_path: Path) -> None:
    pool, labels = odd_pool(tmp_path / "pool")
    target = tmp_path / "größe #1 100% a b"
    result = write_export(pool, target, format="lance", labels=labels, provenance={})
    assert result.manifest.read_by
    found = {row["uri"]: row for row in table(target).to_table(columns=["uri", "labels"]).to_pylist()}
    assert [found[uri]["labels"][0]["value"] for uri in ODD_URIS] == ODD_CLASSES


def test_a_part_without_samples_has_no_rows(pool, tmp_path: Path) -> None:
    samples, provenance = without_a_part(pool)
    result = write_export(samples, tmp_path / "out", format="lance", part_column="v1", provenance=provenance)
    assert result.counts["parts"] == {"train": 18, "val": 0}
    assert table(tmp_path / "out").count_rows() == 18
    assert result.verify().ok


def test_files_that_stand_are_kept_and_the_rest_is_written(pool, labels, tree, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shards, "LARGEST", 6_000)
    monkeypatch.setattr(rows, "ROWS", 3)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        ours.LANCE.write(tmp_path / name, contents_of(pool, labels))
    files = sorted((tmp_path / "killed" / ours.TABLE / "data").iterdir())
    assert len(files) > 2
    files[-1].rename(files[-1].with_name(f"{files[-1].name}{shards.WRITING}"))
    files[1].write_bytes(files[1].read_bytes()[:-50])
    first = files[0].stat().st_ino
    ours.LANCE.write(tmp_path / "killed", contents_of(pool, labels))
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")
    assert files[0].stat().st_ino == first
    assert table(tmp_path / "killed").count_rows() == 24


def test_the_other_reader_finds_what_was_not_meant(pool, labels, tmp_path: Path) -> None:
    result = write_export(pool, tmp_path / "out", format="lance", labels=labels, provenance={})
    for wrong, words in (
        (contents_of(pool.with_columns(weather=pl.lit("fog")), labels), "weather"),
        (contents_of(pool, labels.head(5)), "labels"),
        (contents_of(pool.with_columns(content_hash=pl.lit("0" * 64)), labels), "its picture"),
        (contents_of(pool.head(23), labels), "only 23 samples"),
    ):
        with pytest.raises(NotVerified, match=words):
            ours._check(tmp_path / "out", result.manifest, wrong)


def test_verify_says_that_a_table_is_damaged(pool, tmp_path: Path) -> None:
    result = write_export(pool, tmp_path / "out", format="lance", provenance={})
    manifest = next((tmp_path / "out" / ours.TABLE / "_versions").glob("*.manifest"))
    manifest.write_bytes(manifest.read_bytes()[:40])
    found = result.verify()
    assert found.changed == [f"{ours.TABLE}/_versions/{manifest.name}"]
    assert "cannot be read" in found.problems[0]
