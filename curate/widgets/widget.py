"""What all widgets that look at a view have in common: traits, the channel, the selection, and the still picture."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets

from curate.errors import BadValue, UnknownName
from curate.query import Query, Select
from curate.view import View
from curate.widgets import protocol, wording
from curate.widgets.answers import answers_of
from curate.widgets.bundle import bundle
from curate.widgets.channel import Channel, Handler
from curate.widgets.contact_sheet import contact_sheet_html, contact_sheet_text, contact_sheet_uri
from curate.widgets.exploration import Exploration

MOST_LAYOUT = 8192
"""Bytes of JSON that a browser may keep in a widget about its panels and modes."""


class ViewWidget(anywidget.AnyWidget):
    """A view in a cell. Widgets that are linked look at one thing: what is asked, shown and selected is the same in all.

    Args:
        view: what to show. Its rows are evaluated once; later changes of the dataset are announced, and shown on
            request.
        link: a widget of the same dataset to share the view and the selection with.
        columns: pictures in a row; None fits as many of `thumbnail_size` as there is room for.
        thumbnail_size: width of a tile, 64 to 512 CSS pixels.
        height: height of the widget, 240 to 4000 CSS pixels; None takes what fits this kind of widget.

    Attributes:
        selected_count: how many samples are selected; `observe` it to follow the selection.

    Raises:
        MissingBundle: the browser side has not been built.
        BadValue: a size out of its range, or a link that cannot be made.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    _part = traitlets.Unicode(read_only=True).tag(sync=True)
    thumbnail_size = traitlets.Int(160, min=64, max=512).tag(sync=True)
    columns = traitlets.Int(None, allow_none=True, min=1, max=64).tag(sync=True)
    height = traitlets.Int(560, min=240, max=4000).tag(sync=True)
    selected_count = traitlets.Int(0, read_only=True).tag(sync=True)
    # What the browser keeps with the notebook: open panels, modes, sizes.
    _layout = traitlets.Dict().tag(sync=True)
    # What is shown where the widget was saved and there is no kernel behind it.
    _still = traitlets.Unicode("").tag(sync=True)

    part: ClassVar[str]
    room: ClassVar[int] = 560

    def __init__(
        self,
        view: View,
        *,
        link: ViewWidget | None = None,
        columns: int | None = None,
        thumbnail_size: int = 160,
        height: int | None = None,
    ) -> None:
        height = self.room if height is None else height
        _check("thumbnail_size", thumbnail_size, 64, 512)
        _check("height", height, 240, 4000)
        if columns is not None:
            _check("columns", columns, 1, 64)
        self._exploration = Exploration(view) if link is None else _shared(link, view)
        super().__init__(
            _esm=bundle("widget.js"),
            _css=bundle("widget.css"),
            columns=columns,
            thumbnail_size=thumbnail_size,
            height=height,
        )
        self.set_trait("_part", self.part)
        self.set_trait("selected_count", self._exploration.picked().count)
        self._channel = Channel(self, self._handlers())
        self._exploration.listen(self._told)
        self._exploration.join(self)

    @property
    def view(self) -> View:
        """The view that is shown. Set it to another view of the same dataset, and every linked widget shows that one; `undo`
        in the widget brings the former one back.

        Raises:
            BadValue: on setting, a view of another dataset, or no view.
            CurateError: on setting, a view that cannot be evaluated; the former one is shown then.
        """
        return self._exploration.view

    @view.setter
    def view(self, view: View) -> None:
        self._change(view)

    @property
    def selection(self) -> View:
        """The selected samples as a view: those in the view in its order, then the others. Set it to sample ids or to a
        view, and every browser follows.

        Raises:
            BadValue: on setting, something that is neither ids nor a view.
            UnknownName: on setting, an id that the dataset does not have.
        """
        ids = self._exploration.picked_ids()
        return View(self._exploration.dataset, Query((Select(tuple(ids.tolist())),)))

    @selection.setter
    def selection(self, samples: View | Iterable[int]) -> None:
        session = self._exploration.dataset.session
        ids = _ids(samples)
        with self._exploration.lock:
            positions, generation = session.positions_of(ids), session.generation
        if (unknown := np.flatnonzero(positions < 0)).size:
            hint = f"{unknown.size:,} of these {len(ids):,} samples are not in {self._exploration.dataset.name}"
            raise UnknownName("sample", str(ids[unknown[0]]), (), hint=hint)
        self._exploration.pick("set", positions, generation=generation)

    def close(self) -> None:
        """Close the widget and drop what it was still asked for. Linked widgets stay, and with them what runs."""
        # ipywidgets closes on deletion too, and then also what failed before it had a channel.
        if (channel := getattr(self, "_channel", None)) is not None:
            channel.close()
            self._exploration.leave(self)
        super().close()

    def __repr__(self) -> str:
        """Cheap: no query runs."""
        return (
            f"{type(self).__name__}({wording.python(self.view.query, longest=200)}, {self.selected_count:,} selected)"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget, and for readers without a kernel (GitHub, nbviewer) a still contact sheet."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        view = self._kept()
        try:
            data["text/html"] = contact_sheet_html(view)
            self._still = contact_sheet_uri(view)
            data["text/plain"] = contact_sheet_text(view, title=type(self).__name__)
        except Exception as error:  # the widget itself shows it, with a way to try again
            data["text/html"] = f"<p>{escape(str(error))}</p>"
            data["text/plain"] = str(error)
        return data, metadata

    def _handlers(self) -> dict[type[protocol.Request], Handler]:
        """Who answers which request."""
        return answers_of(self._exploration)

    def _change(self, view: View) -> None:
        """Show another view."""
        if not isinstance(view, View):
            raise BadValue(f"A widget shows a view. Got {type(view).__name__}", hint="ds.where(\"weather = 'rain'\")")
        self._exploration.change(view, "the view from Python")

    def _kept(self) -> View:
        """What is shown where the widget was saved and there is no kernel behind it."""
        return self.view

    def _told(self, event: protocol.AnyEvent) -> None:
        """Pass on to the browser what happened, from whichever thread it happened on."""
        # threads may overtake each other here, and the last one has to leave what is
        while (count := self._exploration.picked().count) != self.selected_count:
            self.set_trait("selected_count", count)
        self._channel.send(event)

    @traitlets.validate("_layout")
    def _small(self, proposal: Any) -> dict[str, Any]:
        layout: dict[str, Any] = proposal["value"]
        try:
            size = len(json.dumps(layout))
        except (TypeError, ValueError, RecursionError):
            size = MOST_LAYOUT + 1
        if size > MOST_LAYOUT or not all(isinstance(value, str | int | float | bool) for value in layout.values()):
            raise traitlets.TraitError(f"The layout of a widget is at most {MOST_LAYOUT:,} bytes of text and numbers")
        return layout


def _shared(link: ViewWidget, view: View) -> Exploration:
    if not isinstance(link, ViewWidget):
        raise BadValue(f"link= takes a widget. Got {type(link).__name__}", hint="ds.map(link=explorer)")
    exploration: Exploration = link._exploration
    if exploration.dataset is not view.dataset:
        raise BadValue(
            f"The widget to link shows {exploration.dataset.name!r}, opened elsewhere",
            hint="make both widgets from the same dataset object",
        )
    if view.query.steps and view.query not in (exploration.base.query, exploration.view.query):
        raise BadValue(
            "Linked widgets show one view, and this one differs from what the other shows",
            hint="make it from the dataset, as in ds.map(link=explorer), and then set its view",
        )
    return exploration


def _check(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadValue(f"{name!r} must be an integer from {low} to {high}. Got {value!r}.")


def _ids(samples: View | Iterable[int]) -> np.ndarray:
    if isinstance(samples, View):
        return samples.ids()
    try:
        ids = samples if isinstance(samples, np.ndarray) else list(samples)
        whole = np.asarray(ids)
        if whole.size and whole.dtype.kind not in "iu":
            raise TypeError
        return whole.astype(np.int64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise BadValue("A selection is sample ids or a view", hint="widget.selection = view.ids()") from None
