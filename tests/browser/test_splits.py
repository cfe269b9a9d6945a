"""A split in the cell: made in a form, read in its certificate, followed into the grid, exported and verified, undone."""

from __future__ import annotations

from pathlib import Path

import pytest

import curate
from tests.browser.axe import violations, with_axe
from tests.browser.explorer import Explorer
from tests.browser.jupyter import SLOW, until
from tests.planted import linked

pytestmark = pytest.mark.browser

OPEN = "import curate\nds = curate.open({path!r})\nds.explore(height=820)"


@pytest.fixture
def roads(demo_built: Path, tmp_path: Path) -> Path:
    """The demo, which the test may change."""
    return linked(demo_built, tmp_path / "roads.curate")


def test_a_split_is_made_read_shown_and_exported(notebook, roads, tmp_path):
    page = notebook.page
    with_axe(page)
    notebook.run(OPEN.format(path=str(roads)), wait=".curate-tile img")
    explorer = Explorer(page, page.locator(".curate-widget:not([data-old])").last)
    root = explorer.root

    def python(expression: str) -> object:
        return notebook.python(f"print(json.dumps({expression}))")

    # no split yet: the form says what one is, and takes no parts that are none
    root.get_by_role("radio", name="Splits").click()
    panel = root.get_by_role("region", name="Splits", exact=True)
    panel.get_by_text("No split yet").wait_for()
    make = panel.get_by_role("button", name="Split 2,000 samples")
    panel.get_by_role("group", name="Keep whole").get_by_role("button", name="drive").click()
    panel.get_by_role("group", name="Balance").get_by_role("button", name="weather").click()
    share = panel.get_by_role("textbox", name="Share of train in percent")
    share.fill("70")
    panel.get_by_text("10 % are in no part yet.").wait_for()
    assert make.is_disabled()
    share.fill("80")
    panel.get_by_role("radio", name="From").click()
    panel.get_by_role("textbox", name="Cosine").fill("0.98")
    assert violations(page) == []
    panel.get_by_role("textbox", name="Name", exact=True).press("Enter")

    # its certificate: sizes, promises, the closest pairs, the shares of the classes
    panel.get_by_role("list", name="Warnings").or_(panel.locator(".curate-splits-promises")).first.wait_for(
        timeout=SLOW
    )
    assert python("ds.splits()") == ["v1"]
    sizes = python("{part: ds.split_named('v1')[part].count() for part in ('train', 'val', 'test')}")
    for part, size in sizes.items():
        panel.get_by_role("button", name=f"{part}: {size:,} samples").wait_for()
    near = python("ds.split_named('v1').certificate.nearness.closest[0].similarity")
    assert python("ds.split_named('v1').certificate.passed") is (panel.get_by_text("Every promise holds").count() > 0)
    for theme in ("Dark", "Light"):
        notebook.theme(theme)
        assert violations(page) == []

    # a pair, closely, and the next one
    first = panel.locator(".curate-splits-pair").first
    assert first.locator("b").inner_text() == f"{int(near * 1000 + 1e-6) / 1000:.3f}"
    first.click()
    dialog = root.get_by_role("dialog", name="Pair 1 of")
    dialog.locator("img").nth(1).wait_for()
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    root.get_by_role("dialog", name="Pair 2 of").wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")

    # a part is a filter
    panel.get_by_role("button", name="val:").click()
    until(explorer.chips, ["v1 = 'val'"])
    until(explorer.count, f"{sizes['val']} of 2,000")

    # handed over, and verified
    root.get_by_role("radio", name="Splits").click()
    panel.get_by_role("button", name="Export split").click()
    path = root.locator("input[name=path]")
    until(path.input_value, "roads-export-v1")
    path.fill(str(tmp_path / "out"))
    root.get_by_role("combobox", name="Pictures").select_option("hardlink")
    path.press("Enter")
    outcome = panel.locator(".curate-splits-outcome[data-state=done]")
    outcome.wait_for(timeout=2 * SLOW)
    verification = curate.verify(tmp_path / "out")
    assert verification.ok
    assert f"{tmp_path / 'out'}" in outcome.inner_text()
    assert f"Verified: {verification.files:,} files" in outcome.inner_text()

    # narrow, another way to split, and back
    page.set_viewport_size({"width": 700, "height": 1000})
    assert violations(page) == []
    page.set_viewport_size({"width": 1600, "height": 1000})
    panel.get_by_role("button", name="New split").click()
    panel.get_by_role("button", name="Cancel").click()

    # the filter is undone, and then the split
    explorer.undo()
    until(explorer.count, "2,000 samples")
    explorer.undo()
    root.get_by_role("radio", name="Splits").click()
    panel.get_by_text("No split yet").wait_for()
    assert python("ds.splits()") == []
    explorer.redo()
    panel.get_by_role("button", name="Split v1: choose another").wait_for()

    # the kernel ends: what was split stays split
    notebook.restart()
    explorer.see(".curate-notice", "The kernel that made this is gone")
    assert curate.open(roads).splits() == ["v1"]
