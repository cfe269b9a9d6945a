from __future__ import annotations

import random
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.demo.captions import draw_caption
from curate.demo.scene import OBJECTS, PLACES, TIMES, WEATHERS
from curate.search.language import language_of, spelt_out, words_of_other_scripts


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Hagel auf der Straße", "German"),
        ("Regen bei Nacht", "German"),
        ("la pluie sur la route", "French"),
        ("granizo en la carretera por la noche", "Spanish"),
        ("pioggia sulla strada di notte", "Italian"),
        ("um ciclista em uma rua", "Portuguese"),
        ("een fiets op straat", "Dutch"),
        ("regn på vägen", "another language"),
        ("deszcz na ulicy w nocy", "Polish"),
        ("snö på gata", "Swedish"),
        ("gece yağmur", "Turkish"),
        ("grêle", "French"),
        ("Fußgängerüberweg", "another language"),
    ],
)
def test_another_language_in_latin_letters(prompt, language):
    assert language_of(prompt) == language


@pytest.mark.parametrize(
    "prompt",
    [
        "night hail",
        "a van on a gate by the barn",
        "los angeles at night",
        "a café in the rain",
        "a street in Zürich",
        "rio de janeiro",
        "a bus, no. 12",
        "B-pillar reflection; 3 am",
        "🚗",
        "",
        "1234 ???",
    ],
)
def test_english_is_not_taken_for_another_language(prompt):
    assert language_of(prompt) == ""


def test_captions_of_road_scenes_are_english():
    rng = random.Random(3)
    sizes = (len(TIMES), len(WEATHERS), len(PLACES), len(OBJECTS))
    drawn = [draw_caption(rng, tuple(rng.randrange(size) for size in sizes))[0] for _ in range(500)]
    assert [caption for caption in drawn if language_of(caption)] == []


@pytest.mark.shared
def test_captions_of_photos_are_english(shared):
    captions = (
        pl.read_csv(shared / "data" / "flickr8k_1000" / "index.csv")["caption"].str.split(" | ").explode().to_list()
    )
    taken = [caption for caption in captions if language_of(caption)]
    assert len(captions) == 5000
    assert len(taken) <= 1, taken


def test_words_of_another_script_stand_alone():
    assert words_of_other_scripts("hail ночью in 夜晚の雹 and χαλάζι, straße, hôtel") == ["ночью", "夜晚の雹", "χαλάζι"]
    assert words_of_other_scripts("night hail 🚗 ½ 3") == []


@given(st.text(max_size=40))
def test_any_text_is_looked_at_without_an_error(text):
    for word in words_of_other_scripts(text):
        assert any(unicodedata.category(letter)[0] == "L" for letter in word)
    assert isinstance(language_of(text), str)


def test_a_tokenizer_that_has_the_characters_reads_them():
    assert spelt_out(["夜晚的冰雹"], 12), "CLIP's"
    assert not spelt_out(["夜晚的冰雹"], 5), "a token a character"
    assert not spelt_out([], 0)
