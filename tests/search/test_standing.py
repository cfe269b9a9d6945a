from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate import errors
from curate.encoders.encoder import CLIP_LOGIT_SCALE
from curate.encoders.function import FunctionEncoder
from curate.search.prompts import query_vectors
from curate.search.standing import NEUTRAL_PROMPTS, contrast, percentiles

COSINES = st.lists(st.floats(-1, 1, width=32) | st.sampled_from([0.25, 0.5]), min_size=1, max_size=40)

# A space of three directions: hail, snow, and what every picture has.
SPACE = {"hail": (1, 0, 0.1), "snow": (0, 1, 0.1), **dict.fromkeys(NEUTRAL_PROMPTS, (0, 0, 1))}


@given(COSINES)
def test_a_percentile_is_the_share_that_scores_lower(scores):
    of = np.float32(scores)
    assert percentiles(of, of).tolist() == pytest.approx([100 * float(np.mean(of < score)) for score in of])


@given(COSINES)
def test_both_figures_keep_the_order_of_the_scores(scores):
    of = np.sort(np.float32(scores))
    assert (np.diff(percentiles(of, of)) >= 0).all()
    held = contrast(of, [np.zeros_like(of)], scale=20)
    assert (np.diff(held) >= 0).all()
    assert ((held >= 0) & (held <= 1)).all()


@given(COSINES)
def test_contrast_is_the_least_of_the_pairwise_softmaxes(scores):
    of = np.float64(scores)
    others = [of[::-1], np.full_like(of, 0.1)]
    pairwise = [np.exp(30 * of) / (np.exp(30 * of) + np.exp(30 * other)) for other in others]
    assert contrast(of, others, scale=30) == pytest.approx(np.min(pairwise, axis=0))


@pytest.fixture
def planted(ds):
    """The 24 samples with planted vectors: a third hail, a third snow, a third neither; the empty one has none."""
    rows = np.tile([[1, 0, 1], [0, 1, 1], [0.1, 0.1, 1]], (8, 1)) + np.arange(24)[:, None] * [0.01, 0, 0]
    encode = lambda pictures: [rows[0]] * len(pictures)  # noqa: E731
    text = FunctionEncoder(encode, texts=lambda texts: [SPACE[text] for text in texts], name="space")
    ds.embed(rows, name="planted", text=text)
    return ds


def test_they_cost_nothing_unless_they_are_named(ds):
    asked = []

    def encode(texts):
        asked.extend(texts)
        return [SPACE[text] for text in texts]

    query_vectors.clear()
    text = FunctionEncoder(lambda pictures: np.ones((len(pictures), 3)), texts=encode, name="listening")
    ds.embed(np.random.default_rng(2).normal(size=(24, 3)), name="listening", text=text)
    found = search(ds, "hail").limit(5)
    found.df()
    found.where("score > -2 AND rank < 3").sort_by("rank").count()
    found.sql("SELECT score, rank FROM this")
    assert asked == ["hail"]
    assert not ds.session.scores, "the index gave the five best, and nothing else was scored"
    found.df(["score_contrast"])
    assert asked == ["hail", *NEUTRAL_PROMPTS]
    assert not ds.session.scores
    found.df(["score_percentile"])
    assert len(ds.session.scores) == 1


def search(ds, *words, **rest):
    return ds.search(*words, templates=(), **rest)


def test_the_columns_are_there_when_they_are_named(planted):
    found = search(planted, "hail")
    assert found.df().columns[-2:] == ["score", "rank"]
    table = found.df(["score", "rank", "score_percentile", "score_contrast"])
    n = table.height
    assert table["score_percentile"].to_list() == pytest.approx([100 * (n - rank) / n for rank in table["rank"]])
    assert found.sql("SELECT * FROM this").columns[-2:] == ["score", "rank"]
    best = found.sql("SELECT max(Score_Percentile) AS best, min(score_contrast) AS least FROM this").row(0, named=True)
    assert best == {"best": table["score_percentile"].max(), "least": table["score_contrast"].min()}


def test_a_percentile_is_of_the_dataset_whatever_the_view(planted):
    everywhere = dict(search(planted, "hail").df(["sample_id", "score_percentile"]).rows())
    for view in (
        search(planted, "hail").limit(3),
        search(planted.where("weather = 'snow'"), "hail"),
        search(planted, "hail").where("rank > 4").sample(5),
    ):
        held = view.df(["sample_id", "score_percentile"]).rows()
        assert held
        assert all(everywhere[sample] == percentile for sample, percentile in held)


def test_contrast_says_which_samples_are_nearer_to_the_words_than_to_neutral_ones(planted):
    third = np.arange(24)[:23] % 3
    held = dict(search(planted, "hail").df(["sample_id", "score_contrast"]).rows())
    by_third = [[held[i] for i in planted.ids()[:23][third == which].tolist()] for which in range(3)]
    assert min(by_third[0]) > 0.99
    assert max(by_third[1] + by_third[2]) < 0.5
    # the words of the search itself, the neutral ones and the model's own scale
    vector = planted.vectors()[0]
    cosine = lambda text: float(vector @ np.array(SPACE[text]) / np.linalg.norm(SPACE[text]))  # noqa: E731
    lead = cosine("hail") - cosine(NEUTRAL_PROMPTS[0])
    assert held[planted.ids()[0]] == pytest.approx(1 / (1 + np.exp(-CLIP_LOGIT_SCALE * lead)), abs=1e-3)


def test_what_is_not_wanted_counts_in_the_contrast(planted):
    both = search(planted, ["hail", "snow"]).df(["sample_id", "score_contrast"]).sort("sample_id")
    away = search(planted, ["hail", "snow"], minus="snow").df(["sample_id", "score_contrast"]).sort("sample_id")
    assert (away["score_contrast"] <= both["score_contrast"]).all()
    assert (away["score_contrast"] < both["score_contrast"]).any()


def test_they_filter_and_sort(planted):
    found = search(planted, "hail")
    tenth = found.where("score_percentile >= 90")
    assert tenth.ids().tolist() == found.limit(2).ids().tolist()
    assert found.where("score_contrast > 0.5").count() == 8
    up = found.sort_by("score_percentile").df(["rank"])["rank"].to_list()
    assert up == sorted(up, reverse=True)
    assert found.where("score > 2").where("score_percentile > 0").count() == 0


def test_a_search_without_words_has_a_percentile_and_no_contrast(planted):
    like = planted.search(like=int(planted.ids()[0]))
    scores, held = like.df(["score", "score_percentile"]).to_numpy().T
    assert held == pytest.approx([100 * np.mean(scores < score) for score in scores])
    for ask in (
        lambda: like.df(["score_contrast"]),
        lambda: like.where("score_contrast > 0.5"),
        lambda: like.sort_by("score_contrast").ids(),
        lambda: like.sql("SELECT score_contrast FROM this"),
    ):
        with pytest.raises(errors.BadValue, match="this search has no words"):
            ask()


@pytest.mark.parametrize("column", ["score_percentile", "score_contrast"])
def test_without_a_search_they_are_not_there(planted, column):
    for ask in (lambda: planted.where(f"{column} > 0"), lambda: planted.sort_by(column), lambda: planted.df([column])):
        with pytest.raises(errors.UnknownName, match=r"after search\(\)"):
            ask()


def test_a_column_of_that_name_is_kept_under_another(photos, tmp_path):
    import polars as pl

    table = pl.read_csv(photos / "index.csv").with_columns(score_contrast=pl.lit(3))
    table.write_csv(photos / "other.csv")
    try:
        ds = curate.create(tmp_path / "other.curate")
        ds.ingest(photos / "other.csv", workers=1)
    finally:
        (photos / "other.csv").unlink()
    assert "given_score_contrast" in ds.columns
    assert "score_contrast" not in ds.columns
