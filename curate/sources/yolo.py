"""YOLO: a text file of numbers beside each picture, or in ``labels/`` where the picture is in ``images/``.

A line is the number of a class and shares of the picture's width and height:

- ``class cx cy w h`` is a detection, with one number more a score;
- ``class x y x y x y …`` (three corners or more) is a polygon, and the box around it;
- where the YAML file has ``kpt_shape: [n, d]``, ``class cx cy w h`` and n × d numbers are keypoints; those of visibility 0 have no
  place.

The classes are ``names`` of the YAML file at the top (``data.yaml``, or the one that has them), else the lines of ``classes.txt``
or a ``.names`` file; a number without a name keeps the number as its value. Folders called ``train…``, ``val…`` or ``test…`` are
the column ``part``. The paths in the YAML file are those of its author's machine, and are not followed. A line that cannot be read
is left out and named in the notes. Text files without a picture make a missing one, so that their labels can be found.

Source: https://docs.ultralytics.com/datasets/
"""

from __future__ import annotations

import math
import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from curate.errors import BadSource
from curate.labels.shapes import attributes_text, labelled_points
from curate.media import location as locations
from curate.sources.annotated import (
    Annotated,
    Pictures,
    documents,
    faults_note,
    labels_frame,
    pictures_in,
    read_document,
    read_documents,
)
from curate.sources.near import not_found

_PART = re.compile(r"(?:train|val|test)\w*", re.IGNORECASE)
_NO_LABELS = frozenset({"classes.txt", "labels.txt", "train.txt", "val.txt", "valid.txt", "test.txt", "trainval.txt"})

LONGEST_LIST = 1 << 20
"""Bytes of the YAML file, or of a list of classes."""


class _Data(msgspec.Struct):
    names: list[Any] | dict[int | str, Any] = []
    kpt_shape: list[int] | None = None


def read(source: str, *, root: str | None = None) -> Annotated:
    """The pictures and labels of a folder, or of that of a YAML file.

    Args:
        source: of the folder or the YAML file, as a path or a URL.
        root: the folder that URIs are relative to and that links may not leave; by default the folder.

    Raises:
        SourceNotFound: nothing is there.
        BadSource: no text file with labels, a list of classes that is none, or a link that leads out.
    """
    location = locations.absolute(source)
    named = posixpath.basename(location) if location.lower().endswith((".yaml", ".yml")) else None
    folder = posixpath.dirname(location) if named else location
    if locations.is_local(folder) and not Path(locations.from_uri(folder)).is_dir():
        raise not_found(folder)
    found = documents(folder, (".txt", ".yaml", ".yml", ".names"))
    classes, shape = _described(folder, found, named)
    pictures = pictures_in(folder, root=root)
    pairs = _pairs(pictures, [name for name in found if name.lower().endswith(".txt")])
    if not pairs:
        raise BadSource(
            f"{folder!r} has no text file of a picture's name, beside it or in labels/ where it is in images/",
            hint="ingest it without a format where there are no labels",
        )
    rows: list[dict[str, Any]] = []
    faults: list[str] = []
    for (uri, name), data in zip(pairs, read_documents(folder, [name for _, name in pairs]), strict=True):
        if isinstance(data, BadSource):
            faults.append(str(data))
            continue
        document = pictures.prefix + _folder_of(name)
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            try:
                rows += [
                    row | {"uri": uri, "document": document, "relative": True} for row in _row(line, classes, shape)
                ]
            except ValueError as error:
                faults.append(f"{name}, line {number}: {error}")
    parts = {uri: {"part": part} for uri in {*pictures.uris, *pictures.named} if (part := _part(uri))}
    listing = pictures.completed(parts, faults_note(faults))
    return Annotated(listing, labels_frame(rows), tuple(dict.fromkeys(classes.values())))


def looks_like(folder: Path) -> str | None:
    """The file that says that a local folder is YOLO's, or None; nothing is opened and no other folder is walked through."""
    if not any((folder / labels).is_dir() for labels in ("labels", "train/labels", "valid/labels")):
        return None
    names = [name for name in ("data.yaml", "dataset.yaml", "classes.txt") if (folder / name).is_file()]
    return next(iter([*names, *sorted(path.name for path in folder.glob("*.y*ml"))]), None)


def _described(folder: str, found: Sequence[str], named: str | None) -> tuple[dict[int, str], list[int] | None]:
    """Class number to name, and the shape of keypoints."""
    top = [name for name in found if "/" not in name and name.lower().endswith((".yaml", ".yml"))]
    for name in [named] if named else sorted(top, key=lambda name: (name not in ("data.yaml", "dataset.yaml"), name)):
        data = read_document(folder, name, longest=LONGEST_LIST)
        if named or b"names" in data:
            return _yaml(data, name)
    lists = [name for name in found if posixpath.basename(name) == "classes.txt" or name.lower().endswith(".names")]
    if not lists:
        return {}, None
    lines = read_document(folder, lists[0], longest=LONGEST_LIST).decode("utf-8", "replace").splitlines()
    return dict(enumerate(line.strip() for line in lines if line.strip())), None


def _yaml(data: bytes, name: str) -> tuple[dict[int, str], list[int] | None]:
    import yaml

    try:
        # an alias can stand for a thousand others, each of them likewise
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, Loader=yaml.SafeLoader)):
            raise BadSource(f"{name!r} has aliases, which a list of classes does not need", hint="write the names out")
        described = msgspec.yaml.decode(data, type=_Data)
        numbered = dict(enumerate(described.names)) if isinstance(described.names, list) else described.names
        classes = {int(number): value for number, value in numbered.items()}
    except (msgspec.MsgspecError, yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, BadSource):
            raise
        raise BadSource(f"{name!r} does not say what the classes are: {error}", hint="names: [car, bus]") from None
    for number, value in classes.items():
        if not isinstance(value, (str, int, float)):
            raise BadSource(f"{name!r} calls class {number} {value!r}, which is no name", hint="names: [car, bus]")
    return {number: str(value) for number, value in classes.items()}, described.kpt_shape


def _pairs(pictures: Pictures, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Pictures' URIs and the text files of their labels, those of text files without a picture at the end."""
    stems = {posixpath.splitext(name)[0]: name for name in texts if posixpath.basename(name) not in _NO_LABELS}
    pairs = []
    suffixes: Counter[str] = Counter()
    for uri in pictures.listing.files["uri"]:
        stem, suffix = posixpath.splitext(uri[len(pictures.prefix) :])
        suffixes[suffix] += 1
        name = stems.get(_moved(stem, "images", "labels")) or stems.get(stem)
        if name is not None:
            pairs.append((uri, name))
    taken = {name for _, name in pairs}
    folders = {posixpath.dirname(name) for name in taken}
    suffix = suffixes.most_common(1)[0][0] if suffixes else ".jpg"
    for stem, name in stems.items():
        if name in taken:
            continue
        beside = posixpath.dirname(name) in folders and _has_labels(pictures.location, name)
        if beside or "labels" in name.split("/")[:-1]:
            pairs.append((pictures.find(_moved(stem, "labels", "images") + suffix, [""], name), name))
    return pairs


def _has_labels(location: str, name: str) -> bool:
    """Whether a text that lies beside pictures and has none begins with a label; a README does not."""
    try:
        words = read_document(location, name).split(None, 5)[:5]
        return len([float(word) for word in words]) == 5
    except ValueError:
        return False


def _moved(stem: str, old: str, new: str) -> str:
    """The path with its last folder called `old` called `new`.

    >>> _moved("images/images/a", "images", "labels")
    'images/labels/a'
    """
    parts = stem.split("/")
    at = next((i for i in range(len(parts) - 2, -1, -1) if parts[i] == old), None)
    return stem if at is None else "/".join([*parts[:at], new, *parts[at + 1 :]])


def _folder_of(name: str) -> str:
    """Who says so: the folder that holds the labels of all parts, or of one."""
    return posixpath.dirname(name) or name


def _part(uri: str) -> str | None:
    return next((folder for folder in uri.split("/")[:-1] if _PART.fullmatch(folder)), None)


def _row(line: str, classes: Mapping[int, str], shape: Sequence[int] | None) -> list[dict[str, Any]]:
    """The label of a line, none of an empty one.

    Raises:
        ValueError: it is none.
    """
    words = line.split()
    if not words:
        return []
    numbers = [_number(word) for word in words]
    if numbers[0] != int(numbers[0]) or numbers[0] < 0:
        raise ValueError(f"{words[0]!r} is no number of a class")
    row: dict[str, Any] = {"value": classes.get(int(numbers[0]), str(int(numbers[0])))}
    count, rest = len(numbers), numbers[1:]
    if shape is not None and len(shape) == 2 and shape[1] in (2, 3) and count == 5 + shape[0] * shape[1]:
        return [row | {"box": _box(rest)} | _keypoints(rest[4:], shape[1])]
    if count in (5, 6):
        return [row | {"kind": "detection", "box": _box(rest), "score": rest[4] if count == 6 else None}]
    if count >= 7 and count % 2:
        left, top = min(rest[::2]), min(rest[1::2])
        box = [left, top, max(rest[::2]) - left, max(rest[1::2]) - top]
        return [row | {"kind": "polygon", "points": rest, "box": box}]
    raise ValueError(f"{count} numbers are neither a box nor a polygon")


def _box(numbers: Sequence[float]) -> list[float]:
    x, y, width, height = numbers[:4]
    return [x - width / 2, y - height / 2, width, height]


def _keypoints(numbers: Sequence[float], each: int) -> dict[str, Any]:
    if each == 2:
        return {"kind": "keypoints", "points": list(numbers)}
    points, seen = labelled_points(list(zip(*[iter(numbers)] * 3, strict=True)))
    if not points:
        return {"kind": "detection", "attributes": attributes_text({"visibility": seen})}
    return {"kind": "keypoints", "points": points, "attributes": attributes_text({"visibility": seen})}


def _number(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{word[:40]!r} is no number")
    return number
