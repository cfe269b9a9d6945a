"""Fields from words, from examples and from light, against the truth that the demo was rendered from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import curate
from curate import errors
from curate.dataset import Dataset
from curate.encoders.encoder import CLIP_LOGIT_SCALE
from curate.encoders.scale import logit_scale
from curate.labels.calibration import expected_calibration_error
from curate.labels.zero_shot import NONE
from tests.planted import linked

WEATHERS = ["clear", "rain", "hail", "snow", "fog"]
OBJECTS = ["car", "truck", "bus", "pedestrian", "cyclist", "deer"]


@pytest.fixture
def roads(demo_built: Path, tmp_path: Path) -> Dataset:
    """2,000 road scenes, which the test may write to."""
    return curate.open(linked(demo_built, tmp_path / "roads.curate"))


def said(ds, field, column):
    """What the model said, with its probability, beside the truth."""
    return (
        ds.labels(field)
        .filter(source_kind="model")
        .select("sample_id", "value", "score")
        .join(ds.df(["sample_id", column]).rename({column: "truth"}), on="sample_id")
    )


def right(ds, field, column):
    return said(ds, field, column).select(pl.col("value") == pl.col("truth").fill_null("")).to_series().mean()


def review(ds, column, n, *, field, seed=0):
    """An annotator says what is true of some samples; their ids."""
    table = ds.where(f"{column} IS NOT NULL AND status = 'ok'").sample(n, seed=seed).df(["sample_id", column])
    ds.add_labels(table.rename({column: "value"}), field=field, source="ada")
    return table["sample_id"]


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "column", "classes", "least"),
    [
        ("weather", "weather", WEATHERS, 0.98),
        ("time", "timeofday", ["day", "dusk", "night"], 0.98),
        ("place", "place", ["highway", "city street", "forest road", "desert road"], 0.97),
    ],
)
def test_words_find_what_was_rendered(roads, field, column, classes, least):
    result = roads.classify(field, classes, none_of_these=False)
    assert right(roads, field, column) > least
    assert list(result.counts) == classes
    assert sum(result.counts.values()) == roads.labels(field).height


def test_the_rare_class_is_found_too(roads):
    hail = roads.classify("weather", WEATHERS)["hail"]
    assert hail.where("weather = 'hail'").count() >= 0.9 * roads.where("weather = 'hail' AND status = 'ok'").count()
    assert hail.where("weather <> 'hail'").count() <= 5


def test_they_are_labels_of_a_model_and_one_event(roads):
    result = roads.classify("weather", WEATHERS)
    labels = roads.labels("weather")
    assert labels.select("source", "source_kind", "kind", "run").unique().rows() == [
        ("clip:demo", "model", "classification", result.run)
    ]
    assert labels["sample_id"].is_unique().all()
    assert set(labels["sample_id"]) == set(roads.where("status = 'ok'").ids())
    assert labels["score"].min() > 1 / 6
    assert labels["score"].max() <= 1
    event = roads.history().row(0, named=True)
    assert (event["action"], event["what"], event["count"]) == ("label", "weather, by clip:demo", labels.height)
    assert (
        roads.sql("SELECT count(*) AS n FROM labels WHERE field = 'weather' AND value = 'hail'")["n"][0]
        == (result.counts["hail"])
    )
    assert str(result).splitlines()[0].startswith(f"weather by clip:demo: {labels.height:,} samples labelled in ")


def test_what_no_class_stands_for_is_none_of_these(roads):
    roads.classify("weather", ["rain", "hail", "snow"])
    found = said(roads, "weather", "weather").with_columns(other=pl.col("truth").is_in(["clear", "fog"]))
    share = dict(found.group_by("other").agg((pl.col("value") == NONE).mean()).iter_rows())
    assert share[True] > 0.95
    assert share[False] < 0.05
    roads.classify("weather", ["rain", "hail", "snow"], none_of_these=False)
    assert set(roads.labels("weather")["value"]) == {"rain", "hail", "snow"}


def test_one_class_is_a_question_of_yes_or_no(roads):
    result = roads.classify("dark", ["night"])
    assert list(result.counts) == ["night", NONE]
    assert roads.where("timeofday = 'night' AND status = 'ok'").count() == pytest.approx(
        result.counts["night"], rel=0.05
    )


def test_a_class_may_have_several_phrasings(roads):
    phrasings = {
        "icy": ["hail", "hailstones on the road"],
        "wet": ["rain", "a wet road in the rain"],
        "dry": "clear weather",
    }
    result = roads.classify("surface", phrasings)
    assert list(result.counts) == ["icy", "wet", "dry", NONE]
    assert result["icy"].where("weather = 'hail'").count() > 0.9 * result.counts["icy"]


def test_the_scale_of_the_cosines_is_the_models_own(roads, ds):
    assert logit_scale(roads.vectors_.encoder()) == pytest.approx(24.32, abs=0.01)
    ds.embed(lambda pictures: [[1.0, 0, 0]] * len(pictures), text=lambda texts: [[0, 1.0, 0]] * len(texts), name="flat")
    assert logit_scale(ds.vectors_.encoder()) == CLIP_LOGIT_SCALE


# -- calibration ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "classes"), [("weather", WEATHERS), ("object", OBJECTS)])
def test_fifty_reviewed_samples_make_probabilities_mean_what_they_say(roads, column, classes):
    def error():
        rest = said(roads, "what", column).filter(~pl.col("sample_id").is_in(reviewed.implode()))
        likely = rest["score"].to_numpy()
        truth = rest.select(
            pl.when(pl.col("truth").is_in(classes)).then("truth").otherwise(pl.lit(NONE)) == pl.col("value")
        ).to_series()
        # of two classes, the one that was chosen and the rest
        return expected_calibration_error(np.column_stack([likely, np.zeros_like(likely)]), np.where(truth, 0, 1))

    reviewed = pl.Series([], dtype=pl.Int64)
    before = roads.classify("what", classes)
    assert before.calibration is None
    assert "not calibrated: 0 of 50 reviewed samples" in str(before)
    raw = error()
    reviewed = review(roads, column, 60, field="what")
    result = roads.classify("what", classes)
    assert result.calibration is not None
    assert result.calibration.reviewed == 60
    assert error() < raw / 2
    assert result.calibration.error_before == pytest.approx(raw, abs=0.08)
    assert result.calibration.error_after < result.calibration.error_before
    assert "expected calibration error" in str(result)
    accuracy = result.calibration.accuracy
    assert accuracy.of == 60
    assert accuracy.low <= right_or_none(roads, "what", column, classes) <= accuracy.high


def right_or_none(ds, field, column, classes):
    known = pl.when(pl.col("truth").is_in(classes)).then("truth").otherwise(pl.lit(NONE))
    return said(ds, field, column).select(pl.col("value") == known).to_series().mean()


def test_a_column_can_be_what_it_is_calibrated_on(roads):
    result = roads.classify("weather", WEATHERS, calibrate="weather")
    assert result.calibration is not None
    assert result.calibration.reviewed == roads.where("status = 'ok' AND weather IS NOT NULL").count()
    assert result.calibration.error_after < 0.03


def test_reviewed_samples_say_where_none_of_these_begins(roads):
    roads.classify("what", ["bus", "deer"])
    before = right_or_none(roads, "what", "object", ["bus", "deer"])
    review(roads, "object", 200, field="what")
    result = roads.classify("what", ["bus", "deer"])
    assert len(result.calibration.weights) == 2
    assert right_or_none(roads, "what", "object", ["bus", "deer"]) > before + 0.01


def test_too_few_to_calibrate_on_is_said_and_refused_where_it_was_asked_for(roads):
    review(roads, "weather", 49, field="weather")
    assert "49 of 50" in roads.classify("weather", WEATHERS).note
    with pytest.raises(errors.BadValue, match=r"takes 50 reviewed samples .* has 49"):
        roads.classify("weather", WEATHERS, calibrate="weather")


def test_what_it_is_calibrated_on_has_to_be_about_the_classes(roads):
    with pytest.raises(errors.BadValue, match="None of the reviewed values of 'timeofday'"):
        roads.classify("weather", WEATHERS, calibrate="timeofday")
    with pytest.raises(errors.UnknownName, match=r"label field or column 'wether'.*'weather'"):
        roads.classify("weather", WEATHERS, calibrate="wether")
    with pytest.raises(errors.BadValue, match="No annotator"):
        roads.classify("weather", WEATHERS, calibrate="objects")
    assert "weather" not in roads.sql("SELECT DISTINCT field FROM labels")["field"].to_list()


# -- examples ---------------------------------------------------------------------------------------------------------


def test_examples_teach_what_words_do_not_say(roads):
    reviewed = review(roads, "object", 250, field="object")
    result = roads.classify("object", from_labels=True)
    rest = said(roads, "object", "object").filter(~pl.col("sample_id").is_in(reviewed.implode()))
    share = rest.select(pl.col("value") == pl.col("truth")).to_series().mean()
    assert share > 0.85
    assert result.accuracy is not None
    assert result.accuracy.low <= share <= result.accuracy.high
    assert "cross-validated accuracy: " in str(result)
    assert "% interval" in str(result)
    assert result.calibration is not None
    assert set(result.counts) == {*OBJECTS, "none"}
    assert result.source == "clip:demo"


def test_a_vector_without_words_can_be_learnt_from(ds):
    rng = np.random.default_rng(0)
    truth = np.array([n % 4 for n in range(24)])
    vectors = np.eye(8)[truth] + 0.1 * rng.normal(size=(24, 8))
    ds.embed(vectors, name="planted")
    with pytest.raises(errors.BadValue, match=r"knows no words.*from_labels"):
        ds.classify("weather", ["rain", "snow"])
    with pytest.raises(errors.BadValue, match="label 'weather' by an annotator"):
        ds.classify("weather", from_labels=True)
    ds.add_labels(ds.limit(16).df(["sample_id", "weather"]).rename({"weather": "value"}), field="weather", source="ada")
    result = ds.classify("weather", from_labels=True)
    assert sum(result.counts.values()) == int(ds.vectors_.index().present.sum())
    assert right(ds, "weather", "weather") == 1
    assert result.accuracy.right == 16


def test_samples_without_a_vector_are_counted_and_left_alone(roads, photos):
    roads.ingest(photos / "pictures", root="more")
    result = roads.classify("weather", WEATHERS)
    assert result.missing == 23
    assert "without a label: 23; ds.embed()" in str(result)


# -- light ------------------------------------------------------------------------------------------------------------


def test_lighting_is_built_in(roads):
    result = roads.classify("lighting")
    assert list(result.counts) == ["day", "dusk", "night"]
    assert right(roads, "lighting", "timeofday") > 0.97
    calibrated = roads.classify("lighting", calibrate="timeofday")
    assert right(roads, "lighting", "timeofday") > 0.99
    assert calibrated.calibration is not None
    assert len(calibrated.calibration.weights) == 2


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "names", "least"),
    [
        ("day_night", {"day": "day", "night": "night"}, 0.98),
        ("camvid_701", {"day driving": "day", "dusk driving": "dusk"}, 0.95),
    ],
)
def test_lighting_of_real_cameras(shared, tmp_path, name, names, least):
    ds = curate.create(tmp_path / "photos.curate")
    ds.ingest(shared / "data" / name / "index.csv", workers=1)
    ds.embed(f"local-dir:{shared / 'models' / 'photo-clip'}")
    ds.classify("lighting")
    found = said(ds, "lighting", "label").with_columns(pl.col("truth").replace(names))
    assert found.select(pl.col("value") == pl.col("truth")).to_series().mean() > least


# -- again, and back --------------------------------------------------------------------------------------------------


def test_a_later_answer_takes_the_place_of_the_former_and_undo_brings_it_back(roads):
    review(roads, "weather", 60, field="weather")
    first = roads.classify("weather", ["rain", "snow"])
    held = roads.labels("weather").sort("label_id")
    second = roads.classify("weather", WEATHERS)
    assert roads.labels("weather").filter(source_kind="model")["run"].unique().to_list() == [second.run]
    assert roads.labels("weather").filter(source="ada").height == 60
    assert roads.undo() == "label weather, by clip:demo"
    assert roads.labels("weather").sort("label_id").equals(held)
    assert first["rain"].count() == first.counts["rain"]
    assert roads.undo() == "label weather, by clip:demo"
    assert roads.labels("weather")["source"].unique().to_list() == ["ada"]


def test_the_same_again_is_the_same(roads):
    roads.classify("weather", WEATHERS)
    before = roads.labels("weather").select("sample_id", "value", "score")
    roads.classify("weather", WEATHERS)
    assert roads.labels("weather").select("sample_id", "value", "score").equals(before)


def test_another_session_sees_one_answer(roads):
    roads.classify("weather", ["rain", "snow"])
    result = roads.classify("weather", WEATHERS)
    there = curate.open(roads.folder.location)
    assert there.labels("weather")["run"].unique().to_list() == [result.run]


# -- what is wrong ----------------------------------------------------------------------------------------------------


def test_bad_input_is_refused_and_changes_nothing(roads):
    before = roads.history().height
    for arguments, words in [
        (("weather",), "needs classes"),
        (("", WEATHERS), "'field' is a name"),
        ((3, WEATHERS), "'field' is a name"),
        (("weather", "rain"), "list of names"),
        (("weather", ["rain", "rain"]), "twice"),
        (("weather", []), "at least 1 class"),
    ]:
        with pytest.raises(errors.BadValue, match=words):
            roads.classify(*arguments)
    with pytest.raises(errors.BadValue, match="takes no 'classes'"):
        roads.classify("weather", WEATHERS, from_labels=True)
    with pytest.raises(errors.BadValue, match="takes no 'calibrate'"):
        roads.classify("weather", from_labels=True, calibrate="weather")
    with pytest.raises(errors.UnknownName, match="encoder 'demos'"):
        roads.classify("weather", WEATHERS, encoder="demos")
    assert roads.history().height == before


def test_without_vectors_it_says_how_to_make_them(ds):
    with pytest.raises(errors.VectorsNotFound, match=r"ds\.embed\(\)"):
        ds.classify("weather", WEATHERS)


def test_the_past_cannot_be_classified(roads):
    roads.snapshot("v1")
    with pytest.raises(errors.ReadOnly):
        roads.at("v1").classify("weather", WEATHERS)


def test_an_unknown_class_of_the_answer_is_named(roads):
    result = roads.classify("weather", WEATHERS)
    with pytest.raises(errors.UnknownName, match=r"class 'hale'.*'hail'"):
        result["hale"]
