"""Issues as HTML for a saved notebook: how many of each kind, and the worst pictures."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

from curate.analysis.issues import STATUSES, score_name

if TYPE_CHECKING:
    from curate.issues import Issues

WORST = 6
"""Pictures of each kind."""

WIDTH, HEIGHT = 96, 72
"""Of a picture, in CSS pixels."""

ABOUT = {
    "dark": "even the brightest parts are dark",
    "light": "even the darkest parts are bright",
    "underexposed": "much of the picture is black",
    "overexposed": "much of the picture is white",
    "blurry": "no edge in it is sharp",
    "low_information": "nearly one shade everywhere",
    "grayscale": "without colour, among coloured pictures",
    "odd_size": "far larger or smaller than the others",
    "odd_aspect_ratio": "very long and narrow",
    "rotated": "stored turned; a reader that ignores EXIF sees it so",
    "wrong_suffix": "the name ends like another format",
    "missing": "the file is gone",
    "empty": "the file has zero bytes",
    "corrupt": "the file cannot be decoded",
    "too_large": "more pixels or bytes than the limit",
    "unreadable": "the file may not, or cannot, be read",
    "box_outside": "a box reaches over the edge of its picture",
    "box_empty": "a box without an area",
    "box_duplicate": "the same box twice",
    "unknown_class": "a class that was not declared",
    "class_spelling": "a class that differs from another by case or spelling",
    "label_without_picture": "a label whose picture cannot be read",
    "picture_without_label": "a picture without a label, where most have one",
}
"""Kind to what it says of a sample, in words."""

_CELL = "<td style='text-align:left;vertical-align:top'>"


def sheet(issues: Issues) -> str:
    """HTML that needs nothing else: counts, thresholds, and the worst pictures as data URIs."""
    some = sorted(((kind, n) for kind, n in issues.counts.items() if n), key=lambda pair: -pair[1])
    head = f"<p><b>{issues.found:,}</b> of {issues.info.samples:,} samples have at least one issue</p>"
    rows = "".join(_row(issues, kind, n) for kind, n in some)
    titles = "".join(f"<th style='text-align:left'>{t}</th>" for t in ("issue", "samples", "threshold", "the worst"))
    table = f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>" if some else ""
    none = [kind for kind, n in issues.counts.items() if not n]
    parts = [head, table]
    if none:
        parts.append(f"<p>none: {escape(', '.join(none))}</p>")
    if issues.later:
        parts.append(f"<p>{issues.later:,} came later; <code>ds.find_issues()</code> looks at those, too</p>")
    return f"<div class='curate-issues'>{''.join(parts)}</div>"


def _row(issues: Issues, kind: str, count: int) -> str:
    pictures = "" if kind in STATUSES else _pictures(issues, kind)
    return (
        f"<tr>{_CELL}<b>{escape(kind)}</b><br>{escape(ABOUT.get(kind, ''))}</td>{_CELL}{count:,}</td>"
        f"{_CELL}{_threshold(issues, kind)}</td>{_CELL}{pictures}</td></tr>"
    )


def _threshold(issues: Issues, kind: str) -> str:
    threshold = issues.thresholds.get(kind)
    if not isinstance(threshold, dict):
        return "" if threshold is None else f"{threshold:g}"
    groups = [f"{escape('others' if value is None else str(value))}: {number:g}" for value, number in threshold.items()]
    return "<br>".join([f"by {escape(str(issues.info.by))}", *groups])


def _pictures(issues: Issues, kind: str) -> str:
    """The worst of a kind that have a picture."""
    worst = issues[kind].limit(WORST)
    frame = worst.df(["sample_id", "uri", score_name(kind)])
    shown = []
    at = issues.dataset.positions_of(frame["sample_id"].to_numpy())
    for jpeg, (_, uri, score) in zip(issues.dataset.thumbnails(at), frame.iter_rows(), strict=True):
        if jpeg is not None:
            words = f"{uri}, {kind} {score:.2f}"
            shown.append(
                f"<img src='data:image/jpeg;base64,{_small(jpeg)}' width='{WIDTH}' height='{HEIGHT}' "
                f"alt='{escape(words, quote=True)}' title='{escape(words, quote=True)}' style='margin:0 4px 4px 0'>"
            )
    return "".join(shown)


def _small(jpeg: bytes) -> str:
    from PIL import Image, ImageOps

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as image:
        # twice the size, for screens of two pixels a CSS pixel
        ImageOps.fit(image.convert("RGB"), (2 * WIDTH, 2 * HEIGHT)).save(buffer, "JPEG", quality=72)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
