"""A real JupyterLab and a real Chromium. One of each a session; every test gets the page with a fresh gallery in it."""

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
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CURATE_CHROMIUM", "/usr/bin/chromium")
SLOW = 60_000  # ms: the machine may be busy with other things


def absent(what: str) -> None:
    """Skip, unless this run was told that it must drive a browser."""
    if os.environ.get("CURATE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"CURATE_REQUIRE_BROWSER=1, and there is no {what}")
    pytest.skip(f"there is no {what}")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """URL, token and folder of a JupyterLab on the loopback interface, with a home of its own."""
    pytest.importorskip("jupyterlab")
    if not Path(CHROMIUM).exists():
        absent(f"Chromium at {CHROMIUM}")
    if not (ROOT / "curate" / "static" / "gallery.js").is_file():
        absent("bundle: run npm run build in widgets/")
    home = tmp_path_factory.mktemp("home")
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
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "widgets")]),
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
        yield url, token, folder
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


class Notebook:
    """A notebook with one cell, open in a page of JupyterLab."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def run(self, code: str, *, wait: str | None = ".curate-gallery .curate-count b") -> None:
        """Put code into the cell, run it, and wait until a part of the widget is there."""
        self.page.evaluate(
            """async (code) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.widgets[0].model.sharedModel.setSource(code);
                notebook.activeCellIndex = 0;
                await window.jupyterapp.commands.execute("notebook:run-cell");
            }""",
            code,
        )
        if wait is not None:
            self.page.wait_for_selector(wait, timeout=SLOW)

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
        return json.loads(text) if text else None

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

    def theme(self, name: str) -> None:
        """Switch JupyterLab to a theme."""
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", f"JupyterLab {name}"
        )
        light = "true" if name == "Light" else "false"
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached", timeout=SLOW)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def open_notebook(lab: tuple[str, str, Path], chromium: Any) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook of its own, with its own kernel."""
    url, token, folder = lab
    contexts = []

    def open_it(
        name: str, *, saved: Any = None, trust: bool = False, width: int = 1600, height: int = 1000
    ) -> Notebook:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        cells = [nbformat.v4.new_code_cell()]
        notebook = saved or nbformat.v4.new_notebook(cells=cells, metadata=kernel)
        nbformat.write(notebook, folder / f"{name}.ipynb")
        if trust:
            environment = {**os.environ, "JUPYTER_DATA_DIR": str(folder.parent / "data"), "HOME": str(folder.parent)}
            command = [sys.executable, "-m", "jupyter", "trust", f"{name}.ipynb"]
            subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.on("console", lambda message: print("console:", message.text))  # shown where a test fails
        page.on("pageerror", lambda error: print("page error:", error))
        page.goto(f"{url}/lab/workspaces/{name}/tree/{name}.ipynb?reset&token={token}")
        page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                return panel?.sessionContext?.session?.kernel?.status === "idle";
            }""",
            timeout=SLOW,
        )
        # Only the notebook: the file browser takes the room that a cell needs.
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        return Notebook(page)

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def shared_notebook(open_notebook: Callable[..., Notebook]) -> Notebook:
    """The page that most tests use one after the other."""
    return open_notebook("gallery")


@pytest.fixture
def notebook(shared_notebook: Notebook, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """The shared page. CURATE_SHOTS=FOLDER keeps a screenshot of how each test left it."""
    yield shared_notebook
    if folder := os.environ.get("CURATE_SHOTS"):
        shared_notebook.page.screenshot(path=f"{folder}/{request.node.name}.png")
    shared_notebook.page.keyboard.press("Escape")
