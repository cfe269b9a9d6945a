import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from curate.analysis import units as units_module
from curate.analysis.units import Units
from curate.errors import BadValue

numbers = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 60_000.0, np.nan, np.inf])


@settings(deadline=None)
@given(
    vectors=st.tuples(st.integers(0, 12), st.sampled_from([1, 3, 4, 8])).flatmap(
        lambda shape: arrays.arrays(st.sampled_from([np.float16, np.float32]), shape, elements=numbers, unique=False)
    )
)
def test_every_row_is_used_or_the_same_as_one_or_left_out(vectors):
    units = Units(vectors)
    usable = np.isfinite(vectors).all(axis=1) & (vectors != 0).any(axis=1)
    rows = np.concatenate([units.rows, units.same])
    assert sorted(rows.tolist()) == np.flatnonzero(usable).tolist()
    assert units.left_out == np.count_nonzero(~usable)
    assert np.isin(units.twin, units.rows).all()
    assert (units.twin < units.same).all()
    assert np.array_equal(vectors[units.same], vectors[units.twin])
    read = units.read(np.arange(len(units)))
    assert read.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(read, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.sign(read), np.sign(vectors[units.rows]))
    keys = [vectors[row].tobytes() for row in units.rows.tolist()]
    assert len(keys) == len(set(keys)), "each different vector once"


def test_vectors_that_share_a_key_but_differ_are_no_twins(monkeypatch):
    """Keys are 64 bits; here they are the same for everything."""
    vectors = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]], np.float16)
    monkeypatch.setattr(Units, "_measured", lambda self, tell: (np.ones(4), np.zeros(4, np.uint64)))
    units = Units(vectors)
    assert (units.rows.tolist(), units.same.tolist(), units.twin.tolist()) == ([0, 1, 3], [2], [0])


def test_pieces_are_all_numbers_in_order(monkeypatch):
    monkeypatch.setattr(units_module, "PIECE", 7)
    told = []
    units = Units(np.random.default_rng(0).normal(size=(30, 5)).astype(np.float16), lambda *words: told.append(words))
    pieces = list(units.pieces())
    assert max(len(piece) for piece in pieces) == 7
    assert np.concatenate(pieces).tolist() == list(range(30))
    assert told[-1] == ("reading", 30, 30)


def test_a_file_is_read_and_not_kept(tmp_path):
    vectors = np.lib.format.open_memmap(tmp_path / "v.npy", "w+", np.float16, (50, 6))
    vectors[:] = np.random.default_rng(0).normal(size=(50, 6))
    units = Units(vectors)
    assert isinstance(units._vectors, np.memmap)
    np.testing.assert_allclose(units.read(np.array([49, 3])), Units(np.array(vectors)).read(np.array([49, 3])))


@pytest.mark.parametrize("wrong", [np.zeros(3, np.float16), np.zeros((2, 3)), np.zeros((2, 3), np.int64), [[1.0, 2.0]]])
def test_what_is_no_vectors_is_refused(wrong):
    with pytest.raises(BadValue, match="float16 or float32"):
        Units(wrong)
