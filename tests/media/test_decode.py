"""Bytes to upright pixels: the same as Pillow's, for every mode and every orientation."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from curate.media.decode import Undecodable, decode


def photo(width: int = 97, height: int = 61, seed: int = 0) -> Image.Image:
    """Smooth colours with some texture; odd sides, so that no block fits."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (5, 7, 3), dtype=np.uint8)).resize((width, height), 3)
    noise = generator.integers(-8, 9, (height, width, 3))
    return Image.fromarray((np.asarray(coarse).astype(np.int16) + noise).clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def with_orientation(image: Image.Image, orientation: int, format: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image, format, exif=exif.tobytes())


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"subsampling": 1}, {"quality": 20}]
)
def test_jpeg_pixels_are_those_of_pillow(options: dict[str, object]) -> None:
    data = saved(photo(), "JPEG", **options)
    assert np.array_equal(decode(data), np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("format", ["PNG", "BMP", "WEBP", "TIFF", "PPM", "GIF", "JPEG2000", "AVIF"])
def test_other_formats_are_those_of_pillow(format: str) -> None:
    data = saved(photo(), format)
    assert np.array_equal(decode(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_grey_jpeg_becomes_three_equal_channels() -> None:
    pixels = decode(saved(photo().convert("L"), "JPEG"))
    assert pixels.shape == (61, 97, 3)
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_upright(format: str, orientation: int) -> None:
    data = with_orientation(photo(), orientation, format)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    pixels = decode(data)
    assert pixels.flags.c_contiguous
    assert np.array_equal(pixels, np.asarray(upright))


def test_a_broken_orientation_is_none() -> None:
    assert decode(with_orientation(photo(), 77)).shape == (61, 97, 3)


def test_cmyk_is_converted() -> None:
    for format in ("JPEG", "TIFF"):
        data = saved(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), format)
        red, green, blue = decode(data)[15, 20]
        assert red > 200
        assert max(green, blue) < 60


def test_16_bit_grey_is_scaled_by_257() -> None:
    values = np.array([[0, 257, 32_896, 65_535]], np.uint16)
    for format in ("PNG", "TIFF"):
        assert decode(saved(Image.fromarray(values), format))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_a_dark_16_bit_picture_stays_dark() -> None:
    values = np.full((4, 4), 200, np.uint16)
    assert decode(saved(Image.fromarray(values), "PNG")).max() == 1


@pytest.mark.parametrize("white", [1.0, 255.0, 65_535.0, 1e6])
def test_float_grey_finds_its_white(white: float) -> None:
    values = np.array([[0, 0.5, 1]], np.float32) * np.float32(white)
    assert decode(saved(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == pytest.approx([0, 127.5, 255], abs=0.6)


def test_not_a_number_is_black() -> None:
    values = np.array([[np.nan, 1.0, np.inf]], np.float32)
    assert decode(saved(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == [0, 255, 0]


def test_transparency_lies_over_white() -> None:
    rgba = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    rgba.putpixel((1, 1), (255, 0, 0, 255))
    for image in (rgba, rgba.convert("LA")):
        pixels = decode(saved(image, "PNG"))
        assert pixels[0, 0].tolist() == [255, 255, 255]
        assert pixels[1, 1].tolist() != [255, 255, 255]


def test_a_palette_with_transparency_lies_over_white() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.putpixel((1, 1), 1)
    pixels = decode(saved(image, "PNG", transparency=0))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [200, 0, 0]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(format: str) -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if format == "WEBP" else {}
    data = saved(frames[0], format, save_all=True, append_images=frames[1:], duration=50, **options)
    assert decode(data)[5, 10].tolist() == [255, 0, 0]


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_min_side_gives_a_smaller_picture_that_is_large_enough(format: str) -> None:
    data = saved(photo(1200, 900), format)
    pixels = decode(data, min_side=224)
    assert 224 <= min(pixels.shape[:2]) < 900
    assert pixels.shape[1] / pixels.shape[0] == pytest.approx(4 / 3, rel=0.02)
    # the same picture: scaled down further, both agree
    small = np.asarray(Image.fromarray(pixels).resize((40, 30), Image.Resampling.BOX), float)
    full = np.asarray(Image.fromarray(decode(data)).resize((40, 30), Image.Resampling.BOX), float)
    assert np.abs(small - full).mean() < 3


def test_min_side_counts_the_shorter_side_after_turning() -> None:
    data = with_orientation(photo(1600, 600), 6)
    pixels = decode(data, min_side=200)
    assert pixels.shape[0] > pixels.shape[1] >= 200


def test_a_small_picture_is_never_upscaled() -> None:
    assert decode(saved(photo(50, 40), "JPEG"), min_side=224).shape == (40, 50, 3)


@pytest.mark.parametrize(
    ("format", "kept"),
    [(format, kept) for format in ("JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP") for kept in (40, 0.5, 0.95)]
    + [("JPEG", -2), ("JPEG", -10), ("BMP", -2), ("PNG", -40)],
)
def test_a_truncated_file_is_corrupt_in_the_decoders_words(format: str, kept: float) -> None:
    data = saved(photo(400, 300), format)
    kept = int(len(data) * kept) if 0 < kept < 1 else int(kept)
    with pytest.raises(Undecodable) as caught:
        decode(data[:kept])
    assert caught.value.status == "corrupt"
    assert caught.value.words
    assert "0x7f" not in caught.value.words


def test_a_truncated_jpeg_that_libjpeg_would_pad_is_corrupt() -> None:
    # Somebody's downloader closed the file properly: Pillow opens it and shows a grey half.
    data = saved(photo(400, 300), "JPEG")
    half = data[: len(data) // 2] + b"\xff\xd9"
    Image.open(io.BytesIO(half)).load()
    with pytest.raises(Undecodable, match="premature end"):
        decode(half)


def test_bytes_behind_the_picture_do_no_harm() -> None:
    data = saved(photo(), "JPEG")
    assert np.array_equal(decode(data + bytes(100)), decode(data))
    assert np.array_equal(decode(data[:-2] + bytes(3) + data[-2:]), decode(data))


def test_a_bomb_is_refused_by_its_header() -> None:
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", b""), (b"IEND", b"")):
        png += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    with pytest.raises(Undecodable) as caught:
        decode(png)
    assert caught.value.status == "too_large"


def test_max_pixels_is_the_callers_to_choose() -> None:
    data = saved(photo(), "JPEG")
    with pytest.raises(Undecodable, match="97 × 61"):
        decode(data, max_pixels=97 * 61 - 1)
    assert decode(data, max_pixels=97 * 61).shape == (61, 97, 3)


def test_what_is_no_picture_says_what_it_begins_with() -> None:
    with pytest.raises(Undecodable, match="dear diary"):
        decode(b"dear diary, today")


def test_postscript_is_never_handed_to_ghostscript() -> None:
    with pytest.raises(Undecodable, match="not an image"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")


def test_undecodable_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="zero bytes"):
        decode(b"")
