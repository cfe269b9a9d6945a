"""Labels of every shape become rows, and the same ones again have the same ids."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from curate.errors import BadValue
from curate.labels.annotations import declared_classes, label_rows
from curate.media.mask import from_png, to_png
from curate.store import schemas


def rows_of(table: pl.DataFrame) -> pl.DataFrame:
    rows = label_rows(table, field="objects", source="ada")
    assert rows.schema == schemas.LABELS
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame


def labels(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"sample_id": [1, 2], "value": ["car", "bus"], **columns})


def test_ids_of_before_there_were_shapes_stay() -> None:
    assert rows_of(labels())["label_id"].to_list() == [260756796626975400, 849419178217285094]
    boxes = rows_of(labels(box=[[1.5, 2, 3, 4], [0, 0, 9, 9]]))
    assert boxes["label_id"].to_list() == [6179080481137680212, 4588525200422365766]
    assert boxes["kind"].to_list() == ["detection"] * 2


def test_a_label_is_of_the_kind_that_says_most() -> None:
    png = to_png(np.eye(4))
    rows = rows_of(
        pl.DataFrame(
            {
                "sample_id": [1] * 5,
                "value": ["car"] * 5,
                "box": [[1, 2, 3, 4]] * 5,
                "polygon": [None, [0.0, 0, 4, 0, 4, 4], None, None, None],
                "keypoints": [None, None, [[5, 6, 2], [7, 8, 0]], [[1, 1, 1]], None],
                "mask": [None, None, None, None, png],
                "attributes": [None, {"iscrowd": 1, "pose": None}, None, {"iscrowd": 0, "pose": "left"}, None],
            },
            strict=False,
        )
    )
    assert rows["kind"].to_list() == ["detection", "polygon", "keypoints", "keypoints", "mask"]
    assert rows["points"].to_list() == [None, [0, 0, 4, 0, 4, 4], [5, 6], [1, 1], None]
    assert rows["mask"].to_list() == [None, None, None, None, png]
    assert [text and json.loads(text) for text in rows["attributes"]] == [
        None,
        {"iscrowd": 1},
        {"visibility": [2, 0]},
        {"iscrowd": 0, "pose": "left", "visibility": [1]},
        None,
    ]
    assert rows["label_id"].n_unique() == 5


def test_visibility_is_the_same_as_a_number_with_a_point() -> None:
    whole = rows_of(labels(keypoints=[[[5, 6, 2], [0, 0, 0]], None]))
    floats = rows_of(labels(keypoints=[[[5.0, 6.0, 2.0], [0.0, 0.0, 0.0]], None]))
    assert whole["label_id"].to_list() == floats["label_id"].to_list()
    assert json.loads(rows_of(labels(keypoints=[[[5.0, 6.0, 0.5]], None]))["attributes"][0]) == {"visibility": [0.5]}


def test_masks_come_as_pixels_and_attributes_as_text() -> None:
    table = labels(mask=[[[0, 1], [1, 1]], None], attributes=['{"b": 1, "a": [1.5]}', "{}"])
    rows = rows_of(table)
    assert from_png(rows["mask"][0]).tolist() == [[False, True], [True, True]]
    assert rows["attributes"].to_list() == ['{"a":[1.5],"b":1}', None]


def test_the_labels_of_a_dataset_can_be_added_to_another() -> None:
    table = labels(box=[[1, 2, 3, 4]] * 2, polygon=[[[0, 0], [4, 0], [4, 4]]] * 2, attributes=[{"n": 1}] * 2)
    rows = rows_of(table)
    assert rows_of(rows).drop("created_at").equals(rows.drop("created_at"))


def test_the_same_box_twice_is_two_labels_and_a_class_twice_is_one() -> None:
    table = pl.concat([labels(box=[[1, 2, 3, 4], None])] * 3)
    rows = rows_of(table)
    assert rows.height == rows["label_id"].n_unique() == 6
    assert rows_of(table)["label_id"].to_list() == rows["label_id"].to_list()
    assert rows_of(pl.concat([labels()] * 3)).height == 2


def test_a_mask_has_one_id_whoever_wrote_the_png() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.eye(4, dtype=np.uint8) * 255).save(buffer, "PNG")
    assert buffer.getvalue() != to_png(np.eye(4))
    theirs, ours = labels(mask=[buffer.getvalue(), None]), labels(mask=[np.eye(4).tolist(), None])
    assert rows_of(theirs)["label_id"][0] == rows_of(ours)["label_id"][0]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"box": [[1, 2, 3], [1, 2, 3]]}, "Got one of 3 numbers"),
        ({"polygon": [None, [1, 2, 3, 4]]}, "'polygon' in row 1 has 2 points, fewer than 3"),
        ({"polygon": [None, [1, 2, 3]]}, "an even number"),
        ({"polygon": [None, [[1, 2, 3]] * 3]}, "3 to 3 numbers a point"),
        ({"keypoints": [[[1.0, 2.0, 3.0], [1.0, 2.0]], None]}, "2 to 3 numbers a point"),
        ({"keypoints": [[float("nan"), 2.0], None]}, "holds nan"),
        ({"mask": [b"no picture", None]}, "Row 0: A mask is a PNG"),
        ({"mask": [[[1, 0], [1]], None]}, "Row 0 has neither"),
        ({"attributes": ["[1]", None]}, "'attributes' in row 0 is no JSON object"),
        ({"attributes": ["[" * 100_000, None]}, "'attributes' in row 0 is no JSON object"),
        ({"kind": ["rectangle", "mask"]}, "Got 'rectangle' in row 0"),
        ({"kind": ["mask", "mask"]}, "A mask needs its mask, and row 0 has none"),
        ({"kind": ["polygon", "mask"]}, "A polygon needs its points"),
    ],
)
def test_what_is_no_place_is_refused_with_its_row(columns: dict[str, Any], words: str) -> None:
    with pytest.raises(BadValue, match=words):
        rows_of(labels(**columns))


numbers = st.floats(-1e6, 1e6, width=32)


@given(st.lists(st.lists(numbers, min_size=6, max_size=12).filter(lambda p: len(p) % 2 == 0), min_size=2, max_size=2))
def test_points_are_kept_to_the_last_bit_and_ids_follow_them(polygons: list[list[float]]) -> None:
    rows = rows_of(labels(polygon=polygons))
    assert rows["points"].to_list() == polygons
    assert rows_of(labels(polygon=polygons))["label_id"].to_list() == rows["label_id"].to_list()
    moved = [[p[0] + 1024, *p[1:]] for p in polygons]
    assert not set(rows_of(labels(polygon=moved))["label_id"]) & set(rows["label_id"])


def test_classes_are_declared_by_standing_labels() -> None:
    def said(field: str, *classes: str, undone: bool = False) -> dict[str, Any]:
        return {"action": "label", "undone": undone, "payload": {"field": field, "classes": list(classes)}}

    log = [said("a", "x", "y"), said("b"), said("a", "z", "x"), said("a", "w", undone=True), {"action": "tag"}]
    assert declared_classes(log) == {"a": ["x", "y", "z"]}
