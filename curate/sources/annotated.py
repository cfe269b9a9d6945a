"""A folder of pictures with annotation files beside them: what COCO, YOLO and Pascal VOC have in common.

Annotation files are not trusted. A picture that they name lies in the folder or is refused by name; one that is not there becomes
a sample with status ``missing``, so that its labels are not lost and can be found. Symbolic links may not lead out of the folder.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from curate.errors import BadSource, SourceNotFound
from curate.labels.shapes import attributes_text
from curate.media import location as locations
from curate.media.record import MISSING
from curate.sources.folder import SKIPPED, list_folder
from curate.sources.listing import Listing, frame

LABELS: dict[str, pl.DataType] = {
    "uri": pl.String(),
    "field": pl.String(),
    "source": pl.String(),
    "source_kind": pl.String(),
    "document": pl.String(),
    "kind": pl.String(),
    "value": pl.String(),
    "score": pl.Float64(),
    "box": pl.List(pl.Float64),
    "points": pl.List(pl.Float64),
    "mask": pl.Binary(),
    "attributes": pl.String(),
    "relative": pl.Boolean(),
}
"""Columns of `Annotated.labels`. `uri` is the listing's; `field`, `source` and `source_kind` are null where the files do not
say; `document` is the file that says so. Where `relative` is true, box and points are shares of the picture's width and height."""

LONGEST_TEXT = 16 << 20
"""Bytes of an annotation file for one picture, or of a list of classes."""

MOST_NAMED = 5
"""How many faulty annotations the notes name; the others are counted."""

_DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True)
class Annotated:
    """Pictures and what annotation files say of them.

    Attributes:
        listing: the pictures, also those that are only named.
        labels: one row a label, columns as in `LABELS`.
        classes: what the files declare, in order.
    """

    listing: Listing
    labels: pl.DataFrame
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Annotated({self.listing.source!r}, files={len(self.listing):,}, labels={self.labels.height:,})"


@dataclass
class Pictures:
    """The pictures of a folder, by name.

    Attributes:
        location: of the folder that annotation files name pictures in: what their names may not leave.
        listing: of the pictures in it.
        named: URI to the document that names it, of pictures that are not there.
    """

    location: str
    listing: Listing
    named: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.prefix = _prefix(self.listing.location, self.location)
        self.uris: set[str] = set(self.listing.files["uri"])

    def find(self, name: str, folders: Sequence[str], document: str) -> str:
        """The URI of a picture that a document names.

        Args:
            name: as it stands in the document.
            folders: where it may lie, relative to the location, the likeliest first; "" is the location itself.
            document: its URI.

        Raises:
            BadSource: the name is empty, holds a NUL, or leads out of the folder.
        """
        there = self.there(name, folders, document)
        if there is None:
            there = self._candidates(name, folders, document)[0]
            self.named.setdefault(there, document)
        return there

    def there(self, name: str, folders: Sequence[str], document: str) -> str | None:
        """The same, None where nothing is there."""
        return next((uri for uri in self._candidates(name, folders, document) if uri in self.uris), None)

    def _candidates(self, name: str, folders: Sequence[str], document: str) -> list[str]:
        plain = self._plain(name, document)
        return [self.prefix + posixpath.normpath(posixpath.join(folder, plain)) for folder in folders]

    def _plain(self, name: str, document: str) -> str:
        text = locations.to_uri(name).replace("\\", "/")
        top = self.location.rstrip("/") + "/"
        if text.startswith(top):
            text = text[len(top) :]
        if not text.strip("./") or "\0" in text:
            raise BadSource(f"{document} names a picture {name!r}, which is no name of a file")
        try:
            inside = not text.startswith("~") and _DRIVE.match(text) is None
            locations.check_uri(text, remote=not locations.is_local(self.location))
        except BadSource:
            inside = False
        if not inside:
            raise BadSource(
                f"{document} names a picture {name!r}, which leads out of {self.location!r}",
                hint="where that is meant, give root= the folder that holds the pictures",
            )
        return text

    def completed(self, metadata: Mapping[str, Mapping[str, Any]], notes: Iterable[str]) -> Listing:
        """The listing with the pictures that are only named, and with metadata by URI."""
        absent = [(uri, None, None, MISSING, f"{document} names it") for uri, document in self.named.items()]
        files = pl.concat([self.listing.files, frame(absent)])
        columns = None
        if any(metadata.values()):
            rows = [metadata.get(uri, {}) for uri in files["uri"]]
            names = dict.fromkeys(name for row in rows for name in row)
            values = {name: [row.get(name) for row in rows] for name in names}
            columns = pl.DataFrame({name: pl.Series(name, column, strict=False) for name, column in values.items()})
        noted = [f"{len(absent):,} pictures are named and not there"] if absent else []
        return replace(self.listing, files=files, metadata=columns, notes=[*self.listing.notes, *noted, *notes])


def pictures_in(path: str, *, root: str | None, without: Sequence[str] = ()) -> Pictures:
    """The pictures of a folder.

    Args:
        path: of the folder, or a URL.
        root: the folder that names and links may not leave, and that URIs are relative to; by default `path` itself.
        without: folders at its top whose pictures are annotations.

    Raises:
        SourceNotFound: there is no such folder.
        BadSource: a symbolic link leads out.
    """
    location = locations.absolute(path)
    listing = list_folder(path, root=root)
    prefix = _prefix(listing.location, location)
    left_out = tuple(f"{prefix}{folder}/" for folder in without)
    if left_out:
        whole = listing.covers
        kept = [not uri.startswith(left_out) for uri in listing.files["uri"]]
        listing = replace(
            listing,
            files=listing.files.filter(pl.Series(kept, dtype=pl.Boolean)),
            scope=lambda uri: whole(uri) and not uri.startswith(left_out),
        )
    if locations.is_local(location):
        _refuse_ways_out(listing.location, listing.files["uri"])
    return Pictures(location, listing)


def documents(location: str, suffixes: tuple[str, ...]) -> list[str]:
    """Files below a folder whose names end so, relative to it, sorted; hidden ones are left out.

    Args:
        location: absolute, or a URL.
        suffixes: in lower case.

    Raises:
        BadSource: a symbolic link leads out of the folder.
    """
    if not locations.is_local(location):
        files, path = locations.filesystem(location)
        top = path.rstrip("/") + "/"
        found = [locations.to_uri(key[len(top) :]) for key in files.find(path) if key.startswith(top)]
    else:
        found = list(_walk(locations.from_uri(location)))
    names = sorted(
        uri
        for uri in found
        if uri.lower().endswith(suffixes) and not any(p[:1] == "." or p in SKIPPED for p in uri.split("/"))
    )
    if locations.is_local(location):
        _refuse_ways_out(location, names)
    return names


def read_document(location: str, uri: str, *, longest: int = LONGEST_TEXT) -> bytes:
    """The bytes of an annotation file.

    Raises:
        BadSource: it is longer than `longest`, or cannot be read.
    """
    try:
        return locations.read(locations.join(location, uri), max_bytes=longest)
    except FileNotFoundError:
        raise SourceNotFound(f"There is no {uri!r} in {location!r}") from None
    except OSError as error:
        raise BadSource(f"{uri!r} cannot be read: {error}") from None


def read_documents(location: str, uris: Sequence[str]) -> Iterator[bytes | BadSource]:
    """The bytes of many small ones, or why they cannot be read, in order; at a URL several requests at once."""

    def read(uri: str) -> bytes | BadSource:
        try:
            return read_document(location, uri)
        except (BadSource, SourceNotFound) as error:
            return error if isinstance(error, BadSource) else BadSource(str(error))

    if locations.is_local(location):
        yield from map(read, uris)
        return
    with ThreadPoolExecutor(16) as pool:
        yield from pool.map(read, uris)


def labels_frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """`Annotated.labels` from rows; what one does not say is null, and not relative."""
    columns = {name: [row.get(name) for row in rows] for name in LABELS}
    labels = pl.DataFrame({name: pl.Series(name, columns[name], dtype, strict=False) for name, dtype in LABELS.items()})
    return labels.with_columns(pl.col("relative").fill_null(value=False))


def in_pixels(labels: pl.DataFrame) -> pl.DataFrame:
    """Boxes and points in pixels, where they are shares of a picture's size.

    Args:
        labels: columns as in `LABELS`, and width and height.

    Returns:
        The same; where a size is not known, the shares are kept as the attribute ``relative`` and the place is null.
    """
    if not labels["relative"].any():
        return labels
    names = ("kind", "box", "points", "attributes")
    rows = [
        _pixels(*row[:4], size=row[4:6]) if row[6] else row[:4]
        for row in labels.select(*names, "width", "height", "relative").iter_rows()
    ]
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return labels.with_columns(pl.Series(name, values, LABELS[name], strict=False) for name, values in columns)


def _pixels(
    kind: str,
    box: list[float] | None,
    points: list[float] | None,
    attributes: str | None,
    *,
    size: tuple[int | None, int | None],
) -> tuple[str, list[float] | None, list[float] | None, str | None]:
    width, height = size
    if not width or not height:
        return "detection", None, None, attributes_text(json.loads(attributes or "{}") | {"relative": points or box})
    # rounded to a billionth of a pixel: a difference of shares may miss 0 by the last bit
    boxed, placed = (
        None if shares is None else [round(share * (width, height)[at % 2], 9) for at, share in enumerate(shares)]
        for shares in (box, points)
    )
    return kind, boxed, placed, attributes


def faults_note(faults: Sequence[str]) -> list[str]:
    """A note on annotations that were left out, the first ones by name.

    >>> faults_note(["a.txt, line 2: 'x' is no number"])
    ["1 annotations cannot be read and were left out: a.txt, line 2: 'x' is no number"]
    """
    if not faults:
        return []
    more = f" and {len(faults) - MOST_NAMED:,} more" if len(faults) > MOST_NAMED else ""
    return [f"{len(faults):,} annotations cannot be read and were left out: " + "; ".join(faults[:MOST_NAMED]) + more]


def _prefix(root: str, location: str) -> str:
    return "" if root == location else locations.relative(root, location) + "/"


def _walk(top: str) -> Iterator[str]:
    seen = {os.path.realpath(top)}
    for folder, folders, files in os.walk(top, followlinks=True):
        for name in list(folders):
            real = os.path.realpath(os.path.join(folder, name))  # noqa: PTH118
            if real in seen:
                folders.remove(name)
            seen.add(real)
        base = os.path.relpath(folder, top)
        for name in files:
            yield locations.to_uri(name if base == "." else f"{base}/{name}")


def _refuse_ways_out(location: str, uris: Iterable[str]) -> None:
    """Refuse files below a local folder that symbolic links take out of it. A folder is looked at once, a file by one call."""
    top = locations.from_uri(location)
    real = os.path.realpath(top).rstrip("/") + "/"
    inside: dict[str, bool] = {}
    for uri in uris:
        path = os.path.join(top, locations.from_uri(uri))  # noqa: PTH118
        folder = os.path.dirname(path)  # noqa: PTH120
        if folder not in inside:
            inside[folder] = (os.path.realpath(folder) + "/").startswith(real)
        if not inside[folder] or (os.path.islink(path) and not os.path.realpath(path).startswith(real)):  # noqa: PTH114
            raise BadSource(
                f"{uri!r} is a symbolic link that leads out of {location!r}, to {os.path.realpath(path)!r}",
                hint="where that is meant, give root= a folder that holds both",
            )
