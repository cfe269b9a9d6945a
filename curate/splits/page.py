"""A certificate as a small page: bars, the closest pairs as pictures, no script, in the colours of whatever page it is on."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape

from curate.splits import report
from curate.splits.certificate import Certificate, ColumnBalance
from curate.splits.nearness import ClosePair

COLOURS = ("#4c78a8", "#e1812c", "#3a923a", "#8d6bb8", "#b5617f", "#7f7f3a")
"""Of the parts, in their order: told apart by colour-blind people, and on white as on black."""

_SIDE = 104  # CSS pixels of a picture


def as_html(certificate: Certificate) -> str:
    """The page."""
    sections = [
        _head(certificate),
        _promises(certificate),
        *(_balance(certificate, column) for column in certificate.columns),
        near(certificate),
        _largest(certificate),
        _times(certificate),
        _origin(certificate),
        warnings(certificate),
    ]
    return (
        '<div class="curate-certificate" style="max-width:980px;color:inherit;font-size:13px;line-height:1.45">'
        + "".join(sections)
        + "</div>"
    )


def _head(certificate: Certificate) -> str:
    verdict = "passed" if certificate.passed else "failed"
    mark, colour = ("✓", "#2e8b57") if certificate.passed else ("✗", "#d1495b")
    total = max(sum(p.got for p in certificate.parts), 1)
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{_dot(number)} {escape(p.name)}</th>{_cell(f"{p.wanted:,}")}'
        f'{_cell(f"{p.got:,}")}<td style="width:240px;text-align:left">{_bar(p.got / total, number)}</td></tr>'
        for number, p in enumerate(certificate.parts)
    )
    unassigned = f"<p>{certificate.unassigned:,} samples are in no part</p>" if certificate.unassigned else ""
    return (
        f'<p style="font-size:15px;margin:4px 0"><span style="color:{colour};font-weight:bold" aria-hidden="true">{mark}</span> '
        f"<b>Split certificate: {verdict}</b></p>"
        f"<table><thead><tr>{_heads(['part', 'wanted', 'got'])}<th></th></tr></thead><tbody>{rows}</tbody></table>{unassigned}"
    )


def _promises(certificate: Certificate) -> str:
    items = "".join(
        f"<li>{'✓' if p.passed else '✗'} <b>{escape(p.name)}</b>{'' if p.passed else ' (not kept)'}: {escape(p.text)}</li>"
        for p in certificate.promises
    )
    return f'<ul style="list-style:none;padding-left:0;margin:6px 0">{items}</ul>'


def _balance(certificate: Certificate, column: ColumnBalance) -> str:
    """One row a class: its count and share in each part, with a bar for each."""
    names = [part.name for part in certificate.parts]
    most = max((share for c in column.classes for share in c.shares), default=0.0) or 1.0
    rows = []
    for c in report.listed(column):
        first, total, *cells, deviation = report.row(certificate, c)
        bars = "".join(
            f'<div style="margin:1px 0">{_bar(share / most, number, height=5)}</div>'
            for number, share in enumerate(c.shares)
        )
        rows.append(
            f'<tr><th scope="row" style="text-align:left;font-weight:normal">{escape(first)}</th>{_cell(total)}'
            f"{''.join(_cell(cell) for cell in cells)}{_cell(deviation)}"
            f'<td style="width:140px;text-align:left" aria-hidden="true">{bars}</td></tr>'
        )
    more = "".join(f"<p>{escape(line)}</p>" for line in report.left_out(column))
    heads = _heads([column.column, "samples", *names, "deviation"])
    return f"<table><thead><tr>{heads}<th></th></tr></thead><tbody>{''.join(rows)}</tbody></table>{more}"


def near(certificate: Certificate, names: Mapping[int, str] | None = None) -> str:
    """Shares with a neighbour, and the closest pairs; `names` says what a sample is called, by its id."""
    page = ""
    if shares := report.neighbours(certificate):
        mark = certificate.nearness is not None and certificate.nearness.threshold is not None
        note = "<p style='margin:2px 0'>* from here on two samples are near</p>" if mark else ""
        page += f"<p style='margin:8px 0 2px'><b>{escape(report.neighbours_title(certificate))}</b></p>{table(shares)}{note}"
    if certificate.closest:
        numbers = {part.name: number for number, part in enumerate(certificate.parts)}
        pairs = "".join(_pair(certificate, pair, numbers, names or {}) for pair in certificate.closest)
        page += (
            "<p style='margin:8px 0 2px'><b>closest pairs across parts</b></p>"
            f'<div style="display:flex;flex-wrap:wrap;gap:10px">{pairs}</div>'
        )
    return page


def _pair(certificate: Certificate, pair: ClosePair, numbers: dict[str, int], names: Mapping[int, str]) -> str:
    sides = ((pair.left, pair.left_part), (pair.right, pair.right_part))
    pictures = "".join(_picture(certificate, sample, part, names) for sample, part in sides)
    parts = " ".join(f"{_dot(numbers.get(part, 0))} {escape(part)}" for _, part in sides)
    return (
        f'<figure style="margin:0"><div style="display:flex;gap:2px">{pictures}</div>'
        f'<figcaption style="font-size:12px">{pair.similarity:.4f} {escape(pair.by)} {parts}</figcaption></figure>'
    )


def _picture(certificate: Certificate, sample: int, part: str, names: Mapping[int, str]) -> str:
    jpeg = certificate.pictures.get(sample)
    box = f"width:{_SIDE}px;height:{round(_SIDE * 0.75)}px"
    called = names.get(sample, f"sample {sample}")
    alt = escape(f"{called} of {part}", quote=True)
    if jpeg is None:
        words = f"<span style='padding:4px;overflow-wrap:anywhere;font-size:11px'>{escape(names.get(sample, str(sample)))}</span>"
        return f'<div style="{box};border:1px solid currentColor;opacity:.7;box-sizing:border-box">{words}</div>'
    source = base64.b64encode(jpeg).decode("ascii")
    return f'<img src="data:image/jpeg;base64,{source}" alt="{alt}" title="{alt}" style="{box};object-fit:cover;display:block">'


def _largest(certificate: Certificate) -> str:
    if not certificate.largest:
        return ""
    items = "".join(
        f"<li>{escape(report.large_group(group))}"
        f"<ul>{''.join(f'<li>{escape(report.join_words(join))}</li>' for join in group.joins)}</ul></li>"
        for group in certificate.largest
    )
    return f"<details><summary>largest groups that near-duplicates made</summary><ul>{items}</ul></details>"


def _times(certificate: Certificate) -> str:
    times = report.periods(certificate)
    return table(times) if times else ""


def _origin(certificate: Certificate) -> str:
    facts = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left;overflow-wrap:anywhere"><code>{escape(text)}</code></td></tr>'
        for name, text in report.origin(certificate)
    )
    return (
        f"<details><summary>how it came to be</summary><table><tbody>{facts}</tbody></table></details>" if facts else ""
    )


def warnings(certificate: Certificate) -> str:
    """What is known to be less than promised."""
    items = "".join(f"<li>{escape(warning)}</li>" for warning in certificate.warnings)
    return f"<p style='margin:8px 0 2px'><b>Warnings</b></p><ul style='margin:0'>{items}</ul>" if items else ""


def table(rows: report.Rows) -> str:
    """Rows under their first one."""
    body = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(row[0])}</th>{"".join(_cell(cell) for cell in row[1:])}</tr>'
        for row in rows[1:]
    )
    return f"<table><thead><tr>{_heads(rows[0])}</tr></thead><tbody>{body}</tbody></table>"


def _heads(names: list[str]) -> str:
    sides = ["left", *["right"] * (len(names) - 1)]
    return "".join(
        f'<th scope="col" style="text-align:{side};padding:1px 6px">{escape(name)}</th>'
        for name, side in zip(names, sides, strict=True)
    )


def _cell(text: str) -> str:
    return f'<td style="text-align:right;white-space:nowrap;padding:1px 6px">{escape(text)}</td>'


def _bar(share: float, number: int, *, height: int = 10) -> str:
    colour = COLOURS[number % len(COLOURS)]
    return f'<div style="width:{100 * min(share, 1):.1f}%;min-width:1px;height:{height}px;background:{colour}"></div>'


def _dot(number: int) -> str:
    return f'<span style="color:{COLOURS[number % len(COLOURS)]}" aria-hidden="true">■</span>'
