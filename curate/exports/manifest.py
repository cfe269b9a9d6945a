"""`manifest.json`: what an export holds and how it came to be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from curate.errors import NotVerified

NAME = "manifest.json"


_FILES = b'\n "files": ['
_NO_FILES = _FILES + b"]"


class File(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One file of an export.

    Attributes:
        path: relative to the export, "/" between its parts.
        bytes: its length; of a symlink, of the content it points to.
        sha256: of its content, 64 hex digits.
        link: "symlink" or "hardlink" where it is one.
    """

    path: str
    bytes: int
    sha256: str
    link: str = ""


class LeftOut(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A sample that was asked for and is not in the export, and why."""

    sample_id: int
    uri: str
    reason: str
    part: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `manifest.json` says. No time is in it: the same samples and labels give the same bytes.

    Attributes:
        format: the format's name.
        curate: the version that wrote it.
        media: "copy", "hardlink", "symlink" or "reference".
        resize: the longest side, or width and height, in pixels, where pictures were resized.
        encode: the format that pictures were encoded in, where that was asked for.
        query: the recipe of the view, as data; `python` is the same as code.
        snapshot: the versions of the dataset's tables; of its events the last one that was no export.
        encoder: model and weights that the query used.
        split: the certificate, as it was when the split was made.
        parts: the parts in their order, and their folders.
        classes: names of the classes, in the order of their numbers.
        class_map: the dataset's classes and what they are called here, where that was asked for.
        counts: what `verify` finds again by reading the files.
        left_out: samples that are not in it.
        labels_left_out: reason to number of labels that are not in it.
        renamed: path in the export to the URI whose name it could not keep.
        read_by: name and version of the reader, not ours, that found in it what was meant; empty where none did.
        files: every file but this one.
        digest: SHA-256 of this manifest without `digest`; tells a damaged or edited one.
    """

    format: str
    curate: str
    media: str
    resize: int | list[int] | None = None
    encode: str | None = None
    query: Any = None
    python: str | None = None
    snapshot: Any = None
    encoder: Any = None
    split: Any = None
    provenance: dict[str, Any] = {}
    parts: dict[str, str] = {}
    classes: list[str] = []
    class_map: dict[str, str] = {}
    counts: dict[str, Any] = {}
    left_out: list[LeftOut] = []
    labels_left_out: dict[str, int] = {}
    renamed: dict[str, str] = {}
    read_by: str = ""
    files: list[File] = []
    digest: str = ""

    def to_json(self) -> bytes:
        """This manifest as JSON that people can read, a line a file, with its digest."""
        head = msgspec.structs.replace(self, files=[], digest=self.computed_digest())
        begin, end = msgspec.json.format(msgspec.json.encode(head), indent=1).split(_NO_FILES)
        text = bytearray(begin + _FILES)
        for i, file in enumerate(self.files):
            text += b",\n  " if i else b"\n  "
            text += msgspec.json.encode(file)
        text += b"\n ]" if self.files else b"]"
        text += end + b"\n"
        return bytes(text)

    def computed_digest(self) -> str:
        """What `digest` has to be."""
        return _digest(msgspec.structs.replace(self, digest=""))


def _digest(manifest: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(manifest, order="sorted")).hexdigest()


PROVENANCE = ("query", "python", "snapshot", "encoder", "split")


def origin(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest's fields that say how an export came to be; what has no field of its own goes to `provenance`."""
    plain = {key: _plain(value) for key, value in provenance.items()}
    fields: dict[str, Any] = {key: plain[key] for key in PROVENANCE if key in plain}
    return fields | {"provenance": {key: value for key, value in plain.items() if key not in PROVENANCE}}


def _plain(value: Any) -> Any:
    # Through JSON and back: what is written is then what is read, tuples and times included. A query knows its own form.
    if callable(own := getattr(value, "to_json", None)):
        return msgspec.json.decode(own())
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=str))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export.

    Raises:
        NotVerified: there is none, it cannot be read, or it was changed.
    """
    try:
        text = (folder / NAME).read_bytes()
        manifest = msgspec.json.decode(text, type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise NotVerified(f"{str(folder)!r} holds no {NAME}", hint="give the folder that export() wrote") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        raise NotVerified(f"{str(folder / NAME)!r} cannot be read: {error}", hint="export again") from error
    # From the text and not from the manifest: an earlier version of Curate wrote other fields.
    if manifest.digest != _digest(msgspec.json.decode(text) | {"digest": ""}):
        raise NotVerified(f"{str(folder / NAME)!r} was changed after the export", hint="export again")
    return manifest


def sha256_of(path: Path) -> tuple[str, int]:
    """SHA-256 in hex and length of a file's content; a symlink is followed."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()
