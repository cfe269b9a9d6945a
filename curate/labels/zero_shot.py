"""Classes from words: which of them a picture is nearest to, and whether it is near any.

Each class is a prompt, or several. "None of these" is what a picture is like that no class stands for: half of it the neutral
prompts ("a photo"), half of it everyday things. Neither half does alone, measured with the two small models at hand on twelve
sets of classes: the neutral ones rank better what belongs to no class, the everyday ones keep the threshold where it should be
(night among webcam photos: 57 % right with the neutral ones, 98 % with both).

Sources: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021 (ensembles of prompts);
Jiang et al., "Negative Label Guided OOD Detection", 2024 (words that are no class take a share of the softmax).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from curate.errors import BadValue
from curate.labels.softmax import Doubles

NONE = "none of these"
"""The class of a sample that no other class stands for."""

NEUTRAL = ("a photo", "an image", "a picture", "a photo of something", "something else", "an ordinary scene")

EVERYDAY = (
    "a person", "people", "an animal", "a building", "a room", "food", "a plant", "a tree", "the sky", "a street", "a road",
    "water", "a mountain", "a vehicle", "text", "a tool", "furniture", "a face", "a toy", "clothes", "sport", "a machine",
    "a pattern", "a landscape", "day", "night", "summer", "winter", "rain", "an empty place",
)  # fmt: skip

Classes = Sequence[str] | Mapping[str, str | Sequence[str]]


def phrasings_of(classes: Classes, *, none_of_these: bool) -> dict[str, tuple[str, ...]]:
    """The prompts of each class, checked.

    Args:
        classes: names that are prompts themselves, or names and their prompts.
        none_of_these: whether a sample may belong to none; one class is enough then.

    Raises:
        BadValue: not enough classes, one twice, one without words, or one that is called as `NONE`.

    >>> phrasings_of({"hail": ["hail", "hailstones on the road"], "rain": "rain"}, none_of_these=False)
    {'hail': ('hail', 'hailstones on the road'), 'rain': ('rain',)}
    """
    if isinstance(classes, str):
        raise BadValue(f"'classes' is a list of names. Got the text {classes!r}", hint=f"classes=[{classes!r}, …]")
    pairs = list(classes.items()) if isinstance(classes, Mapping) else [(name, name) for name in classes]
    found: dict[str, tuple[str, ...]] = {}
    for name, words in pairs:
        if not isinstance(name, str) or not name.strip():
            raise BadValue(f"A class is a name. Got {name!r}")
        key = " ".join(name.split())
        if key == NONE:
            raise BadValue(f"{NONE!r} is the class that 'none_of_these' adds", hint="leave it out of the classes")
        if key in found:
            raise BadValue(f"'classes' must not repeat. Got {key!r} twice")
        prompts = (words,) if isinstance(words, str) else tuple(words)
        if not prompts or not all(isinstance(text, str) and text.strip() for text in prompts):
            raise BadValue(f"The class {key!r} needs words. Got {words!r}", hint=f"{{{key!r}: ['{key}', …]}}")
        found[key] = tuple(" ".join(text.split()) for text in prompts)
    least = 1 if none_of_these else 2
    if len(found) < least:
        raise BadValue(
            f"There must be at least {least} class{'es' if least > 1 else ''}. Got {len(found)}",
            hint="none_of_these=True makes one class enough",
        )
    return found


def background(phrasings: Mapping[str, Sequence[str]]) -> list[str]:
    """The prompts of "none of these": `NEUTRAL`, then of `EVERYDAY` what has no word of a class.

    >>> "rain" in background({"hail": ["hail"]}), "rain" in background({"rain": ["heavy rain"]})
    (True, False)
    """
    taken = {word for prompts in phrasings.values() for text in prompts for word in text.lower().split()} - {"a", "the"}
    return [*NEUTRAL, *(text for text in EVERYDAY if not taken & set(text.split()))]


def class_vectors(vectors: np.ndarray, counts: Sequence[int]) -> Doubles:
    """The mean direction of each class's prompts.

    Args:
        vectors: (Σ counts, d) unit vectors, those of a class one after the other.
        counts: how many prompts each class has.

    Returns:
        (c, d) float64 of unit length.
    """
    ends = np.cumsum(counts)
    means = np.stack([vectors[end - count : end].mean(axis=0) for end, count in zip(ends, counts, strict=True)])
    out: Doubles = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return out


def logits(vectors: np.ndarray, classes: np.ndarray, *, scale: float, others: np.ndarray | None = None) -> Doubles:
    """How well each class describes each picture.

    Args:
        vectors: (n, d) unit vectors of pictures.
        classes: (c, d) unit vectors of the classes.
        scale: what the model multiplies cosines with (CLIP's logit scale).
        others: (b, d) unit vectors of `background`'s prompts; with them there is one class more, "none of these".

    Returns:
        (n, c) or (n, c + 1) float64.

    >>> logits(np.eye(2), np.eye(2), scale=10.0).tolist()
    [[10.0, 0.0], [0.0, 10.0]]
    """
    pictures = np.asarray(vectors, np.float32)
    known = (pictures @ np.asarray(classes, np.float32).T).astype(np.float64) * scale
    if others is None:
        return known
    neutral, everyday = others[: len(NEUTRAL)], others[len(NEUTRAL) :]
    middle = neutral.mean(axis=0)
    plain = (pictures @ (middle / np.linalg.norm(middle)).astype(np.float32)).astype(np.float64) * scale
    common = (pictures @ np.asarray(everyday, np.float32).T).astype(np.float64) * scale
    top = common.max(axis=1)
    # as likely as one of them taken at random, not as the best of them: that would beat every class
    typical = np.log(np.exp(common - top[:, None]).mean(axis=1)) + top
    return np.column_stack([known, np.logaddexp(plain, typical) - np.log(2)])
