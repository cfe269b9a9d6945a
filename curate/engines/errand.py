"""One long piece of work in a process of its own: what would hold the interpreter's lock for minutes in a kernel.

An errand is a function ``(arrays, options, tell) -> (arrays, about)``. Its arrays lie as ``.npy`` files in a folder of their own
and are memory-mapped, so a gigabyte of vectors goes through no pipe; `options` and `about` are JSON; the process tells how far
it is as lines of JSON on its stdout. Nothing is pickled.

The process never outlives its parent: it ends when its stdin does, and takes the folder along.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from curate import errors
from curate.engines.machine import available_cores
from curate.engines.process import environment

Tell = Callable[[str, int, int], None]
"""Hears the stage of the work, how much of it is done, and of how much."""

_TICK = 0.2
"""Seconds after which the parent's `tell` is called again, so that it can stop an errand that has nothing to say."""

_LIVENESS = 1.0
"""Seconds between two looks at whether the parent is still there."""

_TOLD = 0.1
"""Seconds between two lines of one stage."""


class Errand:
    """A function that runs once in a process of its own; a context manager, which ends the process and frees the files.

    Args:
        task: "package.module:function", importable in a fresh interpreter.
        threads: that its libraries may use each time they are called; None for one a core. A function with threads of its own
            takes 1: libraries' threads that waited for each other made the search for pairs three times slower on two cores.

    >>> with Errand("curate.analysis.projection:project_errand") as errand:
    ...     errand.array("vectors", (2, 2), np.float16)[:] = np.eye(2)
    ...     places, about = errand.run({"seed": 0})
    >>> places["places"].shape, about["method"]
    ((2, 2), 'pca')
    """

    def __init__(self, task: str, *, threads: int | None = None) -> None:
        self.task = task
        self._threads = threads
        self._folder = tempfile.TemporaryDirectory(prefix="curate-errand-", ignore_cleanup_errors=True)
        self._path = Path(self._folder.name)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def array(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """An array that the errand gets, as a file to be filled."""
        path = self._path / f"{name}.npy"
        if 0 in shape:  # an empty file cannot be mapped
            np.save(path, np.empty(shape, dtype))
            return np.empty(shape, dtype)
        return np.lib.format.open_memmap(path, "w+", np.dtype(dtype), shape)

    def run(self, options: Mapping[str, Any], tell: Tell | None = None) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Do it, and wait for it.

        Args:
            options: what JSON can hold.
            tell: called in this thread with stage, done and total whenever the work went on, and several times a second while it
                does not; what it raises ends the process and passes through.

        Returns:
            The arrays that the function gave, and what it says about them.

        Raises:
            CurateError: the process died; what the function itself raised comes as it was, where it is one of ours.
        """
        (self._path / "options.json").write_text(json.dumps(dict(options)))
        with tempfile.TemporaryFile() as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "curate.engines.errand", self.task, str(self._path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environment(threads=self._threads or available_cores()),
                # Ctrl-C in a terminal goes to the whole group; it is ours to handle
                process_group=0 if os.name == "posix" else None,
            )
            self._listen(tell)
            code = self._process.wait()
            stderr.seek(0)
            words = stderr.read()[-2000:].decode("utf-8", "replace").strip()
        return self._result(code, words)

    def close(self) -> None:
        """End the process, if there is one, and remove the files."""
        process, self._process = self._process, None
        if process is not None:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self._folder.cleanup()

    def _listen(self, tell: Tell | None) -> None:
        """Pass on what the process tells until it ends."""
        assert self._process is not None
        pipe = self._process.stdout
        assert pipe is not None
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

        def read() -> None:
            with contextlib.suppress(ValueError, OSError):  # closed under it
                for line in pipe:
                    lines.put(line)
            lines.put(b"")

        threading.Thread(target=read, name="curate-errand", daemon=True).start()
        told: tuple[str, int, int] = ("start", 0, 1)
        while True:
            try:
                line = lines.get(timeout=_TICK)
            except queue.Empty:
                line = None
            if line == b"":
                return
            if line is not None:
                stage, done, total = json.loads(line)
                told = (str(stage), int(done), int(total))
            if tell is not None:
                tell(*told)

    def _result(self, code: int, words: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        result = self._path / "result.json"
        if not result.exists():
            why = f"signal {-code}" if code < 0 else f"exit code {code}"
            # the system ends processes by signal 9 where memory runs out
            hint = "it may have run out of memory" if code == -9 else ""
            raise errors.CurateError(
                f"The process for {self.task!r} ended ({why}): {words or 'it said nothing'}", hint=hint
            )
        said = json.loads(result.read_text())
        if "error" in said:
            kind = getattr(errors, said["kind"], None)
            if isinstance(kind, type) and issubclass(kind, errors.CurateError) and kind is not errors.UnknownName:
                raise kind(said["error"], hint=said["hint"])
            raise errors.CurateError(f"{self.task!r} failed in a process of its own:\n{said['error']}")
        return {name: np.load(self._path / f"{name}.out.npy") for name in said["arrays"]}, said["about"]


def main(task: str, folder: str) -> None:
    """The other end: do the errand that lies in `folder`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    if hasattr(os, "nice"):
        os.nice(5)  # the kernel and its widgets come first
    # What a library prints must not get between the lines: stdout becomes ours alone, file descriptor 1 is stderr.
    lines = os.dup(1)
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    path = Path(folder)
    module, _, name = task.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
        arrays = {file.stem: _mapped(file) for file in path.glob("*.npy")}
        given, about = function(arrays, json.loads((path / "options.json").read_text()), _Teller(lines))
        for key, array in given.items():
            np.save(path / f"{key}.out.npy", array)
        result: dict[str, Any] = {"arrays": list(given), "about": about}
    except errors.CurateError as error:
        message = str(error).split(" Hint: ", 1)[0]
        result = {"kind": type(error).__name__, "error": message, "hint": error.hint}
    except Exception:
        result = {"kind": "", "error": traceback.format_exc(), "hint": ""}
    # last, and in one step: a process that dies before leaves no result
    (path / "result.part").write_text(json.dumps(result))
    (path / "result.part").replace(path / "result.json")


def _mapped(file: Path) -> np.ndarray:
    array: np.ndarray = np.load(file, mmap_mode=None if file.stat().st_size < 4096 else "r")
    return array


class _Teller:
    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._last = ("", 0.0)

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage == self._last[0] and done < total and now - self._last[1] < _TOLD:
            return
        self._last = (stage, now)
        os.write(self._lines, json.dumps([stage, done, total]).encode() + b"\n")


def _end_with_parent(folder: str) -> None:
    """End the process when its stdin does, or when the parent has gone, and take the files along."""
    parent = os.getppid()
    while True:
        # The other end may also be held by a process that was forked from our parent; then only the parent's number tells.
        ready = os.name != "posix" or bool(select.select([0], [], [], _LIVENESS)[0])
        if (ready and os.read(0, 1) == b"") or os.getppid() != parent:
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
