"""The filter of a facet card as a step of the query, and a step of the query as the filter of a card.

What a card filters by is written as a person would write it, with bound parameters, so that the query reads well as Python:

    category, boolean    weather = ?    weather IN (?, ?)    weather = ? OR weather IS NULL    weather IS NULL
    number               brightness >= ? AND brightness < ?    brightness >= ?    brightness < ?
    time                 the same with ISO text, UTC
    tags                 tagged("night") for one    list_has_any(tags, [?, ?])    tags = []    and both with OR
    labels               sample_id IN (SELECT sample_id FROM labels WHERE field = ? AND value IN (?, ?))

Several values of a card mean any of them, for tags too; `tagged` with several tags means all of them and is no card's filter.
Steps are read back whoever wrote them, also with literals in the place of parameters, so that a card shows the filter that
Python, an undo or a slice put there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from curate.errors import BadValue, UnknownName
from curate.query import AnyStep, Parameter, Query, Tagged, Where
from curate.store.session import Session
from curate.widgets.columns import kind_of, quoted
from curate.widgets.protocol import CardKind, Interval, Scalar, Values

Filter = Values | Interval

_EPOCH = datetime(1970, 1, 1)
_LABELS = "sample_id IN (SELECT sample_id FROM labels WHERE field = ? AND value IN ({}))"
_NO_LABEL = "sample_id NOT IN (SELECT sample_id FROM labels WHERE field = ?)"
_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[A-Za-z_]\w*)|"(?P<quoted>(?:[^"]|"")+)"|'(?P<text>(?:[^']|'')*)'"""
    r"""|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<mark>>=|[=<(),?\[\]]))"""
)


class Found(NamedTuple):
    """A step of a query that is a card's filter. `over` is "column", "tags" or "labels"."""

    over: str
    name: str
    filter: Filter


class Filters:
    """The filters of all cards of a query."""

    def __init__(self, found: Sequence[Found]) -> None:
        self._found = {(one.over, one.name.lower()): one.filter for one in found}

    def get(self, card: tuple[CardKind, str]) -> Filter | None:
        """What a card filters by; None where it does not."""
        kind, name = card
        filter = self._found.get(place_of(kind, name))
        return filter if _fits(kind, filter) else None


def filters_of(query: Query) -> Filters:
    """What the steps of a query filter by, as far as cards can show it; of several on one column the last counts."""
    return Filters([found for step in query.steps if (found := read_step(step)) is not None])


def place_of(kind: CardKind, name: str) -> tuple[str, str]:
    """What a filter is about, whatever the card is called: a column, the tags, or a label field."""
    if kind == "tags":
        return "tags", "tags"
    return ("labels" if kind == "labels" else "column"), name.lower()


def step_of(session: Session, kind: CardKind, name: str, filter: Filter) -> Where | Tagged | None:
    """The step that keeps what a card filters by; None for an interval that is open on both sides.

    Raises:
        UnknownName: no such column or label field.
        BadValue: a filter that does not fit the column.
    """
    if kind == "tags":
        return _tags(_texts(name, _several(kind, name, filter)))
    if kind == "labels":
        return _label(session, name, _texts(name, _several(kind, name, filter)))
    known = {column.lower(): column for column in session.columns}
    if name.lower() not in known:
        raise UnknownName("column", name, session.columns)
    column = known[name.lower()]
    type = session.dtypes[column]
    written = _written(session, column)
    if isinstance(filter, Interval):
        return _interval(written, column, type, filter)
    return _values(written, [_fitting(value, column, type) for value in filter.values])


def read_step(step: AnyStep) -> Found | None:
    """The filter that a step is; None where it is none that a card could show."""
    if isinstance(step, Tagged):
        return Found("tags", "tags", Values(values=list(step.tags))) if len(step.tags) == 1 else None
    if not isinstance(step, Where):
        return None
    tokens = _tokens(step.sql)
    if tokens is None:
        return None
    for read in (_read_labels, _read_tags, _read_column):
        reader = _Reader(tokens, step.params)
        try:
            found: Found | None = read(reader)
        except _Other:
            continue
        if found is not None and reader.over:
            return found
    return None


# -- writing ----------------------------------------------------------------------------------------------------------


def _values(column: str, values: Sequence[Scalar]) -> Where:
    there = [value for value in dict.fromkeys(values) if value is not None]
    conditions = []
    if len(there) == 1:
        conditions.append(f"{column} = ?")
    elif there:
        conditions.append(f"{column} IN ({_marks(there)})")
    if None in values:
        conditions.append(f"{column} IS NULL")
    return Where(" OR ".join(conditions), tuple(there))


def _interval(written: str, column: str, type: str, filter: Interval) -> Where | None:
    kind = kind_of(type)
    if kind not in {"number", "time"}:
        raise BadValue(f"{column!r} is of type {type} and has no intervals", hint="choose values of it")
    bounds: list[tuple[str, Parameter]] = []
    for operator, bound in ((">=", filter.low), ("<", filter.high)):
        if bound is not None:
            if not math.isfinite(bound):
                raise BadValue(f"An interval ends at a number. Got {bound!r}", hint="null leaves it open")
            bounds.append((operator, _time(bound, type) if kind == "time" else _number(bound)))
    if filter.low is not None and filter.high is not None and filter.low > filter.high:
        raise BadValue(
            f"An interval of {column!r} begins at {filter.low:g} and ends at {filter.high:g}",
            hint="the lower bound first",
        )
    if not bounds:
        return None
    return Where(" AND ".join(f"{written} {operator} ?" for operator, _ in bounds), tuple(value for _, value in bounds))


def _tags(tags: Sequence[str | None]) -> Where | Tagged:
    there = [tag for tag in dict.fromkeys(tags) if tag is not None]
    if None not in tags and len(there) == 1:
        return Tagged((there[0],))
    conditions = [f"list_has_any(tags, [{_marks(there)}])"] if there else []
    conditions += ["tags = []"] if None in tags else []
    return Where(" OR ".join(conditions), tuple(there))


def _label(session: Session, field: str, values: Sequence[str | None]) -> Where:
    fields = session.read("SELECT DISTINCT field FROM labels ORDER BY 1")["field"].to_list()
    if field not in fields:
        raise UnknownName("label field", field, [name for name in fields if name])
    there = [value for value in dict.fromkeys(values) if value is not None]
    conditions = [_LABELS.format(_marks(there))] if there else []
    params: tuple[Parameter, ...] = (field, *there) if there else ()
    if None in values:
        conditions.append(_NO_LABEL)
        params = (*params, field)
    return Where(" OR ".join(conditions), params)


def _written(session: Session, column: str) -> str:
    """The column's name in SQL: bare where it can stand so."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", column):
        reserved = session.cursor().execute(
            "SELECT 1 FROM duckdb_keywords() WHERE keyword_name = ? AND keyword_category <> 'unreserved'", [column]
        )
        if not reserved.fetchall():
            return column
    return quoted(column)


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _time(seconds: float, type: str) -> str:
    try:
        moment = _EPOCH + timedelta(microseconds=round(seconds * 1e6))
    except OverflowError:
        raise BadValue(
            f"{seconds:g} seconds since 1970 is no time of the calendar", hint="null leaves it open"
        ) from None
    if type == "DATE":  # a day begins at midnight: a bound inside of it lets the next one in
        day = moment.date()
        return str(day if moment == datetime.combine(day, datetime.min.time()) else day + timedelta(days=1))
    return moment.isoformat(sep=" ") + ("+00:00" if type.endswith("TIME ZONE") else "")


def _several(kind: CardKind, name: str, filter: Filter) -> Sequence[Scalar]:
    if isinstance(filter, Interval):
        raise BadValue(f"{kind} have no intervals. Got one for {name!r}", hint="choose values")
    return filter.values


def _texts(name: str, values: Sequence[Scalar]) -> list[str | None]:
    for value in values:
        if value is not None and not isinstance(value, str):
            raise BadValue(f"The values of {name!r} are texts. Got {value!r}", hint="null stands for none")
    return [value for value in values if value is None or isinstance(value, str)]


def _fitting(value: Scalar, column: str, type: str) -> Scalar:
    """The value as the column holds it; JSON knows one kind of number."""
    if value is None:
        return None
    kind = kind_of(type)
    if kind == "boolean":
        fits = isinstance(value, bool)
    elif kind == "number":
        fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        value = _number(float(value)) if fits and isinstance(value, float) else value
    else:
        fits = isinstance(value, str) and kind != "other"
    if not fits:
        raise BadValue(f"{column!r} is of type {type}, and {value!r} is no value of it", hint="null stands for none")
    return value


# -- reading ----------------------------------------------------------------------------------------------------------


class _Other(Exception):
    """The text goes on otherwise."""


class _Reader:
    """Words of an expression, one after the other."""

    def __init__(self, tokens: Sequence[tuple[str, str]], params: Sequence[Parameter]) -> None:
        self._tokens = tokens
        self._params = params
        self._at = 0
        self._bound = 0

    @property
    def over(self) -> bool:
        return self._at == len(self._tokens) and self._bound == len(self._params)

    def take(self, *words: str) -> None:
        for word in words:
            if self._peek()[1].lower() != word or self._peek()[0] not in {"name", "mark"}:
                raise _Other
            self._at += 1

    def maybe(self, *words: str) -> bool:
        at = self._at
        try:
            self.take(*words)
        except _Other:
            self._at = at
            return False
        return True

    def name(self) -> str:
        kind, text = self._peek()
        if kind == "quoted":
            text = text.replace('""', '"')
        elif kind != "name" or text.lower() in {"not", "true", "false", "null", "case", "cast"}:
            raise _Other
        self._at += 1
        return text

    def value(self) -> Parameter:
        kind, text = self._peek()
        self._at += 1
        if (kind, text) == ("mark", "?") and self._bound < len(self._params):
            self._bound += 1
            return self._params[self._bound - 1]
        if kind == "text":
            return text.replace("''", "'")
        if kind == "number":
            return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
        if kind == "name" and text.lower() in {"true", "false"}:
            return text.lower() == "true"
        raise _Other

    def values(self, end: str) -> list[Scalar]:
        found = [self.value()]
        while not self.maybe(end):
            self.take(",")
            found.append(self.value())
        if None in found:  # `= NULL` and `IN (NULL)` keep nothing
            raise _Other
        return found

    def _peek(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise _Other
        return self._tokens[self._at]


def _tokens(sql: str) -> list[tuple[str, str]] | None:
    tokens, at, text = [], 0, sql.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            return None
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def _read_column(reader: _Reader) -> Found | None:
    name, filter = _read_condition(reader)
    if isinstance(filter, Interval) and filter.high is None and reader.maybe("and"):
        again, other = _read_condition(reader)
        if not (isinstance(other, Interval) and other.low is None and again.lower() == name.lower()):
            return None
        return Found("column", name, Interval(low=filter.low, high=other.high))
    if isinstance(filter, Values) and reader.maybe("or"):
        again, other = _read_condition(reader)
        if not (isinstance(other, Values) and other.values == [None] and again.lower() == name.lower()):
            return None
        return Found("column", name, Values(values=[*filter.values, None]))
    return Found("column", name, filter)


def _read_condition(reader: _Reader) -> tuple[str, Filter]:
    name = reader.name()
    if reader.maybe("is", "null"):
        return name, Values(values=[None])
    if reader.maybe("in", "("):
        return name, Values(values=reader.values(")"))
    if reader.maybe("="):
        value = reader.value()
        if value is None:
            raise _Other
        return name, Values(values=[value])
    if reader.maybe(">="):
        return name, Interval(low=_bound(reader.value()), high=None)
    reader.take("<")
    return name, Interval(low=None, high=_bound(reader.value()))


def _read_tags(reader: _Reader) -> Found | None:
    values: list[Scalar] = []
    if reader.maybe("list_has_any", "(", "tags", ",", "["):
        values = reader.values("]")
        reader.take(")")
        if not reader.maybe("or"):
            return Found("tags", "tags", Values(values=values))
    reader.take("tags", "=", "[", "]")
    return Found("tags", "tags", Values(values=[*values, None]))


def _read_labels(reader: _Reader) -> Found | None:
    reader.take("sample_id")
    values: list[Scalar] = []
    field: Parameter = None
    if reader.maybe("in", "(", "select", "sample_id", "from", "labels", "where", "field", "="):
        field = reader.value()
        reader.take("and", "value")
        if reader.maybe("="):
            values = [reader.value()]
        else:
            reader.take("in", "(")
            values = reader.values(")")
        reader.take(")")
        if not reader.maybe("or"):
            return Found("labels", str(field), Values(values=values))
        reader.take("sample_id")
    reader.take("not", "in", "(", "select", "sample_id", "from", "labels", "where", "field", "=")
    again = reader.value()
    reader.take(")")
    if values and again != field:
        return None
    return Found("labels", str(again), Values(values=[*values, None]))


class _Moment(float):
    """Seconds since 1970 that came from a time: a number of the query is no time."""


def _bound(value: Parameter) -> float:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise _Other from None
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return _Moment((moment - _EPOCH) / timedelta(seconds=1))
    if value is None or isinstance(value, bool):
        raise _Other
    return float(value)


def _fits(kind: CardKind, filter: Filter | None) -> bool:
    """Whether a card of this kind can show the filter."""
    if isinstance(filter, Values):
        return kind not in {"number", "time"} or filter.values == [None]
    if filter is None:
        return False
    times = [isinstance(bound, _Moment) for bound in (filter.low, filter.high) if bound is not None]
    return (kind == "time" and all(times)) or (kind == "number" and not any(times))
