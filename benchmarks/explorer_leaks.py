"""Hours of work in the Explorer, as a script: what page and kernel hold on to, and whether it stays where it is.

python benchmarks/explorer_leaks.py                      2,000 actions over 30 minutes
python benchmarks/explorer_leaks.py --actions 300 --minutes 0
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import curate  # noqa: E402
from tests.browser.jupyter import headless, jupyter_lab, open_notebook  # noqa: E402
from tests.browser.usage import Usage, growth  # noqa: E402
from tests.planted import linked  # noqa: E402

LOOKS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actions", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/curate-benchmarks"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    scenes = curate.demo(options.folder / "roads.curate")
    with tempfile.TemporaryDirectory(dir=options.folder) as home, jupyter_lab(Path(home)) as lab, headless() as browser:
        copy = linked(Path(scenes.folder.location), Path(home) / "roads.curate")
        curate.open(copy).project()
        usage = Usage(open_notebook(lab, browser, "leaks"), copy)
        started = time.monotonic()
        moments = []
        for look in range(1, LOOKS + 1):
            usage.run(options.actions // LOOKS)
            # the actions are spread over the time, as a person's are
            time.sleep(max(0.0, started + 60 * options.minutes * look / LOOKS - time.monotonic()))
            moments.append(usage.held())
            print(f"{(time.monotonic() - started) / 60:5.1f} min  {moments[-1]}", flush=True)
    print("\nmore in the last quarter than in the second:")
    for name, share in growth(moments).items():
        print(f"  {name:10} {share:+8.1%}   at most +10 %")


if __name__ == "__main__":
    main()
