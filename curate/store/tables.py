"""One append-only Lance table: append, the latest rows by key, rows by offset, compaction.

Appends never conflict in Lance, so any number of processes write the same table at once. Creating it can conflict, and the
loser appends. A compaction and an append would not conflict either, but then the older rows stand behind the newer one, and win
over it; so on a disk one waits for the other, and on an object store the compaction that was too late is left.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

# Reading slows down with the number of fragments; past this many they are merged.
COMPACT_PAST = 100


class Table:
    """A table of the dataset folder, which may not exist yet.

    Args:
        location: path or URL of the Lance dataset.
        schema: what it is created with.
        key: the column whose latest row wins.
        pinned: a version to stay at; None follows the newest, 0 says that the table did not exist.
    """

    def __init__(self, location: str, schema: pa.Schema, key: str, *, pinned: int | None = None) -> None:
        self.location = location
        self.schema = schema
        self.key = key
        self.pinned = pinned
        self._open: Any = None

    def __repr__(self) -> str:
        return f"Table({self.location!r}, key={self.key!r})"

    def version(self) -> int:
        """The newest version (or the pinned one); 0 where the table does not exist yet."""
        if self.pinned is not None:
            return int(self.pinned)
        dataset = self._dataset()
        return 0 if dataset is None else int(dataset.latest_version)

    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.version() > 0

    def metadata(self) -> dict[bytes, bytes]:
        """The key-value metadata of the schema as stored."""
        dataset = self._newest()
        return dict(dataset.schema.metadata or {}) if dataset is not None else dict(self.schema.metadata or {})

    def stored_schema(self) -> pa.Schema:
        """The schema as stored; columns may have been added since it was created."""
        dataset = self._newest()
        return self.schema if dataset is None else dataset.schema

    def fixed(self) -> Table:
        """This table as it is now: its rows keep their numbers, whatever is appended or compacted later."""
        dataset = self._newest()
        table = Table(self.location, self.schema, self.key, pinned=0 if dataset is None else int(dataset.version))
        table._open = dataset
        return table

    def layout(self) -> tuple[str, ...]:
        """The files of the rows in their order: where another layout begins with these, its rows do, too."""
        dataset = self._newest()
        fragments = () if dataset is None else dataset.get_fragments()
        return tuple(str(file.path) for fragment in fragments for file in fragment.data_files())

    def append(self, rows: pa.Table) -> int:
        """Add `rows`; all of them are visible, or none. Returns the number of rows."""
        import lance

        if rows.num_rows == 0:
            return 0
        if self._dataset() is None:
            with contextlib.suppress(OSError):  # somebody else has created it: append to theirs
                lance.write_dataset(self.schema.empty_table(), self.location, mode="create")
        with self._held(alone=False):
            lance.write_dataset(rows, self.location, mode="append")
        dataset = self._newest()
        if dataset is not None and len(dataset.get_fragments()) > COMPACT_PAST:
            self.compact()
        return int(rows.num_rows)

    def add_columns(self, fields: list[pa.Field]) -> None:
        """Add nullable columns that are not there yet; rows written before have null in them."""
        for attempt in range(10):
            dataset = self._own()
            missing = [f for f in fields if dataset is not None and f.name not in dataset.schema.names]
            if not missing:
                return
            try:
                dataset.add_columns(pa.schema(missing))
            except (OSError, RuntimeError, ValueError):
                # another writer was quicker; look again at what is missing
                if attempt == 9:
                    raise

    def read(self, columns: list[str] | None = None, *, since: int = 0) -> pa.Table:
        """All rows in the order of writing, from row number `since` on."""
        dataset = self._newest()
        if dataset is None:
            schema = self.schema if columns is None else pa.schema([self.schema.field(c) for c in columns])
            return schema.empty_table()
        wanted = [field for field in self.schema if columns is None or field.name in columns]
        younger = [field for field in wanted if field.name not in dataset.schema.names]
        stored = columns if columns is None else [name for name in columns if name in dataset.schema.names]
        table = dataset.to_table(columns=stored, offset=since or None)
        for field in younger:  # a version from before the table had this column
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        table = table if columns is None or not younger else table.select(columns)
        return table.replace_schema_metadata(None)

    def latest(self, columns: list[str] | None = None) -> pa.Table:
        """The latest row of each key, in the order in which the keys first came."""
        names = None if columns is None or self.key in columns else [self.key, *columns]
        table = self.read(names if names is not None else columns)
        order = latest_rows(table.column(self.key))
        table = table if order is None else table.take(pa.array(order))
        return table if columns is None else table.select(columns)

    def batches(self, columns: list[str], *, size: int = 65_536) -> Any:
        """Record batches in the order of writing, one at a time, so that a large table is never in memory whole."""
        dataset = self._newest()
        return iter(()) if dataset is None else dataset.to_batches(columns=columns, batch_size=size)

    def take(self, offsets: np.ndarray, columns: list[str]) -> pa.Table:
        """The rows with these numbers (int64, as in `read`), in that order."""
        dataset = self._newest()
        assert dataset is not None
        return dataset.take(offsets, columns=columns)

    def count(self) -> int:
        """Rows written, older rows of the same key included."""
        dataset = self._newest()
        return 0 if dataset is None else int(dataset.count_rows())

    def overwrite(self, rows: pa.Table) -> None:
        """Put `rows` with their schema in place of all there are, in one commit. Older versions stay readable."""
        import lance

        if self._dataset() is None:  # Lance warns of an overwrite that has nothing to write over
            with contextlib.suppress(OSError):  # somebody else has created it meanwhile
                lance.write_dataset(rows, self.location, mode="create")
                return
        # one after the other, since Lance refuses a commit that meets another one
        with self._held(alone=True):
            for attempt in range(10):
                try:
                    lance.write_dataset(rows, self.location, mode="overwrite")
                except OSError as error:  # there is no lock on this disk, and somebody was quicker
                    if attempt == 9 or "conflict" not in str(error):
                        raise
                else:
                    return

    def replace(self, rows: pa.Table) -> None:
        """Put `rows` in place of all there are, in one commit, and free every older version (`purge` only)."""
        import lance

        lance.write_dataset(rows, self.location, mode="overwrite")
        self._forget_everything_older()

    def delete(self, condition: str) -> None:
        """Take the rows out that meet an SQL `condition`, and every older version that still holds them (`purge` only)."""
        dataset = self._own()
        if dataset is None:
            return
        dataset.delete(condition)
        self.compact()
        self._forget_everything_older()

    def _forget_everything_older(self) -> None:
        dataset = self._own()
        for tag in dataset.tags.list():
            dataset.tags.delete(tag)
        dataset.cleanup_old_versions(older_than=timedelta(0), delete_unverified=True)

    def compact(self) -> None:
        """Merge small fragments. Older versions, and with them snapshots, stay readable."""
        from lance.optimize import Compaction

        if self._dataset() is None:
            return
        # Lance refuses a compaction that meets another one: then it is being done.
        with self._held(alone=True), contextlib.suppress(OSError, RuntimeError):
            dataset = self._own()
            plan = Compaction.plan(dataset, {"materialize_deletions_threshold": 0.0})
            rewritten = [task.execute(dataset) for task in plan.tasks]
            if rewritten and dataset.latest_version == dataset.version:
                Compaction.commit(dataset, rewritten)

    @contextlib.contextmanager
    def _held(self, *, alone: bool) -> Iterator[None]:
        """Keep compactions (or, `alone`, appends too) of other processes and threads waiting, where the disk can lock."""
        try:
            import fcntl

            held = os.open(self.location, os.O_RDONLY)
        except (ImportError, OSError):  # Windows; an object store
            yield
            return
        try:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(held, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield
        finally:
            os.close(held)

    def forget_old_versions(self) -> None:
        """Free the space of superseded versions, those of snapshots excepted. For derived tables only."""
        dataset = self._own()
        if dataset is not None:
            dataset.cleanup_old_versions(older_than=timedelta(hours=1), error_if_tagged_old_versions=False)

    def keep(self, tag: str) -> int:
        """Protect the newest version under the name `tag` and return its number; 0 where there is no table."""
        dataset = self._own()
        if dataset is None:
            return 0
        version = int(dataset.version)
        dataset.tags.create(tag, version)
        return version

    def version_at(self, time: datetime) -> int:
        """The version that was the newest at `time` (timezone-aware); 0 where the table did not exist."""
        dataset = self._dataset()
        if dataset is None:
            return 0
        # Lance gives naive local times
        known = [v["version"] for v in dataset.versions() if v["timestamp"].timestamp() <= time.timestamp()]
        return int(max(known, default=0))

    def _dataset(self) -> Any:
        import lance

        if self._open is None and self.pinned != 0:
            try:
                self._open = lance.dataset(self.location, version=self.pinned)
            except ValueError as error:
                if "not found" not in str(error).lower():
                    raise
        return self._open

    def _newest(self) -> Any:
        """What is there now, to be read. Several threads may read one dataset of Lance; none may change it in place."""
        dataset = self._dataset()
        if dataset is not None and self.pinned is None and dataset.version != (newest := dataset.latest_version):
            dataset = self._open = dataset.checkout_version(newest)
        return dataset

    def _own(self) -> Any:
        """The same for whoever changes it, whom no other thread reads from meanwhile."""
        import lance

        return None if self._dataset() is None else lance.dataset(self.location)


def latest_rows(keys: pa.ChunkedArray | pa.Array) -> np.ndarray | None:
    """Row numbers (int64) of the last row of each key, ordered by the first row of each key; None if keys are unique.

    >>> latest_rows(pa.array([7, 8, 7, 9])).tolist()
    [2, 1, 3]
    """
    if pa.types.is_integer(keys.type):
        values = keys.to_numpy()
    else:
        encoded = keys.dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        values = encoded.indices.to_numpy()
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.empty(0, np.int64)
    if len(starts) == len(values):
        return None
    ends = np.r_[starts[1:], len(ordered)] - 1
    first, last = order[starts], order[ends]
    rows: np.ndarray = last[np.argsort(first, kind="stable")]
    return rows
