"""A tiny model with random weights, real in every other way, and the small real one where ../shared is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SHARED = Path(__file__).resolve().parents[3] / "shared"
PHOTO_CLIP = SHARED / "models" / "photo-clip"
FLICKR = SHARED / "data" / "flickr8k_1000"


def write_model(folder: Path, *, custom_text: bool = False, pickled: bool = False, seed: int = 0) -> str:
    """A ViT of 5 layers' worth of nothing in OpenCLIP's local-dir format; returns its name."""
    import torch
    from open_clip.model import CLIP, CustomTextCLIP
    from safetensors.torch import save_file

    config = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    torch.manual_seed(seed)
    model = (CustomTextCLIP if custom_text else CLIP)(**config)
    folder.mkdir(parents=True, exist_ok=True)
    preprocess = {
        "mean": [0.4, 0.5, 0.6],
        "std": [0.2, 0.25, 0.3],
        "interpolation": "bilinear",
        "resize_mode": "shortest",
    }
    stored = {"model_cfg": {**config, "custom_text": custom_text}, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(stored))
    if pickled:
        torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    else:
        save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> str:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def photo_clip() -> str:
    if not PHOTO_CLIP.is_dir():
        pytest.skip("needs ../shared")
    return f"local-dir:{PHOTO_CLIP}"


@pytest.fixture(scope="session")
def pictures() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    sizes = [(40, 60), (64, 32), (33, 33), (100, 90), (32, 32), (20, 24)]
    return [Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)) for w, h in sizes]


@pytest.fixture
def no_network(monkeypatch):
    """Anything that opens a connection fails the test."""
    import socket

    def refuse(*_, **__):
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
