"""FiftyOne: the samples of a dataset or view, as it writes them into a FiftyOneDataset folder (`metadata.json`, `samples.json`).

Plain fields become metadata, as do regressions and places on the earth; label fields become labels (`fiftyone_labels`). What has
no place here is named in the notes, and never dropped in silence.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from curate.errors import BadSource
from curate.exports.fiftyone_note import Note, note_of
from curate.media import location as locations
from curate.sources.files import duplicates_note, place, unique
from curate.sources.listing import Listing

LABELS = "fiftyone.core.labels."
LABEL_TYPES = frozenset(
    {
        "Classification",
        "Classifications",
        "Detection",
        "Detections",
        "Polyline",
        "Polylines",
        "Keypoint",
        "Keypoints",
        "Segmentation",
    }
)
"""Types of label fields whose labels are labels here."""

_BOOKKEEPING = frozenset({"id", "filepath", "tags", "metadata", "created_at", "last_modified_at"})
_PLAIN: dict[str, pl.DataType] = {
    "StringField": pl.String(),
    "ObjectIdField": pl.String(),
    "UUIDField": pl.String(),
    "ColorField": pl.String(),
    "IntField": pl.Int64(),
    "FrameNumberField": pl.Int64(),
    "FloatField": pl.Float64(),
    "BooleanField": pl.Boolean(),
    "DateTimeField": pl.Datetime("us"),
    "DateField": pl.Date(),
}


class _Samples(msgspec.Struct):
    samples: list[dict[str, Any]]


@dataclass
class Collection:
    """The samples of a FiftyOne dataset or view.

    Attributes:
        name: of the dataset.
        documents: one a sample, as FiftyOne keeps it, in its order.
        uris: of each, relative to the listing's root.
        listing: the pictures.
        types: label field to its type, of those whose labels are labels here.
        note: what Curate has left there.
        targets: label field ("" for all) to what the numbers of a segmentation mean.
        lost: what cannot be held here, to how many.
    """

    name: str
    documents: list[dict[str, Any]]
    uris: list[str]
    listing: Listing
    types: dict[str, str]
    note: Note
    targets: dict[str, dict[str, str]]
    lost: Counter[str] = field(default_factory=Counter)

    def tags(self) -> dict[str, list[str]]:
        """Tag to the URIs of the samples that carry it."""
        found: dict[str, list[str]] = {}
        for uri, document in zip(self.uris, self.documents, strict=True):
            for tag in document.get("tags") or ():
                found.setdefault(tag, []).append(uri)
        return found


def read_folder(folder: Path, *, name: str, root: str | None = None) -> Collection:
    """The samples of a FiftyOneDataset folder.

    Args:
        folder: that FiftyOne has written.
        name: of the dataset.
        root: the folder that URIs are relative to; by default the deepest that holds all pictures.

    Raises:
        BadSource: it cannot be read, or a picture lies outside of the root.
    """
    try:
        described = msgspec.json.decode((folder / "metadata.json").read_bytes())
        documents = msgspec.json.decode((folder / "samples.json").read_bytes(), type=_Samples).samples
        fields = {one["name"]: one for one in described["sample_fields"]}
        paths = [locations.to_uri(document["filepath"]) for document in documents]
    except (OSError, msgspec.MsgspecError, KeyError, TypeError) as error:
        raise BadSource(f"{str(folder)!r} is no FiftyOneDataset: {error!r}") from error
    location, uris = place(paths, root=root)
    files, rows = unique(location, uris)
    note, lost = note_of(described.get("info")), Counter[str]()
    metadata = _metadata([documents[row] for row in rows], fields, note, lost)
    notes = [duplicates_note(len(uris) - files.height)] if files.height < len(uris) else []
    source = f"fiftyone:{name}"
    listing = Listing(location, files, metadata if metadata.width else None, source, complete=False, notes=notes)
    types = {one: _type(fields[one]) for one in fields if _type(fields[one]) in LABEL_TYPES}
    targets = {name: _named(of) for name, of in (described.get("mask_targets") or {}).items()}
    targets[""] = _named(described.get("default_mask_targets") or {})
    return Collection(name, documents, uris, listing, types, note, targets, lost)


def plain(value: Any) -> Any:
    """A value of extended JSON as plain data: times as they are, ids as text, what is not a number as None.

    >>> plain({"$date": "2026-11-01T07:30:00.250Z"}), plain([{"$oid": "6b04"}, {"$numberDouble": "NaN"}])
    (datetime.datetime(2026, 11, 1, 7, 30, 0, 250000), ['6b04', None])
    """
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (kind, inner), *_ = value.items()
        if kind == "$date":
            return _time(inner)
        if kind in ("$oid", "$uuid"):
            return inner
        if kind in ("$numberLong", "$numberInt"):
            return int(inner)
        if kind == "$numberDouble":
            return float(inner) if inner not in ("NaN", "Infinity", "-Infinity") else None
        if kind == "$binary":
            return None
    return {key: plain(one) for key, one in value.items()}


def _time(said: Any) -> dt.datetime | None:
    if isinstance(said, dict):
        said = int(said.get("$numberLong", 0))
    if isinstance(said, int):
        return dt.datetime(1970, 1, 1) + dt.timedelta(milliseconds=said)
    try:
        return dt.datetime.fromisoformat(said).astimezone(dt.UTC).replace(tzinfo=None)
    except (TypeError, ValueError):
        return None


def _type(described: Mapping[str, Any]) -> str:
    """The type of a field of labels, "" where it is another."""
    embedded = described.get("embedded_doc_type") or ""
    return embedded.removeprefix(LABELS) if embedded.startswith(LABELS) else ""


def _named(targets: Mapping[str, Any]) -> dict[str, str]:
    return {str(number): str(name) for number, name in targets.items()}


def _metadata(
    documents: list[dict[str, Any]], fields: Mapping[str, Mapping[str, Any]], note: Note, lost: Counter[str]
) -> pl.DataFrame:
    """The columns that plain fields, regressions and places become, row by row with the documents."""
    columns: list[pl.Series] = []
    passed = _BOOKKEEPING | set(note.measured)
    if not note.columns:  # not ours: its own numbers lead back
        columns.append(pl.Series("fiftyone_id", [plain(one["_id"]) for one in documents], dtype=pl.String))
    for name, described in fields.items():
        if name.startswith("_") or name in passed or _type(described) in LABEL_TYPES:
            continue
        values = [one.get(name) for one in documents]
        count = sum(value is not None for value in values)
        if not count:
            continue
        both = note.places.get(name, (f"{name}_longitude", f"{name}_latitude"))
        found = _columns(note.columns.get(name, name), values, described, both)
        if found is None:
            shown = _type(described) or described.get("ftype", "").rpartition(".")[2]
            lost[f"field {name!r} ({shown})"] = count
        columns += found or []
        if _type(described) == "Regression" and any(value and value.get("confidence") is not None for value in values):
            lost[f"confidences of the regression {name!r}"] = count
    return pl.DataFrame(columns)


def _columns(
    name: str, values: list[Any], described: Mapping[str, Any], place: tuple[str, str]
) -> list[pl.Series] | None:
    """What a field becomes, a place on the earth two columns; None where there is nothing that it can become."""
    ftype, labels = described.get("ftype", "").rpartition(".")[2], _type(described)
    if labels == "Regression":
        return [
            pl.Series(name, [plain((value or {}).get("value")) for value in values], dtype=pl.Float64, strict=False)
        ]
    if labels == "GeoLocation":
        points = [((value or {}).get("point") or {}).get("coordinates") for value in values]
        if any(value and (value.get("line") or value.get("polygon")) for value in values) or not any(points):
            return None
        return [
            pl.Series(column, [None if point is None else float(point[at]) for point in points], dtype=pl.Float64)
            for at, column in enumerate(place)
        ]
    if ftype in _PLAIN:
        return [_series(name, [plain(value) for value in values], _PLAIN[ftype])]
    if ftype == "ListField" and not described.get("embedded_doc_type"):
        inner = _PLAIN.get((described.get("subfield") or "").rpartition(".")[2])
        lists = [plain(value) for value in values]
        return [_series(name, lists, pl.List(inner)) if inner is not None else _objects(name, lists)]
    if ftype == "DictField" or (ftype == "EmbeddedDocumentField" and not labels):
        return [_objects(name, [plain(value) for value in values])]
    return None


def _series(name: str, values: list[Any], dtype: pl.DataType) -> pl.Series:
    if isinstance(dtype, pl.Date):
        values = [value.date() if isinstance(value, dt.datetime) else value for value in values]
    return pl.Series(name, values, dtype=dtype, strict=False)


def _objects(name: str, values: list[Any]) -> pl.Series:
    """Objects and lists of anything: a struct where a table can hold one, else the text of JSON."""
    try:
        held = pl.Series(name, values, strict=True)
        if _storable(held.dtype):
            return held
    except (TypeError, pl.exceptions.PolarsError):
        pass
    texts = [None if value is None else msgspec.json.encode(value).decode() for value in values]
    return pl.Series(name, texts, dtype=pl.String)


def _storable(dtype: Any) -> bool:
    if isinstance(dtype, pl.Struct):
        return bool(dtype.fields) and all(
            "." not in one.name and one.name and _storable(one.dtype) for one in dtype.fields
        )
    return _storable(dtype.inner) if isinstance(dtype, pl.List) else dtype not in (pl.Object, pl.Null)
