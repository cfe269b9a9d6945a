"""What a `where` from elsewhere may say: less than one of one's own.

The session's DuckDB is sealed, so no expression reads anything but the dataset; but one can still ask for more memory or time than
there is. So what came with a recipe is held to what filters are made of: comparisons, arithmetic and the functions named here, over
the sample's own columns, and ``sample_id IN (SELECT sample_id FROM labels WHERE …)``. All of it takes one pass over the tables.
"""

from __future__ import annotations

from typing import Any

import duckdb

from curate import errors
from curate.store import schemas
from curate.store.expressions import nodes, where_tree

LONGEST = 10_000
"""Characters of an expression."""

_FUNCTIONS = """
+ - * / // % ** ^ & | || ~~ !~~ ~~* !~~* abs sign round floor ceil ceiling sqrt ln log log2 log10 exp least greatest isnan
isfinite isinf lower upper lcase ucase trim ltrim rtrim length len strlen contains starts_with ends_with prefix suffix strpos
instr left right substring substr regexp_matches regexp_full_match list_contains list_has array_contains array_has list_has_any
list_has_all year quarter month week day dayofweek isodow dayofyear hour minute second epoch date_part datepart date_trunc
datetrunc date_diff datediff strftime dayname monthname to_days to_hours to_minutes to_seconds struct_extract array_extract
list_value
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())

_TYPES = """
bool boolean tinyint smallint int integer bigint hugeint utinyint usmallint uinteger ubigint float real double decimal
varchar text string date time timestamp timestamptz interval
"""
TYPES = frozenset(_TYPES.split())

_CLASSES = frozenset(
    {"BETWEEN", "CASE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "OPERATOR", "PARAMETER"}
)


def check_foreign(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse an expression from elsewhere that says more than filters do; `check_where` has its say besides.

    Raises:
        BadQuery: too long, or one of its parts is not let in; the message names it.
    """
    if len(sql) > LONGEST:
        raise errors.BadQuery(
            f"A 'where' from elsewhere may have {LONGEST:,} characters. Got {len(sql):,}: {sql[:60]!r}…",
            hint="ask for a shorter one",
        )
    _check(where_tree(cursor, sql), sql)


def _check(tree: Any, sql: str) -> None:
    inside: set[int] = set()
    for node in nodes(tree):
        if id(node) in inside or not isinstance(kind := node.get("class"), str):
            continue
        if kind == "SUBQUERY":
            query = node["subquery"]["node"]
            _check_labels(node, query, sql)
            inside |= {id(part) for part in nodes(node["subquery"])}
            _check(query["where_clause"], sql)
        elif kind == "FUNCTION":
            name = str(node["function_name"]).lower()
            plain = node["filter"] is None and not node["distinct"] and not node["order_bys"]["orders"]
            if name not in FUNCTIONS or not plain or node["schema"] or node["catalog"]:
                raise _refused(sql, f"calls {name}()")
        elif kind == "CAST":
            name = str(node["type_expr"].get("type_name", "")).lower()
            if name not in TYPES:
                raise _refused(sql, f"casts to {name or 'a type of its own'}")
            inside |= {id(part) for part in nodes(node["type_expr"])}
        elif kind not in _CLASSES:
            raise _refused(sql, f"has a {kind.lower()} in it")


def _check_labels(node: dict[str, Any], query: dict[str, Any], sql: str) -> None:
    """One shape of a SELECT in brackets is let in: the samples that have such labels."""
    table = query.get("from_table") or {}
    chosen = query.get("select_list") or []
    extras = ("modifiers", "group_expressions", "group_sets", "having", "sample", "qualify")
    plain = (
        node.get("subquery_type") == "ANY"
        and node.get("comparison_type") == "COMPARE_EQUAL"
        and query.get("type") == "SELECT_NODE"
        and not any(query.get(extra) for extra in extras)
        and not query["cte_map"]["map"]
        and [part.get("column_names") for part in chosen] == [["sample_id"]]
        and table.get("type") == "BASE_TABLE"
        and str(table.get("table_name")).lower() == "labels"
        and not (table.get("alias") or table.get("sample") or table.get("at_clause") or table.get("schema_name"))
    )
    if not plain:
        raise _refused(sql, "has a SELECT in it")
    for part in nodes(query["where_clause"]):
        if part.get("class") == "SUBQUERY":
            raise _refused(sql, "has a SELECT within a SELECT")
        names = part.get("column_names") if part.get("class") == "COLUMN_REF" else None
        # a column of the sample would make DuckDB compare every label with every sample
        if names and (len(names) > 1 or names[0].lower() not in schemas.LABELS.names):
            raise _refused(sql, f"asks labels for {'.'.join(names)!r}, which they do not have")


def _refused(sql: str, what: str) -> errors.BadQuery:
    shown = sql if len(sql) <= 200 else sql[:200] + "…"
    return errors.BadQuery(
        f"{shown!r} {what}, which a recipe from elsewhere may not",
        hint="comparisons and the common functions of the sample's own columns may; for more, read it and type it yourself",
    )
