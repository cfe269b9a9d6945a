"""Pictures to vectors in a stream: some are decoded while others are in the model, and batches come out as they are done.

On a CPU each core takes a batch of its own through decoding and the model, with one thread of torch. Spreading every
operation over the cores instead, with decoding beside it, makes all cores wait at the end of each operation for the one
that was decoding: 66 images a second against 74 without any decoding (ViT-B-32, two cores), and 15 where another program
takes one core. On a GPU a pool of threads decodes, and a second batch is stacked and copied while the first is computed.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from curate.encoders.encoder import Encoder
from curate.encoders.precomputed import PrecomputedVectors
from curate.encoders.threads import one_thread_each
from curate.errors import BadValue

# On a CPU a batch that stays in the cache is the fastest (of 4, 8, 16 and 32, with ViT-B-32 on two cores: 67, 69, 74 and
# 73 images a second; an EfficientNet loses half past 16), on a GPU one that fills it.
_CPU_BATCH = 16
_GPU_BATCH = 256
_GIVEN_BATCH = 4096


class Embedded(NamedTuple):
    """One batch.

    Attributes:
        ids: (n,) int64 sample ids.
        vectors: (n, dimension) float16 of unit length.
        failures: (id, why) of the pictures of this batch that have no vector.
    """

    ids: np.ndarray[Any, np.dtype[np.int64]]
    vectors: np.ndarray[Any, np.dtype[np.float16]]
    failures: list[tuple[int, str]]


def embed_stream(
    encoder: Encoder,
    items: Iterable[tuple[int, str]],
    *,
    load: Callable[[str], Image.Image],
    batch_size: int | None = None,
    threads: int | None = None,
    device: str | None = None,
) -> Iterator[Embedded]:
    """Embed `items` in their order, decoding on a pool of threads while the model works.

    Args:
        encoder: where it is `PrecomputedVectors`, vectors are looked up and nothing is decoded.
        items: (sample id, location) pairs; they are read as they are needed, never all at once.
        load: gives the picture at a location; called on many threads. What it raises costs that picture.
        batch_size: pictures in one forward pass; by default 16 on a CPU and 256 on a GPU.
        threads: that decode and, on a CPU, run the model; by default one a core.
        device: the encoder's own when None; anything else must be the same.

    Yields:
        Batches of ids, vectors and failures. Every item is in one of them, once.

    Raises:
        BadValue: `batch_size` or `threads` below 1, or a device that the encoder is not on.
    """
    runs_on = getattr(encoder, "device", "cpu")
    if device is not None and device != runs_on:
        raise BadValue(f"The encoder is on {runs_on!r}, not on {device!r}", hint="resolve the model with that device")
    size = batch_size if batch_size is not None else _GPU_BATCH if str(runs_on).startswith("cuda") else _CPU_BATCH
    workers = threads if threads is not None else _cores()
    if size < 1 or workers < 1:
        raise BadValue(f"'batch_size' and 'threads' are at least 1. Got {batch_size} and {threads}")
    if isinstance(encoder, PrecomputedVectors):
        return _looked_up(encoder, items, batch_size or _GIVEN_BATCH)
    if runs_on == "cpu" and getattr(encoder, "concurrent", False):
        return _each_core_a_batch(encoder, items, load, size, workers)
    return _decoded_ahead(encoder, items, load, size, workers, overlap=runs_on != "cpu")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _looked_up(given: PrecomputedVectors, items: Iterable[tuple[int, str]], size: int) -> Iterator[Embedded]:
    iterator = iter(items)
    while part := list(itertools.islice(iterator, size)):
        ids, vectors, failures = given.lookup(part)
        yield Embedded(ids, vectors.astype(np.float16), failures)


def _each_core_a_batch(
    encoder: Encoder, items: Iterable[tuple[int, str]], load: Callable[[str], Image.Image], size: int, workers: int
) -> Iterator[Embedded]:
    """Batches are begun, and come out, in order; one more than there are workers is under way."""

    def embed(part: list[tuple[int, str]]) -> Embedded:
        ids, prepared, failures = [], [], []
        for sample_id, location in part:
            try:
                prepared.append(encoder.prepare(load(location)))
                ids.append(sample_id)
            except Exception as error:
                failures.append((sample_id, _told(error)))
        return _encode(encoder, ids, prepared, failures)

    iterator = iter(items)
    running: deque[Future[Embedded]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="curate-embed")
    with one_thread_each():
        try:
            while True:
                while len(running) <= workers and (part := list(itertools.islice(iterator, size))):
                    running.append(pool.submit(embed, part))
                if not running:
                    return
                yield running.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _decoded_ahead(
    encoder: Encoder,
    items: Iterable[tuple[int, str]],
    load: Callable[[str], Image.Image],
    size: int,
    workers: int,
    *,
    overlap: bool,
) -> Iterator[Embedded]:
    """Decode on a pool and encode in this thread, or, with `overlap`, on two others."""
    models = ThreadPoolExecutor(2, thread_name_prefix="curate-encode") if overlap else None
    running: deque[Future[Embedded]] = deque()
    batches = _prepared_batches(encoder, items, load, size, workers)
    try:
        for ids, prepared, failures in batches:
            if models is None:
                yield _encode(encoder, ids, prepared, failures)
                continue
            running.append(models.submit(_encode, encoder, ids, prepared, failures))
            if len(running) > 2:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        batches.close()
        if models is not None:
            models.shutdown(wait=True, cancel_futures=True)


def _prepared_batches(
    encoder: Encoder, items: Iterable[tuple[int, str]], load: Callable[[str], Image.Image], size: int, workers: int
) -> Any:
    """(ids, prepared pictures, failures) of full batches; at most two batches wait decoded."""

    def prepare(location: str) -> Any:
        return encoder.prepare(load(location))

    pool = ThreadPoolExecutor(workers, thread_name_prefix="curate-decode")
    iterator = iter(items)
    ahead: deque[tuple[int, Future[Any]]] = deque()
    ids: list[int] = []
    prepared: list[Any] = []
    failures: list[tuple[int, str]] = []
    try:
        while True:
            for sample_id, location in itertools.islice(iterator, 2 * size + workers - len(ahead)):
                ahead.append((sample_id, pool.submit(prepare, location)))
            if not ahead:
                break
            sample_id, future = ahead.popleft()
            try:
                prepared.append(future.result())
                ids.append(sample_id)
            except Exception as error:
                failures.append((sample_id, _told(error)))
            if len(prepared) == size or len(failures) >= size:
                yield ids, prepared, failures
                ids, prepared, failures = [], [], []
        if ids or failures:
            yield ids, prepared, failures
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _encode(encoder: Encoder, ids: list[int], prepared: list[Any], failures: list[tuple[int, str]]) -> Embedded:
    """Encode a batch; where that fails, one by one, so that what failed costs itself."""
    if not ids:
        vectors = np.zeros((0, encoder.info.dimension), dtype=np.float16)
        return Embedded(np.zeros(0, dtype=np.int64), vectors, failures)
    try:
        vectors = encoder.encode_prepared(prepared).astype(np.float16)
        return Embedded(np.array(ids, dtype=np.int64), vectors, failures)
    except Exception as error:
        if len(ids) == 1:
            return _encode(encoder, [], [], [*failures, (ids[0], _told(error))])
        singles = [_encode(encoder, [i], [one], []) for i, one in zip(ids, prepared, strict=True)]
        lost = [failure for single in singles for failure in single.failures]
        return Embedded(
            np.concatenate([single.ids for single in singles]),
            np.concatenate([single.vectors for single in singles]),
            failures + lost,
        )


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
