"""What an exported split promises, computed again from the export alone: sizes, whole groups, balance and times.

Near-duplicates are groups here: the column `split_group` says which samples were kept together, and not why. How near two samples
are needs their vectors, which an export does not hold.
"""

from __future__ import annotations

import datetime as dt
import re

import msgspec
import numpy as np
import polars as pl

from curate.exports.contents import PART, Found
from curate.exports.manifest import Manifest
from curate.splits.certificate import Certificate, Promise, TimeRange, certify
from curate.splits.periods import in_order, time_ranges
from curate.splits.strata import MANY_VALUES, groups_of, strata_of

GROUP = "split_group"
"""The column of an exported table that says which samples of a split stay together."""

_TIME = "captured_at"


def kept(manifest: Manifest, found: Found) -> tuple[Certificate | None, list[str], list[str]]:
    """The split's certificate from the exported table, what differs from the manifest's, and what could not be looked at.

    A group in two parts is a problem, whoever put it there.
    """
    promised = _promised(manifest)
    if promised is None:
        return None, [], []
    if PART not in found.samples.columns:
        return None, [], ["split: the export does not say which sample is in which part"]
    samples, names = _typed(found.samples, promised), list(manifest.parts)
    code = samples[PART].replace_strict(names, range(len(names)), default=-1, return_dtype=pl.Int64).to_numpy()
    code = np.asarray(code)
    lost = {part.name: sum(1 for left in manifest.left_out if left.part == part.name) for part in promised.parts}
    columns = [column.column for column in promised.columns if column.column in samples.columns]
    grouped = bool(promised.group_by) and set(promised.group_by) <= set(samples.columns)
    groups = groups_of(samples, promised.group_by) if grouped else None
    together = samples[GROUP].to_numpy() if GROUP in samples.columns and not samples[GROUP].null_count() else None
    times, ordered = _times(samples, code, names, promised)
    certificate = certify(
        code,
        names,
        wanted=_wanted(names, promised, lost),
        strata=strata_of(samples, columns) if columns else None,
        groups=groups if together is None else together,
        group_by=promised.group_by if grouped else (),
        seed=promised.seed,
        times=times,
        ordered=ordered,
        origin=promised.origin,
    )
    problems = _cut(code, groups, f"groups of {', '.join(promised.group_by)}")
    problems += _cut(code, together, "groups of near-duplicates")
    problems += [
        f"part {part.name!r} was split with {part.got:,} samples, "
        f"and {manifest.counts['parts'].get(part.name, 0):,} exported and {lost[part.name]:,} left out do not make that"
        for part in promised.parts
        if part.got != manifest.counts["parts"].get(part.name, 0) + lost[part.name]
    ]
    if not manifest.left_out:
        problems += _differing(promised, certificate, _by_quantile(samples, columns) if promised.unassigned else [])
    return certificate, problems, _unchecked(promised, samples)


def _promised(manifest: Manifest) -> Certificate | None:
    try:
        return msgspec.convert(manifest.split, Certificate, strict=False)
    except msgspec.ValidationError:
        return None


def _wanted(names: list[str], promised: Certificate, lost: dict[str, int]) -> list[int] | None:
    """Samples of each part that were wanted, without those that could not be exported."""
    wanted = {part.name: max(part.wanted - lost[part.name], 0) for part in promised.parts}
    return [wanted[name] for name in names] if set(names) <= set(wanted) else None


def _cut(code: np.ndarray, groups: np.ndarray | None, what: str) -> list[str]:
    if groups is None:
        return []
    _, group = np.unique(groups, return_inverse=True)
    met = np.unique(group.reshape(-1) * (int(code.max(initial=0)) + 2) + code + 1) // (int(code.max(initial=0)) + 2)
    cut = int((np.bincount(met) > 1).sum()) if len(met) else 0
    return [f"{cut:,} {what} are in more than one part"] if cut else []


def _by_quantile(samples: pl.DataFrame, columns: list[str]) -> list[str]:
    """Columns whose classes depend on all samples of the split, those in no part included: the export lacks these."""
    numbers = [name for name in columns if samples[name].dtype.is_numeric() or samples[name].dtype.is_temporal()]
    return [name for name in numbers if samples[name].n_unique() > MANY_VALUES] + [
        name for name in columns if samples[name].dtype.is_nested()
    ]


def _differing(promised: Certificate, certificate: Certificate, left_aside: list[str]) -> list[str]:
    """Classes and times that are others than the certificate in the manifest has."""
    problems = []
    found = {column.column: {c.value: c.counts for c in column.classes} for column in certificate.columns}
    for column in promised.columns:
        if column.column not in found or column.column in left_aside:
            continue
        for c in column.classes:
            if (counts := found[column.column].get(c.value)) != c.counts:
                said = ", ".join(f"{count:,}" for count in c.counts)
                have = "none" if counts is None else ", ".join(f"{count:,}" for count in counts)
                problems.append(
                    f"{column.column} = {c.value!r}: the certificate says {said} samples, the table has {have}"
                )
                break
    ranges = {times.part: times for times in certificate.times}
    problems += [
        f"part {times.part!r}: the certificate says {times.first} to {times.last}, the table has {ranges[times.part].first} to "
        f"{ranges[times.part].last}"
        for times in promised.times
        if times.part in ranges and (ranges[times.part].first, ranges[times.part].last) != (times.first, times.last)
    ]
    return problems


def _times(
    samples: pl.DataFrame, code: np.ndarray, names: list[str], promised: Certificate
) -> tuple[tuple[TimeRange, ...], Promise | None]:
    by_time = None if promised.origin is None else promised.origin.by_time
    column = by_time or _TIME
    if not promised.times or column not in samples.columns:
        return (), None
    ranges = time_ranges(samples[column], code, names)
    if by_time is None or promised.origin is None:
        return ranges, None
    return ranges, in_order(samples[column], code, names, column, _gap(promised.origin.gap))


def _gap(text: str | None) -> dt.timedelta | float | None:
    if text is None:
        return None
    seconds = re.fullmatch(r"([\d.e+-]+)s", text)
    return float(text) if seconds is None else dt.timedelta(seconds=float(seconds[1]))


def _typed(samples: pl.DataFrame, promised: Certificate) -> pl.DataFrame:
    """The columns that matter as what they were: some formats keep text alone."""
    changed = []
    balanced = {column.column for column in promised.columns}
    moments = {_TIME, promised.origin.by_time} if promised.origin and promised.origin.by_time else {_TIME}
    for name in dict.fromkeys([*balanced, *moments, GROUP]):
        if name is None or name not in samples.columns or samples[name].dtype != pl.String or name in promised.group_by:
            continue
        text = samples[name]
        if name in moments and promised.times:
            moment = text.str.to_datetime(strict=False, time_unit="us")
            text = moment if moment.null_count() == text.null_count() else text
        number = samples[name].cast(pl.Float64, strict=False)
        if name in balanced and text.drop_nulls().str.starts_with("[").all() and text.count():
            lists = [None if value is None else msgspec.json.decode(value) for value in text.to_list()]
            changed.append(pl.Series(name, lists))
        elif number.null_count() == samples[name].null_count():
            changed.append(number.cast(pl.Int64) if name == GROUP else number)
        else:
            changed.append(text)
    return samples.with_columns(changed)


def _unchecked(promised: Certificate, samples: pl.DataFrame) -> list[str]:
    wanted = [*promised.group_by, *(column.column for column in promised.columns)]
    if promised.origin is not None and promised.origin.by_time:
        wanted.append(promised.origin.by_time)
    looked = promised.nearness is not None and promised.nearness.asked != "off"
    if looked:
        wanted.append(GROUP)
    lines = [
        f"column {name!r} of the split is not in the export"
        for name in dict.fromkeys(wanted)
        if name not in samples.columns
    ]
    if looked:
        lines.append(
            "similarities across parts: they need vectors, and the certificate has them from when the split was made"
        )
    return lines
