"""Exports at URLs, on fsspec's store in memory and on a server that speaks S3."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import polars as pl
import pytest

from curate.errors import BadSource, BadValue, DatasetExists, NotVerified, NotWritten
from curate.exports.export import write_export
from curate.exports.remote import Sending
from curate.exports.verify import verify

URL = "memory://delivery/out"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where exports lie until they are sent."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


def export(pool: pl.DataFrame, url: str = URL, **more):
    return write_export(pool, url, format=more.pop("format", "parquet"), provenance={}, **more)


def left(here: Path) -> list[str]:
    return sorted(path.name for folder in here.glob("curate-exports-*") for path in folder.iterdir())


def test_an_export_at_a_url_is_that_of_a_folder(pool, labels, memory, here: Path, tmp_path: Path, tree) -> None:
    told = []
    there = export(pool, format="coco", labels=labels, tell=lambda *how_far: told.append(how_far))
    export(pool, str(tmp_path / "out"), format="coco", labels=labels)
    found = {path.removeprefix("/delivery/out/"): data.getvalue() for path, data in memory.store.items()}
    assert found == tree(tmp_path / "out")
    assert there.path == URL
    assert told[-1] == ("sending", 25, 25)
    assert left(here) == []
    result = there.verify()
    assert result.ok
    assert str(result).startswith(f"{URL}: verified")


def test_what_was_changed_at_a_url_is_found(pool, memory) -> None:
    export(pool)
    names = sorted(name for name in memory.store if name.endswith(".jpg"))
    memory.pipe_file(names[0], b"x")
    memory.rm_file(names[1])
    memory.pipe_file("/delivery/out/new.txt", b"")
    result = verify(URL)
    assert [len(result.changed), len(result.missing), result.added] == [1, 1, ["new.txt"]]
    with pytest.raises(NotVerified, match=r"holds no manifest\.json"):
        verify("memory://delivery/nothing")


def test_what_is_there_is_replaced_only_where_an_export_wrote_it(pool, memory) -> None:
    export(pool)
    with pytest.raises(DatasetExists, match="overwrite=True"):
        export(pool.head(2))
    assert export(pool.head(2), overwrite=True).verify().ok
    assert len(memory.store) == 5
    memory.pipe_file("/delivery/out/thesis.tex", b"years of work")
    with pytest.raises(DatasetExists, match=r"such as 'thesis\.tex'"):
        export(pool, overwrite=True)
    memory.rm_file("/delivery/out/manifest.json")
    with pytest.raises(DatasetExists, match="is not an export"):
        export(pool, overwrite=True)
    assert memory.cat_file("/delivery/out/thesis.tex") == b"years of work"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_sending_that_broke_off_goes_on_and_the_manifest_comes_last(
    pool, memory, here, monkeypatch, overwrite
) -> None:
    if overwrite:
        export(pool.head(5))
    real, sent = type(memory).put_file, []

    def put(self, here: str, there: str, **more) -> None:
        if len(sent) == 9 and not going:
            raise ConnectionError("the line is dead")
        sent.append(there)
        real(self, here, there, **more)

    monkeypatch.setattr(type(memory), "put_file", put)
    monkeypatch.setattr("curate.exports.remote.THREADS", 1)
    going = False
    with pytest.raises(NotWritten, match=r"the line is dead\. Hint: export again"):
        export(pool, overwrite=overwrite)
    assert "/delivery/out/manifest.json" not in memory.store
    assert len(left(here)) == 2 + overwrite
    first, going = set(sent), True
    sent.clear()
    monkeypatch.setattr("curate.exports.media._copy", None)  # nothing is read again either
    done = export(pool, overwrite=overwrite)
    assert not first & set(sent)
    assert len(first | set(sent)) == 27
    assert sent[-1] == "/delivery/out/manifest.json"
    assert left(here) == []
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    assert done.verify().ok
    assert len(memory.store) == 27


def test_a_manifest_at_a_url_cannot_be_anything(memory) -> None:
    memory.pipe_file("/delivery/out/manifest.json", b"{}")
    with pytest.raises(NotVerified):
        verify(URL)


def test_what_cannot_be_a_target_is_refused(pool, memory) -> None:
    with pytest.raises(BadValue, match="needs a folder on this machine"):
        export(pool, media="symlink")
    with pytest.raises(BadSource, match="cannot be opened"):
        export(pool, "nowhere://bucket/out")
    assert memory.store == {}


def test_another_request_for_the_same_url_is_another_export(pool, memory) -> None:
    assert Sending(URL, "a" * 16).folder != Sending(URL, "b" * 16).folder


def test_a_file_url_is_a_folder(pool, tmp_path: Path) -> None:
    result = export(pool, f"file://{tmp_path}/out")
    assert result.path == tmp_path / "out"
    assert verify(f"file://{tmp_path}/out").ok


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_an_export_to_s3(pool, labels, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs")
    server_of = pytest.importorskip("moto.server")
    server = server_of.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        fsspec.filesystem("s3").clear_instance_cache()
        with pytest.raises(NotWritten, match="could not be sent to 's3://delivery/out'"):
            export(pool, "s3://delivery/out")
        files = fsspec.filesystem("s3")
        files.mkdir("delivery")
        odd = pool.with_columns(uri=pl.col("uri").str.replace(".jpg", " é#%41 🌨️.jpg", literal=True))
        done = export(odd, "s3://delivery/out/", format="coco", labels=labels)
        assert done.verify().ok
        assert len(files.find("delivery/out")) == 26
        with pytest.raises(DatasetExists):
            export(pool, "s3://delivery/out")
        files.rm(files.find("delivery/out/images")[0])
        assert len(verify("s3://delivery/out").missing) == 1
        assert export(pool.head(3), "s3://delivery/out", overwrite=True).verify().ok
        assert len(files.find("delivery/out")) == 6
    finally:
        fsspec.filesystem("s3").clear_instance_cache()
        server.stop()
