"""The facets: cards, the values of long ones, and the columns that a `where` can name."""

from __future__ import annotations

import numpy as np

from curate.analysis.bins import Bins
from curate.analysis.coding import Categories, Part, Sets, count
from curate.errors import BadValue
from curate.widgets import protocol
from curate.widgets.cards import arranged, card, facet_values, shows
from curate.widgets.channel import Answer, Handler
from curate.widgets.codings import Codings, text_of
from curate.widgets.columns import FacetColumn, kind_of
from curate.widgets.exploration import Exploration, Shown
from curate.widgets.filters import filters_of

MOST_LINES = 200
"""Values of a long card that are sent for one search in it."""

COMPLETED = 50
"""Values of a column that are offered to complete."""


class FacetAnswers:
    """Answers what the facets ask for."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._last: tuple[Shown | None, int, Part | None] = (None, 0, None)

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.GetFacets: self._facets,
            protocol.GetValues: self._values,
            protocol.GetColumns: self._columns,
        }

    def _facets(self, request: protocol.GetFacets) -> Answer:
        def cards_of(shown: Shown) -> list[protocol.Card]:
            codings, filters = Codings.of(shown.view), filters_of(shown.view.query)
            columns = codings.columns()
            if request.columns is not None:
                wanted = {tuple(name) for name in request.columns}
                columns = [column for column in columns if (column.kind, column.name) in wanted]
            coded = [
                one for one in codings.coded(columns) if shows(one, filters.get((one.column.kind, one.column.name)))
            ]
            part = self._part(shown, coded[0].n) if coded else None
            return [card(one, part, filters.get((one.column.kind, one.column.name))) for one in coded if part]

        shown, cards = self._exploration.read(cards_of)
        return protocol.Facets(client=request.client, id=request.id, version=shown.version, cards=arranged(cards)), None

    def _values(self, request: protocol.GetValues) -> Answer:
        def values_of(shown: Shown) -> tuple[list[protocol.FacetValue], int]:
            codings, filters = Codings.of(shown.view), filters_of(shown.view.query)
            coded = codings.coded([codings.column(request.kind, request.column)])[0]
            if not isinstance(coded.codes, Categories | Sets):
                raise BadValue(f"{request.column!r} is no list of values", hint="its card shows it as a histogram")
            over_view = count(coded.codes, self._part(shown, coded.n))
            found = _containing(coded.codes, request.contains)
            order = _ORDERS[request.order](coded.codes, over_view, found)
            sent = found[order[:MOST_LINES]].tolist()
            filter = filters.get((request.kind, request.column))
            return facet_values(coded.codes, over_view, sent, filter), len(found) - len(sent)

        shown, (values, more) = self._exploration.read(values_of)
        return protocol.FacetValues(
            client=request.client, id=request.id, version=shown.version, values=values, more=more
        ), None

    def _columns(self, request: protocol.GetColumns) -> Answer:
        def columns_of(shown: Shown) -> tuple[list[protocol.Column], list[str]]:
            codings, session = Codings.of(shown.view), self._exploration.dataset.session
            cards = {column.name: column for column in codings.columns() if column.kind != "labels"}
            listed = [column for column in cards.values() if column.kind in {"category", "boolean", "tags"}]
            coded = {one.column.name: one.codes for one in codings.coded(listed)}
            columns = [
                _column(name, type, cards.get(name), coded.get(name))
                for name, type in session.dtypes.items()
                if name != "position"
            ]
            if shown.rows.scores is not None:
                columns += [
                    protocol.Column(name="score", kind="number", type="FLOAT", values=[]),
                    protocol.Column(name="rank", kind="number", type="INTEGER", values=[]),
                    protocol.Column(name="score_percentile", kind="number", type="DOUBLE", values=[]),
                ]
                if shown.rows.search is not None and shown.rows.search.words:
                    columns.append(protocol.Column(name="score_contrast", kind="number", type="DOUBLE", values=[]))
            return columns, [column.name for column in codings.columns() if column.kind == "labels"]

        _, (columns, fields) = self._exploration.read(columns_of)
        return protocol.Columns(client=request.client, id=request.id, columns=columns, fields=fields), None

    def _part(self, shown: Shown, n: int) -> Part:
        """The view as a part of the dataset, kept while it is shown: two threads may both make it, and both are right."""
        held, of, part = self._last
        if held is not shown or of != n or part is None:
            part = Part.of(shown.rows.positions, n)
            self._last = shown, n, part
        return part


def _containing(codes: Categories | Sets, text: str) -> np.ndarray:
    """(m,) int64 codes of the values that contain a text, whatever their case."""
    wanted = text.strip().casefold()
    found = [code for code, value in enumerate(codes.values, 1) if wanted in text_of(value).casefold()]
    return np.array(found, np.int64)


def _by_name(codes: Categories | Sets, _: np.ndarray, found: np.ndarray) -> list[int]:
    names = [text_of(codes.values[code - 1]) for code in found.tolist()]
    return sorted(range(len(names)), key=lambda at: (names[at].casefold(), names[at]))


_ORDERS = {
    "all": lambda _codes, _view, found: list(range(len(found))),
    "view": lambda _codes, view, found: np.argsort(-view[found], kind="stable").tolist(),
    "name": _by_name,
}


def _column(name: str, type: str, card: FacetColumn | None, codes: Categories | Sets | Bins | None) -> protocol.Column:
    values: list[str] = []
    if isinstance(codes, Categories | Sets):
        values = [_literal(value) for value in codes.values[:COMPLETED]]
    # tags are listed like any card; a text column is one of categories where it has few enough values
    kind = card.kind if card is not None and (card.kind == "tags" or codes is not None) else kind_of(type)
    return protocol.Column(name=name, kind=kind, type=type, values=values)


def _literal(value: protocol.Scalar) -> str:
    """A value as SQL."""
    return text_of(value) if isinstance(value, bool) else "'" + str(value).replace("'", "''") + "'"
