"""Widgets over a small real dataset, with a wire in the place of the browser."""

from __future__ import annotations

import itertools
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

import curate
from curate.dataset import Dataset
from curate.view import View
from curate.widgets import bundle
from tests.conftest import draw


class Wire:
    """Sends to a widget what a browser would, and keeps what comes back."""

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self.messages: list[tuple[dict[str, Any], bytes]] = []
        self._came = threading.Condition()
        self._ids = itertools.count(1)
        widget.send = self._take

    def _take(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        with self._came:
            self.messages.append((content, buffers[0] if buffers else b""))
            self._came.notify_all()

    def post(self, content: Any, buffers: tuple[bytes, ...] = ()) -> None:
        """Send and do not wait."""
        self.widget._handle_custom_msg(content, list(buffers))

    def ask(
        self, type: str, *, id: int | None = None, client: str = "browser", **fields: Any
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its answer."""
        id = next(self._ids) + 1_000_000 if id is None else id
        self.post({"type": type, "client": client, "id": id, **fields})
        return self.wait(lambda message: message.get("id") == id and message.get("client") == client)

    def state(self) -> dict[str, Any]:
        """What the widget says that it is."""
        return self.ask("hello")[0]

    def edit(self, type: str, **fields: Any) -> dict[str, Any]:
        """Change what is shown now; the state after it, or the error."""
        return self.ask("edit", version=self.state()["version"], change={"type": type, **fields})[0]

    def select(self, *ranges: tuple[int, int], operation: str = "set") -> dict[str, Any]:
        """Select rows of what is shown now; without ranges all of them."""
        version = self.state()["version"]
        return self.ask("select", version=version, operation=operation, ranges=[list(r) for r in ranges] or None)[0]

    def ids(self) -> list[int]:
        """The sample ids of the rows, as pages give them."""
        rows: list[dict[str, Any]] = []
        while len(rows) < self.state()["count"]:
            rows += self.ask("get_page", start=len(rows), stop=len(rows) + 64)[0]["rows"]
        return [int(row["sample_id"]) for row in rows]

    def wait(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 20) -> tuple[dict[str, Any], bytes]:
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
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "widget.js").write_text("export default {}")
    (folder / "widget.css").write_text("")
    monkeypatch.setattr(bundle, "STATIC", folder)
    return folder


@pytest.fixture(scope="session")
def described(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photos with vectors that know words, labels with and without boxes, and tags; made once."""
    path = shutil.copytree(prepared, tmp_path_factory.mktemp("described") / "photos.curate")
    ds = curate.open(path)
    ds.embed("demo")
    ids = ds.ids()[:8].tolist()
    boxes = [[4.0 * i, 4.0, 16.0, 12.0] for i in range(8)]
    cars = pl.DataFrame({"sample_id": ids, "value": ["car", "bus"] * 4, "box": boxes})
    ds.add_labels(cars, field="objects", source="ada")
    ds.add_labels(pl.DataFrame({"sample_id": ids[:3], "value": ["wet"] * 3}), field="road", source="ada")
    ds.select(ids[2:6]).tag("night")
    ds.select(ids[5:7]).tag("blurred")
    return path


@pytest.fixture
def rich(described: Path, tmp_path: Path) -> Dataset:
    """24 samples with weather, drive and speed, vectors, labels and tags, which the test may change; one has no picture."""
    return curate.open(shutil.copytree(described, tmp_path / "rich.curate"))


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16 pictures of which 2 are there again and 5 half as large, one of these also as a poor JPEG; made once."""
    folder = tmp_path_factory.mktemp("copied")
    pictures = folder / "pictures"
    for number in range(16):
        draw(pictures / f"{number:02}.jpg", number, size=(128, 96))
    for name, again in (("00", "00-copy"), ("00", "00-again"), ("01", "01-copy")):
        shutil.copy(pictures / f"{name}.jpg", pictures / f"{again}.jpg")
    for number in range(2, 7):
        with Image.open(pictures / f"{number:02}.jpg") as picture:
            picture.resize((64, 48)).save(pictures / f"{number:02}-small.jpg", quality=80)
    with Image.open(pictures / "04.jpg") as picture:
        picture.save(pictures / "04-poor.jpg", quality=20)
    ds = curate.create(folder / "copied.curate")
    ds.ingest(pictures, workers=1)
    return Path(ds.folder.location)


@pytest.fixture
def twice(copied: Path, tmp_path: Path) -> Dataset:
    """A dataset in which pictures are there twice, which the test may change."""
    return curate.open(shutil.copytree(copied, tmp_path / "twice.curate"))


@pytest.fixture
def open_widget(static: Path) -> Iterator[Callable[..., tuple[Any, Wire]]]:
    """Opens widgets on views, and closes them."""
    opened = []
    verbs = {"explorer": "explore", "gallery": "show", "map": "map", "facets": "facets"}

    def open_it(view: View, kind: str = "explorer", **options: Any) -> tuple[Any, Wire]:
        widget = getattr(view, verbs[kind])(**options)
        opened.append(widget)
        return widget, Wire(widget)

    yield open_it
    for widget in opened:
        widget.close()
