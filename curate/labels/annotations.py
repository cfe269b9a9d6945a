"""From a user's table to rows of the labels table.

A label's id is made from what it says and who says it, so storing the same table again adds nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa

from curate import errors
from curate.labels.shapes import shapes_of
from curate.media.mask import key_of
from curate.store import schemas

SOURCE_KINDS = ("annotator", "model", "rule")

_VALUE_COLUMNS = ("value", "label", "class", "category")


def label_rows(
    table: pl.DataFrame, *, field: str, source: str, source_kind: str = "annotator", run: str | None = None
) -> pa.Table:
    """Rows for the labels table.

    Args:
        table: one row a label: ``sample_id`` (int64), the value in a column named ``value``, ``label``, ``class`` or
            ``category``, ``score`` (0 to 1) if there is one, and where in the picture it is, with attributes, as
            `curate.labels.shapes.shapes_of` takes them.
        field: what the labels are about, such as ``weather`` or ``objects``.
        source: who says so: a person, a model, a rule.
        source_kind: annotator, model or rule.
        run: what belongs together and is undone together.

    Returns:
        A table with the columns of `curate.store.schemas.LABELS`; rows without a value are left out. Boxes, polygons, keypoints
        and masks that say the same again within one table are kept, each with an id of its own.

    Raises:
        BadValue: no column with values, a kind that is none, a box, polygon, mask or attribute that is none.
    """
    if source_kind not in SOURCE_KINDS:
        raise errors.BadValue(f"'source_kind' must be one of {', '.join(SOURCE_KINDS)}. Got {source_kind!r}")
    value = next((name for name in _VALUE_COLUMNS if name in table.columns), None)
    if value is None:
        raise errors.BadValue(
            f"A table of labels needs a column {' or '.join(map(repr, _VALUE_COLUMNS))}. Got {table.columns}",
            hint="rename the column that says what it is to 'value'",
        )
    rows = table.select(
        pl.col("sample_id").cast(pl.Int64),
        pl.lit(field).alias("field"),
        pl.col(value).cast(pl.String).alias("value"),
        (pl.col("score").cast(pl.Float32) if "score" in table.columns else pl.lit(None, pl.Float32)).alias("score"),
        pl.lit(source).alias("source"),
        pl.lit(source_kind).alias("source_kind"),
        pl.lit(run, pl.String).alias("run"),
        pl.lit(datetime.now(UTC).replace(tzinfo=None)).cast(pl.Datetime("us")).alias("created_at"),
    )
    rows = rows.hstack(shapes_of(table)).filter(pl.col("value").is_not_null())
    rows = rows.with_columns(pl.Series("label_id", _label_ids(rows), pl.Int64))
    rows = rows.unique("label_id", keep="first", maintain_order=True)
    ordered = rows.select(schemas.LABELS.names).to_arrow(compat_level=pl.CompatLevel.oldest())
    return ordered.cast(schemas.LABELS)


def declared_classes(log: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The classes that sources have declared, by field, in the order in which they came.

    Args:
        log: events, oldest first, with action, payload and undone.

    >>> said = {"field": "objects", "source": "coco", "run": "a", "classes": ["car", "bus"]}
    >>> declared_classes([{"action": "label", "undone": False, "payload": said}])
    {'objects': ['car', 'bus']}
    """
    classes: dict[str, dict[str, None]] = {}
    for row in log:
        if row["action"] == "label" and not row["undone"] and row["payload"].get("classes"):
            classes.setdefault(row["payload"]["field"], {}).update(dict.fromkeys(row["payload"]["classes"]))
    return {field: list(names) for field, names in classes.items()}


def _label_ids(rows: pl.DataFrame) -> list[int]:
    """Ids of what is said; the same box a second time is another label, since that is how one learns of it."""
    said: Iterable[tuple[object, ...]] = rows.select("sample_id", "field", "value", "box", "source").iter_rows()
    more = rows.select("kind", "points", "mask", "attributes").iter_rows()
    times: Counter[int] = Counter()
    ids = []
    for plain, (kind, points, mask, attributes) in zip(said, more, strict=True):
        # what only says a value or a box has the id that it had before there was more to say
        if points is not None or mask is not None or attributes is not None:
            whole = (*plain, kind, points, None if mask is None else key_of(mask), attributes)
        else:
            whole = plain
        number = _label_id(whole)
        if kind != "classification":
            times[number] += 1
            number = number if times[number] == 1 else _label_id((*whole, times[number]))
        ids.append(number)
    return ids


def _label_id(said: Sequence[object]) -> int:
    text = json.dumps(said, default=list, ensure_ascii=False)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") & (2**63 - 1)) or 1
