"""Search through the whole of Curate: ingest, embed, search. Real photos and a real model where they are."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import curate
from curate import errors
from curate.encoders.function import FunctionEncoder
from curate.encoders.resolve import resolve
from tests.conftest import draw


@pytest.fixture
def planted(ds):
    """24 samples; vectors in three dimensions, the weather's own axis and a little of the speed."""
    axes = {"rain": 0, "snow": 1, "hail": 2, "clear": 0}
    rows = ds.df(["weather", "speed"]).rows()
    vectors = np.zeros((24, 3), np.float32)
    for at, (weather, speed) in enumerate(rows):
        vectors[at, axes[weather]] = 1
        vectors[at] += 0.001 * (speed or 0)
    ds.embed(vectors, name="planted")
    return ds


@pytest.fixture
def worded(planted):
    """The same, with words: each weather's is its axis."""
    axes = {"rain": (1, 0, 0), "snow": (0, 1, 0), "hail": (0, 0, 1)}
    text = FunctionEncoder(
        lambda pictures: [(1, 0, 0)] * len(pictures), texts=lambda texts: [axes[text] for text in texts], name="axes"
    )
    planted.embed(planted.vectors(), name="worded", text=text)
    return planted


def test_search_by_example_scores_and_ranks(planted):
    hail = planted.where("weather = 'hail'").ids()
    found = planted.search(like=int(hail[0])).limit(6)
    assert set(found.ids().tolist()) == set(hail.tolist())
    frame = found.df(["weather", "score", "rank"])
    assert frame["rank"].to_list() == [1, 2, 3, 4, 5, 6]
    assert frame["score"].is_sorted(descending=True)
    assert frame["score"][0] == pytest.approx(1, abs=1e-3)


def test_search_scores_exactly_what_passes_the_filter(planted):
    axis = np.array([0.0, 0.0, 1.0])
    every = dict(planted.search(like=axis).df(["sample_id", "score"]).iter_rows())
    filtered = planted.where("speed > 11").search(like=axis)
    assert filtered.count() == 11, "12 pass, and the empty file has no vector"
    for number, score in filtered.df(["sample_id", "score"]).iter_rows():
        assert score == pytest.approx(every[number], abs=1e-6)
    assert filtered.limit(4).ids().tolist() == filtered.ids()[:4].tolist()
    assert "1 samples passed the filters and have no vector" in filtered.explain()


def test_score_and_rank_can_be_filtered_and_sorted(planted):
    found = planted.search(like=np.array([0.0, 0.0, 1.0]))
    assert found.where("score > 0.9").count() == 6
    assert found.where("rank <= 3 AND weather = 'hail'").count() == 3
    assert found.sort_by("score").df(["score"])["score"].is_sorted()
    assert found.sort_by("rank", descending=True).df(["rank"])["rank"].to_list() == list(range(23, 0, -1))
    assert found.where("weather = 'snow'").df(["rank"])["rank"].min() > 6, "a rank stays what the search gave"
    assert found.sql("SELECT max(score) AS best FROM this").item() <= 1.001


def test_unlike_moves_away(planted):
    rain, snow = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    best = planted.search(like=[rain, snow], unlike=snow).limit(5)
    assert set(best.df(["weather"])["weather"]) <= {"rain", "clear"}
    assert planted.search(like=[(rain, 0.1), (snow, 3.0)]).limit(1).df(["weather"]).item() == "snow"


def test_a_search_needs_something_to_look_for(planted):
    with pytest.raises(errors.BadValue, match="needs words or examples"):
        planted.search()
    with pytest.raises(errors.BadValue, match="knows no words"):
        planted.search("hail")
    with pytest.raises(errors.UnknownName, match="encoder"):
        planted.search(like=np.ones(3), encoder="plannted")
    with pytest.raises(errors.BadValue, match="5 numbers"):
        planted.search(like=np.ones(5)).count()
    with pytest.raises(errors.SourceNotFound):
        planted.search(like="no-such-photo.jpg")
    with pytest.raises(errors.VectorsNotFound, match="has no vector"):
        planted.search(like=int(planted.where("status = 'empty'").ids()[0])).count()


@pytest.mark.parametrize("templates", ["a photo", ["{} {}"], ["a photo of {}", 3]])
def test_templates_are_looked_at_when_the_search_is_made(planted, templates):
    with pytest.raises(errors.BadValue, match="A template has one"):
        planted.search("hail", templates=templates)


@pytest.mark.parametrize("empty", ["", " \n", ["hail", ""], {"": 2.0}])
def test_an_empty_prompt_is_refused_when_the_search_is_made(planted, empty):
    for search in (lambda: planted.search(empty), lambda: planted.search("hail", minus=empty)):
        with pytest.raises(errors.BadValue, match="must be text"):
            search()


def test_several_phrasings_are_averaged(worded):
    def scores(words, templates=()):
        return (
            worded.search(words, templates=templates).df(["sample_id", "score"]).sort("sample_id")["score"].to_numpy()
        )

    rain, snow = scores("rain"), scores("snow")
    np.testing.assert_allclose(scores(["rain", "snow"]), (rain + snow) / np.sqrt(2), atol=1e-5)
    np.testing.assert_allclose(scores({"rain": 3, "snow": 4}, templates="{}"), 0.6 * rain + 0.8 * snow, atol=1e-5)


def test_a_saved_search_replays(planted):
    saved = planted.where("speed > 3").search(like=np.array([0.0, 1.0, 0.0])).limit(5).save("snow")
    assert saved.query.encoder["name"] == "planted"
    assert planted.slice("snow").view.ids().tolist() == saved.members.ids().tolist()


def test_vectors_of_changed_pictures_are_made_again(ds):
    ds.embed(
        lambda pictures: np.stack([np.asarray(p.resize((2, 2))).reshape(-1) / 255 + 0.01 for p in pictures]),
        name="pixels",
    )
    before = ds.vectors()
    assert np.isnan(before[23]).all()
    assert ds.embed(lambda pictures: np.ones((len(pictures), 12)), name="pixels").added == 0
    target = Path(ds.location(0))
    original = target.read_bytes()
    try:
        draw(target, 77, size=(60, 48))
        ds.ingest(target.parent, workers=1)
        assert np.isnan(ds.vectors()[0]).all(), "a vector of other content is not used"
    finally:
        target.write_bytes(original)


KILLED = """
import sys, time, numpy as np, curate, curate.embedding as e
e.BATCH_VECTORS = 4
def slow(pictures):
    time.sleep(0.05 * len(pictures)); return np.ones((len(pictures), 4))
ds = curate.open(sys.argv[1])
print("go", flush=True)
ds.embed(slow, batch_size=4)
"""


def test_a_killed_embed_does_only_the_rest(ds):
    with subprocess.Popen([sys.executable, "-c", KILLED, ds.folder.location], stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout.readline() == "go\n"
        while job.poll() is None and not ds.folder.encoders():
            time.sleep(0.05)
        job.kill()
    ds.session.refresh()
    missing = len(ds.vectors_.missing("slow"))
    made = []

    def count(pictures):
        made.append(len(pictures))
        return np.ones((len(pictures), 4))

    # the same name and text of the function is the same encoder
    count.__qualname__ = count.__name__ = "slow"
    count.__module__ = "__main__"
    assert 0 < missing < 23
    assert ds.embed(count).added == missing
    assert sum(made) <= missing + 1, "one picture more, to learn the dimension"


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.filterwarnings("ignore::curate.search.prompts.PromptTooLong")
# one caption of the 5,000 is written as nobody writes English
@pytest.mark.filterwarnings("ignore::curate.search.prompts.UnknownLanguage")
def test_captions_find_their_photos_as_often_as_the_model_can(shared, tmp_path):
    """The published figures of the small model, from vectors that ingest and embed made; searches rank as these vectors do."""
    folder = shared / "data" / "flickr8k_1000"
    model = f"local-dir:{shared / 'models' / 'photo-clip'}"
    ds = curate.create(tmp_path / "flickr.curate")
    assert ds.ingest(folder / "index.csv").by_status == {"ok": 1000}
    ds.embed(model)
    ids = ds.ids()
    captions = [text.strip() for texts in ds.df(["caption"])["caption"] for text in texts.split(" | ")]
    assert len(captions) == 5000
    scores = resolve(model).encode_texts(captions) @ ds.vectors().T
    own = scores[np.arange(5000), np.repeat(np.arange(1000), 5)]
    ranks = (scores > own[:, None]).sum(axis=1)
    recall = [float((ranks < k).mean() * 100) for k in (1, 5, 10)]
    assert recall == pytest.approx([18.4, 44.7, 57.6], abs=0.5), recall
    asked = np.arange(0, 5000, 11)
    found = [ds.search(captions[i], templates=()).limit(10).ids() for i in asked]
    same = [(ids[np.argsort(-scores[i])[:10]] == best).all() for i, best in zip(asked, found, strict=True)]
    assert np.mean(same) > 0.97, "only places that differ in the last bits may change"


@pytest.mark.slow
@pytest.mark.shared
def test_night_is_found_among_day(shared, tmp_path):
    folder = shared / "data" / "day_night"
    ds = curate.create(tmp_path / "night.curate")
    ds.ingest(folder / "index.csv")
    ds.embed(f"local-dir:{shared / 'models' / 'photo-clip'}")
    ranked = ds.search("night").df(["label"])["label"] == "night"
    hits = ranked.to_numpy()
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    assert (precision * hits).sum() / hits.sum() > 0.95
    away = ds.search("night", minus="street lights").limit(20)
    assert isinstance(away.df(["label", "score"]), pl.DataFrame)
