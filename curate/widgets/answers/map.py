"""The map: its points, what they are coloured by, who is in the view or selected, the names of its places, and the lasso."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from curate.analysis.coding import Categories, Sets
from curate.analysis.places import name_places
from curate.errors import BadValue
from curate.search.evaluation import Rows
from curate.widgets import protocol, tiles
from curate.widgets.channel import Answer, Handler
from curate.widgets.chart import Chart, Charts
from curate.widgets.codings import Coding, Codings
from curate.widgets.exploration import Exploration, Shown
from curate.widgets.selection import Picked

COLOURS = 12
"""Values that have a colour of their own; code 13 is all others."""

NAMING_COLUMNS = 24
"""Columns that are asked what a place has in common, at most."""


class MapAnswers:
    """Answers what concerns the map, and tells the browser when there is another one."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._charts = Charts.of(exploration.dataset)
        self._stamp: Hashable = None
        self._in_view: tuple[Rows | None, Chart | None, np.ndarray] = (None, None, np.empty(0, bool))
        exploration.listen(self._heard)

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.GetMap: self._map,
            protocol.GetPoints: self._points,
            protocol.GetColours: self._colours,
            protocol.GetMasks: self._masks,
            protocol.GetPlaces: self._places,
            protocol.GetDensity: self._density,
            protocol.GetTiles: self._tiles,
            protocol.Lasso: self._lasso,
        }

    def _map(self, request: protocol.GetMap) -> Answer:
        self._exploration.look()
        charts = self._charts
        self._stamp = charts.stamp()
        chart = charts.now()
        return protocol.MapState(
            client=request.client,
            id=request.id,
            map=0 if chart is None else chart.number,
            why=charts.why_none() if chart is None else "",
            title="" if chart is None else charts.title(chart),
            samples=0 if chart is None else len(chart),
            points=0 if chart is None else len(chart.drawn),
            missing=charts.missing(),
            chunks=0 if chart is None else -(-len(chart.drawn) // protocol.POINTS_CHUNK),
            box=(0, 0, 0, 0) if chart is None else chart.box,
            density=chart is not None and chart.dense,
        ), None

    def _points(self, request: protocol.GetPoints) -> Answer:
        chart = self._charts.numbered(request.map)
        start, stop = _range(chart, request.chunk)
        rows = chart.drawn[start:stop]
        return protocol.Points(client=request.client, id=request.id, map=chart.number, start=start, stop=stop), chart.x[
            rows
        ].tobytes() + chart.y[rows].tobytes()

    def _colours(self, request: protocol.GetColours) -> Answer:
        chart = self._charts.numbered(request.map)
        start, stop = _range(chart, request.chunk)
        coding = Codings.of(self._exploration.dataset).colours(request.kind, request.column)
        if coding.generation != chart.generation:
            raise BadValue("The map has changed", hint="it is loaded again")
        codes = coding.codes[chart.positions[chart.drawn]]
        if coding.kind == "category":
            codes = np.minimum(codes, COLOURS + 1)
        codes = codes.astype(np.uint16, copy=False)
        return protocol.Colours(
            client=request.client,
            id=request.id,
            map=chart.number,
            start=start,
            stop=stop,
            kind=coding.kind,
            legend=_legend(coding, codes) if coding.kind == "category" else [],
            low=coding.low,
            high=coding.high,
        ), codes[start:stop].tobytes()

    def _masks(self, request: protocol.GetMasks) -> Answer:
        def masks_of(shown: Shown) -> tuple[Picked, bytes]:
            chart = self._charts.numbered(request.map)
            picked = self._exploration.picked()
            view = self._view_mask(shown, chart)[chart.drawn]
            selected = picked.mask[chart.positions[chart.drawn]]
            return picked, b"".join(np.packbits(mask, bitorder="little").tobytes() for mask in (view, selected))

        shown, (picked, bits) = self._exploration.read(masks_of)
        return protocol.Masks(
            client=request.client, id=request.id, map=request.map, version=shown.version, revision=picked.revision
        ), bits

    def _places(self, request: protocol.GetPlaces) -> Answer:
        chart = self._charts.numbered(request.map)
        codings = Codings.of(self._exploration.dataset)
        # a person's own words, and few enough that a word says something
        columns = [c for c in codings.columns() if c.kind in {"category", "labels"} and c.own][:NAMING_COLUMNS]
        codes = []
        for coded in codings.coded(columns):
            if not isinstance(coded.codes, Categories | Sets) or coded.generation != chart.generation:
                continue
            if len(coded.codes.values) <= COLOURS:
                coding = codings.colours(coded.column.kind, coded.column.name)
                codes.append((coding.codes[chart.positions], coding.texts))
        found = name_places(chart.x, chart.y, codes)
        places = [protocol.Place(x=place.x, y=place.y, text=place.text) for place in found]
        return protocol.Places(client=request.client, id=request.id, places=places), None

    def _density(self, request: protocol.GetDensity) -> Answer:
        def counts_of(shown: Shown) -> tuple[Chart, bytes]:
            chart = self._charts.numbered(request.map)
            view = chart.count_cells(self._view_mask(shown, chart))
            return chart, chart.density.tobytes() + view.tobytes()

        shown, (chart, counts) = self._exploration.read(counts_of)
        width, height = chart.raster
        return protocol.Density(
            client=request.client,
            id=request.id,
            map=chart.number,
            version=shown.version,
            width=width,
            height=height,
        ), counts

    def _tiles(self, request: protocol.GetTiles) -> Answer:
        def tiles_of(_: Shown) -> tuple[list[protocol.RowInfo], bytes]:
            chart = self._charts.now()
            if chart is None or max(request.points) >= len(chart.drawn):
                raise BadValue(f"There is no point {max(request.points)} on the map", hint="it is loaded again")
            positions = chart.positions[chart.drawn[request.points]]
            return tiles.page(self._exploration.dataset, positions, None)

        _, (rows, data) = self._exploration.read(tiles_of)
        return protocol.Tiles(client=request.client, id=request.id, tiles=rows), data

    def _lasso(self, request: protocol.Lasso) -> Answer:
        def enclosed(shown: Shown) -> tuple[Chart, np.ndarray]:
            chart = self._charts.numbered(request.map)
            # all samples of the map, also those that are not drawn
            inside = chart.plane.inside(request.polygon)
            if not request.everywhere:
                inside &= self._view_mask(shown, chart)
            return chart, chart.positions[inside]

        _, (chart, positions) = self._exploration.read(enclosed)
        picked = self._exploration.pick(
            request.operation, positions, origin=request.client, generation=chart.generation
        )
        return protocol.Selected(
            client=request.client,
            id=request.id,
            revision=picked.revision,
            count=picked.count,
            here=self._exploration.here(),
        ), None

    def _view_mask(self, shown: Shown, chart: Chart) -> np.ndarray:
        """(m,) bool, which samples of the map are in the view; not to be written to."""
        rows, of, mask = self._in_view
        if rows is not shown.rows or of is not chart:
            last = int(chart.positions[-1]) + 1
            view = np.zeros(max(last, self._exploration.dataset.session.n), bool)
            view[shown.rows.positions] = True
            mask = view[chart.positions]
            mask.setflags(write=False)
            self._in_view = shown.rows, chart, mask
        return mask

    def _heard(self, event: protocol.AnyEvent) -> None:
        """The dataset may have another map since it was last asked for."""
        if isinstance(event, protocol.ViewChanged) and self._stamp is not None:
            stamp = self._charts.stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                self._exploration.announce(protocol.MapChanged())


def _range(chart: Chart, chunk: int) -> tuple[int, int]:
    start = chunk * protocol.POINTS_CHUNK
    if start >= len(chart.drawn):
        raise BadValue(f"There is no chunk {chunk} of the map: it has {len(chart.drawn):,} points")
    return start, min(start + protocol.POINTS_CHUNK, len(chart.drawn))


def _legend(coding: Coding, codes: np.ndarray) -> list[protocol.LegendEntry]:
    """What the codes of all points stand for; those that no point has are left out."""
    counts = np.bincount(codes, minlength=COLOURS + 2).tolist()
    entries = [
        protocol.LegendEntry(code=code, value=value, text=text, count=counts[code])
        for code, (value, text) in enumerate(zip(coding.values[:COLOURS], coding.texts, strict=False), 1)
    ]
    entries.append(protocol.LegendEntry(code=COLOURS + 1, value=None, text="others", count=counts[COLOURS + 1]))
    entries.append(protocol.LegendEntry(code=0, value=None, text="no value", count=counts[0]))
    return [entry for entry in entries if entry.count]
