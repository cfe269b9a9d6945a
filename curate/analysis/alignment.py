"""How well two small pictures fit onto each other, wherever one was cut out of the other.

A vector says that two pictures show the same kind of thing, and a perceptual hash says that they are laid out alike. Whether they
are one picture, their pixels say: one is laid onto the other at a few sizes and every place, and the best normalised
correlation counts. Light and contrast do not change it, a caption or a poor JPEG changes it little, and another photo of the
same scene rarely reaches it. Source: normalised cross-correlation as in Lewis, "Fast Template Matching" (1995), through the FFT.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SIDE = 32
"""Pixels of the side of the square onto which another picture is laid. With 48, no copy of 200 photos fitted better."""

SIZES = (1.0, 0.95, 0.9, 0.85)
"""Of a side, what a cut picture has kept: it is tried at each of these."""

_FINE = 64
_STRETCH = 0.05  # logarithms of ratios of aspects are rounded to this: 1.6 pixels of 32
_MOST_STRETCH = 0.45
_FLAT = 1.0  # variance (of 255²) below which a part of a picture says nothing
_CHUNK = 512


@dataclass(frozen=True, eq=False)
class Squares:
    """Pictures as squares of the same size.

    Attributes:
        pixels: (n, 64, 64) float32, 0 to 255.
        aspects: (n,) float64, width over height before.
    """

    pixels: Floats
    aspects: np.ndarray

    def with_mirrored(self) -> Squares:
        """These, and behind them each with left and right exchanged: 2 n."""
        return Squares(np.concatenate([self.pixels, self.pixels[:, :, ::-1]]), np.tile(self.aspects, 2))


def squares(lumas: Sequence[npt.NDArray[np.uint8]]) -> Squares:
    """Scale pictures to squares, by area.

    Args:
        lumas: (h, w) uint8 each; some 96 pixels a side are enough.

    >>> squares([np.zeros((48, 64), np.uint8)]).pixels.shape
    (1, 64, 64)
    """
    pixels = np.empty((len(lumas), _FINE, _FINE), np.float32)
    for row, luma in enumerate(lumas):
        pixels[row] = _by_area(luma.shape[0], _FINE) @ luma.astype(np.float32) @ _by_area(luma.shape[1], _FINE).T
    return Squares(pixels, np.array([luma.shape[1] / luma.shape[0] for luma in lumas], np.float64))


def agreement(pictures: Squares, left: np.ndarray, right: np.ndarray) -> Floats:
    """How well pairs fit onto each other, whichever of the two was cut out of the other.

    Args:
        pictures: n of them.
        left: (m,) integers in 0…n-1.
        right: (m,) integers in 0…n-1.

    Returns:
        (m,) float32 in -1 to 1; 1 for the same picture. A picture of one colour fits onto nothing and has 0.

    >>> ramp = np.add.outer(np.arange(64), np.arange(64) ** 2 % 57).astype(np.uint8)
    >>> fits = agreement(squares([ramp, ramp[3:61, 3:61], ramp[::-1]]), np.array([0, 0]), np.array([1, 2]))
    >>> bool(fits[0] > 0.9 > 0.5 > fits[1])
    True
    """
    best = np.full(len(left), -1.0, np.float32)
    for frame, template in ((np.asarray(left), np.asarray(right)), (np.asarray(right), np.asarray(left))):
        stretch = np.log(pictures.aspects[template] / pictures.aspects[frame])
        stretch[np.abs(stretch) > _MOST_STRETCH] = 0  # stretched rather than cut
        steps = np.rint(stretch / _STRETCH).astype(np.int64)
        for step in np.unique(steps).tolist():
            rows = np.flatnonzero(steps == step)
            for low in range(0, len(rows), _CHUNK):
                part = rows[low : low + _CHUNK]
                fits = _laid_on(pictures.pixels, frame[part], template[part], step * _STRETCH)
                best[part] = np.maximum(best[part], fits)
    return best


def _laid_on(pixels: Floats, frame: np.ndarray, template: np.ndarray, stretch: float) -> Floats:
    """(m,) float32: the best fit of each template onto its frame."""
    frames, frame_of = np.unique(frame, return_inverse=True)
    templates, template_of = np.unique(template, return_inverse=True)
    ground = _scaled(pixels[frames], SIDE, SIDE)
    ground = np.subtract(ground, ground.mean(axis=(1, 2), keepdims=True), dtype=np.float32)
    spectra = np.fft.rfft2(ground)
    best = np.full(len(frame), -1.0, np.float32)
    for size in SIZES:
        height = max(8, round(SIDE * size * np.exp(-max(stretch, 0.0))))
        width = max(8, round(SIDE * size * np.exp(min(stretch, 0.0))))
        cut = _scaled(pixels[templates], height, width)
        cut -= cut.mean(axis=(1, 2), keepdims=True)
        cut /= np.maximum(np.sqrt((cut * cut).sum(axis=(1, 2), keepdims=True)), np.sqrt(_FLAT * height * width))
        product = spectra[frame_of] * np.conj(np.fft.rfft2(cut, s=(SIDE, SIDE)))[template_of]
        found = np.fft.irfft2(product, s=(SIDE, SIDE))[:, : SIDE - height + 1, : SIDE - width + 1]
        fits = found / _deviation(ground, height, width)[frame_of]
        best = np.maximum(best, fits.max(axis=(1, 2)).astype(np.float32))
    return np.clip(best, -1, 1)


def _deviation(ground: Floats, height: int, width: int) -> np.ndarray:
    """Of every place of a window, the root of the summed squares of its pixels about their mean."""
    sums = _windows(ground.astype(np.float64), height, width)
    squared = _windows(ground.astype(np.float64) ** 2, height, width)
    area = height * width
    return np.sqrt(np.maximum(squared - sums**2 / area, _FLAT * area))


def _windows(values: np.ndarray, height: int, width: int) -> np.ndarray:
    total = np.zeros((len(values), SIDE + 1, SIDE + 1))
    total[:, 1:, 1:] = values.cumsum(axis=1).cumsum(axis=2)
    down = total[:, height:, :] - total[:, :-height, :]
    both: np.ndarray = down[:, :, width:] - down[:, :, :-width]
    return both


def _scaled(pixels: Floats, height: int, width: int) -> Floats:
    return np.asarray(_by_area(_FINE, height) @ pixels @ _by_area(_FINE, width).T, np.float32)


@functools.lru_cache(maxsize=512)
def _by_area(length: int, wanted: int) -> Floats:
    """(wanted, length): each new pixel is the mean of what it covers."""
    scale = length / wanted
    cell, pixel = np.arange(wanted)[:, None], np.arange(length)[None, :]
    overlap = np.minimum((cell + 1) * scale, pixel + 1) - np.maximum(cell * scale, pixel)
    matrix: Floats = (np.clip(overlap, 0, None) / scale).astype(np.float32)
    return matrix
