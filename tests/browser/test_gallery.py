"""The gallery in a real JupyterLab."""

from __future__ import annotations

from typing import Any

GALLERY = """
import numpy as np
from curate import query as q
from curate.widgets.gallery import Gallery
from standin import *
dataset = StandinDataset({n}, **{dataset!r})
view = StandinView(dataset, **{view!r})
gallery = Gallery(view)
gallery
"""

PICTURES = ".curate-tile img"


def show(notebook: Any, n: int = 200, *, view: dict[str, Any] | None = None, **dataset: Any) -> Any:
    """A gallery of `n` samples; gives the page when the first pictures are there."""
    notebook.run(GALLERY.format(n=n, dataset=dataset, view=view or {}))
    notebook.page.wait_for_selector(PICTURES)
    return notebook.page


def test_a_gallery_shows_pictures_and_counts(notebook):
    page = show(notebook, 200)
    assert page.locator(".curate-count").inner_text() == "200 samples"
    assert page.locator(PICTURES).count() >= 12
    assert page.locator(PICTURES).first.evaluate("(i) => i.decode().then(() => i.naturalWidth)") == 128
    page.screenshot(path="/tmp/shot.png")
