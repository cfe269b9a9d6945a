"""What one pass over a picture gives: a flat record that travels from a worker process to the tables."""

from __future__ import annotations

import msgspec

OK = "ok"
MISSING = "missing"
EMPTY = "empty"
CORRUPT = "corrupt"
TOO_LARGE = "too_large"
UNREADABLE = "unreadable"

STATUSES = (OK, MISSING, EMPTY, CORRUPT, TOO_LARGE, UNREADABLE)
"""Every value of `Record.status`; `unreadable` is a file that is there and may not, or cannot, be read as a picture."""

Blob = bytes  # `bytes` is a field below, and hides the type there


class Record(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One sample after its one pass. What could not be found out is None; `status` and `error` say why.

    Attributes:
        status: one of `STATUSES`.
        error: the decoder's (or the file system's) words; None where `status` is "ok".
        content_hash: SHA-256 of the bytes, 64 hex digits.
        bytes: length of the file.
        width: pixels, upright (after the EXIF orientation).
        height: pixels, upright.
        format: "JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", … as Pillow names them.
        mode: Pillow's mode of the stored pixels: "RGB", "L", "P", "CMYK", "I;16", …
        orientation: EXIF orientation 1-8; 1 where the file says nothing.
        captured_at: microseconds since 1970-01-01 UTC. Where EXIF gives no offset, the camera's local time is taken as if
            it were UTC: wrong by the time zone, and the same on every machine.
        latitude: degrees, north positive, -90…90.
        longitude: degrees, east positive, -180…180.
        brightness: 0…1, see `curate.media.measures`.
        contrast: 0…1.
        sharpness: 0…1.
        saturation: 0…1.
        entropy: bits, 0…8.
        brightness_p5: 0…1, the 5th percentile.
        brightness_p99: 0…1, the 99th percentile.
        clipped_dark: 0…1, the share of pixels that are as good as black.
        clipped_bright: 0…1, likewise white.
        acutance: 0…1, how abrupt the strongest edges are; None where there are none.
        aspect: width / height.
        phash: unsigned 64-bit perceptual hash, see `curate.media.phash`.
        thumbnail: JPEG, RGB, upright, longest side at most 256 px, never upscaled.
    """

    status: str = OK
    error: str | None = None
    content_hash: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    mode: str | None = None
    orientation: int | None = None
    captured_at: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    brightness: float | None = None
    contrast: float | None = None
    sharpness: float | None = None
    saturation: float | None = None
    entropy: float | None = None
    brightness_p5: float | None = None
    brightness_p99: float | None = None
    clipped_dark: float | None = None
    clipped_bright: float | None = None
    acutance: float | None = None
    aspect: float | None = None
    phash: int | None = None
    thumbnail: Blob | None = None
