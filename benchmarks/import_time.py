"""The claim: `import curate` takes less than half a second and loads nothing heavy.

python benchmarks/import_time.py
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

HEAVY = ("torch", "umap", "faiss", "fiftyone", "ray")


def seconds(code: str) -> float:
    """Of a fresh interpreter."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started


def main() -> None:
    pairs = [(seconds("import curate"), seconds("pass")) for _ in range(9)]
    own = float(np.median([with_it - without for with_it, without in pairs]))
    check = f"import sys, curate; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout.strip()
    print(
        f"import curate: {own * 1000:.0f} ms above a bare interpreter   at most 500; of {', '.join(HEAVY)} it loads {loaded}"
    )


if __name__ == "__main__":
    main()
