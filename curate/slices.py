"""The slices of a dataset: a polars frame that shows a picture of each in a notebook."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from curate import errors
from curate import query as q
from curate.query import Query
from curate.slice import Slice

if TYPE_CHECKING:
    from curate.dataset import Dataset

MOST_SHOWN = 100
"""Rows of the table; the frame has all of them."""

LOOKED_THROUGH = 12
"""Members that are looked at for one that has a picture."""

WIDTH, HEIGHT = 96, 72
"""Of a picture, in CSS pixels."""

LONGEST = 160
"""Characters of a query in the table."""


class Slices(pl.DataFrame):
    """One row a slice: name, count, note, actor, time, query; any other verb of a frame gives a plain one."""

    _dataset: Dataset | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> Slices:
        """Those of a dataset, oldest first."""
        dataset.session.refresh()
        slices = cls(dataset.session.read("SELECT * FROM slices ORDER BY time"))
        slices._dataset = dataset
        return slices

    def _repr_html_(self, *, _from_series: bool = False) -> str:
        if self._dataset is None or not self.height:
            return super()._repr_html_(_from_series=_from_series)
        names = [name for name in self["name"].to_list() if name in self._dataset.session.slices]
        rows = "".join(_row(self._dataset, name) for name in names[:MOST_SHOWN])
        more = f"<p>and {len(names) - MOST_SHOWN:,} more</p>" if len(names) > MOST_SHOWN else ""
        head = "".join(
            f"<th style='text-align:left'>{title}</th>" for title in ("", "slice", "samples", "saved", "query")
        )
        return (
            f"<div class='curate-slices'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}</div>"
        )


def _row(dataset: Dataset, name: str) -> str:
    cell = "<td style='text-align:left;vertical-align:top'>"
    try:
        saved = Slice(dataset, name)
    except (errors.BadQuery, msgspec.ValidationError) as error:  # a newer Curate may have written it
        told = f"{cell}</td>{cell}<b>{escape(name)}</b></td><td colspan='3' style='text-align:left'>{escape(str(error))}</td>"
        return f"<tr>{told}</tr>"
    note = f"<br>{escape(saved.note)}" if saved.note else ""
    hunt = f"<br>hunt: {escape(saved.hunt.name)}" if saved.hunt else ""
    origin = f"<br>from {escape(saved.origin.actor)}, {escape(saved.origin.dataset)}" if saved.origin else ""
    time = f"<span style='white-space:nowrap'>{saved.time:%Y-%m-%d %H:%M}</span>"
    return (
        f"<tr>{cell}{_picture(saved)}</td>{cell}<b>{escape(name)}</b>{note}</td>{cell}{saved.count:,}</td>"
        f"{cell}{escape(saved.actor)}<br>{time}{origin}{hunt}</td>"
        f"{cell}<code>{escape(_shown(saved.query))}</code></td></tr>"
    )


def _picture(saved: Slice) -> str:
    """The first member that has a picture."""
    from PIL import Image, ImageOps

    at = saved.dataset.positions_of(saved.member_ids()[:LOOKED_THROUGH])
    jpeg = next((data for data in saved.dataset.thumbnails(at[at >= 0]) if data), None)
    if jpeg is None:
        return "no picture"
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as image:
        # twice the size, for screens of two pixels a CSS pixel
        ImageOps.fit(image.convert("RGB"), (2 * WIDTH, 2 * HEIGHT)).save(buffer, "JPEG", quality=72)
    source = base64.b64encode(buffer.getvalue()).decode("ascii")
    alt = f"the first sample of {escape(saved.name, quote=True)}"
    return f"<img src='data:image/jpeg;base64,{source}' width='{WIDTH}' height='{HEIGHT}' alt='{alt}'>"


def _shown(query: Query) -> str:
    """The query as Python, cut: nobody reads the ids of a thousand samples."""
    few = tuple(
        msgspec.structs.replace(step, ids=step.ids[:8]) if isinstance(step, q.Select | q.Exclude) else step
        for step in query.steps
    )
    text = Query(few).to_python()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
