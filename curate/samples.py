"""Samples: what is read of them by position, and what is written about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.store import events
from curate.store.folder import Folder
from curate.store.session import Session
from curate.store.thumbnails import Thumbnails

if TYPE_CHECKING:
    import polars as pl
    from PIL import Image

    from curate.encoders.encoder import Encoder
    from curate.search.vectors import Vectors


class Samples:
    """The samples of an open folder: the half of `Dataset` that widgets, exports and the long verbs work with."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.session = Session(folder)
        self._thumbnails = Thumbnails(self.session)

    @property
    def name(self) -> str:
        """The folder's name without its suffix."""
        return self.folder.name

    @property
    def columns(self) -> list[str]:
        """The columns that a query may name."""
        return self.session.columns

    @property
    def version(self) -> int:
        """Grows whenever the data that a query sees have changed."""
        return self.session.version

    # -- by position --------------------------------------------------------------------------------------------------

    @cached_property
    def vectors_(self) -> Vectors:
        """The vector indexes and encoders of the session; `vectors` is the verb that gives arrays."""
        from curate.search.vectors import Vectors

        return Vectors(self.session, lambda encoder, location: _encoded(encoder, _picture(location)))

    def thumbnails(self, positions: np.ndarray) -> list[bytes | None]:
        """JPEG bytes (longest side 256 px) of samples by position; None for one without a picture."""
        return self._thumbnails.read(positions)

    def frame(self, positions: np.ndarray, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Metadata of samples by position, in that order."""
        from curate.search.evaluation import Rows, frame

        return frame(self.session, Rows(np.asarray(positions, dtype=np.int64)), columns)

    def positions_of(self, ids: Iterable[int]) -> np.ndarray:
        """(m,) int64 positions of sample ids, -1 for one that is not there."""
        return self.session.positions_of(ids)

    # -- where they are -----------------------------------------------------------------------------------------------

    def roots(self, moved: Mapping[str, str] | None = None) -> dict[str, str]:
        """Names and absolute locations of the roots; with `moved`, say where roots are now.

        >>> ds.roots({"fleet": "/mnt/archive/fleet"})                                            # doctest: +SKIP
        """
        from curate.sources import roots

        if moved:
            for name, location in roots.named(moved).items():
                self.write_event("root", {"name": name, "location": roots.portable(location, self.folder.location)})
        self.session.refresh()
        return {name: roots.absolute(place, self.folder.location) for name, place in self.session.roots.items()}

    def location(self, position: int) -> str:
        """Where the picture at a position is: an absolute path or URL."""
        return self.locations(np.array([position]))[0]

    def locations(self, positions: np.ndarray) -> list[str]:
        """Where pictures are: absolute paths or URLs."""
        from curate.media.location import join

        roots = self.roots()
        places = self.frame(positions, ["root", "uri"])
        return [join(roots[root], uri) for root, uri in places.iter_rows()]

    def read_media(self, position: int) -> bytes:
        """The bytes of the picture at a position, as they are in its file."""
        from curate.media.location import read

        return read(self.location(position))

    def image(self, position: int) -> Image.Image:
        """The picture at a position: full size, upright, RGB."""
        return _picture(self.location(position))

    def encode_picture(self, picture: Image.Image, encoder: str | None = None) -> np.ndarray:
        """(d,) float32 unit vector of a picture that is not in the dataset."""
        return _encoded(self.vectors_.encoder(encoder), picture.convert("RGB"))

    # -- what is done -------------------------------------------------------------------------------------------------

    def write_event(
        self,
        action: str,
        payload: Mapping[str, Any],
        *,
        sample_ids: np.ndarray | None = None,
        codes: np.ndarray | None = None,
        count: int | None = None,
    ) -> str:
        """Append an event and bring the session up to date; every verb that writes does. Returns the event's id."""
        self.folder.must_write()
        seen = self.session.log[-1]["event_id"] if self.session.log else None
        row = events.event_row(action, payload, sample_ids=sample_ids, codes=codes, count=count, after=seen)
        self.folder.events.append(row)
        self.session.refresh()
        return str(row["event_id"][0])

    def write_tags(self, action: str, tags: Sequence[str], ids: np.ndarray, *, query: str) -> tuple[int, str]:
        """Tag or untag samples; what does not change is not written, so that undo takes back this and nothing else.

        Args:
            action: tag or untag.
            tags: at most 15.
            ids: (m,) int64 sample ids.
            query: what they were found by, as Python.

        Returns:
            How many samples changed, and the id of the event; empty where none did and nothing was written.
        """
        self.folder.must_write()
        # bit i of a code stands for tag i
        written = np.zeros(len(ids), np.int16)
        for bit, tag in enumerate(tags):
            carried = np.isin(ids, self.session.tags.get(tag, np.empty(0, np.int64)))
            written |= (carried if action == "untag" else ~carried).astype(np.int16) << bit
        changed = written != 0
        if not changed.any():
            return 0, ""
        payload = {"tags": list(tags), "query": query}
        event = self.write_event(action, payload, sample_ids=ids[changed], codes=written[changed])
        return int(changed.sum()), event


def _picture(location: str) -> Image.Image:
    from PIL import Image

    from curate.media.decode import decode
    from curate.media.location import read

    return Image.fromarray(decode(read(location)))


def _encoded(encoder: Encoder, picture: Image.Image) -> np.ndarray:
    vector: np.ndarray = encoder.encode_prepared([encoder.prepare(picture)])[0]
    return vector
