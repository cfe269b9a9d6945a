"""Sample ids as they travel: text in the browser, because int64 does not fit a JavaScript number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curate.dataset import Dataset
from curate.errors import UnknownName

LARGEST = 2**63 - 1


def ids_of(dataset: Dataset, samples: Sequence[str]) -> np.ndarray:
    """(m,) int64 sample ids of their texts, which are digits.

    Raises:
        UnknownName: one of them is not in the dataset.
    """
    numbers = [int(sample) for sample in samples]
    ids = np.array([number if number <= LARGEST else -1 for number in numbers], dtype=np.int64)
    absent = dataset.session.positions_of(ids) < 0
    if absent.any():
        unknown = samples[int(np.flatnonzero(absent)[0])]
        raise UnknownName("sample", unknown, (), hint="it may have been erased meanwhile; refresh the view")
    return ids


def position_of(dataset: Dataset, sample: str) -> int:
    """The position of a sample; raises as `ids_of` does."""
    return int(dataset.session.positions_of(ids_of(dataset, [sample]))[0])
