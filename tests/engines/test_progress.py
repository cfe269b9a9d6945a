import io
import sys

import pytest

from curate.engines.progress import Progress, Stages, Stopped, surface, told_to


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def look(monkeypatch):
    """Puts a terminal in the place of stderr; called in the test, since pytest changes stderr after the fixtures."""

    def begin():
        monkeypatch.delenv("CURATE_PROGRESS", raising=False)
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
        monkeypatch.setattr(sys, "stderr", Terminal())
        return sys.stderr

    return begin


def test_a_terminal_sees_a_bar_with_rate_and_time_left(look, capsys):
    looking = look()
    assert surface() == "terminal"
    with Progress(4, "ingest") as progress:
        for _ in range(4):
            progress.add(1)
    shown = looking.getvalue()
    assert "ingest" in shown
    assert "4/4" in shown
    assert capsys.readouterr().out == "", "stdout is for results"


def test_nobody_looking_sees_nothing(look, monkeypatch):
    looking = look()
    monkeypatch.setenv("CURATE_PROGRESS", "0")
    with Progress(2, "ingest") as progress:
        progress.add(2)
    assert looking.getvalue() == ""


def test_a_notebook_sees_tqdm(look, monkeypatch):
    look()

    class Shell:
        kernel = object()

    class IPython:
        get_ipython = staticmethod(Shell)

    monkeypatch.setitem(sys.modules, "ipykernel", object())
    monkeypatch.setitem(sys.modules, "IPython", IPython)
    assert surface() == "notebook"


def test_the_bar_ends_with_an_interrupt(look):
    looking = look()

    def interrupted():
        with Progress(4, "embed") as progress:
            progress.add(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "1/4" in looking.getvalue()


def test_a_listener_hears_it_instead_of_a_bar_being_drawn(look):
    looking = look()
    heard = []

    def hear(progress):
        heard.append((progress.title, progress.done, progress.total))

    with told_to(hear), Progress(4, "ingest") as progress:
        progress.add(3)
    assert heard == [("ingest", 0, 4), ("ingest", 3, 4)]
    assert looking.getvalue() == ""
    with Progress(4, "ingest") as progress:
        progress.add(4)
    assert "4/4" in looking.getvalue(), "the listener hears nothing of what begins after its block"


def test_a_listener_stops_work_that_goes_on_after_errors():
    done = []

    def work():
        with Progress(100, "embed") as progress:
            for number in range(100):
                try:
                    progress.add(1)
                    done.append(number)
                except Exception:
                    pass

    def enough(progress):
        if progress.done == 3:
            raise Stopped

    with pytest.raises(Stopped), told_to(enough):
        work()
    assert done == [0, 1]


def test_each_stage_has_a_bar_of_its_own_and_the_start_moves_none() -> None:
    heard: list[tuple[str, str, int, int]] = []
    with (
        told_to(lambda p: heard.append((p.title, p.unit, p.done, p.total))),
        Stages("map", "look", 4, units={"draw": "epochs"}) as tell,
    ):
        tell("start", 0, 0)
        tell("look", 3, 4)
        tell("draw", 2, 9)
        tell("draw", 9, 9)
    assert heard == [
        ("map: look", "samples", 0, 4),
        ("map: look", "samples", 0, 4),
        ("map: look", "samples", 3, 4),
        ("map: draw", "epochs", 0, 9),
        ("map: draw", "epochs", 2, 9),
        ("map: draw", "epochs", 9, 9),
    ]
