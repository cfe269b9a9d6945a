from __future__ import annotations

import hashlib
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import errors
from curate.encoders.function import FunctionEncoder
from curate.search import prompts
from curate.search.phrasings import KINDS, newcomers, phrasings
from curate.search.prompts import PromptTooLong, UnknownLanguage


def direction(text: str) -> np.ndarray:
    """A direction in three dimensions that hangs on every letter of the text."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=3)


@pytest.fixture
def worded(ds):
    """24 samples, one of them without a vector, in a space where each text looks somewhere else."""
    prompts.query_vectors.clear()
    asked: list[list[str]] = []

    def encode(texts):
        asked.append(list(texts))
        return [direction(text) for text in texts]

    text = FunctionEncoder(lambda pictures: np.ones((len(pictures), 3)), texts=encode, name="directions")
    ds.embed(np.random.default_rng(1).normal(size=(24, 3)), name="directions", text=text)
    return ds, text, asked


@pytest.mark.parametrize(
    ("prompt", "kind", "there", "not_there"),
    [
        ("night hail", "time", "night hail after dark", "night hail by day"),
        ("night hail", "weather", "night hail in a hailstorm", "night hail in snow"),
        ("night hail", "place", "night hail in a tunnel", "night hail at night"),
        ("a bus", "time", "a bus by day", "a bus at noon"),
        ("a bus in a Tunnel", "place", None, "a bus in a Tunnel in a tunnel"),
        ("a car through a windscreen", "camera", "a car through a windscreen with glare", None),
        ("a car at night", "time", "a car at night under street lights", "a car at night at night"),
    ],
)
def test_words_are_put_around_the_prompt_that_do_not_contradict_it(prompt, kind, there, not_there):
    texts = [one.text for one in phrasings(prompt) if one.kind == kind]
    assert there is None or there in texts
    assert not_there not in [one.text for one in phrasings(prompt)]


@given(st.text(min_size=1).filter(str.strip))
def test_each_phrasing_is_the_prompt_and_more_and_comes_once(prompt):
    texts = [one.text for one in phrasings(prompt)]
    start = " ".join(prompt.split()) + " "
    assert len(texts) == len(set(texts)) > 10
    assert all(text.startswith(start) for text in texts)


@given(st.sets(st.integers(0, 30)), st.lists(st.sets(st.integers(0, 30))))
def test_newcomers_are_those_that_were_not_there(base, found):
    arrays = [np.array(sorted(one), np.int64) for one in found]
    assert newcomers(np.array(sorted(base), np.int64), arrays) == [len(one - base) for one in found]


def test_each_says_how_many_new_samples_it_brings(worded):
    ds, _, _ = worded
    view = ds.where("weather <> 'clear'")
    suggestions = view.suggest("night hail", first=5)
    base = set(view.search("night hail").limit(5).ids().tolist())
    table = suggestions.df
    assert table["number"].to_list() == list(range(len(suggestions)))
    for text, new in table.select("phrasing", "new").rows():
        assert new == len(set(view.search(text).limit(5).ids().tolist()) - base)
    assert table["new"].n_unique() > 2
    kinds = table["kind"].to_list()
    assert list(dict.fromkeys(kinds)) == list(KINDS)
    for kind in KINDS:
        assert table.filter(table["kind"] == kind)["new"].is_sorted(descending=True)


def test_the_user_picks_several(worded):
    ds, _, _ = worded
    suggestions = ds.limit(20).suggest("night hail", first=5)
    texts = suggestions.df["phrasing"].to_list()
    picked = suggestions.pick(0, 3, 3)
    assert picked.query == ds.limit(20).search(["night hail", texts[0], texts[3]]).query
    assert picked.count() == 20
    for numbers in ((99,), (-1,), (True,), ("0",)):
        with pytest.raises(errors.UnknownName, match="no phrasing"):
            suggestions.pick(*numbers)
    with pytest.raises(errors.BadValue, match="needs the number"):
        suggestions.pick()


def test_all_texts_are_encoded_at_once(worded):
    ds, _, asked = worded
    suggestions = ds.suggest("night hail", first=5)
    assert len(asked) == 2, "the prompt, and the phrasings together"
    assert len(asked[1]) == len(suggestions) * len(prompts.DEFAULT_TEMPLATES)


def test_it_prints_as_a_table_and_as_text(worded):
    ds, _, _ = worded
    suggestions = ds.suggest("<b>night</b> hail", first=5)
    lines = repr(suggestions).splitlines()
    assert len(lines) == len(suggestions) + 1
    new = suggestions.df["new"][0]
    assert lines[1].startswith("  0  time ")
    assert lines[1].endswith(f" {new} new")
    page = suggestions._repr_html_()
    assert page.count("<tr>") == len(suggestions) + 1
    assert "&lt;b&gt;night&lt;/b&gt; hail" in page
    assert "<b>" not in page


def test_what_cannot_be_suggested_for_is_refused(worded):
    ds, _, _ = worded
    for bad in ("", "  ", None, ["hail"]):
        with pytest.raises(errors.BadValue, match=r"must be text|is a string"):
            ds.suggest(bad)
    with pytest.raises(errors.BadValue, match="All 23 samples are among the first 200"):
        ds.suggest("hail")
    with pytest.raises(errors.BadValue, match="a larger view"):
        ds.limit(1).suggest("hail")
    with pytest.raises(errors.BadValue, match="'first' must be a whole number"):
        ds.suggest("hail", first=0)


def test_a_doubtful_prompt_is_told_once_and_not_for_every_phrasing(worded):
    ds, text, _ = worded
    text.token_count = lambda words: (len(words.encode()), 16)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        ds.suggest("ночной град на дороге", first=5)
    assert sorted(warning.category.__name__ for warning in told) == [PromptTooLong.__name__, UnknownLanguage.__name__]
