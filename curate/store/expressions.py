"""What a `where` may say: one boolean expression over this dataset, parsed by DuckDB itself and checked as a tree.

A `where` can come with somebody's slice, so it is untrusted. The session's DuckDB is sealed against files and settings
(`curate.store.session`); this module makes sure that the text is an expression and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb

from curate import errors

TABLES = frozenset({"samples", "labels", "events", "slices"})

# The same query must give the same rows tomorrow and on a colleague's machine.
VOLATILE = frozenset(
    {"random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "currval", "txid_current"}
)


def check_where(cursor: duckdb.DuckDBPyConnection, sql: str, columns: Iterable[str]) -> set[str]:
    """Refuse `sql` unless it is one expression over known columns; return the columns that it names.

    Raises:
        BadQuery: not an expression, several statements, a table function, something random.
        UnknownName: a column that is not there, with near matches.
    """
    if not isinstance(sql, str) or not sql.strip():
        raise errors.BadQuery(
            "A 'where' must be an SQL expression. Got nothing", hint="for example \"weather = 'rain'\""
        )
    # On its own line, so that a comment at the end of the expression cannot swallow the bracket.
    tree = _parse(cursor, f"SELECT 1 FROM samples WHERE (\n{sql}\n)", sql)
    skeleton = _parse(cursor, "SELECT 1 FROM samples WHERE (TRUE)", sql)
    _same_but_where(tree, skeleton, sql)
    try:  # without the bracket, too: `a) OR (b` closes it, and would undo the other conditions of a query
        _parse(cursor, f"SELECT 1 FROM samples WHERE {sql}", sql)
    except errors.BadQuery:
        raise errors.BadQuery(
            f"{sql!r} is more than one boolean expression", hint="each bracket opens before it closes"
        ) from None
    _refuse_foreign(tree["where_clause"], sql, ())
    try:
        named = set(_columns(tree["where_clause"]))
    except RecursionError:
        raise _too_deep(sql) from None
    known = {c.lower(): c for c in columns}
    for name in named:
        if name.lower() not in known:
            # double quotes make a name of what was meant as text
            hint = f"text takes single quotes: '{name}'" if f'"{name}"' in sql else ""
            raise errors.UnknownName("column", name, known.values(), hint=hint)
    return {known[name.lower()] for name in named}


def check_select(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse `sql` unless it is one SELECT over ``this`` and the session's tables.

    Raises:
        BadQuery: several statements, anything but a SELECT, a table function that reads from outside.
    """
    if not isinstance(sql, str) or not sql.strip():
        raise errors.BadQuery("sql() needs a SELECT. Got nothing", hint='sql("SELECT count(*) FROM this")')
    tree = _parse(cursor, sql.strip().rstrip(";"), sql)
    _refuse_foreign(tree, sql, ("this", *_cte_names(tree)), volatile=True)


def where_tree(cursor: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """The expression as DuckDB parses it: dicts and lists.

    Raises:
        BadQuery: it cannot be read.
    """
    return _parse(cursor, f"SELECT 1 FROM samples WHERE (\n{sql}\n)", sql).get("where_clause")


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every dict of a parsed tree, those above before those inside."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack += node.values()
        elif isinstance(node, list):
            stack += node


def _too_deep(sql: str) -> errors.BadQuery:
    shown = sql if len(sql) <= 200 else sql[:200] + "…"
    return errors.BadQuery(f"{shown!r} is nested too deep", hint="take brackets or NOTs out of it")


def _parse(cursor: duckdb.DuckDBPyConnection, statement: str, shown: str) -> dict[str, Any]:
    # to the end: DuckDB 2 keeps a connection busy until every row of a result has been fetched
    serialized = cursor.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()[0][0]
    try:
        parsed = json.loads(serialized)
    except RecursionError:
        raise _too_deep(shown) from None
    if parsed.get("error"):
        message = str(parsed.get("error_message", "cannot be parsed")).splitlines()[0]
        if "Only SELECT" in message:
            raise errors.BadQuery(f"{shown!r} is not a SELECT", hint="a query reads; tag(), save() and split() write")
        raise errors.BadQuery(
            f"{shown!r} cannot be read as SQL: {message}", hint="text takes single quotes: weather = 'rain'"
        )
    if len(parsed["statements"]) != 1:
        raise errors.BadQuery(f"{shown!r} holds {len(parsed['statements'])} statements", hint="give one")
    node: dict[str, Any] = parsed["statements"][0]["node"]
    return node


def _same_but_where(tree: dict[str, Any], skeleton: dict[str, Any], sql: str) -> None:
    def rest(node: dict[str, Any]) -> str:
        kept = {key: value for key, value in node.items() if key != "where_clause"}
        return json.dumps(_without_places(kept), sort_keys=True)

    if "where_clause" not in tree or rest(tree) != rest(skeleton):
        raise errors.BadQuery(
            f"{sql!r} is more than one boolean expression",
            hint="ORDER BY, LIMIT and GROUP BY have verbs: sort_by, limit, sql",
        )


def _without_places(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _without_places(v) for k, v in node.items() if k not in {"query_location", "query_location_length"}}
    if isinstance(node, list):
        return [_without_places(v) for v in node]
    return node


def _refuse_foreign(tree: Any, sql: str, tables: Sequence[str], *, volatile: bool = False) -> None:
    allowed = TABLES | {t.lower() for t in tables}
    for node in nodes(tree):
        kind = node.get("type")
        if kind == "BASE_TABLE":
            path = (node.get("qualified_name") or {}).get("path") or [node["table_name"]]
            if len(path) > 1 or str(path[0]).lower() not in allowed:
                raise errors.UnknownName("table", ".".join(map(str, path)), sorted(allowed))
        if kind == "TABLE_FUNCTION":
            function = (node.get("function") or {}).get("function_name", "")
            if function not in {"unnest", "range", "generate_series"}:
                raise errors.BadQuery(
                    f"{sql!r} reads from {function}()", hint="a query reads this dataset and nothing else"
                )
        if kind == "FUNCTION" and not volatile and str(node.get("function_name", "")).lower() in VOLATILE:
            raise errors.BadQuery(
                f"{sql!r} calls {node['function_name']}(), which gives other rows each time",
                hint="sample(n, seed=0) draws at random and can be replayed",
            )


def _cte_names(tree: Any) -> list[str]:
    names = []
    for node in nodes(tree):
        entries = (node.get("cte_map") or {}).get("map") if isinstance(node.get("cte_map"), dict) else None
        names += [entry["key"] for entry in entries or []]
    return names


def _columns(node: Any) -> Iterator[str]:
    """Columns named outside subqueries, which have tables of their own; DuckDB's binder checks those."""
    if isinstance(node, dict):
        kind = node.get("class")
        if kind == "SUBQUERY":
            yield from _columns(node.get("child"))
            return
        if kind == "LAMBDA":
            bound = {
                n for part in nodes(node.get("lhs")) if part.get("class") == "COLUMN_REF" for n in part["column_names"]
            }
            yield from (n for n in _columns(node.get("expr")) if n not in bound)
            return
        if kind == "COLUMN_REF":
            names = node["column_names"]
            # `samples.weather` and `position.x` of a struct: the first that is not the table
            yield names[1] if len(names) > 1 and names[0].lower() == "samples" else names[0]
            return
        for value in node.values():
            yield from _columns(value)
    elif isinstance(node, list):
        for value in node:
            yield from _columns(value)
