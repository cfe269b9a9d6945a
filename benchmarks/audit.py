"""Whether an audit holds what it says: how often the truth is within its limits, and how wide they are.

    OMP_NUM_THREADS=1 python benchmarks/audit.py                        # some 10 minutes, 15 more for the scenes the first time
    OMP_NUM_THREADS=1 python benchmarks/audit.py --only planted bounds

Hunts as in `benchmarks/hunting.py`, on the same scenes, photos and planted vectors, with its reviewer who answers truly. After 200
answers, chosen by the model, comes an audit of 100: 300 answers, and a zone of everything reviewed and the 300 most likely of the
rest; a further 119 are drawn outside. The draw is repeated, the zone stays. Then the audit's answers train the model, 100 more are
reviewed, and a second audit follows at half the error rate.

- `zone`: how often the zone's interval has the truth, nominal 0.95; `outside`: the same of the bound for everything else.
- `2nd`: both statements of the second audit, nominal 0.975 each; `both`: the zone's interval in the first and in the second.
- `half-width`: half the interval, as a share of the zone's positives, the median over the audits.
- `mistakes`: a reviewer who says yes to 1 % of what is none, and then is asked about each yes again.
- `bounds`: the bound for the outside, drawn 1,000 times at each rate and size; and once more without simulation, at every number of
  positives: the chance of every outcome, summed over those whose bound holds. The least over all numbers of positives is shown.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
from hunting import Case, demo, photos, planted
from scipy.stats import hypergeom

from curate.hunting.audit import Estimate, Plan, Verdicts, draw, estimate, plan
from curate.hunting.bounds import at_most
from curate.hunting.choice import by_words, choose
from curate.hunting.model import learn
from curate.hunting.space import fit_space, fitting_rows
from curate.search.index import VectorIndex

CHOSEN, DRAWN, MORE = 200, 100, 100
BATCH = 20
MISTAKES = 0.01
RATES = (0.0, 0.001, 0.005, 0.01, 0.025, 0.05, 0.2)
WIDTHS = {
    "easy (text AP 0.5 or more, planted easy, good prompts)": ("demo, text AP 0.5 or more", "planted, easy, good"),
    "hard (text AP below 0.5, planted hard, good prompts)": ("demo, text AP below 0.5", "planted, hard, good"),
    "poor prompts, all": ("poor prompt",),
}


class Reviewed:
    """A hunt with a reviewer who answers truly, or nearly."""

    def __init__(self, case: Case, *, seed: int) -> None:
        self.case = case
        n, dimension = case.vectors.shape
        self.ids = np.random.default_rng([seed, 17]).choice(2**60, n, replace=False)
        self.index = VectorIndex.from_batches(dimension, n, [(np.arange(n), case.vectors)])
        self.space = fit_space(case.vectors[fitting_rows(np.ones(n, bool), seed=seed)])
        self.text = self.index.scores(case.query.astype(np.float32))
        self.answered = np.empty(0, np.int64)

    def scores(self) -> np.ndarray:
        """(n,) the order in which samples come now."""
        verdicts = self.case.truth[self.answered]
        if by_words(verdicts):
            return self.text
        vectors = self.case.vectors[self.answered]
        return learn(self.space, self.case.query, vectors, verdicts).logits_over(self.index)

    def review(self, n: int) -> None:
        """Answer `n` more that the model chooses."""
        for _ in range(0, n, BATCH):
            allowed = np.ones(len(self.text), bool)
            allowed[self.answered] = False
            rejected = self.answered[~self.case.truth[self.answered]]
            shown = choose(
                self.scores(),
                BATCH,
                allowed=allowed,
                vectors_of=self.case.vectors.__getitem__,
                rejected=self.case.vectors[rejected],
            )
            self.answered = np.concatenate([self.answered, shown])

    def plan(self, n: int, *, seed: int, look: int = 1) -> Plan:
        """Freeze an audit of `n` answers."""
        reviewed = np.zeros(len(self.text), bool)
        reviewed[self.answered] = True
        return plan(self.ids, self.scores(), reviewed, n, seed=seed, look=look)


@dataclass
class Tally:
    """What came of the audits of one scenario."""

    zone: list[bool] = field(default_factory=list)
    outside: list[bool] = field(default_factory=list)
    second: list[bool] = field(default_factory=list)
    second_outside: list[bool] = field(default_factory=list)
    both: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)  # estimate over truth, a yes in a hundred no wrong
    asked_again: list[float] = field(default_factory=list)  # the same, after each yes was asked again


def holds(said: Estimate, frozen: Plan, truth: Verdicts, positives: int) -> tuple[bool, bool]:
    """Whether the interval of the zone and the bound of the outside have the truth."""
    inside = sum(truth[id] is True for id in frozen.zone)
    return said.low <= inside <= said.high, positives - inside <= said.outside.at_most


def run(case: Case, tally: Tally, *, seed: int, draws: int, chains: int) -> None:
    """One hunt, its first audit drawn `draws` times, and after `chains` of these a second."""
    hunt = Reviewed(case, seed=seed)
    hunt.review(min(CHOSEN, len(case.truth) - 3 * DRAWN - 1))
    positives = int(case.truth.sum())
    truth: Verdicts = dict(zip(hunt.ids.tolist(), case.truth.tolist(), strict=True))
    before = hunt.answered
    frozen = hunt.plan(DRAWN, seed=seed * 10_000)
    position = {id: at for at, id in enumerate(hunt.ids.tolist())}
    mistaken, still = np.random.default_rng([seed, 29]).random((2, len(case.truth))) < MISTAKES
    careless = {id: yes or bool(mistaken[at]) for (id, yes), at in zip(truth.items(), position.values(), strict=True)}
    again = {id: yes and (truth[id] or bool(still[position[id]])) for id, yes in careless.items()}
    wanted = max(sum(truth[id] is True for id in frozen.zone), 1)
    for number in range(draws):
        # the plan differs in its seed alone: whatever the seed is, it has the same zone
        drawn = draw(msgspec.structs.replace(frozen, seed=frozen.seed + number), hunt.ids)
        said = estimate(drawn, truth)
        zone, outside = holds(said, frozen, truth, positives)
        tally.zone.append(zone)
        tally.outside.append(outside)
        tally.widths.append((said.high - said.low) / 2 / wanted)
        tally.wrong.append(estimate(drawn, careless).about / wanted)
        tally.asked_again.append(estimate(drawn, again).about / wanted)
        if number < chains:
            hunt.answered = np.concatenate([before, [position[id] for id in drawn.queue()]])
            hunt.review(min(MORE, max(0, len(case.truth) - len(hunt.answered) - 3 * DRAWN)))
            if len(hunt.answered) == len(case.truth):
                continue
            second = hunt.plan(DRAWN, seed=drawn.plan.seed, look=2)
            zone_again, outside_again = holds(estimate(draw(second, hunt.ids), truth), second, truth, positives)
            tally.second.append(zone_again)
            tally.second_outside.append(outside_again)
            tally.both.append(zone and zone_again)


def coverage(cases: Iterator[Case], *, draws: int, chains: int) -> dict[str, Tally]:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for number, case in enumerate(cases):
        # thinned or planted at one rate each: a scenario is a line of the table of hunting.py, at one prevalence
        scenario = f"{case.group}, {case.truth.mean():.1%}"
        run(case, tallies[scenario], seed=number, draws=draws, chains=chains)
        last = tallies[scenario]
        print(f"  {scenario:46} {case.name[:40]:40} zone {np.mean(last.zone[-draws:]):.3f}", flush=True)
    return tallies


def show(tallies: dict[str, Tally]) -> None:
    print(
        f"{'':46}{'audits':>8}{'zone':>8}{'outside':>9}{'half-width':>12}{'2nd':>8}{'outside':>9}{'both':>8}"
        f"{'mistakes':>10}{'again':>8}"
    )
    lines = {**dict(sorted(tallies.items())), "all": merged(tallies.values())}
    for name, tally in lines.items():
        row = (tally.zone, tally.outside, tally.second, tally.second_outside, tally.both)
        zone, outside, second, second_outside, both = (np.mean(values) if values else np.nan for values in row)
        print(
            f"{name:46}{len(tally.zone):8,}{zone:8.3f}{outside:9.3f}{np.median(tally.widths):12.3f}{second:8.3f}"
            f"{second_outside:9.3f}{both:8.3f}{np.median(tally.wrong):10.2f}{np.median(tally.asked_again):8.2f}"
        )
    least = {name: min(np.mean(getattr(t, name)) for t in tallies.values()) for name in ("zone", "outside")}
    print(f"least of a scenario: zone {least['zone']:.3f}, outside {least['outside']:.3f}; nominal 0.95")
    print(f"second audits: {len(lines['all'].second):,}")
    print(f"\nmedian half-width at {CHOSEN + DRAWN} answers, over the zone's positives")
    for name, parts in WIDTHS.items():
        widths = [w for group, tally in tallies.items() if any(p in group for p in parts) for w in tally.widths]
        if widths:
            print(f"{name:56}{np.median(widths):8.3f}{len(widths):8,} audits")


def merged(tallies: Iterator[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        for name, values in vars(tally).items():
            getattr(whole, name).extend(values)
    return whole


def rates(repeats: int) -> None:
    print(f"coverage of the outside bound by rate, {repeats:,} draws each, and exact")
    print(f"{'size':>10}{'looked at':>11}" + "".join(f"{f'{rate:.1%}':>8}" for rate in RATES))
    for size in (300, 1_500, 18_000):
        for looked in (59, 119, 598):
            if looked >= size:
                continue
            ids = np.arange(size + 3)
            frozen = plan(ids, -ids, np.zeros(len(ids), bool), 1, outside=looked)
            row = []
            for rate in RATES:
                rng = np.random.default_rng([size, looked, round(rate * 1000)])
                held = 0
                for number in range(repeats):
                    drawn = draw(msgspec.structs.replace(frozen, seed=number), ids)
                    wanted = np.zeros(len(ids), bool)
                    wanted[3 + rng.choice(size, round(rate * size), replace=False)] = True
                    said = estimate(drawn, {id: bool(wanted[id]) for id in drawn.queue()})
                    held += int(wanted.sum()) <= said.outside.at_most
                row.append(held / repeats)
            print(f"{size:10,}{looked:11,}" + "".join(f"{value:8.3f}" for value in row), flush=True)
            exact = exactly(size, looked, np.array([round(rate * size) for rate in RATES]))
            print(f"{'exact':>21}" + "".join(f"{value:8.3f}" for value in exact))


def exactly(size: int, looked: int, positives: np.ndarray | None = None, *, alpha: float = 0.05) -> np.ndarray:
    """How often the bound holds with so many positives; by default with each number where it holds least often."""
    limits = np.array([at_most(found, looked, size, alpha=alpha) for found in range(looked + 1)])
    if positives is None:  # the bound grows with what was found: it holds least often just above one of its values
        positives = np.unique(np.clip(np.concatenate([limits, limits + 1, [0, size]]), 0, size))
    enough = np.searchsorted(limits, positives)  # so many must be found for the bound to hold
    return np.asarray(hypergeom.sf(enough - 1, size, positives, looked))


def bounds() -> None:
    print("least coverage of the outside bound over every number of positives, exact")
    print(f"{'size':>10}{'looked at':>11}{'nominal 0.95':>14}{'nominal 0.975':>15}")
    for size in (60, 300, 1_500, 18_000, 100_000, 1_000_000):
        for looked in (20, 59, 119, 598, 3_000):
            if looked < size:
                least = [exactly(size, looked, alpha=alpha).min() for alpha in (0.05, 0.025)]
                print(f"{size:10,}{looked:11,}{least[0]:14.5f}{least[1]:15.5f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=["demo", "photos", "planted", "bounds"])
    parser.add_argument(
        "--repeats", type=int, default=1, help="thinnings of each target, draws of each planted setting"
    )
    parser.add_argument("--scenes", type=int, default=20_000)
    parser.add_argument("--cases", type=int, help="of each kind, at most")
    parser.add_argument("--draws", type=int, default=40, help="first audits of a hunt")
    parser.add_argument("--chains", type=int, default=5, help="second audits of a hunt")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir(), "curate-benchmarks"))
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    chosen = set(options.only or ["demo", "photos", "planted", "bounds"])
    kinds = {
        "photos": lambda: photos(options.cache),
        "planted": lambda: planted(options.repeats),
        "demo": lambda: demo(options.scenes, options.repeats, options.cache),
    }
    tallies: dict[str, Tally] = {}
    for name, cases in kinds.items():
        if name in chosen:
            tallies |= coverage(islice(cases(), options.cases), draws=options.draws, chains=options.chains)
    if tallies:
        show(tallies)
    if "bounds" in chosen:
        print()
        rates(1000)
        print()
        bounds()


if __name__ == "__main__":
    main()
