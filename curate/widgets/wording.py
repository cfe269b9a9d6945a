"""A query in the words of a widget."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from curate import query as q
from curate.dataset import Dataset
from curate.errors import CurateError
from curate.widgets.filters import read_step
from curate.widgets.protocol import Chip, Interval, Values
from curate.widgets.tiles import kind_of_issue, name_of, text_of

LONGEST = 120
"""Characters of a chip; the whole query is in its Python."""

NAMED = 64
"""Examples that are called by the name of their file."""

PARTS = ("words", "minus", "like", "unlike")
"""The parts of a search, in the order in which its chips are numbered."""

MOST_IDS = 2000
"""Ids of a step that are written as Python; a person reads none of them."""


def chips(query: q.Query, dataset: Dataset | None = None) -> list[Chip]:
    """One chip a step; a search gives one for each word and example, `tagged` one for each tag.

    Args:
        query: of a view.
        dataset: whose samples are called by the names of their files, and whose encoder says what it cannot read; without
            it they are called by their ids, and nothing is said.
    """
    examples = [e.sample_id for step in query.steps if isinstance(step, q.Search) for e in (*step.like, *step.unlike)]
    ids = [id for id in examples if id is not None][:NAMED]
    called = names(dataset, ids) if dataset is not None and ids else {}
    best = {at + 1 for at, step in enumerate(query.steps) if isinstance(step, q.Search)}
    notes = _notes(query, dataset) if dataset is not None else {}
    return [
        Chip(kind=kind, text=cut(text, LONGEST), step=at, part=part, note=notes.get((at, part), ""))
        for at, step in enumerate(query.steps)
        for part, (kind, text) in enumerate(_best(step) if at in best else _chips(step, called))
    ]


def python(query: q.Query, *, longest: int = 20_000) -> str:
    """The query as Python; cut where it names very many ids."""
    steps = [
        msgspec.structs.replace(step, ids=step.ids[:MOST_IDS])
        if isinstance(step, q.Select | q.Exclude) and len(step.ids) > MOST_IDS
        else step
        for step in query.steps
    ]
    shortened = any(short is not step for short, step in zip(steps, query.steps, strict=True))
    text = q.Query(tuple(steps)).to_python()
    if not shortened:
        return cut(text, longest)
    return cut(
        text + f"  # … of {sum(len(s.ids) for s in query.steps if isinstance(s, q.Select | q.Exclude)):,} ids", longest
    )


def order(query: q.Query) -> str:
    """What the rows are sorted by."""
    by = "order of ingest"
    for step in query.steps:
        if isinstance(step, q.SortBy):
            by = step.column + (", descending" if step.descending else "")
        elif isinstance(step, q.Search):
            by = "score"
        elif isinstance(step, q.Select):
            by = "order of the ids"
    return by


def sorted_by(query: q.Query) -> tuple[str | None, bool]:
    """The column that the rows are sorted by, and whether descending; None is the order of the search, or of ingest."""
    last = query.steps[-1] if query.steps else None
    return (last.column, last.descending) if isinstance(last, q.SortBy) else (None, False)


def names(dataset: Dataset, ids: Sequence[int]) -> dict[int, str]:
    """The names of the files of samples; what is not there any more is called by its id."""
    at = dataset.positions_of(ids)
    there = at[at >= 0]
    found = {id: f"sample {id}" for id in ids}
    if len(there):
        frame = dataset.frame(there, ["sample_id", "uri"])
        found |= {id: name_of(uri) for id, uri in frame.iter_rows()}
    return found


def samples(count: int) -> str:
    """So many samples."""
    return "1 sample" if count == 1 else f"{count:,} samples"


def cut(text: str, longest: int) -> str:
    """The text, or as much of it as fits."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def filter_text(filter: Values | Interval | None) -> str:
    """What a facet filters by."""
    if isinstance(filter, Values):
        return ", ".join("none" if value is None else text_of(value) for value in filter.values[:20])
    if filter is None or (filter.low is None and filter.high is None):
        return "any"
    low, high = ("" if bound is None else f"{bound:.4g}" for bound in (filter.low, filter.high))
    return f"{low} to {high}" if low and high else f"from {low}" if low else f"below {high}"


def _notes(query: q.Query, dataset: Dataset) -> dict[tuple[int, int], str]:
    """What speaks against words of its searches, by step and part. An encoder that is not there finds nothing at all."""
    found: dict[tuple[int, int], str] = {}
    for at, step in enumerate(query.steps):
        if not isinstance(step, q.Search):
            continue
        with contextlib.suppress(CurateError):
            found |= {(at, part): note for part, note in enumerate(dataset.vectors_.doubts(step))}
    return found


def _chips(step: q.AnyStep, called: Mapping[int, str]) -> Iterator[tuple[Any, str]]:
    match step:
        case q.Where():
            yield "where", _filter(step) or _where(step.sql, step.params)
        case q.Search():
            yield from (("words", _word(word)) for word in step.words)
            yield from (("minus", _word(word)) for word in step.minus)
            yield from (("like", _example(example, called)) for example in step.like)
            yield from (("unlike", _example(example, called)) for example in step.unlike)
        case q.Tagged():
            yield from (("tagged", tag) for tag in step.tags)
        case q.Untagged():
            yield from (("untagged", tag) for tag in step.tags)
        case q.Select():
            yield "other", f"{samples(len(step.ids))} chosen" if len(step.ids) != 1 else "1 chosen sample"
        case q.Exclude():
            yield "other", f"without {samples(len(step.ids)) if step.query is None else 'another view'}"
        case q.SortBy():
            yield "sort", f"by {step.column}{', descending' if step.descending else ''}"
        case q.Limit():
            yield "other", f"first {step.n:,}"
        case q.Sample():
            yield "other", f"{step.n:,} drawn, {step.how}"


def _best(step: q.AnyStep) -> Iterator[tuple[Any, str]]:
    """A step right behind a search."""
    if isinstance(step, q.Limit):
        yield "best", f"best {step.n:,}"
    else:
        yield from _chips(step, {})


def _filter(step: q.Where) -> str:
    """A filter by labels, tags or an issue, whose SQL nobody would want to read; empty for any other."""
    found = read_step(step)
    if found is None:
        return ""
    if found.over == "column":
        picked = isinstance(found.filter, Values) and found.filter.values == [True]
        return kind_of_issue(found.name).replace("_", " ") if picked else ""
    return f"{found.name}: {filter_text(found.filter)}"


def _where(sql: str, params: Sequence[Any]) -> str:
    """The expression with its parameters in it; behind it where a question mark may also stand inside a text."""
    if not params:
        return sql
    if sql.count("?") != len(params):
        return f"{sql}  ({', '.join(repr(param) for param in params)})"
    pieces = sql.split("?")
    return pieces[0] + "".join(repr(param) + piece for param, piece in zip(params, pieces[1:], strict=True))


def _word(word: q.Word) -> str:
    return word.text if word.weight == 1 else f"{word.text} × {word.weight:g}"


def _example(example: q.Example, called: Mapping[int, str]) -> str:
    if example.sample_id is not None:
        name = called.get(example.sample_id, f"sample {example.sample_id}")
    elif example.location is not None:
        name = example.location.replace("\\", "/").rsplit("/", 1)[-1]
    else:
        name = "a picture"
    return name if example.weight == 1 else f"{name} × {example.weight:g}"
