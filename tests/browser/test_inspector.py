"""One sample, beside the grid and large, and what runs in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from tests.browser.jupyter import SLOW, until

pytestmark = pytest.mark.browser

OPEN = """
import curate
ds = curate.open({path!r})
explorer = ds.explore(height=860)
explorer
"""
AXE = Path(__file__).resolve().parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def explore(notebook: Any) -> Any:
    """Opens the Explorer on a dataset, and gives its root element."""

    def open_it(path: Path) -> Any:
        notebook.run(OPEN.format(path=str(path)), wait=".curate-tile img")
        return notebook.page.locator(".curate-widget:not([data-old])")

    return open_it


def violations(page: Any, selector: str) -> list[str]:
    """What axe-core finds wrong."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("(selector) => axe.run(selector, { resultTypes: ['violations'] })", selector)
    return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]


def test_the_inspector_follows_the_grid(notebook, explore, roads):
    ds = curate.open(roads)
    first, second = (int(id) for id in ds.ids()[:2])
    ds.add_labels(
        pl.DataFrame({"sample_id": [first, second], "value": ["<b>sedan</b>", "lorry"], "score": [0.25, 0.75]}),
        field="kind",
        source="yolo",
        source_kind="model",
    )
    root, page = explore(roads), notebook.page
    panel = root.locator(".curate-side-inspector")
    assert "Pick a sample to see it here" in panel.inner_text()
    assert violations(page, ".curate-side-inspector") == []
    root.locator("[data-row='0']").click()
    panel.locator("h2", has_text=ds.first()["uri"].split("images/")[1]).wait_for(timeout=SLOW)
    panel.locator(".curate-labels", has_text="<b>sedan</b>").wait_for()
    assert "kind, by yolo 0.25" in panel.locator(".curate-labels").inner_text()
    panel.locator(".curate-past", has_text="labelled kind: <b>sedan</b> (yolo)").wait_for()
    until(panel.locator(".curate-near img").count, 9)
    assert violations(page, ".curate-side-inspector") == []
    page.keyboard.press("ArrowRight")
    panel.locator(".curate-labels", has_text="lorry").wait_for()
    # a neighbour is opened, and is not the sample any more that the grid is at
    name = panel.locator("h2").inner_text()
    panel.get_by_role("button", name="Open ", exact=False).first.click()
    until(lambda: panel.locator("h2").inner_text() != name, True)


def test_a_tag_is_given_and_taken_away_and_both_are_history(notebook, explore, roads):
    root, page = explore(roads), notebook.page
    root.locator("[data-row='3']").click()
    panel = root.locator(".curate-side-inspector")
    panel.get_by_role("button", name="+ tag").click()
    page.keyboard.type("odd <i>")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    panel.locator(".curate-past", has_text="tagged odd <i>").wait_for()
    tagged = "print(ds.tagged('odd <i>').count() if 'odd <i>' in ds.session.tags else 0)"
    until(lambda: notebook.python(tagged), 1)
    panel.get_by_role("button", name="Take the tag odd <i> away").click()
    panel.locator(".curate-past", has_text="untagged odd <i>").wait_for()
    until(lambda: notebook.python(tagged), 0)
    root.get_by_role("button", name="Undo").first.click()
    panel.locator(".curate-past s", has_text="untagged odd <i>").wait_for()
    until(lambda: notebook.python(tagged), 1)


def test_the_large_picture_is_looked_at_closely_with_keys_and_mouse(notebook, explore, roads):
    root, page = explore(roads), notebook.page
    root.get_by_role("grid", name="Samples").focus()
    page.keyboard.press("Enter")
    large = root.locator("dialog.curate-large[open]")
    large.wait_for()
    percent = large.locator(".curate-stage-percent")
    until(lambda: large.get_by_text("1 of 2,000").count(), 1)
    fits = percent.inner_text()
    name = large.locator("h2").inner_text()
    page.keyboard.press("+")
    until(lambda: percent.inner_text() != fits, True)
    picture = large.locator("img.curate-layer").first
    before = picture.bounding_box()
    page.keyboard.press("ArrowRight")  # moves the closer look, and does not leave the sample
    until(lambda: picture.bounding_box()["x"] < before["x"], True)
    assert large.locator("h2").inner_text() == name
    page.keyboard.press("1")
    until(percent.inner_text, "100 %")
    stage = large.locator(".curate-stage").bounding_box()
    page.mouse.move(stage["x"] + 200, stage["y"] + 200)
    page.mouse.wheel(0, -200)
    until(lambda: percent.inner_text() != "100 %", True)
    page.keyboard.press("0")
    until(percent.inner_text, fits)
    page.keyboard.press("ArrowRight")
    until(lambda: large.get_by_text("2 of 2,000").count(), 1)
    page.keyboard.press(" ")
    until(lambda: notebook.python("print(explorer.selected_count)"), 1)
    assert violations(page, ".curate-large") == []
    page.keyboard.press("Escape")
    large.wait_for(state="detached")
    focused = page.evaluate("() => document.activeElement.getAttribute('aria-label')")
    assert focused == "Samples"


def test_an_export_says_how_far_it_is_and_can_be_stopped(notebook, explore, roads, tmp_path):
    root, page = explore(roads), notebook.page
    slow = """
import time
from curate.media import location
read_ = location.read
location.read = lambda place: (time.sleep(0.5), read_(place))[1]
"""
    notebook.python(slow)
    try:
        start_export(root, page, tmp_path / "slow", what="the whole view")
        job = root.locator(".curate-job", has_text="Export 2,000 samples as")
        until(lambda: " of 2,000" in job.inner_text(), True)
        job.get_by_role("button", name="Stop").click()
        root.locator(".curate-job", has_text="Stopped, and nothing was changed.").wait_for(timeout=SLOW)
    finally:
        notebook.python("location.read = read_")
    assert not (tmp_path / "slow").exists()  # the hidden start beside it is for the next export to the same place
    root.get_by_role("button", name="Dismiss", exact=False).click()
    until(root.locator(".curate-job").count, 0)
    root.locator("[data-row='1']").click()
    start_export(root, page, tmp_path / "done", what="the selection")
    root.locator(".curate-job", has_text=f"1 sample in {tmp_path / 'done'}").wait_for(timeout=SLOW)
    assert curate.verify(tmp_path / "done").ok


def start_export(root: Any, page: Any, path: Path, *, what: str) -> None:
    root.get_by_role("button", name="Export", exact=True).first.click()
    form = page.locator("form:has(input[name=path])")
    form.locator("input[name=path]").fill(str(path))
    form.get_by_label(what).check()
    form.get_by_role("button", name="Export").click()
    form.wait_for(state="detached")
