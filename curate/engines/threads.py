"""The same work on many items, in threads: for libraries that let go of the interpreter's lock while they calculate."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from curate.engines.machine import available_cores

T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    """Each item with ``work(item)``, in the order of the items, on all cores.

    Few items are begun ahead of the one that is asked for, so that results do not pile up. What an item raises is raised in its
    place, and nothing new begins after that, nor after the caller has stopped asking.

    >>> list(in_threads(abs, [-3, 4, -5]))
    [(-3, 3), (4, 4), (-5, 5)]
    """
    begun: deque[tuple[T, Future[R]]] = deque()
    pool = ThreadPoolExecutor(available_cores(), thread_name_prefix="curate-work")
    try:
        for item in items:
            begun.append((item, pool.submit(work, item)))
            if len(begun) > 2 * available_cores():
                first, result = begun.popleft()
                yield first, result.result()
        while begun:
            first, result = begun.popleft()
            yield first, result.result()
    finally:
        pool.shutdown(cancel_futures=True)
