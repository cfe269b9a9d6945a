"""The browser side as it was built: `curate/static/`."""

from __future__ import annotations

from pathlib import Path

from curate.errors import MissingBundle

STATIC = Path(__file__).resolve().parents[1] / "static"


def bundle(name: str) -> str:
    """The text of a file of the bundle, such as "widget.js".

    Raises:
        MissingBundle: it has not been built.
    """
    path = STATIC / name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingBundle(
            f"The browser side of the widgets is not built: there is no {path}",
            hint="run 'npm ci && npm run build' in the folder widgets/ of the sources, or install curate-jupyter again",
        ) from None
