from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate.encoders.openclip import OpenClipEncoder
from curate.encoders.precomputed import PrecomputedVectors
from curate.errors import BadValue, UnknownName


def frame(**columns):
    return pl.DataFrame({"sample_id": [5, 6], "vector": [[3.0, 4.0], [0.0, 2.0]], **columns})


@pytest.mark.parametrize("kind", ["polars", "lazy", "arrow", "pandas", "parquet", "array column"])
def test_tables_of_every_kind(kind, tmp_path):
    table = frame(weather=["rain", "snow"])
    if kind == "lazy":
        table = table.lazy()
    elif kind == "arrow":
        table = table.to_arrow()
    elif kind == "pandas":
        table = pytest.importorskip("pandas").DataFrame(table.to_dict(as_series=False))
    elif kind == "parquet":
        table.write_parquet(tmp_path / "vectors.parquet")
        table = str(tmp_path / "vectors.parquet")
    elif kind == "array column":
        table = table.with_columns(pl.col("vector").cast(pl.Array(pl.Float32, 2)))
    given = PrecomputedVectors.from_table(table)
    assert given.dimension == 2
    np.testing.assert_allclose(given.vector(5, ""), [0.6, 0.8])
    np.testing.assert_allclose(given.vector(6, ""), [0, 1])


def test_uris_are_keys_too():
    given = PrecomputedVectors.from_table(pl.DataFrame({"uri": ["a.jpg", "b.jpg"], "clip": [[1.0, 0.0], [0.0, 1.0]]}))
    ids, vectors, failures = given.lookup([(9, "b.jpg"), (8, "c.jpg")])
    assert ids.tolist() == [9]
    assert vectors.tolist() == [[0, 1]]
    assert failures == [(8, "No vector was given for this sample.")]


def test_a_bad_row_costs_its_own_sample():
    given = PrecomputedVectors([1, 2, 3], [[1, 1], [0, 0], [np.nan, 1]])
    ids, _, failures = given.lookup([(1, ""), (2, ""), (3, "")])
    assert ids.tolist() == [1]
    assert [text for _, text in failures] == [
        "The vector given for this sample is all zeros.",
        "The vector given for this sample is not finite.",
    ]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: PrecomputedVectors([1], [[1, 2], [3, 4]]), BadValue, "2 vectors for 1 samples"),
        (lambda: PrecomputedVectors([1, 1], [[1, 2], [3, 4]]), BadValue, "twice"),
        (lambda: PrecomputedVectors([1], [1, 2]), BadValue, "shape"),
        (lambda: PrecomputedVectors([1, 2], [[1, 2], [3]]), BadValue, "numbers"),
        (lambda: PrecomputedVectors([1], [[0, 0]]), BadValue, "finite and other than zero"),
        (lambda: PrecomputedVectors.from_table(frame().drop("sample_id")), BadValue, "whose they are"),
        (lambda: PrecomputedVectors.from_table(frame().drop("vector")), BadValue, "Which column"),
        (lambda: PrecomputedVectors.from_table(frame(), vector="vectr"), UnknownName, "'vector'"),
        (
            lambda: PrecomputedVectors.from_table(frame().with_columns(vector=pl.Series([[1.0], [1.0, 2.0]]))),
            BadValue,
            "different lengths",
        ),
        (lambda: PrecomputedVectors.from_table({"a": 1}), BadValue, "dict"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_words_come_from_the_model_that_made_the_vectors(tiny_model):
    model = OpenClipEncoder.load(tiny_model, device="cpu")
    rng = np.random.default_rng(0)
    given = PrecomputedVectors([1, 2], rng.standard_normal((2, 24)), text=model)
    assert given.info.has_text
    np.testing.assert_array_equal(given.encode_texts(["night"]), model.encode_texts(["night"]))
    assert given.token_count("night") == (3, 16)
    with pytest.raises(BadValue, match="24"):
        PrecomputedVectors([1], [[1, 2]], text=model)
    alone = PrecomputedVectors([1], [[1, 2]])
    assert not alone.info.has_text
    assert alone.token_count("night") is None
    with pytest.raises(BadValue, match="without a model for words"):
        alone.encode_texts(["night"])
    for call in (lambda: alone.prepare(Image.new("RGB", (1, 1))), lambda: alone.encode_prepared([])):
        with pytest.raises(BadValue, match="no new picture"):
            call()


def test_the_hash_tells_other_vectors_apart():
    first, again, other = (PrecomputedVectors([1], [row]).info for row in ([1, 2], [1, 2], [1, 3]))
    assert first == again
    assert first.weights_hash != other.weights_hash
