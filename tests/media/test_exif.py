"""Capture time, position and orientation, and how little of it can be trusted."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from curate.media.exif import NOTHING, find_exif, read_exif
from curate.media.probe import probe


def jpeg(
    tags: dict[int, object], camera: dict[int, object] | None = None, gps: dict[int, object] | None = None
) -> bytes:
    exif = Image.Exif()
    exif.update(tags)
    exif.get_ifd(0x8769).update(camera or {})
    exif.get_ifd(0x8825).update(gps or {})
    file = io.BytesIO()
    Image.new("RGB", (16, 8)).save(file, "JPEG", exif=exif.tobytes())
    return file.getvalue()


def moment(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * 1_000_000


def gps(latitude: object, south: str, longitude: object, west: str) -> dict[int, object]:
    return {1: south, 2: latitude, 3: west, 4: longitude}


def degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    return (
        IFDRational(int(value), 1),
        IFDRational(int(value * 60 % 60), 1),
        IFDRational(round(value * 3600 % 60 * 100), 100),
    )


def test_the_moment_of_the_shutter_is_preferred() -> None:
    record = probe(jpeg({0x0132: "2026:01:01 00:00:00"}, {0x9003: "2024:05:01 13:37:00"}))
    assert record.captured_at == moment("2024-05-01T13:37:00")


def test_the_file_time_is_better_than_nothing() -> None:
    assert probe(jpeg({0x0132: "2024:05:01 13:37:00"})).captured_at == moment("2024-05-01T13:37:00")


def test_an_offset_and_fractions_are_applied() -> None:
    record = probe(jpeg({}, {0x9003: "2024:05:01 13:37:00", 0x9011: "+02:00", 0x9291: "25"}))
    assert record.captured_at == moment("2024-05-01T11:37:00") + 250_000


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "", "yesterday", "2024:13:45 99:99:99"])
def test_fillers_are_no_time(text: str) -> None:
    assert probe(jpeg({}, {0x9003: text})).captured_at is None


def test_before_1970_is_negative() -> None:
    assert probe(jpeg({0x0132: "1969:12:31 23:59:59"})).captured_at == -1_000_000


def test_positions_have_their_hemisphere() -> None:
    record = probe(jpeg({}, gps=gps(degrees(33.8568), "S", degrees(151.2153), "E")))
    assert (record.latitude, record.longitude) == pytest.approx((-33.8568, 151.2153), abs=1e-4)
    record = probe(jpeg({}, gps=gps(degrees(37.8199), "N", degrees(122.4783), "W")))
    assert (record.latitude, record.longitude) == pytest.approx((37.8199, -122.4783), abs=1e-4)


@pytest.mark.parametrize(
    "block",
    [
        gps(degrees(0), "N", degrees(0), "E"),
        gps((IFDRational(0, 0),) * 3, "N", degrees(8), "E"),
        {2: degrees(48), 1: "N"},
        gps((IFDRational(400, 1), IFDRational(0, 1), IFDRational(0, 1)), "N", degrees(8), "E"),
    ],
)
def test_no_fix_is_no_position(block: dict[int, object]) -> None:
    record = probe(jpeg({0x0132: "2024:05:01 13:37:00"}, gps=block))
    assert (record.latitude, record.longitude) == (None, None)
    assert record.captured_at is not None


def test_png_and_webp_carry_exif_too() -> None:
    exif = Image.Exif()
    exif[0x0132] = "2024:05:01 13:37:00"
    for format in ("PNG", "WEBP", "TIFF", "AVIF"):
        file = io.BytesIO()
        Image.new("RGB", (16, 8)).save(file, format, exif=exif.tobytes())
        assert probe(file.getvalue()).captured_at == moment("2024-05-01T13:37:00"), format


def test_a_jpeg_without_exif_has_none() -> None:
    file = io.BytesIO()
    Image.new("RGB", (16, 8)).save(file, "JPEG")
    assert find_exif(file.getvalue()) is None


@given(st.binary(max_size=300), st.booleans())
def test_broken_blocks_are_as_if_absent(block: bytes, dressed: bool) -> None:
    found = read_exif((b"Exif\0\0II*\0\x08\0\0\0" if dressed else b"") + block)
    assert 1 <= found.orientation <= 8
    if not dressed:
        assert isinstance(found, type(NOTHING))


@given(st.binary(max_size=300))
def test_any_segments_are_walked_to_an_end(tail: bytes) -> None:
    find_exif(b"\xff\xd8" + tail)
