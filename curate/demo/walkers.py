"""Those outside of a vehicle: pedestrians, cyclists and deer."""

from __future__ import annotations

import math
from random import Random

from curate.demo.light import Colour, jittered, scaled
from curate.demo.pen import Pen

_SKINS: tuple[Colour, ...] = ((236, 194, 164), (204, 152, 116), (150, 102, 72), (104, 70, 52), (244, 208, 182))
_COATS: tuple[Colour, ...] = (
    (206, 48, 44),
    (240, 196, 48),
    (44, 104, 186),
    (238, 238, 232),
    (60, 160, 110),
    (230, 116, 40),
    (150, 66, 150),
    (92, 196, 210),
)
_TROUSERS: tuple[Colour, ...] = ((40, 46, 66), (66, 72, 84), (104, 92, 74), (32, 32, 36), (88, 60, 48))
_HAIR: tuple[Colour, ...] = ((44, 32, 26), (96, 64, 36), (196, 156, 92), (30, 28, 30), (150, 150, 148))
_HIDES: tuple[Colour, ...] = ((164, 108, 62), (146, 96, 60), (180, 128, 78), (130, 92, 66))


def draw_pedestrian(pen: Pen, rng: Random, *, phase: float) -> None:
    """Somebody walking, 1.65 to 1.9 m tall; `phase` (radians) moves the legs. In rain mostly under an umbrella."""
    tall = rng.uniform(1.68, 1.9) / 1.78
    coat, trousers = jittered(rng.choice(_COATS), rng, 10), rng.choice(_TROUSERS)
    skin, hair = rng.choice(_SKINS), rng.choice(_HAIR)
    long_coat = rng.random() < 0.4
    umbrella = pen.air.weather in {"rain", "hail"} and rng.random() < 0.55
    bag = rng.random() < 0.4
    swing = 0.30 * math.sin(phase)
    pen.shadow(0.42)
    for side, tone in ((-1.0, 0.72), (1.0, 1.0)):
        foot = side * swing
        hip, knee = 0.9 * tall, 0.48 * tall
        bend = 0.06 + 0.05 * side * math.cos(phase)
        pen.stroke([(side * 0.06, hip), (foot * 0.62 + bend, knee), (foot, 0.07)], 0.17 * tall, scaled(trousers, tone))
        pen.box(foot - 0.08, 0.0, foot + 0.17, 0.09, (34, 30, 30), round_by=0.03)
    pen.stroke(
        [(-0.02, 1.38 * tall), (-swing * 0.8 - 0.06, 1.12 * tall), (-swing * 1.1, 0.9 * tall)],
        0.12 * tall,
        scaled(coat, 0.66),
    )
    hem = 0.62 if long_coat else 0.84
    pen.polygon(
        [
            (-0.22, 1.42 * tall),
            (-0.25, 1.1 * tall),
            (-0.21 - 0.06 * long_coat, hem * tall),
            (0.21 + 0.06 * long_coat, hem * tall),
            (0.25, 1.1 * tall),
            (0.22, 1.42 * tall),
            (0.1, 1.5 * tall),
            (-0.1, 1.5 * tall),
        ],
        coat,
    )
    pen.polygon(
        [(0.06, hem * tall), (0.21, hem * tall), (0.25, 1.1 * tall), (0.22, 1.42 * tall), (0.08, 1.46 * tall)],
        scaled(coat, 0.82),
    )
    if bag:
        pen.box(-0.36, 0.98 * tall, -0.16, 1.4 * tall, scaled(rng.choice(_COATS), 0.6), round_by=0.06)
    hand = (0.2, 1.16 * tall) if umbrella else (swing * 1.2 + 0.04, 0.88 * tall)
    pen.stroke([(0.14, 1.38 * tall), (swing * 0.7 + 0.18, 1.12 * tall), hand], 0.12 * tall, scaled(coat, 0.92))
    pen.disc(hand[0], hand[1], 0.055, 0.06, skin)
    pen.box(-0.06, 1.44 * tall, 0.06, 1.58 * tall, scaled(skin, 0.8))
    pen.disc(0.02, 1.66 * tall, 0.125, 0.15, skin)
    pen.disc(-0.02, 1.71 * tall, 0.135, 0.125, rng.choice(_COATS) if pen.air.snow else hair)
    pen.disc(0.06, 1.645 * tall, 0.09, 0.1, skin)
    if umbrella:
        shade = jittered(rng.choice(_COATS), rng, 12)
        pen.stroke([(0.2, 1.12 * tall), (0.14, 2.12 * tall)], 0.035, (60, 60, 62))
        dome = [
            (0.14 + 0.78 * math.cos(a), 1.92 * tall + 0.42 * math.sin(a))
            for a in (0.0, 0.4, 0.8, 1.2, 1.57, 1.94, 2.34, 2.74, 3.14)
        ]
        pen.polygon([*dome, (-0.25, 1.98 * tall), (0.14, 1.9 * tall), (0.5, 1.98 * tall)], shade)
        pen.polygon(
            [(0.14, 2.33 * tall), (0.42, 2.26 * tall), (0.5, 1.98 * tall), (0.14, 1.9 * tall)], scaled(shade, 0.78)
        )


def draw_cyclist(pen: Pen, rng: Random, *, phase: float) -> None:
    """A rider on a bicycle, from the side; `phase` (radians) turns the pedals."""
    frame = jittered(rng.choice(_COATS), rng, 8)
    jersey, trousers = jittered(rng.choice(_COATS), rng, 10), rng.choice(_TROUSERS)
    skin = rng.choice(_SKINS)
    helmet = rng.choice(_COATS)
    upright = rng.uniform(0.0, 0.16)
    wheel = 0.36
    pen.shadow(0.95, deep=0.06)
    for middle in (-0.54, 0.54):
        pen.ring(middle, wheel, wheel, 0.06, (30, 30, 32))
        pen.ring(middle, wheel, wheel * 0.86, 0.018, (176, 178, 182))
        for spoke in range(3):
            angle = spoke * math.pi / 3 - phase
            across, up = math.cos(angle) * wheel * 0.84, math.sin(angle) * wheel * 0.84
            pen.draw.line(
                (*pen.at(middle - across, wheel - up), *pen.at(middle + across, wheel + up)),
                fill=pen.fill((150, 152, 156)),
                width=1,
            )
    pedal = [(0.17 * math.cos(-phase + k), 0.32 + 0.17 * math.sin(-phase + k)) for k in (0.0, math.pi)]
    seat, bar, crank = (-0.22, 0.96), (0.42, 1.04), (0.0, 0.34)
    far, near = pedal[1], pedal[0]
    hip = (-0.2, 1.04)
    pen.stroke([hip, ((hip[0] + far[0]) / 2 + 0.2, 0.76), far], 0.13, scaled(trousers, 0.66))
    pen.stroke([(-0.54, wheel), crank, (0.40, 0.88), (-0.2, 0.84), (-0.54, wheel)], 0.055, frame)
    pen.stroke([crank, seat], 0.055, frame)
    pen.stroke([(0.54, wheel), (0.40, 0.9), bar], 0.055, scaled(frame, 0.85))
    pen.stroke([(-0.34, 0.97), (-0.1, 0.97)], 0.08, (26, 26, 28))
    pen.stroke([(0.34, 1.06), (0.5, 1.04)], 0.05, (26, 26, 28))
    pen.stroke([hip, ((hip[0] + near[0]) / 2 + 0.22, 0.78), near], 0.15, trousers)
    pen.box(near[0] - 0.06, near[1] - 0.07, near[0] + 0.14, near[1] + 0.01, (34, 32, 32), round_by=0.02)
    chest = (0.16 - upright, 1.46 + upright * 0.4)
    pen.stroke([hip, (-0.08 - upright * 0.5, 1.3), chest], 0.27, jersey)
    if pen.air.lamps or rng.random() < 0.3:
        pen.stroke([(-0.17, 1.16), (0.03 - upright * 0.6, 1.36)], 0.05, (230, 244, 120))
    pen.stroke([(chest[0], chest[1] - 0.04), (0.28, 1.18), (0.42, 1.08)], 0.10, scaled(jersey, 0.86))
    pen.disc(0.43, 1.08, 0.05, 0.05, skin)
    pen.disc(chest[0] + 0.11, chest[1] + 0.2, 0.115, 0.14, skin)
    pen.polygon(
        [
            (chest[0] - 0.05, chest[1] + 0.24),
            (chest[0] + 0.0, chest[1] + 0.36),
            (chest[0] + 0.14, chest[1] + 0.38),
            (chest[0] + 0.27, chest[1] + 0.27),
        ],
        helmet,
    )
    lit = 0.25 + 0.75 * pen.air.lamps
    pen.lamp(-0.62, 0.72, (255, 40, 30), size=0.05, strength=0.55 * lit, radius=0.35)
    pen.lamp(0.56, 0.92, (255, 246, 224), size=0.05, strength=0.6 * lit, radius=0.5)


def draw_deer(pen: Pen, rng: Random, *, phase: float) -> None:
    """A roe deer, doe or stag, from the side, 1.5 to 1.9 m to the head; its eyes shine in headlights."""
    hide = jittered(rng.choice(_HIDES), rng, 8)
    dark, pale = scaled(hide, 0.66), (222, 206, 182)
    stag = rng.random() < 0.65
    size = rng.uniform(0.95, 1.15)
    grazing = rng.random() < 0.15
    step = 0.10 * math.sin(phase)

    def s(right: float, up: float) -> tuple[float, float]:
        return right * size, up * size

    pen.shadow(0.8 * size, deep=0.08)
    for hip, sway, tone in ((-0.44, step, 0.6), (0.38, -step, 0.6), (-0.52, -step, 0.9), (0.46, step, 0.9)):
        knee = 0.05 if hip < 0 else -0.02
        pen.stroke(
            [s(hip, 0.86), s(hip + sway * 0.4 - knee, 0.46), s(hip + sway, 0.05)], 0.085 * size, scaled(hide, tone)
        )
        pen.box((hip + sway - 0.05) * size, 0.0, (hip + sway + 0.05) * size, 0.09 * size, (36, 30, 28))
    pen.polygon(
        [
            s(-0.66, 0.98),
            s(-0.58, 1.12),
            s(-0.2, 1.10),
            s(0.22, 1.14),
            s(0.5, 1.16),
            s(0.6, 0.98),
            s(0.5, 0.78),
            s(0.1, 0.68),
            s(-0.3, 0.74),
            s(-0.56, 0.72),
        ],
        hide,
    )
    pen.polygon([s(-0.5, 0.74), s(-0.3, 0.73), s(0.1, 0.67), s(0.5, 0.78), s(0.1, 0.76), s(-0.3, 0.8)], pale)
    pen.disc(-0.64 * size, 0.95 * size, 0.07 * size, 0.12 * size, (240, 236, 226))
    if grazing:
        head = s(0.98, 0.72)
        pen.polygon([s(0.36, 1.14), s(0.56, 1.12), s(0.98, 0.84), s(0.9, 0.68), s(0.5, 0.86)], hide)
    else:
        head = s(0.84, 1.56)
        pen.polygon([s(0.3, 1.12), s(0.52, 1.2), s(0.66, 1.54), s(0.86, 1.5), s(0.74, 1.14), s(0.56, 0.88)], hide)
        pen.polygon([s(0.62, 0.98), s(0.76, 1.16), s(0.82, 1.36), s(0.72, 1.2), s(0.58, 0.96)], pale)
    x, up = head
    pen.polygon(
        [
            (x - 0.16 * size, up + 0.1 * size),
            (x + 0.04 * size, up + 0.1 * size),
            (x + 0.3 * size, up - 0.06 * size),
            (x + 0.28 * size, up - 0.14 * size),
            (x - 0.1 * size, up - 0.13 * size),
        ],
        hide,
    )
    pen.disc(x + 0.28 * size, up - 0.1 * size, 0.045 * size, 0.045 * size, (30, 26, 26))
    for tilt in (-0.2, -0.06):
        pen.polygon(
            [
                (x - 0.12 * size, up + 0.06 * size),
                (x + tilt * size - 0.14 * size, up + 0.24 * size),
                (x - 0.02 * size, up + 0.1 * size),
            ],
            dark,
        )
    if stag:
        horn = (206, 184, 148) if pen.air.lamps else (104, 82, 58)
        for lean in (-0.16, 0.10):
            tip = x + lean * 1.9 * size
            root = (x - 0.06 * size, up + 0.08 * size)
            pen.stroke([root, (x + lean * size, up + 0.26 * size), (tip, up + 0.52 * size)], 0.045 * size, horn)
            for share, reach in ((0.45, 0.16), (0.72, 0.13)):
                base_x, base_up = root[0] + (tip - root[0]) * share, up + (0.08 + 0.44 * share) * size
                pen.stroke([(base_x, base_up), (base_x + reach * size, base_up + 0.14 * size)], 0.04 * size, horn)
    if pen.air.beam > 0.5:
        pen.lamp(x + 0.06 * size, up + 0.02 * size, (226, 255, 190), size=0.035, strength=0.5, radius=0.2)
