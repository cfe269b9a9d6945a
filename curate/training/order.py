"""In which order samples are read: shuffled, cut by rank, and the same again on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.errors import BadValue

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """The order of an epoch.

    Attributes:
        shuffle: False is the order of the view, True any order; a number is the size of the buffer that it is shuffled through,
            which keeps neighbours near each other: an object store or a spinning disk reads them faster.
        seed: of the shuffling.
        shard: (rank, number of ranks); None takes those of ``torch.distributed`` where that runs, else one rank.
    """

    shuffle: bool | int = False
    seed: int = 0
    shard: tuple[int, int] | None = None

    def epoch(self, n: int, epoch: int) -> Indices:
        """All n indices in the order of an epoch, over all ranks."""
        # The raw stream of PCG64 is the same in every version of NumPy; that of Generator.permutation need not be.
        random = np.random.PCG64(np.random.SeedSequence([self.seed, epoch]))
        if self.shuffle is False:
            return np.arange(n)
        if self.shuffle is True or self.shuffle >= n:
            return _permutation(random.random_raw(n))
        return buffered(random, n, self.shuffle)

    def ranks(self) -> tuple[int, int]:
        """(rank, number of ranks), now."""
        if self.shard is not None:
            return self.shard
        from torch import distributed

        if distributed.is_available() and distributed.is_initialized():
            return distributed.get_rank(), distributed.get_world_size()
        return 0, 1

    def pinned(self) -> Order:
        """This order with its rank, for a process that cannot ask; unchanged while nobody knows it."""
        ranks = self.ranks()
        return self if ranks == (0, 1) else Order(self.shuffle, self.seed, ranks)


def checked_order(shuffle: Any, seed: Any, shard: Any) -> Order:
    """An `Order` of what a user gave.

    Raises:
        BadValue: a buffer of less than 2, a seed below 0, a rank that is not one of the ranks.
    """
    if not isinstance(shuffle, bool) and (not isinstance(shuffle, int | np.integer) or shuffle < 2):
        raise BadValue(
            f"'shuffle' must be True, False, or the size of a buffer from 2 on. Got {shuffle!r}", hint="shuffle=10_000"
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise BadValue(f"'seed' must be a whole number from 0 on. Got {seed!r}", hint="seed=0")
    if shard is not None:
        numbers = isinstance(shard, tuple | list) and len(shard) == 2 and all(type(part) is int for part in shard)
        if not numbers or not 0 <= shard[0] < shard[1]:
            raise BadValue(
                f"'shard' must be a rank and the number of ranks. Got {shard!r}",
                hint="the first of four is shard=(0, 4)",
            )
        shard = (shard[0], shard[1])
    return Order(shuffle if isinstance(shuffle, bool) else int(shuffle), int(seed), shard)


def buffered(random: np.random.PCG64, n: int, size: int) -> Indices:
    """What a shuffling buffer gives out: it holds `size` indices, gives one of them at random, and takes the next in its place.

    Only indices pass through it, no pictures, so that its size costs no memory to speak of.

    Args:
        random: where the slots are drawn from.
        n: number of indices.
        size: of the buffer, at most n.

    >>> buffered(np.random.PCG64(0), 8, 2).tolist()
    [1, 2, 0, 3, 5, 4, 7, 6]
    """
    slots = (random.random_raw(n - size) % np.uint64(size)).astype(np.int64)
    out = np.empty(n, np.int64)
    # At time t the slot gives what was put into it when it was drawn before: index size + t', or the slot's first, itself.
    times = np.argsort(slots, kind="stable")
    again = np.r_[False, slots[times][1:] == slots[times][:-1]]
    out[times] = np.where(again, size + np.r_[0, times[:-1]], slots[times])
    last = np.arange(size)
    last[slots] = size + np.arange(n - size)  # the latest of equal slots wins
    out[n - size :] = last[_permutation(random.random_raw(size))]
    return out


def _permutation(keys: npt.NDArray[np.uint64]) -> Indices:
    return np.argsort(keys, kind="stable").astype(np.int64)
