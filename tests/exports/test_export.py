from __future__ import annotations

import contextlib
import dataclasses
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

from curate.errors import BadValue, CurateError, DatasetExists, NotVerified, UnknownName
from curate.exports.export import write_export
from curate.exports.formats import FORMATS
from curate.exports.labels import class_of_samples
from curate.exports.manifest import read_manifest
from curate.exports.media import THREADS

EVERY = sorted(name for name, kind in FORMATS.items() if not kind.packs)
"""What is packed, the tests of its format read: their readers take seconds to be imported."""


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
    assert "created" not in manifest
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
real = media.%(name)s
def slow(*arguments):
    time.sleep(0.05)
    return real(*arguments)
media.%(name)s = slow
media.THREADS = media.COPIES = media.LINKS = 1
write_export(pl.read_parquet(sys.argv[1]), sys.argv[2], format="parquet", provenance={}, overwrite=True, **%(more)s)
"""


@contextlib.contextmanager
def half_way(pool: pl.DataFrame, folder: Path, at_least: int = 1, name: str = "_copy", **more: object):
    """An export to `out` of another process that has written some pictures; it is killed in the end."""
    pool.write_parquet(folder / "samples.parquet")
    code = CHILD % {"name": name, "more": repr(more)}
    child = subprocess.Popen([sys.executable, "-c", code, str(folder / "samples.parquet"), str(folder / "out")])
    try:
        deadline = time.monotonic() + 60
        while len(list(folder.glob(".out.partial-*/images/*.*"))) < at_least:
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.01)
        yield
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def test_kill_9_leaves_the_target_as_it_was_and_the_next_export_cleans_up(pool, tmp_path: Path, tree) -> None:
    assert THREADS > 1
    old = export(pool.head(3), tmp_path / "out")
    before = tree(tmp_path / "out")
    with half_way(pool, tmp_path):
        live = leftovers(tmp_path)
        export(pool.head(2), tmp_path / "other")
        export(pool.head(4), tmp_path / "out", overwrite=True)
        assert leftovers(tmp_path) == live, "what a living process writes is left alone"
        export(pool.head(3), tmp_path / "out", overwrite=True)
    assert tree(tmp_path / "out") == before
    assert old.verify().ok
    assert leftovers(tmp_path) == live
    export(pool, tmp_path / "out", "csv", overwrite=True)
    assert leftovers(tmp_path) == []


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Which pictures there are, and whether one was written again since: another inode, or another time."""
    found = (path.lstat() for path in sorted(folder.glob("images/*.*")))
    names = (path.name for path in sorted(folder.glob("images/*.*")))
    return {name: (facts.st_ino, facts.st_mtime_ns) for name, facts in zip(names, found, strict=True)}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("_copy", {}),
        ("_copy", {"resize": 8, "encode": "png"}),
        ("_link", {"media": "symlink"}),
        ("_link", {"media": "hardlink"}),
    ],
)
def test_a_killed_export_goes_on_where_it_was(pool, tmp_path: Path, tree, name: str, more: dict) -> None:
    with half_way(pool, tmp_path, 8, name, **more):
        pass
    (partial,) = (path for path in tmp_path.glob(".out.partial-*") if path.is_dir())
    there = written(partial)
    assert 8 <= len(there) < 24
    # the last one may have been cut off, and encoded ones are noted a little later than they are there
    torn = sorted(partial.glob("images/*.*"))[0]
    if not torn.is_symlink() and name == "_copy":
        torn.write_bytes(torn.read_bytes()[:9])
    (partial / "images" / "foreign.jpg").write_bytes(b"of an export of other samples")
    (partial / "samples.parquet").write_bytes(b"half a table")
    result = export(pool, tmp_path / "out", **more)
    after = written(tmp_path / "out")
    kept = [name for name, facts in there.items() if after.get(name) == facts]
    assert len(kept) >= len(there) - 4
    assert result.verify().ok
    assert leftovers(tmp_path) == []
    export(pool, tmp_path / "whole", **more)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_a_living_twin_is_not_disturbed(pool, tmp_path: Path) -> None:
    with half_way(pool, tmp_path):
        export(pool, tmp_path / "out")
        assert len([name for name in leftovers(tmp_path) if not name.endswith((".lock", ".notes"))]) == 1
    with pytest.raises(DatasetExists):
        export(pool, tmp_path / "out")


def test_an_export_killed_between_its_two_renames_is_put_right(pool, tmp_path: Path) -> None:
    export(pool, tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / ".out.partial-abc.old")
    (tmp_path / ".out.partial-abc").mkdir()
    (tmp_path / ".out.partial-abc.lock").write_text("")
    with pytest.raises(BadValue):
        export(pool.with_columns(status=pl.lit("corrupt")), tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "manifest.json").exists()
    assert leftovers(tmp_path) == []


def test_a_full_disk_leaves_nothing_behind(pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("curate.exports.media._copy", full)
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


def test_an_interrupt_leaves_the_target_as_it_was_and_a_start_for_the_next(pool, tmp_path: Path, tree) -> None:
    def interrupt(stage: str, done: int, _total: int) -> None:
        if stage == "labels" or done > 10:
            raise KeyboardInterrupt

    export(pool.head(2), tmp_path / "out")
    before = tree(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        export(pool, tmp_path / "out", tell=interrupt, overwrite=True)
    assert tree(tmp_path / "out") == before
    (partial,) = leftovers(tmp_path)
    there = written(tmp_path / partial)
    assert len(there) > 10
    export(pool, tmp_path / "out", overwrite=True)
    assert there.items() <= written(tmp_path / "out").items()
    assert leftovers(tmp_path) == []


def test_it_tells_how_far_it_is(pool, tmp_path: Path) -> None:
    seen = []
    export(pool, tmp_path / "out", tell=lambda *told: seen.append(told))
    assert ("pictures", 24, 24) in seen
    assert seen[-1] == ("reading back", 1, 1)


def with_check(monkeypatch: pytest.MonkeyPatch, check) -> None:
    monkeypatch.setitem(FORMATS, "parquet", dataclasses.replace(FORMATS["parquet"], check=check))


def test_a_reader_that_is_not_installed_is_said_with_what_installs_it(pool, tmp_path: Path, monkeypatch) -> None:
    def missing(*_arguments: object) -> str:
        import no_such_reader

        return str(no_such_reader)

    assert "read back by pyarrow" in repr(export(pool, tmp_path / "one"))
    with_check(monkeypatch, missing)
    result = export(pool, tmp_path / "two")
    assert result.manifest.read_by == ""
    assert 'read back by Curate alone; pip install "curate-jupyter[exports]" adds another reader' in repr(result)
    assert result.verify().ok


def test_what_another_reader_cannot_read_is_no_export(pool, tmp_path: Path, monkeypatch) -> None:
    def broken(*_arguments: object) -> str:
        raise ZeroDivisionError("of a reader")

    with_check(monkeypatch, broken)
    with pytest.raises(NotVerified, match=r"was not made.* ZeroDivisionError: of a reader\. Hint: nothing has changed"):
        export(pool, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


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


def test_a_sample_twice_is_refused(pool, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="each sample once"):
        export(pl.concat([pool, pool.head(1)]), tmp_path / "out")
