from collections import Counter
from itertools import groupby, pairwise

import pytest

from curate.demo.drives import plan_drives


def rare(scenes):
    return [scene for scene in scenes if scene.timeofday == "night" and scene.weather == "hail"]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [500, 2000, 5000])
def test_night_hail_is_rare_and_spread_over_drives(n, seed):
    scenes = plan_drives(n, seed)
    assert len(scenes) == n
    assert 0.004 <= len(rare(scenes)) / n <= 0.009
    assert len({scene.drive for scene in rare(scenes)}) >= 3


def test_the_same_seed_plans_the_same_drives():
    assert plan_drives(300, seed=3) == plan_drives(300, seed=3)
    assert plan_drives(300, seed=3) != plan_drives(300, seed=4)


def test_most_of_life_is_a_clear_day():
    counts = Counter((scene.timeofday, scene.weather) for scene in plan_drives(2000))
    assert counts.most_common(1)[0][0] == ("day", "clear")
    assert len(counts) >= 13


def test_a_drive_has_8_to_20_frames_a_second_and_a_few_metres_apart():
    for name, group in groupby(plan_drives(1000)[:-20], key=lambda scene: scene.drive):
        frames = list(group)
        assert 1 <= len(frames) <= 20, name
        for one, two in pairwise(frames):
            assert two.frame == one.frame + 1
            assert (two.captured_at - one.captured_at).total_seconds() == 1.0
            assert 0 < abs(two.latitude - one.latitude) + abs(two.longitude - one.longitude) < 1e-4
            assert (one.timeofday, one.place, one.seed) == (two.timeofday, two.place, two.seed)


@pytest.mark.parametrize("n", [1, 7, 40])
def test_small_plans_work(n):
    assert len(plan_drives(n)) == n
