"""What a hunt came to, as text and as a small page: found over answers, what is left, and where the answers lie.

The page stands in a saved notebook without a kernel: no script, and inline SVG whose lines take the colour of the text around
them, so that it reads in light and in dark. What differs in colour also differs in shape or is written beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

import numpy as np

from curate.hunting.space import Booleans, Floats
from curate.store.hunts import NO, UNSURE, YES

Scale: TypeAlias = "Callable[[float], float]"

BINS = 30
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 420, 150, 44, 14, 30

# Okabe and Ito, "Color Universal Design", 2008: told apart by colour-blind people, on white and on black.
_YES, _NO, _UNSURE = "#009e73", "#d55e00", "#cc79a7"
_VERDICTS = (("yes", YES, _YES), ("unsure", UNSURE, _UNSURE), ("no", NO, _NO))
_OPACITY = {"yes": 1, "unsure": 1, "no": 0.45}


@dataclass(frozen=True)
class Histogram:
    """Scores by verdict.

    Attributes:
        edges: (b + 1,) float64.
        answered: verdict to (b,) int64 samples.
        open: (b,) int64 samples without an answer.
        learnt: whether the scores are a model's, or the words'.
    """

    edges: np.ndarray
    answered: dict[str, np.ndarray]
    open: np.ndarray
    learnt: bool


@dataclass(frozen=True, eq=False)
class Report:
    """A hunt, drawn.

    Attributes:
        name: of the hunt.
        python: the call that resumes it.
        samples: that it looks at.
        verdicts: (m,) int8 of the answered samples, in the order of their first answers: 1 yes, 0 no, -1 unsure.
        sentences: what can be said of what is left.
        interval: between how many and how many there are in the zone of the latest audit; None before the first.
        histogram: of scores by verdict; None where nothing is scored.
    """

    name: str
    python: str
    samples: int
    verdicts: np.ndarray
    sentences: tuple[str, ...]
    interval: tuple[int, int] | None
    histogram: Histogram | None

    @property
    def found(self) -> np.ndarray:
        """(m,) int64, how many were found after each answer."""
        found: np.ndarray = np.cumsum(self.verdicts == YES)
        return found

    def __str__(self) -> str:
        lines = [f"Hunt {self.name!r} in {self.samples:,} samples", self._counts(), *self.sentences]
        if len(self.verdicts):
            lines += ["", *_text_curve(self.found)]
        if self.histogram is not None:
            lines += ["", *_text_histogram(self.histogram)]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        drawn = ""
        if len(self.verdicts):
            drawn += _figure("Found over answers", _curve(self.found, self.interval))
        if self.histogram is not None:
            what = "the model" if self.histogram.learnt else "the words"
            drawn += _figure(f"How likely {what} took them, by answer", _bars(self.histogram) + _legend())
        return (
            f'<div class="curate-hunt-report" style="max-width:900px"><p><b>Hunt: {escape(self.name)}</b> '
            f"in {self.samples:,} samples</p><p>{escape(self._counts())}</p><ul>{said}</ul>"
            f'<div style="display:flex;flex-wrap:wrap;gap:16px">{drawn}</div>'
            f'<p><code style="overflow-wrap:anywhere">{escape(_cut(self.python))}</code></p></div>'
        )

    def _counts(self) -> str:
        counts = [f"{int(np.sum(self.verdicts == verdict)):,} {word}" for word, verdict, _ in _VERDICTS]
        return f"{len(self.verdicts):,} answered: {', '.join(counts)}"


def histogram(scores: Floats, verdicts: np.ndarray, rest: Floats, *, learnt: bool) -> Histogram | None:
    """Count scores by verdict.

    Args:
        scores: (m,) of the answered samples; nan is left out.
        verdicts: (m,) int8, 1 yes, 0 no, -1 unsure.
        rest: (k,) scores of the samples without an answer.
        learnt: whether the scores are a model's.

    Returns:
        None where there is no score.

    >>> histogram(np.array([1.0, 2.0]), np.array([0, 1], np.int8), np.array([0.0]), learnt=True).open.tolist()[0]
    1
    """
    everything = np.concatenate([scores, rest])
    everything = everything[np.isfinite(everything)]
    if not everything.size:
        return None
    low, high = float(everything.min()), float(everything.max())
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)

    def counted(these: Booleans) -> np.ndarray:
        return np.histogram(scores[these & np.isfinite(scores)], edges)[0]

    answered = {word: counted(verdicts == verdict) for word, verdict, _ in _VERDICTS}
    return Histogram(edges, answered, np.histogram(rest[np.isfinite(rest)], edges)[0], learnt)


def _figure(title: str, drawn: str) -> str:
    return f'<figure style="margin:0;flex:1 1 {_WIDTH}px;min-width:260px"><figcaption>{escape(title)}</figcaption>{drawn}</figure>'


def _svg(label: str, body: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label, quote=True)}" '
        f'style="width:100%;height:auto;color:inherit;font:11px sans-serif" fill="currentColor">{body}</svg>'
    )


def _curve(found: np.ndarray, interval: tuple[int, int] | None) -> str:
    answers, most = len(found), int(found[-1])
    top = max(most, interval[1] if interval else 0, 1)
    x, y = _scales(answers, top)
    at = np.unique(np.linspace(0, answers - 1, min(answers, 400)).round().astype(int))
    points = " ".join(f"{x(i + 1):.1f},{y(int(found[i])):.1f}" for i in at)
    body = _frame(f"{answers:,} answers", "0", f"{top:,}", "0")
    label = f"{most:,} found in {answers:,} answers"
    if interval:
        low, high = interval
        label += f"; between {low:,} and {high:,} in the zone of the latest audit"
        band = max(y(low) - y(high), 1.5)
        body += (
            f'<rect x="{_LEFT}" y="{y(high):.1f}" width="{_WIDTH - _LEFT - 8}" height="{band:.1f}" '
            f'fill="{_YES}" fill-opacity="0.25"/>'
            f'<text x="{_LEFT + 6}" y="{max(y(high) - 3, 9):.1f}">interval {low:,} to {high:,}</text>'
        )
    line = (
        f'<polyline points="{x(0):.1f},{y(0):.1f} {points}" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linejoin="round"/>'
    )
    return _svg(label, body + line)


def _bars(drawn: Histogram) -> str:
    """Bars of the answered, stacked; the others as a line to a scale of their own, for they are thousands to tens."""
    stacked = [drawn.answered[word] for word, _, _ in _VERDICTS]
    top = max(int(np.sum(stacked, axis=0).max()), 1)
    bins = len(drawn.edges) - 1
    x, y = _scales(bins, top)
    low, high = (f"{edge:.2f}" for edge in (drawn.edges[0], drawn.edges[-1]))
    body = _frame(high, low, f"{top:,}", "0")
    base = np.zeros(bins, np.int64)
    for (word, _, colour), counts in zip(_VERDICTS, stacked, strict=True):
        for i in np.flatnonzero(counts).tolist():
            upper, lower = y(int(base[i] + counts[i])), y(int(base[i]))
            body += (
                f'<rect x="{x(i) + 0.5:.1f}" y="{upper:.1f}" width="{x(1) - x(0) - 1:.1f}" '
                f'height="{lower - upper:.1f}" fill="{colour}" fill-opacity="{_OPACITY[word]}"/>'
            )
        base += counts
    if drawn.open.any():
        _, scaled = _scales(bins, int(drawn.open.max()))
        points = " ".join(f"{x(i + 0.5):.1f},{scaled(count):.1f}" for i, count in enumerate(drawn.open.tolist()))
        body += f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-dasharray="3 3" opacity="0.8"/>'
    counted = ", ".join(f"{int(drawn.answered[word].sum()):,} {word}" for word, _, _ in _VERDICTS)
    return _svg(f"Scores from {low} to {high}: {counted}, {int(drawn.open.sum()):,} without an answer", body)


def _scales(wide: int, top: int) -> tuple[Scale, Scale]:
    """Functions from what is drawn to the place in the figure."""
    width, height = _WIDTH - _LEFT - 8, _HEIGHT - _TOP - _BOTTOM
    return (
        lambda value: _LEFT + width * value / max(wide, 1),
        lambda value: _TOP + height * (1 - value / max(top, 1)),
    )


def _frame(right: str, left: str, top: str, bottom: str) -> str:
    base = _HEIGHT - _BOTTOM
    axis = f"M{_LEFT} {_TOP}V{base}H{_WIDTH - 8}"
    return (
        f'<path d="{axis}" fill="none" stroke="currentColor" opacity="0.5"/>'
        f'<text x="{_LEFT - 5}" y="{_TOP + 4}" text-anchor="end">{top}</text>'
        f'<text x="{_LEFT - 5}" y="{base}" text-anchor="end">{bottom}</text>'
        f'<text x="{_LEFT}" y="{base + 15}">{left}</text>'
        f'<text x="{_WIDTH - 8}" y="{base + 15}" text-anchor="end">{right}</text>'
    )


def _legend() -> str:
    square = '<span style="color:{};opacity:{}" aria-hidden="true">■</span> {}'
    squares = " ".join(square.format(colour, _OPACITY[word], word) for word, _, colour in _VERDICTS)
    line = '<span style="white-space:nowrap">┄ without an answer, to its own scale</span>'
    return f'<div style="font-size:12px">{squares} {line}</div>'


def _text_curve(found: np.ndarray) -> list[str]:
    rows = sorted({round(len(found) * share) for share in (0.1, 0.25, 0.5, 0.75, 1)} - {0})
    width = len(f"{len(found):,}")
    return ["answers  found", *(f"{row:>{max(width, 7)},}  {int(found[row - 1]):>5,}" for row in rows)]


def _text_histogram(drawn: Histogram) -> list[str]:
    """Ten rows, the highest scores first."""
    edges = drawn.edges[:: BINS // 10]
    columns = {**drawn.answered, "open": drawn.open}
    tens = {word: counts.reshape(10, -1).sum(axis=1) for word, counts in columns.items()}
    head = f"{'score':>16}" + "".join(f"{word:>8}" for word in tens)
    rows = [
        f"{edges[i]:>7.2f} to {edges[i + 1]:>5.2f}" + "".join(f"{int(counts[i]):>8,}" for counts in tens.values())
        for i in range(9, -1, -1)
    ]
    return [head, *rows]


def _cut(text: str) -> str:
    return text if len(text) <= 300 else text[:300] + "…"
