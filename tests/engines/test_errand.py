import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from curate.engines.errand import Errand
from curate.errors import BadValue, CurateError

sys.path.insert(0, str(Path(__file__).parent))


def running(pid):
    """Whether a process is there and not only waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pid, seconds=15):
    deadline = time.monotonic() + seconds
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running(pid)


def test_arrays_go_there_and_back():
    told = []
    with Errand("errands:double") as errand:
        errand.array("numbers", (2, 3), np.float16)[:] = 1.5
        folder = errand._path
        arrays, about = errand.run({"word": "hello"}, lambda *args: told.append(args))
        assert arrays["twice"].tolist() == [[3, 3, 3], [3, 3, 3]]
        assert arrays["twice"].dtype == np.float16
        assert about == {"given": "hello"}
    assert told[-1] == ("doubling", 3, 3)
    assert not folder.exists()


def test_an_empty_array():
    with Errand("errands:double") as errand:
        assert errand.array("numbers", (0, 3), np.float32).shape == (0, 3)
        assert errand.run({"word": ""})[0]["twice"].shape == (0, 3)


def test_our_own_errors_come_as_they_were():
    with Errand("errands:refuse") as errand, pytest.raises(BadValue, match=r"Got 7\. Hint: give 8\.") as caught:
        errand.run({})
    assert caught.value.hint == "give 8"


def test_other_errors_come_with_their_words():
    with Errand("errands:fail") as errand, pytest.raises(CurateError, match="ZeroDivisionError"):
        errand.run({})


def test_a_crash_says_that_the_process_ended():
    with Errand("errands:crash") as errand, pytest.raises(CurateError, match=r"ended \(signal 9\).*memory"):
        errand.run({})


def test_who_listens_can_stop_it(tmp_path):
    pid = tmp_path / "pid"

    def stop(stage, done, total):
        if stage == "waiting":
            raise KeyboardInterrupt

    started = time.monotonic()
    with Errand("errands:wait") as errand:
        folder = errand._path
        with pytest.raises(KeyboardInterrupt):
            errand.run({"pid": str(pid)}, stop)
    assert time.monotonic() - started < 60
    assert gone(pid.read_text())
    assert not folder.exists()


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes by /proc")
def test_it_ends_with_its_parent_and_takes_its_files_along(tmp_path):
    pid = tmp_path / "pid"
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import numpy as np\n"
        "from curate.engines.errand import Errand\n"
        "errand = Errand('errands:wait')\n"
        "errand.array('numbers', (4, 4), np.float32)[:] = 1\n"
        f"errand.run({{'pid': {str(pid)!r}}})\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    (tmp_path / "temporary").mkdir()
    parent = subprocess.Popen([sys.executable, "-c", code], env=environment)
    deadline = time.monotonic() + 60
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(pid.read_text())
    assert list((tmp_path / "temporary").iterdir()) == []
