"""The gallery over a real dataset of photos: `view.show()` from the folder to the cell."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.shared,
    pytest.mark.skipif(not PHOTOS.is_dir(), reason="the photos of ../shared are not here"),
]

CODE = """
import curate
ds = curate.create("photos.curate")
ds.ingest({folder!r})
ds.select(ds.ids()[:40:3]).tag("reviewed")
view = ds.where("brightness < ?", 0.5).sort_by("brightness", descending=True)
gallery = view.show()
gallery
"""


def test_show_from_the_folder_to_the_cell(open_notebook):
    notebook = open_notebook("photos")
    page = notebook.page
    notebook.run(CODE.format(folder=str(PHOTOS / "flickr8k_1000")))
    page.wait_for_selector(".curate-tile img")
    count, total = notebook.python("print(json.dumps([view.count(), ds.count()]))")
    assert page.locator(".curate-count").inner_text() == f"{count} of {total:,}"
    page.locator('[data-row="1"]').click()
    page.locator('[data-row="3"]').click(modifiers=["Shift"])
    page.keyboard.press("t")
    page.keyboard.type("dusk")
    page.keyboard.press("Enter")
    page.locator(".curate-toast", has_text="“dusk” given to 3 samples").wait_for()
    # the view does not depend on tags: its rows stay, and show the new one
    page.locator('[data-row="2"] .curate-tag', has_text="dusk").wait_for()
    assert notebook.python("print(ds.tagged('dusk').count())") == 3
    assert notebook.python("print(json.dumps((gallery.selection.ids() == view.ids()[1:4]).tolist()))") == [True] * 3
    assert page.locator(".curate-accent").count() == 0
    # another notebook writes: the rows stay where they are until the person says so
    notebook.python("gallery = ds.untagged('dusk').show()\nfrom IPython.display import display")
    notebook.run("gallery")
    page.wait_for_selector(".curate-tile img")
    first = page.locator('[data-row="0"]').get_attribute("title")
    notebook.python("gallery.view.limit(1).tag('dusk')")
    page.wait_for_timeout(2100)
    page.locator('[role="grid"]').focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="The dataset has changed: refresh").wait_for()
    page.keyboard.press("Home")
    page.wait_for_function(f"() => document.querySelector('[data-row=\"0\"]')?.title === {first!r}")
    page.get_by_role("button", name="The dataset has changed: refresh").click()
    page.wait_for_function(f"() => (document.querySelector('[data-row=\"0\"]')?.title ?? {first!r}) !== {first!r}")
    assert page.locator(".curate-count").inner_text() == f"996 of {total:,}"
