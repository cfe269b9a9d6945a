"""One worker process, seen from its parent."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

import msgspec

from curate.engines import protocol
from curate.errors import CurateError

_SIGN_OF_LIFE = 0.5
"""Seconds of grace: a worker answers at the latest this long after an item that it finished."""

_START = 60.0
"""Seconds that an interpreter may take to start and import the task, on a machine that is busy."""

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_KEEP_MEMORY = {
    # glibc gives each buffer above 128 KB back to the system, and the next picture faults it in again page by page:
    # 640 faults and 1.2 ms of system time a picture. Kept, it is 10 faults and 0.1 ms. Other C libraries ignore these.
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
    "MALLOC_TOP_PAD_": str(4 << 20),
}
_ANSWER = msgspec.msgpack.Decoder(protocol.Answer)


class Worker:
    """A process that does one task. It is used by one thread; `kill` and `kill_if_late` may be called by any.

    Args:
        task: "package.module:function".
        timeout: seconds that one item may take.
        memory: bytes that it may allocate; 0 for no limit.
    """

    def __init__(self, task: str, *, timeout: float, memory: int) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._deadline: float | None = None
        self._verdict = ""
        self._ready = False
        # A file and not a pipe: nobody would read a pipe, and a decoder that prints a lot would stand still.
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "curate.engines.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=environment(threads=1),  # as many workers as cores: more threads would be in each other's way
            bufsize=0,
            # Ctrl-C in a terminal goes to the whole group; ours to handle, the worker's to survive until we have.
            process_group=0 if os.name == "posix" else None,
        )
        _widen(self._process.stdout)
        self._send(protocol.Start(task, timeout, memory))

    def send(self, items: list[str]) -> None:
        """Give it a chunk. A worker that has died meanwhile is noticed by `receive`."""
        self._send(protocol.Chunk(items))

    def receive(self) -> protocol.Answer | None:
        """Wait for its next answer; None where it has died or was killed.

        Raises:
            CurateError: it died before it was ready to work.
        """
        if not self._ready:
            first = self._receive(_START)
            if first is None:
                self._not_started()
            elif first.failure is not None:
                return first
            self._ready = True
        return self._receive(self._timeout + _SIGN_OF_LIFE)

    def kill_if_late(self) -> None:
        """End it where it has been silent for too long."""
        deadline = self._deadline
        if deadline is not None and time.monotonic() > deadline:
            self.kill(f"the decoder took longer than {self._timeout:g} s")

    def kill(self, verdict: str) -> None:
        """End it at once, for a reason."""
        with self._lock:
            if self._process.returncode is None:
                self._verdict = self._verdict or verdict
                self._process.kill()

    def close(self) -> str:
        """End it and free what it held; in words, why it ended."""
        with self._lock:
            ended = self._process.poll()
        if ended is None:
            self.kill("the run was ended")
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            if pipe is not None:
                pipe.close()
        if self._verdict:
            return self._verdict
        return (
            f"the decoder crashed (signal {-code})" if code < 0 else f"the decoder ended its process (exit code {code})"
        )

    def _send(self, message: msgspec.Struct) -> None:
        assert self._process.stdin is not None
        # Where it has died, receive() will find the end of its answers, after those that it still sent.
        with contextlib.suppress(OSError):
            protocol.write(self._process.stdin, protocol.frame(message))

    def _receive(self, patience: float) -> protocol.Answer | None:
        assert self._process.stdout is not None
        self._deadline = time.monotonic() + patience
        try:
            message = protocol.read(self._process.stdout)
        finally:
            self._deadline = None
        if message is None:
            # Its pipe closes a moment before the process can be waited for; what it died of is known after that.
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                self.kill("the decoder closed its answers")
            return None
        return _ANSWER.decode(message)

    def _not_started(self) -> None:
        if self._verdict and "run was ended" in self._verdict:
            return
        self._stderr.seek(0)
        words = self._stderr.read()[-2000:].decode("utf-8", "replace").strip() or "it said nothing"
        why = self._verdict or f"exit code {self._process.returncode}"
        raise CurateError(
            f"A worker process did not start ({why}): {words}",
            hint="run `python -m curate.engines.worker < /dev/null` to see why",
        )


def environment(*, threads: int) -> dict[str, str]:
    """The parent's environment and import path, since a worker must find the package wherever the parent found it.

    Args:
        threads: that the libraries of the worker may use.
    """
    variables = dict(os.environ)
    # Not the empty entry (an interactive session's current folder): a numpy.py lying there is not meant.
    folders = [str(Path(entry).absolute()) for entry in sys.path if entry]
    variables["PYTHONPATH"] = os.pathsep.join(folders)
    variables["PYTHONSAFEPATH"] = "1"  # for the same reason: `-m` would put the current folder first
    variables["PYTHONUNBUFFERED"] = "1"
    variables.update(_KEEP_MEMORY)
    for name in _THREADS:
        variables[name] = str(threads)
    return variables


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a worker write a whole answer (some 300 KB of thumbnails) and go on, while we are busy. Linux only."""
    try:
        import fcntl

        if pipe is not None:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
    except (ImportError, AttributeError, OSError):
        pass
