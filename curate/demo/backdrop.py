"""What stands far off or beside a street: ridges, mesas, skylines and the façades of a city street, per pixel."""

from __future__ import annotations

from random import Random

import numpy as np

from curate.demo import texture
from curate.demo.light import Atmosphere, Colour, Floats, cover, jittered, mix, plane
from curate.demo.road import Camera, Road

_FACADES: tuple[Colour, ...] = (
    (168, 110, 86), (196, 178, 148), (142, 146, 152), (120, 86, 76), (206, 196, 180),
    (106, 116, 126), (178, 138, 104), (150, 158, 162), (186, 158, 138), (92, 98, 108),
)  # fmt: skip


def _ridge(picture: Floats, heights: Floats, horizon: float, colour: Colour) -> None:
    """Fill under a (width,) profile of heights in pixels, with a soft edge."""
    y = np.arange(picture.shape[1], dtype=np.float32)[:, None]
    top = max(0, int(horizon - float(heights.max()) - 2))
    covered = np.clip(y[top:] - (horizon - heights[None, :]) + 0.5, 0.0, 1.0)
    cover(picture[:, top:], plane(colour), covered)


def _profile(width: int, rng: Random, *, octaves: tuple[tuple[float, float], ...]) -> Floats:
    x = np.arange(width, dtype=np.float32) / width
    out = np.zeros(width, dtype=np.float32)
    for frequency, amplitude in octaves:
        out += np.float32(amplitude) * np.sin(x * np.float32(frequency) + np.float32(rng.random() * 6.3))
    return out


def paint_backdrop(picture: Floats, camera: Camera, road: Road, air: Atmosphere, rng: Random) -> None:
    """Paint the far land over the sky, in place; `picture` is (3, rows to the horizon, width)."""
    width, unit = camera.width, camera.height / 240.0
    snow = air.snow
    if road.place == "city street":
        blocks = np.repeat(np.array([rng.random() for _ in range(40)], dtype=np.float32), width // 40 + 1)[:width]
        centre = np.abs(np.arange(width, dtype=np.float32) - camera.vanish) / width
        for distance, tall in ((900.0, 62.0), (420.0, 44.0)):
            heights = (blocks * tall + 8.0) * unit * np.clip(1.0 - centre * 1.2, 0.3, 1.0)
            _ridge(picture, heights, camera.horizon + 1, air.shade((112, 116, 130), distance))
            blocks = np.roll(blocks, 53)
        return
    if road.place == "desert road":
        for distance, tall in ((1100.0, 34.0), (520.0, 20.0)):
            wave = _profile(width, rng, octaves=((7.0, 1.0), (17.0, 0.6), (39.0, 0.16)))
            flat = np.clip(wave * 2.6, -0.5, 1.0) * np.float32(tall * 0.55 * unit) + np.float32(tall * 0.2 * unit)
            tone = mix((178, 104, 74), (232, 236, 242), snow * 0.55)
            _ridge(picture, flat, camera.horizon + 1, air.shade(jittered(tone, rng, 10), distance * 0.7))
        return
    base: Colour = (78, 102, 84) if road.place == "forest road" else (92, 116, 84)
    for distance, tall in ((1500.0, 46.0), (800.0, 28.0), (330.0, 13.0)):
        wave = _profile(width, rng, octaves=((5.0, 0.5), (11.0, 0.32), (23.0, 0.12), (61.0, 0.05)))
        heights = (0.55 + wave * 0.6) * np.float32(tall * unit)
        if distance < 1000.0:
            # A jagged fringe reads as treetops at this distance.
            teeth = np.abs(np.mod(np.arange(width, dtype=np.float32) * 0.37 + rng.random(), 1.0) - 0.5)
            heights = heights + teeth * np.float32(7.0 * unit if road.place == "forest road" else 3.0 * unit)
        tone = mix(jittered(base, rng, 9), (226, 232, 240), snow * (0.62 if distance > 600 else 0.4))
        _ridge(picture, heights, camera.horizon + 1, air.shade(tone, distance * 0.75))


def paint_street(picture: Floats, camera: Camera, road: Road, air: Atmosphere, rng: Random) -> None:
    """Paint the two rows of façades along a city street over a planar picture, in place.

    Each row is one plane parallel to the road, so depth depends on the column alone and the façades need no polygons.
    """
    dice = np.random.default_rng(rng.getrandbits(32))
    lots = 64
    storeys = dice.integers(3, 9, (2, lots)).astype(np.float32)
    tones = np.array([jittered(rng.choice(_FACADES), rng, 8) for _ in range(2 * lots)], dtype=np.float32)
    tones = tones.reshape(2, lots, 3)
    awnings = dice.uniform(50, 210, (2, lots, 3)).astype(np.float32)
    lit = dice.random(2048).astype(np.float32)
    share = {"day": 0.06, "dusk": 0.42, "night": 0.38}[air.timeofday]

    for side in (0, 1):
        gap = road.half + road.walk + (camera.lane if side == 0 else -camera.lane)
        edge = int(np.clip(camera.vanish, 0, camera.width))
        span = slice(0, edge) if side == 0 else slice(edge, camera.width)
        x = np.arange(camera.width, dtype=np.float32)[span] + 0.5
        if x.size == 0:
            continue
        away = np.maximum(np.abs(x - camera.vanish), 2.0)
        z = np.minimum(camera.focal * gap / away, 260.0)
        v = z + np.float32(camera.travel)
        lot_length = 13.0
        lot = np.floor(v / lot_length).astype(np.int32) % lots
        inside = np.mod(v, lot_length) / lot_length
        column = np.floor(inside * 6.0)
        last = min(camera.height, int(camera.horizon + camera.focal * camera.eye / float(z.min())) + 2)
        y = np.arange(last, dtype=np.float32)[:, None] + 0.5
        metres = camera.eye + (camera.horizon - y) * (z / camera.focal)[None, :]

        top = storeys[side, lot] * 3.3 + 4.4
        alpha = np.clip((top[None, :] - metres) * (camera.focal / z)[None, :] + 0.5, 0.0, 1.0)
        alpha *= np.clip(metres * (camera.focal / z)[None, :] + 0.5, 0.0, 1.0)
        wall = tones[side, lot] * np.float32(1.06 if (air.sun[0] > 0.5) == (side == 0) else 0.78)
        seam = np.clip(np.minimum(inside, 1.0 - inside) * 26.0, 0.55, 1.0)
        wall = wall * seam[:, None]
        tone = 0.90 + 0.012 * np.minimum(metres, 16.0)

        storey = (metres - 4.0) / 3.3
        floor = np.floor(storey)
        rise = storey - floor
        over = np.mod(inside * 6.0, 1.0)
        glass = ((over > 0.22) & (over < 0.78))[None, :] & (rise > 0.24) & (rise < 0.80)
        glass &= (metres > 4.0) & (metres < (top - 0.7)[None, :])
        step = z / away * 6.0 / lot_length
        sharp = np.clip(1.35 - step * 1.1, 0.0, 1.0)[None, :]
        key = (lot * 37 + column.astype(np.int32) * 11)[None, :] + floor.astype(np.int32) * 131 + side * 977
        draw = lit[key & 2047]
        on = (draw < share) & glass
        pane = np.where(rise > 0.55, np.float32(0.34), np.float32(0.26)) + 0.1 * draw

        clear = np.exp(-air.density * z)
        light: Floats = np.repeat(plane(air.ambient), z.size, axis=2)
        if air.lamps:
            pool = np.abs(np.mod(v, 22.0) - 11.0)
            light = light + (np.exp(-(pool**2) / 22.0) * (0.30 * air.lamps)) * plane((1.0, 0.8, 0.55))
        body = wall.T[:, None, :] * tone
        glazing = plane(air.horizon) * 0.55 / np.maximum(plane(air.ambient), 0.35)
        shop = (metres < 3.3) & (metres > 0.5) & ((inside > 0.08) & (inside < 0.92))[None, :]
        band = (metres > 3.3) & (metres < 4.0)
        late = ((lit[(lot * 53 + side * 7) & 2047] < 0.55)[None, :] & shop) if air.lamps else None
        shining = on & (sharp > 0.05)
        strength = (0.55 + 0.45 * draw) * (0.45 + 0.5 * air.lamps)
        ledge = np.clip(1.0 - np.abs(metres - (top - 0.25)[None, :]) / 0.5, 0.0, 1.0) * air.snow
        mirrored = glass & (sharp > 0.3)
        sign = awnings[side, lot].T
        for channel in range(3):
            tint = body[channel]
            np.copyto(tint, glazing[channel] * (pane * 2.0), where=mirrored)
            tint[shop] = (58.0, 62.0, 70.0)[channel]
            np.copyto(tint, sign[channel][None, :], where=band)
            tint *= light[channel]
            np.copyto(tint, (255.0, 206.0, 128.0)[channel] * strength, where=shining)
            if late is not None:
                warm = (255.0, 222.0, 168.0)[channel] * air.lamps * (0.50 + 0.10 * metres)
                np.copyto(tint, np.minimum(warm, 245.0), where=late)
            if air.snow:
                tint += ((226.0, 232.0, 242.0)[channel] * light[channel] - tint) * ledge
            tint *= clear
            tint += air.haze[channel] * (1.0 - clear)
        cover(picture[:, :last, span], body, alpha)


def drift_fog(picture: Floats, camera: Camera, air: Atmosphere, rng: Random) -> None:
    """Let banks of fog drift across the middle distance, in place, so that fog is not one flat veil."""
    y = np.arange(picture.shape[1], dtype=np.float32)[:, None]
    x = np.arange(picture.shape[2], dtype=np.float32)[None, :]
    tile = texture.sample(
        texture.fractal(1.9), x * 0.35 + rng.random() * 256.0 + camera.travel * 0.4, y * 0.9 + rng.random() * 256.0
    )
    band = np.exp(-(((y - camera.horizon * 1.04) / (0.20 * picture.shape[1])) ** 2))
    cover(picture, plane(air.haze) * 1.04, np.clip(band * (0.34 + (tile - 0.4) * 1.3), 0.0, 0.8))
