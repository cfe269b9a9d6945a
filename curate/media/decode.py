"""Bytes to upright pixels.

JPEG, which nearly everything is, goes through libjpeg-turbo by `simplejpeg`, in its strict mode: libjpeg pads what is
missing with grey and only warns, and strict turns the warning into an error. Everything else, and the JPEGs that
`simplejpeg` does not do (CMYK, odd subsamplings), goes through Pillow, restricted to the formats of
`curate.media.format`. Both give the same pixels: they are the same library with the same settings.
"""

from __future__ import annotations

import importlib
import io
import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image, UnidentifiedImageError

from curate.errors import BadValue
from curate.media.exif import NOTHING, Exif, find_exif, from_pillow, read_exif
from curate.media.format import PLUGINS, SNIFFED, sniff
from curate.media.planes import Planes, planes, turn
from curate.media.record import CORRUPT, EMPTY, TOO_LARGE, UNREADABLE

Pixels = npt.NDArray[np.uint8]

MAX_PIXELS = 178_956_970
"""Width × height past which a picture is not decoded: where Pillow itself refuses (twice its `MAX_IMAGE_PIXELS`, 2**29 / 3
bytes of RGB). A 151-megapixel camera passes; a 60,000 × 60,000 bomb does not."""

_TURBO_MODES = {"YCbCr": "RGB", "RGB": "RGB", "Gray": "L"}
# Some cameras pad in front of a marker: every reader skips that. Longer runs mean that the decoder lost its place.
_PADDING = re.compile(r"(\d+) extraneous bytes before marker")
_MOST_PADDING = 16


class Undecodable(BadValue):
    """Bytes that do not become a picture.

    Attributes:
        status: "empty", "corrupt", "too_large" or "unreadable", as in `Record`.
        words: the decoder's own words.
        header: what the header said before decoding failed, or None.
    """

    def __init__(self, status: str, words: str, header: Header | None = None) -> None:
        super().__init__(f"The picture cannot be decoded ({status}): {words}")
        self.status = status
        self.words = words
        self.header = header


class Header(NamedTuple):
    """What a file says of itself.

    Attributes:
        format: as Pillow names it.
        mode: Pillow's mode of the stored pixels.
        width: of the stored pixels, before `exif.orientation`.
        height: likewise.
        exif: orientation, time, position.
    """

    format: str
    mode: str
    width: int
    height: int
    exif: Exif

    @property
    def turn(self) -> int:
        """The orientation that is still to be applied. Pillow turns TIFFs upright by itself while loading."""
        return 1 if self.format == "TIFF" else self.exif.orientation

    @property
    def upright(self) -> tuple[int, int]:
        """(width, height) after the orientation."""
        return (self.height, self.width) if self.turn >= 5 else (self.width, self.height)


def decode(data: bytes, *, min_side: int | None = None, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Decode a picture upright: orientation applied, CMYK converted, transparency over white, first frame of several.

    Args:
        data: a whole image file.
        min_side: the shorter side that is enough. A larger picture may come smaller, with its shorter side at least this
            (JPEG: scaled while decoding, by n/8; others: averaged by a whole factor). None: every pixel.
        max_pixels: larger pictures are refused by their header. What is not a JPEG, Pillow refuses past twice its own
            `Image.MAX_IMAGE_PIXELS` in any case.

    Returns:
        (h, w, 3) uint8 RGB, contiguous. 16-bit values are scaled to 8 (v / 257).

    Raises:
        Undecodable: a `ValueError` with the status and the decoder's words.
    """
    header, image = _open(data, max_pixels=max_pixels)
    least = None
    if min_side is not None:
        shrink = min(1.0, min_side / min(header.width, header.height))
        least = (max(1, round(header.width * shrink)), max(1, round(header.height * shrink)))
    if image is None:
        pixels = _turbo(data, header, "RGB", least)
    else:
        image, header = _pillow(image, header, least)
        pixels = np.asarray(image)
    return turn(pixels, header.turn)


def decode_planes(data: bytes, *, longest: int, max_pixels: int = MAX_PIXELS) -> tuple[Planes, Header]:
    """Decode a picture upright and scaled so that its longest side is at most `longest`; never upscaled.

    Returns:
        The picture, see `curate.media.planes`, and the header.

    Raises:
        Undecodable: see `decode`.
    """
    header, image = _open(data, max_pixels=max_pixels)
    least = fit(header.width, header.height, longest=longest)
    if image is None:
        pixels = _turbo(data, header, "RGB", least)
    else:
        image, header = _pillow(image, header, least)
        pixels = np.asarray(image)
    width, height = fit(header.width, header.height, longest=longest)
    return planes(pixels, width, height).turned(header.turn), header


def fit(width: int, height: int, *, longest: int) -> tuple[int, int]:
    """Width and height scaled so that the longest side is at most `longest`, each at least 1; never upscaled.

    >>> fit(640, 480, longest=256), fit(100, 50, longest=256), fit(9000, 3, longest=256)
    ((256, 192), (100, 50), (256, 1))
    """
    side = max(width, height)
    if side <= longest:
        return width, height
    return max(1, round(width * longest / side)), max(1, round(height * longest / side))


def _open(data: bytes, *, max_pixels: int) -> tuple[Header, Image.Image | None]:
    """The header, and Pillow's unloaded image where Pillow has to decode."""
    if not data:
        raise Undecodable(EMPTY, "the file has zero bytes")
    if data[:3] == b"\xff\xd8\xff":
        header = _turbo_header(data)
        if header is not None:
            _refuse_bombs(header, max_pixels)
            return header, None
    image = _pillow_open(data)
    header = Header(image.format or "", image.mode, image.width, image.height, NOTHING)
    _refuse_bombs(header, max_pixels)
    return header, image


def _refuse_bombs(header: Header, max_pixels: int) -> None:
    if header.width * header.height > max_pixels:
        raise Undecodable(
            TOO_LARGE,
            f"{header.width} × {header.height} pixels are more than the limit of {max_pixels:,}",
            header,
        )


def _turbo_header(data: bytes) -> Header | None:
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None  # Pillow will say what is wrong, or open it: TurboJPEG refuses unusual subsamplings
    mode = _TURBO_MODES.get(colours)
    if mode is None:
        return None
    block = find_exif(data)
    return Header("JPEG", mode, width, height, NOTHING if block is None else read_exif(block))


def _turbo(data: bytes, header: Header, colours: str, least: tuple[int, int] | None) -> Pixels:
    """Decode with libjpeg-turbo, at the smallest scale n/8 whose sides reach `least` (width, height)."""
    width, height = least or (0, 0)
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, colours, min_height=height, min_width=width)
    except ValueError as error:
        padding = _PADDING.search(str(error))
        if padding is None or int(padding[1]) > _MOST_PADDING:
            raise Undecodable(CORRUPT, str(error), header) from None
        pixels = simplejpeg.decode_jpeg(data, colours, min_height=height, min_width=width, strict=False)
    except MemoryError:
        raise Undecodable(TOO_LARGE, "the decoder ran out of memory", header) from None
    return pixels


def _pillow_open(data: bytes) -> Image.Image:
    name = sniff(data[:SNIFFED])
    if name == "HEIF":
        raise Undecodable(UNREADABLE, "HEIF pictures (.heic) cannot be decoded; convert them to JPEG or AVIF")
    if name is None:
        raise Undecodable(CORRUPT, f"not an image: the file begins with {data[:16]!r}")
    importlib.import_module(f"PIL.{PLUGINS[name]}")
    try:
        return Image.open(io.BytesIO(data), formats=(name,))
    except Image.DecompressionBombError as error:
        raise Undecodable(TOO_LARGE, str(error)) from None
    except UnidentifiedImageError:
        # Pillow's own message prints the address of a BytesIO, other on every run.
        raise Undecodable(
            CORRUPT, f"cannot identify the image: it begins like {name} and its header is broken"
        ) from None
    except MemoryError:
        raise Undecodable(TOO_LARGE, "the decoder ran out of memory") from None
    except Exception as error:  # plugins raise whatever struct, zlib and int() raise
        raise Undecodable(CORRUPT, _words(error)) from None


def _pillow(image: Image.Image, header: Header, least: tuple[int, int] | None) -> tuple[Image.Image, Header]:
    """Load, convert to RGB, and shrink by a whole factor while both sides reach `least`; the header with its EXIF."""
    try:
        if least is not None:
            image.draft(image.mode, least)
        # Pillow turns a TIFF upright while loading and forgets the tag; a PNG may have its EXIF behind its pixels.
        exif = from_pillow(image.getexif()) if header.format == "TIFF" else NOTHING
        image.load()
        exif = exif if header.format == "TIFF" else from_pillow(image.getexif())
        if header.format == "TIFF":
            header = header._replace(width=image.width, height=image.height)
        header = header._replace(exif=exif)
        if least is not None:
            factor = min(image.width // least[0], image.height // least[1])
            if factor > 1 and image.mode in {"L", "RGB", "CMYK"} and "transparency" not in image.info:
                image = image.reduce(factor)
        return _to_rgb(image), header
    except MemoryError:
        raise Undecodable(TOO_LARGE, "the decoder ran out of memory", header) from None
    except Exception as error:  # see _pillow_open
        raise Undecodable(CORRUPT, _words(error), header) from None


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith(("I", "F")):
        white = 65_535.0 if image.mode.startswith("I;16") else None
        return Image.fromarray(_eight_bits(np.asarray(image), white=white)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        opaque = Image.new("RGB", image.size, (255, 255, 255))
        opaque.paste(image, mask=image.getchannel("A"))
        return opaque
    return image.convert("RGB")


def _eight_bits(values: npt.NDArray[Any], *, white: float | None = None) -> Pixels:
    """16-bit, 32-bit and float grey to 8 bits.

    Args:
        values: (h, w) of any number type.
        white: the value of white: 65,535 for 16-bit files. None where the file does not say: then the smallest of 1 (floats
            only), 255, 65,535 and the maximum itself that holds the maximum.
    """
    # not-a-number is black, like every other lack of light
    numbers = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    if white is None:
        largest = float(numbers.max(initial=0.0))
        steps = (1.0, 255.0, 65_535.0) if values.dtype.kind == "f" else (255.0, 65_535.0)
        white = next((step for step in steps if largest <= step), largest)
    eight: Pixels = np.clip(np.rint(numbers * (255 / white)), 0, 255).astype(np.uint8)
    return eight


def _words(error: Exception) -> str:
    return f"{error}" or type(error).__name__
