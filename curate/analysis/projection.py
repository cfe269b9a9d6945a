"""A map of vectors: places in the plane at which near vectors are near (UMAP), over a neighbour graph that FAISS makes.

Source: UMAP (McInnes, Healy and Melville, 2018), by its authors' own package. Five things are done outside of it:

- the neighbours, by FAISS: exactly up to `EXACT_ROWS` vectors, past that from an inverted file whose recall is measured;
- the graph also has the neighbours within ever smaller random parts of the data. The pictures of one drive are each other's 15
  neighbours, all of them, so that a plain graph falls into as many pieces as there are drives, strewn at random; among every
  third, ninth, … picture the neighbours are those of other drives with the same weather and hour. On 2,000 road scenes the
  trustworthiness rises from 0.966 to 0.996 (of 15 neighbours) and from 0.84 to 0.94 (of 100), for half as many edges more;
- the start, by principal components: they keep the large shape as well as UMAP's spectral start does (Kobak and Linderman, 2021),
  and need no eigensolver that may not converge on a graph of many pieces;
- past `FITTED_ROWS` vectors that many, drawn at random, are laid out, and the others are placed by their neighbours among them;
- the map is turned so that it is wider than high, as screens are, and what UMAP threw far out is drawn in (`settle`).

Importing UMAP takes seconds and compiling it holds the interpreter's lock, so a kernel runs this in a process of its own
(`curate.engines.errand`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import faiss
import numpy as np

from curate.errors import BadValue

EXACT_ROWS = 50_000
"""Up to so many vectors every pair is compared: 512 dimensions take some 20 s on two cores."""

FITTED_ROWS = 200_000
"""Up to so many vectors are laid out together; the others are placed among them."""

WANTED_RECALL = 0.95
"""Of the true neighbours, the share that the inverted file has to find."""

COARSER = 3
"""How many times smaller each further part of the data is, whose neighbours join the graph."""

_BLOCK = 8192
"""Vectors that are searched, or brought to float32, at once."""

_RECALL_SAMPLE = 500
"""Vectors whose neighbours are also looked up exactly, to measure recall."""

_SAME = 1e-6
"""Cosine distances below this are rounding: the vectors are the same."""

Tell = Callable[[str, int, int], None]
"""Hears the stage of the work, how much of it is done, and of how much."""


def _nobody(stage: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True, eq=False)
class Layout:
    """A map.

    Attributes:
        places: (n, 2) float32, finite.
        method: "umap", or "pca" where there were too few different vectors for a graph.
        fitted: how many vectors were laid out; the others stand where their equals or their neighbours do.
        graph: how neighbours were found, "exact" or "ivf"; empty where none were.
        recall: the share of true neighbours that was found, measured on a sample; 1.0 where the search was exact.
    """

    places: np.ndarray
    method: str
    fitted: int
    graph: str = ""
    recall: float = 1.0
    about: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        about = {"method": self.method, "fitted": self.fitted, "graph": self.graph, "recall": self.recall}
        object.__setattr__(self, "about", about)


def project(
    vectors: np.ndarray, *, neighbours: int = 15, min_dist: float = 0.1, seed: int = 0, tell: Tell = _nobody
) -> Layout:
    """Lay vectors out in the plane; the same vectors and seed give the same map on the same machine.

    Equal vectors are laid out once and share a place. Where there are no more different vectors than `neighbours`, everyone is
    everyone's neighbour and a graph says nothing: then the places are the first two principal components.

    Args:
        vectors: (n, d) float16 or float32 of unit length, also a memory-mapped file.
        neighbours: how many a vector is drawn to; few show fine structure, many the large shape.
        min_dist: how close points may come, 0 to 1.
        seed: of everything random.
        tell: hears how far it is: stages "neighbours", "layout" and, for a large map, "places".

    Raises:
        BadValue: a parameter out of range, or vectors that are not finite.

    >>> square = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], dtype=np.float32)
    >>> project(square).places.shape
    (4, 2)
    """
    check_parameters(neighbours, min_dist, seed)
    rows = len(vectors)
    chosen = np.arange(rows)
    if rows > FITTED_ROWS:
        chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:FITTED_ROWS])
    fitted = _unit(vectors, chosen)
    first, twin = _different(fitted)
    fitted = fitted[first]
    if len(fitted) <= neighbours and len(chosen) == rows:
        return Layout(_principal(fitted)[twin].astype(np.float32), "pca", len(fitted))
    if len(fitted) <= neighbours:
        index = _Index(fitted, neighbours, seed)
        layout = _principal(fitted).astype(np.float32)
        method = "pca"
    else:
        index = _Index(fitted, neighbours, seed)
        layout = settle(_lay_out(fitted, index, min_dist=min_dist, seed=seed, tell=tell))
        method = "umap"
    places = np.empty((rows, 2), np.float32)
    places[chosen] = layout[twin]
    if len(chosen) < rows:
        others = np.setdiff1d(np.arange(rows), chosen, assume_unique=True)
        places[others] = _placed(vectors, others, index, layout, tell)
    if not np.isfinite(places).all():
        raise BadValue("The layout came out with places that are not finite", hint="try another seed")
    return Layout(places, method, len(fitted), index.kind, round(index.recall, 4))


def place(
    vectors: np.ndarray,
    known: np.ndarray,
    places: np.ndarray,
    *,
    neighbours: int = 15,
    seed: int = 0,
    tell: Tell = _nobody,
) -> np.ndarray:
    """Put new vectors onto a map: each at the mean of its nearest neighbours there, weighted as UMAP's own transform begins.

    Args:
        vectors: (m, d) float16 or float32 of unit length.
        known: (n, d), those that have a place; n at least 1.
        places: (n, 2) float32.
        neighbours: how many are averaged.
        seed: of the inverted file.
        tell: hears how far it is: stage "places".

    Returns:
        (m, 2) float32. A vector that is on the map already gets the place it has there.
    """
    check_parameters(neighbours, 0.0, seed)
    index = _Index(_unit(known, np.arange(len(known))), neighbours, seed)
    return _placed(vectors, np.arange(len(vectors)), index, places, tell)


def neighbours_of(
    vectors: np.ndarray, k: int, *, seed: int = 0, tell: Tell = _nobody
) -> tuple[np.ndarray, np.ndarray, float]:
    """The `k` nearest of each vector, itself first, as UMAP takes them.

    Args:
        vectors: (n, d) float32 of unit length, n at least `k`.
        k: with the vector itself, at least 1.
        seed: of the inverted file.
        tell: hears how far it is: stage "neighbours".

    Returns:
        (n, k) int64 rows, (n, k) float32 cosine distances (0 to 2) ascending, and the measured recall. Where an inverted file
        found fewer than `k`, rows end in -1.
    """
    index = _Index(vectors, k, seed)
    return *_graph(index, vectors, tell), index.recall


def check_parameters(neighbours: int, min_dist: float, seed: int) -> None:
    """Refuse what UMAP cannot work with.

    Raises:
        BadValue: a parameter out of range.
    """
    if not 2 <= neighbours <= 200:
        raise BadValue(f"'neighbours' is 2 to 200. Got {neighbours}", hint="15 suits most datasets")
    if not 0 <= min_dist < 1:
        raise BadValue(f"'min_dist' is at least 0 and less than 1. Got {min_dist}", hint="0.1 suits most datasets")
    if not 0 <= seed < 2**32:
        raise BadValue(f"'seed' is at least 0 and less than 2**32. Got {seed}")


class _Index:
    """FAISS over unit vectors: exact, or an inverted file that looks into as many lists as its recall takes."""

    def __init__(self, vectors: np.ndarray, k: int, seed: int) -> None:
        rows, dimension = vectors.shape
        self.k = min(k, rows)
        self.kind, self.recall = "exact", 1.0
        exact: Any = faiss.IndexFlatIP(dimension)
        if rows <= EXACT_ROWS:
            exact.add(vectors)
            self._index = exact
            return
        self.kind = "ivf"
        lists = int(2 * rows**0.5)
        self._index = faiss.IndexIVFFlat(exact, dimension, lists, faiss.METRIC_INNER_PRODUCT)
        self._index.cp.niter, self._index.cp.seed = 10, seed & 0x7FFFFFFF
        self._index.cp.max_points_per_centroid = 64
        self._index.train(vectors)
        self._index.add(vectors)
        self._measure(vectors, seed)

    def _measure(self, vectors: np.ndarray, seed: int) -> None:
        """Look into twice as many lists until enough true neighbours are found."""
        queries = vectors[np.random.default_rng(seed).permutation(len(vectors))[:_RECALL_SAMPLE]]
        every: Any = faiss.knn(queries, vectors, self.k, metric=faiss.METRIC_INNER_PRODUCT)
        # by score and not by row: of neighbours that are equally near any will do
        least = every[0][:, -1:] - _SAME
        self._index.nprobe = 8
        while True:
            scores, rows = self._index.search(queries, self.k)
            self.recall = float(((scores >= least) & (rows >= 0)).mean())
            if self.recall >= WANTED_RECALL or self._index.nprobe >= self._index.nlist:
                return
            self._index.nprobe = min(2 * self._index.nprobe, self._index.nlist)

    def search(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(m, k) rows, best first, and cosine distances; where fewer were found, -1 and the distance of the last."""
        scores, rows = self._index.search(queries, self.k)
        lacking = rows < 0
        if lacking.any():
            scores = np.where(lacking, np.where(lacking, np.inf, scores).min(axis=1, keepdims=True), scores)
        distances = np.maximum(1 - scores, 0, dtype=np.float32)
        distances[distances < _SAME] = 0
        return rows, distances


def _graph(index: _Index, vectors: np.ndarray, tell: Tell) -> tuple[np.ndarray, np.ndarray]:
    k = index.k
    rows = np.empty((len(vectors), k), np.int64)
    distances = np.empty((len(vectors), k), np.float32)
    for low, high in _blocks(len(vectors), tell, "neighbours"):
        found, far = index.search(vectors[low:high])
        own = np.arange(low, high)[:, None]
        # The vector itself comes first, also where rounding put another before it or equals pushed it out.
        itself = found == own
        drop = np.where(itself.any(axis=1), itself.argmax(axis=1), k - 1)
        kept = np.arange(k) != drop[:, None]
        rows[low:high] = np.hstack([own, found[kept].reshape(-1, k - 1)])
        distances[low:high] = np.hstack([np.zeros_like(far[:, :1]), far[kept].reshape(-1, k - 1)])
    return rows, distances


def _lay_out(vectors: np.ndarray, index: _Index, *, min_dist: float, seed: int, tell: Tell) -> np.ndarray:
    """(n, 2) float32 by UMAP's own steps, on one thread: on several it gives another map each time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # that there is no TensorFlow, which nothing here needs
        from umap.umap_ import find_ab_params, simplicial_set_embedding
    random = np.random.RandomState(seed)
    graph = _fuzzy(vectors, index, random, tell)
    epochs = 500 if len(vectors) <= 10_000 else 200  # UMAP's own choice
    tell("layout", 0, epochs)
    start = _principal(vectors)
    start *= 10 / max(float(np.abs(start).max()), 1e-12)
    start += random.normal(scale=1e-4, size=start.shape)
    a, b = find_ab_params(1.0, min_dist)
    places, _ = simplicial_set_embedding(
        vectors,
        graph,
        n_components=2,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=epochs,
        init=start.astype(np.float32),
        random_state=random,
        metric="cosine",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        parallel=False,
        tqdm_kwds={"disable": False, "file": _Epochs(tell), "bar_format": "{n}/{total}", "mininterval": 0.1},
    )
    return np.ascontiguousarray(places, np.float32)


def _fuzzy(vectors: np.ndarray, index: _Index, random: np.random.RandomState, tell: Tell) -> Any:
    """UMAP's fuzzy graph of all vectors and of ever smaller random parts of them, the stronger edge of each pair."""
    import scipy.sparse
    from umap.umap_ import fuzzy_simplicial_set

    count, k = len(vectors), index.k
    sizes = [count]
    while sizes[-1] // COARSER > 4 * k:
        sizes.append(sizes[-1] // COARSER)
    order = random.permutation(count)
    graph: Any = None
    done = 0

    def part_of_all(stage: str, within: int, _: int) -> None:
        tell(stage, done + within, sum(sizes))

    for size in sizes:
        rows = np.sort(order[:size])
        part = vectors if graph is None else vectors[rows]
        found = index if graph is None else _Index(part, k, 0)
        near, distances = _graph(found, part, part_of_all)
        done += size
        edges, _, _ = fuzzy_simplicial_set(part, k, random, "cosine", knn_indices=near, knn_dists=distances)
        edges = edges.tocoo()
        edges = scipy.sparse.coo_matrix((edges.data, (rows[edges.row], rows[edges.col])), shape=(count, count)).tocsr()
        graph = edges if graph is None else graph.maximum(edges)
    return graph


def settle(places: np.ndarray) -> np.ndarray:
    """Turn a layout so that it is wider than high, and draw in what lies far outside of the rest.

    How far apart UMAP puts pieces that no neighbours join means nothing, and one of them far out would leave the others a corner
    of the screen. Past twice the spread of 95 % the distance grows by its logarithm only; the order along an axis stays.

    Args:
        places: (n, 2) float32.

    Returns:
        (n, 2) float32, the median at 0.

    >>> settle(np.array([[0, 0], [0, 2], [0, 4], [0, 6]], dtype=np.float32))[:, 0].tolist()
    [-3.0, -1.0, 1.0, 3.0]
    """
    turned = _principal(places)
    turned -= np.median(turned, axis=0)
    reach = 2 * np.quantile(np.abs(turned), 0.95, axis=0)
    reach = np.where(reach > 0, reach, np.abs(turned).max(axis=0, initial=1.0))
    size = np.abs(turned)
    beyond = np.maximum(size - reach, 0) / np.where(reach > 0, reach, 1)
    settled: np.ndarray = np.sign(turned) * (np.minimum(size, reach) + 0.2 * reach * np.log1p(beyond))
    return settled.astype(np.float32)


class _Epochs:
    """What UMAP's progress bar is written to: the one place where it says how far it is."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def write(self, text: str) -> None:
        done, _, total = text.strip().partition("/")
        if done.isdigit() and total.isdigit():
            self._tell("layout", int(done), int(total))

    def flush(self) -> None:
        pass


def _placed(vectors: np.ndarray, wanted: np.ndarray, index: _Index, places: np.ndarray, tell: Tell) -> np.ndarray:
    """(m, 2) float32 places of rows `wanted` of `vectors` among the places of the index's rows."""
    result = np.empty((len(wanted), 2), np.float32)
    for low, high in _blocks(len(wanted), tell, "places"):
        rows, distances = index.search(_unit(vectors, wanted[low:high]))
        weights = memberships(distances) * (rows >= 0)
        weights[distances[:, 0] == 0, 1:] = 0  # it is on the map already
        weights /= weights.sum(axis=1, keepdims=True)
        result[low:high] = np.einsum("mk,mkd->md", weights, places[rows])
    return result


def memberships(distances: np.ndarray) -> np.ndarray:
    """How strongly a new vector belongs to each of its neighbours: UMAP's fuzzy sets, without local connectivity.

    Args:
        distances: (m, k) float32, ascending.

    Returns:
        (m, k) float32 in (0, 1]: exp(-distance / scale), the scale of a row being such that all but the first sum to log2(k).
    """
    count, k = distances.shape
    if k < 3:
        return np.ones_like(distances)
    low, high = np.zeros(count), np.full(count, np.inf)
    scale = np.ones(count)
    for _ in range(64):
        total = np.exp(-distances[:, 1:] / scale[:, None]).sum(axis=1)
        above = total > np.log2(k)
        low, high = np.where(above, low, scale), np.where(above, scale, high)
        scale = np.where(np.isinf(high), 2 * scale, (low + high) / 2)
    # UMAP's own floor: neighbours that are all equally near would make the scale vanish
    scale = np.maximum(scale, np.maximum(1e-3 * distances.mean(axis=1), 1e-12))
    strengths: np.ndarray = np.exp(-distances / scale[:, None])
    return strengths.astype(np.float32)


def _principal(vectors: np.ndarray) -> np.ndarray:
    """(n, 2) float64: the first two principal components, their signs fixed."""
    if len(vectors) == 0:
        return np.zeros((0, 2))
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    scatter = np.zeros((vectors.shape[1],) * 2)
    for low in range(0, len(vectors), _BLOCK):
        centred = vectors[low : low + _BLOCK] - mean
        scatter += centred.T @ centred
    axes = np.linalg.eigh(scatter)[1][:, ::-1][:, :2]
    axes *= np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0))
    places = np.zeros((len(vectors), 2))
    for low in range(0, len(vectors), _BLOCK):
        places[low : low + _BLOCK, : axes.shape[1]] = (vectors[low : low + _BLOCK] - mean) @ axes
    return places


def _different(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the first of each different vector, ascending, and for each vector which of these is its equal."""
    keys = np.fromiter((hash(vector.tobytes()) for vector in vectors), np.int64, len(vectors))
    _, first, twin = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[twin]


def _unit(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(m, d) float32 of unit length: stored halves are so only to three digits, and the zeros of equals would not be zero."""
    units = np.empty((len(rows), vectors.shape[1]), np.float32)
    for low in range(0, len(rows), _BLOCK):
        part = vectors[rows[low : low + _BLOCK]].astype(np.float32)
        units[low : low + _BLOCK] = part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-12)
    if not np.isfinite(units).all():
        raise BadValue("There are vectors with nan or infinity", hint="embed with finite vectors")
    return units


def _blocks(count: int, tell: Tell, stage: str) -> Iterator[tuple[int, int]]:
    tell(stage, 0, count)
    for low in range(0, count, _BLOCK):
        high = min(low + _BLOCK, count)
        yield low, high
        tell(stage, high, count)


def project_errand(
    arrays: Mapping[str, np.ndarray], options: Mapping[str, Any], tell: Tell
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """`project` as an errand: array "vectors" in, "places" out."""
    layout = project(arrays["vectors"], tell=tell, **options)
    return {"places": layout.places}, layout.about


def place_errand(
    arrays: Mapping[str, np.ndarray], options: Mapping[str, Any], tell: Tell
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """`place` as an errand: arrays "vectors", "known" and "places" in, "places" out."""
    return {"places": place(arrays["vectors"], arrays["known"], arrays["places"], tell=tell, **options)}, {}
