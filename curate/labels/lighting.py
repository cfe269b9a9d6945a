"""Day, dusk or night, from pixels and words together.

Words know lamps, shadows and sunsets, and can be wrong about a camera that they have never seen. Two brightnesses know none of it,
and mean the same for every camera: by day the sky is bright, at dusk it is brighter than the ground and both are dark, at
night lamps make the ground the brighter one. `benchmarks/lighting.py` finds the numbers below on three sets (road scenes, webcam
photos, a driving camera), and shows what they are worth on each when they were found on the other two.
"""

from __future__ import annotations

import numpy as np

from curate.labels.softmax import Doubles

FIELD = "lighting"

PHRASINGS: dict[str, tuple[str, ...]] = {
    "day": ("day", "daylight", "daytime", "by day", "in bright daylight"),
    "dusk": ("dusk", "twilight", "sunset", "at dusk", "the last light of the evening"),
    "night": ("night", "at night", "after dark", "darkness", "in the dark"),
}

LONGEST = 32
"""Pixels of the longer side of the picture that the brightnesses are taken from."""

WORDS_WEIGHT = 0.25
"""What the words' logits count beside those of the pixels. In full they are too sure of themselves: of a driving camera's dusk one
small model says day or night, and never dusk."""

_DARK = 0.02  # keeps the logarithm of black finite
_WEIGHTS = np.array([[5.98, 0.95, -6.93], [0.96, -3.73, 2.77]])  # of sky and ground, for day, dusk and night
_INTERCEPTS = np.array([7.19, -2.63, -4.56])


def sky_and_ground(luma: np.ndarray) -> tuple[float, float]:
    """The mean brightness, 0…1, of the upper third and of the rest.

    Args:
        luma: (h, w) uint8 of an upright picture.

    >>> sky_and_ground(np.array([[255], [0], [0]], np.uint8))
    (1.0, 0.0)
    """
    rows = np.asarray(luma, np.float64).mean(axis=1) / 255
    third = max(1, len(rows) // 3)
    return float(rows[:third].mean()), float(rows[third:].mean() if len(rows) > third else rows.mean())


def features(brightness: np.ndarray) -> Doubles:
    """(n, 2) logarithms of (n, 2) brightnesses: the eye, and a camera's exposure, go by ratios."""
    out: Doubles = np.log(np.asarray(brightness, np.float64) + _DARK)
    return out


def pixel_logits(brightness: np.ndarray) -> Doubles:
    """How well day, dusk and night go with the brightness of sky and ground.

    Args:
        brightness: (n, 2), 0…1, of sky and ground; nan where there is no picture.

    Returns:
        (n, 3) float64; 0 where there is no picture, which leaves it to the words.

    >>> pixel_logits(np.array([[0.7, 0.4], [0.08, 0.15]])).argmax(axis=1).tolist()
    [0, 2]
    """
    known = np.isfinite(brightness).all(axis=1)
    out = np.zeros((len(known), 3))
    out[known] = features(brightness[known]) @ _WEIGHTS + _INTERCEPTS
    return out
