"""`Dataset.find_duplicates`: candidates by bytes, vector and hash, their pixels compared, a threshold, and what is stored of it.

Pairs go into a table of their own, ``pairs/duplicates``, with every vote, so that a threshold slides without another search. Groups
follow from them and are stored beside, as ``fields/duplicates``, for queries.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from curate import errors
from curate.analysis import hashes as hashing
from curate.analysis.threshold import Calibration, Votes, calibrate
from curate.calibration import ALTERED, Altered, altered, bits_between, fits
from curate.duplicates import LOWEST, PAIRS_TABLE, TABLE, Duplicates, SearchInfo, last_duplicates
from curate.engines.machine import available_cores
from curate.engines.progress import Progress, Stages
from curate.media import alterations
from curate.store import schemas
from curate.store.pairs import judged
from curate.vector_pairs import near_by_vector, units

if TYPE_CHECKING:
    from curate.dataset import Dataset

BITS = 11
"""Up to so many bits apart, two hashes make a candidate; further apart, pairs of different pictures become many."""

MOST_PER_SAMPLE = 5
"""Candidates by vector, on average: where copies of such a cosine would be more, only nearer ones are looked at."""

_MOST_ALWAYS = 200_000
_ROOM = 0.01  # of the altered copies that need the vectors, how many may be further apart than what is searched
_WITHOUT_MODEL = 0.8  # cosine from which to search where no copy can be embedded; pixels and hash then decide
_NEAREST = 1e-5  # cosine distance below which halves tell vectors apart no more
_CHUNK = 2_048
_SAMPLE = 200
_MISSED = 3_000
_FLAT = np.array([0, 2**63], np.uint64)


def find_duplicates(
    dataset: Dataset,
    precision: float,
    *,
    encoder: str | None,
    threshold: float | None,
    flips: bool,
    by: str | None,
    seed: int,
) -> Duplicates:
    """Do what `Dataset.find_duplicates` does."""
    _check(precision, threshold, seed)
    dataset.folder.must_write()
    dataset.session.refresh()
    if by is not None and by not in dataset.columns:
        raise errors.UnknownName("column", by, dataset.columns)
    work = _Work(dataset, encoder, flips=flips, seed=seed)
    calibration, pairs, about = work.search(precision)
    chosen = 1.0 if calibration is None else calibration.threshold
    if threshold is not None:
        chosen = float(threshold)
    info = SearchInfo(
        run=secrets.token_hex(8),
        wanted=float(precision),
        chosen=chosen,
        encoder=work.encoder,
        flips=flips,
        by=by,
        searched=len(work.rows),
        calibration=calibration,
        notes=work.notes,
        about=about,
    )
    dataset.folder.table(PAIRS_TABLE).overwrite(_pairs_table(dataset, work, pairs, info))
    found = last_duplicates(dataset)
    dataset.folder.table(TABLE).overwrite(found.table())
    payload = {
        "run": info.run,
        "name": work.encoder or "",
        "groups": found.groups.height,
        "redundant": found.members.height - found.groups.height,
        "threshold": chosen,
        "precision": precision,
    }
    dataset.write_event("duplicates", payload, count=found.members.height)
    return last_duplicates(dataset)


def _check(precision: float, threshold: float | None, seed: int) -> None:
    for name, value in (("precision", precision), ("threshold", threshold)):
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value <= 1:
            raise errors.BadValue(f"{name!r} is above 0 and at most 1. Got {value!r}", hint=f"{name}=0.99")
    if precision == 1:
        raise errors.BadValue("'precision' is below 1: nothing but equal bytes is certain", hint="precision=0.999")
    if threshold is not None and threshold < LOWEST:
        raise errors.BadValue(
            f"'threshold' is a similarity from {LOWEST:g} to 1. Got {threshold!r}", hint="altered copies lie above 0.7"
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31:
        raise errors.BadValue(f"'seed' is a whole number from 0 on. Got {seed!r}", hint="seed=0")


class _Pairs:
    """Pairs of rows of a `_Work`, and their votes."""

    def __init__(self, left: np.ndarray, right: np.ndarray, votes: Votes) -> None:
        self.left, self.right, self.votes = left, right, votes


class _Work:
    """One moment of the dataset: the readable samples, their hashes, and where their vectors are. Rows count these samples.

    Attributes:
        rows: (m,) int64 positions.
        twin: (m,) int64, the first row with the same bytes.
        encoder: whose vectors; None where there are none.
        notes: what a reader has to know.
    """

    def __init__(self, dataset: Dataset, encoder: str | None, *, flips: bool, seed: int) -> None:
        self.dataset, self.flips, self.seed = dataset, flips, seed
        self.notes: list[str] = []
        session = dataset.session
        with session.lock:
            session.refresh()
            self.encoder = (
                None if encoder is None and not dataset.vectors_.names() else dataset.vectors_.info(encoder).name
            )
            self.index = None if self.encoder is None else dataset.vectors_.index(self.encoder)
            self.ids, self.content = session.sample_ids, session.content
            self.rows = np.flatnonzero(session.readable)
            known = dataset.frame(self.rows, ["content_hash", "phash"])
        self.twin = hashing.same_content(known["content_hash"])
        self.firsts = np.flatnonzero(self.twin == np.arange(len(self.rows)))
        self.hashed = known["phash"].is_not_null().to_numpy()
        self.hashes = known["phash"].fill_null(0).to_numpy().astype(np.uint64)
        if self.encoder is None and len(self.firsts) > 1:
            self.notes.append(
                "There are no vectors, so crops are found only where their hashes are near. ds.embed() makes vectors."
            )
        elif self.index is not None and (without := int(np.count_nonzero(~self.index.present[self.rows]))):
            self.notes.append(f"{without:,} pictures have no vector; ds.embed() makes what is missing.")

    def search(self, wanted: float) -> tuple[Calibration | None, _Pairs, dict[str, Any]]:
        """Everything that is near, and what makes it alike."""
        nothing = np.empty(0, np.int64)
        none = _Pairs(nothing, nothing, Votes(*np.empty((3, 0), np.float32)))
        if len(self.firsts) < 2:
            return None, none, {}
        sample = np.random.default_rng(self.seed).permutation(self.firsts)
        copies = self._altered(sample[:ALTERED])
        if not len(copies.votes):
            self.notes.append("No picture could be read or has a thumbnail, so only equal bytes were looked for.")
            return None, none, {}
        low = self._cosine_from(copies, sample)
        found, about = self._candidates(low)
        missed = self._missed(sample[:_SAMPLE], low)
        calibration = calibrate(
            copies.votes,
            copies.kinds,
            found.votes,
            missed.votes,
            wanted=wanted,
            pictures=copies.pictures,
            seed=self.seed,
        )
        return calibration, found, about

    def _altered(self, sample: np.ndarray) -> Altered:
        copies = altered(self.dataset, self.rows[sample], self.hashes[sample], encoder=self.encoder, flips=self.flips)
        if self.encoder is not None and not copies.vectors:
            self.notes.append(
                f"The model of {self.encoder!r} is not here to embed altered copies, so its vectors only name candidates; hashes "
                "and pixels decide."
            )
        return copies

    # -- by vector ----------------------------------------------------------------------------------------------------

    def _vectors(self, rows: np.ndarray) -> np.ndarray:
        """(k, d) float32 of unit length, of rows that have one."""
        assert self.index is not None
        return units(self.index, self.rows[rows])

    @property
    def _embedded(self) -> np.ndarray:
        """Different rows that have a vector."""
        if self.index is None:
            return np.empty(0, np.int64)
        rows: np.ndarray = self.firsts[self.index.present[self.rows[self.firsts]]]
        return rows

    def _cosine_from(self, copies: Altered, sample: np.ndarray) -> float | None:
        """From which cosine on pairs are candidates: what nearly all altered copies have, unless that is too many pairs."""
        embedded = self._embedded
        if len(embedded) < 2:
            return None
        known = np.isfinite(copies.votes.cosine)
        # what is found by its hash anyway asks nothing of the vectors
        cosines = copies.votes.cosine[known & ~(copies.votes.bits <= BITS)]
        if not len(cosines):
            cosines = copies.votes.cosine[known]
        low = _WITHOUT_MODEL
        if len(cosines):
            low = float(np.quantile(cosines, _ROOM))
        low = min(max(low, 0.05), 0.999)
        some = np.intersect1d(sample[:_SAMPLE], embedded)
        others = np.random.default_rng(self.seed).permutation(embedded)[:20_000]
        near = np.sort((self._vectors(some) @ self._vectors(others).T).ravel())[::-1]
        # each row meets itself once; of the pairs of all, each stands for this many
        each = len(embedded) ** 2 / (2 * max(len(some) * len(others), 1))
        most = int((_MOST_ALWAYS + MOST_PER_SAMPLE * len(embedded)) / each) + len(some)
        if most < len(near) and near[most] > low:
            narrowed = min(float(near[most]), 0.999)
            under = float((cosines < narrowed).mean()) if len(cosines) else 0.0
            self.notes.append(
                f"So many pairs have a cosine above {low:.3f} that only those above {narrowed:.3f} were looked at: {under:.0%} of "
                "the altered copies whose hashes are not near lie below, and are not found."
            )
            low = narrowed
        return low

    def _near_by_vector(self, low: float | None) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
        embedded = self._embedded
        if low is None or self.index is None or len(embedded) < 2:
            return np.empty(0, np.int64), np.empty(0, np.int64), {}
        most = _MOST_ALWAYS + 4 * MOST_PER_SAMPLE * len(embedded)
        while True:
            try:
                left, right, _, about = near_by_vector(self.index, self.rows[embedded], low, most=most, seed=self.seed)
            except errors.BadValue:  # a standing camera: everything is like everything
                if 1 - low < _NEAREST:
                    self.notes.append(
                        "So many vectors are nearly the same that they were not compared; hashes and pixels were."
                    )
                    return np.empty(0, np.int64), np.empty(0, np.int64), {}
                low = 1 - (1 - low) / 4
                self.notes.append(
                    f"Too many vectors are alike: only pairs with a cosine above {low:.5f} were looked at."
                )
            else:
                return embedded[left], embedded[right], {**about, "cosine_from": low}

    # -- by hash ------------------------------------------------------------------------------------------------------

    def _near_by_hash(self) -> tuple[np.ndarray, np.ndarray]:
        rows = self.firsts[self.hashed[self.firsts]]
        rows = rows[~np.isin(self.hashes[rows], _FLAT)]
        if len(rows) < 2:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        mine = self.hashes[rows]
        left, right = self._hashes_within(mine)
        if self.flips:
            first, second = self._hashes_within(np.concatenate([mine, alterations.mirrored_hash(mine)]))
            across = (first < len(rows)) & (second >= len(rows))
            left = np.concatenate([left, first[across]])
            right = np.concatenate([right, second[across] - len(rows)])
        return rows[left], rows[right]

    def _hashes_within(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        most = _MOST_ALWAYS + 4 * MOST_PER_SAMPLE * len(hashes)
        for bits in (BITS, BITS // 2, 0):
            with Stages("compare hashes", unit="steps") as bars:
                try:
                    left, right, _ = hashing.near_hashes(hashes, bits, most=most, tell=bars)
                except errors.BadValue:
                    self.notes.append(
                        f"Too many hashes are alike: pairs that differ in {bits} bits were not all looked at."
                    )
                else:
                    return left, right
        return np.empty(0, np.int64), np.empty(0, np.int64)

    # -- every vote ---------------------------------------------------------------------------------------------------

    def _candidates(self, low: float | None) -> tuple[_Pairs, dict[str, Any]]:
        by_vector, by_hash = self._near_by_vector(low), self._near_by_hash()
        left = np.concatenate([by_vector[0], by_hash[0]]).astype(np.int64)
        right = np.concatenate([by_vector[1], by_hash[1]]).astype(np.int64)
        keys = np.unique(np.minimum(left, right) * len(self.rows) + np.maximum(left, right))
        left, right = np.divmod(keys, max(len(self.rows), 1))
        apart = left != right
        return self._voted(left[apart], right[apart]), by_vector[2]

    def _missed(self, sample: np.ndarray, low: float | None) -> _Pairs:
        """The nearest of the pairs that are no candidates: those of some rows with all others."""
        others = (
            self.firsts if len(self.firsts) <= 20_000 else np.random.default_rng(self.seed).choice(self.firsts, 20_000)
        )
        if low is not None:
            sample, others = np.intersect1d(sample, self._embedded), np.intersect1d(others, self._embedded)
            nearness = self._vectors(sample) @ self._vectors(others).T
            nearness[nearness >= low] = -1
        else:
            bits = np.bitwise_count(self.hashes[sample][:, None] ^ self.hashes[others][None]).astype(np.float32)
            nearness = np.where(bits > BITS, -bits, -64)
        nearness[sample[:, None] >= others[None]] = -64  # each pair once, none with itself
        best = np.argsort(-nearness, axis=None)[:_MISSED]
        best = best[nearness.ravel()[best] > -(1 if low is not None else 64)]
        first, second = np.unravel_index(best, nearness.shape)
        left, right = sample[first], others[second]
        bits = bits_between(self.hashes[left], self.hashes[right], flips=self.flips)
        order = np.flatnonzero(bits > BITS)
        order = order[np.argsort(left[order], kind="stable")]
        return self._voted(left[order], right[order])

    def _voted(self, left: np.ndarray, right: np.ndarray) -> _Pairs:
        """Pairs, ordered by `left`, with what every vote says."""
        count = len(left)
        cosine, fit = np.full(count, np.nan, np.float32), np.full(count, np.nan, np.float32)
        bits = bits_between(self.hashes[left], self.hashes[right], flips=self.flips)
        flat = np.isin(self.hashes[left], _FLAT) | np.isin(self.hashes[right], _FLAT)
        bits[flat | ~self.hashed[left] | ~self.hashed[right]] = np.nan
        parts = list(_parts(count, _CHUNK))
        with Progress(count, "compare pixels", unit="pairs") as bar, ThreadPoolExecutor(available_cores()) as pool:
            try:
                for part, (near, fitting) in zip(
                    parts, pool.map(lambda part: self._looked_at(left[part], right[part]), parts), strict=True
                ):
                    cosine[part], fit[part] = near, fitting
                    bar.add(part.stop - part.start)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return _Pairs(left, right, Votes(cosine, bits, fit))

    def _looked_at(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cosine = np.full(len(left), np.nan, np.float32)
        if self.index is not None:
            there = self.index.present[self.rows[left]] & self.index.present[self.rows[right]]
            cosine[there] = (self._vectors(left[there]) * self._vectors(right[there])).sum(axis=1)
        rows, at = np.unique(np.concatenate([left, right]), return_inverse=True)
        jpegs = self.dataset.thumbnails(self.rows[rows])
        pictures = [jpegs[number] for number in at.tolist()]
        return cosine, fits(pictures[: len(left)], pictures[len(left) :], flips=self.flips)


def _parts(count: int, size: int) -> Iterator[slice]:
    return (slice(low, min(low + size, count)) for low in range(0, count, size))


def _pairs_table(dataset: Dataset, work: _Work, pairs: _Pairs, info: SearchInfo) -> pa.Table:
    """The pairs that can matter: those with equal bytes, each with the first of them, and those from `LOWEST` on."""
    same = np.flatnonzero(work.twin != np.arange(len(work.rows)))
    left, right, votes = pairs.left, pairs.right, pairs.votes
    similarity = np.empty(0, np.float32)
    if info.calibration is not None:
        # only equal bytes are 1: that is what groups take for the same
        similarity = np.minimum(info.calibration.scale.similarity(votes), np.float32(0.9999))
        near = similarity >= LOWEST
        left, right, votes, similarity = left[near], right[near], votes.take(near), similarity[near]
    near_count, nan = len(left), np.full(len(same), np.nan, np.float32)
    at = work.rows[np.concatenate([work.twin[same], left])], work.rows[np.concatenate([same, right])]
    frame = pl.DataFrame(
        {
            "left_id": work.ids[at[0]],
            "right_id": work.ids[at[1]],
            "left_content": work.content[at[0]],
            "right_content": work.content[at[1]],
            "cosine": np.concatenate([nan, votes.cosine]),
            "distance": np.concatenate([nan, votes.bits]),
            "fit": np.concatenate([nan, votes.fit]),
            "similarity": np.concatenate([np.ones(len(same), np.float32), similarity]),
            "exact": np.arange(len(same) + near_count) < len(same),
        },
    ).with_columns(pl.col("cosine", "distance", "fit").fill_nan(None))
    said = judged(dataset.session, verdict=False)
    apart = pl.DataFrame(
        {"left_id": said[:, 0], "right_id": said[:, 1]}, schema={"left_id": pl.Int64, "right_id": pl.Int64}
    )
    apart = pl.concat([apart, apart.select(left_id="right_id", right_id="left_id")]).unique()
    apart = apart.with_columns(pl.lit(value=True).alias("apart"))
    frame = frame.join(apart, on=["left_id", "right_id"], how="left", maintain_order="left")
    frame = frame.with_columns(pl.col("apart").fill_null(value=False))
    schema = schemas.pairs({b"curate.duplicates": msgspec.json.encode(info)})
    return frame.to_arrow().cast(schema)
