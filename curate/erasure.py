"""`Dataset.purge`: the one thing that erases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.store import schemas

if TYPE_CHECKING:
    from curate.dataset import Dataset


def purge(dataset: Dataset, ids: Sequence[int]) -> int:
    """Take samples out of every table and every older version of it.

    Derived tables go first and samples last, so that a purge that was killed can be started again with the same ids.
    """
    folder = dataset.folder
    folder.must_write()
    if not ids:
        return 0
    condition = f"sample_id IN ({', '.join(map(str, ids))})"
    derived = [
        "thumbnails",
        *(f"vectors/{n}" for n in folder.encoders()),
        *(f"fields/{n}" for n in folder.fields()),
        "labels",
    ]
    for name in derived:
        folder.table(name).delete(condition)
    for name in folder.pairs():
        sides = (condition.replace("sample_id", side) for side in ("left_id", "right_id"))
        folder.table(name).delete(" OR ".join(sides))
    _forget_in_events(dataset, ids)
    folder.snapshots.delete("true")
    folder.samples.delete(condition)
    dataset.write_event("purge", {"count": len(ids)}, count=len(ids))
    return len(ids)


def _forget_in_events(dataset: Dataset, ids: Sequence[int]) -> None:
    """Events stay, with who and when; the erased ids leave them."""
    events = dataset.folder.events
    rows = events.read()
    gone = np.asarray(ids, np.int64)
    changed = []
    for number in range(rows.num_rows):
        members = rows.column("sample_ids")[number].values
        if members is None:
            continue
        keep = ~np.isin(members.to_numpy(), gone)
        if keep.all():
            continue
        row = rows.slice(number, 1).to_pylist()[0]
        codes = row["codes"]
        row["sample_ids"] = members.to_numpy()[keep]
        if codes:
            row["codes"] = np.frombuffer(codes, "<i2")[keep].tobytes()
        changed.append(row)
    if not changed:
        return
    replaced = pa.Table.from_pylist(changed, schema=schemas.EVENTS)
    names = replaced.column("event_id")
    kept = rows.filter(pc.invert(pc.is_in(rows.column("event_id"), names)))
    ordered = pa.concat_tables([kept, replaced]).sort_by("event_id")
    # one commit: a reader sees the old log or the new one, whole
    events.replace(ordered)
