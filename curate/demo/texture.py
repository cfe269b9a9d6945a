"""Noise that looks like clouds, grass and asphalt: made once a process, then only looked up."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from curate.demo.light import Floats, Reals

SIZE = 256


@lru_cache(maxsize=8)
def fractal(roughness: float = 1.6, seed: int = 7) -> Floats:
    """A (256, 256) tile that repeats seamlessly, mean 0.5, most of it in 0 … 1; a larger `roughness` is smoother."""
    rng = np.random.default_rng(seed)
    frequency = np.fft.fftfreq(SIZE)
    radius = np.sqrt(frequency[:, None] ** 2 + frequency[None, :] ** 2)
    radius[0, 0] = 1.0
    spectrum = np.fft.fft2(rng.standard_normal((SIZE, SIZE))) / radius**roughness
    spectrum[0, 0] = 0.0
    field = np.fft.ifft2(spectrum).real
    return np.asarray(np.clip(0.5 + 0.22 * field / field.std(), 0.0, 1.0), dtype=np.float32)


def sample(tile: Floats, across: Reals, along: Reals) -> Floats:
    """Look `tile` up at float texel coordinates, wrapping around at its edges."""
    # A take from the flat tile is four times as fast as indexing by rows and columns.
    place = ((along.astype(np.int32) & (SIZE - 1)) * SIZE) | (across.astype(np.int32) & (SIZE - 1))
    found: Floats = tile.ravel().take(place)
    return found


@lru_cache(maxsize=2)
def grain(width: int, height: int) -> Floats:
    """Sensor noise with a margin of 64 pixels, so that each picture can cut its own window; (h + 64, w + 64)."""
    rng = np.random.default_rng(11)
    return rng.standard_normal((height + 64, width + 64), dtype=np.float32)
