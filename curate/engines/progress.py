"""Progress of long work: tqdm's bar in a notebook, rich's in a terminal, nothing where nobody looks.

Everything goes to stderr, so that stdout stays for results. Work that runs in the background tells a listener instead, which may
also stop it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any


class Stopped(BaseException):
    """Somebody stopped the work.

    Not an Exception: what goes on after one bad sample must not take it for one.
    """


Listener = Callable[["Progress"], None]

_listener: ContextVar[Listener | None] = ContextVar("curate_progress", default=None)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Progress that begins in this block, on this thread, is told to `listener` and draws no bar.

    Args:
        listener: called with the progress whenever it went on; it ends the work by raising `Stopped`.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


class Progress:
    """A bar with rate and time left; a context manager.

    Args:
        total: how many there will be.
        title: what is being done, a word or two.
        unit: what is being counted.

    Attributes:
        done: how many are done.
    """

    def __init__(self, total: int, title: str, *, unit: str = "samples") -> None:
        self.total = total
        self.title = title
        self.unit = unit
        self.done = 0
        self._listener = _listener.get()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._listener is not None:
            self._listener(self)
            return self
        kind = surface()
        if kind == "notebook":
            from tqdm.auto import tqdm

            self._bar = tqdm(total=self.total, desc=self.title, unit=f" {self.unit}")
        elif kind == "terminal":
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            class Rate(ProgressColumn):
                def render(self, task: Any) -> str:
                    return "" if task.speed is None else f"{task.speed:,.0f}/s"

            columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn()
            self._bar = Bar(*columns, console=Console(stderr=True))
            self._bar.start()
            self._task = self._bar.add_task(self.title, total=self.total)
        return self

    def add(self, n: int) -> None:
        """`n` more are done.

        Raises:
            Stopped: whoever listens wants no more of it.
        """
        self.done += n
        if self._listener is not None:
            self._listener(self)
        elif self._task is not None:
            self._bar.advance(self._task, n)
        elif self._bar is not None:
            self._bar.update(n)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._bar.stop()
        elif self._bar is not None:
            self._bar.close()


class Stages:
    """A bar for each stage of long work, one after the other; called with how far it is, as an `Errand` does.

    Args:
        title: of the work.
        stage: with which it begins, where that is known.
        total: of that stage.
        unit: what is being counted.
        units: the same, of stages that count something else.
    """

    def __init__(
        self,
        title: str,
        stage: str = "",
        total: int = 1,
        *,
        unit: str = "samples",
        units: Mapping[str, str] | None = None,
    ) -> None:
        self._title, self._unit, self._units = title, unit, units or {}
        self._stack = ExitStack()
        self._stage, self._bar = stage, self._of(stage, total)

    def __enter__(self) -> Stages:
        self._stack.enter_context(self._bar)
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` of a stage are done.

        Raises:
            Stopped: whoever listens wants no more of it.
        """
        if stage == "start":  # the process has not begun; this is only the question whether to go on
            stage, done = self._stage, self._bar.done
        if stage != self._stage:
            self._stack.close()
            self._stage, self._bar = stage, self._of(stage, total)
            self._stack.enter_context(self._bar)
        self._bar.add(done - self._bar.done)

    def _of(self, stage: str, total: int) -> Progress:
        title = f"{self._title}: {stage}" if stage else self._title
        return Progress(total, title, unit=self._units.get(stage, self._unit))


def surface() -> str:
    """Where progress would be seen: ``notebook``, ``terminal`` or ``nowhere`` (a log file, or ``CURATE_PROGRESS=0``)."""
    if os.environ.get("CURATE_PROGRESS") == "0":
        return "nowhere"
    if "ipykernel" in sys.modules:
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        if shell is not None and hasattr(shell, "kernel"):
            return "notebook"
    return "terminal" if sys.stderr is not None and sys.stderr.isatty() else "nowhere"
