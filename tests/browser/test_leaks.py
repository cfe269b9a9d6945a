"""Hundreds of actions leave no blob URL, no WebGL context and no memory behind."""

from __future__ import annotations

import pytest

from tests.browser.usage import Usage, growth

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROUNDS = 8
ACTIONS = 40


def test_use_leaves_nothing_behind(notebook, mapped):
    usage = Usage(notebook, mapped)
    moments = []
    for _ in range(ROUNDS):
        usage.run(ACTIONS)
        moments.append(usage.held())
        print(moments[-1])
    # the large pictures and those of the grid that are kept, and never more
    assert max(moment.blobs for moment in moments) < 1500
    assert {moment.contexts for moment in moments} == {1}
    # how many pictures are kept goes up and down with the view: it has a bound, and no trend
    grown = {name: share for name, share in growth(moments).items() if name != "blobs"}
    assert {name: share for name, share in grown.items() if share > 0.1} == {}
    # without the widget, nothing is left
    notebook.run("explorer.close()\nexplorer = None", cell=1, wait=None)
    notebook.page.wait_for_selector(".curate-widget", state="detached")
    notebook.page.wait_for_function("() => probe.blobs() === 0 && probe.contexts() === 0")
