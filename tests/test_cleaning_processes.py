"""Cleaning that is killed, and cleaning in two processes at once: what is stored is one whole result, the old or the new."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import curate
from tests.conftest import draw

pytestmark = pytest.mark.slow

BEGIN = """
import os, signal, sys, time
from pathlib import Path
import curate
from curate.store.tables import Table
path, verb, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
"""

KILLED = (
    BEGIN
    + """
def deadly(write):
    def counted(*args, **kwargs):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return write(*args, **kwargs)
    return counted

for name in ("append", "overwrite"):
    setattr(Table, name, deadly(getattr(Table, name)))
getattr(curate.open(path), verb)()
"""
)

TOGETHER = (
    BEGIN
    + """
ds = curate.open(path)
Path(path + f".ready{left}").touch()
while not Path(path + ".go").exists():
    time.sleep(0.01)
for _ in range(2):
    getattr(ds, verb)()
"""
)


@pytest.fixture
def dirty(tmp_path):
    """Eight pictures of noise, one of them three times and one half its size, one black; no vectors."""
    folder = tmp_path / "pictures"
    for number in range(8):
        draw(folder / f"{number:02}.jpg", number + 200, size=(96, 72))
    for name in ("same", "again"):
        shutil.copy(folder / "00.jpg", folder / f"{name}.jpg")
    with Image.open(folder / "01.jpg") as picture:
        picture.resize((48, 36)).save(folder / "half.jpg", quality=80)
    Image.new("RGB", (96, 72), "black").save(folder / "black.jpg")
    ds = curate.create(tmp_path / "dirty.curate")
    ds.ingest(folder, workers=1)
    return ds


def start(code, ds, verb, left):
    environment = {**os.environ, "CURATE_PROGRESS": "0"}
    command = [sys.executable, "-c", code, ds.folder.location, verb, str(left)]
    return subprocess.Popen(command, cwd=Path(curate.__file__).parents[1], env=environment)


def whole(ds):
    """What is stored, after a look at whether it agrees with itself."""
    names = [
        name for name in ds.columns if name.startswith(("duplicate_", "is_", "sequence_")) or name.endswith("_score")
    ]
    frame = ds.df(["uri", *names]).sort("uri")
    if "duplicate_group" in names:
        groups = frame.drop_nulls("duplicate_group").group_by("duplicate_group").agg("duplicate_kept")
        assert all(sum(kept) == 1 < len(kept) for kept in groups["duplicate_kept"].to_list())
    assert len(set(ds.ids().tolist())) == ds.count() == 12
    return frame


@pytest.mark.parametrize("verb", ["find_issues", "find_duplicates"])
def test_kill_9_before_any_of_its_writes_leaves_a_whole_result(dirty, verb, tmp_path):
    shutil.copytree(tmp_path / "dirty.curate", tmp_path / "clean.curate")
    clean = curate.open(tmp_path / "clean.curate")
    getattr(clean, verb)()
    aim = whole(clean)
    for left in range(12):
        code = start(KILLED, dirty, verb, left).wait()
        ds = curate.open(dirty.folder.location)
        frame = whole(ds)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        assert frame.width == 1 or frame.equals(aim), "there is nothing yet, or everything"
    assert (code, left > 0) == (0, True), "it has written, and has come to its end"
    assert frame.equals(aim)
    assert ds.history(action=verb.removeprefix("find_")).height == 1


def test_killed_over_an_earlier_search_what_is_shown_agrees_with_itself(dirty):
    """Pairs and groups are two tables: killed between them, one is of this search and one of the last."""
    dirty.find_duplicates(threshold=1.0)
    dirty.where("uri = 'black.jpg'").tag("seen")
    for left in range(12):
        code = start(KILLED, dirty, "find_duplicates", left).wait()
        ds = curate.open(dirty.folder.location)
        found = ds.duplicates()
        gone = found.members.filter(~found.members["kept"])["sample_id"]
        assert sorted(found.redundant.ids().tolist()) == sorted(gone.to_list())
        if code == 0:
            break
    assert found.redundant.count() == 3


@pytest.mark.parametrize("verb", ["find_issues", "find_duplicates"])
def test_two_processes_at_once_leave_one_result(dirty, verb):
    both = [start(TOGETHER, dirty, verb, number) for number in range(2)]
    location = dirty.folder.location
    while not all(Path(f"{location}.ready{number}").exists() for number in range(2)):
        assert all(process.poll() is None for process in both)
    Path(f"{location}.go").touch()
    seen = set()
    while any(process.poll() is None for process in both):
        # a third that reads meanwhile sees nothing or all of it
        seen.add(whole(dirty).width)
    assert [process.returncode for process in both] == [0, 0]
    assert len(seen) <= 2
    alone = whole(dirty)
    getattr(dirty, verb)()
    assert whole(dirty).equals(alone)
    assert dirty.history(action=verb.removeprefix("find_")).height == 5
