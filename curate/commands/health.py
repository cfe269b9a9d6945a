"""`curate doctor`: what is installed, what it can do on this machine, and what to do about what is missing."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from html import escape
from importlib import metadata
from typing import Literal, cast

import msgspec
import typer

from curate.commands.output import DIFFERENT, Json, say, say_json

State = Literal["ok", "optional", "repair"]

NEEDED = (
    "numpy", "polars", "pyarrow", "duckdb", "pylance", "faiss-cpu", "pillow", "simplejpeg", "fsspec", "torch", "torchvision",
    "open-clip-torch", "umap-learn", "anywidget", "ipywidgets",
)  # fmt: skip
# What gives more, and the extra that brings it.
EXTRAS = {
    "jupyterlab": "lab", "ipykernel": "lab", "s3fs": "s3", "gcsfs": "gcs", "fiftyone": "fiftyone", "ray": "ray", "av": "video",
    "cleanlab": "labels", "pycocotools": "labels",
}  # fmt: skip
_OFFLINE = "Without a network: local-dir:PATH with a model that you have, or demo, which comes with Curate"


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        name: what.
        state: "ok"; "optional", something more could be had; "repair", something does not work as it is.
        found: what is there.
        advice: what to do, where there is something to do.
    """

    name: str
    state: State
    found: str
    advice: str = ""


class Health(msgspec.Struct, frozen=True):
    """The outcome of `doctor`, one `Check` a thing."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing has to be repaired."""
        return all(check.state != "repair" for check in self.checks)

    def __str__(self) -> str:
        width = max(len(check.name) for check in self.checks)
        marks = {"ok": "ok    ", "optional": "-     ", "repair": "REPAIR"}
        lines = []
        for check in self.checks:
            lines.append(f"{marks[check.state]}  {check.name.ljust(width)}  {check.found}")
            if check.advice:
                lines.append(" " * (width + 10) + check.advice)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(c.state)}</td><td>{escape(c.name)}</td><td>{escape(c.found)}</td><td>{escape(c.advice)}</td></tr>"
            for c in self.checks
        )
        return f"<table class='curate-doctor'>{rows}</table>"


def doctor() -> Health:
    """Look at this installation: packages, processor, widgets, Jupyter, model weights. Nothing is downloaded or changed.

    >>> from curate.commands.health import doctor
    >>> doctor().checks[0].name
    'curate'
    """
    return Health(tuple(check for look in _LOOKS for check in _guarded(look)))


def doctor_command(*, json: Json = False) -> None:
    """Say what is installed, what it can do on this machine, and what to do about what is missing.

    Ends with 3 if something has to be repaired.
    """
    health = doctor()
    if json:
        say_json({"ok": health.ok, "checks": health.checks})
    else:
        say(health)
    if not health.ok:
        raise typer.Exit(DIFFERENT)


def _guarded(look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """A broken package must not keep the doctor from looking at the others: it is what the doctor is asked about."""
    try:
        yield from look()
    except Exception as error:
        name = look.__name__.strip("_")
        yield Check(name, "repair", f"{type(error).__name__}: {error}", "install curate-jupyter again")


def _curate() -> Iterator[Check]:
    import curate

    # The package's own folder tells a checkout from an installation.
    yield Check("curate", "ok", f"{curate.__version__} in {os.path.dirname(curate.__file__)}")  # noqa: PTH120
    yield Check(
        "python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    )


def _packages() -> Iterator[Check]:
    versions = {name: _version(name) for name in (*NEEDED, *EXTRAS)}
    there = [f"{name} {versions[name]}" for name in NEEDED if versions[name]]
    missing = [name for name in NEEDED if not versions[name]]
    yield Check("packages", "ok", ", ".join(there))
    if missing:
        again = "pip install --force-reinstall curate-jupyter"
        yield Check("missing packages", "repair", ", ".join(missing), again)
    for extra in dict.fromkeys(EXTRAS.values()):
        names = [name for name, of in EXTRAS.items() if of == extra]
        found = [f"{name} {versions[name]}" if versions[name] else f"no {name}" for name in names]
        complete = all(versions[name] for name in names)
        advice = "" if complete else f"pip install 'curate-jupyter[{extra}]'"
        yield Check(f"extra {extra}", "ok" if complete else "optional", ", ".join(found), advice)


def _processor() -> Iterator[Check]:
    import torch

    from curate.encoders.precision import cpu_has_bf16

    fast = cpu_has_bf16()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = f"{cores} cores, {'computes bf16' if fast else 'no bf16 instructions: embedding runs in fp32'}"
    yield Check(
        "processor", "ok" if fast else "optional", found, "" if fast else "a newer CPU embeds about four times as fast"
    )
    if torch.cuda.is_available():
        yield Check("GPU", "ok", ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())))
    else:
        yield Check("GPU", "optional", "none that torch can use", "not needed; large pools embed faster with one")


def _widgets() -> Iterator[Check]:
    from curate.errors import MissingBundle
    from curate.widgets.bundle import STATIC, bundle

    try:
        for name in ("widget.js", "widget.css"):
            bundle(name)
    except MissingBundle:
        advice = "npm ci && npm run build in widgets/ of the sources, or install curate-jupyter again"
        yield Check("widgets", "repair", "the browser side is not built", advice)
    else:
        size = sum(path.stat().st_size for path in STATIC.iterdir() if path.is_file())
        yield Check("widgets", "ok", f"the browser side is there ({size / 1000:,.0f} KB)")


def _jupyter() -> Iterator[Check]:
    kernel, lab = _version("ipykernel"), _version("jupyterlab")
    if not kernel:
        yield Check(
            "kernel", "optional", "no ipykernel: notebooks cannot use this Python", "pip install 'curate-jupyter[lab]'"
        )
        return
    from ipykernel.comm.comm import BaseComm

    alive = _major(kernel) >= (7, 0) and hasattr(BaseComm, "_reply_subshell_for")
    found = f"ipykernel {kernel}, {'with' if alive else 'without'} subshells that widgets can use"
    advice = "" if alive else "pip install 'ipykernel>=7': until then widgets wait while a cell runs"
    yield Check("kernel", "ok" if alive else "optional", found, advice)
    if lab and _major(lab) < (4, 4):
        advice = "pip install 'jupyterlab>=4.4': older ones do not use subshells"
        yield Check("jupyterlab", "optional", lab, advice)


def _weights() -> Iterator[Check]:
    from curate.encoders.resolve import REAL_MODEL
    from curate.encoders.weights import DEMO, find_weights
    from curate.errors import CurateError

    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"  # looking must not download
    try:
        for model, use, state, advice in (
            (DEMO, "the demo's CLIP", "repair", "install Curate from a wheel; a checkout needs the model to be built"),
            (REAL_MODEL, "what embed() takes by default", "optional", "the first embed() downloads it. " + _OFFLINE),
        ):
            try:
                size = find_weights(model).path.stat().st_size / 1e6
            except CurateError:
                yield Check(f"model {model}", cast(State, state), f"{use}: not on this machine", advice)
            else:
                yield Check(f"model {model}", "ok", f"{use}: {size:,.0f} MB, works offline")
    finally:
        if before is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _major(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


_LOOKS = (_curate, _packages, _processor, _widgets, _jupyter, _weights)
