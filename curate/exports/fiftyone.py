"""FiftyOne: a FiftyOneDataset, the folder that `fiftyone.Dataset.from_dir` takes; it is written without FiftyOne.

`metadata.json` says which fields there are, `samples.json` holds the samples with their labels, `data/` the pictures. Parts of a
split are tags, metadata are fields, and every field and source of labels is a label field of its own. Vectors and slices are not
in it: `View.to_fiftyone` brings those. Source: https://docs.voxel51.com/user_guide/export_datasets.html#fiftyonedataset
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from curate.errors import DatabaseNotFound, MissingExtra, NotVerified
from curate.exports.contents import PART, Contents, Format, Found, part_counts
from curate.exports.fiftyone_database import fiftyone, quiet
from curate.exports.fiftyone_documents import Documents, documents, object_id
from curate.exports.fiftyone_labels import LABEL_TYPES
from curate.exports.fiftyone_note import KEY, LabelNote, Note, SplitNote, note_of, part_tags
from curate.exports.labels import BOX, DETECTION
from curate.exports.manifest import Manifest
from curate.store.schemas import RESERVED

DATA = "data"
METADATA = "metadata.json"
SAMPLES = "samples.json"
VERSION = "1.22.0"
"""Of FiftyOne, whose form of documents this is; later ones bring it to theirs."""

_FIELDS = "fiftyone.core.fields."
_LABELS = "fiftyone.core.labels."
_ID, _TAGS = ("id", "ObjectIdField", None, "_id"), ("tags", "ListField", "StringField", "tags")
_LABEL, _SCORE = ("label", "StringField", None, "label"), ("confidence", "FloatField", None, "confidence")
_INDEX = ("index", "IntField", None, "index")
_INSIDE: dict[str, tuple[tuple[str, str, str | None, str], ...]] = {
    "Classification": (_ID, _TAGS, _LABEL, _SCORE, ("logits", "VectorField", None, "logits")),
    "Detection": (
        _ID,
        _TAGS,
        _LABEL,
        ("bounding_box", "ListField", "FloatField", "bounding_box"),
        ("mask", "ArrayField", None, "mask"),
        ("mask_path", "StringField", None, "mask_path"),
        _SCORE,
        _INDEX,
    ),
    "Polyline": (
        _ID,
        _TAGS,
        _LABEL,
        ("points", "PolylinePointsField", None, "points"),
        _SCORE,
        _INDEX,
        ("closed", "BooleanField", None, "closed"),
        ("filled", "BooleanField", None, "filled"),
    ),
    "Keypoint": (
        _ID,
        _TAGS,
        _LABEL,
        ("points", "KeypointsField", None, "points"),
        ("confidence", "ListField", "FloatField", "confidence"),
        _INDEX,
    ),
    "GeoLocation": (
        _ID,
        _TAGS,
        ("point", "GeoPointField", None, "point"),
        ("line", "GeoLineStringField", None, "line"),
        ("polygon", "GeoPolygonField", None, "polygon"),
    ),
    "ImageMetadata": (
        ("size_bytes", "IntField", None, "size_bytes"),
        ("mime_type", "StringField", None, "mime_type"),
        ("width", "IntField", None, "width"),
        ("height", "IntField", None, "height"),
        ("num_channels", "IntField", None, "num_channels"),
    ),
}
"""What FiftyOne's own documents hold: name, type, type of what a list holds, and the key in the document."""


def write_folder(folder: Path, made: Documents, *, name: str, note: Note, classes: tuple[str, ...] = ()) -> None:
    """Write the documents as a FiftyOneDataset, one at a time.

    Args:
        folder: where; it is there.
        made: the documents.
        name: of the dataset.
        note: see `fiftyone_note`.
        classes: default classes of the dataset, in order.
    """
    described = _dataset(made, name, note, classes)
    (folder / METADATA).write_bytes(msgspec.json.format(msgspec.json.encode(described), indent=1) + b"\n")
    with (folder / SAMPLES).open("wb") as file:
        file.write(b'{"samples": [')
        for number, document in enumerate(made):
            file.write((b",\n" if number else b"\n") + msgspec.json.encode(document))
        file.write(b"\n]}\n")


def noted(made: Documents, note: Note, source_kinds: Mapping[tuple[str, str | None], str]) -> Note:
    """The note, completed with what the fields of the documents are here.

    Args:
        source_kinds: (field, source) of labels to their kind of source.
    """
    labels = {
        held.name: LabelNote(held.field, held.source, source_kinds.get((held.field, held.source), ""))
        for held in made.label_fields
    }
    held = {**made.columns, **{place: both[0] for place, both in made.places.items()}}
    measured = [field for field, column in held.items() if column.lower() in RESERVED]
    return msgspec.structs.replace(note, columns=made.columns, places=made.places, measured=measured, labels=labels)


def _dataset(made: Documents, name: str, note: Note, classes: tuple[str, ...]) -> dict[str, Any]:
    schema = made.samples.schema
    fields = [
        _field("id", "ObjectIdField", key="_id"),
        _field("filepath", "StringField"),
        _field("tags", "ListField", "StringField"),
        _field(
            "metadata", "EmbeddedDocumentField", embedded="fiftyone.core.metadata.ImageMetadata", inside="ImageMetadata"
        ),
        _field("_media_type", "StringField"),
        _field("_rand", "FloatField"),
        _field("_dataset_id", "ObjectIdField"),
        _field("created_at", "DateTimeField"),
        _field("last_modified_at", "DateTimeField"),
        *(_field(field, *_type(schema[column])) for field, column in made.columns.items()),
        *(_label_field(held.name, held.type) for held in made.label_fields),
    ]
    earth = f"{_LABELS}GeoLocation"
    fields += [_field(each, "EmbeddedDocumentField", embedded=earth, inside="GeoLocation") for each in made.places]
    return {
        "_id": {"$oid": object_id("dataset", name)},
        "name": name,
        "version": VERSION,
        "media_type": "image",
        "tags": [],
        "info": {KEY: note.to_builtins()},
        "app_config": {"grid_media_field": "filepath", "media_fields": ["filepath"], "modal_media_field": "filepath"},
        "classes": {},
        "default_classes": list(classes),
        "mask_targets": {},
        "default_mask_targets": {},
        "skeletons": {},
        "sample_fields": fields,
        "frame_fields": [],
        "group_media_types": {},
        "saved_views": [],
        "workspaces": [],
        "annotation_runs": {},
        "brain_methods": {},
        "evaluations": {},
        "runs": {},
    }


def _field(
    name: str, type: str, held: str | None = None, *, key: str = "", embedded: str | None = None, inside: str = ""
) -> dict[str, Any]:
    return {
        "name": name,
        "ftype": _FIELDS + type,
        "embedded_doc_type": embedded,
        "subfield": None if held is None else _FIELDS + held,
        "fields": [_field(inner, kind, of, key=db) for inner, kind, of, db in _INSIDE.get(inside, ())],
        "db_field": key or name,
        "description": None,
        "info": None,
        "read_only": False,
        "created_at": None,
    }


def _label_field(name: str, type: str) -> dict[str, Any]:
    key, single = LABEL_TYPES[type]
    field = _field(name, "EmbeddedDocumentField", embedded=_LABELS + type, inside="" if key else single)
    if key:
        field["fields"] = [_field(key, "ListField", "EmbeddedDocumentField", embedded=_LABELS + single, inside=single)]
    return field


def _type(dtype: Any) -> tuple[str, str | None]:
    """FiftyOne's type of a field, and of what a list holds."""
    if isinstance(dtype, pl.List):
        return "ListField", _type(dtype.inner)[0]
    if isinstance(dtype, pl.Struct):
        return "DictField", None
    if dtype.is_integer():
        return "IntField", None
    if dtype.is_float():
        return "FloatField", None
    names = {pl.Boolean: "BooleanField", pl.Date: "DateField"}
    return ("DateTimeField" if isinstance(dtype, pl.Datetime) else names.get(dtype.base_type(), "StringField")), None


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return [f"{DATA}/{parts[p]}" for p in samples[PART]] if parts else [DATA] * samples.height, [None] * samples.height


def _write(folder: Path, contents: Contents) -> None:
    samples = contents.samples
    if "tags" not in samples.columns:
        samples = samples.with_columns(pl.lit([], dtype=pl.List(pl.String)).alias("tags"))
    split: dict[str, SplitNote] = {}
    if contents.parts:
        carried = samples["tags"].explode().drop_nulls().unique().to_list()
        tags = part_tags({PART: list(contents.parts)}, carried)[PART]
        split = {PART: SplitNote(tags)}
        tag = pl.concat_list(pl.col(PART).replace_strict(tags, return_dtype=pl.String))
        samples = samples.with_columns(pl.col("tags").list.concat(tag)).drop(PART)
    made = documents(samples, contents.labels)
    note = noted(made, Note(splits=split), {})
    write_folder(folder, made, name="curate", note=note, classes=contents.classes)


class _Samples(msgspec.Struct):
    samples: list[dict[str, Any]]


def _read_back(folder: Path, manifest: Manifest) -> Found:
    note = note_of(msgspec.json.decode((folder / METADATA).read_bytes())["info"])
    rows = msgspec.json.decode((folder / SAMPLES).read_bytes(), type=_Samples).samples
    back = {column: field for field, column in note.columns.items()}
    columns = {
        column: pl.Series(column, [_plain(row.get(field)) for row in rows], strict=False)
        for column, field in back.items()
    }
    for place, both in note.places.items():
        points = [((row.get(place) or {}).get("point") or {}).get("coordinates") or (None, None) for row in rows]
        columns |= {name: pl.Series(name, [point[at] for point in points], pl.Float64) for at, name in enumerate(both)}
    samples = pl.DataFrame(columns)
    if manifest.parts and PART in note.splits:
        part_of = {tag: part for part, tag in note.splits[PART].tags.items()}
        found = [next((part_of[tag] for tag in row["tags"] if tag in part_of), None) for row in rows]
        samples = samples.with_columns(pl.Series(PART, found, dtype=pl.String))
    labels = Counter(
        _LISTED for row in rows for name in note.labels for _LISTED in [name] * len(_labels_in(row.get(name)))
    )
    counts = {
        "samples": len(rows),
        "labels": dict(sorted(labels.items())),
        "parts": part_counts(samples, manifest.parts),
    }
    return Found(counts, samples)


def _labels_in(held: Any) -> list[dict[str, Any]]:
    """The labels of a field's document."""
    if not isinstance(held, dict):
        return []
    key = LABEL_TYPES.get(held.get("_cls", ""), ("", ""))[0]
    found: list[dict[str, Any]] = held.get(key, []) if key else [held]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("$date", "$numberDouble"):
        return next(iter(value.values()))
    return value


def _check(folder: Path, manifest: Manifest, contents: Contents) -> str:
    """FiftyOne itself reads the folder into its database, for as long as this takes; every path, tag and label is compared."""
    try:
        fo = fiftyone()
    except DatabaseNotFound as error:
        # the export is good without it, as without the package
        raise MissingExtra("fiftyone", "fiftyone") from error
    name = fo.core.dataset.make_unique_dataset_name("curate-verifies")
    with quiet():
        dataset = fo.Dataset.from_dir(
            dataset_dir=str(folder), dataset_type=fo.types.FiftyOneDataset, name=name, progress=False
        )
    try:
        _compare(dataset, folder, manifest, contents)
    finally:
        dataset.delete()
    return f"fiftyone {fo.__version__}"


def _compare(dataset: Any, folder: Path, manifest: Manifest, contents: Contents) -> None:
    if len(dataset) != contents.samples.height:
        raise NotVerified(f"FiftyOne finds {len(dataset):,} samples, and {contents.samples.height:,} were meant")
    top = str(folder) + "/"
    for path, meant in zip(dataset.values("filepath"), contents.samples["file_name"], strict=True):
        if path.removeprefix(top) != meant:
            raise NotVerified(f"FiftyOne finds the picture {path!r} where {meant!r} was meant")
    if manifest.parts:
        for tags, part in zip(dataset.values("tags"), contents.samples[PART], strict=True):
            if part not in tags and f"{PART}:{part}" not in tags:
                raise NotVerified(f"FiftyOne finds the tags {tags} on a picture of the part {part!r}")
    if (dataset.values("metadata.width") if len(dataset) else []) != contents.samples["width"].to_list():
        raise NotVerified("FiftyOne finds pictures of other widths")
    found, boxes = _found(dataset)
    sizes = ("sample_id", pl.col("width").alias("wide"), pl.col("height").alias("high"))
    order = contents.samples.select(sizes).with_row_index("order")
    sized = contents.samples["width"].null_count() == 0
    rows = contents.labels.join(order, on="sample_id")
    meant = Counter(rows.select("field", "source", "value").iter_rows())
    if sized and found != meant:
        first = next(iter((found - meant) or (meant - found)))
        raise NotVerified(f"FiftyOne finds the label {first} {found[first]:,} times, and {meant[first]:,} were meant")
    shares = (pl.col(name) / pl.col(("wide", "high")[at % 2]) for at, name in enumerate(BOX))
    placed = rows.filter(kind=DETECTION).select("order", "value", *shares)
    if sized and (missing := Counter(placed.iter_rows()) - boxes):
        raise NotVerified(f"FiftyOne does not find the box {next(iter(missing))}")


def _found(dataset: Any) -> tuple[Counter[tuple[str, str | None, str]], Counter[tuple[Any, ...]]]:
    """Labels by field, source and class, and boxes by picture, class and place, as FiftyOne has them."""
    labels: Counter[tuple[str, str | None, str]] = Counter()
    boxes: Counter[tuple[Any, ...]] = Counter()
    for name, held in note_of(dataset.info).labels.items():
        type = dataset.get_field(name).document_type.__name__
        path = f"{name}.{LABEL_TYPES[type][0]}".rstrip(".")
        values = dataset.values(f"{path}.label", unwind=True)
        labels.update((held.field, held.source, value) for value in values if value is not None)
        if type == "Detections":
            named = dataset.values([f"{path}.label", f"{path}.bounding_box"])
            for at, (classes, shares) in enumerate(zip(*named, strict=True)):
                boxes.update((at, value, *box) for value, box in zip(classes or (), shares or (), strict=True))
    return labels, boxes


FIFTYONE = Format("fiftyone", _folders, _write, _read_back, reserved=(DATA,), check=_check, extra="fiftyone")
"""A FiftyOneDataset."""
