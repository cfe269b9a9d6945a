"""What a hunt asks, as a query: where it looks and, as its last search, what for."""

from __future__ import annotations

import msgspec

from curate.query import Query, Search


def search_of(query: Query) -> Search | None:
    """The last search of a query, whose scores it has; None where it does not search."""
    return next((step for step in reversed(query.steps) if isinstance(step, Search)), None)


def searching(query: Query, step: Search) -> Query:
    """The query with this as its last search, which is put at its end where there was none.

    >>> searching(Query(), Search(like=(), encoder="demo")).steps
    (Search(..., encoder='demo', templates=None),)
    """
    at = max((i for i, old in enumerate(query.steps) if isinstance(old, Search)), default=None)
    if at is None:
        return Query(steps=(*query.steps, step))
    return Query(steps=(*query.steps[:at], step, *query.steps[at + 1 :]))


def call(query: Query, name: str, step: Search | None, *, seed: int) -> str:
    """The call that begins and resumes a hunt, as Python.

    Args:
        query: of the view.
        name: of the hunt; its words.
        step: its search beside the words; None where the view has been searched.
        seed: of the hunt.

    >>> from curate.query import Word
    >>> call(Query(), "hail", Search(words=(Word("hail"),), minus=(Word("snow"),)), seed=3)
    "ds.hunt('hail', minus='snow', seed=3)"
    """
    arguments = [repr(name)]
    if step is not None:
        beside = Query(steps=(msgspec.structs.replace(step, words=()),)).to_python("")
        arguments.append(beside.removeprefix(".search(").removesuffix(")"))
    if seed:
        arguments.append(f"seed={seed}")
    return f"{query.to_python()}.hunt({', '.join(argument for argument in arguments if argument)})"
