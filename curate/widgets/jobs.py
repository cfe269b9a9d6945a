"""What runs in the background of a widget: exports, maps, the searches of cleaning, each on a thread of its own.

A job is told how far it is, and is stopped, through `curate.engines.progress`: whatever draws a bar in a cell works here as it is.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from curate.engines.progress import Progress, Stopped, told_to
from curate.errors import BadValue, CurateError
from curate.widgets import protocol

logger = logging.getLogger("curate.widgets")

ONCE: dict[protocol.JobKind, str] = {
    "project": "The map is being made already",
    "issues": "Issues are being looked for already",
    "duplicates": "Duplicates are being looked for already",
    "split": "A split is being made already",
}

MOST_RUNNING = 4

MOST_ENDED = 8
"""Jobs that have ended and are still listed, so that a page that was loaded again says what came of them."""

TELL_EVERY = 0.2
"""Seconds between two messages about the progress of a job."""

LAST_SECONDS = 10.0
"""How long an interpreter that exits waits for jobs to clean up."""


@dataclass(eq=False)
class _Work:
    """A job that runs."""

    job: protocol.Job
    stop: threading.Event = field(default_factory=threading.Event)
    told: float = 0.0
    thread: threading.Thread | None = None


class Jobs:
    """The jobs of one exploration. Thread-safe.

    Args:
        announce: called with a `JobChanged` whenever a job went on, about five times a second, and when it ended.
    """

    def __init__(self, announce: Callable[[protocol.AnyEvent], None]) -> None:
        self._announce = announce
        self._lock = threading.Lock()
        self._count = 0
        self._running: dict[int, _Work] = {}
        self._ended: dict[int, protocol.Job] = {}
        # Also at exit: threads of a job are daemons, and would be cut off in the middle of a write.
        self._finalizer = weakref.finalize(self, _end, self._running, LAST_SECONDS)

    def start(self, kind: protocol.JobKind, title: str, run: Callable[[], str]) -> protocol.Job:
        """Run something in the background.

        Args:
            kind: of the job; of those in `ONCE` there is one at a time.
            title: what is being done, as a person reads it.
            run: does it, and says what came of it. What it tells a `Progress` is the progress of the job.

        Raises:
            BadValue: too much runs already.
        """
        with self._lock:
            if kind in ONCE and any(work.job.kind == kind for work in self._running.values()):
                raise BadValue(ONCE[kind], hint="wait for it, or stop it first")
            if len(self._running) >= MOST_RUNNING:
                raise BadValue(
                    f"{len(self._running)} jobs run already", hint="wait until one has ended, or stop one of them"
                )
            self._count += 1
            job = protocol.Job(
                id=self._count, kind=kind, title=title, done=0, total=0, state="running", text="", hint=""
            )
            work = self._running[job.id] = _Work(job)
            work.thread = threading.Thread(
                target=self._run, args=(work, run), name=f"curate-{kind}-{job.id}", daemon=True
            )
        self._announce(protocol.JobChanged(job=job))
        work.thread.start()
        return job

    def stop(self, number: int) -> None:
        """Stop a job, as soon as it says how far it is; forget one that has ended.

        Raises:
            BadValue: there is no such job.
        """
        with self._lock:
            if self._ended.pop(number, None) is not None:
                return
            work = self._running.get(number)
        if work is None:
            raise BadValue(f"There is no job {number}", hint="it has ended meanwhile")
        work.stop.set()

    def all(self) -> list[protocol.Job]:
        """What runs, and what has ended lately, oldest first."""
        with self._lock:
            jobs = [*self._ended.values(), *(work.job for work in self._running.values())]
        return sorted(jobs, key=lambda job: job.id)

    def close(self) -> None:
        """Stop everything, and do not wait for it."""
        _end(self._running, 0)

    def _run(self, work: _Work, run: Callable[[], str]) -> None:
        try:
            if work.stop.is_set():
                raise Stopped
            with told_to(lambda progress: self._went_on(work, progress)):
                text = run()
        except Stopped:
            self._ended_as(work, "stopped", "Stopped, and nothing was changed.", "")
        except CurateError as error:
            self._ended_as(work, "failed", str(error).split(" Hint: ", 1)[0], error.hint)
        except BaseException as error:  # whatever it was, the person who waits for it has to see it
            logger.exception("%s failed", work.job.title)
            self._ended_as(work, "failed", f"{type(error).__name__}: {error}", "")
        else:
            self._ended_as(work, "done", text, "")

    def _went_on(self, work: _Work, progress: Progress) -> None:
        if work.stop.is_set():
            raise Stopped
        done, before = min(progress.done, progress.total), work.job
        work.job = msgspec.structs.replace(before, done=done, total=progress.total, text=progress.title)
        now = time.monotonic()
        # A new stage is told at once: its bar begins anew.
        due = now - work.told >= TELL_EVERY or work.job.text != before.text
        if due and work.job != before:
            work.told = now
            self._announce(protocol.JobChanged(job=work.job))

    def _ended_as(self, work: _Work, state: Literal["done", "failed", "stopped"], text: str, hint: str) -> None:
        job = work.job
        done = job.total if state == "done" else job.done
        job = msgspec.structs.replace(job, state=state, text=text[:2000], hint=hint[:2000], done=done)
        with self._lock:
            del self._running[job.id]
            self._ended[job.id] = job
            while len(self._ended) > MOST_ENDED:
                del self._ended[next(iter(self._ended))]
        self._announce(protocol.JobChanged(job=job))


def _end(running: dict[int, _Work], seconds: float) -> None:
    """Stop what runs, and wait for it for a while."""
    works: Iterable[_Work] = list(running.values())
    for work in works:
        work.stop.set()
    until = time.monotonic() + seconds
    for work in works:
        with suppress(RuntimeError):  # not started yet, or this very thread
            if work.thread is not None:
                work.thread.join(max(0.0, until - time.monotonic()))
