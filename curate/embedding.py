"""`Dataset.embed`: which encoder, what is missing, and batches into the vectors table."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from curate import errors
from curate.encoders.embed import embed_stream
from curate.encoders.encoder import EncoderInfo
from curate.encoders.precomputed import PrecomputedVectors
from curate.encoders.resolve import default_model, resolve
from curate.engines.progress import Progress
from curate.media.decode import decode
from curate.media.location import read
from curate.search.vectors import INFO_KEY
from curate.store import schemas

if TYPE_CHECKING:
    from PIL import Image

    from curate.dataset import Dataset
    from curate.encoders.encoder import Encoder
    from curate.store.tables import Table

# What a kill costs, against the number of fragments: a few seconds of a large model on a CPU.
BATCH_VECTORS = 4096
BATCH_SECONDS = 10.0


@dataclass(frozen=True)
class Embedded:
    """What an `embed` did.

    Attributes:
        encoder: name of the encoder.
        added: vectors that were made.
        there: vectors that were there already.
        failed: samples that could not be read, with the words why.
        seconds: how long it took.
    """

    encoder: str
    added: int
    there: int
    failed: tuple[tuple[int, str], ...]
    seconds: float

    def __str__(self) -> str:
        rate = f" ({self.added / self.seconds:,.0f}/s)" if self.added and self.seconds > 0 else ""
        there = f", {self.there:,} were there" if self.there else ""
        lines = [f"{self.encoder}: {self.added:,} vectors in {self.seconds:.1f} s{rate}{there}"]
        if self.failed:
            number, words = self.failed[0]
            lines.append(f"  {len(self.failed):,} could not be read; the first: sample {number}: {words}")
        return "\n".join(lines)

    __repr__ = __str__


def embed(
    dataset: Dataset,
    model: Any,
    *,
    name: str | None,
    text: Any,
    batch_size: int | None,
    device: str | None,
    precision: str,
) -> Embedded:
    """`Dataset.embed`."""
    dataset.folder.must_write()
    dataset.session.refresh()
    started = time.monotonic()
    if model is None:
        model = _default(dataset)
    ids = dataset.session.sample_ids
    encoder = resolve(model, precision=precision, device=device, ids=ids, name=name, text=text, notify=_say)
    name, table = _table(dataset, encoder)
    dataset.vectors_.remember(name, encoder)
    positions = dataset.vectors_.missing(name)
    there = int(dataset.session.readable.sum()) - len(positions)
    writer = _Writer(dataset, table)
    failed = _embed_missing(dataset, encoder, positions, writer, batch_size)
    if writer.written:
        dataset.write_event("embed", {"name": name, "model": encoder.info.model}, count=writer.written)
    return Embedded(name, writer.written, there, tuple(failed), time.monotonic() - started)


def _default(dataset: Dataset) -> str:
    names = dataset.vectors_.names()
    recorded = dataset.vectors_.info().model if names else None
    return default_model(recorded=recorded, demo=bool(dataset.folder.about().get("demo")))


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - before a download of hundreds of megabytes, the user wants to know


def _table(dataset: Dataset, encoder: Encoder) -> tuple[str, Table]:
    """The vectors table of an encoder; other weights under the same name get a table of their own."""
    for name in (encoder.info.name, f"{encoder.info.name}--{encoder.info.weights_hash[:8]}"):
        if not re.fullmatch(r"[\w.@+-]+", name):
            raise errors.BadValue(
                f"An encoder's name is letters, digits, '.', '-' and '_'. Got {name!r}",
                hint="rename the model's folder",
            )
        table = dataset.folder.table(f"vectors/{name}")
        if not table.exists():
            info = msgspec.structs.replace(encoder.info, name=name)
            table.schema = schemas.vectors(info.dimension, {INFO_KEY: info.to_json().encode()})
            return name, table
        stored = EncoderInfo.from_json(table.metadata()[INFO_KEY])
        if stored.weights_hash == encoder.info.weights_hash and stored.dimension == encoder.info.dimension:
            return name, table
    raise errors.BadValue(
        f"There are other vectors under {encoder.info.name!r} already", hint="give the encoder another name"
    )


def _embed_missing(
    dataset: Dataset, encoder: Encoder, positions: np.ndarray, writer: _Writer, batch_size: int | None
) -> list[tuple[int, str]]:
    if len(positions) == 0:
        return []
    given = isinstance(encoder, PrecomputedVectors)
    places = dataset.frame(positions, ["uri"])["uri"].to_list() if given else dataset.locations(positions)
    items = zip(dataset.session.sample_ids[positions].tolist(), places, strict=True)
    failed: list[tuple[int, str]] = []
    with Progress(len(positions), f"embed with {encoder.info.name}") as progress:
        try:
            for ids, vectors, failures in embed_stream(encoder, items, load=_loader(encoder), batch_size=batch_size):
                writer.add(ids, vectors)
                failed += failures
                progress.add(len(ids) + len(failures))
        finally:
            # what is done is kept, after an interrupt too
            writer.flush()
    return failed


def _loader(encoder: Encoder) -> Callable[[str], Image.Image]:
    # twice the model's size loses nothing in its own resize, and a scaled decode is several times faster
    side = 2 * encoder.image_size

    def load(location: str) -> Image.Image:
        from PIL import Image

        return Image.fromarray(decode(read(location), min_side=side))

    return load


class _Writer:
    """Collects vectors and writes them batch by batch; a batch is there whole or not at all."""

    def __init__(self, dataset: Dataset, table: Table) -> None:
        self.session = dataset.session
        self.table = table
        self.written = 0
        self._ids: list[np.ndarray] = []
        self._vectors: list[np.ndarray] = []
        self._since = time.monotonic()

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self._ids.append(ids)
        self._vectors.append(vectors)
        if sum(map(len, self._ids)) >= BATCH_VECTORS or time.monotonic() - self._since > BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        ids = np.concatenate(self._ids) if self._ids else np.empty(0, np.int64)
        if len(ids):
            vectors = np.ascontiguousarray(np.concatenate(self._vectors), dtype=np.float16)
            flat = pa.array(vectors.reshape(-1))
            schema = self.table.stored_schema()
            columns = [
                pa.array(ids),
                pa.array(self.session.content[self.session.positions_of(ids)]),
                pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
            ]
            self.table.append(pa.Table.from_arrays(columns, schema=schema.remove_metadata()))
            self.written += len(ids)
        self._ids, self._vectors, self._since = [], [], time.monotonic()
