"""A widget in the page of another host than JupyterLab: a nested, sandboxed frame, as the notebooks of VS Code have it.

The kernel's side is the real widget in this process, and the bundle is the built one; what stands in is the host between them.
"""

from __future__ import annotations

import base64
import json
import threading
from typing import Any

# VS Code's own for notebook outputs, but for the addresses of its resources
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; connect-src 'none'; child-src data: blob:"
)
# less than VS Code's, which also grants allow-same-origin and allow-forms: nothing here may need them
SANDBOX = "allow-scripts allow-downloads allow-pointer-lock"
COLOURS = {
    "dark": {"foreground": "#cccccc", "editor-background": "#1f1f1f", "editor-foreground": "#cccccc"},
    "light": {"foreground": "#3b3b3b", "editor-background": "#ffffff", "editor-foreground": "#3b3b3b"},
}

BODY = "<style>body { margin: 0 } iframe { border: 0; width: 100%; height: 98vh }</style><body>"
FRAME = """<!doctype html>
<html><head><meta http-equiv="Content-Security-Policy" content="%(policy)s"><style>:root { %(variables)s }</style></head>
<body class="vscode-%(theme)s" data-vscode-theme-kind="vscode-%(theme)s"><div id="cell"></div><script type="module">
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
// Playwright's functions come a moment after the frame
while (window.hostOpen === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
const { esm, css, state } = await window.hostOpen();
const style = document.createElement("style");
style.textContent = css;
document.head.append(style);
const listeners = new Map();
const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes: () => window.hostSave(state),
    on: (name, callback) => listeners.set(name, [...(listeners.get(name) ?? []), callback]),
    off: (name, callback) => listeners.set(name, (listeners.get(name) ?? []).filter((held) => held !== callback)),
    send: (content) => { window.hostSend(content); },
};
const take = async () => {
    for (const { content, buffers, changed } of await window.hostTake()) {
        for (const [name, value] of Object.entries(changed)) {
            state[name] = value;
            for (const listener of listeners.get(`change:${name}`) ?? []) listener();
        }
        if (content) for (const listener of listeners.get("msg:custom") ?? []) listener(content, buffers.map(bytes));
    }
    setTimeout(take, 10);
};
const module = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
const widget = (await import(module)).default;
window.unmount = await widget.render({ model, el: document.getElementById("cell") });
take();
</script></body></html>"""


class Hosted:
    """Shows a widget in a nested frame of a page.

    Args:
        page: an empty page of the browser.
        widget: a widget of this process.
        theme: "light" or "dark".

    Attributes:
        frame: the frame that the widget is in; it has Playwright's locators.
    """

    def __init__(self, page: Any, widget: Any, theme: str) -> None:
        self._widget = widget
        self._line: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        widget.send = self._say
        widget.observe(lambda change: self._put(changed={change.name: change.new}), self._state())
        page.expose_function("hostOpen", self._open)
        page.expose_function("hostSave", self._save)
        page.expose_function("hostSend", lambda content: widget._handle_custom_msg(content, []))
        page.expose_function("hostTake", self._take)
        variables = "".join(f"--vscode-{name}: {colour};" for name, colour in COLOURS[theme].items())
        inner = FRAME % {"policy": POLICY, "variables": variables, "theme": theme}
        # not even the same origin: what the frame can reach is what it was given
        page.set_content(f"<!doctype html>{BODY}<iframe></iframe>")
        outer = f"<!doctype html>{BODY}<iframe id='inner' sandbox='{SANDBOX}'></iframe>"
        page.evaluate(
            """([outer, inner]) => new Promise((resolve) => {
                const frame = document.querySelector("iframe");
                frame.addEventListener("load", () => {
                    frame.contentDocument.getElementById("inner").srcdoc = inner;
                    resolve();
                }, { once: true });
                frame.srcdoc = outer;
            })""",
            [outer, inner],
        )
        self.frame = page.frame_locator("iframe").frame_locator("#inner")

    def _state(self) -> list[str]:
        return [name for name in self._widget.keys if not name.startswith("_")]

    def _open(self) -> dict[str, Any]:
        state = {name: getattr(self._widget, name) for name in self._widget.keys}
        plain = json.loads(json.dumps(state, default=str))
        return {"esm": self._widget._esm, "css": self._widget._css, "state": plain}

    def _save(self, state: dict[str, Any]) -> None:
        for name in self._state():
            if getattr(self._widget, name) != state.get(name):
                self._widget.set_trait(name, state.get(name))

    def _say(self, content: Any, buffers: list[bytes] | None = None) -> None:
        self._put(content=content, buffers=[base64.b64encode(bytes(b)).decode() for b in buffers or []])

    def _put(self, **message: Any) -> None:
        with self._lock:
            self._line.append({"content": None, "buffers": [], "changed": {}, **message})

    def _take(self) -> list[dict[str, Any]]:
        with self._lock:
            line, self._line = self._line, []
        return line
