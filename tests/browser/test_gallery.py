"""The gallery in a real JupyterLab: what a person sees and does, and what Python then knows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nbformat
import pyarrow as pa
import pytest

import curate
from tests.browser.jupyter import ROOT, SLOW, until
from tests.planted import add_field, amend

pytestmark = pytest.mark.browser

SETUP = """
import curate
ds = curate.open({path!r})
view = ds{view}
gallery = view.show({options})
"""

PICTURES = ".curate-tile img"


@pytest.fixture
def show(notebook: Any, planted: Any) -> Any:
    """Shows `n` samples, or a dataset, and gives the page when the first pictures are there."""

    def show_it(n: int = 200, *, path: Path | None = None, view: str = "", options: str = "", then: str = "") -> Any:
        setup = SETUP.format(path=str(path or planted(n)), view=view, options=options)
        notebook.run(f"{setup}{then}\ngallery", wait=PICTURES)
        return notebook.page

    return show_it


def tile(page: Any, row: int) -> Any:
    return page.locator(f'.curate-tile[data-row="{row}"][draggable=true]')


def selected_rows(notebook: Any) -> list[int]:
    """Which rows Python has, once everything that was clicked has arrived."""
    return notebook.python("print(json.dumps(sorted(ds.positions_of(gallery.selection.ids()).tolist())))")


def see(page: Any, selector: str, text: str) -> None:
    page.locator(selector, has_text=text).first.wait_for(timeout=SLOW)


def test_pictures_and_counts(show, roads):
    ds = curate.open(roads)
    readable = ds.where("status = 'ok'").limit(30).ids()
    amend(roads, {int(ds.positions_of(readable[:1])[0]): {"status": "missing"}})
    ds.select(readable[1:2]).tag("wet", "night")
    broken = [ds.where("status = ?", status).limit(1).ids()[0] for status in ("corrupt", "empty")]
    view = ds.select([*readable.tolist(), *broken])
    rows = view.ids().tolist()
    missing, tagged, corrupt, empty = (rows.index(i) for i in (readable[0], readable[1], *broken))
    page = show(path=roads, view=f".select({rows})")
    assert page.locator(".curate-count").inner_text() == "32 of 2,000"
    until(lambda: page.locator(PICTURES).count(), 30)
    assert tile(page, tagged).locator("img").evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 256
    see(page, f'[data-row="{corrupt}"] .curate-no-picture', "unreadable")
    see(page, f'[data-row="{empty}"] .curate-no-picture', "empty file")
    # what was read before it went away is still there to be seen
    assert tile(page, missing).locator("img").count() == 1
    see(page, f'[data-row="{missing}"] .curate-badge-issue', "missing")
    assert tile(page, missing).get_attribute("title").endswith("\nfile missing")
    folder, name = view.df().row(tagged, named=True)["uri"].split("/")[-2:]
    see(page, f'[data-row="{tagged}"]', f"{folder}/{name}, tagged night, wet")
    columns = int(page.get_by_role("grid").get_attribute("aria-colcount"))
    assert page.get_by_role("grid").get_attribute("aria-rowcount") == str(-(-32 // columns))


def test_a_query_is_read_in_the_bar(show):
    page = show(2000, view='.where("brightness < ?", 0.3).search("night hail", minus="snow").limit(96)')
    assert page.locator(".curate-count").inner_text() == "96 of 2,000"
    chips = [text.strip() for text in page.locator(".curate-chip").all_inner_texts()]
    assert [text.split("\n")[0] for text in chips][:3] == ["brightness < 0.3", "night hail", "− snow"]


def test_mouse_selection_reaches_python(notebook, show):
    page = show()
    tile(page, 3).click()
    tile(page, 6).click(modifiers=["Control"])
    until(lambda: selected_rows(notebook), [3, 6])
    tile(page, 10).click(modifiers=["Shift"])
    until(lambda: selected_rows(notebook), [6, 7, 8, 9, 10])
    see(page, ".curate-selected", "5 selected of 200")
    assert tile(page, 8).get_attribute("aria-selected") == "true"
    tile(page, 8).locator(".curate-check").click()
    until(lambda: selected_rows(notebook), [6, 7, 9, 10])
    page.get_by_role("button", name="all 200").click()
    until(lambda: notebook.python("print(gallery.selected_count)"), 200)
    page.get_by_role("button", name="clear").click()
    until(lambda: selected_rows(notebook), [])


def test_keyboard_selects_moves_and_enlarges(notebook, show):
    page = show()
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
    # a key that comes after the wheel, and before the browser has told of it
    page.locator('[role="grid"]').evaluate(
        """(grid) => {
            grid.scrollTop = 500;
            grid.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
        }"""
    )
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


def test_the_large_picture(notebook, show, roads):
    ds = curate.open(roads)
    readable = ds.where("status = 'ok'").limit(4).ids().tolist()
    corrupt = ds.where("status = 'corrupt'").limit(1).ids().tolist()
    ids = [*readable[:2], *corrupt, *readable[2:]]
    page = show(path=roads, view=f".select({ids})")
    rows = "print(json.dumps([{}.index(i) for i in sorted(gallery.selection.ids().tolist(), key={}.index)]))"
    shown = notebook.python("print(json.dumps(view.ids().tolist()))")
    broken = shown.index(corrupt[0])
    tile(page, 0).click()
    tile(page, 4).click(modifiers=["Control"])
    picture = page.locator("dialog.curate-large .curate-layer:not(.curate-soft)")
    before = (broken - 1) % 5
    page.locator('[role="grid"]').focus()
    tile(page, before).dblclick()
    picture.wait_for()
    assert picture.evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 320
    page.keyboard.press("ArrowRight")
    see(page, "dialog.curate-large", "The file cannot be read as an image.")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.curate-large", state="detached")
    until(lambda: notebook.python(rows.format(shown, shown)), [0, 4])  # a double click picks nothing


def test_python_moves_the_browser(notebook, show):
    page = show()
    notebook.python("seen = []; gallery.observe(lambda change: seen.append(change.new), 'selected_count')")
    notebook.python("gallery.selection = view.ids()[[2, 5]]")
    see(page, ".curate-selected", "2 selected of 200")
    until(lambda: tile(page, 5).get_attribute("aria-selected"), "true")
    assert tile(page, 3).get_attribute("aria-selected") == "false"
    tile(page, 3).click(modifiers=["Control"])
    until(lambda: notebook.python("print(json.dumps(seen))"), [2, 3])
    # every second row: the selection comes back as a bitmap
    notebook.python("gallery.selection = view.ids()[::2]")
    see(page, ".curate-selected", "100 selected of 200")
    until(lambda: [tile(page, row).get_attribute("aria-selected") for row in (0, 1, 2)], ["true", "false", "true"])


def test_tags_through_the_page(notebook, show):
    page = show()
    tile(page, 0).click()
    tile(page, 2).click(modifiers=["Shift"])
    page.keyboard.press("t")
    page.keyboard.type("night-hail")
    page.keyboard.press("Enter")
    see(page, ".curate-toast", "“night-hail” given to 3 samples")
    see(page, '.curate-tile[data-row="2"]', "night-hail")
    assert notebook.python("print(ds.tagged('night-hail').count())") == 3
    page.keyboard.press("Control+z")
    until(lambda: notebook.python("print(ds.tagged('night-hail').count())"), 0)
    page.locator('.curate-tile[data-row="2"]', has_text="night-hail").wait_for(state="detached")


def test_a_selection_keeps_the_order_of_a_sorted_view(notebook, show):
    page = show(view='.where("brightness < ?", 0.5).sort_by("brightness", descending=True)')
    count = notebook.python("print(view.count())")
    assert page.locator(".curate-count").inner_text() == f"{count} of 200"
    tile(page, 1).click()
    tile(page, 3).click(modifiers=["Shift"])
    see(page, ".curate-selected", f"3 selected of {count}")
    same = "print(json.dumps(gallery.selection.ids().tolist() == view.ids()[1:4].tolist()))"
    until(lambda: notebook.python(same), True)


def test_rows_stay_until_the_person_wants_the_newest(notebook, show, planted):
    """The view depends on tags, and somebody else gives its first sample the tag that takes it out."""
    path = planted(500)
    curate.open(path).limit(2).tag("seen")
    page = show(path=path, view=".untagged('seen')")
    see(page, ".curate-count", "498 of 500")
    first, second = (tile(page, row).get_attribute("title") for row in (0, 1))
    assert first != second
    elsewhere = curate.open(path)
    elsewhere.untagged("seen").limit(1).tag("seen")
    refresh = page.get_by_role("button", name="The dataset has changed: refresh")
    until(lambda: (page.locator(".curate-widget").dispatch_event("pointerenter"), refresh.count())[1], 1)
    # what was not in sight yet comes from the same rows
    page.get_by_role("grid").focus()
    page.keyboard.press("End")
    tile(page, 497).locator("img").wait_for()
    page.keyboard.press("Home")
    tile(page, 0).locator("img").wait_for()
    assert tile(page, 0).get_attribute("title") == first
    see(page, ".curate-count", "498 of 500")
    refresh.click()
    see(page, ".curate-count", "497 of 500")
    until(lambda: tile(page, 0).get_attribute("title"), second)


def test_ids_are_copied_as_text(notebook, show):
    page = show(20)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tile(page, 0).click()
    tile(page, 1).click(modifiers=["Shift"])
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Copy ids").click()
    see(page, ".curate-toast", "2 ids copied")
    ids = notebook.python("print(json.dumps([str(i) for i in view.ids()[:2]]))")
    # as a JavaScript number each of them would be another
    assert page.evaluate("() => navigator.clipboard.readText()") == "\n".join(ids)


def test_two_views_of_one_gallery_agree(show):
    page = show(12, then="from IPython.display import display\ndisplay(gallery)")
    until(lambda: page.locator(".curate-widget").count(), 2)
    grids = [page.locator(".curate-widget").nth(i) for i in (0, 1)]
    for grid in grids:
        grid.locator(PICTURES).nth(11).wait_for()
    grids[0].locator('[data-row="4"]').click()
    grids[0].locator(".curate-selected", has_text="1 selected of 12").wait_for()
    until(lambda: grids[1].locator('[data-row="4"]').get_attribute("aria-selected"), "true")


def test_a_million_rows(notebook, show):
    page = show(1_000_000, options="columns=3")
    page.locator('[role="grid"]').focus()
    page.keyboard.press("End")
    tile(page, 999_999).locator("img").wait_for()
    see(page, '[data-row="999999"]', "frame_0999999.jpg")
    page.keyboard.press("ArrowUp")
    page.locator('[role="grid"]').evaluate("(g) => { g.scrollTop = g.scrollHeight / 2; }")
    row = "Number(document.querySelector('.curate-tile')?.dataset.row)"
    # the grid still shows its end while the scrolling has not been told to it
    page.wait_for_function(f"() => {row} > 480000 && {row} < 520000")
    middle = int(page.locator(".curate-tile").first.get_attribute("data-row"))
    # A small step of the wheel is a small step in the grid, although the element is scaled.
    page.locator('[role="grid"]').hover()
    page.mouse.wheel(0, 300)
    page.wait_for_function(f"() => Number(document.querySelector('.curate-tile')?.dataset.row) !== {middle}")
    assert abs(int(page.locator(".curate-tile").first.get_attribute("data-row")) - middle) < 24
    tile(page, middle + 6).locator("img").wait_for()
    page.keyboard.press("Control+a")
    until(lambda: notebook.python("print(gallery.selected_count)"), 1_000_000)
    # few pictures stay in the browser
    assert page.evaluate("() => probe.blobs()") < 1500


def test_errors_are_seen_and_leave_a_way_back(notebook, planted):
    path = planted(20)
    add_field(path, "code", pa.array(["1"] * 20))
    notebook.python(f"import curate\nds = curate.open({str(path)!r})\nview = ds.where('CAST(code AS INTEGER) > 0')")
    # the query was fine when it was written; then somebody else wrote a value that it cannot read
    add_field(path, "code", pa.array(["1"] * 19 + ["x"]))
    notebook.run("ds.session.refresh()\ngallery = view.show()\ngallery", wait=".curate-notice")
    page = notebook.page
    see(page, ".curate-notice", "Could not convert")
    add_field(path, "code", pa.array(["1"] * 20))
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(PICTURES)
    see(page, ".curate-count", "20 samples")
    # an error while pages come
    path = planted(20)
    thumbnails = path / "thumbnails.lance" / "data"
    thumbnails.rename(path / "away")
    notebook.run(SETUP.format(path=str(path), view="", options="") + "gallery", wait=".curate-page-failure")
    (path / "away").rename(thumbnails)
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(PICTURES)
    page.wait_for_selector(".curate-page-failure", state="detached")


def test_an_empty_view_says_so(notebook, planted):
    code = SETUP.format(path=str(planted(20)), view='.where("speed < 0")', options="") + "gallery"
    notebook.run(code, wait=".curate-notice")
    see(notebook.page, ".curate-notice", "No sample fits this query")


def test_it_stays_alive_while_a_cell_runs(notebook, show):
    """Fails when ipykernel's routing changes, or JupyterLab sends comms elsewhere: see `stay_on_subshell`."""
    page = show(20_000)
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
    assert page.locator(".curate-waits").is_hidden()
    notebook.interrupt()
    until(lambda: selected_rows(notebook), [19_999])


def test_without_subshells_it_says_that_the_kernel_is_busy(notebook, show):
    # every message to the main shell, as where there are no subshells
    page = show(20_000, then="gallery.comm._reply_subshell_for = lambda data, default: None")
    notebook.begin("import time; time.sleep(60)")
    page.locator('[role="grid"]').focus()
    page.keyboard.press("End")
    see(page, ".curate-waits", "The kernel is busy")
    notebook.interrupt()
    tile(page, 19_999).locator("img").wait_for()
    page.wait_for_selector(".curate-waits", state="hidden")


@pytest.mark.parametrize("width", [600, 800, 1600])
def test_it_fits_narrow_and_wide_pages(show, width):
    """800 is what a screen of 1600 has left at 200 % zoom."""
    page = show(30)
    try:
        page.set_viewport_size({"width": width, "height": 900})
        tile(page, 0).click()
        see(page, ".curate-selected", "1 selected")
        outside = page.evaluate(
            """() => {
                const widget = document.querySelector(".curate-widget");
                const box = widget.getBoundingClientRect();
                return [...widget.querySelectorAll("button, input, .curate-count, .curate-tile")]
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
def saved(planted):
    """A notebook that was run elsewhere: it keeps the outputs and the state of its widgets."""
    nbclient = pytest.importorskip("nbclient")
    code = SETUP.format(path=str(planted(30)), view="", options="") + "gallery"
    cells = [nbformat.v4.new_code_cell(f"import sys; sys.path[:0] = [{str(ROOT)!r}]\n{code}")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return notebook


def test_a_saved_notebook_from_elsewhere_shows_its_contact_sheet(open_window, saved):
    page = open_window("elsewhere", saved=saved).page
    page.locator(".jp-OutputArea-output img").nth(23).wait_for()
    see(page, ".jp-OutputArea-output p", "30 of 30 samples, the first 24 shown")


def test_a_saved_notebook_that_is_trusted_shows_it_too(open_window, saved):
    """JupyterLab then starts the widget, and there is no kernel behind it."""
    page = open_window("trusted", saved=saved, trust=True).page
    see(page, ".curate-lost", "No kernel has answered yet, so this is a still picture.")
    assert page.locator(".curate-still").evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 8 + 8 * 152


def test_a_restarted_kernel_is_told_from_a_busy_one(notebook, show):
    page = show(500)
    notebook.restart()
    see(page, ".curate-lost", "is gone. Run the cell again to bring it back.")
    page = show(12)
    assert page.locator(".curate-lost").count() == 0
