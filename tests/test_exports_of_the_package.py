import os
import subprocess
import sys
import time

import pytest

import curate

HEAVY = ("torch", "umap", "faiss", "fiftyone", "ray", "lance", "duckdb", "polars", "PIL")


def test_all_is_sorted_and_every_name_is_there():
    assert sorted(curate.__all__) == curate.__all__
    for name in curate.__all__:
        assert getattr(curate, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'curate' has no attribute 'datasets'"):
        _ = curate.datasets


def test_importing_curate_loads_nothing_heavy():
    code = f"import sys, curate; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert out.stdout.strip() == "[]"


def test_demo_can_be_called_before_and_after_its_modules_were_imported():
    code = "import curate; a = callable(curate.demo); import curate.demo.scene; print(a, callable(curate.demo))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["True", "True"]


def test_import_time_is_far_below_half_a_second():
    # not a benchmark (benchmarks/import_time.py is): ten times the usual, so that only a heavy import fails it
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import curate"], check=True)
    assert time.perf_counter() - started < 2
