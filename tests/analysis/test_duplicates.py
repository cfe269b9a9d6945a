"""Groups of planted pairs: what is together, of which kind, and what of it is to stay."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analysis.duplicates import grouped, members, pair_keys


@settings(max_examples=60)
@given(st.data())
def test_every_member_is_a_pair_with_the_centre_and_equal_bytes_are_never_parted(data):
    count = data.draw(st.integers(2, 14))
    firsts = data.draw(st.lists(st.integers(0, count - 1), min_size=count, max_size=count))
    twin = [min(row, first) if firsts[min(row, first)] == first else row for row, first in enumerate(firsts)]
    twin = [of if twin[of] == of else row for row, of in enumerate(twin)]
    exact = [(of, row) for row, of in enumerate(twin) if of != row]
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    drawn = data.draw(st.dictionaries(ends, st.floats(0.5, 0.99), max_size=30))
    near = {(twin[a], twin[b]): value for (a, b), value in drawn.items() if twin[a] < twin[b]}
    rows = [(*pair, 1.0, True) for pair in exact] + [(*pair, value, False) for pair, value in near.items()]
    schema = {"left": pl.Int64, "right": pl.Int64, "similarity": pl.Float64, "exact": pl.Boolean}
    pairs = pl.DataFrame(rows, schema=schema, orient="row")
    drives = pl.DataFrame({"drive": [0] * count, "place": range(count)})
    found = grouped(count, pairs, drives)
    alike = {frozenset(pair) for pair in near}
    for row, of in enumerate(twin):
        assert found.group[row] == found.group[of]
    for number, kind in enumerate(found.kinds):
        rows_of = [row for row in range(count) if found.group[row] == number]
        assert len(rows_of) > 1
        centres = {twin[row] for row in rows_of if found.centre[row]}
        assert len(centres) == 1
        centre = centres.pop()
        assert all(twin[row] == centre or frozenset((twin[row], centre)) in alike for row in rows_of)
        assert (kind == "exact") == (len({twin[row] for row in rows_of}) == 1)
        if kind == "sequence":
            assert max(rows_of) - min(rows_of) + 1 < 2 * len(rows_of)


def test_frames_of_another_drive_or_far_away_are_no_sequence():
    pairs = pl.DataFrame({"left": [0, 0], "right": [1, 2], "similarity": [0.9, 0.9], "exact": [False, False]})
    kinds = {
        "beside": grouped(3, pairs, pl.DataFrame({"drive": [0, 0, 0], "place": [4, 5, 6]})).kinds,
        "gap": grouped(3, pairs, pl.DataFrame({"drive": [0, 0, 0], "place": [4, 5, 8]})).kinds,
        "far": grouped(3, pairs, pl.DataFrame({"drive": [0, 0, 0], "place": [4, 5, 9]})).kinds,
        "other": grouped(3, pairs, pl.DataFrame({"drive": [0, 0, 1], "place": [4, 5, 6]})).kinds,
    }
    assert kinds == {"beside": ["sequence"], "gap": ["sequence"], "far": ["near"], "other": ["near"]}


def _facts(**columns: list[object]) -> pl.DataFrame:
    same = {"group": [0] * 3, "sample_id": [7, 8, 9], "position": [0, 1, 2], "place": [0, 1, 2], "labels": [None] * 3}
    return pl.DataFrame({**same, "centre": [False, True, False], "width": [40] * 3, "height": [30] * 3, **columns})


def test_best_is_size_then_sharpness_then_labels_then_the_centre():
    pairs = pl.DataFrame({"left_id": [7, 8], "right_id": [8, 9], "similarity": [0.9, 0.8], "exact": [False, False]})
    pairs = pairs.with_columns(pl.col("similarity").cast(pl.Float32))

    def kept(rule: str = "best", **columns: list[object]) -> tuple[int, str]:
        first = members(_facts(**columns), ["near"], pairs, rule).row(0, named=True)
        assert first["kept"]
        return first["sample_id"], first["why"]

    assert kept() == (8, "most like the others")
    assert kept("first") == (7, "came first")
    assert kept(width=[40, 40, 80], sharpness=[0.1, 0.5, 0.1]) == (9, "largest: 80 × 30")
    assert kept(sharpness=[0.2, 0.1, 0.3], labels=[3, 1, 0]) == (9, "sharpest: 0.3")
    # a tenth more is no sharper picture
    assert kept(sharpness=[0.2, 0.2, 0.21], labels=[3, 1, 0]) == (7, "most labels: 3")
    assert kept("largest", sharpness=[0.2, 0.1, 0.3]) == (8, "most like the others")
    found = members(_facts(), ["near"], pairs, "best")
    assert dict(found.select("sample_id", "similarity").iter_rows()) == {
        8: 1.0,
        7: 0.8999999761581421,
        9: 0.800000011920929,
    }
    # of the first it is not known how like the last is
    assert members(_facts(), ["near"], pairs, "first")["similarity"].to_list()[2] is None


@given(st.lists(st.tuples(st.integers(1, 2**62), st.integers(1, 2**62)), min_size=1, max_size=40))
def test_keys_know_no_side_and_tell_pairs_apart(pairs):
    left, right = (pl.Series([pair[side] for pair in pairs], dtype=pl.Int64).to_numpy() for side in (0, 1))
    keys = pair_keys(left, right)
    assert (keys == pair_keys(right, left)).all()
    assert len(set(keys.tolist())) == len({frozenset(pair) for pair in pairs})
