import numpy as np
import pytest
from numpy.testing import assert_array_equal

from curate.demo.scene import OBJECTS, PLACES, TIMES, WEATHERS, Scene, render


def scene(**changes):
    settings = {"timeofday": "day", "weather": "clear", "place": "highway", "object": "car", "seed": 4, "frame": 3}
    return Scene(**{**settings, **changes})


def pixels(of):
    return np.asarray(render(of).image, dtype=np.float32)


def test_the_same_scene_gives_the_same_picture():
    one, two = render(scene(weather="hail")), render(scene(weather="hail"))
    assert_array_equal(np.asarray(one.image), np.asarray(two.image))
    assert one.boxes == two.boxes


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("weather", WEATHERS)
def test_every_combination_renders_with_its_main_road_user_first(weather, place):
    for number, timeofday in enumerate(TIMES):
        for thing in OBJECTS[number::3]:
            picture = render(scene(weather=weather, place=place, timeofday=timeofday, object=thing))
            assert picture.image.mode == "RGB"
            if thing == "none":
                assert picture.boxes == []
            else:
                assert picture.boxes[0].label == thing


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (200, 150)])
def test_boxes_lie_inside_of_the_picture(size):
    for seed in range(12):
        picture = render(scene(seed=seed, object=OBJECTS[seed % 7], place=PLACES[seed % 4]), size)
        assert picture.image.size == size
        for box in picture.boxes:
            assert box.x >= 0
            assert box.y >= 0
            assert box.x + box.w <= size[0] + 0.1
            assert box.y + box.h <= size[1] + 0.1


def test_the_main_road_user_is_large_enough_to_be_found():
    areas = [render(scene(seed=seed, object=OBJECTS[seed % 6])).boxes[0] for seed in range(36)]
    assert min(box.w * box.h for box in areas) > 320 * 240 * 0.008


def test_neighbouring_frames_are_more_alike_than_drives():
    apart, together = [], []
    for seed in range(8):
        place = PLACES[seed % 4]
        first, second, other = (
            pixels(scene(seed=seed, frame=5, place=place)),
            pixels(scene(seed=seed, frame=6, place=place)),
            pixels(scene(seed=seed + 100, frame=5, place=place)),
        )
        together.append(np.abs(first - second).mean())
        apart.append(np.abs(first - other).mean())
    assert max(together) < min(apart)


def test_night_is_darker_than_dusk_and_dusk_than_day():
    means = {when: np.mean([pixels(scene(timeofday=when, seed=seed)).mean() for seed in range(6)]) for when in TIMES}
    assert means["night"] < means["dusk"] < means["day"]


def test_an_unknown_value_is_refused_by_name():
    with pytest.raises(ValueError, match="'sleet' is not one of clear, rain"):
        scene(weather="sleet")
