"""What came into a slice since it was saved, what went, and why.

The query is run step by step, today and on the tables of the moment when it was saved; the step that leaves a sample out at one of
the two is the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from curate import errors
from curate import query as q
from curate.query import Query
from curate.replay import searches
from curate.search.evaluation import SCORE_COLUMNS
from curate.store.expressions import check_where
from curate.store.folder import Folder
from curate.view import View

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.slice import Slice

LONGEST = 80
"""Characters of a step in a reason."""

NEW, FOUND = -1, 0


@dataclass(frozen=True, eq=False)
class Changes:
    """What `Slice.diff` found.

    Attributes:
        name: of the slice.
        came: what the query finds today and did not have when it was saved, in today's order.
        went: what it had and finds no more, in the order that it had.
        stayed: how many it had and still finds.
        erased: how many of its members `Dataset.purge` has taken out of the dataset.
        reasons: one row a sample that came or went: sample_id, uri, change (came or went), step (of the query), why.
        notes: what concerns all of them, such as another encoder.
    """

    name: str
    came: View
    went: View
    stayed: int
    erased: int
    reasons: pl.DataFrame
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        erased = f", {self.erased:,} erased" if self.erased else ""
        return (
            f"<Changes of {self.name!r}: {self._count('came'):,} came, {self._count('went'):,} went, "
            f"{self.stayed:,} stayed{erased}>"
        )

    def __str__(self) -> str:
        lines = [repr(self)[1:-1], *self.notes]
        lines += [f"  {n:,} {change} by {step or 'the data'}: {why}" for change, step, n, why in self._groups()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        rows = "".join(
            f"<tr><td>{change}</td><td style='text-align:right'>{n:,}</td>"
            f"<td style='text-align:left'><code>{escape(step)}</code></td>"
            f"<td style='text-align:left'>{escape(why)}</td></tr>"
            for change, step, n, why in self._groups()
        )
        left = "<th style='text-align:left'>"
        head = f"<tr>{left}change</th><th>samples</th>{left}step</th>{left}the first one</th></tr>"
        table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""
        return f"<div class='curate-changes'><p>{escape(repr(self)[1:-1])}</p>{notes}{table}</div>"

    def _count(self, change: str) -> int:
        return int((self.reasons["change"] == change).sum())

    def _groups(self) -> list[tuple[str, str, int, str]]:
        """Change, step, number of samples, and the reason of the first of them."""
        grouped = self.reasons.group_by(["change", "step"], maintain_order=True)
        return grouped.agg(pl.len().alias("n"), pl.col("why").first()).rows()


def changes_of(saved: Slice) -> Changes:
    """Do what `Slice.diff` does."""
    dataset = saved.dataset
    dataset.session.refresh()
    ids = saved.member_ids()
    members = ids[dataset.positions_of(ids) >= 0]
    now = _Stages(dataset, saved.query.steps)
    today = now.ids[-1]
    came = today[~np.isin(today, members)]
    went = members[~np.isin(members, today)]
    then = _stages_then(saved) if len(came) or len(went) else None
    rows = [*_reasons("came", came, now, then, saved), *_reasons("went", went, now, then, saved)]
    return Changes(
        name=saved.name,
        came=dataset.select(came),
        went=dataset.select(went),
        stayed=len(members) - len(went),
        erased=saved.count - len(members),
        reasons=pl.DataFrame(
            rows, schema=["sample_id", "uri", "change", "step", "why"], schema_overrides=_SCHEMA, orient="row"
        ),
        notes=_notes(saved),
    )


_SCHEMA = {"sample_id": pl.Int64, "uri": pl.String, "change": pl.String, "step": pl.String, "why": pl.String}


class _Stages:
    """What is left after each step of a query: `ids[k]` after the first k, `ids[0]` being all samples."""

    def __init__(self, dataset: Dataset, steps: Sequence[q.AnyStep]) -> None:
        self.dataset = dataset
        self.steps = tuple(steps)
        self.views = [View(dataset, Query(steps=self.steps[:k])) for k in range(len(self.steps) + 1)]
        self.ids = [view.ids() for view in self.views]

    def lost_at(self, ids: np.ndarray) -> np.ndarray:
        """(m,) int64: the step, from 1, that first leaves each sample out; `FOUND` for none, `NEW` for one not there at all."""
        lost = np.full(len(ids), FOUND, np.int64)
        for k in range(len(self.ids) - 1, 0, -1):
            lost[~np.isin(ids, self.ids[k])] = k
        lost[~np.isin(ids, self.ids[0])] = NEW
        return lost

    def places(self, k: int, ids: np.ndarray) -> dict[int, int]:
        """Sample id to place, from 1, after the first k steps."""
        at = np.flatnonzero(np.isin(self.ids[k], ids))
        return dict(zip(self.ids[k][at].tolist(), (at + 1).tolist(), strict=True))

    def values(self, k: int, ids: np.ndarray, columns: Sequence[str]) -> dict[int, dict[str, Any]]:
        """What some columns say of samples after the first k steps; score and rank are there behind a search."""
        frame = self.views[k].df(["sample_id", *columns])
        frame = frame.filter(pl.Series(np.isin(frame["sample_id"].to_numpy(), ids)))
        return {row["sample_id"]: row for row in frame.iter_rows(named=True)}


def _stages_then(saved: Slice) -> _Stages | None:
    """The query on the tables of the moment when the slice was saved; None where they are not kept any more."""
    from curate.dataset import Dataset

    versions = saved.query.versions or {}
    if not versions.get("samples"):
        return None
    steps = _with_encoder(saved.query.steps, (saved.query.encoder or {}).get("name"))
    for vectors_of_then in (True, False):
        try:
            folder = Folder(saved.dataset.folder.location, pinned=versions)
            if vectors_of_then:
                for name in (name for name in versions if name.startswith("vectors/")):
                    folder.table(name).pinned = versions[name]
            past = Dataset(folder)
            for step in searches(saved.query):
                if step.words or step.minus:  # one model is enough for both moments
                    name = step.encoder or (saved.query.encoder or {}).get("name", "")
                    past.vectors_.remember(name, saved.dataset.vectors_.encoder(name))
            return _Stages(past, steps)
        except (errors.CurateError, OSError, ValueError, RuntimeError):
            continue  # `optimize` frees older vectors, and `purge` all that is old
    return None


def _with_encoder(steps: Sequence[q.AnyStep], encoder: str | None) -> tuple[q.AnyStep, ...]:
    """Searches of that moment: by default with the encoder that it had by default."""
    return tuple(
        msgspec.structs.replace(step, encoder=encoder) if isinstance(step, q.Search) and step.encoder is None else step
        for step in steps
    )


def _notes(saved: Slice) -> tuple[str, ...]:
    was = saved.query.encoder
    notes = []
    for step in searches(saved.query):
        info = saved.dataset.vectors_.info(step.encoder)
        if was is not None and info.weights_hash != was.get("weights_hash"):
            notes.append(f"It searches with the encoder {info.name!r} now; it was saved with {was.get('name')!r}.")
    if saved.origin is not None:
        notes.append(
            f"Its members are those that it had in {saved.origin.dataset}, as far as they are here: "
            f"{saved.count:,} of {saved.origin.count:,}."
        )
    return tuple(dict.fromkeys(notes))


def _reasons(
    change: str, ids: np.ndarray, now: _Stages, then: _Stages | None, saved: Slice
) -> list[tuple[int, str, str, str, str]]:
    if not len(ids):
        return []
    stages = now if change == "went" else then
    lost = np.full(len(ids), FOUND) if stages is None else stages.lost_at(ids)
    why: dict[int, tuple[str, str]] = {}
    for k in np.unique(lost).tolist():
        group = ids[lost == k]
        if k <= FOUND:
            step, told = "", _without_step(k, group, now, then, saved)
        else:
            step = _shown(now.steps[k - 1])
            told = _because(_Lost(now.steps[k - 1], change == "went", k - 1, group, now, then))
        why |= {int(sample): (step, text) for sample, text in zip(group.tolist(), told, strict=True)}
    uris = now.dataset.frame(now.dataset.positions_of(ids), ["uri"])["uri"].to_list()
    return [(int(s), uri, change, *why[int(s)]) for s, uri in zip(ids.tolist(), uris, strict=True)]


def _without_step(k: int, ids: np.ndarray, now: _Stages, then: _Stages | None, saved: Slice) -> list[str]:
    """Why samples came that no step of the query kept out."""
    if k == NEW:
        times = now.dataset.frame(now.dataset.positions_of(ids), ["ingested_at"])["ingested_at"].to_list()
        return [f"new: ingested {time:%Y-%m-%d %H:%M}" if time else "new" for time in times]
    if then is None:
        told = "the tables of the moment when it was saved are not kept any more, so the reason is not known"
    elif saved.origin is not None:
        told = "the query found it here when the slice was imported; it was not among the members that came"
    else:
        told = "the query would have found it then with the vectors of today"
    return [told] * len(ids)


@dataclass(frozen=True, eq=False)
class _Lost:
    """Samples that a step leaves out today (`went`), or left out then, and lets pass at the other moment.

    Attributes:
        step: which one.
        went: it leaves them out today.
        before: how many steps come before it.
        ids: (m,) int64 sample ids.
        now: the query today.
        then: the query of then, where its tables are kept.
    """

    step: q.AnyStep
    went: bool
    before: int
    ids: np.ndarray
    now: _Stages
    then: _Stages | None


def _because(lost: _Lost) -> list[str]:
    went = lost.went
    match lost.step:
        case q.Where(sql):
            return _because_where(lost, sql)
        case q.Tagged(tags):
            return _because_tags(lost, tags, taken=went)
        case q.Untagged(tags):
            return _because_tags(lost, tags, taken=not went)
        case q.Limit(n):
            return _because_limit(lost, n)
        case q.Search():
            told = "it has no vector any more" if went else "it had no vector then, and has one now"
        case q.Exclude():
            told = "it is among the excluded now" if went else "it was among the excluded then"
        case q.Sample():
            moved = "not drawn any more" if went else "drawn now"
            told = f"{moved}: the draw is from {len(lost.now.ids[lost.before]):,} samples today"
        case _:
            told = "it is not among the picked samples"
    return [told] * len(lost.ids)


def _because_where(lost: _Lost, sql: str) -> list[str]:
    session = lost.now.dataset.session
    named = sorted(check_where(session.cursor(), sql, [*session.columns, *SCORE_COLUMNS]))
    before = {}
    if lost.then is not None:
        before = lost.then.values(lost.before, lost.ids, [c for c in named if c in _columns(lost.then)])
    after = lost.now.values(lost.before, lost.ids, named)
    told = []
    for sample in lost.ids.tolist():
        was, is_ = before.get(sample, {}), after.get(sample, {})
        there = [c for c in named if c in is_]
        both = [(c, _value(was[c]), _value(is_[c])) for c in there if c in was]
        changed = [f"{c} was {old} and is {today}" for c, old, today in both if old != today]
        new = [f"{c} is {_value(is_[c])}" for c in there if c not in was]
        other = "the condition no longer holds" if lost.went else "the condition holds now"
        told.append(", ".join(changed + new) or other)
    return told


def _because_tags(lost: _Lost, tags: Sequence[str], *, taken: bool) -> list[str]:
    before, after = _tags(lost.then, lost.ids, tags), _tags(lost.now, lost.ids, tags)
    differ = [b - a if taken else a - b for b, a in zip(before, after, strict=True)]
    words = "no longer tagged " if taken else "tagged since: "
    return [words + ", ".join(map(repr, sorted(which) or tags)) for which in differ]


def _because_limit(lost: _Lost, n: int) -> list[str]:
    today = lost.now.places(lost.before, lost.ids)
    then = {} if lost.then is None else lost.then.places(lost.before, lost.ids)
    told = []
    for sample in lost.ids.tolist():
        was = f"; was in place {then[sample]:,}" if sample in then else ""
        told.append(f"in place {today[sample]:,} of the order, and the first {n:,} count{was}")
    return told


def _columns(stages: _Stages) -> set[str]:
    return {*stages.dataset.session.columns, *SCORE_COLUMNS}


def _tags(stages: _Stages | None, ids: np.ndarray, tags: Sequence[str]) -> list[set[str]]:
    if stages is None:
        return [set() for _ in ids]
    held = stages.dataset.session.tags
    carries = {tag: np.isin(ids, held.get(tag, np.empty(0, np.int64))) for tag in tags}
    return [{tag for tag in tags if carries[tag][at]} for at in range(len(ids))]


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:.4g}"
    return repr(value) if isinstance(value, str | list) else str(value)


def _shown(step: q.AnyStep) -> str:
    text = Query((step,)).to_python("")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
