"""Lengths of time: from what people type, and in words."""

from __future__ import annotations

import re
from datetime import timedelta

from curate import errors

_UNITS = {"us": 1, "ms": 10**3, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "d": 86_400 * 10**6}


def microseconds(length: str | timedelta, *, argument: str) -> int:
    """A length of time such as ``"2s"``, ``"500ms"`` or ``"1h30m"``; units are us, ms, s, m, h and d.

    Args:
        length: what was given.
        argument: its name, for the error.

    Raises:
        BadValue: it is no length of time, or a negative one.

    >>> microseconds("1m30s", argument="tolerance"), microseconds(timedelta(seconds=2), argument="tolerance")
    (90000000, 2000000)
    """
    if isinstance(length, timedelta):
        found = length // timedelta(microseconds=1)
    else:
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d)", length) if isinstance(length, str) else []
        if not parts or "".join(map("".join, parts)) != re.sub(r"\s", "", length):
            raise errors.BadValue(
                f"{argument!r} is a length of time. Got {length!r}", hint="'2s', '500ms', '1h30m', or a timedelta"
            )
        found = round(sum(float(number) * _UNITS[unit] for number, unit in parts))
    if not 0 <= found < 2**62:
        raise errors.BadValue(
            f"{argument!r} must be from nothing to some thousand years. Got {length!r}", hint=f"{argument}='2s'"
        )
    return found


def words(length: int) -> str:
    """A length of time in microseconds, in its largest unit.

    >>> words(90_000_000), words(0)
    ('1.5 m', '0 us')
    """
    unit = next((u for u in reversed(_UNITS) if length >= _UNITS[u]), "us")
    return f"{length / _UNITS[unit]:.4g} {unit}"
