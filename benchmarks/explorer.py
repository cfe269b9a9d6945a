"""The Explorer over 1,000,000 samples in a real JupyterLab and a headless Chromium: from an action to pixels.

A time runs from the moment of the input (or, for the first two, from running the cell) until the page has drawn a frame that shows
what was asked for: counted values, pictures that are decoded, points that all have come. WebGL is drawn by software.

    python benchmarks/explorer.py               builds the datasets once (half a minute) under --folder, and measures
    python benchmarks/explorer.py --build       only builds them
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import curate  # noqa: E402
from tests.browser.explorer import Explorer  # noqa: E402
from tests.browser.jupyter import Notebook, headless, jupyter_lab, open_notebook, until  # noqa: E402
from tests.planted import linked, plant  # noqa: E402

TIMES = 15
REST = 500  # ms
WORDS = (
    "night hail", "a bus", "snow", "deer at dusk", "fog", "desert", "rain", "truck", "cyclist", "city street", "forest",
    "highway", "pedestrian", "a red car", "sunset", "wet road", "blurred",
)  # fmt: skip
SETUP = """
import time, curate
ds = curate.open({path!r})
ds.search("warm up").limit(1).count()
"""
EXPLORE = "explorer = ds.explore(height=860)\nexplorer"

# What has to be true of the page, as JavaScript
VISIBLE = """[...document.querySelectorAll(".curate-widget .curate-grid .curate-tile")].filter((tile) => {
        const [box, grid] = [tile.getBoundingClientRect(), tile.closest(".curate-grid").getBoundingClientRect()];
        return box.bottom > grid.top && box.top < grid.bottom;
    })"""
PICTURES = f"""{VISIBLE}.length > 0 && {VISIBLE}.every((tile) => {{
        const image = tile.querySelector("img");
        return image?.complete && image.naturalWidth > 0 && tile.textContent !== "";
    }})"""
OTHER = """document.querySelector('.curate-card[data-key*="place"]').textContent"""
CARDS = 'document.querySelectorAll(".curate-widget .curate-card .curate-value-count").length > 20'
MAP = """document.querySelector(".curate-widget [role=application]") !== null
    && document.querySelector(".curate-widget .curate-map-arriving") === null
    && document.querySelectorAll(".curate-widget .curate-map-key").length > 1"""
NAMES = f"""{VISIBLE}.map((tile) => tile.dataset.row + tile.textContent).join()"""


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


class Measuring:
    """One Explorer on one dataset, and how long it takes."""

    def __init__(self, notebook: Notebook, path: Path) -> None:
        self.notebook = notebook
        self.page = notebook.page
        notebook.run(SETUP.format(path=str(path)), cell=0)
        self.total = int(notebook.python("print(ds.count())"))
        self.rng = np.random.default_rng(0)
        self.left = False
        self.searched = 0
        self.explorer = Explorer(self.page, self.page.locator(".curate-widget").first)

    def until(self, shown: str, act: Callable[[], Any], then: str = "true") -> float:
        """Milliseconds from the input in `act` until `shown` is another one and `then` holds; from rest, as after a look."""
        self.page.wait_for_timeout(REST)
        self.page.evaluate(
            f"""() => {{
                const before = {shown};
                window.timing = probe.until(() => {shown} !== before && {then});
            }}"""
        )
        act()
        return float(self.page.evaluate("() => window.timing"))

    def first(self) -> tuple[float, float]:
        """Seconds from running the cell to grid and facets, and to the map."""
        code = json.dumps(EXPLORE)
        self.page.evaluate(
            f"""() => {{
                const cell = window.jupyterapp.shell.currentWidget.content;
                cell.model.sharedModel.insertCell(1, {{ cell_type: "code", source: {code} }});
                cell.activeCellIndex = 1;
                window.timing = Promise.all([probe.until(() => {PICTURES} && {CARDS}), probe.until(() => {MAP})]);
                probe.act();
                void window.jupyterapp.commands.execute("notebook:run-cell");
            }}"""
        )
        grid, chart = self.page.evaluate("() => window.timing")
        return grid / 1e3, chart / 1e3

    def facet(self) -> float:
        """Click a value: until the counts of another card have changed, and the bar of the pressed value."""
        values = ["rain", "snow", "fog", "hail", "clear"]
        value = self.explorer.value("weather", values[int(self.rng.integers(len(values)))])
        return self.until(OTHER, value.click)

    def brush(self) -> float:
        """Brush a histogram, until the counts of another card have changed."""
        # beside the last one, or it would be moved
        self.left = not self.left
        low = self.rng.uniform(0.02, 0.1) if self.left else self.rng.uniform(0.52, 0.6)
        return self.until(OTHER, lambda: self.explorer.brush("brightness", low, low + 0.35))

    def page_of_grid(self) -> float:
        """The next page, until all its pictures are there."""
        return self.until(NAMES, lambda: self.explorer.grid.press("PageDown"), PICTURES)

    def sort(self) -> float:
        """Sort by another column, until the pictures of the new order are there."""
        turn = self.explorer.root.locator(".curate-toolbar button[aria-label*='turn round']")
        return self.until(NAMES, turn.click, PICTURES)

    def scroll(self) -> float:
        """Go to a random place, until its pictures are there."""
        share = float(self.rng.random())
        go = f"() => {{ const g = document.querySelector('.curate-grid'); probe.act(); g.scrollTop = {share} * g.scrollHeight; }}"
        return self.until(NAMES, lambda: self.page.evaluate(go), PICTURES)

    def search(self) -> float:
        """Search by words, until the best are there."""
        # each adds to those before it, so none may come twice
        self.searched += 1
        self.explorer.field.fill(WORDS[self.searched % len(WORDS)])
        return self.until(NAMES, lambda: self.explorer.field.press("Enter"), PICTURES)

    def lasso(self, share: float) -> tuple[float, int]:
        """Lasso, until the bar says how many. Milliseconds, and how many."""
        self.explorer.map.scroll_into_view_if_needed()
        said = 'document.querySelector(".curate-selected").innerText'
        took = self.until(said, lambda: self.explorer.lasso(share))
        return took, int(self.notebook.python("print(explorer.selected_count)"))

    def clear(self) -> None:
        """Back to all samples, and nothing selected."""
        while self.explorer.chips():
            chips = len(self.explorer.chips())
            self.explorer.root.locator(".curate-chip:not(.curate-chip-best) > button").last.click()
            until(lambda was=chips: len(self.explorer.chips()) < was, True, seconds=60)
        self.page.wait_for_function(f"() => {PICTURES}")

    def heap(self) -> float:
        """MB of the page's heap and what hangs on it (array buffers), after a collection."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")
        session.detach()
        return float(used["usedSize"] + used.get("backingStorageSize", 0)) / 2**20

    def largest(self) -> dict[str, float]:
        """MB of the largest message, "received" and "sent"."""
        found: dict[str, float] = self.page.evaluate("() => probe.largest")
        return {way: size / 2**20 for way, size in found.items()}


def median(run: Callable[[], float], times: int = TIMES) -> float:
    run()  # the first may have something to load
    return float(np.median([run() for _ in range(times)]))


def measure(path: Path, large: bool) -> Iterator[tuple[str, float, str, str]]:
    """Figures, as (what, value, unit, what is wanted)."""
    fast = "100 ms"
    with tempfile.TemporaryDirectory() as home, jupyter_lab(Path(home)) as lab, headless() as browser:
        copy = linked(path, Path(home) / "roads.curate")
        at = Measuring(open_notebook(lab, browser, "measured"), copy)
        empty = at.heap()
        grid, chart = at.first()
        yield ("grid and facets drawn, from running the cell", grid, "s", "3 s")
        yield ("map drawn, from running the cell", chart, "s", "8 s")
        yield ("a click on a facet", median(at.facet), "ms", "150 ms" if large else fast)
        at.clear()
        yield ("a brush over a histogram", median(at.brush), "ms", "150 ms" if large else fast)
        at.clear()
        at.explorer.grid.press("PageDown")  # to the last one in sight: nothing is scrolled yet
        yield ("the next page of the grid", median(at.page_of_grid), "ms", "150 ms" if large else fast)
        yield ("scrolling to a random place", median(at.scroll), "ms", "250 ms" if large else fast)
        pick = at.explorer.root.locator(".curate-picker").first
        pick.click()
        at.page.keyboard.type("speed")
        at.page.keyboard.press("Enter")
        at.page.wait_for_function(f"() => {PICTURES}")
        yield ("another order of the grid", median(at.sort), "ms", "150 ms" if large else fast)
        at.page.keyboard.press("Escape")
        # each another one, or nothing would change
        lassos = [at.lasso(share) for share in np.linspace(0.26, 0.32, TIMES)]
        counts = sorted(count for _, count in lassos)
        between = f"a lasso of {counts[0]:,} to {counts[-1]:,} points"
        yield (between, float(np.median([took for took, _ in lassos])), "ms", "1000 ms" if large else fast)
        yield ("a search by words", median(at.search), "ms", "" if large else fast)
        yield ("heap of the page", at.heap(), "MB", "600 MB")
        yield ("  of that, JupyterLab without the Explorer", empty, "MB", "")
        largest = at.largest()
        yield ("largest message from the kernel", largest["received"], "MB", "4 MB")
        yield ("largest message to the kernel", largest["sent"], "MB", "4 MB")
        yardstick = at.notebook.python(
            """
cursor, taken = ds.session.cursor(), []
for i in range(15):
    started = time.perf_counter()
    cursor.execute("SELECT place, count(*) FROM samples WHERE brightness > ? GROUP BY 1", [0.2 + i / 100]).fetchall()
    taken.append(time.perf_counter() - started)
print(sorted(taken)[7] * 1e3)
"""
        )
        yield ("  yardstick: DuckDB's GROUP BY of one column", float(yardstick), "ms", "")
        memory = at.notebook.python(
            "print(int(open('/proc/self/status').read().split('VmRSS:')[1].split()[0]) / 2**10)"
        )
        yield ("memory of the kernel", float(memory), "MB", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/curate-benchmarks"))
    parser.add_argument("--build", action="store_true", help="build the datasets and stop")
    options = parser.parse_args()
    for n in dict.fromkeys([options.samples, 2000]):
        path = built(options.folder, n)
        if options.build:
            continue
        print(f"\n{n:,} samples")
        for what, value, unit, wanted in measure(path, large=n > 100_000):
            print(f"  {what:46} {value:10.2f} {unit:3} {'at most ' + wanted if wanted else ''}", flush=True)


if __name__ == "__main__":
    main()
