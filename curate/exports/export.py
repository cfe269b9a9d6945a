"""Write samples and labels for a consumer, with a manifest that says what is there and how it came to be."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

import curate
from curate.errors import BadValue
from curate.exports.contents import PART, Contents, Format
from curate.exports.formats import format_named
from curate.exports.labels import FlatLabels, flat_labels
from curate.exports.manifest import NAME, File, LeftOut, Manifest, origin, sha256_of
from curate.exports.media import WAYS, Picture, Pictures, Progress, place
from curate.exports.names import file_names, folder_names
from curate.exports.target import files_under, written_aside
from curate.exports.verify import Verification, verify
from curate.media import location as locations

NEEDED = ("sample_id", "uri", "location", "status", "content_hash", "width", "height", "format")
_FIRST = ("sample_id", "uri", "file_name", PART)


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        path: the folder.
        manifest: what `manifest.json` in it says.
    """

    path: Path
    manifest: Manifest

    @property
    def format(self) -> str:
        """The format's name: "coco", "csv", "imagefolder" or "parquet"."""
        return self.manifest.format

    @property
    def counts(self) -> dict[str, Any]:
        """Samples, labels or annotations, and samples in each part."""
        return self.manifest.counts

    @property
    def left_out(self) -> list[LeftOut]:
        """Samples that were asked for and are not in it, each with the reason."""
        return self.manifest.left_out

    def verify(self) -> Verification:
        """Compute every checksum and count again; see `curate.verify`."""
        return verify(self.path)

    def __repr__(self) -> str:
        return f"Export({str(self.path)!r}, {', '.join(self._facts())})"

    def _repr_html_(self) -> str:
        facts = "".join(f"<li>{escape(fact)}</li>" for fact in self._facts())
        return f"<div class='curate-export'><p>Export <code>{escape(str(self.path))}</code></p><ul>{facts}</ul></div>"

    def _facts(self) -> list[str]:
        counts = [
            f"{name}: {value:,}"
            for name, value in [*self.counts.items(), *self.counts.get("parts", {}).items()]
            if isinstance(value, int)
        ]
        reasons = Counter(left.reason for left in self.left_out)
        return [
            self.format,
            *counts,
            *(f"left out ({reason}): {n:,}" for reason, n in reasons.items()),
            *(f"labels left out ({reason}): {n:,}" for reason, n in self.manifest.labels_left_out.items()),
        ]


def write_export(
    samples: pl.DataFrame,
    path: str | Path,
    *,
    format: str,
    labels: pl.DataFrame | None = None,
    classes: Sequence[str] | None = None,
    media: str = "copy",
    part_column: str | None = None,
    provenance: Mapping[str, Any],
    progress: Progress | None = None,
    overwrite: bool = False,
) -> Export:
    """Write an export beside its place and move it there when it is complete.

    The bytes depend on the samples and labels alone, not on the order of the rows; the one time is in the manifest.
    Samples that cannot be exported (status not "ok", in no part, media gone or changed since they were ingested) are left
    out and listed in `Export.left_out`.

    Args:
        samples: `NEEDED` columns, and metadata; `location` is an absolute path or an fsspec URL, `content_hash` the SHA-256
            in hex (null where it is not known).
        path: a local folder that does not exist yet, or is empty.
        format: "coco", "csv", "imagefolder" or "parquet".
        labels: see `flat_labels`.
        classes: which classes there are, in order.
        media: "copy"; "hardlink" and "symlink" take no space; "reference" writes no pictures and names their locations.
        part_column: the column of `samples` that names the part; samples without a part are left out.
        provenance: query, python, snapshot, encoder, split (the certificate), and whatever else should be known.
        progress: called with pictures done, and of how many.
        overwrite: replace a former export of Curate, and nothing else.

    Raises:
        UnknownName: a format or column that is not there.
        BadValue: nothing is left to export; arguments that do not fit together.
        DatasetExists: something is at `path`.
        CurateError: `path` cannot be written. Nothing has changed there.
    """
    kind = format_named(format)
    target = _local(path)
    chosen, left = _eligible(_checked(samples, kind, media, part_column), part_column)
    parts = folder_names(_parts(chosen, part_column, provenance), fallback="part", reserved=kind.reserved)
    flat = _fitting(kind, flat_labels(labels, chosen["sample_id"], classes, kind.kinds), chosen)
    chosen, cannot = _with_names(chosen, kind, flat, parts, media)
    left += cannot
    with written_aside(target, overwrite=overwrite) as folder:
        pictures = Pictures(_pictures(chosen), progress) if kind.packs else None
        files, chosen, failed = ([], chosen, []) if kind.packs else _placed(chosen, folder, media, progress)
        left += failed
        _some_left(chosen, left, samples.height)
        classes = classes if classes is not None else flat.classes
        flat = _fitting(kind, flat_labels(labels, chosen["sample_id"], classes, kind.kinds), chosen)
        contents = Contents(_columns(chosen), flat.rows, flat.classes, parts, media, pictures)
        files += kind.write(folder, contents) or []
        if pictures is not None and pictures.failed:
            left += _left(chosen, [pictures.failed.get(sample) for sample in chosen["sample_id"]])
            chosen = chosen.filter(pl.col("sample_id").is_in(list(pictures.failed)).not_())
            _some_left(chosen, left, samples.height)
            flat = _fitting(kind, flat_labels(labels, chosen["sample_id"], classes, kind.kinds), chosen)
            contents = replace(contents, samples=_columns(chosen), labels=flat.rows)
        renamed = _renamed(chosen) if media != "reference" else {}
        manifest = Manifest(
            format=kind.name,
            curate=curate.__version__,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            media=media,
            **origin(provenance),
            parts=parts,
            classes=list(flat.classes),
            left_out=sorted(left, key=lambda one: (one.uri, one.sample_id)),
            labels_left_out=flat.left_out,
            renamed=renamed,
            files=_listed(folder, files),
        )
        manifest = _sealed(folder, kind, manifest, contents)
    return Export(target, manifest)


def _local(path: str | Path) -> Path:
    if not locations.is_local(str(path)):
        raise BadValue(
            f"Exports are written to local folders. Got {str(path)!r}", hint="export here, then copy it there"
        )
    return Path(path).expanduser().absolute()


def _checked(samples: pl.DataFrame, kind: Format, media: str, part_column: str | None) -> pl.DataFrame:
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


def _eligible(samples: pl.DataFrame, part_column: str | None) -> tuple[pl.DataFrame, list[LeftOut]]:
    samples = samples.sort("uri", "sample_id")
    if part_column is not None and part_column != PART:
        samples = samples.rename({part_column: PART})
    if part_column is not None:
        samples = samples.with_columns(pl.col(PART).cast(pl.String))
    status = pl.col("status").fill_null("unknown")
    unplaced = pl.lit(value=False) if part_column is None else pl.col(PART).is_null()
    reason = pl.when(status != "ok").then(pl.format("status {}", status)).when(unplaced).then(pl.lit("in no part"))
    reasons = samples.select(reason.alias("reason"))["reason"]
    return samples.filter(reasons.is_null()), _left(samples, reasons.to_list())


def _left(samples: pl.DataFrame, reasons: Sequence[str | None]) -> list[LeftOut]:
    parts = samples[PART].fill_null("") if PART in samples.columns else pl.repeat("", samples.height, eager=True)
    return [
        LeftOut(sample, uri, reason, part)
        for sample, uri, part, reason in zip(samples["sample_id"], samples["uri"], parts, reasons, strict=True)
        if reason is not None
    ]


def _fitting(kind: Format, flat: FlatLabels, samples: pl.DataFrame) -> FlatLabels:
    """Without the labels that the format cannot hold, and with their number."""
    if kind.unfit is None:
        return flat
    reasons = kind.unfit(flat.rows, samples).alias("reason")
    counted = Counter(flat.left_out) + Counter(dict(reasons.drop_nulls().value_counts().iter_rows()))
    return replace(flat, rows=flat.rows.filter(reasons.is_null()), left_out=dict(sorted(counted.items())))


def _parts(samples: pl.DataFrame, part_column: str | None, provenance: Mapping[str, Any]) -> list[str]:
    """Parts in the certificate's order; without one, by name."""
    if part_column is None:
        return []
    present = samples[PART].unique().sort().to_list()
    named = [part["name"] for part in (origin(provenance).get("split") or {}).get("parts", [])]
    return [*named, *(part for part in present if part not in named)]


def _with_names(
    samples: pl.DataFrame, kind: Format, flat: FlatLabels, parts: dict[str, str], media: str
) -> tuple[pl.DataFrame, list[LeftOut]]:
    folders, reasons = kind.folders(samples, flat.rows, parts)
    fits = pl.Series([reason is None for reason in reasons], dtype=pl.Boolean)
    left = _left(samples, reasons)
    samples = samples.with_columns(pl.Series("folder", folders, dtype=pl.String)).filter(fits)
    if media == "reference":
        return samples.drop("folder").with_columns(pl.col("location").alias("file_name")), left
    columns = (samples[column].to_list() for column in ("uri", "sample_id", "folder", "format"))
    names = file_names(*columns, stems=kind.stems)
    return samples.drop("folder").with_columns(pl.Series("file_name", names, dtype=pl.String)), left


def _placed(
    samples: pl.DataFrame, folder: Path, media: str, progress: Progress | None
) -> tuple[list[File], pl.DataFrame, list[LeftOut]]:
    if media == "reference":
        return [], samples, []
    outcome = list(place(list(_pictures(samples).values()), folder, media=media, progress=progress))
    there = pl.Series([isinstance(one, File) for one in outcome], dtype=pl.Boolean)
    failed = _left(samples, [None if isinstance(one, File) else one for one in outcome])
    return [one for one in outcome if isinstance(one, File)], samples.filter(there), failed


def _pictures(samples: pl.DataFrame) -> dict[int, Picture]:
    rows = samples.select("sample_id", "location", "file_name", "content_hash").iter_rows()
    return {sample: Picture(*row) for sample, *row in rows}


def _some_left(samples: pl.DataFrame, left: Sequence[LeftOut], asked: int) -> None:
    if samples.is_empty():
        reasons = Counter(one.reason for one in left)
        why = "; ".join(f"{n:,} {reason}" for reason, n in reasons.most_common(5))
        raise BadValue(f"Nothing can be exported: of {asked:,} samples {why or 'none is left'}")


def _renamed(samples: pl.DataFrame) -> dict[str, str]:
    return {
        path: uri
        for path, uri in samples.select("file_name", "uri").iter_rows()
        if path.rpartition("/")[2] != uri.rpartition("/")[2]
    }


def _columns(samples: pl.DataFrame) -> pl.DataFrame:
    # Locations are this machine's, and every status is "ok".
    plain = samples.drop("location", "status")
    first = [name for name in _FIRST if name in plain.columns]
    return plain.select(*first, pl.exclude(first))


def _listed(folder: Path, placed: list[File]) -> list[File]:
    """The pictures, and whatever the format has written, by path."""
    known = {file.path: file for file in placed}
    for path in files_under(folder):
        if path not in known:
            digest, length = sha256_of(folder / path)
            known[path] = File(path, length, digest)
    return [known[path] for path in sorted(known)]


def _sealed(folder: Path, kind: Format, manifest: Manifest, contents: Contents) -> Manifest:
    """Count by reading the files back, as `verify` will, have another reader look, and write the manifest."""
    counts = kind.read_back(folder, manifest).counts
    expected = contents.samples.height
    assert counts["samples"] == expected, f"{kind.name} wrote {counts['samples']} of {expected} samples"
    read_by = ""
    if kind.check is not None:
        with contextlib.suppress(ImportError):
            read_by = kind.check(folder, manifest, contents)
    counted = msgspec.structs.replace(manifest, counts=counts, read_by=read_by)
    sealed = msgspec.structs.replace(counted, digest=counted.computed_digest())
    (folder / NAME).write_bytes(sealed.to_json())
    return sealed
