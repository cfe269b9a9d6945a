"""The map-style dataset: any picture by its number, decoded where it is asked for."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch.utils.data import Dataset, default_collate

from curate.errors import NotReadable
from curate.training.memory import shared
from curate.training.order import Order
from curate.training.pictures import Pictures, Pixels
from curate.training.targets import Boxes, Targets

if TYPE_CHECKING:
    from curate.training.loader import Loader

RAISE, SKIP, SUBSTITUTE = "raise", "skip", "substitute"
POLICIES = (RAISE, SKIP, SUBSTITUTE)
"""What becomes of a picture that cannot be read: an error, a smaller batch, or the next one that can be read in its place."""

MOST_SUBSTITUTES = 64
"""How many pictures in a row may be unreadable before that is an error all the same."""


class PictureDataset(Dataset[Any]):
    """Pictures and targets of a view, as `View.torch` gives them.

    ``dataset[3]`` is a picture and its target: the number of its class, a value, its boxes, or, without labels, its sample id.
    It holds arrays and no session: it can be pickled, and read in workers that were forked or spawned.

    Attributes:
        classes: names in the order of their numbers, from 0.
        sample_ids: (n,) int64, in the order of the numbers.
        left_out: reason to number of samples (of labels, where the reason is one of a box) that are not in it.
        missing: what becomes of a picture that cannot be read: ``raise``, ``skip`` or ``substitute``.
        order: in which `loader` and the iterable style read it.
    """

    def __init__(
        self,
        pictures: Pictures,
        targets: Targets,
        sample_ids: npt.NDArray[np.int64],
        *,
        transform: Callable[..., Any] | None = None,
        missing: str = RAISE,
        order: Order,
        left_out: Mapping[str, int],
    ) -> None:
        self.sample_ids = sample_ids
        self.missing = missing
        self.order = order
        self.left_out = dict(left_out)
        self._pictures = pictures
        self._targets = targets
        self._transform = transform
        # One byte a picture in shared memory: a worker of either kind marks what it could not read, and every process sees it.
        # Two that mark the same one write the same, so nothing is counted twice and no lock is needed.
        self._unreadable = shared(len(pictures), torch.uint8)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes in the order of their numbers, from 0."""
        return self._targets.classes

    @property
    def unreadable(self) -> npt.NDArray[np.int64]:
        """(m,) int64 ids of the samples that could not be read so far, by this process or any worker."""
        found: npt.NDArray[np.int64] = self.sample_ids[self._unreadable.numpy().astype(bool)]
        return found

    @property
    def remote(self) -> bool:
        """Whether any picture is read from an object store."""
        return self._pictures.remote

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> Any:
        """One picture and its target.

        Returns:
            The picture is what the transform makes of a PIL image (RGB, upright); without one, a (3, h, w) uint8 tensor. With
            boxes the transform gets the target too, and gives both back, as those of ``torchvision.transforms.v2`` do.

        Raises:
            IndexError: no such number.
            NotReadable: the picture cannot be read, and is not to be substituted.
        """
        number = operator.index(index)
        if not -len(self) <= number < len(self):
            raise IndexError(f"There are {len(self):,} pictures. Got {number}")
        return self._item(number % len(self), None)

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Pictures and targets of a batch; fewer than were asked for where unreadable ones are skipped."""
        return [item for items in self.read(indices) for item in items]

    def read(self, indices: Sequence[int]) -> Iterator[list[Any]]:
        """For each index a list of one item, or of none where an unreadable picture is skipped."""
        for index, data in zip(indices, self._pictures.read_ahead(indices), strict=True):
            try:
                yield [self._item(index, data)]
            except NotReadable:
                if self.missing != SKIP:
                    raise
                yield []

    def loader(self, batch_size: int, *, num_workers: int = 0, drop_last: bool = False, **options: Any) -> Loader:
        """A `torch.utils.data.DataLoader` that shuffles, shards by rank, and resumes in the middle of an epoch.

        See `Loader`.
        """
        from curate.training.loader import Loader

        return Loader(self, batch_size, num_workers=num_workers, drop_last=drop_last, **options)

    def collate(self, items: Sequence[Any]) -> Any:
        """A batch of items, stacked; with boxes, targets are a list, and so are pictures of different sizes."""
        if not isinstance(self._targets, Boxes):
            return default_collate(list(items))
        pictures, targets = [item[0] for item in items], [item[1] for item in items]
        stackable = all(isinstance(p, torch.Tensor) and p.shape == pictures[0].shape for p in pictures)
        return (torch.stack(pictures) if stackable else pictures), targets

    def fingerprint(self) -> str:
        """Which samples these are, in which order: 16 hex digits."""
        return hashlib.blake2b(np.ascontiguousarray(self.sample_ids, "<i8").tobytes(), digest_size=8).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        # A spawned worker is in no process group: it has to be told of which rank it is.
        return self.__dict__ | {"order": self.order.pinned()}

    def __repr__(self) -> str:
        of = f" of {len(self.classes)} classes" if self.classes else ""
        left = f", left out: {', '.join(f'{n:,} {why}' for why, n in self.left_out.items())}" if self.left_out else ""
        return f"<{type(self).__name__} {len(self):,} pictures{of}{left}>"

    def _item(self, index: int, data: bytes | Exception | None) -> Any:
        try:
            return self._made(index, self._pixels(index, data))
        except NotReadable:
            if self.missing != SUBSTITUTE:
                raise
        return self._substitute(index)

    def _substitute(self, index: int) -> Any:
        tried = min(MOST_SUBSTITUTES, len(self) - 1)
        for step in range(1, tried + 1):
            other = (index + step) % len(self)
            try:
                pixels = self._pixels(other, None)
            except NotReadable:
                continue
            return self._made(other, pixels)
        raise NotReadable(
            f"The picture {self._pictures.location(index)!r} cannot be read, nor can any of the {tried} after it",
            hint="see whether the folder or the store is still there",
        )

    def _pixels(self, index: int, data: bytes | Exception | None) -> Pixels:
        try:
            return self._pictures.pixels(index, data)
        except NotReadable:
            self._unreadable[index] = 1
            raise

    def _made(self, index: int, pixels: Pixels) -> Any:
        target = self._targets.of(index, pixels.shape[0], pixels.shape[1])
        if self._transform is None:
            return torch.from_numpy(np.array(pixels.transpose(2, 0, 1), order="C")), target
        picture = Image.fromarray(pixels)
        return self._transform(picture, target) if self._targets.joint else (self._transform(picture), target)
