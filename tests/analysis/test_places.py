import numpy as np

from curate.analysis.places import APART, CELLS, name_places

WEATHERS = ["clear", "rain", "hail"]
HOURS = ["day", "night"]


def crowd(rng, x, y, count, spread=0.02):
    return np.column_stack([rng.normal(x, spread, count), rng.normal(y, spread, count)])


def planted(rng):
    """Four crowds: night and hail; day and rain; a mixture of everything; and clear ones."""
    points = [
        crowd(rng, -0.8, -0.8, 400),
        crowd(rng, 0.8, -0.8, 300),
        crowd(rng, 0.8, 0.8, 500),
        crowd(rng, -0.8, 0.8, 600),
    ]
    weather = [np.full(400, 3), np.full(300, 2), rng.integers(1, 4, 500), np.full(600, 1)]
    hour = [np.full(400, 2), np.full(300, 1), rng.integers(1, 3, 500), rng.integers(1, 3, 600)]
    x, y = np.concatenate(points).astype(np.float32).T
    return x, y, np.concatenate(weather), np.concatenate(hour)


def test_places_are_where_the_crowds_are_and_say_what_they_share():
    x, y, weather, hour = planted(np.random.default_rng(0))
    found = name_places(x, y, [(hour, HOURS), (weather, WEATHERS)])
    assert [(place.text, place.count) for place in found] == [("clear", 600), ("hail, night", 400), ("rain, day", 300)]
    for place, middle in zip(found, [(-0.8, 0.8), (-0.8, -0.8), (0.8, -0.8)], strict=True):
        assert np.hypot(place.x - middle[0], place.y - middle[1]) < 0.06


def test_nothing_is_named_where_nothing_stands_out():
    rng = np.random.default_rng(1)
    x, y, weather, hour = planted(rng)
    assert name_places(x, y, [(rng.permutation(hour), HOURS), (rng.permutation(weather), WEATHERS)]) == []
    everyone = np.ones(len(x), np.int64)
    assert name_places(x, y, [(everyone, ["ok"])]) == []
    nobody = np.zeros(len(x), np.int64)
    assert name_places(x, y, [(nobody, WEATHERS), (nobody, [])]) == []
    assert name_places(x, y, []) == []


def test_a_value_that_few_share_names_nothing_however_rare_it_is_elsewhere():
    x, y, weather, _ = planted(np.random.default_rng(2))
    rare = np.zeros(len(x), np.int64)
    rare[:200] = 1  # half of the hail
    assert [place.text for place in name_places(x, y, [(rare, ["deer"]), (weather, WEATHERS)])] == [
        "clear",
        "hail",
        "rain",
    ]


def test_a_word_that_says_nothing_is_no_name():
    x, y, weather, hour = planted(np.random.default_rng(2))
    words = ["None", "rain", "unknown"]
    assert [p.text for p in name_places(x, y, [(hour, HOURS), (weather, words)])] == ["night", "rain, day"]


def test_two_columns_that_say_the_same_are_said_once():
    x, y, weather, _ = planted(np.random.default_rng(3))
    assert [p.text for p in name_places(x, y, [(weather, WEATHERS)] * 2)] == ["clear", "hail", "rain"]


def test_places_keep_apart_and_no_name_comes_twice():
    rng = np.random.default_rng(4)
    middles = [(x, y) for x in range(6) for y in range(6)]
    x, y = np.concatenate([crowd(rng, a, b, 50 + number, 0.05) for number, (a, b) in enumerate(middles)]).T
    codes = np.repeat(np.arange(36) % 20 + 1, np.arange(50, 86))
    words = [f"value {number}" for number in range(1, 21)]
    found = name_places(x.astype(np.float32), y.astype(np.float32), [(codes, words)], most=100)
    texts = [place.text for place in found]
    assert sorted(texts) == sorted(words)
    at = np.array([(place.x, place.y) for place in found])
    gaps = np.abs(at[:, None] - at[None]).max(axis=2) + 10 * np.eye(len(at))
    assert gaps.min() > APART * (x.max() - x.min()) / CELLS * 0.99
    assert len(name_places(x, y, [(codes, words)], most=3)) == 3


def test_few_points_and_points_in_one_place():
    one = np.zeros(9, np.float32)
    assert name_places(one, one, [(np.ones(9, np.int64), ["day"])]) == []
    many = np.zeros(100, np.float32)
    assert name_places(many, many, [(np.ones(100, np.int64), ["day"])]) == []
    assert name_places(many[:0], many[:0], []) == []
