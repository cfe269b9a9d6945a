import threading
import time

import pytest

from curate.engines.machine import available_cores
from curate.engines.threads import in_threads


def test_results_come_in_order_whoever_is_ready_first():
    def late(item):
        time.sleep(0.01 * (5 - item))
        return item**2

    assert list(in_threads(late, range(5))) == [(item, item**2) for item in range(5)]
    assert list(in_threads(late, [])) == []


def test_few_are_begun_ahead():
    begun = []
    results = in_threads(begun.append, range(1000))
    for number in range(10):
        assert next(results)[0] == number
        assert len(begun) <= number + 2 * available_cores() + 2
    results.close()
    there = len(begun)
    time.sleep(0.02)
    assert len(begun) == there < 1000, "nothing goes on when nobody asks any more"


def test_what_an_item_raises_is_raised_in_its_place_and_ends_the_work():
    done = []

    def work(item):
        if item == 3:
            raise ValueError("three")
        done.append(item)

    with pytest.raises(ValueError, match="three"):
        list(in_threads(work, range(1000)))
    assert set(done) >= {0, 1, 2}
    assert len(done) < 1000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("curate-work")]
