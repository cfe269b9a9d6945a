"""Which samples go into an export, and under which names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from curate.errors import BadValue
from curate.exports.contents import PART, Format
from curate.exports.labels import FlatLabels
from curate.exports.manifest import LeftOut, origin
from curate.exports.media import WAYS
from curate.exports.names import file_names
from curate.exports.recoding import AS_IT_IS, RECODE, SUFFIXES, Recoding

NEEDED = ("sample_id", "uri", "location", "status", "content_hash", "width", "height", "format")
_FIRST = ("sample_id", "uri", "file_name", PART)


def checked(samples: pl.DataFrame, kind: Format, media: str, part_column: str | None) -> pl.DataFrame:
    """The samples, if they can be what they are asked to be; their own columns give way to those of an export.

    Raises:
        BadValue: arguments that do not fit together.
    """
    if media not in WAYS:
        raise BadValue(f"'media' must be one of {', '.join(map(repr, WAYS))}. Got {media!r}")
    if kind.needs_files and media == "reference":
        raise BadValue(
            f"format={kind.name!r} is made of files and cannot use media='reference'", hint="media='symlink'"
        )
    if missing := [name for name in NEEDED if name not in samples.columns]:
        raise BadValue(f"'samples' must have the column {missing[0]!r}")
    if part_column is not None and part_column not in samples.columns:
        raise BadValue(f"'part_column' must be a column of the samples. Got {part_column!r}")
    if samples["sample_id"].is_duplicated().any():
        raise BadValue("'samples' must hold each sample once")
    renamed = {name: f"given_{name}" for name in ("file_name", PART) if name in samples.columns and name != part_column}
    return samples.rename(renamed)


def eligible(samples: pl.DataFrame, part_column: str | None) -> tuple[pl.DataFrame, list[LeftOut]]:
    """The samples that can be exported, by URI, and the others with the reason; the part is in the column `PART`."""
    samples = samples.sort("uri", "sample_id")
    if part_column is not None and part_column != PART:
        samples = samples.rename({part_column: PART})
    if part_column is not None:
        samples = samples.with_columns(pl.col(PART).cast(pl.String))
    status = pl.col("status").fill_null("unknown")
    unplaced = pl.lit(value=False) if part_column is None else pl.col(PART).is_null()
    reason = pl.when(status != "ok").then(pl.format("status {}", status)).when(unplaced).then(pl.lit("in no part"))
    return without(samples, samples.select(reason.alias("reason"))["reason"])


def planned(samples: pl.DataFrame, recoding: Recoding | None) -> tuple[pl.DataFrame, list[LeftOut]]:
    """The samples as they will be after their recoding; those whose size is not known cannot be resized."""
    if recoding is None:
        return samples, []
    samples = recoding.planned(samples)
    unknown = pl.when(pl.col(RECODE).is_null()).then(pl.lit("its size is not known"))
    return without(samples, samples.select(unknown.alias("reason"))["reason"])


def without(samples: pl.DataFrame, reasons: pl.Series) -> tuple[pl.DataFrame, list[LeftOut]]:
    """The samples that nothing speaks against, and the others.

    Args:
        samples: with sample_id and uri.
        reasons: one a sample, null where nothing speaks against it.
    """
    gone = samples.filter(reasons.is_not_null())
    parts = gone[PART].fill_null("") if PART in gone.columns else pl.repeat("", gone.height, eager=True)
    left = [
        LeftOut(sample, uri, reason, part)
        for sample, uri, reason, part in zip(gone["sample_id"], gone["uri"], reasons.drop_nulls(), parts, strict=True)
    ]
    return samples.filter(reasons.is_null()), left


def some(samples: pl.DataFrame, left: Sequence[LeftOut], asked: int) -> pl.DataFrame:
    """The samples.

    Raises:
        BadValue: there are none.
    """
    if samples.is_empty():
        reasons = Counter(one.reason for one in left)
        why = "; ".join(f"{n:,} {reason}" for reason, n in reasons.most_common(5))
        raise BadValue(f"Nothing can be exported: of {asked:,} samples {why or 'none is left'}")
    return samples


def parts_of(samples: pl.DataFrame, part_column: str | None, provenance: Mapping[str, Any]) -> list[str]:
    """Parts in the certificate's order; without one, by name."""
    if part_column is None:
        return []
    present = samples[PART].unique().sort().to_list()
    named = [part["name"] for part in (origin(provenance).get("split") or {}).get("parts", [])]
    return [*named, *(part for part in present if part not in named)]


def placed(
    samples: pl.DataFrame, kind: Format, flat: FlatLabels, parts: dict[str, str], media: str
) -> tuple[pl.DataFrame, list[LeftOut]]:
    """The samples with their `file_name`: where the format wants them, or their location where media stay where they are."""
    folders, reasons = kind.folders(samples, flat.rows, parts)
    why = pl.Series(reasons, dtype=pl.String)
    inside = pl.Series(folders, dtype=pl.String).filter(why.is_null()).to_list()
    samples, left = without(samples, why)
    if media == "reference" and not kind.packs:
        return samples.with_columns(pl.col("location").alias("file_name")), left
    named = samples.select(_named(samples)).to_series().to_list()
    names = file_names(named, samples["sample_id"].to_list(), inside, samples["format"].to_list(), stems=kind.stems)
    return samples.with_columns(pl.Series("file_name", names, dtype=pl.String)), left


def _named(samples: pl.DataFrame) -> pl.Expr:
    """The URI, with the suffix of the format that a picture will have."""
    uri = pl.col("uri")
    if RECODE not in samples.columns:
        return uri
    name, suffix = uri.str.split("/").list.last(), pl.col("format").replace(SUFFIXES)
    fits = (
        name.str.to_lowercase().str.ends_with(suffix)
        | ((pl.col("format") == "JPEG") & name.str.contains(r"(?i)\.(jpeg|jpe|jfif)$"))
        | ~name.str.contains(r"[^.]\.")
    )
    other = pl.concat_str(uri.str.replace(r"\.[^./]*$", ""), suffix)
    return pl.when((pl.col(RECODE) > AS_IT_IS) & ~fits).then(other).otherwise(uri)


def renamed(samples: pl.DataFrame) -> dict[str, str]:
    """Path in the export to the URI, of pictures that could not keep their name."""
    name, own = (pl.col(column).str.split("/").list.last() for column in ("file_name", "uri"))
    return dict(samples.filter(name != own).select("file_name", "uri").iter_rows())


def columns_of(samples: pl.DataFrame) -> pl.DataFrame:
    """What a format writes: locations are this machine's, and every status is "ok"."""
    plain = samples.drop("location", "status", RECODE, strict=False)
    first = [name for name in _FIRST if name in plain.columns]
    return plain.select(*first, pl.exclude(first))
