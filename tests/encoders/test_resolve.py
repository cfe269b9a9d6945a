from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.encoders.function import FunctionEncoder
from curate.encoders.openclip import OpenClipEncoder
from curate.encoders.precomputed import PrecomputedVectors
from curate.encoders.resolve import resolve
from curate.encoders.weights import DEMO_MODEL
from curate.errors import BadValue, UnknownName


def test_each_kind_of_model_finds_its_encoder(tiny_model, tmp_path):
    table = pl.DataFrame({"sample_id": [1], "vector": [[1.0, 2.0]]})
    table.write_parquet(tmp_path / "v.parquet")
    folder = Path(tiny_model.removeprefix("local-dir:"))
    encoder = resolve(tiny_model, device="cpu")
    assert isinstance(encoder, OpenClipEncoder)
    assert isinstance(resolve(folder, device="cpu"), OpenClipEncoder)
    assert resolve(encoder) is encoder
    assert isinstance(resolve(lambda pictures: pictures, name="mine"), FunctionEncoder)
    for given in (table, str(tmp_path / "v.parquet"), tmp_path / "v.parquet"):
        assert isinstance(resolve(given, name="old"), PrecomputedVectors)
    array = resolve(np.ones((2, 24)), ids=np.array([4, 5]), name="old", text=tiny_model)
    assert array.info.has_text
    assert array.name == "old"


@pytest.mark.skipif(not (DEMO_MODEL / "open_clip_config.json").is_file(), reason="the demo model is not built")
def test_the_demo_model_comes_with_the_package():
    encoder = resolve("demo", device="cpu")
    assert encoder.name == encoder.info.model == "demo"


@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        (np.ones((2, 3)), BadValue, "whose they are"),
        (3.5, BadValue, "float"),
        ("function:module.f", BadValue, "hand it over again"),
        ("given:old", BadValue, "hand it over again"),
        ("ViT-B-32/opanai", UnknownName, "openai"),
    ],
)
def test_what_is_no_model_is_refused(model, error, words):
    with pytest.raises(error, match=words):
        resolve(model)


def test_a_folder_without_its_prefix_is_recognised(tiny_model):
    folder = tiny_model.removeprefix("local-dir:")
    with pytest.raises(BadValue, match="local-dir:"):
        resolve(folder)
