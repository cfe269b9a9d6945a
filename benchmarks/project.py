"""`ds.project()` against umap-learn alone, on the same vectors in the same run: time, and how well neighbours are kept.

    python benchmarks/project.py                       20,000 vectors of 128 dimensions
    python benchmarks/project.py --samples 200000 --dimension 512

The vectors are those of drives: 20 nearly equal pictures each, of one of 40 kinds of scene. Every row runs in a fresh process, and
its time is that of the whole process, imports and compilation included. `ds.project()` also reads the vectors from the dataset and
writes the places into it. Trustworthiness (scikit-learn's, 0 to 1) is of a random 2,000 samples: the share of neighbours on the map
that are neighbours in truth, weighted by how far off the others are; "drives" is the share of the nearest other drives on the map
that are of the same kind.

The claims: no slower than umap-learn with its own neighbour search, and a map that keeps more.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa

import curate
from curate.encoders.encoder import EncoderInfo
from curate.search.vectors import INFO_KEY
from curate.store import schemas
from curate.store.folder import Folder
from curate.store.ids import content_key, sample_id

FRAMES = 20
KINDS = 40
MEASURED = 2000


def drives(n: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, dimension) float16 unit vectors, and the kind of each."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, KINDS, -(-n // FRAMES))
    middles = rng.normal(size=(KINDS, dimension))
    scenes = middles[kinds] + 0.8 * rng.normal(size=(len(kinds), dimension))
    of = np.repeat(np.arange(len(kinds)), FRAMES)[:n]
    vectors = scenes[of] + 0.1 * rng.normal(size=(n, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16), kinds[of]


def build(path: Path, vectors: np.ndarray) -> None:
    """A dataset of samples that are nothing but vectors."""
    folder = Folder.create(path)
    uris = [f"drive_{i // FRAMES:05}/{i % FRAMES:02}.jpg" for i in range(len(vectors))]
    ids = np.array([sample_id("roads", uri) for uri in uris])
    hashes = [f"{i:064x}"[::-1] for i in range(len(vectors))]
    rows = {
        "sample_id": ids,
        "root": ["roads"] * len(ids),
        "uri": uris,
        "status": ["ok"] * len(ids),
        "content_hash": hashes,
    }
    samples = {field.name: pa.array(rows.get(field.name, [None] * len(ids)), field.type) for field in schemas.SAMPLES}
    folder.samples.append(pa.table(samples, schema=schemas.SAMPLES))
    info = EncoderInfo(
        name="planted", model="planted", weights_hash="0", preprocessing="", dimension=vectors.shape[1], has_text=False
    )
    schema = schemas.vectors(vectors.shape[1], {INFO_KEY: info.to_json().encode()})
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
    contents = pa.array([content_key(text) for text in hashes])
    folder.table("vectors/planted", schema).append(
        pa.Table.from_arrays([pa.array(ids), contents, column], schema=schema.remove_metadata())
    )


def with_curate(folder: Path) -> np.ndarray:
    dataset = curate.open(folder / "drives.curate")
    print(dataset.project(), file=sys.stderr)
    return dataset.df(["projection_x", "projection_y"]).to_numpy()


def with_umap(folder: Path, *, graph: bool) -> np.ndarray:
    warnings.simplefilter("ignore")  # it warns of having no index for `transform`, and of having no TensorFlow
    import umap

    vectors = np.load(folder / "vectors.npy").astype(np.float32)
    given = {}
    if graph:
        from curate.analysis.projection import neighbours_of

        rows, distances, _ = neighbours_of(vectors, 15)
        given["precomputed_knn"] = (rows, distances)
    return umap.UMAP(metric="cosine", n_neighbors=15, random_state=0, n_jobs=1, **given).fit_transform(vectors)


ROWS = {
    "umap-learn, its own neighbours": lambda folder: with_umap(folder, graph=False),
    "umap-learn, FAISS's neighbours": lambda folder: with_umap(folder, graph=True),
    "ds.project()": with_curate,
}


def kept(vectors: np.ndarray, kinds: np.ndarray, places: np.ndarray) -> tuple[float, float]:
    """Trustworthiness of `MEASURED` samples, and the share of neighbouring drives that are of the same kind."""
    from sklearn.manifold import trustworthiness

    some = np.random.default_rng(1).permutation(len(vectors))[:MEASURED]
    trust = trustworthiness(vectors[some].astype(np.float32), places[some], n_neighbors=15, metric="cosine")
    whole = len(places) // FRAMES * FRAMES
    middles = places[:whole].reshape(-1, FRAMES, 2).mean(axis=1)
    of = kinds[:whole:FRAMES]
    asked = np.random.default_rng(2).permutation(len(middles))[:500]
    away = np.linalg.norm(middles[asked, None] - middles[None], axis=2)
    away[np.arange(len(asked)), asked] = np.inf
    nearest = np.argsort(away, axis=1)[:, :5]
    return float(trust), float((of[nearest] == of[asked, None]).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--row", choices=ROWS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        np.save(options.folder / "places.npy", ROWS[options.row](options.folder))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vectors, kinds = drives(options.samples, options.dimension)
        np.save(folder / "vectors.npy", vectors)
        build(folder / "drives.curate", vectors)
        print(f"{options.samples:,} vectors of {options.dimension} dimensions, {os.cpu_count()} cores")
        print(f"{'':32} {'seconds':>8} {'a second':>9} {'ratio':>6} {'trustworthiness':>16} {'drives':>7}")
        first = 0.0
        for row in ROWS:
            started = time.perf_counter()
            subprocess.run([sys.executable, __file__, "--row", row, "--folder", name], check=True)
            seconds = time.perf_counter() - started
            first = first or seconds
            trust, same = kept(vectors, kinds, np.load(folder / "places.npy"))
            rate = options.samples / seconds
            print(f"{row:32} {seconds:8.1f} {rate:9,.0f} {first / seconds:6.2f} {trust:16.3f} {same:7.2f}", flush=True)


if __name__ == "__main__":
    main()
