"""The facets in a real JupyterLab: picked, brushed and searched with pointer and keys, and what Python then sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.browser.explorer import Explorer
from tests.browser.jupyter import SLOW, until
from tests.planted import add_field

pytestmark = pytest.mark.browser

SETUP = """
import curate
ds = curate.open({path!r})
facets = ds{view}.facets(height=900)
facets
"""


class Facets(Explorer):
    """The facets alone, with hands."""

    notebook: Any

    def query(self) -> str:
        """The view in Python, as the kernel has it."""
        return self.notebook.python("print(json.dumps(facets.view.query.to_python()))")

    def titles(self) -> list[str]:
        return self.root.locator(".curate-facets-column .curate-card h3").all_inner_texts()

    def leave(self) -> None:
        """Point to somewhere else."""
        self.page.mouse.move(2, 2)

    def slider(self, title: str, which: int) -> Any:
        return self.card(title).get_by_role("slider").nth(which)


@pytest.fixture
def show(notebook: Any, planted: Any) -> Any:
    """Shows the facets of 2,000 samples, or of a dataset."""

    def show_it(*, path: Path | None = None, view: str = "") -> Facets:
        notebook.run(SETUP.format(path=str(path or planted(2000)), view=view), wait=".curate-facets .curate-value")
        shown = Facets(notebook.page, notebook.page.locator(".curate-widget").last)
        shown.notebook = notebook
        shown.leave()
        return shown

    return show_it


def test_values_are_picked_together_alone_and_all_but_one(show):
    facets = show()
    night, dusk = facets.value("timeofday", "night"), facets.value("timeofday", "dusk")
    night.click()
    assert night.get_attribute("aria-pressed") == "true"  # before the kernel has counted
    until(facets.query, "ds.where(\"timeofday = ?\", 'night')")
    dusk.click()
    until(facets.query, "ds.where(\"timeofday IN (?, ?)\", 'night', 'dusk')")
    facets.see(".curate-card-filter", "2 picked")
    dusk.click(modifiers=["Control"])
    until(facets.query, "ds.where(\"timeofday = ?\", 'dusk')")
    dusk.click(modifiers=["Alt"])
    until(facets.query, "ds.where(\"timeofday IN (?, ?)\", 'day', 'night')")
    facets.button("Clear the filter of timeofday").click()
    until(facets.query, "ds")


def test_counts_are_those_of_the_view(show):
    facets = show()
    facets.value("weather", "hail").click()
    facets.see(".curate-facets-count", "of 2,000 in view")
    counted = facets.notebook.python(
        "import json; v = ds.where(\"weather = 'hail'\"); "
        "print(json.dumps([v.count(), v.where(\"timeofday = 'night'\").count(), ds.where(\"timeofday = 'night'\").count()]))"
    )
    all_here, nights, all_nights = counted
    facets.see(".curate-facets-here", str(all_here))
    until(
        lambda: facets.value("timeofday", "night").locator(".curate-value-count").inner_text().split()[0],
        f"{nights}/{all_nights}",
    )


def test_a_histogram_is_brushed_moved_resized_and_cleared(show):
    facets = show()
    facets.brush("brightness", 0.25, 0.5)
    until(lambda: "brightness >= ? AND brightness < ?" in facets.query(), True)
    text = facets.card("brightness").locator(".curate-card-filter").inner_text()
    low, high = (float(part) for part in text.split(" – "))
    facets.brush("brightness", 0.35, 0.45)  # from inside: the whole stretch goes along
    until(lambda: facets.card("brightness").locator(".curate-card-filter").inner_text() != text, True)
    moved = facets.card("brightness").locator(".curate-card-filter").inner_text()
    assert [float(part) > edge for part, edge in zip(moved.split(" – "), (low, high), strict=True)] == [True, True]
    facets.leave()
    plot = facets.card("brightness").locator(".curate-plot")
    box, brush = plot.bounding_box(), facets.card("brightness").locator(".curate-brush").bounding_box()
    facets.brush("brightness", (brush["x"] + brush["width"] - box["x"]) / box["width"], 1.2)
    until(lambda: facets.card("brightness").locator(".curate-card-filter").inner_text()[0], "≥")
    facets.button("Clear the filter of brightness").click()
    until(facets.query, "ds")


def test_keys_do_all_of_it(show):
    facets = show()
    handle = facets.slider("brightness", 1)
    handle.focus()
    for key in ("PageDown", "PageDown", "ArrowLeft"):
        handle.press(key)
    bound = float(handle.get_attribute("aria-valuetext"))
    until(facets.query, f'ds.where("brightness < ?", {bound!r})')
    handle.press("Delete")
    until(facets.query, "ds")
    facets.value("place", "city street").focus()
    facets.page.keyboard.press("ArrowDown")
    facets.page.keyboard.press("Space")
    until(lambda: facets.query().startswith('ds.where("place = ?"'), True)
    picked = facets.page.evaluate("document.activeElement.textContent")
    assert facets.query().split("'")[1] in picked  # the focus has stayed


def test_a_long_list_is_searched(show):
    facets = show(view='.where("speed < 60")')
    card = facets.card("city")
    before = card.locator(".curate-value").count()
    card.locator(".curate-values-more").click()
    card.get_by_role("searchbox").fill("CITY 00")
    until(lambda: all("city 00" in text for text in card.locator(".curate-value-name").all_inner_texts()), True)
    height = card.bounding_box()["height"]
    card.get_by_role("searchbox").fill("city 007")
    until(lambda: card.locator(".curate-value").count(), 1)
    assert card.bounding_box()["height"] == height
    card.get_by_role("searchbox").fill("nowhere")
    facets.see(".curate-values-note", "No value contains “nowhere”")
    card.get_by_role("searchbox").press("Escape")
    until(lambda: card.locator(".curate-value").count(), before)


def test_cards_move_only_when_nobody_is_there(show):
    facets = show()
    before = facets.titles()
    facets.value("camera", "rear").click()
    facets.see(".curate-facets-count", "of 2,000 in view")
    facets.page.wait_for_timeout(700)
    assert facets.titles() == before
    facets.notebook.python("facets.view = facets.view.where(\"timeofday = 'night'\")")
    facets.leave()
    until(lambda: facets.titles() != before, True)
    assert facets.titles()[0] == "timeofday"


def test_a_card_is_put_away_hidden_and_found(show):
    facets = show()
    facets.button("weather").click()
    until(lambda: facets.card("weather").locator(".curate-value").count(), 0)
    facets.button("More about drive").click()
    facets.page.get_by_role("menuitem", name="Hide this card").click()
    until(lambda: facets.card("drive").count(), 0)
    facets.root.get_by_role("searchbox", name="Find a card by its name").fill("BRIGHT")
    until(facets.titles, ["brightness"])
    facets.root.get_by_role("searchbox", name="Find a card by its name").fill("")
    facets.button("show the hidden card").click()
    facets.card("drive").wait_for(timeout=SLOW)


def test_what_a_dataset_holds_is_shown_as_text(show, planted):
    path = planted(2000)
    odd = ["<img src=x onerror=alert(1)>", "שלום", "\"quoted\" & 'single'", "🚗"]
    add_field(path, "odd", pa.array(odd * 500))
    facets = show(path=path)
    assert sorted(facets.card("odd").locator(".curate-value-name").all_inner_texts()) == sorted(odd)
    assert facets.root.locator(".curate-card img").count() == 0
    for value in odd:
        facets.value("odd", value).click(modifiers=["Control"])
        facets.see(".curate-facets-here", "500")
        until(lambda value=value: facets.query(), f'ds.where("odd = ?", {value!r})')
