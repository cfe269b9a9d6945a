"""The map: its points, their colours, which of them are in the view, and how they crowd."""

from __future__ import annotations

from typing import Literal

import msgspec

from curate.widgets.protocol.base import CardKind, Count, Name, Reply, Request, Scalar

POINTS_CHUNK = 500_000
"""Points of one chunk of the map: 4 MB of float32 x and y."""


class GetMap(Request, tag="get_map", frozen=True):
    """Whether there is a map, and what of."""


class GetPoints(Request, tag="get_points", frozen=True):
    """One chunk of the points."""

    map: int
    chunk: Count


class GetColours(Request, tag="get_colours", frozen=True):
    """What one chunk of the points is coloured by."""

    map: int
    column: Name
    kind: CardKind
    chunk: Count


class GetMasks(Request, tag="get_masks", frozen=True):
    """Which points are in the view, and which are selected."""

    map: int


class GetPlaces(Request, tag="get_places", frozen=True):
    """What the crowded places of the map have in common, in words."""

    map: int


class GetDensity(Request, tag="get_density", frozen=True):
    """How many samples of the dataset and of the view fall where, for maps of more points than are drawn."""

    map: int


class MapState(Reply, tag="map_state", frozen=True):
    """The map of the current encoder.

    map: the number of this map; other numbers are of maps that are gone. 0 where there is none.
    why: where there is none, what is missing and what to do.
    title: what it was made of.
    points: how many are drawn, in `chunks` chunks; `samples` have a place on it, `missing` have a vector and no place.
    box: x and y of its corners, low and high.
    density: more samples than points; see `GetDensity`.
    """

    map: int
    why: str
    title: str
    samples: int
    points: int
    missing: int
    chunks: int
    box: tuple[float, float, float, float]
    density: bool


class Points(Reply, tag="points", frozen=True):
    """Points `start` up to `stop`. Buffer: float32, all x and then all y."""

    map: int
    start: int
    stop: int


class LegendEntry(msgspec.Struct, frozen=True):
    """What a code stands for, and how many points have it.

    value: what `SetFacet` filters by; null for "no value" (code 0), and for all others (code 13), which are no filter.
    """

    code: int
    value: Scalar
    text: str
    count: int


class Colours(Reply, tag="colours", frozen=True):
    """Codes of points `start` up to `stop`. Buffer: uint16; 0 is no value.

    kind "category": codes 1 to 12 are the most frequent values, 13 is all others. "number" and "time": 1 to 256, from low to high.
    """

    map: int
    start: int
    stop: int
    kind: Literal["category", "number", "time"]
    legend: list[LegendEntry]
    low: float | None
    high: float | None


class Masks(Reply, tag="masks", frozen=True):
    """Bits, lowest first. Buffer: one bit a point for the view, filled up to whole bytes, and the same for the selection."""

    map: int
    version: int
    revision: int


class Place(msgspec.Struct, frozen=True):
    """A crowded place of the map."""

    x: float
    y: float
    text: str


class Places(Reply, tag="places", frozen=True):
    """Places, the most crowded first."""

    places: list[Place]


class Density(Reply, tag="density", frozen=True):
    """Counts on a raster over the box, rows from low y to high y. Buffer: uint32, the dataset's and then the view's."""

    map: int
    version: int
    width: int
    height: int
