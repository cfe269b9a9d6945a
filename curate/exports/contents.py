"""What a format is handed, and what it has to be able to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.exports.labels import KINDS
from curate.exports.manifest import File, Manifest
from curate.exports.media import Pictures

PART = "split"
"""The column of an exported table that names a sample's part."""

GROUP = "split_group"
"""The column that numbers what a split keeps together, near-duplicates included."""


@dataclass(frozen=True)
class Contents:
    """What is to be written.

    Attributes:
        samples: sorted by URI; sample_id, uri, content_hash, width, height, format, the metadata, `PART` where there are
            parts, and `file_name`: the picture's path in the export, or its location where media are only referred to.
        labels: the columns of `labels.SCHEMA`, sorted, only of these samples.
        classes: in the order of their numbers.
        parts: part to folder; empty without parts.
        media: how pictures were placed.
        pictures: for a format that packs them, and None for others.
    """

    samples: pl.DataFrame
    labels: pl.DataFrame
    classes: tuple[str, ...]
    parts: dict[str, str]
    media: str
    pictures: Pictures | None = None


@dataclass(frozen=True)
class Found:
    """What reading an export back gives.

    Attributes:
        counts: numbers that must equal the manifest's.
        samples: one row a sample, with `PART` where there are parts, and the metadata columns that the format keeps.
    """

    counts: dict[str, Any]
    samples: pl.DataFrame


@dataclass(frozen=True)
class Format:
    """One format: where pictures go, what is written beside them, and how it is read back.

    Attributes:
        name: what the user types.
        folders: (samples, labels, parts) to (folder of each sample, reason why a sample cannot be in it or None).
        write: writes everything but the pictures under a folder. What it has hashed while writing it may give back as files;
            what it does not name is read and hashed.
        read_back: reads an export, only through the paths that its manifest lists.
        needs_files: whether it is pointless without the pictures.
        reserved: folders at the top that are the format's own.
        kinds: the label kinds that it can hold; others are left out and counted.
        packs: whether it holds the pictures in files of its own: `write` takes them from `Contents.pictures`, and `media` has
            no say.
        check: (folder, manifest, contents) to the name and version of a reader that we did not write, which has found in the
            files what was meant. Raises `NotVerified` with the first difference, ImportError where that reader is not
            installed. None where no other reader of the format exists.
        extra: of Curate's, that installs that reader.
        unfit: (labels of `SCHEMA`, samples) to why a label cannot be in it, null where it can; such labels are left out and
            counted. None where every label of its kinds fits.
        stems: pictures of a folder may not differ in their suffix alone: their labels stand in files of their names.
    """

    name: str
    folders: Callable[[pl.DataFrame, pl.DataFrame, dict[str, str]], tuple[list[str], list[str | None]]]
    write: Callable[[Path, Contents], list[File] | None]
    read_back: Callable[[Path, Manifest], Found]
    needs_files: bool = False
    reserved: tuple[str, ...] = ()
    kinds: tuple[str, ...] = KINDS
    packs: bool = False
    check: Callable[[Path, Manifest, Contents], str] | None = None
    extra: str = "exports"
    unfit: Callable[[pl.DataFrame, pl.DataFrame], pl.Series] | None = None
    stems: bool = False


def by_part(samples: pl.DataFrame, parts: dict[str, str], *, otherwise: str) -> list[str]:
    """The folder of each sample: its part's, or one for all."""
    return [parts[part] for part in samples[PART]] if parts else [otherwise] * samples.height


def part_counts(samples: pl.DataFrame, parts: dict[str, str]) -> dict[str, int]:
    """Samples in each part, parts without any included."""
    counted = dict(samples[PART].value_counts().iter_rows()) if parts else {}
    return {part: int(counted.get(part, 0)) for part in parts} | {
        str(part): int(n) for part, n in counted.items() if part not in parts
    }


def free_names(frame: pl.DataFrame, taken: tuple[str, ...]) -> pl.DataFrame:
    """Metadata columns whose names a format uses itself become `given_<name>`, as at ingest."""
    return frame.rename({name: f"given_{name}" for name in frame.columns if name in taken})
