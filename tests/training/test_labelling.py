import numpy as np
import polars as pl
import pytest

from curate.errors import BadValue
from curate.training.labelling import classes_of_column, column_targets, label_targets, numbering


def test_classes_keep_the_order_that_was_stated():
    assert numbering(["snow", "hail"], ["hail", "snow"])[0] == ("snow", "hail")
    assert numbering(None, ["hail", "snow"])[0] == ("hail", "snow")


@pytest.mark.parametrize("classes", ["snow", ["a", "a"], [], {}, [1], {"a": 1}])
def test_classes_that_are_none_are_refused(classes):
    with pytest.raises(BadValue):
        numbering(classes, [])


def test_a_column_of_text_gives_classes_and_counts_what_has_none():
    values = pl.Series("weather", ["rain", None, "fog", "hail", "rain"])
    labelled = column_targets(values, ["rain", "fog"], [])
    assert labelled.kept.tolist() == [True, False, True, False, True]
    assert labelled.targets.numbers.tolist() == [0, 1, 0]
    assert labelled.left_out == {"without a label": 1, "of other classes": 1}


def test_whole_numbers_are_classes_in_the_order_of_their_size():
    values = pl.Series("lanes", [10, 9, 2])
    known = classes_of_column(values)
    assert known == ["2", "9", "10"]
    assert column_targets(values, None, known).targets.numbers.tolist() == [2, 1, 0]


def test_booleans_and_categories_are_classes():
    wet = pl.Series("wet", [True, False, None])
    assert column_targets(wet, None, classes_of_column(wet)).targets.numbers.tolist() == [1, 0]
    kind = pl.Series("kind", ["b", "a"], dtype=pl.Categorical)
    assert column_targets(kind, ["a", "b"], []).targets.numbers.tolist() == [1, 0]


def test_floats_are_values_and_what_is_not_finite_is_left_out():
    labelled = column_targets(pl.Series("speed", [0.5, None, float("nan"), 2.0]), None, [])
    assert labelled.targets.values.tolist() == [0.5, 2.0]
    assert labelled.left_out == {"without a label": 2}
    with pytest.raises(BadValue, match="no classes"):
        column_targets(pl.Series("speed", [0.5]), ["0.5"], [])


def test_a_column_that_is_no_class_is_refused():
    with pytest.raises(BadValue, match="List"):
        column_targets(pl.Series("tags", [["a"], ["b"]]), None, [])


def labels(**columns):
    n = len(columns["sample_id"])
    rows = pl.DataFrame({"sample_id": columns["sample_id"]})
    for name in ("kind", "value", "box", "points", "attributes"):
        rows = rows.with_columns(pl.Series(name, columns.get(name, [None] * n)))
    return rows.cast({"box": pl.List(pl.Float32), "points": pl.List(pl.Float32), "attributes": pl.String})


def test_a_sample_has_the_class_that_its_labels_agree_on():
    said = labels(
        sample_id=[1, 1, 2, 2, 3, 9], kind=["classification"] * 6, value=["fog", "fog", "fog", "hail", "snow", "fog"]
    )
    labelled = label_targets(said, np.array([1, 2, 3, 4]), ["hail", "fog"], [])
    assert labelled.kept.tolist() == [True, False, False, False]
    assert labelled.targets.numbers.tolist() == [1]
    assert labelled.left_out == {"without a label": 1, "of several classes": 1, "of other classes": 1}


def test_boxes_are_corners_and_a_sample_without_one_is_background():
    said = labels(
        sample_id=[7, 5, 5, 5, 5, 5, 7],
        kind=["detection", "detection", "polygon", "detection", "detection", "classification", "detection"],
        value=["car", "bus", "car", "tree", "bus", "bus", "car"],
        box=[[1, 2, 3, 4], [0, 0, 2, 2], None, [0, 0, 1, 1], [5, 5, 0, 3], None, [0, 0, 9, 9]],
        points=[None, None, [4, 1, 8, 2, 6, 7], None, None, None, None],
        attributes=[None, '{"iscrowd": 0}', None, None, None, None, '{"iscrowd": 1}'],
    )
    labelled = label_targets(said, np.array([5, 6, 7]), None, ["bus", "car"])
    targets = labelled.targets
    assert labelled.kept.all()
    assert targets.starts.tolist() == [0, 2, 2, 3]
    assert targets.boxes.tolist() == [[0, 0, 2, 2], [4, 1, 8, 7], [1, 2, 4, 6]]
    assert targets.numbers.tolist() == [0, 1, 1]
    assert labelled.left_out == {
        "boxes without area": 1,
        "labels of a crowd, and not of one object": 1,
        "labels of other classes": 1,
        "labels without a box": 1,
    }


def test_a_field_of_boxes_stays_one_for_samples_that_have_none():
    said = labels(sample_id=[5], kind=["detection"], value=["bus"], box=[[0, 0, 2, 2]])
    targets = label_targets(said, np.array([6, 7]), None, ["bus"]).targets
    assert targets.starts.tolist() == [0, 0, 0]
    assert targets.boxes.shape == (0, 4)
