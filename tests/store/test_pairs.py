"""What people said of pairs, folded: the latest counts, and nothing is paired that was not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.store.hunts import NO, UNSURE, VERDICTS, YES
from curate.store.pairs import fold, pair_event, pair_verdicts

IDS = st.integers(1, 12)
PAIRS = st.lists(st.tuples(IDS, IDS).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=6, unique=True)
SAID = st.lists(st.tuples(PAIRS, st.sampled_from(sorted(VERDICTS)), st.booleans()), max_size=8)


@given(SAID, st.sets(IDS, max_size=5))
def test_of_every_pair_the_latest_counts_and_what_was_erased_is_in_none(said, erased):
    rows, members, expected = [], [], {}
    for pairs, verdict, drawn in said:
        payload, ids, codes = pair_event(np.array(pairs), verdict, drawn=drawn)
        rows.append({"payload": payload})
        stays = ~np.isin(ids, list(erased))
        members.append((ids[stays], codes[stays]))
        for pair in pairs:
            if not erased & set(pair):
                expected[tuple(sorted(pair))] = VERDICTS[verdict], drawn
    found = fold(rows, members)
    stands = zip(found.pairs.tolist(), found.verdicts.tolist(), found.drawn.tolist(), strict=True)
    assert {tuple(pair): (verdict, drawn) for pair, verdict, drawn in stands} == expected
    assert len(found.left) == len(expected)


def test_verdicts_are_events_that_are_undone_and_shown(ds):
    one, two, three = ds.ids()[:3].tolist()

    def say(pairs, verdict):
        payload, ids, codes = pair_event(np.array(pairs), verdict, drawn=True)
        return ds.write_event("pair", payload, sample_ids=ids, codes=codes, count=len(pairs))

    assert len(pair_verdicts(ds.session).left) == 0
    say([[two, one], [one, three]], "yes")
    event = say([[one, two]], "no")
    assert ds.history()["what"][0] == "no"
    low, high = sorted([one, two])
    assert pair_verdicts(ds.session).those(NO).tolist() == [[low, high]]
    ds.undo(event)
    assert len(pair_verdicts(ds.session).those(NO)) == 0
    assert len(pair_verdicts(ds.session).those(YES)) == 2
    assert len(pair_verdicts(ds.session).those(UNSURE)) == 0
    assert ds.history()["what"][1] == "no"
    # a sample that is erased takes its pairs with it, and no others
    ds.purge([three])
    assert pair_verdicts(ds.session).pairs.tolist() == [[low, high]]
