"""What is wrong with pictures, told from what ingest measured: frames in, scores and flags out.

A score is 0…1, and low is bad; a sample has an issue where its score is below the threshold. That is the convention of cleanlab and
CleanVision, and kinds that CleanVision knows have its names, its scores (of a picture of 256 px) and nearly its thresholds.

| kind | score | threshold |
| --- | --- | --- |
| dark | 99th percentile of brightness: even the brightest parts are dark | 0.32 |
| light | 1 - 5th percentile of brightness: even the darkest parts are bright | 0.05 |
| underexposed | share of pixels that are not as good as black | 0.5 |
| overexposed | share of pixels that are not as good as white | 0.75 |
| blurry | acutance: how abrupt the strongest edges are | 0.27 |
| low_information | entropy of brightness / 8 bits | 0.19 |
| grayscale | saturation over range of brightness / 0.04, 0 for a file without colours; 1 where half of the samples are grey | 0.2 |
| odd_size | 1 - distance of √(width · height) from the middle of the usual range, over the width of that range | 0.5 |
| odd_aspect_ratio | shorter side / longer side | 0.35 |
| rotated | 0 where EXIF says that the stored pixels are not upright: a reader that ignores it sees the picture turned | yes or no |
| wrong_suffix | 0 where the name ends like another format than the content has | yes or no |
| missing … unreadable | 0 where ingest gave the sample this status | yes or no |

The usual range of sizes reaches three quartile ranges beyond both quartiles. Where three quarters of the samples have one size, a
size is odd that differs by more than a tenth in its side.

Source of scores and thresholds: CleanVision 0.3.7 (cleanlab). Blur, exposure, rotation and suffixes are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

THRESHOLDS = {
    "dark": 0.32, "light": 0.05, "underexposed": 0.5, "overexposed": 0.75, "blurry": 0.27, "low_information": 0.19,
    "grayscale": 0.2, "odd_size": 0.5, "odd_aspect_ratio": 0.35,
}  # fmt: skip
"""The kinds with a threshold, and what it is unless somebody says otherwise."""

STATUSES = ("missing", "empty", "corrupt", "too_large", "unreadable")
"""The kinds that are a status of ingest."""

KINDS = (*THRESHOLDS, "rotated", "wrong_suffix", *STATUSES)
"""The kinds that a sample alone tells, in the order in which they are shown."""

SAMPLES = pl.Schema(
    {
        "uri": pl.String(),
        "status": pl.String(),
        "width": pl.Float64(),
        "height": pl.Float64(),
        "format": pl.String(),
        "mode": pl.String(),
        "orientation": pl.Int32(),
        "saturation": pl.Float64(),
        "entropy": pl.Float64(),
        "brightness_p5": pl.Float64(),
        "brightness_p99": pl.Float64(),
        "clipped_dark": pl.Float64(),
        "clipped_bright": pl.Float64(),
        "acutance": pl.Float64(),
    }
)
"""What `scores` needs to know of samples."""

YES_OR_NO = 0.5
"""The threshold of the other kinds, whose scores are 0 or 1."""

_SUFFIXES = {
    "JPEG": ("jpg", "jpeg", "jpe", "jfif"), "MPO": ("jpg", "jpeg", "jpe", "mpo"), "PNG": ("png", "apng"), "GIF": ("gif",),
    "BMP": ("bmp", "dib"), "TIFF": ("tif", "tiff"), "WEBP": ("webp",), "AVIF": ("avif", "avifs"),
    "JPEG2000": ("jp2", "j2k", "jpc", "jpf", "jpx", "j2c"), "PPM": ("ppm", "pgm", "pbm", "pnm", "pfm"), "ICO": ("ico",),
}  # fmt: skip
_GREY = ("L", "LA", "La", "1", "I", "F")
_COLOURED = 0.04
_QUARTILE_RANGES = 3.0
_ODD = 0.1


def scores(samples: pl.DataFrame) -> pl.DataFrame:
    """How good each sample is in each respect.

    Args:
        samples: one row a sample with the columns `SAMPLES`, as in the table ``samples``.

    Returns:
        A frame of as many rows with a Float32 column for each of `KINDS`, 0…1, low is bad. What cannot be told is null: of a
        picture that could not be read all that its pixels tell, of one without an edge how blurry it is.

    >>> told = dict.fromkeys(SAMPLES, [None, None]) | {"status": ["ok", "empty"], "brightness_p99": [0.2, None]}
    >>> scores(pl.DataFrame(told)).select("dark", "empty").rows()
    [(0.20000000298023224, 1.0), (None, 0.0)]
    """
    samples = samples.select(pl.col(name).cast(dtype) for name, dtype in SAMPLES.items())
    short, long = pl.min_horizontal("width", "height"), pl.max_horizontal("width", "height")
    upright = pl.col("orientation").is_null() | pl.col("orientation").is_in([0, 1])
    told = samples.select(
        pl.col("brightness_p99").alias("dark"),
        (1 - pl.col("brightness_p5")).alias("light"),
        (1 - pl.col("clipped_dark")).alias("underexposed"),
        (1 - pl.col("clipped_bright")).alias("overexposed"),
        pl.col("acutance").alias("blurry"),
        (pl.col("entropy") / 8).alias("low_information"),
        _colour(samples).alias("grayscale"),
        _usual_size(samples).alias("odd_size"),
        (short / long).alias("odd_aspect_ratio"),
        upright.cast(pl.Float32).alias("rotated"),
        _suffix_fits(samples).cast(pl.Float32).alias("wrong_suffix"),
        *((pl.col("status") != status).fill_null(True).cast(pl.Float32).alias(status) for status in STATUSES),
        _ok(samples).alias("_ok"),
    )
    judged = [pl.when("_ok").then(pl.col(kind)).alias(kind) for kind in KINDS if kind not in STATUSES]
    return told.with_columns(judged).select(pl.col(kind).cast(pl.Float32).clip(0, 1).fill_nan(None) for kind in KINDS)


def flags(scores: pl.DataFrame, thresholds: Mapping[str, np.ndarray]) -> pl.DataFrame:
    """Which samples have which issue.

    Args:
        scores: n rows, a column a kind.
        thresholds: kind to (n,) float64, of each sample.

    Returns:
        A frame of n rows with the Boolean columns ``is_<kind>_issue``; a score that is null is no issue.

    >>> flags(pl.DataFrame({"dark": [0.2, 0.2, None]}), {"dark": np.array([0.3, 0.1, 0.3])})["is_dark_issue"].to_list()
    [True, False, False]
    """
    # as stored, in single precision: a score that is read back is judged as it was here
    below = {kind: scores[kind] < pl.Series(thresholds[kind].astype(np.float32)) for kind in scores.columns}
    return pl.DataFrame([found.fill_null(False).alias(flag_name(kind)) for kind, found in below.items()])


def each_threshold(
    default: float, given: float | Mapping[Any, float] | None, groups: Sequence[Any] | None, n: int
) -> np.ndarray:
    """The threshold of each sample, (n,) float64.

    Args:
        default: where nothing else is said.
        given: one for all, or the group's value to its threshold; None among them stands for all other values.
        groups: the n samples' values, where `given` is by group.

    >>> each_threshold(0.3, {"night": 0.1}, ["day", "night", None], 3).tolist()
    [0.3, 0.1, 0.3]
    """
    if not isinstance(given, Mapping):
        return np.full(n, default if given is None else given)
    assert groups is not None
    others = given.get(None, default)
    return np.fromiter((others if group is None else given.get(group, others) for group in groups), np.float64, n)


def flag_name(kind: str) -> str:
    """The column that says whether a sample has an issue: ``is_dark_issue``."""
    return f"is_{kind}_issue"


def score_name(kind: str) -> str:
    """The column of a kind's score: ``dark_score``."""
    return f"{kind}_score"


def _colour(samples: pl.DataFrame) -> pl.Series:
    """How coloured each picture is; nothing is odd about grey ones where half are."""
    # what is nearly black or nearly white has no room for colour: that is another issue
    room = (pl.col("brightness_p99") - pl.col("brightness_p5")).clip(lower_bound=1 / 255)
    coloured = (pl.col("saturation") / room / _COLOURED).clip(0, 1)
    colourless = pl.col("mode").is_in(_GREY) | pl.col("mode").str.starts_with("I;16")
    found = samples.select(pl.when(colourless).then(0.0).otherwise(coloured)).to_series()
    judged = found.filter(_ok(samples)).drop_nulls().to_numpy()
    if len(judged) and np.mean(judged < THRESHOLDS["grayscale"]) >= 0.5:
        return pl.Series(np.ones(len(found)))
    return found


def _usual_size(samples: pl.DataFrame) -> pl.Series:
    """CleanVision's score of a size, on the samples that could be read."""
    side = samples.select((pl.col("width") * pl.col("height")).sqrt()).to_series()
    known = side.filter(_ok(samples)).drop_nulls().to_numpy()
    if len(known) == 0:
        return side
    first, third = np.percentile(known, [25, 75])
    low, high = (first - _QUARTILE_RANGES * (third - first), third + _QUARTILE_RANGES * (third - first))
    middle = (low + high) / 2
    # where there is one size only, its neighbourhood takes the place of a range
    span = high - low if high > low else 2 * _ODD * middle
    distance = ((side - middle).abs() / span).clip(0, 1)
    return pl.Series(1 - distance.to_numpy()).fill_nan(None)


def _ok(samples: pl.DataFrame) -> pl.Series:
    return (samples["status"] == "ok").fill_null(False)


def _suffix_fits(samples: pl.DataFrame) -> pl.Series:
    """Whether a name ends as its content does; names that end in no picture's suffix say nothing."""
    known = sorted({suffix for suffixes in _SUFFIXES.values() for suffix in suffixes})
    suffix = pl.col("uri").str.extract(r"\.([A-Za-z0-9]+)(?:\?[^/]*)?$").str.to_lowercase()
    fits = pl.any_horizontal(
        (pl.col("format") == format) & pl.col("_suffix").is_in(suffixes) for format, suffixes in _SUFFIXES.items()
    )
    told = pl.col("_suffix").is_in(known) & pl.col("format").is_in(list(_SUFFIXES))
    return samples.with_columns(suffix.alias("_suffix")).select((~told | fits).fill_null(True)).to_series()
