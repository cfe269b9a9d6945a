"""Where in which epoch a training run is: plain data, that a checkpoint takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.errors import BadValue
from curate.training.dataset import PictureDataset


def position(dataset: PictureDataset, epoch: int, taken: int, **more: Any) -> dict[str, Any]:
    """A state: the epoch, how many samples of it were taken, and what it is the state of.

    Args:
        dataset: that is read.
        epoch: from 0.
        taken: of the order of the epoch.
        more: what else has to be the same again.
    """
    return {"epoch": epoch, "taken": taken} | _same(dataset) | more


def resumed(dataset: PictureDataset, state: Mapping[str, Any], **more: Any) -> tuple[int, int]:
    """(epoch, taken) of a state.

    Raises:
        BadValue: it is no state, or one of other samples, another seed or another shuffling: their order is another.
    """
    same = _same(dataset) | more
    if not isinstance(state, Mapping) or {"epoch", "taken", *same} - set(state):
        raise BadValue(f"This is no state of a training set: {state!r:.200}", hint="give what state_dict() gave")
    for name, value in same.items():
        if state[name] != value:
            got = "other samples" if name == "samples" else f"{name}={state[name]!r}, and this has {value!r}"
            raise BadValue(
                f"The state is of {got}: its order would not go on",
                hint="open the dataset at the snapshot of then, and make the view and its torch() as they were",
            )
    epoch, taken = state["epoch"], state["taken"]
    if type(epoch) is not int or type(taken) is not int or epoch < 0 or not 0 <= taken <= len(dataset):
        raise BadValue(
            f"A state says an epoch, and how many of {len(dataset):,} samples were taken. Got {state!r:.200}"
        )
    return epoch, taken


def _same(dataset: PictureDataset) -> dict[str, Any]:
    return {"samples": dataset.fingerprint(), "seed": dataset.order.seed, "shuffle": dataset.order.shuffle}
