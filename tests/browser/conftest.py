"""One JupyterLab and one Chromium a session, datasets to try things on, and a notebook a file of tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import curate
from tests.browser.jupyter import CHROMIUM, ROOT, Lab, Notebook, headless, jupyter_lab, open_notebook
from tests.planted import linked, plant


def absent(what: str) -> None:
    """Skip, unless this run was told that it must drive a browser."""
    if os.environ.get("CURATE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"CURATE_REQUIRE_BROWSER=1, and there is no {what}")
    pytest.skip(f"there is no {what}")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with a home of its own."""
    pytest.importorskip("jupyterlab")
    if not (ROOT / "curate" / "static" / "widget.js").is_file():
        absent("bundle: run npm run build in widgets/")
    with jupyter_lab(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One headless Chromium."""
    pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        absent(f"Chromium at {CHROMIUM}")
    with headless() as browser:
        yield browser


@pytest.fixture(scope="session")
def scenes(demo_built: Path, tmp_path_factory: pytest.TempPathFactory) -> curate.dataset.Dataset:
    """The demo of 2,000 road scenes, to make other datasets of; not to be written."""
    return curate.open(demo_built)


@pytest.fixture(scope="session")
def planted(scenes: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Gives a fresh dataset of `n` made-up samples with small thumbnails; it may be written."""
    folder = tmp_path_factory.mktemp("planted")
    copies = iter(range(10**6))

    def give(n: int) -> Path:
        made = folder / f"{n}.curate"
        if not made.exists():
            plant(made, n, scenes, pixels=64)
        return linked(made, folder / f"{n}-{next(copies)}.curate")

    return give


@pytest.fixture
def roads(demo_built: Path, tmp_path: Path) -> Path:
    """A copy of the demo dataset, with its pictures, which the test may change."""
    return Path(shutil.copytree(demo_built, tmp_path / "roads.curate"))


@pytest.fixture(scope="session")
def mapped_built(demo_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with its map, made once."""
    path = linked(demo_built, tmp_path_factory.mktemp("mapped") / "roads.curate")
    curate.open(path).project()
    return path


@pytest.fixture
def mapped(mapped_built: Path, tmp_path: Path) -> Path:
    """A copy of the demo with its map, which the test may change."""
    return linked(mapped_built, tmp_path / "roads.curate")


@pytest.fixture(scope="module")
def open_window(lab: Lab, chromium: Any) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook of its own in a window of its own; they are closed after the file of tests."""
    windows = []

    def open_it(name: str, **options: Any) -> Notebook:
        windows.append(open_notebook(lab, chromium, name, **options))
        return windows[-1]

    yield open_it
    for window in windows:
        window.page.context.close()


@pytest.fixture(scope="module")
def shared_notebook(open_window: Callable[..., Notebook], request: pytest.FixtureRequest) -> Notebook:
    """The page that the tests of a file use one after the other."""
    return open_window(request.module.__name__.rsplit(".", 1)[-1])


@pytest.fixture
def notebook(shared_notebook: Notebook, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """The shared page. CURATE_SHOTS=FOLDER keeps a screenshot of how each test left it."""
    yield shared_notebook
    if folder := os.environ.get("CURATE_SHOTS"):
        shared_notebook.page.screenshot(path=f"{folder}/{request.node.name}.png")
    shared_notebook.page.keyboard.press("Escape")
