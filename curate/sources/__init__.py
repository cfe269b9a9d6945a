"""Where samples come from: folders, glob patterns, lists of files, tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from curate.errors import BadSource
from curate.media import location as locations
from curate.media.format import has_image_suffix
from curate.sources import files, folder, near, table
from curate.sources.listing import Listing

__all__ = ["Listing", "list_source"]


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
# first that fits wins, so that a folder called "a.csv" is a folder. New kinds (COCO, WebDataset, …) are new rows.
_KINDS: tuple[tuple[Callable[[Any], bool], Callable[..., Listing], bool], ...] = (
    (table.is_table, table.list_table, True),
    (_is_list, files.list_files, False),
    (_is_pattern, folder.list_pattern, False),
    (_is_table_file, table.list_table_file, True),
    (_is_picture, _list_picture, False),
    (_is_folder, folder.list_folder, False),
)
