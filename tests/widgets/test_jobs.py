"""What runs in the background: how far it is, what came of it, and how it is stopped."""

import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from curate import errors, verify
from curate.engines.progress import Progress
from curate.widgets import protocol
from curate.widgets.answers.jobs import JobAnswers
from curate.widgets.exploration import Exploration
from curate.widgets.jobs import MOST_ENDED, MOST_RUNNING, Jobs


class Ear:
    """Hears the events of an exploration, or of jobs alone."""

    def __init__(self, exploration=None):
        self.events = []
        self._came = threading.Condition()
        if exploration is not None:
            exploration.listen(self.hear)

    def hear(self, event):
        with self._came:
            self.events.append(event)
            self._came.notify_all()

    def jobs(self):
        return [event.job for event in self.events if isinstance(event, protocol.JobChanged)]

    def end(self, number=1, seconds=60):
        """The job when it has ended."""
        deadline = time.monotonic() + seconds
        with self._came:
            while True:
                for job in self.jobs():
                    if job.id == number and job.state != "running":
                        return job
                assert self._came.wait(deadline - time.monotonic()), self.events


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
def jobs(ear):
    made = Jobs(ear.hear)
    yield made
    made.close()


def steps(count, *, gate=None, title="work"):
    """Work of so many steps; it waits at the gate before each."""

    def run():
        with Progress(count, title) as progress:
            for _ in range(count):
                if gate is not None:
                    gate.acquire(timeout=30)
                progress.add(1)
        return f"{count} steps"

    return run


def test_a_job_tells_how_far_it_is_and_what_came_of_it(jobs, ear):
    started = jobs.start("export", "Export 3 samples", steps(3))
    assert (started.state, started.title, started.kind) == ("running", "Export 3 samples", "export")
    ended = ear.end()
    assert (ended.state, ended.text, ended.done, ended.total) == ("done", "3 steps", 3, 3)
    assert jobs.all() == [ended]
    assert ear.jobs()[0] == started


def test_progress_is_told_a_few_times_a_second_and_not_for_every_step(jobs, ear):
    jobs.start("export", "many", steps(200_000))
    started = time.monotonic()
    ear.end()
    assert len(ear.jobs()) <= 4 + (time.monotonic() - started) * 5
    done = [job.done for job in ear.jobs()]
    assert done == sorted(done)


def test_each_stage_of_the_work_is_told(jobs, ear):
    def run():
        steps(2, title="neighbours")()
        return steps(5, title="layout")()

    jobs.start("project", "Map", run)
    ear.end()
    told = [(job.text, job.total) for job in ear.jobs() if job.state == "running" and job.total]
    assert told == [("neighbours", 2), ("layout", 5)]


def test_a_job_is_stopped_at_its_next_step(jobs, ear):
    gate = threading.Semaphore(2)
    jobs.start("export", "endless", steps(1000, gate=gate))
    jobs.stop(1)
    gate.release(1000)
    ended = ear.end()
    assert ended.state == "stopped"
    assert ended.done < 5


@pytest.mark.parametrize(
    ("error", "text", "hint"),
    [
        (errors.BadValue("The disk is full.", hint="free some space"), "The disk is full.", "free some space"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero", ""),
        (SystemExit(3), "SystemExit: 3", ""),
    ],
)
def test_no_error_is_lost(jobs, ear, error, text, hint):
    def run():
        raise error

    jobs.start("export", "failing", run)
    ended = ear.end()
    assert (ended.state, ended.text, ended.hint) == ("failed", text, hint)
    assert jobs.all() == [ended], "a page that is loaded again sees it, too"


def test_what_has_ended_can_be_put_away_and_is_not_kept_for_ever(jobs, ear):
    for number in range(1, MOST_ENDED + 3):
        jobs.start("export", "short", steps(1))
        ear.end(number)
    listed = [job.id for job in jobs.all()]
    assert listed == list(range(3, MOST_ENDED + 3))
    jobs.stop(listed[0])
    assert [job.id for job in jobs.all()] == listed[1:]
    with pytest.raises(errors.BadValue, match="There is no job 3"):
        jobs.stop(3)


def test_there_are_not_too_many_at_once_and_one_map_at_a_time(jobs, ear):
    gate = threading.Semaphore(0)
    jobs.start("project", "Map", steps(1, gate=gate))
    with pytest.raises(errors.BadValue, match="The map is being made already"):
        jobs.start("project", "Map", steps(1))
    for _ in range(MOST_RUNNING - 1):
        jobs.start("export", "Export", steps(1, gate=gate))
    with pytest.raises(errors.BadValue, match=f"{MOST_RUNNING} jobs run already"):
        jobs.start("export", "Export", steps(1))
    gate.release(MOST_RUNNING)
    for number in range(1, MOST_RUNNING + 1):
        assert ear.end(number).state == "done"


@pytest.mark.parametrize("kind", ["issues", "duplicates"])
def test_one_search_of_a_kind_at_a_time(jobs, ear, kind):
    gate = threading.Semaphore(0)
    jobs.start(kind, "Look", steps(1, gate=gate))
    with pytest.raises(errors.BadValue, match=f"{kind.capitalize()} are being looked for already"):
        jobs.start(kind, "Look", steps(1))
    gate.release()
    assert ear.end(1).state == "done"
    gate.release()
    jobs.start(kind, "Look again", steps(1, gate=gate))
    assert ear.end(2).state == "done"


def test_closing_stops_everything(ear):
    jobs = Jobs(ear.hear)
    gate = threading.Semaphore(1)
    jobs.start("export", "endless", steps(1000, gate=gate))
    jobs.close()
    gate.release(1000)
    assert ear.end().state == "stopped"


def test_an_interpreter_that_exits_stops_its_jobs_and_lets_them_clean_up(tmp_path):
    code = """
        import sys, time
        from pathlib import Path
        from curate.engines.progress import Progress
        from curate.widgets.jobs import Jobs

        def run():
            partial = Path(sys.argv[1])
            partial.write_text("half")
            try:
                with Progress(1_000_000, "endless") as progress:
                    while True:
                        time.sleep(0.01)
                        progress.add(1)
            finally:
                partial.unlink()

        jobs = Jobs(lambda event: None)
        jobs.start("export", "endless", run)
        while not Path(sys.argv[1]).exists():
            time.sleep(0.01)
    """
    partial = tmp_path / "partial"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(partial)],
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not partial.exists()


# -- the jobs of a widget ---------------------------------------------------------------------------------------------


@pytest.fixture
def open_view():
    """Opens a view and gives: what asks it, and what hears it."""
    opened = []

    def open_it(view):
        exploration = Exploration(view)
        opened.append(exploration)
        handlers = JobAnswers(exploration).handlers()
        heard = Ear(exploration)

        def ask(type, **fields):
            return handlers[type](type(client="browser", id=1, **fields))[0]

        ask.exploration = exploration
        return ask, heard

    yield open_it
    for exploration in opened:
        exploration.jobs.close()


def test_a_view_is_exported_in_the_background(ds, open_view, tmp_path):
    ask, heard = open_view(ds.where("weather = 'rain'"))
    path = tmp_path / "out"
    reply = ask(protocol.Export, path=str(path), format="coco", what="view")
    assert reply.job.title == "Export 6 samples as coco"
    ended = heard.end()
    assert (ended.state, ended.text) == ("done", f"6 samples in {path}")
    assert ended.done == ended.total
    assert verify(path).ok
    assert ds.history()["action"][0] == "export"


def test_the_selection_is_exported_and_says_what_was_left_out(ds, open_view, tmp_path):
    ask, heard = open_view(ds.where("weather = 'rain'"))
    empty = ds.session.positions_of(ds.where("status = 'empty'").ids())
    ask.exploration.pick("set", np.array([1, 2, 3, *empty]))
    ask(protocol.Export, path=str(tmp_path / "out"), format="csv")
    assert heard.end().text == f"3 samples in {tmp_path / 'out'}, 1 left out"


def test_what_is_wrong_with_an_export_is_said_before_it_begins(ds, open_view, tmp_path):
    ask, heard = open_view(ds)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("")
    with pytest.raises(errors.DatasetExists, match="exists already"):
        ask(protocol.Export, path=str(tmp_path / "out"), format="csv", what="view")
    with pytest.raises(errors.UnknownName, match="did you mean 'coco'"):
        ask(protocol.Export, path=str(tmp_path / "new"), format="cocoa", what="view")
    with pytest.raises(errors.BadValue, match="Nothing is selected"):
        ask(protocol.Export, path=str(tmp_path / "new"), format="csv")
    with pytest.raises(errors.BadValue, match="needs a path"):
        ask(protocol.Export, path="  ", format="csv", what="view")
    assert ask.exploration.jobs.all() == []
    assert heard.events == []


def test_an_export_that_fails_says_why_and_leaves_the_target_as_it_was(ds, open_view, tmp_path):
    ask, heard = open_view(ds.where("status = 'empty'"))
    target = tmp_path / "out"
    target.mkdir()
    ask(protocol.Export, path=str(target), format="csv", what="view")
    ended = heard.end()
    assert ended.state == "failed"
    assert "Nothing can be exported" in ended.text
    assert list(tmp_path.rglob("*")) == [tmp_path / "photos.curate", target] or list(target.iterdir()) == []


def test_an_export_that_is_stopped_leaves_the_target_as_it_was(ds, open_view, tmp_path, monkeypatch):
    folder = tmp_path / "exports"
    ds.limit(3).export(folder / "out", format="csv")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ask, heard = open_view(ds)
    reading, go_on = threading.Event(), threading.Event()
    from curate.media import location

    read = location.read

    def slowly(place):
        reading.set()
        assert go_on.wait(30)
        return read(place)

    monkeypatch.setattr(location, "read", slowly)
    ask(protocol.Export, path=str(folder / "out"), format="coco", overwrite=True, what="view")
    assert reading.wait(30)
    assert ask(protocol.StopJob, job=1) == protocol.Done(client="browser", id=1)
    go_on.set()
    ended = heard.end()
    assert (ended.state, ended.text) == ("stopped", "Stopped, and nothing was changed.")
    assert {path: path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()} == before
    assert {path.name[:13] for path in folder.iterdir()} == {"out", ".out.partial-"}, "a start for the next export"


def test_the_map_is_made_in_the_background_and_announced(ds, open_view):
    with pytest.raises(errors.VectorsNotFound):
        open_view(ds)[0](protocol.Project)
    rng = np.random.default_rng(0)
    ds.embed(rng.standard_normal((24, 8)).astype(np.float32), name="random")
    ask, heard = open_view(ds)
    reply = ask(protocol.Project)
    assert reply.job.title == "Map of random"
    ended = heard.end(seconds=300)
    assert ended.state == "done", ended
    assert ended.text.startswith("Map of random: 23 samples laid out")
    assert any(isinstance(event, protocol.MapChanged) for event in heard.events)
    assert ds.where("projection_x IS NOT NULL").count() == 23


def test_jobs_end_with_the_last_widget_that_shows_them(ds, open_widget, caplog):
    explorer, _ = open_widget(ds)
    gallery, wire = open_widget(ds, "gallery", link=explorer)
    gate = threading.Semaphore(0)
    job = explorer._exploration.jobs.start("export", "endless", steps(1000, gate=gate))
    gate.release(2)
    explorer.close()
    assert explorer._exploration.jobs.all()[0].state == "running"
    assert wire.ask("hello")[0]["jobs"][0]["id"] == job.id
    gallery.close()
    gate.release(1000)
    deadline = time.monotonic() + 30
    while (state := explorer._exploration.jobs.all()[0].state) == "running":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert state == "stopped"
    assert caplog.records == []
