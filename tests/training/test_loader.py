import json
import pickle
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import distributed, multiprocessing

from curate.errors import BadValue
from curate.training.dataset import PictureDataset
from curate.training.loader import _Batches
from curate.training.order import Order
from curate.training.pictures import Pictures
from curate.training.targets import Numbers
from tests.training.greys import COUNT, flat, made, numbers, write

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),  # more workers than a small machine has cores
]


def taken(loader, batches):
    """The first batches of a loop that is left early, and the state after the last of them, as a checkpoint has it."""
    got = []
    for pictures, _ in loader:
        got += numbers([(pictures, None)])
        if len(got) == batches:
            break
    return got, json.loads(json.dumps(loader.state_dict()))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("shuffle", [False, True, 5])
def test_an_epoch_has_every_sample_once_and_each_its_own_order(paths, workers, shuffle):
    loader = made(paths, order=Order(shuffle)).loader(4, num_workers=workers)
    first, second = flat(loader), flat(loader)
    assert sorted(first) == sorted(second) == list(range(COUNT))
    assert (first == second) is (shuffle is False)
    assert len(loader) == 6


@pytest.mark.parametrize(("before", "after"), [(0, 2), (2, 0), (2, 3)])
def test_a_run_resumes_exactly_whatever_the_number_of_workers(paths, before, after):
    def loader(workers):
        return made(paths, order=Order(True, seed=4)).loader(4, num_workers=workers)

    whole = loader(0)
    uninterrupted = [numbers(whole) for _ in range(3)]
    broken_off = loader(before)
    assert numbers(broken_off) == uninterrupted[0]
    got, state = taken(broken_off, 3)
    resumed = loader(after)
    resumed.load_state_dict(state)
    assert got + numbers(resumed) == uninterrupted[1]
    assert numbers(resumed) == uninterrupted[2]


def test_a_loop_left_early_is_followed_by_the_next_epoch(paths):
    loader = made(paths, order=Order(True)).loader(4)
    other = made(paths, order=Order(True)).loader(4)
    epochs = [numbers(other) for _ in range(2)]
    assert taken(loader, 1)[0] == epochs[0][:1]
    assert numbers(loader) == epochs[1]


def test_a_state_after_an_epoch_begins_the_next(paths):
    loader = made(paths, order=Order(True)).loader(4)
    list(loader)
    state = loader.state_dict()
    assert (state["epoch"], state["taken"]) == (1, 0)


def test_persistent_workers_follow_the_epochs(paths):
    loader = made(paths, order=Order(True)).loader(8, num_workers=1, persistent_workers=True)
    plain = made(paths, order=Order(True)).loader(8)
    assert [numbers(loader) for _ in range(2)] == [numbers(plain) for _ in range(2)]


def test_skipped_pictures_do_not_move_the_rest(paths):
    paths[1].unlink()
    for path in paths[8:12]:
        path.unlink()

    def loader():
        return made(paths, missing="skip").loader(4)

    whole = numbers(loader())
    for batches in range(1, 5):
        got, state = taken(loader(), batches)
        resumed = loader()
        resumed.load_state_dict(state)
        assert got + numbers(resumed) == whole


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 9), st.booleans(), st.integers(0, 9))
def test_ranks_share_an_epoch_from_any_batch_on(n, ranks, size, drop_last, steps):
    def batches(rank, taken):
        ids = np.arange(n)
        order = Order(shuffle=True, shard=(rank, ranks))
        plan = _Batches(
            PictureDataset(Pictures(["/x"] * n), Numbers(ids), ids, order=order, left_out={}), size, drop_last=drop_last
        )
        plan.begin(0, taken)
        got = list(plan)
        assert taken or len(plan) == len(got)
        return got, plan

    whole = [batches(rank, 0) for rank in range(ranks)]
    everything = sorted(i for got, _ in whole for batch in got for i in batch)
    if drop_last:
        assert len({len(got) for got, _ in whole}) == 1
        assert len(everything) == len(set(everything)) == n // ranks // size * size * ranks
    else:
        assert everything == list(range(n))
    at = 0
    for _ in range(steps):
        at = whole[0][1].after(at)
    for rank, (got, _) in enumerate(whole):
        assert batches(rank, at)[0] == got[steps:]


def test_another_number_of_ranks_takes_over(paths):
    order = Order(shuffle=True)
    first = [made(paths, order=Order(True, 0, (rank, 2))).loader(3) for rank in range(2)]
    before = [taken(loader, 2) for loader in first]
    assert before[0][1] == before[1][1]
    after = []
    for rank in range(3):
        loader = made(paths, order=Order(True, 0, (rank, 3))).loader(4)
        loader.load_state_dict(before[0][1])
        after += flat(loader)
    seen = [i for got, _ in before for batch in got for i in batch]
    assert sorted(seen + after) == sorted(order.epoch(COUNT, 0).tolist())


def _of_rank(rank, paths, folder, queue):
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    try:
        dataset = made(paths, order=Order(True))
        queue.put((flat(dataset.loader(4, num_workers=1)), rank, pickle.loads(pickle.dumps(dataset)).order.shard))
        distributed.barrier()
    finally:
        distributed.destroy_process_group()


@pytest.mark.slow
def test_ranks_of_a_process_group_share_an_epoch_in_their_workers_too(paths, tmp_path):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    ranks = [context.Process(target=_of_rank, args=(rank, paths, tmp_path, queue)) for rank in range(2)]
    for process in ranks:
        process.start()
    got = [queue.get(timeout=120) for _ in ranks]
    for process in ranks:
        process.join()
    assert sorted(chain.from_iterable(share for share, _, _ in got)) == list(range(COUNT))
    assert sorted(len(share) for share, _, _ in got) == [11, 12]
    assert all(told == (rank, 2) for _, rank, told in got)  # what a spawned worker, which is in no group, is told


def test_a_state_of_something_else_is_refused(paths, tmp_path):
    state = made(paths, order=Order(True)).loader(4).state_dict()
    with pytest.raises(BadValue, match="other samples"):
        made(write(tmp_path / "other", 5), order=Order(True)).loader(4).load_state_dict(state)
    with pytest.raises(BadValue, match="seed=0"):
        made(paths, order=Order(True, 1)).loader(4).load_state_dict(state)
    with pytest.raises(BadValue, match="shuffle=True"):
        made(paths).loader(4).load_state_dict(state)
    loader = made(paths, order=Order(True)).loader(4)
    for bad in ({}, None, state | {"taken": COUNT + 1}, state | {"epoch": "2"}, state | {"taken": -1}):
        with pytest.raises(BadValue, match="state"):
            loader.load_state_dict(bad)
    assert sorted(flat(loader)) == list(range(COUNT))


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_a_batch_has_a_size(paths, size):
    with pytest.raises(BadValue, match="'batch_size'"):
        made(paths).loader(size)
