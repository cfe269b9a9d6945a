"""A person who uses the Explorer for hours, as a script; and what page and kernel hold on to meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.browser.explorer import Explorer
from tests.browser.jupyter import Notebook, until

WORDS = ("night hail", "a bus in the snow", "fog", "rain -night", "desert road", "deer", "truck at dusk")
SETUP = "import curate, gc\nds = curate.open({path!r})"
CELL = "explorer = ds.explore(height=860)\nexplorer"
SETTLE = """() => document.querySelector('.curate-widget [role=grid]')?.getAttribute('aria-busy') === 'false'"""
MEMORY = """
gc.collect()
print(int(open("/proc/self/status").read().split("VmRSS:")[1].split()[0]) / 2**10)
"""


@dataclass(frozen=True)
class Held:
    """What is held at one moment.

    Attributes:
        actions: how many actions were done.
        blobs: blob URLs that were made and not revoked.
        contexts: WebGL contexts that were made and not released.
        heap: MB of the page after a collection, array buffers included.
        kernel: MB of the kernel's memory.
    """

    actions: int
    blobs: int
    contexts: int
    heap: float
    kernel: float

    def __str__(self) -> str:
        return (
            f"{self.actions:5,} actions  {self.blobs:5,} blobs  {self.contexts} contexts  "
            f"page {self.heap:7.1f} MB  kernel {self.kernel:7.1f} MB"
        )


class Usage:
    """Uses the Explorer: searches, filters, scrolls, lassos, tags, takes back, opens pictures.

    Args:
        notebook: an open notebook.
        path: a dataset with a map, which is written.
    """

    def __init__(self, notebook: Notebook, path: Path) -> None:
        self.notebook = notebook
        self.page = notebook.page
        self.rng = np.random.default_rng(0)
        self.done = 0
        self.actions: tuple[Callable[[], Any], ...] = (
            self.search, self.scroll, self.facet, self.page_down, self.picture, self.clear, self.lasso, self.tag,
            self.undo, self.undo, self.brush, self.mode, self.scroll, self.inspect, self.clear, self.sort,
        )  # fmt: skip
        notebook.run(SETUP.format(path=str(path)), cell=0)
        notebook.run(CELL, cell=1, wait=".curate-tile img")
        self.explorer = Explorer(self.page, self.page.locator(".curate-widget").first)
        self.explorer.map_drawn()

    def run(self, times: int) -> None:
        """Do so many actions."""
        for _ in range(times):
            self.actions[self.done % len(self.actions)]()
            self.page.wait_for_function(SETTLE)
            self.done += 1

    def held(self) -> Held:
        """What is held now."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")
        session.detach()
        blobs, contexts = self.page.evaluate("() => [probe.blobs(), probe.contexts()]")
        heap = (used["usedSize"] + used.get("backingStorageSize", 0)) / 2**20
        return Held(self.done, blobs, contexts, heap, self.notebook.python(MEMORY))

    def search(self) -> None:
        before = len(self.explorer.chips())
        self.explorer.search(WORDS[int(self.rng.integers(len(WORDS)))])
        until(lambda: len(self.explorer.chips()) >= max(before, 1), True)

    def clear(self) -> None:
        for _ in range(12):
            chips = self.explorer.chips()
            if not chips:
                return
            # the first: later ones may have no room and lie under "+n"
            self.explorer.root.locator(".curate-chip:not(.curate-chip-best) > button").first.click()
            until(lambda was=chips: self.explorer.chips() != was, True)

    def scroll(self) -> None:
        share = float(self.rng.random())
        self.explorer.grid.evaluate("(grid, share) => { grid.scrollTop = share * grid.scrollHeight; }", share)
        self.explorer.pictures.first.wait_for()

    def page_down(self) -> None:
        self.explorer.grid.press("PageDown")
        self.explorer.pictures.first.wait_for()

    def facet(self) -> None:
        before = self.explorer.chips()
        self.explorer.value("timeofday", "day").click()
        until(lambda: self.explorer.chips() != before, True)

    def brush(self) -> None:
        before = self.explorer.chips()
        self.explorer.brush("brightness", 0.1, 0.9)
        until(lambda: self.explorer.chips() != before, True)

    def lasso(self) -> None:
        self.explorer.lasso(float(self.rng.uniform(0.4, 0.9)))

    def tag(self) -> None:
        self.explorer.grid.press("Home")
        self.explorer.tile(0).click()
        self.explorer.tag(f"tag {int(self.rng.integers(5))}")

    def undo(self) -> None:
        # there is nothing to undo at first, and after as many undos as steps
        if self.explorer.root.locator(".curate-top button[aria-label^='Undo:']").count():
            self.explorer.undo()

    def sort(self) -> None:
        self.explorer.root.locator(".curate-picker").first.click()
        self.page.keyboard.type("bright")
        self.page.keyboard.press("Enter")

    def picture(self) -> None:
        self.explorer.grid.press("Home")
        self.explorer.tile(0).locator("img").wait_for()
        self.explorer.grid.press("Enter")
        large = self.explorer.root.locator("dialog[open]")
        large.wait_for()
        for _ in range(3):
            self.page.keyboard.press("ArrowRight")
        self.page.keyboard.press("Escape")
        large.wait_for(state="detached")

    def inspect(self) -> None:
        self.explorer.grid.press("Home")
        self.explorer.tile(1).click()
        self.explorer.root.locator(".curate-inspector h2").wait_for()

    def mode(self) -> None:
        """Without the map, whose context is released, and with it again."""
        self.explorer.root.get_by_role("radio", name="Grid", exact=True).click()
        until(self.explorer.map.count, 0)
        self.explorer.root.get_by_role("radio", name="Both", exact=True).click()
        self.explorer.map_drawn()


def growth(moments: list[Held]) -> dict[str, float]:
    """How much more is held in the last quarter than in the second, as shares: 0.1 is a tenth more.

    The first quarter is left out: caches fill, and the memory allocator of the kernel keeps what it has had.
    """
    quarter = max(len(moments) // 4, 1)
    grown = {}
    for name in asdict(moments[0]):
        values = [float(getattr(moment, name)) for moment in moments]
        early, late = float(np.median(values[quarter : 2 * quarter])), float(np.median(values[-quarter:]))
        grown[name] = late / max(early, 1.0) - 1
    del grown["actions"]
    return grown
