"""Planted faults are found, and nothing else is."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.analysis.annotations import KINDS, PROBLEMS, annotation_problems, flags_of

WIDTH, HEIGHT = 100, 80
SCHEMA = {
    "label_id": pl.Int64, "sample_id": pl.Int64, "field": pl.String, "kind": pl.String, "value": pl.String,
    "box": pl.List(pl.Float32), "points": pl.List(pl.Float32), "mask": pl.Binary, "source": pl.String,
}  # fmt: skip


def labels_of(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"sample_id": 1, "field": "objects", "kind": "detection", "value": "car", "source": "ada"}
    return pl.DataFrame([base | {"label_id": i} | row for i, row in enumerate(rows, 1)], schema=SCHEMA)


def samples_of(n: int = 1, **columns: Any) -> pl.DataFrame:
    size = {"width": WIDTH, "height": HEIGHT, "root": "roads", "status": "ok"}
    return pl.DataFrame({"sample_id": range(1, n + 1)}).with_columns(
        **{name: value if isinstance(value, pl.Series) else pl.lit(value) for name, value in (size | columns).items()}
    )


def found(labels: pl.DataFrame, samples: pl.DataFrame | None = None, **options: Any) -> list[tuple[str, int | None]]:
    problems = annotation_problems(labels, samples_of() if samples is None else samples, **options)
    assert problems.schema == PROBLEMS
    assert problems["score"].is_between(0, 1).all()
    return sorted(problems.select("kind", "label_id").rows(), key=str)


@pytest.mark.parametrize(
    ("box", "share"),
    [([-5.0, 0, 10, 10], 0.5), ([95, 75, 10, 10], 0.25), ([200, 0, 10, 10], 0.0), ([0, -20, 10, 120], 80 / 120)],
)
def test_a_box_outside_scores_its_share_inside(box: list[float], share: float) -> None:
    problems = annotation_problems(labels_of({"box": box}), samples_of())
    assert problems["kind"].to_list() == ["box_outside"]
    assert problems["score"][0] == pytest.approx(share)


@pytest.mark.parametrize("box", [[0.0, 0, 100, 80], [-1, 0, 20, 20], [80, 60, 21, 21], [10, 10, 1, 1]])
def test_a_box_inside_or_a_pixel_over_is_none(box: list[float]) -> None:
    assert found(labels_of({"box": box})) == []


@pytest.mark.parametrize("box", [[0.0, 0, 0, 10], [0, 0, 10, -1], [0.0, 0.0, 0.5, 10.0], [float("nan"), 0, 5, 5], None])
def test_an_empty_box_is_found(box: list[float] | None) -> None:
    assert found(labels_of({"box": box})) == [("box_empty", 1)]


def test_places_without_a_box() -> None:
    points = labels_of(
        {"kind": "polygon", "points": [10.0, 10, 120, 10, 60, 60]},
        {"kind": "polygon", "points": [5.0, 5, 5, 5, 5, 5]},
        {"kind": "keypoints", "points": [50.0, 40]},
        {"kind": "mask", "mask": b"png"},
        {"kind": "classification", "value": "night", "field": "time"},
    )
    assert found(points) == [("box_empty", 2), ("box_outside", 1)]


def test_where_the_size_is_not_known_nothing_is_outside() -> None:
    assert found(labels_of({"box": [500.0, 500, 10, 10]}), samples_of(width=None, height=None)) == []


def test_the_same_box_twice_names_the_later_one() -> None:
    labels = labels_of(
        {"box": [10.0, 10, 50, 50]},
        {"box": [30.0, 10, 50, 50]},
        {"box": [10.2, 10, 50, 50]},
        {"box": [10.0, 10, 50, 50], "source": "bob"},
        {"box": [10.0, 10, 50, 50], "field": "parts"},
        {"box": [10.0, 10, 50, 50], "sample_id": 2},
        {"box": [10.0, 10, 50, 50], "value": "bus"},
    )
    problems = annotation_problems(labels, samples_of(2))
    twins = problems.filter(pl.col("kind") == "box_duplicate").sort("label_id")
    assert twins["label_id"].to_list() == [3, 7]
    assert twins["score"].to_list() == pytest.approx([1 - 49.8 / 50.2, 0.5], abs=1e-6)
    assert twins["detail"].to_list() == ["car has the box of another car", "bus has the box of another car"]


boxes = st.tuples(*[st.integers(0, 30).map(float)] * 2, *[st.integers(1, 40).map(float)] * 2)


@given(st.lists(st.tuples(boxes, st.sampled_from(["car", "bus"])), max_size=25), st.data())
def test_twins_are_those_that_comparing_all_finds(rows: list[tuple[Any, str]], data: st.DataObject) -> None:
    rows += data.draw(st.lists(st.sampled_from(rows), max_size=10)) if rows else []
    labels = labels_of(*({"box": list(box), "value": value} for box, value in rows))
    expected = set()
    for later in range(len(rows)):
        for first in range(later):
            (ax, ay, aw, ah), (bx, by, bw, bh) = rows[first][0], rows[later][0]
            across = min(ax + aw, bx + bw) - max(ax, bx)
            down = min(ay + ah, by + bh) - max(ay, by)
            both = max(across, 0) * max(down, 0)
            if both / (aw * ah + bw * bh - both) >= (0.95 if rows[first][1] == rows[later][1] else 0.99):
                expected.add(("box_duplicate", later + 1))
    twins = {row for row in found(labels) if row[0] == "box_duplicate"}
    assert twins == expected


def test_thousands_of_equal_boxes_have_a_row_each() -> None:
    labels = labels_of({"box": [1.0, 1, 9, 9]})
    labels = pl.concat([labels] * 3_000).with_columns(pl.int_range(1, 3_001).alias("label_id"))
    problems = annotation_problems(labels, samples_of())
    assert problems["kind"].to_list() == ["box_duplicate"] * 2_999


def test_classes_that_nobody_declared() -> None:
    labels = labels_of({"value": "car", "box": [0.0, 0, 9, 9]}, {"value": "7", "box": [20.0, 0, 9, 9]})
    assert found(labels, classes={"objects": ["car", "bus"]}) == [("unknown_class", 2)]
    assert found(labels, classes={"weather": ["rain"]}) == []
    assert found(labels) == []


def values(*names: str) -> pl.DataFrame:
    return labels_of(*({"kind": "classification", "value": name} for name in names))


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        (["car", "car", "Car"], {"Car"}),
        (["traffic light"] * 2 + ["traffic_light", "Traffic-Light "], {"traffic_light", "Traffic-Light "}),
        (["pedestrian"] * 3 + ["pedestrain"], {"pedestrain"}),
        (["truck"] * 9 + ["trucks"], {"trucks"}),
        (["Straße", "Straße", "STRASSE"], {"STRASSE"}),
        (["goat", "goat", "goat", "boat"], set()),
        (["horse"] * 2 + ["house"], set()),
        (["class 10"] * 9 + ["class 11"], set()),
        (["bicycle"] * 9 + ["motorcycle"], set()),
    ],
)
def test_names_that_differ_by_case_or_spelling(names: list[str], wrong: set[str]) -> None:
    problems = annotation_problems(values(*names), samples_of())
    spelt = problems.filter(pl.col("kind") == "class_spelling")
    assert {names[label - 1] for label in spelt["label_id"]} == wrong


def test_declared_classes_are_the_right_spelling() -> None:
    labels = values("vehicle", "vehicel", "vehicel")
    problems = annotation_problems(labels, samples_of(), classes={"objects": ["vehicle"]})
    spelt = problems.filter(pl.col("kind") == "class_spelling")
    assert spelt["label_id"].to_list() == [2, 3]
    assert spelt["detail"][0] == "vehicel may be vehicle"
    both = annotation_problems(values("horse", "house"), samples_of(), classes={"objects": ["horse", "house"]})
    assert both.is_empty()


@given(st.text("abcde", min_size=5, max_size=8), st.data())
def test_a_planted_misspelling_is_found(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    how = data.draw(st.sampled_from(["more", "less", "other", "swapped"]))
    wrong = {
        "more": word[:at] + "x" + word[at:],
        "less": word[:at] + word[at + 1 :],
        "other": word[:at] + "x" + word[at + 1 :],
        "swapped": word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    }[how]
    problems = annotation_problems(values(*[word] * 4, wrong), samples_of())
    expected = [5] if wrong != word and len(wrong) >= 5 else []
    assert problems["label_id"].to_list() == expected


def test_captions_are_no_classes() -> None:
    captions = values(
        *(f"a dog number {n} runs over the grass" for n in range(9_000)), "A dog number 0 runs over the grass"
    )
    assert annotation_problems(captions, samples_of()).is_empty()
    assert not annotation_problems(captions.tail(100).vstack(captions.head(1)), samples_of()).is_empty()


def test_labels_without_a_picture() -> None:
    labels = values("a", "b", "c").with_columns(sample_id=pl.Series([1, 2, 99]))
    samples = samples_of(2, status=pl.Series(["ok", "missing"]))
    problems = annotation_problems(labels, samples)
    assert problems.select("kind", "label_id").rows() == [("label_without_picture", 2), ("label_without_picture", 3)]
    assert "missing" in problems["detail"][0]
    assert "not in the dataset" in problems["detail"][1]


def test_pictures_without_a_label_where_most_have_one() -> None:
    labels = values(*["night"] * 4).with_columns(sample_id=pl.Series([1, 2, 3, 4]))
    samples = samples_of(12, root=pl.Series(["roads"] * 5 + ["pool"] * 7))
    problems = annotation_problems(labels, samples)
    assert problems.select("kind", "sample_id", "label_id").rows() == [("picture_without_label", 5, None)]
    assert problems["score"][0] == pytest.approx(0.2)
    assert found(labels, samples_of(9)) == []


def test_a_picture_that_a_model_said_nothing_of_lacks_no_label() -> None:
    labels = values(*["night"] * 4).with_columns(sample_id=pl.Series([1, 2, 3, 4]), source_kind=pl.lit("model"))
    assert found(labels, samples_of(5)) == []
    assert found(labels.with_columns(source_kind=pl.lit("rule")), samples_of(5)) == [("picture_without_label", None)]


def test_flags_are_the_worst_of_each_sample() -> None:
    labels = labels_of({"box": [-5.0, 0, 10, 10]}, {"box": [-2.0, 20, 10, 10]}, {"box": [0.0, 0, 5, 5], "sample_id": 3})
    problems = annotation_problems(labels, samples_of(3))
    flags = flags_of(problems, np.array([3, 1, 2]))
    assert flags.columns == ["sample_id", *(c for kind in KINDS for c in (f"is_{kind}_issue", f"{kind}_score"))]
    assert flags["sample_id"].to_list() == [3, 1, 2]
    assert flags["is_box_outside_issue"].to_list() == [False, True, False]
    assert flags["box_outside_score"].to_list() == pytest.approx([1.0, 0.5, 1.0])
    assert flags["box_outside_score"].dtype == pl.Float32
    assert flags["is_picture_without_label_issue"].to_list() == [False, False, True]


def test_nothing_gives_nothing() -> None:
    assert annotation_problems(labels_of(), samples_of(3)).is_empty()
    assert annotation_problems(labels_of(), samples_of(3).clear()).schema == PROBLEMS
    assert flags_of(annotation_problems(labels_of(), samples_of()), np.array([], np.int64)).is_empty()
