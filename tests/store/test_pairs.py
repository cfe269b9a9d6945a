"""What people said of pairs, folded: the latest counts, and nothing is paired that was not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.store.pairs import VERDICTS, fold, judged, pair_event, verdicts

IDS = st.integers(1, 12)
PAIRS = st.lists(st.tuples(IDS, IDS).filter(lambda pair: pair[0] < pair[1]), min_size=1, max_size=6, unique=True)
SAID = st.lists(st.tuples(PAIRS, st.sampled_from([True, False, None]), st.booleans()), max_size=8)


@given(SAID, st.sets(IDS, max_size=5))
def test_of_every_pair_the_latest_counts_and_what_was_erased_is_in_none(said, erased):
    rows, members, expected = [], [], {}
    for pairs, verdict, swapped in said:
        ends = np.array(pairs)[:, ::-1] if swapped else np.array(pairs)
        payload, ids, codes = pair_event(ends, verdict, search="", drawn=None)
        rows.append({"payload": payload, "event_id": ""})
        stays = ~np.isin(ids, list(erased))
        members.append((ids[stays], codes[stays]))
        expected |= {pair: VERDICTS[verdict] for pair in pairs if not erased & set(pair)}
    found = fold(rows, members)
    assert {(left, right): verdict for left, right, verdict, *_ in found.iter_rows()} == expected
    assert found.height == len(expected)


def test_verdicts_are_events_that_are_undone_and_shown(ds):
    one, two, three = ds.ids()[:3].tolist()

    def say(pairs, verdict):
        payload, ids, codes = pair_event(np.array(pairs), verdict, search="a", drawn=0.8)
        return ds.write_event("pair", payload, sample_ids=ids, codes=codes, count=len(pairs))

    assert verdicts(ds.session).height == 0
    say([[two, one], [one, three]], True)
    version = ds.session.version
    event = say([[one, two]], False)
    assert ds.session.version == version, "what is said of pairs is in no column: no view is evaluated anew"
    assert ds.history()["what"][0] == "no"
    pair = sorted([one, two])
    assert judged(ds.session, verdict=False).tolist() == [pair]
    assert verdicts(ds.session).filter(event=event).row(0) == (*pair, "no", 0.8, "a", event)
    ds.undo(event)
    assert len(judged(ds.session, verdict=False)) == len(judged(ds.session, verdict=None)) == 0
    assert len(judged(ds.session, verdict=True)) == 2
    # a sample that is erased takes its pairs with it, and no others
    ds.purge([three])
    assert judged(ds.session, verdict=True).tolist() == [pair]
