"""Copies as they come about: what each kind does to the pixels, and that it does the same again."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from curate.errors import BadValue
from curate.media.alterations import KEPT, KINDS, MIRROR, alter, mirrored_hash
from curate.media.decode import decode
from curate.media.probe import probe


@pytest.fixture
def pixels() -> np.ndarray:
    small = np.random.default_rng(3).integers(20, 200, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((200, 150), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("kind", [*KINDS, MIRROR])
def test_the_same_seed_gives_the_same_bytes(pixels, kind):
    assert alter(pixels, kind, seed=5) == alter(pixels.copy(), kind, seed=5)
    assert alter(pixels, kind)[:2] == b"\xff\xd8"


@pytest.mark.parametrize("kind", ["crop", "overlay"])
def test_another_seed_takes_another_place(pixels, kind):
    assert len({alter(pixels, kind, seed=seed) for seed in range(5)}) > 1


def test_sizes(pixels):
    sizes = {kind: Image.open(io.BytesIO(alter(pixels, kind))).size for kind in [*KINDS, MIRROR]}
    assert sizes.pop("half") == (100, 75)
    assert sizes.pop("crop") == (round(200 * KEPT), round(150 * KEPT))
    assert set(sizes.values()) == {(200, 150)}


def test_a_crop_is_a_part_of_the_picture(pixels):
    crop = decode(alter(pixels, "crop", seed=2)).astype(int)
    height, width = crop.shape[:2]
    apart = min(
        np.abs(pixels[top : top + height, left : left + width].astype(int) - crop).mean()
        for top in range(150 - height + 1)
        for left in range(200 - width + 1)
    )
    assert apart < 3


def test_light_and_mirror(pixels):
    mean = pixels.mean()
    assert decode(alter(pixels, "darker")).mean() == pytest.approx(0.8 * mean, rel=0.02)
    bright = decode(alter(pixels, "brighter")).mean()
    assert bright == pytest.approx(np.minimum(pixels * 1.2, 255).mean(), rel=0.02)
    assert np.abs(decode(alter(pixels, MIRROR)).astype(int) - pixels[:, ::-1]).mean() < 3


def test_an_overlay_covers_a_part_and_leaves_the_rest(pixels):
    changed = np.abs(decode(alter(pixels, "overlay", seed=1)).astype(int) - pixels).max(axis=2) > 60
    assert 0.005 < changed.mean() < 0.15


def test_a_poor_jpeg_is_smaller(pixels):
    assert len(alter(pixels, "jpeg")) < 0.6 * len(alter(pixels, "mirror"))


def test_the_pixels_that_were_given_stay_as_they_are(pixels):
    before = pixels.copy()
    for kind in (*KINDS, MIRROR):
        alter(pixels, kind)
    assert (pixels == before).all()


def test_the_hash_of_a_mirrored_picture_is_told_from_the_hash():
    apart = []
    for seed in range(20):
        small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        pixels = np.asarray(Image.fromarray(small).resize((200, 150), Image.Resampling.BICUBIC))
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        told = mirrored_hash(np.array([probe(out.getvalue()).phash], np.uint64))
        apart.append(int(np.bitwise_count(told ^ np.uint64(probe(alter(pixels, MIRROR)).phash or 0))[0]))
    assert max(apart) <= 10


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (np.zeros((10, 10, 3), np.uint8), "blur"),
        (np.zeros((10, 10), np.uint8), "half"),
        (np.zeros((10, 10, 3), np.float32), "half"),
        (np.zeros((1, 10, 3), np.uint8), "half"),
    ],
)
def test_what_cannot_be_altered_is_refused(given, kind):
    with pytest.raises(BadValue):
        alter(given, kind)


def test_tiny_pictures_come_out():
    for kind in (*KINDS, MIRROR):
        assert decode(alter(np.full((2, 3, 3), 90, np.uint8), kind)).ndim == 3
