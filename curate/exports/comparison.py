"""What a reader found against what was meant."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.errors import NotVerified


def same(found: Any, meant: Any, what: str, *, names: pl.Series | None = None) -> None:
    """Raise where what was found is not what was meant; of lists, say for which picture.

    Raises:
        NotVerified: with the first difference.

    >>> same([1, 2], [1, 3], "class", names=pl.Series(["a.jpg", "b.jpg"]))
    Traceback (most recent call last):
    curate.errors.NotVerified: b.jpg: class: 2 is there, and 3 was meant. Hint: nothing was written; please report it.
    """
    if found == meant:
        return
    if names is not None and len(found) == len(meant):
        at = next(at for at, (one, other) in enumerate(zip(found, meant, strict=True)) if one != other)
        found, meant, what = found[at], meant[at], f"{names[at]}: {what}"
    raise NotVerified(
        f"{what}: {found!r} is there, and {meant!r} was meant", hint="nothing was written; please report it"
    )
