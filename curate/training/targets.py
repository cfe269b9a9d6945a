"""What a picture is trained towards: its class, a number, its boxes, or, without labels, its sample id.

These travel to worker processes, so they are arrays, and know no dataset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Numbers:
    """One whole number a picture: of its class, or its sample id.

    Attributes:
        numbers: (n,) int64.
        classes: names in the order of their numbers; empty for sample ids.
    """

    numbers: npt.NDArray[np.int64]
    classes: tuple[str, ...] = ()
    joint = False

    def of(self, index: int, height: int, width: int) -> int:  # noqa: ARG002 - boxes need the size
        """The target of a picture."""
        return int(self.numbers[index])


@dataclass(frozen=True)
class Values:
    """One value a picture, to be regressed.

    Attributes:
        values: (n,) float32.
    """

    values: npt.NDArray[np.float32]
    classes: tuple[str, ...] = ()
    joint = False

    def of(self, index: int, height: int, width: int) -> Any:  # noqa: ARG002 - boxes need the size
        """The target of a picture: a float32 tensor without dimensions, because `DataLoader` makes float64 of plain numbers."""
        import torch

        return torch.tensor(self.values[index])


@dataclass(frozen=True)
class Boxes:
    """Any number of boxes a picture, none too.

    Attributes:
        sample_ids: (n,) int64.
        starts: (n + 1,) int64, where the boxes of each picture begin.
        boxes: (m, 4) float32: left, top, right, bottom in pixels of the upright picture.
        numbers: (m,) int64, of their classes.
        classes: names in the order of their numbers.
    """

    sample_ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.float32]
    numbers: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    joint = True

    def of(self, index: int, height: int, width: int) -> dict[str, Any]:
        """The target of a picture, in the form that torchvision's detectors and transforms take.

        Returns:
            ``boxes`` ((k, 4) float32 `BoundingBoxes`), ``labels`` ((k,) int64, from 0), ``image_id`` (the sample id).
        """
        import torch
        from torchvision import tv_tensors

        mine = slice(int(self.starts[index]), int(self.starts[index + 1]))
        boxes = tv_tensors.BoundingBoxes(
            torch.from_numpy(self.boxes[mine].copy()), format="XYXY", canvas_size=(height, width)
        )
        labels = torch.from_numpy(self.numbers[mine].copy())
        return {"boxes": boxes, "labels": labels, "image_id": int(self.sample_ids[index])}


Targets: TypeAlias = Numbers | Values | Boxes
