"""What people did: appended rows, folded into tags, slices, splits and roots.

Nothing is ever changed in place. Undo appends an event that names the one it undoes, undoing that one is redo, and the state
is a fold over the events that nobody has undone.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import platform
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from curate.store import schemas

# Undo takes one of these back; what is not here (an ingest, an embedding) is either derived or a fact.
UNDOABLE = frozenset({"tag", "untag", "slice", "split", "label", "join", "hunt", "verdict", "audit", "pair", "undo"})

# What happens in a hunt: it begins, a batch is shown to somebody, samples are answered, an audit is drawn and estimated.
OF_A_HUNT = frozenset({"hunt", "shown", "verdict", "audit", "estimate"})

# What people answer in a review, here also of pairs of samples: it is in no column, so that no query gives other rows after it.
OF_A_REVIEW = OF_A_HUNT | {"pair"}


def actor() -> str:
    """Who is at work: ``CURATE_ACTOR``, or the name of the account."""
    name = os.environ.get("CURATE_ACTOR")
    if name:
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as containers have them
        return "unknown"


def notebook() -> str | None:
    """The notebook or script that is running, as Jupyter tells it to the kernel."""
    session = os.environ.get("JPY_SESSION_NAME")
    return os.path.basename(session) if session else None  # noqa: PTH119 - may be a URL-like path, not a file


def reviewer() -> str:
    """Who looks at pictures where: one notebook of one person on one machine, or one script; no name can be read from it."""
    where = os.environ.get("JPY_SESSION_NAME") or os.getpid()
    return hashlib.blake2b(f"{actor()}\0{platform.node()}\0{where}".encode(), digest_size=8).hexdigest()


def event_row(
    action: str,
    payload: Mapping[str, Any],
    *,
    sample_ids: np.ndarray | Sequence[int] | None = None,
    codes: np.ndarray | None = None,
    count: int | None = None,
    after: str | None = None,
) -> pa.Table:
    """One row for the events table.

    Args:
        action: tag, untag, slice, split, label, join, hunt, shown, verdict, audit, estimate, root, ingest, embed, issues, export,
            snapshot, purge, undo.
        payload: what JSON can hold.
        sample_ids: (m,) int64, whom it touched.
        codes: (m,) int16, the part of each sample in a split.
        count: how many it touched, where that is not the number of `sample_ids`.
        after: the latest event that the writer has seen. Ids are the order of events, and the clocks of two machines differ: what
            was seen comes before (Lamport, 1978).
    """
    ids = None if sample_ids is None else np.asarray(sample_ids, dtype=np.int64)
    now = time.time_ns()
    order = now if after is None else max(now, int(after[:16], 16) + 1)
    row = {
        # sorts by time; the random tail keeps two processes apart
        "event_id": f"{order:016x}{secrets.token_hex(4)}",
        "action": action,
        "actor": actor(),
        "time": datetime.fromtimestamp(now / 1e9, UTC).replace(tzinfo=None),
        "notebook": notebook(),
        "count": count if count is not None else (0 if ids is None else len(ids)),
        "payload": json.dumps(dict(payload), ensure_ascii=False, sort_keys=True),
        "sample_ids": ids,
        "codes": None if codes is None else np.asarray(codes, dtype="<i2").tobytes(),
    }
    return pa.Table.from_pylist([row], schema=schemas.EVENTS)


def undone(ids: Sequence[str], actions: Sequence[str], payloads: Sequence[Mapping[str, Any]]) -> set[str]:
    """The events without effect: those that an undo names which is itself not undone.

    >>> undone(["a", "b", "c"], ["tag", "undo", "undo"], [{}, {"event": "a"}, {"event": "b"}])
    {'b'}
    """
    gone: set[str] = set()
    for event, action, payload in zip(reversed(ids), reversed(actions), reversed(payloads), strict=True):
        if action == "undo" and event not in gone:
            gone.add(payload["event"])
    return gone


def retracted_runs(log: Sequence[Mapping[str, Any]]) -> set[str]:
    """The runs of labels that no longer count: undone ones, and those in whose place the same source has put a new one.

    Args:
        log: events, oldest first, with action, payload and undone.

    >>> said = {"field": "weather", "source": "clip:demo", "replaces": True}
    >>> log = [{"action": "label", "undone": False, "payload": {**said, "run": run}} for run in ("a", "b", "c")]
    >>> sorted(retracted_runs(log))
    ['a', 'b']
    >>> log[2]["undone"] = True
    >>> sorted(retracted_runs(log))
    ['a', 'c']
    """
    gone: set[str] = set()
    standing: dict[tuple[str, str], set[str]] = {}
    for row in log:
        if row["action"] != "label":
            continue
        payload = row["payload"]
        if row["undone"]:
            gone.add(payload["run"])
            continue
        runs = standing.setdefault((payload["field"], payload["source"]), set())
        if payload.get("replaces"):
            gone |= runs
            runs.clear()
        runs.add(payload["run"])
    return gone
