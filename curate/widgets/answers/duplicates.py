"""What is there more than once: the groups of the last search, and what a person says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.errors import BadValue, UnknownName
from curate.widgets import protocol, tiles
from curate.widgets.channel import Answer, Handler
from curate.widgets.duplicate_groups import ACCEPTED, DISTINCT, OPEN, TAG, Grouped, grouped
from curate.widgets.exploration import Exploration
from curate.widgets.following import Following
from curate.widgets.wording import samples

if TYPE_CHECKING:
    from curate.duplicates import Duplicates

STATES: dict[int, protocol.GroupState] = {OPEN: "open", ACCEPTED: "accepted", DISTINCT: "distinct"}


class DuplicateAnswers:
    """Answers about groups of duplicates. How each stands is read from the tags and the verdicts, whoever gave them."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._dataset = exploration.dataset
        self._held: tuple[Any, Duplicates | None, Grouped] = (None, None, Grouped.none())
        self._apart: tuple[tuple[str, ...], np.ndarray] = ((), np.empty((0, 2), np.int64))
        self._seen = self._marks()
        self._following = Following(self._dataset.session, self._changed)

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.GetDuplicates: lambda request: (self._state(request), None),
            protocol.FindDuplicates: self._find,
            protocol.GetDuplicateGroups: self._groups,
            protocol.JudgeGroups: self._judge,
            protocol.AcceptFrom: self._accept_from,
        }

    # -- the requests -------------------------------------------------------------------------------------------------

    def _find(self, request: protocol.FindDuplicates) -> Answer:
        self._dataset.folder.must_write()

        def run() -> str:
            found = grouped(self._dataset.find_duplicates())
            more = int((found.sizes - 1).sum())
            return f"{_groups(len(found))}, {samples(more)} could go" if len(found) else "Nothing is there twice"

        job = self._exploration.jobs.start("duplicates", "Look for duplicates", run)
        return protocol.Started(client=request.client, id=request.id, job=job), None

    def _groups(self, request: protocol.GetDuplicateGroups) -> Answer:
        def page_of(_shown: object) -> tuple[int, str, list[protocol.DuplicateGroup], bytes]:
            version, (duplicates, table) = self._version(), self._last()
            if duplicates is None:
                return version, "", [], b""
            stop = min(request.stop, request.start + protocol.GROUPS, len(table))
            found, data = self._page(table, *self._standing(duplicates, table), range(request.start, stop))
            return version, duplicates.event, found, data

        version, search, found, data = self._exploration.read(page_of)[1]
        return protocol.DuplicateGroups(
            client=request.client, id=request.id, version=version, search=search, start=request.start, groups=found
        ), data

    def _judge(self, request: protocol.JudgeGroups) -> Answer:
        duplicates, table = self._current(request.search)
        at = self._places(table, request.groups)
        keep = table.proposed[at]
        if request.keep is not None:
            if len(at) > 1:
                raise BadValue("Of several groups each keeps the proposed one", hint="choose in one group at a time")
            keep = np.array([int(request.keep)])
            if keep[0] not in table.members[table.of(int(at[0]))]:
                raise UnknownName("sample of this group", request.keep, (), hint="choose one of its members")
        if request.verdict == "accepted":
            self._accept(duplicates, table, at, keep)
        else:
            self._set_apart(duplicates, table, at)
        return self._state(request), None

    def _accept_from(self, request: protocol.AcceptFrom) -> Answer:
        duplicates, table = self._current(request.search)
        states, _ = self._standing(duplicates, table)
        at = np.flatnonzero(states == OPEN)
        at = at[at >= request.start]
        if not len(at):
            raise BadValue("No group from here on is open", hint="all of them are answered")
        self._accept(duplicates, table, at, table.proposed[at])
        return self._state(request), None

    # -- what is written ----------------------------------------------------------------------------------------------

    def _accept(self, duplicates: Duplicates, table: Grouped, at: np.ndarray, keep: np.ndarray) -> None:
        pairs = table.pairs(at, keep)
        said = f"ds.select([…])  # duplicates in {_groups(len(at))}, accepted in a widget"
        # who is kept now may have been given away before
        untagged = self._dataset.write_tags("untag", (TAG,), keep, query=said)[1]
        changed, tagged = self._dataset.write_tags("tag", (TAG,), pairs[:, 1], query=said)
        judged = duplicates.judge(pairs, True)
        self._exploration.written([untagged, tagged, judged], f"accept {_groups(len(at))} ({samples(changed)} tagged)")

    def _set_apart(self, duplicates: Duplicates, table: Grouped, at: np.ndarray) -> None:
        pairs = table.pairs(at, table.proposed[at])
        said = f"ds.select([…])  # no duplicates in {_groups(len(at))}, as said in a widget"
        untagged = self._dataset.write_tags("untag", (TAG,), np.unique(pairs), query=said)[1]
        judged = duplicates.judge(pairs, False)
        self._exploration.written([untagged, judged], f"{_groups(len(at))} of different samples")

    # -- what they are made of ----------------------------------------------------------------------------------------

    def _last(self) -> tuple[Duplicates | None, Grouped]:
        """The last search, None where there is none, and its groups; read once."""
        session = self._dataset.session
        with session.lock:
            key = (self._searches(), session.generation)
            if self._held[0] != key:
                try:
                    duplicates = self._dataset.duplicates()
                except BadValue:
                    self._held = key, None, Grouped.none()
                else:
                    self._held = key, duplicates, grouped(duplicates)
            return self._held[1:]

    def _current(self, search: str) -> tuple[Duplicates, Grouped]:
        """The last search, for whoever saw it."""
        self._dataset.session.refresh()
        duplicates, table = self._last()
        if duplicates is None or duplicates.event != search:
            raise BadValue(
                "Duplicates were searched again meanwhile, and nothing was done", hint="look at the new groups"
            )
        return duplicates, table

    def _places(self, table: Grouped, groups: Sequence[str]) -> np.ndarray:
        """(k,) int64: where these groups are, in their order."""
        wanted = {int(group) for group in groups}
        at = np.flatnonzero(np.isin(table.numbers, list(wanted)))
        if absent := wanted - set(table.numbers[at].tolist()):
            raise UnknownName("group", str(min(absent)), (), hint="look at the groups again")
        return at

    def _standing(self, duplicates: Duplicates, table: Grouped) -> tuple[np.ndarray, np.ndarray]:
        tagged = self._dataset.session.tags.get(TAG, np.empty(0, np.int64))
        if self._apart[0] != (verdicts := self._verdicts()):
            self._apart = verdicts, duplicates.judged(False)
        return table.standing(tagged, self._apart[1])

    def _state(self, request: protocol.Request) -> protocol.DuplicatesState:
        self._dataset.session.refresh(now=False)
        with self._dataset.session.lock:
            version, (duplicates, table) = self._version(), self._last()
            states, _ = self._standing(duplicates, table) if duplicates else (np.empty(0, np.int8), None)
        still = np.flatnonzero(states == OPEN)
        kinds = list(table.kinds)
        return protocol.DuplicatesState(
            client=request.client,
            id=request.id,
            version=version,
            searched=duplicates is not None,
            search=duplicates.event if duplicates else "",
            why="This dataset can only be read" if self._dataset.folder.read_only else "",
            groups=len(table),
            open=len(still),
            accepted=int(np.count_nonzero(states == ACCEPTED)),
            distinct=int(np.count_nonzero(states == DISTINCT)),
            exact=kinds.count("exact"),
            near=kinds.count("near"),
            sequences=kinds.count("sequence"),
            redundant=int((table.sizes[still] - 1).sum()),
            threshold=duplicates.threshold if duplicates else None,
            note=duplicates.note if duplicates else "",
            first_open=int(still[0]) if len(still) else -1,
        )

    def _page(
        self, table: Grouped, states: np.ndarray, keep: np.ndarray, wanted: range
    ) -> tuple[list[protocol.DuplicateGroup], bytes]:
        """The groups, as many as there is room for the pictures of; the first one always, with what of it there is room for."""
        shown: list[tuple[int, np.ndarray]] = []
        for at in wanted:
            rows = table.first(at, int(keep[at]), protocol.MEMBERS)
            if shown and sum(len(others) for _, others in shown) + len(rows) > protocol.PAGE_ROWS:
                break
            shown.append((at, rows))
        if not shown:
            return [], b""
        rows = np.concatenate([rows for _, rows in shown])
        positions = self._dataset.session.positions_of(table.members[rows])
        drawn, data = tiles.page(self._dataset, positions, None)
        facts = self._facts(drawn)
        found: list[protocol.DuplicateGroup] = []
        done = 0
        for at, rows in shown:
            mine = range(done, min(done + len(rows), len(drawn)))
            if found and len(mine) < len(rows):
                break
            members = [
                protocol.DuplicateMember(
                    tile=drawn[i], similarity=_known(table.similarity[rows[i - done]]), facts=facts[i]
                )
                for i in mine
            ]
            found.append(_group(table, at, int(states[at]), int(keep[at]), members))
            done += len(mine)
        return found, data[: sum(tile.bytes for tile in drawn[:done])]

    def _facts(self, drawn: list[protocol.RowInfo]) -> list[str]:
        """What speaks for keeping each: size, sharpness, labels."""
        ids = np.array([int(tile.sample_id) for tile in drawn], np.int64)
        session = self._dataset.session
        sharp = self._dataset.frame(session.positions_of(ids), ["sharpness"])["sharpness"].to_list()
        marks = ", ".join(map(str, ids.tolist()))
        counted = session.read(f"SELECT sample_id, count(*) FROM labels WHERE sample_id IN ({marks}) GROUP BY 1")
        labels = dict(counted.iter_rows())
        return [
            _fact(tile, sharpness, labels.get(id, 0))
            for tile, sharpness, id in zip(drawn, sharp, ids.tolist(), strict=True)
        ]

    # -- being told ---------------------------------------------------------------------------------------------------

    def _version(self) -> int:
        """Counts up with whatever anybody does, and is the same in all widgets."""
        return len(self._dataset.session.log)

    def _searches(self) -> tuple[str, ...]:
        return self._standing_events("duplicates")

    def _verdicts(self) -> tuple[str, ...]:
        return self._standing_events("pair")

    def _standing_events(self, action: str) -> tuple[str, ...]:
        log = self._dataset.session.log
        return tuple(row["event_id"] for row in log if row["action"] == action and not row["undone"])

    def _marks(self) -> tuple[Any, ...]:
        """What changes with every search, verdict, and tag that matters here."""
        tagged = self._dataset.session.tags.get(TAG, np.empty(0, np.int64))
        return self._searches(), self._verdicts(), tagged.tobytes()

    def _changed(self) -> None:
        if (marks := self._marks()) != self._seen:
            self._seen = marks
            self._exploration.announce(protocol.DuplicatesChanged(version=self._version()))


def _group(
    table: Grouped, at: int, state: int, keep: int, members: list[protocol.DuplicateMember]
) -> protocol.DuplicateGroup:
    every = table.similarity[table.of(at)][1:]
    known = every[~np.isnan(every)]
    return protocol.DuplicateGroup(
        group=str(table.numbers[at]),
        kind=table.kinds[at],
        state=STATES[state],
        count=int(table.sizes[at]),
        keep=str(keep),
        best=str(table.proposed[at]),
        why=table.reasons[at],
        similarity=float(known.min()) if len(known) else None,
        span=table.spans[at],
        members=members,
    )


def _fact(tile: protocol.RowInfo, sharpness: float | None, labels: int) -> str:
    said = [f"{tile.width} × {tile.height}" if tile.width and tile.height else ""]
    said.append("" if sharpness is None else f"sharpness {sharpness:.3g}")
    said.append(f"{labels:,} {'label' if labels == 1 else 'labels'}" if labels else "")
    return " · ".join(filter(None, said))


def _known(similarity: np.float32) -> float | None:
    return None if np.isnan(similarity) else float(similarity)


def _groups(count: int) -> str:
    return "1 group" if count == 1 else f"{count:,} groups"
