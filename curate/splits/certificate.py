"""What a split promises, recomputed from the split itself.

`certify` sees only which sample is in which part, and what the samples are. It knows nothing of how they were assigned, so it
certifies a split that came from anywhere, and finds the faults of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from curate.errors import BadValue, NotWritten
from curate.splits.nearness import ClosePair, Nearness
from curate.splits.strata import Strata

TOLERANCE = 1.0  # percentage points within which a class counts as balanced, where whole groups allow it
SHOWN = 5  # warnings of one sort that are spelled out, and classes a column that are listed in a page


class PartSize(msgspec.Struct, frozen=True):
    """A part with the number of samples that it should have and has."""

    name: str
    wanted: int
    got: int


class ClassBalance(msgspec.Struct, frozen=True):
    """One class of one column.

    Attributes:
        value: the class; None stands for samples without a value.
        total: samples in all parts together.
        counts: samples in each part.
        shares: of each part's samples, the share that is of this class (0 to 1).
        deviation: percentage points between the share of a part that is of this class and the share of all samples.
        class_deviation: percentage points between the share of this class that is in a part and the share that should be.
        largest_group: samples of this class that only move together: those in its largest group.
    """

    value: str | None
    total: int
    counts: tuple[int, ...]
    shares: tuple[float, ...]
    deviation: float
    class_deviation: float
    largest_group: int


class ColumnBalance(msgspec.Struct, frozen=True):
    """One stratified column with its classes."""

    column: str
    classes: tuple[ClassBalance, ...]

    @property
    def largest_deviation(self) -> float:
        """Percentage points, over classes and parts."""
        return max((c.deviation for c in self.classes), default=0.0)


class Promise(msgspec.Struct, frozen=True):
    """One thing that was promised, whether it holds, and the numbers."""

    name: str
    passed: bool
    text: str


class Join(msgspec.Struct, frozen=True):
    """A near pair that put two groups together.

    Attributes:
        left: sample id.
        right: sample id.
        similarity: of the two.
        left_group: what the group of the left was called; "" where it had none.
        right_group: likewise.
        sizes: samples of the two groups before.
    """

    left: int
    right: int
    similarity: float
    left_group: str
    right_group: str
    sizes: tuple[int, int]


class LargeGroup(msgspec.Struct, frozen=True):
    """One of the largest groups, and what made it large.

    Attributes:
        samples: in it.
        groups: of `group_by`, or samples where there are none, that were put together in it.
        joins: the near pairs that joined the largest pieces, the one that added most first.
    """

    samples: int
    groups: int
    joins: tuple[Join, ...]


class TimeRange(msgspec.Struct, frozen=True):
    """From when to when the samples of a part are; None where none has a time.

    Attributes:
        part: its name.
        first: the earliest, as text.
        last: the latest.
        without: samples without a time.
    """

    part: str
    first: str | None
    last: str | None
    without: int


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """How a split came to be.

    Attributes:
        name: of the split.
        query: of the view that was split, as Python.
        snapshot: the versions of the dataset's tables.
        encoder: whose vectors were compared, and its weights' hash.
        by_time: the column by which parts follow each other.
        gap: between them, as it was given.
        fixed: part to the number of samples that were pinned to it.
        added: samples that each later `extend` brought.
    """

    name: str
    query: str
    snapshot: dict[str, int] = {}
    encoder: dict[str, str] = {}
    by_time: str | None = None
    gap: str | None = None
    fixed: dict[str, int] = {}
    added: tuple[int, ...] = ()


class Certificate(msgspec.Struct, frozen=True):
    """What holds for a split: sizes, balance, whole groups, nothing near on two sides. Text, JSON, a page and a picture.

    Attributes:
        parts: sizes wanted and got.
        unassigned: samples in no part, where counts were asked for.
        columns: balance of the stratified columns.
        group_by: the columns whose groups stay whole; empty where none were asked for.
        groups: how many groups, samples without one counted each for itself.
        cut: groups with samples in more than one part.
        seed: what the split was made with.
        promises: each with pass or fail.
        warnings: what could not be met, with the numbers.
        nearness: near-duplicates across parts; None where nobody looked.
        largest: the largest groups that near-duplicates made.
        times: from when to when each part is, where a time is known.
        origin: how the split came to be; None for one that was made elsewhere.
        pictures: sample id to JPEG, of the closest pairs. They are on the page and in the picture, and not in the JSON.
    """

    parts: tuple[PartSize, ...]
    unassigned: int
    columns: tuple[ColumnBalance, ...]
    group_by: tuple[str, ...]
    groups: int | None
    cut: int
    seed: int | None
    promises: tuple[Promise, ...]
    warnings: tuple[str, ...]
    nearness: Nearness | None = None
    largest: tuple[LargeGroup, ...] = ()
    times: tuple[TimeRange, ...] = ()
    origin: Origin | None = None
    pictures: dict[int, bytes] = {}

    @property
    def passed(self) -> bool:
        """Whether every promise holds."""
        return all(promise.passed for promise in self.promises)

    @property
    def largest_deviation(self) -> float:
        """Percentage points between a class's share of a part and of everything; 0 without stratified columns."""
        return max((column.largest_deviation for column in self.columns), default=0.0)

    @property
    def closest(self) -> tuple[ClosePair, ...]:
        """The closest pairs across parts, the most alike first; empty where nobody looked."""
        return () if self.nearness is None else self.nearness.closest

    @property
    def highest(self) -> float | None:
        """The highest similarity of two samples in different parts; None where nobody looked."""
        return None if self.nearness is None else self.nearness.highest

    def to_json(self) -> str:
        """This certificate as JSON, without the pictures; `from_json` reads it."""
        return msgspec.json.encode(msgspec.structs.replace(self, pictures={})).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Certificate:
        """Read what `to_json` wrote.

        Raises:
            BadValue: the text is no certificate.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError as error:
            raise BadValue(f"This is not a certificate: {error}") from error

    def to_picture(self, path: str | Path) -> Path:
        """Write this certificate as a PNG, for a slide or a pull request.

        Raises:
            NotWritten: it cannot be written there.
        """
        from curate.splits.picture import as_png

        target = Path(path).expanduser()
        try:
            target.write_bytes(as_png(self))
        except OSError as error:
            raise NotWritten(
                f"{str(target)!r} cannot be written: {error}", hint="give a file in a folder that is there"
            ) from error
        return target

    def __repr__(self) -> str:
        sizes = ", ".join(f"{part.name}: {part.got:,}" for part in self.parts)
        kept = "passed" if self.passed else "NOT passed"
        return f"<Certificate {kept}: {sizes}; largest deviation {self.largest_deviation:.2f} points>"

    def __str__(self) -> str:
        from curate.splits.report import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from curate.splits.page import as_html

        return as_html(self)


def certify(
    part: npt.ArrayLike,
    names: Sequence[str],
    *,
    wanted: Sequence[int] | None = None,
    strata: Strata | None = None,
    groups: npt.ArrayLike | None = None,
    group_by: Sequence[str] = (),
    ungrouped: int = 0,
    seed: int | None = None,
    nearness: Nearness | None = None,
    times: Sequence[TimeRange] = (),
    ordered: Promise | None = None,
    largest: Sequence[LargeGroup] = (),
    origin: Origin | None = None,
    warnings: Sequence[str] = (),
) -> Certificate:
    """Recompute from scratch what holds for a split.

    Args:
        part: (n,) integers, an index into `names`, or -1 for a sample in no part.
        names: the parts.
        wanted: samples asked for in each part; without it the sizes promise nothing.
        strata: the classes that were to be balanced.
        groups: (n,) integers; samples with equal numbers belong together.
        group_by: the columns that made the groups.
        ungrouped: samples for which those columns have no value.
        seed: what the split was made with.
        nearness: what was found near across parts.
        times: from when to when each part is.
        ordered: whether the parts follow each other in time, where that was promised. Samples in a gap are in no part then.
        largest: groups that near-duplicates made.
        origin: how the split came to be.
        warnings: what is known to whoever assigned the samples, and to nobody else.

    Raises:
        BadValue: arrays of different lengths, or a part code without a name.

    >>> certificate = certify([0, 0, 0, 1], ["train", "test"], wanted=[3, 1], groups=[5, 5, 6, 6], group_by=["drive"])
    >>> certificate.cut, certificate.passed
    (1, False)
    """
    code = np.asarray(part, np.int64)
    if len(code) and (code.min() < -1 or code.max() >= len(names)):
        raise BadValue(f"Part codes must lie between -1 and {len(names) - 1}. Got {code.min()} to {code.max()}")
    sizes = np.bincount(code[code >= 0], minlength=len(names))
    goal = np.asarray(sizes if wanted is None else wanted, np.int64)
    bundle, bundle_size = _bundles(groups, len(code))
    parts = tuple(PartSize(name, int(w), int(g)) for name, w, g in zip(names, goal, sizes, strict=True))
    cut = _cut(code, bundle, len(names)) if groups is not None else 0
    columns = () if strata is None else _balance(code, sizes, goal, bundle, strata)
    lost = int((code < 0).sum()) - (len(code) - int(goal.sum())) if ordered is not None else None
    promises = [_sizes_kept(parts, len(code), int(bundle_size.max(initial=1)), lost)] if wanted is not None else []
    if groups is not None:
        promises.append(Promise("groups whole", cut == 0, f"{cut:,} of {len(bundle_size):,} groups cut"))
    if nearness is not None and nearness.asked != "off":
        promises.append(_apart(nearness))
    if ordered is not None:
        promises.append(ordered)
    promises += [_balanced(column, sizes) for column in columns]
    said = [*warnings, *_near_warnings(nearness)]
    said += _part_warnings(parts, bundle_size if groups is not None else None)
    if ungrouped:
        said.append(f"{ungrouped:,} samples have no {' or '.join(group_by)}: each is a group of its own")
    if strata is not None:
        said += _class_warnings(columns, bundle, strata, len(names), "samples" if groups is None else "groups")
    return Certificate(
        parts=parts,
        unassigned=int((code < 0).sum()),
        columns=columns,
        group_by=tuple(group_by),
        groups=len(bundle_size) if groups is not None else None,
        cut=cut,
        seed=seed,
        promises=tuple(promises),
        warnings=tuple(dict.fromkeys(said)),
        nearness=nearness,
        largest=tuple(largest),
        times=tuple(times),
        origin=origin,
    )


def _apart(nearness: Nearness) -> Promise:
    """Nothing near lies on two sides."""
    by = [f"cosine of {nearness.threshold:g} or more"] if nearness.threshold is not None else []
    by += [f"hashes within {nearness.bits} bits"] if nearness.bits is not None else []
    text = f"{nearness.across:,} of {nearness.pairs:,} pairs ({', '.join([*by, 'equal content'])}) lie across parts"
    if nearness.highest is not None:
        text += f"; the highest similarity across is {nearness.highest:.4g}"
    if nearness.recall < 1:
        text += f"; the search finds {nearness.recall:.1%} of such pairs"
    return Promise("near-duplicates together", nearness.across == 0, text)


def _near_warnings(nearness: Nearness | None) -> list[str]:
    if nearness is None:
        return []
    copies = [f"{nearness.across:,} pictures have an equal copy in another part"] if nearness.asked == "off" else []
    return [*(copies if nearness.across else []), *nearness.notes]


def _bundles(groups: npt.ArrayLike | None, n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    if groups is None:
        return np.arange(n), np.ones(n, np.int64)
    if np.shape(groups) != (n,):
        raise BadValue(f"'groups' must have shape ({n},). Got {np.shape(groups)}")
    _, bundle, size = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    return bundle.reshape(-1), size


def _cut(code: npt.NDArray[np.int64], bundle: npt.NDArray[np.int64], parts: int) -> int:
    # A group of which some samples are in no part is cut as well: a part that is filled up later would leak.
    met = np.unique(bundle * (parts + 1) + code + 1) // (parts + 1)
    return int((np.bincount(met) > 1).sum())


def _balance(
    code: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    goal: npt.NDArray[np.int64],
    bundle: npt.NDArray[np.int64],
    strata: Strata,
) -> tuple[ColumnBalance, ...]:
    n, columns = len(code), []
    for i, column in enumerate(strata.columns):
        klass, row, k = strata.codes[i], strata.rows[i], len(strata.labels[i])
        total = np.bincount(klass, minlength=k)
        there = code[row]
        placed = there >= 0
        table = np.bincount(klass[placed] * len(sizes) + there[placed], minlength=k * len(sizes)).reshape(k, -1)
        share = table / np.maximum(sizes, 1)
        deviation = 100 * np.abs(share - (total / max(n, 1))[:, None])[:, sizes > 0].max(axis=1, initial=0)
        of_class = 100 * np.abs(table / np.maximum(total, 1)[:, None] - goal / max(n, 1)).max(axis=1, initial=0)
        pair, held = np.unique(bundle[row] * k + klass, return_counts=True)
        largest = np.zeros(k, np.int64)
        np.maximum.at(largest, pair % k, held)
        classes = [
            ClassBalance(
                value=strata.labels[i][c],
                total=int(total[c]),
                counts=tuple(table[c].tolist()),
                shares=tuple(share[c].round(6).tolist()),
                deviation=round(float(deviation[c]), 4),
                class_deviation=round(float(of_class[c]), 4),
                largest_group=int(largest[c]),
            )
            for c in range(k)
            if total[c]
        ]
        columns.append(ColumnBalance(column, tuple(classes)))
    return tuple(columns)


def _sizes_kept(parts: tuple[PartSize, ...], n: int, largest_bundle: int, lost: int | None) -> Promise:
    whole = largest_bundle == 1 and lost is None
    allowed = 0 if whole else max(largest_bundle, round(n * TOLERANCE / 100))
    got, wanted = sum(part.got for part in parts), sum(part.wanted for part in parts)
    # what lies in a gap is missing from all parts: they are held to their shares of the rest
    rest = got / wanted if lost and wanted else 1.0
    worst = max(parts, key=lambda part: abs(part.got - part.wanted * rest))
    off = round(abs(worst.got - worst.wanted * rest))
    text = f"off by at most {off:,} samples ({worst.name})" if off else "exact"
    return Promise("sizes", off <= allowed, text + (f", as shares of the {got:,} that are placed" if lost else ""))


def _balanced(column: ColumnBalance, sizes: npt.NDArray[np.int64]) -> Promise:
    smallest = max(int(sizes[sizes > 0].min(initial=1 << 62)), 1)

    def beyond(c: ClassBalance) -> bool:
        # Of a class with four groups, a quarter may land on one side: no split of whole groups does better for sure.
        in_class, in_part = 100 * c.largest_group / c.total, 100 * c.largest_group / smallest
        return c.class_deviation > max(TOLERANCE, in_class) + 1e-6 or c.deviation > max(TOLERANCE, in_part) + 1e-6

    off = [c for c in column.classes if beyond(c)]
    text = f"largest deviation {column.largest_deviation:.2f} percentage points"
    if off:
        worst = max(off, key=lambda c: max(c.deviation, c.class_deviation))
        text += (
            f"; beyond what one group explains: {len(off):,} of {len(column.classes):,} classes, first {worst.value!r}"
        )
    elif column.largest_deviation > TOLERANCE:
        text += f", more than {TOLERANCE:g}, but no more than moving one whole group would change"
    return Promise(f"balance of {column.column}", not off, text)


def _part_warnings(parts: tuple[PartSize, ...], group_sizes: npt.NDArray[np.int64] | None) -> list[str]:
    warnings = [f"part {part.name!r} is empty ({part.wanted:,} samples wanted)" for part in parts if not part.got]
    if group_sizes is not None and len(group_sizes):
        for part in parts:
            larger = int((group_sizes > part.wanted).sum())
            if larger:
                warnings.append(
                    f"{larger:,} of {len(group_sizes):,} groups are larger than part {part.name!r} "
                    f"({part.wanted:,} wanted, the largest group has {int(group_sizes.max()):,} samples)"
                )
    return warnings


def _class_warnings(
    columns: tuple[ColumnBalance, ...], bundle: npt.NDArray[np.int64], strata: Strata, parts: int, what: str
) -> list[str]:
    warnings: list[str] = []
    for i, column in enumerate(columns):
        k = len(strata.labels[i])
        lies_in = np.bincount(np.unique(bundle[strata.rows[i]] * k + strata.codes[i]) % k, minlength=k)
        number = dict(zip(strata.labels[i], lies_in.tolist(), strict=True))
        few = [c for c in column.classes if number[c.value] < parts]
        lines = [
            f"{column.column} = {c.value!r} has {number[c.value]:,} {what}, fewer than the {parts} parts "
            f"({', '.join(f'{count:,}' for count in c.counts)} samples)"
            for c in few
        ]
        absent = [c for c in column.classes if c not in few and 0 in c.counts]
        lines += [
            f"{column.column} = {c.value!r} is missing from a part ({', '.join(f'{n:,}' for n in c.counts)} samples)"
            for c in absent
        ]
        warnings += lines[:SHOWN]
        if len(lines) > SHOWN:
            warnings.append(
                f"{column.column}: {len(lines) - SHOWN:,} more classes with too few {what} or none in a part"
            )
    return warnings
