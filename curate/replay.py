"""A saved query on another dataset than its own: checked step by step, with the same encoder or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, assert_never

import msgspec
import numpy as np

from curate import errors
from curate import query as q
from curate.query import Query
from curate.view import View

if TYPE_CHECKING:
    from curate.dataset import Dataset


def searches(query: Query) -> Iterator[q.Search]:
    """The searches of a query, those of excluded queries too."""
    for step in query.steps:
        if isinstance(step, q.Search):
            yield step
        elif isinstance(step, q.Exclude) and step.query is not None:
            yield from searches(step.query)


def with_examples(query: Query, change: Callable[[q.Example], q.Example]) -> Query:
    """The query with other examples in the place of its own, those of excluded queries too."""

    def step(given: q.AnyStep) -> q.AnyStep:
        if isinstance(given, q.Search):
            like, unlike = (tuple(map(change, group)) for group in (given.like, given.unlike))
            return msgspec.structs.replace(given, like=like, unlike=unlike)
        if isinstance(given, q.Exclude) and given.query is not None:
            return q.Exclude(query=with_examples(given.query, change))
        return given

    return msgspec.structs.replace(query, steps=tuple(map(step, query.steps)))


def encoder_here(query: Query, dataset: Dataset) -> str | None:
    """The name that this dataset has for the encoder that a query was recorded with; None for a query without a search.

    Raises:
        BadQuery: the dataset has no vectors of these weights, or the query does not say which they are.
    """
    wanted = {step.encoder for step in searches(query)}
    if not wanted:
        return None
    name, weights = (query.encoder or {}).get("name", ""), (query.encoder or {}).get("weights_hash", "")
    if not weights:
        raise errors.BadQuery(
            "This recipe searches, and does not say with which encoder", hint="save the view again, and take that slice"
        )
    if others := sorted(wanted - {None, name}, key=str):
        raise errors.BadQuery(
            f"This recipe searches with the encoder {others[0]!r}, and says only of {name!r} which weights it has",
            hint="a recipe for another dataset searches with one encoder",
        )
    known = dataset.encoders()
    same = sorted((info.name != name, info.name) for info in known if info.weights_hash == weights)
    if not same:
        there = ", ".join(f"{info.name!r} (weights {info.weights_hash[:12]})" for info in known) or "no vectors"
        raise errors.BadQuery(
            f"This recipe searches with the encoder {name!r} (weights {weights[:12]}), and {dataset.name} has {there}",
            hint="ds.embed() with the same model makes its vectors, and scores of different encoders do not compare",
        )
    return same[0][1]


def portable(query: Query, dataset: Dataset) -> Query:
    """The query with its examples as vectors, so that it needs neither the samples nor the files of this dataset.

    Raises:
        BadQuery: the dataset has other weights now than the query was recorded with.
        VectorsNotFound: an example has no vector.
        UnknownName: an example is not in the dataset any more.
    """
    encoder = encoder_here(query, dataset)

    def vector(example: q.Example) -> q.Example:
        if example.vector is not None:
            return example
        found = dataset.vectors_.query_vector(q.Search(like=(example,), encoder=encoder))
        return q.Example(vector=tuple(found.tolist()), weight=example.weight)

    return with_examples(query, vector)


def rebuilt(query: Query, dataset: Dataset) -> View:
    """The same view of another dataset, put together verb by verb, so that each step is checked as if it were typed.

    Samples that a step names and that are not there are left out, unless none is.

    Raises:
        UnknownName: a column, tag, or sample to look for that the dataset does not have.
        BadQuery: another encoder, a `where` that is not one boolean expression, or only samples from elsewhere.
        BadValue: an argument out of its range.
    """
    view = _rebuilt(query, dataset, encoder_here(query, dataset))
    return View(dataset, msgspec.structs.replace(view.query, hunt=query.hunt))


def _rebuilt(query: Query, dataset: Dataset, encoder: str | None) -> View:
    view = View(dataset, Query())
    for step in query.steps:
        match step:
            case q.Where(sql, params):
                view = view.where(sql, *params)
            case q.Search():
                view = view.searched(_search(step, dataset, encoder))
            case q.Tagged(tags):
                view = view.tagged(*tags)
            case q.Untagged(tags):
                view = view.untagged(*tags)
            case q.Select(ids):
                known = _known(dataset, ids)
                if len(ids) and not len(known):
                    raise errors.BadQuery(
                        f"This recipe is {len(ids):,} picked samples, and {dataset.name} has none of them",
                        hint="a recipe of words and columns finds its like in other data; picked samples do not",
                    )
                view = view.select(known)
            case q.Exclude(ids, None):
                view = view.exclude(_known(dataset, ids))
            case q.Exclude(_, inner):
                assert inner is not None
                view = view.exclude(_rebuilt(inner, dataset, encoder))
            case q.SortBy(column, descending):
                view = view.sort_by(column, descending=descending)
            case q.Limit(n):
                view = view.limit(n)
            case q.Sample(n, how, seed):
                view = view.sample(n, how=how, seed=seed)
            case _:
                assert_never(step)
    return view


def _search(step: q.Search, dataset: Dataset, encoder: str | None) -> q.Search:
    dimension = dataset.vectors_.info(encoder).dimension
    for example in (*step.like, *step.unlike):
        if example.sample_id is not None and dataset.positions_of([example.sample_id])[0] < 0:
            raise errors.UnknownName(
                "sample", str(example.sample_id), (), hint="the recipe looks for its like, and it is not here"
            )
        if example.vector is not None and len(example.vector) != dimension:
            raise errors.BadQuery(
                f"An example of this recipe has {len(example.vector):,} numbers, and the vectors of {encoder!r} have "
                f"{dimension:,}",
                hint="it was not made with this encoder",
            )
    return msgspec.structs.replace(step, encoder=encoder)


def _known(dataset: Dataset, ids: tuple[int, ...]) -> np.ndarray:
    wanted = np.asarray(ids, dtype=np.int64)
    return wanted[dataset.positions_of(wanted) >= 0]
