"""What an event was built on: earlier events without which it would say something else.

An event stands on an earlier one that

- it names itself, in ``built_on`` of its payload;
- wrote the tag that it took off, or took off the tag that it wrote, on one sample at least;
- wrote the tag, or the labels, that its query asked for, on one at least of the samples that it found;
- gave the examples that it learnt a field from;
- wrote the split, or joined the column, that its query, its strata, its groups or the keys of its join name;
- gave the verdict, in the hunt that its samples were found in, on one of them at least; or began the hunt that it answers.

What a query left out it does not stand on: a tag on other samples changes what it would answer today, as any new tag does.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate import errors
from curate.query import Query
from curate.store import events
from curate.store.session import Session

Row = Mapping[str, Any]

_OPPOSITE = {"tag": "untag", "untag": "tag"}

# Where payloads name columns that they read.
_COLUMN_KEYS = ("stratify", "group_by", "by_time", "on", "by")

# A view of picked samples prints all their ids; a million of them take Python's parser seconds.
_NUMBERS = re.compile(r"\[[-+0-9.e, ]{40,}\]")


class Reads(NamedTuple):
    """What a query reads beside the samples themselves: tags and columns by name, and whether it asks the labels."""

    tags: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()
    labels: bool = False


class Foundations:
    """What stands on what in the log of a session, as it was when this was made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._log = list(session.log)
        self._members: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._reads: dict[int, Reads] = {}

    def above(self, event: Row) -> list[Row]:
        """The standing events that were built on `event`, latest first."""
        later = (r for r in reversed(self._log) if r["event_id"] > event["event_id"])
        return [r for r in later if not r["undone"] and self._built_on(r, event) and self._stood(event, r)]

    def below(self, event: Row) -> list[Row]:
        """The events that `event` was built on and that have been undone since, latest first."""
        earlier = (r for r in reversed(self._log) if r["event_id"] < event["event_id"])
        return [r for r in earlier if r["undone"] and self._built_on(event, r) and self._stood(r, event)]

    def _stood(self, earlier: Row, later: Row) -> bool:
        """Whether `earlier` had not been undone when `later` was written."""
        return earlier["event_id"] not in self._gone_before(later)

    def _gone_before(self, later: Row) -> set[str]:
        before = [r for r in self._log if r["event_id"] < later["event_id"]]
        return events.undone(
            [r["event_id"] for r in before], [r["action"] for r in before], [r["payload"] for r in before]
        )

    def _built_on(self, later: Row, earlier: Row) -> bool:
        if earlier["event_id"] in later["payload"].get("built_on", ()):
            return True
        match earlier["action"]:
            case "tag" | "untag":
                return self._on_tags(later, earlier)
            case "split":
                return self._on_columns(later, earlier, [earlier["payload"]["name"]])
            case "join":
                return self._on_columns(later, earlier, earlier["payload"]["columns"])
            case "label":
                return self._on_labels(later, earlier)
            case "verdict":
                hunt = _hunt_of(later)
                return hunt == earlier["payload"]["name"] and self._meet(later, self._ids(earlier)[0])
            case "hunt":
                return later["action"] == "verdict" and bool(later["payload"]["hunt"] == earlier["event_id"])
        return False

    def _on_tags(self, later: Row, earlier: Row) -> bool:
        tags = set(earlier["payload"]["tags"])
        if later["action"] == _OPPOSITE[earlier["action"]]:
            both = tags & set(later["payload"]["tags"])
            if np.intersect1d(self._changed(earlier, both), self._changed(later, both)).size:
                return True
        if not any(tag in text for tag in tags for text in _texts_of(later)):
            return False
        reads = self._read_by(later)
        named = tags & reads.tags
        if "tags" in reads.columns:
            named |= {tag for tag in tags if any(tag in text for text in reads.texts)}
        return self._meet(later, self._changed(earlier, named))

    def _on_columns(self, later: Row, earlier: Row, written: Sequence[str]) -> bool:
        """Whether `later` reads one of the columns that `earlier`, and none of its name since, has written."""
        # what follows from the data as they were then cannot be undone first, and so stands in nobody's way
        if later["action"] not in events.UNDOABLE:
            return False
        columns = {column.lower() for column in written}
        given = [later["payload"].get(key) or () for key in _COLUMN_KEYS]
        keys = {key.lower() for names in given for key in ([names] if isinstance(names, str) else names)}
        named = not columns.isdisjoint(keys)
        if not named and any(column in text.lower() for column in columns for text in _texts_of(later)):
            named = not columns.isdisjoint(self._read_by(later).columns)
        if not named:
            return False
        gone = self._gone_before(later)
        name = earlier["payload"]["name"].lower()
        there = [r for r in self._log if r["action"] == earlier["action"] and r["payload"]["name"].lower() == name]
        there = [r for r in there if r["event_id"] < later["event_id"] and r["event_id"] not in gone]
        return bool(there) and there[-1]["event_id"] == earlier["event_id"]

    def _on_labels(self, later: Row, earlier: Row) -> bool:
        if later["payload"].get("how") == "examples" and later["payload"]["field"] == earlier["payload"]["field"]:
            return "annotator" in self._run(earlier).column("source_kind").to_pylist()
        if not any("labels" in text.lower() for text in _texts_of(later)) or not self._read_by(later).labels:
            return False
        return self._meet(later, self._run(earlier).column("sample_id").to_numpy())

    def _run(self, row: Row) -> pa.Table:
        """What the run of an event has said, also where it is undone."""
        labels = self._session.folder.labels.read(["sample_id", "source_kind", "run"])
        return labels.filter(pc.equal(labels.column("run"), row["payload"]["run"]))

    def _meet(self, row: Row, ids: np.ndarray) -> bool:
        """Whether an event is about one of these samples."""
        return bool(len(ids)) and bool(np.isin(self._ids(row)[0], ids).any())

    def _changed(self, row: Row, tags: set[str]) -> np.ndarray:
        """The samples on which an event wrote or took off one of these tags."""
        ids, codes = self._ids(row)
        bits = sum(1 << bit for bit, tag in enumerate(row["payload"]["tags"]) if tag in tags)
        if not len(codes):
            return ids if bits else ids[:0]
        changed: np.ndarray = ids[(codes & bits) != 0]
        return changed

    def _ids(self, row: Row) -> tuple[np.ndarray, np.ndarray]:
        if row["row"] not in self._members:
            self._members[row["row"]] = self._session.event_members(row["row"])
        return self._members[row["row"]]

    def _read_by(self, row: Row) -> Reads:
        if row["row"] not in self._reads:
            self._reads[row["row"]] = self._read(row)
        return self._reads[row["row"]]

    def _read(self, row: Row) -> Reads:
        tags: set[str] = set()
        texts: list[str] = []
        columns: set[str] = set()
        labels = False
        for verb, arguments in _calls(_python_of(row)):
            if verb in {"tagged", "untagged"}:
                tags.update(arguments)
            elif verb == "sort_by":
                columns.update(arguments[:1])
            elif verb == "where" and arguments:
                texts += arguments
                named, tables = self._names(arguments[0])
                columns |= named
                labels = labels or "labels" in tables
        return Reads(frozenset(tags), tuple(texts), frozenset(c.lower() for c in columns), labels)

    def _names(self, where: str) -> tuple[set[str], set[str]]:
        """The columns and tables that an SQL expression names, in small letters."""
        statement = f"SELECT 1 FROM samples WHERE (\n{where}\n)"
        rows = self._session.cursor().execute("SELECT json_serialize_sql(?)", [statement]).fetchall()
        columns: set[str] = set()
        tables: set[str] = set()
        for node in _nodes(json.loads(rows[0][0])):
            if node.get("class") == "COLUMN_REF":
                columns |= {str(name).lower() for name in node["column_names"]}
            elif node.get("type") == "BASE_TABLE":
                path = (node.get("qualified_name") or {}).get("path") or [node.get("table_name")]
                tables.add(str(path[-1]).lower())
        return columns, tables


def _hunt_of(row: Row) -> str | None:
    """The hunt that the samples of a slice or split were found in."""
    query = _query_of(row)
    return None if query is None or query.hunt is None else query.hunt.name


def _query_of(row: Row) -> Query | None:
    if row["action"] not in {"slice", "split"}:
        return None
    try:
        return Query.from_json(row["payload"]["query"])
    except errors.BadQuery:  # of a newer Curate
        return None


def _texts_of(row: Row) -> tuple[str, ...]:
    query = row["payload"].get("query")
    return (query,) if isinstance(query, str) else ()


def _python_of(row: Row) -> str:
    """The query of an event as Python; tags have it as such, slices and splits as JSON."""
    if row["action"] in {"tag", "untag"}:
        return str(row["payload"].get("query", ""))
    query = _query_of(row)
    return "" if query is None else query.to_python()


def _calls(python: str) -> Iterator[tuple[str, list[str]]]:
    """The verbs of a query and what text they were given."""
    try:
        tree = ast.parse(_NUMBERS.sub("[]", python))
    except SyntaxError:  # samples that were picked in a widget
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = [a.value for a in node.args if isinstance(a, ast.Constant)]
            yield node.func.attr, [text for text in given if isinstance(text, str)]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
