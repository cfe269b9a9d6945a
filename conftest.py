"""Examples in docstrings stand on a small demo dataset named `ds`, a fresh copy for each."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestItem

os.environ.setdefault("CURATE_PROGRESS", "0")

WITH_DATASET = (
    "curate.deliverable",
    "curate.view",
    "curate.dataset",
    "curate.saved",
    "curate.cleaning",
    "curate.duplicates",
    "curate.slice",
    "curate.split",
    "curate.hunt",
)


@pytest.fixture(scope="session")
def example_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 road scenes, made once."""
    import curate

    path = tmp_path_factory.mktemp("examples") / "roads.curate"
    curate.demo(path, n=60, seed=1)
    return path


@pytest.fixture(autouse=True)
def _ds(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any], tmp_path: Path) -> None:
    if isinstance(request.node, DoctestItem) and request.node.name.startswith(WITH_DATASET):
        import polars

        import curate

        made = request.getfixturevalue("example_dataset")
        doctest_namespace["ds"] = curate.open(shutil.copytree(made, tmp_path / "roads.curate"))
        doctest_namespace["tmp_path"] = tmp_path
        doctest_namespace["pl"] = polars
