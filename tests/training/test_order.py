import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.training.order import Order, buffered, checked_order

SHUFFLES = st.one_of(st.booleans(), st.integers(2, 50))


@given(st.integers(0, 60), SHUFFLES, st.integers(0, 3), st.integers(0, 3))
def test_every_order_has_every_index_once(n, shuffle, seed, epoch):
    assert sorted(Order(shuffle, seed).epoch(n, epoch).tolist()) == list(range(n))


@given(st.integers(1, 60), st.data())
def test_the_buffer_gives_what_a_buffer_of_a_loop_gives(n, data):
    size = data.draw(st.integers(1, n))
    random = np.random.PCG64(n)
    slots = (random.random_raw(n - size) % np.uint64(size)).tolist()
    buffer, expected = list(range(size)), []
    for index, slot in enumerate(slots, start=size):
        expected.append(buffer[slot])
        buffer[slot] = index
    got = buffered(np.random.PCG64(n), n, size).tolist()
    assert got[: n - size] == expected
    assert sorted(got[n - size :]) == sorted(buffer)


def test_a_buffer_does_not_look_further_ahead_than_its_size():
    order = Order(100, seed=3).epoch(10_000, 0)
    assert (order <= np.arange(10_000) + 100).all()
    assert (order != np.arange(10_000)).mean() > 0.9


def test_epochs_and_seeds_have_orders_of_their_own_and_the_view_keeps_its():
    shuffled = Order(shuffle=True)
    orders = {tuple(o.tolist()) for o in (shuffled.epoch(50, 0), shuffled.epoch(50, 1), Order(True, 1).epoch(50, 0))}
    assert len(orders) == 3
    assert Order().epoch(50, 4).tolist() == list(range(50))


def test_the_order_is_the_same_on_every_machine():
    assert Order(shuffle=True, seed=7).epoch(10, 2).tolist() == [8, 6, 4, 0, 5, 7, 1, 3, 9, 2]
    assert Order(shuffle=4, seed=7).epoch(10, 2).tolist() == [0, 1, 4, 2, 6, 7, 9, 8, 5, 3]


@pytest.mark.parametrize(
    ("shuffle", "seed", "shard", "words"),
    [
        ("yes", 0, None, "'shuffle'"),
        (1, 0, None, "'shuffle'"),
        (-5, 0, None, "'shuffle'"),
        (True, -1, None, "'seed'"),
        (True, 0.5, None, "'seed'"),
        (True, 0, (2, 2), "'shard'"),
        (True, 0, (0,), "'shard'"),
        (True, 0, 3, "'shard'"),
    ],
)
def test_what_is_no_order_is_refused(shuffle, seed, shard, words):
    with pytest.raises(BadValue, match=words):
        checked_order(shuffle, seed, shard)
