from __future__ import annotations

import numpy as np
import pytest

from curate.errors import BadValue
from curate.labels.softmax import fit, loss, minimise, probabilities


def planted(n, k, classes, seed=0):
    """Features, and classes drawn from a softmax over them."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, k))
    weights = rng.normal(size=(k, classes))
    likely = probabilities(features @ weights)
    return features, np.array([rng.choice(classes, p=row) for row in likely]), weights


def test_it_finds_the_weights_that_made_the_classes():
    features, truth, weights = planted(6000, 4, 3)
    line = fit(features, truth, 3, strength=0.01)
    centred = weights - weights.mean(axis=1, keepdims=True)
    assert np.abs(line.weights - line.weights.mean(axis=1, keepdims=True) - centred).max() < 0.15
    assert np.abs(line.intercepts).max() < 0.1


def test_it_agrees_with_a_general_optimiser():
    optimise = pytest.importorskip("scipy.optimize")
    features, truth, _ = planted(200, 6, 4, seed=1)

    def value(flat):
        weights, intercepts = flat[:-4].reshape(6, 4), flat[-4:]
        return loss(features @ weights + intercepts, truth) + 1.5 * (weights**2).sum() + 0.005 * (intercepts**2).sum()

    line = fit(features, truth, 4, strength=3.0)
    ours = value(np.concatenate([line.weights.ravel(), line.intercepts]))
    theirs = optimise.minimize(value, np.zeros(28), method="L-BFGS-B").fun
    assert ours <= theirs + 1e-3


def test_fewer_examples_than_features_is_the_same_answer_in_their_space():
    features, truth, _ = planted(30, 200, 3, seed=2)
    few = fit(features, truth, 3, strength=2.0)
    # 170 rows that weigh nothing make it the long way round
    gradient = features.T @ (probabilities(few.logits(features)) - np.eye(3)[truth]) + 2.0 * few.weights
    assert np.abs(gradient).max() < 1e-3
    assert few.weights.shape == (200, 3)


def test_a_class_without_examples_is_unlikely_and_does_not_run_away():
    features, truth, _ = planted(100, 3, 2)
    line = fit(features, truth, 3, strength=1.0)
    assert np.isfinite(line.intercepts).all()
    assert probabilities(line.logits(features))[:, 2].max() < 0.1


def test_probabilities_hold_for_any_logits():
    likely = probabilities(np.array([[1e6, 0, -1e6], [-1e6, -1e6, -1e6]]))
    assert likely.tolist() == [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]]


def test_a_narrow_valley_has_a_bottom():
    steep = np.array([1.0, 1e4])
    found = minimise(lambda x: (float(steep @ (x - 1) ** 2), 2 * steep * (x - 1)), np.zeros(2), enough=1e-8)
    assert np.allclose(found, 1)


@pytest.mark.parametrize(("rows", "answers", "strength"), [(0, 0, 1.0), (3, 2, 1.0), (3, 3, 0.0)])
def test_what_cannot_be_learnt_from_is_refused(rows, answers, strength):
    with pytest.raises(BadValue):
        fit(np.zeros((rows, 2)), np.zeros(answers, int), 2, strength=strength)
