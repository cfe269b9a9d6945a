"""Examples in docstrings stand on a small demo dataset named `ds`, a fresh copy for each."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestItem

os.environ.setdefault("CURATE_PROGRESS", "0")
# a database of this process's own: tests never see the datasets that somebody has in FiftyOne
os.environ["FIFTYONE_DATABASE_NAME"] = f"curate-tests-{os.getpid()}"
os.environ["FIFTYONE_DO_NOT_TRACK"] = "true"

WITH_DATASET = (
    "curate.deliverable",
    "curate.view",
    "curate.dataset",
    "curate.saved",
    "curate.cleaning",
    "curate.duplicates",
    "curate.slice",
    "curate.split",
    "curate.leaks",
    "curate.hunt",
)


def pytest_sessionfinish() -> None:
    """Leave no database and no connection behind, where a test has had one."""
    database = sys.modules.get("fiftyone.core.odm.database")
    if database is not None and database._client is not None:
        import mongoengine

        with contextlib.suppress(Exception):  # MongoDB may have gone before us
            database._client.drop_database(os.environ["FIFTYONE_DATABASE_NAME"])
        database._client.close()
        mongoengine.disconnect_all()


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
