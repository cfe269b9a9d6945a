"""Pictures in another size or another format, and labels that follow them.

Pixels are those that Curate shows everywhere: upright, RGB, transparency over white. What needs no change is not encoded again.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from PIL import Image

from curate.errors import BadValue
from curate.media.decode import decode, fit

RECODE = "\0recode"
"""The column that says what becomes of a picture: `AS_IT_IS`, `ENCODED` or `RESIZED`."""

AS_IT_IS, ENCODED, RESIZED = 0, 1, 2

SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
QUALITY = 95
_LONGEST = 65_500  # JPEG's own limit is 65,535, WebP's 16,383


@dataclass(frozen=True)
class Recoding:
    """What is asked for.

    Attributes:
        longest: the longer side is at most so many pixels; smaller pictures stay as they are.
        exact: width and height of every picture.
        format: "JPEG", "PNG" or "WEBP".
        quality: 1 to 100; None takes `QUALITY`, and leaves pictures alone that have the format already.
    """

    longest: int | None = None
    exact: tuple[int, int] | None = None
    format: str | None = None
    quality: int | None = None

    def planned(self, samples: pl.DataFrame) -> pl.DataFrame:
        """Samples as they will be: width, height, format, and `RECODE`.

        Args:
            samples: with width, height and format as they are; where a size is not known the picture cannot be resized, and
                its `RECODE` is null.
        """
        sizes = [self._size(width, height) for width, height in samples.select("width", "height").iter_rows()]
        after = samples.with_columns(
            pl.Series(name, [None if size is None else size[i] for size in sizes], dtype=samples[name].dtype)
            for i, name in enumerate(("width", "height"))
        )
        own = samples["format"].replace("MPO", "JPEG")
        kinds = pl.select(pl.when(own.is_in(list(SUFFIXES))).then(own).otherwise(pl.lit("PNG"))).to_series()
        no = pl.repeat(value=False, n=samples.height, eager=True)
        encoded = resized = no
        if self.format is not None:
            kinds = pl.repeat(self.format, samples.height, eager=True)
            encoded = (kinds != samples["format"]).fill_null(value=True) | (self.quality is not None)
        if self.longest is not None or self.exact is not None:
            resized = (after["width"] != samples["width"]) | (after["height"] != samples["height"])
        step = pl.when(resized).then(RESIZED).when(resized.is_null()).then(None).when(encoded).then(ENCODED)
        after = after.with_columns(step.otherwise(AS_IT_IS).cast(pl.Int8).alias(RECODE))
        changed = after[RECODE] > AS_IT_IS
        news = pl.DataFrame({"format": kinds}).with_columns(pl.lit(1).alias("orientation"), pl.lit(None).alias("bytes"))
        return after.with_columns(
            pl.when(changed).then(new).otherwise(pl.col(new.name)).cast(samples[new.name].dtype).alias(new.name)
            for new in news
            if new.name in samples.columns
        )

    def _size(self, width: int | None, height: int | None) -> tuple[int, int] | None:
        if width is None or height is None:
            return None
        if self.exact is not None:
            return self.exact
        return (width, height) if self.longest is None else fit(width, height, longest=self.longest)

    def encoded(self, data: bytes, step: int, width: int, height: int, format: str) -> bytes:
        """The bytes of a picture as it will be.

        Raises:
            Undecodable: they are no picture.
            OSError: the format cannot hold it, such as a WebP of more than 16,383 pixels a side.
        """
        least = None
        if step == RESIZED:  # twice what is needed, so that scaling while decoding does not show
            least = 2 * (max(width, height) if self.exact is not None else min(width, height))
        picture = Image.fromarray(decode(data, min_side=least))
        if step == RESIZED:
            picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        # Pillow passes over a quality where the format has none.
        picture.save(buffer, format, quality=self.quality or QUALITY, icc_profile=_profile(data))
        return buffer.getvalue()


def _profile(data: bytes) -> bytes | None:
    """The colour profile of a picture, where it is one of RGB: pixels are handed on as they are."""
    with Image.open(io.BytesIO(data)) as picture:
        profile = picture.info.get("icc_profile")
    return profile if isinstance(profile, bytes) and profile[16:20] == b"RGB " else None


def recoding(resize: int | Sequence[int] | None, encode: str | None) -> Recoding | None:
    """What `resize` and `encode` ask for; None where they ask for nothing.

    Raises:
        BadValue: a size or a format that is none.

    >>> recoding(640, "jpeg:85")
    Recoding(longest=640, exact=None, format='JPEG', quality=85)
    """
    if resize is None and encode is None:
        return None
    longest, exact = None, None
    if resize is not None:
        sides = [resize] if isinstance(resize, int | np.integer) else list(resize) if _listed(resize) else []
        if len(sides) not in (1, 2) or not all(_is_side(side) for side in sides):
            raise BadValue(
                f"'resize' is the longest side in pixels, or width and height. Got {resize!r}",
                hint="resize=640, or resize=(640, 480)",
            )
        longest, exact = (int(sides[0]), None) if len(sides) == 1 else (None, (int(sides[0]), int(sides[1])))
    format, quality = None, None
    if encode is not None:
        name, colon, number = str(encode).lower().partition(":")
        format = {"jpg": "JPEG"}.get(name, name.upper())
        quality = int(number) if number.isascii() and number.isdigit() else None
        if format not in SUFFIXES or (colon and not (quality and 1 <= quality <= 100 and format != "PNG")):
            raise BadValue(
                f"'encode' is jpeg, png or webp, the first and the last with a quality behind a colon. Got {encode!r}",
                hint="encode='jpeg:90'",
            )
    return Recoding(longest, exact, format, quality)


def _listed(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_side(side: object) -> bool:
    return isinstance(side, int | np.integer) and not isinstance(side, bool) and 1 <= int(side) <= _LONGEST
