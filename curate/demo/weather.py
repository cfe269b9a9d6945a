"""What falls: rain, hail and snow, drawn as light on a mask, so that any sky and any light take it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from curate.demo.light import Atmosphere, Colour, Floats, cover, mix, plane, scaled
from curate.demo.road import Camera


def add_weather(picture: Floats, camera: Camera, air: Atmosphere, *, seed: int, frame: int) -> None:
    """Add what falls to a planar picture in place. Each frame has its own drops."""
    rng = np.random.default_rng((seed, frame))
    slant = float(np.random.default_rng((seed, 77)).uniform(-0.22, 0.22))
    if air.weather == "rain":
        _rain(picture, air, rng, slant=slant)
    elif air.weather == "hail":
        _hail(picture, camera, air, rng, slant=slant)
    elif air.weather == "snow":
        _snow(picture, air, rng, slant=slant)


def _blend(picture: Floats, mask: Image.Image, colour: Colour, strength: float) -> None:
    cover(picture, plane(colour), np.asarray(mask, dtype=np.float32) * np.float32(strength / 255.0))


def _tone(air: Atmosphere, lightest: float) -> Colour:
    """The colour of lit water or ice: near white by day, what the lamps give after dark."""
    bright = {"day": 1.0, "dusk": 0.86, "night": 0.74}[air.timeofday]
    return scaled(mix(air.haze, (lightest, lightest, lightest), 0.75), bright)


def _rain(picture: Floats, air: Atmosphere, rng: np.random.Generator, *, slant: float) -> None:
    height, width = picture.shape[1:]
    canvas = Image.new("L", (width * 2, height * 2))
    draw = ImageDraw.Draw(canvas)
    count = 210
    xs, ys = rng.uniform(-30, width * 2 + 30, count), rng.uniform(-40, height * 2, count)
    size = rng.random(count) ** 2
    for x, y, near in zip(xs.tolist(), ys.tolist(), size.tolist(), strict=True):
        length = 16.0 + 44.0 * near
        shade = int(70 + 130 * near)
        draw.line((x, y, x + slant * length, y + length), fill=shade, width=1 if near < 0.6 else 2)
    _blend(picture, canvas.reduce(2), _tone(air, 240.0), 0.62 if air.timeofday == "day" else 0.5)
    splashes = Image.new("L", (width * 2, height * 2))
    draw = ImageDraw.Draw(splashes)
    depth = rng.random(34) ** 1.4
    for x, share in zip((rng.random(34) * width * 2).tolist(), depth.tolist(), strict=True):
        y = height * (1.06 + 0.92 * share)
        wide = 3.0 + 9.0 * share
        draw.ellipse((x - wide, y - wide * 0.3, x + wide, y + wide * 0.3), outline=150)
        draw.line((x, y, x, y - wide * 0.8), fill=170)
    _blend(picture, splashes.reduce(2), _tone(air, 225.0), 0.5)


def _hail(picture: Floats, camera: Camera, air: Atmosphere, rng: np.random.Generator, *, slant: float) -> None:
    """Hard bright pellets with short streaks, falling steeply; balls of ice on the ground, some bouncing."""
    height, width = picture.shape[1:]
    white = _tone(air, 252.0)
    ground = Image.new("L", (width * 2, height * 2))
    shadow = Image.new("L", (width * 2, height * 2))
    draw, under = ImageDraw.Draw(ground), ImageDraw.Draw(shadow)
    count = 330
    share = rng.random(count) ** 1.25
    xs = rng.random(count) * width * 2
    horizon = camera.horizon * 2
    for x, near in zip(xs.tolist(), share.tolist(), strict=True):
        y = horizon + 10 + (height * 2 - horizon - 10) * near
        radius = 0.9 + 3.3 * near
        if near > 0.15:
            under.ellipse((x - radius * 0.7, y - radius * 0.1, x + radius * 1.5, y + radius * 1.2), fill=130)
        draw.ellipse((x - radius, y - radius * 0.9, x + radius, y + radius * 0.9), fill=int(180 + 75 * near))
    if air.timeofday == "day":
        _blend(picture, shadow.reduce(2), (40, 46, 54), 0.7)
    _blend(picture, ground.reduce(2), white, 0.95)

    streaks = Image.new("L", (width * 2, height * 2))
    rim = Image.new("L", (width * 2, height * 2))
    pellets = Image.new("L", (width * 2, height * 2))
    trail, edge, draw = ImageDraw.Draw(streaks), ImageDraw.Draw(rim), ImageDraw.Draw(pellets)
    count = 120
    xs, ys = rng.uniform(0, width * 2, count), rng.uniform(0, height * 2, count)
    sizes = 1.3 + 4.2 * rng.random(count) ** 2.6
    bounce = rng.random(count) < 0.22
    for x, y, radius, hop in zip(xs.tolist(), ys.tolist(), sizes.tolist(), bounce.tolist(), strict=True):
        up = 1.0
        lean = slant * 0.6
        if hop and y > horizon + 30:
            up, lean = -0.55, slant * 3.0
        length = radius * 7.0 + 6.0
        trail.line((x - lean * length, y - up * length, x, y), fill=190, width=max(1, round(radius * 1.1)))
        edge.ellipse((x - radius - 1.2, y - radius - 1.2, x + radius + 1.2, y + radius + 1.2), fill=150)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    if air.timeofday != "night":
        # Against a pale sky white ice needs its dark rim to be seen.
        _blend(picture, rim.reduce(2), (58, 66, 78), 0.75)
    _blend(picture, streaks.reduce(2), white, 0.42)
    _blend(picture, pellets.reduce(2), white, 1.0)


def _snow(picture: Floats, air: Atmosphere, rng: np.random.Generator, *, slant: float) -> None:
    """Soft flakes at three distances; the nearest are out of focus."""
    height, width = picture.shape[1:]
    white = _tone(air, 250.0)
    far = np.zeros((height, width), dtype=np.uint8)
    count = 420
    far[rng.integers(0, height, count), rng.integers(0, width, count)] = rng.integers(70, 210, count)
    _blend(picture, Image.fromarray(far), white, 0.75)

    middle = Image.new("L", (width * 2, height * 2))
    draw = ImageDraw.Draw(middle)
    count = 130
    for x, y, radius, shade in zip(
        rng.uniform(0, width * 2, count).tolist(),
        rng.uniform(0, height * 2, count).tolist(),
        rng.uniform(1.5, 3.6, count).tolist(),
        rng.integers(150, 255, count).tolist(),
        strict=True,
    ):
        lean = slant * 4.0
        draw.line((x - lean, y - radius, x + lean, y + radius), fill=shade, width=round(radius * 1.7))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade)
    _blend(picture, middle.reduce(2).filter(ImageFilter.BoxBlur(0.6)), white, 0.95)

    near = Image.new("L", (width // 2, height // 2))
    draw = ImageDraw.Draw(near)
    for x, y, radius in zip(
        rng.uniform(0, width / 2, 16).tolist(),
        rng.uniform(0, height / 2, 16).tolist(),
        rng.uniform(1.4, 3.4, 16).tolist(),
        strict=True,
    ):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=150)
    _blend(picture, near.filter(ImageFilter.BoxBlur(1)).resize((width, height), Image.Resampling.BILINEAR), white, 0.75)
