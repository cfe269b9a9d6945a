"""What Curate leaves in a FiftyOne dataset about what it wrote there, so that it comes back as what it was.

It stands in `info["curate"]` of the dataset. Whoever reads it does not trust it: what does not fit is as if it were not there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

KEY = "curate"


class LabelNote(msgspec.Struct, frozen=True):
    """What the labels of a field there are here."""

    field: str
    source: str | None = None
    source_kind: str = ""


class SplitNote(msgspec.Struct, frozen=True):
    """A split: the tag of each part, and the payload of its event as JSON (empty where it does not go along)."""

    tags: dict[str, str]
    payload: str = ""


class Note(msgspec.Struct, frozen=True):
    """Names there, and what they are here.

    Attributes:
        columns: field to column, where it is no label field.
        places: field of a place on the earth to the columns of its longitude and latitude.
        measured: fields that hold what ingest measures.
        labels: label field to what its labels are.
        splits: by name.
        encoders: brain key to the encoder's description (`EncoderInfo`) as JSON.
        origin: of the samples, where all have the same.
    """

    columns: dict[str, str] = {}
    places: dict[str, tuple[str, str]] = {}
    measured: list[str] = []
    labels: dict[str, LabelNote] = {}
    splits: dict[str, SplitNote] = {}
    encoders: dict[str, str] = {}
    origin: str = ""

    def to_builtins(self) -> dict[str, Any]:
        """As plain data."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def note_of(info: Any) -> Note:
    """The note in a dataset's `info`; an empty one where there is none, or none that fits.

    >>> note_of({"curate": {"columns": 3}})
    Note(columns={}, places={}, measured=[], labels={}, splits={}, encoders={}, origin='')
    """
    try:
        return msgspec.convert(json.loads(json.dumps(info[KEY])), Note)
    except (KeyError, TypeError, ValueError, msgspec.ValidationError):
        return Note()


def part_tags(splits: Mapping[str, Collection[str]], tags: Collection[str]) -> dict[str, dict[str, str]]:
    """A tag for each part of each split: the part's name, with the split's in front where that would say two things.

    Args:
        splits: name to its parts.
        tags: those that samples carry anyway.

    >>> part_tags({"v1": ["train", "val"]}, ["val"])
    {'v1': {'train': 'train', 'val': 'v1:val'}}
    """
    parts = [part for named in splits.values() for part in named]
    return {
        name: {part: part if parts.count(part) == 1 and part not in tags else f"{name}:{part}" for part in named}
        for name, named in splits.items()
    }
