"""Samples and labels as the documents of FiftyOne: what `samples.json` of a FiftyOneDataset holds, one object a sample.

Numbers of a document are made from what it says, so the same samples give the same bytes. Boxes and points are shares of the
picture's width and height, as FiftyOne wants them; a mask is what its box holds. Source: https://docs.voxel51.com/user_guide/
dataset_creation/datasets.html#fiftyonedataset, and FiftyOne's fiftyone/core/labels.py.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from curate.exports.fiftyone_labels import LABEL_TYPES, label_document, types_of

AT_ONCE = 1000
"""Samples that are rows of Python at a time."""

IMAGE_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp", "TIFF": "image/tiff"}
CHANNELS = {"1": 1, "L": 1, "P": 3, "I;16": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}

_SAMPLE = """
id filepath tags metadata media_type created_at last_modified_at frames groups pk filename dataset dataset_id in_dataset in_db
collection_name media_reference field_names default_fields default_fields_ordered excluded_field_names filtered_field_names
selected_field_names add_field add_implied_field add_labels cascade_save clean clear_field compare_indexes compute_metadata
copy copy_with_new_id create_index delete drop_collection ensure_indexes fancy_repr field_to_mongo field_to_python from_dict
from_doc from_frame from_json get_field get_field_schema get_media_key get_text_score has_field iter_fields list_indexes merge
merge_field_schema modify my_metaclass register_delete_rule reload save select_related set_field switch_collection switch_db
to_dbref to_dict to_json to_mongo to_mongo_dict update update_fields validate STRICT DoesNotExist MultipleObjectsReturned
"""
TAKEN = frozenset(_SAMPLE.split())
"""What a sample of FiftyOne has itself: a field of such a name takes the place of what it needs."""

_PATCHES = frozenset({"sample_id", "frame_id"})
"""Names of fields that views of patches have besides."""


@dataclass(frozen=True)
class LabelField:
    """A label field of FiftyOne, and which labels are in it.

    Attributes:
        name: of the field there.
        type: one of `LABEL_TYPES`.
        field: of the labels here.
        source: of the labels here.
    """

    name: str
    type: str
    field: str
    source: str | None


@dataclass
class Documents:
    """Documents of samples.

    Attributes:
        columns: field of FiftyOne to the column that it holds.
        places: field of FiftyOne to the columns of the longitude and the latitude that it holds.
        label_fields: those of FiftyOne that hold labels.
        lost: what FiftyOne cannot hold, to how many; complete when all documents were made.
    """

    samples: pl.DataFrame
    labels: pl.DataFrame
    columns: dict[str, str]
    places: dict[str, tuple[str, str]]
    label_fields: list[LabelField]
    lost: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """One document a sample, in the order of the samples."""
        names = {(each.field, each.source, _plural(each.type)): each for each in self.label_fields}
        of_sample = _ranges(self.labels["sample_id"])
        typed = self.labels.with_columns(types_of(self.labels))
        for start in range(0, self.samples.height, AT_ONCE):
            for row in self.samples.slice(start, AT_ONCE).iter_rows(named=True):
                yield self._document(row, typed.slice(*of_sample.get(row["sample_id"], (0, 0))), names)

    def _document(
        self, row: dict[str, Any], labels: pl.DataFrame, names: Mapping[tuple[str, str | None, str], LabelField]
    ) -> dict[str, Any]:
        number = row["sample_id"]
        document: dict[str, Any] = {
            "_id": {"$oid": object_id(number)},
            "filepath": row["file_name"],
            "tags": row["tags"],
            "metadata": _metadata(row),
            "_media_type": "image",
            "_rand": int(object_id("rand", number)[:12], 16) / 16**12,
        }
        for name, column in self.columns.items():
            document[name] = _value(row[column])
        for name, (longitude, latitude) in self.places.items():
            there = row[longitude] is not None and row[latitude] is not None
            document[name] = _place(object_id(name, number), row[longitude], row[latitude]) if there else None
        lists: dict[str, list[dict[str, Any]]] = {}
        for label in labels.iter_rows(named=True):
            placed = label_document(label, (row.get("width"), row.get("height")))
            if placed is None:
                self.lost["labels in pictures whose size is not known"] += 1
                continue
            held = names[label["field"], label["source"], label["type"]]
            found = lists.setdefault(held.name, [])
            found.append({"_id": {"$oid": object_id(number, held.name, len(found))}, **placed})
        for held in self.label_fields:
            found = lists.get(held.name, [])
            key = LABEL_TYPES[held.type][0]
            if key:
                document[held.name] = {"_cls": held.type, key: found} if found else None
            else:
                document[held.name] = found[0] if found else None
        return document


def documents(samples: pl.DataFrame, labels: pl.DataFrame) -> Documents:
    """Documents of samples and their labels.

    Args:
        samples: sample_id, file_name (the path of the picture), tags (lists of text), width and height; format, mode and bytes
            where they are known. ``longitude`` and ``latitude`` become a place, as do two columns that end so; every other
            column becomes a field.
        labels: the columns of `curate.exports.labels.SCHEMA`, of these samples only.
    """
    lost: Counter[str] = Counter()
    columns: dict[str, str] = {}
    casts: list[pl.Expr] = []
    used = {*TAKEN, *_PATCHES}
    places: dict[str, tuple[str, str]] = {}
    paired = _places(samples.schema)
    for about, both in paired.items():
        if samples[both[0]].null_count() < samples.height:
            places[free_name(about, {*used, *places})] = both
    used |= places.keys()
    there = {name for both in paired.values() for name in both}
    for name, dtype in samples.schema.items():
        if name in _ELSEWHERE or name in there:
            continue
        fitting = _fitting(name, dtype)
        if fitting is None:
            lost[f"column {name!r}: {dtype}"] = samples.height - samples[name].null_count()
            continue
        casts.append(fitting)
        columns[free_name("curate_id" if name == "sample_id" else name, {*used, *columns})] = name
    samples = samples.with_columns(casts)
    if finer := [n for n, d in samples.schema.items() if isinstance(d, pl.Datetime) and _finer(samples[n])]:
        lost |= {f"parts of a millisecond in {name!r}": _finer(samples[name]) for name in finer}
    order = pl.DataFrame({"sample_id": samples["sample_id"]}).with_row_index("order")
    labels = labels.join(order, on="sample_id", maintain_order="left").sort("order", maintain_order=True).drop("order")
    return Documents(samples, labels, columns, places, _label_fields(labels, {*used, *columns}), lost)


_ELSEWHERE = frozenset({"file_name", "tags", "width", "height", "format", "mode", "bytes", "orientation"})
"""Columns that are not a field of their own: they are in the path, the tags or the metadata."""


def object_id(*said: object) -> str:
    """The 24 hex digits of an id that is made from what it stands for.

    >>> len(object_id(17)), object_id(17) == object_id(17)
    (24, True)
    """
    return hashlib.blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def free_name(name: str, taken: Collection[str]) -> str:
    """A name for a field of FiftyOne: without a dot, a dollar or a leading underscore, and not taken.

    >>> free_name("_a.b", ()), free_name("id", {"id"})
    ('a_b', 'id_2')
    """
    plain = re.sub(r"[.$\0]", "_", name).lstrip("_") or "field"
    free, number = plain, 2
    while free in taken:
        free, number = f"{plain}_{number}", number + 1
    return free


def _places(schema: Mapping[str, pl.DataType]) -> dict[str, tuple[str, str]]:
    """What places are called, and the columns of their longitude and latitude."""
    found: dict[str, tuple[str, str]] = {}
    for name, dtype in schema.items():
        about = name.removesuffix("longitude")
        both = (name, f"{about}latitude")
        if name.endswith("longitude") and dtype.is_float() and (schema.get(both[1]) or pl.Null()).is_float():
            found[about.rstrip("_") or "location"] = both
    return found


def _place(number: str, longitude: float, latitude: float) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"_id": {"$oid": number}, "_cls": "GeoLocation", "tags": [], "point": point}


def _metadata(row: Mapping[str, Any]) -> dict[str, Any] | None:
    known = {
        "size_bytes": row.get("bytes"),
        "mime_type": IMAGE_TYPES.get(row.get("format") or "")
        or (f"image/{row['format'].lower()}" if row.get("format") else None),
        "width": row.get("width"),
        "height": row.get("height"),
        "num_channels": CHANNELS.get(row.get("mode") or ""),
    }
    if known["width"] is None:
        return None
    return {"_cls": "ImageMetadata", **{name: value for name, value in known.items() if value is not None}}


def _fitting(name: str, dtype: pl.DataType) -> pl.Expr | None:
    """A column as a type that FiftyOne has; None where it has none."""
    if isinstance(dtype, pl.Float32):
        return pl.col(name).cast(pl.String).cast(pl.Float64)  # 0.1, and not 0.10000000149011612
    if dtype in (pl.Categorical, pl.Enum):
        return pl.col(name).cast(pl.String)
    if isinstance(dtype, pl.Array):
        return pl.col(name).arr.to_list()
    if dtype in (pl.UInt64, pl.Binary, pl.Time, pl.Duration, pl.Object, pl.Decimal, pl.Int128):
        return None
    return pl.col(name)


def _finer(times: pl.Series) -> int:
    return int((times.dt.microsecond() % 1000 != 0).sum())


def _value(value: Any) -> Any:
    """A value as extended JSON."""
    if isinstance(value, dt.datetime):
        return {"$date": value.isoformat(timespec="milliseconds") + "Z"}
    if isinstance(value, dt.date):
        return {"$date": value.isoformat() + "T00:00:00Z"}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$numberDouble": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, dict):
        return {key: _value(one) for key, one in value.items()}
    return value


def _ranges(sample_ids: pl.Series) -> dict[int, tuple[int, int]]:
    """Sample to where its labels begin, and how many there are; they stand together."""
    counted = pl.DataFrame({"id": sample_ids}).with_row_index("row").group_by("id").agg(pl.col("row").min(), pl.len())
    return {number: (row, count) for number, row, count in counted.iter_rows()}


def _plural(type: str) -> str:
    return "Classifications" if type == "Classification" else type


def _label_fields(labels: pl.DataFrame, taken: Collection[str]) -> list[LabelField]:
    """One field for each field, source and type of labels here; only what there are several of has more than the field's name."""
    typed = labels.select("sample_id", "field", "source", types_of(labels))
    several = typed.filter(type="Classifications").select("sample_id", "field", "source").is_duplicated()
    many = set(typed.filter(type="Classifications").filter(several).select("field", "source").iter_rows())
    fields: list[LabelField] = []
    for (name,), of_field in typed.group_by("field", maintain_order=True):
        sources = of_field["source"].unique(maintain_order=True).to_list()
        for source in sources:
            base = (
                str(name)
                if len(sources) == 1
                else f"{name}_{re.sub(r'[^0-9A-Za-z]+', '_', source or 'unknown').strip('_')}"
            )
            present = set(of_field.filter(pl.col("source").eq_missing(pl.lit(source)))["type"])
            for at, type in enumerate(t for t in LABEL_TYPES if t in present):
                called = base if at == 0 else f"{base}_{type.lower()}"
                one = type == "Classifications" and (name, source) not in many
                free = free_name(
                    called if called not in taken else f"{called}_labels", {*taken, *(f.name for f in fields)}
                )
                fields.append(LabelField(free, "Classification" if one else type, str(name), source))
    return fields
