"""Scores and flags of pictures, on frames with planted truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.analysis.issues import KINDS, SAMPLES, STATUSES, THRESHOLDS, each_threshold, flags, scores

USUAL = {
    "uri": "a.jpg", "status": "ok", "width": 640, "height": 480, "format": "JPEG", "mode": "RGB", "orientation": 1,
    "saturation": 0.2, "entropy": 7.0, "brightness_p5": 0.1, "brightness_p99": 0.9, "clipped_dark": 0.0,
    "clipped_bright": 0.0, "acutance": 0.5,
}  # fmt: skip


def frame(*differing: dict[str, Any]) -> pl.DataFrame:
    """Samples that differ from the usual in what is said, behind twenty usual ones."""
    rows = [USUAL] * 20 + [{**USUAL, **given} for given in differing]
    return pl.DataFrame(rows, schema=SAMPLES, strict=False)


def issues_of(**differing: Any) -> set[str]:
    """What is found of one sample among usual ones."""
    found = scores(frame(differing))
    limits = {kind: each_threshold(THRESHOLDS.get(kind, 0.5), None, None, found.height) for kind in KINDS}
    row = flags(found, limits).row(-1, named=True)
    return {name.removeprefix("is_").removesuffix("_issue") for name, flag in row.items() if flag}


def test_a_usual_sample_has_no_issue() -> None:
    assert issues_of() == set()
    assert scores(frame()).columns == list(KINDS)
    assert set(scores(frame()).dtypes) == {pl.Float32()}


@pytest.mark.parametrize(
    ("differing", "kinds"),
    [
        ({"brightness_p99": 0.31}, {"dark"}),
        ({"brightness_p99": 0.33}, set()),
        ({"brightness_p5": 0.96, "brightness_p99": 1.0}, {"light"}),
        ({"clipped_dark": 0.6}, {"underexposed"}),
        ({"clipped_bright": 0.3}, {"overexposed"}),
        ({"acutance": 0.2}, {"blurry"}),
        ({"entropy": 1.0}, {"low_information"}),
        ({"mode": "L"}, {"grayscale"}),
        ({"mode": "I;16"}, {"grayscale"}),
        ({"saturation": 0.001}, {"grayscale"}),
        ({"width": 64, "height": 48}, {"odd_size"}),
        ({"width": 4000, "height": 3000}, {"odd_size"}),
        ({"width": 960, "height": 320}, {"odd_aspect_ratio"}),
        ({"orientation": 6}, {"rotated"}),
        ({"orientation": None}, set()),
        ({"format": "PNG"}, {"wrong_suffix"}),
        ({"uri": "a.JPEG"}, set()),
        ({"uri": "a.dat", "format": "PNG"}, set()),
        ({"uri": "no suffix", "format": "PNG"}, set()),
        ({"uri": "a.png?size=large", "format": "PNG"}, set()),
        ({"uri": "a.mpo", "format": "MPO"}, set()),
        *(({"status": status, "acutance": 0.1}, {status}) for status in STATUSES),
    ],
)
def test_each_kind_is_told_from_what_was_measured(differing: dict[str, Any], kinds: set[str]) -> None:
    assert issues_of(**differing) == kinds


def test_nothing_is_told_of_what_could_not_be_read() -> None:
    unread = scores(frame({"status": "corrupt"})).row(-1, named=True)
    assert {kind for kind, score in unread.items() if score is None} == set(KINDS) - set(STATUSES)


def test_grey_is_odd_only_among_coloured_pictures() -> None:
    assert issues_of(saturation=0.0) == {"grayscale"}
    grey = frame().with_columns(mode=pl.lit("L"))
    assert scores(grey)["grayscale"].min() == 1.0


def test_what_is_nearly_black_is_not_grey_for_that() -> None:
    assert issues_of(saturation=0.005, brightness_p5=0.0, brightness_p99=0.05) == {"dark"}


def test_a_size_is_odd_past_three_quartile_ranges() -> None:
    """CleanVision's rule, on sides of 100 to 200 whose quartiles are 125 and 175."""
    sides = [*range(100, 201), 324, 340]
    samples = pl.DataFrame([{**USUAL, "width": side, "height": side} for side in sides], schema=SAMPLES, strict=False)
    first, third = np.percentile(sides, [25, 75])
    score = scores(samples)["odd_size"].to_numpy()
    expected = (np.array(sides) > third + 3 * (third - first)) | (np.array(sides) < first - 3 * (third - first))
    assert np.array_equal(score < 0.5, expected)
    assert expected[-2:].tolist() == [False, True]


def test_where_there_is_one_size_only_a_tenth_of_its_side_is_odd() -> None:
    found = scores(frame({"width": 690, "height": 515}, {"width": 720, "height": 540}))["odd_size"]
    assert (found < 0.5).to_list()[-2:] == [False, True]


def test_nothing_at_all_is_no_error() -> None:
    assert scores(pl.DataFrame(schema=SAMPLES)).height == 0


# sizes are whole numbers of 32 bits in a dataset, and measures are shares
anything = st.one_of(st.none(), st.floats(-(2**31), 2**31, allow_subnormal=False), st.sampled_from([0.0, float("nan")]))


@given(st.lists(st.tuples(*[anything] * 8), max_size=6), st.floats(0, 1), st.floats(0, 1))
def test_scores_are_between_0_and_1_and_a_higher_threshold_finds_no_less(
    rows: list[tuple[float | None, ...]], one: float, other: float
) -> None:
    names = [name for name, dtype in SAMPLES.items() if dtype == pl.Float64][: len(rows[0]) if rows else 0]
    samples = pl.DataFrame(
        [{**USUAL, **dict(zip(names, row, strict=False))} for row in rows], schema=SAMPLES, strict=False
    )
    found = scores(samples)
    for kind in KINDS:
        known = found[kind].drop_nulls().to_numpy()
        assert ((known >= 0) & (known <= 1)).all()
    low, high = (flags(found, {kind: np.full(found.height, limit) for kind in KINDS}) for limit in sorted((one, other)))
    assert all((high[name] | ~low[name]).all() for name in low.columns)


def test_thresholds_differ_by_group() -> None:
    groups = ["night", "day", None, "dusk"]
    assert each_threshold(0.3, {"night": 0.1, None: 0.5}, groups, 4).tolist() == [0.1, 0.5, 0.5, 0.5]
    assert each_threshold(0.3, {"night": 0.1}, groups, 4).tolist() == [0.1, 0.3, 0.3, 0.3]
    assert each_threshold(0.3, 0.2, None, 2).tolist() == [0.2, 0.2]
