"""What a person does with the selection or the view: tag it, save it, take it to Python."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar

import numpy as np

from curate.errors import BadValue
from curate.exports.formats import FORMATS
from curate.view import View
from curate.widgets import protocol, tiles
from curate.widgets.channel import Answer, Handler
from curate.widgets.chosen import What, chosen, selected_ids
from curate.widgets.exploration import Exploration
from curate.widgets.identity import ids_of

VARIABLES: dict[What, str] = {"selection": "picked", "view": "view"}

MOST_CLASSES = 50
"""Values of a column that is offered as the classes of an export."""


class ActionAnswers:
    """Answers that write to the dataset, or to the notebook."""

    # All that widgets have put into the notebook, whichever widget: only these are ever replaced.
    _given: ClassVar[weakref.WeakSet[View]] = weakref.WeakSet()

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._dataset = exploration.dataset
        # counting the values of a million rows takes 0.2 s, and a form waits for it
        self._counted: tuple[int, list[str]] = (-1, [])

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.Tag: self._tag,
            protocol.SaveSlice: self._save_slice,
            protocol.ToPython: self._to_python,
            protocol.GetExports: self._exports,
        }

    def _tag(self, request: protocol.Tag) -> Answer:
        name = _named(request.name, "tag")
        given = request.samples
        ids = selected_ids(self._exploration) if given is None else np.unique(ids_of(self._dataset, given))
        verb = "untag" if request.remove else "tag"
        # Not the ids themselves: the event has them already, and a million of them as text are 20 MB.
        query = f"ds.select([…])  # {_samples(len(ids))} picked in a widget"
        changed, event = self._dataset.write_tags(verb, (name,), ids, query=query)
        self._exploration.written([event], f"{verb} {name} ({_samples(changed)})")
        return protocol.Tagged(client=request.client, id=request.id, name=name, changed=changed), None

    def _save_slice(self, request: protocol.SaveSlice) -> Answer:
        name = _named(request.name, "slice")
        saved = chosen(self._exploration, request.what).save(name, note=request.note)
        self._exploration.written([saved.event], f"save slice {name}")
        return protocol.Saved(client=request.client, id=request.id, name=name, count=saved.count), None

    def _to_python(self, request: protocol.ToPython) -> Answer:
        view = chosen(self._exploration, request.what)
        namespace = _namespace()
        name = free = VARIABLES[request.what]
        number = 1
        while free in namespace and not self._ours(namespace[free]):
            number += 1
            free = f"{name}_{number}"
        namespace[free] = view
        self._given.add(view)
        return protocol.Named(client=request.client, id=request.id, name=free, count=view.count()), None

    def _exports(self, request: protocol.GetExports) -> Answer:
        fields = self._dataset.session.read("SELECT DISTINCT field FROM labels WHERE field IS NOT NULL ORDER BY 1")
        named = fields["field"].to_list()
        return protocol.Exports(
            client=request.client,
            id=request.id,
            formats=list(FORMATS),
            packed=[name for name, format in FORMATS.items() if format.packs],
            fields=[*named, *(name for name in self._classes() if name not in named)],
            path=f"{self._dataset.name}-export",
        ), None

    def _classes(self) -> list[str]:
        """The person's own columns of text with few values: an export takes them as classes, too."""
        session = self._dataset.session
        version = session.wide_version
        if self._counted[0] != version:
            self._counted = version, self._count_classes()
        return self._counted[1]

    def _count_classes(self) -> list[str]:
        session = self._dataset.session
        own = {*tiles.PLUMBING, *tiles.MEASURED, *tiles.IDENTITY, "status", "error"}
        text = [name for name, dtype in session.dtypes.items() if dtype == "VARCHAR" and name not in own]
        if not text:
            return []
        quoted = (name.replace('"', '""') for name in text)
        counts = session.read(
            "SELECT " + ", ".join(f'approx_count_distinct("{name}")' for name in quoted) + " FROM samples"
        )
        return [name for name, count in zip(text, counts.row(0), strict=True) if 1 < count <= MOST_CLASSES]

    def _ours(self, value: Any) -> bool:
        return isinstance(value, View) and value in self._given


def _namespace() -> dict[str, Any]:
    """The variables of the notebook.

    Raises:
        BadValue: this runs in none.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        shell = None
    else:
        shell = get_ipython()
    if shell is None:
        raise BadValue(
            "There is no notebook to put it into", hint="widget.selection and widget.view give both in Python"
        )
    namespace: dict[str, Any] = shell.user_ns
    return namespace


def _named(name: str, what: str) -> str:
    """The name without blanks around it."""
    name = name.strip()
    if not name:
        raise BadValue(f"A {what} needs a name", hint="such as night-hail")
    return name


def _samples(count: int) -> str:
    return f"{count:,} {'sample' if count == 1 else 'samples'}"
