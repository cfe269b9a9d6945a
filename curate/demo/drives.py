"""Drives as life deals them: mostly clear days, a little of everything, and hail at night almost never."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from random import Random

from curate.demo.scene import OBJECTS, PLACES, TIMES, WEATHERS, Scene

NIGHT_HAIL = 0.006
"""The share of the samples that show hail at night: what random sampling never meets."""

_TIME_WEIGHTS = (0.68, 0.14, 0.18)
_WEATHER_WEIGHTS = (0.60, 0.19, 0.025, 0.10, 0.085)
_PLACE_WEIGHTS = (0.34, 0.36, 0.18, 0.12)
_OBJECT_WEIGHTS: dict[str, tuple[float, ...]] = {
    "highway": (0.40, 0.24, 0.09, 0.01, 0.01, 0.02, 0.23),
    "city street": (0.36, 0.08, 0.14, 0.18, 0.13, 0.0, 0.11),
    "forest road": (0.30, 0.09, 0.04, 0.05, 0.09, 0.14, 0.29),
    "desert road": (0.28, 0.17, 0.05, 0.03, 0.04, 0.03, 0.40),
}
_HOURS = {"day": (8.0, 16.5), "dusk": (18.6, 19.9), "night": (21.0, 28.0)}
# Latitude, longitude and hours east of UTC of where each kind of road is driven.
_REGIONS = {
    "highway": (48.71, 9.05, 1),
    "city street": (45.07, 7.69, 1),
    "forest road": (61.02, 14.53, 1),
    "desert road": (35.61, -115.42, -8),
}
_METRES_A_SECOND = 1.4
_METRES_A_DEGREE = 111_320.0


def plan_drives(n: int, seed: int = 0) -> list[Scene]:
    """Plan `n` scenes in drives of 8 to 20 frames, a frame a second.

    Between 0.4 and 0.9 % show hail at night (for n of 500 and more), in showers of a few frames over at least three
    rainy drives, so that neither a random sample nor a single lucky drive holds them all. Deterministic.

    >>> scenes = plan_drives(500, seed=1)
    >>> len(scenes), scenes[0].drive, (scenes[1].captured_at - scenes[0].captured_at).total_seconds()
    (500, 'drive-000', 1.0)
    """
    rng = Random(seed * 7919 + 17)  # noqa: S311
    lengths: list[int] = []
    while sum(lengths) < n:
        lengths.append(min(rng.randint(8, 20), n - sum(lengths)))
    rare = _share_out(round(n * NIGHT_HAIL), len(lengths), rng)
    conditions = _deal(len(lengths), rng)
    scenes: list[Scene] = []
    for number, length in enumerate(lengths):
        dice = Random(rng.getrandbits(48))  # noqa: S311
        scenes += _plan_drive(number, length, *conditions[number], hail=rare.get(number, 0), rng=dice)
    return scenes


def _deal(drives: int, rng: Random) -> list[tuple[str, str]]:
    """A time and a weather for each drive, by systematic sampling: shares come out as planned, not by luck."""
    pairs = [(when, sky) for when in TIMES for sky in WEATHERS if (when, sky) != ("night", "hail")]
    weights = [_TIME_WEIGHTS[TIMES.index(when)] * _WEATHER_WEIGHTS[WEATHERS.index(sky)] for when, sky in pairs]
    total, reached, place = sum(weights), 0.0, 0
    offset = rng.random()
    dealt: list[tuple[str, str]] = []
    for pair, weight in zip(pairs, weights, strict=True):
        reached += weight / total * drives
        while place < drives and place + offset < reached:
            dealt.append(pair)
            place += 1
    dealt += [pairs[0]] * (drives - len(dealt))
    rng.shuffle(dealt)
    return dealt


def _share_out(frames: int, drives: int, rng: Random) -> dict[int, int]:
    """Spread the frames of night hail over some drives: at least three, at most five frames each."""
    count = min(drives, frames, max(3, math.ceil(frames / 4)))
    if not count:
        return {}
    chosen = rng.sample(range(drives), count)
    return {drive: frames // count + (place < frames % count) for place, drive in enumerate(chosen)}


def _plan_drive(number: int, length: int, timeofday: str, weather: str, *, hail: int, rng: Random) -> list[Scene]:
    place = rng.choices(PLACES, _PLACE_WEIGHTS)[0]
    if hail:
        timeofday, weather = "night", "rain"
    weathers = [weather] * length
    if hail:
        start = rng.randrange(max(1, length - hail))
        weathers[start : start + hail] = ["hail"] * min(hail, length - start)
    elif weather == "hail":
        # A shower passes: rain before or after it.
        start = rng.randrange(1, max(2, length // 3))
        weathers[:start] = ["rain"] * start

    objects: list[str] = []
    while len(objects) < length:
        thing = rng.choices(OBJECTS, _OBJECT_WEIGHTS[place])[0]
        # Vehicles are followed; who crosses is gone after a few seconds.
        stay = rng.randint(6, 20) if thing in {"car", "truck", "bus", "none"} else rng.randint(3, 8)
        objects += [thing] * stay

    latitude, longitude, zone = _REGIONS[place]
    latitude, longitude = latitude + rng.uniform(-0.2, 0.2), longitude + rng.uniform(-0.3, 0.3)
    heading = rng.uniform(0.0, 2.0 * math.pi)
    turn = rng.uniform(-0.01, 0.01)
    day = datetime(2026, 1, 12, tzinfo=timezone(timedelta(hours=zone))) + timedelta(days=rng.randrange(300))
    moment = day + timedelta(seconds=round(rng.uniform(*_HOURS[timeofday]) * 3600))
    first = rng.randrange(20, 900)
    base = Scene(
        timeofday=timeofday,
        weather=weather,
        place=place,
        object=objects[0],
        drive=f"drive-{number:03d}",
        seed=rng.getrandbits(40),
    )
    scenes = []
    for step in range(length):
        scenes.append(
            replace(
                base,
                weather=weathers[step],
                object=objects[step],
                frame=first + step,
                captured_at=moment + timedelta(seconds=step),
                latitude=round(latitude, 6),
                longitude=round(longitude, 6),
            )
        )
        heading += turn
        latitude += _METRES_A_SECOND * math.cos(heading) / _METRES_A_DEGREE
        longitude += _METRES_A_SECOND * math.sin(heading) / (_METRES_A_DEGREE * math.cos(math.radians(latitude)))
    return scenes
