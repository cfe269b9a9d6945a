"""`Dataset.embed`: which encoder, what is missing, and batches into the vectors table."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from curate import errors
from curate.encoders.embed import embed_stream
from curate.encoders.resolve import resolve
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

DEFAULT_MODEL = "ViT-B-32/laion2b_s34b_b79k"
DEMO = "demo"


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


def embed(dataset: Dataset, model: Any, *, batch_size: int | None, device: str | None, precision: str) -> Embedded:
    """`Dataset.embed`."""
    from curate.encoders.precomputed import PrecomputedEncoder

    dataset.folder.must_write()
    dataset.session.refresh()
    started = time.monotonic()
    encoder = _encoder(dataset, model, device=device, precision=precision)
    name, table = _table(dataset, encoder)
    positions = dataset.vectors_.missing(name)
    there = int((dataset.session.content != 0).sum()) - len(positions)
    writer = _Writer(dataset, table)
    failed: list[tuple[int, str]] = []
    if isinstance(encoder, PrecomputedEncoder):
        positions = _given(dataset, encoder, writer)
    else:
        dataset.vectors_.remember(name, encoder)
        failed = _computed(dataset, encoder, positions, writer, batch_size)
    dataset.write_event("embed", {"name": name, "model": encoder.info.model}, count=writer.written)
    return Embedded(name, writer.written, there, tuple(failed), time.monotonic() - started)


def _encoder(dataset: Dataset, model: Any, *, device: str | None, precision: str) -> Encoder:
    if model is None:
        vectors = dataset.vectors_
        if vectors.names():
            recorded = vectors.info().model
        elif dataset.folder.about().get("demo"):
            recorded = DEMO
        else:
            recorded = DEFAULT_MODEL
        return resolve(recorded, precision=precision, device=device)
    ids = dataset.session.sample_ids
    return resolve(
        model, precision=precision, device=device, ids=ids, uris=lambda: dataset.df(["uri"])["uri"].to_list()
    )


def _table(dataset: Dataset, encoder: Encoder) -> tuple[str, Table]:
    """The vectors table of an encoder; other weights under the same name get a table of their own."""
    from curate.encoders.encoder import EncoderInfo

    for name in (encoder.info.name, f"{encoder.info.name}--{encoder.info.weights_hash[:8]}"):
        if not re.fullmatch(r"[\w.@+-]+", name):
            raise errors.BadValue(
                f"An encoder's name is letters, digits, '.', '-' and '_'. Got {name!r}",
                hint="rename the model's folder",
            )
        schema = schemas.vectors(encoder.info.dimension, {INFO_KEY: encoder.info.to_json().encode()})
        table = dataset.folder.table(f"vectors/{name}", schema)
        if not table.exists():
            info = encoder.info
            if name != info.name:
                import msgspec

                info = msgspec.structs.replace(info, name=name)
                table.schema = schemas.vectors(info.dimension, {INFO_KEY: info.to_json().encode()})
            return name, table
        stored = EncoderInfo.from_json(table.metadata()[INFO_KEY])
        if stored.weights_hash == encoder.info.weights_hash and stored.dimension == encoder.info.dimension:
            return name, table
    raise errors.BadValue(
        f"There are other vectors under {encoder.info.name!r} already", hint="give the encoder another name"
    )


def _given(dataset: Dataset, encoder: Any, writer: _Writer) -> np.ndarray:
    ids, vectors = encoder.rows()
    at = dataset.session.positions_of(ids)
    if (at < 0).any():
        raise errors.UnknownName(
            "sample", str(ids[at < 0][0]), (), hint=f"{(at < 0).sum()} of {len(at)} vectors belong to no sample"
        )
    for low in range(0, len(at), 65_536):
        writer.add(at[low : low + 65_536], vectors[low : low + 65_536].astype(np.float16))
    writer.flush()
    return at


def _computed(
    dataset: Dataset, encoder: Encoder, positions: np.ndarray, writer: _Writer, batch_size: int | None
) -> list[tuple[int, str]]:
    if len(positions) == 0:
        return []
    locations = dataset.locations(positions)
    items = zip(positions.tolist(), locations, strict=True)
    failed: list[tuple[int, str]] = []
    session = dataset.session
    with Progress(len(positions), f"embed with {encoder.info.name}") as progress:
        try:
            for batch, vectors, failures in embed_stream(encoder, items, load=_loader(encoder), batch_size=batch_size):
                writer.add(batch, vectors)
                failed += [(int(session.sample_ids[position]), words) for position, words in failures]
                progress.add(len(batch) + len(failures))
        finally:
            # what is done is kept, after an interrupt too
            writer.flush()
    return failed


def _loader(encoder: Encoder) -> Callable[[str], Image.Image]:
    def load(location: str) -> Image.Image:
        from PIL import Image

        # twice the model's size loses nothing in its own resize, and a scaled decode is several times faster
        return Image.fromarray(decode(read(location), min_side=2 * encoder.image_size))

    return load


class _Writer:
    """Collects vectors and writes them batch by batch; a batch is there whole or not at all."""

    def __init__(self, dataset: Dataset, table: Table) -> None:
        self.session = dataset.session
        self.table = table
        self.written = 0
        self._positions: list[np.ndarray] = []
        self._vectors: list[np.ndarray] = []
        self._since = time.monotonic()

    def add(self, positions: np.ndarray, vectors: np.ndarray) -> None:
        self._positions.append(positions)
        self._vectors.append(vectors)
        if sum(map(len, self._positions)) >= BATCH_VECTORS or time.monotonic() - self._since > BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        positions = np.concatenate(self._positions) if self._positions else np.empty(0, np.int64)
        if len(positions):
            vectors = np.ascontiguousarray(np.concatenate(self._vectors), dtype=np.float16)
            flat = pa.array(vectors.reshape(-1))
            schema = self.table.schema
            columns = [
                pa.array(self.session.sample_ids[positions]),
                pa.array(self.session.content[positions]),
                pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
            ]
            self.table.append(pa.Table.from_arrays(columns, schema=schema.remove_metadata()))
            self.written += len(positions)
        self._positions, self._vectors, self._since = [], [], time.monotonic()
