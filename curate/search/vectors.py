"""The vectors of a dataset in the kernel: one exact index an encoder, aligned with positions, and the encoders that made them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from curate import errors
from curate.encoders.encoder import EncoderInfo
from curate.query import AnyStep, Example, Search, Word
from curate.store.session import Session

if TYPE_CHECKING:
    from curate.encoders.encoder import Encoder
    from curate.search.index import VectorIndex

INFO_KEY = b"curate.encoder"


@dataclass
class _Loaded:
    index: VectorIndex
    rows: int
    seen: tuple[int, int, int]


class Vectors:
    """Indexes and encoders by name, loaded when they are first asked for and kept up to date with the session.

    Args:
        session: what the indexes are aligned with.
        load_example: reads the picture of an example that is a file.
    """

    def __init__(self, session: Session, load_example: Callable[[Encoder, str], np.ndarray]) -> None:
        self.session = session
        self._load_example = load_example
        self._loaded: dict[str, _Loaded] = {}
        self._encoders: dict[str, Encoder] = {}
        # the session's own: two locks would be taken in two orders
        self._lock = session.lock
        # a model takes seconds to load, and nobody else has to wait for it; taken last, so never in two orders
        self._loading = threading.Lock()

    def names(self) -> list[str]:
        """Encoders that this dataset has vectors of."""
        return self.session.folder.encoders()

    def default(self) -> str:
        """The encoder of the latest `embed`.

        Raises:
            VectorsNotFound: there are no vectors yet.
        """
        names = self.names()
        if not names:
            raise errors.VectorsNotFound("This dataset has no vectors yet", hint="ds.embed() makes them")
        recent = [r["payload"].get("name") for r in reversed(self.session.log) if r["action"] == "embed"]
        return next((name for name in recent if name in names), names[0])

    def info(self, name: str | None = None) -> EncoderInfo:
        """What the vectors of an encoder were made with.

        Raises:
            UnknownName: no vectors of that name.
        """
        name = self.default() if name is None else name
        if name not in self.names():
            raise errors.UnknownName("encoder", name, self.names())
        return EncoderInfo.from_json(self.session.folder.table(f"vectors/{name}").metadata()[INFO_KEY])

    def encoder(self, name: str | None = None) -> Encoder:
        """The model behind the vectors, for words and new pictures.

        Raises:
            WeightsNotFound: the weights are not here.
            BadValue: the weights are others than those that the vectors were made with.
        """
        from curate.encoders.resolve import resolve

        info = self.info(name)
        with self._loading:
            if info.name not in self._encoders:
                encoder = resolve(info.model)
                if encoder.info.weights_hash != info.weights_hash:
                    raise errors.BadValue(
                        f"The weights of {info.model!r} have changed since the dataset was embedded: their hash was "
                        f"{info.weights_hash[:12]} and is {encoder.info.weights_hash[:12]}",
                        hint="ds.embed() embeds with the new weights under another name",
                    )
                self._encoders[info.name] = encoder
            return self._encoders[info.name]

    def warm(self, steps: Iterable[AnyStep]) -> None:
        """Load the models that searches among these steps need, while no other query is held up.

        What is wrong with them is said where they are used.
        """
        for step in steps:
            if isinstance(step, Search) and (step.words or step.minus):
                with contextlib.suppress(errors.CurateError):
                    self.encoder(step.encoder)

    def remember(self, name: str, encoder: Encoder) -> None:
        """Keep an encoder that is at hand, so that a callable works without being made again from a string."""
        with self._loading:
            self._encoders[name] = encoder

    def forget(self, name: str) -> None:
        """Make an encoder again from its description when it is asked for: the one at hand only had vectors."""
        with self._loading:
            self._encoders.pop(name, None)

    def index(self, name: str | None = None) -> VectorIndex:
        """The index of an encoder, up to date with the session."""
        # here, and not above: counting and filtering need no FAISS
        from curate.search.index import VectorIndex

        info = self.info(name)
        table = self.session.folder.table(f"vectors/{info.name}")
        with self._lock:
            seen = (table.version(), self.session.generation, self.session.n)
            held = self._loaded.get(info.name)
            if held is not None and held.seen == seen:
                return held.index
            rows = table.count()
            if held is not None and held.seen[1] == seen[1] and rows >= held.rows:
                index = held.index.with_rows(self._batches(info.name, since=held.rows), n=self.session.n)
            else:
                index = VectorIndex.from_batches(info.dimension, self.session.n, self._batches(info.name))
            self._loaded[info.name] = _Loaded(index, rows, seen)
            return index

    def missing(self, name: str) -> np.ndarray:
        """Positions (int64) of readable samples whose current content has no vector."""
        table = self.session.folder.table(f"vectors/{name}")
        session = self.session
        held = np.zeros(session.n, np.int64)
        if table.exists():
            rows = table.read(["sample_id", "content"])
            at = session.positions_of(rows.column("sample_id").to_numpy())
            held[at[at >= 0]] = rows.column("content").to_numpy()[at >= 0]
        return np.flatnonzero((held != session.content) & session.readable)

    def search(self, step: Search, k: int, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The best `k` positions under the mask, and their scores."""
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        return self.index(step.encoder).search(self.query_vector(step), k, mask=mask)

    def scores(self, step: Search) -> tuple[np.ndarray, np.ndarray]:
        """(n,) float32 scores and (n,) bool whether there is a vector."""
        index = self.index(step.encoder)
        return index.scores(self.query_vector(step)), index.present

    def contrast(self, step: Search, positions: np.ndarray) -> np.ndarray:
        """(m,) float64 from 0 to 1: how much nearer each position is to the words than to neutral ones, and to `minus`.

        Examples do not count: pictures are nearer to pictures than to any words.

        Raises:
            BadValue: the step has no words.
        """
        from curate.encoders.scale import logit_scale
        from curate.search.prompts import NO_TEMPLATES, prompt_vectors
        from curate.search.query_vector import query_vector
        from curate.search.standing import NEUTRAL_PROMPTS, contrast

        encoder, index = self.encoder(step.encoder), self.index(step.encoder)
        wanted = query_vector(words=[self._word(step, word) for word in step.words])
        against = [*prompt_vectors(encoder, NEUTRAL_PROMPTS, templates=NO_TEMPLATES)]
        against += [self._word(step, word)[0] for word in step.minus]
        scores = [index.scores(vector, positions=positions) for vector in (wanted, *against)]
        return contrast(scores[0], scores[1:], scale=logit_scale(encoder))

    def doubts(self, step: Search) -> list[str]:
        """What speaks against each prompt of a step, `words` and then `minus`; "" where nothing does."""
        from curate.search.prompts import doubts

        words = (*step.words, *step.minus)
        encoder = self.encoder(step.encoder) if words else None
        return [" ".join(map(str, doubts(encoder, word.text, templates=_templates(step)))) for word in words if encoder]

    def query_vector(self, step: Search) -> np.ndarray:
        """The unit vector (d,) float32 that a search step looks for."""
        from curate.search.query_vector import query_vector

        return query_vector(
            words=[self._word(step, word) for word in step.words],
            minus=[self._word(step, word) for word in step.minus],
            like=[self._example(step, example) for example in step.like],
            unlike=[self._example(step, example) for example in step.unlike],
        )

    def _word(self, step: Search, word: Word) -> tuple[np.ndarray, float]:
        from curate.search.prompts import prompt_vector

        return prompt_vector(self.encoder(step.encoder), word.text, templates=_templates(step)), word.weight

    def _example(self, step: Search, example: Example) -> tuple[np.ndarray, float]:
        index = self.index(step.encoder)
        if example.vector is not None:
            vector = np.asarray(example.vector, np.float32)
            if vector.shape != (index.dimension,):
                raise errors.BadValue(
                    f"An example has {vector.size} numbers, and vectors of {self.info(step.encoder).name!r} have {index.dimension}",
                    hint="give a vector of the same encoder",
                )
            return vector / max(float(np.linalg.norm(vector)), 1e-12), example.weight
        if example.sample_id is not None:
            at = self.session.positions_of([example.sample_id])
            if at[0] < 0:
                raise errors.UnknownName("sample", str(example.sample_id), (), hint="ds.df(['sample_id']) lists them")
            if not index.present[at[0]]:
                raise errors.VectorsNotFound(
                    f"Sample {example.sample_id} has no vector", hint="ds.embed() makes what is missing"
                )
            return index.reconstruct(at)[0], example.weight
        assert example.location is not None
        return self._load_example(self.encoder(step.encoder), example.location), example.weight

    def _batches(self, name: str, *, since: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions and float16 vectors whose sample still has the content that they were made from."""
        table = self.session.folder.table(f"vectors/{name}")
        columns = ["sample_id", "content", "vector"]
        batches = table.read(columns, since=since).to_batches() if since else table.batches(columns, size=16_384)
        for batch in batches:
            at = self.session.positions_of(batch.column("sample_id").to_numpy())
            vectors = halves(batch.column("vector"))
            current = (at >= 0) & (self.session.content[at] == batch.column("content").to_numpy())
            yield (at, vectors) if current.all() else (at[current], vectors[current])


def _templates(step: Search) -> tuple[str, ...]:
    from curate.search.prompts import DEFAULT_TEMPLATES, NO_TEMPLATES

    return DEFAULT_TEMPLATES if step.templates is None else step.templates or NO_TEMPLATES


def halves(column: pa.Array) -> np.ndarray:
    """(m, d) float16 view of a fixed-size list column."""
    values: np.ndarray = column.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(column), -1)
