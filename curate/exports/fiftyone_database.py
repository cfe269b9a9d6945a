"""FiftyOne with its database: the package, once MongoDB answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from curate.errors import DatabaseNotFound, MissingExtra


def fiftyone() -> Any:
    """The package `fiftyone`, connected. Importing it takes seconds, and so does a MongoDB that does not answer.

    Raises:
        MissingExtra: it is not installed.
        DatabaseNotFound: it has no MongoDB; the message is FiftyOne's own reason.
    """
    try:
        import fiftyone as fo
    except ImportError as error:
        raise MissingExtra("fiftyone", "fiftyone") from error
    except Exception as error:
        raise _without_database(error) from error
    try:
        fo.list_datasets()
    except Exception as error:  # its own configuration errors, pymongo's, and those of the process that it starts
        raise _without_database(error) from error
    return fo


@contextmanager
def quiet() -> Iterator[None]:
    """Without the lines that FiftyOne writes about what it does."""
    logger = logging.getLogger("fiftyone")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _without_database(error: Exception) -> DatabaseNotFound:
    reason = " ".join(str(error).split()) or type(error).__name__
    return DatabaseNotFound(
        f"FiftyOne keeps its datasets in MongoDB, and has none: {reason}",
        hint="start a MongoDB, and give its address before FiftyOne is imported: "
        "export FIFTYONE_DATABASE_URI=mongodb://localhost:27017",
    )
