from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.errors import BadValue, NotVerified
from curate.exports.export import write_export
from curate.exports.labels import class_of_samples, flat_labels
from curate.exports.verify import verify
from curate.splits.assignment import assign
from curate.splits.certificate import certify
from curate.splits.strata import groups_of, strata_of

PARTS = {"train": 0.5, "val": 0.25, "test": 0.25}


@pytest.fixture
def split(pool: pl.DataFrame):
    """The pool with its part, and the certificate."""
    strata, groups = strata_of(pool, ["weather", "bright"]), groups_of(pool, "drive")
    result = assign(pool.height, PARTS, keys=pool["sample_id"], strata=strata, groups=groups)
    certificate = certify(
        result.part, result.names, wanted=result.wanted, strata=strata, groups=groups, group_by=["drive"], seed=0
    )
    return pool.with_columns(pl.Series("v1", [result.names[code] for code in result.part])), certificate


def export(split, path: Path, format: str, **more):
    samples, certificate = split
    return write_export(samples, path, format=format, part_column="v1", provenance={"split": certificate}, **more)


def coco(path: Path):
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):  # it prints
        return COCO(str(path))


def test_pycocotools_reads_every_part_back(split, labels, tmp_path: Path) -> None:
    samples, _ = split
    export(split, tmp_path / "out", "coco", labels=labels)
    seen, boxes = [], 0
    for part in PARTS:
        read = coco(tmp_path / "out" / "annotations" / f"instances_{part}.json")
        assert read.loadCats(read.getCatIds()) == [
            {"id": 1, "name": "car", "supercategory": ""},
            {"id": 2, "name": "person", "supercategory": ""},
        ]
        for image in read.loadImgs(read.getImgIds()):
            row = samples.row(by_predicate=pl.col("sample_id") == image["sample_id"], named=True)
            picture = tmp_path / "out" / part / image["file_name"]
            assert picture.read_bytes() == Path(row["location"]).read_bytes()
            assert row["v1"] == part
            assert (image["width"], image["height"]) == (16, 12)
            assert image["labels"] == {"weather": row["weather"]}
            assert image["drive"] == row["drive"]
            mine = labels.filter(kind="detection", sample_id=image["sample_id"])
            found = read.loadAnns(read.getAnnIds(imgIds=image["id"]))
            assert [a["bbox"] for a in found] == [[round(v, 3) for v in box] for box in mine["box"].to_list()]
            assert [read.cats[a["category_id"]]["name"] for a in found] == mine["value"].to_list()
            assert all(a["area"] == pytest.approx(14.0) and a["iscrowd"] == 0 for a in found)
            seen.append(image["id"])
            boxes += len(found)
    assert sorted(seen) == list(range(1, 25)), "numbers run through all parts"
    assert boxes == labels.filter(kind="detection").height


def test_coco_evaluation_of_labels_against_themselves_is_perfect(pool, labels, tmp_path: Path) -> None:
    from pycocotools.cocoeval import COCOeval

    write_export(pool, tmp_path / "out", format="coco", labels=labels, provenance={})
    truth = coco(tmp_path / "out" / "annotations" / "instances.json")
    with contextlib.redirect_stdout(io.StringIO()):
        found = truth.loadRes([{**a, "score": 1.0} for a in truth.loadAnns(truth.getAnnIds())])
        evaluation = COCOeval(truth, found, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)


def test_coco_keeps_metadata_of_every_type(pool, tmp_path: Path) -> None:
    odd = pool.with_columns(
        id=pl.lit("theirs"),
        tags=pl.Series([["a", "b"]] * 24),
        taken=pl.datetime(2026, 11, 23),
        nothing=pl.lit(None),
        nan=pl.lit(float("nan")),
    )
    write_export(odd, tmp_path / "out", format="coco", provenance={})
    image = json.loads((tmp_path / "out" / "annotations" / "instances.json").read_text())["images"][1]
    assert image["id"] == 2
    assert image["given_id"] == "theirs"
    assert image["tags"] == ["a", "b"]
    assert image["taken"] == "2026-11-23T00:00:00"
    assert image["nan"] is None
    assert image["bright"] == 0.2
    assert verify(tmp_path / "out").ok


def test_two_annotators_who_disagree_give_a_list(pool, tmp_path: Path) -> None:
    both = pl.concat(
        [
            class_of_samples(pool, "weather"),
            class_of_samples(pool.head(1).with_columns(weather=pl.lit("fog")), "weather"),
        ]
    )
    write_export(pool, tmp_path / "out", format="coco", labels=both, provenance={})
    images = json.loads((tmp_path / "out" / "annotations" / "instances.json").read_text())["images"]
    assert images[0]["labels"] == {"weather": ["clear", "fog"]}


def test_classes_fix_the_numbers_and_leave_the_others_out(pool, labels, tmp_path: Path) -> None:
    result = write_export(
        pool, tmp_path / "out", format="coco", labels=labels, classes=["truck", "person"], provenance={}
    )
    read = coco(tmp_path / "out" / "annotations" / "instances.json")
    assert [read.cats[i]["name"] for i in (1, 2)] == ["truck", "person"]
    assert {a["category_id"] for a in read.anns.values()} == {2}
    assert result.manifest.labels_left_out == {"not one of the classes": labels.filter(value="car").height}
    assert "labels left out (not one of the classes)" in repr(result)


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_tables_hold_samples_with_their_part_and_labels(split, labels, tmp_path: Path, format: str) -> None:
    samples, _ = split
    export(split, tmp_path / "out", format, labels=labels)
    read = pl.read_parquet if format == "parquet" else pl.read_csv
    table, boxes = read(tmp_path / "out" / f"samples.{format}"), read(tmp_path / "out" / f"labels.{format}")
    expected = samples.sort("uri")
    assert table.columns[:4] == ["sample_id", "uri", "file_name", "split"]
    assert "location" not in table.columns
    assert table["split"].to_list() == expected["v1"].to_list()
    assert table["weather"].to_list() == expected["weather"].to_list()
    assert table["bright"].to_list() == pytest.approx(expected["bright"].to_list())
    for uri, name in table.select("uri", "file_name").iter_rows():
        assert (tmp_path / "out" / name).read_bytes() == Path(expected.filter(uri=uri)["location"][0]).read_bytes()
    assert boxes.height == labels.height
    assert boxes.filter(kind="detection")["x"].to_list()[:2] == [1.1, 1.1]


def test_csv_keeps_text_that_looks_like_csv(pool, tmp_path: Path) -> None:
    odd = pool.with_columns(
        caption=pl.lit('a "quoted", line\nbreak'), tags=pl.Series([["a", "b,c"]] * 24), raw=pl.lit(b"\x00")
    )
    write_export(odd, tmp_path / "out", format="csv", provenance={})
    table = pl.read_csv(tmp_path / "out" / "samples.csv")
    assert table["caption"][3] == 'a "quoted", line\nbreak'
    assert json.loads(table["tags"][0]) == ["a", "b,c"]
    assert table["raw"][0] == "AA=="
    assert verify(tmp_path / "out").ok


ODD_VALUES = {
    "text": ['a "quoted", line\nbreak', "", None, "\u2028 é 🌨️", "1", "true", "null", "2026-01-01"],
    "number": [0.1, float("nan"), None, float("inf"), -0.0, 1e-7, 1e300, 3.0],
    "short": pl.Series([0.1, None, 1 / 3, 1e-7, 2.0, 3.5, -1.25, 1e30], dtype=pl.Float32),
    "whole": [2**62, None, -1, 0, 1, 2, 3, 4],
    "flag": [True, None, False, True, True, False, None, True],
    "time": pl.Series([None, *[1_700_000_000_123_456 + i for i in range(7)]]).cast(pl.Datetime("us")),
    "day": pl.Series([None, *range(20_000, 20_007)]).cast(pl.Date),
    "tags": [["a", "b,c"], [], None, [None], ['"'], ["é"], ["\n"], ["x"] * 9],
    "nested": [{"a": 1, "b": [1.5]}, None, {"a": None, "b": []}, *[{"a": i, "b": [0.1]} for i in range(5)]],
    "raw": [b"\x00\xff", None, b"", b"abc", b"d", b"e", b"f", b"g"],
    "nothing": [None] * 8,
    "kind": pl.Series(["a", "b", None, "a", "b", "a", "b", "c"], dtype=pl.Categorical),
}


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl"])
def test_tables_hold_values_of_every_type_as_other_readers_find_them(pool, labels, tmp_path: Path, format: str) -> None:
    odd = pool.head(8).with_columns(pl.Series(name, values, strict=False) for name, values in ODD_VALUES.items())
    result = write_export(odd, tmp_path / "out", format=format, labels=labels, provenance={})
    assert result.manifest.read_by.startswith("json of Python" if format == "jsonl" else "pyarrow ")
    assert result.verify().ok
    assert result.counts["samples"] == 8
    if format == "jsonl":
        rows = [json.loads(line) for line in (tmp_path / "out" / "samples.jsonl").read_text().split("\n")[:-1]]
        assert [row["text"] for row in rows] == odd.sort("uri")["text"].to_list()
        assert {row["short"] for row in rows} == {0.1, None, 0.33333334, 1e-7, 2.0, 3.5, -1.25, 1e30}
        assert rows[0]["nested"] == {"a": 1, "b": [1.5]}


def test_a_table_that_another_reader_finds_changed_is_no_export(pool, tmp_path: Path, monkeypatch) -> None:
    from curate.exports import table

    write = table.write_table

    def wrong(frame: pl.DataFrame, path: Path) -> None:
        write(frame.with_columns(pl.col("weather").reverse()) if "weather" in frame.columns else frame, path)

    monkeypatch.setattr(table, "write_table", wrong)
    with pytest.raises(NotVerified, match=r"weather of row 0 in samples\.csv is 'rain', not 'clear'"):
        write_export(pool.head(2), tmp_path / "out", format="csv", provenance={})
    assert not (tmp_path / "out").exists()


def test_an_image_folder_has_a_folder_a_class_in_every_part(split, tmp_path: Path) -> None:
    samples, _ = split
    export(split, tmp_path / "out", "imagefolder", labels=class_of_samples(samples, "weather"))
    index = pl.read_csv(tmp_path / "out" / "samples.csv")
    for row in index.rows(named=True):
        original = samples.row(by_predicate=pl.col("sample_id") == row["sample_id"], named=True)
        part, klass, _ = row["file_name"].split("/")
        assert (part, klass) == (original["v1"], original["weather"]) == (row["split"], row["class"])
        assert (tmp_path / "out" / row["file_name"]).read_bytes() == Path(original["location"]).read_bytes()
    folders = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").glob("*/*")}
    assert folders == {f"{row[0]}/{row[1]}" for row in samples.select("v1", "weather").iter_rows()}


def test_torchvision_reads_an_image_folder(split, tmp_path: Path) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    samples, _ = split
    export(split, tmp_path / "out", "imagefolder", labels=class_of_samples(samples, "weather"))
    folder = datasets.ImageFolder(tmp_path / "out" / "train")
    assert len(folder) == samples.filter(v1="train").height
    assert folder.classes == sorted(samples.filter(v1="train")["weather"].unique())


def test_an_image_folder_leaves_out_samples_without_one_class(pool, tmp_path: Path) -> None:
    flat = class_of_samples(pool, "weather")
    second = flat.head(1).with_columns(value=pl.lit("fog"))
    labels = pl.concat([flat.slice(0, 1), second, flat.slice(2)])
    result = write_export(pool, tmp_path / "out", format="imagefolder", labels=labels, provenance={})
    assert sorted(left.reason for left in result.left_out) == ["2 classes: clear, fog", "no class"]
    assert result.verify().ok


def test_an_image_folder_needs_one_field(pool, labels, tmp_path: Path) -> None:
    for given, words in ((None, "Got none"), (labels.filter(kind="detection"), "Got none")):
        with pytest.raises(BadValue, match=words):
            write_export(pool, tmp_path / "out", format="imagefolder", labels=given, provenance={})
    two = pl.concat([class_of_samples(pool, "weather"), class_of_samples(pool, "drive")])
    with pytest.raises(BadValue, match="Got 2 fields: 'drive', 'weather'"):
        write_export(pool, tmp_path / "out", format="imagefolder", labels=two, provenance={})


def test_samples_without_a_part_are_left_out(split, tmp_path: Path) -> None:
    samples, _ = split
    some = samples.with_columns(v1=pl.when(pl.col("v1") != "val").then("v1"))
    result = write_export(some, tmp_path / "out", format="csv", part_column="v1", provenance={})
    assert {left.reason for left in result.left_out} == {"in no part"}
    assert set(result.counts["parts"]) == {"train", "test"}


def test_an_empty_part_is_still_written(split, tmp_path: Path) -> None:
    samples, certificate = split
    gone = samples.with_columns(status=pl.when(pl.col("v1") == "val").then(pl.lit("missing")).otherwise("status"))
    result = export((gone, certificate), tmp_path / "out", "coco")
    assert result.counts["parts"]["val"] == 0
    assert json.loads((tmp_path / "out" / "annotations" / "instances_val.json").read_text())["images"] == []
    assert result.verify().ok


def test_a_metadata_column_called_split_or_file_name_does_not_win(split, tmp_path: Path) -> None:
    samples, certificate = split
    odd = samples.with_columns(split=pl.lit("theirs"), file_name=pl.lit("theirs"))
    export((odd, certificate), tmp_path / "out", "parquet")
    table = pl.read_parquet(tmp_path / "out" / "samples.parquet")
    assert set(table["split"]) == set(PARTS)
    assert set(table["given_split"]) == set(table["given_file_name"]) == {"theirs"}


def test_labels_that_cannot_be_drawn_are_counted() -> None:
    whole = [0.0, 0.0, 1.0, 1.0]
    labels = pl.DataFrame(
        {
            "sample_id": [1, 1, 1, 1, 2, 1, 1],
            "field": ["f"] * 7,
            "kind": ["detection"] * 5 + ["mask", "classification"],
            "value": ["car", "car", "car", None, "car", "car", "rain"],
            "box": pl.Series(
                [[0.0, 0.0, 5.0, 5.0], [0.0, 0.0, 0.0, 5.0], [float("nan"), 0.0, 1.0, 1.0], whole, whole, None, None]
            ),
        }
    )
    flat = flat_labels(labels, pl.Series([1]), None)
    assert flat.rows.height == 2
    assert flat.classes == ("car",)
    assert flat.left_out == {
        "a box without area": 1,
        "no mask": 1,
        "no box, or one that is not finite": 1,
        "no value": 1,
    }


def test_short_or_missing_boxes_are_no_boxes() -> None:
    labels = pl.DataFrame(
        {
            "sample_id": [1, 1],
            "field": ["f"] * 2,
            "kind": ["detection"] * 2,
            "value": ["a"] * 2,
            "box": [[1.0, 2.0], None],
        }
    )
    assert flat_labels(labels, pl.Series([1]), None).left_out == {"no box, or one that is not finite": 2}
    with pytest.raises(BadValue, match="must have the column 'kind'"):
        flat_labels(labels.drop("kind"), pl.Series([1]), None)


def test_numbers_print_as_they_were_given() -> None:
    box = np.float32([0.1, 1 / 3, 1e-7, 12345.678])
    labels = pl.DataFrame(
        {
            "sample_id": [1],
            "field": ["f"],
            "kind": ["detection"],
            "value": ["a"],
            "box": pl.Series([box.tolist()], dtype=pl.List(pl.Float32)),
        }
    )
    row = flat_labels(labels, pl.Series([1]), None).rows.row(0, named=True)
    assert np.array_equal(np.float32([row[k] for k in ("x", "y", "width", "height")]), box)
    assert row["x"] == 0.1
