"""Hunt: find the rare ones, and know how many are left.

A hunt goes from words to a reviewed set: it shows samples, learns from each answer, and by an audit says what is left where. All
that happens in it is an event of the dataset, so that it goes on in another notebook, and several may work on one hunt at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from curate import errors
from curate import query as q
from curate.examples import examples, known_ids
from curate.hunting.question import call, search_of, searching
from curate.query import Hunted, Query
from curate.store import events
from curate.store.hunts import NO, UNSURE, YES, HuntLog
from curate.view import View

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.hunting.ranking import Ranking
    from curate.hunting.report import Report
    from curate.hunting.state import State
    from curate.hunting.statement import Progress, Statement
    from curate.view import Pictures, Words
    from curate.widgets.hunt_review import HuntReview

_WORDS = {True: "yes", False: "no", None: "unsure"}


class Hunt:
    """A review that learns from each answer; `View.hunt` begins or resumes one.

    `next` gives samples and `mark` answers them; `audit` asks how many are left, and `estimate` says it.

    Attributes:
        name: of the hunt.
        query: where it looks and what for.
        seed: of its draws.
        python: the call that resumes it.
    """

    def __init__(self, dataset: Dataset, name: str) -> None:
        if name not in dataset.session.hunts:
            raise errors.UnknownName("hunt", name, dataset.session.hunts)
        begun = dataset.session.hunts[name]
        self.dataset = dataset
        self.name = name
        self.query = Query.from_json(begun["query"])
        self.seed: int = begun["seed"]
        self.python: str = begun["python"]
        self._event: str = begun["event_id"]
        self._view = View(dataset, self.query)
        self._lock = threading.RLock()
        self._ranking: tuple[object, Ranking] | None = None

    def __repr__(self) -> str:
        progress = self.progress
        return (
            f"<Hunt {self.name!r}: found {progress.found:,} in {progress.answered:,} answers, "
            f"of {progress.samples:,} samples>"
        )

    # -- reviewing ----------------------------------------------------------------------------------------------------

    def next(self, n: int = 20) -> View:
        """The next samples to answer: the words' best first, then the most likely, of near duplicates one.

        While an audit is under way, its samples come, mixed. Nobody else is shown these until they are answered, or for ten
        minutes. Asked again without an answer it gives the same ones.

        Args:
            n: how many; fewer come where fewer are left.

        >>> hunt = ds.hunt("a road at night")
        >>> hunt.next(5).df(["timeofday"])["timeofday"].to_list()
        ['night', 'night', 'night', 'night', 'night']
        """
        n, me = _at_least_one(n), events.reviewer()
        self.dataset.session.refresh()
        with self._lock:
            state = self._state()
            state.ranking.judge(*state.lessons)
            for _ in range(5):
                batch = state.batch(n)
                if not len(batch) or self.dataset.folder.read_only or state.has(me, batch):
                    break
                self._write("shown", {"reviewer": me}, sample_ids=batch)
                state = self._state()
                # of two who took a sample at the same moment, the first has it, who may have answered it by now
                taken = state.taken_before(state.log.shown[me])
                if not np.isin(batch, np.concatenate([taken, state.log.ids])).any():
                    break
            return self._those(batch)

    def mark(self, ids: int | Iterable[int] | View, verdict: bool | None) -> int:
        """Answer samples; of one sample the latest answer counts. Returns how many were answered.

        Args:
            ids: sample ids, or a view.
            verdict: True for yes, False for no, None for unsure.

        Raises:
            BadValue: another verdict, or a sample that this hunt does not look at.
            UnknownName: a sample that is not there.

        >>> hunt = ds.hunt("a road at night")
        >>> hunt.mark(hunt.next(5), True), hunt.found.count()
        (5, 5)
        """
        if isinstance(verdict, np.bool_):
            verdict = bool(verdict)
        if verdict is not None and not isinstance(verdict, bool):
            raise errors.BadValue(
                f"'verdict' must be True, False or None for unsure. Got {verdict!r}", hint="mark(ids, True)"
            )
        given = ids.ids() if isinstance(ids, View) else [ids] if isinstance(ids, int | np.integer) else ids
        wanted = np.array(list(dict.fromkeys(known_ids(self.dataset, given))), np.int64)
        if not len(wanted):
            return 0
        with self._lock:
            self.dataset.session.refresh(now=False)
            state = self._state()
            strange = wanted[~state.belongs[self.dataset.positions_of(wanted)]]
            if len(strange):
                raise errors.BadValue(
                    f"This hunt does not look at {len(strange)} of these {len(wanted)} samples, {strange[0]} among them",
                    hint=f"it looks at what has a vector in {self._view.query.to_python()}",
                )
            self._write("verdict", {"verdict": _WORDS[verdict]}, sample_ids=wanted)
            self._keep_estimates()
        return len(wanted)

    def undo(self) -> View:
        """Take back your latest answers in this hunt, those of one `mark`. Returns the samples that they were about.

        Raises:
            BadValue: there is nothing to take back, or an estimate stands on it.

        >>> hunt = ds.hunt("a road at night")
        >>> _ = hunt.mark(hunt.next(5), True)
        >>> hunt.undo().count(), hunt.found.count()
        (5, 0)
        """
        from curate.hunting.record import carries_an_estimate
        from curate.undo import take_back

        with self._lock:
            self.dataset.session.refresh()
            log = self._log()
            mine = [answer for answer in log.answers if answer["actor"] == events.actor()]
            if not mine:
                raise errors.BadValue("There is no answer of yours to take back", hint="hunt.mark() gives one")
            ids: np.ndarray = mine[-1]["sample_ids"]
            if carries_an_estimate(log, ids):
                raise errors.BadValue(
                    "An estimate stands on these answers, and would be one of a part of its audit",
                    hint="mark the samples again: the estimate follows",
                )
            take_back(self.dataset, mine[-1]["event_id"])
            self._keep_estimates()
        return self._those(ids)

    @property
    def found(self) -> View:
        """The samples answered with yes, in the order of their answers."""
        return self._answered(YES, "found")

    @property
    def rejected(self) -> View:
        """The samples answered with no, in the order of their answers."""
        return self._answered(NO, "rejected")

    @property
    def unsure(self) -> View:
        """The samples answered with unsure: a queue that waits for another look."""
        return self._answered(UNSURE, "unsure")

    def likely(self, n: int = 100) -> View:
        """The `n` samples without an answer that are most likely wanted, as the hunt sees it now.

        >>> ds.hunt("a road at night").likely(3).count()
        3
        """
        from curate.hunting.choice import best

        n = _at_least_one(n)
        with self._lock:
            self.dataset.session.refresh(now=False)
            state = self._state()
            positions = best(state.scores, n, allowed=state.open)
            return self._those(state.sample_ids[positions], "likely")

    def recheck(self) -> View:
        """Each yes that was answered once only, to be asked again: one false yes in a hundred can double an estimate.

        >>> hunt = ds.hunt("a road at night")
        >>> _ = hunt.mark(hunt.next(2), True)
        >>> _ = hunt.mark(hunt.recheck().limit(1), True)
        >>> hunt.recheck().count()
        1
        """
        self.dataset.session.refresh()
        log = self._log()
        return self._those(log.ids[(log.verdicts == YES) & (log.times == 1)], "found")

    # -- how many are left --------------------------------------------------------------------------------------------

    def audit(self, n: int = 100, *, outside: int | None = None) -> View:
        """Begin an audit, or go on with the one under way: its samples without an answer, mixed, to be answered blind.

        The zone, everything reviewed and the 3 n most likely of the rest, is written down before anything is drawn. When the
        last of the samples is answered, the estimate is stored, and then only do these answers train the model.

        Args:
            n: samples to draw from the zone.
            outside: samples to draw from everything else; None takes what it costs to say "at most 2.5 %", 119.

        Raises:
            BadValue: everything is reviewed, or a number out of its range.

        >>> hunt = ds.hunt("a road at night")
        >>> _ = hunt.mark(hunt.next(10), True)
        >>> hunt.audit(5, outside=5).count()
        10
        """
        from curate.hunting.audit import OUTSIDE as DEFAULT
        from curate.hunting.audit import plan
        from curate.hunting.record import plan_event

        self.dataset.session.refresh()
        with self._lock:
            state = self._state()
            if state.logged is None:
                self.dataset.folder.must_write()
                made = plan(
                    state.ids,
                    state.scores[state.members],
                    state.answered[state.members],
                    n,
                    outside=DEFAULT if outside is None else outside,
                    seed=self.seed,
                    look=len(state.log.audits) + 1,
                )
                payload, ids, codes = plan_event(made)
                event = self._write("audit", payload, sample_ids=ids, codes=codes)
                state = self._state()
                if state.logged is None or state.logged.event_id != event:
                    # somebody else was quicker; this look is spent, and nothing was drawn for it
                    self._give_up(event)
                    state = self._state()
            self._draw(state)
            return self._those(np.array(self._state().unanswered(), np.int64))

    def estimate(self) -> Statement:
        """What can be said of what is left: what the latest audit allows, or what it would take.

        >>> hunt = ds.hunt("a road at night")
        >>> _ = hunt.mark(hunt.next(10), True)
        >>> hunt.estimate()
        found 10 in 10 answers; how many are left, an audit says
        outside its zone, at most 2.5 % costs 119 clean answers, at most 0.5 % costs 598 (95 %)
        """
        from curate.hunting.statement import stated

        self.dataset.session.refresh(now=False)
        return stated(self._log(), warnings=self._blindness())

    @property
    def progress(self) -> Progress:
        """Counts, as they are now."""
        from curate.hunting.statement import Progress

        self.dataset.session.refresh(now=False)
        with self._lock:
            state = self._state()
            audit = state.audit
            return Progress(
                samples=len(state.members),
                answered=len(state.log.ids),
                found=len(state.log.those(YES)),
                rejected=len(state.log.those(NO)),
                unsure=len(state.log.those(UNSURE)),
                audit=0 if audit is None else len(audit.zone) + len(audit.outside),
                audit_left=len(state.unanswered()),
            )

    def report(self) -> Report:
        """The hunt as text and as a small page: found over answers, what is left, and the scores by answer.

        >>> hunt = ds.hunt("a road at night")
        >>> _ = hunt.mark(hunt.next(10), True)
        >>> print(hunt.report())
        Hunt 'a road at night' in 57 samples
        10 answered: 10 yes, 0 unsure, 0 no
        ...
        """
        from curate.hunting.choice import by_words
        from curate.hunting.report import Report, histogram

        self.dataset.session.refresh()
        with self._lock:
            state = self._state()
            state.ranking.judge(*state.lessons)
            scores, learnt = state.scores, not by_words(state.lessons[1])
        said = self.estimate()
        return Report(
            name=self.name,
            python=self.python,
            samples=len(state.members),
            verdicts=state.log.verdicts,
            sentences=said.sentences,
            interval=None if said.estimate is None else (said.estimate.low, said.estimate.high),
            histogram=histogram(scores[state.at], state.verdicts, scores[state.open], learnt=learnt),
        )

    def show(self, *, height: int | None = None) -> HuntReview:
        """The hunt in the cell: its samples, to be answered with y, n and u, what was found, and how many are left.

        Args:
            height: of the widget, 240 to 4000 CSS pixels; None takes 760.

        Raises:
            MissingBundle: the browser side has not been built.
        """
        from curate.widgets.hunt_review import HuntReview

        return HuntReview(self, height=height)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _log(self) -> HuntLog:
        return self.dataset.session.hunt_log(self._event)

    def _write(self, action: str, payload: dict[str, Any], **columns: Any) -> str:
        return self.dataset.write_event(action, {"hunt": self._event, "name": self.name, **payload}, **columns)

    def _answered(self, verdict: int, part: str) -> View:
        self.dataset.session.refresh(now=False)
        return self._those(self._log().those(verdict), part)

    def _those(self, ids: np.ndarray, part: str = "") -> View:
        """A view of these; of a part of the hunt, one that knows what chose it."""
        there = ids[self.dataset.session.positions_of(ids) >= 0]
        hunted = None
        if part:
            said = self.estimate()
            hunted = Hunted(
                name=self.name,
                seed=self.seed,
                part=part,
                python=self.python,
                answers=len(self._log().ids),
                estimate="; ".join(said.sentences) if said.estimate is not None else "",
            )
        return View(self.dataset, Query(steps=(q.Select(tuple(there.tolist())),), hunt=hunted))

    def _draw(self, state: State) -> None:
        """What the plan of the audit under way has not drawn yet; it decides the draw wholly, whoever does it."""
        from curate.hunting.audit import draw_outside, draw_zone
        from curate.hunting.record import draw_event, planned

        if state.logged is None or len(state.logged.drawn):
            return
        plan = planned(state.logged)
        try:
            zone, outside = draw_zone(plan), draw_outside(plan, state.ids)
        except errors.BadValue:
            # the samples are others by now, and the plan was for those that there were
            self._give_up(state.logged.event_id)
            raise errors.BadValue(
                "The samples of the hunt have changed since the audit was planned, and it is given up",
                hint="hunt.audit() begins another one",
            ) from None
        ids, codes = draw_event(zone, outside)
        self._write("audit", {"audit": state.logged.event_id}, sample_ids=ids, codes=codes)

    def _give_up(self, event: str) -> None:
        self.dataset.write_event("undo", {"event": event, "what": f"audit {self.name}"})

    def _keep_estimates(self) -> None:
        """Store what a finished audit says, and again when one of its answers has changed."""
        from curate.hunting.statement import due

        if (stored := due(self._log())) is not None:
            event, said = stored
            self._write("estimate", {"audit": event, "estimate": said}, count=said["answers"])

    def _blindness(self) -> tuple[str, ...]:
        """That the vectors do not see it, where that is so."""
        if self._ranking is None or self._ranking[1].visibility is None:
            with self._lock:
                state = self._state()
                state.ranking.judge(*state.lessons)
        assert self._ranking is not None
        seen = self._ranking[1].visibility
        return () if seen is None or seen.seen else (str(seen),)

    def _state(self) -> State:
        """The hunt as it is now."""
        from curate.hunting.state import State

        session = self.dataset.session
        self.dataset.vectors_.warm(self.query.steps)  # a model that has to be loaded holds nobody up
        with session.lock:
            ranking, log = self._ranked(), self._log()
            others = tuple(s for who, s in log.shown.items() if who != events.reviewer() and s.held)
            return State(log, ranking, session.sample_ids, session.positions_of, others)

    def _ranked(self) -> Ranking:
        """What ranks the samples now; the session's lock is held."""
        from curate.hunting.ranking import Ranking

        vectors, session = self.dataset.vectors_, self.dataset.session
        step = search_of(self.query)
        assert step is not None
        rows = self._view.rows()
        index = vectors.index(step.encoder)
        if self._ranking is None or self._ranking[0] != (session.version, index):
            members = np.zeros(session.n, bool)
            members[rows.positions] = True
            ranking = None if self._ranking is None else self._ranking[1]
            # a column or a tag may have come: what was learnt stays
            if ranking is None or ranking.index is not index or not np.array_equal(ranking.members, members):
                words = np.full(session.n, np.nan, np.float32)
                words[rows.positions] = rows.scores
                ranking = Ranking(index, vectors.query_vector(step), members, words, seed=self.seed)
            self._ranking = (session.version, index), ranking
        return self._ranking[1]


def _at_least_one(n: Any) -> int:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise errors.BadValue(f"'n' must be a whole number of 1 or more. Got {n!r}", hint="next(20)")
    return int(n)


def begin(view: View, name: str, *, like: Pictures, minus: Words, seed: int, encoder: str | None) -> Hunt:
    """Do what `View.hunt` does."""
    dataset = view.dataset
    if not isinstance(name, str) or not name.strip():
        raise errors.BadValue(f"A hunt needs words, which are its name. Got {name!r}", hint="hunt('night hail')")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise errors.BadValue(f"'seed' must be a whole number of 0 or more. Got {seed!r}", hint="seed=0")
    dataset.session.refresh()
    begun = dataset.session.hunts.get(name)
    # where none is named, not that of a later embed: what was learnt is of the vectors that it began with
    before = None if begun is None else begun["encoder"]["name"]
    step = _asked(view, name, like=like, minus=minus, encoder=encoder, before=before)
    info = dataset.vectors_.info(step.encoder or before)
    query = searching(view.query, msgspec.structs.replace(step, encoder=info.name))
    python = call(view.query, name, step if search_of(view.query) is None else None, seed=int(seed))
    if begun is None:
        told = {"query": query.to_json(), "seed": int(seed), "python": python}
        made_with = {"name": info.name, "weights_hash": info.weights_hash}
        dataset.write_event("hunt", {"name": name, **told, "encoder": made_with})
        begun = dataset.session.hunts[name]
    if (begun["query"], begun["seed"]) != (query.to_json(), int(seed)):
        raise errors.BadValue(
            f"There is a hunt {name!r} that asks something else: {_cut(begun['python'])}. Got {_cut(python)}",
            hint="that call resumes it; another question needs another name",
        )
    return Hunt(dataset, name)


def _asked(view: View, name: str, *, like: Pictures, minus: Words, encoder: str | None, before: str | None) -> q.Search:
    """What a hunt searches for.

    Args:
        before: the encoder that a hunt of that name has begun with.
    """
    liked, unwanted = examples(view.dataset, like, encoder or before), q.words(minus, name="minus")
    searched = search_of(view.query)
    if searched is not None:
        if liked or unwanted or encoder is not None:
            raise errors.BadValue(
                "This view has been searched, and what it was searched for is what the hunt looks for",
                hint="give like=, minus= and encoder= to search()",
            )
        return searched
    info = view.dataset.vectors_.info(encoder or before)
    if not info.has_text and not liked:
        raise errors.BadValue(
            f"The encoder {info.name!r} knows no words",
            hint="hunt(name, like=sample_id) looks for what is like an example",
        )
    step = q.Search(words=(q.Word(name),) if info.has_text else (), minus=unwanted, like=liked, encoder=encoder)
    view.searched(msgspec.structs.replace(step, encoder=info.name))  # which says what is wrong with it
    return step


def _cut(python: str) -> str:
    return python if len(python) <= 300 else python[:300] + "…"
