"""A threshold from planted votes: it keeps the precision that is asked for, and says so where it cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.analysis.alignment import agreement, squares
from curate.analysis.pair_report import PairReport
from curate.analysis.sequences import drives
from curate.analysis.threshold import BINS, FARTHEST, Scale, Votes, bin_of, calibrate, counted, scale_of
from curate.errors import BadValue


def _copies(count: int, rng: np.random.Generator) -> Votes:
    return Votes(
        1 - np.abs(rng.normal(0, 0.04, count)).clip(0, 0.2),
        rng.integers(0, 16, count).astype(float),
        1 - np.abs(rng.normal(0, 0.02, count)).clip(0, 0.1),
    )


def _distinct(count: int, rng: np.random.Generator, *, near: bool, fit: float = 0.3) -> Votes:
    cosine = rng.uniform(0.8, 0.92, count) if near else rng.uniform(0.7, 0.8, count)
    return Votes(cosine, rng.integers(16, 48, count).astype(float), rng.normal(fit, 0.15, count).clip(-1, 0.99))


def _joined(*votes: Votes) -> Votes:
    return Votes(*(np.concatenate(parts) for parts in zip(*((v.cosine, v.bits, v.fit) for v in votes), strict=True)))


@pytest.mark.parametrize("fit", [0.2, 0.5])
def test_distinct_pairs_stay_below_the_threshold(fit):
    rng = np.random.default_rng(0)
    copies, real, distinct = _copies(400, rng), _copies(500, rng), _distinct(4000, rng, near=True, fit=fit)
    missed = _distinct(2000, rng, near=False, fit=fit)
    found = calibrate(copies, ["half"] * 400, _joined(real, distinct), missed, wanted=0.99, pictures=60)
    true = (found.scale.similarity(real) >= found.threshold).sum()
    false = (found.scale.similarity(distinct) >= found.threshold).sum()
    assert false <= 0.01 * (true + false)
    assert true >= 0.98 * len(real)
    # what is expected is about what is there
    for at in (0.5, 0.6, 0.7):
        actual = int((found.scale.similarity(distinct) >= at).sum())
        assert found.false[bin_of(at)] == pytest.approx(actual, rel=0.5, abs=6)


def test_where_distinct_pairs_look_like_copies_precision_goes_before_recall():
    rng = np.random.default_rng(1)
    copies, distinct = _copies(400, rng), _distinct(40_000, rng, near=True, fit=0.75)
    missed = _distinct(2000, rng, near=False, fit=0.75)
    real = _copies(200, rng)
    strict = calibrate(copies, ["half"] * 400, _joined(real, distinct), missed, wanted=0.99, pictures=60)
    loose = calibrate(copies, ["half"] * 400, _joined(real, distinct), missed, wanted=0.5, pictures=60)
    assert strict.threshold > loose.threshold
    assert (strict.scale.similarity(distinct) >= strict.threshold).sum() <= 4
    assert any("had to be set" in note for note in strict.notes)


def test_a_sample_that_is_too_small_is_said_to_be():
    rng = np.random.default_rng(2)
    copies, few = _copies(60, rng), _distinct(3, rng, near=True)
    found = calibrate(copies, ["half"] * 60, few, few, wanted=0.99, pictures=10)
    assert found.false == []
    assert found.expected(found.threshold, 10) is None
    assert any("reviewed pairs say" in note for note in found.notes)
    assert (found.scale.similarity(copies) >= found.threshold).mean() >= 0.98


def test_kinds_are_counted_apart():
    rng = np.random.default_rng(3)
    copies = _copies(100, rng)
    found = calibrate(copies, ["half", "crop"] * 50, copies, copies, wanted=0.9, pictures=50)
    assert {kind: sum(counts) for kind, counts in found.kinds.items()} == {"half": 50, "crop": 50}
    assert sum(found.altered) == 100
    assert found.recall(0.0) == {"half": 1.0, "crop": 1.0}


def test_votes_that_are_not_known_have_no_say():
    scale = Scale(cosine=0.1, bits=10.0, fit=0.05)
    nan = np.nan
    votes = Votes(np.array([1.0, nan, nan, nan]), np.array([nan, 10.0, nan, 0.0]), np.array([nan, nan, nan, 1.0]))
    assert scale.similarity(votes).tolist() == pytest.approx([1.0, 0.8, 0.0, 1.0])
    only_hashes = scale_of(Votes(np.array([nan] * 3), np.array([0.0, 2.0, 4.0]), np.array([nan] * 3)))
    assert (only_hashes.cosine, only_hashes.fit) == (None, None)


@given(st.floats(-1, 1), st.integers(0, 64), st.floats(-1, 1), st.floats(0, 0.5))
def test_nearer_by_a_vote_is_never_less_alike(cosine, bits, fit, less):
    scale = Scale(cosine=0.1, bits=10.0, fit=0.05)
    one = Votes(np.array([cosine, cosine - less]), np.array([bits, bits]), np.array([fit, fit]))
    other = Votes(np.array([cosine, cosine]), np.array([bits, bits + less]), np.array([fit, fit - less]))
    for votes in (one, other):
        similarity = scale.similarity(votes)
        assert similarity[0] >= similarity[1]
        assert ((similarity >= 0) & (similarity <= 1)).all()
    assert scale.steps(one).max() <= FARTHEST


@given(st.lists(st.floats(0, 1), max_size=50))
def test_everything_is_counted_once(values):
    assert counted(np.array(values)).sum() == len(values)
    assert len(counted(np.array(values))) == BINS


@pytest.mark.parametrize("wanted", [0, 1, 1.5, -1])
def test_a_precision_out_of_range_is_refused(wanted):
    rng = np.random.default_rng(4)
    copies = _copies(10, rng)
    with pytest.raises(BadValue, match="precision"):
        calibrate(copies, ["half"] * 10, copies, copies, wanted=wanted, pictures=10)


def test_no_copies_are_refused():
    nothing = Votes(*np.empty((3, 0)))
    with pytest.raises(BadValue, match="no altered copies"):
        calibrate(nothing, [], nothing, nothing, wanted=0.99, pictures=0)


# -- pixels -----------------------------------------------------------------------------------------------------------


def _picture(seed: int, height: int = 90, width: int = 120) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (7, 9)).astype(np.float64)
    rows, columns = np.linspace(0, 6, height), np.linspace(0, 8, width)
    down = np.array([np.interp(rows, np.arange(7), line) for line in small.T]).T
    return np.array([np.interp(columns, np.arange(9), line) for line in down]).astype(np.uint8)


def test_a_cut_picture_fits_where_it_was_cut_out():
    whole = [_picture(seed) for seed in range(20)]
    cuts = [picture[5:86, 8:116] for picture in whole]
    narrow = [picture[:, 10:110] for picture in whole]
    darker = [(picture * 0.6 + 20).astype(np.uint8) for picture in whole]
    pictures = squares([*whole, *cuts, *narrow, *darker])
    for part in range(1, 4):
        fits = agreement(pictures, np.arange(20), np.arange(20) + 20 * part)
        assert fits.min() > 0.9
        # whichever of the two is the cut one
        assert np.allclose(agreement(pictures, np.arange(20) + 20 * part, np.arange(20)), fits, atol=1e-5)
    others = agreement(pictures, np.arange(20), np.roll(np.arange(20), 1))
    assert others.max() < 0.9
    assert np.median(others) < 0.6


def test_pictures_of_one_colour_fit_onto_nothing():
    pictures = squares([np.zeros((40, 60), np.uint8), np.full((40, 60), 200, np.uint8), _picture(1)])
    fits = agreement(pictures, np.array([0, 0, 0]), np.array([0, 1, 2]))
    assert np.abs(fits).max() < 0.05
    assert np.isfinite(fits).all()


def test_a_mirrored_picture_fits_its_mirrored_self():
    pictures = squares([_picture(1), _picture(1)[:, ::-1]])
    assert agreement(pictures, np.array([0]), np.array([1]))[0] < 0.8
    assert agreement(pictures.with_mirrored(), np.array([0]), np.array([3]))[0] > 0.99


# -- sequences --------------------------------------------------------------------------------------------------------


def test_drives_are_told_by_names_videos_times_or_a_column():
    import datetime

    import polars as pl

    when = [None, None, *(datetime.datetime(2026, 1, 1, 0, 0, second) for second in (9, 3)), None, None]
    frames = pl.DataFrame(
        {
            "root": ["r"] * 6,
            "uri": ["a/f_10.jpg", "a/f_9.jpg", "b/x_1.jpg", "b/x_2.jpg", "v.mp4", "v.mp4"],
            "video_frame": pl.Series([None, None, None, None, 7, 2], dtype=pl.Int32),
            "captured_at": pl.Series(when, dtype=pl.Datetime("us")),
            "drive": ["p", "p", None, None, "p", "q"],
        }
    )
    assert drives(frames).rows() == [(0, 1), (0, 0), (1, 1), (1, 0), (2, 1), (2, 0)]
    assert drives(frames, "drive")["drive"].to_list() == [0, 0, 1, 2, 0, 3]


# -- the report -------------------------------------------------------------------------------------------------------


def test_the_report_draws_what_was_counted_and_words_stay_text():
    rng = np.random.default_rng(5)
    copies, distinct = _copies(300, rng), _distinct(1000, rng, near=True)
    found = calibrate(copies, ["half"] * 300, distinct, _distinct(500, rng, near=False), wanted=0.99, pictures=50)
    report = PairReport(
        samples=1000,
        groups={"exact": 1, "near": 2, "sequence": 0},
        redundant=4,
        threshold=found.threshold,
        similarity=np.array([0.7, 0.95]),
        calibration=found,
        expected=0.995,
        measured="",
        notes=("a <b> note",),
    )
    page = report._repr_html_()
    assert "<script" not in page
    assert "a &lt;b&gt; note" in page
    assert "300 altered copies" in page
    assert "currentColor" in page
    x = float(page.split('stroke-width="2"')[0].rsplit('d="M', 1)[1].split(" ")[0])
    assert x == pytest.approx(12 + found.threshold * 536, abs=0.1)
    assert "3 groups (1 exact, 2 near); 4 samples could go" in str(report)
    rows = [line.split() for line in str(report).splitlines() if " to " in line and line.strip()[0] in "01"]
    assert sum(int(row[3].replace(",", "")) for row in rows) == 300
