"""What the loop and its workers have in common: numbers that both see, and garbage that only the loop may collect."""

from __future__ import annotations

import gc
import os

import torch

if hasattr(os, "register_at_fork"):
    # A forked worker inherits what the session has let go of and not collected yet: DuckDB's connections and Lance's tables,
    # whose threads are not there in the worker. Collected there, they crash it (94 of 122 loops, measured after a few searches);
    # frozen they are left alone, and their pages are not copied either, because nobody counts their references.
    os.register_at_fork(after_in_child=gc.freeze)


def shared(n: int, dtype: torch.dtype) -> torch.Tensor:
    """(n,) zeros in shared memory: workers of either kind, forked or spawned, write where this process reads.

    Pickled for anything but a worker, they are copied.
    """
    zeros: torch.Tensor = torch.zeros(n, dtype=dtype).share_memory_()  # type: ignore[no-untyped-call]
    return zeros
