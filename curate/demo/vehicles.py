"""Cars, trucks and buses, from behind and from the front, with a flank where the camera sees one."""

from __future__ import annotations

import itertools
import math
from random import Random

from curate.demo.light import Colour, jittered, mix, scaled
from curate.demo.pen import Pen

_PAINTS: tuple[Colour, ...] = (
    (188, 34, 36), (32, 74, 150), (226, 228, 230), (44, 46, 50), (150, 156, 162), (222, 176, 44), (28, 104, 78),
    (112, 30, 48), (208, 104, 40), (96, 152, 190), (120, 100, 80), (92, 62, 120),
)  # fmt: skip
_BUS_PAINTS: tuple[Colour, ...] = (
    (236, 178, 32),
    (206, 44, 40),
    (34, 96, 168),
    (40, 140, 96),
    (238, 238, 232),
    (232, 120, 36),
)
_TRAILERS: tuple[Colour, ...] = (
    (226, 226, 222),
    (206, 200, 188),
    (70, 104, 150),
    (176, 66, 56),
    (92, 132, 96),
    (224, 190, 96),
)
_RED: Colour = (255, 42, 30)
_AMBER: Colour = (255, 158, 40)
_HEAD: Colour = (255, 244, 214)
_GLASS: Colour = (52, 64, 78)
_RUBBER: Colour = (24, 24, 26)


def _flank(pen: Pen, half: float, length: float, bands: tuple[tuple[float, float, Colour], ...]) -> None:
    """The visible side of a box `length` metres long: bands of (low, high, colour), and two wheels.

    The side with the smaller |x| faces the camera; straight ahead neither does.
    """
    side = _facing(pen, half)
    if not side:
        return
    for low, high, colour in bands:
        x = side * half
        pen.facet([(x, low, 0.0), (x, high, 0.0), (x, high, length), (x, low, length)], colour)
    radius = 0.34 if length < 5.0 else 0.5
    for ahead in (length * 0.2, length * 0.8):
        rim = [(math.cos(turn * 0.785) * radius, math.sin(turn * 0.785) * radius) for turn in range(8)]
        pen.facet([(side * half, radius + up, ahead + along) for along, up in rim], _RUBBER)
        pen.facet([(side * half, radius + up * 0.55, ahead + along * 0.55) for along, up in rim], (128, 130, 134))


def _facing(pen: Pen, half: float) -> float:
    """-1 or 1: which side of a vehicle the camera sees; 0 for neither."""
    if abs(pen.x) < half:
        return 0.0
    return -1.0 if pen.x > 0 else 1.0


def _cabin_side(pen: Pen, base: float, top: float, waist: float, roof: float, *, front: bool, paint: Colour) -> None:
    """A car's side windows under the edge of its roof, leaning inwards, with a sloping end."""
    side = _facing(pen, base)
    if not side:
        return
    low, high, end = side * base, side * top, (2.9 if not front else 3.7)
    pen.facet([(low, waist - 0.05, 0.0), (high, roof, 0.0), (high, roof, end - 0.8), (low, waist - 0.05, end)], paint)
    inset = waist + 0.06
    pillars = (0.25, end * 0.48, end - 0.75)
    for one, two in itertools.pairwise(pillars):
        glass = [(low, inset, one), (high, roof - 0.1, one + 0.08), (high, roof - 0.1, two - 0.12), (low, inset, two)]
        pen.facet(glass, scaled(_GLASS, 0.85))


def _wheels(pen: Pen, half: float, width: float, radius: float) -> None:
    for side in (-1.0, 1.0):
        inner, outer = side * (half - width), side * half
        pen.box(min(inner, outer), 0.0, max(inner, outer), radius * 1.5, _RUBBER, round_by=0.05)


def _tail_lamps(pen: Pen, half: float, up: float, size: float, brake: bool) -> None:
    lit = pen.air.lamps
    strength = 0.12 + 0.5 * lit + (0.42 if brake else 0.0)
    for side in (-1.0, 1.0):
        pen.lamp(side * half, up, _RED, size=size, strength=strength, radius=0.75 + 0.35 * lit)


def _head_lamps(pen: Pen, half: float, up: float, size: float) -> None:
    # Rain and fog: lamps burn by day too, weaker against the light sky.
    day = 0.18 if pen.air.weather == "clear" else 0.5
    strength = max(day, 0.92 * pen.air.lamps)
    for side in (-1.0, 1.0):
        pen.lamp(side * half, up, _HEAD, size=size, strength=strength, radius=1.1 + 0.9 * pen.air.lamps)


def draw_car(pen: Pen, rng: Random, *, front: bool, brake: bool) -> None:
    """A hatchback, saloon, estate or SUV, 1.75 to 1.95 m wide."""
    paint = jittered(rng.choice(_PAINTS), rng, 10)
    kind = rng.choice(("hatch", "saloon", "suv"))
    half = rng.uniform(0.87, 0.97)
    roof = {"hatch": 1.48, "saloon": 1.42, "suv": 1.72}[kind]
    waist = {"hatch": 0.92, "saloon": 0.94, "suv": 1.08}[kind]
    dark, light = scaled(paint, 0.62), scaled(paint, 1.18)
    pen.shadow(half * 1.12)
    top = half * (0.68 if kind != "suv" else 0.78)
    _flank(pen, half * 0.97, 4.2, ((0.0, 0.34, (22, 22, 24)), (0.26, waist - 0.04, scaled(paint, 0.78))))
    _cabin_side(pen, half * 0.95, top, waist, roof - 0.04, front=front, paint=scaled(paint, 0.66))
    _wheels(pen, half - 0.03, 0.24, 0.32)
    pen.polygon(
        [
            (-half * 0.95, waist),
            (-top, roof - 0.05),
            (-top * 0.86, roof),
            (top * 0.86, roof),
            (top, roof - 0.05),
            (half * 0.95, waist),
        ],
        dark,
    )
    pen.polygon(
        [(-top * 0.8, roof - 0.01), (top * 0.8, roof - 0.01), (top * 0.7, roof + 0.02), (-top * 0.7, roof + 0.02)],
        light,
    )
    glass = mix(_GLASS, pen.air.horizon, 0.18)
    pen.polygon(
        [
            (-half * 0.82, waist + 0.02),
            (-top * 0.88, roof - 0.1),
            (top * 0.88, roof - 0.1),
            (half * 0.82, waist + 0.02),
        ],
        glass,
    )
    pen.polygon(
        [
            (-half * 0.7, waist + 0.04),
            (-top * 0.8, roof - 0.13),
            (-top * 0.3, roof - 0.13),
            (-half * 0.4, waist + 0.04),
        ],
        scaled(glass, 1.35),
    )
    pen.box(-half, 0.30, half, waist + 0.03, paint, round_by=0.16)
    pen.box(-half * 0.97, waist - 0.12, half * 0.97, waist - 0.05, light)
    pen.box(-half * 0.98, 0.24, half * 0.98, 0.46, dark if rng.random() < 0.6 else (46, 46, 50), round_by=0.08)
    if pen.air.snow:
        pen.box(-top * 0.9, roof - 0.02, top * 0.9, roof + 0.1, (238, 242, 248), round_by=0.05)
    if front:
        pen.box(-half * 0.5, 0.42, half * 0.5, 0.62, (28, 28, 30), round_by=0.04)
        pen.box(-0.26, 0.36, 0.26, 0.47, (232, 232, 226))
        _head_lamps(pen, half * 0.76, 0.68, 0.13)
    else:
        pen.box(-0.26, 0.5, 0.26, 0.62, (232, 230, 216))
        for side in (-1.0, 1.0):
            edge = side * half * 0.98
            inner = side * half * 0.66
            pen.box(min(edge, inner), 0.68, max(edge, inner), 0.86, (168, 22, 20), round_by=0.03)
        _tail_lamps(pen, half * 0.8, 0.77, 0.10, brake)


def draw_truck(pen: Pen, rng: Random, *, front: bool, brake: bool) -> None:
    """A lorry with a box body, 2.5 m wide and up to 4 m high; seen from the front, its cab."""
    half, roof = 1.25, rng.uniform(3.5, 4.0)
    body = jittered(rng.choice(_TRAILERS), rng, 8)
    pen.shadow(half * 1.1)
    _flank(
        pen,
        half,
        rng.uniform(7.0, 10.0),
        (
            (0.35, 0.75, (34, 34, 38)),
            (0.95, roof, scaled(body, 0.74)),
            (0.95, 1.1, (60, 60, 64)),
            (2.0, 2.35, scaled(body, 0.55)),
        ),
    )
    _wheels(pen, half - 0.05, 0.52, 0.48)
    if front:
        cab = jittered(rng.choice(_PAINTS), rng, 8)
        pen.box(-half, 0.9, half, roof, body)
        pen.box(-half * 0.98, 0.45, half * 0.98, 3.0, cab, round_by=0.14)
        pen.box(-half * 0.9, 2.95, half * 0.9, 3.3, scaled(cab, 0.8), round_by=0.1)
        pen.box(-half * 0.88, 1.75, half * 0.88, 2.72, mix(_GLASS, pen.air.horizon, 0.22), round_by=0.08)
        pen.box(-half * 0.62, 0.75, half * 0.62, 1.55, (38, 40, 44))
        for up in (0.9, 1.08, 1.26, 1.44):
            pen.box(-half * 0.6, up, half * 0.6, up + 0.05, (120, 124, 128))
        pen.box(-half, 0.42, half, 0.72, scaled(cab, 0.6), round_by=0.05)
        for side in (-1.0, 1.0):
            pen.box(side * half - 0.12, 1.7, side * half + 0.12, 2.4, (30, 30, 32))
        _head_lamps(pen, half * 0.78, 0.82, 0.16)
        return
    pen.box(-half, 0.88, half, roof, scaled(body, 0.86))
    pen.box(-half + 0.1, 0.98, half - 0.1, roof - 0.12, body)
    pen.box(-0.04, 0.98, 0.04, roof - 0.12, scaled(body, 0.62))
    for right in (-0.62, -0.3, 0.3, 0.62):
        pen.box(right - 0.025, 1.0, right + 0.025, roof - 0.15, (150, 152, 156))
    for up in (1.5, 2.3):
        for side in (-1.0, 1.0):
            pen.box(side * (half - 0.08) - 0.05, up, side * (half - 0.08) + 0.05, up + 0.2, (96, 98, 102))
    if rng.random() < 0.6:
        accent = rng.choice(_PAINTS)
        pen.polygon([(-half + 0.15, 2.5), (half - 0.15, 2.9), (half - 0.15, 3.2), (-half + 0.15, 2.8)], accent)
    pen.box(-half, 0.62, half, 0.88, (42, 42, 46))
    for number in range(8):
        left = -half + number * half / 4
        pen.box(left, 0.66, left + half / 4, 0.78, (206, 30, 28) if number % 2 else (236, 234, 224))
    pen.box(-half * 0.95, 0.36, half * 0.95, 0.46, (70, 72, 76))
    for side in (-1.0, 1.0):
        pen.box(side * 0.92 - 0.28, 0.1, side * 0.92 + 0.28, 0.6, (28, 28, 30))
    if pen.air.snow:
        pen.box(-half, roof - 0.02, half, roof + 0.12, (238, 242, 248))
    _tail_lamps(pen, half * 0.84, 0.56, 0.11, brake)
    if pen.air.lamps:
        for side in (-1.0, 1.0):
            pen.lamp(side * half * 0.9, roof - 0.1, _RED, size=0.05, strength=0.3 * pen.air.lamps, radius=0.4)


def draw_bus(pen: Pen, rng: Random, *, front: bool, brake: bool) -> None:
    """A city bus or coach: a tall rounded body, much glass, lit from inside after dark, a sign above the window."""
    half, roof = 1.27, rng.uniform(3.05, 3.4)
    paint = jittered(rng.choice(_BUS_PAINTS), rng, 8)
    inside: Colour = mix(_GLASS, (255, 226, 160), 0.85 * pen.air.lamps)
    # Interior light does not depend on the sun: undo the ambient that `fill` will apply.
    gain = 0.62 / max(0.2, sum(pen.air.ambient) / 3 + 0.35 * pen.air.beam) if pen.air.lamps else 1.0
    window = scaled(inside, min(gain, 6.0)) if pen.air.lamps else mix(_GLASS, pen.air.horizon, 0.25)
    pen.shadow(half * 1.1)
    _flank(
        pen,
        half,
        10.5,
        (
            (0.0, 0.42, (24, 24, 26)),
            (0.3, roof - 0.05, scaled(paint, 0.78)),
            (1.35, roof - 0.62, scaled(window, 0.88)),
            (1.05, 1.2, (240, 240, 234)),
        ),
    )
    if abs(pen.x) >= half:
        x = pen.x + (-half if pen.x > 0 else half)
        for number in range(1, 7):
            z = pen.z + number * 10.5 / 7
            one, two = pen.camera.project(x, 1.35, z), pen.camera.project(x, roof - 0.62, z)
            pen.draw.line(
                (*one, *two), fill=pen.fill(scaled(paint, 0.5)), width=max(1, round(0.12 * pen.camera.focal / z))
            )
    _wheels(pen, half - 0.08, 0.34, 0.48)
    pen.box(-half, 0.32, half, roof, paint, round_by=0.3)
    pen.box(-half * 0.9, roof - 0.09, half * 0.9, roof, scaled(paint, 1.2), round_by=0.05)
    low = 1.15 if front else 1.6
    pen.box(-half * 0.88, low, half * 0.88, roof - 0.55, window, round_by=0.14)
    pen.polygon(
        [
            (-half * 0.75, low + 0.08),
            (-half * 0.6, roof - 0.62),
            (-half * 0.15, roof - 0.62),
            (-half * 0.45, low + 0.08),
        ],
        scaled(window, 1.15),
    )
    pen.box(-half * 0.72, roof - 0.46, half * 0.72, roof - 0.16, (18, 18, 20), round_by=0.04)
    sign = scaled((255, 190, 60), max(1.0, gain * 0.9))
    right = -half * 0.6
    while right < half * 0.5:
        width = rng.uniform(0.1, 0.26)
        pen.box(right, roof - 0.39, right + width, roof - 0.23, sign)
        right += width + 0.07
    pen.box(-half * 0.98, 0.98, half * 0.98, 1.08, (240, 240, 234) if rng.random() < 0.6 else scaled(paint, 0.6))
    pen.box(-half * 0.97, 0.3, half * 0.97, 0.56, (44, 44, 48), round_by=0.08)
    if pen.air.lamps:
        pen.lamp(0.0, roof - 0.31, (255, 196, 90), size=0.02, strength=0.22 * pen.air.lamps, radius=1.6)
    if pen.air.snow:
        pen.box(-half * 0.9, roof - 0.02, half * 0.9, roof + 0.12, (238, 242, 248), round_by=0.05)
    if front:
        pen.box(-0.04, low, 0.04, roof - 0.55, (30, 30, 34))
        for side in (-1.0, 1.0):
            pen.box(side * (half + 0.12) - 0.1, 1.7, side * (half + 0.12) + 0.1, 2.4, (26, 26, 28), round_by=0.05)
        _head_lamps(pen, half * 0.78, 0.74, 0.15)
        return
    pen.box(-half * 0.55, 0.62, half * 0.55, 0.94, scaled(paint, 0.66), round_by=0.04)
    for number in range(4):
        pen.box(-half * 0.5, 0.66 + number * 0.07, half * 0.5, 0.68 + number * 0.07, scaled(paint, 0.4))
    for side in (-1.0, 1.0):
        pen.box(side * half * 0.86 - 0.1, 0.7, side * half * 0.86 + 0.1, 1.5, (120, 20, 18), round_by=0.05)
        pen.lamp(side * half * 0.86, 1.36, _AMBER, size=0.08, strength=0.2 + 0.3 * pen.air.lamps, radius=0.4)
    _tail_lamps(pen, half * 0.86, 0.9, 0.11, brake)
