"""COCO: a folder with pictures and JSON files of images, annotations and categories.

The JSON files are those of ``annotations/``, else those that are called ``_annotations.coco.json``, else those at the top; or one
file by its name. A ``file_name`` is looked for where tools put pictures: the folder that the file's name ends in
(``instances_train.json``: ``train/``, ``images/train/``), ``images/``, beside the file, at the top.

- A box becomes a detection, ``segmentation`` of one ring a polygon, of several rings or of run lengths a mask (several rings are an
  attribute, too, since a mask rounds them), ``keypoints`` the points that are labelled (visibility is an attribute).
- ``iscrowd`` and whatever else an annotation says are attributes; the numbers of images, annotations and categories are the file's
  own and are not kept, nor is ``area``.
- What else an image says is metadata; the part that a file's name says is the column ``part``.
- An image's ``labels`` (an object of field to value), and the ``field``, ``source`` and ``score`` of an annotation, and an
  image's ``classifications`` (``labels`` with source, score and attributes) are what Curate's own export adds, and come back as
  what they were.
- A category that is not declared keeps its number as its value, and an image that is not, a missing picture of that number.

Source: https://cocodataset.org/#format-data
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from curate.errors import BadSource, BadValue
from curate.labels.shapes import attributes_text, labelled_points
from curate.media import location as locations
from curate.media.mask import from_rings, from_runs, to_png
from curate.sources.annotated import Annotated, Pictures, documents, labels_frame, pictures_in, read_document
from curate.sources.near import not_found
from curate.store.schemas import RESERVED

FOLDER = "annotations"
PARTS = ("train", "valid", "val", "test")
LONGEST = 8 << 30
"""Bytes of one JSON file; the largest public ones have 3."""

MOST_COLUMNS = 200
"""Keys that images may add as metadata."""

CURATE = "exported by Curate"

_NO_METADATA = frozenset({"id", "file_name", "width", "height", "labels", "split"})
_OURS = RESERVED | {"classifications"}
_NO_ATTRIBUTES = frozenset(
    {"id", "image_id", "category_id", "bbox", "area", "segmentation", "keypoints", "num_keypoints", "caption"}
    | {"iscrowd", "attributes", "field", "source", "score"}
)
_NAME = re.compile(r"(?:instances|person_keypoints|captions|image_info)(?:_(.+))?\.json", re.IGNORECASE)

Number = int | float


class _Document(msgspec.Struct):
    images: list[msgspec.Raw]
    annotations: list[msgspec.Raw] = []
    categories: list[msgspec.Raw] = []
    info: Any = None


class _Image(msgspec.Struct):
    id: int | str
    file_name: str
    width: int | None = None
    height: int | None = None


class _Category(msgspec.Struct):
    id: int | str
    name: str


class _Runs(msgspec.Struct):
    counts: list[int] | str
    size: tuple[int, int]


class _Annotation(msgspec.Struct):
    image_id: int | str
    category_id: int | str | None = None
    bbox: list[Number] | None = None
    segmentation: list[list[Number]] | _Runs | None = None
    keypoints: list[Number] | None = None
    caption: str | None = None
    iscrowd: int | bool | None = None
    attributes: dict[str, Any] | None = None
    field: str | None = None
    source: str | None = None
    score: Number | None = None


class _Classification(msgspec.Struct):
    field: str
    value: str
    score: Number | None = None
    source: str | None = None
    attributes: dict[str, Any] | None = None


def read(source: str, *, root: str | None = None) -> Annotated:
    """The pictures and labels of a folder, or of one JSON file.

    Args:
        source: of a folder or a JSON file, as a path or a URL.
        root: the folder that URIs are relative to and that names may not leave: one above, or that of the pictures where the JSON
            files lie elsewhere; by default the folder itself.

    Raises:
        SourceNotFound: nothing is there.
        BadSource: no JSON file, one that cannot be COCO's, with the place in it, or a picture's name that leads out.
    """
    reader = _read(source, root)
    labels = labels_frame(reader.rows)
    return Annotated(reader.pictures.completed(reader.metadata, reader.notes), labels, tuple(reader.classes))


def named_by(source: str, *, root: str | None = None) -> list[str]:
    """Locations of the pictures that a folder's JSON files, or one of them, name; raises what `read` does."""
    reader = _read(source, root)
    return [locations.join(reader.pictures.listing.location, uri) for uri in reader.metadata]


def _read(source: str, root: str | None) -> _Reader:
    location = locations.absolute(source)
    top = None if root is None else locations.absolute(root)
    if location.lower().endswith(".json"):
        folder, name = posixpath.split(location)
        if posixpath.basename(folder) == FOLDER:
            folder, name = posixpath.dirname(folder), f"{FOLDER}/{name}"
        names = [name]
    else:
        folder = location
        if locations.is_local(location) and not Path(locations.from_uri(location)).is_dir():
            raise not_found(location)
        names = _documents(location)
    elsewhere = top is not None and not f"{folder}/".startswith(top.rstrip("/") + "/")
    pictures = pictures_in(top if elsewhere and top else folder, root=None if elsewhere else top, without=[FOLDER])
    reader = _Reader(pictures, folder)
    for name in names:
        reader.read(name)
    return reader


def looks_like(folder: Path) -> str | None:
    """The file that says that a local folder is COCO's, or None; nothing is opened and no other folder is walked through."""
    places = [folder / FOLDER, folder, *(folder / part for part in PARTS)]
    names = [path.relative_to(folder).as_posix() for place in places if place.is_dir() for path in place.glob("*.json")]
    return next(
        (name for name in sorted(names) if _is_roboflow(name) or _NAME.fullmatch(posixpath.basename(name))), None
    )


def _documents(location: str) -> list[str]:
    found = documents(location, (".json",))
    for fits in (lambda name: name.startswith(f"{FOLDER}/"), _is_roboflow, lambda name: "/" not in name):
        names = [name for name in found if fits(name) and posixpath.basename(name) != "manifest.json"]
        if names:
            return names
    raise BadSource(
        f"{location!r} has no JSON file in {FOLDER}/, none called _annotations.coco.json, and none at its top",
        hint="give the JSON file itself, and root= the folder of the pictures",
    )


def _is_roboflow(name: str) -> bool:
    return posixpath.basename(name) == "_annotations.coco.json"


class _Reader:
    """What has been read of some documents so far."""

    def __init__(self, pictures: Pictures, location: str) -> None:
        self.pictures = pictures
        self.location = location
        self.rows: list[dict[str, Any]] = []
        self.metadata: dict[str, dict[str, Any]] = {}
        self.classes: dict[str, None] = {}
        self.notes: list[str] = []

    def read(self, name: str) -> None:
        document = self._decoded(name)
        ours = isinstance(document.info, dict) and document.info.get("description") == CURATE
        categories: dict[int | str, str] = {}
        for at, raw in enumerate(document.categories):
            category = _decode(raw, _Category, f"category {at} of {name}")
            if categories.setdefault(category.id, category.name) != category.name:
                raise BadSource(f"Category {at} of {name} has the id {category.id!r} of another one")
        self.classes.update(dict.fromkeys(categories.values()))
        images = self._images(document.images, name, ours=ours)
        for at, raw in enumerate(document.annotations):
            where = f"annotation {at} of {name}"
            annotation = _decode(raw, _Annotation, where)
            uri, height, width = images.get(annotation.image_id) or self._absent(annotation.image_id, name, images)
            extra = {k: v for k, v in _decode(raw, dict[str, Any], where).items() if k not in _NO_ATTRIBUTES}
            try:
                row = _row(annotation, extra, categories, height, width)
            except BadValue as error:
                raise BadSource(f"{_sentence(where)}: {error}") from None
            self.rows.append(row | {"uri": uri, "document": self.pictures.prefix + name})

    def _decoded(self, name: str) -> _Document:
        data = read_document(self.location, name, longest=LONGEST)
        try:
            return msgspec.json.decode(data, type=_Document)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise BadSource(
                f"{name!r} is no COCO file: {error}",
                hint="it is a JSON object with the lists 'images', 'annotations' and 'categories'",
            ) from None

    def _images(self, raws: Sequence[msgspec.Raw], name: str, *, ours: bool) -> dict[int | str, tuple[str, int, int]]:
        beside = "" if posixpath.dirname(name) == FOLDER else posixpath.dirname(name)
        called = _NAME.fullmatch(posixpath.basename(name))
        part = beside if _is_roboflow(name) else (called[1] or "") if called else ""
        folders = self._likeliest([part and f"images/{part}", part, beside, "images", ""], raws, name)
        images: dict[int | str, tuple[str, int, int]] = {}
        columns: set[str] = set()
        for at, raw in enumerate(raws):
            where = f"image {at} of {name}"
            image = _decode(raw, _Image, where)
            uri = self.pictures.find(image.file_name, folders, name)
            if images.setdefault(image.id, (uri, image.height or 0, image.width or 0))[0] != uri:
                raise BadSource(f"{_sentence(where)} has the id {image.id!r} of another one")
            said = _decode(raw, dict[str, Any], where)
            kept = {k: v for k, v in said.items() if k not in _NO_METADATA and not (ours and k in _OURS)}
            of_part = said.get("split") if ours else part or None
            self._keep(uri, kept | ({"part": of_part} if isinstance(of_part, str) else {}))
            columns |= kept.keys()
            if len(columns) > MOST_COLUMNS:
                raise BadSource(f"The images of {name} have more than {MOST_COLUMNS} keys")
            self._classifications(said, uri, self.pictures.prefix + name, where, ours=ours)
        return images

    def _likeliest(self, folders: Sequence[str], raws: Sequence[msgspec.Raw], name: str) -> list[str]:
        """The folders, that in which most of the first pictures lie in front."""
        first = [_decode(raw, _Image, f"image {at} of {name}").file_name for at, raw in enumerate(raws[:100])]
        prefix, uris = self.pictures.prefix, self.pictures.uris

        def here(folder: str) -> int:
            return sum(prefix + posixpath.join(folder, locations.to_uri(one)) in uris for one in first)

        return sorted(dict.fromkeys(folders), key=lambda folder: -here(folder))

    def _keep(self, uri: str, metadata: Mapping[str, Any]) -> None:
        held = self.metadata.setdefault(uri, {})
        for key, value in metadata.items():
            if held.get(key) is None:
                held[key] = msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else value

    def _classifications(self, image: dict[str, Any], uri: str, document: str, where: str, *, ours: bool) -> None:
        about = {"uri": uri, "document": document, "kind": "classification"}
        if ours and "classifications" in image:
            for row in _decode(
                msgspec.Raw(msgspec.json.encode(image["classifications"])), list[_Classification], where
            ):
                attributes = attributes_text(row.attributes) if row.attributes else None
                self.rows.append(about | msgspec.structs.asdict(row) | {"attributes": attributes})
            return
        labels = image.get("labels")
        for name, values in labels.items() if isinstance(labels, dict) else ():
            for value in values if isinstance(values, list) else [values]:
                if isinstance(value, str):
                    self.rows.append(about | {"field": name, "value": value})

    def _absent(
        self, number: int | str, name: str, images: dict[int | str, tuple[str, int, int]]
    ) -> tuple[str, int, int]:
        """A missing picture for annotations of an image that the file does not have."""
        uri = f"{self.pictures.prefix}{name}#image_id={urllib.parse.quote(str(number), safe='')}"
        self.pictures.named.setdefault(uri, f"an annotation of {name}")
        images[number] = (uri, 0, 0)
        return images[number]


def _row(
    annotation: _Annotation, extra: dict[str, Any], categories: Mapping[int | str, str], height: int, width: int
) -> dict[str, Any]:
    attributes = {**(annotation.attributes or {}), **extra}
    if annotation.iscrowd:
        attributes["iscrowd"] = 1
    row: dict[str, Any] = {"field": annotation.field, "source": annotation.source, "score": annotation.score}
    if annotation.category_id is None:
        if annotation.caption is None:
            raise BadValue("it has neither a category_id nor a caption")
        row |= {"field": annotation.field or "caption", "kind": "classification", "value": annotation.caption}
    else:
        row |= {"kind": "detection", "value": categories.get(annotation.category_id, str(annotation.category_id))}
        if annotation.bbox and len(annotation.bbox) != 4:
            raise BadValue(f"bbox is x, y, width, height; got {len(annotation.bbox)} numbers")
        row["box"] = annotation.bbox or None
        _add_segmentation(row, annotation.segmentation, attributes, height, width)
        if annotation.keypoints and any(annotation.keypoints):
            if len(annotation.keypoints) % 3:
                raise BadValue(f"keypoints are x, y, visibility …; got {len(annotation.keypoints)} numbers")
            if row["kind"] == "polygon":
                attributes["segmentation"] = annotation.segmentation
            triples = zip(*[iter(annotation.keypoints)] * 3, strict=True)
            points, attributes["visibility"] = labelled_points(list(triples))
            row |= {"kind": "keypoints", "points": points}
    return row | {"attributes": attributes_text(attributes) if attributes else None}


def _add_segmentation(
    row: dict[str, Any],
    segmentation: list[list[Number]] | _Runs | None,
    attributes: dict[str, Any],
    height: int,
    width: int,
) -> None:
    if isinstance(segmentation, _Runs):
        row |= {"kind": "mask", "mask": to_png(from_runs(segmentation.counts, *segmentation.size))}
    elif segmentation:
        rings = all(len(ring) >= 6 and len(ring) % 2 == 0 for ring in segmentation)
        if rings and len(segmentation) == 1:
            row |= {"kind": "polygon", "points": segmentation[0]}
            return
        attributes["segmentation"] = segmentation
        if rings and height > 0 and width > 0:
            row |= {"kind": "mask", "mask": to_png(from_rings(segmentation, height, width))}


def _decode(raw: msgspec.Raw, kind: Any, where: str) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadSource(f"{_sentence(where)} cannot be read: {error}") from None


def _sentence(where: str) -> str:
    return where[0].upper() + where[1:]
