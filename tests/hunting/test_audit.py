from __future__ import annotations

import itertools
from collections import Counter
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.hunting.audit import (
    OUTSIDE,
    Audit,
    Estimate,
    Outside,
    Plan,
    draw,
    draw_outside,
    draw_zone,
    estimate,
    plan,
)

IDS = np.arange(2000) * 7 + 3
SCORES = 1 / (1 + np.arange(2000))


def made(n: int = 100, **more) -> Plan:
    return plan(IDS, SCORES, np.arange(2000) < 118, n, **more)


def answered(audit: Audit, positive: set[int], *, known: int = 0) -> dict[int, bool | None]:
    """All answers that the audit asks for: of what was reviewed, the first `known` are yes."""
    before = {id: i < known for i, id in enumerate(audit.plan.reviewed)}
    return before | {id: id in positive for id in audit.queue()}


def test_the_zone_is_what_is_reviewed_and_the_most_likely_of_the_rest() -> None:
    frozen = made()
    assert frozen.reviewed == tuple(IDS[:118])
    assert frozen.rest == tuple(IDS[118:418])
    assert len(frozen.zone) == 418
    assert frozen.outside == 2000 - 418
    assert (frozen.n, frozen.n_outside, frozen.alpha) == (100, OUTSIDE, 0.05)
    assert OUTSIDE == 119


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_neither_the_order_of_the_rows_nor_ties_decide_the_zone_or_the_draw(shuffle: int) -> None:
    scores = np.round(SCORES * 50)  # many ties
    order = np.random.default_rng(shuffle).permutation(len(IDS))
    one = plan(IDS, scores, IDS % 5 == 0, 60, seed=4)
    two = plan(IDS[order], scores[order], IDS[order] % 5 == 0, 60, seed=4)
    assert one == two
    assert draw(one, IDS) == draw(two, IDS[order])


def test_samples_without_a_score_come_last() -> None:
    scores = SCORES.copy()
    scores[:500] = np.nan
    assert plan(IDS, scores, np.zeros(2000, bool), 10).rest == tuple(IDS[500:530])
    without = plan(IDS[:40], scores[:40], np.zeros(40, bool), 10)
    assert len(without.rest) == 30


def test_both_draws_are_of_their_own_part_and_without_repetition() -> None:
    frozen = made(seed=3)
    audit = draw(frozen, IDS)
    assert len(set(audit.zone)) == 100
    assert set(audit.zone) <= set(frozen.rest)
    assert len(set(audit.outside)) == 119
    assert not set(audit.outside) & set(frozen.zone)
    assert audit.zone == draw_zone(frozen)
    assert audit.outside == draw_outside(frozen, IDS[::-1])


def test_every_sample_and_every_pair_is_drawn_equally_often() -> None:
    """What limits need: a simple random sample, wherever in the ranking a sample stands."""
    ids, repeats = np.arange(30), 6000
    single, pairs, outside = Counter[int](), Counter[tuple[int, int]](), Counter[int]()
    for seed in range(repeats):
        frozen = plan(ids, -ids, ids < 3, 4, outside=5, seed=seed)  # 12 to draw 4 from, 15 outside
        audit = draw(frozen, ids)
        single.update(audit.zone)
        pairs.update(itertools.combinations(sorted(audit.zone), 2))
        outside.update(audit.outside)
    for counts, cells, expected in (
        (single, 12, repeats * 4 / 12),
        (pairs, comb(12, 2), repeats * 6 / comb(12, 2)),
        (outside, 15, repeats * 5 / 15),
    ):
        assert len(counts) == cells
        squares = sum((count - expected) ** 2 / expected for count in counts.values())
        assert squares < cells + 5 * np.sqrt(2 * cells)


def test_another_look_or_seed_draws_anew_and_shares_the_error_rate() -> None:
    first, second = made(), made(look=2)
    assert second.alpha == first.alpha / 2
    assert made(look=3).alpha == pytest.approx(0.05 / 3)
    assert len({draw_zone(first), draw_zone(second), draw_zone(made(seed=1))}) == 3
    assert draw_outside(first, IDS) != draw_outside(second, IDS)


def test_the_queue_mixes_both_draws_and_says_nothing_of_the_place() -> None:
    first_half = [
        sum(id in set(audit.zone) for id in audit.queue()[:110])
        for audit in (draw(made(n=110, outside=110, seed=seed), IDS) for seed in range(300))
    ]
    assert np.mean(first_half) == pytest.approx(55, abs=1)
    audit = draw(made(), IDS)
    assert sorted(audit.queue()) == sorted(audit.zone + audit.outside)
    assert audit.queue() == audit.queue()


def test_found_38_of_118_and_5_of_a_hundred_more() -> None:
    audit = draw(made(outside=120), IDS)
    said = estimate(audit, answered(audit, set(audit.zone[:5]), known=38))
    assert said == Estimate(
        look=1,
        alpha=0.05,
        answers=118 + 100 + 120,
        found=43,
        unsure=0,
        zone=418,
        drawn=100,
        about=53,
        low=45,
        high=68,
        outside=Outside(size=1582, looked=120, found=0, unsure=0, at_most=37),
    )
    assert said.level == 0.95
    assert said.outside.share == 37 / 1582


def test_only_what_was_drawn_enters() -> None:
    audit = draw(made(), IDS)
    verdicts = answered(audit, set(audit.zone[:5]), known=38)
    others = dict.fromkeys((int(id) for id in IDS if int(id) not in verdicts), True)
    assert estimate(audit, verdicts | others) == estimate(audit, verdicts)


def test_an_estimate_waits_for_every_answer() -> None:
    audit = draw(made(), IDS)
    verdicts = answered(audit, set())
    last = audit.queue()[-2:]
    for id in last:
        del verdicts[id]
    assert audit.unanswered(verdicts) == last
    with pytest.raises(BadValue, match="2 of the 219 samples of the audit have no answer yet"):
        estimate(audit, verdicts)


def test_unsure_ones_widen_the_limits_to_both_readings() -> None:
    audit = draw(made(), IDS)
    no = answered(audit, set(audit.zone[:5]), known=38)
    doubtful = (*audit.zone[5:8], *audit.outside[:2], audit.plan.reviewed[50])
    unsure = estimate(audit, no | dict.fromkeys(doubtful))
    yes = estimate(audit, no | dict.fromkeys(doubtful, True))
    assert unsure.low == estimate(audit, no).low
    assert unsure.high == yes.high > estimate(audit, no).high
    assert unsure.outside.at_most == yes.outside.at_most
    assert (unsure.unsure, unsure.outside.unsure, unsure.found) == (4, 2, 43)


def test_an_answer_that_was_taken_back_counts_as_unsure() -> None:
    audit = draw(made(), IDS)
    verdicts = answered(audit, set(), known=38)
    before = estimate(audit, verdicts)
    del verdicts[audit.plan.reviewed[0]]
    after = estimate(audit, verdicts)
    assert (after.found, after.unsure, after.low, after.high) == (37, 1, before.low - 1, before.high)


def test_a_yes_that_turns_out_wrong_lowers_everything() -> None:
    """One percent of wrong yes doubles an estimate at a prevalence of one percent; asking again repairs it."""
    ids = np.arange(30_000)
    audit = draw(plan(ids, -ids, ids < 20_000, 100), ids)
    wrong = {id: id < 200 or id % 100 == 7 for id in audit.plan.reviewed}
    verdicts = wrong | dict.fromkeys(audit.queue(), False)
    doubled = estimate(audit, verdicts)
    right = estimate(audit, verdicts | {id: id < 200 for id, yes in wrong.items() if yes})
    assert right.about == 200
    assert doubled.about == pytest.approx(2 * right.about, rel=0.02)
    assert not right.low <= doubled.low <= right.high


def test_looking_at_all_there_is_leaves_nothing_open() -> None:
    ids = np.arange(50)
    audit = draw(plan(ids, -ids, ids < 20, 100), ids)
    assert (audit.plan.n, audit.plan.outside, audit.outside) == (30, 0, ())
    said = estimate(audit, answered(audit, {45, 46}, known=7))
    assert (said.found, said.about, said.low, said.high) == (9, 9, 9, 9)
    assert said.outside == Outside(0, 0, 0, 0, 0)
    assert said.outside.share == 0


def test_without_a_look_outside_nothing_is_known_of_it() -> None:
    audit = draw(made(outside=0), IDS)
    outside = estimate(audit, answered(audit, set())).outside
    assert (outside.looked, outside.at_most) == (0, outside.size)


@pytest.mark.parametrize("positives", range(10))
def test_every_possible_draw_of_a_small_zone(positives: int) -> None:
    """Coverage without chance: all 84 draws of 3 from 9, each as likely as another."""
    ids = np.arange(20)
    for wanted in ({*range(positives)}, {8 - i for i in range(positives)}):  # the most likely, or the least
        frozen = plan(ids, -ids, np.zeros(20, bool), 3, outside=0)
        assert frozen.rest == tuple(range(9))
        held = []
        for zone in itertools.combinations(frozen.rest, 3):
            audit = Audit(frozen, zone, ())
            said = estimate(audit, {id: id in wanted for id in zone})
            held.append(said.low <= positives <= said.high)
        assert np.mean(held) >= 0.95


def test_three_hundred_audits_hold() -> None:
    """A short form of benchmarks/audit.py: a poor ranking, rare positives, what the ranking chose counted as known."""
    rng = np.random.default_rng(5)
    held, held_outside = [], []
    for seed in range(300):
        wanted = rng.random(4000) < 0.02
        scores = rng.normal(size=4000) + wanted
        ids = rng.choice(2**40, 4000, replace=False)
        reviewed = scores >= np.sort(scores)[-100]
        frozen = plan(ids, scores, reviewed, 60, outside=80, seed=seed)
        truth = dict(zip(ids.tolist(), wanted.tolist(), strict=True))
        audit = draw(frozen, ids)
        said = estimate(audit, truth)
        inside = sum(truth[id] for id in frozen.zone)
        held.append(said.low <= inside <= said.high)
        held_outside.append(wanted.sum() - inside <= said.outside.at_most)
    assert np.mean(held) >= 0.95
    assert np.mean(held_outside) >= 0.95


def test_identifiers_may_be_larger_than_a_float_can_hold() -> None:
    ids = IDS + 2**61
    audit = draw(plan(ids, SCORES, ids < ids[118], 100, seed=9, look=2), ids)
    assert set(audit.zone) <= set(ids[118:418].tolist())
    assert set(audit.outside) <= set(ids[418:].tolist())


def test_what_is_printed_is_short() -> None:
    audit = draw(made(seed=9), IDS)
    assert repr(audit.plan) == "<Plan of audit 1: 100 of 300 beside 118 reviewed, 119 of 1,582 outside; seed 9>"
    assert repr(audit) == "<Audit 1: 100 drawn in the zone, 119 outside>"


def test_bad_input_is_refused_by_name() -> None:
    none = np.zeros(2000, bool)
    with pytest.raises(BadValue, match="of one length"):
        plan(IDS, SCORES[:-1], none, 10)
    with pytest.raises(BadValue, match="there twice"):
        plan(np.zeros(3, np.int64), np.zeros(3), np.zeros(3, bool), 1)
    with pytest.raises(BadValue, match="All 2,000 samples are reviewed"):
        plan(IDS, SCORES, ~none, 10)
    with pytest.raises(BadValue, match=r"has 1,582 samples outside its zone\. Got 1,581"):
        draw(made(), IDS[:-1])


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("n", {"n": 0}),
        ("n", {"n": 2.5}),
        ("n", {"n": True}),
        ("outside", {"outside": -1}),
        ("seed", {"seed": -1}),
        ("look", {"look": 0}),
    ],
    ids=str,
)
def test_numbers_out_of_their_range_are_refused_by_name(name: str, more: dict[str, int]) -> None:
    with pytest.raises(BadValue, match=f"'{name}' must be a whole number"):
        made(**more)
