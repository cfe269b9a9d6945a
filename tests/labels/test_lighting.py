from __future__ import annotations

import numpy as np
import pytest

from curate.labels.lighting import PHRASINGS, pixel_logits, sky_and_ground

NAMES = list(PHRASINGS)


def test_sky_is_the_upper_third():
    luma = np.zeros((30, 10), np.uint8)
    luma[:10] = 255
    assert sky_and_ground(luma) == (1.0, 0.0)
    assert sky_and_ground(luma[::-1]) == (0.0, 0.5)
    assert sky_and_ground(np.full((1, 5), 51, np.uint8)) == (0.2, 0.2)


@pytest.mark.parametrize(
    ("sky", "ground", "name"),
    [
        (0.75, 0.4, "day"),
        (0.55, 0.35, "day"),
        (0.33, 0.15, "dusk"),
        (0.42, 0.12, "dusk"),
        (0.05, 0.15, "night"),
        (0.0, 0.0, "night"),
    ],
)
def test_light_is_read_from_sky_and_ground(sky, ground, name):
    assert NAMES[int(pixel_logits(np.array([[sky, ground]])).argmax())] == name


def test_without_a_picture_the_pixels_say_nothing():
    found = pixel_logits(np.array([[np.nan, np.nan], [0.7, 0.4]]))
    assert found[0].tolist() == [0, 0, 0]
    assert found[1].any()
