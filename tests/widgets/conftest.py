"""A gallery over the stand-in, with a wire in the place of the browser."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from standin import StandinDataset, StandinView

from curate.widgets import bundle, gallery


class Wire:
    """Sends to a gallery what a browser would, and keeps what comes back."""

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self.messages: list[tuple[dict[str, Any], bytes]] = []
        self._came = threading.Condition()
        widget.send = self._take

    def _take(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        with self._came:
            self.messages.append((content, buffers[0] if buffers else b""))
            self._came.notify_all()

    def post(self, content: Any, buffers: tuple[bytes, ...] = ()) -> None:
        """Send and do not wait."""
        self.widget._handle_custom_msg(content, list(buffers))

    def ask(self, type: str, *, id: int = 1, client: str = "browser", **fields: Any) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its answer."""
        self.post({"type": type, "client": client, "id": id, **fields})
        return self.wait(lambda message: message.get("id") == id and message.get("client") == client)

    def wait(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 10) -> tuple[dict[str, Any], bytes]:
        """The first message that is wanted; it is taken off the line."""
        deadline = time.monotonic() + seconds
        with self._came:
            while True:
                for at, (content, buffer) in enumerate(self.messages):
                    if wanted(content):
                        del self.messages[at]
                        return content, buffer
                assert self._came.wait(deadline - time.monotonic()), f"nothing came; on the line: {self.messages}"


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle in the place of the built one, so that these tests need no npm."""
    (tmp_path / "gallery.js").write_text("export default {}")
    (tmp_path / "gallery.css").write_text("")
    monkeypatch.setattr(bundle, "STATIC", tmp_path)
    return tmp_path


@pytest.fixture
def open_gallery(static: Path) -> Iterator[Callable[..., tuple[Any, Wire]]]:
    """Opens galleries over `n` samples, and closes them."""
    opened = []

    def open_it(n: int = 200, *, view: dict[str, Any] | None = None, **dataset: Any) -> tuple[Any, Wire]:
        widget = gallery.Gallery(StandinView(StandinDataset(n, **dataset), **(view or {})))
        opened.append(widget)
        return widget, Wire(widget)

    yield open_it
    for widget in opened:
        widget.close()
