"""Finding a model's weights: in a folder, in the Hugging Face cache, or by downloading them.

What is read is a file's JSON and safetensors, or a checkpoint under ``weights_only=True``; nothing is unpickled.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from curate.encoders.encoder import slug
from curate.errors import BadValue, UnknownName, WeightsNotFound

LOCAL = "local-dir:"
DEMO = "demo"
DEMO_MODEL = Path(__file__).resolve().parent.parent / "demo" / "model"

# Megabytes to download (fp32 safetensors of the whole model), for the models that people ask for first.
_MEGABYTES = {
    "ViT-B-32": 605,
    "ViT-B-32-256": 605,
    "ViT-B-16": 599,
    "ViT-L-14": 1710,
    "ViT-L-14-336": 1710,
    "ViT-H-14": 3940,
    "ViT-g-14": 5470,
    "ViT-bigG-14": 10200,
    "ViT-B-16-SigLIP": 813,
    "ViT-B-16-SigLIP2": 1500,
    "ViT-L-16-SigLIP-256": 2610,
    "ViT-SO400M-14-SigLIP": 3510,
    "ViT-SO400M-14-SigLIP-384": 3510,
    "MobileCLIP-S1": 340,
    "MobileCLIP-S2": 398,
    "MobileCLIP-B": 600,
    "RN50": 408,
    "convnext_base_w": 718,
}
_OFFLINE_HINT = (
    "without a network: put the model's open_clip_config.json and open_clip_model.safetensors into a folder and use "
    "'local-dir:PATH', pass vectors that you have, or use 'demo', which comes with Curate"
)


class Weights(msgspec.Struct, frozen=True):
    """A model that is here: its configuration and the file to load.

    Attributes:
        name: slug of the encoder.
        model: the string that names it.
        path: the file with the weights.
        model_config: OpenCLIP's ``model_cfg``: embed_dim, vision_cfg, text_cfg.
        preprocess_config: mean, std, interpolation, resize_mode, as far as they are known.
        tokenizer: what ``open_clip.get_tokenizer`` takes.
    """

    name: str
    model: str
    path: Path
    model_config: dict[str, Any]
    preprocess_config: dict[str, Any]
    tokenizer: str

    @property
    def sha256(self) -> str:
        """Hex sha256 of the file; read once for each version of it."""
        status = self.path.stat()
        return _sha256(str(self.path), status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _sha256(path: str, size: int, modified: int) -> str:  # noqa: ARG001 - they are what the cache goes by
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def offline() -> bool:
    """Whether downloading is switched off (``HF_HUB_OFFLINE=1``)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def find_weights(model: str, *, notify: Callable[[str], None] | None = None) -> Weights:
    """The configuration and the weights of `model`, downloaded where they must be.

    Args:
        model: "ARCHITECTURE/TAG" as OpenCLIP lists them, "local-dir:PATH", or "demo".
        notify: told, before a download begins, what will come and how large it is; by default the log.

    Raises:
        UnknownName: OpenCLIP has no such architecture, or no such weights for it.
        WeightsNotFound: the weights are not here and cannot be had.
    """
    if model == DEMO:
        return _local(DEMO_MODEL, model, name=DEMO)
    if model.startswith(LOCAL):
        path = Path(model.removeprefix(LOCAL)).expanduser()
        return _local(path, f"{LOCAL}{path}", name=slug(path.resolve().name))
    return _published(model, notify or logging.getLogger("curate").warning)


def at_hand(model: str) -> bool:
    """Whether the weights of `model` are on this machine, so that nothing would be downloaded.

    >>> at_hand("demo"), at_hand("local-dir:nowhere"), at_hand("ViT-B-32/no-such-tag")
    (True, False, False)
    """
    try:
        if model == DEMO or model.startswith(LOCAL):
            return find_weights(model) is not None
        repository, filename = _repository(_listed(model)[3])
    except (WeightsNotFound, UnknownName, BadValue):
        return False
    return bool(repository) and _cached(repository, filename) is not None


def _local(folder: Path, model: str, *, name: str) -> Weights:
    config_path = folder / "open_clip_config.json"
    if not config_path.is_file():
        hint = "a folder in OpenCLIP's local-dir format holds open_clip_config.json and open_clip_model.safetensors"
        if model == DEMO:
            hint = "install Curate from a wheel; a checkout needs the demo model to be built"
        raise WeightsNotFound(f"There is no model in {str(folder)!r}: open_clip_config.json is missing", hint=hint)
    try:
        config = json.loads(config_path.read_text(encoding="utf-8"))
        model_config = dict(config["model_cfg"])
        preprocess = dict(config.get("preprocess_cfg", {}))
        _ = model_config["embed_dim"], model_config["vision_cfg"], model_config["text_cfg"]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadValue(f"{str(config_path)!r} does not describe an OpenCLIP model: {error!r}") from error
    # OpenCLIP's order: its own names first, then any other, safetensors before pickles.
    names = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin")
    files = [folder / name for name in names]
    files += sorted(folder.glob("*.safetensors")) + sorted(folder.glob("*.bin")) + sorted(folder.glob("*.pth"))
    path = next((file for file in files if file.is_file()), None)
    if path is None:
        raise WeightsNotFound(
            f"There are no weights in {str(folder)!r}", hint="put open_clip_model.safetensors beside the configuration"
        )
    return Weights(name, model, path, model_config, preprocess, tokenizer=f"{LOCAL}{folder}")


def _published(model: str, notify: Callable[[str], None]) -> Weights:
    architecture, tag, config, tagged = _listed(model)
    repository, filename = _repository(tagged)
    if not repository:
        raise WeightsNotFound(
            f"OpenCLIP knows no download for {model!r}", hint="use 'local-dir:PATH' with weights that you have"
        )
    path = _cached(repository, filename) or _download(model, repository, filename, notify)
    if tagged.get("quick_gelu"):
        config["quick_gelu"] = True  # weights that were trained so give other vectors without it
    preprocess = {key: tagged[key] for key in ("mean", "std", "interpolation", "resize_mode") if tagged.get(key)}
    return Weights(slug(f"{architecture}/{tag}"), f"{architecture}/{tag}", path, config, preprocess, architecture)


def _listed(model: str) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    """Architecture, tag, and what OpenCLIP knows of each."""
    import open_clip

    architecture, _, tag = model.rpartition("/")
    architecture = architecture.replace("/", "-")
    known = open_clip.list_models()
    if architecture not in known:
        listed = [f"{a}/{t}" for a, t in open_clip.list_pretrained()]
        raise UnknownName("OpenCLIP model", model, listed)
    tagged = open_clip.get_pretrained_cfg(architecture, tag)
    if not tagged:
        tags = open_clip.list_pretrained_tags_by_model(architecture)
        raise UnknownName("OpenCLIP model", model, [f"{architecture}/{t}" for t in tags])
    return architecture, tag, open_clip.get_model_config(architecture), dict(tagged)


def _repository(tagged: dict[str, Any]) -> tuple[str, str]:
    """(Hugging Face repository, file name) of a tag; the name is empty where the repository decides."""
    repository, _, filename = str(tagged.get("hf_hub", "")).rpartition("/")
    return repository, filename


def _candidates(filename: str) -> list[str]:
    """Names to try, safetensors first."""
    if not filename:
        return ["open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin"]
    return list(dict.fromkeys([str(Path(filename).with_suffix(".safetensors")), filename]))


def _cached(repository: str, filename: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for candidate in _candidates(filename):
        found = try_to_load_from_cache(repository, candidate)
        if isinstance(found, str):
            return Path(found)
    return None


def _download(model: str, repository: str, filename: str, notify: Callable[[str], None]) -> Path:
    source = f"https://huggingface.co/{repository}"
    if offline():
        raise WeightsNotFound(
            f"The weights of {model!r} ({download_size(model)}) are not on this machine, and HF_HUB_OFFLINE is set",
            hint=f"unset it once to download them from {source}; {_OFFLINE_HINT}",
        )
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    notify(f"Downloading {model} ({download_size(model)}) from {source}; it is kept for the next time.")
    failure: Exception | None = None
    for candidate in _candidates(filename):
        try:
            return Path(hf_hub_download(repository, candidate))
        except Exception as error:  # the hub's errors, and those of whichever HTTP library it uses
            failure = error
            if isinstance(error, LocalEntryNotFoundError) or not isinstance(error, EntryNotFoundError):
                break  # no network: the other names would wait for it just as long
    raise WeightsNotFound(
        f"The weights of {model!r} ({download_size(model)}) could not be downloaded from {source}: {failure}",
        hint=f"check the network or a proxy (HTTPS_PROXY, HF_ENDPOINT), then run the same again; {_OFFLINE_HINT}",
    ) from failure


def download_size(model: str) -> str:
    """How much a download of `model` is, in words.

    >>> download_size("ViT-B-32/laion2b_s34b_b79k"), download_size("ViT-L-14/openai"), download_size("some/other")
    ('605 MB', '1.7 GB', 'size unknown')
    """
    megabytes = _MEGABYTES.get(model.rpartition("/")[0].removesuffix("-quickgelu"))
    if megabytes is None:
        return "size unknown"
    return f"{megabytes} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"
