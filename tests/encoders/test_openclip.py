from __future__ import annotations

import json
import logging
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from curate.encoders.encoder import Encoder, EncoderInfo
from curate.encoders.openclip import OpenClipEncoder, _is_convolutional
from curate.errors import BadValue

from .conftest import write_model

TEXTS = ["a dog on a beach", "night", "hail on the windshield of a car"]


def whole_model(model):
    import open_clip

    loaded, _, preprocess = open_clip.create_model_and_transforms(model)
    return loaded.eval(), preprocess, open_clip.get_tokenizer(model)


@pytest.mark.parametrize("kind", [{}, {"custom_text": True}, {"pickled": True}])
def test_the_text_tower_alone_equals_the_whole_model(tmp_path, kind):
    model = write_model(tmp_path / "model", **kind)
    encoder = OpenClipEncoder.load(model, precision="fp32", device="cpu")
    loaded, _, tokenizer = whole_model(model)
    with torch.inference_mode():
        expected = loaded.encode_text(tokenizer(TEXTS)).numpy()
    vectors = encoder.encode_texts(TEXTS)
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-7)
    assert encoder._image_tower is None


@pytest.mark.shared
def test_the_text_tower_of_a_trained_model_equals_the_whole_model(photo_clip):
    encoder = OpenClipEncoder.load(photo_clip, device="cpu")
    loaded, _, tokenizer = whole_model(photo_clip)
    with torch.inference_mode():
        expected = loaded.encode_text(tokenizer(TEXTS)).numpy()
    np.testing.assert_allclose(
        encoder.encode_texts(TEXTS), expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-7
    )


def test_searching_by_words_reads_no_weight_of_the_image_tower(tiny_model, monkeypatch):
    import open_clip.model
    import safetensors

    read = []

    class Recording:
        def __init__(self, *arguments):
            self.file = real(*arguments)

        def __enter__(self):
            self.opened = self.file.__enter__()
            return self

        def __exit__(self, *error):
            return self.file.__exit__(*error)

        def keys(self):
            return self.opened.keys()

        def get_tensor(self, name):
            read.append(name)
            return self.opened.get_tensor(name)

    real = safetensors.safe_open
    monkeypatch.setattr(safetensors, "safe_open", Recording)
    monkeypatch.setattr(open_clip.model, "_build_vision_tower", lambda *_, **__: pytest.fail("built the image tower"))
    OpenClipEncoder.load(tiny_model, device="cpu").encode_texts(["night"])
    assert read
    assert not [name for name in read if name.startswith("visual")]


def test_pictures_are_prepared_exactly_as_the_model_wants(tiny_model, pictures):
    encoder = OpenClipEncoder.load(tiny_model, precision="fp32", device="cpu")
    loaded, preprocess, _ = whole_model(tiny_model)
    odd = [pictures[0].convert("L"), pictures[1].convert("RGBA"), pictures[2].convert("CMYK")]
    expected = torch.stack([preprocess(picture) for picture in pictures + odd])
    prepared = [encoder.prepare(picture) for picture in pictures + odd]
    assert torch.equal(encoder.normalised(prepared), expected)
    with torch.inference_mode():
        features = loaded.encode_image(expected, normalize=True).numpy()
    np.testing.assert_allclose(encoder.encode_prepared(prepared), features, atol=1e-6)


def test_vectors_have_unit_length_and_the_right_type(tiny_model, pictures):
    encoder = OpenClipEncoder.load(tiny_model, device="cpu")
    for vectors in (encoder.encode_prepared([encoder.prepare(p) for p in pictures]), encoder.encode_texts(TEXTS)):
        assert vectors.dtype == np.float32
        assert vectors.shape[1] == encoder.dimension == encoder.info.dimension == 24
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert encoder.encode_prepared([]).shape == encoder.encode_texts([]).shape == (0, 24)


def test_bf16_stays_near_fp32(tiny_model, pictures):
    exact = OpenClipEncoder.load(tiny_model, precision="fp32", device="cpu")
    rounded = OpenClipEncoder.load(tiny_model, precision="bf16", device="cpu")
    prepared = [exact.prepare(picture) for picture in pictures]
    cosines = (exact.encode_prepared(prepared) * rounded.encode_prepared(prepared)).sum(axis=1)
    assert cosines.min() >= 0.999
    assert rounded.info.precision == "bf16"
    # Words are fp32 whatever the pictures are: one query, one vector.
    np.testing.assert_array_equal(exact.encode_texts(TEXTS), rounded.encode_texts(TEXTS))


def test_convolutional_towers_stay_in_fp32_by_default():
    # bf16 comes only as near as 0.997 to fp32 in an EfficientNet.
    assert _is_convolutional({"vision_cfg": {"timm_model_name": "tf_efficientnet_lite0"}})
    assert _is_convolutional({"vision_cfg": {"layers": [3, 4, 6, 3]}})
    assert not _is_convolutional({"vision_cfg": {"layers": 12}})
    assert not _is_convolutional({"vision_cfg": {"timm_model_name": "vit_base_patch16_siglip_224"}})


def test_info_says_what_the_vectors_were_made_with(tiny_model, tmp_path):
    info = OpenClipEncoder.load(tiny_model, precision="fp32", device="cpu").info
    assert info.name == "tiny"
    assert info.model == tiny_model
    assert info.preprocessing == "32x32 shortest bilinear mean=0.4,0.5,0.6 std=0.2,0.25,0.3"
    assert EncoderInfo.from_json(info.to_json()) == info
    other = OpenClipEncoder.load(write_model(tmp_path / "tiny", seed=1), device="cpu").info
    assert other.name == info.name
    assert other.weights_hash != info.weights_hash
    with pytest.raises(BadValue, match="does not describe"):
        EncoderInfo.from_json(json.dumps({"name": 3}))


def test_tokens_are_counted_before_they_are_cut(tiny_model):
    encoder = OpenClipEncoder.load(tiny_model, device="cpu")
    assert encoder.token_count("a dog") == (4, 16)
    assert encoder.token_count("dog " * 30)[0] == 32


def test_the_root_logger_stays_as_it_was(tiny_model):
    before = list(logging.getLogger().handlers)
    OpenClipEncoder.load(tiny_model, device="cpu").encode_texts(["night"])
    assert logging.getLogger().handlers == before


def test_importing_the_package_loads_no_torch():
    code = "import sys, curate.encoders, curate.encoders.openclip; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-W", "error", "-c", code], check=False).returncode == 0


def test_it_is_an_encoder(tiny_model):
    encoder: Encoder = OpenClipEncoder.load(tiny_model, device="cpu")
    assert encoder.image_size == 32
    assert encoder.prepare(Image.new("RGB", (50, 40))).shape == (32, 32, 3)


def test_the_scale_of_the_cosines_is_that_of_the_weights():
    from safetensors.numpy import load_file

    encoder = OpenClipEncoder.load("demo")
    stored = load_file(encoder.weights.path)["logit_scale"]
    assert encoder.logit_scale == pytest.approx(np.exp(stored.astype(np.float32)))
    assert encoder._text_tower is None, "a number is read, not a model"
