"""Where the pictures of a training set are, and their pixels. Arrays only, so that it travels to workers as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from curate.errors import NotReadable
from curate.media.decode import decode
from curate.media.location import is_local, read

READERS = 16
"""Requests to an object store that one process keeps under way."""

Pixels = npt.NDArray[np.uint8]


class Pictures:
    """The pictures at some locations.

    All locations are one block of bytes: a million Python strings would be copied into every forked worker, one page after
    the other, as their reference counts are written to.
    """

    def __init__(self, locations: Sequence[str]) -> None:
        encoded = [location.encode() for location in locations]
        self._text = np.frombuffer(b"".join(encoded), np.uint8)
        self._starts = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        self.remote = not all(map(is_local, locations))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def location(self, index: int) -> str:
        """Where a picture is: an absolute path or a URL."""
        return self._text[self._starts[index] : self._starts[index + 1]].tobytes().decode()

    def pixels(self, index: int, data: bytes | Exception | None = None) -> Pixels:
        """A picture, upright.

        Args:
            index: 0 … n - 1.
            data: what `read_ahead` gave.

        Returns:
            (h, w, 3) uint8 RGB.

        Raises:
            NotReadable: there is no such file, or what is there cannot be decoded.
        """
        try:
            if isinstance(data, Exception):
                raise data
            return decode(read(self.location(index)) if data is None else data)
        except Exception as error:  # object stores and decoders raise their own kinds
            words = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise NotReadable(
                f"The picture {self.location(index)!r} cannot be read: {words}",
                hint="torch(missing='skip') or torch(missing='substitute') goes on without it, and counts it",
            ) from None

    def read_ahead(self, indices: Sequence[int]) -> Iterable[bytes | Exception | None]:
        """The bytes of several pictures, or why there are none. From an object store several come at once, because each takes
        tens of milliseconds to answer; what is local is left to `pixels`.
        """
        if not self.remote:
            return [None] * len(indices)
        with ThreadPoolExecutor(min(READERS, max(1, len(indices)))) as threads:
            return list(threads.map(self._read, indices))

    def _read(self, index: int) -> bytes | Exception:
        try:
            return read(self.location(index))
        except Exception as error:
            return error
