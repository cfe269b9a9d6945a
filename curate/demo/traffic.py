"""Who is on the road: the scene's main road user, close by, and further vehicles in the distance."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageDraw

from curate.demo.light import Atmosphere, Lamp
from curate.demo.pen import Pen
from curate.demo.road import Camera, Road
from curate.demo.vehicles import draw_bus, draw_car, draw_truck
from curate.demo.walkers import draw_cyclist, draw_deer, draw_pedestrian

# Metres ahead of the main road user: near enough that it matters to a driver, and to an encoder at 128 pixels.
_NEAR = {
    "car": (5.5, 10.5), "truck": (8.0, 15.0), "bus": (8.0, 14.5),
    "pedestrian": (4.6, 7.6), "cyclist": (4.6, 7.4), "deer": (4.6, 8.0),
}  # fmt: skip
_HALF_WIDTH = {"car": 1.0, "truck": 1.3, "bus": 1.3, "pedestrian": 0.4, "cyclist": 0.95, "deer": 1.0}

Placed = tuple[str, float, float, float, float]


def paint_traffic(
    canvas: Image.Image, camera: Camera, road: Road, air: Atmosphere, rng: Random, *, main: str, frame: int
) -> tuple[list[Placed], list[Lamp]]:
    """Draw all road users on the doubled canvas, far to near.

    Returns:
        (class, left, top, right, bottom) of each and the lamps they carry, in canvas pixels. The main one is last.
    """
    draw = ImageDraw.Draw(canvas)
    placed: list[Placed] = []
    lamps: list[Lamp] = []
    for kind, x, z, front, dice in _others(road, camera, rng, main=main, frame=frame):
        pen = Pen(draw, camera, air, x=x, z=z)
        _draw(pen, kind, dice, front=front, brake=False, phase=0.0)
        _mirror(canvas, pen, air)
        placed.append((kind, *pen.extent))
        lamps += pen.lamps
    if main == "none":
        return placed, lamps

    nearest, farthest = _NEAR[main]
    z = rng.uniform(nearest, farthest) + 0.35 * math.sin(frame * 0.23 + rng.random() * 6.3)
    front = main in {"car", "truck", "bus"} and rng.random() < 0.32
    x = _lane(main, road, camera, rng, z, front=front)
    mirrored = rng.random() < 0.5
    if main in {"pedestrian", "deer", "cyclist"}:
        pace = {"pedestrian": 0.10, "deer": 0.05, "cyclist": 0.04}[main]
        x += (-1.0 if mirrored else 1.0) * pace * (frame % 24 - 10)
    # Keep the whole of it in view: what is cut off cannot be found.
    half = _HALF_WIDTH[main] * camera.focal / z
    bend = camera.bend * z * camera.focal
    low, high = half * 0.92 - camera.vanish - bend, camera.width - half * 0.92 - camera.vanish - bend
    if low < high:
        x = min(max(x, low * z / camera.focal), high * z / camera.focal)
    pen = Pen(draw, camera, air, x=x, z=z, mirrored=mirrored)
    brake = rng.random() < 0.35
    _draw(pen, main, Random(rng.getrandbits(32)), front=front, brake=brake, phase=frame * 0.9 + rng.random() * 6.3)  # noqa: S311
    _mirror(canvas, pen, air)
    left, top, right, bottom = pen.extent
    seen = [lamp for lamp in lamps if not (left < lamp.x < right and top < lamp.y < bottom)]
    return [*placed, (main, left, top, right, bottom)], seen + pen.lamps


def _lane(main: str, road: Road, camera: Camera, rng: Random, z: float, *, front: bool) -> float:
    """Where across the road, in metres right of the camera."""
    if main in {"car", "truck", "bus"}:
        if front:
            return -2.0 * camera.lane if road.place != "highway" else -camera.lane - 1.9
        if road.place == "highway":
            return rng.choice((0.0, 0.0, 3.7, -3.4)) + rng.uniform(-0.3, 0.3)
        if road.place == "city street" and rng.random() < 0.3:
            return road.half - 1.35 - camera.lane
        return rng.uniform(-0.35, 0.35)
    if main == "cyclist":
        return road.half - camera.lane - rng.uniform(0.5, 1.3) if rng.random() < 0.6 else rng.uniform(-2.2, 0.8)
    reach = min(road.half + 0.4, 0.42 * z)
    return rng.uniform(-reach, reach) - camera.lane * 0.4


def _others(
    road: Road, camera: Camera, rng: Random, *, main: str, frame: int
) -> list[tuple[str, float, float, bool, Random]]:
    """Vehicles in the distance as (class, x, z, front, dice). An empty road stays empty: 'none' is a label."""
    if main == "none":
        return []
    busy = {"highway": 4, "city street": 4, "forest road": 1, "desert road": 2}[road.place]
    vehicles = main in {"car", "truck", "bus"}
    count = rng.randint(0, busy) if vehicles else rng.choice((0, 0, 1))
    nearest = 24.0 if vehicles else 34.0
    found = []
    for number in range(count):
        front = rng.random() < 0.6
        kind = rng.choice(("car", "car", "car", "truck", "bus"))
        span = 66.0
        speed = -0.9 if front else 0.25
        z = nearest + (rng.random() * span + speed * frame) % span + (6.0 if kind != "car" else 0.0)
        if road.place == "highway":
            x = rng.choice((-1.9, -5.6)) - camera.lane if front else rng.choice((1.9, 5.6)) - camera.lane
        else:
            x = (-0.5 if front else 0.5) * road.half - camera.lane
        found.append((kind, x, z + number * 0.01, front, Random(rng.getrandbits(32))))  # noqa: S311
    return sorted(found, key=lambda item: -item[2])


def _draw(pen: Pen, kind: str, dice: Random, *, front: bool, brake: bool, phase: float) -> None:
    if kind == "car":
        draw_car(pen, dice, front=front, brake=brake)
    elif kind == "truck":
        draw_truck(pen, dice, front=front, brake=brake)
    elif kind == "bus":
        draw_bus(pen, dice, front=front, brake=brake)
    elif kind == "pedestrian":
        draw_pedestrian(pen, dice, phase=phase)
    elif kind == "cyclist":
        draw_cyclist(pen, dice, phase=phase)
    else:
        draw_deer(pen, dice, phase=phase)


def _mirror(canvas: Image.Image, pen: Pen, air: Atmosphere) -> None:
    """Lay the upside-down image of what was just drawn on a wet road below it."""
    if not air.wet or pen.scale < 8.0:
        return
    left, top, right, _ = (round(edge) for edge in pen.extent)
    foot = round(pen.origin[1])
    left, right, top = max(left, 0), min(right, canvas.width), max(top, 0)
    depth = min(canvas.height - foot, round((foot - top) * 0.8))
    if right - left < 4 or depth < 4 or foot - top < 4:
        return
    body = canvas.crop((left, top, right, min(foot, canvas.height))).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    # Ripples blur a reflection downwards: halving and restoring the size is the cheapest blur there is.
    body = body.resize((max(2, (right - left) // 4), max(2, depth // 9)), Image.Resampling.BOX)
    body = body.resize((right - left, depth), Image.Resampling.BILINEAR)
    fade = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((right - left, depth))
    strength = 0.5 * air.wet
    canvas.paste(body, (left, foot), fade.point(lambda value: int(value * strength)))
