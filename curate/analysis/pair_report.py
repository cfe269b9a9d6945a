"""The two distributions that a threshold parts, as text and as a small page.

The page stands in a saved notebook without a kernel: no script, and inline SVG whose lines take the colour of the text around
them, so that it reads in light and in dark. What differs in colour also differs in shape and is written beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np

from curate.analysis.threshold import BINS, Calibration, counted

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 560, 190, 12, 16, 34
_DRAWN = 50
"""Bars of a drawing: the bins of a calibration, four at a time."""

# Okabe and Ito, "Color Universal Design", 2008: told apart by colour-blind people, on white and on black.
_COPIES, _DISTINCT = "#009e73", "#d55e00"


@dataclass(frozen=True, eq=False)
class PairReport:
    """A search for duplicates, drawn.

    Attributes:
        samples: that were searched.
        groups: kind to number.
        redundant: samples that could go.
        threshold: of the similarity.
        similarity: (m,) of the near pairs that are stored.
        calibration: what altered copies and distinct pairs look like; None where nothing could be altered.
        expected: precision that is expected at the threshold; None where it cannot be told.
        measured: what reviewed pairs say, in words; empty before the first.
        notes: what a reader has to know.
    """

    samples: int
    groups: Mapping[str, int]
    redundant: int
    threshold: float
    similarity: np.ndarray
    calibration: Calibration | None
    expected: float | None
    measured: str
    notes: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        """What can be said, one sentence each."""
        counts = ", ".join(f"{number:,} {kind}" for kind, number in self.groups.items() if number)
        groups = sum(self.groups.values())
        found = "nothing is there twice"
        if groups:
            found = f"{_several(groups, 'group')} ({counts}); {_several(self.redundant, 'sample')} could go"
        said = [f"{self.samples:,} samples were searched: {found}."]
        above = int((self.similarity >= self.threshold).sum())
        have = "pair has" if above == 1 else "pairs have"
        said.append(f"{above:,} near {have} a similarity of {self.threshold:.3g} or more.")
        if self.calibration is not None:
            recalls = ", ".join(
                f"{kind} {share:.0%}" for kind, share in self.calibration.recall(self.threshold).items()
            )
            said.append(f"Altered copies that reach it: {recalls}.")
        if self.expected is not None:
            said.append(
                f"Expected precision there: {self.expected:.1%} where the votes err independently, less where different scenes "
                "look alike; reviewed pairs measure it."
            )
        if self.measured:
            said.append(f"Measured: {self.measured}.")
        return [*said, *self.notes]

    def __str__(self) -> str:
        lines = ["Duplicates", *self.sentences]
        if self.calibration is not None:
            lines += ["", *_table(self._counts())]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        drawn = "" if self.calibration is None else _drawing(self._counts(), self.threshold) + _legend()
        return f'<div class="curate-pair-report" style="max-width:900px"><p><b>Duplicates</b></p><ul>{said}</ul>{drawn}</div>'

    def _counts(self) -> dict[str, np.ndarray]:
        assert self.calibration is not None
        counts = {
            "altered copies": np.array(self.calibration.altered),
            "distinct pairs": np.array(self.calibration.distinct),
            "pairs found": counted(self.similarity),
        }
        return {name: values.reshape(_DRAWN, BINS // _DRAWN).sum(axis=1) for name, values in counts.items()}


def _several(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _drawing(counts: Mapping[str, np.ndarray], threshold: float) -> str:
    """Two sets of bars, each to its own scale since they are of different sizes, a line for what was found, and the threshold."""
    width, base = _WIDTH - 2 * _LEFT, _HEIGHT - _BOTTOM
    bar = width / _DRAWN
    body = f'<path d="M{_LEFT} {base}H{_WIDTH - _LEFT}" fill="none" stroke="currentColor" opacity="0.5"/>'
    for name, colour, inset in (("distinct pairs", _DISTINCT, 0.0), ("altered copies", _COPIES, 0.25)):
        most = max(int(counts[name].max()), 1)
        for at in np.flatnonzero(counts[name]).tolist():
            high = max((base - _TOP) * counts[name][at] / most, 1.0)
            body += (
                f'<rect x="{_LEFT + (at + inset) * bar:.1f}" y="{base - high:.1f}" width="{bar * (1 - 2 * inset):.1f}" '
                f'height="{high:.1f}" fill="{colour}" fill-opacity="{0.9 if inset else 0.45}"/>'
            )
    found = counts["pairs found"]
    if found.any():
        scale = (base - _TOP) / int(found.max())
        points = " ".join(
            f"{_LEFT + (at + 0.5) * bar:.1f},{base - count * scale:.1f}" for at, count in enumerate(found.tolist())
        )
        body += f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-dasharray="3 3" opacity="0.8"/>'
    x = _LEFT + threshold * width
    body += f'<path d="M{x:.1f} {_TOP - 6}V{base + 4}" stroke="currentColor" stroke-width="2"/>'
    body += f'<text x="{x - 4:.1f}" y="{_TOP + 2}" text-anchor="end">threshold {threshold:.3g}</text>'
    for value in (0, 0.25, 0.5, 0.75, 1):
        anchor = "start" if value == 0 else "end" if value == 1 else "middle"
        body += f'<text x="{_LEFT + value * width:.1f}" y="{base + 16}" text-anchor="{anchor}">{value:g}</text>'
    body += f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 3}" text-anchor="middle">similarity</text>'
    totals = ", ".join(f"{int(values.sum()):,} {name}" for name, values in counts.items())
    label = escape(f"Similarity from 0 to 1: {totals}; the threshold is {threshold:.3g}", quote=True)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}" '
        f'style="width:100%;max-width:{_WIDTH}px;height:auto;color:inherit;font:11px sans-serif" fill="currentColor">{body}</svg>'
    )


def _legend() -> str:
    square = '<span style="white-space:nowrap"><span style="color:{};opacity:{}" aria-hidden="true">■</span> {}</span>'
    return (
        '<div style="font-size:12px">'
        + square.format(_DISTINCT, 0.45, "wide bars: pairs that are distinct for certain")
        + " "
        + square.format(_COPIES, 0.9, "narrow bars: altered copies of these pictures")
        + ' <span style="white-space:nowrap">┄ near pairs found; each to its own scale</span></div>'
    )


def _table(counts: Mapping[str, np.ndarray]) -> list[str]:
    """Ten rows, the most alike first."""
    tens = {name: values.reshape(10, -1).sum(axis=1) for name, values in counts.items()}
    head = f"{'similarity':>12}" + "".join(f"{name:>16}" for name in tens)
    rows = [
        f"{at / 10:>5.1f} to {(at + 1) / 10:.1f}" + "".join(f"{int(values[at]):>16,}" for values in tens.values())
        for at in range(9, -1, -1)
    ]
    return [head, *rows]
