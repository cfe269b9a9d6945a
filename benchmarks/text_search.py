"""What a query costs on a million vectors, against the bare scan that nothing exact over fp16 can avoid.

    python benchmarks/text_search.py                     # 1,000,000 × 512, about 2.2 GB for index and baseline
    python benchmarks/text_search.py --rows 100000

Bare: one core of FAISS over an SQfp16 index of all rows, top 100, without a filter. The claim: a search, filtered or not,
takes at most 1.2 times that. The two take turns and the medians are compared. Memory is measured before the baseline is
built: it must be that of one copy.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Iterator

import faiss
import numpy as np

from curate.search.index import VectorIndex
from curate.search.shards import flat_index


def random_batches(rows: int, dimension: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    for start in range(0, rows, 8192):
        vectors = rng.standard_normal((min(8192, rows - start), dimension), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield np.arange(start, start + len(vectors)), vectors.astype(np.float16)


def masks(rows: int, scores: np.ndarray) -> dict[str, np.ndarray | None]:
    rng = np.random.default_rng(1)
    shares = {f"{share:.1%} of rows": rng.random(rows) < share for share in (0.5, 0.25, 0.05, 0.001)}
    return {
        "no filter": None,
        **shares,
        "first half": np.arange(rows) < rows // 2,
        "the 50% least alike": scores < np.median(scores),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--top", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=21)
    options = parser.parse_args()

    started = time.perf_counter()
    index = VectorIndex.from_batches(options.dimension, options.rows, random_batches(options.rows, options.dimension))
    print(f"{index}, made and loaded in {time.perf_counter() - started:.1f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"index {index.nbytes / 2**30:.2f} GiB, peak memory of the process {peak:.2f} GiB")

    bare_index, codes = flat_index(options.dimension, options.rows)
    for start in range(0, options.rows, 8192):
        positions = np.arange(start, min(start + 8192, options.rows))
        codes[start : start + len(positions)] = index.reconstruct(positions)
    query = np.random.default_rng(2).standard_normal(options.dimension).astype(np.float32)
    query /= np.linalg.norm(query)
    filters = masks(options.rows, index.scores(query))
    faiss.omp_set_num_threads(1)

    times: dict[str, list[float]] = {"bare": [], **{name: [] for name in filters}, "all scores": []}

    def timed(name: str, call) -> None:
        started = time.perf_counter()
        call()
        times[name].append(time.perf_counter() - started)

    for _ in range(options.rounds):
        timed("bare", lambda: bare_index.search(query[None], options.top))
        for name, mask in filters.items():
            timed(name, lambda mask=mask: index.search(query, options.top, mask=mask))
        timed("all scores", lambda: index.scores(query))
    bare = statistics.median(times["bare"])
    print(f"{'':24}{'median ms':>10}{'ratio':>8}")
    for name, column in times.items():
        print(f"{name:24}{1e3 * statistics.median(column):10.1f}{statistics.median(column) / bare:8.2f}")


if __name__ == "__main__":
    main()
