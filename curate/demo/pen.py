"""A pen that draws in metres at one spot of the road: shapes stay readable, depth and light come by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import ImageDraw

from curate.demo.light import Atmosphere, Colour, Lamp
from curate.demo.road import Camera

Point = tuple[float, float]


class Pen:
    """Draws upright shapes at ground position (`x`, `z`); their points are (right, up) in metres from there.

    Attributes:
        lamps: the lights that the drawn thing carries, in canvas pixels.
    """

    def __init__(
        self, draw: ImageDraw.ImageDraw, camera: Camera, air: Atmosphere, *, x: float, z: float, mirrored: bool = False
    ) -> None:
        self.draw = draw
        self.camera = camera
        self.air = air
        self.x = x
        self.z = z
        self.scale = camera.focal / z
        self.origin = camera.project(x, 0.0, z)
        self.flip = -1.0 if mirrored else 1.0
        self.lamps: list[Lamp] = []
        self._extent: list[float] = [1e9, 1e9, -1e9, -1e9]

    def at(self, right: float, up: float) -> Point:
        """The canvas pixel of a point of the thing."""
        return self.origin[0] + self.flip * right * self.scale, self.origin[1] - up * self.scale

    def fill(self, colour: Colour) -> tuple[int, int, int]:
        """The colour as it looks from here."""
        return self.air.shade(colour, self.z, self.x)

    def _grow(self, points: Sequence[Point]) -> None:
        extent = self._extent
        for x, y in points:
            extent[0], extent[1] = min(extent[0], x), min(extent[1], y)
            extent[2], extent[3] = max(extent[2], x), max(extent[3], y)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        spots = [self.at(*point) for point in points]
        self._grow(spots)
        self.draw.polygon(spots, fill=self.fill(colour))

    def facet(self, points: Sequence[tuple[float, float, float]], colour: Colour) -> None:
        """A filled polygon in space: points are (right, up, further ahead) in metres, never mirrored."""
        spots = [self.camera.project(self.x + right, up, self.z + ahead) for right, up, ahead in points]
        self._grow(spots)
        self.draw.polygon(spots, fill=self.fill(colour))

    def box(self, left: float, low: float, right: float, high: float, colour: Colour, *, round_by: float = 0.0) -> None:
        """A rectangle, its corners rounded by `round_by` metres."""
        one, two = self.at(left, high), self.at(right, low)
        x0, x1 = min(one[0], two[0]), max(one[0], two[0])
        y0, y1 = one[1], max(one[1], two[1])
        self._grow(((x0, y0), (x1, y1)))
        radius = round_by * self.scale
        if radius >= 1.0 and x1 - x0 > 2 * radius and y1 - y0 > 2 * radius:
            self.draw.rounded_rectangle((x0, y0, x1, y1), radius=radius, fill=self.fill(colour))
        else:
            self.draw.rectangle((x0, y0, x1, y1), fill=self.fill(colour))

    def disc(self, right: float, up: float, across: float, high: float, colour: Colour) -> None:
        """A filled ellipse with half axes `across` and `high`."""
        x, y = self.at(right, up)
        wide, tall = across * self.scale, high * self.scale
        self._grow(((x - wide, y - tall), (x + wide, y + tall)))
        self.draw.ellipse((x - wide, y - tall, x + wide, y + tall), fill=self.fill(colour))

    def ring(self, right: float, up: float, radius: float, thick: float, colour: Colour) -> None:
        """A circle's outline."""
        x, y = self.at(right, up)
        size = radius * self.scale
        self._grow(((x - size, y - size), (x + size, y + size)))
        width = max(2, round(thick * self.scale))
        self.draw.ellipse((x - size, y - size, x + size, y + size), outline=self.fill(colour), width=width)

    def stroke(self, points: Sequence[Point], thick: float, colour: Colour) -> None:
        """A limb: a line with round joints, at least one and a half output pixels thick."""
        spots = [self.at(*point) for point in points]
        self._grow(spots)
        width = max(3, round(thick * self.scale))
        self.draw.line(spots, fill=self.fill(colour), width=width, joint="curve")

    def shadow(self, across: float, *, deep: float = 0.10) -> None:
        """The dark contact with the ground, without which things float."""
        x, y = self.origin
        wide, tall = across * self.scale, max(1.5, across * deep * self.scale)
        dark = 0.34 if not self.air.snow else 0.6
        self.draw.ellipse((x - wide, y - tall, x + wide, y + tall), fill=self.fill((70 * dark, 72 * dark, 82 * dark)))

    def lamp(
        self, right: float, up: float, colour: Colour, *, size: float, strength: float, radius: float = 1.2
    ) -> None:
        """A light: its lens is drawn at once, its halo is left in `lamps` for the end."""
        x, y = self.at(right, up)
        lens = max(1.6, size * self.scale)
        glass = tuple(min(255, int(channel * min(1.0, 0.55 + strength))) for channel in colour)
        self.draw.ellipse((x - lens, y - lens * 0.8, x + lens, y + lens * 0.8), fill=(glass[0], glass[1], glass[2]))
        if strength > 0.05:
            reach = radius * self.scale + 5.0
            self.lamps.append(Lamp(x, y, reach, colour, strength, self.z, self.origin[1]))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of all that was drawn, in canvas pixels."""
        return self._extent[0], self._extent[1], self._extent[2], self._extent[3]
