"""Light and air of a scene: palettes, shading by depth, headlight beams, glowing lamps and their sprites.

Colours are floats in 0 … 255 and display-referred: the pictures imitate a dash camera's JPEG, not radiometry.
Pictures in the making are planar, (3, height, width): numpy runs over them four times as fast as over (…, 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

Colour = tuple[float, float, float]
Floats = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating[Any]]

# (zenith, horizon) by time of day; several a time, so that a hundred drives do not share one sky.
_CLEAR_SKIES: dict[str, tuple[tuple[Colour, Colour], ...]] = {
    "day": (
        ((48, 112, 196), (186, 216, 238)),
        ((70, 140, 210), (220, 232, 236)),
        ((34, 96, 170), (160, 204, 236)),
        ((86, 150, 206), (240, 232, 212)),
        ((58, 132, 190), (176, 222, 226)),
    ),
    "dusk": (
        ((46, 44, 98), (255, 142, 70)),
        ((70, 52, 112), (246, 116, 92)),
        ((36, 62, 112), (255, 176, 96)),
        ((88, 58, 96), (255, 154, 116)),
        ((30, 40, 84), (232, 96, 72)),
    ),
    "night": (
        ((5, 8, 22), (26, 34, 62)),
        ((8, 7, 24), (40, 34, 64)),
        ((4, 10, 20), (20, 40, 56)),
        ((9, 10, 18), (44, 40, 48)),
    ),
}
_GREY: dict[str, dict[str, Colour]] = {
    "day": {"rain": (138, 148, 158), "hail": (112, 124, 128), "snow": (206, 211, 218), "fog": (204, 208, 210)},
    "dusk": {"rain": (98, 86, 108), "hail": (88, 82, 104), "snow": (142, 132, 158), "fog": (146, 130, 142)},
    "night": {"rain": (20, 24, 36), "hail": (22, 25, 36), "snow": (44, 46, 62), "fog": (50, 54, 62)},
}
_AMBIENT: dict[str, Colour] = {"day": (1.0, 1.0, 1.0), "dusk": (0.56, 0.44, 0.48), "night": (0.105, 0.12, 0.185)}
_DENSITY = {"clear": 0.0016, "rain": 0.009, "hail": 0.010, "snow": 0.014, "fog": 0.042}


def mix(one: Colour, two: Colour, share: float) -> Colour:
    """The colour `share` (0 … 1) of the way from `one` to `two`."""
    rest = 1.0 - share
    return (one[0] * rest + two[0] * share, one[1] * rest + two[1] * share, one[2] * rest + two[2] * share)


def scaled(colour: Colour, factor: float) -> Colour:
    """The colour times `factor`, not clipped."""
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)


def plane(colour: Colour) -> Floats:
    """The colour as (3, 1, 1), to be broadcast over a planar picture."""
    return np.array(colour, dtype=np.float32)[:, None, None]


def cover(picture: Floats, colour: Reals, alpha: Reals) -> None:
    """Paint `colour` over a planar picture in place, as far as `alpha`, (height, width) in 0 … 1, says."""
    for channel in range(3):
        picture[channel] += (colour[channel] - picture[channel]) * alpha


def jittered(colour: Colour, rng: Random, amount: float) -> Colour:
    """The colour with each channel moved by up to `amount`."""
    return (
        colour[0] + rng.uniform(-amount, amount),
        colour[1] + rng.uniform(-amount, amount),
        colour[2] + rng.uniform(-amount, amount),
    )


@dataclass(frozen=True, slots=True)
class Atmosphere:
    """What the time of day and the weather do to every colour.

    Attributes:
        zenith, horizon: the sky's gradient.
        haze: the colour that distance fades to.
        ambient: per-channel factor on every surface (1 is full daylight).
        density: extinction a metre.
        beam: strength of the own headlights, 0 … 1.
        lamps: how much electric light shows, 0 (day) … 1 (night).
        wet: how much the road mirrors, 0 … 1.
        snow: snow cover, 0 … 1.
        ice: cover with hailstones, 0 … 1.
        sun: x of the sun or moon as a share of the width, height above the horizon as a share of the sky.
    """

    timeofday: str
    weather: str
    zenith: Colour
    horizon: Colour
    haze: Colour
    ambient: Colour
    density: float
    beam: float
    lamps: float
    wet: float
    snow: float
    ice: float
    sun: tuple[float, float]

    def shade(self, colour: Colour, z: float, x: float = 0.0) -> tuple[int, int, int]:
        """A surface's colour as the camera sees it, `z` metres ahead and `x` metres aside."""
        clear = math.exp(-self.density * z)
        red, green, blue = self.ambient
        if self.beam:
            spread = x / (2.2 + 0.25 * z)
            beam = self.beam * math.exp(-z / 19.0 - spread * spread)
            red, green, blue = red + beam, green + 0.95 * beam, blue + 0.82 * beam
        fog = 1.0 - clear
        return (
            min(255, int(colour[0] * red * clear + self.haze[0] * fog)),
            min(255, int(colour[1] * green * clear + self.haze[1] * fog)),
            min(255, int(colour[2] * blue * clear + self.haze[2] * fog)),
        )


def atmosphere(timeofday: str, weather: str, place: str, rng: Random) -> Atmosphere:
    """Draw the light and air of one drive."""
    zenith, horizon = rng.choice(_CLEAR_SKIES[timeofday])
    zenith, horizon = jittered(zenith, rng, 6), jittered(horizon, rng, 6)
    if weather != "clear":
        grey = jittered(_GREY[timeofday][weather], rng, 5 if timeofday == "night" else 9)
        horizon = mix(grey, horizon, rng.uniform(0.08, 0.30) if timeofday == "dusk" else 0.08)
        zenith = scaled(grey, {"hail": 0.52, "rain": 0.68, "snow": 0.84, "fog": 0.95}[weather])
    if place == "city street" and timeofday == "night":
        # Street light scattered back from the air: the sky above a city is never black.
        horizon = mix(horizon, (92, 66, 58), 0.38)
    haze = mix(horizon, zenith, 0.25 if weather == "clear" else 0.06)
    if timeofday == "night":
        # Fog throws the own headlights back; clear air does not.
        haze = scaled(haze, 1.1 if weather == "fog" else 0.8)
    ambient = scaled(_AMBIENT[timeofday], rng.uniform(0.92, 1.08))
    if timeofday == "day":
        ambient = scaled(ambient, {"clear": 1.0, "rain": 0.74, "hail": 0.68, "snow": 0.92, "fog": 0.86}[weather])
    elif timeofday == "dusk" and weather != "clear":
        ambient = mix(ambient, (0.46, 0.43, 0.5), 0.5)
    return Atmosphere(
        timeofday=timeofday,
        weather=weather,
        zenith=zenith,
        horizon=horizon,
        haze=haze,
        ambient=ambient,
        density=_DENSITY[weather] * rng.uniform(0.85, 1.2),
        beam={"day": 0.0, "dusk": 0.24, "night": 0.95}[timeofday],
        lamps={"day": 0.0, "dusk": 0.75, "night": 1.0}[timeofday],
        wet={"rain": rng.uniform(0.75, 1.0), "hail": 0.45}.get(weather, 0.0),
        snow=rng.uniform(0.82, 1.0) if weather == "snow" else 0.0,
        ice=rng.uniform(0.7, 1.0) if weather == "hail" else 0.0,
        sun=(rng.uniform(0.12, 0.88), rng.uniform(0.5, 0.85) if timeofday != "dusk" else rng.uniform(0.03, 0.2)),
    )


@dataclass(frozen=True, slots=True)
class Lamp:
    """A point of light, in output pixels.

    Attributes:
        radius: of the halo.
        strength: 1 saturates the core.
        z: distance in metres, for occlusion.
        ground: y of the ground under the lamp, where a wet road mirrors it; None where nothing mirrors it.
    """

    x: float
    y: float
    radius: float
    colour: Colour
    strength: float
    z: float
    ground: float | None = None


@lru_cache(maxsize=256)
def _halo(radius: int) -> Floats:
    axis = np.arange(-radius, radius + 1, dtype=np.float32) / (radius + 0.5)
    distance = np.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
    edge = np.clip(1.0 - distance, 0.0, 1.0)
    return np.asarray(np.exp(-28.0 * distance**2) + 0.32 * edge**2.5, dtype=np.float32)


@lru_cache(maxsize=512)
def _streak(radius: int, length: int) -> Floats:
    across = np.arange(-radius, radius + 1, dtype=np.float32) / (radius * 0.5 + 0.4)
    along = np.arange(-length, length + 1, dtype=np.float32) / (length + 0.5)
    return np.asarray(np.exp(-(across**2))[None, :] * ((1.0 - along**2) ** 2)[:, None], dtype=np.float32)


def _add(picture: Floats, sprite: Floats, x: float, y: float, colour: Floats) -> None:
    rows, columns = sprite.shape
    left, top = round(x) - columns // 2, round(y) - rows // 2
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + columns, picture.shape[2]), min(top + rows, picture.shape[1])
    if x0 < x1 and y0 < y1:
        picture[:, y0:y1, x0:x1] += sprite[y0 - top : y1 - top, x0 - left : x1 - left] * colour


def add_lamps(picture: Floats, lamps: list[Lamp], air: Atmosphere) -> None:
    """Add halos, and streaks where the road is wet, to a planar picture in place."""
    # Fog and falling water scatter: halos grow while the lamp itself fades with distance.
    spread = {"fog": 1.7, "snow": 1.25, "rain": 1.25, "hail": 1.15, "clear": 1.0}[air.weather]
    limit = picture.shape[2] // 4
    for lamp in lamps:
        seen = math.exp(-air.density * lamp.z * 0.55)
        colour = plane(lamp.colour) * np.float32(lamp.strength * seen)
        radius = max(2, min(limit, round(lamp.radius * spread)))
        _add(picture, _halo(radius), lamp.x, lamp.y, colour)
        if air.wet and lamp.ground is not None:
            drop = max(4.0, lamp.ground - lamp.y)
            width = max(1, min(limit, round(lamp.radius * 0.32)))
            _add(
                picture,
                _streak(width, min(picture.shape[1], round(drop * 0.9 + 6))),
                lamp.x,
                lamp.ground + drop * 0.75,
                colour * np.float32(0.5 * air.wet),
            )
