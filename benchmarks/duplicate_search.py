"""The search for pairs (`curate.analysis.blocks`): recall against the comparison of everything, and a million vectors.

    python benchmarks/duplicate_search.py                       100,000 against every pair, and 1,000,000 x 512
    python benchmarks/duplicate_search.py --exact 30000 --large 0

Two kinds of vectors, of 512 dimensions, float16. "drives": pictures of one scene are more or less alike, and scenes are of 40
kinds, far apart. "cloud": one cloud as encoders make it, a common direction and variances that fall as 1 / rank; nothing tells
blocks apart there, and copies are moved in the directions in which the data vary. In both a fiftieth are copies at a cosine that
is drawn evenly from the threshold to 0.99 (planted), and a thousandth are the same vector.

Recall is the share of all pairs at or above the threshold that are found, at 100,000 by an exhaustive comparison in the same run.
For a million that would take an hour: there it is the share of all pairs of 500 random vectors, and of the planted pairs. "It
says" is the recall that the search measured on its own. "Touching" is how many blocks a vector was compared with. "Busy" is the
processor time of all its processes in seconds: half of it is what two cores take that do nothing else.

The search runs as in a kernel: one process holds the index (1 GiB of a million) and hands the vectors, block by block, to an
errand. Its time is from the start of the first process, imports included, to the groups. Memory is the resident set of both
processes, added, at its highest; what they share counts twice.

The claims: recall of at least 0.99 at 100,000; 1,000,000 x 512 in at most 300 s and 4 GiB on 2 cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

DIMENSION = 512
THRESHOLD = 0.9
PIECE = 50_000


def make(path: Path, count: int, kind: str) -> np.ndarray:
    """Write (count, 512) float16 to `path`, piece by piece. Returns (k, 2) planted pairs, the lower row first."""
    rng = np.random.default_rng(0)
    vectors = np.lib.format.open_memmap(path, "w+", np.float16, (count, DIMENSION))
    turn = np.linalg.qr(rng.normal(size=(DIMENSION, DIMENSION)))[0].astype(np.float32)
    spread = np.arange(1, DIMENSION + 1, dtype=np.float32) ** -0.5
    common = unit(normal(rng, 1))
    kinds = normal(rng, 40)
    planted = []
    for low in range(0, count, PIECE):
        size = min(PIECE, count - low)
        if kind == "cloud":
            part = unit((normal(rng, size) * spread) @ turn.T) + 0.8 * common
            across = (normal(rng, size // 50) * spread) @ turn.T
        else:
            scenes = kinds[rng.integers(0, 40, max(1, size // 5))]
            scenes = scenes + 0.8 * normal(rng, len(scenes))
            noise = rng.uniform(0.2, 0.8, (size, 1)).astype(np.float32)
            part = scenes[rng.integers(0, len(scenes), size)] + noise * normal(rng, size)
            across = normal(rng, size // 50)
        part = unit(part)
        rows = rng.permutation(size)[: 2 * len(across)].reshape(2, -1)
        one = part[rows[0]]
        across = unit(across - (across * one).sum(axis=1, keepdims=True) * one)
        cosine = rng.uniform(THRESHOLD + 0.001, 0.99, (len(one), 1)).astype(np.float32)
        part[rows[1]] = cosine * one + np.sqrt(1 - cosine**2) * across
        planted.append(np.sort(rows, axis=0).T + low)
        vectors[low : low + size] = part
    same = rng.permutation(count)[: count // 1000]
    vectors[same] = vectors[same[0]]
    pairs = np.concatenate(planted)
    return pairs[~np.isin(pairs, same).any(axis=1)]


def normal(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.standard_normal((count, DIMENSION), dtype=np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def pairs_of(vectors: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of `rows` with a vector behind it (or, of a few rows, with any), by comparing them all."""
    few = len(rows) < len(vectors)
    step = 2048
    lefts, rights = [], []
    for low in range(0, len(rows), step):
        asked = rows[low : low + step]
        one = unit(vectors[asked].astype(np.float32))
        for start in range(0 if few else low, len(vectors), 4 * step):
            cosines = one @ unit(vectors[start : start + 4 * step].astype(np.float32)).T
            left, right = np.divmod(np.flatnonzero(cosines >= THRESHOLD), cosines.shape[1])
            left, right = asked[left], right + start
            kept = left != right if few else left < right
            lefts.append(left[kept])
            rights.append(right[kept])
    left, right = np.concatenate(lefts), np.concatenate(rights)
    return np.minimum(left, right), np.maximum(left, right)


def recall(left: np.ndarray, right: np.ndarray, folder: Path) -> float:
    """The share of these pairs that was found; a vector that equals an earlier one stands for that one, as in the result."""
    found = np.load(folder / "pairs.npy").astype(np.int64)
    cosine = np.load(folder / "cosines.npy")
    first = np.arange(max(int(found.max()), int(right.max())) + 1)
    same = cosine == 1
    first[found[1, same]] = found[0, same]
    left, right = first[left], first[right]
    left, right = np.minimum(left, right)[left != right], np.maximum(left, right)[left != right]
    return float(np.isin(left << 32 | right, found[0] << 32 | found[1]).mean())


def inside(folder: Path) -> None:
    """What a kernel does: an index, an errand that gets its vectors in blocks, groups."""
    from curate.analysis.components import groups
    from curate.engines.errand import Errand
    from curate.search.index import VectorIndex

    with (folder / "vectors.npy").open("rb") as file:
        np.lib.format.read_magic(file)
        (count, dimension), _, _ = np.lib.format.read_array_header_1_0(file)

        def batches():
            for low in range(0, count, PIECE):
                rows = min(PIECE, count - low)
                part = np.fromfile(file, np.float16, rows * dimension).reshape(rows, dimension)
                yield np.arange(low, low + rows), part

        index = VectorIndex.from_batches(dimension, count, batches())
    stages: dict[str, float] = {}
    started = time.perf_counter()

    def tell(stage: str, *_: int) -> None:
        stages[stage] = time.perf_counter() - started

    with Errand("curate.analysis.blocks:near_pairs_errand", threads=1) as errand:
        vectors = errand.array("vectors", (count, dimension), np.float16)
        for low in range(0, count, PIECE):
            vectors[low : low + PIECE] = index.reconstruct(np.arange(low, min(low + PIECE, count)))
        del vectors
        arrays, about = errand.run({"threshold": THRESHOLD}, tell)
    found = groups(count, arrays["left"], arrays["right"], arrays["cosine"])
    about["groups"] = len(np.unique(found.group[found.group != np.arange(count)]))
    about["until"] = {stage: round(seconds, 1) for stage, seconds in stages.items()}
    np.save(folder / "pairs.npy", np.stack([arrays["left"], arrays["right"]]))
    np.save(folder / "cosines.npy", arrays["cosine"])
    (folder / "about.json").write_text(json.dumps(about))


def resident(pid: int) -> int:
    """Bytes of the resident sets of a process and of those that it started."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) << 10
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(resident(int(child)) for child in (task / "children").read_text().split())
    except OSError:  # it has ended
        pass
    return total


def timed(folder: Path) -> tuple[float, float, dict]:
    """Seconds and GiB of `inside`, in a process of its own, and what the search says of itself."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([sys.executable, __file__, "--inside", str(folder)])
    highest = 0
    while process.poll() is None:
        highest = max(highest, resident(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(process.returncode)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    about = json.loads((folder / "about.json").read_text())
    about["busy"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, highest / 2**30, about


def against_everything(count: int, kind: str, folder: Path) -> None:
    make(folder / "vectors.npy", count, kind)
    seconds, memory, about = timed(folder)
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    started = time.perf_counter()
    left, right = pairs_of(vectors, np.arange(count))
    every = time.perf_counter() - started
    share = recall(left, right, folder)
    row(
        kind,
        count,
        len(np.load(folder / "cosines.npy")),
        share,
        about,
        seconds,
        memory,
        f"every pair took {every:.0f} s",
    )


def large(count: int, kind: str, folder: Path) -> None:
    planted = make(folder / "vectors.npy", count, kind)
    seconds, memory, about = timed(folder)
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    one, other = (unit(vectors[planted[:, side]].astype(np.float32)) for side in range(2))
    near = (one * other).sum(axis=1) >= THRESHOLD + 1e-6
    of_planted = recall(*planted[near].T, folder)
    of_some = recall(*pairs_of(vectors, np.sort(np.random.default_rng(1).permutation(count)[:500])), folder)
    note = f"recall of {near.sum():,} planted pairs {of_planted:.4f}"
    row(kind, count, len(np.load(folder / "cosines.npy")), of_some, about, seconds, memory, note)
    print(f"{'':8} seconds until the end of each stage: {about['until']}; {about['groups']:,} groups", flush=True)


def row(kind: str, count: int, pairs: int, share: float, about: dict, seconds: float, memory: float, note: str) -> None:
    said = f"{about['recall']:.4f}" if about["method"] == "blocks" else "exact"
    print(
        f"{kind:8} {count:10,} {pairs:12,} {share:8.4f} {said:>9} {about['touching']:9.1f} "
        f"{seconds:8.1f} {about['busy']:6.0f} {memory:6.2f}   {note}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--exact", type=int, default=100_000, help="vectors that are compared with all; 0 leaves it out"
    )
    parser.add_argument("--large", type=int, default=1_000_000, help="vectors of the large search; 0 leaves it out")
    parser.add_argument("--kinds", nargs="+", choices=("drives", "cloud"), default=("drives", "cloud"))
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.inside)
        return
    print(f"pairs at a cosine of at least {THRESHOLD}, {DIMENSION} dimensions, {os.cpu_count()} cores")
    print(
        f"{'':8} {'vectors':>10} {'pairs':>12} {'recall':>8} {'it says':>9} {'touching':>9} {'seconds':>8} {'busy':>6} {'GiB':>6}"
    )
    with tempfile.TemporaryDirectory() as name:
        for count, measure in ((options.exact, against_everything), (options.large, large)):
            for kind in options.kinds if count else ():
                measure(count, kind, Path(name))


if __name__ == "__main__":
    main()
