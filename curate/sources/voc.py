"""Pascal VOC: an XML file a picture in ``Annotations/`` (or beside the picture), pictures in ``JPEGImages/``.

- A ``bndbox`` becomes a detection: its corners are counted from 1 and both are inside, so the box of the whole picture goes from
  1, 1 to its width and height. Where a corner of any file is 0, all are taken as counted from 0, as many tools write them, and a
  note says so.
- A ``polygon`` (x1, y1, x2, y2 …) becomes a polygon. ``truncated``, ``difficult``, ``occluded``, ``pose`` and whatever else an
  object says in one word are attributes, ``part`` too; 0 and "Unspecified" say nothing.
- The picture is the ``filename``, else that of the XML file's own name; ``folder`` and ``path`` are of its author's machine and are
  not followed. ``ImageSets/Main/{train,val,test}.txt`` are the column ``part``.
- Pictures in ``SegmentationClass/`` and ``SegmentationObject/`` are annotations, and not read.

An XML file with a document type or entities is refused: those can ask for other files, or for all the memory. One that cannot be
read otherwise is left out and named in the notes; its picture comes in without labels.

Source: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
"""

from __future__ import annotations

import math
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from curate.errors import BadSource
from curate.labels.shapes import attributes_text
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

FOLDER = "Annotations"
PICTURES = "JPEGImages"
SETS = "ImageSets/Main"
PARTS = ("train", "val", "test")
MASKS = ("SegmentationClass", "SegmentationObject")
DEEPEST = 20
"""Levels of an XML file; VOC has five."""

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_NO_ATTRIBUTES = frozenset({"name", "bndbox", "polygon", "part", "attributes", "score", "confidence"})
_NOTHING = frozenset({"", "0", "unspecified"})


class _Refused(Exception):
    """What no annotation file needs, and an attack does."""


class _Unreadable(Exception):
    """What is no annotation."""


def read(source: str, *, root: str | None = None) -> Annotated:
    """The pictures and labels of a folder.

    Args:
        source: of the folder, or of the one with the XML files, as a path or a URL.
        root: the folder that URIs are relative to and that names and links may not leave; by default the folder.

    Raises:
        SourceNotFound: nothing is there.
        BadSource: no XML file with annotations, one with entities, or a name that leads out of the folder.
    """
    location = locations.absolute(source)
    if posixpath.basename(location) == FOLDER:
        location = posixpath.dirname(location)
    if locations.is_local(location) and not Path(locations.from_uri(location)).is_dir():
        raise not_found(location)
    found = documents(location, (".xml",))
    names = [name for name in found if FOLDER in name.split("/")[:-1]] or found
    reader = _Reader(pictures_in(location, root=root, without=MASKS))
    faults: list[str] = []
    for name, data in zip(names, read_documents(location, names), strict=True):
        try:
            if isinstance(data, BadSource):
                raise _Unreadable(str(data))
            faults += reader.read(name, _tree(data))
        except _Refused as error:
            raise BadSource(
                f"{name!r} {error}, which no annotation needs", hint="delete it, or look who made it"
            ) from None
        except _Unreadable as error:
            faults.append(f"{name}: {error}")
    if not reader.count:
        raise BadSource(
            f"{location!r} has no XML file with annotations{f': {faults[0]}' if faults else ''}",
            hint=f"Pascal VOC keeps them in {FOLDER}/",
        )
    rows = reader.finished()
    classes = tuple(dict.fromkeys(row["value"] for row in rows))
    parts = _parts(location, reader.pictures)
    listing = reader.pictures.completed(parts, [*reader.notes(), *faults_note(faults)])
    return Annotated(listing, labels_frame(rows), classes)


def looks_like(folder: Path) -> str | None:
    """The file that says that a local folder is Pascal VOC's, or None; nothing is opened and no other folder is walked through."""
    if not (folder / FOLDER).is_dir():
        return None
    return next((f"{FOLDER}/{path.name}" for path in (folder / FOLDER).glob("*.xml")), None)


class _Reader:
    """What has been read of some documents so far."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self.stems = {posixpath.splitext(uri)[0]: uri for uri in pictures.uris}
        self.rows: list[dict[str, Any]] = []
        self.count = 0
        self.from_zero = False

    def read(self, name: str, tree: Element) -> list[str]:
        """Take in what an XML file says; what of it cannot be read is given back in words."""
        if tree.tag != "annotation":
            raise _Unreadable(f"it is a {tree.tag[:40]!r}, and no 'annotation'")
        self.count += 1
        uri = self._picture(name, _text(tree, "filename"))
        faults = []
        for number, thing in enumerate(tree.iter("object"), 1):
            try:
                row = _row(thing)
            except _Unreadable as error:
                faults.append(f"{name}, object {number}: {error}")
                continue
            self.from_zero |= any(0 in corners[:2] for corners in row["corners"])
            self.rows.append(row | {"uri": uri, "document": self.pictures.prefix + (posixpath.dirname(name) or name)})
        return faults

    def notes(self) -> list[str]:
        """What to know about how the corners were taken."""
        return ["corners are taken as counted from 0, since there are zeros among them"] if self.from_zero else []

    def finished(self) -> list[dict[str, Any]]:
        """Rows as in `curate.sources.annotated.LABELS`."""
        first = 0.0 if self.from_zero else 1.0
        for row in self.rows:
            boxes = [
                [x - first, y - first, right - x + first, low - y + first] for x, y, right, low in row.pop("corners")
            ]
            if row.pop("boxed"):
                row["box"] = boxes.pop(0)
            attributes, parts = row.pop("said"), row.pop("parts")
            if parts:
                attributes["part"] = [{"name": name, "box": box} for name, box in zip(parts, boxes, strict=True)]
            row["attributes"] = attributes_text(attributes) if attributes else None
        return self.rows

    def _picture(self, name: str, said: str) -> str:
        folder, stem = posixpath.dirname(name), posixpath.splitext(posixpath.basename(name))[0]
        beside = "/".join(PICTURES if part == FOLDER else part for part in folder.split("/"))
        folders = list(dict.fromkeys([beside, folder, "images", ""]))
        there = self.pictures.there(said, folders, name) if said else None
        if there is not None:
            return there
        for place in folders:
            there = self.stems.get(self.pictures.prefix + posixpath.join(place, stem))
            if there is not None:
                return there
        return self.pictures.find(said or f"{stem}.jpg", folders, name)


def _tree(data: bytes) -> Element:
    """The elements of an XML file.

    Raises:
        _Refused: it has a document type, entities, or is nested deeper than any annotation.
        _Unreadable: it is no XML.
    """
    builder = TreeBuilder()
    depth = 0

    def start(tag: str, _attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _Refused(f"is nested more than {DEEPEST} levels deep")
        builder.start(tag, {})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: Any) -> int:
        raise _Refused("has a document type or entities")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = parser.UnparsedEntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise _Unreadable(f"it is no XML: {error}") from None


def _row(thing: Element) -> dict[str, Any]:
    name = _text(thing, "name")
    if not name:
        raise _Unreadable("it has no name")
    row: dict[str, Any] = {"value": name, "said": _attributes(thing), "corners": [], "parts": [], "boxed": False}
    score = _text(thing, "score") or _text(thing, "confidence")
    row["score"] = _number(score, "score") if score else None
    polygon = thing.find("polygon")
    if thing.find("bndbox") is not None:
        row |= {"kind": "detection", "corners": [_corners(thing)], "boxed": True}
    if polygon is not None:
        row |= _polygon(polygon)
    if "kind" not in row:
        raise _Unreadable("it has neither a bndbox nor a polygon")
    for part in thing.findall("part"):
        row["parts"].append(_text(part, "name"))
        row["corners"].append(_corners(part))
    return row


def _polygon(polygon: Element) -> dict[str, Any]:
    said = {child.tag: _number(child.text or "", child.tag) for child in polygon}
    count = len(said) // 2
    points = [said.get(f"{axis}{at}") for at in range(1, count + 1) for axis in "xy"]
    if count < 3 or None in points:
        raise _Unreadable("its polygon is not x1, y1, x2, y2 … of three corners or more")
    return {"kind": "polygon", "points": points}


def _corners(thing: Element) -> list[float]:
    box = thing.find("bndbox")
    if box is None:
        raise _Unreadable("a part of it has no bndbox")
    return [_number(_text(box, corner), corner) for corner in _CORNERS]


def _attributes(thing: Element) -> dict[str, Any]:
    said = {child.tag: child.text or "" for child in thing if not len(child) and child.tag not in _NO_ATTRIBUTES}
    said |= {_text(one, "name"): _text(one, "value") for one in thing.iterfind("attributes/attribute")}
    return {
        name: int(text) if text.strip().isdecimal() and len(text) < 16 else text.strip()
        for name, text in said.items()
        if text.strip().casefold() not in _NOTHING
    }


def _parts(location: str, pictures: Pictures) -> dict[str, dict[str, str]]:
    """URI to part, of what the lists of the image sets say."""
    stems = {posixpath.splitext(posixpath.basename(uri))[0]: uri for uri in pictures.uris}
    found = set(documents(location, (".txt",)))
    parts: dict[str, dict[str, str]] = {}
    for part in PARTS:
        if f"{SETS}/{part}.txt" in found:
            lines = read_document(location, f"{SETS}/{part}.txt").decode("utf-8", "replace").splitlines()
            parts |= {stems[line.strip()]: {"part": part} for line in lines if line.strip() in stems}
    return parts


def _text(thing: Element, tag: str) -> str:
    return (thing.findtext(tag) or "").strip()


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _Unreadable(f"{what} is {text[:40]!r}, which is no number")
    return number
