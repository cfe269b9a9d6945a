"""A view as one still picture or one self-contained piece of HTML, for saved notebooks and the command line."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from curate.errors import BadValue
from curate.search.evaluation import Rows
from curate.view import View
from curate.widgets import protocol, tiles, wording

THUMBNAIL = (144, 108)
"""Width and height of a picture in the sheet, in pixels."""

INK, FAINT, GROUND = (31, 36, 43), (110, 118, 129), (255, 255, 255)

# Inline styles only: GitHub and nbviewer drop style sheets. `currentColor` follows their dark themes.
SHEET = "font:13px/1.4 system-ui,sans-serif;max-width:960px"
TILE = "display:inline-block;width:144px;margin:0 8px 8px 0;vertical-align:top"
LINE = "display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:11px;opacity:.75"
PLACEHOLDER = (
    "display:block;width:144px;height:108px;line-height:108px;text-align:center;background:rgba(128,128,128,.15)"
)


def contact_sheet_html(view: View, n: int = 24) -> str:
    """The first `n` samples of a view as HTML that needs nothing else: pictures as data URIs, all text escaped.

    Raises:
        BadValue: `n` is below 1.
        CurateError: the query cannot run.
    """
    rows, infos, pictures = _samples(view, n)
    count, total = len(rows.positions), view.dataset.count()
    parts = [
        f'<div style="{SHEET}"><p style="margin:0 0 4px"><b>{count:,}</b> of {total:,} samples'
        f"{f', the first {len(infos)} shown' if count > len(infos) else ''}</p>"
    ]
    parts.append(f'<p style="margin:0 0 8px"><code>{escape(wording.python(view.query, longest=400))}</code></p>')
    if not infos:
        parts.append('<p style="margin:0;opacity:.75">No sample fits this query.</p>')
    for info, picture in zip(infos, pictures, strict=True):
        parts.append(f'<span style="{TILE}">{_image(info, picture)}{_caption(info)}</span>')
    return "".join(parts) + "</div>"


def contact_sheet_png(view: View, n: int = 24, columns: int = 6) -> bytes:
    """The first `n` samples of a view as a PNG image, `columns` in a row.

    Raises:
        BadValue: `n` or `columns` is below 1.
        CurateError: the query cannot run.
    """
    buffer = io.BytesIO()
    _sheet(view, n, columns).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def contact_sheet_uri(view: View, n: int = 24, columns: int = 8) -> str:
    """The same as a JPEG in a data URI, small enough to be saved with a widget.

    Raises:
        CurateError: the query cannot run.
    """
    buffer = io.BytesIO()
    _sheet(view, n, columns).save(buffer, "JPEG", quality=75)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def contact_sheet_text(view: View, *, title: str) -> str:
    """The same in one line of plain text."""
    query = wording.python(view.query, longest=400)
    return f"{title} of {len(view.rows().positions):,} of {view.dataset.count():,} samples: {query}"


def _sheet(view: View, n: int, columns: int) -> Image.Image:
    if columns < 1:
        raise BadValue(f"'columns' must be at least 1. Got {columns}.")
    rows, infos, pictures = _samples(view, n)
    gap, head, foot, (width, height) = 8, 30, 18, THUMBNAIL
    lines = max(1, -(-len(infos) // columns))
    sheet = Image.new("RGB", (gap + columns * (width + gap), head + lines * (height + foot + gap)), GROUND)
    draw = ImageDraw.Draw(sheet)
    title = f"{len(rows.positions):,} of {view.dataset.count():,}   {wording.python(view.query, longest=400)}"
    draw.text((gap, 9), title[: 26 * columns], fill=INK)
    for i, (info, picture) in enumerate(zip(infos, pictures, strict=True)):
        x, y = gap + (i % columns) * (width + gap), head + (i // columns) * (height + foot + gap)
        if picture is None:
            draw.rectangle((x, y, x + width - 1, y + height - 1), fill=(238, 240, 242))
            draw.text((x + 8, y + height // 2 - 6), info.status, fill=FAINT)
        else:
            sheet.paste(picture, (x, y))
        score = "" if info.score is None else f"{info.score:.3f}  "
        draw.text((x, y + height + 3), score + _tail(draw, info.name, width - draw.textlength(score)), fill=FAINT)
    return sheet


def _tail(draw: ImageDraw.ImageDraw, name: str, room: float) -> str:
    """As much of a name's end as there is room for (pixels): frames of one drive differ in their last digits."""
    if draw.textlength(name) <= room:
        return name
    while name and draw.textlength("…" + name) > room:
        name = name[1:]
    return "…" + name


def _samples(view: View, n: int) -> tuple[Rows, list[protocol.RowInfo], list[Image.Image | None]]:
    if n < 1:
        raise BadValue(f"'n' must be at least 1. Got {n}.")
    rows = view.rows()
    infos: list[protocol.RowInfo] = []
    pictures: list[Image.Image | None] = []
    while len(infos) < min(n, len(rows.positions)):
        stop = min(n, len(rows.positions), len(infos) + protocol.PAGE_ROWS)
        window = slice(len(infos), stop)
        scores = None if rows.scores is None else rows.scores[window]
        page, data = tiles.page(view.dataset, np.asarray(rows.positions[window]), scores)
        offset = 0
        for info in page:
            pictures.append(_small(data[offset : offset + info.bytes]))
            offset += info.bytes
        infos += page
    return rows, infos, pictures


def _small(data: bytes) -> Image.Image | None:
    if not data:
        return None
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.draft("RGB", THUMBNAIL)
            return ImageOps.fit(image.convert("RGB"), THUMBNAIL, Image.Resampling.BILINEAR)
    except (OSError, ValueError):
        return None


def _image(info: protocol.RowInfo, picture: Image.Image | None) -> str:
    if picture is None:
        return f'<span style="{PLACEHOLDER}">{escape(info.status if info.status != "ok" else "no picture")}</span>'
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=72)
    source = base64.b64encode(buffer.getvalue()).decode("ascii")
    width, height = THUMBNAIL
    alt = escape(alt_text(info))
    return f'<img src="data:image/jpeg;base64,{source}" width="{width}" height="{height}" alt="{alt}">'


def _caption(info: protocol.RowInfo) -> str:
    score = "" if info.score is None else f"{info.score:.3f} "
    tags = "".join(f" #{tag}" for tag in _tags(info))
    return f'<span style="{LINE}" title="{escape(info.name)}">{escape(score + info.name + tags)}</span>'


def alt_text(info: protocol.RowInfo) -> str:
    """A tile in words, for whoever cannot see it."""
    words = [info.name]
    if info.score is not None:
        words.append(f"score {info.score:.3f}")
    if tags := _tags(info):
        words.append("tagged " + ", ".join(tags))
    return ", ".join(words)


def _tags(info: protocol.RowInfo) -> list[str]:
    return [badge.text for badge in info.badges if badge.kind == "tag"]
