from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image

from curate.encoders.embed import embed_stream
from curate.encoders.function import FunctionEncoder
from curate.encoders.openclip import OpenClipEncoder
from curate.encoders.precomputed import PrecomputedVectors
from curate.errors import BadValue


def colour(number: int) -> Image.Image:
    return Image.new("RGB", (8, 8), (number % 256, 1 + number // 256, 100))


def mean_colours(pictures):
    return [np.asarray(picture, dtype=np.float32).mean(axis=(0, 1)) for picture in pictures]


def collect(stream):
    parts = list(stream)
    ids = np.concatenate([part.ids for part in parts])
    vectors = np.concatenate([part.vectors for part in parts])
    return ids, vectors, [failure for part in parts for failure in part.failures], parts


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_every_picture_comes_once_and_in_order(threads, size):
    encoder = FunctionEncoder(mean_colours, name="colours")
    items = [(1000 + i, str(i)) for i in range(50)]
    ids, vectors, failures, parts = collect(
        embed_stream(encoder, iter(items), load=lambda at: colour(int(at)), batch_size=size, threads=threads)
    )
    assert ids.dtype == np.int64
    assert vectors.dtype == np.float16
    assert ids.tolist() == [i for i, _ in items]
    assert not failures
    assert [len(part.ids) for part in parts[:-1]] == [size] * (len(parts) - 1)
    expected = np.array(mean_colours([colour(i) for i in range(50)]))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, expected, atol=1e-3)


def test_a_picture_that_fails_costs_itself():
    def load(location):
        if location == "7":
            raise OSError("truncated")
        return colour(int(location))

    encoder = FunctionEncoder(mean_colours, name="colours")
    ids, _, failures, _ = collect(embed_stream(encoder, [(i, str(i)) for i in range(20)], load=load, batch_size=4))
    assert ids.tolist() == [i for i in range(20) if i != 7]
    assert failures == [(7, "OSError: truncated")]


def test_a_picture_that_the_model_refuses_costs_itself():
    def picky(pictures):
        if any(picture.getpixel((0, 0))[0] == 5 for picture in pictures):
            raise RuntimeError("five")
        return mean_colours(pictures)

    encoder = FunctionEncoder(picky, name="picky")
    ids, vectors, failures, _ = collect(
        embed_stream(encoder, [(i, str(i)) for i in range(12)], load=lambda at: colour(int(at)), batch_size=4)
    )
    assert ids.tolist() == [i for i in range(12) if i != 5]
    assert len(vectors) == 11
    assert failures == [(5, "RuntimeError: five")]


def test_nothing_but_failures_is_still_told():
    def load(location):
        raise ValueError

    encoder = FunctionEncoder(mean_colours, name="colours")
    ids, vectors, failures, _ = collect(embed_stream(encoder, [(i, "x") for i in range(9)], load=load, batch_size=4))
    assert ids.size == 0
    assert vectors.shape == (0, 3)
    assert failures == [(i, "ValueError") for i in range(9)]
    assert list(embed_stream(encoder, [], load=load)) == []


def test_decoding_runs_ahead_but_not_far():
    loaded = []

    def load(location):
        loaded.append(location)
        return colour(int(location))

    encoder = FunctionEncoder(mean_colours, name="colours")
    stream = embed_stream(encoder, ((i, str(i)) for i in range(1000)), load=load, batch_size=8, threads=2)
    next(stream)
    time.sleep(0.2)
    assert 8 < len(loaded) <= 8 + 2 * 8 + 2
    stream.close()
    count = len(loaded)
    time.sleep(0.05)
    assert len(loaded) == count
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("curate-decode")]


def test_decoding_overlaps_the_model():
    running = threading.Event()
    overlapped = []

    def load(location):
        overlapped.append(running.is_set())
        return colour(int(location))

    def slow(pictures):
        running.set()
        time.sleep(0.02)
        running.clear()
        return mean_colours(pictures)

    encoder = FunctionEncoder(slow, name="slow")
    collect(embed_stream(encoder, [(i, str(i)) for i in range(200)], load=load, batch_size=8, threads=2))
    assert any(overlapped)


def test_each_core_takes_batches_in_order_and_a_failure_costs_itself(tiny_model, pictures):
    encoder = OpenClipEncoder.load(tiny_model, precision="fp32", device="cpu")

    def load(location):
        if location == "9":
            raise OSError("truncated")
        return pictures[int(location) % len(pictures)]

    before = torch.get_num_threads()
    items = [(i, str(i)) for i in range(41)]
    ids, vectors, failures, parts = collect(embed_stream(encoder, items, load=load, batch_size=4, threads=3))
    assert ids.tolist() == [i for i in range(41) if i != 9]
    assert failures == [(9, "OSError: truncated")]
    assert [len(part.ids) for part in parts] == [4, 4, 3, 4, 4, 4, 4, 4, 4, 4, 1]
    expected = encoder.encode_prepared([encoder.prepare(load(str(i))) for i in ids])
    np.testing.assert_allclose(vectors, expected, atol=1e-3)
    assert torch.get_num_threads() == before


def test_a_stream_that_is_left_gives_everything_back(tiny_model, pictures):
    encoder = OpenClipEncoder.load(tiny_model, precision="fp32", device="cpu")
    before = torch.get_num_threads()
    loaded = []

    def load(location):
        loaded.append(location)
        return pictures[0]

    stream = embed_stream(encoder, ((i, str(i)) for i in range(1000)), load=load, batch_size=4, threads=2)
    other = embed_stream(encoder, [(1, "1")], load=load)
    next(stream)
    list(other)
    assert torch.get_num_threads() == 1
    stream.close()
    assert torch.get_num_threads() == before
    assert len(loaded) <= 4 * 5 + 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("curate-embed")]


def test_given_vectors_are_looked_up_and_nothing_is_decoded():
    given = PrecomputedVectors([1, 2, 3], [[1, 0], [0, 0], [3, 4]])
    ids, vectors, failures, _ = collect(
        embed_stream(given, [(1, "a"), (2, "b"), (3, "c"), (4, "d")], load=lambda _: pytest.fail("decoded"))
    )
    assert ids.tolist() == [1, 3]
    np.testing.assert_allclose(vectors, [[1, 0], [0.6, 0.8]], atol=1e-3)
    assert [number for number, _ in failures] == [2, 4]


def test_arguments_are_checked_before_anything_runs():
    encoder = FunctionEncoder(mean_colours)
    for keywords in ({"batch_size": 0}, {"threads": 0}, {"device": "cuda"}):
        with pytest.raises(BadValue):
            embed_stream(encoder, [], load=colour, **keywords)


def test_the_stream_gives_what_the_encoder_gives(tiny_model, pictures):
    encoder = OpenClipEncoder.load(tiny_model, precision="fp32", device="cpu")
    items = [(i, str(i)) for i in range(len(pictures))]
    _, vectors, _, _ = collect(embed_stream(encoder, items, load=lambda at: pictures[int(at)], batch_size=2))
    expected = encoder.encode_prepared([encoder.prepare(picture) for picture in pictures])
    np.testing.assert_allclose(vectors, expected, atol=1e-3)
