"""The gallery in a real JupyterLab: what a person sees and does, and what Python then knows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.browser

SLOW = 60_000  # ms
TESTS = Path(__file__).resolve().parents[1]
PATHS = [str(TESTS.parent), str(TESTS / "widgets")]

SETUP = """
import numpy as np
from curate import query as q
from curate.errors import BadValue
from curate.widgets.gallery import Gallery
from standin import *
dataset = StandinDataset({n}, **{dataset!r})
view = StandinView(dataset, **{view!r})
gallery = Gallery(view)
"""

PICTURES = ".curate-tile img"


def show(notebook: Any, n: int = 200, *, view: dict[str, Any] | None = None, then: str = "", **dataset: Any) -> Any:
    """A gallery of `n` samples; gives the page when the first pictures are there."""
    notebook.run(SETUP.format(n=n, dataset=dataset, view=view or {}) + then + "\ngallery")
    # the old gallery may still be there while the new cell runs
    notebook.python("print(1)")
    notebook.page.wait_for_selector(PICTURES)
    return notebook.page


def tile(page: Any, row: int) -> Any:
    return page.locator(f'.curate-tile[data-row="{row}"]')


def selected_rows(notebook: Any) -> list[int]:
    """Which rows Python has, once everything that was clicked has arrived."""
    return notebook.python("print(json.dumps([int(i) - FIRST_ID for i in gallery.selection.ids()]))")


def until(look: Any, expected: Any, *, seconds: float = 20) -> None:
    """Wait until `look()` gives `expected`."""
    deadline = time.monotonic() + seconds
    while (found := look()) != expected:
        assert time.monotonic() < deadline, f"{found!r} is not {expected!r}"
        time.sleep(0.1)


def see(page: Any, selector: str, text: str) -> None:
    page.locator(selector, has_text=text).first.wait_for(timeout=SLOW)


def test_pictures_and_counts(notebook):
    page = show(notebook, 200, statuses={2: "corrupt", 3: "empty", 4: "missing"}, tags={1: ["night", "wet"]})
    assert page.locator(".curate-count").inner_text() == "200 samples"
    assert page.locator(PICTURES).count() >= 12
    assert tile(page, 0).locator("img").evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 128
    assert tile(page, 2).inner_text().strip() == "unreadable"
    assert tile(page, 3).inner_text().strip() == "empty file"
    assert tile(page, 4).inner_text().strip() == "file missing"
    assert tile(page, 1).locator(".curate-tag").inner_text() == "night +1"
    assert tile(page, 1).get_attribute("aria-label") == "drive/frame 000001.jpg, tagged night, wet"
    assert page.locator('[role="grid"]').get_attribute("aria-rowcount") == str(-(-200 // 8))


def test_a_query_is_read_in_the_bar(notebook):
    steps = """
search = q.Search(words=(q.Word("night hail"),), minus=(q.Word("snow"),))
query = q.Query((q.Where("bright < ?", (0.3,)), search))
gallery = Gallery(replace(view, scored=True, query=query, chosen=np.arange(96)))
"""
    page = show(notebook, 2000, then=steps)
    assert page.locator(".curate-count").inner_text() == "96 of 2,000"
    assert page.locator(".curate-chip").all_inner_texts() == ["bright < 0.3", "night hail", "− snow"]
    assert page.locator(".curate-sort").inner_text() == "sorted by score"
    assert tile(page, 0).locator(".curate-score").inner_text() == "0.330"


def test_mouse_selection_reaches_python(notebook):
    page = show(notebook)
    tile(page, 3).click()
    tile(page, 6).click(modifiers=["Control"])
    until(lambda: selected_rows(notebook), [3, 6])
    tile(page, 10).click(modifiers=["Shift"])
    until(lambda: selected_rows(notebook), [6, 7, 8, 9, 10])
    assert page.locator(".curate-selected").inner_text() == "5 selected of 200"
    assert tile(page, 8).get_attribute("aria-selected") == "true"
    tile(page, 8).locator(".curate-check").click()
    until(lambda: selected_rows(notebook), [6, 7, 9, 10])
    page.get_by_role("button", name="all 200").click()
    until(lambda: notebook.python("print(gallery.selected_count)"), 200)
    page.get_by_role("button", name="clear").click()
    until(lambda: selected_rows(notebook), [])


def test_keyboard_selects_moves_and_enlarges(notebook):
    page = show(notebook)
    columns = int(page.locator('[role="grid"]').get_attribute("aria-colcount"))
    page.locator('[role="grid"]').focus()
    for key in ("ArrowRight", "ArrowDown", " ", "Shift+ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    first = columns + 1
    until(lambda: selected_rows(notebook), [first, first + 1, first + 2])
    page.keyboard.press("End")
    tile(page, 199).locator("img").wait_for()
    page.keyboard.press("Home")
    tile(page, 0).locator("img").wait_for()
    page.keyboard.press("Control+a")
    until(lambda: notebook.python("print(gallery.selected_count)"), 200)
    page.keyboard.press("Escape")
    until(lambda: notebook.python("print(gallery.selected_count)"), 0)
    page.keyboard.press("+")
    until(lambda: notebook.python("print(gallery.thumbnail_size)"), 192)
    page.keyboard.press("?")
    page.wait_for_selector("dialog.curate-help[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.curate-help", state="detached")
    # none of these keys may have reached the notebook's own shortcuts
    assert notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") <= 2


def test_the_large_picture(notebook):
    page = show(notebook, 5, statuses={2: "corrupt"})
    tile(page, 0).click()
    tile(page, 4).click(modifiers=["Control"])
    page.wait_for_timeout(600)  # or the next click would be the second of a double click
    tile(page, 1).dblclick()
    picture = page.locator("dialog.curate-lightbox .curate-stage img:not(.curate-soft)")
    picture.wait_for()
    assert picture.evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 640
    facts = page.locator(".curate-facts dl").inner_text().split("\n")
    assert facts[facts.index("weather") + 1] == "rain"
    assert facts[facts.index("sample id") + 1] == "9007199254740994"
    page.keyboard.press("ArrowRight")
    see(page, ".curate-stage-note", "The file cannot be read as an image.")
    page.keyboard.press("ArrowRight")
    picture.wait_for()
    page.keyboard.press(" ")
    until(lambda: selected_rows(notebook), [0, 3, 4])  # a double click picks nothing
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.curate-lightbox", state="detached")


def test_python_moves_the_browser(notebook):
    page = show(notebook)
    notebook.python("seen = []; gallery.observe(lambda change: seen.append(change.new), 'selected_count')")
    notebook.python("gallery.selection = [FIRST_ID + 2, FIRST_ID + 5]")
    see(page, ".curate-selected", "2 selected of 200")
    assert tile(page, 5).get_attribute("aria-selected") == "true"
    assert tile(page, 3).get_attribute("aria-selected") == "false"
    tile(page, 3).click(modifiers=["Control"])
    until(lambda: notebook.python("print(json.dumps(seen))"), [2, 3])
    # every second row: the selection comes back as a bitmap
    notebook.python("gallery.selection = view.ids()[::2]")
    see(page, ".curate-selected", "100 selected of 200")
    assert [tile(page, row).get_attribute("aria-selected") for row in (0, 1, 2)] == ["true", "false", "true"]


def test_tags_through_the_page(notebook):
    page = show(notebook)
    tile(page, 0).click()
    tile(page, 2).click(modifiers=["Shift"])
    page.keyboard.press("t")
    page.keyboard.type("night-hail")
    page.keyboard.press("Enter")
    see(page, ".curate-toast", "“night-hail” given to 3 samples")
    see(page, '.curate-tile[data-row="2"] .curate-tag', "night-hail")
    assert notebook.python("print(json.dumps(dataset.tags[1]))") == ["night-hail"]
    page.get_by_label("Tag for the selected samples").fill("night-hail")
    page.get_by_role("button", name="Untag").click()
    page.wait_for_selector(".curate-tag", state="detached")
    assert notebook.python("print(json.dumps(dataset.tags[1]))") == []


def test_ids_are_copied_as_text(notebook):
    page = show(notebook, 20)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tile(page, 0).click()
    tile(page, 1).click(modifiers=["Shift"])
    page.get_by_role("button", name="Copy ids").click()
    see(page, ".curate-toast", "2 ids copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == "9007199254740993\n9007199254740994"


def test_two_views_of_one_gallery_agree(notebook):
    page = show(notebook, 12, then="from IPython.display import display\ndisplay(gallery)")
    until(lambda: page.locator(".curate-gallery").count(), 2)
    grids = [page.locator(".curate-gallery").nth(i) for i in (0, 1)]
    for grid in grids:
        grid.locator("img").nth(11).wait_for()
    grids[0].locator('[data-row="4"]').click()
    see(page, ".curate-gallery:nth-of-type(1) .curate-selected", "1 selected of 12")
    until(lambda: grids[1].locator('[data-row="4"]').get_attribute("aria-selected"), "true")


def test_a_million_rows(notebook):
    page = show(notebook, 1_000_000, then="gallery = Gallery(view, columns=3)")
    page.locator('[role="grid"]').focus()
    page.keyboard.press("End")
    tile(page, 999_999).locator("img").wait_for()
    assert tile(page, 999_999).get_attribute("title") == "drive/frame 999999.jpg"
    page.keyboard.press("ArrowUp")
    page.locator('[role="grid"]').evaluate("(g) => { g.scrollTop = g.scrollHeight / 2; }")
    page.wait_for_function("() => Number(document.querySelector('.curate-tile')?.dataset.row) > 400000")
    middle = int(page.locator(".curate-tile").first.get_attribute("data-row"))
    assert 480_000 < middle < 520_000
    # A small step of the wheel is a small step in the grid, although the element is scaled.
    page.locator('[role="grid"]').hover()
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(600)
    assert 0 <= int(page.locator(".curate-tile").first.get_attribute("data-row")) - middle < 12
    tile(page, middle + 6).locator("img").wait_for()
    page.keyboard.press("Control+a")
    until(lambda: notebook.python("print(gallery.selected_count)"), 1_000_000)
    # Few pages stay in the browser, and few were asked for.
    assert notebook.python("print(len(dataset.thumbnail_calls))") < 40


def test_errors_are_seen_and_leave_a_way_back(notebook):
    notebook.run(SETUP.format(n=20, dataset={}, view={"failing": True}) + "gallery", wait=".curate-failure")
    page = notebook.page
    see(page, ".curate-failure", "There is no column 'wether'.")
    see(page, ".curate-failure", "did you mean 'weather'")
    notebook.python("object.__setattr__(view, 'failing', False)")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(PICTURES)
    # an error while pages come
    notebook.run(
        SETUP.format(n=20, dataset={}, view={})
        + "dataset.thumbnail_error = BadValue('the thumbnails are gone', hint='ds.sync()')\ngallery",
        wait=".curate-page-failure",
    )
    see(page, ".curate-page-failure", "the thumbnails are gone")
    notebook.python("dataset.thumbnail_error = None")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(PICTURES)
    page.wait_for_selector(".curate-page-failure", state="detached")


def test_an_empty_view_says_so(notebook):
    notebook.run(SETUP.format(n=20, dataset={}, view={}) + "Gallery(replace(view, chosen=np.arange(0)))", wait=None)
    see(notebook.page, ".curate-empty", "No sample fits this query.")


def test_text_stays_text(notebook):
    nasty = '<img src=x onerror="window.hacked = 1">"\'&</script>'
    right_to_left = "\u202eمرحبا 🦔"
    page = show(
        notebook,
        6,
        names={0: f"a/{nasty}", 1: f"b/{right_to_left}"},
        tags={0: [nasty], 1: [right_to_left]},
        extra={"caption": nasty},
        then=f"gallery = Gallery(replace(view, query=q.Query((q.Where({nasty!r}),))))",
    )
    assert tile(page, 0).locator(".curate-tag").inner_text() == nasty
    assert tile(page, 1).locator(".curate-tag").inner_text() == right_to_left
    assert page.locator(".curate-chip").inner_text() == nasty
    tile(page, 0).dblclick()
    see(page, ".curate-facts h2", "script>")
    see(page, ".curate-facts dd", nasty)
    assert page.evaluate("() => window.hacked") is None


def test_it_stays_alive_while_a_cell_runs(notebook):
    """Fails when ipykernel's routing changes, or JupyterLab sends comms elsewhere: see `stay_on_subshell`."""
    page = show(notebook, 20_000)
    notebook.begin("import time; time.sleep(60)")
    started = time.monotonic()
    page.locator('[role="grid"]').focus()
    for row in (19_999, 0, 19_999):
        page.keyboard.press("End" if row else "Home")
        tile(page, row).locator("img").wait_for(timeout=15_000)
    tile(page, 19_999).click()
    see(page, ".curate-selected", "1 selected of 20,000")
    page.locator('[role="grid"]').evaluate("(g) => { g.scrollTop = g.scrollHeight / 2; }")
    page.wait_for_function("() => document.querySelectorAll('.curate-tile[data-row^=\"10\"] img').length > 3")
    assert time.monotonic() - started < 45
    assert notebook.running()
    assert page.locator(".curate-connection").count() == 0
    notebook.interrupt()
    until(lambda: selected_rows(notebook), [19_999])


def test_without_subshells_it_says_that_the_kernel_is_busy(notebook):
    # every message to the main shell, as where there are no subshells
    page = show(notebook, 20_000, then="gallery.comm._reply_subshell_for = lambda data, default: None")
    notebook.begin("import time; time.sleep(60)")
    page.locator('[role="grid"]').focus()
    page.keyboard.press("End")
    see(page, ".curate-connection", "The kernel is busy; this waits until the running cell ends.")
    notebook.interrupt()
    tile(page, 19_999).locator("img").wait_for()
    page.wait_for_selector(".curate-connection", state="detached")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_both_themes_can_be_read(notebook, theme):
    page = show(notebook, 30, statuses={3: "corrupt"}, tags={1: ["night"]})
    try:
        notebook.theme(theme)
        tile(page, 1).click()
        see(page, ".curate-selected", "1 selected")
        for selector in (
            ".curate-count b",
            ".curate-quiet",
            ".curate-no-picture",
            ".curate-selected",
            ".curate-sort b",
        ):
            assert contrast(page, selector) > 4.5, selector
    finally:
        notebook.theme("Light")


def contrast(page: Any, selector: str) -> float:
    """Contrast of the text against the gallery's ground, as WCAG counts it."""
    return page.evaluate(
        """(selector) => {
            const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            const luminance = (colour) => {
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
                    const c = value / 255;
                    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const ground = luminance(getComputedStyle(document.querySelector(".curate-gallery")).backgroundColor);
            const ink = luminance(getComputedStyle(document.querySelector(selector)).color);
            return (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
        }""",
        selector,
    )


@pytest.mark.parametrize("width", [600, 800, 1600])
def test_it_fits_narrow_and_wide_pages(notebook, width):
    """800 is what a screen of 1600 has left at 200 % zoom."""
    page = show(notebook, 30)
    try:
        page.set_viewport_size({"width": width, "height": 900})
        tile(page, 0).click()
        see(page, ".curate-selected", "1 selected")
        outside = page.evaluate(
            """() => {
                const gallery = document.querySelector(".curate-gallery");
                const box = gallery.getBoundingClientRect();
                return [...gallery.querySelectorAll("button, input, .curate-count, .curate-tile")]
                    .filter((e) => e.offsetParent !== null)
                    .filter((e) => e.getBoundingClientRect().right > box.right + 1)
                    .map((e) => e.className);
            }"""
        )
        assert outside == []
        assert int(page.locator('[role="grid"]').get_attribute("aria-colcount")) == {600: 3, 800: 4, 1600: 8}[width]
    finally:
        page.set_viewport_size({"width": 1600, "height": 1000})


@pytest.fixture(scope="module")
def saved():
    """A notebook that was run elsewhere: it keeps the outputs and the state of its widgets."""
    nbclient = pytest.importorskip("nbclient")
    code = SETUP.format(n=30, dataset={}, view={}) + "gallery"
    cells = [nbformat.v4.new_code_cell(f"import sys; sys.path[:0] = {PATHS!r}\n{code}")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return notebook


def test_a_saved_notebook_from_elsewhere_shows_its_contact_sheet(open_notebook, saved):
    page = open_notebook("elsewhere", saved=saved).page
    page.locator(".jp-OutputArea-output img").nth(23).wait_for()
    see(page, ".jp-OutputArea-output p", "30 of 30 samples, the first 24 shown")


def test_a_saved_notebook_that_is_trusted_shows_it_too(open_notebook, saved):
    """JupyterLab then starts the widget, and there is no kernel behind it."""
    page = open_notebook("trusted", saved=saved, trust=True).page
    see(page, ".curate-connection", "No kernel has answered yet, so this is a still picture.")
    assert page.locator(".curate-still").evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 8 + 8 * 152


def test_a_restarted_kernel_is_told_from_a_busy_one(notebook):
    page = show(notebook, 500)
    notebook.restart()
    see(page, ".curate-connection", "The kernel that made this gallery is gone. Run the cell again to bring it back.")
    page = show(notebook, 12)
    assert page.locator(".curate-connection").count() == 0
