from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from curate.errors import BadValue, UnknownName
from curate.splits.strata import groups_of, strata_of, ungrouped


def test_missing_values_are_a_class_of_their_own() -> None:
    frame = pl.DataFrame({"x": ["b", None, "a", "b"], "y": [1.5, float("nan"), None, 1.5]})
    strata = strata_of(frame, ["x", "y"])
    assert strata.labels == (("a", "b", None), ("1.5", None))
    assert [codes.tolist() for codes in strata.codes] == [[1, 2, 0, 1], [0, 1, 1, 0]]


def test_a_column_of_many_numbers_is_cut_into_classes_of_like_size() -> None:
    values = np.random.default_rng(0).exponential(size=1000)
    strata = strata_of(pl.DataFrame({"x": values}), "x")
    assert np.bincount(strata.codes[0]).tolist() == [200] * 5
    assert strata.labels[0][0].startswith("< ")
    assert strata.labels[0][-1].startswith("≥ ")


def test_numbers_that_are_mostly_one_value_give_fewer_classes() -> None:
    strata = strata_of(pl.DataFrame({"x": [0.0] * 900 + [i / 7 for i in range(1, 101)]}), "x")
    assert 1 <= len(strata.labels[0]) <= 2
    assert strata.codes[0].max() < len(strata.labels[0])


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([True, False, None]),
        pl.Series(["a", "b", None], dtype=pl.Categorical),
        pl.Series([None, None, None]),
        pl.Series([dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2), None]),
        pl.Series([2**60, -1, 0]),
        pl.Series([], dtype=pl.String),
    ],
    ids=str,
)
def test_every_plain_type_has_classes_and_groups(values: pl.Series) -> None:
    frame = values.alias("x").to_frame()
    strata = strata_of(frame, "x")
    assert strata.codes[0].shape == (len(values),)
    assert not len(values) or strata.codes[0].max() == len(strata.labels[0]) - 1
    assert len(set(groups_of(frame, "x").tolist())) == len(values)


def test_a_year_of_times_is_cut_by_quantile() -> None:
    times = pl.datetime_range(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 31), "1d", eager=True)
    assert len(strata_of(pl.DataFrame({"t": times}), "t").labels[0]) == 5


def test_a_sample_is_in_the_class_of_each_value_of_its_list() -> None:
    frame = pl.DataFrame({"objects": [["car", "bus", "car"], None, [], [None], ["car", None]]})
    strata = strata_of(frame, "objects")
    assert strata.labels == (("bus", "car", None),)
    assert strata.rows[0].tolist() == [0, 0, 1, 2, 3, 4]
    assert strata.codes[0].tolist() == [0, 1, 2, 2, 2, 1]


def test_numbers_in_lists_are_cut_by_quantile_and_a_row_is_in_a_class_once() -> None:
    frame = pl.DataFrame({"depths": [[i / 10, i / 10 + 0.01, 9 - i / 10] for i in range(90)]})
    strata = strata_of(frame, "depths")
    assert len(strata.labels[0]) == 5
    pairs = list(zip(strata.rows[0].tolist(), strata.codes[0].tolist(), strict=True))
    assert len(set(pairs)) == len(pairs) < 270
    assert set(strata.rows[0].tolist()) == set(range(90))


def test_what_has_no_classes_is_refused_and_unknown_columns_are_named() -> None:
    frame = pl.DataFrame({"tags": [["a"], []], "weather": ["rain", "hail"], "box": [{"x": 1}, {"x": 2}]})
    frame = frame.with_columns(pl.concat_list("box").alias("boxes"))
    for column in ("box", "boxes"):
        with pytest.raises(BadValue, match=f"'{column}' holds .* no classes"):
            strata_of(frame, column)
    with pytest.raises(BadValue, match="no classes"):
        groups_of(frame, "tags")
    with pytest.raises(UnknownName, match="did you mean 'weather'"):
        strata_of(frame, "wether")
    with pytest.raises(UnknownName):
        groups_of(frame, "drive")


def test_groups_of_several_columns_need_all_of_them_equal() -> None:
    frame = pl.DataFrame({"city": ["a", "a", "b", "a", None], "day": [1, 2, 1, 1, None]})
    assert groups_of(frame, ["city", "day"]).tolist() == [0, 1, 2, 0, 3]
    assert ungrouped(frame, ["city", "day"]).tolist() == [False] * 4 + [True]


def test_samples_without_a_group_stay_alone() -> None:
    frame = pl.DataFrame({"drive": [None, "a", None, "a"]})
    assert groups_of(frame, "drive").tolist() == [0, 1, 2, 1]
