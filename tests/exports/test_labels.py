"""Classes: which there are, in which order, and which is called what."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.errors import BadValue
from curate.exports.export import write_export
from curate.exports.labels import flat_labels

IDS = pl.Series([1, 2])


def things(*values: str | None, kind: str = "detection") -> pl.DataFrame:
    box = [0.0, 0.0, 5.0, 5.0] if kind == "detection" else None
    return pl.DataFrame(
        {
            "sample_id": [1] * len(values),
            "field": ["f"] * len(values),
            "kind": [kind] * len(values),
            "value": list(values),
            "box": pl.Series([box] * len(values), dtype=pl.List(pl.Float32)),
        }
    )


def test_classes_are_called_what_a_mapping_says_in_the_order_of_its_values() -> None:
    mapping = {"truck": "vehicle", "person": "human", "car": "vehicle", "tram": "rail"}
    flat = flat_labels(things("car", "truck", "person", "dog", "dog"), IDS, mapping)
    assert flat.classes == ("vehicle", "human", "rail")
    assert sorted(flat.rows["value"]) == ["human", "vehicle", "vehicle"]
    assert flat.left_out == {"not one of the classes": 2}


def test_a_mapping_may_swap_names() -> None:
    flat = flat_labels(things("a", "a", "b"), IDS, {"a": "b", "b": "a"})
    assert flat.rows["value"].to_list().count("b") == 2
    assert flat.classes == ("b", "a")


def test_classes_that_were_declared_keep_their_order_and_the_others_come_behind() -> None:
    flat = flat_labels(things("b", "z", "a", "c"), IDS, None, declared=["c", "nobody", "b"])
    assert flat.classes == ("c", "nobody", "b", "a", "z")


def test_classes_are_of_what_has_a_place_and_else_of_classifications() -> None:
    both = pl.concat([things("car"), things("rain", kind="classification")])
    flat = flat_labels(both, IDS, {"car": "vehicle"})
    assert sorted(flat.rows["value"]) == ["rain", "vehicle"]
    assert flat.classes == ("vehicle",)
    flat = flat_labels(both, IDS, {"rain": "wet"}, kinds=("classification",))
    assert flat.rows["value"].to_list() == ["wet"]
    assert flat.left_out == {"kind detection": 1}
    flat = flat_labels(things("rain", "fog", kind="classification"), IDS, ["fog"])
    assert flat.rows["value"].to_list() == ["fog"]


@pytest.mark.parametrize("classes", ["car", [1, 2], {"car": None}, {1: "car"}])
def test_what_is_no_list_or_mapping_of_names_is_refused(classes: object) -> None:
    with pytest.raises(BadValue, match="'classes' are names, or a mapping"):
        flat_labels(things("car"), IDS, classes)


def test_a_manifest_says_which_class_is_called_what(pool, labels, tmp_path: Path) -> None:
    mapping = {"person": "somebody", "car": "vehicle"}
    result = write_export(pool, tmp_path / "out", format="coco", labels=labels, classes=mapping, provenance={})
    assert result.manifest.class_map == mapping
    assert result.manifest.classes == ["somebody", "vehicle"]
    assert result.counts["annotations"] == labels.filter(kind="detection").height


def test_samples_of_other_classes_are_left_out_of_an_image_folder(pool, labels, tmp_path: Path) -> None:
    weather = labels.filter(field="weather")
    result = write_export(
        pool,
        tmp_path / "out",
        format="imagefolder",
        labels=weather,
        classes={"hail": "ice", "rain": "wet"},
        provenance={},
    )
    assert {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()} == {"ice", "wet"}
    assert {left.reason for left in result.left_out} == {"no class"}
    assert result.counts["samples"] == 16


def test_a_column_called_folder_stays(pool, tmp_path: Path) -> None:
    odd = pool.with_columns(folder=pl.lit("theirs"), reason=pl.lit("theirs"))
    write_export(odd, tmp_path / "out", format="parquet", provenance={})
    table = pl.read_parquet(tmp_path / "out" / "samples.parquet")
    assert set(table["folder"]) == set(table["reason"]) == {"theirs"}
