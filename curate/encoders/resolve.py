"""From what a user names, or hands over, to an encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from curate.encoders.encoder import Encoder
from curate.encoders.weights import DEMO, LOCAL
from curate.errors import BadValue

# The smallest widely used OpenCLIP model, trained on open data: 605 MB, 512 dimensions.
REAL_MODEL = "ViT-B-32/laion2b_s34b_b79k"


def default_model(*, recorded: str | None = None, demo: bool = False) -> str:
    """The model to use where the user names none.

    Args:
        recorded: the model that the dataset's vectors were made with.
        demo: whether it is a demo dataset.

    >>> default_model(), default_model(demo=True), default_model(recorded="local-dir:mine", demo=True)
    ('ViT-B-32/laion2b_s34b_b79k', 'demo', 'local-dir:mine')
    """
    return recorded or (DEMO if demo else REAL_MODEL)


def resolve(
    model: Any,
    *,
    precision: str = "auto",
    device: str | None = None,
    ids: Sequence[int] | Any | None = None,
    name: str | None = None,
    text: Any = None,
    notify: Callable[[str], None] | None = None,
) -> Encoder:
    """The encoder that `model` means.

    Args:
        model: "ARCHITECTURE/TAG" of OpenCLIP, "local-dir:PATH", "demo", a callable from a list of PIL images to (n, d)
            vectors, a table of vectors (frame, Arrow table, path of a .parquet), an (n, d) array aligned with `ids`,
            or an encoder.
        precision: "auto", "fp32", "bf16" or "fp16".
        device: "cpu" or "cuda"; None takes a GPU where there is one.
        ids: (n,) sample ids, for an array.
        name: of the encoder, for a callable, a table or an array.
        text: what encodes words in the same space: a callable beside a callable, a model beside vectors.
        notify: told before something is downloaded: what, and how large; by default the log.

    Raises:
        UnknownName: OpenCLIP knows no such model; near ones are named.
        WeightsNotFound: the weights are not here and cannot be had.
        BadValue: none of these.
    """
    if hasattr(type(model), "encode_prepared"):
        return model  # type: ignore[no-any-return]
    if isinstance(model, Path):
        model = f"{LOCAL}{model}" if model.is_dir() else str(model)
    if isinstance(model, str) and not model.endswith(".parquet"):
        return _named(model, precision, device, notify)
    if callable(model):
        from curate.encoders.function import FunctionEncoder

        return FunctionEncoder(model, texts=text, name=name)
    words = None if text is None else resolve(text, precision=precision, device=device, notify=notify)
    return _given(model, ids, name or "given", words)


def _named(model: str, precision: str, device: str | None, notify: Callable[[str], None] | None) -> Encoder:
    from curate.encoders.openclip import OpenClipEncoder

    if model.startswith("function:") or model.startswith("given:"):
        kind, _, name = model.partition(":")
        raise BadValue(
            f"The {'function' if kind == 'function' else 'vectors'} {name!r} cannot be made again from a name",
            hint="hand it over again",
        )
    if "/" in model and not model.startswith(LOCAL) and (Path(model) / "open_clip_config.json").is_file():
        raise BadValue(f"{model!r} is a folder with a model", hint=f"say {LOCAL + model!r}")
    return OpenClipEncoder.load(model, precision=precision, device=device, notify=notify)


def _given(model: Any, ids: Any, name: str, text: Encoder | None) -> Encoder:
    from curate.encoders.precomputed import PrecomputedVectors

    if hasattr(model, "columns") or hasattr(model, "column_names") or isinstance(model, str):
        return PrecomputedVectors.from_table(model, name=name, text=text)
    if hasattr(model, "shape") or isinstance(model, list | tuple):
        if ids is None:
            raise BadValue("An array of vectors needs to know whose they are", hint="pass ids, in the same order")
        return PrecomputedVectors(ids, model, name=name, text=text)
    raise BadValue(
        f"Nothing encodes with a {type(model).__name__}",
        hint=f"{REAL_MODEL!r}, 'local-dir:PATH', 'demo', a callable, a table or an array",
    )
