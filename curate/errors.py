"""Every error that Curate raises on purpose.

    CurateError
    ├── DatasetNotFound (FileNotFoundError)      no dataset at that path
    ├── DatasetExists (FileExistsError)          something is there already
    ├── FormatTooNew (CurateError)               written by a newer Curate
    ├── ReadOnly (PermissionError)               a snapshot, or the past, cannot be written to
    ├── IdCollision (CurateError)                two URIs hash to one sample_id
    ├── UnknownName (KeyError)                   a column, tag, slice, split, encoder, snapshot or part that is not there
    ├── BadQuery (ValueError)                    a `where`, `sql` or recipe that cannot run, or may not
    ├── BadValue (ValueError)                    an argument out of its range or of the wrong kind
    ├── BadSource (ValueError)                   something that `ingest` cannot read samples from
    ├── SourceNotFound (FileNotFoundError)       a folder, file or table to ingest that is not there
    ├── WeightsNotFound (FileNotFoundError)      model weights that are neither here nor downloadable
    ├── VectorsNotFound (LookupError)            a search before `embed`
    ├── NotVerified (ValueError)                 an export whose files differ from its manifest
    ├── NotReadable (OSError)                    a picture that a training run asks for and that cannot be read
    ├── NotWritten (OSError)                     a target that cannot be written: full, read-only, not a folder
    ├── DatabaseNotFound (ConnectionError)       FiftyOne without its MongoDB
    ├── MissingExtra (ImportError)               an optional package that is not installed
    ├── MissingBundle (FileNotFoundError)        the browser side of the widgets has not been built
    └── BadMessage (ValueError)                  a message from the browser that does not fit the protocol

Each class also subclasses the builtin that people already catch. A message says what was wrong, with which value, and ends
with ``Hint:`` and the next step.

>>> from curate.errors import BadValue
>>> str(BadValue("'n' must be at least 1. Got 0.", hint="leave n out to get everything"))
"'n' must be at least 1. Got 0. Hint: leave n out to get everything."
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CurateError(Exception):
    """The root of the tree.

    Args:
        message: what was wrong, with which value.
        hint: the next step, as a phrase; it is printed behind ``Hint:``.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        text = message.rstrip()
        if text and text[-1] not in ".!?":
            text += "."
        if hint:
            text += f" Hint: {hint.rstrip('.')}."
        super().__init__(text)
        self.hint = hint

    def __str__(self) -> str:
        # KeyError would print the repr of its argument, quotes and all.
        return str(self.args[0]) if self.args else ""


class DatasetNotFound(CurateError, FileNotFoundError):
    """There is no dataset at that path."""


class DatasetExists(CurateError, FileExistsError):
    """Something is at that path already."""


class FormatTooNew(CurateError):
    """The folder was written by a newer version of Curate."""


class ReadOnly(CurateError, PermissionError):
    """A snapshot, or the past, cannot be written to."""


class IdCollision(CurateError):
    """Two URIs hash to the same ``sample_id``."""


class UnknownName(CurateError, KeyError):
    """A name that is not there, with the names that come near.

    >>> str(UnknownName("column", "wether", ["weather", "width"]))
    "There is no column 'wether'. Hint: did you mean 'weather'?"
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        known = list(known)
        if not hint:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
            if near:
                hint = "did you mean " + " or ".join(repr(n) for n in near) + "?"
            elif known:
                shown = ", ".join(repr(n) for n in sorted(known)[:12])
                hint = f"there is {shown}" + (f" and {len(known) - 12} more" if len(known) > 12 else "")
            else:
                hint = f"there is no {kind} yet"
        super().__init__(f"There is no {kind} {name!r}", hint=hint)
        # "did you mean 'x'?" ends in its own mark.
        self.args = (self.args[0].replace("?.", "?"),)
        self.kind = kind
        self.name = name


class BadQuery(CurateError, ValueError):
    """A ``where``, ``sql`` or recipe that cannot run, or may not."""


class BadValue(CurateError, ValueError):
    """An argument out of its range or of the wrong kind."""


class BadSource(CurateError, ValueError):
    """Something that ``ingest`` cannot read samples from."""


class SourceNotFound(CurateError, FileNotFoundError):
    """A folder, file or table to ingest that is not there."""


class WeightsNotFound(CurateError, FileNotFoundError):
    """Model weights that are neither here nor downloadable."""


class VectorsNotFound(CurateError, LookupError):
    """A search on a dataset, or an encoder, without vectors."""


class NotVerified(CurateError, ValueError):
    """An export whose files differ from its manifest."""


class NotReadable(CurateError, OSError):
    """A picture that a training run asks for and that is not there, or cannot be decoded."""


class NotWritten(CurateError, OSError):
    """A target that cannot be written: a full disk, a read-only folder, a file in the way."""


class DatabaseNotFound(CurateError, ConnectionError):
    """FiftyOne has no MongoDB to keep its datasets in."""


class MissingExtra(CurateError, ImportError):
    """An optional package that is not installed.

    >>> str(MissingExtra("fiftyone", "fiftyone"))
    "This needs the package 'fiftyone'. Hint: pip install 'curate-jupyter[fiftyone]'."
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"This needs the package {package!r}", hint=f"pip install 'curate-jupyter[{extra}]'")


class MissingBundle(CurateError, FileNotFoundError):
    """The browser side of the widgets has not been built."""


class BadMessage(CurateError, ValueError):
    """A message from the browser that does not fit the protocol."""
