"""Run the notebooks and save them with their outputs, so that they read without a kernel.

python notebooks/run.py                    all of them, in place
python notebooks/run.py --check            run them and leave the files as they are (CI)
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent


def run(path: Path, *, save: bool) -> None:
    """Execute one notebook in an empty folder, so that what it writes stays out of the repository."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        # widgets' state is not saved: the static fallback is what a reader without a kernel sees
        client = NotebookClient(notebook, timeout=600, kernel_name="python3", store_widget_state=False)
        client.execute(cwd=folder)
        # what was written is named as the reader would see it, not by this run's temporary folder
        cells = nbformat.writes(notebook).replace(f"{folder}/", "")
    notebook = nbformat.reads(cells, as_version=4)
    for cell in notebook.cells:
        cell.get("metadata", {}).pop("execution", None)
        # progress bars and timings on stderr are of this run and nobody's interest
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
            for output in cell.outputs:
                # a widget needs a kernel; its static picture does not, and is what GitHub and nbviewer then show
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    notebook.metadata.pop("widgets", None)
    if save:
        nbformat.write(notebook, path)


def main() -> None:
    """Run each notebook named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true", help="do not save")
    options = parser.parse_args()
    os.environ |= {"CURATE_PROGRESS": "0", "CURATE_ACTOR": "ada"}
    for path in options.notebooks or sorted(FOLDER.glob("*.ipynb")):
        run(path, save=not options.check)
        print(f"ran {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
