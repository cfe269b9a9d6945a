"""What a person finds in the Explorer, by the names that a screen reader would say."""

from __future__ import annotations

from typing import Any

from tests.browser.jupyter import SLOW, until


class Explorer:
    """One widget on a page, with hands.

    Args:
        page: the page, for its keyboard and mouse.
        root: a locator of the widget's root element.
    """

    def __init__(self, page: Any, root: Any) -> None:
        self.page = page
        self.root = root
        self.field = root.locator("input[name=search]")
        self.grid = root.get_by_role("grid", name="Samples")
        self.map = root.get_by_role("application")
        self.pictures = root.locator(".curate-tile img")

    # What is to be seen

    def see(self, selector: str, text: str) -> Any:
        """Wait until an element has a text."""
        found = self.root.locator(selector, has_text=text).first
        found.wait_for(timeout=SLOW)
        return found

    def button(self, name: str, *, exact: bool = True) -> Any:
        return self.root.get_by_role("button", name=name, exact=exact)

    def tile(self, row: int) -> Any:
        """The tile of a row with its own sample: while that is on the way, nothing can be picked, opened or dragged."""
        return self.root.locator(f'.curate-tile[data-row="{row}"][draggable=true]')

    def count(self) -> str:
        """How many are in the view, as it is written."""
        return self.root.locator(".curate-count").inner_text()

    def chips(self) -> list[str]:
        """The steps of the query, but for how many of a search are shown."""
        steps = self.root.locator(".curate-chips .curate-chip:not(.curate-chip-best) bdi")
        return [text.strip() for text in steps.all_inner_texts()]

    def selected(self) -> str:
        return self.root.locator(".curate-selected").inner_text()

    def card(self, title: str) -> Any:
        """A facet."""
        return self.root.locator(".curate-card", has=self.page.get_by_role("heading", name=title, exact=True))

    def value(self, title: str, text: str) -> Any:
        """One value of a facet."""
        return self.card(title).locator(".curate-value", has_text=text).first

    def map_drawn(self) -> None:
        """Wait until every point has come."""
        self.map.wait_for(timeout=SLOW)
        self.root.locator(".curate-map-arriving").wait_for(state="detached", timeout=SLOW)

    # What is to be done

    def search(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def where(self, sql: str) -> None:
        self.root.get_by_role("radio", name="where", exact=True).click()
        self.field.fill(sql)
        self.field.press("Enter")

    def brush(self, title: str, low: float, high: float) -> None:
        """Draw over a histogram from one share of its width to another."""
        plot = self.card(title).locator(".curate-plot")
        plot.hover()  # scrolls to it, and waits until it stands still
        box = plot.bounding_box()
        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + low * box["width"], middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + high * box["width"], middle, steps=8)
        self.page.mouse.up()

    def lasso(self, share: float = 1.0) -> None:
        """Draw along the edges of the map, or around a share of its width and height in the middle of it."""
        box = self.map.bounding_box()
        # begins on the left, where neither tools nor legend are
        corners = [(-1, 0), (-1, -1), (1, -1), (1, 1), (-1, 1), (-1, 0.02)]
        for at, (right, down) in enumerate(corners):
            x = box["x"] + box["width"] * (0.5 + 0.495 * share * right)
            y = box["y"] + box["height"] * (0.5 + 0.495 * share * down)
            self.page.mouse.move(x, y, steps=8)
            if at == 0:
                self.page.mouse.down()
        self.page.mouse.up()

    def tag(self, name: str) -> None:
        """Give the selection a tag; the grid has the focus."""
        self.grid.press("t")
        self.root.locator("input[name=tag]").fill(name)
        self.page.keyboard.press("Enter")
        self.root.locator("input[name=tag]").wait_for(state="detached")

    def undo(self) -> None:
        self.root.locator(".curate-top button[aria-label^=Undo]").click()

    def redo(self) -> None:
        self.root.locator(".curate-top button[aria-label^=Redo]").click()

    def settled(self) -> None:
        """Wait until nothing is being asked and the pictures in sight are there."""
        until(lambda: self.grid.get_attribute("aria-busy"), "false")
