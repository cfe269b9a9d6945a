"""`Dataset.project`: a map of the vectors of an encoder, stored as the field table ``fields/projection``."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from curate import errors
from curate.engines.errand import Errand
from curate.engines.progress import Stages
from curate.store import schemas

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.encoders.encoder import EncoderInfo
    from curate.search.index import VectorIndex
    from curate.store.tables import Table

TABLE = "fields/projection"
MAP_KEY = b"curate.projection"

_BLOCK = 65_536
_UNITS = {"layout": "epochs"}


class MapInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a map was made of; the metadata of its table.

    Attributes:
        encoder: whose vectors.
        weights: the hash of that encoder's weights.
        neighbours: how many each vector was drawn to.
        min_dist: how close points may come.
        seed: of everything random.
        method: "umap", or "pca" where there were too few vectors.
        count: samples that got a place; later ones were placed among them.
        fitted: different vectors that were laid out together; the others were placed by their neighbours.
        graph: how neighbours were found, "exact" or "ivf".
        recall: the share of true neighbours that was found, measured on a sample.
    """

    encoder: str
    weights: str
    neighbours: int
    min_dist: float
    seed: int
    method: str
    count: int
    fitted: int
    graph: str
    recall: float


@dataclass(frozen=True)
class Projected:
    """What a `project` did.

    Attributes:
        encoder: whose vectors.
        laid_out: samples that a new map was made of; 0 where there was one.
        placed: samples that were put onto the map that there was.
        there: samples that had a place already.
        missing: readable samples without a place, because they have no vector.
        why: why a new map was made although there was one, in words.
        seconds: how long it took.
    """

    encoder: str
    laid_out: int
    placed: int
    there: int
    missing: int
    why: str
    seconds: float

    def __str__(self) -> str:
        if self.laid_out:
            why = f" anew, because {self.why}" if self.why else ""
            lines = [f"map of {self.encoder}: {self.laid_out:,} samples laid out{why} in {self.seconds:.1f} s"]
        elif self.placed:
            lines = [
                f"map of {self.encoder}: {self.placed:,} samples placed by their neighbours in {self.seconds:.1f} s, "
                f"{self.there:,} were there"
            ]
            if self.placed > self.there:
                lines.append("  most are new to this map; ds.project(again=True) lays all of them out")
        else:
            lines = [f"map of {self.encoder}: all {self.there:,} samples have a place"]
        if self.missing:
            lines.append(
                f"  without a vector, and so without a place: {self.missing:,}; ds.embed() makes what is missing"
            )
        return "\n".join(lines)

    __repr__ = __str__


def project(
    dataset: Dataset, encoder: str | None, *, neighbours: int, min_dist: float, seed: int, again: bool
) -> Projected:
    """`Dataset.project`."""
    from curate.analysis.projection import check_parameters

    check_parameters(neighbours, min_dist, seed)
    dataset.folder.must_write()
    started = time.monotonic()
    work = _Work(dataset, dataset.vectors_.info(encoder))
    options = {"neighbours": neighbours, "min_dist": min_dist, "seed": seed}
    why = "it was asked for" if again and work.info is not None else work.why_anew(options)
    missing = work.unembedded
    if work.info is None or why:
        about = work.lay_out(options)
        dataset.write_event("project", {"name": work.encoder.name, **about}, count=len(work.present))
        return Projected(work.encoder.name, len(work.present), 0, 0, missing, why, time.monotonic() - started)
    if len(work.new):
        work.place(neighbours, seed)
        dataset.write_event("project", {"name": work.encoder.name, "placed": len(work.new)}, count=len(work.new))
    there = len(work.present) - len(work.new)
    return Projected(work.encoder.name, 0, len(work.new), there, missing, "", time.monotonic() - started)


def map_info(table: Table) -> MapInfo | None:
    """What the map in ``fields/projection`` was made of; None where there is none."""
    if not table.exists():
        return None
    stored = table.metadata().get(MAP_KEY)
    return None if stored is None else msgspec.json.decode(stored, type=MapInfo)


class _Work:
    """One moment of the dataset: its vectors, and who has a place. What is written later is told by sample id.

    Attributes:
        info: of the map that there is.
        present: (m,) int64 positions of samples with a vector of their content.
        new: (k,) int64, those of them without a place.
        unembedded: how many readable samples have no vector.
    """

    def __init__(self, dataset: Dataset, encoder: EncoderInfo) -> None:
        self.encoder = encoder
        session = dataset.session
        with session.lock:
            session.refresh()
            self.ids, self.content = session.sample_ids, session.content
            self.index: VectorIndex = dataset.vectors_.index(encoder.name)
            self.table = dataset.folder.table(TABLE, schemas.projection({}))
            self.info = map_info(self.table)
            self.places = np.full((len(self.ids), 2), np.nan, np.float32)
            if self.info is not None:
                rows = self.table.latest()
                at = session.positions_of(rows.column("sample_id").to_numpy())
                # a place counts while the sample has the content that it was made from
                current = (at >= 0) & (self.content[at] == rows.column("content").to_numpy())
                for axis, name in enumerate(("projection_x", "projection_y")):
                    self.places[at[current], axis] = rows.column(name).to_numpy()[current]
            self.unembedded = int(np.count_nonzero(session.readable & ~self.index.present))
        self.present = np.flatnonzero(self.index.present)
        self.new = self.present[np.isnan(self.places[self.present, 0])]
        if len(self.present) == 0:
            raise errors.VectorsNotFound(
                f"No sample has a vector of {encoder.name!r}", hint="ds.embed() makes what is missing"
            )

    def why_anew(self, options: dict[str, Any]) -> str:
        """Why the map that there is does not do, in words; empty where it does."""
        info = self.info
        if info is None:
            return ""
        if info.encoder != self.encoder.name:
            return f"the map was of {info.encoder}"
        if info.weights != self.encoder.weights_hash:
            return f"the weights of {info.encoder} have changed"
        for name, value in options.items():
            if getattr(info, name) != value:
                return f"the map was made with {name}={getattr(info, name)}"
        if len(self.new) == len(self.present):
            return "no sample has a place on it any more"
        return "it was made of too few samples" if len(self.new) and info.method == "pca" else ""

    def lay_out(self, options: dict[str, Any]) -> dict[str, Any]:
        """Make a map of everything with a vector, and put it in the place of the old one. Returns what it was made with."""
        arrays, about = self._run("project", options, vectors=self.present)
        info = MapInfo(
            encoder=self.encoder.name, weights=self.encoder.weights_hash, count=len(self.present), **options, **about
        )
        schema = schemas.projection({MAP_KEY: msgspec.json.encode(info)})
        # one commit: whoever is killed before leaves the old map, and snapshots of it stay readable
        self.table.overwrite(self._rows(self.present, arrays["places"], schema))
        return {**options, **about}

    def place(self, neighbours: int, seed: int) -> None:
        """Put the new samples onto the map."""
        known = np.setdiff1d(self.present, self.new, assume_unique=True)
        options = {"neighbours": neighbours, "seed": seed}
        arrays, _ = self._run("place", options, vectors=self.new, known=known)
        self.table.append(self._rows(self.new, arrays["places"], schemas.projection({}).remove_metadata()))

    def _run(
        self, task: str, options: dict[str, Any], **positions: np.ndarray
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        first, count = ("neighbours", len(self.present)) if task == "project" else ("places", len(self.new))
        with (
            Stages(f"map of {self.encoder.name}", first, count, units=_UNITS) as bars,
            Errand(f"curate.analysis.projection:{task}_errand") as errand,
        ):
            for name, at in positions.items():
                vectors = errand.array(name, (len(at), self.index.dimension), np.float16)
                for low in range(0, len(at), _BLOCK):
                    vectors[low : low + _BLOCK] = self.index.reconstruct(at[low : low + _BLOCK])
            if "known" in positions:
                known = positions["known"]
                errand.array("places", (len(known), 2), np.float32)[:] = self.places[known]
            return errand.run(options, bars)

    def _rows(self, at: np.ndarray, places: np.ndarray, schema: pa.Schema) -> pa.Table:
        columns = [self.ids[at], self.content[at], places[:, 0], places[:, 1]]
        return pa.Table.from_arrays([pa.array(np.ascontiguousarray(column)) for column in columns], schema=schema)
