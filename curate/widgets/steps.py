"""The steps of a widget that can be undone: what was asked, and what was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from curate.query import Exclude, Query, Select

MOST_STEPS = 200
MOST_IDS = 5_000_000
"""Sample ids that the queries of all steps may name together: 40 bytes each."""


@dataclass(frozen=True)
class Asked:
    """A query, and the column by which its rows are grouped. No rows: two hundred times a million are too many."""

    query: Query
    group: str | None


@dataclass(frozen=True)
class Asking:
    """Another query was asked."""

    before: Asked
    after: Asked
    words: str


@dataclass(frozen=True)
class Writing:
    """Events were written; undoing them gives events that can be undone in turn."""

    events: tuple[str, ...]
    words: str


Step = Asking | Writing


@dataclass
class Steps:
    """What was done and what was undone, the last of each at the end. Whoever shares it between threads locks it."""

    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)

    @property
    def undo_words(self) -> str:
        """What would be undone; empty where there is nothing."""
        return _words(self.done)

    @property
    def redo_words(self) -> str:
        """What would be done again; empty where there is nothing."""
        return _words(self.undone)

    def did(self, step: Step) -> None:
        """Something new was done: what was undone before cannot be done again."""
        self.undone.clear()
        self.done.append(step)
        while len(self.done) > 1 and (len(self.done) > MOST_STEPS or _ids_named(self.done) > MOST_IDS):
            del self.done[0]

    def next(self, *, back: bool) -> Step | None:
        """What undo (`back`) or redo would act on."""
        steps = self.done if back else self.undone
        return steps[-1] if steps else None

    def drop(self, *, back: bool) -> None:
        """Forget that step: it cannot be undone, or redone, any more."""
        (self.done if back else self.undone).pop()

    def moved(self, step: Step, *, back: bool) -> None:
        """It was undone, or redone; `step` takes its place on the other side."""
        self.drop(back=back)
        (self.undone if back else self.done).append(step)


def _words(steps: list[Step]) -> str:
    """Those of the last step. A slice, since whoever asks holds no lock and the last may go meanwhile."""
    return "".join(step.words for step in steps[-1:])


def _ids_named(steps: Iterable[Step]) -> int:
    """Ids in all queries; steps that several queries share count once, as they are held once."""
    named = {
        id(part): len(part.ids)
        for step in steps
        if isinstance(step, Asking)
        for asked in (step.before, step.after)
        for part in asked.query.steps
        if isinstance(part, Select | Exclude)
    }
    return sum(named.values())
