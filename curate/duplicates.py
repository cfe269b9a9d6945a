"""What is there twice: the pairs of the last search, the groups that a threshold makes of them, and what people say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from curate import errors
from curate.analysis import sequences
from curate.analysis.duplicates import RULES, Grouped, Rule, grouped, members, pair_keys
from curate.analysis.threshold import Calibration
from curate.hunting.bounds import limits
from curate.store import schemas
from curate.store.pairs import judged, pair_event, verdicts
from curate.store.tables import Table

if TYPE_CHECKING:
    from curate.analysis.pair_report import PairReport
    from curate.dataset import Dataset
    from curate.view import View
    from curate.widgets.pair_review import PairReview

TABLE = "fields/duplicates"
PAIRS_TABLE = "pairs/duplicates"
INFO_KEY = b"curate.duplicates"
RUN_KEY = b"curate.run"

LOWEST = 0.5
"""Pairs of a lower similarity are not kept: no altered copy is so far from its original."""


class SearchInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How pairs were found; the metadata of their table.

    Attributes:
        run: names the search.
        wanted: precision.
        chosen: threshold, by calibration or as it was given.
        encoder: whose vectors; None where there were none.
        flips: whether mirrored pictures are copies.
        by: the column that names drives.
        searched: samples.
        calibration: None where nothing could be altered.
        notes: what a reader has to know, in sentences.
        about: how vectors were compared.
    """

    run: str
    wanted: float
    chosen: float
    encoder: str | None
    flips: bool
    by: str | None
    searched: int
    calibration: Calibration | None
    notes: list[str]
    about: dict[str, Any]


class Precision(NamedTuple):
    """What reviewed pairs say of a threshold.

    Attributes:
        value: the share of copies among the answered pairs; None before the first.
        low: and
        high: between which the precision of all pairs lies, in 95 % of all reviews or more; None before the first answer.
        yes: pairs that are copies.
        no: pairs that are not.
        unsure: pairs that nobody can tell; they are left out.
        pairs: near pairs at this threshold.
    """

    value: float | None
    low: float | None
    high: float | None
    yes: int
    no: int
    unsure: int
    pairs: int

    def __str__(self) -> str:
        if self.value is None:
            return f"no pair of {self.pairs:,} reviewed at this threshold; duplicates.review() shows them"
        return (
            f"precision {self.value:.1%} (between {self.low:.1%} and {self.high:.1%}): {self.yes:,} of {self.yes + self.no:,} "
            f"reviewed pairs are copies, of {self.pairs:,}"
        )


@dataclass(frozen=True, eq=False)
class _Found:
    """The pairs of a search that still hold, by position."""

    dataset: Dataset
    info: SearchInfo
    event: str
    frame: pl.DataFrame
    left: np.ndarray
    right: np.ndarray
    version: int

    @cached_property
    def drives(self) -> pl.DataFrame:
        """By position, to which drive a sample belongs (drive), and where in it (place)."""
        known = self.dataset.columns
        by = self.info.by if self.info.by in known else None
        wanted = [name for name in ("root", "uri", "video_frame", "captured_at", by) if name in known]
        frame = self.dataset.frame(np.arange(self.dataset.session.n), list(dict.fromkeys(map(str, wanted))))
        return sequences.drives(frame, by)


class Duplicates:
    """Groups of samples that are there more than once, at one threshold.

    Three kinds: ``exact`` (the same bytes), ``near`` (altered copies), ``sequence`` (frames of one drive that hardly change). In
    each there is one sample that all others are like (`curate.analysis.components`). Which one is to stay is proposed by size in
    pixels, then sharpness, then labels. Nothing is removed: ``duplicates.redundant.tag("duplicate")`` marks the others, and
    ``ds.exclude(duplicates.redundant)`` leaves them out.

    >>> duplicates = ds.find_duplicates()
    >>> duplicates.groups.columns
    ['group', 'kind', 'samples', 'kept', 'why', 'similarity', 'span']
    """

    def __init__(self, found: _Found, threshold: float, rule: Rule = "best") -> None:
        self._found = found
        self.threshold = threshold
        self._rule: Rule = rule

    # -- what it is -------------------------------------------------------------------------------------------------------

    @property
    def dataset(self) -> Dataset:
        """That was searched."""
        return self._found.dataset

    @property
    def event(self) -> str:
        """The id of the event of the search."""
        return self._found.event

    @property
    def encoder(self) -> str | None:
        """Whose vectors were compared; None where there were none."""
        return self._found.info.encoder

    @property
    def wanted(self) -> float:
        """The precision that was asked for."""
        return self._found.info.wanted

    @property
    def chosen(self) -> float:
        """The threshold of the search; `at` looks at others."""
        return self._found.info.chosen

    @property
    def lowest(self) -> float:
        """The lowest threshold that `at` takes."""
        return LOWEST

    @property
    def calibration(self) -> Calibration | None:
        """What altered copies and distinct pairs look like; None where nothing could be altered."""
        return self._found.info.calibration

    @property
    def note(self) -> str:
        """How the threshold came about, in words."""
        calibration = self.calibration
        said = [] if calibration is None else list(calibration.notes)
        return " ".join([*said, *self._found.info.notes])

    # -- what was found ---------------------------------------------------------------------------------------------------

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """One row a pair at or above the threshold: left, right (ids), similarity, cosine, distance (bits), fit, exact.

        Of equal bytes the pairs with the first one are given. A vote that is not known is null.
        """
        names = ["left_id", "right_id", "similarity", "cosine", "distance", "fit", "exact"]
        chosen = self._found.frame.filter(self._above).select(names)
        return chosen.rename({"left_id": "left", "right_id": "right"})

    @cached_property
    def groups(self) -> pl.DataFrame:
        """One row a group: group, kind, samples, kept (its id), why, similarity (the lowest known to the kept one), span.

        The span of a sequence is the time from its first frame to its last, or their names where no time is known.
        """
        return self.members.group_by("group", maintain_order=True).agg(
            pl.col("kind").first(),
            pl.len().alias("samples").cast(pl.Int64),
            pl.col("sample_id").first().alias("kept"),
            pl.col("why").first(),
            pl.col("similarity").min(),
            pl.col("span").first(),
        )

    @cached_property
    def members(self) -> pl.DataFrame:
        """One row a sample in a group, the kept one of each first: group, kind, sample_id, kept, similarity, why, span.

        Similarity is to the kept one, and null where that pair was not compared.
        """
        grouped = self._grouped
        positions = np.flatnonzero(grouped.group >= 0)
        dataset = self.dataset
        known = ["sample_id", "uri", "width", "height", "sharpness", "captured_at"]
        facts = dataset.frame(positions, [name for name in known if name in dataset.columns])
        facts = facts.with_columns(
            pl.Series("position", positions),
            pl.Series("group", grouped.group[positions], pl.Int64),
            pl.Series("centre", grouped.centre[positions]),
            pl.Series("place", self._found.drives["place"].to_numpy()[positions], pl.Int64),
        )
        counts = dataset.session.read("SELECT sample_id, count(*) AS labels FROM labels GROUP BY 1")
        facts = facts.join(counts, on="sample_id", how="left", maintain_order="left")
        return members(facts, grouped.kinds, self._found.frame, self._rule)

    @property
    def kept(self) -> View:
        """The one of each group that is proposed to stay."""
        return self._view(stays=True)

    @property
    def redundant(self) -> View:
        """The others: what could go."""
        return self._view(stays=False)

    def keep(self, rule: str) -> Duplicates:
        """The same groups with another choice of what stays.

        Args:
            rule: ``best`` by size in pixels, sharpness and labels, ``largest`` by size alone, and of equals what is most like the
                others; ``first`` what came first.

        Raises:
            BadValue: another rule.

        >>> ds.find_duplicates().keep("first").groups.height == ds.duplicates().groups.height
        True
        """
        if rule not in RULES:
            raise errors.BadValue(f"'rule' must be best, first or largest. Got {rule!r}", hint="keep('best')")
        return Duplicates(self._found, self.threshold, rule)

    def at(self, threshold: float) -> Duplicates:
        """What another threshold would have found, from the pairs that are stored: nothing is searched or written.

        Args:
            threshold: a similarity, from `lowest` to 1; at 1 only equal bytes are the same.

        Raises:
            BadValue: out of range.

        >>> found = ds.find_duplicates()
        >>> found.at(0.6).pairs.height >= found.pairs.height
        True
        """
        if (
            isinstance(threshold, bool)
            or not isinstance(threshold, int | float | np.number)
            or not LOWEST <= threshold <= 1
        ):
            raise errors.BadValue(
                f"'threshold' is a similarity from {LOWEST:g} to 1. Got {threshold!r}", hint="at(0.8)"
            )
        return Duplicates(self._found, float(threshold), self._rule)

    # -- what people say --------------------------------------------------------------------------------------------------

    def judge(
        self, pairs: np.ndarray | Sequence[Sequence[int]], verdict: bool | None, *, drawn: float | None = None
    ) -> str:
        """Record what somebody says of pairs, as one event that `undo` takes back.

        Pairs that are no copies stay apart in the next search.

        Args:
            pairs: (m, 2) sample ids.
            verdict: True for copies, False for two pictures, None for cannot tell.
            drawn: the threshold at which `next_pairs` drew them; None where somebody chose them, and they say nothing of precision.

        Returns:
            The id of the event.

        Raises:
            BadValue: no pairs, or another verdict.
            UnknownName: a sample that is not there.
        """
        ids = np.asarray(pairs, np.int64)
        if ids.ndim != 2 or ids.shape[1] != 2 or not len(ids) or (ids[:, 0] == ids[:, 1]).any():
            raise errors.BadValue("'pairs' are (m, 2) ids of different samples", hint="duplicates.pairs has them")
        if verdict is not None and not isinstance(verdict, bool):
            raise errors.BadValue(f"'verdict' is True, False or None. Got {verdict!r}", hint="True for copies")
        unknown = ids.ravel()[self.dataset.positions_of(ids.ravel()) < 0]
        if len(unknown):
            raise errors.UnknownName("sample", str(unknown[0]), (), hint="ds.ids() gives them")
        payload, sides, codes = pair_event(ids, verdict, search=self.event, drawn=drawn)
        return self.dataset.write_event("pair", payload, sample_ids=sides, codes=codes, count=len(ids))

    def judged(self, verdict: bool | None) -> np.ndarray:
        """(m, 2) int64 ids of the pairs whose latest answer is this one; ids in order."""
        return judged(self.dataset.session, verdict=verdict)

    def verdicts(self) -> pl.DataFrame:
        """One row a judged pair: left, right (the lower id first), verdict, drawn, search, event; of a pair the latest answer."""
        return verdicts(self.dataset.session)

    def next_pairs(self, n: int, without: Sequence[Sequence[int]] | np.ndarray = ()) -> pl.DataFrame:
        """Near pairs at this threshold that nobody has judged, as `pairs`, in a random order that is always the same.

        Since the order hangs on nothing but the ids, the first ones are a random sample, also of a higher threshold.

        Args:
            n: how many at most.
            without: (m, 2) ids of pairs to leave out.
        """
        near = self.pairs.filter(~pl.col("exact"))
        keys = pair_keys(near["left"].to_numpy(), near["right"].to_numpy())
        said = self.verdicts()
        seen = pair_keys(said["left"].to_numpy(), said["right"].to_numpy())
        left_out = np.asarray(without, np.int64).reshape(-1, 2)
        open_ = ~np.isin(keys, np.concatenate([seen, pair_keys(left_out[:, 0], left_out[:, 1])]))
        rows = np.flatnonzero(open_)
        return near[rows[np.argsort(keys[rows], kind="stable")][: max(0, int(n))]]

    def precision(self) -> Precision:
        """The share of true copies among the near pairs at this threshold, measured on pairs that were drawn and reviewed.

        Pairs with equal bytes are left out: they are certain. Only answers count that were drawn in this search, at this threshold
        or a lower one. The interval is exact for a draw without replacement (`curate.hunting.bounds`).

        >>> ds.find_duplicates().precision().value is None
        True
        """
        near = self.pairs.filter(~pl.col("exact"))
        said = self.verdicts().filter((pl.col("search") == self.event) & (pl.col("drawn") <= self.threshold + 1e-9))
        there = pair_keys(near["left"].to_numpy(), near["right"].to_numpy())
        counts = np.isin(pair_keys(said["left"].to_numpy(), said["right"].to_numpy()), there)
        words = said.filter(pl.Series(counts))["verdict"].to_list()
        yes, no, unsure = (words.count(word) for word in ("yes", "no", "unsure"))
        if not yes + no:
            return Precision(None, None, None, 0, 0, unsure, near.height)
        size = near.height - unsure
        low, high = limits(yes, yes + no, size)
        return Precision(yes / (yes + no), low / size, high / size, yes, no, unsure, near.height)

    def review(self, *, height: int | None = None) -> PairReview:
        """Look at pairs side by side, in the cell: y, n, u; precision is measured as you go, and the threshold slides.

        Raises:
            MissingBundle: the browser side has not been built.
        """
        from curate.widgets.pair_review import PairReview

        return PairReview(self, height=height)

    # -- showing ----------------------------------------------------------------------------------------------------------

    @property
    def report(self) -> PairReport:
        """Both distributions and the threshold, as text and as a small page that needs no kernel."""
        from curate.analysis.pair_report import PairReport

        near = self._found.frame.filter(~pl.col("exact"))["similarity"].to_numpy()
        above = int((near >= self.threshold).sum())
        calibration = self.calibration
        expected = None if calibration is None else calibration.expected(self.threshold, above)
        measured = self.precision()
        counts = {kind: int((self.groups["kind"] == kind).sum()) for kind in ("exact", "near", "sequence")}
        return PairReport(
            samples=self._found.info.searched,
            groups=counts,
            redundant=self.members.height - self.groups.height,
            threshold=self.threshold,
            similarity=near,
            calibration=calibration,
            expected=expected,
            measured=str(measured) if measured.value is not None else "",
            notes=tuple(filter(None, [self.note])),
        )

    def __repr__(self) -> str:
        kinds = self.groups["kind"].to_list()
        counts = ", ".join(f"{kinds.count(kind):,} {kind}" for kind in ("exact", "near", "sequence") if kind in kinds)
        redundant = self.members.height - self.groups.height
        groups = (
            f"{len(kinds):,} groups ({counts}), {redundant:,} samples could go" if kinds else "nothing is there twice"
        )
        return f"<Duplicates of {self.dataset.name!r} at {self.threshold:.3g}: {groups}>"

    def __str__(self) -> str:
        return str(self.report)

    def _repr_html_(self) -> str:
        return self.report._repr_html_()

    # -- inside -----------------------------------------------------------------------------------------------------------

    def table(self) -> pa.Table:
        """The rows of ``fields/duplicates``."""
        members = self.members
        heads = dict(self.groups.select("group", "kept").iter_rows())
        kept = members["kept"].to_numpy()
        heads_of = np.array([heads[group] for group in members["group"].to_list()], np.int64)
        at = self.dataset.positions_of(members["sample_id"].to_numpy())
        group, sequence = members["group"].to_numpy(), (members["kind"] == "sequence").to_numpy()
        columns = [
            pa.array(members["sample_id"].to_numpy()),
            pa.array(self.dataset.session.content[at]),
            pa.array(group),
            pa.array(kept),
            pa.array(heads_of, mask=np.asarray(kept, bool)),
            pa.array(group, mask=~sequence),
        ]
        return pa.Table.from_arrays(columns, schema=schemas.DUPLICATES.with_metadata({RUN_KEY: self._run}))

    def _view(self, *, stays: bool) -> View:
        # the groups that are stored may be those of another search: somebody else's, or of one that was killed before it wrote them
        stored = self.dataset.folder.table(TABLE)
        mine = stored.exists() and stored.metadata().get(RUN_KEY) == self._run
        if mine and self._rule == "best" and self.threshold == self.chosen:
            return self.dataset.where("duplicate_kept" if stays else "NOT duplicate_kept")
        return self.dataset.select(self.members.filter(pl.col("kept") == stays)["sample_id"].to_list())

    @property
    def _run(self) -> bytes:
        return self._found.info.run.encode()

    @cached_property
    def _above(self) -> pl.Series:
        frame = self._found.frame
        return frame["exact"] | (frame["similarity"] >= self.threshold)

    @cached_property
    def _grouped(self) -> Grouped:
        found = self._found
        frame = found.frame.with_columns(pl.Series("left", found.left), pl.Series("right", found.right))
        # what somebody has set apart is not joined, unless it is the same to the byte
        frame = frame.filter(self._above & (pl.col("exact") | ~pl.col("apart")))
        return grouped(len(found.drives), frame, found.drives)


def last_search(dataset: Dataset) -> SearchInfo | None:
    """How duplicates were looked for the last time; None where nobody has."""
    table = dataset.folder.table(PAIRS_TABLE)
    return _info(table) if table.exists() and INFO_KEY in table.metadata() else None


def last_duplicates(dataset: Dataset) -> Duplicates:
    """Do what `Dataset.duplicates` does."""
    session = dataset.session
    with session.lock:
        session.refresh()
        table = dataset.folder.table(PAIRS_TABLE)
        info = _info(table)
        rows = table.read()
        at = [session.positions_of(rows.column(side).to_numpy()) for side in ("left_id", "right_id")]
        holds = np.ones(rows.num_rows, bool)
        for positions, side in zip(at, ("left_content", "right_content"), strict=True):
            # a pair counts while both have the content that was compared
            holds &= (positions >= 0) & (session.content[positions] == rows.column(side).to_numpy())
        frame = pl.from_arrow(rows)
        assert isinstance(frame, pl.DataFrame)
        event = next((r["event_id"] for r in reversed(session.log) if r["payload"].get("run") == info.run), "")
        found = _Found(
            dataset, info, event, frame.filter(pl.Series(holds)), at[0][holds], at[1][holds], session.version
        )
    return Duplicates(found, info.chosen)


def _info(table: Table) -> SearchInfo:
    stored = table.metadata().get(INFO_KEY) if table.exists() else None
    if stored is None:
        raise errors.BadValue("Nobody has looked for duplicates yet", hint="ds.find_duplicates() looks")
    return msgspec.json.decode(stored, type=SearchInfo)
