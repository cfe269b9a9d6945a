"""The loader: a DataLoader that knows what the training loop has taken, so that it resumes exactly there.

Workers read ahead of the loop, so none of them knows how far it is. The loader hands out the order of an epoch from the
process of the loop, and counts what it gives: what comes does not depend on the number of workers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch.utils.data import DataLoader, Sampler

from curate.errors import BadValue
from curate.training.dataset import PictureDataset
from curate.training.position import position, resumed


class Loader(DataLoader[Any]):
    """Batches of a `PictureDataset`, each epoch in an order of its own.

    Every sample comes once an epoch, over all ranks; the ranks' shares differ by at most one sample. Each ``for`` is the next
    epoch, also after a loop that was left early; `load_state_dict` sets the next one back to where `state_dict` was taken, with
    any number of workers, and after whole batches of any number of ranks.

    Args:
        dataset: what is read.
        batch_size: pictures a batch of a rank; the last of an epoch may have fewer, and so has one with skipped pictures.
        num_workers: processes that decode; 0 decodes in this one.
        drop_last: leave out what does not fill a batch on every rank, so that all have the same number of batches.
        collate_fn: makes a batch of a list of items; None takes `PictureDataset.collate`.
        options: of `DataLoader`: pin_memory, prefetch_factor, persistent_workers, multiprocessing_context …
    """

    def __init__(
        self,
        dataset: PictureDataset,
        batch_size: int,
        *,
        num_workers: int = 0,
        drop_last: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        **options: Any,
    ) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise BadValue(f"'batch_size' must be a whole number from 1 on. Got {batch_size!r}", hint="loader(64)")
        self.epoch = 0
        self._taken = 0
        self._run: object | None = None  # the loop under way; None before the first, and after a state was loaded
        super().__init__(
            dataset,
            batch_sampler=_Batches(dataset, batch_size, drop_last=drop_last),
            num_workers=num_workers,
            collate_fn=_Collated(collate_fn or dataset.collate),
            **options,
        )

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        """The batches of the next epoch, or the rest of the one that was loaded."""
        if self._run is not None:
            self.epoch, self._taken = self.epoch + 1, 0
        run = self._run = object()
        plan: _Batches = self.batch_sampler  # type: ignore[assignment]
        taken = self._taken
        plan.begin(self.epoch, taken)
        with warnings.catch_warnings():
            # Said at every fork once Lance is loaded; workers hold locations and targets, and read no table.
            warnings.filterwarnings("ignore", message="lance is not fork-safe")
            batches = super().__iter__()
        for batch in batches:
            taken = plan.after(taken)
            if self._run is run:
                self._taken = taken
            if batch is not None:
                yield batch
        if self._run is run:
            self.epoch, self._taken, self._run = self.epoch + 1, 0, None

    def state_dict(self) -> dict[str, Any]:
        """Where the loop is, after the batch that it took last; plain data, the same on every rank."""
        return position(self.dataset, self.epoch, self._taken)  # type: ignore[arg-type]

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, in the next ``for``.

        Raises:
            BadValue: it is the state of other samples, or of another order.
        """
        self.epoch, self._taken = resumed(self.dataset, state)  # type: ignore[arg-type]
        self._run = None


class _Batches(Sampler[list[int]]):
    """The indices of each batch of this rank."""

    def __init__(self, dataset: PictureDataset, batch_size: int, *, drop_last: bool) -> None:
        self._dataset = dataset
        self._size = batch_size
        self._drop_last = drop_last
        self._epoch, self._taken = 0, 0

    def begin(self, epoch: int, taken: int) -> None:
        """Say from where the next iteration goes on; `taken` is counted over all ranks."""
        self._epoch, self._taken = epoch, taken

    def after(self, taken: int) -> int:
        """How many samples all ranks have taken after one more batch."""
        _, ranks = self._dataset.order.ranks()
        return min(len(self._dataset), taken + self._size * ranks)

    def __iter__(self) -> Iterator[list[int]]:
        rank, ranks = self._dataset.order.ranks()
        n = len(self._dataset)
        left = self._dataset.order.epoch(n, self._epoch)[self._taken :]
        mine = left[rank::ranks]
        if self._drop_last:
            mine = mine[: len(left) // ranks // self._size * self._size]
        return (mine[start : start + self._size].tolist() for start in range(0, len(mine), self._size))

    def __len__(self) -> int:
        rank, ranks = self._dataset.order.ranks()
        n = len(self._dataset)
        if self._drop_last:
            return n // ranks // self._size
        return (len(range(rank, n, ranks)) + self._size - 1) // self._size


class _Collated:
    """None for a batch of which no picture can be read: it is passed over."""

    def __init__(self, collate: Callable[[list[Any]], Any]) -> None:
        self._collate = collate

    def __call__(self, items: Sequence[Any]) -> Any:
        return self._collate(list(items)) if items else None
