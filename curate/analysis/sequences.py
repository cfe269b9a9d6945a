"""Which pictures are the frames of one drive, and in which order they were taken."""

from __future__ import annotations

import re

import polars as pl

_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$")


def drives(frames: pl.DataFrame, by: str | None = None) -> pl.DataFrame:
    """To which drive each sample belongs, and in which order its frames came.

    Without `by` a drive is a video, or the pictures of one folder whose names differ in the last number only. Frames are ordered
    by capture time where all of a drive have one, else by frame or number, and then by name.

    Args:
        frames: one row a sample: root, uri, video_frame and captured_at, as far as they are known, and `by`.
        by: the column that names the drive; a null is a drive of its own.

    Returns:
        One row a sample: drive (int64) and place (int64, from 0 in each drive).

    >>> names = ["a/0002.jpg", "a/0001.jpg", "b/0001.jpg"]
    >>> frames = pl.DataFrame({"root": ["r"] * 3, "uri": names, "video_frame": [None] * 3, "captured_at": [None] * 3})
    >>> drives(frames).rows()
    [(0, 1), (0, 0), (1, 0)]
    """
    missing = [name for name in ("root", "uri", "video_frame", "captured_at") if name not in frames.columns]
    frames = frames.with_columns(pl.lit(None).alias(name) for name in missing)
    roots, uris, numbers = frames["root"].to_list(), frames["uri"].to_list(), frames["video_frame"].to_list()
    names, counts = [], []
    for root, uri, number in zip(roots, uris, numbers, strict=True):
        if number is not None:
            names.append(f"{root}\0{uri}\0video")
            counts.append(int(number))
            continue
        found = _NUMBERED.match(uri or "")
        # sixteen digits are no frame number but a hash or a time to the nanosecond
        plain = found is None or len(found[2]) > 15
        names.append(f"{root}\0{uri}" if plain or found is None else f"{root}\0{found[1]}\0{found[3]}")
        counts.append(0 if plain or found is None else int(found[2]))
    times = frames["captured_at"].cast(pl.Datetime("us"))
    table = pl.DataFrame({"name": names, "count": counts, "uri": uris, "time": times}).with_row_index("row")
    if by is not None:
        given = frames[by].cast(pl.String)
        own = pl.Series([f"\0{row}" for row in range(len(given))])
        table = table.with_columns((("=" + given).fill_null(own)).alias("name"))
    timed = pl.col("time").is_not_null().all().over("name")
    table = table.with_columns(pl.when(timed).then(pl.col("time")).alias("time"))
    first = pl.col("row").min().over("name").alias("first")
    ordered = table.with_columns(first).sort("first", "time", "count", "uri", "row", nulls_last=True)
    ordered = ordered.with_columns(
        (pl.col("first").rank("dense") - 1).cast(pl.Int64).alias("drive"),
        (pl.int_range(pl.len()).over("name")).cast(pl.Int64).alias("place"),
    )
    return ordered.sort("row").select("drive", "place")
