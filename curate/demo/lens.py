"""The camera's own marks on a picture: bloom, vignette, tone and sensor grain."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from curate.demo import texture
from curate.demo.light import Atmosphere, Floats


@lru_cache(maxsize=4)
def _vignette(width: int, height: int) -> Floats:
    x = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    y = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    return np.asarray(1.0 - 0.20 * np.clip((x * x + y * y) * 0.55, 0.0, 1.0) ** 1.6, dtype=np.float32)


def rounded(picture: Floats) -> Image.Image:
    """A planar picture as an 8-bit Pillow RGB image."""
    levels = np.clip(picture, 0.0, 255.0).astype(np.uint8)
    # Pillow interleaves three bands four times as fast as numpy transposes.
    return Image.merge("RGB", [Image.fromarray(band) for band in levels])


def planar(image: Image.Image) -> Floats:
    """A Pillow RGB image as (3, height, width) float32."""
    return np.stack([np.asarray(band) for band in image.split()]).astype(np.float32)


def develop(picture: Floats, air: Atmosphere, *, seed: int) -> Image.Image:
    """Turn light into an 8-bit RGB picture; `picture` is planar, in 0 … 255, and is used up."""
    height, width = picture.shape[1:]
    if air.lamps:
        bright = rounded((picture[:, ::4, ::4] - 150.0) * 2.0)
        soft = bright.filter(ImageFilter.BoxBlur(2)).resize((width, height), Image.Resampling.BILINEAR)
        picture += planar(soft) * np.float32(0.22 * air.lamps)
    picture *= _vignette(width, height)
    rng = np.random.default_rng(seed)
    top, left = rng.integers(0, 64, 2).tolist()
    noise = texture.grain(width, height)[top : top + height, left : left + width]
    picture += noise * np.float32({"day": 2.2, "dusk": 2.6, "night": 3.2}[air.timeofday])
    return rounded(picture)
