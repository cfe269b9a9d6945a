"""Where samples come from: folders, glob patterns, lists of files, tables; folders with annotation files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from curate.errors import BadSource, UnknownName
from curate.media import location as locations
from curate.media.format import has_image_suffix
from curate.sources import coco, files, folder, near, table, voc, yolo
from curate.sources.annotated import Annotated
from curate.sources.listing import Listing

__all__ = ["Annotated", "Listing", "list_source", "read_annotated", "recognised"]


def list_source(source: Any, *, root: str | os.PathLike[str] | None = None, column: str | None = None) -> Listing:
    """What a source says is there; no picture is opened.

    Args:
        source: a folder, a glob pattern ("photos/**/*.png"), a picture, a table's file (.parquet .csv .tsv .jsonl .ndjson
            .json .arrow .feather), each as a path or a URL; a list of paths and URLs; or a polars, pandas or Arrow table.
        root: the folder that URIs are relative to; what it is by default depends on the kind, see its module.
        column: of a table, the column that holds the paths.

    Returns:
        A `Listing`.

    Raises:
        SourceNotFound: nothing is there; the hint names what is near.
        BadSource: nothing can be made of it.
    """
    if isinstance(source, (str, os.PathLike)):
        source = locations.to_uri(os.fspath(source))
    if root is not None:
        root = locations.to_uri(os.fspath(root))
    for fits, lister, takes_column in _KINDS:
        if fits(source):
            if column is not None and not takes_column:
                raise BadSource(f"'column' is for tables, and {source!r} is none", hint="leave it out")
            return lister(source, root=root, column=column) if takes_column else lister(source, root=root)
    if isinstance(source, str) and locations.is_local(source):
        location = locations.absolute(source)
        if not os.path.lexists(locations.from_uri(location)):
            raise near.not_found(location)
        raise BadSource(f"{source!r} is neither a folder nor a picture nor a table", hint=_HINT)
    raise BadSource(f"Samples cannot be read from a {type(source).__name__}", hint=_HINT)


def read_annotated(source: Any, *, format: str, root: str | os.PathLike[str] | None = None) -> Annotated:
    """What the annotation files of a folder say is there, and what they say of it.

    Args:
        source: a folder, or one of its annotation files, as a path or a URL.
        format: one of `FORMATS`.
        root: the folder that URIs are relative to and that names may not leave.

    Raises:
        UnknownName: there is no such format.
        SourceNotFound: nothing is there.
        BadSource: files that cannot be of that format, and names that lead out of their folder.
    """
    if format not in FORMATS:
        raise UnknownName("format", str(format), FORMATS)
    if not isinstance(source, (str, os.PathLike)):
        raise BadSource(f"Annotations come as a folder or a file. Got {type(source).__name__}", hint="give its path")
    top = None if root is None else locations.to_uri(os.fspath(root))
    return FORMATS[format].read(locations.to_uri(os.fspath(source)), root=top)


def recognised(source: Any) -> str | None:
    """A note where a local folder is of a format that nobody has named; None for anything else.

    >>> recognised("photos") is None
    True
    """
    if not isinstance(source, (str, os.PathLike)) or not locations.is_local(os.fspath(source)):
        return None
    path = Path(os.fspath(source)).expanduser()
    if not path.is_dir():
        return None
    for name, module in FORMATS.items():
        if file := module.looks_like(path):
            return f"{file} looks like {name.upper()}: ingest(…, format={name!r}) brings its labels"
    return None


_HINT = "give a folder, a glob pattern, a list of files, or a table with a column of paths"


def _is_folder(source: Any) -> bool:
    if not isinstance(source, str):
        return False
    if locations.is_local(source):
        return os.path.isdir(locations.from_uri(locations.absolute(source)))  # noqa: PTH112
    return True  # a URL that is nothing else is a prefix


def _is_pattern(source: Any) -> bool:
    return isinstance(source, str) and folder.is_pattern(source)


def _is_table_file(source: Any) -> bool:
    if not isinstance(source, str) or not table.is_table_file(source):
        return False
    return not (locations.is_local(source) and _is_folder(source))


def _is_picture(source: Any) -> bool:
    if not isinstance(source, str):
        return False
    if not locations.is_local(source):
        return has_image_suffix(source)
    path = locations.from_uri(locations.absolute(source))
    return os.path.isfile(path) and (has_image_suffix(path) or folder.looks_like_picture(path))  # noqa: PTH113


def _is_list(source: Any) -> bool:
    return isinstance(source, Sequence) and not isinstance(source, (str, bytes, bytearray))


def _list_picture(source: str, *, root: str | None = None) -> Listing:
    return files.list_files([locations.from_uri(source)], root=root)


# One row a kind of source: whether an object is one, the function that lists it, and whether that takes `column`. The
# first that fits wins, so that a folder called "a.csv" is a folder. New kinds (WebDataset, …) are new rows.
_KINDS: tuple[tuple[Callable[[Any], bool], Callable[..., Listing], bool], ...] = (
    (table.is_table, table.list_table, True),
    (_is_list, files.list_files, False),
    (_is_pattern, folder.list_pattern, False),
    (_is_table_file, table.list_table_file, True),
    (_is_picture, _list_picture, False),
    (_is_folder, folder.list_folder, False),
)


class Format(Protocol):
    """A module that reads annotation files."""

    def read(self, source: str, *, root: str | None = None) -> Annotated: ...

    def looks_like(self, folder: Path) -> str | None: ...


FORMATS: dict[str, Format] = {"coco": coco, "yolo": yolo, "voc": voc}
"""Formats of annotation files, by name."""
