"""Split: an assignment of samples to parts, and the certificate that says what it keeps."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from curate import errors
from curate.query import Query, Where
from curate.reading import Reading
from curate.splits.assignment import UNASSIGNED
from curate.splits.certificate import Certificate, Join, LargeGroup, Origin, Promise, TimeRange, certify
from curate.splits.merging import Merged
from curate.splits.nearness import Nearness
from curate.splits.periods import in_order, time_ranges
from curate.splits.strata import groups_of, strata_of, ungrouped
from curate.splitting import described, span, tied_groups
from curate.view import View

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.exports.export import Export

SIDE = 160
"""Longest side in pixels of the pictures of a certificate."""

_LARGEST, _JOINS = 3, 3
_CAPTURED = "captured_at"


class Split:
    """Parts of a dataset by name: ``split["train"]`` is a View.

    Attributes:
        name: of the split, and of the column that it is.
        parts: names of the parts, in order.
        query: of the view that was split.
        seed: what shuffled equals; None where parts follow time, and nothing is shuffled.
    """

    def __init__(self, dataset: Dataset, name: str) -> None:
        ids, codes, saved = dataset.session.split_members(name)
        self._dataset = dataset
        self._saved = saved
        self.name = name
        self.parts: tuple[str, ...] = tuple(saved["parts"])
        self.query = Query.from_json(saved["query"])
        self.seed: int | None = saved["seed"]
        self._stratify: tuple[str, ...] = tuple(saved["stratify"])
        self._group_by: tuple[str, ...] = tuple(saved["group_by"])
        self._ids, self._codes = ids, codes

    def __getitem__(self, part: str) -> View:
        if part not in self.parts:
            raise errors.UnknownName("part", part, self.parts)
        quoted = '"' + self.name.replace('"', '""') + '"'
        return View(self._dataset, Query(steps=(Where(f"{quoted} = ?", (part,)),)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    @cached_property
    def certificate(self) -> Certificate:
        """What holds for the split: sizes, groups, balance and times from the assignment as it is stored.

        What lies near what across parts was measured when the split was made; `curate.find_leaks` measures it again.

        Raises:
            UnknownName: a column that it was stratified or grouped by has gone.
        """
        ids, codes = self.assigned()
        strata = described(self._dataset, ids, self._stratify) if self._stratify else None
        columns = described(self._dataset, ids, self._group_by, labels=False) if self._group_by else None
        base = None if columns is None else groups_of(columns, self._group_by)
        merged = tied_groups(self._dataset, ids, base, self._saved.get("tied"))
        times, ordered = self._times(ids, codes)
        measured = self._saved.get("nearness")
        nearness = None if measured is None else msgspec.convert(measured, Nearness)
        made = certify(
            codes,
            self.parts,
            wanted=tuple(self._saved["wanted"]),
            strata=None if strata is None else strata_of(strata, self._stratify),
            groups=None if base is None and not merged.merges.height else merged.codes,
            group_by=self._group_by,
            ungrouped=0 if columns is None else int(ungrouped(columns, self._group_by).sum()),
            seed=self.seed,
            nearness=nearness,
            times=times,
            ordered=ordered,
            largest=_largest(ids, columns, base, merged),
            origin=self._origin(),
            warnings=self._saved.get("warnings", ()),
        )
        return msgspec.structs.replace(made, pictures=pictures_of(self._dataset, made))

    def groups_of(self, ids: np.ndarray) -> np.ndarray | None:
        """(m,) int64: the group that each of these samples stays together with, near-duplicates included.

        None where near-duplicates were not looked for; -1 for a sample that is not in the split.
        """
        if self._saved.get("nearness") is None or self._saved["nearness"]["asked"] == "off":
            return None
        mine = np.sort(self.assigned()[0])
        columns = described(self._dataset, mine, self._group_by, labels=False) if self._group_by else None
        base = None if columns is None else groups_of(columns, self._group_by)
        codes = tied_groups(self._dataset, mine, base, self._saved.get("tied")).codes
        wanted = np.asarray(ids, np.int64)
        if not len(mine):
            return np.full(len(wanted), -1, np.int64)
        at = np.searchsorted(mine, wanted).clip(max=len(mine) - 1)
        return np.where(mine[at] == wanted, codes[at], -1)

    def extend(self, new: Reading) -> Split:
        """Place further samples, and move no old one.

        A new sample goes to the part of its group, or of what it is a near-duplicate of, at the threshold of this split; where
        that is in two parts it goes to none, which is counted. The others balance the whole; where parts follow time, each goes to
        the part during which it was taken, and what lies between two to none.

        Args:
            new: a view; what is in the split already stays as it is.

        Returns:
            The split of the same name with all of them; undo brings the former one back.

        Raises:
            BadValue: a view of another dataset, or an old split without its shares.

        >>> half = ds.limit(30).split({"train": 0.8, "test": 0.2}, name="grown")
        >>> grown = half.extend(ds)
        >>> sum(grown[part].count() for part in grown), set(half["test"].ids()) <= set(grown["test"].ids())
        (60, True)
        """
        from curate.splitting import extend_split

        return extend_split(self, new)

    def export(
        self,
        path: str | Path,
        *,
        format: str,
        labels: str | Sequence[str] | None = None,
        source: str | Sequence[str] | None = None,
        classes: Sequence[str] | Mapping[str, str] | None = None,
        media: str = "copy",
        resize: int | Sequence[int] | None = None,
        encode: str | None = None,
        overwrite: bool = False,
    ) -> Export:
        """Write every part for a consumer; arguments as for `View.export`."""
        from curate.handover import export_split

        return export_split(
            self,
            path,
            format=format,
            labels=labels,
            source=source,
            classes=classes,
            media=media,
            resize=resize,
            encode=encode,
            overwrite=overwrite,
        )

    def members(self) -> View:
        """All samples that are in a part."""
        ids, codes = self.assigned()
        return self._dataset.select(ids[codes != UNASSIGNED])

    @property
    def dataset(self) -> Dataset:
        """The dataset that was split."""
        return self._dataset

    def __repr__(self) -> str:
        parts = ", ".join(f"{part}: {size:,}" for part, size in self._sizes().items())
        return f"<Split {self.name!r} {parts}>"

    def _repr_html_(self) -> str:
        sizes = self._sizes()
        total = max(sum(sizes.values()), 1)
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(part)}</th><td style="text-align:right">{size:,}</td>'
            f'<td style="text-align:right">{size / total:.1%}</td><td style="width:160px;text-align:left">'
            f'<div style="width:{100 * size / total:.1f}%;height:10px;background:#4c78a8"></div></td></tr>'
            for part, size in sizes.items()
        )
        return (
            f'<div class="curate-split"><p><b>Split {escape(self.name)}</b>: {sum(sizes.values()):,} samples; '
            f"<code>.certificate</code> says what holds for it</p><table><tbody>{rows}</tbody></table></div>"
        )

    @property
    def saved(self) -> Mapping[str, Any]:
        """What the event that made it says."""
        return self._saved

    def assigned(self) -> tuple[np.ndarray, np.ndarray]:
        """(n,) int64 ids and (n,) int16 codes of the samples that have not been purged since; -1 is in no part."""
        there = self._dataset.session.positions_of(self._ids) >= 0
        return self._ids[there], self._codes[there]

    # -- inside -------------------------------------------------------------------------------------------------------

    def _sizes(self) -> dict[str, int]:
        counts = np.bincount(self._codes[self._codes >= 0], minlength=len(self.parts))
        return dict(zip(self.parts, counts.tolist(), strict=True))

    def _times(self, ids: np.ndarray, codes: np.ndarray) -> tuple[tuple[TimeRange, ...], Promise | None]:
        column: str | None = self._saved.get("by_time")
        if column is None and _CAPTURED not in self._dataset.columns:
            return (), None
        values = described(self._dataset, ids, [column or _CAPTURED], labels=False)[column or _CAPTURED]
        if column is None:
            return time_ranges(values, codes, self.parts) if values.count() else (), None
        return time_ranges(values, codes, self.parts), in_order(
            values, codes, self.parts, column, _gap(self._saved.get("gap"))
        )

    def _origin(self) -> Origin:
        saved: Mapping[str, Any] = self._saved
        return Origin(
            name=self.name,
            query=self.query.to_python(),
            snapshot=dict(saved.get("snapshot", {})),
            encoder=dict(saved.get("encoder", {})),
            by_time=saved.get("by_time"),
            gap=saved.get("gap"),
            fixed=dict(saved.get("fix", {})),
            added=tuple(saved.get("added", ())),
        )


def pictures_of(dataset: Dataset, certificate: Certificate) -> dict[int, bytes]:
    """Small pictures of the closest pairs of a certificate, by sample id."""
    from PIL import Image

    ids = list(dict.fromkeys(i for pair in certificate.closest for i in (pair.left, pair.right)))
    at = dataset.session.positions_of(ids)
    pictures = {}
    for sample, jpeg in zip(np.array(ids)[at >= 0].tolist(), dataset.thumbnails(at[at >= 0]), strict=True):
        if jpeg:
            buffer = io.BytesIO()
            with Image.open(io.BytesIO(jpeg)) as image:
                image.thumbnail((SIDE, SIDE))
                image.convert("RGB").save(buffer, "JPEG", quality=75)
            pictures[int(sample)] = buffer.getvalue()
    return pictures


def _gap(text: str | None) -> dt.timedelta | float | None:
    """A gap as it was given, from how it is stored."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return span(text)


def _largest(
    ids: np.ndarray, columns: pl.DataFrame | None, base: np.ndarray | None, merged: Merged
) -> tuple[LargeGroup, ...]:
    """The largest of the groups that near-duplicates made, each with the pairs that joined its largest pieces."""
    if not merged.merges.height:
        return ()
    sizes = np.bincount(merged.codes)
    smaller = pl.min_horizontal("left_size", "right_size")
    found = []
    for group in merged.decisive(_LARGEST)["group"].to_list():
        rows = np.flatnonzero(merged.codes == group)
        joins = merged.merges.filter(pl.col("group") == group).sort(-smaller, maintain_order=True).head(_JOINS)
        found.append(
            LargeGroup(
                int(sizes[group]),
                len(rows) if base is None else len(np.unique(base[rows])),
                tuple(
                    Join(
                        int(ids[left]),
                        int(ids[right]),
                        round(float(cosine), 6),
                        _called(columns, left),
                        _called(columns, right),
                        (int(one), int(two)),
                    )
                    for _, left, right, cosine, one, two in joins.iter_rows()
                ),
            )
        )
    return tuple(found)


def _called(columns: pl.DataFrame | None, row: int) -> str:
    if columns is None:
        return ""
    return ", ".join("" if value is None else str(value) for value in columns.drop("sample_id").row(row))
