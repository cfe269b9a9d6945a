"""Query: what a view asks, as plain data.

A query is a tuple of steps. It prints as Python that builds the same view, saves as JSON, and replays on another dataset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from curate import errors

Parameter: TypeAlias = "str | int | float | bool | None"


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A prompt and its weight."""

    text: str
    weight: float = 1.0


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture to look for: a sample of this dataset, a file, or a vector where there is neither.

    Exactly one of `sample_id`, `location` and `vector` is set.
    """

    sample_id: int | None = None
    location: str | None = None
    vector: tuple[float, ...] | None = None
    weight: float = 1.0


class Step(msgspec.Struct, frozen=True, tag_field="step", forbid_unknown_fields=True):
    """One verb of a view."""


class Where(Step, frozen=True, tag="where"):
    """Keep the rows for which the SQL expression is true."""

    sql: str
    params: tuple[Parameter, ...] = ()


class Search(Step, frozen=True, tag="search"):
    """Score by likeness to words and examples and sort by it, best first."""

    words: tuple[Word, ...] = ()
    minus: tuple[Word, ...] = ()
    like: tuple[Example, ...] = ()
    unlike: tuple[Example, ...] = ()
    encoder: str | None = None
    templates: tuple[str, ...] | None = None


class Tagged(Step, frozen=True, tag="tagged"):
    """Keep the samples that carry every one of the tags."""

    tags: tuple[str, ...]


class Untagged(Step, frozen=True, tag="untagged"):
    """Keep the samples that carry none of the tags."""

    tags: tuple[str, ...]


class Select(Step, frozen=True, tag="select"):
    """Keep these samples, in this order."""

    ids: tuple[int, ...]


class Exclude(Step, frozen=True, tag="exclude"):
    """Leave these samples out, or all that another query finds."""

    ids: tuple[int, ...] = ()
    query: Query | None = None


class SortBy(Step, frozen=True, tag="sort_by"):
    """Sort by a column; nulls come last, ties stay in order."""

    column: str
    descending: bool = False


class Limit(Step, frozen=True, tag="limit"):
    """Keep the first n."""

    n: int


class Sample(Step, frozen=True, tag="sample"):
    """Keep n of them, drawn."""

    n: int
    how: str = "random"
    seed: int = 0


AnyStep: TypeAlias = Where | Search | Tagged | Untagged | Select | Exclude | SortBy | Limit | Sample


class Hunted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hunt whose answers chose the samples of a query.

    Attributes:
        name: of the hunt.
        seed: of the hunt.
        part: found, rejected, unsure or likely.
        python: where it looked and what for, as Python.
        answers: samples that had been judged by then.
        estimate: what its latest audit said, in words; empty where there was none.
    """

    name: str
    seed: int = 0
    part: str = "found"
    python: str = ""
    answers: int = 0
    estimate: str = ""


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The steps of a view, with what they ran on when that has been recorded.

    Attributes:
        steps: in the order in which they apply.
        encoder: name and weights hash of the encoder of its searches.
        versions: the version of every table at the moment it was saved.
        hunt: where its samples were chosen in a hunt, which one.

    >>> q = Query().then(Where("weather = ?", ("rain",))).then(Limit(5))
    >>> print(q.to_python())
    ds.where("weather = ?", 'rain').limit(5)
    >>> Query.from_json(q.to_json()) == q
    True
    """

    steps: tuple[AnyStep, ...] = ()
    encoder: dict[str, str] | None = None
    versions: dict[str, int] | None = None
    hunt: Hunted | None = None

    def then(self, step: AnyStep) -> Query:
        """This query with one step more."""
        return msgspec.structs.replace(self, steps=(*self.steps, step))

    def to_json(self) -> str:
        """JSON text that `from_json` reads."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Query:
        """The query that `to_json` wrote.

        Raises:
            BadQuery: the text is not JSON or has something in it that no query has, which is named.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise errors.BadQuery(
                f"This is not a query: {error}", hint="use the text that query.to_json() gave"
            ) from None

    def to_python(self, dataset: str = "ds") -> str:
        """Python that builds the same view from a dataset named `dataset`."""
        return dataset + "".join(_python(step, dataset) for step in self.steps)

    def __str__(self) -> str:
        return self.to_python()


def _python(step: AnyStep, dataset: str) -> str:
    match step:
        case Where(sql, params):
            return ".where(" + ", ".join([_quoted(sql), *(repr(p) for p in params)]) + ")"
        case Search():
            return _python_search(step)
        case Tagged(tags):
            return ".tagged(" + ", ".join(map(repr, tags)) + ")"
        case Untagged(tags):
            return ".untagged(" + ", ".join(map(repr, tags)) + ")"
        case Select(ids):
            return f".select({list(ids)})"
        case Exclude(ids, query):
            return f".exclude({query.to_python(dataset) if query is not None else list(ids)})"
        case SortBy(column, descending):
            return f".sort_by({column!r}{', descending=True' if descending else ''})"
        case Limit(n):
            return f".limit({n})"
        case Sample(n, how, seed):
            return f".sample({n}{'' if how == 'random' else f', how={how!r}'}{'' if seed == 0 else f', seed={seed}'})"


def _python_search(step: Search) -> str:
    arguments = []
    if step.words:
        arguments.append(_words(step.words))
    if step.minus:
        arguments.append(f"minus={_words(step.minus)}")
    if step.like:
        arguments.append(f"like={_examples(step.like)}")
    if step.unlike:
        arguments.append(f"unlike={_examples(step.unlike)}")
    if step.encoder is not None:
        arguments.append(f"encoder={step.encoder!r}")
    if step.templates is not None:
        arguments.append(f"templates={list(step.templates)!r}")
    return f".search({', '.join(arguments)})"


def _quoted(text: str) -> str:
    """SQL is full of single quotes: double ones around it read better."""
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else repr(text)


def _words(words: tuple[Word, ...]) -> str:
    if any(w.weight != 1.0 for w in words):
        return repr({w.text: w.weight for w in words})
    return repr(words[0].text) if len(words) == 1 else repr([w.text for w in words])


def _examples(examples: tuple[Example, ...]) -> str:
    def one(example: Example) -> str:
        if example.vector is not None:
            return repr(list(example.vector))
        return repr(example.sample_id if example.sample_id is not None else example.location)

    if any(e.weight != 1.0 for e in examples):
        return "[" + ", ".join(f"({one(e)}, {e.weight!r})" for e in examples) + "]"
    return "[" + ", ".join(map(one, examples)) + "]"


def words(given: str | Mapping[str, float] | Sequence[str] | None, *, name: str) -> tuple[Word, ...]:
    """Words as a user gives them: one, several, or a mapping of text to weight.

    >>> words({"snow": 0.5}, name="minus")
    (Word(text='snow', weight=0.5),)

    Raises:
        BadValue: something that is no text, an empty text, or a weight that is not a positive number.
    """
    if given is None:
        return ()
    if isinstance(given, str):
        given = [given]
    pairs: list[tuple[Any, Any]] = (
        list(given.items()) if isinstance(given, Mapping) else [(text, 1.0) for text in given]
    )
    for text, weight in pairs:
        if not isinstance(text, str) or not text.strip():
            raise errors.BadValue(f"'{name}' must be text. Got {text!r}", hint=f"{name}='snow', or a list of such")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf"):
            raise errors.BadValue(
                f"The weight of {text!r} must be a positive number. Got {weight!r}",
                hint="words to move away from go into minus=",
            )
    return tuple(Word(text, float(weight)) for text, weight in pairs)


def parameter(value: Any) -> Parameter:
    """A parameter of `where` as plain data: dates become ISO text, numpy scalars become numbers.

    Raises:
        BadValue: a value that SQL has no parameter for.
    """
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise errors.BadValue(
        f"A parameter must be text, a number, a time, true, false or null. Got {type(value).__name__}",
        hint="for a list write: weather IN (?, ?)",
    )
