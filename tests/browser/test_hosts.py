"""Other hosts than JupyterLab's light page: the nested frame of VS Code, and themes that change under a running widget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import curate
from tests.browser.explorer import Explorer
from tests.browser.hosted import Hosted
from tests.browser.jupyter import until

pytestmark = pytest.mark.browser


@pytest.fixture
def hosted(chromium: Any, mapped: Any) -> Iterator[Any]:
    """Opens an Explorer of this process in a nested frame of an empty page."""
    opened = []

    def open_it(theme: str) -> tuple[Any, Explorer]:
        page = chromium.new_page(viewport={"width": 1200, "height": 940}, reduced_motion="reduce")
        page.set_default_timeout(60_000)
        page.on("console", lambda message: print("console:", message.text))
        page.on("pageerror", lambda error: print("page error:", error))
        widget = curate.open(mapped).explore(height=860)
        opened.append((page, widget))
        frame = Hosted(page, widget, theme).frame
        return widget, Explorer(page, frame.locator(".curate-widget"))

    yield open_it
    for page, widget in opened:
        page.close()
        widget.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_in_a_nested_frame_as_in_vs_code(hosted, theme):
    """A sandboxed frame without an origin, under VS Code's policy: nothing is fetched, and nothing is stored."""
    widget, explorer = hosted(theme)
    explorer.pictures.first.wait_for()
    explorer.map_drawn()
    # its ground is the editor's
    ground = explorer.root.evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert ground == {"dark": "rgb(31, 31, 31)", "light": "rgb(255, 255, 255)"}[theme]
    explorer.search("night hail")
    until(explorer.chips, ["night hail"])
    explorer.value("weather", "hail").click()
    until(explorer.count, "36 of 2,000")
    explorer.lasso()
    explorer.see(".curate-selected", "36 selected of 36 in view")
    assert widget.selection.count() == 36
    explorer.tag("in a frame")
    until(lambda: widget.view.dataset.tagged("in a frame").count(), 36)
    explorer.grid.press("Enter")
    picture = explorer.root.locator("dialog[open] .curate-layer:not(.curate-soft)")
    picture.wait_for()
    assert picture.evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 320
    explorer.page.keyboard.press("Escape")
    widget.selection = widget.view.limit(2)
    explorer.see(".curate-selected", "2 selected of 36 in view")


def test_the_theme_switches_under_a_running_widget(notebook, mapped):
    code = f"import curate\nds = curate.open({str(mapped)!r})\nexplorer = ds.explore()\nexplorer"
    notebook.run(code, wait=".curate-tile img")
    explorer = Explorer(notebook.page, notebook.page.locator(".curate-widget").first)
    explorer.map_drawn()
    # grounds, and the ink of what is written on them
    colours = "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e.querySelector('.curate-count')).color]"
    light = explorer.root.evaluate(colours)
    drawn = explorer.map.screenshot()
    try:
        notebook.theme("Dark")
        until(lambda: explorer.root.evaluate(colours)[0] != light[0], True)
        assert explorer.root.evaluate(colours)[1] != light[1]
        # the points are drawn again on the new ground
        until(lambda: brightness(explorer.map.screenshot()) < brightness(drawn) / 2, True)
        assert explorer.page.evaluate("() => probe.contexts()") == 1
    finally:
        notebook.theme("Light")
    until(lambda: explorer.root.evaluate(colours), light)


def brightness(png: bytes) -> float:
    """Mean grey of a screenshot, 0 to 255."""
    import io

    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        return float(np.asarray(picture.convert("L")).mean())
