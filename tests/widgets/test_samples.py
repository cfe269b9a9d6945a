"""What the kernel says about one sample."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate import errors
from curate.widgets import protocol
from curate.widgets.answers.actions import ActionAnswers
from curate.widgets.answers.samples import SampleAnswers
from curate.widgets.exploration import Exploration


class Asking:
    """One exploration, asked without a browser."""

    def __init__(self, view):
        self.exploration = Exploration(view)
        self._handlers = SampleAnswers(self.exploration).handlers() | ActionAnswers(self.exploration).handlers()

    def __call__(self, type, **fields):
        request = type(client="browser", id=1, **fields)
        return self._handlers[type](request)

    def picture(self, sample):
        return self(protocol.GetPicture, sample=str(sample))

    def neighbours(self, sample, **fields):
        return self(protocol.GetNeighbours, sample=str(sample), **fields)

    def history(self, sample):
        return [line.what for line in self(protocol.GetHistory, sample=str(sample))[0].lines]


def embed(ds):
    """Vectors whose angle is the number of the sample; the empty file has none."""
    angles = np.arange(len(ds.ids())) * 0.05
    vectors = np.zeros((len(angles), 4), np.float32)
    vectors[:, 0], vectors[:, 1] = np.cos(angles), np.sin(angles)
    ds.embed(vectors, name="angles")


def empty_sample(ds) -> int:
    return int(ds.where("status = 'empty'").ids()[0])


def test_a_picture_comes_with_all_that_is_known(ds):
    sample = int(ds.ids()[4])
    ds.select([sample]).tag("reviewed")
    labels = pl.DataFrame(
        {"sample_id": [sample] * 2, "value": ["car", "bus"], "box": [[16.0, 12.0, 32.0, 24.0], [0.0, 0.0, 64.0, 48.0]]}
    )
    ds.add_labels(
        labels.with_columns(score=pl.Series([0.5, None])), field="objects", source="yolo", source_kind="model"
    )
    ask = Asking(ds.where("weather = 'rain'"))
    ask.exploration.pick("set", np.array([4]))
    reply, data = ask.picture(sample)
    assert Image.open(io.BytesIO(data)).size == (64, 48)
    assert (reply.row, reply.selected, reply.tags, reply.note) == (1, True, ["reviewed"], "")
    assert reply.name == "a/04.jpg"
    assert reply.location.endswith("/pictures/a/04.jpg")
    assert (reply.width, reply.height) == (64, 48)
    fields = {field.name: field.value for field in reply.fields}
    assert (fields["weather"], fields["drive"], fields["speed"], fields["size"]) == ("rain", "drive-1", "4", "64 × 48")
    assert list(fields)[:3] == ["weather", "drive", "speed"], "the person's own columns come first"
    said = [(line.field, line.value, line.score, line.source, line.source_kind) for line in reply.labels]
    assert said == [("objects", "car", 0.5, "yolo", "model"), ("objects", "bus", None, "yolo", "model")]
    assert all(line.time.endswith("Z") for line in reply.labels)
    assert [shape.box for shape in reply.shapes] == [[0.25, 0.25, 0.5, 0.5], [0, 0, 1, 1]]


def test_a_sample_outside_the_view_is_shown_without_a_row(ds):
    ask = Asking(ds.where("weather = 'rain'"))
    reply, data = ask.picture(ds.ids()[1])
    assert reply.row is None
    assert reply.selected is False
    assert data != b""


def test_the_score_of_a_search_is_among_the_fields(ds):
    embed(ds)
    ask = Asking(ds.search(like=int(ds.ids()[3])))
    fields = {field.name: field.value for field in ask.picture(ds.ids()[3])[0].fields}
    scored = ds.search(like=int(ds.ids()[3])).count()
    assert fields["score"] == "1"
    assert float(fields["score_percentile"]) == pytest.approx(100 * (scored - 1) / scored, abs=0.01)
    assert "score" not in {field.name for field in ask.picture(empty_sample(ds))[0].fields}


def test_a_file_that_cannot_be_read_says_why_in_the_decoders_words(ds):
    reply, data = Asking(ds).picture(empty_sample(ds))
    assert data == b""
    assert reply.note.startswith("The file is empty.")


def test_a_file_that_has_gone_leaves_its_thumbnail_and_a_note(ds, photos, monkeypatch):
    sample = int(ds.ids()[2])

    def gone(_position):
        raise FileNotFoundError("the disk was taken out")

    monkeypatch.setattr(ds, "read_media", gone)
    reply, data = Asking(ds).picture(sample)
    assert Image.open(io.BytesIO(data)).format == "JPEG"
    assert reply.note == "Only the thumbnail can be shown. the disk was taken out"


@pytest.mark.parametrize("type", [protocol.GetPicture, protocol.GetNeighbours, protocol.GetHistory])
@pytest.mark.parametrize("sample", ["12345", "9999999999999999999"])
def test_a_sample_that_is_not_there_is_a_clear_error(ds, type, sample):
    embed(ds)
    with pytest.raises(errors.UnknownName, match=f"There is no sample '{sample}'"):
        Asking(ds)(type, sample=sample)


def test_neighbours_are_the_nearest_of_the_whole_dataset_without_the_sample_itself(ds):
    embed(ds)
    ask = Asking(ds.limit(2))
    reply, data = ask.neighbours(ds.ids()[10], count=4)
    numbers = [ds.ids().tolist().index(int(tile.sample_id)) for tile in reply.tiles]
    assert sorted(numbers) == [8, 9, 11, 12]
    assert set(numbers[:2]) == {9, 11}
    scores = [tile.score for tile in reply.tiles]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(np.cos(0.05), abs=1e-3)
    assert len(data) == sum(tile.bytes for tile in reply.tiles) > 0


def test_neighbours_among_exact_copies_leave_the_sample_out(ds):
    ds.embed(np.tile(np.float32([1, 0, 0, 0]), (24, 1)), name="same")
    sample = str(ds.ids()[20])
    reply, _ = Asking(ds).neighbours(sample, count=5)
    assert len(reply.tiles) == 5
    assert sample not in [tile.sample_id for tile in reply.tiles]


def test_neighbours_need_vectors(ds):
    with pytest.raises(errors.VectorsNotFound, match=r"no vectors yet. Hint: ds.embed\(\)"):
        Asking(ds).neighbours(ds.ids()[0])
    embed(ds)
    with pytest.raises(errors.VectorsNotFound, match="has no vector of 'angles'"):
        Asking(ds).neighbours(empty_sample(ds))


def test_history_is_told_newest_first_and_in_words(ds, monkeypatch):
    monkeypatch.setenv("CURATE_ACTOR", "ada")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/review.ipynb")
    sample, other = (int(id) for id in ds.ids()[:2])
    ds.select([sample, other]).tag("night", "hail")
    ds.select([sample]).untag("hail")
    ds.select([other]).tag("not mine")
    ds.select([sample, other]).save("pair")
    ds.add_labels(pl.DataFrame({"sample_id": [sample, other], "value": ["car", "bus"]}), field="objects", source="yolo")
    ds.select([sample, other]).split({"train": 1, "test": 1}, name="halves")
    part = ds.select([sample]).df(["halves"])["halves"][0]
    ask = Asking(ds)
    assert ask.history(sample) == [
        f"put into {part} by the split halves",
        "labelled objects: car (yolo)",
        "saved in the slice pair",
        "untagged hail",
        "tagged night, hail",
        f"ingested from {ds.first()['source']}",
    ]
    line = ask(protocol.GetHistory, sample=str(sample))[0].lines[0]
    assert (line.actor, line.notebook, line.undone) == ("ada", "review.ipynb", False)
    assert line.time.endswith("Z")


def test_a_tag_counts_only_where_it_was_new(ds):
    first, second = (int(id) for id in ds.ids()[:2])
    ds.select([first]).tag("night")
    ds.select([first, second]).tag("night", "hail")
    assert Asking(ds).history(first)[:2] == ["tagged hail", "tagged night"]
    assert Asking(ds).history(second)[0] == "tagged night, hail"


def test_what_was_undone_is_marked(ds):
    sample = int(ds.ids()[0])
    ds.select([sample]).tag("night")
    ds.undo()
    lines = Asking(ds)(protocol.GetHistory, sample=str(sample))[0].lines
    assert [(line.what.split()[0], line.undone) for line in lines] == [("tagged", True), ("ingested", False)]


def test_history_says_where_it_stopped_looking(ds, monkeypatch):
    sample = int(ds.ids()[0])
    for number in range(4):
        ds.limit(3).tag(f"tag {number}")
    monkeypatch.setattr("curate.widgets.answers.samples.MOST_EVENTS", 3)
    reply = Asking(ds)(protocol.GetHistory, sample=str(sample))[0]
    assert [line.what for line in reply.lines][:-1] == ["tagged tag 3", "tagged tag 2", "tagged tag 1"]
    assert reply.more
    monkeypatch.setattr("curate.widgets.answers.samples.MOST_EVENTS", 300)
    monkeypatch.setattr("curate.widgets.answers.samples.MOST_IDS", 7)
    monkeypatch.setattr("curate.store.log.IDS_AT_ONCE", 3)
    reply = Asking(ds)(protocol.GetHistory, sample=str(sample))[0]
    assert [line.what for line in reply.lines][:-1] == ["tagged tag 3", "tagged tag 2"]
    assert reply.more
    monkeypatch.setattr("curate.widgets.answers.samples.MOST_IDS", 12)
    reply = Asking(ds)(protocol.GetHistory, sample=str(sample))[0]
    assert len(reply.lines) == 5
    assert not reply.more


def test_the_places_on_the_map_are_no_metadata(ds):
    embed(ds)
    ds.project()
    fields = {field.name for field in Asking(ds).picture(ds.ids()[0])[0].fields}
    assert "weather" in fields
    assert not {"projection_x", "projection_y"} & fields
