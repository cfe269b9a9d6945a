"""Scenes in bulk, as the model sees them: independent draws of every attribute, rendered once into a flat file."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image

from curate.demo.captions import ATTRIBUTES
from curate.demo.scene import OBJECTS, PLACES, TIMES, WEATHERS, Scene, render

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


def draw_scenes(n: int, *, seed: int, night_hail: float | None = None) -> list[Scene]:
    """Scenes with independent, uniform attributes: no shortcut from place to weather can be learnt from them.

    Args:
        night_hail: the share of scenes with hail at night; by default as many as the uniform draw gives, 1 in 15.
    """
    rng = Random(seed)  # noqa: S311
    rare = set(rng.sample(range(n), round(n * night_hail))) if night_hail is not None else set()
    scenes = []
    for number in range(n):
        timeofday, weather = rng.choice(TIMES), rng.choice(WEATHERS)
        if night_hail is not None:
            while (timeofday, weather) == ("night", "hail"):
                timeofday, weather = rng.choice(TIMES), rng.choice(WEATHERS)
            if number in rare:
                timeofday, weather = "night", "hail"
        scene = Scene(
            timeofday=timeofday,
            weather=weather,
            place=rng.choice(PLACES),
            object=rng.choice(OBJECTS),
            frame=rng.randrange(20),
            seed=rng.getrandbits(40),
        )
        scenes.append(scene)
    return scenes


def attributes(scenes: list[Scene]) -> Indices:
    """The index of each scene's value of each attribute; (n, 4)."""
    rows = [[values.index(getattr(scene, name)) for name, values in ATTRIBUTES] for scene in scenes]
    return np.array(rows, dtype=np.int64).reshape(-1, len(ATTRIBUTES))


def squashed(image: Image.Image, side: int) -> Bytes:
    """The picture as the model's preprocessing resizes it; (side, side, 3)."""
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC))


def _render_block(scenes: list[Scene], side: int) -> Bytes:
    return np.stack([squashed(render(scene).image, side) for scene in scenes])


def render_corpus(path: Path, scenes: list[Scene], *, side: int, workers: int) -> npt.NDArray[np.uint8]:
    """Render all scenes into a .npy at `path`, or open it where it is complete already.

    Returns:
        A read-only memory map; (n, side, side, 3).
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        pixels = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(len(scenes), side, side, 3))
        blocks = [scenes[start : start + 200] for start in range(0, len(scenes), 200)]
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for number, block in enumerate(pool.map(_render_block, blocks, [side] * len(blocks))):
                pixels[number * 200 : number * 200 + len(block)] = block
        pixels.flush()
        part.rename(path)
    opened: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return opened
