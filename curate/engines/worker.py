"""A worker process: `python -m curate.engines.worker`. It does one task on items until its stdin closes.

It never outlives its parent. A thread of its own reads stdin and leaves the process at the end of file, whatever the main
thread is doing; and an alarm of the kernel's ends it where even that thread cannot run (a decoder that hangs while it holds
the interpreter's lock).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO

import msgspec

from curate.engines import protocol
from curate.media.record import Record

_SIGN_OF_LIFE = 0.25
"""Seconds after which a chunk that is not finished yet sends what it has."""

_LIVENESS = 2.0
"""Seconds between two looks at whether the parent is still there."""


def main() -> None:
    """Read `Start`, then answer chunks until the parent closes stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it closes our stdin
    # What a library prints must not get between the messages: stdout becomes ours alone, file descriptor 1 is stderr.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    questions = os.fdopen(0, "rb", buffering=0, closefd=False)
    messages: queue.SimpleQueue[bytearray] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(questions, messages), daemon=True).start()
    start = msgspec.msgpack.decode(messages.get(), type=protocol.Start)
    try:
        task, ahead = load_task(start.task)
        limit_resources(start.memory)
    except Exception:
        _answer(answers, protocol.Answer([], True, traceback.format_exc()))
        return
    _answer(answers, protocol.Answer([], True))
    decoder = msgspec.msgpack.Decoder(protocol.Chunk)
    while True:
        items = decoder.decode(messages.get()).items
        if ahead is not None:
            ahead(items)
        _work(items, task, answers, start.timeout)


def load_task(path: str) -> tuple[Callable[[str], Record], Callable[[list[str]], None] | None]:
    """The function behind "package.module:function", and "function_ahead" of the same module where there is one.

    The latter is shown a chunk's items before the first is done, so that it can begin what takes time but no processor.
    """
    module_name, _, name = path.partition(":")
    module = importlib.import_module(module_name)
    task: Callable[[str], Record] = getattr(module, name)
    return task, getattr(module, f"{name}_ahead", None)


def limit_resources(memory: int) -> None:
    """Bound this process's own memory, and let Pillow open what `decode` allows.

    The limit is on data (RLIMIT_DATA: heap and private mappings, what a decoder allocates), not on address space, of
    which libraries and thread stacks reserve much more than they touch. A picture that needs more becomes a MemoryError,
    and costs itself. Systems without that limit go without.
    """
    with contextlib.suppress(ImportError, AttributeError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is expected here; gigabytes of core files are not
        if memory:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    from PIL import Image

    from curate.media.decode import MAX_PIXELS

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow warns from here on, and refuses at twice this; `decode` refuses before


def _work(items: list[str], task: Callable[[str], Record], answers: IO[bytes], timeout: float) -> None:
    """Do one chunk; answer at its end, and before where it is slow."""
    records: list[Record] = []
    told = time.monotonic()
    for item in items:
        # Twice the parent's patience: the parent kills a hanging worker; this is for a parent that is dead.
        _alarm(2 * timeout + 1)
        try:
            records.append(task(item))
        except Exception:
            _answer(answers, protocol.Answer(records, True, traceback.format_exc()))
            return
        now = time.monotonic()
        if now - told > _SIGN_OF_LIFE:
            _answer(answers, protocol.Answer(records, False))
            records, told = [], now
    _alarm(0)
    _answer(answers, protocol.Answer(records, True))


def _alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)  # SIGALRM, which nobody handles here, ends the process


def _answer(answers: IO[bytes], answer: protocol.Answer) -> None:
    try:
        protocol.write(answers, protocol.frame(answer))
    except OSError:
        os._exit(0)  # nobody listens any more


def _listen(questions: IO[bytes], messages: queue.SimpleQueue[bytearray]) -> None:
    """Take messages as they come; end the process at the end of file, or when the parent has gone."""
    parent = os.getppid()
    while True:
        # The other end of this pipe may also be held by a process that somebody forked from our parent: then it does not
        # close when the parent dies, and only the parent's number tells. (Windows cannot select on a pipe.)
        while os.name == "posix" and not select.select([questions], [], [], _LIVENESS)[0]:
            if os.getppid() != parent:
                os._exit(0)
        message = protocol.read(questions)
        if message is None:
            os._exit(0)
        messages.put(message)


if __name__ == "__main__":
    main()
