"""EXIF: orientation, capture time, position.

The block is found without a decoder (`find_exif` walks the JPEG's segments; other formats hand theirs over through
Pillow) and read by Pillow. A broken block costs its facts, never the picture.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, NamedTuple

ORIENTATION = 0x0112
_DATE_TIME = 0x0132
_EXIF_IFD = 0x8769
_GPS_IFD = 0x8825
# In the order of trust: the shutter, then the scanner, then whoever saved the file last; each with its offset and its
# fractions of a second (EXIF 2.31).
_TIMES = ((0x9003, 0x9011, 0x9291), (0x9004, 0x9012, 0x9292), (_DATE_TIME, 0x9010, 0x9290))
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Exif(NamedTuple):
    """What Curate takes from an EXIF block; see `Record` for the units."""

    orientation: int = 1
    captured_at: int | None = None
    latitude: float | None = None
    longitude: float | None = None


NOTHING = Exif()


def find_exif(data: bytes) -> bytes | None:
    r"""The EXIF block of a JPEG, from its "Exif\0\0" on; None where there is none.

    Args:
        data: a whole JPEG file. Anything else gives None.
    """
    position = 2
    end = len(data)
    while position + 4 <= end and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill bytes are allowed between segments
            position += 1
            continue
        if marker in {0xDA, 0xD9}:  # the pixels begin, or the file ends: no more headers
            return None
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4])
        if length < 2:
            return None
        if marker == 0xE1 and data[position + 4 : position + 10] == b"Exif\0\0":
            return data[position + 4 : position + 2 + length]
        position += 2 + length
    return None


def read_exif(block: bytes) -> Exif:
    r"""Read an EXIF block. Never raises: what is broken is as if it were absent.

    Args:
        block: TIFF bytes, with or without "Exif\0\0" in front.

    >>> read_exif(b"nonsense")
    Exif(orientation=1, captured_at=None, latitude=None, longitude=None)
    """
    from PIL import Image

    try:
        exif = Image.Exif()
        exif.load(block)
        return from_pillow(exif)
    except Exception:  # Pillow raises a dozen kinds for broken TIFF structures
        return NOTHING


def from_pillow(exif: Any) -> Exif:
    """The same from a `PIL.Image.Exif`. Never raises."""
    orientation: int = 1
    captured_at: int | None = None
    position: tuple[float | None, float | None] = (None, None)
    try:
        stored = exif.get(ORIENTATION)
        orientation = stored if isinstance(stored, int) and 1 <= stored <= 8 else 1
        captured_at = _capture_time({**exif, **exif.get_ifd(_EXIF_IFD)})
        position = _position(exif.get_ifd(_GPS_IFD))
    except Exception:  # noqa: S110 - see read_exif; what was read before the break is kept
        pass
    return Exif(orientation, captured_at, *position)


def _capture_time(tags: dict[int, Any]) -> int | None:
    for time_tag, offset_tag, fraction_tag in _TIMES:
        moment = _parse_time(tags.get(time_tag), tags.get(offset_tag), tags.get(fraction_tag))
        if moment is not None:
            return moment
    return None


def _parse_time(text: Any, offset: Any, fraction: Any) -> int | None:
    """Microseconds since the epoch of "2024:05:01 13:37:00"; None for blanks, zeros and other fillers.

    >>> _parse_time("1970:01:01 01:00:01", "+01:00", "5")
    1500000
    """
    digits = _text(text).replace("-", ":").replace("T", " ")[:19]
    try:
        moment = dt.datetime.strptime(digits, "%Y:%m:%d %H:%M:%S").replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    microseconds = (moment - _EPOCH) // dt.timedelta(microseconds=1)
    part = _text(fraction)
    if part.isascii() and part.isdigit():
        microseconds += int(part[:6].ljust(6, "0"))
    return microseconds - _offset_minutes(_text(offset)) * 60_000_000


def _offset_minutes(text: str) -> int:
    """Minutes east of UTC of "+01:00"; 0 where there is none."""
    sign = {"+": 1, "-": -1}.get(text[:1], 0)
    hours, _, minutes = text[1:].partition(":")
    if not sign or not (hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()):
        return 0
    east = int(hours) * 60 + int(minutes)
    return sign * east if east <= 15 * 60 else 0


def _position(gps: dict[int, Any]) -> tuple[float | None, float | None]:
    latitude = _degrees(gps.get(2), gps.get(1), negative="S", limit=90)
    longitude = _degrees(gps.get(4), gps.get(3), negative="W", limit=180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        # Cameras without a fix write zeros; nobody photographs that point of the Atlantic.
        return None, None
    return latitude, longitude


def _degrees(parts: Any, reference: Any, *, negative: str, limit: int) -> float | None:
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    degrees, minutes, seconds = (float(p) for p in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or not 0 <= value <= limit:
        return None
    return -value if _text(reference).upper().startswith(negative) else value


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""
