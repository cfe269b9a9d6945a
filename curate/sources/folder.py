"""Folders and glob patterns, on a disk or at a URL."""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from curate.errors import BadSource, SourceNotFound
from curate.media import location as locations
from curate.media.format import SNIFFED, SUFFIXES, has_image_suffix, sniff
from curate.media.record import MISSING, UNREADABLE
from curate.sources.listing import Listing, Row, frame
from curate.sources.near import not_found

SKIPPED = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
"""Names that are never pictures and that archives and file managers leave behind; hidden names (".…") go too."""

_MAGIC = re.compile(r"[*?\[]")


def list_folder(path: str, *, root: str | None = None, depth: int | None = None) -> Listing:
    """Everything below a folder that is, or says that it is, a picture.

    Files with a usual suffix are taken unseen; others where their first bytes are a picture's. Symlinks are followed, to
    folders once each. What carries a picture's name and cannot be one (a folder "a.jpg", a symlink to nowhere) is listed
    with its status.

    Args:
        path: a folder, absolute or relative to the current one, or a URL.
        root: the folder that URIs are relative to, `path` itself or one above it; by default `path`.
        depth: levels of folders to go down, 0 for none; None for all.

    Raises:
        SourceNotFound: nothing is there.
        BadSource: `path` is not under `root`.
    """
    location = locations.absolute(path)
    base = locations.absolute(root) if root is not None else location
    prefix = "" if base == location else locations.relative(base, location) + "/"
    notes: list[str] = []
    rows = _scan(location, prefix, notes, depth) if locations.is_local(location) else _find(location, prefix, depth)
    files = frame(rows)
    if not files.height and not locations.is_local(location):
        raise SourceNotFound(f"There is no picture under {location!r}", hint="check the bucket, the prefix and the key")
    return Listing(
        location=base,
        files=files,
        metadata=None,
        source=path,
        complete=not notes,
        notes=notes,
        scope=lambda uri: uri.startswith(prefix),
    )


def is_pattern(path: str) -> bool:
    """Whether a path is a glob pattern: it has "*", "?" or "[", and nothing of that very name exists.

    >>> is_pattern("photos/**/*.png"), is_pattern("photos")
    (True, False)
    """
    if _MAGIC.search(path) is None:
        return False
    return not (locations.is_local(path) and os.path.lexists(locations.from_uri(locations.absolute(path))))


def list_pattern(pattern: str, *, root: str | None = None) -> Listing:
    """The pictures whose path fits a glob pattern: "*" and "?" within a name, "**" over folders, "[…]" one character.

    Files that fit the pattern and are not pictures are left out, as in a folder.

    Args:
        pattern: such as "photos/**/*.png", absolute, relative to the current folder, or a URL.
        root: the folder that URIs are relative to; by default the part of the pattern before its first special character.
    """
    cut = _MAGIC.search(pattern)
    head = pattern[: cut.start()] if cut else pattern
    folder, _, _ = head.rpartition("/")
    if not folder:
        folder = "/" if head.startswith("/") else "."
    tail = pattern[len(folder) :].lstrip("/") if pattern.startswith(folder) else pattern
    whole = list_folder(folder, root=root, depth=None if "**" in tail else tail.count("/"))
    location = locations.absolute(folder)
    prefix = "" if whole.location == location else locations.relative(whole.location, location) + "/"
    fits = _matcher(prefix, tail)
    files = whole.files.filter([fits(uri) for uri in whole.files["uri"]])
    if not files.height:
        raise SourceNotFound(
            f"No picture fits {pattern!r}",
            hint=f"{whole.files.height:,} pictures are under {folder!r}; '**' goes through folders, '*' stays in one",
        )
    return Listing(
        location=whole.location,
        files=files,
        metadata=None,
        source=pattern,
        complete=whole.complete,
        notes=whole.notes,
        scope=fits,
    )


def _matcher(prefix: str, pattern: str) -> Callable[[str], bool]:
    """A predicate on URIs for a glob pattern below a prefix.

    >>> fits = _matcher("", "**/*.png")
    >>> fits("a.png"), fits("x/y/a.png"), fits("a.jpg")
    (True, True, False)
    """
    parts: list[str] = [re.escape(prefix)]
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if pattern.startswith("**/", position):
            parts.append("(?:[^/]+/)*")
            position += 3
            continue
        if pattern.startswith("**", position):
            parts.append(".*")
            position += 2
            continue
        close = pattern.find("]", position + 2) if character == "[" else -1
        if close > 0:
            inside = pattern[position + 1 : close].replace("\\", "\\\\")
            parts.append("[" + ("^" + inside[1:] if inside[0] == "!" else inside) + "]")
            position = close + 1
            continue
        parts.append({"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character)))
        position += 1
    try:
        expression = re.compile("".join(parts), re.DOTALL)
    except re.error as error:
        raise BadSource(f"{pattern!r} is not a glob pattern: {error}") from None
    return lambda uri: expression.fullmatch(uri) is not None


def _scan(location: str, prefix: str, notes: list[str], depth: int | None) -> Iterator[Row]:
    """Walk a local folder with `os.scandir`; the rows come sorted by folder, then name."""
    top = locations.from_uri(location)
    try:
        facts = os.stat(top)  # noqa: PTH116
    except FileNotFoundError:
        raise not_found(location) from None
    if not stat.S_ISDIR(facts.st_mode):
        raise BadSource(f"{location!r} is not a folder", hint="give a list, [path], to ingest single files")
    # A folder is known by (device, inode): symlinks may lead to it twice, or in a circle.
    seen = {(facts.st_dev, facts.st_ino)}
    waiting = [(top, prefix, 0)]
    while waiting:
        path, uri, level = waiting.pop()
        folders: list[tuple[str, str]] = []
        try:
            with os.scandir(path) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if path == top:
                raise
            notes.append(f"the folder {uri!r} could not be read: {error.strerror}")
            continue
        for entry in found:
            name = entry.name
            if name[0] == "." or name in SKIPPED:
                continue
            row = _entry(entry, uri + (name if name.isascii() else locations.to_uri(name)), seen, folders)
            if row is not None:
                yield row
        if depth is None or level < depth:
            waiting.extend((path, uri, level + 1) for path, uri in reversed(folders))


def _entry(entry: os.DirEntry[str], uri: str, seen: set[tuple[int, int]], folders: list[tuple[str, str]]) -> Row | None:
    """The row of one directory entry, None where it is not a picture; a folder goes on the list of folders."""
    name = entry.name
    says_picture = name[name.rfind(".") :].lower() in SUFFIXES
    try:
        if entry.is_dir():
            if entry.is_symlink():
                facts = entry.stat()
                if (facts.st_dev, facts.st_ino) in seen:
                    return None
                seen.add((facts.st_dev, facts.st_ino))
            folders.append((entry.path, uri + "/"))
            return (uri, None, None, UNREADABLE, "Is a directory") if says_picture else None
        facts = entry.stat()
    except OSError as error:
        if not says_picture:
            return None
        status = MISSING if isinstance(error, FileNotFoundError) else UNREADABLE
        words = "a symlink to nothing" if status == MISSING else error.strerror
        return (uri, None, None, status, words)
    if not says_picture and not (stat.S_ISREG(facts.st_mode) and looks_like_picture(entry.path)):
        return None
    return (uri, facts.st_size, facts.st_mtime_ns // 1000, None, None)


def looks_like_picture(path: str) -> bool:
    """Whether the first bytes of a local file are a picture's. `path` is as the `os` functions take it."""
    try:
        with open(path, "rb", buffering=0) as file:
            return sniff(file.read(SNIFFED)) is not None
    except OSError:
        return False  # no suffix and no look inside: nothing says that this is a picture


def _find(location: str, prefix: str, depth: int | None) -> Iterator[Row]:
    """List a URL with fsspec. Objects without any suffix are looked into: one small request each."""
    files, path = locations.filesystem(location)
    try:
        found: dict[str, dict[str, Any]] = files.find(path, detail=True, maxdepth=None if depth is None else depth + 1)
    except FileNotFoundError:
        raise SourceNotFound(f"There is nothing at {location!r}", hint="check the bucket and the prefix") from None
    top = path.rstrip("/") + "/"
    rows: list[tuple[str, str]] = []
    unsure: list[str] = []
    for key in sorted(found):
        uri = key[len(top) :] if key.startswith(top) else key.rpartition("/")[2]
        hidden = any(part[:1] == "." or part in SKIPPED for part in uri.split("/"))
        if not uri or hidden or found[key].get("type") == "directory":
            continue
        # Of objects with another suffix there may be as many as pictures (a JSON each), and every look is a request.
        if has_image_suffix(uri):
            rows.append((uri, key))
        elif "." not in uri.rpartition("/")[2]:
            rows.append((uri, key))
            unsure.append(key)
    refused = _no_pictures(files, unsure)
    for uri, key in rows:
        if key not in refused:
            yield (prefix + locations.to_uri(uri), found[key].get("size"), _modified(found[key]), None, None)


def _no_pictures(files: Any, keys: list[str]) -> set[str]:
    """Those of some objects whose first bytes are no picture's."""

    def head(key: str) -> bytes:
        try:
            data: bytes = files.cat_file(key, start=0, end=SNIFFED)
        except Exception:  # each file system raises its own kinds
            return b""
        return data

    with ThreadPoolExecutor(16) as pool:
        return {key for key, data in zip(keys, pool.map(head, keys), strict=True) if sniff(data) is None}


def _modified(facts: dict[str, Any]) -> int | None:
    """Microseconds since the epoch, under whichever name and type the file system gives it."""
    value = next(
        (facts[k] for k in ("LastModified", "last_modified", "mtime", "updated", "created") if k in facts), None
    )
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, dt.datetime):
        value = (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).timestamp()
    return round(value * 1_000_000) if isinstance(value, (int, float)) else None
