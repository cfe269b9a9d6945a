"""The Explorer in a real JupyterLab: the journeys of a person who slices a dataset by sight."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

import curate
from tests.browser.explorer import Explorer
from tests.browser.jupyter import SLOW, until
from tests.conftest import SHARED

pytestmark = pytest.mark.browser

OPEN = """
import curate
ds = curate.open({path!r})
explorer = ds.explore(height=860)
explorer
"""


@pytest.fixture
def explore(notebook: Any) -> Any:
    """Opens the Explorer on a dataset in the first cell, and waits for its pictures."""

    def open_it(path: Path, *, code: str = OPEN) -> Explorer:
        notebook.run(code.format(path=str(path)), wait=".curate-tile img")
        return Explorer(notebook.page, notebook.page.locator(".curate-widget").first)

    return open_it


def test_the_journey(notebook, explore, mapped, tmp_path):
    """Search, facet, lasso, tag, undo, redo, slice, Python and back, export."""
    explorer = explore(mapped)
    explorer.map_drawn()
    assert explorer.count() == "2,000 samples"
    explorer.search("night hail")
    explorer.see(".curate-chips", "night hail")
    explorer.settled()
    top = "print(json.dumps(explorer.view.limit(10).df(['weather', 'timeofday']).rows()))"
    assert notebook.python(top).count(["hail", "night"]) >= 7
    # a filter beside the search
    explorer.value("weather", "hail").click()
    until(explorer.count, "36 of 2,000")
    explorer.brush("brightness", 0.0, 0.25)
    until(lambda: len(explorer.chips()), 3)
    count = notebook.python("print(explorer.view.count())")
    assert 0 < count < 36
    until(explorer.count, f"{count} of 2,000")
    # all of what is in view lies within the lasso, and nothing else is picked
    explorer.lasso()
    until(lambda: notebook.python("print(explorer.selected_count)"), count)
    explorer.see(".curate-selected", f"{count} selected of {count} in view")
    explorer.tag("night-hail")
    tagged = "print(len(ds.session.tags.get('night-hail', ())))"
    until(lambda: notebook.python(tagged), count)
    explorer.see('.curate-tile[data-row="0"]', "night-hail")
    explorer.undo()
    until(lambda: notebook.python(tagged), 0)
    explorer.redo()
    until(lambda: notebook.python(tagged), count)
    # a slice
    explorer.button("Save slice").click()
    explorer.root.locator("input[name=slice]").fill("hail by night")
    notebook.page.keyboard.press("Enter")
    until(lambda: notebook.python("print(json.dumps(ds.slices()['name'].to_list()))"), ["hail by night"])
    assert notebook.python("print(ds.slice('hail by night').members.count())") == count
    # to Python
    assert notebook.python("print(json.dumps(explorer.selection.ids().tolist() == explorer.view.ids().tolist()))")
    explorer.button("To Python").click()
    name = explorer.see(".curate-toast bdi", "in Python as").inner_text().rsplit(" ", 1)[1]
    assert notebook.python(f"print({name}.count())") == count
    # and from it
    notebook.python("explorer.selection = explorer.view.ids()[:3]")
    explorer.see(".curate-selected", f"3 selected of {count} in view")
    until(lambda: explorer.tile(2).get_attribute("aria-selected"), "true")
    until(lambda: explorer.tile(3).get_attribute("aria-selected"), "false")
    # out
    explorer.button("Export").click()
    form = explorer.root.get_by_role("dialog", name="Export")
    form.locator("input[name=path]").fill(str(tmp_path / "out"))
    form.locator("select[name=format]").select_option("coco")
    form.get_by_role("button", name="Export").click()
    form.wait_for(state="detached")
    until((tmp_path / "out" / "manifest.json").exists, True)
    assert curate.verify(tmp_path / "out").ok
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 3


def test_a_query_is_changed_chip_by_chip_and_taken_back(notebook, explore, planted):
    explorer = explore(planted(2000))
    explorer.search("snow -night")
    until(explorer.chips, ["snow", "− night"])
    explorer.where("speed > 60 AND tunnel")
    # filters come before a search, which then scores nothing but what is left
    until(explorer.chips, ["speed > 60 AND tunnel", "snow", "− night"])
    narrow = explorer.count()
    explorer.button("Remove − night").click()
    until(explorer.chips, ["speed > 60 AND tunnel", "snow"])
    assert notebook.python("print(json.dumps(explorer.view.query.to_python().count('night')))") == 0
    for _ in range(3):
        explorer.undo()
    until(explorer.count, "2,000 samples")
    for _ in range(3):
        explorer.redo()
    until(explorer.count, narrow)
    # a wrong expression is said under the field, and changes nothing
    explorer.where("spede > 60")
    explorer.see(".curate-said", "spede")
    explorer.see(".curate-said", "speed")
    assert explorer.chips() == ["speed > 60 AND tunnel", "snow"]
    explorer.field.fill("")


def test_after_a_reload_of_the_page_it_is_as_it_was(notebook, explore, planted):
    explorer = explore(planted(2000))
    explorer.search("fog")
    until(explorer.chips, ["fog"])
    explorer.tile(4).click()
    explorer.see(".curate-selected", "1 selected")
    notebook.save()
    notebook.reload()
    explorer.pictures.first.wait_for(timeout=SLOW)
    until(explorer.chips, ["fog"])
    explorer.see(".curate-selected", "1 selected of 200 in view")
    until(lambda: explorer.tile(4).get_attribute("aria-selected"), "true")
    explorer.tile(6).click(modifiers=["Control"])
    until(lambda: notebook.python("print(explorer.selected_count)"), 2)


def test_after_a_restart_it_says_how_to_come_back(notebook, explore, planted):
    explorer = explore(planted(2000))
    notebook.restart()
    explorer.see(".curate-lost", "is gone. Run the cell again to bring it back.")
    # no dead canvas, no dead grid
    assert explorer.grid.count() == 0
    assert explorer.map.count() == 0
    explorer = explore(planted(2000))
    assert explorer.root.locator(".curate-lost").count() == 0
    explorer.search("fog")
    until(explorer.chips, ["fog"])


def test_two_explorers_on_one_dataset_stay_in_step(notebook, explore, planted):
    first = explore(planted(500))
    notebook.run("other = ds.explore(height=600)\nother", cell=1)
    second = Explorer(notebook.page, notebook.page.locator(".curate-widget").nth(1))
    second.pictures.first.wait_for(timeout=SLOW)
    first.tile(1).click()
    first.tag("seen by both")
    second.see('.curate-tile[data-row="1"]', "seen by both")
    # each has a selection and a query of its own
    assert "None selected" in second.selected()
    first.search("hail")
    until(first.chips, ["hail"])
    assert second.chips() == []
    notebook.run("print('gone')", cell=1)


def test_what_another_notebook_tags_appears_after_a_refresh(notebook, explore, open_window, planted):
    path = planted(500)
    explorer = explore(path)
    explorer.value("tags", "reviewed").wait_for()
    other = open_window("another")
    other.python(f"import curate\nds = curate.open({str(path)!r})\nds.limit(2).tag('from elsewhere')")
    # the rows of this view do not depend on tags: they stay, and show the new one once somebody looks
    explorer.root.dispatch_event("pointerenter")
    explorer.see('.curate-tile[data-row="1"]', "from elsewhere")
    # a view that does depend on them stays as it is until the person says so
    explorer.value("tags", "from elsewhere").click()
    until(explorer.count, "2 of 500")
    other.python("ds.limit(5).tag('from elsewhere')")
    explorer.root.dispatch_event("pointerenter")
    refresh = explorer.button("The dataset has changed: refresh")
    until(lambda: (explorer.root.dispatch_event("pointerenter"), refresh.count())[1], 1)
    assert explorer.count() == "2 of 500"
    refresh.click()
    until(explorer.count, "5 of 500")


def test_linked_parts_share_one_view_and_one_selection(notebook, explore, planted):
    code = "import curate\nds = curate.open({path!r})\nexplorer = ds.show(height=420)\nexplorer"
    grid = explore(planted(2000), code=code)
    notebook.run("chart = ds.map(height=360, link=explorer)\nchart", cell=1, wait="[role=application]")
    notebook.run("facets = ds.facets(height=360, link=explorer)\nfacets", cell=2, wait=".curate-card")
    chart = Explorer(notebook.page, notebook.page.locator(".curate-widget[data-part=map]"))
    facets = Explorer(notebook.page, notebook.page.locator(".curate-widget[data-part=facets]"))
    chart.map_drawn()
    facets.value("weather", "hail").click()
    until(grid.chips, ["weather = 'hail'"])
    hail = notebook.python("print(ds.where(\"weather = 'hail'\").count())")
    assert grid.count() == f"{hail} of 2,000"
    until(chart.count, f"{hail} of 2,000")
    chart.map.scroll_into_view_if_needed()
    chart.lasso()
    grid.see(".curate-selected", f"{hail} selected of {hail} in view")
    assert notebook.python("print(chart.selection.count(), end='')") == hail
    notebook.python("facets.selection = facets.view.limit(2)")
    grid.see(".curate-selected", f"2 selected of {hail} in view")
    for cell in (1, 2):
        notebook.run("", cell=cell)


def test_the_whole_journey_with_the_keyboard_alone(notebook, explore, mapped, tmp_path):
    """Nothing here moves or presses a mouse: every action has a key or a place in the order of the focus."""
    explorer = explore(mapped)
    page = notebook.page
    key = page.keyboard
    page.evaluate(
        """() => {
            window.touched = 0;
            for (const type of ["pointerdown", "mousedown"]) addEventListener(type, () => window.touched++, true);
        }"""
    )
    explorer.map_drawn()
    explorer.grid.focus()
    # search
    key.press("/")
    explorer.root.locator("input[name=search]:focus").wait_for()
    key.type("night hail")
    key.press("Enter")
    until(explorer.chips, ["night hail"])
    # an expression, with the completion's help
    key.type("=")
    key.type("brightness < 0.3")
    explorer.see(".curate-said", "would stay")
    key.press("Enter")
    until(explorer.chips, ["brightness < 0.3", "night hail"])
    # a facet: Tab comes to its list, and arrows go through it
    tab_to(explorer, lambda: focused(page, "[data-key*=weather] .curate-value", ""))
    until(lambda: (key.press("ArrowDown"), focused(page, ".curate-value", "hail"))[1], True)
    key.press("Enter")
    until(lambda: len(explorer.chips()), 3)
    count = notebook.python("print(explorer.view.count())")
    until(explorer.count, f"{count} of 2,000")
    # the map: what is in sight
    tab_to(explorer, lambda: explorer.map.evaluate("(e) => e === document.activeElement"))
    key.press("0")
    key.press("s")
    explorer.see(".curate-selected", f"{count} selected of {count} in view")
    # the grid: pick two
    tab_to(explorer, lambda: explorer.grid.evaluate("(e) => e === document.activeElement"))
    key.press("Escape")
    explorer.see(".curate-selected", "None selected")
    key.press("Home")
    key.press(" ")
    key.press("Shift+ArrowRight")
    explorer.see(".curate-selected", f"2 selected of {count} in view")
    # tag, take it back, give it again
    key.press("t")
    explorer.root.locator("input[name=tag]:focus").wait_for()
    key.type("by keys")
    key.press("Enter")
    tagged = "print(len(ds.session.tags.get('by keys', ())))"
    until(lambda: notebook.python(tagged), 2)
    until(lambda: explorer.grid.evaluate("(e) => e === document.activeElement"), True)
    key.press("Control+z")
    until(lambda: notebook.python(tagged), 0)
    key.press("Control+Shift+z")
    until(lambda: notebook.python(tagged), 2)
    # the large picture, and on to the next
    key.press("Enter")
    large = explorer.root.locator("dialog[open]")
    large.wait_for()
    key.press("ArrowRight")
    key.press("Escape")
    large.wait_for(state="detached")
    # a slice, an export, a variable: in the bar below
    tab_to(explorer, lambda: focused(page, "button", "Save slice"))
    key.press("Enter")
    explorer.root.locator("input[name=slice]:focus").wait_for()
    key.type("by keys")
    key.press("Enter")
    until(lambda: notebook.python("print(json.dumps(ds.slices()['name'].to_list()))"), ["by keys"])
    tab_to(explorer, lambda: focused(page, "button", "Export"))
    key.press("Enter")
    path = explorer.root.locator("form[aria-busy=false] input[name=path]")
    path.wait_for()
    until(lambda: path.evaluate("(e) => e === document.activeElement"), True)
    key.press("Control+a")
    key.type(str(tmp_path / "out"))
    key.press("Enter")
    until((tmp_path / "out" / "manifest.json").exists, True)
    tab_to(explorer, lambda: focused(page, "button", "To Python"))
    key.press("Enter")
    name = explorer.see(".curate-toast bdi", "in Python as").inner_text().rsplit(" ", 1)[1]
    assert notebook.python(f"print({name}.count())") == 2
    # the help, and out of it
    key.press("?")
    explorer.root.locator("dialog.curate-help[open]").wait_for()
    key.press("Escape")
    explorer.root.locator("dialog.curate-help").wait_for(state="detached")
    assert page.evaluate("() => window.touched") == 0


def focused(page: Any, selector: str, text: str) -> bool:
    """Whether the focus is on, or in, an element with a text."""
    return page.evaluate(
        """([selector, text]) => {
            const found = document.activeElement?.closest(selector);
            return found !== null && found !== undefined && found.textContent.includes(text);
        }""",
        [selector, text],
    )


def tab_to(explorer: Explorer, there: Any) -> None:
    """Press Tab until the focus is where it is wanted; it may go round once."""
    for _ in range(400):
        if there():
            return
        explorer.page.keyboard.press("Tab")
        if not explorer.root.evaluate("(e) => e.contains(document.activeElement)"):
            # past the end of the widget: in again at its beginning
            explorer.root.locator("input[name=search]").focus()
    raise AssertionError("the focus never came there")


def test_it_scrolls_and_searches_while_a_cell_runs(notebook, explore, planted):
    """Fails when ipykernel's routing changes, or JupyterLab sends comms elsewhere: see `stay_on_subshell`."""
    explorer = explore(planted(20_000))
    explorer.search("rain")  # loads the model, once
    until(explorer.chips, ["rain"])
    notebook.begin("import time; time.sleep(30)")
    started = time.monotonic()
    explorer.search("snow")
    until(explorer.chips, ["rain", "snow"])
    explorer.grid.focus()
    notebook.page.keyboard.press("End")
    explorer.tile(199).locator("img").wait_for(timeout=15_000)
    explorer.tile(199).click()
    explorer.see(".curate-selected", "1 selected of 200")
    explorer.value("weather", "hail").click()
    until(lambda: len(explorer.chips()), 3)
    assert notebook.running(), "the cell ended before it was over"
    assert time.monotonic() - started < 30
    assert explorer.root.locator(".curate-waits").is_hidden()
    notebook.interrupt()
    until(lambda: notebook.python("print(explorer.selected_count)"), 1)


def test_without_subshells_it_says_that_the_kernel_is_busy(notebook, explore, planted):
    # every message to the main shell, as where there are no subshells
    code = OPEN.replace("\nexplorer\n", "\nexplorer.comm._reply_subshell_for = lambda data, default: None\nexplorer\n")
    explorer = explore(planted(20_000), code=code)
    notebook.begin("import time; time.sleep(60)")
    explorer.grid.focus()
    notebook.page.keyboard.press("End")
    explorer.see(".curate-waits", "The kernel is busy")
    notebook.interrupt()
    explorer.tile(19_999).locator("img").wait_for()
    explorer.root.locator(".curate-waits").wait_for(state="hidden")


NASTY = '<img src=x onerror="hacked=1">"\'&<script>hacked=2'
RIGHT_TO_LEFT = "\u202eمرحبا 🦔"


def test_text_stays_text(notebook, explore, planted):
    """Names, metadata, tags and labels of the dataset, everywhere they are shown."""
    import polars as pl
    import pyarrow as pa

    from tests.planted import add_field, amend

    path = planted(60)
    amend(path, {0: {"uri": f"a/{NASTY}"}, 1: {"uri": f"b/{RIGHT_TO_LEFT}"}})
    add_field(path, "caption", pa.array([NASTY, RIGHT_TO_LEFT] * 30))
    ds = curate.open(path)
    ds.limit(1).tag(NASTY)
    ds.select(ds.ids()[1:2]).tag(RIGHT_TO_LEFT)
    boxes = pl.DataFrame(
        {"sample_id": ds.ids()[:2], "value": [NASTY, RIGHT_TO_LEFT], "box": [[4.0, 4.0, 90.0, 90.0]] * 2}
    )
    ds.add_labels(boxes, field="odd", source=NASTY)
    explorer = explore(path)
    page = notebook.page
    for text in (NASTY, RIGHT_TO_LEFT):
        explorer.see(".curate-card", text)
        explorer.see(".curate-tile", text)
    # chips, from a facet and from a where
    explorer.value("caption", NASTY).click()
    until(lambda: "<img src=x onerror" in "".join(explorer.chips()), True)
    explorer.tile(0).click()
    explorer.tile(0).dblclick()
    large = explorer.root.locator("dialog[open]")
    large.wait_for()
    until(lambda: NASTY in large.inner_text(), True)
    page.keyboard.press("Escape")
    large.wait_for(state="detached")
    explorer.see(".curate-inspector", NASTY)
    explorer.grid.press("b")
    explorer.see(".curate-tile", NASTY)
    # the map's legend
    explorer.map_drawn()
    explorer.root.locator(".curate-map-column").click()
    page.get_by_role("menuitemradio", name="caption").or_(page.get_by_text("caption", exact=True)).last.click()
    explorer.see(".curate-map-legend", NASTY)
    # the query as Python
    explorer.root.get_by_role("button", name="Python", exact=False).first.click()
    until(lambda: "img src=x" in explorer.root.locator(".curate-python, [role=dialog]").last.inner_text(), True)
    page.keyboard.press("Escape")
    assert page.evaluate("() => window.hacked") is None
    assert page.locator(".curate-widget script, .curate-widget img[src=x]").count() == 0


@pytest.mark.shared
@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the photos of ../shared are not here")
def test_photos_from_the_folder_to_the_cell(notebook, tmp_path):
    code = f"""
import curate
ds = curate.create({str(tmp_path / "photos.curate")!r})
ds.ingest({str(SHARED / "data" / "flickr8k_1000")!r})
ds.embed(curate.demo.MODEL_DIR)
explorer = ds.explore(height=860)
explorer
"""
    notebook.run(code, wait=".curate-tile img")
    explorer = Explorer(notebook.page, notebook.page.locator(".curate-widget").first)
    total = notebook.python("print(ds.count())")
    assert explorer.count() == f"{total:,} samples"
    # there is no map yet, and the button makes it
    explorer.button("Make the map").click()
    explorer.map.wait_for(timeout=3 * SLOW)
    explorer.map_drawn()
    explorer.search("night hail")
    until(explorer.chips, ["night hail"])
    explorer.brush("brightness", 0.0, 0.4)
    until(lambda: len(explorer.chips()), 2)
    count = notebook.python("print(explorer.view.count())")
    until(explorer.count, f"{count} of {total:,}")
    explorer.lasso()
    explorer.see(".curate-selected", f"{count} selected of {count} in view")
    explorer.tag("dusk")
    until(lambda: notebook.python("print(ds.tagged('dusk').count())"), count)
    explorer.tile(0).dblclick()
    picture = explorer.root.locator("dialog[open] .curate-layer:not(.curate-soft)")
    picture.wait_for()
    assert picture.evaluate("(i) => i.decode().then(() => i.naturalWidth)") > 256
    notebook.page.keyboard.press("Escape")
