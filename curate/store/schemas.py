"""The columns of every table in a dataset folder.

Tables are append-only and the latest row of a key wins; so a row says all that is known about its key.
"""

from __future__ import annotations

import pyarrow as pa

# Microseconds, UTC, without a zone: DuckDB's TIMESTAMP, which users compare with plain text.
TIME = pa.timestamp("us")

SAMPLES = pa.schema(
    [
        pa.field("sample_id", pa.int64(), nullable=False),
        pa.field("root", pa.string()),
        pa.field("uri", pa.string()),
        pa.field("video_frame", pa.int32()),
        pa.field("status", pa.string()),
        pa.field("error", pa.string()),
        pa.field("content_hash", pa.string()),
        pa.field("bytes", pa.int64()),
        pa.field("mtime", TIME),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("format", pa.string()),
        pa.field("mode", pa.string()),
        pa.field("orientation", pa.int8()),
        pa.field("captured_at", TIME),
        pa.field("latitude", pa.float64()),
        pa.field("longitude", pa.float64()),
        pa.field("brightness", pa.float32()),
        pa.field("contrast", pa.float32()),
        pa.field("sharpness", pa.float32()),
        pa.field("saturation", pa.float32()),
        pa.field("entropy", pa.float32()),
        pa.field("brightness_p5", pa.float32()),
        pa.field("brightness_p99", pa.float32()),
        pa.field("clipped_dark", pa.float32()),
        pa.field("clipped_bright", pa.float32()),
        pa.field("acutance", pa.float32()),
        pa.field("aspect", pa.float32()),
        pa.field("phash", pa.uint64()),
        pa.field("source", pa.string()),
        pa.field("origin", pa.string()),
        pa.field("ingested_at", TIME),
    ]
)

THUMBNAILS = pa.schema(
    [
        pa.field("sample_id", pa.int64(), nullable=False),
        pa.field("content", pa.int64()),
        pa.field("jpeg", pa.binary()),
    ]
)

LABELS = pa.schema(
    [
        pa.field("label_id", pa.int64(), nullable=False),
        pa.field("sample_id", pa.int64(), nullable=False),
        pa.field("field", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("value", pa.string()),
        # x, y, width, height in pixels of the upright picture, from its top left corner: COCO's convention
        pa.field("box", pa.list_(pa.float32())),
        # a PNG of the shape of the picture, at any resolution; what is opaque or, without transparency, not black is inside
        pa.field("mask", pa.binary()),
        # x, y, x, y … in the same pixels; closed where kind is "polygon"
        pa.field("points", pa.list_(pa.float32())),
        pa.field("score", pa.float32()),
        pa.field("source", pa.string()),
        pa.field("source_kind", pa.string()),
        pa.field("run", pa.string()),
        pa.field("created_at", TIME),
        # a JSON object: what else its source says of it, such as COCO's iscrowd or Pascal VOC's difficult
        pa.field("attributes", pa.string()),
    ]
)

EVENTS = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("action", pa.string()),
        pa.field("actor", pa.string()),
        pa.field("time", TIME),
        pa.field("notebook", pa.string()),
        pa.field("count", pa.int64()),
        pa.field("payload", pa.string()),
        # Whom it touched and, for a split, the part of each: columns, because a million ids do not belong into JSON.
        pa.field("sample_ids", pa.large_list(pa.int64())),
        pa.field("codes", pa.large_binary()),
    ]
)

SNAPSHOTS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("time", TIME),
        pa.field("actor", pa.string()),
        pa.field("versions", pa.string()),
    ]
)


INTERNAL = b"curate.internal"
"""In the metadata of a column of a field table: it is the table's own, and no column of ``samples``."""


JOINED = "joined-"
"""What the names of joined field tables begin with: such a table counts while an event `join` names it."""


def projection(metadata: dict[bytes, bytes]) -> pa.Schema:
    """The schema of ``fields/projection``: places on the map, and which content each was made from."""
    return pa.schema(
        [
            pa.field("sample_id", pa.int64(), nullable=False),
            pa.field("content", pa.int64(), metadata={INTERNAL: b"1"}),
            pa.field("projection_x", pa.float32()),
            pa.field("projection_y", pa.float32()),
        ],
        metadata=metadata,
    )


DUPLICATES = pa.schema(
    [
        pa.field("sample_id", pa.int64(), nullable=False),
        # which content was found twice: a file that has changed since is no copy any more
        pa.field("content", pa.int64(), metadata={INTERNAL: b"1"}),
        pa.field("duplicate_group", pa.int64()),
        pa.field("duplicate_kept", pa.bool_()),
        # the sample of the group that is kept; null for that one itself
        pa.field("duplicate_of", pa.int64()),
        # frames of one drive that hardly change
        pa.field("sequence_group", pa.int64()),
    ]
)


def pairs(metadata: dict[bytes, bytes]) -> pa.Schema:
    """The schema of ``pairs/duplicates``: what was found alike, by which votes, and which content each side had."""
    return pa.schema(
        [
            pa.field("left_id", pa.int64(), nullable=False),
            pa.field("right_id", pa.int64(), nullable=False),
            pa.field("left_content", pa.int64()),
            pa.field("right_content", pa.int64()),
            pa.field("cosine", pa.float32()),
            pa.field("distance", pa.float32()),
            pa.field("fit", pa.float32()),
            pa.field("similarity", pa.float32()),
            pa.field("exact", pa.bool_()),
            # somebody had said before the search that these are two pictures
            pa.field("apart", pa.bool_()),
        ],
        metadata=metadata,
    )


TIED = pa.schema(
    [
        # near pairs that may not be on two sides of a split; which content each side had
        pa.field("left_id", pa.int64(), nullable=False),
        pa.field("right_id", pa.int64(), nullable=False),
        pa.field("left_content", pa.int64()),
        pa.field("right_content", pa.int64()),
        pa.field("similarity", pa.float32()),
    ]
)


def vectors(dimension: int, metadata: dict[bytes, bytes] | None = None) -> pa.Schema:
    """The schema of ``vectors/<encoder>``: float16 unit vectors of `dimension`, and which content each was made from."""
    return pa.schema(
        [
            pa.field("sample_id", pa.int64(), nullable=False),
            pa.field("content", pa.int64()),
            pa.field("vector", pa.list_(pa.float16(), dimension)),
        ],
        metadata=metadata,
    )


# Columns that Curate itself gives a sample; a table's own column of such a name is kept as `given_<name>`.
RESERVED = frozenset(SAMPLES.names) | {"position", "tags", "score", "rank", "score_percentile", "score_contrast"}
