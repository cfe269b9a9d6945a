"""What axe-core finds in a widget."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import absent
from tests.browser.jupyter import ROOT

AXE = ROOT / "widgets" / "node_modules" / "axe-core" / "axe.min.js"


def with_axe(page: Any) -> None:
    """Bring axe-core to a page."""
    if not AXE.is_file():
        absent("axe-core: run npm ci in widgets/")
    page.add_script_tag(path=AXE)


def violations(page: Any) -> list[str]:
    """What axe-core finds in the newest widget, once nothing moves any more."""
    page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")
    return page.evaluate(
        """async () => {
            const { violations } = await axe.run([...document.querySelectorAll(".curate-widget:not([data-old])")].at(-1), {
                runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
                rules: { region: { enabled: false }, "page-has-heading-one": { enabled: false } },
            });
            return violations.flatMap(({ id, help, nodes }) => nodes.map(
                ({ target, failureSummary }) => `${id}: ${help}: ${target}: ${failureSummary}`));
        }"""
    )
