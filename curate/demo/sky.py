"""The sky: gradient, sun or moon, stars, clouds in perspective."""

from __future__ import annotations

from random import Random

import numpy as np

from curate.demo import texture
from curate.demo.light import Atmosphere, Floats, cover, mix, plane
from curate.demo.road import Camera


def paint_sky(camera: Camera, air: Atmosphere, rng: Random) -> Floats:
    """Paint everything above the horizon; (3, rows, width)."""
    rows = max(8, int(camera.horizon) + 2)
    width = camera.width
    height = (np.arange(rows, dtype=np.float32)[:, None] / camera.horizon).clip(0.0, 1.0)
    bend = height ** np.float32(1.5 if air.timeofday == "day" else 2.1)
    zenith, horizon = plane(air.zenith), plane(air.horizon)
    sky = np.repeat(zenith + (horizon - zenith) * bend[None], width, axis=2)

    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(rows, dtype=np.float32)[:, None]
    sun_x, sun_y = air.sun[0] * width, camera.horizon * (1.0 - air.sun[1])
    across = (x - sun_x) / width
    away = across * across + ((y - sun_y) / width) ** 2
    if air.weather == "clear":
        if air.timeofday == "night":
            _add_stars(sky, camera, rng)
            moon = np.clip((0.019 - np.sqrt(away)) * width + 0.5, 0.0, 1.0)
            sky += np.exp(-away * 90.0) * plane((46, 52, 68))
            cover(sky, plane((236, 236, 222)), moon)
        else:
            warm = plane((255, 190, 110) if air.timeofday == "dusk" else (255, 246, 220))
            reach = (18.0, 0.75) if air.timeofday == "dusk" else (45.0, 0.45)
            cover(sky, warm, np.exp(-away * reach[0]) * reach[1])
            cover(sky, plane((255, 250, 228)), np.clip((0.022 - np.sqrt(away)) * width + 0.5, 0.0, 1.0))
    elif air.timeofday == "dusk" and air.weather != "fog":
        # A gap under the clouds still glows where the sun went down.
        glow = np.exp(-(across**2) * 9.0) * np.exp(-(((y - camera.horizon) / width * 7.0) ** 2))
        cover(sky, plane((255, 150, 96)), glow * 0.5)
    if air.weather != "fog":
        _add_clouds(sky, camera, air, rng)
    return sky


def _add_stars(sky: Floats, camera: Camera, rng: Random) -> None:
    for _ in range(rng.randint(50, 110)):
        column, row = int(rng.random() * camera.width), int(rng.random() ** 1.3 * (camera.horizon - 4))
        sky[:, row, column] += rng.uniform(30, 190)


def _add_clouds(sky: Floats, camera: Camera, air: Atmosphere, rng: Random) -> None:
    """Lay a cloud deck over the sky, projected as a plane overhead, at half resolution and then doubled."""
    rows, width = sky.shape[1:]
    x = np.arange(0, width, 2, dtype=np.float32)[None, :]
    y = np.arange(0, rows, 2, dtype=np.float32)[:, None]
    deck = 1.0 / ((camera.horizon - y).clip(0.0) / camera.height + 0.10)
    across = (x - camera.vanish) / width * deck * 70.0 + rng.random() * 256.0 + 1024.0
    along = deck * 52.0 + rng.random() * 256.0 + camera.travel * 0.02
    tile = texture.fractal(1.75)
    body = texture.sample(tile, across, along)
    lit = body - texture.sample(tile, across + (6.0 if air.sun[0] > 0.5 else -6.0), along - 5.0)
    if air.weather == "clear":
        threshold = rng.choice((0.52, 0.58, 0.66, 0.8))
        alpha = ((body - threshold) * 4.5).clip(0.0, 0.92)
        base = {"day": (238.0, 240.0, 244.0), "dusk": (196.0, 118.0, 112.0), "night": (34.0, 38.0, 56.0)}[air.timeofday]
        light = {"day": 70.0, "dusk": 150.0, "night": 18.0}[air.timeofday]
        colour = plane(base) + lit * plane((light, light * 0.8, light * 0.6))
    else:
        alpha = np.full_like(body, 0.75)
        strength = {"hail": 1.0, "rain": 0.75, "snow": 0.35}[air.weather]
        tone = 1.0 + strength * (body - 0.52) * 1.1 + lit * 0.5 * strength
        low = 1.0 - (camera.horizon - y).clip(0.0) / camera.horizon
        zenith, horizon = plane(air.zenith), plane(mix(air.horizon, air.zenith, 0.15))
        colour = (zenith + (horizon - zenith) * low) * tone
    # Distance: the deck dissolves into the haze before it reaches the horizon.
    alpha = alpha * (((camera.horizon - y) / camera.height) * 9.0).clip(0.0, 1.0)
    alpha = alpha.repeat(2, 0).repeat(2, 1)[:rows, :width]
    cover(sky, colour.repeat(2, 1).repeat(2, 2)[:, :rows, :width], alpha)
