"""What workers are asked to do in the tests: tasks that behave, crash, hang, print and grow."""

from __future__ import annotations

import os
import signal
import sys
import time

from curate.media.record import Record


def echo(text: str) -> Record:
    return Record(error=text, bytes=os.getpid())


def misbehave(text: str) -> Record:
    """Does what the text says."""
    if text.startswith("signal"):
        os.kill(os.getpid(), int(text.split()[1]))
    if text.startswith("exit"):
        os._exit(int(text.split()[1]))
    if text.startswith("sleep"):
        time.sleep(float(text.split()[1]))
    if text.startswith("print"):
        print("x" * 1000)
        sys.stdout.flush()
        os.write(1, b"straight to the descriptor\n")
        sys.stderr.write("y" * 200_000)
    if text.startswith("large"):
        return Record(error=text, thumbnail=bytes(int(text.split()[1])))
    if text.startswith("grow"):
        try:
            filled = bytearray(int(text.split()[1]))
        except MemoryError:
            return Record(status="too_large", error=text)
        del filled
    return Record(error=text, bytes=os.getpid())


def hang_with_the_lock(text: str) -> Record:
    """Hangs as a decoder in C does that never lets go of the interpreter: no Python thread runs any more."""
    if text == "hang":
        # A single regular expression that backtracks for ages holds the lock all the while.
        import re

        re.match(r"(a+)+$", "a" * 64 + "b")
    return Record(error=text)


def announce(text: str) -> Record:
    """Writes its process number to the file named, then sleeps."""
    path, _, seconds = text.partition("|")
    with open(path, "a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(float(seconds))
    return Record()


def interrupted(text: str) -> Record:
    return Record(bytes=int(signal.getsignal(signal.SIGINT) is signal.SIG_IGN))


def fail(text: str) -> Record:
    raise ZeroDivisionError(text)


def modules(text: str) -> Record:
    return Record(error=" ".join(sorted(name for name in sys.modules if "." not in name)))


SEEN: list[str] = []


def prepared_ahead(chunk: list[str]) -> None:
    SEEN[:] = chunk


def prepared(text: str) -> Record:
    return Record(error=f"{text} of {', '.join(SEEN)}")
