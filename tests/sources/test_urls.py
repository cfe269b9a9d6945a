"""Object stores, against a server that speaks S3."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from curate.engines.local import LocalEngine
from curate.errors import SourceNotFound
from curate.media.location import join
from curate.media.probe import probe_location
from curate.sources import list_source

pytest.importorskip("s3fs")
pytest.importorskip("moto.server")


def picture(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)).save(file, "JPEG")
    return file.getvalue()


OBJECTS = {
    "2026/11/1.jpg": picture(1),
    "2026/11/deep/2 ü.jpg": picture(2),
    "2026/11/no-suffix": picture(3),
    "2026/11/notes.txt": b"no picture",
    "2026/11/README": b"no picture",
    "2026/11/.hidden.jpg": picture(4),
    "2026/11/broken.jpg": b"no picture either",
    "2026/12/3.jpg": picture(5),
    "index.csv": b"path,weather\n2026/11/1.jpg,rain\n2026/12/gone.jpg,hail\n",
}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fsspec.filesystem("s3").clear_instance_cache()
    files = fsspec.filesystem("s3")
    files.mkdir("fleet")
    for key, data in OBJECTS.items():
        files.pipe(f"fleet/{key}", data)
    yield "s3://fleet"
    fsspec.filesystem("s3").clear_instance_cache()
    server.stop()


@pytest.mark.filterwarnings("default")
def test_listing_and_reading_a_bucket(bucket: str) -> None:
    listing = list_source(f"{bucket}/2026/11/")
    assert listing.location == f"{bucket}/2026/11"
    assert listing.files["uri"].to_list() == ["1.jpg", "broken.jpg", "deep/2 ü.jpg", "no-suffix"]
    assert listing.files["bytes"][0] == len(OBJECTS["2026/11/1.jpg"])
    assert listing.files["mtime"].null_count() == 0
    assert listing.complete

    locations = [join(listing.location, uri) for uri in listing.files["uri"]]
    with LocalEngine(workers=1) as engine:
        found = dict(engine.run("curate.media.probe:probe_location", enumerate(locations)))
    assert [found[i].status for i in range(4)] == ["ok", "corrupt", "ok", "ok"]
    assert probe_location(f"{bucket}/2026/11/gone.jpg").status == "missing"

    assert list_source(f"{bucket}/2026/*/*.jpg").files["uri"].to_list() == ["11/1.jpg", "11/broken.jpg", "12/3.jpg"]
    assert list_source(f"{bucket}/**/*.jpg").files["uri"].to_list() == [
        "2026/11/1.jpg",
        "2026/11/broken.jpg",
        "2026/11/deep/2 ü.jpg",
        "2026/12/3.jpg",
    ]
    table = list_source(f"{bucket}/index.csv")
    assert table.location == bucket
    assert table.files["uri"].to_list() == ["2026/11/1.jpg", "2026/12/gone.jpg"]
    assert table.metadata["weather"].to_list() == ["rain", "hail"]
    assert list_source(f"{bucket}/2026/12/3.jpg").files["uri"].to_list() == ["3.jpg"]
    with pytest.raises(SourceNotFound):
        list_source(f"{bucket}/2031")
