from __future__ import annotations

import numpy as np
import pytest

from curate.errors import BadValue
from curate.labels.calibration import REVIEWED_LEAST, calibrate, combined, expected_calibration_error
from curate.labels.softmax import probabilities


def planted(n, *, temperature, classes=4, seed=0):
    """Logits, and classes that are as likely as their softmax at `temperature` says."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (n, classes))
    return logits, np.array([rng.choice(classes, p=row) for row in probabilities(logits / temperature)])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_it_finds_the_temperature_that_was_planted(temperature):
    logits, truth = planted(4000, temperature=temperature)
    found = calibrate(logits[None], truth)
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    assert found.error_after < 0.03
    assert found.reviewed == 4000


@pytest.mark.parametrize("seed", range(8))
def test_fifty_reviewed_samples_do(seed):
    logits, truth = planted(5000, temperature=4.0, seed=seed)
    some = np.arange(REVIEWED_LEAST)
    found = calibrate(logits[None, some], truth[some])
    rest = slice(REVIEWED_LEAST, None)
    before = expected_calibration_error(probabilities(logits[rest]), truth[rest])
    after = expected_calibration_error(probabilities(combined(logits[None, rest], found.weights)), truth[rest])
    assert before > 0.2
    assert after < before / 2
    # what it reported from those fifty alone says the same, as far as fifty can
    assert found.error_before > found.error_after


def test_probabilities_that_are_right_are_left_alone_and_so_is_their_error():
    logits, truth = planted(3000, temperature=1.0)
    found = calibrate(logits[None], truth)
    assert found.weights[0] == pytest.approx(1, abs=0.06)
    assert found.error_after == pytest.approx(found.chance, abs=0.012)


def test_the_error_after_is_of_samples_that_it_was_not_made_from():
    # forty weights and sixty samples of noise: whoever measured on the same samples would see next to no error
    rng = np.random.default_rng(0)
    evidence, truth = rng.normal(0, 3, (40, 60, 2)), rng.integers(0, 2, 60)
    found = calibrate(evidence, truth, before=np.zeros(40))
    inside = probabilities(combined(evidence, found.weights))
    assert (inside.argmax(axis=1) == truth).mean() > 0.9
    assert found.accuracy.share < 0.7
    assert found.error_after > expected_calibration_error(inside, truth) + 0.1


def test_a_second_evidence_gets_the_weight_that_it_deserves():
    rng = np.random.default_rng(1)
    good, truth = planted(600, temperature=1.0, seed=2)
    noise = rng.normal(0, 4, good.shape)
    found = calibrate(np.stack([noise, good]), truth)
    assert found.weights[0] < 0.15
    assert found.weights[1] == pytest.approx(1, abs=0.25)


def test_reviewed_samples_without_a_mistake_leave_a_temperature_above_zero():
    logits = np.eye(3)[np.arange(60) % 3] * 5
    found = calibrate(logits[None], np.arange(60) % 3)
    assert 0.2 < found.temperature < 1
    assert found.accuracy.share == 1


def test_words_that_say_the_opposite_keep_a_temperature():
    logits = np.eye(2)[np.arange(80) % 2] * 5
    found = calibrate(logits[None], 1 - np.arange(80) % 2)
    assert found.temperature == 100
    assert probabilities(combined(logits[None], found.weights)).max() < 0.6


def test_groups_stay_in_one_fold():
    # ten pictures, sixty times each, classes at random: a memory would be right, and there is nothing else to learn
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(10), 60)
    evidence = np.zeros((10, 600, 2))
    evidence[groups, np.arange(600), 1] = 1
    truth = rng.permutation([0, 1] * 5)[groups]
    start = np.zeros(10)
    assert calibrate(evidence, truth, before=start).accuracy.share > 0.9
    assert calibrate(evidence, truth, before=start, groups=groups).accuracy.share < 0.7


def test_the_expected_calibration_error_of_known_cases():
    truth = np.zeros(100, int)
    assert expected_calibration_error(np.tile([0.7, 0.3], (100, 1)), truth) == pytest.approx(0.3)
    half = np.array([0] * 50 + [1] * 50)
    assert expected_calibration_error(np.tile([0.5, 0.5], (100, 1)), np.tile([0, 1], 50)) == pytest.approx(0, abs=0.13)
    assert expected_calibration_error(np.eye(2)[half], half) == 0
    assert expected_calibration_error(np.eye(2)[half], 1 - half) == 1


def test_it_reads_as_a_sentence():
    logits, truth = planted(200, temperature=2.0)
    text = str(calibrate(logits[None], truth))
    assert text.startswith("calibrated on 200 reviewed samples: temperature ")
    assert " before, " in text
    assert " after (" in text


def test_shapes_that_do_not_fit_are_refused():
    for evidence, truth in ((np.zeros((1, 1, 2)), [0]), (np.zeros((4, 2)), [0] * 4), (np.zeros((1, 4, 2)), [0] * 3)):
        with pytest.raises(BadValue):
            calibrate(evidence, np.array(truth))
