from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from curate.errors import BadValue, CurateError, DatasetExists, UnknownName
from curate.exports.export import write_export
from curate.exports.formats import FORMATS
from curate.exports.labels import class_of_samples
from curate.exports.manifest import read_manifest
from curate.exports.media import THREADS

EVERY = sorted(FORMATS)


def export(pool: pl.DataFrame, path: Path, format: str = "parquet", **more):
    if format == "imagefolder":
        more.setdefault("labels", class_of_samples(pool, "weather"))
    return write_export(pool, path, format=format, provenance=more.pop("provenance", {}), **more)


def leftovers(folder: Path, name: str = "out") -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(f".{name}"))


@pytest.mark.parametrize("format", EVERY)
def test_every_format_writes_every_picture_and_verifies(pool, labels, tmp_path: Path, format: str) -> None:
    result = export(pool, tmp_path / "out", format, **({} if format == "imagefolder" else {"labels": labels}))
    assert result.counts["samples"] == 24
    pictures = [path for path in (tmp_path / "out").rglob("*.jpg") if path.is_file()]
    originals = {Path(location).read_bytes() for location in pool["location"]}
    assert {path.read_bytes() for path in pictures} == originals
    assert result.verify().ok
    assert leftovers(tmp_path) == []
    assert "samples: 24" in repr(result)


@pytest.mark.parametrize("format", EVERY)
def test_the_bytes_depend_on_neither_row_order_nor_time(pool, tmp_path: Path, tree, format: str) -> None:
    first = export(pool, tmp_path / "one", format)
    second = export(pool.sample(fraction=1, shuffle=True, seed=1), tmp_path / "two", format)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert first.manifest.files == second.manifest.files


def test_the_manifest_says_how_it_came_to_be(pool, tmp_path: Path) -> None:
    provenance = {
        "query": {"steps": [{"where": "weather = 'hail'"}]},
        "python": "ds.where(\"weather = 'hail'\")",
        "snapshot": {"samples": 3},
        "encoder": {"name": "demo", "weights": "abc"},
        "dataset": "roads",
    }
    export(pool, tmp_path / "out", provenance=provenance)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    for key in ("query", "python", "snapshot", "encoder"):
        assert manifest[key] == provenance[key]
    assert manifest["provenance"] == {"dataset": "roads"}
    assert manifest["curate"]
    assert manifest["created"].endswith("+00:00")
    assert {"path", "bytes", "sha256"} == set(manifest["files"][0])
    assert len(manifest["files"]) == 26


def test_what_is_not_ok_missing_or_changed_is_left_out_and_listed(pool, tmp_path: Path) -> None:
    pool = pool.with_columns(status=pl.when(pl.col("uri") == "a/000.jpg").then(pl.lit("corrupt")).otherwise("status"))
    Path(pool["location"][2]).unlink()
    Path(pool["location"][3]).write_bytes(b"another picture")
    Path(pool["location"][4]).unlink()
    Path(pool["location"][4]).mkdir()
    result = export(pool, tmp_path / "out")
    assert {left.uri: left.reason.split(":")[0] for left in result.left_out} == {
        "a/000.jpg": "status corrupt",
        pool["uri"][2]: "missing",
        pool["uri"][3]: "changed since it was ingested",
        pool["uri"][4]: "unreadable",
    }
    assert result.counts["samples"] == 20
    assert "left out (changed since it was ingested): 1" in repr(result)
    assert result.verify().ok
    assert read_manifest(tmp_path / "out").left_out == result.left_out


def test_nothing_to_export_is_an_error_with_the_reasons(pool, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="of 24 samples 24 missing"):
        export(pool.with_columns(location=pl.lit("/nowhere/") + pl.col("uri")), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


def test_an_existing_folder_is_refused_unless_it_is_an_export_to_replace(pool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(DatasetExists):
            export(pool, out, overwrite=overwrite)
    assert (out / "thesis.tex").read_text() == "years of work"
    (out / "thesis.tex").unlink()
    export(pool, out)  # an empty folder has nothing to lose
    with pytest.raises(DatasetExists, match="overwrite=True"):
        export(pool, out)
    replaced = export(pool.head(5), out, overwrite=True)
    assert replaced.counts["samples"] == 5
    assert replaced.verify().ok
    assert leftovers(tmp_path) == []
    (out / "notes.txt").write_text("mine")
    with pytest.raises(DatasetExists, match=r"1 files that the export did not write, such as 'notes\.txt'"):
        export(pool, out, overwrite=True)


def test_a_failed_replacement_keeps_the_old_export(pool, tmp_path: Path) -> None:
    old = export(pool, tmp_path / "out")
    with pytest.raises(BadValue):
        export(pool.with_columns(status=pl.lit("corrupt")), tmp_path / "out", overwrite=True)
    assert old.verify().ok


CHILD = """
import sys, time
import polars as pl
from curate.exports.export import write_export
from curate.exports import media
real = media._place_one
def slow(picture, folder, how):
    time.sleep(0.05)
    return real(picture, folder, how)
media._place_one = slow
media.THREADS = 1
write_export(pl.read_parquet(sys.argv[1]), sys.argv[2], format="parquet", provenance={}, overwrite=True)
"""


def test_kill_9_leaves_the_target_as_it_was_and_the_next_export_cleans_up(pool, tmp_path: Path, tree) -> None:
    assert THREADS > 1
    old = export(pool.head(3), tmp_path / "out")
    before = tree(tmp_path / "out")
    pool.write_parquet(tmp_path / "samples.parquet")
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "samples.parquet"), str(tmp_path / "out")])
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".out.partial-*/images/*.jpg")):
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.01)
        live = leftovers(tmp_path)
        export(pool.head(2), tmp_path / "other")
        export(pool.head(4), tmp_path / "out", overwrite=True)
        assert leftovers(tmp_path) == live, "what a living process writes is left alone"
        export(pool.head(3), tmp_path / "out", overwrite=True)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert tree(tmp_path / "out") == before
    assert old.verify().ok
    assert leftovers(tmp_path) == live
    export(pool, tmp_path / "out", overwrite=True)
    assert leftovers(tmp_path) == []


def test_an_export_killed_between_its_two_renames_is_put_right(pool, tmp_path: Path) -> None:
    export(pool, tmp_path / "out")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "out").rename(tmp_path / ".out.partial-abc.old")
    (tmp_path / ".out.partial-abc").mkdir()
    host = os.uname().nodename
    (tmp_path / ".out.partial-abc.lock").write_text(json.dumps({"pid": ended.pid, "host": host}))
    with pytest.raises(BadValue):
        export(pool.with_columns(status=pl.lit("corrupt")), tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "manifest.json").exists()
    assert leftovers(tmp_path) == []


def test_a_full_disk_leaves_nothing_behind(pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("curate.exports.media._place_one", full)
    with pytest.raises(CurateError, match="No space left on device"):
        export(pool, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_a_clear_error(pool, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    try:
        with pytest.raises(CurateError, match="Permission denied"):
            export(pool, locked / "out")
    finally:
        locked.chmod(0o700)


def test_a_file_in_the_way_of_the_folder_above_is_a_clear_error(pool, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CurateError, match="was not written"):
        export(pool, tmp_path / "file" / "out")


def test_an_interrupt_cleans_up(pool, tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(pool, tmp_path / "out", progress=interrupt)
    assert leftovers(tmp_path) == []


def test_progress_counts_pictures(pool, tmp_path: Path) -> None:
    seen = []
    export(pool, tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (24, 24)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"format": "cocoa"}, UnknownName, "did you mean 'coco'"),
        ({"media": "move"}, BadValue, "'media' must be one of"),
        ({"part_column": "nothing"}, BadValue, "part_column"),
        ({"format": "imagefolder", "media": "reference"}, BadValue, "cannot use media='reference'"),
        ({"format": "coco", "classes": ["a", "a"]}, BadValue, "must not repeat"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(pool, tmp_path: Path, arguments: dict, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        export(pool, tmp_path / "out", **arguments)


def test_object_stores_are_refused_as_targets(pool) -> None:
    with pytest.raises(BadValue, match="local folders"):
        write_export(pool, "s3://bucket/out", format="csv", provenance={})


def test_a_sample_twice_is_refused(pool, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="each sample once"):
        export(pl.concat([pool, pool.head(1)]), tmp_path / "out")
