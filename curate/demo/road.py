"""The camera and the ground: verges, asphalt, markings, snow, ice and puddles, shaded per pixel in road coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np

from curate.demo import texture
from curate.demo.light import Atmosphere, Colour, Floats, cover, jittered, plane


@dataclass(frozen=True, slots=True)
class Camera:
    """A dash camera over a road that may bend. Metres: x right of the camera, y up from the ground, z ahead.

    Attributes:
        width, height: of the picture, in pixels.
        horizon: y of the horizon, in pixels.
        vanish: x of the vanishing point, in pixels.
        focal: in pixels.
        eye: the camera's height, in metres.
        lane: the camera's distance right of the road's middle, in metres.
        bend: sideways metres a squared metre ahead.
        travel: metres driven since the drive began.
    """

    width: int
    height: int
    horizon: float
    vanish: float
    focal: float
    eye: float
    lane: float
    bend: float
    travel: float

    def project(self, x: float, y: float, z: float) -> tuple[float, float]:
        """The pixel of a point in metres."""
        scale = self.focal / z
        return self.vanish + (x + self.bend * z * z) * scale, self.horizon + (self.eye - y) * scale

    def enlarged(self, factor: int) -> Camera:
        """The same view on a canvas `factor` times as large."""
        return replace(
            self,
            width=self.width * factor,
            height=self.height * factor,
            horizon=self.horizon * factor,
            vanish=self.vanish * factor,
            focal=self.focal * factor,
        )


@dataclass(frozen=True, slots=True)
class Road:
    """One drive's road. Lengths in metres, `half` from the middle to the edge of the asphalt."""

    place: str
    half: float
    asphalt: Colour
    ground: Colour
    line: Colour
    centre: Colour
    lanes: tuple[float, ...]
    walk: float = 0.0


_GROUNDS: dict[str, tuple[Colour, ...]] = {
    "highway": ((104, 136, 70), (134, 142, 76), (88, 122, 72), (158, 146, 88)),
    "city street": ((148, 144, 138), (136, 134, 132), (160, 150, 138)),
    "forest road": ((74, 92, 46), (92, 86, 50), (62, 82, 44), (112, 88, 54)),
    "desert road": ((206, 168, 112), (214, 150, 98), (196, 172, 132), (222, 186, 128)),
}


def build_road(place: str, rng: Random) -> Road:
    """Draw the road of one drive."""
    tone = rng.uniform(66, 100)
    asphalt = jittered((tone, tone, tone + 2), rng, 4)
    ground = jittered(rng.choice(_GROUNDS[place]), rng, 7)
    white: Colour = (226, 226, 220)
    yellow: Colour = (222, 176, 58)
    if place == "highway":
        return Road(place, 7.6, asphalt, ground, white, rng.choice((white, yellow)), (-3.7, 3.7))
    if place == "city street":
        return Road(place, 5.6, asphalt, ground, white, white, (), walk=2.9)
    if place == "forest road":
        return Road(place, 3.5, asphalt, ground, white, rng.choice((white, yellow)), ())
    return Road(place, 3.9, jittered(asphalt, rng, 6), ground, white, rng.choice((yellow, yellow, white)), ())


def _stripe(u: Floats, pixel: Floats, middle: float, half: float) -> Floats:
    """How much of each pixel, `pixel` metres wide, a stripe covers: exact, so far lines fade and do not flicker."""
    away = np.abs(u - np.float32(middle))
    covered = np.minimum(away + pixel * 0.5, np.float32(half)) - np.maximum(away - pixel * 0.5, np.float32(-half))
    return np.asarray(np.clip(covered / pixel, 0.0, 1.0), dtype=np.float32)


def _dashes(v: Floats, pixel: Floats, period: float, length: float) -> Floats:
    phase = np.abs(np.mod(v, np.float32(period)) - np.float32(period / 2))
    sharp = np.clip((np.float32(length / 2) - phase) / pixel + 0.5, 0.0, 1.0)
    blur = np.clip(pixel / np.float32(period) * 2.0, 0.0, 1.0)
    return np.asarray(sharp + (np.float32(length / period) - sharp) * blur, dtype=np.float32)


def paint_ground(camera: Camera, road: Road, air: Atmosphere, rng: Random) -> tuple[Floats, Floats]:
    """Shade everything below the horizon.

    Returns:
        (3, rows, width) colours from row int(horizon) on, and (rows, width) in 0 … 1: how much the pixel mirrors.
    """
    first = int(camera.horizon)
    rows = np.arange(first, camera.height, dtype=np.float32)[:, None]
    below = np.maximum(rows + 0.5 - camera.horizon, np.float32(0.45))
    z = np.minimum(camera.focal * camera.eye / below, np.float32(600.0)).astype(np.float32)
    pixel = z / np.float32(camera.focal)
    deep = z * pixel / np.float32(camera.eye)
    x = np.arange(camera.width, dtype=np.float32)[None, :] + 0.5
    ahead = (x - np.float32(camera.vanish)) * pixel
    u = ahead - np.float32(camera.bend) * z * z + np.float32(camera.lane)
    v = z + np.float32(camera.travel)
    aside = np.abs(u)

    near = 1.0 / (1.0 + z / 26.0)
    shift = np.float32(rng.random() * 256.0 + 4096.0)
    coarse = texture.sample(texture.fractal(1.5), u * 5.0 + shift, v * 3.0) - 0.5
    fine = texture.sample(texture.fractal(0.55), u * 22.0 + shift, v * 9.0) - 0.5

    on_road = np.clip((road.half - aside) / pixel + 0.5, 0.0, 1.0)
    rough = 0.55 if road.place != "city street" else 0.16
    tone = 1.0 + (coarse * rough + fine * rough * 0.9) * near
    colour = plane(road.ground) * tone
    if road.walk:
        kerb = _stripe(aside, pixel, road.half + 0.12, 0.14)
        cover(colour, plane((196, 194, 188)), kerb)
        slab = _dashes(v, deep, 1.6, 0.12) * 0.2 * np.clip((aside - road.half - 0.25) / pixel, 0.0, 1.0)
        colour *= 1.0 - slab
    elif road.place != "highway":
        shoulder = np.clip(1.0 - (aside - road.half) / 1.1, 0.0, 1.0) * 0.55
        cover(colour, plane((150, 132, 104)), shoulder)

    lane = road.half if len(road.lanes) == 0 else 3.8
    # u - lane * floor(u / lane): numpy's mod takes several times as long.
    inside = u - np.float32(lane) * np.floor(u * np.float32(1.0 / lane))
    wheels = np.abs(np.abs(inside - np.float32(lane / 2)) - np.float32(0.85))
    tracks = np.clip(1.0 - wheels / 0.45, 0.0, 1.0)
    asphalt_tone = (1.0 + (coarse * 0.22 + fine * 0.26) * near) - 0.09 * tracks
    if air.wet:
        asphalt_tone *= 1.0 - 0.34 * air.wet
    asphalt = plane(road.asphalt) * asphalt_tone

    paint = _stripe(aside, pixel, road.half - 0.35, 0.09)
    for middle in road.lanes:
        paint = np.maximum(paint, _stripe(u, pixel, middle, 0.08) * _dashes(v, deep, 9.0, 3.6))
    if road.place == "highway":
        centre = np.maximum(_stripe(u, pixel, -0.18, 0.08), _stripe(u, pixel, 0.18, 0.08))
    else:
        centre = _stripe(u, pixel, 0.0, 0.08) * _dashes(v, deep, 8.0, 3.4)
    worn = 0.86 + coarse * 0.5
    cover(asphalt, plane(road.line), paint * worn)
    cover(asphalt, plane(road.centre), centre * worn)
    if road.place == "city street":
        _add_crossing(asphalt, u, v, pixel=pixel, deep=deep, road=road)
    cover(colour, asphalt, on_road)

    if air.snow:
        white = plane((232, 238, 246)) * (1.0 + coarse * 0.14 * near)
        depth = 0.72 + coarse * 1.1 - tracks * 0.62 + np.clip(aside - road.half * 0.72, 0.0, 1.0) * 0.6
        depth = np.clip(depth, 0.12, 1.0) * on_road + (1.0 - on_road) * np.clip(0.93 + coarse * 0.5, 0.0, 1.0)
        cover(colour, white, depth * air.snow)
    if air.ice:
        # Pellets gather in drifts at the edges and lie thinly, in grains, everywhere else.
        drift = np.clip(1.0 - np.abs(aside - road.half) / 1.0, 0.0, 1.0) * 0.75
        grains = np.clip((fine - 0.16) * 7.0, 0.0, 1.0) * np.clip(0.85 + coarse, 0.0, 1.0)
        far = np.clip(z / 34.0, 0.0, 1.0) * 0.34
        pellets = np.clip(drift * (0.7 + fine * 1.5) + grains * (1.0 - far) * 0.8 + far, 0.0, 0.95) * air.ice
        cover(colour, plane((226, 233, 240)), pellets)

    light: Floats = plane(air.ambient)
    if air.beam:
        spread = ahead / (2.3 + 0.23 * z)
        beam = air.beam * np.exp(-z / 18.0 - spread * spread) * (0.5 + 0.5 * np.clip(z / 5.0, 0.0, 1.0))
        light = light + beam * plane((1.0, 0.95, 0.8))
    if air.lamps and road.place == "city street":
        pool = np.abs(np.mod(v, np.float32(22.0)) - 11.0)
        pools = np.exp(-(pool**2) / 26.0) * np.exp(-((aside - road.half) ** 2) / 14.0)
        light = light + (pools * np.float32(0.42 * air.lamps)) * plane((1.0, 0.82, 0.56))
    clear = np.exp(-air.density * z)
    colour *= light * clear
    colour += plane(air.haze) * (1.0 - clear)
    if not air.wet:
        return np.asarray(colour, dtype=np.float32), np.zeros_like(u)
    puddles = np.clip(0.45 + coarse * 2.2 + tracks * 0.3, 0.18, 1.0)
    mirror = air.wet * (on_road * puddles + (1.0 - on_road) * (0.5 if road.walk else 0.08))
    mirror = mirror * np.clip(0.30 + 0.6 * z / 40.0, 0.0, 0.85)
    return np.asarray(colour, dtype=np.float32), np.asarray(mirror, dtype=np.float32)


def _add_crossing(asphalt: Floats, u: Floats, v: Floats, *, pixel: Floats, deep: Floats, road: Road) -> None:
    """Zebra crossings, every 60 metres."""
    along = np.clip((1.5 - np.abs(np.mod(v, np.float32(60.0)) - 40.0)) / deep + 0.5, 0.0, 1.0)
    across = u - np.float32(1.1) * np.floor(u * np.float32(1.0 / 1.1))
    bars = np.clip((0.27 - np.abs(across - 0.55)) / pixel + 0.5, 0.0, 1.0)
    inside = np.clip((road.half - 0.5 - np.abs(u)) / pixel + 0.5, 0.0, 1.0)
    cover(asphalt, plane(road.line), along * bars * inside * 0.85)
