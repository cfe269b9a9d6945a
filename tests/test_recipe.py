import contextlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

import curate
from curate import errors, recipe
from curate.query import Hunted, Query, Select
from curate.view import View
from tests.test_slice import colours


@pytest.fixture
def fields(ds, tmp_path):
    """What a recipe of hail says, as plain data."""
    ds.where("weather = 'hail'").limit(4).save("hail", note="for <Ada>")
    return json.loads(ds.export_slice("hail", tmp_path / "hail.json").read_text())


@pytest.fixture
def refused(ds, tmp_path):
    """Imports a recipe with these fields and gives the words that refuse it; the dataset must be as it was."""

    def run(fields, kind=errors.BadQuery):
        file = tmp_path / "foreign.json"
        file.write_text(fields if isinstance(fields, str) else json.dumps(fields))
        before = ds.folder.versions(), ds.slices()["name"].to_list()
        with pytest.raises(kind) as error:
            ds.import_slice(file, name="foreign")
        assert (ds.folder.versions(), ds.slices()["name"].to_list()) == before
        return str(error.value)

    return run


def with_steps(fields, *steps, **query):
    return fields | {"query": {"steps": list(steps), **query}}


def test_a_colleague_can_read_the_file(ds, fields, tmp_path):
    assert list(fields)[:7] == ["recipe", "name", "count", "saved_by", "saved_at", "dataset", "python"]
    assert (fields["name"], fields["note"], fields["count"]) == ("hail", "for <Ada>", 4)
    assert fields["python"] == """ds.where("weather = 'hail'").limit(4)"""
    assert fields["saved_by"] == ds.slice("hail").actor
    assert fields["query"]["versions"]["samples"] >= 1
    assert fields["members"] == ds.slice("hail").members.ids().tolist()
    assert '\n "note"' in (tmp_path / "hail.json").read_text()


def test_a_slice_comes_back_as_it_was_and_says_from_where(ds, fields, tmp_path, monkeypatch):
    monkeypatch.setenv("CURATE_ACTOR", "ada")
    came = ds.import_slice(tmp_path / "hail.json", name="from bob")
    assert came.members.ids().tolist() == ds.slice("hail").members.ids().tolist()
    assert came.query.steps == ds.slice("hail").query.steps
    assert (came.actor, came.origin.actor, came.origin.dataset, came.origin.count) == (
        "ada",
        fields["saved_by"],
        "photos",
        4,
    )
    assert came.note == "for <Ada>"
    again = curate.open(ds.folder.location).slice("from bob")
    assert again.origin == came.origin
    assert "in photos" in repr(again)
    assert ds.undo() == "slice from bob"
    assert ds.slices()["name"].to_list() == ["hail"]


def test_members_that_are_not_here_are_counted(ds, fields, tmp_path, photos):
    other = curate.create(tmp_path / "other.curate")
    other.ingest(photos / "index.csv", workers=1, root="elsewhere")
    came = other.import_slice(tmp_path / "hail.json")
    assert (came.count, came.view.count(), came.origin.count) == (0, 4, 4)
    changes = came.diff()
    assert changes.notes == ("Its members are those that it had in photos, as far as they are here: 0 of 4.",)
    assert changes.reasons["why"].unique().to_list() == [
        "the query found it here when the slice was imported; it was not among the members that came"
    ]


def test_a_name_that_is_taken_is_kept(ds, fields, tmp_path):
    with pytest.raises(errors.BadValue, match=r"slice 'hail' already.*name="):
        ds.import_slice(tmp_path / "hail.json")
    with pytest.raises(errors.BadValue, match="needs a name"):
        ds.import_slice(tmp_path / "hail.json", name=" ")


def test_a_search_travels_with_its_examples_and_without_their_folders(ds, tmp_path, photos):
    ds.embed(colours)
    picture = photos / "pictures" / "a" / "03.jpg"
    found = ds.exclude(ds.search(like=int(ds.ids()[9])).limit(1)).search(like=[str(picture), int(ds.ids()[4])])
    found.limit(5).save("like it")
    text = ds.export_slice("like it", tmp_path / "like.json").read_text()
    assert str(photos) not in text
    assert "'03.jpg'" in json.loads(text)["python"]
    other = curate.create(tmp_path / "other.curate")
    other.ingest(photos / "pictures", workers=1, root="elsewhere")
    with pytest.raises(errors.BadQuery, match=r"encoder 'colours'.*other has no vectors"):
        other.import_slice(tmp_path / "like.json")
    assert other.slices().height == 0
    other.embed(colours)
    came = other.import_slice(tmp_path / "like.json")

    def names(view):
        return view.df(["uri"])["uri"].str.split("/").list.last().to_list()

    assert names(came.view) == names(ds.slice("like it").members)


def test_a_hunt_travels_as_words(ds, tmp_path):
    hunted = Hunted("night hail", seed=3, answers=40, estimate="found 5")
    View(ds, Query((Select(tuple(ds.ids()[:5].tolist())),), hunt=hunted)).save("found")
    assert ds.import_slice(ds.export_slice("found", tmp_path / "found.json"), name="came").hunt == hunted


def test_what_is_there_is_not_written_over(ds, fields, tmp_path):
    for path in (tmp_path / "hail.json", tmp_path, tmp_path / "no" / "folder.json"):
        with pytest.raises(errors.NotWritten):
            ds.export_slice("hail", path)
    assert json.loads((tmp_path / "hail.json").read_text()) == fields
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    with pytest.raises(errors.UnknownName, match="slice 'hial'"):
        ds.export_slice("hial", tmp_path / "x.json")


@pytest.mark.parametrize(
    ("step", "named"),
    [
        ({"step": "where", "sql": "wether = 'hail'"}, "column 'wether'"),
        ({"step": "where", "sql": "speed > 1; DROP TABLE samples"}, "DROP"),
        ({"step": "where", "sql": "TRUE) OR (TRUE"}, "more than one boolean expression"),
        ({"step": "where", "sql": "TRUE ORDER BY speed"}, "cannot be read as SQL"),
        ({"step": "where", "sql": "speed > (SELECT count(*) FROM read_csv('/etc/passwd'))"}, "has a SELECT in it"),
        ({"step": "where", "sql": "sample_id IN (SELECT sample_id FROM 'x.csv')"}, "has a SELECT in it"),
        ({"step": "where", "sql": "getenv('HOME') = 'x'"}, "calls getenv()"),
        ({"step": "where", "sql": "random() < 0.5"}, "calls random()"),
        ({"step": "where", "sql": "len(repeat('x', 10000000000)) > 0"}, "calls repeat()"),
        ({"step": "where", "sql": "speed"}, "not true or false"),
        ({"step": "where", "sql": "speed > ?"}, "cannot run"),
        ({"step": "where", "sql": "x" * 20_000}, "20,000 characters in its sql"),
        ({"step": "where", "sql": "speed > ?", "params": [10**40]}, "out of range"),
        ({"step": "where", "sql": "TRUE", "params": [1] * 1000}, "1,000 parameters"),
        ({"step": "where", "sql": "TRUE", "parameters": []}, "unknown field `parameters`"),
        ({"step": "attach", "path": "/etc"}, "attach"),
        ({"step": "tagged", "tags": ["secret"]}, "tag 'secret'"),
        ({"step": "tagged", "tags": []}, "at least one tag"),
        ({"step": "sort_by", "column": "wether"}, "column 'wether'"),
        ({"step": "sort_by", "column": "score"}, "column 'score'"),
        ({"step": "limit", "n": -1}, "out of range"),
        ({"step": "limit", "n": 10**30}, "out of range"),
        ({"step": "sample", "n": 3, "seed": 2**64}, "out of range"),
        ({"step": "sample", "n": 3, "how": "diverse"}, "'how' must be 'random'"),
        ({"step": "select", "ids": [12345]}, "1 picked samples"),
        ({"step": "select", "ids": [2**70]}, "out of range"),
        ({"step": "select", "ids": ["1"]}, "Expected `int`"),
        ({"step": "exclude", "ids": [1], "query": {"steps": []}}, "ids and a query"),
        ({"step": "exclude", "query": {"steps": [{"step": "sort_by", "column": "wether"}]}}, "column 'wether'"),
    ],
)
def test_what_is_not_here_or_not_allowed_is_refused_by_name(fields, refused, step, named):
    assert named in refused(with_steps(fields, step), errors.CurateError)
    assert named in refused(with_steps(fields, {"step": "exclude", "query": {"steps": [step]}}), errors.CurateError)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"like": [{"location": "/etc/passwd"}]}, "reads the file '/etc/passwd'"),
        ({"unlike": [{"location": "s3://secret/x.jpg"}], "like": [{"sample_id": 1}]}, "reads the file 's3://secret"),
        ({"like": [{"location": "a.jpg", "sample_id": 3}]}, "reads the file 'a.jpg'"),
        ({"like": [{}]}, "not one sample or one vector"),
        ({"like": [{"sample_id": 12345}]}, "sample '12345'"),
        ({"like": [{"sample_id": -1}]}, "out of range"),
        ({"like": [{"vector": [1.0, 2.0]}]}, "has 2 numbers"),
        ({"like": [{"vector": [0.0] * 12}]}, "without a direction"),
        ({"like": [{"vector": []}]}, "without a direction"),
        ({"like": [{"vector": [1e308] * 12}]}, "without a direction"),
        ({"like": [{"vector": [1.0] * 12, "weight": -1}]}, "weight -1"),
        ({"like": [{"vector": [1.0] * 12, "file": "x"}]}, "unknown field `file`"),
        ({"like": []}, "needs words or examples"),
        ({"words": [{"text": "hail"}]}, "knows no words"),
        ({"words": [{"text": " "}]}, "empty text"),
        ({"words": [{"text": "a" * 20_000}]}, "20,000 characters"),
        ({"words": [{"text": "a"}] * 1000}, "1,000 words"),
        ({"words": [{"text": "a"}], "templates": ["{}{}"]}, "template '{}{}'"),
        ({"encoder": "other"}, "encoder 'other'"),
    ],
)
def test_searches_from_elsewhere_are_checked(ds, fields, refused, change, named):
    ds.embed(colours)
    encoder = {"name": "colours", "weights_hash": ds.encoder.weights_hash}
    step = {"step": "search", "like": [{"vector": [1.0] * 12}]} | change
    assert named in refused(with_steps(fields, step, encoder=encoder), errors.CurateError)


def test_another_encoder_is_refused_by_name(ds, fields, refused):
    step = {"step": "search", "like": [{"vector": [1.0] * 12}]}
    named = {"name": "ViT", "weights_hash": "ab" * 32}
    assert "encoder 'ViT' (weights abababababab), and photos has no vectors" in refused(
        with_steps(fields, step, encoder=named)
    )
    ds.embed(colours)
    assert "photos has 'colours'" in refused(with_steps(fields, step, encoder=named))
    assert "does not say with which encoder" in refused(with_steps(fields, step))
    assert "weights_hash" not in refused(with_steps(fields, step, encoder={"name": "colours"}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"recipe": 2}, "newer Curate"),
        ({"recipe": "1"}, "Expected `int`"),
        ({"python": None}, "Expected `str`"),
        ({"script": "import os"}, "unknown field `script`"),
        ({"query": {"steps": [], "python": "x"}}, "unknown field `python`"),
        ({"query": {"steps": [], "hunt": {"name": "x", "path": "/"}}}, "unknown field `path`"),
        ({"query": {"steps": [], "encoder": {"name": "x", "url": "http://x"}}}, "['name', 'url']"),
        ({"query": {"steps": [{"step": "limit", "n": 1}] * 300}}, "more than 200 steps"),
        ({"members": [-4]}, "out of range"),
        ({"members": [2**63]}, "out of range"),
        ({"name": ""}, "has the name ''"),
        ({"name": "a\x1b[31m"}, "has the name"),
        ({"name": "a" * 300}, "300 characters in its name"),
        ({"note": "a" * 20_000}, "20,000 characters in its note"),
        ({"saved_by": "a" * 300}, "300 characters in its saved_by"),
        ({"saved_at": "yesterday"}, "saved_at"),
    ],
)
def test_what_a_recipe_has_no_field_for_is_refused_by_name(fields, refused, change, named):
    assert named in refused(fields | change)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\x00" * 100,
        "[" * 1_000_000,
        '{"recipe": 1, "a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"recipe":1,"name":"x","count":0,"saved_by":"","saved_at":"2026-01-01T00:00:00Z","dataset":"","python":"","query":'
        + '{"steps":[{"step":"exclude","query":' * 3000
        + "{}"
        + "}]}" * 3000
        + "}",
    ],
)
def test_what_is_no_recipe_is_refused(refused, text):
    assert "is not a recipe" in refused(text)


def test_queries_within_queries_have_an_end(fields, refused):
    query = {"steps": [{"step": "limit", "n": 1}]}
    for _ in range(20):
        query = {"steps": [{"step": "exclude", "query": query}]}
    assert "more than 5 deep" in refused(fields | {"query": query})


def test_a_file_of_any_size_is_not_read(ds, tmp_path, monkeypatch):
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        os.ftruncate(file.fileno(), 2**40)
    with pytest.raises(errors.BadQuery, match="more than 64 MB"):
        ds.import_slice(huge)
    ds.limit(6).save("six")
    monkeypatch.setattr(recipe, "MOST_BYTES", 200)
    with pytest.raises(errors.BadValue, match="can be imported"):
        ds.export_slice("six", tmp_path / "six.json")
    assert not (tmp_path / "six.json").exists()


def test_what_is_no_file_is_not_opened(ds, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "none.json", Path("/dev/zero")):
        with pytest.raises(errors.SourceNotFound):
            ds.import_slice(path)


def test_the_past_takes_no_slice(ds, fields, tmp_path):
    ds.snapshot("v1")
    with pytest.raises(errors.ReadOnly):
        ds.at("v1").import_slice(tmp_path / "hail.json", name="x")
    assert ds.at("v1").export_slice("hail", tmp_path / "from-the-past.json").exists()


def test_a_recipe_of_one_that_was_imported_travels_on(ds, fields, tmp_path):
    ds.import_slice(tmp_path / "hail.json", name="second hand")
    third = json.loads(ds.export_slice("second hand", tmp_path / "third.json").read_text())
    assert third["members"] == fields["members"]
    assert np.isin(third["members"], ds.ids()).all()


PLANTED = [
    None,
    True,
    -1,
    0,
    2**63,
    10**30,
    1e308,
    5e-324,
    "",
    "\x00",
    "'; --",
    "*",
    "TRUE",
    "?",
    [],
    {},
    [[]],
    {"a": 1},
]


def places(node, path=()):
    """Every place of a tree of dicts and lists, as keys and numbers from the top."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from places(value, (*path, key))


def test_whatever_is_changed_in_a_recipe_it_is_imported_or_refused_in_words(ds, tmp_path):
    ds.embed(colours)
    inner = ds.exclude(ds.where("speed > ?", 20)).search(like=int(ds.ids()[3])).where("score > 0.1").select(ds.ids())
    inner.exclude(ds.ids()[:2]).sort_by("speed").sample(9, seed=1).limit(5).save("all")
    whole = ds.export_slice("all", tmp_path / "all.json").read_text()
    rng, outcomes = np.random.default_rng(0), {"imported": 0, "refused": 0}
    for number in range(300):
        changed = json.loads(whole)
        spots = list(places(changed))
        *above, last = spots[rng.integers(len(spots))]
        node = changed
        for key in above:
            node = node[key]
        node[last] = PLANTED[rng.integers(len(PLANTED))]
        (tmp_path / "changed.json").write_text(json.dumps(changed))
        before = ds.folder.versions()
        try:
            came = ds.import_slice(tmp_path / "changed.json", name=f"changed {number}")
        except errors.CurateError:
            outcomes["refused"] += 1
            assert ds.folder.versions() == before, changed
            continue
        outcomes["imported"] += 1
        with contextlib.suppress(errors.CurateError):  # wishes that cancel each other out are known when they are asked
            came.view.count()
    assert min(outcomes.values()) > 10
