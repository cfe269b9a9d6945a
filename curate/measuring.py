"""Samples that were ingested before Curate measured all that it measures today."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.engines.progress import Progress
from curate.media.decode import Undecodable, decode_planes
from curate.media.measures import Measures, measure
from curate.media.thumbnail import LONGEST

if TYPE_CHECKING:
    from curate.dataset import Dataset

_MEASURED = ("brightness_p5", "brightness_p99", "clipped_dark", "clipped_bright", "acutance")
_BLOCK = 16_384
_THUMBNAILS = 512


def measure_older(dataset: Dataset) -> int:
    """Measure, from their thumbnails, the samples that were ingested before Curate knew all that it measures today.

    Returns:
        How many were measured. Rows are appended in batches, so that a killed run does only the rest when it is started again.
    """
    session, table = dataset.session, dataset.folder.samples
    with session.lock:
        session.refresh()
        older = np.flatnonzero(_unmeasured(table.latest(["status", *_MEASURED])))
        ids = session.sample_ids
    if len(older) == 0:
        return 0
    measured = 0
    with Progress(len(older), "measure older samples") as progress:
        for low in range(0, len(older), _BLOCK):
            found: dict[int, Measures] = {}
            at = older[low : low + _BLOCK]
            for begin in range(0, len(at), _THUMBNAILS):
                chosen = at[begin : begin + _THUMBNAILS]
                for number, jpeg in zip(ids[chosen].tolist(), dataset.thumbnails(chosen), strict=True):
                    if jpeg is not None:
                        with contextlib.suppress(Undecodable):
                            found[number] = measure(decode_planes(jpeg, longest=LONGEST)[0])
                progress.add(len(chosen))
            # read again: who was ingested anew meanwhile has its measures from the picture itself
            rows = table.latest()
            keep = _unmeasured(rows) & np.isin(rows.column("sample_id").to_numpy(), list(found))
            rows = rows.filter(pa.array(keep))
            mine = [found[number] for number in rows.column("sample_id").to_pylist()]
            for name in _MEASURED:
                place = rows.schema.get_field_index(name)
                values = pa.array([getattr(measures, name) for measures in mine], pa.float32())
                rows = rows.set_column(place, rows.schema.field(place), values)
            measured += table.append(rows)
    return measured


def _unmeasured(rows: pa.Table) -> np.ndarray:
    """(n,) bool, which readable samples have a measure missing that every picture has."""
    readable = np.asarray(pc.equal(rows.column("status"), "ok").fill_null(False))
    return np.asarray(readable & np.asarray(rows.column("brightness_p99").is_null()))
