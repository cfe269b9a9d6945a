from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from curate.encoders.function import FunctionEncoder
from curate.errors import BadValue


def double(pictures):
    return np.array([[picture.width, picture.height] for picture in pictures], dtype=np.float64)


def test_a_function_is_an_encoder():
    encoder = FunctionEncoder(double)
    assert encoder.name == "double"
    assert encoder.info.dimension == 2
    assert not encoder.info.has_text
    prepared = [encoder.prepare(Image.new("L", (3, 4))), encoder.prepare(Image.new("RGBA", (6, 8)))]
    assert {picture.mode for picture in prepared} == {"RGB"}
    np.testing.assert_allclose(encoder.encode_prepared(prepared), [[0.6, 0.8], [0.6, 0.8]])


def test_tensors_with_a_gradient_are_taken():
    encoder = FunctionEncoder(lambda pictures: torch.ones(len(pictures), 4, requires_grad=True, dtype=torch.bfloat16))
    np.testing.assert_allclose(encoder.encode_prepared([Image.new("RGB", (2, 2))]), [[0.5] * 4])


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda pictures: np.ones((3, 2)), r"given 1 images and gave an array of the shape \(3, 2\)"),
        (lambda pictures: np.ones(2), "one row for each"),
        (lambda pictures: [[np.nan, 1]], "finite"),
        (lambda pictures: [[0, 0]], "zeros"),
    ],
)
def test_what_is_not_vectors_is_refused(function, words):
    with pytest.raises(BadValue, match=words):
        FunctionEncoder(function).encode_prepared([Image.new("RGB", (2, 2))])


def test_words_need_a_function_of_their_own():
    with pytest.raises(BadValue, match="knows no words"):
        FunctionEncoder(double).encode_texts(["night"])
    encoder = FunctionEncoder(double, texts=lambda texts: [[len(text), 0] for text in texts])
    assert encoder.info.has_text
    np.testing.assert_allclose(encoder.encode_texts(["a", "bb"]), [[1, 0], [1, 0]])
    with pytest.raises(BadValue, match="3 dimensions and images 2"):
        FunctionEncoder(double, texts=lambda texts: np.ones((len(texts), 3))).encode_texts(["night"])


def test_names_are_fit_for_folders():
    assert FunctionEncoder(lambda pictures: pictures).name == "lambda"
    assert FunctionEncoder(double, name="my model/v2").name == "my-model--v2"
