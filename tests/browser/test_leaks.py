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
    # how many pictures are kept goes up and down with the view; the kernel's memory stays
    grown = growth(moments)
    assert (grown["kernel"] < 0.1, grown["heap"] < 0.1) == (True, True), grown
