"""Curate image datasets inside a notebook cell.

>>> import curate
>>> ds = curate.open("roads.curate")                     # doctest: +SKIP
>>> ds.ingest("photos/")                                 # doctest: +SKIP
>>> ds.embed()                                           # doctest: +SKIP
>>> ds.where("brightness < 0.3").search("hail").show()   # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate import errors

if TYPE_CHECKING:
    from curate.commands.health import doctor
    from curate.dataset import Dataset, create, open  # noqa: A004 - `curate.open` is the word that users know
    from curate.demo.dataset import build_demo as demo
    from curate.exports.croissant import croissant
    from curate.exports.verify import Verification, verify
    from curate.leaks import Leaks, find_leaks
    from curate.query import Query
    from curate.view import View

__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "Leaks",
    "Query",
    "Verification",
    "View",
    "__version__",
    "create",
    "croissant",
    "demo",
    "doctor",
    "errors",
    "find_leaks",
    "open",
    "verify",
]

# Loaded when first used, so that `import curate` takes a fraction of a second and loads no torch, faiss or lance.
_HOMES = {
    "Dataset": "curate.dataset",
    "Leaks": "curate.leaks",
    "Query": "curate.query",
    "Verification": "curate.exports.verify",
    "View": "curate.view",
    "create": "curate.dataset",
    "croissant": "curate.exports.croissant",
    "doctor": "curate.commands.health",
    "find_leaks": "curate.leaks",
    "open": "curate.dataset",
    "verify": "curate.exports.verify",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "demo":
        return import_module("curate.demo")  # a package that can be called: see there
    if name not in _HOMES:
        raise AttributeError(f"module 'curate' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
