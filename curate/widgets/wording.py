"""A query in the words of a widget's top bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from curate import query as q
from curate.widgets.protocol import Chip


def chips(query: q.Query) -> list[Chip]:
    """One chip a step; a search gives one for each word and picture that it adds or takes away, a sort gives none."""
    return [chip for step in query.steps for chip in _chips(step)]


def python(query: q.Query, *, longest: int = 20_000) -> str:
    """The query as Python; cut where it names very many ids."""
    text = query.to_python()
    return text if len(text) <= longest else text[:longest] + "…"


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


def _chips(step: q.AnyStep) -> Iterator[Chip]:
    match step:
        case q.Where():
            yield Chip(kind="where", text=_where(step.sql, step.params))
        case q.Search():
            yield from (Chip(kind="words", text=_word(word)) for word in step.words)
            yield from (Chip(kind="minus", text=_word(word)) for word in step.minus)
            yield from (Chip(kind="like", text=_example(example)) for example in step.like)
            yield from (Chip(kind="unlike", text=_example(example)) for example in step.unlike)
        case q.Tagged():
            yield from (Chip(kind="tagged", text=tag) for tag in step.tags)
        case q.Untagged():
            yield from (Chip(kind="untagged", text=tag) for tag in step.tags)
        case q.Select():
            yield Chip(kind="other", text=f"{len(step.ids):,} chosen samples")
        case q.Exclude():
            what = f"{len(step.ids):,} samples" if step.query is None else "another view"
            yield Chip(kind="other", text=f"without {what}")
        case q.Limit():
            yield Chip(kind="other", text=f"first {step.n:,}")
        case q.Sample():
            yield Chip(kind="other", text=f"{step.n:,} drawn, {step.how}")


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


def _example(example: q.Example) -> str:
    if example.sample_id is not None:
        name = f"sample {example.sample_id}"
    elif example.location is not None:
        name = example.location.replace("\\", "/").rsplit("/", 1)[-1]
    else:
        name = "a vector"
    return name if example.weight == 1 else f"{name} × {example.weight:g}"
