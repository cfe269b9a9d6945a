"""Split: an assignment of samples to parts, and the certificate that says what it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from curate import errors
from curate.query import Query, Where
from curate.reading import Reading
from curate.splits.assignment import UNASSIGNED, assign
from curate.splits.certificate import Certificate, certify
from curate.splits.strata import groups_of, strata_of, ungrouped
from curate.store import schemas
from curate.view import View

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.exports.export import Export


class Split:
    """Parts of a dataset by name: ``split["train"]`` is a View.

    Attributes:
        name: of the split, and of the column that it is.
        parts: names of the parts, in order.
        query: of the view that was split.
        seed: what shuffled equals.
    """

    def __init__(self, dataset: Dataset, name: str) -> None:
        ids, codes, saved = dataset.session.split_members(name)
        self._dataset = dataset
        self.name = name
        self.parts: tuple[str, ...] = tuple(saved["parts"])
        self.query = Query.from_json(saved["query"])
        self.seed: int = saved["seed"]
        self._wanted: tuple[int, ...] = tuple(saved["wanted"])
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
        """What holds for the split, recomputed from the assignment as it is stored.

        Raises:
            UnknownName: a column that it was stratified or grouped by has gone.
        """
        at = self._dataset.session.positions_of(self._ids)
        there = at >= 0
        frame = self._dataset.frame(at[there], ["sample_id", *self._stratify, *self._group_by])
        return certify(
            self._codes[there],
            self.parts,
            wanted=self._wanted,
            strata=strata_of(frame, self._stratify) if self._stratify else None,
            groups=groups_of(frame, self._group_by) if self._group_by else None,
            group_by=self._group_by,
            ungrouped=int(ungrouped(frame, self._group_by).sum()) if self._group_by else 0,
            seed=self.seed,
        )

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
        at = self._dataset.session.positions_of(self._ids)
        return self._dataset.select(self._ids[(at >= 0) & (self._codes != UNASSIGNED)])

    @property
    def dataset(self) -> Dataset:
        """The dataset that was split."""
        return self._dataset

    def __repr__(self) -> str:
        sizes = np.bincount(self._codes[self._codes >= 0], minlength=len(self.parts))
        parts = ", ".join(f"{part}: {size:,}" for part, size in zip(self.parts, sizes, strict=True))
        return f"<Split {self.name!r} {parts}>"


def make_split(
    view: Reading,
    parts: Mapping[str, float | int],
    *,
    stratify: tuple[str, ...],
    group_by: tuple[str, ...],
    seed: int,
    name: str,
) -> Split:
    """Assign, store, and give the split back; `View.split` says what the arguments mean."""
    dataset = view.dataset
    _check_name(dataset, name)
    ids = view.ids()
    frame = view.df([*dict.fromkeys([*stratify, *group_by])]) if stratify or group_by else None
    assignment = assign(
        len(ids),
        parts,
        keys=ids,
        strata=None if frame is None or not stratify else strata_of(frame, stratify),
        groups=None if frame is None or not group_by else groups_of(frame, group_by),
        seed=seed,
    )
    payload = {
        "name": name,
        "parts": list(assignment.names),
        "wanted": list(assignment.wanted),
        "stratify": list(stratify),
        "group_by": list(group_by),
        "seed": seed,
        "query": view.query.to_json(),
    }
    dataset.write_event("split", payload, sample_ids=ids, codes=assignment.part)
    return Split(dataset, name)


def _check_name(dataset: Dataset, name: str) -> None:
    if not isinstance(name, str) or not name.strip():
        raise errors.BadValue(f"A split needs a name. Got {name!r}", hint="split(…, name='v1')")
    taken = {c.lower() for c in dataset.columns} - {s.lower() for s in dataset.session.splits}
    if name.lower() in taken | {r.lower() for r in schemas.RESERVED}:
        raise errors.BadValue(
            f"There is a column {name!r} already, and a split becomes a column", hint="give it another name="
        )
