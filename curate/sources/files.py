"""Lists of files: paths and URLs that somebody has picked."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from curate.errors import BadSource
from curate.media import location as locations
from curate.media.record import MISSING
from curate.sources.listing import Listing, Row, frame


def list_files(paths: Sequence[Any], *, root: str | None = None) -> Listing:
    """A list of paths or URLs, in its order. Nothing is opened: what is not there becomes a missing sample.

    Args:
        paths: str or `os.PathLike`; absolute, relative to `root` (or to the current folder), or URLs of one kind.
        root: the folder that URIs are relative to; by default the deepest one that holds them all.

    Raises:
        BadSource: an element is not a path, a path is not under `root`, or paths and URLs are mixed.
    """
    texts = [_text(path, index) for index, path in enumerate(paths)]
    location, uris = place(texts, root=root)
    files, _ = unique(location, uris)
    notes = [duplicates_note(len(uris) - files.height)] if files.height < len(uris) else []
    shown = f"{len(texts):,} files" if len(texts) != 1 else texts[0]
    return Listing(location=location, files=files, metadata=None, source=shown, complete=False, notes=notes)


def place(texts: list[str], *, root: str | None, base: str | None = None) -> tuple[str, list[str]]:
    """A common root for paths, and their URIs under it.

    Args:
        texts: paths and URLs as somebody wrote them.
        root: the root, where it is given; relative paths are relative to it.
        base: what relative paths are relative to where no root is given; by default the current folder. It becomes the
            root where every path lies under it.

    Raises:
        BadSource: a path leads out of its root, or there is no common root.
    """
    if root is not None:
        top = locations.absolute(root)
        return top, [_under(top, text) for text in texts]
    if base is not None and all(_is_relative(text) for text in texts):
        top = locations.absolute(base)
        return top, [_under(top, text) for text in texts]
    if base is not None:
        top = locations.absolute(base)
        found = [
            locations.join(top, _plain(text)) if _is_relative(text) else locations.absolute(text) for text in texts
        ]
    else:
        found = [locations.absolute(text) for text in texts]
    top = common_root(found)
    return top, [locations.relative(top, location) for location in found]


def common_root(found: Iterable[str]) -> str:
    """The deepest folder, or URL, that holds all locations.

    >>> common_root(["/data/a/1.jpg", "/data/b/2.jpg"]), common_root(["s3://one/1.jpg", "s3://two/2.jpg"])
    ('/data', 's3://')
    """
    folders = {location.rpartition("/")[0] for location in found}
    schemes = {folder.split("://", 1)[0] + "://" if not locations.is_local(folder + "/") else "" for folder in folders}
    if len(schemes) > 1:
        kinds = " and ".join(sorted(scheme or "local paths" for scheme in schemes))
        raise BadSource(f"The list mixes {kinds}", hint="ingest each kind by itself")
    scheme = schemes.pop() if schemes else ""
    if not folders:
        return locations.absolute(".")
    if scheme:
        return scheme + (
            posixpath.commonpath([folder[len(scheme) :] for folder in folders]) if "" not in folders else ""
        )
    return os.path.commonpath([folder or "/" for folder in folders])


def unique(location: str, uris: list[str]) -> tuple[pl.DataFrame, pl.Series]:
    """`Listing.files` of bare URIs, the last of equal ones kept; and the (n,) positions of the kept ones.

    Local files are looked up (size, time, whether they are there), and not opened; at a URL that would be a request each.
    """
    kept = pl.DataFrame({"uri": pl.Series(uris, dtype=pl.String)}).with_row_index("row")
    kept = kept.unique("uri", keep="last", maintain_order=True)
    if locations.is_local(location):
        return frame(_facts(location, uri) for uri in kept["uri"]), kept["row"]
    return frame((uri, None, None, None, None) for uri in kept["uri"]), kept["row"]


def _facts(location: str, uri: str) -> Row:
    try:
        facts = os.stat(locations.from_uri(locations.join(location, uri)))  # noqa: PTH116
    except FileNotFoundError as error:
        return (uri, None, None, MISSING, error.strerror)
    except OSError:
        return (uri, None, None, None, None)  # whoever opens it will say what is wrong
    if not stat.S_ISREG(facts.st_mode):
        return (uri, None, None, None, None)
    return (uri, facts.st_size, facts.st_mtime_ns // 1000, None, None)


def duplicates_note(count: int) -> str:
    """The words for rows that were dropped.

    >>> duplicates_note(2)
    '2 rows name a file that a later row names again; the last one was kept'
    """
    return f"{count:,} rows name a file that a later row names again; the last one was kept"


def _text(path: Any, index: int) -> str:
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str) or not path:
        raise BadSource(
            f"Element {index} of the list is not a path: {path!r}", hint="give paths, URLs or pathlib.Path objects"
        )
    return locations.to_uri(path)


def _is_relative(text: str) -> bool:
    return locations.is_local(text) and not os.path.isabs(text) and not text.startswith("~")  # noqa: PTH117


def _plain(text: str) -> str:
    """Without "./", "//" and inner ".."; most paths have none, and normpath takes 2 µs a row."""
    return posixpath.normpath(text) if "." in (text[0], text[-1]) or "//" in text or "/." in text else text


def _under(top: str, text: str) -> str:
    if not _is_relative(text):
        return locations.relative(top, locations.absolute(text))
    uri = _plain(text)
    locations.check_uri(uri, remote=not locations.is_local(top))
    return uri
