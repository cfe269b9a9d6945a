"""The session: one sealed DuckDB in the kernel, aligned with the dataset folder by position.

``samples`` is one wide row a sample (what ingest measured, the columns of every field, split columns, tags); its row number is
the sample's **position**, 0…n-1, in the order in which samples first came. ``labels``, ``events`` and ``slices`` stand beside it.

The DuckDB is sealed (no files, no settings, no Python objects), so SQL that came with somebody's slice reads this dataset and
nothing else. Every thread has its own cursor, since widget callbacks come on other threads.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from curate import errors
from curate.store import events, schemas
from curate.store.folder import Folder
from curate.store.hunts import HuntLog, fold, one_each
from curate.store.log import EventLog, grouped
from curate.store.tables import latest_rows

_SEAL = {"enable_external_access": "false", "python_enable_replacements": "false", "lock_configuration": "true"}

# On an object store a look costs requests, and a query does not wait for them more often than this.
REMOTE_LOOK_SECONDS = 2.0


class Session:
    """The queryable state of a dataset folder, refreshed when any process has written to it.

    Attributes:
        version: grows whenever something that a query can see has changed.
        generation: grows when a position stands for another sample or other content than before.
        wide_version: grows when the wide table was read again, so that metadata may differ; tags alone do not grow it.
        lock: held while a query runs, so that no other thread's refresh changes positions under it.
        sample_ids: (n,) int64 by position.
        content: (n,) int64 by position, which content each sample has (`curate.store.ids.content_key`).
        readable: (n,) bool by position, whether the picture could be read.
        filters: masks ((n,) bool by position) of filters that ran on this version (`curate.search.evaluation`).
        scores: (n,) float32 and (n,) bool that searches gave on this version, likewise.
        tags: tag to (m,) int64 sample ids, sorted.
        splits, joins, slices: name to the payload of the latest event of that name, and who wrote it when.
        hunts: name to the event that began the hunt; `hunt_log` folds what followed.
        log: all events, oldest first, without the ids they touched (`members_of_events` reads those): event_id, action, actor,
            time, notebook, count, payload (a dict), undone and row.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.version = 0
        self.generation = 0
        self.wide_version = 0
        self.sample_ids = np.empty(0, np.int64)
        self.content = np.empty(0, np.int64)
        self.readable = np.empty(0, bool)
        self.tags: dict[str, np.ndarray] = {}
        self.log: list[dict[str, Any]] = []
        self.splits: dict[str, dict[str, Any]] = {}
        self.joins: dict[str, dict[str, Any]] = {}
        self.slices: dict[str, dict[str, Any]] = {}
        self.roots: dict[str, str] = {}
        self.hunts: dict[str, dict[str, Any]] = {}
        self.dtypes: dict[str, str] = {}
        self.filters: dict[Any, np.ndarray] = {}
        self.scores: dict[Any, tuple[np.ndarray, np.ndarray]] = {}
        self._order: np.ndarray | None = None
        self._sorted = np.empty(0, np.int64)
        self._seen: dict[str, int] = {}
        self._retracted: set[str] = set()
        self._events = EventLog(folder.events)
        self._members: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._looked = 0.0
        self._watchers: list[weakref.WeakMethod[Callable[[], None]]] = []
        self.lock = threading.RLock()
        self._local = threading.local()
        self._connection = duckdb.connect(":memory:")
        for name, value in _SEAL.items():
            self._connection.execute(f"SET {name} = {value}")
        self.refresh()

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.sample_ids)

    @property
    def columns(self) -> list[str]:
        """The columns that a query may name, as users see them."""
        return [c for c in self.dtypes if c != "position"]

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._connection.cursor()
        return cursor

    def read(self, sql: str, params: Sequence[Any] | None = None) -> pl.DataFrame:
        """The rows of one of Curate's own statements."""
        return read(self.cursor(), sql, params)

    @contextmanager
    def relation(self, name: str, table: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
        """A fresh cursor that sees `table` under `name` for the time of a query."""
        cursor = self._connection.cursor()
        try:
            cursor.register(name, table)
            yield cursor
        finally:
            cursor.close()

    def refresh(self, *, now: bool = True) -> bool:
        """Read what has been written since the last look. Returns whether anything has.

        Args:
            now: look, even if the last look at a remote folder was a moment ago.
        """
        with self.lock:
            if not now and not self.folder.local and time.monotonic() - self._looked < REMOTE_LOOK_SECONDS:
                return False
            self._looked = time.monotonic()
            found = self.folder.versions()
            if found == self._seen:
                return False
            changed = {name for name in found if found[name] != self._seen.get(name)} | (set(self._seen) - set(found))
            wide = any(name == "samples" or name.startswith("fields/") for name in changed) or not self._seen
            log = "events" in changed or not self._seen
            reviewing = False
            if log:
                # before samples: split columns are part of the wide row
                columns, reviewing = self._load_events()
                wide = columns or wide
            if wide:
                self._load_samples()
            if wide or (log and not reviewing):
                self._load_tags()
            if wide or log:
                self._load_log()
            retracted = events.retracted_runs(self.log)
            if "labels" in changed or retracted != self._retracted or not self._seen:
                self._load_labels(retracted)
            self._seen = found
            # answers are in no column: a review of thousands would else score everything anew after each
            if not reviewing or changed != {"events"}:
                self.filters.clear()
                self.scores.clear()
                self.version += 1
            self._tell()
            return True

    def watch(self, callback: Callable[[], None]) -> None:
        """Call a bound method after every refresh that changed something; its object is held weakly.

        It is called while the lock is held, by whichever thread refreshed: it must return at once and ask nothing.
        """
        with self.lock:
            self._watchers.append(weakref.WeakMethod(callback))

    def _tell(self) -> None:
        self._watchers = [held for held in self._watchers if held() is not None]
        for held in self._watchers:
            if (callback := held()) is not None:
                callback()

    def positions_of(self, ids: Iterable[int]) -> np.ndarray:
        """Positions (int64) of these sample ids; -1 for one that is not there."""
        wanted = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), dtype=np.int64)
        if self.n == 0 or len(wanted) == 0:
            return np.full(len(wanted), -1, np.int64)
        run = self._as_a_run(wanted)
        if run is not None:
            return run
        with self.lock:
            if self._order is None:
                self._order = np.argsort(self.sample_ids, kind="stable")
                self._sorted = self.sample_ids[self._order]
        # needles in order keep the binary search in the cache: a million take 0.2 s instead of 1.0 s
        needles = np.argsort(wanted)
        found = np.empty(len(wanted), np.int64)
        found[needles] = self._order[np.searchsorted(self._sorted, wanted[needles]).clip(max=self.n - 1)]
        return np.where(self.sample_ids[found] == wanted, found, -1)

    def _as_a_run(self, wanted: np.ndarray) -> np.ndarray | None:
        """Positions of ids that stand next to each other here as they do there, as those of derived tables mostly do."""
        if len(wanted) < 1000:
            return None
        first = np.flatnonzero(self.sample_ids == wanted[0])
        if len(first) and np.array_equal(self.sample_ids[first[0] : first[0] + len(wanted)], wanted):
            return np.arange(first[0], first[0] + len(wanted))
        return None

    # -- loading ------------------------------------------------------------------------------------------------------

    def _load_samples(self) -> None:
        table = self.folder.samples.latest()
        ids = np.ascontiguousarray(table.column("sample_id").to_numpy())
        content = _content(table.column("content_hash"))
        held = len(self.sample_ids)
        if not (np.array_equal(self.sample_ids, ids[:held]) and np.array_equal(self.content, content[:held])):
            self.generation += 1
        self.sample_ids, self.content, self._order = ids, content, None
        self.readable = np.asarray(pc.equal(table.column("status"), "ok").to_numpy(zero_copy_only=False), bool)
        if table.column("video_frame").null_count == table.num_rows:
            table = table.drop_columns(["video_frame"])
        joined = {join["table"] for join in self.joins.values()}
        for name in self.folder.fields():
            if name in joined or not name.startswith(schemas.JOINED):
                table = self._join_field(table, name)
        for name, split in self.splits.items():
            table = table.append_column(name, self._split_column(split))
        table = _without_nan(table)
        table = table.append_column("position", pa.array(np.arange(table.num_rows, dtype=np.int32)))
        with self.relation("incoming", table) as cursor:
            cursor.execute("CREATE OR REPLACE TABLE wide AS SELECT * FROM incoming")
        self.wide_version += 1

    def _join_field(self, table: pa.Table, name: str) -> pa.Table:
        field = self.folder.table(f"fields/{name}").read()
        keys = field.column("sample_id")
        last = latest_rows(keys)
        rows = np.arange(field.num_rows) if last is None else last
        at = self.positions_of(keys.to_numpy()[rows])
        holds = at >= 0
        if "content" in field.column_names and schemas.INTERNAL in (field.schema.field("content").metadata or {}):
            # what was said of other content than the sample has now is not said of it
            holds &= self.content[at] == field.column("content").to_numpy()[rows]
        row_of = np.full(self.n, -1, np.int64)
        row_of[at[holds]] = rows[holds]
        indices = pa.array(row_of, mask=row_of < 0)
        for column in field.column_names:
            if column != "sample_id" and schemas.INTERNAL not in (field.schema.field(column).metadata or {}):
                values = field.column(column)
                values = values if np.array_equal(row_of, np.arange(field.num_rows)) else values.take(indices)
                if column in table.column_names:  # two runs wrote the same column: the later table wins
                    table = table.drop_columns([column])
                table = table.append_column(column, values)
        return table

    def _split_column(self, split: Mapping[str, Any]) -> pa.Array:
        names = split["parts"]
        ids, codes = self.event_members(split["row"])
        at = self.positions_of(ids)
        column = np.full(self.n, -1, np.int32)
        column[at[at >= 0]] = codes[at >= 0]
        return pa.DictionaryArray.from_arrays(pa.array(column, mask=column < 0), pa.array(names)).cast(pa.string())

    def event_members(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Sample ids (int64) and codes (int16, empty where there are none) of the event in row `row` of the log.

        A code is the part of the sample in a split, or the bits of the tags that changed.
        """
        with self.lock:
            return self._events.members_of([row])[0]

    def members_of_events(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """`event_members` of several rows of the log, one after the other; read many at a time."""
        for group in grouped(rows):
            with self.lock:
                members = self._events.members_of([row["row"] for row in group])
            yield from members

    def hunt_log(self, hunt: str) -> HuntLog:
        """What has happened in the hunt that the event `hunt` began."""
        with self.lock:
            begun = next((h["begun"] for h in self.hunts.values() if hunt in h["begun"]), [hunt])
            rows = [r for r in self.log if r["action"] in events.OF_A_HUNT and r["payload"].get("hunt") in begun]
            unread = [r for r in rows if r["event_id"] not in self._members]
            for row, members in zip(unread, self._events.members(unread), strict=True):
                self._members[row["event_id"]] = members
            return fold(rows, [self._members[r["event_id"]] for r in rows])

    def _load_events(self) -> tuple[bool, bool]:
        """Fold the new events in. Returns whether a column of the wide row changed, and whether all are about reviews."""
        new = self._events.refresh()
        self.log = self._events.rows
        gone = events.undone(*_columns(self.log, "event_id", "action", "payload"))
        for row in self.log:
            row["undone"] = row["event_id"] in gone
        reviewing = bool(new) and self._about_reviews(new)
        undoing = any(row["action"] in {"undo", "purge"} for row in new)
        again = undoing and not reviewing
        if again:
            self._members.clear()
        if again or self._crossed(new):
            self.tags = {}
            self._fold_tags(self.log)
        else:
            self._fold_tags(new)
        splits, slices, joins = (
            {r["payload"]["name"]: {**r["payload"], "row": r["row"], **_who(r)} for r in self._standing(action)}
            for action in ("split", "slice", "join")
        )
        roots = {r["payload"]["name"]: r["payload"]["location"] for r in self._standing("root")}
        self.hunts = one_each([{**r["payload"], "row": r["row"], **_who(r)} for r in self._standing("hunt")])
        changed = splits != self.splits or joins != self.joins
        self.splits, self.slices, self.joins, self.roots = splits, slices, joins, roots
        return changed, reviewing

    def _about_reviews(self, new: Sequence[Mapping[str, Any]]) -> bool:
        """Whether these events say something of reviews only, or take back what did."""
        if not all(row["action"] in {*events.OF_A_REVIEW, "undo"} for row in new):
            return False
        by_id = {row["event_id"]: row for row in self.log}
        for row in new:
            while row["action"] == "undo":
                row = by_id[row["payload"]["event"]]  # noqa: PLW2901 - along the chain of undos
            if row["action"] not in events.OF_A_REVIEW:
                return False
        return True

    def _standing(self, action: str) -> Iterator[dict[str, Any]]:
        return (row for row in self.log if row["action"] == action and not row["undone"])

    def _crossed(self, new: Sequence[Mapping[str, Any]]) -> bool:
        """Whether a new event of another process was written before one that is folded and says the opposite."""
        tagging = [row for row in new if row["action"] in {"tag", "untag"}]
        for row in reversed(self.log):
            if not tagging or row["event_id"] < tagging[0]["event_id"]:
                return False
            if row["action"] in {"tag", "untag"}:
                tags = set(row["payload"]["tags"])
                if any(other["action"] != row["action"] and tags & set(other["payload"]["tags"]) for other in tagging):
                    return True
        return False

    def _fold_tags(self, rows: Iterable[Mapping[str, Any]]) -> None:
        standing = [row for row in rows if row["action"] in {"tag", "untag"} and not row["undone"]]
        for row, (members, codes) in zip(standing, self._events.members(standing), strict=True):
            for bit, tag in enumerate(row["payload"]["tags"]):
                # bit i of a code says that tag i changed; without codes all of them did
                ids = members[(codes >> bit) & 1 == 1] if len(codes) else members
                held = self.tags.get(tag, np.empty(0, np.int64))
                held = np.union1d(held, ids) if row["action"] == "tag" else np.setdiff1d(held, ids)
                if len(held):
                    self.tags[tag] = held
                else:
                    self.tags.pop(tag, None)

    def _load_tags(self) -> None:
        names, positions = [], []
        for tag, ids in self.tags.items():
            at = self.positions_of(ids)
            at = at[at >= 0].astype(np.int32)
            positions.append(at)
            names.append(
                pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(at), np.int32)), pa.array([tag])).cast(pa.string())
            )
        table = pa.table(
            {
                "position": pa.array(np.concatenate(positions) if positions else np.empty(0, np.int32)),
                "tag": pa.concat_arrays(names) if names else pa.array([], pa.string()),
            }
        )
        with self.relation("incoming", table) as cursor:
            cursor.execute(
                "CREATE OR REPLACE TABLE taglists AS "
                "SELECT position, list(tag ORDER BY tag) AS tags FROM incoming GROUP BY position ORDER BY position"
            )
            cursor.execute(
                "CREATE OR REPLACE VIEW samples AS SELECT w.*, coalesce(t.tags, []) AS tags "
                "FROM wide w LEFT JOIN taglists t USING (position)"
            )
            described = cursor.execute("DESCRIBE samples").fetchall()
        self.dtypes = {row[0]: row[1] for row in described}

    def _load_labels(self, retracted: set[str]) -> None:
        labels = self.folder.labels.latest()
        if retracted:
            labels = labels.filter(pc.invert(pc.is_in(labels.column("run"), pa.array(sorted(retracted)))))
        self._retracted = retracted
        with self.relation("incoming", labels) as cursor:
            cursor.execute("CREATE OR REPLACE TABLE labels AS SELECT * FROM incoming")

    def _load_log(self) -> None:
        slices = pa.table(
            {
                "name": pa.array([s["name"] for s in self.slices.values()], pa.string()),
                "count": pa.array([s["count"] for s in self.slices.values()], pa.int64()),
                "note": pa.array([s.get("note", "") for s in self.slices.values()], pa.string()),
                "actor": pa.array([s["actor"] for s in self.slices.values()], pa.string()),
                "time": pa.array([s["time"] for s in self.slices.values()], pa.timestamp("us")),
                "query": pa.array([s["query"] for s in self.slices.values()], pa.string()),
            }
        )
        with self.relation("incoming", slices) as cursor:
            cursor.execute("CREATE OR REPLACE TABLE slices AS SELECT * FROM incoming")
        with self.relation("incoming", self.history().to_arrow()) as cursor:
            cursor.execute("CREATE OR REPLACE TABLE events AS SELECT * FROM incoming")

    def history(self) -> pl.DataFrame:
        """One row an event, newest first: event_id, time, actor, action, what, count, notebook, undone."""
        return pl.DataFrame(
            {
                "event_id": [r["event_id"] for r in self.log],
                "time": [r["time"] for r in self.log],
                "actor": [r["actor"] for r in self.log],
                "action": [r["action"] for r in self.log],
                "what": [describe(r) for r in self.log],
                "count": [r["count"] for r in self.log],
                "notebook": [r["notebook"] for r in self.log],
                "undone": [r["undone"] for r in self.log],
            },
            schema={
                "event_id": pl.String,
                "time": pl.Datetime("us"),
                "actor": pl.String,
                "action": pl.String,
                "what": pl.String,
                "count": pl.Int64,
                "notebook": pl.String,
                "undone": pl.Boolean,
            },
        ).reverse()

    def split_members(self, name: str) -> tuple[np.ndarray, np.ndarray, Mapping[str, Any]]:
        """Sample ids (int64), part codes (int16) and the payload of the split `name`.

        Raises:
            UnknownName: there is no such split.
        """
        if name not in self.splits:
            raise errors.UnknownName("split", name, self.splits)
        ids, codes = self.event_members(self.splits[name]["row"])
        return ids, codes, self.splits[name]


def read(cursor: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any] | None = None) -> pl.DataFrame:
    """Run a statement and give its rows as a polars frame."""
    frame: pl.DataFrame = cursor.sql(sql, params=params).pl()
    return frame


def describe(row: Mapping[str, Any]) -> str:
    """An event in a few words."""
    payload = row["payload"]
    match row["action"]:
        case "tag" | "untag":
            return ", ".join(payload["tags"])
        case "undo":
            return str(payload.get("what", payload["event"]))
        case "label":
            return f"{payload['field']}, by {payload['source']}"
        case "verdict":
            return f"{payload['name']}: {payload['verdict']}"
        case "pair":
            return str(payload["verdict"])
        case "join":
            return f"{payload['name']}: {', '.join(payload['columns'])} from {payload['source']}"
        case "issues":
            return ", ".join(f"{kind} {count:,}" for kind, count in payload["counts"].items()) or "none"
        case _:
            return str(payload.get("name") or payload.get("source") or payload.get("path") or "")


def _who(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("event_id", "actor", "time", "notebook", "count")}


def _columns(rows: Sequence[Mapping[str, Any]], *names: str) -> list[list[Any]]:
    return [[row[name] for row in rows] for name in names]


def _without_nan(table: pa.Table) -> pa.Table:
    """NaN as null: both mean that there is no number, and SQL sorts and counts a NaN as the largest one."""
    for at, field in enumerate(table.schema):
        if pa.types.is_floating(field.type) and pc.any(nan := pc.is_nan(table.column(at))).as_py():
            table = table.set_column(at, field, pc.if_else(nan, pa.scalar(None, field.type), table.column(at)))
    return table


def _content(hashes: pa.ChunkedArray) -> np.ndarray:
    """(n,) int64 content keys of hex hashes, vectorised: parsing a million of them in Python takes seconds."""
    texts = pl.from_arrow(hashes)
    assert isinstance(texts, pl.Series)
    halves = texts.fill_null("0" * 16).str.slice(0, 16)
    high = halves.str.slice(0, 8).str.to_integer(base=16).to_numpy().astype(np.uint64)
    low = halves.str.slice(8, 8).str.to_integer(base=16).to_numpy().astype(np.uint64)
    return (((high << np.uint64(32)) | low) & np.uint64(2**63 - 1)).astype(np.int64)
