from random import Random

import pytest

from curate.demo.captions import draw_caption, query
from curate.demo.scene import OBJECTS, PLACES, TIMES, WEATHERS


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"timeofday": "night", "weather": "hail"}, "hail at night"),
        ({"weather": "snow", "place": "city street"}, "a snowy city street"),
        ({"object": "bus", "timeofday": "dusk"}, "a bus at dusk"),
        ({"object": "cyclist", "weather": "rain"}, "a cyclist in the rain"),
        ({"weather": "clear", "timeofday": "day"}, "clear weather by day"),
        ({"object": "none", "weather": "fog"}, "an empty road in fog"),
    ],
)
def test_queries_are_what_people_type(asked, words):
    assert query(**asked) == words


def test_captions_state_something_true_and_nothing_else():
    rng = Random(0)
    seen = set()
    for _ in range(3000):
        truth = (rng.randrange(3), rng.randrange(5), rng.randrange(4), rng.randrange(7))
        words, stated = draw_caption(rng, truth)
        seen.add(words)
        assert words.strip() == words
        assert "  " not in words
        assert any(value >= 0 for value in stated)
        assert all(said in {-1, true} for said, true in zip(stated, truth, strict=True))
        if stated[1] == -1:
            assert not any(word in words for word in ("rain", "hail", "snow", "fog", "mist"))
    assert len(seen) > 1500


def test_captions_use_many_words_for_one_thing():
    rng = Random(1)
    night_hail = (TIMES.index("night"), WEATHERS.index("hail"), PLACES.index("highway"), OBJECTS.index("truck"))
    words = " ".join(draw_caption(rng, night_hail)[0] for _ in range(2000))
    for word in ("hailstones", "hailstorm", "after dark", "at night", "lorry", "truck", "motorway", "highway"):
        assert word in words
