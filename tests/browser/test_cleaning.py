"""Cleaning in the cell: what is wrong by kind, what is there twice group by group, and the review of pairs that measures it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

import curate
from tests.browser.axe import violations, with_axe
from tests.browser.explorer import Explorer
from tests.browser.jupyter import SLOW, until

pytestmark = pytest.mark.browser

OPEN = "import curate\nds = curate.open({path!r})\nds.explore(height=820)"
REVIEW = "review = ds.duplicates().review()\nreview"
COPIES, HALVES, DARK = 4, 4, 3


@pytest.fixture
def photos(demo_built: Path, tmp_path: Path) -> Path:
    """Scenes of many drives, some of them twice as they are, some at half size, some in the dark."""
    folder = tmp_path / "photos"
    folder.mkdir()
    scenes = (
        curate.open(demo_built).where("status = 'ok' AND timeofday = 'day' AND weather = 'clear'").sample(40, seed=4)
    )
    for i, picture in enumerate(scenes.images()):
        picture.save(folder / f"scene_{i:02}.png")
    for i in range(COPIES):
        shutil.copy(folder / f"scene_{i:02}.png", folder / f"copy_{i:02}.png")
    for i in range(COPIES, COPIES + HALVES):
        with Image.open(folder / f"scene_{i:02}.png") as picture:
            picture.resize((picture.width // 2, picture.height // 2)).save(folder / f"half_{i:02}.png")
    for i in range(30, 30 + DARK):
        with Image.open(folder / f"scene_{i:02}.png") as picture:
            ImageEnhance.Brightness(picture.convert("RGB")).enhance(0.04).save(folder / f"scene_{i:02}.png")
    ds = curate.create(tmp_path / "photos.curate")
    ds.ingest(folder)
    ds.embed("demo")
    return tmp_path / "photos.curate"


def test_a_dataset_is_cleaned_with_keys(notebook, photos):
    page = notebook.page
    with_axe(page)
    notebook.run(OPEN.format(path=str(photos)), wait=".curate-tile img")
    explorer = Explorer(page, page.locator(".curate-widget:not([data-old])").last)
    root = explorer.root

    # what is wrong: nobody has looked, then by kind, and a click keeps nothing but those
    root.get_by_role("button", name="Find issues").click()
    issues = root.get_by_role("region", name="Issues", exact=True)
    dark = issues.get_by_role("button", name=f"Dark: {DARK}")
    dark.click()
    until(explorer.count, f"{DARK} of 48")
    assert notebook.python("print(json.dumps(ds.issues().counts['dark']))") == DARK
    page.get_by_role("button", name=f"Dark: {DARK} of {DARK} in view").click()
    until(explorer.count, "48 samples")

    # what is there twice: searched for here, then group by group
    root.get_by_role("radio", name="Duplicates").click()
    pane = root.get_by_role("region", name="Groups of duplicates")
    assert violations(page) == []
    pane.get_by_role("button", name="Find duplicates").click()
    stage = pane.get_by_role("listbox")
    stage.get_by_role("option").nth(1).locator("img").wait_for(timeout=2 * SLOW)
    stage.focus()
    groups = notebook.python("print(json.dumps(ds.duplicates().groups.height))")
    assert groups >= COPIES + HALVES

    def at(place: int) -> None:
        """Wait until a group is looked at."""
        explorer.see(".curate-duplicates-head", f"{place}. ")
        stage.get_by_role("option").nth(1).locator("img").wait_for()

    def tagged() -> int:
        return notebook.python("print(json.dumps(ds.tagged('duplicate').count()))")

    at(1)
    page.keyboard.press("Enter")
    at(2)
    # The next group is there before the verdict has arrived, and until then there is no such tag.
    explorer.see(".curate-duplicates-done", f"1 of {groups} groups")
    until(tagged, 1)
    second = stage.get_by_role("option").nth(1).locator("bdi").first.inner_text()
    page.keyboard.press("2")
    until(stage.get_by_role("option", selected=True).locator("bdi").first.inner_text, second)
    page.keyboard.press("Enter")
    at(3)
    until(tagged, 2)
    assert second not in notebook.python("print(json.dumps(ds.tagged('duplicate').df(['uri'])['uri'].to_list()))")
    page.keyboard.press("x")
    at(4)
    explorer.see(".curate-duplicates-done", f"3 of {groups} groups")
    page.keyboard.press("u")
    at(3)
    explorer.see(".curate-duplicates-done", f"2 of {groups} groups")
    for theme in ("Dark", "Light"):
        notebook.theme(theme)
        assert violations(page) == []
    stage.focus()  # another theme may have taken the focus
    page.keyboard.press("Shift+Enter")
    root.get_by_role("dialog", name="Accept the rest").wait_for()
    page.keyboard.press("Enter")
    explorer.see(".curate-notice", "Every group has a verdict")
    redundant = notebook.python("print(json.dumps(ds.duplicates().redundant.count()))")
    until(tagged, redundant)
    explorer.undo()
    until(tagged, 2)
    explorer.see(".curate-duplicates-done", f"2 of {groups} groups")

    # pairs of what was found: the answers measure the precision, and the threshold slides
    notebook.run(REVIEW, cell=1, wait=".curate-pairs-stage img")
    review = page.locator(".curate-widget[data-part=pairs]:not([data-old])")
    pictures = review.get_by_role("application")
    pictures.focus()
    answered = review.locator(".curate-count b")
    page.keyboard.press("y")
    until(answered.inner_text, "1")
    page.keyboard.press("n")
    until(answered.inner_text, "2")
    review.locator(".curate-review-figure", has_text="50").first.wait_for()
    said = notebook.python("p = review.duplicates.precision(); print(json.dumps([p.value, p.yes, p.no]))")
    assert said == [0.5, 1, 1]
    page.keyboard.press("Control+z")
    until(answered.inner_text, "1")
    page.keyboard.press("b")
    review.locator(".curate-pairs-over[data-how=blink]").wait_for()
    for theme in ("Dark", "Light"):
        notebook.theme(theme)
        assert violations(page) == []
    threshold = notebook.python("print(json.dumps(review.duplicates.threshold))")
    review.get_by_role("slider", name="Threshold").focus()
    page.keyboard.press("Home")
    until(lambda: notebook.python("print(json.dumps(review.duplicates.threshold))") < threshold, True)
    review.get_by_role("button", name="back to").click()
    until(lambda: notebook.python("print(json.dumps(review.duplicates.threshold))"), threshold)

    # the kernel ends: what was said is kept, and both say how it goes on
    notebook.restart()
    explorer.see(".curate-notice", "The kernel that made this is gone")
    review.locator(".curate-notice", has_text="Every answer was saved.").wait_for(timeout=SLOW)
    assert len(curate.open(photos).tagged("duplicate").ids()) == 2
