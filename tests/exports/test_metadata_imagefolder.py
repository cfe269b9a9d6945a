"""Hugging Face's ImageFolder, read by `datasets` itself."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from curate.errors import NotVerified
from curate.exports.export import write_export
from curate.exports.labels import class_of_samples
from curate.exports.metadata_imagefolder import METADATA_IMAGEFOLDER

from .packed import ODD_URIS, odd_pool


def export(pool: pl.DataFrame, path: Path, **more):
    return write_export(pool, path, format="metadata_imagefolder", provenance={}, **more)


def loaded(folder: Path, cache: Path):
    import datasets

    return datasets.load_dataset(str(folder), cache_dir=str(cache))


def test_datasets_reads_every_part_under_its_name(pool, labels, tmp_path: Path) -> None:
    parts = ("train", "hold-out", "hold.out", "empty")
    samples = pool.with_columns(v1=pl.Series([parts[i // 8] for i in range(24)]))
    certificate = {"parts": [{"name": name} for name in parts]}
    result = write_export(
        samples,
        tmp_path / "out",
        format="metadata_imagefolder",
        labels=labels,
        part_column="v1",
        provenance={"split": certificate},
    )
    assert result.manifest.read_by.startswith("datasets ")
    assert result.counts == {
        "samples": 24,
        "labels": labels.height,
        "rows": 24,
        "parts": {"train": 8, "hold-out": 8, "hold.out": 8, "empty": 0},
    }
    found = loaded(tmp_path / "out", tmp_path / "cache")
    assert set(found) == {"train", "hold_out", "hold_out_2"}
    for name, part in (("train", "train"), ("hold_out", "hold-out"), ("hold_out_2", "hold.out")):
        for row in found[name]:
            original = samples.row(by_predicate=pl.col("sample_id") == row["sample_id"], named=True)
            assert (original["v1"], original["weather"], original["uri"]) == (part, row["weather"], row["uri"])
            assert row["image"].size == (16, 12)
            assert row["label"] == original["weather"]
            boxes = labels.filter(sample_id=row["sample_id"], kind="detection")
            assert len(row["objects"]["bbox"]) == boxes.height
            assert [["car", "person"][number] for number in row["objects"]["category"]] == boxes["value"].to_list()
    assert result.verify().ok


def test_odd_names_and_pictures_without_labels(tmp_path: Path) -> None:
    pool, labels = odd_pool(tmp_path)
    result = export(pool, tmp_path / "out", media="symlink", labels=labels)
    assert result.counts["samples"] == len(ODD_URIS)
    assert len(loaded(tmp_path / "out", tmp_path / "cache")["train"]) == len(ODD_URIS)
    assert result.verify().ok


def test_columns_of_these_names_give_way(pool, tmp_path: Path) -> None:
    odd = pool.with_columns(label=pl.lit("theirs"), objects=pl.lit("theirs"))
    export(odd, tmp_path / "out", labels=class_of_samples(pool, "weather"))
    row = json.loads((tmp_path / "out" / "images" / "metadata.jsonl").read_text().splitlines()[0])
    assert (row["label"], row["given_label"], row["given_objects"]) == ("clear", "theirs", "theirs")


def test_what_only_one_part_has_stands_at_the_top_alone(pool, labels, tmp_path: Path) -> None:
    """The reader refuses parts whose columns differ in type, and nothing but nulls has one of its own."""
    last = pl.col("sample_id") == 1023
    samples = pool.with_columns(
        v1=pl.Series(["train"] * 20 + ["val"] * 4),
        speed=pl.when(pl.col("sample_id") < 1004).then(1.5),
        late=pl.when(last | (pl.col("sample_id") == 1019)).then(pl.lit("x")),
        tags=pl.when(last | (pl.col("sample_id") == 1018))
        .then(pl.lit(["a"]))
        .otherwise(pl.lit([], dtype=pl.List(pl.String))),
    )
    boxes = labels.filter(kind="detection").filter(pl.col("sample_id") < 1020)
    result = write_export(
        samples, tmp_path / "out", format="metadata_imagefolder", labels=boxes, part_column="v1", provenance={}
    )
    found = loaded(tmp_path / "out", tmp_path / "cache")
    assert {"late", "tags"} <= set(found["train"].column_names)
    assert not {"speed", "objects"} & set(found["train"].column_names)
    assert sorted(text for text in found["val"]["late"] if text) == ["x"]
    top = pl.read_ndjson(tmp_path / "out" / "samples.jsonl", infer_schema_length=None)
    assert top["speed"].null_count() == 20
    assert result.counts["labels"] == boxes.height


def test_what_was_not_meant_is_noticed(pool, labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = METADATA_IMAGEFOLDER.write

    def wrong(folder: Path, contents) -> None:
        write(folder, contents)
        path = folder / "images" / "metadata.jsonl"
        path.write_text(path.read_text().replace('"category":[0', '"category":[1', 1))

    from curate.exports import formats

    broken = {
        **formats.FORMATS,
        "metadata_imagefolder": METADATA_IMAGEFOLDER.__class__(
            **{name: getattr(METADATA_IMAGEFOLDER, name) for name in METADATA_IMAGEFOLDER.__dataclass_fields__}
            | {"write": wrong}
        ),
    }
    monkeypatch.setattr(formats, "FORMATS", broken)
    with pytest.raises(NotVerified, match="objects of sample"):
        export(pool, tmp_path / "out", labels=labels)
    assert not (tmp_path / "out").exists()
