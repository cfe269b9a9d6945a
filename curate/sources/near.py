"""The error for a path that is not there, with what is near it."""

from __future__ import annotations

import difflib
import os

from curate.errors import SourceNotFound
from curate.media import location as locations


def not_found(location: str) -> SourceNotFound:
    """The error for a local path that does not exist, with names like it from the nearest folder that does."""
    path = locations.from_uri(location)
    parent, name = os.path.split(path.rstrip("/"))
    while parent and parent != os.path.dirname(parent) and not os.path.isdir(parent):  # noqa: PTH112, PTH120
        parent, name = os.path.split(parent)
    try:
        names = [locations.to_uri(entry) for entry in os.listdir(parent or ".") if entry[:1] != "."]  # noqa: PTH208
    except OSError:
        names = []
    near = difflib.get_close_matches(locations.to_uri(name), names, n=3, cutoff=0.6)
    folder = locations.to_uri(parent)
    if near:
        hint = f"in {folder!r} there is " + " or ".join(repr(n) for n in near)
    elif names:
        hint = f"in {folder!r} there is " + ", ".join(repr(n) for n in sorted(names)[:5])
        hint += f" and {len(names) - 5} more" if len(names) > 5 else ""
    else:
        hint = f"{folder!r} is empty or cannot be read"
    return SourceNotFound(f"There is nothing at {location!r}", hint=hint)
