"""Names of exported files: inside the target, valid everywhere, each once.

Exports put files of many folders into few, and class names become folders. Both are text from anywhere: "../x" must stay
inside, a line break must not tear a list of files, and "A.jpg" and "a.jpg" must not be one file on the next machine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

LONGEST = 200  # bytes of UTF-8; file systems take 255, and a suffix against clashes has to fit
# Bidirectional overrides make "gpj.exe" read "exe.jpg"; line separators break lists of files.
_REPLACED = frozenset("\\/\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SUFFIXES = {"JPEG": ".jpg", "TIFF": ".tif", "MPO": ".jpg"}


def safe_name(text: str, *, fallback: str) -> str:
    r"""One name of a file or folder, as near to the text as is safe. Letters of any script, emoji and quotes stay.

    Args:
        text: what it should be called.
        fallback: the name where nothing is left of it.

    >>> safe_name("../x", fallback="?"), safe_name("a\nb.jpg", fallback="?"), safe_name("..", fallback="class")
    ('.._x', 'a_b.jpg', 'class')
    """
    if text.isascii() and text.isprintable() and not ("/" in text or "\\" in text):
        name = text.strip()  # most names are plain, and there may be a million of them
    else:
        name = "".join(map(_safe, text)).strip()
    if not name.strip("."):
        return fallback
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > 10:
        stem, dot, suffix = name, "", ""
    room = LONGEST - len((dot + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + suffix


def _safe(character: str) -> str:
    return "_" if character in _REPLACED or unicodedata.category(character) in ("Cc", "Cs") else character


def file_names(
    uris: Sequence[str],
    ids: Sequence[int],
    folders: Sequence[str],
    formats: Sequence[str | None],
    *,
    stems: bool = False,
) -> list[str]:
    """A path for each sample, its folder and the last part of its URI; later ones that clash get their id behind it.

    Args:
        uris: relative to their roots, "/" between their parts.
        ids: the samples' ids.
        folders: where each goes; "" for the top.
        formats: "JPEG", "PNG", …; gives a suffix to a name without one, because loaders choose files by it.
        stems: names that differ in their suffix alone clash, too.

    >>> file_names(["a/1.jpg", "b/1.JPG", "c/2"], [7, 8, 9], ["train"] * 3, ["JPEG"] * 3)
    ['train/1.jpg', 'train/1-8.JPG', 'train/2.jpg']
    """
    taken: set[str] = set()
    names = []
    for uri, sample, folder, kind in zip(uris, ids, folders, formats, strict=True):
        name = safe_name(uri.rsplit("/", 1)[-1], fallback=f"sample-{sample:x}")
        if kind and "." not in name.strip("."):
            name += _SUFFIXES.get(kind, f".{kind.lower()}")
        path, attempt = _path(folder, name), 0
        while _key(_stem(path) if stems else path) in taken:
            stem, dot, suffix = name.rpartition(".")
            more = f"-{sample:x}" + (f"-{attempt}" if attempt else "")
            path, attempt = _path(folder, f"{stem}{more}{dot}{suffix}" if stem else f"{name}{more}"), attempt + 1
        taken.add(_key(_stem(path) if stems else path))
        names.append(path)
    return names


def is_inside(name: str) -> bool:
    """Whether a relative path stays where it is put.

    >>> is_inside("train/1.jpg"), is_inside("../1.jpg"), is_inside("/1.jpg")
    (True, False, False)
    """
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def folder_names(texts: Iterable[str], *, fallback: str, reserved: Iterable[str] = ()) -> dict[str, str]:
    """A folder for each distinct text, none of them the same on a file system that ignores case.

    >>> folder_names(["hail", "Hail", "a/b", "a_b"], fallback="class")
    {'hail': 'hail', 'Hail': 'Hail-2', 'a/b': 'a_b', 'a_b': 'a_b-2'}
    """
    taken, names = {_key(name) for name in reserved}, {}
    for text in dict.fromkeys(texts):
        base = safe_name(text, fallback=fallback)
        name, number = base, 1
        while _key(name) in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(_key(name))
        names[text] = name
    return names


def _path(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _stem(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name.rpartition(".")[0] or name)


def _key(path: str) -> str:
    if path.isascii():
        return path.lower()
    # macOS compares names without case and in one normal form of Unicode, Windows without case.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
