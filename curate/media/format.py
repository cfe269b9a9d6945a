"""Which files are pictures: by suffix, and by the first bytes where the suffix says nothing."""

from __future__ import annotations

import os

SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".apng",
        ".gif",
        ".bmp",
        ".dib",
        ".tif",
        ".tiff",
        ".webp",
        ".avif",
        ".jp2",
        ".j2k",
        ".jpx",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".ico",
        ".heic",
        ".heif",
    ]
)
"""Suffixes, in lower case, that say "picture" without a look inside."""

SNIFFED = 32
"""Bytes that `sniff` wants to see."""

# Pillow's plugin for each format; only these are ever tried on a file. EPS is left out on purpose (Pillow hands it to
# Ghostscript), and so is everything that can hold programs or other files.
PLUGINS = {
    "JPEG": "JpegImagePlugin",
    "PNG": "PngImagePlugin",
    "GIF": "GifImagePlugin",
    "BMP": "BmpImagePlugin",
    "TIFF": "TiffImagePlugin",
    "WEBP": "WebPImagePlugin",
    "AVIF": "AvifImagePlugin",
    "JPEG2000": "Jpeg2KImagePlugin",
    "PPM": "PpmImagePlugin",
    "ICO": "IcoImagePlugin",
}


def sniff(head: bytes) -> str | None:
    """The format that the first bytes of a file announce, as Pillow names it; None for anything else.

    Args:
        head: the first `SNIFFED` bytes, or more, or fewer where the file is shorter.

    >>> sniff(bytes([0xFF, 0xD8, 0xFF, 0xE0]))
    'JPEG'
    >>> sniff(b"hello") is None
    True
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        if head[8:12] in {b"avif", b"avis"}:
            return "AVIF"
        if head[8:12] in {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevx", b"mif1", b"msf1"}:
            return "AVIF" if b"avif" in head else "HEIF"
    if len(head) > 2 and head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n#":
        return "PPM"
    return None


_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\x00\x00\x01\x00", "ICO"),
)


def has_image_suffix(name: str) -> bool:
    """Whether a name ends like a picture's.

    >>> has_image_suffix("IMG_0001.JPG"), has_image_suffix("notes.txt")
    (True, False)
    """
    return os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 - called a million times
