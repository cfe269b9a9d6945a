from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from curate.encoders import weights
from curate.encoders.weights import download_size, find_weights
from curate.errors import BadValue, UnknownName, WeightsNotFound

from .conftest import write_model


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_without_a_network_the_error_says_how_to_go_on(empty_cache, no_network):
    with pytest.raises(WeightsNotFound) as raised:
        find_weights("ViT-B-32/laion2b_s34b_b79k", notify=pytest.fail)
    text = str(raised.value)
    for expected in ("605 MB", "HF_HUB_OFFLINE", "huggingface.co/laion/", "local-dir:PATH", "'demo'"):
        assert expected in text
    assert isinstance(raised.value, FileNotFoundError)


def test_a_failed_download_is_announced_and_explained(empty_cache, monkeypatch):
    import huggingface_hub

    tried, told = [], []

    def fail(repository, filename):
        tried.append(filename)
        raise ConnectionError("no route")

    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fail)
    with pytest.raises(WeightsNotFound, match=r"no route.*local-dir:PATH"):
        find_weights("ViT-B-32/laion2b_s34b_b79k", notify=told.append)
    assert tried == ["open_clip_model.safetensors"]  # and not every other name, each with its own time-out
    assert told == [
        "Downloading ViT-B-32/laion2b_s34b_b79k (605 MB) from https://huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K; "
        "it is kept for the next time."
    ]


def test_weights_in_the_cache_are_used_without_a_network(empty_cache, no_network):
    revision = "0" * 40
    repository = empty_cache / "models--laion--CLIP-ViT-B-32-laion2B-s34B-b79K"
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    (snapshot / "open_clip_model.safetensors").write_bytes(b"weights")
    found = find_weights("ViT-B-32/laion2b_s34b_b79k")
    assert found.path.read_bytes() == b"weights"
    assert found.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert found.name == "ViT-B-32--laion2b_s34b_b79k"
    assert found.preprocess_config["resize_mode"] == "shortest"


def test_openai_weights_get_the_activation_that_they_were_trained_with(empty_cache, monkeypatch):
    monkeypatch.setattr(weights, "_cached", lambda *_: empty_cache)
    assert find_weights("ViT-B-32/openai").model_config["quick_gelu"] is True
    assert "quick_gelu" not in find_weights("ViT-B-32/laion2b_s34b_b79k").model_config


@pytest.mark.parametrize(
    ("model", "near"),
    [("ViT-B-32/laion2b", "ViT-B-32/laion2b"), ("ViT-B32/openai", "ViT-B-32/openai"), ("VIT", ""), ("", "")],
)
def test_unknown_models_come_with_near_names(model, near, no_network):
    with pytest.raises(UnknownName) as raised:
        find_weights(model)
    assert near in str(raised.value)


def test_a_folder_without_a_model_says_what_belongs_there(tmp_path):
    with pytest.raises(WeightsNotFound, match=r"open_clip_config\.json"):
        find_weights(f"local-dir:{tmp_path}")
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": {}}))
    with pytest.raises(BadValue, match="does not describe"):
        find_weights(f"local-dir:{tmp_path}")
    write_model(tmp_path)
    (tmp_path / "open_clip_model.safetensors").unlink()
    with pytest.raises(WeightsNotFound, match="no weights"):
        find_weights(f"local-dir:{tmp_path}")


def test_safetensors_come_before_pickles(tmp_path):
    write_model(tmp_path)
    write_model(tmp_path, pickled=True)
    assert find_weights(f"local-dir:{tmp_path}").path.name == "open_clip_model.safetensors"


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    import pickle

    from curate.encoders.openclip import OpenClipEncoder

    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    model = write_model(tmp_path, pickled=True)
    (tmp_path / "open_clip_pytorch_model.bin").write_bytes(pickle.dumps({"a": Bomb()}))
    with pytest.raises(Exception, match=r"(?i)weights"):
        OpenClipEncoder.load(model, device="cpu").encode_texts(["night"])
    assert not (tmp_path / "ran").exists()


def test_sizes_are_said_in_words():
    assert download_size("ViT-B-32-quickgelu/openai") == "605 MB"
    assert download_size("unheard-of/tag") == "size unknown"


def test_looking_for_weights_loads_no_torch(tmp_path):
    model = write_model(tmp_path)
    code = (
        "import sys; from curate.encoders.weights import find_weights; "
        f"find_weights({model!r}).sha256; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
