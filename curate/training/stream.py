"""The iterable dataset: the same pictures one after the other, each rank and each worker its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import IterableDataset, get_worker_info

from curate.errors import BadValue
from curate.training.dataset import PictureDataset
from curate.training.loader import Loader
from curate.training.memory import shared
from curate.training.pictures import READERS
from curate.training.position import position, resumed


class PictureStream(IterableDataset[Any]):
    """Pictures and targets of a view one after the other, as ``View.torch(iterable=True)`` gives them.

    In a `DataLoader` with workers each worker gives its own share of its rank's: together every sample once an epoch. Such a
    loader begins its workers anew for each epoch, so say which it is with `set_epoch`, as for a `DistributedSampler`;
    `loader` does that by itself.

    Attributes:
        pictures: the same in map-style.
    """

    def __init__(self, pictures: PictureDataset) -> None:
        self.pictures = pictures
        self._start = 0
        self._taken = 0
        # in shared memory, so that workers that live on are told of a new epoch, and say that they read
        self._shared = shared(2, torch.int64)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes in the order of their numbers, from 0."""
        return self.pictures.classes

    @property
    def sample_ids(self) -> npt.NDArray[np.int64]:
        """(n,) int64 of all ranks and workers, in the order of the view."""
        return self.pictures.sample_ids

    @property
    def left_out(self) -> dict[str, int]:
        """As of `PictureDataset`."""
        return self.pictures.left_out

    @property
    def unreadable(self) -> npt.NDArray[np.int64]:
        """As of `PictureDataset`."""
        return self.pictures.unreadable

    @property
    def epoch(self) -> int:
        """The number of the epoch that comes next or is under way, from 0; without workers it counts by itself."""
        return int(self._shared[0])

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next: each has an order of its own."""
        if type(epoch) is not int or epoch < 0:
            raise BadValue(f"'epoch' must be a whole number from 0 on. Got {epoch!r}")
        self._shared[0] = epoch
        self._start = self._taken = 0

    def loader(self, batch_size: int, *, num_workers: int = 0, drop_last: bool = False, **options: Any) -> Loader:
        """As of `PictureDataset`: the same order, and a state that is exact with workers too."""
        return self.pictures.loader(batch_size, num_workers=num_workers, drop_last=drop_last, **options)

    def __iter__(self) -> Iterator[Any]:
        """The items of this rank and worker; a picture that cannot be read is skipped where that was asked for."""
        worker = get_worker_info()
        self._shared[1] = worker is not None
        epoch, self._taken, self._start = self.epoch, self._start, 0
        rank, ranks, number, workers = self._share()
        mine = self.pictures.order.epoch(len(self.pictures), epoch)[rank::ranks][number::workers]
        # from an object store as many are read at once as one process has requests under way
        window = READERS if self.pictures.remote else 1
        for start in range(self._taken, len(mine), window):
            chunk = mine[start : start + window].tolist()
            for step, items in enumerate(self.pictures.read(chunk), start=1):
                self._taken = start + step
                yield from items
        if worker is None:
            self.set_epoch(epoch + 1)

    def state_dict(self) -> dict[str, Any]:
        """Where the iteration in this process is; plain data, one state for each rank and each worker.

        Raises:
            BadValue: workers read the stream, and they are ahead of the loop; `loader` knows what the loop has taken.
        """
        if get_worker_info() is None and int(self._shared[1]):
            raise BadValue(
                "Workers have read this stream, and they are ahead of the loop: here nobody knows what it has taken",
                hint="loader = stream.loader(batch_size, num_workers=…) counts it; loader.state_dict()",
            )
        return position(self.pictures, self.epoch, self._taken, share=list(self._share()))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, in the next iteration.

        Raises:
            BadValue: it is the state of other samples, of another order, or of another rank's or worker's share.
        """
        epoch, taken = resumed(self.pictures, state, share=list(self._share()))
        self.set_epoch(epoch)
        self._start = self._taken = taken

    def _share(self) -> tuple[int, int, int, int]:
        worker = get_worker_info()
        return (*self.pictures.order.ranks(), *((0, 1) if worker is None else (worker.id, worker.num_workers)))

    def __repr__(self) -> str:
        return repr(self.pictures).replace(type(self.pictures).__name__, type(self).__name__, 1)
