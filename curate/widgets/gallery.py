"""The grid of pictures that `view.show()` puts into a cell."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from html import escape
from typing import Any

import anywidget
import numpy as np
import traitlets

from curate.errors import BadValue
from curate.widgets import protocol, tiles, wording
from curate.widgets.bundle import bundle
from curate.widgets.channel import Answer, Channel
from curate.widgets.contact_sheet import contact_sheet_html, contact_sheet_text, contact_sheet_uri
from curate.widgets.data import Rows, ViewData
from curate.widgets.selection import RowSelection

MAX_IDS = 10_000
"""Sample ids that fit into one reply and into a person's clipboard."""

LOOK_EVERY = 2.0
"""Seconds between two looks whether another process has written to the dataset."""


class Gallery(anywidget.AnyWidget):
    """The samples of a view as a grid that stays fast at a million rows, with a selection that Python shares.

    Args:
        view: what to show. Its rows are evaluated once; later changes of the dataset are announced, and shown on
            request.
        columns: pictures in a row; None fits as many of `thumbnail_size` as there is room for.
        thumbnail_size: width of a tile, 64 to 512 CSS pixels.
        height: height of the widget, 240 to 4000 CSS pixels.

    Attributes:
        selected_count: how many samples are selected; `observe` it to follow the selection.

    Raises:
        MissingBundle: the browser side has not been built.
        BadValue: a size out of its range.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    thumbnail_size = traitlets.Int(160).tag(sync=True)
    columns = traitlets.Int(None, allow_none=True).tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)
    selected_count = traitlets.Int(0, read_only=True).tag(sync=True)
    # What is shown where the widget was saved and there is no kernel behind it.
    _still = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, view: ViewData, *, columns: int | None = None, thumbnail_size: int = 160, height: int = 560
    ) -> None:
        _check("thumbnail_size", thumbnail_size, 64, 512)
        _check("height", height, 240, 4000)
        if columns is not None:
            _check("columns", columns, 1, 64)
        self._view = view
        self._loaded: Rows | None = None
        self._loaded_version: Any = None
        self._version = 1
        self._stale = False
        self._looked = 0.0
        self._state_lock = threading.RLock()
        self._picked = RowSelection(0)
        super().__init__(
            _esm=bundle("gallery.js"),
            _css=bundle("gallery.css"),
            columns=columns,
            thumbnail_size=thumbnail_size,
            height=height,
        )
        self._channel = Channel(
            self,
            {
                protocol.Hello: self._hello,
                protocol.GetPage: self._get_page,
                protocol.GetPicture: self._get_picture,
                protocol.Select: self._select,
                protocol.GetSelection: self._get_selection,
                protocol.GetIds: self._get_ids,
                protocol.Tag: self._tag,
                protocol.Refresh: self._refresh,
            },
        )

    @property
    def view(self) -> Any:
        """The view that is shown."""
        return self._view

    @property
    def selection(self) -> Any:
        """The selected samples, as a view. Set it to sample ids or to a view, and the browser follows.

        Raises:
            BadValue: on setting, a sample that this view does not show.
        """
        return self._view.select(self._selected_ids())

    @selection.setter
    def selection(self, samples: Any) -> None:
        ids = _ids(samples.ids() if hasattr(samples, "ids") else samples)
        wanted = np.asarray(self._view.dataset.positions_of(ids), dtype=np.int64)
        with self._state_lock:
            mask = np.isin(self._rows().positions, wanted)
            absent = len(set(ids)) - int(np.count_nonzero(mask))
            if absent:
                raise BadValue(
                    f"{absent:,} of these samples are not among the {mask.size:,} of this gallery",
                    hint="show a wider view, or select with view.select(ids)",
                )
            self._picked.replace(mask)
        self._announce_selection("")

    def close(self) -> None:
        """Close the widget and drop what it was still asked for."""
        # ipywidgets closes on deletion too, and then also what failed before it had a channel.
        if (channel := getattr(self, "_channel", None)) is not None:
            channel.close()
        super().close()

    def __repr__(self) -> str:
        """Cheap: no query runs."""
        return f"Gallery({type(self._view).__name__}, {self.selected_count:,} selected)"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget, and for readers without a kernel (GitHub, nbviewer) a still contact sheet."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        try:
            data["text/html"] = contact_sheet_html(self._view)
            self._still = contact_sheet_uri(self._view)
            data["text/plain"] = contact_sheet_text(self._view)
        except Exception as error:  # the widget itself shows it, with a way to try again
            data["text/html"] = f"<p>{escape(str(error))}</p>"
            data["text/plain"] = str(error)
        return data, metadata

    # What the browser asks for. Each runs on a thread of the channel.

    def _hello(self, request: protocol.Hello) -> Answer:
        rows, dataset = self._rows(), self._view.dataset
        scored = rows.scores is not None
        return protocol.State(
            client=request.client,
            id=request.id,
            alive=self._channel.alive,
            version=self._version,
            count=len(rows.positions),
            total=dataset.count(),
            python=wording.python(self._view.query),
            chips=wording.chips(self._view.query),
            order=wording.order(self._view.query),
            scored=scored,
            selected=self._picked.count,
            stale=self._stale,
        ), None

    def _get_page(self, request: protocol.GetPage) -> Answer:
        stale = self._look()
        rows = self._rows()
        stop = min(request.stop, request.start + protocol.PAGE_ROWS)
        positions = np.asarray(rows.positions[request.start : stop])
        scores = None if rows.scores is None else rows.scores[request.start : stop]
        infos, data = tiles.page(self._view.dataset, positions, scores)
        return protocol.Page(
            client=request.client,
            id=request.id,
            version=self._version,
            start=request.start,
            rows=infos,
            stale=stale,
        ), data

    def _get_picture(self, request: protocol.GetPicture) -> Answer:
        rows = self._rows()
        if request.row >= len(rows.positions):
            raise BadValue(f"There is no row {request.row:,} in a view of {len(rows.positions):,} samples.")
        position = int(rows.positions[request.row])
        sample = self._view.dataset.frame(np.array([position], dtype=np.int64)).row(0, named=True)
        if rows.scores is not None:
            sample["score"] = float(rows.scores[request.row])
        status = sample.get("status") or "ok"
        if status == "ok":
            data, note = tiles.picture(self._view.dataset, position)
        else:
            data, note = b"", tiles.WHY_NO_PICTURE.get(status, f"This sample is {status}.")
        return protocol.Picture(
            client=request.client,
            id=request.id,
            row=request.row,
            sample_id=str(sample["sample_id"]),
            name=tiles.name_of(sample["uri"]),
            tags=list(sample.get("tags") or []),
            fields=tiles.fields(sample),
            note=note,
        ), data

    def _select(self, request: protocol.Select) -> Answer:
        with self._state_lock:
            self._rows()
            self._picked.apply(request.operation, request.ranges)
            reply = protocol.Selected(
                client=request.client, id=request.id, revision=self._picked.revision, count=self._picked.count
            )
        self._announce_selection(request.client)
        return reply, None

    def _get_selection(self, request: protocol.GetSelection) -> Answer:
        with self._state_lock:
            self._rows()
            encoding, data = self._picked.encode()
            revision, count = self._picked.revision, self._picked.count
        return protocol.Selection(
            client=request.client, id=request.id, revision=revision, count=count, encoding=encoding
        ), data

    def _get_ids(self, request: protocol.GetIds) -> Answer:
        ids = self._selected_ids(MAX_IDS)
        return protocol.Ids(
            client=request.client, id=request.id, ids=[str(id) for id in ids], count=self._picked.count
        ), None

    def _tag(self, request: protocol.Tag) -> Answer:
        name = request.name.strip()
        if not name:
            raise BadValue("A tag needs a name.")
        picked = self._view.select(self._selected_ids())
        changed = picked.untag(name) if request.remove else picked.tag(name)
        self._look(now=True)
        return protocol.Tagged(client=request.client, id=request.id, name=name, changed=int(changed)), None

    def _refresh(self, request: protocol.Refresh) -> Answer:
        with self._state_lock:
            self._look(now=True)
            before = self._rows().positions[self._picked.mask]
            self._loaded = None
            mask = np.isin(self._rows().positions, before)
            self._picked.replace(mask)
            self._version += 1
        self._announce_selection("")
        self._channel.send(protocol.ViewChanged(version=self._version))
        return self._hello(protocol.Hello(client=request.client, id=request.id))

    # The rows that are shown.

    def _rows(self) -> Rows:
        """The rows, evaluated on first use, and the same until somebody asks for a refresh."""
        with self._state_lock:
            if self._loaded is None:
                self._loaded = self._view.rows()
                self._loaded_version = self._view.dataset.version
                self._stale = False
                if self._picked.mask.size != len(self._loaded.positions):
                    self._picked.replace(np.zeros(len(self._loaded.positions), dtype=bool))
            return self._loaded

    def _look(self, *, now: bool = False) -> bool:
        """Whether the view would now give other rows; asked again every two seconds, or at once with `now`.

        Where the rows are the same and only what is known of them has changed (a tag), they are shown again. Rows do
        not move under the eyes of whoever looks at them, unless a purge has made their positions mean other samples.
        """
        with self._state_lock:
            shown, dataset = self._rows(), self._view.dataset
            moment = time.monotonic()
            if not now and dataset.version == self._loaded_version and moment - self._looked < LOOK_EVERY:
                return self._stale
            self._looked = moment
            fresh = self._view.rows()
            if dataset.version == self._loaded_version:
                return self._stale
            self._loaded_version = dataset.version
            if fresh.generation != shown.generation:
                self._loaded, self._stale = fresh, False
                self._picked.replace(np.zeros(len(fresh.positions), dtype=bool))
            elif np.array_equal(shown.positions, fresh.positions):
                self._loaded, self._stale = fresh, False
            else:
                self._stale = True
            self._version += 1
        self._channel.send(protocol.ViewChanged(version=self._version))
        return self._stale

    def _selected_ids(self, limit: int | None = None) -> list[int]:
        with self._state_lock:
            positions = self._rows().positions[self._picked.mask][:limit]
        if len(positions) == 0:
            return []
        ids: list[int] = self._view.dataset.frame(positions, ["sample_id"])["sample_id"].to_list()
        return ids

    def _announce_selection(self, origin: str) -> None:
        with self._state_lock:
            revision, count = self._picked.revision, self._picked.count
        self.set_trait("selected_count", count)
        self._channel.send(protocol.SelectionChanged(origin=origin, revision=revision, count=count))


def _check(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadValue(f"{name!r} must be an integer from {low} to {high}. Got {value!r}.")


def _ids(samples: Iterable[Any]) -> list[int]:
    try:
        return [int(sample) for sample in samples]
    except (TypeError, ValueError):
        raise BadValue("A selection is sample ids or a view.", hint="gallery.selection = view.ids()") from None
