"""Heavy work on this machine's cores, in worker processes that may crash.

Workers are interpreters of our own (`python -m curate.engines.worker`) and not `multiprocessing`'s: its spawn and forkserver
import the user's `__main__` again, so that a script without a guard would run itself once more in every worker, and fork
copies a process in which DuckDB's and torch's threads hold locks. What goes over the pipes is msgpack, never pickle.
"""

from __future__ import annotations

import atexit
import collections
import queue
import threading
import weakref
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from curate.engines.machine import available_cores, available_memory
from curate.engines.process import Worker
from curate.errors import BadValue, CurateError
from curate.media.record import CORRUPT, Record

Item = tuple[int, str]
Result = tuple[int, Record]

_CHUNK = 32
_CHUNK_TEXT = 4096
"""Characters of names in one chunk, about: two chunks must fit into a pipe (64 KiB), or parent and worker, each waiting for
the other to read, would stand still."""

_AHEAD = 16 * _CHUNK
"""Items a worker that may be under way: read from the stream, and their results not yet taken by the caller."""


_JOIN = 10.0
"""Seconds to wait for a thread whose worker has been killed: it needs a moment. Never for ever."""

_OPEN: weakref.WeakSet[_Run] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    # A run that nobody finished would be closed while the interpreter is torn down, when its threads do not run any more and
    # waiting for them would never end.
    for run in list(_OPEN):
        run.close()


class LocalEngine:
    """Runs a task over a stream of items in worker processes.

    Args:
        workers: processes; by default one a core that this process may use.
        timeout: seconds that one item may take before its worker is ended.
        memory: bytes that one worker may allocate; by default its share of four fifths of the machine, between 1 and 4 GiB.

    >>> with LocalEngine(workers=1) as engine:
    ...     [(key, record.status) for key, record in engine.run("curate.media.probe:probe_location", [(7, "/no/such.jpg")])]
    [(7, 'missing')]
    """

    def __init__(self, *, workers: int | None = None, timeout: float = 60.0, memory: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise BadValue(f"'workers' must be at least 1. Got {workers}.", hint="leave it out to use every core")
        if timeout <= 0:
            raise BadValue(f"'timeout' must be more than 0 seconds. Got {timeout}.")
        self.workers = workers or available_cores()
        self.timeout = timeout
        share = available_memory() * 4 // 5 // self.workers
        self.memory = min(max(share, 1 << 30), 4 << 30) if memory is None else memory
        self._runs: set[_Run] = set()

    def __repr__(self) -> str:
        return f"LocalEngine(workers={self.workers}, timeout={self.timeout:g})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the workers of every run that is still going on."""
        for run in list(self._runs):
            run.close()

    def run(self, task: str, items: Iterable[Item]) -> Iterator[tuple[int, Record]]:
        """Do a task on each item; the results come as they are ready, in any order, each exactly once.

        Args:
            task: "package.module:function", a function from a text to a `Record`, importable in a fresh interpreter.
            items: (key, text) pairs; read as the work goes on, in the caller's thread, a bounded number ahead. Keys come
                back with the results and are otherwise left alone.

        Yields:
            (key, record). Where the task crashed or took too long, the record has status "corrupt" and says so.

        Raises:
            CurateError: the workers do not start, or the task itself raised (a task should not; `probe_location` does not).
        """
        run = _Run(self, task)
        self._runs.add(run)
        try:
            yield from run.results(iter(items))
        finally:
            # Also where the caller stops early, is interrupted (KeyboardInterrupt arrives right here), or forgets us.
            run.close()
            self._runs.discard(run)


class _Run:
    """One stream of items: a thread for each worker process, and one that ends workers that hang."""

    def __init__(self, engine: LocalEngine, task: str) -> None:
        _OPEN.add(self)
        self.engine = engine
        self.task = task
        self.closed = threading.Event()
        self.live: set[Worker] = set()
        self._todo: queue.SimpleQueue[list[Item] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[list[Result] | BaseException] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def results(self, items: Iterator[Item]) -> Iterator[Result]:
        chunks = _chunks(items)
        under_way = 0
        exhausted = False
        while True:
            while not exhausted and under_way < self.engine.workers * _AHEAD:
                chunk = next(chunks, None)
                if chunk is None:
                    exhausted = True
                    break
                self._todo.put(chunk)
                under_way += len(chunk)
                if len(self._threads) <= self.engine.workers:
                    self._start_thread()
            if not under_way:
                return
            done = self._done.get()
            if isinstance(done, BaseException):
                raise done
            yield from done
            # Counted only when the caller has taken them: a slow caller holds the workers back, not the memory.
            under_way -= len(done)

    def close(self) -> None:
        """End every worker and every thread."""
        self.closed.set()
        for _ in self._threads:
            self._todo.put(None)
        for worker in list(self.live):
            worker.kill("the run was ended")
        for thread in self._threads:
            thread.join(_JOIN)

    def _start_thread(self) -> None:
        if not self._threads:
            self._threads.append(threading.Thread(target=self._watch, name="curate-watch", daemon=True))
            self._threads[0].start()
        self._threads.append(threading.Thread(target=self._serve, name="curate-engine", daemon=True))
        self._threads[-1].start()

    def _watch(self) -> None:
        while not self.closed.wait(min(0.1, self.engine.timeout / 4)):
            for worker in list(self.live):
                worker.kill_if_late()

    def _serve(self) -> None:
        lane = _Lane(self, self._todo)
        try:
            while not self.closed.is_set() and lane.fill():
                results = lane.receive()
                if results:
                    self._done.put(results)
        except BaseException as error:
            self._done.put(error)
        finally:
            lane.end_worker()


class _Lane:
    """One worker, replaced whenever it dies, and the chunks that it has been given and has not answered, in order."""

    def __init__(self, run: _Run, todo: queue.SimpleQueue[list[Item] | None]) -> None:
        self._run = run
        self._todo = todo
        self._worker: Worker | None = None
        self._sent: collections.deque[list[Item]] = collections.deque()
        self._again: collections.deque[list[Item]] = collections.deque()
        """Chunks that died with a worker; they come before anything new."""

    def fill(self) -> bool:
        """Keep two chunks with the worker, so that it never waits for us; False where no work is left."""
        while len(self._sent) < 2:
            chunk = self._again.popleft() if self._again else self._next()
            if chunk is None:
                break
            if self._worker is None:
                self._worker = Worker(self._run.task, timeout=self._run.engine.timeout, memory=self._run.engine.memory)
                self._run.live.add(self._worker)
                if self._run.closed.is_set():  # close() may have looked for workers just before there was this one
                    self._worker.kill("the run was ended")
            self._sent.append(chunk)
            self._worker.send([text for _, text in chunk])
        return bool(self._sent)

    def _next(self) -> list[Item] | None:
        """The next new chunk; None where there is none now, or where the run is ending. Waits only when idle."""
        try:
            return self._todo.get(block=not self._sent)
        except queue.Empty:
            return None

    def receive(self) -> list[Result]:
        """Wait for the worker's next answer; where it dies instead, sort out which item is to blame."""
        assert self._worker is not None
        answer = self._worker.receive()
        if answer is None:
            return self._bury(self.end_worker())
        if answer.failure is not None:
            raise CurateError(f"The task {self._run.task!r} failed in a worker process:\n{answer.failure}")
        chunk = self._sent[0]
        results = [(key, record) for (key, _), record in zip(chunk, answer.records, strict=False)]
        del chunk[: len(results)]
        if answer.done:
            self._sent.popleft()
        return results

    def _bury(self, words: str) -> list[Result]:
        # What the first chunk still lacks was being worked on; those behind it were not begun.
        first = self._sent.popleft()
        self._again.extendleft(reversed(self._sent))
        self._sent.clear()
        if len(first) == 1:
            return [(first[0][0], Record(status=CORRUPT, error=words))]
        self._again.extendleft([item] for item in reversed(first))
        return []

    def end_worker(self) -> str:
        """End the worker, if there is one; why it ended."""
        if self._worker is None:
            return ""
        self._run.live.discard(self._worker)
        worker, self._worker = self._worker, None
        return worker.close()


def _chunks(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Items in chunks that grow from 2 to `_CHUNK`: the first results come soon, and a few items reach every worker."""
    size, length = 2, 0
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        length += len(item[1])
        if len(chunk) >= size or length >= _CHUNK_TEXT:
            yield chunk
            chunk, length, size = [], 0, min(_CHUNK, size + 2)
    if chunk:
        yield chunk
