"""What a score means: a cosine says little by itself, its place among the others and its lead over neutral words say more.

Cosines of one model lie between 0.15 and 0.35, of another between -0.4 and 0.4, and of one model "night" scores otherwise than
"a small red lorry behind a bus". Two figures are the same for all of them:

- **percentile**: how many of the dataset's samples score lower, 0 to 100.
- **contrast**: how much nearer the picture is to the words than to words that say nothing, 0 to 1. At 0.5 the words are no
  better than "a photo".

Source of the contrast: the relevancy score of Kerr et al., "LERF: Language Embedded Radiance Fields", 2023, section 3.4: the
least of the pairwise softmaxes against canonical phrases. Measured with the demo model on 2,000 scenes, over six prompts such as
"night hail" and "snow on a highway": 92 to 100 % of what was meant is above 0.5, and at most 1 % of the rest; an "elephant", which
that model does not know, stays between 0.4 and 0.65 everywhere. With a small CLIP of photos it is coarser: over seven words
on 1,000 photos 68 to 89 % of what was meant and 2 to 24 % of the rest. So it is no probability of being right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]
Doubles = np.ndarray[Any, np.dtype[np.float64]]

STANDING_COLUMNS = ("score_percentile", "score_contrast")
"""Columns that a search gives when they are asked for by name: they cost another look at the vectors."""

# Of the sets that were tried (these, LERF's "object, things, stuff, texture", and a mixture), they put the fewest of what was
# not meant above a half.
NEUTRAL_PROMPTS: tuple[str, ...] = ("a photo", "a picture", "an image")


def percentiles(scores: Floats, among: Floats) -> Doubles:
    """How many of the dataset's samples score lower, in percent.

    Args:
        scores: (m,) float32.
        among: (n,) float32, the scores of every sample that has one.

    Returns:
        (m,) float64 from 0 to below 100; equal scores have equal percentiles. So ``>= 99`` is the best hundredth.

    >>> percentiles(np.float32([0.3, 0.1]), np.float32([0.1, 0.2, 0.3, 0.4])).tolist()
    [50.0, 0.0]
    """
    if len(among) == 0:
        return np.zeros(len(scores))
    lower = np.searchsorted(np.sort(among), scores, side="left")
    return np.asarray(lower * (100.0 / len(among)))


def contrast(wanted: Floats, against: Sequence[Floats], *, scale: float) -> Doubles:
    """How much nearer pictures are to the words than to each of the others.

    Args:
        wanted: (m,) float32 cosines of the words.
        against: (m,) float32 cosines of each neutral prompt, and of what is not wanted.
        scale: by which the model multiplies cosines before a softmax.

    Returns:
        (m,) float64 from 0 to 1; 0.5 where the words are as near as the nearest of the others.

    >>> contrast(np.float32([0.30, 0.25]), [np.float32([0.25, 0.25])], scale=100).round(3).tolist()
    [0.993, 0.5]
    """
    lead = np.asarray(wanted, np.float64) - np.max(np.stack(against), axis=0)
    return np.asarray(0.5 * (1 + np.tanh(0.5 * scale * lead)))
