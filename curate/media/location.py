"""Where a picture is: a root, a URI relative to it, and the location that the two give.

A *location* is an absolute local path ("/data/a.jpg") or an fsspec URL ("s3://bucket/a.jpg"). A *URI* is relative to its
root, with "/" between its parts, and is always valid text, because it is stored in tables (Arrow, Lance, DuckDB), sent
as JSON to the browser and hashed into `sample_id`.

File names on Linux are bytes and need not be UTF-8. Python shows such a byte as a lone surrogate (U+DC80…U+DCFF,
PEP 383), which is not valid text: Arrow refuses it. `to_uri` moves those to the private-use characters U+F780…U+F7FF, one to
one, and `from_uri` moves them back at the last moment, when the file is opened. (The same trick, and the same range, as
MirBSD's OPTU-8/16.) A file whose name really holds one of these private-use characters is written as its three
bytes, so that every name has exactly one URI, and comes back as the same bytes. Locations are written in this
form too: `read` takes it back.
"""

from __future__ import annotations

import os
import re
import stat
import urllib.parse
from typing import Any

from curate.errors import BadSource, MissingExtra

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]+:/")  # two letters at least: "C:/" is a drive
_DRIVE = re.compile(r"^[A-Za-z]:")
_SURROGATES = re.compile("[\udc80-\udcff]")
_PRIVATE = re.compile("[\uf780-\uf7ff]")
_SHIFT = 0xF780 - 0xDC80
_EXTRAS = {"s3": ("s3fs", "s3"), "s3a": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "gcs": ("gcsfs", "gcs")}


class TooLong(OSError):
    """A file that is longer than it may be; `bytes` is its length."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"the file has {length:,} bytes, more than the limit of {limit:,}")
        self.bytes = length


def to_uri(name: str) -> str:
    r"""Valid text for a file name as Python's `os` functions give it; "\udcff" becomes "\uf7ff".

    >>> to_uri("caf\udce9.jpg") == "caf\uf7e9.jpg"
    True
    """
    if name.isascii():
        return name
    name = _PRIVATE.sub(lambda found: "".join(chr(0xF700 + byte) for byte in found[0].encode()), name)
    return _SURROGATES.sub(lambda found: chr(ord(found[0]) + _SHIFT), name)


def from_uri(uri: str) -> str:
    r"""The file name that `to_uri` made this of, for `open` and other `os` functions.

    >>> from_uri("caf\uf7e9.jpg") == "caf\udce9.jpg"
    True
    """
    if uri.isascii() or _PRIVATE.search(uri) is None:
        return uri
    name = _PRIVATE.sub(lambda found: chr(ord(found[0]) - _SHIFT), uri)
    # Through bytes, because three escaped bytes may be one real private-use character.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def is_local(location: str) -> bool:
    """Whether a location is a path on this machine, and not a URL.

    >>> is_local("/data/a.jpg"), is_local("s3://bucket/a.jpg")
    (True, False)
    """
    return _SCHEME.match(location) is None


def absolute(path: str) -> str:
    """The location of a path as a user writes it: "~" and relative paths resolved, "file://" taken off; URLs as they are.

    >>> absolute("s3://bucket/folder/")
    's3://bucket/folder'
    """
    if path.startswith("file://"):
        path = to_uri(urllib.parse.unquote(urllib.parse.urlsplit(path).path, errors="surrogateescape"))
    if is_local(path):
        return to_uri(os.path.abspath(os.path.expanduser(from_uri(path))))  # noqa: PTH100, PTH111 - text in, text out
    scheme, rest = path.split("://", 1) if "://" in path else path.split(":/", 1)
    return f"{scheme}://{rest.rstrip('/')}"


def join(root: str, uri: str) -> str:
    """The location of a URI under its root.

    Raises:
        BadSource: the URI is empty, absolute, holds a NUL or a ".." part: it would leave its root.

    >>> join("/data", "a/b.jpg"), join("s3://bucket", "a.jpg")
    ('/data/a/b.jpg', 's3://bucket/a.jpg')
    """
    check_uri(uri, remote=not is_local(root))
    return root + uri if root.endswith("/") else f"{root}/{uri}"


def check_uri(uri: str, *, remote: bool = False) -> None:
    """Refuse a URI that would leave its root.

    Args:
        uri: relative, with "/" between its parts.
        remote: whether the root is a URL; there "%2e%2e" is ".." too.

    Raises:
        BadSource: see `join`.
    """
    if not uri or "\0" in uri:
        raise BadSource(f"{uri!r} is not the name of a file")
    plain = urllib.parse.unquote(uri) if remote and "%" in uri else uri
    parts = plain.replace("\\", "/") if os.name == "nt" or remote else plain
    absolute_path = parts.startswith("/") or _SCHEME.match(parts) or (os.name == "nt" and _DRIVE.match(parts))
    if absolute_path or (".." in parts and ".." in parts.split("/")):
        raise BadSource(
            f"{uri!r} leads out of its root",
            hint="use paths relative to the root, or give root= a folder that holds them all",
        )


def relative(root: str, location: str) -> str:
    """The URI of a location under a root: the opposite of `join`.

    Raises:
        BadSource: the location is not under the root.

    >>> relative("/data", "/data/a/b.jpg")
    'a/b.jpg'
    """
    prefix = root if root.endswith("/") else root + "/"
    if not location.startswith(prefix) or len(location) == len(prefix):
        raise BadSource(f"{location!r} is not under the root {root!r}", hint="give root= a folder that holds it")
    uri = location[len(prefix) :]
    check_uri(uri, remote=not is_local(root))
    return uri


def read(location: str, *, max_bytes: int | None = None) -> bytes:
    """All bytes of a file.

    Args:
        location: an absolute path or a URL, in the form of this module.
        max_bytes: longer local files are refused before they are read.

    Raises:
        FileNotFoundError: nothing is there, or a symlink points nowhere.
        IsADirectoryError: a folder is there.
        PermissionError: it may not be read.
        TooLong: it is longer than `max_bytes`.
        OSError: it is a pipe or a device, or the disk or the network failed.
    """
    if not is_local(location):
        return _read_remote(location, max_bytes)
    path = from_uri(location)
    facts = os.stat(path)  # noqa: PTH116 - before open: opening a pipe would wait for a writer for ever
    if stat.S_ISDIR(facts.st_mode):
        raise IsADirectoryError(21, "Is a directory")
    if not stat.S_ISREG(facts.st_mode):
        raise OSError("not a regular file (a pipe, socket or device)")
    if max_bytes is not None and facts.st_size > max_bytes:
        raise TooLong(facts.st_size, max_bytes)
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def filesystem(location: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path inside it.

    Raises:
        MissingExtra: the package for this kind of URL is not installed.
        BadSource: nobody knows this kind of URL.
    """
    import fsspec

    scheme = location.split(":", 1)[0].lower()
    try:
        found: tuple[Any, str] = fsspec.core.url_to_fs(location)
        return found
    except ImportError:
        package, extra = _EXTRAS.get(scheme, (scheme, scheme))
        raise MissingExtra(package, extra) from None
    except ValueError as error:
        raise BadSource(f"{location!r} cannot be opened: {error}") from None


def _read_remote(location: str, max_bytes: int | None) -> bytes:
    files, path = filesystem(location)
    data: bytes = files.cat_file(from_uri(path), end=None if max_bytes is None else max_bytes + 1)
    if max_bytes is not None and len(data) > max_bytes:
        raise TooLong(len(data), max_bytes)
    return data
