"""Other ways to say a prompt, and how many samples each brings that the prompt alone does not.

A CLIP model ranks "night hail", "night hail on a wet road" and "night hail through a windscreen" differently, and a rare case hides
behind words that nobody thought of. So words for the time, the weather, the place and the camera are put behind the prompt: of
what the prompt names already ("night") other wordings ("after dark"), since "night hail by day" contradicts itself; of the rest one
for each value. How many new samples come says nothing about whether they are wanted: the user looks, and picks.
"""

from __future__ import annotations

import html
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import polars as pl

from curate.errors import BadValue, UnknownName
from curate.search.prompts import PromptTooLong, UnknownLanguage, prompt_vectors


class Searchable(Protocol):
    """What phrasings are tried on: a view, which this floor of the house does not know."""

    @property
    def dataset(self) -> Any: ...  # noqa: D102

    def search(self, words: Any, *, encoder: str | None) -> Any: ...  # noqa: D102


V = TypeVar("V")

# Kind to values: words by which a prompt is known to name it, then wordings, the plainest first.
_VALUES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "time": (
        ("night nighttime dark darkness midnight", ("at night", "after dark", "in headlights", "under street lights")),
        ("dusk sunset sundown twilight evening", ("at dusk", "at sunset", "in the evening light")),
        ("dawn sunrise morning", ("at dawn", "at sunrise", "in the early morning")),
        ("day daytime daylight noon bright", ("by day", "in broad daylight", "at noon")),
    ),
    "weather": (
        ("rain rainy raining downpour shower wet", ("in the rain", "in a downpour", "on a wet road", "with rain drops")),
        ("hail hailstorm hailstones hailing", ("in hail", "in a hailstorm", "with hailstones on the road")),
        ("snow snowy snowing snowfall snowstorm blizzard winter", ("in snow", "in a blizzard", "on a snowy road")),
        ("fog foggy mist misty haze hazy", ("in fog", "in mist", "in poor visibility")),
        ("clear sunny dry sunshine", ("in clear weather", "under a blue sky")),
    ),
    "place": (
        ("highway motorway freeway interstate", ("on a highway", "on a motorway")),
        ("city street urban downtown town", ("in a city street", "in a town")),
        ("forest wood woods woodland trees", ("on a forest road", "between trees")),
        ("desert sand", ("in the desert",)),
        ("tunnel underpass", ("in a tunnel",)),
        ("crossing junction intersection", ("at a crossing",)),
        ("bridge", ("on a bridge",)),
    ),
    "camera": (
        ("dash dashcam", ("from a dash camera",)),
        ("windscreen windshield", ("through a windscreen", "with drops on the windscreen")),
        ("blur blurred blurry", ("with motion blur",)),
        ("glare flare", ("with glare",)),
        ("close close-up near", ("in a close-up",)),
        ("far distance distant", ("in the distance",)),
    ),
}  # fmt: skip
KINDS = tuple(_VALUES)


@dataclass(frozen=True)
class Phrasing:
    """One way to say a prompt.

    Attributes:
        text: the prompt with a few words more.
        kind: what they are about: time, weather, place or camera.
    """

    text: str
    kind: str


def phrasings(prompt: str) -> list[Phrasing]:
    """Other ways to say a prompt, by kind, each once.

    >>> [one.text for one in phrasings("night hail") if one.kind == "time"]
    ['night hail after dark', 'night hail in headlights', 'night hail under street lights']
    >>> [one.text for one in phrasings("a bus") if one.kind == "time"]
    ['a bus at night', 'a bus at dusk', 'a bus at dawn', 'a bus by day']
    """
    prompt = " ".join(prompt.split())
    named = set(re.findall(r"[\w-]+", prompt.casefold()))
    found = []
    for kind, values in _VALUES.items():
        of_prompt = [wordings for cues, wordings in values if named & set(cues.split())]
        chosen = [wording for wordings in of_prompt for wording in wordings]
        if not of_prompt or kind == "camera":  # ways of looking do not exclude each other
            chosen += [wordings[0] for _, wordings in values if wordings not in of_prompt]
        found += [
            Phrasing(f"{prompt} {wording}", kind) for wording in chosen if not _says(named, prompt.casefold(), wording)
        ]
    return found


def _says(named: set[str], prompt: str, wording: str) -> bool:
    """Whether a prompt has all that a wording would add."""
    told = set(wording.split()) - {"a", "the", "at", "in", "on", "by", "with", "from", "through"}
    return wording in prompt or told <= named


def newcomers(base: np.ndarray, found: Iterable[np.ndarray]) -> list[int]:
    """How many positions of each of `found` are not in `base`.

    >>> newcomers(np.array([1, 2]), [np.array([2, 3]), np.array([1, 2])])
    [1, 0]
    """
    return [int(np.count_nonzero(~np.isin(positions, base))) for positions in found]


class Suggestions(Generic[V]):
    """Phrasings of a prompt with what each brings; prints as a table.

    Args:
        prompt: what was asked.
        suggested: phrasings and their new samples, in the order to show them.
        first: among how many samples the new ones are counted.
        search: gives the view that several phrasings together find.
    """

    def __init__(
        self, prompt: str, suggested: Sequence[tuple[Phrasing, int]], *, first: int, search: Callable[[list[str]], V]
    ) -> None:
        self.prompt = prompt
        self.first = first
        self._suggested = tuple(suggested)
        self._search = search

    def __len__(self) -> int:
        return len(self._suggested)

    @property
    def df(self) -> pl.DataFrame:
        """``number`` (what `pick` takes), ``kind``, ``phrasing`` and ``new``, the samples that it brings into the first."""
        rows = [(number, one.kind, one.text, new) for number, (one, new) in enumerate(self._suggested)]
        schema = {"number": pl.Int64, "kind": pl.String, "phrasing": pl.String, "new": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def pick(self, *numbers: int) -> V:
        """The view that the prompt and the phrasings of these numbers find together, their vectors averaged.

        Raises:
            BadValue: no number.
            UnknownName: a number that is not in the table.
        """
        if not numbers:
            raise BadValue(
                "pick() needs the number of a phrasing", hint="suggestions.pick(0, 3); the table has the numbers"
            )
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 0 <= number < len(self):
                raise UnknownName("phrasing", str(number), (), hint=f"the numbers go from 0 to {len(self) - 1}")
        return self._search([self.prompt, *(self._suggested[number][0].text for number in dict.fromkeys(numbers))])

    def __repr__(self) -> str:
        lines = [f"<Suggestions for {self.prompt!r}: new samples among the first {self.first:,}>"]
        width = max((len(one.text) for one, _ in self._suggested), default=0)
        for number, (one, new) in enumerate(self._suggested):
            lines.append(f"{number:>3}  {one.kind:<8} {one.text:<{width}} {new:>6,} new")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{number}</td><td>{one.kind}</td><td style='text-align:left'>{html.escape(one.text)}</td>"
            f"<td>{new:,}</td></tr>"
            for number, (one, new) in enumerate(self._suggested)
        )
        return (
            f"<table><caption>Phrasings of “{html.escape(self.prompt)}”, with the samples that each brings into the first "
            f"{self.first:,}. pick(0, 3) searches for several together.</caption>"
            f"<thead><tr><th></th><th>about</th><th style='text-align:left'>phrasing</th><th>new</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def suggest(view: Searchable, prompt: str, *, first: int, encoder: str | None = None) -> Suggestions[Any]:
    """Count what each phrasing of a prompt brings into the first samples of a view.

    Raises:
        BadValue: an empty prompt, or no more than `first` samples with a vector, so that nothing could be new.
    """
    if not isinstance(prompt, str):
        raise BadValue(f"A prompt is a string. Got {type(prompt).__name__}", hint="suggest('night hail')")
    base = view.search(prompt, encoder=encoder).rows().positions
    if len(base) <= first:
        raise BadValue(
            f"All {len(base):,} samples are among the first {first:,}, so no phrasing can bring a new one",
            hint=f"suggest({prompt!r}, first={max(1, len(base) // 10)})" if len(base) > 1 else "look in a larger view",
        )
    others = phrasings(prompt)
    with warnings.catch_warnings():
        # what is to be said of the prompt has been said; and all texts are encoded at once
        warnings.simplefilter("ignore", PromptTooLong)
        warnings.simplefilter("ignore", UnknownLanguage)
        prompt_vectors(view.dataset.vectors_.encoder(encoder), [one.text for one in others])
    found = (view.search(one.text, encoder=encoder).limit(first).rows().positions for one in others)
    counts = newcomers(base[:first], found)
    order = sorted(zip(others, counts, strict=True), key=lambda pair: (KINDS.index(pair[0].kind), -pair[1]))
    return Suggestions(prompt, order, first=first, search=lambda texts: view.search(texts, encoder=encoder))
