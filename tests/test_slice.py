import numpy as np
import polars as pl
import pytest

import curate
from curate import errors
from curate.query import Hunted, Query, Select, Where
from curate.view import View


def why(changes):
    return {(change, text) for change, text in changes.reasons.select("change", "why").rows()}


def set_field(ds, column, values):
    """Say something else of a column, as a table that is ingested again does."""
    import pyarrow as pa

    ids = pa.array(list(values), pa.int64())
    said = pa.array(list(values.values()))
    schema = pa.schema([pa.field("sample_id", pa.int64(), nullable=False), pa.field(column, said.type)])
    ds.folder.table(f"fields/z_{column}", schema).append(pa.table([ids, said], schema=schema))


def planted(ds, axes=None):
    axes = axes or {"rain": 0, "snow": 1, "hail": 2, "clear": 0}
    vectors = np.zeros((ds.count(), 3), np.float32)
    for at, (weather, speed) in enumerate(ds.df(["weather", "speed"]).rows()):
        vectors[at, axes[weather]] = 1
        vectors[at] += 0.001 * (speed or 0)
    ds.embed(vectors, name="planted")
    return ds


def test_a_slice_says_what_was_asked_of_what_by_whom(ds):
    planted(ds)
    hail = int(ds.where("weather = 'hail'").ids()[0])
    saved = ds.where("speed > 3").search(like=hail).limit(4).sample(3, seed=7).save("hail", note="for review")
    assert saved.query.encoder == {"name": "planted", "weights_hash": ds.encoder.weights_hash}
    assert saved.query.versions["samples"] == ds.folder.versions()["samples"]
    assert saved.query.steps[-1].seed == 7
    assert eval(saved.query.to_python(), {"ds": ds}).ids().tolist() == saved.members.ids().tolist()
    assert (saved.hunt, saved.origin) == (None, None)
    assert "hail" in repr(saved)
    assert "for review" in repr(saved)


def test_the_encoder_of_an_excluded_search_is_recorded_too(ds):
    planted(ds)
    saved = ds.exclude(ds.search(like=np.array([0.0, 0.0, 1.0])).limit(6)).save("rest")
    assert saved.query.encoder["name"] == "planted"


def test_a_slice_of_a_hunt_says_which(ds):
    hunted = Hunted("night hail", seed=3, part="found", python="ds", answers=40, estimate="found 5")
    found = View(ds, Query((Select(tuple(ds.ids()[:5].tolist())),), hunt=hunted))
    saved = found.limit(4).save("from a hunt")
    assert saved.hunt == hunted
    assert saved.view.query.hunt == hunted
    assert curate.open(ds.folder.location).slice("from a hunt").hunt == hunted
    assert "hunt 'night hail'" in repr(saved)


def test_nothing_has_changed_where_nothing_has(ds):
    changes = ds.where("weather = 'hail'").limit(4).save("hail").diff()
    assert (changes.came.count(), changes.went.count(), changes.stayed, changes.erased) == (0, 0, 4, 0)
    assert changes.reasons.height == 0
    assert str(changes) == "Changes of 'hail': 0 came, 0 went, 4 stayed"


def test_a_changed_value_is_the_reason_with_what_it_was_and_is(ds):
    saved = ds.where("weather = 'hail' AND speed > 3").save("hail")
    hail, rain = int(saved.members.ids()[0]), int(ds.where("weather = 'rain'").ids()[-1])
    values = dict(ds.df(["sample_id", "weather"]).rows()) | {hail: "snow", rain: "hail"}
    set_field(ds, "weather", values)
    changes = ds.slice("hail").diff()
    assert why(changes) == {("came", "weather was 'rain' and is 'hail'"), ("went", "weather was 'hail' and is 'snow'")}
    assert (changes.came.ids().tolist(), changes.went.ids().tolist()) == ([rain], [hail])
    assert changes.stayed == saved.count - 1
    assert changes.reasons["step"].unique().to_list() == [""".where("weather = 'hail' AND speed > 3")"""]
    assert "1 came by .where" in str(changes)


def test_tags_are_reasons(ds):
    ds.limit(4).tag("night")
    ds.limit(2).tag("checked")
    saved = ds.tagged("night").untagged("checked").save("open")
    first, second = saved.members.ids().tolist()
    ds.select([first]).untag("night")
    ds.select([second]).tag("checked")
    ds.limit(1).untag("checked")
    changes = ds.slice("open").diff()
    assert why(changes) == {
        ("went", "no longer tagged 'night'"),
        ("went", "tagged since: 'checked'"),
        ("came", "no longer tagged 'checked'"),
    }


def test_new_samples_come_and_push_others_past_the_limit(ds, photos, tmp_path):
    from tests.conftest import draw

    planted(ds)
    newest = ds.sort_by("uri", descending=True).limit(3).save("newest")
    last = int(newest.members.ids()[-1])
    draw(tmp_path / "more" / "zz.jpg", 99)
    ds.ingest(tmp_path / "more", workers=1)
    changes = ds.slice("newest").diff()
    assert changes.came.count() == 1
    assert changes.reasons.filter(pl.col("change") == "came")["why"][0].startswith("new: ingested 20")
    assert changes.reasons.filter(pl.col("change") == "went").select("sample_id", "why").row(0) == (
        last,
        "in place 4 of the order, and the first 3 count; was in place 3",
    )


def test_a_vector_that_came_later_is_a_reason(ds):
    axis = np.eye(3, dtype=np.float32)
    ids, uris = ds.ids(), ds.df(["uri"])["uri"].to_list()
    given = pl.DataFrame({"uri": uris[:10], "vector": [axis[n % 3].tolist() for n in range(10)]})
    ds.embed(given, name="given")
    saved = ds.search(like=axis[0]).save("scored")
    assert saved.count == 10
    table = ds.folder.table("vectors/given")
    import pyarrow as pa

    content = ds.session.content[10]
    row = pa.FixedSizeListArray.from_arrays(pa.array(axis[0].astype(np.float16)), 3)
    columns = [pa.array([ids[10]]), pa.array([content]), row]
    table.append(pa.Table.from_arrays(columns, schema=table.stored_schema().remove_metadata()))
    changes = ds.slice("scored").diff()
    assert changes.came.ids().tolist() == [ids[10]]
    assert why(changes) == {("came", "it had no vector then, and has one now")}


def test_another_encoder_is_said_once(ds):
    planted(ds)
    ds.search(like=np.array([0.0, 0.0, 1.0])).limit(6).save("hail")
    ds.embed(np.roll(ds.vectors(), 1, axis=1)[: ds.count()], name="other")
    changes = ds.slice("hail").diff()
    assert changes.went.count() == 6
    assert changes.notes == ("It searches with the encoder 'other' now; it was saved with 'planted'.",)
    assert "&#x27;other&#x27; now" in changes._repr_html_()


def test_a_score_is_a_reason_and_so_is_where_it_stands(ds):
    planted(ds)
    hail = np.array([0.0, 0.0, 1.0])
    ds.search(like=hail).where("score > 0.9 AND score_percentile > 10").save("near")
    rolled = np.nan_to_num(np.roll(ds.vectors(), 1, axis=1))
    rolled[np.isnan(ds.vectors()).any(axis=1)] = 1
    ds.embed(rolled, name="rolled")
    changes = ds.slice("near").diff()
    assert (changes.came.count(), changes.went.count()) == (6, 6)
    told = changes.reasons.filter(pl.col("change") == "went")["why"].to_list()
    assert told[0] == "score was 1 and is 0.001995, score_percentile was 82.61 and is 4.348"
    assert all("score was " in text and ", score_percentile was " in text for text in told)


def test_erased_members_are_counted_and_the_lost_past_is_said(ds):
    saved = ds.where("weather = 'hail'").save("hail")
    ds.limit(4).tag("hot")
    gone, other = saved.members.ids()[0], ds.where("weather = 'rain'").ids()[0]
    ds.purge([int(gone)])
    values = dict(ds.df(["sample_id", "weather"]).rows()) | {int(other): "hail"}
    set_field(ds, "weather", values)
    changes = ds.slice("hail").diff()
    assert (changes.erased, changes.stayed, changes.went.count()) == (1, 5, 0)
    assert why(changes) == {
        ("came", "the tables of the moment when it was saved are not kept any more, so the reason is not known")
    }


def test_a_column_that_has_gone_is_named(ds):
    query = Query((Where("halves = 'a'"),))
    ds.write_event("slice", {"name": "half", "note": "", "query": query.to_json()}, sample_ids=ds.ids()[:3])
    with pytest.raises(errors.UnknownName, match="halves"):
        ds.slice("half").diff()


def test_a_slice_replays_on_another_dataset(ds, tmp_path, photos):
    planted(ds)
    other = curate.create(tmp_path / "other.curate")
    other.ingest(photos / "index.csv", workers=1, root="elsewhere")
    hail = int(ds.where("weather = 'hail'").ids()[0])
    by_words = ds.where("weather = 'hail' AND speed > ?", 5).save("fast hail")
    assert by_words.replay(other).df(["weather"])["weather"].unique().to_list() == ["hail"]
    assert by_words.replay(other).count() == by_words.count
    like = ds.search(like=hail).limit(6).save("like hail")
    with pytest.raises(errors.BadQuery, match=r"'planted'.*other has no vectors"):
        like.replay(other)
    other.embed(np.eye(3, dtype=np.float32)[np.arange(24) % 3], name="planted")
    with pytest.raises(errors.BadQuery, match=r"'planted'.*weights"):
        like.replay(other)
    with pytest.raises(errors.BadQuery, match="6 picked samples"):
        ds.select(ds.ids()[:6]).save("picked").replay(other)
    ds.limit(1).tag("mine")
    with pytest.raises(errors.UnknownName, match="tag 'mine'"):
        ds.tagged("mine").save("mine").replay(other)


def colours(pictures):
    """(n, 12) vectors: four colours of a picture."""
    return np.stack([np.asarray(p.convert("RGB").resize((2, 2)), np.float32).reshape(-1) + 1 for p in pictures])


def test_examples_go_along_as_vectors(ds, tmp_path, photos):
    ds.embed(colours)
    other = curate.create(tmp_path / "other.curate")
    other.ingest(photos / "pictures", workers=1, root="elsewhere")
    other.embed(colours)
    example, unlike = ds.ids()[[3, 9]].tolist()
    assert (other.positions_of([example, unlike]) < 0).all()
    found = ds.search(like=example, unlike=unlike).limit(6).save("like it").replay(other)
    names = ds.slice("like it").members.df(["uri"])["uri"].str.split("/").list.last().to_list()
    assert found.df(["uri"])["uri"].str.split("/").list.last().to_list() == names


def test_the_file_that_somebody_elses_slice_looks_for_is_not_read(ds, photos, monkeypatch):
    ds.embed(colours)
    picture = photos / "pictures" / "a" / "03.jpg"
    monkeypatch.setenv("CURATE_ACTOR", "eve")
    eve = ds.search(like=str(picture)).limit(2).save("like a file")
    assert eve.replay(ds).ids().tolist() == eve.members.ids().tolist()
    monkeypatch.setenv("CURATE_ACTOR", "ada")
    with pytest.raises(errors.BadQuery, match=r"03\.jpg.*not read"):
        eve.replay(ds)
