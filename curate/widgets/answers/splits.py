"""Splits: the list, what a certificate says, and making and exporting one in the background."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec.structs import replace

from curate.errors import BadValue, CurateError
from curate.splits.certificate import Certificate, ColumnBalance, LargeGroup, certify
from curate.splits.nearness import Nearness
from curate.widgets import protocol, tiles
from curate.widgets.answers.jobs import exportable
from curate.widgets.channel import Answer, Handler
from curate.widgets.chosen import chosen
from curate.widgets.columns import FacetColumn, facet_columns, quoted
from curate.widgets.exploration import Exploration
from curate.widgets.following import Following
from curate.widgets.wording import samples

if TYPE_CHECKING:
    from curate.split import Split

SOON = 1.0
"""Seconds that an answer waits for a certificate; one that takes longer is told of when it is there."""

KEPT = 8
"""Certificates that are kept."""

Checked = Future[Certificate]


class SplitAnswers:
    """Answers about splits, whoever has made them."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._dataset = exploration.dataset
        # One at a time: each may look at every vector.
        self._checking = ThreadPoolExecutor(1, thread_name_prefix="curate-certify")
        self._certificates: dict[tuple[str, int], Checked] = {}
        self._counted: tuple[int, list[protocol.SplitColumn], list[protocol.SplitColumn]] = (-1, [], [])
        self._seen = self._marks()
        self._following = Following(self._dataset.session, self._changed)

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.GetSplits: self._splits,
            protocol.GetSplit: self._split,
            protocol.GetSplitForm: self._form,
            protocol.MakeSplit: self._make,
            protocol.ExportSplit: self._export,
        }

    # -- which there are, and what holds for one ----------------------------------------------------------------------

    def _splits(self, request: protocol.GetSplits) -> Answer:
        session = self._dataset.session
        session.refresh(now=False)
        with session.lock:
            version = self._version()
            lines = [_line(name, saved, session.split_members(name)[1]) for name, saved in session.splits.items()]
        return protocol.Splits(
            client=request.client,
            id=request.id,
            version=version,
            splits=sorted(lines, key=lambda line: line.at, reverse=True),
            why="This dataset can only be read" if self._dataset.folder.read_only else "",
        ), None

    def _split(self, request: protocol.GetSplit) -> Answer:
        with self._dataset.session.lock:
            version, event = self._version(), self._event(request.name)
            split = self._dataset.split_named(request.name)
        checked = self._certificate(split, event)
        try:
            certificate = checked.result(SOON)
        except NotYet:
            checked.add_done_callback(self._known)
            return self._state(request, split, event, self._bare(split), version, checked=False)
        return self._state(request, split, event, certificate, version, checked=True)

    def _certificate(self, split: Split, event: str) -> Checked:
        """What holds for a split, or will be known to hold; worked out once."""
        key = event, self._dataset.session.generation
        with self._dataset.session.lock:
            checked = self._certificates.get(key)
            if checked is None or (checked.done() and checked.exception() is not None):
                for old in list(self._certificates)[: 1 - KEPT]:
                    del self._certificates[old]
                checked = self._certificates[key] = self._checking.submit(lambda: split.certificate)
        return checked

    def _known(self, _checked: Checked) -> None:
        self._exploration.announce(protocol.SplitsChanged(version=self._version()))

    def _bare(self, split: Split) -> Certificate:
        """What is known at once: the sizes."""
        _, codes, saved = self._dataset.session.split_members(split.name)
        return replace(certify(codes, split.parts, wanted=saved["wanted"], seed=split.seed), promises=(), warnings=())

    def _state(
        self,
        request: protocol.GetSplit,
        split: Split,
        event: str,
        certificate: Certificate,
        version: int,
        *,
        checked: bool,
    ) -> Answer:
        nearness, pictures = None, b""
        if certificate.nearness is not None:
            nearness, pictures = self._nearness(certificate.nearness)
        return protocol.SplitState(
            client=request.client,
            id=request.id,
            version=version,
            name=split.name,
            event=event,
            checked=checked,
            passed=checked and certificate.passed,
            parts=[protocol.SplitPart(name=part.name, wanted=part.wanted, got=part.got) for part in certificate.parts],
            unassigned=certificate.unassigned,
            group_by=list(certificate.group_by),
            groups=certificate.groups,
            cut=certificate.cut,
            seed=certificate.seed,
            promises=[
                protocol.SplitPromise(name=promise.name, passed=promise.passed, text=promise.text)
                for promise in certificate.promises
            ],
            warnings=list(certificate.warnings),
            columns=[balance(column) for column in certificate.columns],
            nearness=nearness,
            largest=[_group(group) for group in certificate.largest],
            times=[
                protocol.SplitTimes(part=range.part, first=range.first, last=range.last) for range in certificate.times
            ],
        ), pictures

    def _nearness(self, near: Nearness) -> tuple[protocol.SplitNearness, bytes]:
        """What is known of near-duplicates; the closest pairs with their thumbnails, as many as there is room for."""

        def read(_shown: object) -> tuple[list[protocol.SplitPair], bytes]:
            ids = np.array([(pair.left, pair.right) for pair in near.closest], np.int64).reshape(-1, 2)
            at = self._dataset.session.positions_of(ids.ravel()).reshape(-1, 2)
            there = np.flatnonzero((at >= 0).all(axis=1))[: protocol.PAGE_ROWS // 2]
            drawn, data = tiles.page(self._dataset, at[there].ravel(), None)
            found = [
                protocol.SplitPair(
                    left=left,
                    right=right,
                    left_part=near.closest[place].left_part,
                    right_part=near.closest[place].right_part,
                    similarity=near.closest[place].similarity,
                    by=near.closest[place].by,
                )
                for place, left, right in zip(there.tolist(), drawn[::2], drawn[1::2], strict=False)
            ]
            return found, data[: sum(tile.bytes for tile in drawn[: 2 * len(found)])]

        closest, pictures = self._exploration.read(read)[1]
        return protocol.SplitNearness(
            asked=near.asked,
            threshold=near.threshold,
            encoder=near.encoder,
            across=near.across,
            copies=near.copies,
            highest=near.highest,
            reference=near.reference,
            closest=closest,
            shares=[
                protocol.SplitShare(part=one.part, threshold=one.threshold, samples=one.samples, near=one.near)
                for one in near.shares
            ],
            notes=list(near.notes),
        ), pictures

    # -- making one ---------------------------------------------------------------------------------------------------

    def _form(self, request: protocol.GetSplitForm) -> Answer:
        session = self._dataset.session
        with session.lock:
            if self._counted[0] != session.wide_version:
                self._counted = session.wide_version, *self._columns()
            _, stratify, group_by = self._counted
            name = self._free()
        try:
            encoder = self._dataset.encoder.name
        except CurateError:  # no vectors yet
            encoder = ""
        return protocol.SplitForm(
            client=request.client, id=request.id, name=name, stratify=stratify, group_by=group_by, encoder=encoder
        ), None

    def _columns(self) -> tuple[list[protocol.SplitColumn], list[protocol.SplitColumn]]:
        """What can be balanced; and what says of several samples that they belong together, the finest first."""
        session = self._dataset.session
        splits = {name.lower() for name in session.splits}
        cards = [card for card in facet_columns(session) if card.kind != "tags" and card.name.lower() not in splits]
        mine = [card for card in cards if card.own and (card.kind == "category" or card.whole)]
        counted = [card.name for card in cards if card.kind != "labels"]
        counts: dict[str, int] = {}
        if counted:
            distinct = ", ".join(f"count(DISTINCT {quoted(name)})" for name in counted)
            counts = dict(zip(counted, session.read(f"SELECT {distinct} FROM wide").row(0), strict=True))
        several = [_column(card, counts) for card in mine if 1 < counts[card.name] <= session.n / 2]
        return (
            [_column(card, counts) for card in cards if counts.get(card.name, 2) > 1],
            sorted(several, key=lambda column: (column.kind != "category", -column.values)),
        )

    def _free(self) -> str:
        """A name that no column has."""
        taken = {name.lower() for name in self._dataset.columns}
        return next(name for number in itertools.count(1) if (name := f"v{number}") not in taken)

    def _make(self, request: protocol.MakeSplit) -> Answer:
        self._dataset.folder.must_write()
        name = request.name.strip()
        if not name:
            raise BadValue("A split needs a name", hint="such as v1")
        parts = {part.name.strip(): part.share for part in request.parts}
        if len(parts) < len(request.parts):
            raise BadValue("Two parts have the same name", hint="give each part a name of its own")
        view = chosen(self._exploration, request.what)
        leak = None if request.leak == "off" else request.leak

        def run() -> str:
            split = view.split(parts, stratify=request.stratify, group_by=request.group_by, leak=leak, name=name)
            self._exploration.written([self._event(name)], f"split {name}")
            return ", ".join(f"{part} {split[part].count():,}" for part in split.parts)

        job = self._exploration.jobs.start("split", f"Split {samples(view.count())} as {name}", run)
        return protocol.Started(client=request.client, id=request.id, job=job), None

    # -- handing one over ---------------------------------------------------------------------------------------------

    def _export(self, request: protocol.ExportSplit) -> Answer:
        path = exportable(request.path, request.format, overwrite=request.overwrite)
        split = self._dataset.split_named(request.name)

        def run() -> str:
            export = split.export(
                path,
                format=request.format,
                labels=request.labels,
                media=request.media,
                overwrite=request.overwrite,
            )
            self._exploration.look(now=True)
            verification = export.verify()
            verification.raise_for_problems()
            left = f", {len(export.left_out):,} left out" if export.left_out else ""
            reader = f", read by {export.manifest.read_by}" if export.manifest.read_by else ""
            checked = f"{verification.files:,} {'file' if verification.files == 1 else 'files'}{reader}"
            return f"{samples(export.counts.get('samples', 0))} in {export.path}{left}. Verified: {checked}"

        title = f"Export {request.name} as {request.format}"
        return protocol.Started(
            client=request.client, id=request.id, job=self._exploration.jobs.start("export", title, run)
        ), None

    # -- being told ---------------------------------------------------------------------------------------------------

    def _event(self, name: str) -> str:
        """Which split of this name it is."""
        with self._dataset.session.lock:
            saved = self._dataset.session.splits.get(name, {})
        return str(saved.get("event_id", ""))

    def _version(self) -> int:
        """Counts up with whatever anybody does, and is the same in all widgets."""
        return len(self._dataset.session.log)

    def _marks(self) -> frozenset[str]:
        """What changes with every split that is made or undone."""
        return frozenset(str(saved["event_id"]) for saved in self._dataset.session.splits.values())

    def _changed(self) -> None:
        if (marks := self._marks()) != self._seen:
            self._seen = marks
            self._exploration.announce(protocol.SplitsChanged(version=self._version()))


def balance(column: ColumnBalance) -> protocol.SplitBalance:
    """A balanced column as it is drawn: the classes that are furthest off, most frequent first."""
    furthest = sorted(column.classes, key=lambda one: -max(one.deviation, one.class_deviation))[: protocol.CLASSES]
    placed = sum(sum(one.counts) for one in column.classes)
    return protocol.SplitBalance(
        column=column.column,
        classes=[
            protocol.SplitClass(
                value=one.value,
                total=one.total,
                counts=list(one.counts),
                shares=list(one.shares),
                share=sum(one.counts) / max(placed, 1),
                deviation=one.deviation,
            )
            for one in sorted(furthest, key=lambda one: -one.total)
        ],
        more=len(column.classes) - len(furthest),
        deviation=column.largest_deviation,
    )


def _group(group: LargeGroup) -> protocol.SplitGroup:
    return protocol.SplitGroup(
        samples=group.samples,
        groups=group.groups,
        joins=[
            protocol.SplitJoin(
                left=str(join.left),
                right=str(join.right),
                similarity=join.similarity,
                left_group=join.left_group,
                right_group=join.right_group,
            )
            for join in group.joins
        ],
    )


def _line(name: str, saved: Mapping[str, Any], codes: np.ndarray) -> protocol.SplitLine:
    return protocol.SplitLine(
        name=name,
        at=f"{saved['time'].isoformat(timespec='microseconds')}Z",
        actor=saved["actor"] or "",
        parts=_sizes(saved["parts"], codes),
    )


def _sizes(parts: Sequence[str], codes: np.ndarray) -> list[protocol.PartSize]:
    counts = np.bincount(codes[codes >= 0], minlength=len(parts))
    return [protocol.PartSize(name=part, samples=int(count)) for part, count in zip(parts, counts, strict=True)]


def _column(card: FacetColumn, counts: Mapping[str, int]) -> protocol.SplitColumn:
    assert card.kind != "tags"
    return protocol.SplitColumn(name=card.name, kind=card.kind, values=counts.get(card.name, 0))
