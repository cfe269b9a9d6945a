from __future__ import annotations

import numpy as np
import pytest

from curate.errors import BadValue
from curate.labels.softmax import probabilities
from curate.labels.zero_shot import EVERYDAY, NEUTRAL, NONE, background, class_vectors, logits, phrasings_of


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def planted(n, noise, seed=0):
    """Directions of 3 classes, of the background's prompts, and pictures: 3 classes and a fourth that nobody named."""
    rng = np.random.default_rng(seed)
    classes = unit(rng.normal(size=(3, 64)))
    others = unit(rng.normal(size=(len(NEUTRAL) + 12, 64)))
    truth = rng.integers(0, 4, n)
    unnamed = unit(unit(others[: len(NEUTRAL)].mean(axis=0)) + others[len(NEUTRAL) + 3])
    pictures = unit(np.vstack([classes, unnamed])[truth] + noise * rng.normal(size=(n, 64)) / 8)
    return pictures, classes, others, truth


def test_planted_classes_are_found_and_what_is_none_of_them_too():
    pictures, classes, others, truth = planted(2000, noise=0.6)
    found = logits(pictures, classes, scale=30.0, others=others)
    assert found.shape == (2000, 4)
    assert (found.argmax(axis=1) == truth).mean() > 0.98
    assert (logits(pictures, classes, scale=30.0)[truth < 3].argmax(axis=1) == truth[truth < 3]).mean() > 0.98


def test_classes_are_scored_by_cosine_times_scale():
    pictures, classes, others, _ = planted(50, noise=0.5)
    with_none = logits(pictures, classes, scale=20.0, others=others)
    assert np.allclose(with_none[:, :3], 20 * pictures @ classes.T, atol=1e-4)
    assert np.allclose(with_none[:, :3], logits(pictures, classes, scale=20.0))


def test_many_everyday_things_do_not_outvote_a_class():
    pictures, classes, others, truth = planted(400, noise=0.6)
    thrice = np.vstack([others, others[len(NEUTRAL) :], others[len(NEUTRAL) :]])
    once = logits(pictures, classes, scale=30.0, others=others)
    again = logits(pictures, classes, scale=30.0, others=thrice)
    assert np.allclose(once, again, atol=1e-4)
    assert probabilities(once)[truth < 3, 3].mean() < 0.05


def test_half_floats_and_high_scales_stay_finite():
    pictures, classes, others, _ = planted(50, noise=0.5)
    found = logits(pictures.astype(np.float16), classes, scale=100.0, others=others)
    assert np.isfinite(found).all()


def test_several_phrasings_are_one_direction():
    vectors = unit(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]))
    found = class_vectors(vectors, [2, 1])
    assert np.allclose(found, [[2**-0.5, 2**-0.5, 0], [0, 0, 1]])


def test_the_background_leaves_out_the_words_of_the_classes():
    assert background({"hail": ("hail",)}) == [*NEUTRAL, *EVERYDAY]
    taken = background({"wet": ("Rain on a street",), "dark": ("night",)})
    assert {"rain", "a street", "night"} & set(taken) == set()
    assert "a road" in taken


def test_names_are_prompts_and_prompts_may_be_given():
    assert phrasings_of([" hail ", "heavy  rain"], none_of_these=False) == {
        "hail": ("hail",),
        "heavy rain": ("heavy rain",),
    }
    assert phrasings_of({"hail": ("hail", "ice pellets")}, none_of_these=True) == {"hail": ("hail", "ice pellets")}


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ("hail", "list of names"),
        ([], "at least 1 class"),
        (["hail", "hail "], "twice"),
        (["hail", ""], "is a name"),
        (["hail", 3], "is a name"),
        (["hail", NONE], NONE),
        ({"hail": []}, "needs words"),
        ({"hail": ["hail", " "]}, "needs words"),
    ],
)
def test_bad_classes_are_refused(classes, words):
    with pytest.raises(BadValue, match=words):
        phrasings_of(classes, none_of_these=True)


def test_one_class_needs_none_of_these():
    assert phrasings_of(["hail"], none_of_these=True)
    with pytest.raises(BadValue, match="at least 2 classes"):
        phrasings_of(["hail"], none_of_these=False)
