"""What passes by along the road: trees, cactuses, posts, rails, wires, street lamps and signs."""

from __future__ import annotations

import itertools
from random import Random

from PIL import ImageDraw

from curate.demo.light import Atmosphere, Colour, Lamp, jittered, mix, scaled
from curate.demo.road import Camera, Road

# Half a spruce, from the tip down: (share of the height, half width as a share of the height).
_SPRUCE = ((0.0, 0.0), (0.14, 0.055), (0.13, 0.03), (0.3, 0.105), (0.28, 0.065), (0.48, 0.15), (0.46, 0.095),
           (0.67, 0.19), (0.65, 0.13), (0.9, 0.235))  # fmt: skip
_BLOB = ((0.0, -1.0), (0.45, -0.92), (0.72, -0.62), (0.98, -0.4), (0.94, 0.05), (1.02, 0.4), (0.66, 0.78), (0.3, 0.86),
         (-0.1, 0.98), (-0.55, 0.82), (-0.8, 0.58), (-1.04, 0.2), (-0.92, -0.22), (-0.8, -0.58), (-0.4, -0.86))  # fmt: skip
_LEAVES: tuple[Colour, ...] = ((72, 112, 48), (92, 128, 56), (58, 96, 50), (166, 122, 44), (174, 92, 42))
_NEEDLES: tuple[Colour, ...] = ((36, 72, 44), (44, 82, 46), (30, 62, 48), (52, 84, 42))
_SNOW: Colour = (236, 241, 248)


def spruce(
    draw: ImageDraw.ImageDraw, x: float, foot: float, tall: float, tone: Colour, *, z: float, u: float, air: Atmosphere
) -> None:
    """A conifer of `tall` canvas pixels whose trunk meets the ground at (x, foot)."""
    top = foot - tall
    trunk = tall * 0.018 + 0.6
    draw.rectangle((x - trunk, foot - tall * 0.14, x + trunk, foot), fill=air.shade((66, 50, 38), z, u))
    right = [(x + w * tall, top + h * tall) for h, w in _SPRUCE]
    left = [(x - w * tall, top + h * tall) for h, w in reversed(_SPRUCE)]
    draw.polygon(right + left, fill=air.shade(tone, z, u))
    sign = -1.0 if air.sun[0] < 0.5 else 1.0
    lit = [(x + sign * w * tall * 0.93, top + h * tall) for h, w in _SPRUCE]
    draw.polygon([*lit, (x + sign * tall * 0.04, foot - tall * 0.1)], fill=air.shade(scaled(tone, 1.32), z, u))
    if air.snow:
        white = air.shade(_SNOW, z, u)
        for upper, lower in ((0, 1), (2, 3), (4, 5), (6, 7)):
            high, wide = top + _SPRUCE[upper][0] * tall, _SPRUCE[lower][1] * tall * 0.96
            low = top + _SPRUCE[lower][0] * tall
            shape = [(x, high), (x + wide, low), (x + wide * 0.35, low - tall * 0.035), (x, low - tall * 0.01)]
            shape += [(x - wide * 0.4, low - tall * 0.04), (x - wide, low)]
            draw.polygon(shape, fill=white)


def broadleaf(
    draw: ImageDraw.ImageDraw, x: float, foot: float, tall: float, tone: Colour, *, z: float, u: float, air: Atmosphere
) -> None:
    """A round tree of `tall` canvas pixels."""
    trunk = max(1.0, tall * 0.03)
    draw.rectangle((x - trunk, foot - tall * 0.42, x + trunk, foot), fill=air.shade((74, 58, 44), z, u))
    crown = tall * 0.34
    middle = foot - tall * 0.64
    draw.polygon([(x + a * crown, middle + b * crown) for a, b in _BLOB], fill=air.shade(tone, z, u))
    sign = -1.0 if air.sun[0] < 0.5 else 1.0
    light = scaled(tone, 1.28)
    spots = ((0.28, -0.3, 0.58), (0.05, -0.5, 0.36))
    for across, up, size in spots:
        middle_x, middle_y = x + sign * across * crown, middle + up * crown
        shape = [(middle_x + a * crown * size, middle_y + b * crown * size) for a, b in _BLOB]
        draw.polygon(shape, fill=air.shade(mix(light, _SNOW, air.snow * 0.92), z, u))
        light = scaled(light, 1.1)


def cactus(
    draw: ImageDraw.ImageDraw, x: float, foot: float, tall: float, *, z: float, u: float, air: Atmosphere
) -> None:
    """A saguaro of `tall` canvas pixels."""
    fill = air.shade((76, 108, 62), z, u)
    lit = air.shade((110, 140, 84), z, u)
    wide = max(1, round(tall * 0.13))
    draw.line((x, foot, x, foot - tall), fill=fill, width=wide)
    for side, low, high in ((-1.0, 0.38, 0.72), (1.0, 0.5, 0.88)):
        arm = x + side * tall * 0.22
        draw.line(
            (x, foot - tall * low, arm, foot - tall * low, arm, foot - tall * high), fill=fill, width=max(1, wide - 1)
        )
    draw.line((x - wide * 0.2, foot, x - wide * 0.2, foot - tall * 0.98), fill=lit, width=max(1, wide // 3))
    if air.snow:
        white = air.shade(_SNOW, z, u)
        draw.ellipse((x - wide * 0.6, foot - tall - wide * 0.4, x + wide * 0.6, foot - tall + wide * 0.5), fill=white)


def shrub(
    draw: ImageDraw.ImageDraw, x: float, foot: float, tall: float, tone: Colour, *, z: float, u: float, air: Atmosphere
) -> None:
    """A low bush."""
    base = mix(tone, _SNOW, air.snow * 0.8)
    draw.ellipse((x - tall * 0.9, foot - tall * 0.9, x + tall * 0.9, foot + tall * 0.12), fill=air.shade(base, z, u))
    top = air.shade(scaled(base, 1.22), z, u)
    draw.ellipse((x - tall * 0.55, foot - tall * 0.92, x + tall * 0.45, foot - tall * 0.3), fill=top)


def paint_verge(draw: ImageDraw.ImageDraw, camera: Camera, road: Road, air: Atmosphere, rng: Random) -> list[Lamp]:
    """Draw what stands along the road, far to near, on the doubled canvas.

    Returns:
        The lamps among it, in canvas pixels.
    """
    lamps: list[Lamp] = []
    if road.place == "highway":
        _trees(draw, camera, road, air, rng, count=20, reach=150.0, spread=34.0, gap=9.0, conifers=0.35)
        _rails(draw, camera, road, air)
        _poles(draw, camera, road, air, lamps, period=38.0, tall=9.0, arm=2.4, offset=2.0, lit=0.75)
        if rng.random() < 0.4:
            _gantry(draw, camera, road, air, rng)
    elif road.place == "city street":
        if rng.random() < 0.55:
            _street_trees(draw, camera, road, air, rng)
        _poles(draw, camera, road, air, lamps, period=22.0, tall=6.4, arm=1.5, offset=0.5, lit=1.0)
        _traffic_light(draw, camera, road, air, rng=rng, lamps=lamps)
    elif road.place == "forest road":
        _trees(
            draw,
            camera,
            road,
            air,
            rng,
            count=64,
            reach=110.0,
            spread=15.0,
            gap=2.0,
            conifers=rng.choice((1.0, 0.9, 0.65)),
        )
        _markers(draw, camera, road, air, lamps)
    else:
        _desert_plants(draw, camera, road, air, rng)
        _wires(draw, camera, road, air, side=rng.choice((-1.0, 1.0)))
    return lamps


def _trees(
    draw: ImageDraw.ImageDraw,
    camera: Camera,
    road: Road,
    air: Atmosphere,
    rng: Random,
    *,
    count: int,
    reach: float,
    spread: float,
    gap: float,
    conifers: float,
) -> None:
    """Trees on a ring of `reach` metres that turns as the camera drives: neighbours in time see the same ones."""
    stand = []
    autumn = rng.random() < 0.35
    for number in range(count):
        z = (number * reach / count + rng.uniform(0, 2.0) - camera.travel) % reach + 4.0
        side = -1.0 if number % 2 else 1.0
        u = side * (road.half + gap + rng.random() ** 1.6 * spread)
        needle = rng.random() < conifers
        tone = rng.choice(_NEEDLES) if needle else rng.choice(_LEAVES[3:] if autumn else _LEAVES[:3])
        tall = rng.uniform(8.5, 15.0) if needle else rng.uniform(5.5, 9.0)
        stand.append((z, u, needle, jittered(tone, rng, 8), tall))
    stand.sort(reverse=True)
    for z, u, needle, tone, tall in stand:
        x, foot = camera.project(u - camera.lane, 0.0, z)
        height = tall * camera.focal / z
        if -height * 0.4 < x < camera.width + height * 0.4:
            grow = spruce if needle else broadleaf
            grow(draw, x, foot, height, tone, z=z, u=u - camera.lane, air=air)


def _street_trees(draw: ImageDraw.ImageDraw, camera: Camera, road: Road, air: Atmosphere, rng: Random) -> None:
    tone = rng.choice(_LEAVES)
    for number in range(9, -1, -1):
        z = (number * 11.0 - camera.travel) % 110.0 + 6.0
        for side in (-1.0, 1.0):
            u = side * (road.half + 1.3) - camera.lane
            x, foot = camera.project(u, 0.0, z)
            broadleaf(draw, x, foot, 4.6 * camera.focal / z, tone, z=z, u=u, air=air)


def _rails(draw: ImageDraw.ImageDraw, camera: Camera, road: Road, air: Atmosphere) -> None:
    """Guard rails on both sides: a band in perspective, on posts."""
    for side in (-1.0, 1.0):
        u = side * (road.half + 0.7) - camera.lane
        depths = (120.0, 60.0, 34.0, 22.0, 15.0, 11.0, 8.0, 6.0, 4.6, 3.4)
        for far, near in itertools.pairwise(depths):
            quad = [camera.project(u, 0.82, far), camera.project(u, 0.82, near)]
            quad += [camera.project(u, 0.5, near), camera.project(u, 0.5, far)]
            draw.polygon(quad, fill=air.shade((172, 176, 180), near, u))
            shine = [camera.project(u, 0.78, far), camera.project(u, 0.78, near)]
            shine += [camera.project(u, 0.7, near), camera.project(u, 0.7, far)]
            draw.polygon(shine, fill=air.shade((216, 220, 224), near, u))
        for number in range(12):
            z = (number * 4.0 - camera.travel) % 48.0 + 3.5
            x, foot = camera.project(u, 0.0, z)
            top = camera.project(u, 0.55, z)[1]
            draw.line(
                (x, foot, x, top), fill=air.shade((128, 130, 132), z, u), width=max(1, round(0.13 * camera.focal / z))
            )


def _poles(
    draw: ImageDraw.ImageDraw,
    camera: Camera,
    road: Road,
    air: Atmosphere,
    lamps: list[Lamp],
    *,
    period: float,
    tall: float,
    arm: float,
    offset: float,
    lit: float,
) -> None:
    for number in range(5, -1, -1):
        # The street's pools of light on the ground are half a period off, like the lamps.
        z = (number * period + period / 2 - camera.travel) % (period * 6) + 5.0
        for side in (-1.0, 1.0):
            u = side * (road.half + offset) - camera.lane
            scale = camera.focal / z
            x, foot = camera.project(u, 0.0, z)
            top = camera.project(u, tall, z)[1]
            head = camera.project(u - side * arm, tall + 0.1, z)
            fill = air.shade((96, 100, 104), z, u)
            draw.line((x, foot, x, top, *head), fill=fill, width=max(1, round(0.14 * scale)))
            half = 0.42 * scale
            box = (head[0] - half, head[1] - 0.05 * scale, head[0] + half, head[1] + 0.14 * scale)
            draw.rectangle(box, fill=(255, 236, 190) if air.lamps else fill)
            if air.lamps:
                ground = camera.project(u - side * arm, 0.0, z)[1]
                glow = Lamp(head[0], head[1], 1.9 * scale + 4, (255, 208, 138), 0.85 * lit * air.lamps, z, ground)
                lamps.append(glow)


def _traffic_light(
    draw: ImageDraw.ImageDraw, camera: Camera, road: Road, air: Atmosphere, *, rng: Random, lamps: list[Lamp]
) -> None:
    z = (38.0 - camera.travel) % 60.0 + 8.0
    u = road.half + 0.6 - camera.lane
    scale = camera.focal / z
    x, foot = camera.project(u, 0.0, z)
    top = camera.project(u, 3.6, z)[1]
    draw.line((x, foot, x, top), fill=air.shade((60, 62, 64), z, u), width=max(1, round(0.13 * scale)))
    draw.rectangle((x - 0.2 * scale, top - 0.95 * scale, x + 0.2 * scale, top), fill=air.shade((34, 36, 38), z, u))
    colour: Colour = rng.choice(((255, 60, 44), (255, 176, 40), (60, 236, 130)))
    slot = {255: 0.8 if colour[1] < 100 else 0.48}.get(int(colour[0]), 0.17)
    middle = top - slot * scale
    radius = 0.13 * scale
    fill = (int(colour[0]), int(colour[1]), int(colour[2]))
    draw.ellipse((x - radius, middle - radius, x + radius, middle + radius), fill=fill)
    lamps.append(Lamp(x, middle, 0.9 * scale + 2, colour, 0.5 + 0.35 * air.lamps, z, foot))


def _gantry(draw: ImageDraw.ImageDraw, camera: Camera, road: Road, air: Atmosphere, rng: Random) -> None:
    z = (46.0 - camera.travel) % 90.0 + 14.0
    scale = camera.focal / z
    left = camera.project(-road.half - 1.2 - camera.lane, 6.6, z)
    right = camera.project(road.half + 1.2 - camera.lane, 6.6, z)
    foot = camera.project(0.0, 0.0, z)[1]
    steel = air.shade((126, 130, 134), z)
    thick = max(1, round(0.26 * scale))
    draw.line((left[0], foot, *left, *right, right[0], foot), fill=steel, width=thick)
    panel: Colour = rng.choice(((24, 104, 72), (30, 82, 150)))
    for share in (0.58, 0.8):
        x = left[0] + (right[0] - left[0]) * share
        box = (x - 1.7 * scale, left[1] - 0.9 * scale, x + 1.5 * scale, left[1] + 1.0 * scale)
        # Retroreflective sheeting sends the headlights back: signs stay legible at night.
        draw.rectangle(
            box, fill=air.shade(scaled(panel, 1.0 + air.beam), min(z, 16.0)), outline=air.shade((220, 224, 224), z)
        )
        for line in (0.35, 0.65):
            y = box[1] + (box[3] - box[1]) * line
            draw.line(
                (box[0] + 0.4 * scale, y, box[0] + 2.2 * scale, y),
                fill=air.shade((232, 236, 236), min(z, 18.0)),
                width=thick,
            )


def _markers(draw: ImageDraw.ImageDraw, camera: Camera, road: Road, air: Atmosphere, lamps: list[Lamp]) -> None:
    """White roadside posts with a reflector."""
    for number in range(5, -1, -1):
        z = (number * 12.0 - camera.travel) % 72.0 + 5.0
        for side in (-1.0, 1.0):
            u = side * (road.half + 0.6) - camera.lane
            scale = camera.focal / z
            x, foot = camera.project(u, 0.0, z)
            half = max(0.7, 0.06 * scale)
            draw.rectangle((x - half, foot - 0.95 * scale, x + half, foot), fill=air.shade((224, 224, 218), z, u))
            draw.rectangle(
                (x - half, foot - 0.8 * scale, x + half, foot - 0.62 * scale), fill=air.shade((40, 40, 42), z, u)
            )
            if air.lamps and z < 45.0:
                lamps.append(Lamp(x, foot - 0.7 * scale, 0.16 * scale + 2, (255, 176, 96), 0.4 * air.lamps, z))


def _desert_plants(draw: ImageDraw.ImageDraw, camera: Camera, road: Road, air: Atmosphere, rng: Random) -> None:
    plants = []
    for number in range(34):
        z = (number * 120.0 / 34 + rng.uniform(0, 3.0) - camera.travel) % 120.0 + 4.0
        u = rng.choice((-1.0, 1.0)) * (road.half + 1.6 + rng.random() * 26.0)
        plants.append((z, u, rng.random() < 0.26, rng.uniform(0.35, 0.9), rng.uniform(2.4, 5.0)))
    plants.sort(reverse=True)
    tone = jittered((128, 126, 82), rng, 14)
    for z, u, tall_one, low, tall in plants:
        x, foot = camera.project(u - camera.lane, 0.0, z)
        if not -80 < x < camera.width + 80:
            continue
        if tall_one:
            cactus(draw, x, foot, tall * camera.focal / z, z=z, u=u - camera.lane, air=air)
        else:
            shrub(draw, x, foot, low * camera.focal / z, tone, z=z, u=u - camera.lane, air=air)


def _wires(draw: ImageDraw.ImageDraw, camera: Camera, road: Road, air: Atmosphere, *, side: float) -> None:
    """A line of telegraph poles with sagging wires."""
    u = side * (road.half + 5.0) - camera.lane
    depths = [(number * 26.0 - camera.travel) % 156.0 + 7.0 for number in range(6)]
    depths.sort(reverse=True)
    previous: tuple[float, float] | None = None
    for z in depths:
        scale = camera.focal / z
        x, foot = camera.project(u, 0.0, z)
        top = camera.project(u, 7.2, z)
        wood = air.shade((92, 72, 56), z, u)
        if previous is not None:
            middle = ((previous[0] + top[0]) / 2, (previous[1] + top[1]) / 2 + 0.45 * scale)
            draw.line((*previous, *middle, *top), fill=air.shade((70, 66, 64), z, u), width=1)
        draw.line((x, foot, *top), fill=wood, width=max(1, round(0.22 * scale)))
        draw.line(
            (x - 0.9 * scale, top[1] + 0.4 * scale, x + 0.9 * scale, top[1] + 0.4 * scale),
            fill=wood,
            width=max(1, round(0.13 * scale)),
        )
        previous = top
