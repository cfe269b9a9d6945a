import pytest

from curate import errors
from curate.store.expressions import check_where
from curate.store.foreign import LONGEST, check_foreign


@pytest.mark.parametrize(
    "sql",
    [
        "weather IN ('hail', 'rain') AND NOT speed BETWEEN 3 AND 5",
        "weather LIKE 'h%' OR uri ~ '.*[0-9]+.jpg' OR lower(weather) = 'snow'",
        "captured_at::DATE > DATE '2026-01-01' AND year(captured_at) = 2026 AND captured_at > TIMESTAMP '2026-01-01'",
        "list_contains(tags, 'reviewed') AND len(tags) > 1 AND tags[1] = 'a'",
        "CASE WHEN speed IS NULL THEN FALSE ELSE speed * 3.6 + 1 > 50 END",
        "coalesce(weather, 'none') = 'none' AND round(speed::DECIMAL(9, 2), 1) >= ?",
        "sample_id IN (SELECT sample_id FROM labels WHERE field = ? AND value IN (?, ?))",
        "sample_id NOT IN (SELECT sample_id FROM labels WHERE field = ?)",
    ],
)
def test_what_filters_are_made_of_is_let_in(ds, sql):
    check_foreign(ds.session.cursor(), sql)
    check_where(ds.session.cursor(), sql, ds.columns)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("speed > (SELECT avg(speed) FROM samples)", "has a SELECT in it"),
        ("(SELECT count(*) FROM samples a, samples b, samples c) > 0", "has a SELECT in it"),
        ("(WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n FROM t) SELECT count(*) FROM t) > 0", "SELECT"),
        ("sample_id IN (SELECT sample_id FROM labels UNION SELECT sample_id FROM labels)", "SELECT"),
        ("sample_id IN (WITH t AS (SELECT 1) SELECT sample_id FROM labels)", "SELECT"),
        ("sample_id IN (SELECT sample_id FROM labels LIMIT 3)", "SELECT"),
        ("sample_id IN (SELECT sample_id FROM labels l WHERE l.score > 3)", "SELECT"),
        ("sample_id > ANY (SELECT sample_id FROM labels)", "SELECT"),
        ("sample_id IN (SELECT sample_id FROM labels WHERE score < speed)", "'speed', which they do not have"),
        ("sample_id IN (SELECT sample_id FROM labels WHERE label_id IN (SELECT sample_id FROM labels))", "within"),
        ("sample_id IN (SELECT sample_id FROM labels WHERE repeat('x', 9) = value)", "repeat()"),
        ("len(range(10000000000)) > 0", "range()"),
        ("len(repeat('x', 10000000000)) > 0", "repeat()"),
        ("lpad('x', 2000000000, 'y') = 'z'", "lpad()"),
        ("current_setting('memory_limit') = 'x'", "current_setting()"),
        ("NULL::INT[1000000000] IS NULL", "casts to array"),
        ("count(*) > 3", "count_star()"),
        ("sum(speed) OVER () > 3", "window"),
        ("list_filter(tags, x -> x = 'a') = []", "list_filter()"),
        ("COLUMNS(*) IS NOT NULL", "star"),
        ("weather COLLATE NOCASE = 'b'", "collate"),
        ("speed > 1" + " " * LONGEST, "may have 10,000 characters"),
        ("NOT " * 600 + "TRUE", "nested too deep"),
    ],
)
def test_what_asks_for_more_is_refused_by_name(ds, sql, named):
    with pytest.raises(errors.BadQuery) as refused:
        check_foreign(ds.session.cursor(), sql)
    assert named in str(refused.value)
    assert len(str(refused.value)) < 600


def test_an_own_expression_that_is_nested_too_deep_is_an_error_in_words(ds):
    with pytest.raises(errors.BadQuery, match="nested too deep"):
        ds.where("NOT " * 600 + "TRUE")
