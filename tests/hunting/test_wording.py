from __future__ import annotations

import re
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.hunting.audit import Estimate, Outside
from curate.hunting.bounds import at_most, limits
from curate.hunting.wording import PATIENCE, reword, sentences, without_audit

OUTSIDE = Outside(size=18_000, looked=120, found=0, unsure=0, at_most=at_most(0, 120, 18_000))
SAID = Estimate(
    look=1, alpha=0.05, answers=338, found=38, unsure=0, zone=418, drawn=100, about=52, low=45, high=68, outside=OUTSIDE
)


def changed(**more) -> Estimate:
    return msgspec.structs.replace(SAID, **more)


def outside(**more) -> Estimate:
    return changed(outside=msgspec.structs.replace(OUTSIDE, **more))


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    look = draw(st.integers(1, 4))
    rest = draw(st.integers(1, 900))
    drawn = draw(st.integers(1, rest))
    found = draw(st.integers(0, drawn))
    known, reviewed = draw(st.integers(0, 60)), draw(st.integers(60, 3000))
    size = draw(st.integers(0, 1_000_000))
    looked = draw(st.integers(0, min(size, 700)))
    positive = draw(st.integers(0, min(looked, 9)))
    low, high = limits(found, drawn, rest, alpha=0.05 / look)
    return Estimate(
        look=look,
        alpha=0.05 / look,
        answers=reviewed + drawn + looked,
        found=known + found,
        unsure=0,
        zone=reviewed + rest,
        drawn=drawn,
        about=known + round(rest * found / drawn),
        low=known + low,
        high=known + high,
        outside=Outside(size, looked, positive, 0, at_most(positive, looked, size, alpha=0.05 / look)),
    )


def test_it_speaks_as_the_design_does() -> None:
    assert sentences(SAID)[:2] == (
        "found 38; in the 418 most likely about 52 (95 % interval 45 to 68)",
        "120 of the other 18,000 looked at, none found: at most 2.5 %, that is 442 images (95 %)",
    )


@given(estimates())
@settings(max_examples=300, deadline=None)
def test_a_printed_share_is_never_less_than_the_count_beside_it(said: Estimate) -> None:
    for sentence in sentences(said):
        match = re.search(r"looked at, .*: at most ([\d.]+) %, that is ([\d,]+) image", sentence)
        if match:
            count = int(match[2].replace(",", ""))
            assert count == said.outside.at_most
            assert Fraction(match[1]) / 100 >= Fraction(count, said.outside.size)
            assert Fraction(match[1]) <= Fraction(100 * count, said.outside.size) * Fraction(11, 10) + Fraction(
                1, 10**9
            )


@given(estimates())
@settings(max_examples=200, deadline=None)
def test_no_sentence_claims_a_recall_or_a_level_that_is_not_there(said: Estimate) -> None:
    text = "\n".join(sentences(said))
    assert "recall" not in text
    for level in re.findall(r"\((\d[\d.]*) %", text):
        assert float(level) <= 100 * (1 - 0.05 / (said.look + 1)) + 1e-9
    if not text.startswith("reword") and said.high > said.found:
        assert f"({ {1: '95', 2: '97.5', 3: '98.3', 4: '98.7'}[said.look] } % interval" in text


def test_without_a_yes_it_says_reword_the_prompt_and_no_estimate() -> None:
    nothing = msgspec.structs.replace(outside(), found=0, about=0, low=0, high=10)
    assert sentences(nothing) == ("reword the prompt: no yes in 338 answers",)
    assert without_audit(0, PATIENCE) == ("reword the prompt: no yes in 70 answers",)
    assert without_audit(0, PATIENCE - 1)[0].startswith("found 0 in 69 answers")
    assert reword(0, 69) is None


def test_a_yes_outside_the_zone_is_a_yes() -> None:
    said = sentences(msgspec.structs.replace(outside(found=1, at_most=700), found=0, about=0, low=0, high=10))
    assert said[0] == "found 0; in the 418 most likely about 0 (95 % interval 0 to 10)"
    assert said[1] == "120 of the other 18,000 looked at, 1 found: at most 3.9 %, that is 700 images (95 %)"


def test_it_says_what_more_would_take_at_the_level_of_the_next_audit() -> None:
    assert sentences(SAID)[2] == "in a next audit, at most 0.5 % of the others costs 736 clean answers (97.5 %)"
    assert sentences(outside(looked=50, at_most=1_000))[2] == (
        "in a next audit, at most 2.5 % of the others costs 146 clean answers, "
        "at most 0.5 % of the others costs 736 clean answers (97.5 %)"
    )
    assert "looking at all 500" in sentences(outside(size=500, at_most=11))[2]
    assert len(sentences(outside(looked=3_000, at_most=15))) == 2, "who knows less than half a percent is told no more"


def test_before_an_audit_it_says_what_one_would_take() -> None:
    found, cost = without_audit(1_038, 2_118)
    assert found == "found 1,038 in 2,118 answers; how many are left, an audit says"
    assert "2.5 % costs 119 clean answers" in cost
    assert "0.5 % costs 598" in cost


def test_unsure_ones_are_said_with_what_becomes_of_them() -> None:
    assert sentences(changed(unsure=4))[1].startswith("4 unsure: a lower limit takes them for no")
    assert sentences(outside(unsure=1))[1].startswith("1 unsure")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"looked": 0, "at_most": 18_000}, "nothing is known of the other 18,000: none of them was looked at"),
        ({"size": 120, "at_most": 0}, "all of the other 120 looked at, none found"),
        ({"size": 120, "found": 2, "at_most": 2}, "all of the other 120 looked at, 2 found"),
        (
            {"size": 1_000_000, "looked": 90_000, "at_most": 31},
            "90,000 of the other 1,000,000 looked at, none found: at most 0.0031 %, that is 31 images (95 %)",
        ),
        (
            {"size": 130, "at_most": 1},
            "120 of the other 130 looked at, none found: at most 0.77 %, that is 1 image (95 %)",
        ),
    ],
)
def test_what_is_outside_is_said_for_few_and_for_many(more: dict[str, int], expected: str) -> None:
    assert sentences(outside(**more))[1] == expected


def test_a_zone_without_any_left_and_a_dataset_without_others() -> None:
    said = sentences(changed(low=38, high=38, about=38, outside=Outside(0, 0, 0, 0, 0)))
    assert said == ("found 38; in the 418 most likely there are no more (95 %)",)
