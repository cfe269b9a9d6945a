"""What a source says is there, before anything has been opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

Row = tuple[str, int | None, int | None, str | None, str | None]
"""uri, bytes, mtime in microseconds, status, error"""

SCHEMA = pl.Schema(
    {
        "uri": pl.String(),
        "bytes": pl.Int64(),
        "mtime": pl.Datetime("us"),
        "status": pl.String(),
        "error": pl.String(),
    }
)
"""Columns of `Listing.files`. `mtime` is UTC. `status` and `error` are null but where the verdict needs no opening."""


@dataclass(frozen=True)
class Listing:
    """The files of a source.

    Attributes:
        location: the root that the URIs are relative to: an absolute path or a URL.
        files: one row a file, columns as in `SCHEMA`; a URI occurs once.
        metadata: the other columns of a table, row by row with `files`; None where there are none.
        source: what was read, for display.
        complete: the listing holds everything in its scope, so that what is absent has vanished. False for lists of files
            and tables, which say nothing about what they leave out.
        notes: what a person should know: duplicates that were dropped, folders that could not be read.
        scope: whether a URI lies within a complete listing.
    """

    location: str
    files: pl.DataFrame
    metadata: pl.DataFrame | None
    source: str
    complete: bool
    notes: list[str] = field(default_factory=list)
    scope: Callable[[str], bool] | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return self.files.height

    def __repr__(self) -> str:
        return f"Listing({self.source!r}, files={self.files.height:,}, complete={self.complete})"

    def covers(self, uri: str) -> bool:
        """Whether that URI was inside the scope of this listing: had it existed, it would be here.

        Always False where the listing is not complete.
        """
        return self.complete and (self.scope is None or self.scope(uri))


def frame(rows: Iterable[Row]) -> pl.DataFrame:
    """`Listing.files` from rows."""
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], [], []]
    return pl.DataFrame(
        {
            "uri": pl.Series(columns[0], dtype=pl.String),
            "bytes": pl.Series(columns[1], dtype=pl.Int64),
            "mtime": pl.Series(columns[2], dtype=pl.Int64).cast(pl.Datetime("us")),
            "status": pl.Series(columns[3], dtype=pl.String),
            "error": pl.Series(columns[4], dtype=pl.String),
        }
    )
