"""What lies near what among the samples of a view, and from which similarity on two of them may not be on two sides of a split.

Equal content always counts. Near copies are found by the cosine of their vectors, or by perceptual hash where a sample has no
vector. With ``leak="auto"`` the cosine is calibrated on the person's own pictures (`curate.leak_threshold`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate import errors
from curate.analysis.hashes import near_hashes, same_content
from curate.leak_threshold import Copies, copies_of, precise_from
from curate.splits import nearness
from curate.splits.merging import Merged, merge
from curate.splits.nearness import CONTENT, HASH, LEVELS, ROUNDING, VECTOR, Near, Nearness
from curate.vector_pairs import near_by_vector, units

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.search.index import VectorIndex

BITS = 6
"""Up to so many bits of 64 apart, two hashes are near: four of five altered copies stay within, other pictures hardly do."""

EXACT = 30_000
"""Up to so many vectors each is compared with all others for the certificate: some 5 s on two cores."""

ASKED = 2_000
"""Of more, so many outside of train are compared with all."""

_WIDER = 1.1
"""How much further than the threshold is looked where not everything is compared, so that the closest pairs across are met."""

_MOST = 20_000_000
_FLAT = np.array([0, 2**63], np.uint64)


class Proximity:
    """Near pairs of samples, and what ties them.

    Args:
        dataset: of the samples.
        ids: (n,) int64 of the samples.
        leak: a cosine, "auto", or None for equal content only.
        seed: draws the pictures that are altered, and the samples that are compared with all.
        groups: (n,) int64, what stays together anyway; None for nothing.
        known: the threshold of "auto", where it has been calibrated before for these samples.
        embedder: what a reader would call to have vectors.

    Attributes:
        near: pairs of rows; some are less alike than the threshold.
        threshold: cosine from which on two samples are near; None without vectors.
        encoder: whose vectors; None without.
        notes: what a reader has to know.

    Raises:
        BadValue: a leak that is no cosine, or a cosine where there are no vectors.
    """

    def __init__(
        self,
        dataset: Dataset,
        ids: np.ndarray,
        leak: float | str | None,
        *,
        seed: int,
        groups: np.ndarray | None = None,
        known: float | None = None,
        embedder: str = "ds.embed()",
    ) -> None:
        self.asked = _checked(leak)
        self.dataset, self.ids, self.seed = dataset, ids, seed
        self.notes: list[str] = []
        self.recall = 1.0
        self.calibrated: float | None = None
        self.threshold: float | None = None
        self.bits: int | None = None
        self.encoder: str | None = None
        self._index: VectorIndex | None = None
        self._known = known
        self._embedder = embedder
        with dataset.session.lock:
            self.positions = dataset.session.positions_of(ids)
            facts = dataset.frame(self.positions, ["content_hash", "phash"])
            if self.asked != "off" and dataset.vectors_.names():
                self.encoder = dataset.vectors_.info().name
                self._index = dataset.vectors_.index(self.encoder)
        if self.asked == "given" and self._index is None:
            raise errors.BadValue(
                f"leak={leak!r} is a cosine, and this dataset has no vectors",
                hint=f"{embedder} makes them; leak='auto' compares hashes instead",
            )
        self._copies: Copies | None = None
        self._twin = same_content(facts["content_hash"])
        self._hashes = facts["phash"].fill_null(0).to_numpy().astype(np.uint64)
        self.near = self._found(facts["phash"].is_not_null().to_numpy(), leak, groups)

    # -- searching ----------------------------------------------------------------------------------------------------

    def _found(self, known: np.ndarray, leak: float | str | None, groups: np.ndarray | None) -> Near:
        n = len(self.ids)
        rows = np.arange(n)
        copies = np.flatnonzero(self._twin != rows)
        parts = [Near.of(self._twin[copies], copies, np.ones(len(copies)), CONTENT)]
        self.embedded = np.zeros(n, bool) if self._index is None else self._index.present[self.positions]
        self.hashed = np.zeros(n, bool)
        if self.asked == "off":
            self.notes.append(
                "Near-duplicates were not looked for (leak=None). curate.find_leaks(split) looks for them."
            )
            return parts[0]
        first = self._twin == rows
        if self._index is not None:
            self.threshold = self._cosine(leak, first)
            if self.threshold is None:
                self.embedded = np.zeros(n, bool)
                self._index, self.encoder = None, None
            else:
                parts.append(self._by_vector(np.flatnonzero(first & self.embedded)))
                self._precise(parts[-1], groups)
        parts.append(self._by_hash(known, first))
        if self._index is None and not self.notes:
            self.notes.append(
                f"There are no vectors: near copies were looked for by hash ({BITS} bits of 64). {self._embedder} makes "
                "vectors, which find neighbouring frames and crops as well."
            )
        elif self._index is not None and (without := int((~self.embedded).sum())):
            self.notes.append(f"{without:,} samples have no vector and were compared by hash.")
        neither = int((~self.embedded & ~self.hashed & first).sum())
        if neither:
            self.notes.append(
                f"{neither:,} samples have neither a vector nor a hash: only equal content was looked for."
            )
        return Near.joined(parts)

    def _cosine(self, leak: float | str | None, first: np.ndarray) -> float | None:
        """The threshold, or where the calibration begins."""
        if isinstance(leak, float | int):
            return float(leak)
        if self._known is not None:
            return self._known
        assert self.encoder is not None
        rows = np.flatnonzero(first & self.embedded & self.dataset.session.readable[self.positions])
        self._copies = copies_of(self.dataset, self.encoder, self.positions[rows], self._hashes[rows], seed=self.seed)
        if self._copies is not None:
            return self._copies.cosine
        self.notes.append(
            f"The model of {self.encoder!r} is not here to embed altered copies, so its vectors were not compared, only hashes "
            f"({BITS} bits of 64). leak=0.95 compares them at that cosine."
        )
        return None

    def _precise(self, near: Near, groups: np.ndarray | None) -> None:
        """Raise a calibrated threshold until enough of the pairs between groups are near copies."""
        if self._copies is None or self.threshold is None:
            return
        apart = near.similarity < 1
        if groups is not None:
            apart &= groups[near.left] != groups[near.right]
        pairs = near.take(apart & (near.similarity >= self.threshold))
        rows = np.stack([pairs.left, pairs.right], axis=1)
        higher = precise_from(
            self.dataset,
            self._copies,
            self.positions[rows],
            pairs.similarity,
            hashes=self._hashes[rows],
            seed=self.seed,
        )
        if higher > self.threshold:
            self.notes.append(
                f"95 % of altered copies keep a cosine of {self.threshold:g}, and so do pictures that merely resemble each other: "
                f"from {higher:g} on, one in three pairs or more is a near copy by hash and pixels too, and that is taken."
            )
            self._raise_to(higher)

    def _by_vector(self, rows: np.ndarray) -> Near:
        assert self._index is not None
        assert self.threshold is not None
        if len(rows) < 2:
            return Near.of([], [], [], VECTOR)
        while True:
            low = self.threshold - ROUNDING
            if len(rows) > EXACT:
                low = max(0.01, 1 - _WIDER * (1 - low))
            try:
                left, right, cosine, about = near_by_vector(
                    self._index, self.positions[rows], low, most=_MOST, seed=self.seed
                )
            except errors.BadValue:
                higher = 1 - (1 - self.threshold) / 2
                if self.asked != "auto" or higher > 1 - ROUNDING:
                    raise
                self.notes.append(
                    f"So many pairs have a cosine of {self.threshold:g} or more that only those from {higher:g} on were looked at."
                )
                self._raise_to(higher)
            else:
                self.recall = float(about["recall"])
                return Near.of(rows[left], rows[right], cosine, VECTOR)

    def _by_hash(self, known: np.ndarray, first: np.ndarray) -> Near:
        """Of samples without a vector, with each other and with those that have one."""
        hashes = self._hashes
        known = known & ~np.isin(hashes, _FLAT)
        self.hashed = known & ~self.embedded
        rows = np.flatnonzero(known & first)
        if not self.hashed[rows].any():
            return Near.of([], [], [], HASH)
        self.bits = BITS
        left, right, bits = near_hashes(hashes[rows], BITS, most=_MOST)
        left, right = rows[left], rows[right]
        wanted = self.hashed[left] | self.hashed[right]
        # equal hashes are not equal pictures
        alike = np.minimum(1 - bits[wanted] / 64, 0.9999)
        return Near.of(left[wanted], right[wanted], alike, HASH)

    def _raise_to(self, threshold: float) -> None:
        self.calibrated = self.threshold if self.calibrated is None else self.calibrated
        self.threshold = threshold

    # -- tying --------------------------------------------------------------------------------------------------------

    @property
    def tied(self) -> Near:
        """The pairs that may not be on two sides: equal content, near vectors and near hashes."""
        if self.asked == "off":
            return self.near.take(np.zeros(len(self.near), bool))
        return self.near.take(self._ties(self.near))

    def _ties(self, pairs: Near) -> np.ndarray:
        ties: np.ndarray = pairs.by != VECTOR
        if self.threshold is not None:
            ties |= pairs.similarity >= self.threshold - ROUNDING
        return ties

    def merged(self, groups: np.ndarray, most: int, parts: int = 1) -> Merged:
        """Groups with near-duplicates joined into them.

        With ``"auto"``, a threshold is raised, which `notes` says, that would make a group of more than `most` samples, or leave
        fewer groups than parts.

        Args:
            groups: (n,) int64.
            most: samples that fit into the largest part.
            parts: how many groups there have to be at least.
        """
        tied = self.tied
        merged = merge(groups, tied.left, tied.right, tied.similarity)
        if self.asked != "auto" or self.threshold is None or not merged.merges.height:
            return merged
        joined = merged.merges.select(
            pl.col("cosine"),
            pl.col("left_size") + pl.col("right_size").alias("size"),
            pl.max_horizontal("left_size", "right_size").alias("alone"),
        )
        cosine, size, alone = (joined[:, column].to_numpy() for column in range(3))
        spare = len(np.unique(groups)) - parts
        # a group that is too large by itself is not made smaller by a higher threshold, nor by leaving copies apart
        beyond = ((size > most) & (alone <= most)) | ((np.arange(len(size)) >= spare) & (spare >= 0))
        first = np.flatnonzero(beyond & (cosine < 1))
        if not len(first):
            return merged
        higher = float(np.ceil((cosine[first[0]] + 2 * ROUNDING) * 1000) / 1000)
        if higher >= 1 or higher <= self.threshold:
            return merged
        why = (
            f"make a group of {int(size[first[0]]):,} samples or more, and the largest part has {most:,}"
            if size[first[0]] > most
            else f"leave fewer groups than the {parts} parts"
        )
        self.notes.append(
            f"At a cosine of {self.threshold:g} near-duplicates would {why}: the threshold was raised to {higher:g}, and pairs "
            "between the two are not kept together."
        )
        self._raise_to(higher)
        tied = self.tied
        return merge(groups, tied.left, tied.right, tied.similarity)

    # -- measuring ----------------------------------------------------------------------------------------------------

    def measure(self, code: np.ndarray, names: Sequence[str]) -> Nearness:
        """How near the parts are.

        Args:
            code: (n,) integers, a part or less than 0 for none.
            names: of the parts.
        """
        return self.measured(code, names)[0]

    def measured(self, code: np.ndarray, names: Sequence[str]) -> tuple[Nearness, Near]:
        """What `measure` gives, and the pairs across parts that may not be there, the most alike first."""
        part = np.asarray(code, np.int64)
        sizes = np.bincount(part[part >= 0], minlength=len(names))
        reference = nearness.reference_part(names, sizes.tolist())
        found = nearness.across(part, len(names), self.near)
        pairs = found.pairs
        shares: tuple[nearness.NeighbourShare, ...] = ()
        if self._index is not None:
            pairs, shares = self._compared(part, names, reference, found)
        elif self.bits is not None:
            levels = [1.0, 1 - self.bits / 64]
            shares = nearness.neighbour_shares(found.best, part, names, reference, levels)
        ties = self._ties(pairs)
        measured = Nearness(
            asked=self.asked,
            threshold=self.threshold,
            calibrated=self.calibrated,
            bits=self.bits,
            encoder=self.encoder,
            compared=(int(self.embedded.sum()), int(self.hashed.sum()), int((~self.embedded & ~self.hashed).sum())),
            pairs=len(self.tied),
            copies=int((self._twin != np.arange(len(self.ids))).sum()),
            across=int(ties.sum()),
            reference=names[reference],
            highest=round(float(pairs.similarity.max()), 6) if len(pairs) else None,
            closest=nearness.closest(pairs, self.ids, part, names),
            shares=shares,
            recall=self.recall,
            notes=tuple(self.notes),
        )
        leaking = pairs.take(ties)
        return measured, leaking.take(np.lexsort((leaking.right, leaking.left, leaking.by, -leaking.similarity)))

    def _compared(
        self, part: np.ndarray, names: Sequence[str], reference: int, found: nearness.Across
    ) -> tuple[Near, tuple[nearness.NeighbourShare, ...]]:
        """Pairs across parts, and shares, with what comparing vectors adds to the pairs that were searched."""
        assert self._index is not None
        assert self.threshold is not None
        index = self._index
        placed = np.where(self.embedded, part, -1)
        asked = np.flatnonzero((placed >= 0) & (placed != reference))
        every = int(self.embedded.sum()) <= EXACT
        if not every:
            asked = np.sort(np.random.default_rng(self.seed).permutation(asked)[:ASKED])
        best, nearest = nearness.compared_with_parts(
            lambda rows: units(index, self.positions[rows]), asked, placed, len(names)
        )
        pairs = _once(Near.joined([found.pairs, nearest]), len(part))
        levels = [*LEVELS, round(self.threshold, 6)]
        if self.calibrated is not None:
            levels.append(self.calibrated)
        if every:
            whole = found.best.copy()
            whole[asked] = np.maximum(whole[asked], best)
            return pairs, nearness.neighbour_shares(whole, part, names, reference, levels)
        both = np.maximum(found.best[asked], best)
        return pairs, nearness.neighbour_shares(both, part[asked], names, reference, levels)


def _once(pairs: Near, n: int) -> Near:
    """Each pair once, as what says the most of it."""
    key = np.minimum(pairs.left, pairs.right) * n + np.maximum(pairs.left, pairs.right)
    order = np.lexsort((pairs.by, -pairs.similarity, key))
    return pairs.take(order[np.flatnonzero(np.diff(key[order], prepend=-1))])


def _checked(leak: float | str | None) -> str:
    if leak is None:
        return "off"
    if isinstance(leak, str):
        if leak != "auto":
            raise errors.BadValue(f"'leak' is a cosine, 'auto' or None. Got {leak!r}", hint="leak='auto'")
        return "auto"
    if isinstance(leak, bool) or not isinstance(leak, int | float | np.number) or not 0 < leak <= 1:
        raise errors.BadValue(f"'leak' is a cosine above 0 and at most 1. Got {leak!r}", hint="leak=0.95, or 'auto'")
    return "given"
