"""What is sent to the browser: it goes over the wire again for every widget."""

from __future__ import annotations

from pathlib import Path

import pytest

import curate

LARGEST = 400 * 1024
STATIC = Path(curate.__file__).parent / "static"


def test_the_bundle_is_small_enough_to_be_sent_for_every_widget():
    scripts = list(STATIC.glob("*.js"))
    if not scripts:
        pytest.skip("there is no bundle: run npm run build in widgets/")
    assert [path.name for path in scripts] == ["widget.js"]
    assert scripts[0].stat().st_size <= LARGEST


def test_the_bundle_loads_nothing_by_itself():
    path = STATIC / "widget.js"
    if not path.is_file():
        pytest.skip("there is no bundle: run npm run build in widgets/")
    text = path.read_text() + (STATIC / "widget.css").read_text()
    for word in ("XMLHttpRequest", "WebSocket(", "@import", "importScripts"):
        assert word not in text, f"{word} in the bundle"
