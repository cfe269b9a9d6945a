"""A certificate as a table of text, and as a small page."""

from __future__ import annotations

from html import escape

from curate.splits.certificate import Certificate, ClassBalance, ColumnBalance

LISTED = 12  # classes a column: the furthest off first, the others counted


def as_text(certificate: Certificate) -> str:
    """Sizes, promises, the classes of each column and the warnings, in a fixed-width table."""
    lines = [f"Split certificate: {'passed' if certificate.passed else 'FAILED'}", ""]
    lines += _aligned(
        [["part", "wanted", "got"], *([p.name, f"{p.wanted:,}", f"{p.got:,}"] for p in certificate.parts)]
    )
    if certificate.unassigned:
        lines.append(f"{certificate.unassigned:,} samples are in no part")
    lines.append("")
    for promise in certificate.promises:
        lines.append(f"{'pass' if promise.passed else 'FAIL'}  {promise.name}: {promise.text}")
    for column in certificate.columns:
        lines += ["", *_aligned([_header(certificate, column), *(_row(certificate, c) for c in _listed(column))])]
        lines += _left_out(column)
    lines += [f"warning: {warning}" for warning in certificate.warnings]
    return "\n".join(lines)


def as_html(certificate: Certificate) -> str:
    """The same as a page of a few kilobytes: no script, no colour that a theme could swallow."""
    parts = [["part", "wanted", "got"], *([p.name, f"{p.wanted:,}", f"{p.got:,}"] for p in certificate.parts)]
    promises = "".join(
        f"<li>{'✓' if p.passed else '✗'} <b>{escape(p.name)}</b>: {escape(p.text)}</li>" for p in certificate.promises
    )
    columns = "".join(
        _table([_header(certificate, column), *(_row(certificate, c) for c in _listed(column))])
        + "".join(f"<p>{escape(line)}</p>" for line in _left_out(column))
        for column in certificate.columns
    )
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in certificate.warnings)
    unassigned = f"<p>{certificate.unassigned:,} samples are in no part</p>" if certificate.unassigned else ""
    verdict = "passed" if certificate.passed else "failed"
    return (
        f'<div class="curate-certificate"><p><b>Split certificate: {verdict}</b></p>{_table(parts)}{unassigned}'
        f'<ul style="list-style:none;padding-left:0">{promises}</ul>{columns}'
        + (f"<p>Warnings</p><ul>{warnings}</ul>" if warnings else "")
        + "</div>"
    )


def _listed(column: ColumnBalance) -> list[ClassBalance]:
    shown = sorted(column.classes, key=lambda c: -max(c.deviation, c.class_deviation))[:LISTED]
    return sorted(shown, key=lambda c: -c.total)


def _left_out(column: ColumnBalance) -> list[str]:
    more = len(column.classes) - LISTED
    return [f"and {more:,} more classes, each nearer to its share"] if more > 0 else []


def _header(certificate: Certificate, column: ColumnBalance) -> list[str]:
    return [column.column, "samples", *(part.name for part in certificate.parts), "deviation"]


def _row(certificate: Certificate, c: ClassBalance) -> list[str]:
    name = "(no value)" if c.value is None else c.value
    cells = [
        f"{count:,} ({share:.1%})" if part.got else f"{count:,}"
        for part, count, share in zip(certificate.parts, c.counts, c.shares, strict=True)
    ]
    return [name, f"{c.total:,}", *cells, f"{c.deviation:.2f} pp"]


def _aligned(rows: list[list[str]]) -> list[str]:
    # A class is text from anywhere: one line each, so that it cannot draw a table of its own.
    clean = [["".join(ch if ch.isprintable() else "�" for ch in cell)[:40] for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in clean) for i in range(len(clean[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in clean
    ]


def _table(rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
