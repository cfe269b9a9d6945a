import numpy as np
import pytest

from curate.analysis import margin
from curate.analysis.comparison import Comparison
from curate.analysis.margin import measure_margin, sample_pairs
from curate.analysis.units import Units

RNG = np.random.default_rng(7)


def nobody(stage, done, total):
    pass


def clumps(n, *, dimension=32, seed=0):
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(n // 10, dimension))
    vectors = middles[rng.integers(0, len(middles), n)] + 0.4 * rng.normal(size=(n, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def everything(monkeypatch):
    """2,000 vectors, all of their pairs at 0.8, and 40 blocks around some of them."""
    monkeypatch.setattr(margin, "SAMPLED", 0)
    vectors = clumps(2000)
    left, right = np.nonzero(np.triu(vectors @ vectors.T >= 0.8, 1))
    return Units(vectors), left, right, vectors[:: len(vectors) // 40][:40]


def test_a_sample_has_all_pairs_of_its_vectors_and_says_how_many_there_are(everything):
    units, left, right, _ = everything
    sample = sample_pairs(units, Comparison(units, RNG), 0.8, 1e9, rng=np.random.default_rng(0), tell=nobody)
    assert len(sample.asked) == 1000
    true = {*zip(left.tolist(), right.tolist(), strict=True), *zip(right.tolist(), left.tolist(), strict=True)}
    asked = set(sample.asked.tolist())
    found = list(zip(sample.left.tolist(), sample.right.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == {pair for pair in true if pair[0] in asked}
    assert sample.expected == pytest.approx(len(left), rel=0.05)
    assert sample.above[0] == sample.expected
    half = sample.edges[np.flatnonzero(sample.above <= sample.expected / 2)[0]]
    units_, rows = units.read(left), units.read(right)
    assert ((units_ * rows).sum(axis=1) >= half).sum() == pytest.approx(len(left) / 2, rel=0.1)


def test_with_too_many_pairs_they_are_only_counted(everything):
    units, left, _, _ = everything
    sample = sample_pairs(units, Comparison(units, RNG), 0.8, 100, rng=np.random.default_rng(0), tell=nobody)
    assert len(sample.left) == 0
    assert sample.expected == pytest.approx(len(left), rel=0.05)


def gaps(units, left, right, centres):
    """The margin that each pair takes, by hand."""
    a, b = units.read(left) @ centres.T, units.read(right) @ centres.T
    rows = np.arange(len(left))
    home_a, home_b = a.argmax(axis=1), b.argmax(axis=1)
    return np.minimum(a.max(axis=1) - a[rows, home_b], b.max(axis=1) - b[rows, home_a])


def test_the_margin_finds_the_share_that_it_says(everything):
    units, left, right, centres = everything
    rng = np.random.default_rng(0)
    sample = sample_pairs(units, Comparison(units, RNG), 0.8, 1e9, rng=rng, tell=nobody)
    measured = measure_margin(units, centres, sample, 0.8, rng)
    assert measured.measured_with == "pairs"
    needed = gaps(units, left, right, centres)
    assert (needed > 0).mean() > 0.05, "borders part some pairs, or this shows nothing"
    assert (needed <= measured.margin).mean() == pytest.approx(measured.recall, abs=0.01)
    assert (needed <= measured.margin).mean() >= 0.99
    assert 0 < measured.share < 1


def test_a_crowd_does_not_hide_what_is_lost_elsewhere():
    """300 nearly equal vectors are 45,000 pairs, all in one block; the 8,000 other pairs would be 15 % of all."""
    rng = np.random.default_rng(1)
    crowd = np.ones((300, 32)) / 32**0.5 + 0.01 * rng.normal(size=(300, 32))
    vectors = np.concatenate([clumps(1700), crowd.astype(np.float32)])
    units = Units(vectors)
    centres = vectors[: 40 * 40 : 40]
    sample = sample_pairs(units, Comparison(units, RNG), 0.8, 1e9, rng=rng, tell=nobody)
    measured = measure_margin(units, centres, sample, 0.8, rng)
    left, right = np.nonzero(np.triu(units.read(np.arange(1700)) @ units.read(np.arange(1700)).T >= 0.8, 1))
    assert (gaps(units, left, right, centres) <= measured.margin).mean() >= 0.985


def test_where_the_data_have_few_pairs_planted_ones_set_the_margin():
    units = Units(np.random.default_rng(0).normal(size=(1500, 32)).astype(np.float32))
    centres = units.read(np.arange(0, 1500, 40))
    rng = np.random.default_rng(0)
    sample = sample_pairs(units, Comparison(units, RNG), 0.9, 1e9, rng=rng, tell=nobody)
    assert len(sample.left) < 10
    measured = measure_margin(units, centres, sample, 0.9, rng)
    assert measured.measured_with == "planted"
    assert measured.measured_on >= margin._ENOUGH
    assert measured.recall >= 0.98
    # and they would be found: vectors that are moved towards others until the cosine is 0.9
    one, other = margin._planted(units, 0.9, np.random.default_rng(5))
    cosines = (one * other).sum(axis=1)
    assert cosines.min() == pytest.approx(0.9, abs=0.005)
    assert cosines.max() == pytest.approx(1, abs=0.005)
    a, b = one @ centres.T, other @ centres.T
    rows = np.arange(len(one))
    needed = np.minimum(a.max(axis=1) - a[rows, b.argmax(axis=1)], b.max(axis=1) - b[rows, a.argmax(axis=1)])
    assert (needed <= measured.margin).mean() >= 0.98


@pytest.mark.parametrize("count", [50, 400, 1000, 5000])
def test_few_pairs_allow_fewer_to_be_missed(count):
    """Were a hundredth of all pairs beyond the margin, a sample would seldom have so few of them beyond it."""
    allowed = int(margin._missed(count) * count)
    beyond = np.random.default_rng(0).binomial(count, 0.0101, 20_000)
    assert (beyond <= allowed).mean() <= max(0.02, 0.99**count * 1.05)
    assert margin._missed(count) <= 1 - margin.WANTED_RECALL
