"""Measures, perceptual hash and planes against planted truth."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from curate.media.measures import Measures, measure
from curate.media.phash import distance, phash
from curate.media.planes import Planes, planes, turn
from curate.media.probe import probe


def scene(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """A picture with large and small structure, different for each seed."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize((width, height), 3)
    fine = Image.fromarray(generator.integers(0, 256, (60, 80, 3), dtype=np.uint8)).resize((width, height), 3)
    return Image.blend(coarse, fine, 0.3)


def jpeg(image: Image.Image, quality: int = 95) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def measured(image: Image.Image) -> Measures:
    pixels = np.asarray(image.convert("RGB"))
    return measure(planes(pixels, pixels.shape[1], pixels.shape[0]))


def test_black_is_nothing() -> None:
    assert measured(Image.new("RGB", (64, 48))) == Measures(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, None)


def test_white_is_only_bright() -> None:
    assert measured(Image.new("RGB", (64, 48), "white")) == Measures(1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, None)


def test_half_black_half_white_is_all_contrast_and_one_bit() -> None:
    image = Image.new("RGB", (64, 48))
    image.paste("white", (0, 0, 32, 48))
    found = measured(image)
    assert found.brightness == pytest.approx(0.5)
    assert found.contrast == pytest.approx(1.0)
    assert found.entropy == pytest.approx(1.0)


def test_a_checkerboard_is_the_sharpest_picture() -> None:
    board = ((np.indices((32, 32)).sum(0) % 2) * 255).astype(np.uint8)
    assert measured(Image.fromarray(board)).sharpness == 1.0


def test_every_grey_once_is_eight_bits() -> None:
    assert measured(Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))).entropy == pytest.approx(8.0)


@pytest.mark.parametrize("colour", ["red", "lime", "blue", "yellow", "cyan", "magenta"])
def test_pure_colours_are_saturated(colour: str) -> None:
    assert measured(Image.new("RGB", (8, 8), colour)).saturation > 0.98


def test_grey_is_not_saturated() -> None:
    assert measured(Image.new("RGB", (8, 8), (90, 90, 90))).saturation == 0.0


def test_blur_lowers_sharpness_step_by_step() -> None:
    sharpness = [measured(scene(0, 256, 192).filter(ImageFilter.GaussianBlur(r))).sharpness for r in (0, 1, 2, 4)]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[0] > 2 * sharpness[-1]


def test_darker_and_paler_pictures_measure_so() -> None:
    image = scene(1)
    darker = image.point(lambda value: value // 2)
    assert measured(darker).brightness < 0.6 * measured(image).brightness
    assert measured(Image.blend(image, image.convert("L").convert("RGB"), 0.5)).saturation < measured(image).saturation


def test_a_large_picture_measures_like_its_small_copy() -> None:
    large = scene(2, 1600, 1200)
    one, other = probe(jpeg(large)), probe(jpeg(large.resize((400, 300), Image.Resampling.BOX)))
    for name, tolerance in (("brightness", 0.01), ("contrast", 0.02), ("saturation", 0.02), ("entropy", 0.1)):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=tolerance), name
    assert one.sharpness == pytest.approx(other.sharpness, rel=0.25)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 9), (2, 2), (3, 3)])
def test_tiny_pictures_have_finite_measures(size: tuple[int, int]) -> None:
    found = measured(Image.new("RGB", size, "teal"))
    assert found.acutance is None  # there is no edge in it
    assert all(math.isfinite(value) for value in found[:-1])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 9))
def test_percentiles_and_clipped_shares_are_those_of_the_pixels(width: int, height: int, seed: int) -> None:
    luma = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    found = measure(Planes(luma, luma[::2, ::2], luma[::2, ::2]))
    for value, percent in ((found.brightness_p5, 5), (found.brightness_p99, 99)):
        assert round(value * 255) == np.percentile(luma, percent, method="inverted_cdf")
    assert found.clipped_dark == pytest.approx((luma <= 5).mean())
    assert found.clipped_bright == pytest.approx((luma >= 250).mean())


def test_acutance_falls_with_the_width_of_an_edge() -> None:
    edge = Image.new("L", (128, 96))
    edge.paste(255, (64, 0, 128, 96))
    found = [measured(edge.filter(ImageFilter.GaussianBlur(radius))).acutance for radius in (0, 1, 1.5, 2, 4, 8)]
    assert found[0] >= 0.5
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.1


@pytest.mark.parametrize("steps", [(1, 0), (0, 1), (1, 1), (1, -1)])
def test_motion_in_any_direction_takes_the_acutance(steps: tuple[int, int]) -> None:
    sharp = np.kron(np.random.default_rng(0).integers(0, 256, (24, 32)), np.ones((8, 8)))
    moved = np.mean([np.roll(sharp, (steps[0] * k, steps[1] * k), (0, 1)) for k in range(9)], axis=0)
    before, after = (measured(Image.fromarray(p.astype(np.uint8))).acutance for p in (sharp, moved))
    assert before is not None
    assert after is not None
    assert after < 0.27 < 0.45 < before


def test_one_sharp_thing_before_a_soft_background_is_sharp() -> None:
    soft = scene(1).filter(ImageFilter.GaussianBlur(12))
    assert measured(soft.resize((256, 192))).acutance < 0.2
    soft.paste("black", (300, 200, 340, 280))
    assert measured(soft.resize((256, 192))).acutance > 0.35


def test_phash_survives_size_and_quality() -> None:
    for seed in range(12):
        image = scene(seed)
        original = probe(jpeg(image)).phash
        copies = (jpeg(image.resize((320, 240))), jpeg(image, 30), jpeg(image.resize((233, 175)), 50))
        assert all(distance(original, probe(copy).phash) <= 10 for copy in copies)


def test_phash_tells_pictures_apart() -> None:
    hashes = [probe(jpeg(scene(seed))).phash for seed in range(20)]
    distances = [distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(distances) > 12
    assert 26 < np.mean(distances) < 38


def test_phash_of_flat_pictures_is_not_noise() -> None:
    for value in (0, 1, 77, 128, 255):
        flat = np.full((48, 64), value, np.uint8)
        assert phash(flat) == (1 << 63 if value else 0)


def test_phash_is_the_dct_of_the_picture_at_32_by_32() -> None:
    """Against the definition, written out."""
    luma = np.random.default_rng(3).integers(0, 256, (96, 128), dtype=np.uint8)
    square = luma.reshape(32, 3, 32, 4).mean((1, 3))
    frequency, position = np.mgrid[:8, :32]
    matrix = np.cos(np.pi * (2 * position + 1) * frequency / 64)
    low = matrix @ square @ matrix.T
    bits = (low > np.median(low)).ravel()
    assert distance(phash(luma), int("".join("01"[bit] for bit in bits.astype(int)), 2)) <= 1


def area(length: int, short: int) -> np.ndarray:
    scale = length / short
    output, pixel = np.arange(short)[:, None], np.arange(length)[None]
    return np.clip(np.minimum((output + 1) * scale, pixel + 1) - np.maximum(output * scale, pixel), 0, None) / scale


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 256), st.integers(1, 256), st.integers(0, 9))
def test_planes_are_the_area_means(columns: int, rows: int, width: int, height: int, seed: int) -> None:
    width, height = min(width, columns), min(height, rows)
    pixels = np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    found = planes(pixels, width, height)
    colours = pixels.astype(float) @ np.array(
        [[0.299, -0.168736, 0.5], [0.587, -0.331264, -0.418688], [0.114, 0.5, -0.081312]]
    )
    small = np.stack([area(rows, height) @ colours[..., c] @ area(columns, width).T for c in range(3)], -1)
    assert np.abs(found.luma - small[..., 0]).max() < 0.6
    padded = np.pad(small, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    halved = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2, 3).mean((1, 3)) + 128
    assert np.abs(found.blue - np.minimum(halved[..., 1], 255)).max() < 0.6
    assert np.abs(found.red - np.minimum(halved[..., 2], 255)).max() < 0.6


def test_turning_is_that_of_exif() -> None:
    from PIL import ImageOps

    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    for orientation in range(1, 9):
        image = Image.fromarray(pixels)
        image.getexif()[0x0112] = orientation
        assert np.array_equal(turn(pixels, orientation), np.asarray(ImageOps.exif_transpose(image)))
    assert Planes(pixels[..., 0], pixels[..., 1], pixels[..., 2]).turned(1).luma.shape == (5, 7)
