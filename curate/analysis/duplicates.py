"""Groups of what is there more than once, and which one of each is to stay: from pairs and facts to frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Literal, NamedTuple

import numpy as np
import polars as pl

from curate.analysis.components import groups

Rule = Literal["best", "first", "largest"]
RULES: tuple[Rule, ...] = ("best", "first", "largest")

_BETTER: dict[str, tuple[str, ...]] = {
    "best": ("pixels", "sharp", "labels", "centre"),
    "largest": ("pixels", "centre"),
    "first": (),
}
_SHARPER = 1.25  # times: less is noise
_WHY = {
    "pixels": "largest: {width} × {height}",
    "sharp": "sharpest: {sharpness:.3g}",
    "labels": "most labels: {labels}",
    "centre": "most like the others",
}

_FIRST = "came first"

_MEMBERS = {
    "group": pl.Int64,
    "kind": pl.String,
    "sample_id": pl.Int64,
    "kept": pl.Boolean,
    "similarity": pl.Float32,
    "why": pl.String,
    "span": pl.String,
}


class Grouped(NamedTuple):
    """Groups of rows.

    Attributes:
        group: (n,) int64, from 0; -1 for a row in none.
        kinds: of each group: "exact", "sequence" or "near".
        centre: (n,) bool, whether all others of its group are pairs with it.
    """

    group: np.ndarray
    kinds: list[str]
    centre: np.ndarray


def grouped(count: int, pairs: pl.DataFrame, drives: pl.DataFrame) -> Grouped:
    """Make groups of pairs, by the rule of `curate.analysis.components`: every member is a pair with the centre of its group.

    Args:
        count: rows, n.
        pairs: left and right (rows), similarity (below 1 where not exact), exact; of equal bytes each with the first, on the left.
        drives: (n rows) drive and place, as `curate.analysis.sequences.drives` gives them.

    Returns:
        A group whose members have the same bytes is "exact". One of frames of one drive that hardly change is a "sequence": there
        they are most of the frames between its first and its last.

    >>> pairs = pl.DataFrame({"left": [0, 2], "right": [3, 3], "similarity": [1.0, 0.9], "exact": [True, False]})
    >>> found = grouped(4, pairs, pl.DataFrame({"drive": [0, 1, 2, 3], "place": [0, 0, 0, 0]}))
    >>> found.group.tolist(), found.kinds
    ([0, -1, 0, 0], ['near'])
    """
    group, centre = np.full(count, -1, np.int64), np.zeros(count, bool)
    if not pairs.height:
        return Grouped(group, [], centre)
    exact = pairs["exact"].to_numpy()
    strength = np.where(exact, 1.0, pairs["similarity"].to_numpy())
    both = np.concatenate([pairs["left"].to_numpy(), pairs["right"].to_numpy()])
    rows, ends = np.unique(both, return_inverse=True)
    left, right = ends[: pairs.height], ends[pairs.height :]
    stars = groups(len(rows), left, right, strength)
    sizes = np.bincount(stars.group, minlength=len(rows))
    member = sizes[stars.group] > 1
    heads, number = np.unique(stars.group[member], return_inverse=True)
    group[rows[member]] = number
    centre[rows[stars.centre[member]]] = True
    twin = np.arange(len(rows))
    twin[right[exact]] = left[exact]
    drive, place = (drives[name].to_numpy()[rows][member] for name in ("drive", "place"))
    same = _spread(number, twin[member], len(heads)) == 0
    together = _spread(number, place, len(heads)) + 1 < 2 * sizes[heads]
    sequence = together & (_spread(number, drive, len(heads)) == 0)
    return Grouped(group, np.where(same, "exact", np.where(sequence, "sequence", "near")).tolist(), centre)


def members(facts: pl.DataFrame, kinds: Sequence[str], pairs: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """One row a member of a group, the one that is to stay first.

    Args:
        facts: one row a member: group, sample_id, position, place (in its drive), centre (whether all others are pairs with it),
            labels (how many), and as far as they are known uri, width, height, sharpness and captured_at.
        kinds: of each group.
        pairs: left_id, right_id, similarity, exact.
        rule: "best" by size in pixels, then sharpness (a quarter more, or it does not count), then labels; "largest" by size
            alone; of equals what is most like the others, which is a pair with all of them. "first" is what came first.

    Returns:
        group, kind, sample_id, kept, similarity (to the kept one; null where they were not compared), why, span.
    """
    if not facts.height:
        return pl.DataFrame(schema=_MEMBERS)
    names = ("uri", "width", "height", "sharpness", "captured_at")
    facts = facts.with_columns(pl.lit(None).alias(name) for name in names if name not in facts.columns)
    facts = facts.with_columns(
        (pl.col("width").cast(pl.Int64).fill_null(0) * pl.col("height").cast(pl.Int64).fill_null(0)).alias("pixels"),
        (pl.col("sharpness").cast(pl.Float64).fill_null(0).clip(1e-6).log() / np.log(_SHARPER)).round(0).alias("sharp"),
        pl.col("labels").fill_null(0),
    )
    better = _BETTER[rule]
    ordered = facts.sort(["group", *better, "position"], descending=[False, *(True for _ in better), False])
    ordered = ordered.with_columns(
        pl.Series("kind", kinds, pl.String).gather(ordered["group"]),
        (pl.int_range(pl.len()).over("group") == 0).alias("kept"),
    )
    said = {"span": _spans(ordered), "why": _reasons(ordered, better)}
    words = [
        ordered["group"].replace_strict(told, default="", return_dtype=pl.String).alias(name)
        for name, told in said.items()
    ]
    return ordered.with_columns(_similarities(ordered, pairs), *words).select(*_MEMBERS)


def pair_keys(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A number for each pair that looks random, and is the same whichever side comes first (splitmix64).

    Args:
        left: (m,) int64 ids.
        right: (m,) int64 ids.

    Returns:
        (m,) uint64.

    >>> bool(pair_keys(np.array([3]), np.array([5])) == pair_keys(np.array([5]), np.array([3])))
    True
    """
    low, high = np.minimum(left, right).astype(np.uint64), np.maximum(left, right).astype(np.uint64)
    key = low * np.uint64(0x9E3779B97F4A7C15) + (high ^ (high >> np.uint64(29)))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        key = (key ^ (key >> np.uint64(shift))) * np.uint64(factor)
    mixed: np.ndarray = key ^ (key >> np.uint64(31))
    return mixed


def _spread(number: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """(count,) int64: of each group, how far its highest value is from its lowest."""
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(low, number, values)
    np.maximum.at(high, number, values)
    spread: np.ndarray = high - low
    return spread


def _similarities(ordered: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    """Of each member to the kept one of its group; null where they were not compared."""
    heads = ordered.filter(pl.col("kept")).select("group", pl.col("sample_id").alias("head"))
    sides = ordered.join(heads, on="group", how="left", maintain_order="left")
    # equal bytes are stored with the first of them: whatever that one is like, its equals are
    same = dict(pairs.filter(pl.col("exact")).select("right_id", "left_id").iter_rows())
    ids, head = (np.array([same.get(i, i) for i in sides[name].to_list()]) for name in ("sample_id", "head"))
    wanted = pl.DataFrame({"key": pair_keys(ids, head), "same": ids == head})
    keys = pair_keys(pairs["left_id"].to_numpy(), pairs["right_id"].to_numpy())
    known = pl.DataFrame({"key": keys, "similarity": pairs["similarity"]}).unique("key")
    joined = wanted.join(known, on="key", how="left", maintain_order="left")
    one = pl.lit(1.0, pl.Float32)
    return joined.select(pl.when("same").then(one).otherwise("similarity").alias("similarity"))["similarity"]


def _spans(ordered: pl.DataFrame) -> dict[int, str]:
    """From when to when a sequence is, or from which name to which."""
    frames = ordered.filter(pl.col("kind") == "sequence").sort("group", "place")
    spans = {}
    for group, part in frames.partition_by("group", as_dict=True, maintain_order=True).items():
        times, names = part["captured_at"].drop_nulls().to_list(), part["uri"].to_list()
        if len(times) == part.height:
            spans[int(group[0])] = f"{min(times):%Y-%m-%d %H:%M:%S} – {max(times):%H:%M:%S}"
        else:
            spans[int(group[0])] = " – ".join(str(name).rsplit("/", 1)[-1] for name in (names[0], names[-1]))
    return spans


def _reasons(ordered: pl.DataFrame, better: Sequence[str]) -> dict[int, str]:
    """By what the kept one of each group was chosen: the first thing in which they differ."""
    if not better:
        return dict.fromkeys(ordered["group"].unique().to_list(), _FIRST)
    differing = ordered.group_by("group").agg(pl.col(better).n_unique() > 1)
    by = {
        group: next(compress(better, these), None) for group, *these in differing.select("group", *better).iter_rows()
    }
    kept = ordered.filter(pl.col("kept")).rows(named=True)
    return {row["group"]: _FIRST if (name := by[row["group"]]) is None else _WHY[name].format(**row) for row in kept}
