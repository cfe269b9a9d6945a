import pickle

import pytest
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from curate.errors import BadValue
from curate.training.order import Order
from curate.training.stream import PictureStream
from tests.training.greys import COUNT, flat, made, number, numbers

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),  # more workers than a small machine has cores
    # Lance, at any fork; our own loader keeps it quiet
    pytest.mark.filterwarnings("ignore:Exception ignored in. .function __warn_on_fork"),
]


def stream(paths, shuffle=True, shard=None, **options):
    return PictureStream(made(paths, order=Order(shuffle, 0, shard), **options))


def seen(items):
    return [number(picture) for picture, _ in items]


@pytest.mark.parametrize(("ranks", "workers", "start"), [(2, 0, None), (2, 3, "fork"), (1, 2, "spawn")])
def test_workers_and_ranks_read_every_sample_once(paths, ranks, workers, start):
    got = []
    for rank in range(ranks):
        loader = DataLoader(stream(paths, shard=(rank, ranks)), 4, num_workers=workers, multiprocessing_context=start)
        got += flat(loader)
    assert sorted(got) == list(range(COUNT))


def test_each_epoch_has_an_order_of_its_own(paths):
    both = stream(paths)
    first, second = seen(both), seen(both)
    assert first != second
    both.set_epoch(0)
    assert seen(both) == first
    assert stream(paths, shuffle=False).pictures.order.epoch(COUNT, 3).tolist() == list(range(COUNT))


def test_workers_that_live_on_are_told_of_the_epoch(paths):
    both = stream(paths)
    loader = DataLoader(both, 5, num_workers=1, persistent_workers=True)
    orders = []
    for epoch in (0, 1, 1):
        both.set_epoch(epoch)
        orders.append(flat(loader))
    assert orders[0] != orders[1] == orders[2]


def test_the_iteration_resumes_exactly(paths):
    whole = stream(paths)
    first, second = seen(whole), seen(whole)
    broken_off = stream(paths)
    assert seen(broken_off) == first
    items = iter(broken_off)
    got = seen(next(items) for _ in range(9))
    resumed = stream(paths)
    resumed.load_state_dict(pickle.loads(pickle.dumps(broken_off.state_dict())))
    assert got + seen(resumed) == second


def test_a_loop_left_early_is_followed_by_a_whole_epoch(paths):
    both = stream(paths)
    next(iter(both))
    assert len(seen(both)) == COUNT


def test_what_workers_read_ahead_is_not_taken_for_what_the_loop_took(paths):
    both = stream(paths)
    loader = DataLoader(both, 4, num_workers=2)
    next(iter(loader))
    with pytest.raises(BadValue, match=r"loader\.state_dict"):
        both.state_dict()
    next(iter(both))
    assert both.state_dict()["taken"] == 1


def test_its_loader_has_a_state_with_workers_too(paths):
    whole = numbers(stream(paths).loader(4))
    broken_off = stream(paths).loader(4, num_workers=2)
    got = []
    for batch in broken_off:
        got += numbers([batch])
        if len(got) == 2:
            break
    resumed = stream(paths).loader(4, num_workers=2)
    resumed.load_state_dict(broken_off.state_dict())
    assert got + numbers(resumed) == whole


def test_another_share_is_refused(paths):
    state = stream(paths, shard=(0, 2)).state_dict()
    with pytest.raises(BadValue, match="share"):
        stream(paths, shard=(1, 2)).load_state_dict(state)


def test_missing_pictures_are_skipped_or_substituted(paths):
    paths[2].unlink()
    assert seen(stream(paths, shuffle=False, missing="skip"))[:3] == [0, 1, 3]
    assert seen(stream(paths, shuffle=False, missing="substitute"))[:4] == [0, 1, 3, 3]
    both = stream(paths, missing="skip")
    list(DataLoader(both, 4, num_workers=2))
    assert both.unreadable.tolist() == [102]


@pytest.mark.parametrize("epoch", [-1, 0.5, None])
def test_an_epoch_is_a_number(paths, epoch):
    with pytest.raises(BadValue, match="'epoch'"):
        stream(paths).set_epoch(epoch)


class _Worker(IterableDataset):
    """What a loader does that asks its workers where they are, as torchdata's StatefulDataLoader: a state beside each item."""

    def __init__(self, stream, states=()):
        self.stream = stream
        self.states = states

    def __iter__(self):
        number = get_worker_info().id
        if self.states:
            self.stream.load_state_dict(self.states[number])
        for item in self.stream:
            yield number, item, self.stream.state_dict()


def test_a_loader_that_asks_its_workers_resumes_exactly(paths):
    def loader(states=()):
        return DataLoader(_Worker(stream(paths), states), None, num_workers=2)

    whole = [number(picture) for _, (picture, _), _ in loader()]
    items = [next(one) for one in [iter(loader())] for _ in range(8)]
    states = [[state for worker, _, state in items if worker == each][-1] for each in range(2)]
    assert [number(item[0]) for _, item, _ in items] == whole[:8]
    assert [number(picture) for _, (picture, _), _ in loader(states)] == whole[8:]
