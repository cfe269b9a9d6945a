"""Facet cards over 1,000,000 samples: counting codes against DuckDB doing the same GROUP BYs, in one run.

The codes are made once (the first row of the table); after that a card is a count of codes over the view. DuckDB gets the filter
of the view as SQL, a statement a card, and bins of equal width, which is less than the cards have.

    python benchmarks/explorer.py --build && python benchmarks/facets.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import curate
from curate.analysis.bins import Bins
from curate.analysis.coding import Part
from curate.dataset import Dataset
from curate.widgets.cards import card
from curate.widgets.codings import Coded, Codings
from curate.widgets.columns import quoted, read_columns

CARDS = 15
VIEWS = ("weather = 'hail'", "brightness < 0.3", "camera IN ('front', 'left')", "weather <> 'snow'")


def median(run: Callable[[], object], times: int = 9) -> float:
    """Median seconds of a call."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))


def group_by(ds: Dataset, coded: Coded, where: str) -> list[tuple[object, ...]]:
    """What a card counts, as SQL."""
    name, cursor = quoted(coded.column.name), ds.session.cursor()
    if coded.column.kind == "labels":
        joined = f"labels l JOIN (SELECT sample_id FROM wide WHERE {where}) w USING (sample_id)"
        sql = f"SELECT value, count(DISTINCT sample_id) FROM {joined} WHERE field = '{coded.column.name}' GROUP BY 1"
    elif coded.column.kind == "tags":
        sql = f"SELECT t, count(*) FROM (SELECT unnest(tags) AS t FROM samples WHERE {where}) GROUP BY 1"
    elif isinstance(coded.codes, Bins):
        value = f"epoch_us({name}) / 1e6" if coded.column.kind == "time" else name
        low, width = float(coded.codes.edges[0]), float(coded.codes.edges[2] - coded.codes.edges[1])
        sql = f"SELECT floor(({value} - {low}) / {width}), count(*) FROM wide WHERE {where} GROUP BY 1"
    else:
        sql = f"SELECT {name}, count(*) FROM wide WHERE {where} GROUP BY 1"
    found: list[tuple[object, ...]] = cursor.execute(sql).fetchall()
    return found


def measure(path: Path) -> None:
    """Print the table."""
    ds = curate.open(path)
    codings = Codings(ds.session)
    columns = [column for column in codings.columns() if column.kind != "tags"][: CARDS - 1]
    columns.append(codings.column("tags", "tags"))
    wide = [column for column in columns if column.kind not in {"tags", "labels"}]
    read_columns(ds.session, wide)
    reading = median(lambda: read_columns(ds.session, wide), 3)
    coding = median(lambda: Codings(ds.session).coded(columns), 3)
    print(f"{len(columns)} cards of {ds.count():,} samples, milliseconds")
    print(f"{'coding them, once':28} {coding * 1e3:8.1f}   {coding / reading:5.1f} of reading their columns as Arrow")
    coded = codings.coded(columns)
    print(f"{'':28} {'codes':>8}   {'GROUP BY':>8}   ratio")
    for where in VIEWS:
        positions = ds.where(where).rows().positions

        def count(positions: np.ndarray = positions) -> None:
            part = Part.of(positions, ds.session.n)
            for one in coded:
                card(one, part, None)

        def ask(where: str = where) -> None:
            for one in coded:
                group_by(ds, one, where)

        ours, theirs = median(count), median(ask, 5)
        share = f"{len(positions) / ds.session.n:.0%}"
        print(f"{f'a view of {share}':28} {ours * 1e3:8.1f}   {theirs * 1e3:8.1f}   {theirs / ours:5.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/curate-benchmarks"))
    options = parser.parse_args()
    path = options.folder / f"scenes-{options.samples}.curate"
    if not path.exists():
        raise SystemExit("python benchmarks/explorer.py --build makes the dataset first")
    measure(path)


if __name__ == "__main__":
    main()
