"""`curate demo`: from nothing to "night hail" in a notebook, without a network."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from curate.commands.output import note, say
from curate.commands.pool import write_sheet

NOTEBOOK = "01-quickstart.ipynb"
WORDS = "night hail"
SHEET = "night-hail.png"


def demo(
    path: Annotated[
        str | None, typer.Argument(help="Where the dataset goes; by default Curate's own place for it.")
    ] = None,
    *,
    n: Annotated[int, typer.Option("-n", min=50, help="How many scenes to draw.")] = 2000,
    seed: Annotated[int, typer.Option(help="Another seed draws other scenes.")] = 0,
    lab: Annotated[bool, typer.Option("--lab/--no-lab", help="Open the quickstart in JupyterLab.")] = True,
) -> None:
    """Draw a pool of road scenes, find the hail at night in it by words, and open the quickstart in JupyterLab."""
    import curate

    with _step(f"Drawing {n:,} road scenes, reading them in, making their vectors"):
        ds = curate.demo(path, n=n, seed=seed)
    say(f"  {ds!r}")
    with _step(f"Searching for {WORDS!r}"):
        found = ds.search(WORDS).limit(24)
        top = found.df(["uri", "score"])
    for uri, score in top.select("uri", "score").head(3).iter_rows():
        say(f"  {score:.3f}  {uri}")
    folder = _beside(ds.folder.location)
    with _step("Writing a contact sheet of the best 24"):
        write_sheet(found, folder / SHEET)
    say(f"  {folder / SHEET}")
    notebook = _notebook(folder)
    say("In Python: import curate; ds = curate.open(" + repr(ds.folder.location) + ")")
    if lab:
        _open_lab(notebook, folder)
    elif notebook is not None:
        say(f"The quickstart: jupyter lab {notebook}")


@contextmanager
def _step(words: str) -> Iterator[None]:
    note(f"{words} …")
    started = time.monotonic()
    yield
    say(f"{words}: {time.monotonic() - started:.1f} s")


def _beside(location: str) -> Path:
    """The folder that holds the dataset; the current one where that is on an object store."""
    return Path.cwd() if "://" in location else Path(location).absolute().parent


def _notebook(folder: Path) -> Path | None:
    """The quickstart: in a checkout the file itself, else a copy of the one that was installed with Curate.

    An installed package may be read-only, and what a user changes in it is lost with the next update; hence the copy.
    """
    import curate

    package = Path(curate.__file__).resolve().parent
    checkout = package.parent / "notebooks" / NOTEBOOK
    if (package.parent / "pyproject.toml").is_file() and checkout.is_file():
        return checkout
    installed = package / "demo" / NOTEBOOK
    if not installed.is_file():
        return None
    copy = folder / NOTEBOOK
    if not copy.exists():
        shutil.copyfile(installed, copy)
    return copy


def _open_lab(notebook: Path | None, folder: Path) -> None:
    from curate.errors import MissingExtra

    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtra("jupyterlab", "lab")
    if notebook is None:
        note(f"The quickstart notebook ({NOTEBOOK}) is not here; JupyterLab opens without it")
    say("Opening JupyterLab; Ctrl+C here ends it")
    sys.stdout.flush()
    code = subprocess.run([sys.executable, "-m", "jupyterlab", str(notebook or folder)], check=False).returncode
    if code:
        raise typer.Exit(code if code > 0 else 1)
