"""One pass over a picture, and every kind of file that is none."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import threading
import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from curate.media import probe as module
from curate.media.probe import probe, probe_location
from curate.media.record import STATUSES, Record

PHOTO = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def saved(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def photo(width: int = 640, height: int = 480) -> Image.Image:
    return Image.fromarray(PHOTO).resize((width, height), Image.Resampling.BICUBIC)


def png_header(width: int, height: int) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(body)) + b"IHDR" + body + struct.pack(">I", zlib.crc32(b"IHDR" + body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


def test_a_photo_gives_everything() -> None:
    data = saved(photo())
    record = probe(data)
    assert (record.status, record.error) == ("ok", None)
    assert record.content_hash == hashlib.sha256(data).hexdigest()
    assert (record.bytes, record.width, record.height) == (len(data), 640, 480)
    assert (record.format, record.mode, record.orientation) == ("JPEG", "RGB", 1)
    assert record.aspect == pytest.approx(4 / 3)
    assert 0 <= record.phash < 2**64
    for name in ("brightness", "contrast", "sharpness", "saturation"):
        assert 0 < getattr(record, name) < 1
    assert 0 < record.entropy <= 8
    thumbnail = Image.open(io.BytesIO(record.thumbnail))
    assert (thumbnail.format, thumbnail.mode, thumbnail.size) == ("JPEG", "RGB", (256, 192))


def test_the_thumbnail_is_the_picture() -> None:
    thumbnail = Image.open(io.BytesIO(probe(saved(photo(), quality=95)).thumbnail))
    expected = photo().resize((256, 192), Image.Resampling.BOX)
    # In luma pixel by pixel; in colour, which JPEG keeps at half resolution, on the whole.
    luma = np.asarray(thumbnail.convert("L"), float) - np.asarray(expected.convert("L"), float)
    assert np.abs(luma).mean() < 2.5
    colour = np.asarray(thumbnail.reduce(8), float) - np.asarray(expected.reduce(8), float)
    assert np.abs(colour).mean() < 2


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 255), (256, 256), (257, 3), (255, 1001), (3000, 2)])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_thumbnails_fit_and_are_never_upscaled(size: tuple[int, int], format: str) -> None:
    record = probe(saved(photo(*size), format))
    assert (record.status, record.width, record.height) == ("ok", *size)
    small = Image.open(io.BytesIO(record.thumbnail)).size
    if max(size) <= 256:
        assert small == size
    else:
        assert max(small) == 256
        assert min(small) == max(1, round(min(size) * 256 / max(size)))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_upright_everywhere(format: str, orientation: int) -> None:
    """Upright: wide, red on the left, blue on the right, white on top."""
    upright = np.zeros((80, 160, 3), np.uint8)
    upright[:, :80] = (200, 0, 0)
    upright[:, 80:] = (0, 0, 200)
    upright[:20] = 255
    image = Image.fromarray(upright)
    # What the camera stores, so that the orientation brings it back.
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)
    stored = image if inverse is None else image.transpose(Image.Transpose(inverse))
    exif = Image.Exif()
    exif[0x0112] = orientation
    record = probe(saved(stored, format, exif=exif.tobytes()))
    assert (record.width, record.height, record.orientation) == (160, 80, orientation)
    thumbnail = np.asarray(Image.open(io.BytesIO(record.thumbnail)), int)
    assert thumbnail.shape == (80, 160, 3)
    assert thumbnail[5].min() > 230
    assert thumbnail[60, 20, 0] > 150 > thumbnail[60, 20, 2]
    assert thumbnail[60, 140, 2] > 150 > thumbnail[60, 140, 0]


@pytest.mark.parametrize(
    ("image", "format", "mode"),
    [
        (photo(64, 48).convert("L"), "JPEG", "L"),
        (photo(64, 48).convert("CMYK"), "JPEG", "CMYK"),
        (photo(64, 48).convert("P"), "PNG", "P"),
        (photo(64, 48).convert("P"), "GIF", "P"),
        (photo(64, 48).convert("1"), "PNG", "1"),
        (photo(64, 48).convert("RGBA"), "PNG", "RGBA"),
        (photo(64, 48).convert("LA"), "PNG", "LA"),
        (Image.fromarray(np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)), "PNG", "I;16"),
        (Image.fromarray(np.arange(64 * 48, dtype=np.float32).reshape(48, 64)), "TIFF", "F"),
        (photo(64, 48), "WEBP", "RGB"),
        (photo(64, 48), "AVIF", "RGB"),
        (photo(64, 48), "ICO", "RGB"),
    ],
)
def test_every_mode_is_ok(image: Image.Image, format: str, mode: str) -> None:
    record = probe(saved(image, format))
    assert (record.status, record.error, record.mode, record.format) == ("ok", None, mode, format)
    assert Image.open(io.BytesIO(record.thumbnail)).mode == "RGB"


def test_transparency_is_white_in_the_thumbnail() -> None:
    record = probe(saved(Image.new("RGBA", (32, 32), (0, 0, 0, 0)), "PNG"))
    assert record.brightness == 1.0


def test_16_bit_is_measured_on_its_own_scale() -> None:
    record = probe(saved(Image.fromarray(np.full((16, 16), 32_896, np.uint16)), "PNG"))
    assert record.brightness == pytest.approx(128 / 255)


def test_an_animation_is_its_first_frame() -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("white", "black")]
    record = probe(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    assert (record.status, record.format, record.brightness) == ("ok", "GIF", 1.0)


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", "empty", "zero bytes"),
        (b"just some text, renamed", "corrupt", "just some text"),
        (b"\xff\xd8\xff", "corrupt", "JPEG"),
        (saved(photo())[:5000], "corrupt", "Premature end"),
        (saved(photo(), "PNG")[:3000], "corrupt", "truncated"),
        (png_header(60_000, 60_000), "too_large", "3600000000 pixels"),
        (png_header(10, 10), "corrupt", ""),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "unreadable", "HEIF"),
    ],
)
def test_bad_bytes_have_a_status_and_words(data: bytes, status: str, words: str) -> None:
    record = probe(data)
    assert record.status == status
    assert words in record.error
    assert record.content_hash == hashlib.sha256(data).hexdigest()
    assert record.bytes == len(data)
    assert record.thumbnail is None
    assert record.phash is None


def test_a_jpeg_bomb_is_known_by_its_header() -> None:
    data = bytearray(saved(photo(64, 48)))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    record = probe(bytes(data))
    assert (record.status, record.width, record.height) == ("too_large", 60_000, 60_000)


def test_what_the_header_said_is_kept() -> None:
    record = probe(saved(photo())[:5000])
    assert (record.status, record.width, record.height, record.format) == ("corrupt", 640, 480, "JPEG")


def test_a_record_travels_as_msgpack() -> None:
    record = probe(saved(photo()))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=Record) == record


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    assert probe(data).status in STATUSES


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "AVIF", "JPEG2000", "ICO"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=20),
    st.floats(0, 1),
)
def test_mutated_pictures_never_raise(format: str, changes: list[tuple[float, int]], kept: float) -> None:
    data = bytearray(ORIGINALS[format])
    for place, value in changes:
        # Squared: headers, at the front, are where decoders break.
        data[int(place**2 * len(data))] = value
    for candidate in (bytes(data), bytes(data[: int(kept * len(data))])):
        record = probe(candidate, max_pixels=1_000_000)
        assert record.status in STATUSES
        assert (record.status == "ok") == (record.error is None)
        assert (record.status == "ok") == (record.thumbnail is not None)


ORIGINALS = {
    format: saved(photo(48, 32), format, **({"exif": Image.Exif().tobytes()} if format == "JPEG" else {}))
    for format in ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "AVIF", "JPEG2000", "ICO")
}

NAMES = [
    "plain.jpg",
    "with space.jpg",
    'it\'s "quoted".jpg',
    "newline\n.jpg",
    "emoji 🌧️.jpg",
    "日本語.jpg",
    "%2e%2e.jpg",
    "a#b?c.jpg",
]


@pytest.mark.parametrize("name", NAMES)
def test_strange_names_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(saved(photo(64, 48)))
    assert probe_location(f"{tmp_path}/{name}").status == "ok"


def test_missing_file_and_broken_symlink_are_missing(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to("nowhere.jpg")
    for name in ("gone.jpg", "link.jpg"):
        record = probe_location(f"{tmp_path}/{name}")
        assert (record.status, record.error) == ("missing", "No such file or directory")


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    record = probe_location(f"{tmp_path}/a.jpg")
    assert (record.status, record.bytes) == ("empty", 0)


def test_a_folder_called_a_jpg_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    record = probe_location(f"{tmp_path}/a.jpg")
    assert (record.status, record.error) == ("unreadable", "Is a directory")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(photo(64, 48)))
    path.chmod(0)
    assert probe_location(str(path)).status == "unreadable"


def test_a_refused_open_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same path of the code, for root."""
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(photo(64, 48)))

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("curate.media.location.open", refuse, raising=False)
    record = probe_location(str(path))
    assert (record.status, record.error) == ("unreadable", "Permission denied")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    found: list[Record] = []
    thread = threading.Thread(target=lambda: found.append(probe_location(f"{tmp_path}/a.jpg")), daemon=True)
    thread.start()
    thread.join(5)
    assert [record.status for record in found] == ["unreadable"]
    assert "not a regular file" in found[0].error


def test_a_very_long_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    with (tmp_path / "a.jpg").open("wb") as file:
        file.truncate(1001)
    record = probe_location(f"{tmp_path}/a.jpg")
    assert (record.status, record.bytes) == ("too_large", 1001)
