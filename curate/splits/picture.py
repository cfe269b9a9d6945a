"""A certificate as one PNG, drawn by Pillow with its own font."""

from __future__ import annotations

import io
import textwrap
from typing import Any

from curate.splits import report
from curate.splits.certificate import Certificate, ColumnBalance
from curate.splits.page import COLOURS

WIDTH = 1000
"""Pixels."""

_MARGIN, _LINE, _SIZE = 24, 22, 15
_INK, _PALE, _GOOD, _BAD = "#1f1f1f", "#6a6a6a", "#2e8b57", "#b3243b"
_PICTURE = 88
_LETTERS = 128  # a line


def as_png(certificate: Certificate) -> bytes:
    """The picture, as high as it has to be."""
    # drawn twice: the first time says how high it is
    height = _Sheet(certificate, 10).drawn()
    buffer = io.BytesIO()
    sheet = _Sheet(certificate, height)
    sheet.drawn()
    sheet.image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


class _Sheet:
    """A page that is filled from the top."""

    def __init__(self, certificate: Certificate, height: int) -> None:
        from PIL import Image, ImageDraw, ImageFont

        self.certificate = certificate
        self.image = Image.new("RGB", (WIDTH, height), "white")
        self.draw: Any = ImageDraw.Draw(self.image)
        self.plain: Any = ImageFont.load_default(_SIZE)
        self.large: Any = ImageFont.load_default(_SIZE + 7)
        self.y = _MARGIN

    def drawn(self) -> int:
        """Draw it, and say how high it is."""
        certificate = self.certificate
        self._text(report.title(certificate), colour=_GOOD if certificate.passed else _BAD, font=self.large, step=34)
        self._sizes()
        for promise in certificate.promises:
            self._text(
                f"{'pass' if promise.passed else 'FAIL'}  {promise.name}: {promise.text}",
                colour=_INK if promise.passed else _BAD,
            )
        for column in certificate.columns:
            self._balance(column)
        if shares := report.neighbours(certificate):
            self._text(report.neighbours_title(certificate), above=12)
            self._columns(shares)
        self._pairs()
        if times := report.periods(certificate):
            self.y += 12
            self._columns(times)
        self.y += 12
        for name, text in report.origin(certificate):
            self._text(f"{name}: {text}", colour=_PALE)
        for warning in certificate.warnings:
            self._text(f"warning: {warning}", colour=_PALE)
        return self.y + _MARGIN

    def _text(self, text: str, *, colour: str = _INK, font: Any = None, step: int = _LINE, above: int = 0) -> None:
        self.y += above
        for line in textwrap.wrap(_drawable(text), _LETTERS) or [""]:
            self.draw.text((_MARGIN, self.y), line, fill=colour, font=font or self.plain)
            self.y += step

    def _columns(self, rows: report.Rows) -> None:
        width = min(180, (WIDTH - 2 * _MARGIN) // max(len(rows[0]), 1))
        for number, row in enumerate(rows):
            for at, cell in enumerate(row):
                self.draw.text(
                    (_MARGIN + at * width, self.y),
                    _drawable(cell)[: width // 8],
                    fill=_INK if number else _PALE,
                    font=self.plain,
                )
            self.y += _LINE

    def _sizes(self) -> None:
        total = max(sum(part.got for part in self.certificate.parts), 1)
        for number, part in enumerate(self.certificate.parts):
            colour = COLOURS[number % len(COLOURS)]
            words = f"{part.name}: {part.got:,} of {part.wanted:,} wanted"
            self.draw.text((_MARGIN, self.y), _drawable(words)[:50], fill=_INK, font=self.plain)
            self._bar(420, self.y + 3, part.got / total * (WIDTH - 420 - _MARGIN), 13, colour)
            self.y += _LINE
        if self.certificate.unassigned:
            self._text(f"{self.certificate.unassigned:,} samples are in no part")
        self.y += 10

    def _balance(self, column: ColumnBalance) -> None:
        self._text(f"{column.column}, share of each part", above=12, colour=_PALE)
        most = max((share for c in column.classes for share in c.shares), default=0.0) or 1.0
        for c in report.listed(column):
            name = "(no value)" if c.value is None else c.value
            self.draw.text((_MARGIN, self.y), _drawable(f"{name} ({c.total:,})")[:44], fill=_INK, font=self.plain)
            for number, share in enumerate(c.shares):
                high = max(16 // len(c.shares), 2)
                self._bar(420, self.y + 2 + number * high, share / most * 440, high - 1, COLOURS[number % len(COLOURS)])
            self.draw.text((880, self.y), f"{c.deviation:.2f} pp", fill=_INK, font=self.plain)
            self.y += _LINE
        for line in report.left_out(column):
            self._text(line, colour=_PALE)

    def _pairs(self) -> None:
        """The closest pairs, five in a row."""
        from PIL import Image, ImageOps

        if not self.certificate.closest:
            return
        self._text("closest pairs across parts", above=12)
        wide = (WIDTH - 2 * _MARGIN) // 5
        for number, pair in enumerate(self.certificate.closest):
            x, y = _MARGIN + number % 5 * wide, self.y
            for side, sample in enumerate((pair.left, pair.right)):
                jpeg = self.certificate.pictures.get(sample)
                box = (x + side * (_PICTURE + 2), y)
                if jpeg is None:
                    self.draw.rectangle((*box, box[0] + _PICTURE, box[1] + 66), outline=_PALE)
                else:
                    with Image.open(io.BytesIO(jpeg)) as image:
                        self.image.paste(ImageOps.fit(image.convert("RGB"), (_PICTURE, 66)), box)
            words = f"{pair.similarity:.3f} {pair.left_part}, {pair.right_part}"
            self.draw.text((x, y + 68), _drawable(words)[:23], fill=_INK, font=self.plain)
            if number % 5 == 4 or number == len(self.certificate.closest) - 1:
                self.y += 96

    def _bar(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        if width > 0 and height > 0:
            self.draw.rectangle((x, y, x + max(width, 1), y + height), fill=colour)


def _drawable(text: str) -> str:
    return "".join(ch if ch.isprintable() else "�" for ch in text)
