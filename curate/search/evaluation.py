"""From a query to rows: filters run in DuckDB, searches in the vector index, and both agree on positions.

A run of filters over the whole dataset is one SQL statement. A search scores exactly the rows that passed the filters before
it, not the best of everything filtered afterwards. A `limit` right behind a search is handed to the index.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

from curate import errors
from curate.query import AnyStep, Exclude, Limit, Query, Sample, Search, Select, SortBy, Tagged, Untagged, Where
from curate.search.standing import STANDING_COLUMNS, percentiles
from curate.store.expressions import check_select, check_where
from curate.store.session import Session, read

GIVEN_COLUMNS = ("score", "rank")
SCORE_COLUMNS = (*GIVEN_COLUMNS, *STANDING_COLUMNS)
"""What there is after a search; those that are not given at once are computed when they are named."""

# The mask of a million is 1 MB.
FILTERS_KEPT = 32

# Those of a million are 5 MB.
SCORES_KEPT = 4


@dataclass(frozen=True, eq=False)
class Rows:
    """What a query evaluates to.

    Attributes:
        positions: (m,) int64, in the order of the view.
        scores: (m,) float32 cosines aligned with `positions`, None where nothing was searched for.
        ranks: (m,) int32 from 1, the place that the search gave; later steps leave it as it was.
        unscored: samples that passed the filters and could not be scored, having no vector.
        generation: of the session; positions of another generation mean nothing.
        search: the step that gave the scores.
    """

    positions: np.ndarray
    scores: np.ndarray | None = None
    ranks: np.ndarray | None = None
    unscored: int = 0
    generation: int = 0
    search: Search | None = None

    def __len__(self) -> int:
        return len(self.positions)

    def table(self) -> pa.Table:
        """Position int32, ordinal int32 and, after a search, score float32 and rank int32 from 1."""
        columns = {
            "position": pa.array(self.positions.astype(np.int32)),
            "ordinal": pa.array(np.arange(len(self.positions), dtype=np.int32)),
        }
        if self.scores is not None:
            columns["score"] = pa.array(self.scores)
            columns["rank"] = pa.array(self.ranks)
        return pa.table(columns)


class Searcher(Protocol):
    """What scores positions for a search step (`curate.search.vectors.Vectors`)."""

    def search(self, step: Search, k: int, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The best k under the mask: positions and scores."""

    def scores(self, step: Search) -> tuple[np.ndarray, np.ndarray]:
        """(n,) float32 scores of every position, and (n,) bool whether it has a vector."""

    def contrast(self, step: Search, positions: np.ndarray) -> np.ndarray:
        """(m,) float64, how much nearer the positions are to the step's words than to neutral ones, 0 to 1.

        Raises:
            BadValue: the step has no words.
        """


def evaluate(query: Query, session: Session, searcher: Searcher) -> Rows:
    """Run the steps of `query` in order.

    Raises:
        UnknownName: a column, tag or encoder that is not there.
        BadQuery: a `where` that is not one boolean expression.
        VectorsNotFound: a search without vectors.
    """
    state = _State(session, searcher)
    steps = list(query.steps)
    while steps:
        step = steps.pop(0)
        match step:
            case Where() | Tagged() | Untagged():
                run: list[AnyStep] = [step]
                while steps and isinstance(steps[0], Where | Tagged | Untagged):
                    run.append(steps.pop(0))
                if state.order is None and state.found is None:
                    state.order, state.allowed = _remembered(run, session)
                else:
                    state.keep(_matching(run, state))
            case Search():
                limit = None
                if steps and isinstance(steps[0], Limit):
                    limit = steps[0].n
                    del steps[0]
                state.search(step, limit)
            case Select(ids):
                at = session.positions_of(ids)
                state.choose(at[at >= 0])
            case Exclude(ids, inner):
                gone = session.positions_of(ids) if inner is None else evaluate(inner, session, searcher).positions
                mask = np.ones(session.n, bool)
                mask[gone[gone >= 0]] = False
                state.keep(np.flatnonzero(mask))
            case SortBy(column, descending):
                state.reorder(_sorted(column, descending, state))
            case Limit(n):
                state.choose(state.positions()[:n])
            case Sample(n, _, seed):
                state.keep(_drawn(n, seed, state))
    return state.rows()


class _State:
    """Positions so far, in order; None while nothing has been left out. `found` is what the last search gave.

    `allowed` is the mask of `order` where it is at hand; whoever sets `order` otherwise clears it.
    """

    def __init__(self, session: Session, searcher: Searcher | None = None) -> None:
        self.session = session
        self.searcher = searcher
        self.step: Search | None = None
        self.order: np.ndarray | None = None
        self.allowed: np.ndarray | None = None
        self.found: tuple[np.ndarray, np.ndarray] | None = None
        self.unscored = 0

    def rows(self) -> Rows:
        positions, generation = self.positions(), self.session.generation
        if self.found is None:
            return Rows(positions, generation=generation)
        order, scores = self.found
        ranks = np.arange(1, len(order) + 1, dtype=np.int32)
        if positions is not order:
            # a step behind the search has chosen among what it found, or sorted it
            place = np.zeros(self.session.n, np.int32)
            place[order] = np.arange(len(order), dtype=np.int32)
            scores, ranks = scores[place[positions]], ranks[place[positions]]
        return Rows(positions, scores, ranks, self.unscored, generation, self.step)

    def positions(self) -> np.ndarray:
        return np.arange(self.session.n) if self.order is None else self.order

    def mask(self) -> np.ndarray | None:
        if self.order is None or self.allowed is not None:
            return self.allowed
        mask = np.zeros(self.session.n, bool)
        mask[self.order] = True
        return mask

    def keep(self, positions: np.ndarray) -> None:
        """Keep these, in the order they have now."""
        if self.order is None:
            self.order = np.sort(positions)
        else:
            mask = np.zeros(self.session.n, bool)
            mask[positions] = True
            self.order = self.order[mask[self.order]]
        self.allowed = None

    def choose(self, positions: np.ndarray) -> None:
        """Keep these, in the order given; each once."""
        _, first = np.unique(positions, return_index=True)
        positions = positions[np.sort(first)]
        mask = self.mask()
        self.order = positions if mask is None else positions[mask[positions]]
        self.allowed = None

    def reorder(self, positions: np.ndarray) -> None:
        self.order = positions

    def search(self, step: Search, limit: int | None) -> None:
        assert self.searcher is not None
        self.step = step
        mask = self.mask()
        count = self.session.n if self.order is None else len(self.order)
        if limit is not None:
            found, scores = self.searcher.search(step, min(limit, count), mask)
            self._scored(found.astype(np.int64), scores)
            return
        scores, there = _scores(step, self.session, self.searcher)
        candidates = self.positions() if self.order is None else np.sort(self.order)
        scored = candidates[there[candidates]]
        self.unscored = len(candidates) - len(scored)
        order = best_first(scores[scored], scored)
        self._scored(order, scores[order])

    def _scored(self, order: np.ndarray, scores: np.ndarray) -> None:
        self.order, self.allowed = order, None
        self.found = order, scores


def best_first(scores: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Positions by score, the best first, ties by position.

    Score and position are packed into one number and those are sorted, which takes a seventh of a stable argsort.

    Args:
        scores: (m,) float32, none of them NaN.
        positions: (m,) int64 below 2**32.

    Returns:
        (m,) int64.
    """
    # 0 - x and not -x: both zeros are one score. The bits of floats sort as numbers do once the sign is dealt with.
    bits = (np.float32(0) - scores).view(np.uint32)
    keys = bits ^ np.where(bits >> np.uint32(31), np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
    packed = (keys.astype(np.uint64) << np.uint64(32)) | positions.astype(np.uint64)
    packed.sort()
    return (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _scores(step: Search, session: Session, searcher: Searcher) -> tuple[np.ndarray, np.ndarray]:
    """What the searcher gives for everything, kept while the data stay: filters change more often than what is looked for."""
    if any(example.location is not None for example in (*step.like, *step.unlike)):
        return searcher.scores(step)  # a file may change
    key = (session.version, step)
    if key not in session.scores:
        while len(session.scores) >= SCORES_KEPT:
            del session.scores[next(iter(session.scores))]
        session.scores[key] = searcher.scores(step)
    return session.scores[key]


def _remembered(run: Sequence[AnyStep], session: Session) -> tuple[np.ndarray, np.ndarray]:
    """Positions and mask of filters over everything; masks are kept while the data stay.

    People change the words of a search more often than its filters, one filter and not the others, and a filter over a
    million rows costs half a search.
    """
    key = (session.version, tuple(run))
    mask = session.filters.get(key)
    if mask is None:
        mask = _mask(run, session)
        mask.setflags(write=False)
        while len(session.filters) >= FILTERS_KEPT:
            del session.filters[next(iter(session.filters))]
        session.filters[key] = mask
    positions = np.flatnonzero(mask)
    positions.setflags(write=False)
    return positions, mask


def _mask(run: Sequence[AnyStep], session: Session) -> np.ndarray:
    if len(run) > 1:
        try:
            mask: np.ndarray = np.logical_and.reduce([_remembered((step,), session)[1] for step in run])
        except errors.BadQuery:  # one that cannot run on what another leaves out: all at once then
            pass
        else:
            return mask
    mask = np.zeros(session.n, bool)
    mask[_matching(run, _State(session))] = True
    return mask


def _matching(run: Sequence[AnyStep], state: _State, *, dry: bool = False) -> np.ndarray:
    """Positions for which every condition of the run is true; one at most where it is only checked (`dry`)."""
    session = state.session
    cursor = session.cursor()
    columns = [*session.columns, *(SCORE_COLUMNS if state.found is not None else ())]
    conditions: list[str] = []
    params: list[object] = []
    scored: set[str] = set()
    # without the tags, which are joined to it, the table is read in a third of the time
    table = "wide"
    for step in run:
        if isinstance(step, Where):
            try:
                named = check_where(cursor, step.sql, columns)
            except errors.UnknownName as error:
                if error.name in SCORE_COLUMNS:
                    error = errors.UnknownName(
                        "column", error.name, columns, hint=f"{error.name} is there after search()"
                    )
                raise error from None
            table = "samples" if "tags" in named else table
            scored |= named & set(SCORE_COLUMNS) if state.found is not None else set()
            conditions.append(f"(\n{step.sql}\n)")
            params += step.params
        elif isinstance(step, Tagged | Untagged):
            _known_tags(step, session)
            table = "samples"
            sign = "" if isinstance(step, Tagged) else "NOT "
            conditions += [f"{sign}list_contains(tags, ?)"] * len(step.tags)
            params += step.tags
    where = " AND ".join(conditions)
    try:
        if not scored:
            _boolean(cursor, where, table, params)
            if dry:
                # one row, not none: an optimised-away scan would not notice a text that is no number
                return _positions(cursor, f"SELECT position FROM {table} AS samples WHERE {where} LIMIT 1", params)
            return _positions(cursor, f"SELECT position FROM {table} AS samples WHERE {where}", params)
        with session.relation("scored", _table_of(session, state.rows(), scored, state.searcher)) as own:
            own.execute("CREATE TEMP VIEW joined AS SELECT * FROM samples JOIN scored USING (position)")
            _boolean(own, where, "joined", params)
            return _positions(own, f"SELECT position FROM joined AS samples WHERE {where}", params)
    except duckdb.Error as error:
        raise errors.BadQuery(
            f"{' AND '.join(s.sql for s in run if isinstance(s, Where))!r} cannot run: {_first_line(error)}",
            hint="ds.df() shows the columns and their types",
        ) from None


def _boolean(cursor: duckdb.DuckDBPyConnection, where: str, table: str, params: Sequence[object]) -> None:
    result = cursor.execute(f"SELECT {where} FROM {table} AS samples LIMIT 0", params)
    assert result.description is not None
    kind = str(result.description[0][1]).upper()
    result.fetchall()
    if not kind.startswith("BOOL"):
        raise errors.BadQuery(
            f"{where.strip('()').strip()!r} gives {kind}, not true or false", hint="compare it: brightness < 0.3"
        )


def _positions(cursor: duckdb.DuckDBPyConnection, sql: str, params: Sequence[object]) -> np.ndarray:
    found = np.asarray(cursor.execute(sql, params).fetchnumpy()["position"])
    return found.astype(np.int64)


def _known_tags(step: Tagged | Untagged, session: Session) -> None:
    for tag in step.tags:
        # a tag that was taken away from its last sample is known, and nobody's
        known = set(session.tags) | {t for row in session.log if row["action"] == "tag" for t in row["payload"]["tags"]}
        if tag not in known:
            raise errors.UnknownName("tag", tag, known)


def _sorted(column: str, descending: bool, state: _State) -> np.ndarray:
    session = state.session
    if column in SCORE_COLUMNS:
        rows = state.rows()
        if rows.scores is None or rows.ranks is None:
            raise errors.UnknownName("column", column, session.columns, hint=f"{column} is there after search()")
        key = np.asarray(_table_of(session, rows, {column}, state.searcher).column(column))
        return rows.positions[np.argsort(-key if descending else key, kind="stable")]
    known = {c.lower(): c for c in session.columns}
    if column.lower() not in known:
        raise errors.UnknownName("column", column, known.values())
    quoted = '"' + known[column.lower()].replace('"', '""') + '"'
    table = _table([column])
    direction = f"{'DESC' if descending else 'ASC'} NULLS LAST"
    if state.order is None:
        return _positions(session.cursor(), f"SELECT position FROM {table} ORDER BY {quoted} {direction}, position", [])
    with session.relation("chosen", Rows(state.order).table()) as cursor:
        sql = f"SELECT position FROM {table} JOIN chosen USING (position) ORDER BY {quoted} {direction}, ordinal"
        return _positions(cursor, sql, [])


def _table(columns: Sequence[str]) -> str:
    """What these columns are read from: the tags are joined to the others, and cost more than they do."""
    return "samples" if any(column.lower() == "tags" for column in columns) else "wide"


def _table_of(session: Session, rows: Rows, names: Collection[str], searcher: Searcher | None) -> pa.Table:
    """The rows as a table, with those of the columns in `STANDING_COLUMNS` that are named."""
    table = rows.table()
    for name in STANDING_COLUMNS:
        if name not in names or rows.scores is None or rows.search is None:
            continue
        if name == "score_contrast" and not rows.search.words:
            raise errors.BadValue(
                "score_contrast is how much nearer a sample is to the words than to neutral ones, and this search has no words",
                hint="search('night hail'), or score_percentile, which every search has",
            )
        figures = np.zeros(0)
        if len(rows):
            assert searcher is not None
            with session.lock:
                if name == "score_contrast":
                    figures = searcher.contrast(rows.search, rows.positions)
                else:
                    scores, there = _scores(rows.search, session, searcher)
                    figures = percentiles(rows.scores, scores[there])
        table = table.append_column(name, pa.array(figures))
    return table


def _drawn(n: int, seed: int, state: _State) -> np.ndarray:
    """A simple random sample without replacement.

    Every sample draws a number from its id and the seed, and the n smallest win: the same draw on every machine and for every
    order of ingest, and adding samples to a dataset replaces few of those drawn before.
    Source: bottom-k sketches (Cohen and Kaplan, 2007); the mixing function is SplitMix64 (Steele et al., 2014).
    """
    positions = state.positions()
    if n >= len(positions):
        return positions
    drawn = splitmix64(
        state.session.sample_ids[positions].astype(np.uint64) ^ splitmix64(np.array([seed], np.uint64))[0]
    )
    return positions[np.argpartition(drawn, n)[:n]] if n else positions[:0]


def splitmix64(x: np.ndarray) -> np.ndarray:
    """(m,) uint64 to (m,) uint64, each bit of the result depending on every bit of the input."""
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: np.ndarray = x ^ (x >> np.uint64(31))
        return mixed


def frame(
    session: Session, rows: Rows, columns: Sequence[str] | None = None, *, searcher: Searcher | None = None
) -> pl.DataFrame:
    """The rows as a polars frame in the order of the view.

    Args:
        columns: their names; None gives all, with score and rank after a search.
        searcher: which gave the scores; None where nothing was searched for.

    Raises:
        UnknownName: a column that is not there.
    """
    extra = list(SCORE_COLUMNS) if rows.scores is not None else []
    given = list(GIVEN_COLUMNS) if rows.scores is not None else []
    known = {c.lower(): c for c in [*session.columns, *extra, "position"]}
    for column in columns or ():
        if column.lower() not in known:
            hint = f"{column} is there after search()" if column.lower() in SCORE_COLUMNS else ""
            raise errors.UnknownName("column", column, [*session.columns, *extra], hint=hint)
    names = [known[c.lower()] for c in columns] if columns is not None else [*session.columns, *given]
    selected = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    with session.relation("chosen", _table_of(session, rows, names, searcher)) as cursor:
        sql = f"SELECT {selected} FROM {_table(names)} JOIN chosen USING (position) ORDER BY ordinal"
        return read(cursor, sql)


def select(session: Session, rows: Rows, sql: str, *, searcher: Searcher | None = None) -> pl.DataFrame:
    """One SELECT over ``this``, which is the rows with score and rank, and what it names of the others, after a search.

    Raises:
        BadQuery: not one SELECT, or one that DuckDB refuses; its words are in the message.
    """
    named = [name for name in STANDING_COLUMNS if name in sql.lower()]
    with session.relation("chosen", _table_of(session, rows, named, searcher)) as cursor:
        cursor.execute(
            "CREATE TEMP VIEW this AS "
            "SELECT * EXCLUDE (position, ordinal) FROM samples JOIN chosen USING (position) ORDER BY ordinal"
        )
        check_select(cursor, sql)
        try:
            return read(cursor, sql.strip().rstrip(";"))
        except duckdb.Error as error:
            raise errors.BadQuery(f"{sql!r} cannot run: {_first_line(error)}", hint="the view is called this") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def check_step(session: Session, query: Query) -> None:
    """Check the last step of `query`, a filter, without running anything.

    Raises:
        UnknownName: a column or tag that is not there.
        BadQuery: a `where` that is not one boolean expression.
    """
    session.refresh(now=False)
    state = _State(session)
    if (session.version, query.steps[-1:]) in session.filters:
        return
    searches = [step for step in query.steps if isinstance(step, Search)]
    if searches:
        state.step = searches[-1]
        state.order = np.empty(0, np.int64)
        state.found = state.order, np.empty(0, np.float32)
    _matching(query.steps[-1:], state, dry=True)
