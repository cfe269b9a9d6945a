from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import BadValue, UnknownName
from curate.search.evaluation import Rows
from curate.widgets import grouping
from curate.widgets.grouping import grouped

COLUMNS = st.sampled_from(["weather", "drive", "speed", "status", "width"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(column=COLUMNS, order=st.permutations(range(24)), n=st.integers(0, 24))
def test_groups_come_in_the_order_of_their_first_row_and_stay_as_they_were_inside(ds, column, order, n):
    rows = Rows(np.array(order[:n], np.int64), scores=np.linspace(1, 0, n, dtype=np.float32))
    result, groups = grouped(ds, rows, column)
    values = dict(enumerate(ds.df([column])[column].to_list()))
    wanted: dict[object, list[int]] = {}
    for position in rows.positions.tolist():
        wanted.setdefault(values[position], []).append(position)
    assert result.positions.tolist() == [position for members in wanted.values() for position in members]
    assert groups.counts.tolist() == [len(members) for members in wanted.values()]
    assert groups.starts.tolist() == np.cumsum([0, *groups.counts])[:-1].tolist()
    scores = dict(zip(rows.positions.tolist(), rows.scores.tolist(), strict=True))
    assert result.scores.tolist() == [scores[position] for position in result.positions.tolist()]


def test_what_has_no_value_is_a_group_too(ds):
    _, groups = grouped(ds, ds.where("speed < 7 OR speed IS NULL").rows(), "speed")
    assert groups.texts == ["0", "1", "2", "3", "4", "none", "6"]


def test_values_are_read_as_a_person_writes_them(ds):
    table = pa.table({"sample_id": ds.ids(), "seen": [True, None, False] * 8})
    schema = pa.schema([pa.field("sample_id", pa.int64(), nullable=False), pa.field("seen", pa.bool_())])
    ds.folder.table("fields/seen", schema).append(table.cast(schema))
    ds.session.refresh()
    _, groups = grouped(ds, ds.rows(), "seen")
    assert groups.texts == ["true", "none", "false"]


def test_too_many_groups_are_refused(ds, monkeypatch):
    monkeypatch.setattr(grouping, "MOST_GROUPS", 5)
    with pytest.raises(BadValue, match=r"'uri' has 24 different values here; at most 5 groups.*Hint"):
        grouped(ds, ds.rows(), "uri")
    assert len(grouped(ds, ds.limit(5).rows(), "uri")[1].texts) == 5


def test_lists_and_unknown_columns_are_refused(ds):
    with pytest.raises(BadValue, match="holds lists"):
        grouped(ds, ds.rows(), "tags")
    with pytest.raises(UnknownName, match="did you mean 'weather'"):
        grouped(ds, ds.rows(), "wether")
