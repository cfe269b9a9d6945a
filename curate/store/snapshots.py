"""Named moments of a dataset, and the moment before a given time."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pyarrow as pa

from curate import errors
from curate.store import events, schemas
from curate.store.folder import Folder


def take_snapshot(folder: Folder, name: str) -> dict[str, int]:
    """Name the newest version of every table, and keep these versions from being freed.

    Raises:
        BadValue: the name is taken or empty.
    """
    folder.must_write()
    if not name or not isinstance(name, str):
        raise errors.BadValue(f"A snapshot needs a name. Got {name!r}", hint="ds.snapshot('before-cleaning')")
    if name in list_snapshots(folder)["name"].to_list():
        raise errors.BadValue(f"There is a snapshot {name!r} already", hint="give another name; a snapshot never moves")
    # Lance allows letters, digits, '.', '-' and '_' in a tag, and users' names hold anything
    tag = "snapshot-" + name.encode().hex()
    versions = {table: folder.table(table).keep(tag) for table, version in folder.versions().items() if version}
    row = {
        "name": name,
        "time": datetime.now(UTC).replace(tzinfo=None),
        "actor": events.actor(),
        "versions": json.dumps(versions),
    }
    folder.snapshots.append(pa.Table.from_pylist([row], schema=schemas.SNAPSHOTS))
    return versions


def list_snapshots(folder: Folder) -> pl.DataFrame:
    """One row a snapshot: name, time, actor; oldest first."""
    table = Folder(folder.location).snapshots.latest(["name", "time", "actor"])
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def versions_at(folder: Folder, moment: str | datetime) -> dict[str, int]:
    """The version of every table at a snapshot's name or at a time.

    A time is a datetime or text such as ``2026-11-02 10:00``; without a zone it is UTC, as ``ds.history()`` shows times.

    Raises:
        UnknownName: text that is neither a snapshot's name nor a time.
        BadValue: a time before the dataset was created.
    """
    newest = Folder(folder.location)
    if isinstance(moment, str):
        stored = newest.snapshots.latest(["name", "versions"]).to_pylist()
        for row in stored:
            if row["name"] == moment:
                found: dict[str, int] = json.loads(row["versions"])
                return found
        moment = _time(moment, [row["name"] for row in stored])
    time = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    versions = {name: newest.table(name).version_at(time) for name in newest.versions()}
    if not versions.get("samples"):
        raise errors.BadValue(
            f"{newest.name} did not exist at {time:%Y-%m-%d %H:%M:%S} UTC", hint="ds.history() shows its times"
        )
    return {name: version for name, version in versions.items() if version}


def _time(text: str, names: list[str]) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise errors.UnknownName("snapshot", text, names) from None
