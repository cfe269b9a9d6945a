import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate import errors
from curate.query import (
    Example,
    Exclude,
    Hunted,
    Limit,
    Query,
    Sample,
    Search,
    Select,
    SortBy,
    Tagged,
    Untagged,
    Where,
    Word,
    parameter,
    words,
)

texts = st.text(min_size=1, max_size=20)
numbers = st.integers(0, 2**62)
weights = st.floats(0.1, 10)
plain = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
prompts = st.lists(st.builds(Word, texts, weights), max_size=3).map(tuple)
examples = st.lists(
    st.builds(Example, sample_id=numbers, weight=weights)
    | st.builds(Example, location=texts)
    | st.builds(Example, vector=st.lists(st.floats(-1, 1), min_size=1, max_size=3).map(tuple)),
    max_size=3,
).map(tuple)
steps = st.one_of(
    st.builds(Where, texts, st.lists(plain, max_size=3).map(tuple)),
    st.builds(Search, prompts, prompts, examples, examples, st.none() | texts, st.none() | st.lists(texts).map(tuple)),
    st.builds(Tagged, st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.builds(Untagged, st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.builds(Select, st.lists(numbers, max_size=3).map(tuple)),
    st.builds(Exclude, st.lists(numbers, max_size=3).map(tuple)),
    st.builds(SortBy, texts, st.booleans()),
    st.builds(Limit, st.integers(0, 1000)),
    st.builds(Sample, st.integers(0, 1000), st.just("random"), st.integers(0, 99)),
)
queries = st.builds(Query, st.lists(steps, max_size=5).map(tuple))


@given(queries)
def test_a_query_comes_back_from_json_as_it_was(query):
    assert Query.from_json(query.to_json()) == query


class Recorder:
    """Stands for a view: takes the verbs that `to_python` prints and builds the query again."""

    def __init__(self, query=Query()):  # noqa: B008 - frozen
        self.query = query

    def _then(self, step):
        return Recorder(self.query.then(step))

    def where(self, sql, *params):
        return self._then(Where(sql, params))

    def search(self, found=None, *, minus=(), like=(), unlike=(), encoder=None, templates=None):
        def example(given):
            given, weight = given if isinstance(given, tuple) else (given, 1.0)
            if isinstance(given, int):
                return Example(sample_id=given, weight=weight)
            return (
                Example(location=given, weight=weight)
                if isinstance(given, str)
                else Example(vector=tuple(given), weight=weight)
            )

        as_words = [tuple(Word(t, w) for t, w in g.items()) if isinstance(g, dict) else g for g in (found, minus)]
        as_words = [
            (Word(g),) if isinstance(g, str) else tuple(w if isinstance(w, Word) else Word(w) for w in g or ())
            for g in as_words
        ]
        pictures = [tuple(map(example, g)) for g in (like, unlike)]
        return self._then(Search(*as_words, *pictures, encoder, None if templates is None else tuple(templates)))

    def tagged(self, *tags):
        return self._then(Tagged(tags))

    def untagged(self, *tags):
        return self._then(Untagged(tags))

    def select(self, ids):
        return self._then(Select(tuple(ids)))

    def exclude(self, given):
        return self._then(Exclude(query=given.query) if isinstance(given, Recorder) else Exclude(tuple(given)))

    def sort_by(self, column, *, descending=False):
        return self._then(SortBy(column, descending))

    def limit(self, n):
        return self._then(Limit(n))

    def sample(self, n, *, how="random", seed=0):
        return self._then(Sample(n, how, seed))


def _has_no_repeated_weighted_word(query):
    return all(
        len({w.text for w in part}) == len(part)
        for s in query.steps
        if isinstance(s, Search)
        for part in (s.words, s.minus)
    )


@example(Query((Where("\r"),)))  # a carriage return ended the line of the printed Python
@given(queries.filter(_has_no_repeated_weighted_word))
def test_the_python_of_a_query_runs_and_builds_it_again(query):
    assert eval(query.to_python(), {"ds": Recorder()}).query == query


def test_a_nested_query_prints_as_python():
    query = Query((Exclude(query=Query((Tagged(("bad",)),))),))
    assert query.to_python() == "ds.exclude(ds.tagged('bad'))"
    assert Query.from_json(query.to_json()) == query


@pytest.mark.parametrize("text", ["", "[]", '{"steps": [{"step": "drop"}]}', '{"steps": [], "extra": 1}', b"\xff"])
def test_what_is_no_query_is_refused(text):
    with pytest.raises(errors.BadQuery, match="not a query"):
        Query.from_json(text)


def test_a_query_nested_beyond_all_measure_is_refused():
    with pytest.raises(errors.BadQuery, match="recursion"):
        Query.from_json('{"steps":[{"step":"exclude","query":' * 5000 + "{}" + "}]}" * 5000)


def test_a_query_keeps_the_hunt_that_chose_its_samples():
    query = Query((Select((3, 1)),), hunt=Hunted("night hail", seed=7, answers=120))
    assert query.then(Limit(1)).hunt == query.hunt
    assert Query.from_json(query.to_json()) == query
    assert query.to_python() == "ds.select([3, 1])"


def test_weights_and_words_are_checked():
    assert words({"a": 2}, name="words") == (Word("a", 2.0),)
    for bad in ("", ["ok", ""], {"a": 0}, {"a": -1}, {"a": float("nan")}, [3]):
        with pytest.raises(errors.BadValue):
            words(bad, name="words")


def test_a_parameter_that_sql_has_no_word_for_is_refused():
    with pytest.raises(errors.BadValue, match="list"):
        parameter([1, 2])
    assert msgspec.json.encode(parameter(3)) == b"3"
