"""Every item comes back exactly once, whatever happens to the workers; and no worker outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from curate.engines.local import LocalEngine
from curate.engines.machine import available_cores, available_memory
from curate.errors import BadValue, CurateError

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent


@pytest.fixture(autouse=True)
def _importable_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status != "Z"


def wait_until(fact: Callable[[], bool], seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_every_item_comes_back_once() -> None:
    with LocalEngine(workers=2) as engine:
        found = {key: record.error for key, record in engine.run("tasks:echo", ((i, f"item {i}") for i in range(1000)))}
    assert found == {i: f"item {i}" for i in range(1000)}


def test_several_processes_work_and_none_is_this_one() -> None:
    with LocalEngine(workers=2) as engine:
        pids = {record.bytes for _, record in engine.run("tasks:misbehave", [(i, "sleep 0.02") for i in range(40)])}
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert wait_until(lambda: not any(alive(pid) for pid in pids))


def test_nothing_to_do_starts_nothing() -> None:
    with LocalEngine(workers=2) as engine:
        assert list(engine.run("no_such_module:nothing", [])) == []


def test_an_engine_can_run_again_and_twice_at_once() -> None:
    with LocalEngine(workers=1) as engine:
        one, other = engine.run("tasks:echo", enumerate("abc")), engine.run("tasks:echo", enumerate("de"))
        assert next(one)[1].error == "a"
        assert [record.error for _, record in other] == ["d", "e"]
        assert [record.error for _, record in one] == ["b", "c"]
        assert len(list(engine.run("tasks:echo", [(5, "x")]))) == 1


def test_a_crash_costs_its_own_item() -> None:
    items = [(i, "signal 11" if i in {3, 57} else f"fine {i}") for i in range(150)]
    with LocalEngine(workers=2) as engine:
        found = dict(engine.run("tasks:misbehave", items))
    assert sorted(found) == list(range(150))
    bad = {key: record for key, record in found.items() if record.status != "ok"}
    assert {key: (record.status, record.error) for key, record in bad.items()} == {
        3: ("corrupt", "the decoder crashed (signal 11)"),
        57: ("corrupt", "the decoder crashed (signal 11)"),
    }


def test_a_kill_and_an_exit_are_told_apart() -> None:
    with LocalEngine(workers=1) as engine:
        found = dict(engine.run("tasks:misbehave", enumerate(["signal 9", "exit 3", "fine"])))
    assert found[0].error == "the decoder crashed (signal 9)"
    assert found[1].error == "the decoder ended its process (exit code 3)"
    assert found[2].status == "ok"


def test_crash_after_crash_is_survived() -> None:
    with LocalEngine(workers=1) as engine:
        found = dict(engine.run("tasks:misbehave", [(i, "exit 1") for i in range(6)]))
    assert [found[i].status for i in range(6)] == ["corrupt"] * 6


def test_a_hang_costs_its_own_item_and_no_more_than_its_time() -> None:
    items = [(i, "sleep 600" if i == 5 else f"fine {i}") for i in range(40)]
    started = time.monotonic()
    with LocalEngine(workers=2, timeout=1.0) as engine:
        found = dict(engine.run("tasks:misbehave", items))
    assert time.monotonic() - started < 20
    assert sorted(found) == list(range(40))
    assert [key for key, record in found.items() if record.status != "ok"] == [5]
    assert found[5].error == "the decoder took longer than 1 s"


def test_a_hang_in_c_that_holds_the_lock_is_ended_too() -> None:
    with LocalEngine(workers=1, timeout=1.0) as engine:
        found = dict(engine.run("tasks:hang_with_the_lock", enumerate(["fine", "hang", "fine"])))
    assert [found[i].status for i in range(3)] == ["ok", "corrupt", "ok"]


def test_slow_items_are_not_hanging_ones() -> None:
    """One chunk takes three times the limit, each of its items a tenth."""
    with LocalEngine(workers=1, timeout=1.0) as engine:
        found = dict(engine.run("tasks:misbehave", [(i, f"sleep {0.1 if i > 400 else 0}") for i in range(433)]))
    assert {record.status for record in found.values()} == {"ok"}


def test_what_a_library_prints_does_not_get_into_the_answers() -> None:
    with LocalEngine(workers=1) as engine:
        found = dict(engine.run("tasks:misbehave", enumerate(["print", "fine", "print"])))
    assert {record.status for record in found.values()} == {"ok"}


def test_large_answers_and_long_names_do_not_block() -> None:
    items = [(i, f"large {2_000_000} {'x' * 4000}") for i in range(40)]
    with LocalEngine(workers=2) as engine:
        assert sum(len(record.thumbnail) for _, record in engine.run("tasks:misbehave", items)) == 80_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the data of a process")
def test_memory_is_limited_and_costs_the_item() -> None:
    with LocalEngine(workers=1, memory=1 << 30) as engine:
        found = dict(engine.run("tasks:misbehave", enumerate([f"grow {2 << 30}", f"grow {1 << 20}"])))
    assert [found[0].status, found[1].status] == ["too_large", "ok"]


def test_items_are_read_only_as_far_ahead_as_the_work_goes() -> None:
    taken = 0

    def endless() -> Iterator[tuple[int, str]]:
        nonlocal taken
        while True:
            taken += 1
            yield taken, "x"

    with LocalEngine(workers=1) as engine:
        results = engine.run("tasks:echo", endless())
        for _ in range(10):
            next(results)
        time.sleep(0.3)
        assert taken < 2000
        results.close()


def test_stopping_early_ends_the_workers(tmp_path: Path) -> None:
    with LocalEngine(workers=2) as engine:
        results = engine.run("tasks:misbehave", [(i, "sleep 0.05") for i in range(500)])
        pids = {next(results)[1].bytes for _ in range(20)}
        results.close()
        assert wait_until(lambda: not any(alive(pid) for pid in pids), 3)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("curate-")]


def test_leaving_the_engine_ends_its_runs() -> None:
    with LocalEngine(workers=1) as engine:
        results = engine.run("tasks:misbehave", [(i, "sleep 0.05") for i in range(100)])
        pid = next(results)[1].bytes
    assert wait_until(lambda: not alive(pid), 3)


def test_an_error_in_the_stream_of_items_reaches_the_caller() -> None:
    def broken() -> Iterator[tuple[int, str]]:
        yield 0, "a"
        raise LookupError("the table ends here")

    with LocalEngine(workers=1) as engine, pytest.raises(LookupError, match="ends here"):
        list(engine.run("tasks:echo", broken()))


def test_a_task_that_raises_is_an_error_of_ours_with_its_words() -> None:
    with LocalEngine(workers=1) as engine, pytest.raises(CurateError, match="ZeroDivisionError: seven"):
        list(engine.run("tasks:fail", [(0, "seven")]))


@pytest.mark.parametrize("task", ["no_such_module:task", "tasks:no_such_task", "tasks"])
def test_a_task_that_is_not_there_is_said_so(task: str) -> None:
    with LocalEngine(workers=1) as engine, pytest.raises(CurateError, match=r"no_such|attribute"):
        list(engine.run(task, [(0, "x")]))


def test_a_worker_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'the interpreter is broken' >&2\nexit 7\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with LocalEngine(workers=1) as engine, pytest.raises(CurateError, match="the interpreter is broken"):
        list(engine.run("tasks:echo", [(0, "x")]))


def test_workers_leave_interrupts_to_the_parent() -> None:
    with LocalEngine(workers=1) as engine:
        assert [record.bytes for _, record in engine.run("tasks:interrupted", [(0, "")])] == [1]


def test_workers_import_only_what_decoding_needs() -> None:
    with LocalEngine(workers=1) as engine:
        ((_, record),) = engine.run("tasks:modules", [(0, "")])
    heavy = {
        "torch",
        "polars",
        "lance",
        "duckdb",
        "pyarrow",
        "pandas",
        "faiss",
        "fsspec",
        "asyncio",
        "multiprocessing",
        "pickle",
    }
    loaded = heavy & set(record.error.split())
    assert loaded <= {"pickle"}, loaded  # numpy itself imports pickle


@pytest.mark.parametrize(("argument", "value"), [("workers", 0), ("timeout", 0.0), ("timeout", -1.0)])
def test_arguments_are_checked(argument: str, value: float) -> None:
    with pytest.raises(BadValue, match=argument):
        LocalEngine(**{argument: value})  # type: ignore[arg-type]


def script(tmp_path: Path, body: str) -> subprocess.Popen[str]:
    """A user's script, run by an interpreter of its own."""
    path = tmp_path / "script.py"
    path.write_text(f"import sys\nsys.path[:0] = [{str(HERE)!r}, {str(REPOSITORY)!r}]\n" + textwrap.dedent(body))
    return subprocess.Popen(
        [sys.executable, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )


def pids_in(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.mark.parametrize("sleeps", ["0.01", "600"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_parent(tmp_path: Path, how: signal.Signals, sleeps: str) -> None:
    pids = tmp_path / "pids"
    parent = script(
        tmp_path,
        f"""
        from curate.engines.local import LocalEngine
        with LocalEngine(workers=2) as engine:
            for _ in engine.run("tasks:announce", ((i, "{pids}|{sleeps}") for i in range(10**9))):
                pass
        """,
    )
    try:
        assert wait_until(lambda: len(set(pids_in(pids))) == 2), parent.communicate(timeout=1)
        parent.send_signal(how)
        assert parent.wait(10) != 0
    finally:
        parent.kill()
        parent.communicate()
    assert wait_until(lambda: not any(alive(pid) for pid in set(pids_in(pids))), 5)


def test_a_worker_whose_pipe_somebody_else_holds_notices_its_parents_death(tmp_path: Path) -> None:
    """A process forked from the parent (a DataLoader's worker) inherits the pipes and keeps them open."""
    pids, other = tmp_path / "pids", tmp_path / "other"
    parent = script(
        tmp_path,
        f"""
        import os, time
        from curate.engines.local import LocalEngine
        with LocalEngine(workers=1) as engine:
            results = engine.run("tasks:announce", ((i, "{pids}|0") for i in range(10**9)))
            next(results)
            if os.fork() == 0:
                open("{other}", "w").write(str(os.getpid()))
                time.sleep(30)
                os._exit(0)
            time.sleep(600)
        """,
    )
    try:
        assert wait_until(lambda: bool(pids_in(pids)) and bool(pids_in(other)))
        parent.kill()
        parent.wait(10)
        assert wait_until(lambda: not any(alive(pid) for pid in set(pids_in(pids))), 10)
    finally:
        parent.kill()
        for pid in pids_in(other):
            os.kill(pid, signal.SIGKILL)
        parent.communicate()


def test_a_script_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    parent = script(
        tmp_path,
        """
        print("once")
        from curate.engines.local import LocalEngine
        with LocalEngine(workers=2) as engine:
            print(sorted(key for key, _ in engine.run("tasks:echo", enumerate("abc"))))
        """,
    )
    out, words = parent.communicate(timeout=30)
    assert (out, words, parent.returncode) == ("once\n[0, 1, 2]\n", "", 0)


def test_a_script_that_forgets_its_results_ends(tmp_path: Path) -> None:
    parent = script(
        tmp_path,
        f"""
        from curate.engines.local import LocalEngine
        engine = LocalEngine(workers=2)
        results = engine.run("tasks:announce", ((i, "{tmp_path}/pids|0.01") for i in range(10**9)))
        next(results)
        """,
    )
    out, words = parent.communicate(timeout=20)
    assert (out, words, parent.returncode) == ("", "", 0)
    assert wait_until(lambda: not any(alive(pid) for pid in set(pids_in(tmp_path / "pids"))), 5)


def test_a_task_is_shown_its_chunk_ahead() -> None:
    with LocalEngine(workers=1) as engine:
        found = dict(engine.run("tasks:prepared", enumerate("abc")))
    assert [found[i].error for i in range(3)] == ["a of a, b", "b of a, b", "c of c"]


def test_a_numpy_in_the_current_folder_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("raise RuntimeError('not this one')")
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", f"""
import sys
sys.path[:0] = [{str(HERE)!r}, {str(REPOSITORY)!r}]
from curate.engines.local import LocalEngine
with LocalEngine(workers=1) as engine:
    print([record.error for _, record in engine.run("tasks:echo", [(0, "fine")])])
"""],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    out, words = parent.communicate(timeout=30)
    assert out == "['fine']\n", words


def test_a_container_counts_its_own_share(tmp_path: Path) -> None:
    whole, memory = available_cores(tmp_path), available_memory(tmp_path)
    assert whole >= 1
    assert memory > 1 << 28
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert (available_cores(tmp_path), available_memory(tmp_path)) == (whole, memory)
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("134217728\n")
    assert (available_cores(tmp_path), available_memory(tmp_path)) == (1, 1 << 27)
