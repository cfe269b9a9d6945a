from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import BadQuery
from curate.query import Query, Where
from curate.search.evaluation import best_first
from curate.view import View

SCORES = st.floats(-1, 1, width=32) | st.sampled_from([0.0, -0.0, 0.5, 1.0, -1.0])


@given(scores=st.lists(SCORES, max_size=60), seed=st.integers(0, 9))
def test_the_best_come_first_and_ties_by_position(scores, seed):
    of = np.array(scores, np.float32)
    positions = np.sort(np.random.default_rng(seed).choice(2**32 - 1, len(of), replace=False).astype(np.int64))
    assert best_first(of, positions).tolist() == positions[np.argsort(-of, kind="stable")].tolist()


def test_what_one_filter_leaves_out_may_be_what_another_cannot_read(ds):
    """Filters are remembered one by one, and still guard each other as in one statement."""
    guarded = View(ds, Query((Where("weather = 'none'"), Where("CASE WHEN weather = 'rain' THEN 1 ELSE 1 END = 1"))))
    assert guarded.count() == 0
    with pytest.raises(BadQuery, match="cannot run"):
        View(ds, Query((Where("weather = 'rain'"), Where("drive::INTEGER = 1")))).count()


def test_a_remembered_filter_is_asked_again_when_the_data_have_changed(ds):
    views = [ds.where("weather = 'rain'"), ds.where("weather = 'rain'").where("speed > 3"), ds.where("tags = []")]
    before = [view.count() for view in views]
    ds.purge(ds.where("weather = 'rain' AND speed > 3").ids()[:2])
    ds.limit(5).tag("a")
    assert [view.count() for view in views] == [before[0] - 2, before[1] - 2, before[2] - 2 - 5]


def test_a_search_is_scored_again_when_there_are_other_vectors(ds):
    random = np.random.default_rng(0)
    ds.embed(random.normal(size=(24, 8)).astype(np.float32), name="one")
    search = ds.search(like=int(ds.ids()[3]))
    one = search.ids().tolist()
    assert one == search.ids().tolist()
    ds.embed(random.normal(size=(24, 8)).astype(np.float32), name="two")
    assert search.ids().tolist() == ds.search(like=int(ds.ids()[3]), encoder="two").ids().tolist() != one
