"""A road scene as data, and the one function that makes a picture of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from curate.demo.backdrop import drift_fog, paint_backdrop, paint_street
from curate.demo.lens import develop, planar, rounded
from curate.demo.light import Lamp, add_lamps, atmosphere
from curate.demo.road import Camera, build_road, paint_ground
from curate.demo.scenery import paint_verge
from curate.demo.sky import paint_sky
from curate.demo.traffic import paint_traffic
from curate.demo.weather import add_weather

TIMES = ("day", "dusk", "night")
WEATHERS = ("clear", "rain", "hail", "snow", "fog")
PLACES = ("highway", "city street", "forest road", "desert road")
OBJECTS = ("car", "truck", "bus", "pedestrian", "cyclist", "deer", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a picture shows.

    Attributes:
        timeofday, weather, place, object: the ground truth; values of `TIMES`, `WEATHERS`, `PLACES`, `OBJECTS`.
            The object is the main road user, the nearest one; "none" is an empty road.
        drive: the drive's name.
        frame: the frame's number in its drive. Neighbours differ by what moves in one second.
        seed: the drive's look. Same seed and frame, same picture.
        captured_at: when, with its UTC offset.
        latitude, longitude: where, in degrees.
    """

    timeofday: str
    weather: str
    place: str
    object: str
    drive: str = "drive-000"
    frame: int = 0
    seed: int = 0
    captured_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None

    def __post_init__(self) -> None:
        for value, allowed in (
            (self.timeofday, TIMES),
            (self.weather, WEATHERS),
            (self.place, PLACES),
            (self.object, OBJECTS),
        ):
            if value not in allowed:
                raise ValueError(f"{value!r} is not one of {', '.join(allowed)}.")


class Box(NamedTuple):
    """A road user's bounding box in pixels; (x, y) is its upper left corner."""

    label: str
    x: float
    y: float
    w: float
    h: float


class Rendered(NamedTuple):
    """A picture and what is in it."""

    image: Image.Image
    boxes: list[Box]


def render(scene: Scene, size: tuple[int, int] = (320, 240)) -> Rendered:
    """Draw the scene.

    Args:
        size: width and height in pixels; 4:3 looks best.

    Returns:
        An RGB image and a box for each road user in view, the main one first. Deterministic.

    >>> scene = Scene(timeofday="night", weather="hail", place="highway", object="truck", seed=3)
    >>> picture = render(scene)
    >>> picture.image.size, picture.boxes[0].label
    ((320, 240), 'truck')
    """
    width, height = size
    # Own dice for each part: a change of the traffic must not move the trees of the same drive.
    layout, sky_dice, ground_dice, far_dice, side_dice, traffic_dice = (
        Random(scene.seed * 8 + part)  # noqa: S311
        for part in range(6)
    )
    air = atmosphere(scene.timeofday, scene.weather, scene.place, layout)
    road = build_road(scene.place, layout)
    unit = width / 320.0
    camera = Camera(
        width=width,
        height=height,
        horizon=height * layout.uniform(0.43, 0.50) + 0.5 * unit * np.sin(scene.frame * 1.7).item(),
        vanish=width * layout.uniform(0.42, 0.58) + 0.4 * unit * np.sin(scene.frame * 1.1 + 1.0).item(),
        focal=width * layout.uniform(0.80, 0.95),
        eye=layout.uniform(1.25, 1.5),
        lane={"highway": 1.9, "city street": 1.9, "forest road": 1.5, "desert road": 1.7}[scene.place],
        bend=0.0 if scene.place == "city street" else layout.uniform(-1.0, 1.0) * 0.0011,
        travel=layout.uniform(0.0, 300.0) + 1.4 * scene.frame,
    )
    picture = np.zeros((3, height, width), dtype=np.float32)
    sky = paint_sky(camera, air, sky_dice)
    paint_backdrop(sky, camera, road, air, far_dice)
    ground, mirror = paint_ground(camera, road, air, ground_dice)
    picture[:, : sky.shape[1]] = sky
    first = int(camera.horizon)
    # The first row below the horizon is part sky: without this the horizon would be a staircase.
    picture[:, first + 1 :] = ground[:, 1:]
    if scene.place == "city street":
        paint_street(picture, camera, road, air, far_dice)

    canvas = rounded(picture).resize((width * 2, height * 2), Image.Resampling.NEAREST)
    large = camera.enlarged(2)
    lamps = paint_verge(ImageDraw.Draw(canvas), large, road, air, side_dice)
    if air.wet:
        _reflect(canvas, large, mirror)
    placed, carried = paint_traffic(canvas, large, road, air, traffic_dice, main=scene.object, frame=scene.frame)
    picture = planar(canvas.reduce(2))
    halos = [lamp for lamp in lamps if not _hidden(lamp, placed)] + carried
    add_lamps(picture, [_halved(lamp) for lamp in halos], air)
    if scene.weather == "fog":
        drift_fog(picture, camera, air, sky_dice)
    add_weather(picture, camera, air, seed=scene.seed, frame=scene.frame)
    image = develop(picture, air, seed=scene.seed * 1009 + scene.frame)
    boxes = [_box(one, width, height) for one in reversed(placed)]
    return Rendered(image, [box for box in boxes if box.w >= 2 and box.h >= 2])


def _hidden(lamp: Lamp, placed: list[tuple[str, float, float, float, float]]) -> bool:
    if not placed:
        return False
    _, left, top, right, bottom = placed[-1]
    return lamp.z > 12.0 and left < lamp.x < right and top < lamp.y < bottom


def _halved(lamp: Lamp) -> Lamp:
    ground = None if lamp.ground is None else lamp.ground / 2
    return Lamp(lamp.x / 2, lamp.y / 2, lamp.radius / 2, lamp.colour, lamp.strength, lamp.z, ground)


def _box(one: tuple[str, float, float, float, float], width: int, height: int) -> Box:
    label, left, top, right, bottom = one
    x, y = max(0.0, left / 2), max(0.0, top / 2)
    return Box(
        label, round(x, 1), round(y, 1), round(min(width, right / 2) - x, 1), round(min(height, bottom / 2) - y, 1)
    )


def _reflect(canvas: Image.Image, camera: Camera, mirror: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
    """Mirror what stands above the horizon in the wet ground, blurred downwards as ripples do."""
    first = int(camera.horizon / 2) * 2
    depth = canvas.height - first
    above = canvas.crop((0, max(0, first - depth), canvas.width, first)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    above = above.resize((canvas.width // 4, max(2, depth // 14)), Image.Resampling.BOX)
    above = above.resize((canvas.width, depth), Image.Resampling.BILINEAR)
    mask = Image.fromarray((mirror * 200.0).astype(np.uint8)).resize(
        (canvas.width, mirror.shape[0] * 2), Image.Resampling.NEAREST
    )
    canvas.paste(above, (0, first), mask.crop((0, 0, canvas.width, depth)))
