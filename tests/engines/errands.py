"""Errands for the tests, run in processes of their own."""

import os
import signal
import time
from pathlib import Path

from curate.errors import BadValue


def double(arrays, options, tell):
    print("a library that prints")
    for done in range(3):
        tell("doubling", done + 1, 3)
    return {"twice": 2 * arrays["numbers"]}, {"given": options["word"]}


def refuse(arrays, options, tell):
    raise BadValue("Got 7", hint="give 8")


def fail(arrays, options, tell):
    return 1 / 0


def crash(arrays, options, tell):
    os.kill(os.getpid(), signal.SIGKILL)


def wait(arrays, options, tell):
    Path(options["pid"]).write_text(str(os.getpid()))
    tell("waiting", 0, 1)
    time.sleep(120)
