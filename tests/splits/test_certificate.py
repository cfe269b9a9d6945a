from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from curate.errors import BadValue
from curate.splits.assignment import assign
from curate.splits.certificate import Certificate, certify
from curate.splits.strata import groups_of, strata_of, ungrouped

PARTS = {"train": 0.8, "val": 0.1, "test": 0.1}


@pytest.fixture
def frame() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "drive": [f"d{i}" for i in rng.integers(0, 90, 3000)],
            "weather": rng.choice(["clear", "rain", "hail"], 3000, p=[0.8, 0.19, 0.01]),
        }
    )


def certificate_of(frame: pl.DataFrame, part: np.ndarray, **more) -> Certificate:
    return certify(
        part,
        list(PARTS),
        wanted=[2400, 300, 300],
        strata=strata_of(frame, "weather"),
        groups=groups_of(frame, "drive"),
        group_by=["drive"],
        ungrouped=int(ungrouped(frame, "drive").sum()),
        **more,
    )


@pytest.fixture
def part(frame: pl.DataFrame) -> np.ndarray:
    groups, strata = groups_of(frame, "drive"), strata_of(frame, "weather")
    return assign(frame.height, PARTS, keys=np.arange(frame.height), strata=strata, groups=groups).part


def test_a_good_split_passes_and_its_numbers_are_the_frames(frame: pl.DataFrame, part: np.ndarray) -> None:
    certificate = certificate_of(frame, part, seed=5)
    assert certificate.passed
    assert certificate.cut == 0
    assert certificate.groups == 90
    assert certificate.seed == 5
    hail = next(c for c in certificate.columns[0].classes if c.value == "hail")
    mine = [((part == p) & (frame["weather"] == "hail").to_numpy()).sum() for p in range(3)]
    assert list(hail.counts) == mine
    assert hail.total == sum(mine)
    overall = hail.total / 3000
    assert hail.deviation == pytest.approx(
        100 * max(abs(mine[p] / (part == p).sum() - overall) for p in range(3)), abs=1e-3
    )


def test_a_cut_group_is_found_whoever_made_the_split(frame: pl.DataFrame, part: np.ndarray) -> None:
    spoilt = part.copy()
    row = int(np.flatnonzero(spoilt == 0)[0])
    spoilt[row] = 2
    certificate = certificate_of(frame, spoilt)
    assert certificate.cut == 1
    assert not certificate.passed
    assert "FAIL  groups whole: 1 of 90 groups cut" in str(certificate)


def test_a_group_half_of_which_is_in_no_part_is_cut() -> None:
    assert certify([0, -1, 0], ["a"], groups=[1, 1, 2]).cut == 1


def test_an_unbalanced_class_fails(frame: pl.DataFrame) -> None:
    order = np.argsort(frame["weather"].to_numpy(), kind="stable")  # clear first, rain last: the classic mistake
    part = np.empty(3000, np.int64)
    part[order] = np.repeat([0, 1, 2], [2400, 300, 300])
    certificate = certify(part, list(PARTS), wanted=[2400, 300, 300], strata=strata_of(frame, "weather"))
    assert [p.passed for p in certificate.promises] == [True, False]
    assert certificate.largest_deviation > 50


def test_a_rare_class_that_is_missing_from_the_test_set_does_not_pass() -> None:
    # 60 hail of 100,000: a part without hail deviates by 0.06 points of its mix, which nobody would see.
    strata = strata_of(pl.DataFrame({"weather": ["hail"] * 60 + ["clear"] * 99_940}), "weather")
    part = np.zeros(100_000, np.int64)
    part[60:20_060] = 1
    certificate = certify(part, ["train", "test"], wanted=[80_000, 20_000], strata=strata)
    assert not certificate.passed
    assert any("'hail' is missing from a part (60, 0 samples)" in warning for warning in certificate.warnings)


def test_what_cannot_be_met_is_a_warning_with_its_numbers() -> None:
    frame = pl.DataFrame({"drive": ["big"] * 80 + [str(i) for i in range(19)] + [None], "kind": ["a"] * 99 + ["b"]})
    groups, strata = groups_of(frame, "drive"), strata_of(frame, "kind")
    result = assign(100, {"x": 0.5, "y": 0.5}, keys=np.arange(100), strata=strata, groups=groups)
    certificate = certify(
        result.part, result.names, wanted=result.wanted, strata=strata, groups=groups, group_by=["drive"], ungrouped=1
    )
    text = "\n".join(certificate.warnings)
    assert "larger than part 'x' (50 wanted, the largest group has 80 samples)" in text
    assert "kind = 'b' has 1 groups, fewer than the 2 parts" in text
    assert "1 samples have no drive" in text
    assert certificate.cut == 0


def test_many_hopeless_classes_are_counted_not_listed() -> None:
    frame = pl.DataFrame({"id": [str(i) for i in range(500)]})
    certificate = certify(np.arange(500) % 2, ["a", "b"], strata=strata_of(frame, "id"))
    assert len(certificate.warnings) == 6
    assert "495 more classes" in certificate.warnings[-1]
    assert len(str(certificate)) < 3000
    assert len(certificate._repr_html_()) < 12_000


def test_an_empty_part_is_a_warning() -> None:
    result = assign(3, PARTS, keys=np.arange(3))
    assert any("is empty" in w for w in certify(result.part, result.names, wanted=result.wanted).warnings)


def test_json_brings_the_same_certificate_back(frame: pl.DataFrame, part: np.ndarray) -> None:
    certificate = certificate_of(frame, part)
    assert Certificate.from_json(certificate.to_json()) == certificate
    with pytest.raises(BadValue, match="not a certificate"):
        Certificate.from_json('{"parts": 3}')


def test_class_names_are_text_on_the_page() -> None:
    frame = pl.DataFrame({"k": ["<img src=x onerror=alert(1)>", "a\nb\x1b[31m"] * 5})
    certificate = certify([0] * 5 + [1] * 5, ["a<b", "c"], strata=strata_of(frame, "k"))
    assert "<img" not in certificate._repr_html_()
    assert "a&lt;b" in certificate._repr_html_()
    assert "\x1b" not in str(certificate)


def test_codes_without_a_name_and_groups_of_another_length_are_refused() -> None:
    with pytest.raises(BadValue, match="between -1 and 0"):
        certify([0, 1], ["only"])
    with pytest.raises(BadValue, match="shape"):
        certify([0, 0], ["only"], groups=[1])
