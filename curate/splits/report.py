"""What a certificate says, in tables: as text here, as a page in `page`, as a picture in `picture`."""

from __future__ import annotations

from curate.splits.certificate import Certificate, ClassBalance, ColumnBalance, Join, LargeGroup
from curate.splits.nearness import ClosePair

LISTED = 12  # classes a column: the furthest off first, the others counted

Rows = list[list[str]]


def as_text(certificate: Certificate) -> str:
    """Sizes, promises, the classes of each column, what is near across parts, and the warnings, in fixed-width tables."""
    lines = [title(certificate), "", *aligned(sizes(certificate))]
    if certificate.unassigned:
        lines.append(f"{certificate.unassigned:,} samples are in no part")
    lines.append("")
    lines += [f"{'pass' if p.passed else 'FAIL'}  {p.name}: {p.text}" for p in certificate.promises]
    for column in certificate.columns:
        lines += ["", *aligned([header(certificate, column), *(row(certificate, c) for c in listed(column))])]
        lines += left_out(column)
    if shares := neighbours(certificate):
        lines += ["", neighbours_title(certificate), *aligned(shares)]
    if certificate.closest:
        lines += ["", "closest pairs across parts", *aligned([pair_row(pair) for pair in certificate.closest])]
    if certificate.largest:
        lines += ["", "largest groups that near-duplicates made"]
        for group in certificate.largest:
            lines += [large_group(group), *(f"  {join_words(join)}" for join in group.joins)]
    if times := periods(certificate):
        lines += ["", *aligned(times)]
    if facts := origin(certificate):
        lines += ["", *(f"{name}: {clean(text)}" for name, text in facts)]
    lines += [f"warning: {clean(warning)}" for warning in certificate.warnings]
    return "\n".join(lines)


def title(certificate: Certificate) -> str:
    """The verdict."""
    return f"Split certificate: {'passed' if certificate.passed else 'FAILED'}"


def sizes(certificate: Certificate) -> Rows:
    """Samples wanted and got."""
    return [["part", "wanted", "got"], *([p.name, f"{p.wanted:,}", f"{p.got:,}"] for p in certificate.parts)]


def listed(column: ColumnBalance) -> list[ClassBalance]:
    """The classes that are shown: those furthest off, the largest first."""
    shown = sorted(column.classes, key=lambda c: -max(c.deviation, c.class_deviation))[:LISTED]
    return sorted(shown, key=lambda c: -c.total)


def left_out(column: ColumnBalance) -> list[str]:
    """What is said of the others."""
    more = len(column.classes) - LISTED
    return [f"and {more:,} more classes, each nearer to its share"] if more > 0 else []


def header(certificate: Certificate, column: ColumnBalance) -> list[str]:
    """Over the classes of a column."""
    return [column.column, "samples", *(part.name for part in certificate.parts), "deviation"]


def row(certificate: Certificate, c: ClassBalance) -> list[str]:
    """One class."""
    cells = [
        f"{count:,} ({share:.1%})" if part.got else f"{count:,}"
        for part, count, share in zip(certificate.parts, c.counts, c.shares, strict=True)
    ]
    return ["(no value)" if c.value is None else c.value, f"{c.total:,}", *cells, f"{c.deviation:.2f} pp"]


def neighbours_title(certificate: Certificate) -> str:
    """Over `neighbours`."""
    reference = "" if certificate.nearness is None else certificate.nearness.reference
    looked = {share.part: share.samples for share in certificate.nearness.shares} if certificate.nearness else {}
    sampled = any(p.name in looked and looked[p.name] < p.got for p in certificate.parts)
    some = f" (of {sum(looked.values()):,} that were looked at)" if sampled else ""
    return f"share with a neighbour in {reference!r}, by similarity{some}"


def neighbours(certificate: Certificate) -> Rows:
    """One row a part, one column a threshold; empty where nobody looked."""
    if certificate.nearness is None or not certificate.nearness.shares:
        return []
    shares = certificate.nearness.shares
    levels = list(dict.fromkeys(share.threshold for share in shares))
    known = {(share.part, share.threshold): share for share in shares}
    mark = certificate.nearness.threshold
    head = [f"{level:.4g}{' *' if mark is not None and abs(level - mark) < 1e-6 else ''}" for level in levels]
    parts = dict.fromkeys(share.part for share in shares)
    rows = [[part, *(f"{known[part, level].share:.1%}" for level in levels)] for part in parts]
    return [["part", *head], *rows]


def pair_row(pair: ClosePair) -> list[str]:
    """One of the closest pairs."""
    return [f"{pair.similarity:.4f}", pair.by, f"{pair.left_part} {pair.left}", f"{pair.right_part} {pair.right}"]


def large_group(group: LargeGroup) -> str:
    """One of the largest groups, in words."""
    of = "" if group.groups == group.samples else f", put together from {group.groups:,} groups"
    return f"{group.samples:,} samples{of}"


def join_words(join: Join) -> str:
    """What joined two pieces of a group."""
    names = (
        clean(name) or str(sample) for name, sample in ((join.left_group, join.left), (join.right_group, join.right))
    )
    one, two = names
    return f"{one} ({join.sizes[0]:,}) and {two} ({join.sizes[1]:,}) by a pair of {join.similarity:.4f}"


def periods(certificate: Certificate) -> Rows:
    """From when to when each part is."""
    if not certificate.times:
        return []
    rows = [[t.part, t.first or "", t.last or "", f"{t.without:,}"] for t in certificate.times]
    return [["part", "from", "to", "without a time"], *rows]


def origin(certificate: Certificate) -> list[tuple[str, str]]:
    """How the split came to be: name and text."""
    seed = [] if certificate.seed is None else [("seed", str(certificate.seed))]
    if (known := certificate.origin) is None:
        return seed
    facts = [("split", known.name), ("query", known.query), *seed]
    if known.encoder:
        facts.append(("encoder", f"{known.encoder.get('name')} ({known.encoder.get('weights_hash', '')[:12]})"))
    if known.snapshot:
        facts.append(("snapshot", ", ".join(f"{name} {version}" for name, version in known.snapshot.items())))
    if known.by_time:
        facts.append(("by time", f"{known.by_time}, gap {known.gap}" if known.gap else known.by_time))
    if known.fixed:
        facts.append(("fixed", ", ".join(f"{part}: {count:,}" for part, count in known.fixed.items())))
    if known.added:
        facts.append(("grown by", ", ".join(f"{count:,}" for count in known.added)))
    return facts


def clean(text: str) -> str:
    """Text that is only text."""
    # A class or a query is text from anywhere: it must not draw a table of its own, nor obey a terminal.
    return "".join(ch if ch.isprintable() else "�" for ch in text)


def aligned(rows: Rows) -> list[str]:
    """Lines of a table with columns of equal width."""
    cells = [[clean(cell)[:40] for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]
