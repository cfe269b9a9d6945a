"""`View.torch` on a dataset of 24 samples: weather = rain, snow, hail, clear in turn; speed = 0…23 without 5; the last is empty."""

import gc
import pickle
import shutil

import numpy as np
import polars as pl
import pytest
import torch

import curate
from curate import errors
from curate.training.dataset import PictureDataset
from curate.training.stream import PictureStream


@pytest.fixture
def ok(ds):
    return ds.where("status = 'ok'").sort_by("speed")


def test_a_picture_comes_with_the_number_of_its_class(ds, ok):
    train = ok.torch(labels="weather")
    assert isinstance(train, PictureDataset)
    assert train.classes == ("clear", "hail", "rain", "snow")
    assert train.sample_ids.tolist() == ok.ids().tolist()
    expected = [train.classes.index(weather) for weather in ok.df(["weather"])["weather"]]
    assert [target for _, target in train] == expected  # type: ignore[attr-defined]
    assert (torch.as_tensor(np.array(next(ok.images()))) == train[0][0].permute(1, 2, 0)).all()


def test_parts_of_a_split_number_their_classes_alike(ds):
    clear = ds.where("weather = 'snow' AND status = 'ok'").torch(labels="weather")
    assert clear.classes == ("clear", "hail", "rain", "snow")
    assert {target for _, target in clear} == {3}  # type: ignore[attr-defined]
    split = ds.where("status = 'ok'").split({"train": 0.5, "test": 0.5}, name="halves")
    train, test = (split[part].torch(labels="weather") for part in ("train", "test"))
    assert train.classes == test.classes
    assert len(train) + len(test) == 23


def test_classes_in_the_order_that_was_stated_or_mapped(ok):
    two = ok.torch(labels="weather", classes=["snow", "rain"])
    assert (two.classes, len(two), two.left_out) == (("snow", "rain"), 12, {"of other classes": 11})
    wet = ok.torch(labels="weather", classes={"rain": "wet", "hail": "wet", "clear": "dry"})
    assert (wet.classes, len(wet)) == (("wet", "dry"), 17)


def test_without_labels_the_target_is_the_sample(ds, ok):
    predicting = ok.torch(missing="skip")
    ids = torch.cat([ids for _, ids in predicting.loader(8)])
    assert ids.tolist() == ok.ids().tolist()
    table = pl.DataFrame({"sample_id": ids.numpy(), "value": ["hail"] * len(ids)})
    assert ds.add_labels(table, field="weather", source="net", source_kind="model") == 23


def test_floats_are_regressed(ok):
    speed = ok.torch(labels="speed")
    assert speed.left_out == {"without a label": 1}
    _, targets = next(iter(speed.loader(4)))
    assert (targets.dtype, targets.tolist()) == (torch.float32, [0.0, 1.0, 2.0, 3.0])


def test_a_field_of_labels_goes_before_a_column_and_has_sources(ds, ok):
    ids = ok.ids()
    ds.add_labels(pl.DataFrame({"sample_id": ids[:4], "value": ["fog"] * 4}), field="weather", source="ada")
    ds.add_labels(pl.DataFrame({"sample_id": ids[2:6], "value": ["hail"] * 4}), field="weather", source="bob")
    both = ok.torch(labels="weather")
    assert (both.classes, both.sample_ids.tolist()) == (("fog", "hail"), ids[[0, 1, 4, 5]].tolist())
    assert both.left_out == {"without a label": 17, "of several classes": 2}
    assert ok.torch(labels="weather", source="bob").sample_ids.tolist() == ids[2:6].tolist()
    with pytest.raises(errors.UnknownName, match="did you mean 'ada'"):
        ok.torch(labels="weather", source="adda")


def test_predictions_are_not_learned_from_unless_they_are_asked_for(ds, ok):
    ids = ok.ids()
    wrong = pl.DataFrame({"sample_id": ids, "value": ["rain"] * 23})
    ds.add_labels(wrong, field="weather", source="net", source_kind="model")
    assert ok.torch(labels="weather").classes == ("clear", "hail", "rain", "snow")
    assert ok.torch(labels="weather", source="net").classes == ("rain",)
    ds.add_labels(pl.DataFrame({"sample_id": ids[:2], "value": ["fog"] * 2}), field="weather", source="ada")
    assert ok.torch(labels="weather").classes == ("fog",)
    assert ok.torch(labels="weather", source=["ada", "net"]).left_out == {"of several classes": 2}
    ds.add_labels(wrong, field="road", source="net", source_kind="model")
    with pytest.raises(errors.UnknownName, match="only predictions; source='net'"):
        ok.torch(labels="road")


def test_boxes_are_corners_and_classes(ds, ok):
    ids = ok.ids()
    boxes = pl.DataFrame({"sample_id": [ids[1]] * 2, "value": ["bus", "car"], "box": [[1, 2, 3, 4], [0, 0, 5, 5]]})
    ds.add_labels(boxes, field="objects", source="ada")
    train = ok.torch(labels="objects")
    assert (train.classes, len(train)) == (("bus", "car"), 23)
    found = {
        (*box, label)
        for box, label in zip(train[1][1]["boxes"].tolist(), train[1][1]["labels"].tolist(), strict=True)
        for box in [tuple(box)]
    }
    assert found == {(1, 2, 4, 6, 0), (0, 0, 5, 5, 1)}
    assert train[0][1]["boxes"].shape == (0, 4)


def test_what_is_known_to_be_broken_is_refused_before_training_begins(ds):
    with pytest.raises(errors.NotReadable, match=r"1 empty.*status = 'ok'"):
        ds.torch(labels="weather")
    for missing in ("skip", "substitute"):
        train = ds.torch(labels="weather", missing=missing)
        assert (len(train), train.left_out) == (23, {"with status empty": 1})


def test_iterable_and_picklable(ok):
    stream = ok.torch(labels="weather", iterable=True, shuffle=8, seed=3, shard=(1, 2))
    assert isinstance(stream, PictureStream)
    again = pickle.loads(pickle.dumps(stream))
    assert [target for _, target in again] == [target for _, target in stream]
    assert (len(list(stream)), len(stream.sample_ids)) == (11, 23)
    assert repr(stream) == "<PictureStream 23 pictures of 4 classes>"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": "wether"}, "did you mean 'weather'"),
        ({"labels": "weather", "source": "ada"}, "no label field"),
        ({"source": "ada"}, "are of labels"),
        ({"classes": ["rain"]}, "are of labels"),
        ({"labels": "weather", "classes": ["rain", "rain"]}, "must not repeat"),
        ({"labels": "weather", "classes": ["sleet"]}, "can be trained on: 23 of other classes"),
        ({"labels": "tags"}, "List"),
        ({"labels": "captured_at"}, "Datetime"),
        ({"labels": ["weather", "drive"]}, "'labels' must be one"),
        ({"missing": "ignore"}, "'missing' must be one of raise, skip, substitute"),
        ({"transform": 3}, "callable"),
        ({"shuffle": "yes"}, "'shuffle'"),
        ({"seed": -1}, "'seed'"),
        ({"shard": (3, 2)}, "'shard'"),
    ],
)
def test_what_cannot_be_is_refused_with_the_next_step(ok, options, words):
    with pytest.raises(errors.CurateError, match=words):
        ok.torch(**options)


def _collect(picture):
    gc.collect()
    return torch.zeros(3)


def test_a_forked_worker_leaves_the_garbage_of_the_session_alone(ds, prepared, tmp_path):
    gc.disable()
    try:
        other = curate.open(shutil.copytree(prepared, tmp_path / "other.curate"))
        assert other.where("weather = 'rain'").count() == 6
        other.cycle = other  # what a notebook lets go of, and has not collected yet
        del other
        train = ds.torch(_collect, missing="skip")
        batches = train.loader(8, num_workers=1, multiprocessing_context="fork")
        assert [len(pictures) for pictures, _ in batches] == [8, 8, 7]
    finally:
        gc.enable()


def test_an_empty_view_cannot_be_trained_on(ds):
    with pytest.raises(errors.BadValue, match="it is empty"):
        ds.where("weather = 'sleet'").torch()
