"""Words to a query vector: an ensemble of templates, averaged.

A CLIP model has seen captions, not keywords, so "night" is asked as "a photo of night" and in a few other ways, and the unit
vectors are averaged. Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021,
section 3.1.4; the short list is theirs for general photos cut down to what does not assume one object.
"""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.encoders.encoder import Encoder
from curate.errors import BadValue
from curate.search.language import language_of, spelt_out, words_of_other_scripts

Floats = np.ndarray[Any, np.dtype[np.float32]]

# The bare words come first: a caption that somebody types is a prompt already.
DEFAULT_TEMPLATES: tuple[str, ...] = (
    "{}",
    "a photo of {}",
    "a photo of {} in the scene",
    "a picture that shows {}",
    "an image of {}",
)
NO_TEMPLATES: tuple[str, ...] = ("{}",)
_CACHED = 4096  # 2 KB each at 512 dimensions


class PromptTooLong(UserWarning):
    """A prompt has more tokens than the model reads; its end was left out."""


class UnknownLanguage(UserWarning):
    """A prompt is in a language that the model's tokenizer was not made for, so what it finds means little."""


class _QueryVectors:
    """The vectors of the last prompts, by the weights' hash, the words and the templates."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[Any, ...], Floats] = OrderedDict()

    def get(self, key: tuple[Any, ...]) -> Floats | None:
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[Any, ...], vector: Floats) -> None:
        vector.setflags(write=False)  # everybody who asks gets the same one
        with self._lock:
            self._held[key] = vector
            while len(self._held) > self._size:
                self._held.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


query_vectors = _QueryVectors(_CACHED)


def prompt_vector(encoder: Encoder, words: str, *, templates: Sequence[str] = DEFAULT_TEMPLATES) -> Floats:
    """The query vector of `words`.

    Args:
        encoder: one that knows words.
        words: what to look for.
        templates: each with one ``{}``; their unit vectors are averaged and the mean is normalised. `NO_TEMPLATES` asks
            for the words alone.

    Returns:
        (dimension,) float32 of unit length, read-only. It is kept for the next time.

    Raises:
        BadValue: no words, no template, a template without ``{}``, or an encoder that knows no words.

    Warns:
        PromptTooLong: the model does not read to the end.
        UnknownLanguage: its tokenizer was not made for the language (`curate.search.language` says what can be known).
    """
    vector: Floats = prompt_vectors(encoder, [words], templates=templates)[0]
    return vector


def prompt_vectors(encoder: Encoder, words: Sequence[str], *, templates: Sequence[str] = DEFAULT_TEMPLATES) -> Floats:
    """(n, dimension) query vectors of n prompts, encoded together; otherwise as `prompt_vector`."""
    texts = [_checked_words(text) for text in words]
    forms = checked_templates(templates)
    if not texts:
        raise BadValue("A search needs words", hint="say what to look for")
    identity = _identity(encoder)
    found: dict[str, Floats] = {}
    for text in texts:
        held = query_vectors.get((*identity, text, forms))
        if held is not None:
            found[text] = held
    missing = [text for text in dict.fromkeys(texts) if text not in found]
    if missing:
        for text in missing:
            for doubt in doubts(encoder, text, templates=forms):
                warnings.warn(doubt, stacklevel=3)
        vectors = encoder.encode_texts([form.replace("{}", text) for text in missing for form in forms])
        for text, group in zip(missing, vectors.reshape(len(missing), len(forms), -1), strict=True):
            found[text] = _mean_direction(group, text)
            query_vectors.put((*identity, text, forms), found[text])
    rows = np.stack([found[text] for text in texts])
    rows.setflags(write=False)
    return rows


def _mean_direction(vectors: Floats, text: str) -> Floats:
    mean = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length == 0:
        raise BadValue(f"The templates cancel each other out for {text!r}")
    return np.asarray(mean / length, dtype=np.float32)


def _identity(encoder: Encoder) -> tuple[Any, ...]:
    info = encoder.info
    # A callable's hash is that of its name, and two lambdas have one name: tell those apart by the object.
    return (info.weights_hash, id(encoder)) if info.model.startswith("function:") else (info.weights_hash, info.model)


def _checked_words(words: str) -> str:
    if not isinstance(words, str):
        raise BadValue(f"A prompt is a string. Got {type(words).__name__}")
    text = " ".join(words.split())
    if not text:
        raise BadValue("A search needs words. Got an empty prompt", hint="say what to look for, or search with like=")
    return text


def checked_templates(templates: Sequence[str]) -> tuple[str, ...]:
    """Templates as a tuple; one alone may be a string.

    Raises:
        BadValue: there is none, or one has no place for the words, or several.
    """
    forms = (templates,) if isinstance(templates, str) else tuple(templates)
    bad = next((form for form in forms if not isinstance(form, str) or form.count("{}") != 1), None)
    if not forms or bad is not None:
        raise BadValue(f"A template has one {{}} for the words. Got {bad!r}", hint="for example 'a photo of {}'")
    return forms


def _tokens(encoder: Encoder, text: str) -> tuple[int, int] | None:
    """How many tokens a text has and how many are read, of an encoder that counts them."""
    count = getattr(encoder, "token_count", None)
    return None if count is None else count(text)


def doubts(encoder: Encoder, words: str, *, templates: Sequence[str] = DEFAULT_TEMPLATES) -> list[UserWarning]:
    """Why what a prompt finds may mean little: `PromptTooLong`, `UnknownLanguage`, both or neither."""
    text = _checked_words(words)
    found: list[UserWarning] = []
    longest = _tokens(encoder, max(checked_templates(templates), key=len).replace("{}", text))
    if longest is not None and longest[0] > longest[1]:
        found.append(
            PromptTooLong(
                f"{encoder.name} reads {longest[1]} tokens and this prompt has {longest[0]}; its end is left out: {text!r}"
            )
        )
    if why := _why_not_read(encoder, text):
        hint = "Hint: say it in English, or embed with a multilingual model."
        found.append(UnknownLanguage(f"{encoder.name} {why}: what it finds may mean nothing. {hint}"))
    return found


def _why_not_read(encoder: Encoder, text: str) -> str:
    words = words_of_other_scripts(text)
    marks, found = _tokens(encoder, ""), _tokens(encoder, " ".join(words))
    if marks is not None and found is not None and spelt_out(words, found[0] - marks[0]):
        return f"spells {', '.join(map(repr, words))} byte by byte, having no tokens for this script"
    if getattr(encoder, "reads_english", False) and (language := language_of(text)):
        return f"reads English, and {text!r} looks like {language}"
    return ""
