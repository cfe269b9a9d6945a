"""One thread of torch for each of our own, while several of ours run a model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_before = 0


@contextmanager
def one_thread_each() -> Iterator[None]:
    """While inside, an operation of torch stays on the thread that calls it; for the whole process.

    Blocks nest and overlap, also from several threads; the last one to end restores the number there was.
    """
    global _inside, _before  # noqa: PLW0603 - torch has one number for the process, so have we
    import torch

    with _lock:
        if _inside == 0:
            _before = torch.get_num_threads()
            torch.set_num_threads(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                torch.set_num_threads(_before)
