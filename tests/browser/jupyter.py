"""A real JupyterLab and a real Chromium, for the tests of this folder and for the benchmarks."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CURATE_CHROMIUM", "/usr/bin/chromium")
PROBE = Path(__file__).with_name("probe.js")
SLOW = 60_000  # ms: the machine may be busy with other things


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs: where, with which token, and the folder that it shows."""

    url: str
    token: str
    folder: Path
    home: Path


@contextmanager
def jupyter_lab(home: Path) -> Iterator[Lab]:
    """A JupyterLab on the loopback interface, with `home` for everything that it keeps."""
    folder = home / "notebooks"
    folder.mkdir()
    news = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True)
    news.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    token = secrets.token_hex(16)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    environment |= {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "CURATE_HOME": str(home / "curate"),
        "CURATE_PROGRESS": "0",
        "CURATE_ACTOR": "ada",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    options = {
        "ServerApp.token": token,
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": "0",
        "ServerApp.root_dir": str(folder),
        "ServerApp.allow_root": "True",
        "LabApp.expose_app_in_browser": "True",
    }
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", *(f"--{k}={v}" for k, v in options.items())]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    lines: list[str] = []
    assert process.stderr is not None
    reader = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)  # type: ignore[arg-type]
    reader.start()
    try:
        deadline = time.monotonic() + 90
        url = None
        while url is None:
            assert process.poll() is None, "".join(lines)
            assert time.monotonic() < deadline, "JupyterLab did not start: " + "".join(lines)
            found = re.search(r"http://127\.0\.0\.1:(\d+)/lab", "".join(lines))
            url = f"http://127.0.0.1:{found[1]}" if found else None
            time.sleep(0.1)
        yield Lab(url, token, folder, home)
    finally:
        # SIGTERM lets the server end its kernels; both are ours, in a session of their own.
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        reader.join(5)
        process.stderr.close()


@contextmanager
def headless() -> Iterator[Any]:
    """A headless Chromium; its WebGL is drawn by software."""
    from playwright.sync_api import sync_playwright

    # the garbage collector can be called, and memory is told to the byte
    options = ["--no-sandbox", "--disable-dev-shm-usage", "--js-flags=--expose-gc", "--enable-precise-memory-info"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


class Notebook:
    """A notebook, open in a page of JupyterLab."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def run(self, code: str, *, cell: int = 0, wait: str | None = None) -> None:
        """Put code into a cell, run it, and wait until a part of the widget that it made is there.

        Args:
            code: the source of the cell.
            cell: its number; cells that are not there yet are added.
            wait: a selector inside the widget; None waits for nothing.
        """
        # the output of the last run may still be there while this one runs
        self.page.evaluate(
            """async ([code, cell]) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                while (notebook.widgets.length <= cell) {
                    notebook.model.sharedModel.insertCell(notebook.widgets.length, { cell_type: "code", source: "" });
                }
                for (const old of notebook.widgets[cell].node.querySelectorAll(".curate-widget")) old.dataset.old = "";
                notebook.widgets[cell].model.sharedModel.setSource(code);
                notebook.activeCellIndex = cell;
                await window.jupyterapp.commands.execute("notebook:run-cell");
            }""",
            [code, cell],
        )
        if wait is not None:
            self.page.wait_for_selector(f".curate-widget:not([data-old]) {wait}", timeout=SLOW)

    def python(self, code: str) -> Any:
        """Run code in the kernel and give back the JSON that it prints."""
        text = self.page.evaluate(
            """async (code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                let text = "";
                const future = kernel.requestExecute({ code });
                future.onIOPub = (message) => {
                    if (message.header.msg_type === "stream") text += message.content.text;
                    if (message.header.msg_type === "error") text += message.content.traceback.join("\\n");
                };
                await future.done;
                return text;
            }""",
            f"import json\n{code}",
        )
        try:
            return json.loads(text) if text else None
        except json.JSONDecodeError:
            raise AssertionError(f"{code}\n{text}") from None

    def begin(self, code: str) -> None:
        """Let the kernel run code, and do not wait for it."""
        self.page.evaluate(
            """(code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                window.running = true;
                kernel.requestExecute({ code }).done.finally(() => { window.running = false; });
            }""",
            code,
        )

    def running(self) -> bool:
        """Whether what `begin` began still runs."""
        return bool(self.page.evaluate("() => window.running"))

    def interrupt(self) -> None:
        """Stop what `begin` began."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")

    def restart(self) -> None:
        """Restart the kernel, and wait until it is there again."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")

    def save(self) -> None:
        """Save the notebook, and with it the state of its widgets."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def reload(self) -> None:
        """Reload the page; the kernel stays."""
        self.page.reload()
        self.ready()

    def ready(self) -> None:
        """Wait until the kernel answers, and leave the room of the page to the notebook."""
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                return panel?.sessionContext?.session?.kernel?.status === "idle";
            }""",
            timeout=SLOW,
        )
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")

    def theme(self, name: str) -> None:
        """Switch JupyterLab to a theme, "Light" or "Dark"."""
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", f"JupyterLab {name}"
        )
        light = "true" if name == "Light" else "false"
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached", timeout=SLOW)


def open_notebook(
    lab: Lab,
    browser: Any,
    name: str,
    *,
    saved: Any = None,
    trust: bool = False,
    width: int = 1600,
    height: int = 1000,
) -> Notebook:
    """A notebook of its own in a window of its own, with its own kernel.

    Args:
        lab: where it is opened.
        browser: what it is opened with; closing ``page.context`` closes the window.
        name: of the file, without its suffix.
        saved: its content; None is one empty cell.
        trust: say that what was saved may run.
        width: of the window, CSS pixels.
        height: of the window, CSS pixels.
    """
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = saved or nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()], metadata=kernel)
    nbformat.write(notebook, lab.folder / f"{name}.ipynb")
    if trust:
        environment = {**os.environ, "JUPYTER_DATA_DIR": str(lab.home / "data"), "HOME": str(lab.home)}
        command = [sys.executable, "-m", "jupyter", "trust", f"{name}.ipynb"]
        subprocess.run(command, cwd=lab.folder, env=environment, check=True, capture_output=True)
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(path=PROBE)
    page.set_default_timeout(SLOW)
    page.on("console", lambda message: print("console:", message.text))  # shown where a test fails
    page.on("pageerror", lambda error: print("page error:", error))
    page.goto(f"{lab.url}/lab/workspaces/{name}/tree/{name}.ipynb?reset&token={lab.token}")
    opened = Notebook(page)
    opened.ready()
    return opened


def until(look: Callable[[], Any], expected: Any, *, seconds: float = 60) -> None:
    """Wait until `look()` gives `expected`."""
    deadline = time.monotonic() + seconds
    while (found := look()) != expected:
        assert time.monotonic() < deadline, f"{found!r} is not {expected!r}"
        time.sleep(0.05)
