"""A hunt from the first answer to its audit, with keys alone, beside another reviewer, and past the end of its kernel."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import absent
from tests.browser.jupyter import ROOT, SLOW, until

pytestmark = pytest.mark.browser

AXE = ROOT / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
OPEN = """
import curate
ds = curate.open({path!r})
hunt = ds.hunt("night hail")
review = hunt.show()
review
"""


class Review:
    """The widget on a page, with hands."""

    def __init__(self, notebook: Any) -> None:
        self.notebook = notebook
        self.page = notebook.page
        self.root = self.page.locator(".curate-widget:not([data-old])")
        self.figure = self.root.locator(".curate-review-figure")

    def open(self, path: Any) -> None:
        self.notebook.run(OPEN.format(path=str(path)), wait=".curate-hunt-one img")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def counts(self) -> list[int]:
        """Found, rejected and unsure, as Python has them."""
        return self.notebook.python("p = hunt.progress; print(json.dumps([p.found, p.rejected, p.unsure]))")

    def see(self, selector: str, text: str) -> None:
        self.root.locator(selector, has_text=text).first.wait_for(timeout=SLOW)

    def saved(self) -> None:
        """Wait until the kernel has every answer."""
        self.root.locator("[data-sent=pending]").first.wait_for(state="detached", timeout=SLOW)
        until(self.root.locator(".curate-review-way").inner_text, "")

    def violations(self) -> list[str]:
        """What axe-core finds in the widget, once nothing moves any more."""
        self.page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")
        return self.page.evaluate(
            """async () => {
                const { violations } = await axe.run(document.querySelector(".curate-widget:not([data-old])"), {
                    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
                    rules: { region: { enabled: false }, "page-has-heading-one": { enabled: false } },
                });
                return violations.flatMap(({ id, help, nodes }) => nodes.map(
                    ({ target, failureSummary }) => `${id}: ${help}: ${target}: ${failureSummary}`));
            }"""
        )


@pytest.fixture
def review(notebook: Any, roads: Any) -> Review:
    """A review of a hunt on the demo, in a page that has axe-core."""
    if not AXE.is_file():
        absent("axe-core: run npm ci in widgets/")
    opened = Review(notebook)
    opened.open(roads)
    notebook.page.add_script_tag(path=AXE)
    return opened


def test_a_hunt_with_keys_alone(review, roads):
    page, root, notebook = review.page, review.root, review.notebook
    one = root.get_by_role("application")
    one.click()

    # an answer is sent at once, an earlier one is changed, the last one is taken back
    review.press("y", "n", "u")
    until(review.counts, [1, 1, 1])
    review.press("Backspace", "ArrowLeft", "y")
    until(review.counts, [2, 0, 1])
    review.saved()
    review.press("Control+z")
    until(review.counts, [1, 1, 1])
    review.see(".curate-review-mark", "No")
    review.press("y")
    until(review.counts, [2, 0, 1])
    until(review.figure.inner_text, "2\nfound in 3 answers")
    assert review.violations() == []

    # the picture over everything, and the same keys there
    review.press("Space")
    large = root.locator("dialog.curate-hunt-large[open]")
    large.locator("img").wait_for()
    review.press("n")
    until(review.counts, [2, 1, 1])
    assert review.violations() == []
    review.press("Escape")
    large.wait_for(state="detached")
    until(lambda: one.evaluate("(e) => e === document.activeElement"), True)
    review.press("?")
    root.get_by_role("dialog", name="Keyboard").wait_for()
    review.press("Escape")
    root.get_by_role("dialog", name="Keyboard").wait_for(state="detached")

    # nine at once: two of the next page are, the rest is none
    review.press("g")
    nine = root.get_by_role("listbox")
    nine.locator("img").nth(8).wait_for()
    review.press("Enter")
    until(lambda: sum(review.counts()), 9)
    until(lambda: nine.get_by_role("option", selected=True).count(), 0)
    nine.locator("img").nth(8).wait_for()
    review.press("1", "5")
    until(lambda: review.counts()[0], 4)
    assert review.violations() == []
    review.press("Enter")
    until(lambda: sum(review.counts()), 18)
    review.press("g")
    one.wait_for()

    # somebody else answers in the same hunt, and it is followed
    found = review.counts()[0]
    notebook.python("other = curate.open(ds.folder.location).hunt('night hail')\nother.mark(other.next(3), True)")
    until(review.figure.locator("strong").inner_text, str(found + 3))

    # an audit is blind; when it is done it says how many are left
    root.get_by_role("button", name="Start an audit").click()
    root.locator("input[name=count]").fill("4")
    root.locator("input[name=outside]").fill("3")
    root.get_by_role("button", name="Draw them").click()
    review.see(".curate-hunt-task", "Audit: 0 of 7")
    review.see(".curate-hunt-task", "Blind")
    assert "frame_" not in root.locator(".curate-review-centre").inner_text()
    assert root.locator(".curate-hunt-says").count() == 0
    one.click()
    for answered in range(1, 7):
        one.locator("img").wait_for()
        review.press("n")
        review.see(".curate-hunt-task", f"Audit: {answered} of 7")
    for theme in ("Dark", "Light"):
        notebook.theme(theme)
        assert review.violations() == []
    one.click()  # another theme may have taken the focus
    until(lambda: one.evaluate("(e) => e === document.activeElement"), True)
    review.press("n")
    review.see(".curate-hunt-ended", "The audit is done")
    said = notebook.python("print(json.dumps(list(hunt.estimate().sentences)))")
    lines = root.locator(".curate-hunt-says li").all_inner_texts()
    assert [line.replace("\u00a0", " ").lower() for line in lines] == [line.lower() for line in said]
    assert review.violations() == []
    review.press("Enter")
    one.locator("img").wait_for()

    # the kernel ends, and in the next one the hunt goes on where it was
    before = review.counts()
    notebook.restart()
    review.see(".curate-notice", "The kernel that made this is gone")
    review.see(".curate-notice", "Every answer was saved.")
    review.open(roads)
    assert review.counts() == before
    assert page.locator(".curate-widget:not([data-old]) .curate-review-figure strong").inner_text() == str(before[0])
