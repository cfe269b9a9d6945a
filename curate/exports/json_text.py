"""Rows of a frame as JSON, one text a row, made column by column: a million rows in a few seconds and little memory."""

from __future__ import annotations

import msgspec
import polars as pl

from curate.exports.labels import shortest

_PLAIN = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Boolean)


def json_objects(frame: pl.DataFrame, raw: tuple[str, ...] = ()) -> pl.Series:
    r"""One JSON object a row, the columns its keys.

    Args:
        frame: columns of any type: what is not finite is null, times are ISO 8601, bytes Base64.
        raw: columns that hold JSON already; null is null.

    >>> json_objects(pl.DataFrame({"a": [1, None], "b": ["x", 'é"'], "c": ["[1,2]", "{}"]}), raw=("c",)).to_list()
    ['{"a":1,"b":"x","c":[1,2]}', '{"a":null,"b":"é\\"","c":{}}']
    """
    pieces: list[pl.Expr | pl.Series] = []
    for at, column in enumerate(frame):
        texts = column if column.name in raw else json_texts(column)
        key = msgspec.json.encode(column.name).decode()
        pieces += [pl.lit(f"{',' if at else '{'}{key}:"), texts.fill_null("null").alias(f"{at}")]
    return frame.select(pl.concat_str(*pieces, pl.lit("}")).alias("json"))["json"]


def json_texts(column: pl.Series) -> pl.Series:
    """Each value as JSON.

    >>> json_texts(pl.Series([0.1, float("nan"), None], dtype=pl.Float32)).to_list()
    ['0.1', None, None]
    """
    if column.dtype in _PLAIN:
        return column.cast(pl.String)
    if column.dtype in (pl.Float32, pl.Float64):
        numbers = shortest(column)
        return numbers.set(~numbers.is_finite().fill_null(value=False), None).cast(pl.String)
    if column.dtype == pl.String:
        whole = column.alias("v").to_frame().select(pl.struct("v").struct.json_encode())["v"]
        return whole.str.slice(len('{"v":')).str.head(-1).set(column.is_null(), None)
    texts = [None if value is None else msgspec.json.encode(value, enc_hook=str).decode() for value in column.to_list()]
    return pl.Series(column.name, texts, dtype=pl.String)
