"""The dataset folder: where its tables are, and the file that says which format they have.

    roads.curate/
        curate.json            format version, when and by which Curate it was made
        samples.lance  thumbnails.lance  labels.lance  events.lance  snapshots.lance
        fields/<name>.lance    vectors/<encoder>.lance    pairs/<name>.lance

A local path and an object store's URL (``s3://``, ``gs://``, ``az://``) go through the same code: fsspec for `curate.json` and
listings, Lance for tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa

from curate import errors
from curate.store import migrations, schemas
from curate.store.tables import Table

_KEYS = {
    "samples": "sample_id",
    "thumbnails": "sample_id",
    "labels": "label_id",
    "events": "event_id",
    "snapshots": "name",
}
_SCHEMAS = {
    "samples": schemas.SAMPLES,
    "thumbnails": schemas.THUMBNAILS,
    "labels": schemas.LABELS,
    "events": schemas.EVENTS,
    "snapshots": schemas.SNAPSHOTS,
}


class Folder:
    """The tables of one dataset, at the newest versions or at pinned ones.

    Args:
        location: absolute path or URL of the folder.
        pinned: table name to version, to read the past; a table that is not named did not exist.
    """

    def __init__(self, location: str, *, pinned: dict[str, int] | None = None) -> None:
        self.location = location
        self.pinned = pinned
        self._tables: dict[str, Table] = {}
        self.samples = self.table("samples")
        self.thumbnails = self.table("thumbnails")
        self.labels = self.table("labels")
        self.events = self.table("events")
        self.snapshots = self.table("snapshots")

    def __repr__(self) -> str:
        return f"Folder({self.location!r})"

    @property
    def name(self) -> str:
        """The folder's name without its suffix."""
        return self.location.rstrip("/").rsplit("/", 1)[-1].removesuffix(".curate")

    @property
    def local(self) -> bool:
        """Whether the folder is on a disk."""
        return "://" not in self.location

    @property
    def read_only(self) -> bool:
        """Whether this is the past."""
        return self.pinned is not None

    @classmethod
    def create(cls, path: str | Path, *, demo: Mapping[str, int] | None = None) -> Folder:
        """Make an empty dataset folder.

        Args:
            path: where.
            demo: what the rendered scenes that it will hold were made with; `embed` then takes the demo model.

        Raises:
            DatasetExists: there is something at `path` already.
        """
        location = resolve(path)
        fs, root = fsspec.url_to_fs(location)
        if fs.exists(f"{root}/curate.json"):
            raise errors.DatasetExists(f"There is a dataset at {location}", hint=f"curate.open({str(path)!r}) opens it")
        if fs.exists(root) and fs.ls(root):
            raise errors.DatasetExists(f"There is something at {location}", hint="give the path of a new folder")
        fs.makedirs(root, exist_ok=True)
        from curate import __version__

        about = {
            "format": migrations.FORMAT,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "curate": __version__,
            **({"demo": dict(demo)} if demo else {}),
        }
        folder = cls(location)
        import lance

        for name, schema in _SCHEMAS.items():  # all at once, so that two processes never race to create one
            lance.write_dataset(schema.empty_table(), folder.path(name), mode="create")
        # last: a folder without it is not a dataset, so a killed `create` leaves nothing that looks like one
        with fs.open(f"{root}/curate.json", "w") as file:
            json.dump(about, file, indent=2)
        return folder

    @classmethod
    def open(cls, path: str | Path, *, pinned: dict[str, int] | None = None) -> Folder:
        """Open a dataset folder, migrating an older format.

        Raises:
            DatasetNotFound: no `curate.json` there.
            FormatTooNew: written by a newer Curate.
        """
        location = resolve(path)
        fs, root = fsspec.url_to_fs(location)
        try:
            with fs.open(f"{root}/curate.json", "r") as file:
                about = json.load(file)
        except (FileNotFoundError, NotADirectoryError):
            hint = _near(location) or f"curate.create({str(path)!r}) makes a new one"
            raise errors.DatasetNotFound(f"There is no dataset at {location}", hint=hint) from None
        except json.JSONDecodeError as error:
            raise errors.DatasetNotFound(
                f"{location}/curate.json is not JSON ({error})",
                hint="restore it from a backup; the tables are untouched",
            ) from None
        migrations.migrate(location, about)
        return cls(location, pinned=pinned)

    def about(self) -> dict[str, Any]:
        """What `curate.json` says."""
        fs, root = fsspec.url_to_fs(self.location)
        with fs.open(f"{root}/curate.json", "r") as file:
            found: dict[str, Any] = json.load(file)
        return found

    def path(self, name: str) -> str:
        """Where the table `name` lies, such as ``fields/metadata``."""
        return f"{self.location}/{name}.lance"

    def table(self, name: str, schema: pa.Schema | None = None) -> Table:
        """The table `name`; `schema` is what it is created with if it is not there."""
        if name not in self._tables:
            if name in _SCHEMAS:
                schema, key = _SCHEMAS[name], _KEYS[name]
            else:
                schema, key = schema or pa.schema([pa.field("sample_id", pa.int64(), nullable=False)]), "sample_id"
            # vectors and thumbnails follow from samples and are read at their newest, in the past too
            derived = name == "thumbnails" or name.startswith("vectors/")
            pinned = None if self.pinned is None or derived else self.pinned.get(name, 0)
            self._tables[name] = Table(self.path(name), schema, key, pinned=pinned)
        elif schema is not None and not self._tables[name].exists():
            self._tables[name].schema = schema
        return self._tables[name]

    def fields(self) -> list[str]:
        """Names of the tables under ``fields/``."""
        return self._list("fields")

    def encoders(self) -> list[str]:
        """Names of the tables under ``vectors/``."""
        return self._list("vectors")

    def pairs(self) -> list[str]:
        """The tables of pairs of samples, as `table` takes them."""
        return [f"pairs/{name}" for name in self._list("pairs")]

    def versions(self) -> dict[str, int]:
        """The version of every table: what tells whether anything was written."""
        fields, vectors = (f"fields/{n}" for n in self.fields()), (f"vectors/{n}" for n in self.encoders())
        names = [*_SCHEMAS, *fields, *vectors, *self.pairs()]
        return {name: self.table(name).version() for name in names}

    def must_write(self) -> None:
        """Refuse to write to the past."""
        if self.read_only:
            raise errors.ReadOnly(
                f"{self.name} was opened as it was in the past, and the past cannot be changed",
                hint=f"curate.open({self.location!r}) opens it as it is now",
            )

    def _list(self, kind: str) -> list[str]:
        if self.local:
            try:
                found = sorted(p.name for p in Path(self.location, kind).iterdir())
            except FileNotFoundError:
                return []
        else:
            fs, root = fsspec.url_to_fs(self.location)
            try:
                entries = fs.ls(f"{root}/{kind}", detail=False, refresh=True)
            except FileNotFoundError:
                entries = []
            found = sorted(e.rstrip("/").rsplit("/", 1)[-1] for e in entries)
        names = [name.removesuffix(".lance") for name in found if name.endswith(".lance")]
        return names if self.pinned is None or kind == "vectors" else [n for n in names if f"{kind}/{n}" in self.pinned]


def resolve(path: str | Path) -> str:
    """An absolute path, or the URL as it is, without a slash at the end."""
    text = str(path)
    if re.match(r"^[a-z][a-z0-9+.-]+://", text):
        return text.rstrip("/")
    return str(Path(text).expanduser().absolute())


def _near(location: str) -> str:
    if "://" in location:
        return ""
    import difflib

    parent = Path(location).parent
    try:
        known = [p.name for p in parent.iterdir() if (p / "curate.json").exists()]
    except OSError:
        return f"there is no folder {parent}"
    near = difflib.get_close_matches(Path(location).name, known, n=2, cutoff=0.5)
    return f"did you mean {str(parent / near[0])!r}?" if near else ""
