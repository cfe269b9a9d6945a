"""Older dataset folders are brought to today's format when they are opened; newer ones are refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import fsspec

from curate import errors
from curate.store import schemas
from curate.store.tables import Table

FORMAT = 2


def _add_columns(location: str) -> None:
    """What ingest measures and labels say since format 2: columns without values in older rows."""
    for name, schema, key in (("samples", schemas.SAMPLES, "sample_id"), ("labels", schemas.LABELS, "label_id")):
        Table(f"{location}/{name}.lance", schema, key).add_columns(list(schema))


# From format k to k + 1; each must be able to run again after a kill, since the number is written last.
STEPS: dict[int, Callable[[str], None]] = {1: _add_columns}


def migrate(location: str, about: dict[str, Any]) -> None:
    """Bring the folder at `location`, whose `curate.json` says `about`, to `FORMAT`.

    Raises:
        FormatTooNew: it was written by a newer Curate.
    """
    found = about.get("format")
    if not isinstance(found, int) or found < 1:
        raise errors.DatasetNotFound(
            f"{location}/curate.json names no format version (found {found!r})", hint="it may not be a Curate dataset"
        )
    if found > FORMAT:
        raise errors.FormatTooNew(
            f"{location} has format {found}; this Curate reads up to {FORMAT}",
            hint="pip install --upgrade curate-jupyter",
        )
    while found < FORMAT:
        STEPS[found](location)
        found += 1
        _write(location, {**about, "format": found})


def _write(location: str, about: dict[str, Any]) -> None:
    fs, root = fsspec.url_to_fs(location)
    target = f"{root}/curate.json"
    if "://" in location:
        with fs.open(target, "w") as file:
            json.dump(about, file, indent=2)
        return
    with open(f"{target}.new", "w") as file:
        json.dump(about, file, indent=2)
    os.replace(f"{target}.new", target)
