"""What a hunt saves: a simulated reviewer, who answers truly, and what the text ranking alone would have cost.

    OMP_NUM_THREADS=1 python benchmarks/hunting.py                      # everything once: 2 minutes on 2 idle cores
    OMP_NUM_THREADS=1 python benchmarks/hunting.py --only planted speed
    OMP_NUM_THREADS=1 python benchmarks/hunting.py --repeats 5          # each setting five times

The first run renders and encodes 20,000 road scenes (some 15 minutes more), and keeps their vectors in `--cache`.

The table: answers until 50, 80 and 90 % of what is wanted are found, text ranking over hunt, as a geometric mean; 3 means that the
hunt needs a third. A hunt starts with the text's top 20, so nothing that the text finds at once can gain.

- demo: scenes with independent attributes, 20 composed targets, each thinned to 0.5 % and 1 %, ten of them in plain words and ten
  in loose ones. A poor prompt leaves the last of the plain words out. `text AP` is the average precision of the text ranking.
- photos: night among day_night, dusk among camvid_701, under ../shared; left out where that is not there.
- planted: 100,000 × 128 vectors, variances falling as 1 / rank, and a shift of those that are wanted. The best linear direction
  tells them apart by 6 (easy), 5 (medium) or 4 (hard) standard deviations; a good prompt by 0.6 or 0.5 of that, a poor one by 0.3.
  `best` is what that direction, which nobody knows, would gain: a bound for every linear model.
- speed: a refit at 1,000 answers, and applying the model to 1,000,000 × 512, over a bare scan by one core of FAISS. The median, and
  the time on the processor, which other work on the machine does not change.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from curate.hunting.choice import by_words, choose
from curate.hunting.model import learn
from curate.hunting.space import fit_space, fitting_rows
from curate.search.index import VectorIndex

LEVELS = (0.5, 0.8, 0.9)
SHARED = Path(__file__).resolve().parents[2] / "shared"
PREVALENCES = (0.001, 0.005, 0.02)
SEPARATIONS = {"easy": 6.0, "medium": 5.0, "hard": 4.0}
PROMPTS = {"good prompt (0.6)": 0.6, "good prompt (0.5)": 0.5, "poor prompt (0.3)": 0.3}


@dataclass(frozen=True)
class Case:
    """One thing to hunt for.

    Attributes:
        group: the line of the table; what stands before a semicolon is a line of its own, over all of it.
        name: for reading.
        vectors: (n, d) float16.
        truth: (n,) bool.
        query: (d,) float32.
        best: (n,) scores of the best linear direction, where it is known.
    """

    group: str
    name: str
    vectors: np.ndarray
    truth: np.ndarray
    query: np.ndarray
    best: np.ndarray | None = None


class Cost(NamedTuple):
    """Answers until each of `LEVELS` is found; a hunt that was stopped has not got further than `answers`."""

    needed: list[int]
    reached: list[bool]


def wanted_at(truth: np.ndarray) -> list[int]:
    """How many samples each level is."""
    return [int(np.ceil(level * truth.sum())) for level in LEVELS]


def by_ranking(scores: np.ndarray, truth: np.ndarray) -> Cost:
    """What reading down a ranking costs."""
    found = np.cumsum(truth[np.argsort(-scores, kind="stable")])
    return Cost([int(np.searchsorted(found, count)) + 1 for count in wanted_at(truth)], [True] * len(LEVELS))


def hunt(case: Case, *, batch: int, limit: int, seed: int) -> Cost:
    """What a hunt costs. Past 1,000 answers a batch is a twentieth of them: fewer refits, and slower to learn than a person's."""
    n, dimension = case.vectors.shape
    index = VectorIndex.from_batches(dimension, n, [(np.arange(n), case.vectors)])
    space = fit_space(case.vectors[fitting_rows(np.ones(n, bool), seed=seed)])
    text = index.scores(case.query)
    allowed = np.ones(n, bool)
    answered = np.empty(0, np.int64)
    targets = wanted_at(case.truth)
    needed = [limit] * len(LEVELS)
    found = 0
    while answered.size < min(limit, n) and found < targets[-1]:
        verdicts = case.truth[answered]
        words = by_words(verdicts)
        scores = text if words else learn(space, case.query, case.vectors[answered], verdicts).logits_over(index)
        shown = choose(
            scores,
            max(batch, answered.size // 20 if answered.size > 1000 else 0),
            allowed=allowed,
            vectors_of=case.vectors.__getitem__,
            rejected=case.vectors[answered[~verdicts]],
        )
        allowed[shown] = False
        for position in shown:
            answered = np.append(answered, position)
            found += int(case.truth[position])
            for level, target in enumerate(targets):
                if found >= target:
                    needed[level] = min(needed[level], answered.size)
    return Cost(needed, [found >= target for target in targets])


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    hits = truth[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, hits.size + 1))[hits].mean())


# --- what is hunted for ---


LOOSE: list[tuple[str, dict[str, tuple[str, ...]]]] = [
    ("bad weather at night", {"timeofday": ("night",), "weather": ("rain", "hail", "snow", "fog")}),
    ("a heavy vehicle at dusk", {"timeofday": ("dusk",), "object": ("truck", "bus")}),
    ("somebody on the road in fog", {"weather": ("fog",), "object": ("pedestrian", "cyclist")}),
    ("somebody at risk after dark", {"timeofday": ("night",), "object": ("pedestrian", "cyclist")}),
    ("poor visibility by day", {"timeofday": ("day",), "weather": ("fog", "snow")}),
    ("ice at dusk", {"timeofday": ("dusk",), "weather": ("hail", "snow")}),
    ("a wet road outside town", {"weather": ("rain",), "place": ("highway", "forest road", "desert road")}),
    ("traffic in a storm", {"weather": ("hail",), "object": ("car", "truck", "bus")}),
    ("a living being in bad light", {"timeofday": ("dusk", "night"), "object": ("pedestrian", "cyclist", "deer")}),
    ("somebody without a car in the rain", {"weather": ("rain",), "object": ("pedestrian", "cyclist")}),
]


def demo_targets() -> list[tuple[str, str | None, dict[str, tuple[str, ...]]]]:
    """20 compositions: words, the words without the last attribute, and the attributes.

    The model knows the plain words of a pair well. Loose words mean several values at once, in words that it has hardly met.
    """
    from curate.demo.captions import query
    from curate.demo.scene import OBJECTS, PLACES, TIMES, WEATHERS

    pairs: list[dict[str, str]] = []
    for number in range(5):
        pairs.append({"timeofday": TIMES[number % 3], "object": OBJECTS[number]})
        other = {"place": PLACES[number]} if number < 4 else {"timeofday": "night"}
        pairs.append({**other, "weather": WEATHERS[(number + 3) % 5]})
    plain = [
        (query(**pair), query(**dict(list(pair.items())[:-1])), {name: (value,) for name, value in pair.items()})
        for pair in pairs
    ]
    return [*plain, *((words, None, parts) for words, parts in LOOSE)]


def demo_scenes(scenes: int, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """(n, 128) float16 vectors and (n, 4) attributes of scenes that training has not seen."""
    from curate.demo.corpus import attributes, draw_scenes, render_corpus
    from curate.demo.evaluate import Encoder

    drawn = draw_scenes(scenes, seed=20_001)
    kept = cache / f"scenes-{scenes}-vectors.npy"
    if not kept.exists():
        encoder = Encoder()
        pixels = render_corpus(cache / f"scenes-{scenes}.npy", drawn, side=encoder.side, workers=2)
        np.save(kept, encoder.images(pixels).astype(np.float16))
    return np.load(kept), attributes(drawn)


def demo(scenes: int, repeats: int, cache: Path) -> Iterator[Case]:
    from curate.demo.captions import ATTRIBUTES
    from curate.demo.evaluate import Encoder

    vectors, truth = demo_scenes(scenes, cache)
    targets = demo_targets()
    full = Encoder().texts([words for words, _, _ in targets])
    poor = Encoder().texts([fewer or words for words, fewer, _ in targets])
    names = [name for name, _ in ATTRIBUTES]
    values = dict(ATTRIBUTES)
    for number, (words, fewer, parts) in enumerate(targets):
        holds = [
            np.isin(truth[:, names.index(key)], [values[key].index(one) for one in ones]) for key, ones in parts.items()
        ]
        wanted = np.all(holds, axis=0)
        for prevalence in (0.005, 0.01):
            for repeat in range(repeats):
                rng = np.random.default_rng([number, round(prevalence * 1000), repeat])
                others = np.flatnonzero(~wanted)
                # whatever shares some of the attributes stays: it is what makes it hard
                count = round(others.size * prevalence / (1 - prevalence))
                rows = np.sort(np.concatenate([others, rng.choice(np.flatnonzero(wanted), count, replace=False)]))
                part, mask = vectors[rows], wanted[rows]
                precision = average_precision(part.astype(np.float32) @ full[number], mask)
                group = "demo, text AP 0.5 or more" if precision >= 0.5 else "demo, text AP below 0.5"
                group += "; loose words" if fewer is None else "; plain words"
                yield Case(group, f"{words} at {prevalence:.1%}", part, mask, full[number])
                if fewer is not None:
                    yield Case(
                        "demo, poor prompt", f"{fewer} for {words} at {prevalence:.1%}", part, mask, poor[number]
                    )


def photos(cache: Path) -> Iterator[Case]:
    from curate.search.prompts import prompt_vector

    if not SHARED.exists():
        print("../shared is not there: no photos")
        return
    from curate.encoders.resolve import resolve

    encoder = resolve(f"local-dir:{SHARED / 'models/photo-clip'}")
    for folder, label in (("day_night", "night"), ("camvid_701", "dusk")):
        table = pl.read_csv(SHARED / "data" / folder / "index.csv")
        kept = cache / f"{folder}-vectors.npy"
        if not kept.exists():
            from PIL import Image

            prepared = [
                encoder.prepare(Image.open(SHARED / "data" / folder / path).convert("RGB")) for path in table["path"]
            ]
            blocks = [
                encoder.encode_prepared(np.stack(prepared[low : low + 64])) for low in range(0, len(prepared), 64)
            ]
            np.save(kept, np.concatenate(blocks).astype(np.float16))
        truth = table["label"].str.contains(label).to_numpy()
        yield Case(f"photos, {label}", label, np.load(kept), truth, prompt_vector(encoder, label))


def planted(repeats: int, rows: int = 100_000, dimension: int = 128) -> Iterator[Case]:
    for repeat in range(repeats):
        for prevalence in PREVALENCES:
            for difficulty, separation in SEPARATIONS.items():
                rng = np.random.default_rng([repeat, round(prevalence * 1000), round(separation * 10)])
                spread = 1 / np.sqrt(1 + np.arange(dimension))
                truth = np.zeros(rows, bool)
                truth[rng.choice(rows, round(rows * prevalence), replace=False)] = True
                vectors = rng.standard_normal((rows, dimension), dtype=np.float32) * spread.astype(np.float32)
                # a direction that is random among the whitened ones, so that all directions take part in telling them apart
                way = rng.standard_normal(dimension)
                way /= np.linalg.norm(way)
                vectors[truth] += (separation * way * spread).astype(np.float32)
                best = vectors @ (way / spread).astype(np.float32)
                centre = rng.standard_normal(dimension)
                vectors += (3 * centre / np.linalg.norm(centre)).astype(np.float32)
                other = rng.standard_normal(dimension)
                other -= way * (other @ way)
                other /= np.linalg.norm(other)
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                for prompt, share in PROMPTS.items():
                    query = (share * way + np.sqrt(1 - share**2) * other) / spread
                    query /= np.linalg.norm(query)
                    group = f"planted, {difficulty}, {prompt}"
                    yield Case(group, f"{prevalence:.1%}", vectors.astype(np.float16), truth, query, best)


# --- the tables ---


def ratios(cases: Iterator[Case], *, batch: int, limit: int, every: bool) -> None:
    gained: dict[str, list[float]] = defaultdict(list)
    bounds: dict[str, list[float]] = defaultdict(list)
    precisions: dict[str, list[float]] = defaultdict(list)
    stopped: dict[str, int] = defaultdict(int)
    for number, case in enumerate(cases):
        scores = case.vectors.astype(np.float32) @ case.query.astype(np.float32)
        text = by_ranking(scores, case.truth)
        cost = hunt(case, batch=batch, limit=limit, seed=number)
        best = by_ranking(case.best, case.truth) if case.best is not None else None
        one = [t / h for t, h in zip(text.needed, cost.needed, strict=True)]
        for group in sorted({case.group, case.group.split(";")[0]}):
            gained[group] += one
            precisions[group].append(average_precision(scores, case.truth))
            stopped[group] += cost.reached.count(False)
            if best is not None:
                bounds[group] += [t / b for t, b in zip(text.needed, best.needed, strict=True)]
        if every:
            marks = " ".join(f"{h}{'' if ok else '+'}" for h, ok in zip(cost.needed, cost.reached, strict=True))
            print(
                f"  {case.group:40} {case.name:44} AP {precisions[case.group][-1]:.2f}  wanted {case.truth.sum():5}"
                f"  text {text.needed}  hunt {marks}",
                flush=True,
            )
    print(
        f"{'text over hunt':40}{'cases':>6}{'text AP':>9}{'50 %':>7}{'80 %':>7}{'90 %':>7}{'mean':>7}{'best':>7}{'stopped':>9}"
    )
    for group, values in sorted(gained.items()):
        table = np.log(np.array(values).reshape(-1, len(LEVELS)))
        columns = "".join(f"{value:7.2f}" for value in (*np.exp(table.mean(axis=0)), np.exp(table.mean())))
        bound = f"{np.exp(np.log(bounds[group]).mean()):7.2f}" if bounds[group] else f"{'':7}"
        print(f"{group:40}{len(table):6}{statistics.mean(precisions[group]):9.2f}{columns}{bound}{stopped[group]:9}")


def speed(rows: int, dimension: int, rounds: int) -> None:
    import faiss

    from curate.search.shards import flat_index

    rng = np.random.default_rng(0)
    spread = (1 / np.sqrt(1 + np.arange(dimension))).astype(np.float32)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for low, high in pairwise([*range(0, rows, 8192), rows]):
            vectors = rng.standard_normal((high - low, dimension), dtype=np.float32) * spread
            yield np.arange(low, high), (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)

    index = VectorIndex.from_batches(dimension, rows, batches())
    bare, codes = flat_index(dimension, rows)
    for low, high in pairwise([*range(0, rows, 8192), rows]):
        codes[low:high] = index.reconstruct(np.arange(low, high))
    started = time.perf_counter()
    space = fit_space(index.reconstruct(fitting_rows(index.present, seed=0)))
    print(f"the space of {rows:,} × {dimension}: {time.perf_counter() - started:.1f} s, once a hunt")
    faiss.omp_set_num_threads(1)
    query = rng.standard_normal(dimension).astype(np.float32)
    answered = rng.choice(rows, 1000, replace=False)
    vectors = index.reconstruct(answered)
    truth = vectors @ rng.standard_normal(dimension).astype(np.float32)
    verdicts = truth > np.quantile(truth, 0.8)
    model = learn(space, query, vectors, verdicts)
    work = {
        "refit at 1,000 answers": lambda: learn(space, query, vectors, verdicts),
        "bare scan, top 100, one core": lambda: bare.search(query[None], 100),
        "apply to all": lambda: model.logits_over(index),
    }
    elapsed: dict[str, list[float]] = {name: [] for name in work}
    processor: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            wall, used = time.perf_counter(), time.process_time()
            run()
            elapsed[name].append(time.perf_counter() - wall)
            processor[name].append(time.process_time() - used)
    print(f"{'':32}{'median ms':>10}{'least ms':>10}{'processor ms':>14}")
    for name in work:
        row = statistics.median(elapsed[name]), min(elapsed[name]), statistics.median(processor[name])
        print(f"{name:32}{1e3 * row[0]:10.1f}{1e3 * row[1]:10.1f}{1e3 * row[2]:14.1f}")
    over = statistics.median(elapsed["apply to all"]) / statistics.median(elapsed["bare scan, top 100, one core"])
    print(f"apply over bare scan: {over:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=["demo", "photos", "planted", "speed"])
    parser.add_argument(
        "--repeats", type=int, default=1, help="thinnings of each target, draws of each planted setting"
    )
    parser.add_argument("--scenes", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument(
        "--limit", type=int, default=10_000, help="answers after which a hunt is stopped, and counted so"
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="for the speed")
    parser.add_argument("--dimension", type=int, default=512, help="for the speed")
    parser.add_argument("--rounds", type=int, default=11, help="for the speed")
    parser.add_argument("--every", action="store_true", help="print each case, too")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir(), "curate-benchmarks"))
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    chosen = set(options.only or ["demo", "photos", "planted", "speed"])
    tables = {
        "photos": lambda: photos(options.cache),
        "planted": lambda: planted(options.repeats),
        "demo": lambda: demo(options.scenes, options.repeats, options.cache),
    }
    for name, cases in tables.items():
        if name in chosen:
            ratios(cases(), batch=options.batch, limit=options.limit, every=options.every)
            print()
    if "speed" in chosen:
        speed(options.rows, options.dimension, options.rounds)


if __name__ == "__main__":
    main()
