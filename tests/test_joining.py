"""Joins by key and by nearest time: 24 samples, weather = rain, snow, hail, clear in turn; drive-0 … drive-7; speed = 0…23."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import curate
from curate import errors
from curate.joining import JOIN_KEY
from tests.planted import add_field, amend

START = datetime(2026, 1, 12, 8)

TYRES = pl.DataFrame({"drive": [f"drive-{n}" for n in range(6)], "tyres": ["winter"] * 3 + ["summer"] * 3})


def timed(ds):
    """The same samples, a second apart, three to a drive; the one whose file is empty has no time."""
    amend(ds.folder.location, {n: {"captured_at": START + timedelta(seconds=n)} for n in range(23)})
    return curate.open(ds.folder.location)


def log(seconds, **columns):
    return pl.DataFrame({"captured_at": [START + timedelta(seconds=s) for s in seconds], **columns})


def values(ds, column):
    return ds.df([column])[column].to_list()


def refused(ds, kind, call, *words):
    """The message of a refusal, which names all of `words`, ends in a hint, and writes nothing."""
    before, columns, tables = ds.history().height, ds.columns, ds.folder.fields()
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    for word in words:
        assert word in message, message
    assert "Hint: " in message
    ds.session.refresh()
    assert (ds.history().height, ds.columns, ds.folder.fields()) == (before, columns, tables)
    return message


def test_columns_of_a_table_stand_beside_the_samples_with_its_keys(ds):
    joined = ds.join(TYRES, on="drive")
    assert values(ds, "tyres") == ["winter"] * 9 + ["summer"] * 9 + [None] * 6
    assert (joined.count, joined.columns, joined.unused.height) == (18, ("tyres",), 0)
    assert joined.unmatched.ids().tolist() == ds.where("tyres IS NULL").ids().tolist()
    assert joined.reasons == {"their 'drive' is not in the table": 6}
    assert ds.where("tyres = 'summer' AND speed < 10").count() == 1


def test_what_did_not_match_is_told(ds):
    table = pl.concat([TYRES, pl.DataFrame({"drive": ["drive-99", None], "tyres": ["none", "none"]})])
    told = str(ds.join(table, on="drive"))
    assert "18 of 24 samples" in told
    assert "without a match: 6 samples" in told
    assert "rows that no sample met: 2 of 8 (drive 'drive-99'; drive None)" in told


@pytest.mark.parametrize(
    "made",
    [
        lambda frame, _: frame.lazy(),
        lambda frame, _: pd.DataFrame(frame.to_dict(as_series=False)),
        lambda frame, _: frame.to_arrow(),
        lambda frame, path: frame.write_csv(path / "tyres.csv") or path / "tyres.csv",
        lambda frame, path: frame.write_parquet(path / "tyres.parquet") or str(path / "tyres.parquet"),
        lambda frame, path: frame.write_ndjson(path / "tyres.jsonl") or path / "tyres.jsonl",
    ],
    ids=["lazy", "pandas", "arrow", "csv", "parquet", "jsonl"],
)
def test_any_table_can_be_joined(ds, tmp_path, made):
    assert ds.join(made(TYRES, tmp_path), on="drive").count == 18


def test_several_keys_must_all_be_equal(ds):
    table = pl.DataFrame(
        {"drive": ["drive-0", "drive-0", "drive-1"], "weather": ["rain", "hail", "rain"], "mm": [1, 2, 3]}
    )
    ds.join(table, on=["drive", "weather"])
    assert values(ds, "mm")[:6] == [1, None, 2, None, 3, None]
    assert ds.where("mm IS NOT NULL").count() == 3


def test_a_null_key_meets_nothing_not_even_another(ds):
    joined = ds.join(pl.DataFrame({"speed": [None, 3.0, 4.0], "gear": [9, 1, 2]}), on="speed")
    assert values(ds, "gear")[3:6] == [1, 2, None]
    assert joined.reasons == {"no value in 'speed'": 1, "their 'speed' is not in the table": 21}


def test_whole_numbers_that_pandas_made_floats_are_keys(ds):
    add_field(ds.folder.location, "run", pa.array(range(24), pa.int16()))
    ds = curate.open(ds.folder.location)
    ds.join(pd.DataFrame({"run": [2.0, np.nan], "crew": ["ada", "bob"]}), on="run")
    assert values(ds, "crew")[:4] == [None, None, "ada", None]


def test_uris_and_sample_ids_are_keys_too(ds):
    ids = ds.ids()
    ds.join(pl.DataFrame({"sample_id": ids[:3], "first": [True] * 3}), on="sample_id")
    ds.join(ds.df(["uri"]).with_columns(again=pl.col("uri").str.len_chars()), on="uri")
    assert ds.where("first AND again > 0").count() == 3


def test_values_keep_their_types(ds):
    table = pl.DataFrame({"drive": ["drive-0"]}).with_columns(
        seen=pl.lit(START.replace(tzinfo=UTC)).dt.convert_time_zone("Asia/Tokyo"),
        parts=pl.lit(["a", "b"], pl.List(pl.String)),
        level=pl.lit("high").cast(pl.Categorical),
        ratio=pl.lit(float("nan")),
    )
    ds.join(table, on="drive")
    first = ds.df(["seen", "parts", "level", "ratio"]).row(0)
    assert first == (START, ["a", "b"], "high", None)


def test_a_column_named_as_an_internal_one_is_a_column(ds):
    ds.join(TYRES.with_columns(content=pl.lit(7)), on="drive")
    assert ds.where("content = 7 AND tyres IS NOT NULL").count() == 18


def test_a_key_twice_is_refused_with_its_rows(ds):
    table = pl.concat([TYRES, pl.DataFrame({"drive": ["drive-1"], "tyres": ["spikes"]})])
    refused(
        ds,
        errors.BadValue,
        lambda: ds.join(table, on="drive"),
        "1 key is in the table more than once",
        "drive 'drive-1' in 2 rows",
        "row 1: drive 'drive-1', tyres 'winter'; row 6: drive 'drive-1', tyres 'spikes'",
    )


def test_a_column_that_is_there_is_refused_with_what_both_say(ds):
    table = pl.DataFrame({"drive": ["drive-0", "drive-1"], "weather": ["rain", "wet"]})
    refused(
        ds,
        errors.BadValue,
        lambda: ds.join(table, on="drive"),
        "'weather' is in the dataset already, and the table says otherwise of 5 of 6 samples",
        "'pictures/a/01.jpg' has 'snow', the table 'rain'",
        "table.rename({'weather': 'joined_weather'})",
    )
    for name in ("Weather", "WIDTH", "tags"):
        refused(ds, errors.BadValue, lambda name=name: ds.join(table.rename({"weather": name}), on="drive"), repr(name))


@pytest.mark.parametrize("name", ["score", "position", "is_dark_issue", "duplicate_group", "projection_x"])
def test_a_name_that_curate_gives_itself_is_refused(ds, name):
    refused(ds, errors.BadValue, lambda: ds.join(TYRES.rename({"tyres": name}), on="drive"), repr(name), "itself")


@pytest.mark.parametrize("name", ["", "a.b", "a`b", "a\0b", "_rowid"])
def test_a_name_that_no_column_can_have_is_refused(ds, name):
    refused(ds, errors.BadValue, lambda: ds.join(TYRES.rename({"tyres": name}), on="drive"), "No column can be named")


def test_names_that_differ_by_case_only_are_refused(ds):
    table = TYRES.with_columns(Tyres=pl.lit(1))
    refused(ds, errors.BadValue, lambda: ds.join(table, on="drive"), "'tyres' and 'Tyres' differ by case only")


@pytest.mark.parametrize(
    ("kind", "call", "words"),
    [
        (errors.UnknownName, lambda ds: ds.join(TYRES, on="driv"), ["column of the table 'driv'", "'drive'"]),
        (
            errors.UnknownName,
            lambda ds: ds.join(TYRES.rename({"drive": "drives"}), on="drives"),
            ["did you mean 'drive'"],
        ),
        (errors.BadValue, lambda ds: ds.join(TYRES, on=[]), ["names no column"]),
        (errors.BadValue, lambda ds: ds.join(TYRES, on=["drive", "drive"]), ["each once"]),
        (errors.BadValue, lambda ds: ds.join(TYRES.select("drive"), on="drive"), ["no column beside its keys"]),
        (errors.BadValue, lambda ds: ds.join(TYRES.head(0), on="drive"), ["has no rows"]),
        (errors.BadValue, lambda ds: ds.join(TYRES, on="drive", name=" "), ["'name' is a name"]),
        (errors.BadValue, lambda ds: ds.join(TYRES.rename({"drive": "speed"}), on="speed"), ["numbers", "text"]),
        (
            errors.BadValue,
            lambda ds: ds.join(TYRES.with_columns(pl.col("drive").str.to_uppercase()), on="drive"),
            ["No sample meets a row", "drive 'drive-0'", "drive 'DRIVE-0'"],
        ),
        (errors.BadSource, lambda ds: ds.join([1, 2], on="drive"), ["list is no table"]),
        (errors.BadSource, lambda ds: ds.join("notes.txt", on="drive"), ["'notes.txt' is no table"]),
        (errors.SourceNotFound, lambda ds: ds.join("nowhere.csv", on="drive"), ["nowhere.csv"]),
        (
            errors.BadSource,
            lambda ds: ds.join(TYRES.with_columns(for_=pl.lit(timedelta(seconds=1))), on="drive"),
            ["'for_' holds Duration"],
        ),
    ],
)
def test_what_cannot_be_joined_is_refused_by_name(ds, kind, call, words):
    refused(ds, kind, lambda: call(ds), *words)


def test_the_nearest_row_in_time_is_taken_earlier_or_later(ds):
    ds = timed(ds)
    joined = ds.join_asof(log([4.4, 0.9, 9, 30], volt=[1, 2, 3, 4]), tolerance="1s")
    assert values(ds, "volt") == [2, 2, None, None, 1, 1, None, None, 3, 3, 3] + [None] * 13
    assert joined.count == 7
    assert joined.unused["volt"].to_list() == [4]
    assert joined.reasons == {
        "no value in 'captured_at'": 1,
        "further than 1 s from any row; the nearest of them 1.1 s": 16,
    }


def test_a_row_as_far_as_the_tolerance_is_taken_and_of_two_the_earlier(ds):
    ds = timed(ds)
    ds.join_asof(log([3, 1], volt=[3, 1]), tolerance=timedelta(seconds=1))
    assert values(ds, "volt")[:6] == [1, 1, 1, 3, 3, None]


def test_rows_of_other_drives_are_not_taken(ds):
    ds = timed(ds)
    table = log([0, 1, 2, 3, 4, 5], drive=["drive-1"] * 4 + [None, "drive-9"], volt=range(6))
    joined = ds.join_asof(table, by="drive", tolerance="10s")
    assert values(ds, "volt")[:8] == [None, None, None, 3, 3, 3, None, None]
    assert joined.reasons == {"no value in 'captured_at'": 1, "no row of the table has their 'drive'": 20}
    assert joined.unused["volt"].to_list() == [0, 1, 2, 4, 5]
    assert "5 of 6 (drive 'drive-1', captured_at 2026-01-12 08:00:00; " in str(joined)


def test_times_with_a_zone_and_without_meet(ds):
    ds = timed(ds)
    zoned = log([5, 6], volt=[5, 6]).with_columns(
        pl.col("captured_at").dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York")
    )
    ds.join_asof(zoned, tolerance="0s")
    assert values(ds, "volt")[4:8] == [None, 5, 6, None]
    refused(
        ds,
        errors.BadValue,
        lambda: ds.join_asof(log([5 * 3600], amp=[1]), tolerance="2s"),
        "further than 2 s from any row; the nearest of them 4.994 h",
        "zone",
    )


def test_a_moment_twice_is_refused_with_its_rows(ds):
    ds = timed(ds)
    twice = log([1, 2, 1], drive=["drive-0", "drive-0", "drive-0"], volt=[7, 8, 9])
    refused(
        ds,
        errors.BadValue,
        lambda: ds.join_asof(twice, by="drive"),
        "row 0: captured_at 2026-01-12 08:00:01, drive 'drive-0', volt 7; row 2:",
    )
    assert ds.join_asof(twice.with_columns(drive=pl.Series(["drive-0", "drive-0", "drive-1"])), by="drive").count == 4


@pytest.mark.parametrize(
    ("kind", "call", "words"),
    [
        (
            errors.UnknownName,
            lambda ds: ds.join_asof(log([1], volt=[1]).rename({"captured_at": "time"})),
            ["column of the table 'captured_at'", "table.rename({'time': 'captured_at'})"],
        ),
        (
            errors.BadValue,
            lambda ds: ds.join_asof(pl.DataFrame({"captured_at": ["2026-01-12T08:00:00"], "volt": [1]})),
            ["holds String in the table, not times", "str.to_datetime()"],
        ),
        (
            errors.BadValue,
            lambda ds: ds.join_asof(pl.DataFrame({"captured_at": [1768204800], "volt": [1]})),
            ["holds Int64 in the table", "pl.from_epoch('captured_at')"],
        ),
        (
            errors.BadValue,
            lambda ds: ds.join_asof(log([1], volt=[1]).rename({"captured_at": "speed"}), on="speed"),
            ["'speed' holds Float64 in the dataset, not times"],
        ),
        (errors.BadValue, lambda ds: ds.join_asof(log([1], v=[1]), by="captured_at"), ["both 'on' and 'by'"]),
        (errors.BadValue, lambda ds: ds.join_asof(log([1], v=[1]), on=["a", "b"]), ["'on' names one column"]),
        *(
            (errors.BadValue, lambda ds, t=t: ds.join_asof(log([1], v=[1]), tolerance=t), ["'tolerance'", repr(t)])
            for t in ("soon", "2", "", "-2s", "2s soon", 2, None, timedelta(seconds=-1), "99999999999d")
        ),
    ],
)
def test_what_cannot_be_joined_by_time_is_refused_by_name(ds, kind, call, words):
    ds = timed(ds)
    refused(ds, kind, lambda: call(ds), *words)


def test_a_join_is_in_the_history_with_where_it_came_from(ds, tmp_path):
    TYRES.write_csv(tmp_path / "tyres.csv")
    joined = ds.join(tmp_path / "tyres.csv", on="drive", name="winter check")
    event = ds.history(action="join").row(0, named=True)
    assert event["event_id"] == joined.event
    assert event["what"] == f"winter check: tyres from {tmp_path / 'tyres.csv'}"
    assert event["count"] == 18
    stored = ds.folder.table(f"fields/{ds.session.joins['winter check']['table']}").metadata()[JOIN_KEY].decode()
    for word in ("tyres.csv", '"on":["drive"]', '"rows":6', joined.info.content):
        assert word in stored, stored


def test_the_history_of_a_sample_has_the_joins_that_met_it(ds):
    joined = ds.join(TYRES, on="drive")
    met, not_met = ds.history(sample=ds.ids()[0]), ds.history(sample=ds.ids()[23])
    assert joined.event in met["event_id"].to_list()
    assert joined.event not in not_met["event_id"].to_list()


def test_undo_takes_a_join_back_and_brings_it_back(ds):
    joined = ds.join(TYRES, on="drive")
    assert ds.undo() == "join tyres: tyres from a table of 6 rows"
    assert "tyres" not in ds.columns
    assert "tyres" not in curate.open(ds.folder.location).columns
    assert ds.history(action="join")["undone"].to_list() == [True]
    ds.undo(ds.history(action="undo")["event_id"][0])
    assert ds.where("tyres = 'winter'").count() == 9
    ds.undo(joined.event)
    assert ds.join(TYRES, on="drive").event != joined.event


def test_a_join_comes_back_only_while_its_names_are_free(ds):
    ds.join(TYRES, on="drive", name="first")
    ds.undo()
    undo = ds.history(action="undo")["event_id"][0]
    ds.join(TYRES, on="drive", name="second")
    with pytest.raises(errors.BadValue, match="'tyres' is in the dataset again"):
        ds.undo(undo)
    assert values(ds, "tyres")[0] == "winter"


def test_a_join_is_kept_while_something_was_built_on_its_columns(ds):
    joined = ds.join(TYRES, on="drive")
    ds.where("tyres = 'winter'").save("winter")
    refused(ds, errors.BadValue, lambda: ds.undo(joined.event), "slice winter")
    ds.undo(ds.history(action="slice")["event_id"][0])
    ds.split({"a": 0.5, "b": 0.5}, name="halves", stratify="tyres")
    refused(ds, errors.BadValue, lambda: ds.undo(joined.event), "split halves")
    ds.undo(ds.history(action="split")["event_id"][0])
    ds.join(pl.DataFrame({"tyres": ["winter"], "grip": [0.7]}), on="tyres")
    refused(ds, errors.BadValue, lambda: ds.undo(joined.event), "join grip")
    ds.undo(ds.history(action="join")["event_id"][0])
    ds.where("speed < 4").save("slow")
    ds.find_issues(thresholds={"dark": {"winter": 0.1}}, by="tyres")
    ds.undo(joined.event)
    assert "tyres" not in ds.columns


def test_joined_again_under_its_name_it_takes_the_place_of_the_former(ds):
    first = ds.join(TYRES, on="drive", name="tyres of 2026")
    assert ds.join(TYRES, on="drive", name="tyres of 2026").event == first.event, "the same again writes nothing"
    assert ds.history(action="join").height == 1
    newer = TYRES.with_columns(tyres=pl.lit("all-season"), pressure=pl.lit(2.4))
    refused(ds, errors.BadValue, lambda: ds.join(newer, on="drive"), "name='tyres of 2026'")
    ds.join(newer, on="drive", name="Tyres of 2026")
    assert set(values(ds, "tyres")) == {"all-season", None}
    ds.undo()
    assert set(values(ds, "tyres")) == {"winter", "summer", None}
    assert "pressure" not in ds.columns


def test_the_past_has_the_joins_of_then_and_takes_none(ds):
    ds.snapshot("before")
    ds.join(TYRES, on="drive")
    ds.snapshot("after")
    ds.undo(ds.history(action="join")["event_id"][0])
    assert "tyres" not in ds.at("before").columns
    assert ds.at("after").where("tyres = 'winter'").count() == 9
    assert ds.diff("before", "after").columns.rows() == [("tyres", "added", 18)]
    with pytest.raises(errors.ReadOnly):
        ds.at("before").join(TYRES, on="drive")


def test_another_session_sees_a_join_and_its_undo(ds):
    other = curate.open(ds.folder.location)
    ds.join(TYRES, on="drive")
    other.session.refresh()
    assert other.where("tyres = 'summer'").count() == 9
    other.undo(ds.history()["event_id"][0])
    ds.session.refresh()
    assert "tyres" not in ds.columns


def test_a_table_that_no_event_names_has_never_been_joined(ds, monkeypatch):
    def killed(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(ds), "write_event", killed)
    with pytest.raises(KeyboardInterrupt):
        ds.join(TYRES, on="drive")
    monkeypatch.undo()
    fresh = curate.open(ds.folder.location)
    assert "tyres" not in fresh.columns
    assert fresh.join(TYRES, on="drive").count == 18


def test_purge_takes_samples_out_of_joins(ds):
    ds.join(TYRES, on="drive")
    gone = ds.ids()[:3]
    ds.purge(gone)
    table = ds.folder.table(f"fields/{ds.session.joins['tyres']['table']}")
    assert not set(gone.tolist()) & set(table.read().column("sample_id").to_pylist())
    assert ds.where("tyres = 'winter'").count() == 6


def test_a_dataset_without_samples_meets_nothing(tmp_path):
    ds = curate.create(tmp_path / "empty.curate")
    refused(ds, errors.BadValue, lambda: ds.join(pl.DataFrame({"uri": ["a"], "x": [1]}), on="uri"), "No sample meets")


def test_a_later_table_does_not_hide_what_a_join_brought(ds):
    ds.join(TYRES, on="drive")
    table = ds.df(["uri"]).with_columns(pl.lit("none").alias("tyres")).rename({"uri": "path"})
    media = next(iter(ds.roots().values()))
    told = ds.ingest(table, root=media)
    assert values(ds, "tyres") == ["winter"] * 9 + ["summer"] * 9 + [None] * 6
    assert values(ds, "given_tyres") == ["none"] * 24
    assert "column 'tyres' is kept as 'given_tyres'" in str(told)
