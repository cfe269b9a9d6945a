"""Facet cards: a column's values or bins, counted over the dataset and over what is shown.

Short lists of values are sent whole. Of a long one the most frequent are sent, in the dataset and in the view, and whatever is
picked; the rest is found by asking (`GetValues`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.analysis.bins import Bins
from curate.analysis.coding import Categories, Part, Sets, count
from curate.analysis.difference import difference
from curate.widgets.codings import Coded, text_of
from curate.widgets.protocol import Bins as CardBins
from curate.widgets.protocol import Card, FacetValue, Interval, Scalar, Values

SENT = 50
"""Values of a long card that are sent for each of its two orders."""

LONGEST = 200
"""Characters of a value that are shown."""

_STEP = 0.05


def shows(coded: Coded, filter: Values | Interval | None) -> bool:
    """Whether a column has something to choose from; one that is filtered by is shown, or its filter could not be taken away."""
    if coded.codes is None:
        return False
    return filter is not None or bool(coded.codes.counts[1:].any())


def card(coded: Coded, part: Part, filter: Values | Interval | None) -> Card:
    """The card of a column over a part of the samples."""
    codes = coded.codes
    assert codes is not None
    over_view = part.count(codes.codes, codes.counts) if isinstance(codes, Bins) else count(codes, part)
    values: list[FacetValue] = []
    left_out, bins = 0, None
    if isinstance(codes, Bins):
        bins = CardBins(
            edges=codes.edges.tolist(),
            all=codes.counts[1:].tolist(),
            view=over_view[1:].tolist(),
            whole=coded.column.whole,
        )
    else:
        chosen = picked(codes, filter)
        sent = frequent(codes, over_view, chosen)
        values = [*facet_values(codes, over_view, sent, filter), *_absent(codes, filter)]
        left_out = len(codes.values) - len(sent)
    return Card(
        kind=coded.column.kind,
        column=coded.column.name,
        title=coded.column.name.replace("_", " "),
        values=values,
        more=left_out,
        bins=bins,
        missing_all=int(codes.counts[0]),
        missing_view=int(over_view[0]),
        filter=_plain(filter),
        difference=round(difference(codes.counts, over_view, size=part.size, of=part.n), 4),
    )


def _plain(filter: Values | Interval | None) -> Values | Interval | None:
    """The filter with bounds that a message can carry: those of times are a kind of float of their own."""
    if not isinstance(filter, Interval):
        return filter
    low, high = (None if bound is None else float(bound) for bound in (filter.low, filter.high))
    return Interval(low=low, high=high)


def arranged(cards: Sequence[Card]) -> list[Card]:
    """The cards as they are read: those with a filter first, then what differs most between view and dataset.

    Differences count in steps of 0.05, and within a step the order of the columns stays: a card does not jump over another one
    for a trifle. A list of more values than a card holds (drives, patients) counts a third: the finer a column cuts, the more a
    view differs in it, and the less that tells. Where the view is the dataset nothing differs, and the order is that of the
    columns.
    """
    return sorted(cards, key=lambda card: (card.filter is None, -_steps(card)))


def _steps(card: Card) -> int:
    return int(card.difference / (3 if card.more else 1) / _STEP + 1e-9)


def picked(codes: Categories | Sets, filter: Values | Interval | None) -> list[int]:
    """The codes of the values that a filter asks for; values that no sample has are not among them."""
    wanted = _wanted(filter)
    return [code for code, value in enumerate(codes.values, 1) if _key(value) in wanted] if wanted else []


def frequent(codes: Categories | Sets, over_view: np.ndarray, chosen: Sequence[int]) -> list[int]:
    """The codes of a card that are sent, most frequent first."""
    there = len(codes.values)
    if there <= 2 * SENT:
        return list(range(1, there + 1))
    in_view = np.argsort(-over_view[1:], kind="stable")[:SENT] + 1
    return sorted({*range(1, SENT + 1), *in_view.tolist(), *chosen})


def facet_values(
    codes: Categories | Sets, over_view: np.ndarray, sent: Sequence[int], filter: Values | Interval | None
) -> list[FacetValue]:
    """Lines of a card, in the order of the codes given."""
    wanted = _wanted(filter)
    return [
        _line(codes.values[code - 1], int(codes.counts[code]), int(over_view[code]), picked=wanted) for code in sent
    ]


def _absent(codes: Categories | Sets, filter: Values | Interval | None) -> list[FacetValue]:
    """What a filter asks for and no sample has."""
    wanted = _wanted(filter)
    there = {_key(value) for value in codes.values} if wanted else set()
    return [_line(value, 0, 0, picked=wanted) for key, value in wanted.items() if key not in there]


def _wanted(filter: Values | Interval | None) -> dict[Any, Scalar]:
    if not isinstance(filter, Values):
        return {}
    return {_key(value): value for value in filter.values if value is not None}


def _line(value: Scalar, over_all: int, over_view: int, *, picked: dict[Any, Scalar]) -> FacetValue:
    text = text_of(value)
    text = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return FacetValue(value=value, text=text, all=over_all, view=over_view, picked=_key(value) in picked)


def _key(value: Scalar) -> tuple[bool, Scalar]:
    # true is 1 in Python, and not in a dataset
    return isinstance(value, bool), value
