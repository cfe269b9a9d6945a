"""Masks come back as they were, whichever way they are written."""

from __future__ import annotations

import contextlib
import io
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from pycocotools import mask as coco

from curate.errors import BadValue
from curate.media.mask import from_png, from_rings, from_runs, key_of, to_png

masks = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(masks)
def test_run_lengths_are_those_of_the_coco_tools(mask: np.ndarray) -> None:
    packed = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert (from_runs(packed["counts"].decode(), *mask.shape) == mask).all()
    flat = mask.T.reshape(-1).tolist()
    runs = [0] * flat[0] + [len(list(run)) for _, run in groupby(flat)]
    assert (from_runs(runs, *mask.shape) == mask).all()
    assert coco.frPyObjects({"size": list(mask.shape), "counts": runs}, *mask.shape)["counts"] == packed["counts"]


@given(masks)
def test_a_png_gives_the_mask_back(mask: np.ndarray) -> None:
    assert (from_png(to_png(mask)) == mask).all()


@given(st.text(max_size=20))
def test_any_text_is_run_lengths_or_refused(text: str) -> None:
    with contextlib.suppress(BadValue):
        assert from_runs(text, 5, 7).shape == (5, 7)


@pytest.mark.parametrize("counts", [[36], [3, -1, 33], [2**62, 2**62, 35], [], "0", "zzz", "\ud800"])
def test_lengths_of_another_mask_are_refused(counts: list[int] | str) -> None:
    with pytest.raises(BadValue, match="run lengths"):
        from_runs(counts, 5, 7)


@pytest.mark.parametrize("size", [(10**6, 10**6), (0, 5), (-3, 5)])
def test_a_mask_that_would_fill_the_memory_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadValue, match="pixels"):
        from_runs([size[0] * size[1]], *size)
    with pytest.raises(BadValue, match="pixels"):
        from_rings([], *size)


@pytest.mark.parametrize("data", [b"", b"no picture", to_png(np.eye(40))[:-30]])
def test_what_is_no_png_is_refused(data: bytes) -> None:
    with pytest.raises(BadValue, match="A mask is a PNG"):
        from_png(data)


def test_the_key_is_that_of_the_pixels() -> None:
    mask = np.eye(9, dtype=bool)
    buffer = io.BytesIO()
    Image.fromarray(np.where(mask, 200, 0).astype(np.uint8)).save(buffer, "PNG", compress_level=0)
    assert buffer.getvalue() != to_png(mask)
    assert key_of(buffer.getvalue()) == key_of(to_png(mask)) != key_of(to_png(~mask))
    assert key_of(to_png(np.ones((2, 8)))) != key_of(to_png(np.ones((8, 2))))


def test_transparency_says_where_a_mask_is() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([np.zeros((4, 4, 3), np.uint8), np.eye(4, dtype=np.uint8) * 255])).save(buffer, "PNG")
    assert (from_png(buffer.getvalue()) == np.eye(4, dtype=bool)).all()


def test_rings_beyond_the_edge_are_cut_and_several_are_one_mask() -> None:
    mask = from_rings([[-5, -5, 2, -5, 2, 2, -5, 2], [8, 8, 20, 8, 20, 20, 8, 20]], 10, 10)
    assert mask[:3, :3].all()
    assert mask[8:, 8:].all()
    assert mask.sum() == 13
