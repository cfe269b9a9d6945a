import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from curate.analysis import projection
from curate.analysis.projection import memberships, neighbours_of, place, project
from curate.errors import BadValue


def blobs(n, *, clusters=6, dimension=32, spread=0.3, seed=0):
    """(n, dimension) float16 unit vectors around `clusters` directions, and which each belongs to."""
    rng = np.random.default_rng(seed)
    middles = np.linalg.qr(rng.normal(size=(dimension, clusters)))[0].T
    of = rng.integers(0, clusters, n)
    vectors = middles[of] + spread * rng.normal(size=(n, dimension)) / dimension**0.5
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16), of


def kept_apart(places, of):
    """Which share of points has a nearest neighbour of its own cluster."""
    away = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(away, np.inf)
    return (of[away.argmin(axis=1)] == of).mean()


def test_planted_clusters_stay_apart_and_neighbours_together():
    vectors, of = blobs(600)
    layout = project(vectors)
    assert layout.places.shape == (600, 2)
    assert layout.places.dtype == np.float32
    assert (layout.method, layout.fitted, layout.graph, layout.recall) == ("umap", 600, "exact", 1.0)
    assert kept_apart(layout.places, of) > 0.99
    assert trustworthiness(vectors.astype(np.float32), layout.places, n_neighbors=15, metric="cosine") >= 0.9
    middles = np.array([layout.places[of == cluster].mean(axis=0) for cluster in range(6)])
    radius = max(np.linalg.norm(layout.places[of == c] - middles[c], axis=1).max() for c in range(6))
    between = np.linalg.norm(middles[:, None] - middles[None], axis=2)[np.triu_indices(6, 1)].min()
    assert between > radius


def test_sequences_of_near_duplicates_lie_where_their_kind_lies():
    """Each of 30 drives is 20 nearly equal pictures, so the 15 nearest of each are of its own drive."""
    rng = np.random.default_rng(1)
    kinds = np.repeat(np.arange(3), 10)
    scenes = 2 * np.eye(32)[kinds] + rng.normal(size=(30, 32)) / 32**0.5
    vectors = np.repeat(scenes, 20, axis=0) + 0.02 * rng.normal(size=(600, 32)) / 32**0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    places = project(vectors.astype(np.float16)).places
    drives = places.reshape(30, 20, 2).mean(axis=1)
    away = np.linalg.norm(drives[:, None] - drives[None], axis=2) + 1e9 * np.eye(30)
    nearest = np.argsort(away, axis=1)[:, :3]
    assert (kinds[nearest] == kinds[:, None]).mean() > 0.9


def test_the_same_seed_gives_the_same_map():
    vectors, _ = blobs(300)
    first = project(vectors, seed=3).places
    assert np.array_equal(first, project(vectors, seed=3).places)
    assert not np.array_equal(first, project(vectors, seed=4).places)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 15, 16, 17, 40])
def test_a_few_samples_have_places_too(n):
    vectors, _ = blobs(n)
    layout = project(vectors)
    assert layout.places.shape == (n, 2)
    assert np.isfinite(layout.places).all()
    assert layout.method == ("pca" if n <= 15 else "umap")
    if n > 1:
        assert len(np.unique(layout.places, axis=0)) == n


def test_equal_vectors_share_a_place_and_break_nothing():
    vectors, _ = blobs(300)
    vectors[50:250] = vectors[50]
    layout = project(vectors)
    assert layout.fitted == 101
    assert np.isfinite(layout.places).all()
    assert len(np.unique(layout.places[50:250], axis=0)) == 1
    vectors[:] = vectors[0]
    assert len(np.unique(project(vectors).places, axis=0)) == 1


def test_vectors_of_one_dimension_and_of_zeros():
    assert np.isfinite(project(np.ones((40, 1), np.float32)).places).all()
    vectors, _ = blobs(60)
    vectors[7] = 0
    assert np.isfinite(project(vectors).places).all()


def test_vectors_that_are_not_finite_are_refused():
    vectors, _ = blobs(60)
    vectors[7, 3] = np.nan
    with pytest.raises(BadValue, match="nan"):
        project(vectors)


@pytest.mark.parametrize(
    "wrong", [{"neighbours": 1}, {"neighbours": 201}, {"min_dist": -0.1}, {"min_dist": 1.0}, {"seed": -1}]
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(BadValue, match=next(iter(wrong))):
        project(blobs(20)[0], **wrong)


def test_neighbours_are_the_nearest_and_each_is_its_own_first():
    vectors = blobs(400)[0].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[10:40] = vectors[10]
    rows, distances, recall = neighbours_of(vectors, 10)
    assert recall == 1.0
    assert rows[:, 0].tolist() == list(range(400))
    assert (np.diff(distances, axis=1) >= 0).all()
    assert (distances[10:40] == 0).all()
    truth = np.sort(1 - vectors @ vectors.T, axis=1)[:, :10]
    np.testing.assert_allclose(distances, truth.clip(0), atol=2e-6)


def test_an_inverted_file_finds_what_it_says_that_it_finds(monkeypatch):
    vectors = blobs(6000, clusters=40, dimension=48)[0].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    exact, _, _ = neighbours_of(vectors, 15)
    monkeypatch.setattr(projection, "EXACT_ROWS", 1000)
    found, distances, recall = neighbours_of(vectors, 15)
    true = np.mean([np.isin(a, b).mean() for a, b in zip(exact, found, strict=True)])
    assert recall >= projection.WANTED_RECALL
    assert true == pytest.approx(recall, abs=0.03)
    assert np.isfinite(distances).all()
    assert np.array_equal(found, neighbours_of(vectors, 15)[0])


def test_of_very_many_a_part_is_laid_out_and_the_others_are_placed(monkeypatch):
    vectors, of = blobs(1500)
    monkeypatch.setattr(projection, "FITTED_ROWS", 500)
    stages = []
    layout = project(vectors, tell=lambda stage, done, total: stages.append((stage, done, total)))
    assert layout.fitted == 500
    assert layout.method == "umap"
    assert kept_apart(layout.places, of) > 0.99
    assert trustworthiness(vectors.astype(np.float32), layout.places, n_neighbors=15, metric="cosine") >= 0.9
    assert np.array_equal(layout.places, project(vectors).places)
    assert [stage for stage, done, total in stages if done == total] == ["neighbours", "layout", "places"]
    assert stages[-1] == ("places", 1000, 1000)


def test_new_vectors_are_placed_among_their_neighbours():
    vectors, of = blobs(500)
    places = project(vectors[:400]).places
    new = place(vectors[400:], vectors[:400], places)
    assert new.shape == (100, 2)
    assert new.dtype == np.float32
    everything = np.vstack([places, new])
    away = np.linalg.norm(new[:, None] - places[None], axis=2)
    assert (of[away.argmin(axis=1)] == of[400:]).mean() > 0.99
    assert np.isfinite(everything).all()
    assert np.array_equal(place(vectors[:30], vectors[:400], places), places[:30]), "who is there already stays"
    assert place(vectors[:3], vectors[7:8], places[7:8]).tolist() == [places[7].tolist()] * 3


def test_memberships_are_those_of_umap():
    """`smooth_knn_dist` and `compute_membership_strengths`, as UMAP.transform calls them."""
    projection.project(blobs(20)[0])  # imports UMAP without its warning
    from umap.umap_ import compute_membership_strengths, smooth_knn_dist

    distances = np.sort(np.random.default_rng(0).random((50, 15), dtype=np.float32), axis=1)
    sigmas, rhos = smooth_knn_dist(distances, 15.0, local_connectivity=0.0)
    rows = np.tile(np.arange(15), (50, 1))
    expected = compute_membership_strengths(rows, distances, sigmas, rhos, bipartite=True)[2].reshape(50, 15)
    np.testing.assert_allclose(memberships(distances), expected, rtol=1e-3)
