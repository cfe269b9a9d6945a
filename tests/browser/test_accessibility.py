"""axe-core finds no violation in the Explorer: light, dark and narrow, with dialogs and menus open."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import absent
from tests.browser.explorer import Explorer
from tests.browser.jupyter import ROOT, until

pytestmark = pytest.mark.browser

AXE = ROOT / "widgets" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def explorer(shared_notebook: Any, mapped_built: Any) -> Explorer:
    """An Explorer on the demo with a search, a filter and a selection, in a page that has axe-core."""
    if not AXE.is_file():
        absent("axe-core: run npm ci in widgets/")
    page = shared_notebook.page
    code = f"import curate\nds = curate.open({str(mapped_built)!r})\nexplorer = ds.explore(height=860)\nexplorer"
    shared_notebook.run(code, wait=".curate-tile img")
    page.add_script_tag(path=AXE)
    found = Explorer(page, page.locator(".curate-widget").first)
    found.map_drawn()
    found.search("night hail")
    until(found.chips, ["night hail"])
    found.value("weather", "hail").click()
    until(lambda: len(found.chips()), 2)
    found.tile(1).click()
    found.see(".curate-selected", "1 selected")
    return found


def violations(explorer: Explorer) -> list[str]:
    """What axe-core finds in the widget, one line each, once nothing moves any more."""
    explorer.page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")
    return explorer.page.evaluate(
        """async () => {
            const { violations } = await axe.run(document.querySelector(".curate-widget"), {
                runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
                // what a whole page needs is not for a cell to give
                rules: { region: { enabled: false }, "page-has-heading-one": { enabled: false } },
            });
            return violations.flatMap(({ id, help, nodes }) => nodes.map(
                ({ target, failureSummary }) => `${id}: ${help}: ${target}: ${failureSummary}`));
        }"""
    )


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [1600, 700])
def test_the_explorer(explorer, shared_notebook, theme, width):
    page = shared_notebook.page
    try:
        page.set_viewport_size({"width": width, "height": 1000})
        shared_notebook.theme(theme)
        found = violations(explorer)
        assert not found, "\n".join(found)
    finally:
        page.set_viewport_size({"width": 1600, "height": 1000})
        shared_notebook.theme("Light")


def opened(explorer: Explorer, what: str) -> None:
    page, root = explorer.page, explorer.root
    match what:
        case "help":
            explorer.button("Keyboard help").click()
        case "python":
            explorer.button("This view as Python").click()
        case "large":
            explorer.grid.press("Enter")
        case "inspector":
            explorer.tile(0).click()
            root.locator(".curate-inspector h2").wait_for()
        case "tag":
            explorer.grid.press("t")
        case "save":
            explorer.button("Save slice").click()
        case "export":
            explorer.button("Export").click()
        case "more actions":
            explorer.button("More actions").click()
        case "sort":
            root.locator(".curate-picker").first.click()
        case "colours":
            root.locator(".curate-map-column").click()
        case "where":
            explorer.field.focus()
            page.keyboard.type("=weat")
            root.get_by_role("option").first.wait_for()
        case "error":
            explorer.where("wether = 'rain'")
            explorer.see(".curate-said", "wether")
        case "boxes":
            explorer.grid.press("b")


OPENED = ["help", "python", "large", "inspector", "tag", "save", "export", "more actions", "sort", "colours", "where",
          "error", "boxes"]  # fmt: skip


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_what_opens(explorer, shared_notebook, theme):
    """Each dialog, menu and message in turn."""
    page = shared_notebook.page
    shared_notebook.theme(theme)
    found = {}
    try:
        for what in OPENED:
            opened(explorer, what)
            found[what] = violations(explorer)
            if what == "boxes":
                explorer.grid.press("b")
            if what in {"where", "error"}:
                explorer.field.fill("")
                explorer.root.get_by_role("radio", name="words", exact=True).click()
            page.keyboard.press("Escape")
            explorer.root.locator("dialog[open]").wait_for(state="detached")
    finally:
        shared_notebook.theme("Light")
    lines = [f"{what}: {line}" for what, lines in found.items() for line in lines]
    assert not lines, "\n".join(lines)
