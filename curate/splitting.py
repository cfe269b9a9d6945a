"""Making a split: what a view and the words of a user are turned into, assigned, measured and written."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from curate import errors
from curate.proximity import Proximity
from curate.reading import Reading
from curate.splits.assignment import UNASSIGNED, Assignment, assign, part_sizes
from curate.splits.extension import extend, extend_by_time
from curate.splits.merging import Merged, merge
from curate.splits.strata import Strata, groups_of, strata_of
from curate.splits.timing import assign_by_time
from curate.store import schemas

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.split import Split

TIED = "pairs/split-"
"""What the names of the tables begin with that hold the near pairs which tie samples of a split."""

_ASKED = (
    "name", "parts", "shares", "stratify", "group_by", "by_time", "gap", "fix", "seed", "query", "leak",
)  # fmt: skip

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def make_split(
    view: Reading,
    parts: Mapping[str, float | int],
    *,
    stratify: tuple[str, ...],
    group_by: tuple[str, ...],
    leak: float | str | None,
    by_time: str | None,
    gap: dt.timedelta | float | str | None,
    fix: Mapping[str, Any] | None,
    seed: int,
    name: str,
) -> Split:
    """Assign, measure, store, and give the split back; `View.split` says what the arguments mean."""
    from curate.split import Split

    dataset = view.dataset
    dataset.folder.must_write()
    check_name(dataset, name)
    ids = view.ids()
    wanted = part_sizes(parts, len(ids))
    strata, groups = strata_and_groups(dataset, ids, stratify, group_by)
    times, apart = _times(dataset, ids, by_time, gap)
    fixed, pinned = _fixed(ids, tuple(parts), fix)
    query = view.query.to_json()
    known = _calibrated_before(dataset, query, group_by, leak)
    near = Proximity(dataset, ids, leak, seed=seed, groups=groups, known=known)
    merged = near.merged(np.arange(len(ids)) if groups is None else groups, max(wanted), len(wanted))
    codes = None if groups is None and not merged.merges.height else merged.codes
    _check_left(merged, len(wanted))
    if times is None:
        made = assign(len(ids), parts, keys=ids, strata=strata, groups=codes, fixed=fixed, seed=seed)
    else:
        made = assign_by_time(len(ids), parts, keys=ids, times=times, gap=apart, groups=codes, fixed=fixed)
    payload = {
        "name": name,
        "parts": list(made.names),
        "shares": [float(share) if isinstance(share, float | np.floating) else int(share) for share in parts.values()],
        "wanted": list(made.wanted),
        "stratify": list(stratify),
        "group_by": list(group_by),
        "by_time": by_time,
        "gap": None if apart is None else _stored(apart),
        "fix": pinned,
        "seed": made.seed,
        "query": query,
        "leak": leak,
        "added": [],
    }
    write_split(dataset, payload, ids, made, near)
    return Split(dataset, name)


def _check_left(merged: Merged, parts: int) -> None:
    """Say so where it is near-duplicates that leave too few groups: whoever grouped by nothing would look for the fault there."""
    left = int(merged.codes.max(initial=-1)) + 1
    if merged.merges.height and left < parts <= left + merged.merges.height:
        raise errors.BadValue(
            f"{parts} parts cannot be made of {left:,} groups: near-duplicates tie {left + merged.merges.height:,} groups or "
            f"samples to so few",
            hint="look at them with ds.find_duplicates(); leak=None would put equal pictures on both sides",
        )


def extend_split(split: Split, new: Reading) -> Split:
    """Place further samples beside those of a split; `Split.extend` says how."""
    from curate.split import Split as Extended

    dataset, saved = split.dataset, split.saved
    dataset.folder.must_write()
    if not isinstance(new, Reading) or new.dataset.folder.location != dataset.folder.location:
        raise errors.BadValue(
            f"A split grows by a view of its own dataset. Got {new!r}", hint="split.extend(ds.where(…))"
        )
    if "shares" not in saved:
        raise errors.BadValue(
            f"The split {split.name!r} was made before splits could grow, and does not say its shares",
            hint="split again under another name; fix= keeps its parts",
        )
    old, codes = split.assigned()
    arrived = new.ids()
    arrived = arrived[~np.isin(arrived, old)]
    if not len(arrived):
        return split
    ids, seed = np.concatenate([old, arrived]), split.seed or 0
    strata, groups = strata_and_groups(dataset, ids, tuple(saved["stratify"]), tuple(saved["group_by"]))
    known = (saved.get("nearness") or {}).get("threshold")
    near = Proximity(dataset, ids, saved.get("leak"), seed=seed, groups=groups, known=known)
    tied = tied_groups(dataset, ids, groups, saved.get("tied")).codes
    parts = dict(zip(split.parts, saved["shares"], strict=True))
    held = np.concatenate([codes, np.full(len(arrived), UNASSIGNED, np.int16)])
    is_new, merged = np.arange(len(ids)) >= len(old), near.merged(tied, len(ids)).codes
    if saved.get("by_time") is None:
        grown = extend(len(ids), parts, keys=ids, part=held, new=is_new, strata=strata, groups=merged, seed=seed)
    else:
        times, _ = _times(dataset, ids, saved["by_time"], None)
        assert times is not None
        grown = extend_by_time(len(ids), parts, part=held, new=is_new, times=times, groups=merged)
    made = grown.assignment
    payload = {key: saved[key] for key in _ASKED} | {
        "wanted": list(made.wanted),
        "added": [*saved["added"], len(arrived)],
        "built_on": [saved["event_id"]],
    }
    made = dataclasses.replace(made, warnings=(*saved["warnings"], *made.warnings))
    write_split(dataset, payload, ids, made, near)
    return Extended(dataset, split.name)


def write_split(dataset: Dataset, payload: dict[str, Any], ids: np.ndarray, made: Assignment, near: Proximity) -> None:
    """Write the event that a split is, and the near pairs that tie its samples.

    Args:
        dataset: to write to.
        payload: what was asked for.
        ids: (n,) int64 of the samples.
        made: their parts.
        near: what lies near what among them.
    """
    run = _write_ties(dataset, near)
    encoder = dataset.vectors_.info(near.encoder) if near.encoder is not None else None
    measured = near.measure(made.part, made.names)
    payload |= {
        "tied": run,
        "nearness": msgspec.to_builtins(measured),
        "warnings": list(made.warnings),
        "snapshot": {table: version for table, version in dataset.folder.versions().items() if version},
        "encoder": {} if encoder is None else {"name": encoder.name, "weights_hash": encoder.weights_hash},
    }
    dataset.write_event("split", payload, sample_ids=ids, codes=made.part)


def strata_and_groups(
    dataset: Dataset, ids: np.ndarray, stratify: tuple[str, ...], group_by: tuple[str, ...]
) -> tuple[Strata | None, np.ndarray | None]:
    """The classes to balance and the groups to keep whole, of these samples.

    Raises:
        UnknownName: a name that is neither a column nor, to balance, a field of labels.
        BadValue: a column that has no classes.
    """
    strata = strata_of(described(dataset, ids, stratify), stratify) if stratify else None
    groups = groups_of(described(dataset, ids, group_by, labels=False), group_by) if group_by else None
    return strata, groups


def described(dataset: Dataset, ids: np.ndarray, names: Iterable[str], *, labels: bool = True) -> pl.DataFrame:
    """Columns of samples, in the order of their ids; a field of labels is a column of lists, the classes of each sample.

    Raises:
        UnknownName: a name that is neither.
    """
    wanted = list(dict.fromkeys(names))
    known = set(dataset.columns)
    fields = dataset.session.read("SELECT DISTINCT field FROM labels ORDER BY 1")["field"].to_list() if labels else []
    for name in wanted:
        if name not in known and name not in fields:
            raise errors.UnknownName("column or label field" if labels else "column", name, [*dataset.columns, *fields])
    at = dataset.session.positions_of(ids)
    frame = dataset.frame(at, ["sample_id", *(name for name in wanted if name in known and name != "sample_id")])
    for name in wanted:
        if name not in known:
            classes = dataset.labels(name).filter(pl.col("value").is_not_null()).group_by("sample_id")
            shown = classes.agg(pl.col("value").unique().sort().alias(name))
            frame = frame.join(shown, on="sample_id", how="left", maintain_order="left")
    return frame


def tied_groups(dataset: Dataset, ids: np.ndarray, groups: np.ndarray | None, run: str | None) -> Merged:
    """Groups of these samples with those joined that the near pairs of a split tie, as far as their content still holds.

    Args:
        dataset: of the split.
        ids: (n,) int64.
        groups: (n,) int64 of the columns; None where each sample stands alone.
        run: names the table of pairs; None for none.
    """
    base = np.arange(len(ids)) if groups is None else groups
    table = None if run is None else dataset.folder.table(f"{TIED}{run}")
    if table is None or not table.exists():
        return merge(base, [], [])
    rows = table.read()
    order = np.argsort(ids, kind="stable")
    sides, holds = [], np.ones(rows.num_rows, bool)
    for side in ("left", "right"):
        wanted = rows.column(f"{side}_id").to_numpy()
        at = order[np.searchsorted(ids, wanted, sorter=order).clip(max=max(len(ids) - 1, 0))] if len(ids) else wanted
        position = dataset.session.positions_of(wanted)
        holds &= (position >= 0) & (len(ids) > 0) & (ids[at] == wanted if len(ids) else False)
        holds &= dataset.session.content[position] == rows.column(f"{side}_content").to_numpy()
        sides.append(at)
    return merge(base, sides[0][holds], sides[1][holds], rows.column("similarity").to_numpy()[holds])


def check_name(dataset: Dataset, name: str) -> None:
    """Refuse what cannot be the name of a split, which becomes a column.

    Raises:
        BadValue: no name, or that of another column.
    """
    if not isinstance(name, str) or not name.strip():
        raise errors.BadValue(f"A split needs a name. Got {name!r}", hint="split(…, name='v1')")
    taken = {c.lower() for c in dataset.columns} - {s.lower() for s in dataset.session.splits}
    if name.lower() in taken | {r.lower() for r in schemas.RESERVED}:
        raise errors.BadValue(
            f"There is a column {name!r} already, and a split becomes a column", hint="give it another name="
        )


def _write_ties(dataset: Dataset, near: Proximity) -> str | None:
    """The pairs that join samples, of all that tie them as few as do."""
    tied = near.tied
    joins = merge(np.arange(len(near.ids)), tied.left, tied.right, tied.similarity).merges
    if not joins.height:
        return None
    left, right = joins["left"].to_numpy(), joins["right"].to_numpy()
    content = dataset.session.content
    frame = pl.DataFrame(
        {
            "left_id": near.ids[left],
            "right_id": near.ids[right],
            "left_content": content[near.positions[left]],
            "right_content": content[near.positions[right]],
            "similarity": joins["cosine"].cast(pl.Float32),
        }
    )
    table = frame.to_arrow().cast(schemas.TIED)
    # named by what it holds: the same split of the same dataset writes the same, here and elsewhere
    plain = b"".join(frame[name].to_numpy().tobytes() for name in frame.columns)
    run = hashlib.blake2b(plain, digest_size=8).hexdigest()
    dataset.folder.table(f"{TIED}{run}", schemas.TIED).overwrite(table)
    return run


def _calibrated_before(
    dataset: Dataset, query: str, group_by: tuple[str, ...], leak: float | str | None
) -> float | None:
    """The threshold of "auto", as an earlier split of the same view and groups calibrated it with the same vectors."""
    if leak != "auto" or not dataset.vectors_.names():
        return None
    info = dataset.vectors_.info()
    encoder = {"name": info.name, "weights_hash": info.weights_hash}
    for saved in sorted(dataset.session.splits.values(), key=lambda split: split["event_id"], reverse=True):
        same = saved["query"] == query and saved["group_by"] == list(group_by) and saved.get("encoder") == encoder
        if same and saved.get("leak") == "auto" and (threshold := saved["nearness"]["threshold"]) is not None:
            return float(threshold)
    return None


def _times(
    dataset: Dataset, ids: np.ndarray, column: str | None, gap: dt.timedelta | float | str | None
) -> tuple[np.ndarray | None, dt.timedelta | float | None]:
    """The moments of the samples and the gap, in units that fit each other."""
    if gap is not None and (isinstance(gap, bool) or not isinstance(gap, dt.timedelta | float | int | str)):
        raise errors.BadValue(f"'gap' is a timedelta, text or a number. Got {gap!r}", hint="gap='2h'")
    if column is None:
        if gap is not None:
            raise errors.BadValue(f"'gap' is between parts by time. Got {gap!r}", hint="by_time='captured_at'")
        return None, None
    values = described(dataset, ids, [column], labels=False)[column]
    if values.dtype.is_temporal() and values.dtype not in (pl.Time, pl.Duration):
        times = values.cast(pl.Datetime("us")).to_numpy()
    elif values.dtype.is_numeric():
        times = values.cast(pl.Float64).fill_null(np.nan).to_numpy() if values.null_count() else values.to_numpy()
    else:
        raise errors.BadValue(
            f"Column {column!r} holds {values.dtype}, which is no time",
            hint="a column of dates, times or numbers; a view's df(…) can be cast and joined again",
        )
    return times, span(gap) if isinstance(gap, str) else gap


def span(text: str) -> dt.timedelta:
    """A length of time in words: a number and s, m, h, d or w.

    Raises:
        BadValue: it is none.

    >>> span("90m")
    datetime.timedelta(seconds=5400)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", text)
    if found is None:
        raise errors.BadValue(f"'gap' is a length of time. Got {text!r}", hint="gap='2h'; s, m, h, d and w are known")
    return dt.timedelta(**{_UNITS[found[2]]: float(found[1])})


def _fixed(
    ids: np.ndarray, names: tuple[str, ...], fix: Mapping[str, Any] | None
) -> tuple[np.ndarray | None, dict[str, int]]:
    """The part to which each sample is pinned, and how many are pinned to each.

    Raises:
        UnknownName: a part that is not there.
        BadValue: samples that are not in the view, or in two parts.
    """
    if fix is None:
        return None, {}
    if not isinstance(fix, Mapping):
        raise errors.BadValue(f"'fix' maps parts to samples. Got {fix!r}", hint="fix={'test': ds.slice('night')}")
    code, counts = np.full(len(ids), UNASSIGNED, np.int16), {}
    for part, members in fix.items():
        if part not in names:
            raise errors.UnknownName("part", str(part), names)
        wanted = _member_ids(members)
        here = np.isin(ids, wanted)
        if absent := len(np.setdiff1d(wanted, ids)):
            raise errors.BadValue(
                f"{absent:,} of {len(np.unique(wanted)):,} samples that are fixed to {part!r} are not in the view that is split",
                hint="split a view that has them",
            )
        if twice := int((code[here] != UNASSIGNED).sum()):
            other = names[int(code[here][code[here] != UNASSIGNED][0])]
            raise errors.BadValue(
                f"{twice:,} samples are fixed to {other!r} and to {part!r}", hint="fix each to one part"
            )
        code[here] = names.index(part)
        counts[part] = int(here.sum())
    return code, counts


def _member_ids(members: Any) -> np.ndarray:
    from curate.slice import Slice

    if isinstance(members, Slice):
        return members.members.ids()
    if isinstance(members, Reading):
        return members.ids()
    ids = np.asarray(members)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise errors.BadValue(
            f"What is fixed to a part is a view, a slice or sample ids. Got {type(members).__name__}",
            hint="fix={'test': ds.slice('night')}",
        )
    return ids.astype(np.int64)


def _stored(gap: dt.timedelta | float) -> str:
    """A gap as text that `span` and `float` read."""
    return f"{gap.total_seconds():.10g}s" if isinstance(gap, dt.timedelta) else repr(float(gap))
