"""Named moments of a dataset, and the moment before a given time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

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
        BadValue: a time before the dataset was created, before a purge that erased the past, or that has not come yet.
    """
    newest = Folder(folder.location)
    named = _named(newest, moment)
    if named is not None:
        found: dict[str, int] = json.loads(named["versions"])
        return found
    time = time_of(newest, moment)
    told = f"{time:%Y-%m-%d %H:%M:%S} UTC"
    if time > datetime.now(UTC):
        raise errors.BadValue(f"{told} has not come yet", hint="a time without a zone is UTC, as in ds.history()")
    versions = {name: newest.table(name).version_at(time) for name in newest.versions()}
    if not versions.get("samples"):
        purges = _purges_since(newest, time)
        if purges:
            raise errors.BadValue(
                f"A purge has erased what {newest.name} was at {told}",
                hint=f"the past begins with {purges[-1]:%Y-%m-%d %H:%M:%S} UTC",
            )
        raise errors.BadValue(f"{newest.name} did not exist at {told}", hint="ds.history() shows its times")
    return {name: version for name, version in versions.items() if version}


def time_of(folder: Folder, moment: str | datetime) -> datetime:
    """The time (UTC) of a snapshot's name, or of what says a time.

    Raises:
        UnknownName: text that is neither a snapshot's name nor a time.
        BadValue: neither text nor a datetime.
    """
    named = _named(folder, moment)
    if named is not None:
        moment = named["time"]
    elif isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            names = list_snapshots(folder)["name"].to_list()
            hint = "" if names else "a time is written 2026-11-02 10:00; ds.snapshot() names a moment"
            raise errors.UnknownName("snapshot", str(moment), names, hint=hint) from None
    if not isinstance(moment, datetime):
        raise errors.BadValue(
            f"A moment is a snapshot's name or a time. Got {moment!r}", hint="'v1', '2026-11-02 10:00' or a datetime"
        )
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _named(folder: Folder, moment: str | datetime) -> dict[str, Any] | None:
    """The snapshot of that name."""
    if not isinstance(moment, str):
        return None
    stored = Folder(folder.location).snapshots.latest(["name", "time", "versions"]).to_pylist()
    return next((row for row in stored if row["name"] == moment), None)


def _purges_since(folder: Folder, time: datetime) -> list[datetime]:
    rows = folder.events.read(["action", "time"]).to_pylist()
    return sorted(r["time"] for r in rows if r["action"] == "purge" and r["time"].replace(tzinfo=UTC) > time)
