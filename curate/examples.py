"""What users give a search to look like, as plain data of a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from curate import errors
from curate import query as q

if TYPE_CHECKING:
    from curate.dataset import Dataset


def known_ids(dataset: Dataset, ids: Iterable[int]) -> tuple[int, ...]:
    """Sample ids of this dataset.

    Raises:
        BadValue: what is given are no ids.
        UnknownName: the dataset does not have one of them.
    """
    try:
        wanted = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), dtype=np.int64).reshape(-1)
    except (ValueError, TypeError, OverflowError):
        raise errors.BadValue(f"Sample ids are integers. Got {ids!r}", hint="view.ids() gives them") from None
    at = dataset.session.positions_of(wanted)
    if (at < 0).any():
        unknown = wanted[at < 0]
        raise errors.UnknownName(
            "sample",
            str(unknown[0]),
            (),
            hint=f"{len(unknown)} of {len(wanted)} ids are not in {dataset.name}",
        )
    return tuple(wanted.tolist())


def examples(dataset: Dataset, given: Any, encoder: str | None) -> tuple[q.Example, ...]:
    """Pictures to look for, or away from: a sample id, a file, a picture or a vector, or several, each alone or with a weight.

    Raises:
        BadValue: something else, or a weight that is not positive.
        SourceNotFound: a file that is not there.
        UnknownName: a sample that is not there.
    """
    if (
        (isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype.kind == "f")
        or isinstance(given, int | np.integer | str | Path)
        or hasattr(given, "convert")
    ):
        given = [given]
    elif isinstance(given, Mapping):
        given = list(given.items())
    found = []
    for item in given:
        example, weight = item if isinstance(item, tuple) and len(item) == 2 else (item, 1.0)
        if not 0 < float(weight) < float("inf"):
            raise errors.BadValue(
                f"The weight of an example must be a positive number. Got {weight!r}", hint="unlike= moves away"
            )
        found.append(_example(dataset, example, float(weight), encoder))
    return tuple(found)


def _example(dataset: Dataset, example: Any, weight: float, encoder: str | None) -> q.Example:
    if isinstance(example, int | np.integer) and not isinstance(example, bool):
        return q.Example(sample_id=known_ids(dataset, [int(example)])[0], weight=weight)
    if isinstance(example, str | Path):
        from curate.store.folder import resolve

        location = resolve(example)
        if "://" not in location and not Path(location).is_file():
            raise errors.SourceNotFound(f"There is no picture at {location}", hint="give a file, or a sample_id")
        return q.Example(location=location, weight=weight)
    picture = hasattr(example, "convert")
    vector = dataset.encode_picture(example, encoder) if picture else np.asarray(example, dtype=np.float32)
    if vector.ndim != 1 or not np.isfinite(vector).all() or not vector.any():
        raise errors.BadValue(
            f"An example is a sample id, a file, a picture or a vector. Got {type(example).__name__}",
            hint="search(like=[sample_id, 'photo.jpg'])",
        )
    return q.Example(vector=tuple(float(x) for x in vector), weight=weight)
