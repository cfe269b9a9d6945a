"""The Explorer over 1,000,000 samples in a real JupyterLab and a headless Chromium: from an action to pixels.

python benchmarks/explorer.py --build     only builds the datasets, once (a minute or two), under --folder
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import curate  # noqa: E402
from tests.planted import plant  # noqa: E402


def built(folder: Path, n: int) -> Path:
    """The dataset of `n` samples, built where it is not there yet."""
    path = folder / f"scenes-{n}.curate"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        scenes = curate.demo(folder / "roads.curate")
        started = time.perf_counter()
        partial = path.with_suffix(".partial")
        plant(partial, n, scenes)
        partial.rename(path)
        print(f"built {n:,} samples in {time.perf_counter() - started:.0f} s: {path}", file=sys.stderr)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/curate-benchmarks"))
    parser.add_argument("--build", action="store_true", help="build the datasets and stop")
    options = parser.parse_args()
    for n in (options.samples, 2000):
        built(options.folder, n)


if __name__ == "__main__":
    main()
