"""Named roots: where media are, kept apart from what they are called.

A sample's URI is relative to a root and its id is made from the root's *name*, so moving the media is one change of a root.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from curate import errors
from curate.media.location import is_local
from curate.store.folder import resolve


@dataclass(frozen=True)
class Place:
    """A root, and how the names of a listing become names under it.

    Attributes:
        root: the root's name.
        location: the root's, absolute.
        strip: what a listing's URI starts with, and the sample's does not.
        add: what the sample's URI starts with, and the listing's does not.
        is_new: whether the dataset does not have this root yet.
    """

    root: str
    location: str
    strip: str = ""
    add: str = ""
    is_new: bool = False

    def uri(self, listed: str) -> str:
        """The sample's URI of a listing's URI."""
        return self.add + listed[len(self.strip) :]

    def listed(self, uri: str) -> str | None:
        """The listing's URI of a sample's; None where the listing does not reach."""
        return self.strip + uri[len(self.add) :] if uri.startswith(self.add) else None


def places(location: str, roots: Mapping[str, str], *, root: str | None = None) -> list[Place]:
    """Which roots a listing at `location` belongs to, the deepest first and the one of the whole listing last.

    The whole belongs to the root that it lies in, or to a new one named after the folder. Roots that lie inside it keep what
    is theirs, so ingesting a folder and then its parent adds nothing twice.

    Args:
        location: absolute path or URL of the listing.
        roots: name to absolute location, as the dataset has them.
        root: a root's name, to be used or made.

    Raises:
        BadValue: `root` names one that `location` does not lie in.

    >>> places("/data/roads/2026", {"roads": "/data/roads"})
    [Place(root='roads', location='/data/roads', strip='', add='2026/', is_new=False)]
    >>> places("/data", {"roads": "/data/roads"})[0]
    Place(root='roads', location='/data/roads', strip='roads/', add='', is_new=False)
    """
    location = location.rstrip("/") or "/"
    bases = {name: base.rstrip("/") for name, base in roots.items()}
    if root is not None and root in bases:
        if not _inside(location, bases[root]):
            raise errors.BadValue(
                f"{location} does not lie in the root {root!r}, which is at {bases[root]}",
                hint=f"ds.roots({{{root!r}: {location!r}}}) says that it has moved there",
            )
        return [Place(root, bases[root], add=_between(bases[root], location))]
    deeper = [
        Place(n, b, strip=_between(location, b)) for n, b in bases.items() if b != location and _inside(b, location)
    ]
    deeper.sort(key=lambda place: -len(place.strip))
    around = [(name, base) for name, base in bases.items() if _inside(location, base)]
    if around and root is None:
        name, base = max(around, key=lambda pair: len(pair[1]))
        return [*deeper, Place(name, base, add=_between(base, location))]
    return [*deeper, Place(root or _free_name(location, roots), location, is_new=True)]


def absolute(location: str, dataset: str) -> str:
    """A root's location, where one that starts with ``./`` lies in the dataset's own folder and moves with it.

    >>> absolute("./media", "/data/roads.curate")
    '/data/roads.curate/media'
    """
    return f"{dataset}/{location[2:]}" if location.startswith("./") else location


def portable(location: str, dataset: str) -> str:
    """The inverse of `absolute`: media inside the dataset's folder are named relative to it.

    >>> portable("/data/roads.curate/media", "/data/roads.curate")
    './media'
    """
    return "./" + location[len(dataset) + 1 :] if location.startswith(dataset + "/") else location


def named(roots: Mapping[str, str]) -> dict[str, str]:
    """Check what a user gives as roots: names to locations.

    Raises:
        BadValue: a name that is not letters, digits, dot, dash or underscore.
    """
    for name in roots:
        if not re.fullmatch(r"[\w.-]+", name):
            raise errors.BadValue(
                f"A root's name is letters, digits, '.', '-' and '_'. Got {name!r}", hint="such as 'fleet-2026'"
            )
    return {name: resolve(location) for name, location in roots.items()}


def _inside(location: str, base: str) -> bool:
    return location == base or location.startswith(base.rstrip("/") + "/")


def _between(base: str, location: str) -> str:
    rest = location[len(base) :].strip("/")
    return f"{rest}/" if rest else ""


def _free_name(location: str, roots: Mapping[str, str]) -> str:
    last = (
        location.rstrip("/").rsplit("/", 1)[-1]
        if is_local(location) or location.count("/") > 2
        else location.split("//")[1]
    )
    name = re.sub(r"[^\w.-]+", "-", last).strip("-") or "root"
    free, number = name, 2
    while free in roots:
        free, number = f"{name}-{number}", number + 1
    return free
