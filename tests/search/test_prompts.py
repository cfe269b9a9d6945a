from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.encoders.function import FunctionEncoder
from curate.encoders.openclip import OpenClipEncoder
from curate.errors import BadValue
from curate.search import prompts
from curate.search.prompts import (
    DEFAULT_TEMPLATES,
    NO_TEMPLATES,
    PromptTooLong,
    UnknownLanguage,
    prompt_vector,
    prompt_vectors,
)


@pytest.fixture(autouse=True)
def nothing_cached():
    prompts.query_vectors.clear()


@pytest.fixture
def counting():
    """An encoder of words that remembers what it was asked."""
    asked = []

    def encode(texts):
        asked.extend(texts)
        return [[len(text), text.count("o") + 1, text.count(" ") + 0.5] for text in texts]

    encoder = FunctionEncoder(lambda pictures: np.ones((len(pictures), 3)), texts=encode)
    encoder.asked = asked
    return encoder


def test_templates_are_averaged_to_a_unit_vector(counting):
    vector = prompt_vector(counting, "hail")
    assert counting.asked == [form.replace("{}", "hail") for form in DEFAULT_TEMPLATES]
    single = np.concatenate([prompt_vectors(counting, ["hail"], templates=[form]) for form in DEFAULT_TEMPLATES])
    expected = single.mean(axis=0)
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-6)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_without_templates_the_words_are_asked_alone(counting):
    np.testing.assert_array_equal(
        prompt_vector(counting, "hail", templates=NO_TEMPLATES), counting.encode_texts(["hail"])[0]
    )


def test_a_query_is_encoded_once(counting):
    first = prompt_vector(counting, "hail")
    count = len(counting.asked)
    np.testing.assert_array_equal(prompt_vector(counting, "  hail "), first)
    assert len(counting.asked) == count
    prompt_vector(counting, "hail", templates=NO_TEMPLATES)
    assert len(counting.asked) == count + 1
    both = prompt_vectors(counting, ["hail", "snow", "hail"])
    assert counting.asked[count + 1 :] == [form.replace("{}", "snow") for form in DEFAULT_TEMPLATES]
    np.testing.assert_array_equal(both[0], both[2])


def test_two_encoders_do_not_share_vectors():
    make = lambda numbers: FunctionEncoder(lambda pictures: [[1, 1]], texts=lambda texts: [numbers] * len(texts))  # noqa: E731
    first, second = make([1, 0]), make([0, 1])
    assert prompt_vector(first, "hail").tolist() == [1, 0]
    assert prompt_vector(second, "hail").tolist() == [0, 1]


def test_a_cached_vector_cannot_be_changed(counting):
    with pytest.raises(ValueError, match="read-only"):
        prompt_vector(counting, "hail")[0] = 3


def test_the_cache_forgets_the_oldest():
    held = prompts._QueryVectors(2)
    for name in "ab":
        held.put((name,), np.zeros(1))
    held.get(("a",))
    held.put(("c",), np.zeros(1))
    assert held.get(("b",)) is None
    assert held.get(("a",)) is not None


def test_many_threads_ask_at_once(counting):
    with ThreadPoolExecutor(8) as pool:
        vectors = list(pool.map(lambda i: prompt_vector(counting, f"word {i % 5}"), range(200)))
    for i, vector in enumerate(vectors):
        np.testing.assert_array_equal(vector, vectors[i % 5])


@pytest.mark.parametrize("words", ["", "  \n"])
def test_an_empty_prompt_is_refused(counting, words):
    with pytest.raises(BadValue, match="empty prompt"):
        prompt_vector(counting, words)


@pytest.mark.parametrize("templates", [[], ["no place"], ["{} and {}"]])
def test_templates_have_one_place_for_the_words(counting, templates):
    with pytest.raises(BadValue, match="template"):
        prompt_vector(counting, "hail", templates=templates)


def test_what_is_not_a_string_is_refused(counting):
    with pytest.raises(BadValue, match="int"):
        prompt_vector(counting, 3)
    with pytest.raises(BadValue, match="words"):
        prompt_vectors(counting, [])


@given(words=st.text(min_size=1).filter(str.strip))
def test_any_words_are_safe_in_a_template(words):
    # Braces in a prompt are words, not places.
    encoder = FunctionEncoder(lambda pictures: [[1, 1]], texts=lambda texts: [[1, len(text)] for text in texts])
    assert np.isfinite(prompt_vector(encoder, words)).all()


def test_a_prompt_past_the_context_is_told(counting):
    counting.token_count = lambda text: (len(text.split()) + 2, 16)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prompt_vector(counting, "hail on the road")
    with pytest.warns(PromptTooLong, match="reads 16 tokens"):
        prompt_vector(counting, "hail " * 20)


@pytest.fixture(scope="module")
def demo():
    return OpenClipEncoder.load("demo")


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("夜晚的冰雹", "demo spells '夜晚的冰雹' byte by byte"),
        ("hail ночью", "demo spells 'ночью' byte by byte"),
        ("밤 우박", "spells '밤', '우박' byte by byte"),
        ("Hagel in der Nacht", "demo reads English, and 'Hagel in der Nacht' looks like German"),
        ("grêle sur la route", "looks like French"),
    ],
)
def test_a_language_that_the_tokenizer_was_not_made_for_is_told(demo, prompt, told):
    with pytest.warns(UnknownLanguage, match=told):
        vector = prompt_vector(demo, prompt)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6), "it is asked all the same"


@pytest.mark.parametrize("prompt", ["night hail", "a van in the fog, near a barn", "a café at dusk", "🚗"])
def test_english_is_asked_without_a_word(demo, prompt):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prompt_vector(demo, prompt)


def test_of_an_encoder_without_a_tokenizer_nothing_is_said(counting):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prompt_vector(counting, "夜晚的冰雹")
        prompt_vector(counting, "Hagel in der Nacht")


def test_a_tokenizer_of_many_languages_is_left_alone(counting):
    counting.token_count = lambda text: (len(text) + 2, 64)  # a token a character
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prompt_vector(counting, "夜晚的冰雹")
