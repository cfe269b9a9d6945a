"""A real FiftyOne with a real MongoDB: there, searched there, and back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import curate
from curate import errors
from curate.dataset import Dataset
from curate.encoders.encoder import EncoderInfo
from curate.media.mask import to_png
from curate.to_fiftyone import zoo_model
from tests.conftest import draw


@pytest.fixture(scope="module")
def fo() -> Any:
    """FiftyOne, connected; without it these tests are skipped, where that is allowed."""
    required = os.environ.get("CURATE_REQUIRE_FIFTYONE") == "1"
    if not os.environ.get("FIFTYONE_DATABASE_URI"):
        if required:
            pytest.fail("FIFTYONE_DATABASE_URI is not set, and these tests may not be skipped")
        pytest.skip("needs a MongoDB: FIFTYONE_DATABASE_URI")
    from curate.exports.fiftyone_database import fiftyone

    return fiftyone()


@pytest.fixture
def name(fo: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for a dataset of FiftyOne that is gone after the test."""
    wanted = f"curate-{os.getpid()}-{request.node.name}"
    yield wanted
    if fo.dataset_exists(wanted):
        fo.delete_dataset(wanted)


@pytest.fixture(scope="module")
def scenes_built(fo: Any, example_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = shutil.copytree(example_dataset, tmp_path_factory.mktemp("scenes") / "roads.curate")
    ds = curate.open(path)
    first = ds.where("status = 'ok'").limit(3)
    table = pl.DataFrame(
        {
            "sample_id": first.ids(),
            "value": ["lane", "sky", "walker"],
            "polygon": [[1.5, 2.0, 30.0, 2.25, 9.5, 40.0], None, None],
            "mask": [None, to_png(np.arange(240 * 320).reshape(240, 320) % 7 == 0), None],
            "keypoints": [None, None, [[10.0, 20.0, 2.0], [0.0, 0.0, 0.0], [30.0, 40.5, 1.0]]],
            "attributes": ['{"dashed":true}', None, '{"occluded":0.5}'],
            "score": [0.5, None, 0.75],
        }
    )
    ds.add_labels(table, field="parts", source="ada")
    ds.add_labels(
        ds.limit(9).df(["sample_id", "weather"]).rename({"weather": "value"}),
        field="seen",
        source="rule",
        source_kind="rule",
    )
    odd = pl.DataFrame(
        {
            "sample_id": first.ids(),
            "value": ["a", "b", "c"],
            "box": [[1.0, 2.0, 30.5, 40.25]] * 3,
            "attributes": [
                '{"size":1,"box":"big","nested":{"a":1}}',
                '{"size":"large","a.b":[1,2]}',
                '{"tags":["odd"],"$x":null,"far":1e300}',
            ],
        }
    )
    ds.add_labels(odd, field="odd", source="model: x/y", source_kind="model")
    ds.classify("weather", ["clear", "rain", "fog"])
    ds.limit(5).tag("nice", "train")
    ds.where("weather = 'fog'").sort_by("brightness").save("fog", note="for review")
    ds.split({"train": 0.8, "test": 0.2}, group_by="drive", name="v1")
    return path


@pytest.fixture
def scenes(scenes_built: Path, tmp_path: Path) -> Dataset:
    return curate.open(shutil.copytree(scenes_built, tmp_path / "roads.curate"))


SAID = ["sample_id", "field", "kind", "value", "box", "points", "score", "source", "source_kind", "attributes"]


def said(ds: Dataset) -> pl.DataFrame:
    return ds.labels().select(SAID).sort(SAID, nulls_last=True)


def test_a_round_trip_loses_nothing_that_both_can_hold(scenes: Dataset, name: str, tmp_path: Path) -> None:
    sent = scenes.to_fiftyone(name)
    back = curate.create(tmp_path / "back.curate")
    ingested = back.ingest(sent.dataset, root=str(tmp_path / "roads.curate" / "media"))
    assert back.ids().tolist() == scenes.ids().tolist()
    assert back.columns == scenes.columns
    own = [
        "timeofday",
        "weather",
        "place",
        "object",
        "drive",
        "frame",
        "planted",
        "v1",
        "origin",
        "width",
        "captured_at",
    ]
    assert back.df(own).equals(scenes.df(own))
    assert said(back).equals(said(scenes))
    assert back.labels()["mask"].drop_nulls().len() == 1
    assert {tag: ids.tolist() for tag, ids in back.session.tags.items()} == {
        tag: ids.tolist() for tag, ids in scenes.session.tags.items()
    }
    assert back.slice("fog").member_ids().tolist() == scenes.slice("fog").member_ids().tolist()
    assert back.slice("fog").note == "for review"
    for part in ("train", "test"):
        assert back.split_named("v1")[part].ids().tolist() == scenes.split_named("v1")[part].ids().tolist()
    assert back.split_named("v1").certificate.parts == scenes.split_named("v1").certificate.parts
    assert back.encoders() == scenes.encoders()
    there = back.where("status = 'ok'")
    assert np.abs(there.vectors() - scenes.where("status = 'ok'").vectors()).max() < 1e-3
    assert there.search("a bus").limit(5).ids().tolist() == scenes.search("a bus").limit(5).ids().tolist()
    assert ingested.labels == said(scenes).height
    # what one cannot hold is said
    assert sent.lost == {"queries of slices; their members are saved views": 1}


def test_what_comes_back_to_the_dataset_it_came_from_adds_only_what_is_new(fo: Any, scenes: Dataset, name: str) -> None:
    before, events = said(scenes), scenes.history().height
    sent = scenes.to_fiftyone(name)
    again = scenes.ingest(sent.dataset)
    assert (again.added, again.labels, said(scenes).equals(before)) == (0, 0, True)
    assert scenes.history().height == events + 1  # that it was handed over
    sample = sent.dataset.match({"curate_id": int(scenes.ids()[0])}).first()
    sample["objects"].detections.append(
        fo.Detection(label="kite", bounding_box=[0.25, 0.5, 0.25, 0.25], confidence=0.5)
    )
    sample["verdict"] = fo.Classification(label="good", mood="bright")
    sample.tags.append("found there")
    sample.save()
    more = scenes.ingest(sent.dataset)
    assert more.labels == 2
    new = said(scenes).join(before, on=["sample_id", "field", "value"], how="anti")
    assert new.select("field", "value", "box", "attributes").sort("field").rows() == [
        ("objects", "kite", [80.0, 120.0, 80.0, 60.0], None),
        ("verdict", "good", None, '{"mood":"bright"}'),
    ]
    assert scenes.tagged("found there").ids().tolist() == [scenes.ids()[0]]


def test_a_split_that_is_another_here_stays_tags(scenes: Dataset, name: str) -> None:
    sent = scenes.to_fiftyone(name)
    there = scenes.split_named("v1")["test"].ids()
    scenes.split({"train": 0.5, "test": 0.5}, name="v1", leak=None, seed=3)
    held = scenes.split_named("v1")["test"].ids()
    told = scenes.ingest(sent.dataset).notes
    assert "split 'v1' stays tags: there is another split of that name" in told
    assert scenes.split_named("v1")["test"].ids().tolist() == held.tolist()
    assert sorted(scenes.tagged("test").ids()) == sorted(there)


def test_fiftyone_searches_by_a_picture_and_by_words(fo: Any, scenes: Dataset, name: str) -> None:
    sent = scenes.to_fiftyone(name)
    assert sent.prompts == ("demo",)
    fo.load_dataset(name).clear_cache()  # as in another session
    there = fo.load_dataset(name)
    assert there.persistent
    sample = there.match({"curate_id": int(scenes.where("object = 'bus'").ids()[0])}).first()
    near = there.sort_by_similarity(sample.id, k=4, brain_key="demo").values("curate_id")
    assert near[0] == sample["curate_id"]
    assert len(set(near[1:]) & set(scenes.search(like=near[0]).limit(8).ids().tolist())) >= 2
    # FiftyOne loads the model itself, encodes "A photo of a road at night" with it, and sorts by our vectors
    night = there.sort_by_similarity("a road at night", k=8, brain_key="demo").values("timeofday")
    day = there.sort_by_similarity("a road in daylight", k=8, brain_key="demo").values("timeofday")
    assert night.count("night") >= 7
    assert "night" not in day


@pytest.mark.shared
def test_fiftyone_searches_photos_by_the_words_of_a_real_model(
    shared: Path, fo: Any, name: str, tmp_path: Path
) -> None:
    folder = shared / "data" / "day_night"
    index = pl.read_csv(folder / "index.csv").select("path", "label")
    ds = curate.create(tmp_path / "photos.curate")
    ds.ingest(pl.concat([index.filter(label=label).head(15) for label in ("day", "night")]), root=str(folder))
    ds.embed(f"local-dir:{shared / 'models' / 'photo-clip'}")
    sent = ds.to_fiftyone(name)
    assert (sent.brain_runs, sent.prompts) == (("photo_clip",), ("photo_clip",))
    for words, label in (("a street at night", "night"), ("a street in daylight", "day")):
        found = sent.dataset.sort_by_similarity(words, k=12, brain_key="photo_clip").values("label")
        assert found.count(label) >= 11, found


def test_a_view_goes_in_its_order_and_keeps_parts_that_are_tags_already(scenes: Dataset, name: str) -> None:
    view = scenes.where("status = 'ok'").limit(7).sort_by("brightness")
    sent = view.to_fiftyone(name)
    assert sent.dataset.values("curate_id") == view.ids().tolist()
    # "train" is a tag of five samples, so the part is told from it
    tags = set(sent.dataset.distinct("tags"))
    assert tags <= {"nice", "train", "v1:train", "test"}
    assert "v1:train" in tags
    assert "status" not in sent.dataset.get_field_schema()
    assert sent.samples == len(sent.dataset) == 7


def test_without_a_name_it_goes_with_the_session(fo: Any, scenes: Dataset) -> None:
    sent = scenes.limit(2).to_fiftyone()
    assert not sent.dataset.persistent
    assert sent.dataset.name in str(sent)
    sent.dataset.delete()


def test_a_name_that_is_taken_is_refused_and_left_alone(fo: Any, scenes: Dataset, name: str) -> None:
    fo.Dataset(name)
    with pytest.raises(errors.DatasetExists, match="already"):
        scenes.to_fiftyone(name)
    assert len(fo.load_dataset(name)) == 0
    with pytest.raises(errors.BadValue, match="needs a name"):
        scenes.to_fiftyone(" ")
    with pytest.raises(errors.BadValue, match="empty"):
        scenes.limit(0).to_fiftyone(f"{name}-2")
    assert not fo.dataset_exists(f"{name}-2")


def made_there(fo: Any, name: str, folder: Path) -> Any:
    """A dataset that Curate did not write."""
    dataset = fo.Dataset(name)
    samples = []
    for number in range(6):
        sample = fo.Sample(
            filepath=str(draw(folder / f"{number}.jpg", number)), tags=["train" if number < 4 else "val"]
        )
        sample["weather"] = fo.Classification(label="rain", confidence=0.5)
        sample["cars"] = fo.Detections(
            detections=[fo.Detection(label="car", bounding_box=[0.25, 0.25, 0.5, 0.5], index=3, colour="red")]
        )
        sample["speed"] = number / 2
        sample["notes"] = {"a": number}
        sample["embedding"] = np.eye(6)[number] + 0.01
        samples.append(sample)
    dataset.add_samples(samples, progress=False)
    dataset.save_view(
        "fast", dataset.match(fo.ViewField("speed") > 1).sort_by("speed", reverse=True), description="quick ones"
    )
    return dataset


def test_a_dataset_that_was_made_there_comes_with_all_it_has(fo: Any, name: str, tmp_path: Path) -> None:
    import fiftyone.brain as fob

    dataset = made_there(fo, name, tmp_path / "pictures")
    fob.compute_similarity(
        dataset, embeddings=np.random.default_rng(0).normal(size=(6, 5)), brain_key="inside", backend="sklearn"
    )
    clip = {"clip_model": "ViT-B-32", "pretrained": "laion2b_s34b_b79k"}
    index = fob.compute_similarity(dataset, embeddings="embedding", brain_key="spoken", backend="sklearn")
    index.config.model, index.config.model_kwargs = "open-clip-torch", clip
    fo.core.brain.BrainMethod.update_run_config(dataset, "spoken", index.config)
    dataset.sort_by_similarity(dataset.first().id, brain_key="inside")  # takes the mean off the vectors that it holds
    ds = curate.create(tmp_path / "new.curate")
    ingested = ds.ingest(dataset)
    assert ds.df(["uri", "speed", "notes"]).rows() == [(f"{n}.jpg", n / 2, {"a": n}) for n in range(6)]
    assert ds.df(["fiftyone_id"])["fiftyone_id"].to_list() == dataset.values("id")
    cars = ds.labels("cars")
    assert cars.select("kind", "value", "box", "attributes", "source").unique().rows() == [
        ("detection", "car", [16.0, 12.0, 32.0, 24.0], '{"colour":"red","index":3}', f"fiftyone:{name}")
    ]
    assert ds.tagged("val").count() == 2
    assert ds.slice("fast").members.df(["speed"])["speed"].to_list() == [2.5, 2.0, 1.5]
    assert ds.slice("fast").note == "quick ones"
    meant = np.random.default_rng(0).normal(size=(6, 5))
    meant /= np.linalg.norm(meant, axis=1, keepdims=True)
    assert np.abs(ds.vectors("inside") - meant).max() < 1e-3
    assert ds.vectors("spoken").shape == (6, 6)
    assert any("laion2b_s34b_b79k" in note and "not here" in note for note in ingested.notes) or ds.encoder.has_text
    again = ds.ingest(dataset)
    assert (again.added, again.labels) == (0, 0)
    # a dataset that grows there grows here, its vectors too
    dataset.add_sample(fo.Sample(filepath=str(draw(tmp_path / "pictures" / "6.jpg", 6)), embedding=np.ones(6)))
    assert ds.ingest(dataset).added == 1
    assert sorted(encoder.name for encoder in ds.encoders()) == ["inside", "spoken"]
    assert ds.vectors("spoken")[6] == pytest.approx(np.full(6, 6**-0.5), abs=1e-3)
    # other vectors of that name stand beside those that are here
    dataset.set_values("embedding", list(np.eye(7, 6)[::-1] + 0.5))
    ds.ingest(dataset)
    assert len(ds.encoders()) == 3
    assert ds.vectors("spoken")[6] == pytest.approx(np.full(6, 6**-0.5), abs=1e-3)


def test_a_view_of_it_and_what_has_no_pictures(fo: Any, name: str, tmp_path: Path) -> None:
    dataset = made_there(fo, name, tmp_path / "pictures")
    ds = curate.create(tmp_path / "new.curate")
    assert ds.ingest(dataset.match_tags("val")).added == 2
    assert ds.slice("fast").members.count() == 2
    for source, words in ((dataset.to_patches("cars"), "PatchesView"), (dataset.limit(0), "empty")):
        with pytest.raises(errors.BadSource, match=words):
            ds.ingest(source)
    video = fo.Dataset(f"{name}-video")
    video.add_sample(fo.Sample(filepath=str(tmp_path / "a.mp4")))
    with pytest.raises(errors.BadSource, match="video"):
        ds.ingest(video)
    video.delete()
    with pytest.raises(errors.BadSource, match="'labels' is not for"):
        ds.ingest(dataset, labels="weather")
    assert ds.count() == 2


def test_a_picture_that_is_gone_is_a_missing_sample_with_its_labels(fo: Any, name: str, tmp_path: Path) -> None:
    dataset = made_there(fo, name, tmp_path / "pictures")
    dataset.compute_metadata(progress=False)
    (tmp_path / "pictures" / "3.jpg").unlink()
    ds = curate.create(tmp_path / "new.curate")
    assert ds.ingest(dataset).by_status == {"ok": 5, "missing": 1}
    gone = ds.where("status = 'missing'").ids()[0]
    # FiftyOne knows its size, so that its box has a place
    assert ds.labels("cars").filter(sample_id=gone)["box"].to_list() == [[16.0, 12.0, 32.0, 24.0]]


def test_names_that_fiftyone_needs_itself_come_back_as_they_were(
    fo: Any, ds: Dataset, name: str, tmp_path: Path
) -> None:
    odd = ["save", "field_names", "id", "metadata", "_hidden", "a b", "Ünï"]
    ds.join(ds.df(["uri"]).with_columns(pl.col("uri").alias(one) for one in odd), on="uri")
    places = ds.where("status = 'ok'").limit(3)
    boxes = pl.DataFrame({"sample_id": places.ids(), "value": ["x", "y", "z"], "box": [[1.0, 2.0, 3.0, 4.0]] * 3})
    for about in ("tags", "save", "a.b"):
        ds.add_labels(boxes, field=about, source="someone: ü")
    sent = ds.to_fiftyone(name)
    assert "save" in repr(sent.dataset.first())
    back = curate.create(tmp_path / "back.curate")
    back.ingest(sent.dataset)
    assert back.df([*odd, "speed"]).rows() == ds.df([*odd, "speed"]).rows()
    both = [one.labels().select(SAID[1:]).sort(SAID[1:]) for one in (ds, back)]
    assert both[0].equals(both[1])


def test_the_pictures_of_groups_come_with_their_group(fo: Any, name: str, tmp_path: Path) -> None:
    dataset = fo.Dataset(name)
    dataset.add_group_field("group", default="left")
    for number in range(2):
        group, picture = fo.Group(), str(draw(tmp_path / "pictures" / f"{number}.jpg", number))
        dataset.add_sample(fo.Sample(filepath=picture, group=group.element("left")))
        dataset.add_sample(fo.Sample(filepath=str(tmp_path / f"{number}.mp4"), group=group.element("film")))
    ds = curate.create(tmp_path / "new.curate")
    assert ds.ingest(dataset).added == 2
    assert [group["name"] for group in ds.df(["group"])["group"]] == ["left", "left"]


def test_an_export_is_read_by_fiftyone_before_it_is_there(fo: Any, scenes: Dataset, tmp_path: Path) -> None:
    from curate.errors import NotVerified
    from curate.exports.contents import Contents
    from curate.exports.fiftyone import FIFTYONE
    from curate.exports.labels import flat_labels

    split = scenes.split_named("v1")
    before = set(fo.list_datasets())
    export = split.export(tmp_path / "out", format="fiftyone")
    assert export.manifest.read_by == f"fiftyone {fo.__version__}"
    assert export.verify().ok
    loaded = fo.Dataset.from_dir(dataset_dir=str(export.path), dataset_type=fo.types.FiftyOneDataset, progress=False)
    assert len(loaded) == export.counts["samples"] == 57
    assert {Path(path).is_file() for path in loaded.values("filepath")} == {True}
    assert loaded.count("objects.detections") == scenes.labels("objects").height
    # "train" is a tag of some samples anyway
    assert len(loaded.match_tags("split:train")) == split["train"].where("status = 'ok'").count()
    back = curate.create(tmp_path / "back.curate")
    back.ingest(loaded)
    assert (
        back.labels("objects")
        .select("value", "box")
        .sort("value", "box")
        .equals(scenes.labels("objects").select("value", "box").sort("value", "box"))
    )
    loaded.delete()
    assert set(fo.list_datasets()) == before
    # what is not what was meant does not pass: one box moved, and one label gone
    samples = back.frame(np.arange(back.count())).sort("uri").with_columns(file_name=pl.lit("x"))
    text = (export.path / "samples.json").read_text()
    meant = Contents(samples, flat_labels(scenes.labels(), samples["sample_id"], None).rows, (), {}, "copy")
    with pytest.raises(NotVerified, match="picture"):
        FIFTYONE.check(export.path, export.manifest, meant)
    assert text.count('"label":"bus"') > 1
    (export.path / "samples.json").write_text(text.replace('"label":"bus"', '"label":"tram"', 1))
    assert not export.verify().ok


def test_the_block_of_the_readme_runs_on_a_small_demo(
    fo: Any, example_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text()
    (block,) = [one for one in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "to_fiftyone(" in one]
    monkeypatch.setenv("CURATE_HOME", str(tmp_path / "cache"))
    shutil.copytree(example_dataset, tmp_path / "cache" / "roads.curate")
    names: dict[str, Any] = {}
    try:
        exec(compile(block.replace("curate.demo()", "curate.demo(n=60, seed=1)"), "README.md", "exec"), names)
        assert names["ds"].tagged("look again").count() == 5
        assert names["sent"].samples == 12
        told = capsys.readouterr().out
        assert "fiftyone.load_dataset('fog'): 12 samples" in told
        assert "tags: look again" in told
    finally:
        if fo.dataset_exists("fog"):
            fo.delete_dataset("fog")


WITHOUT = """
import sys, curate
from curate import errors
try:
    curate.open(sys.argv[1]).to_fiftyone("x")
except errors.DatabaseNotFound as error:
    assert isinstance(error, ConnectionError)
    print(error)
"""


def test_without_mongodb_the_user_gets_fiftyones_reason_and_our_hint(ds: Dataset) -> None:
    pytest.importorskip("fiftyone")
    without = {key: value for key, value in os.environ.items() if not key.startswith("FIFTYONE_")}
    without |= {"FIFTYONE_DATABASE_URI": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300"}
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT, ds.folder.location]
    done = subprocess.run(command, env=without, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    words = done.stdout.splitlines()[-1]
    assert "Could not connect to `mongod`" in words
    assert "Hint: start a MongoDB" in words
    assert "FIFTYONE_DATABASE_URI" in words


def info(model: str, *, has_text: bool = True) -> EncoderInfo:
    return EncoderInfo(name="x", model=model, weights_hash="", preprocessing="", dimension=4, has_text=has_text)


def test_the_zoo_model_of_an_encoder() -> None:
    kwargs = {"clip_model": "ViT-B-32", "pretrained": "laion2b_s34b_b79k"}
    assert zoo_model(info("ViT-B-32/laion2b_s34b_b79k")) == ("open-clip-torch", kwargs)
    assert zoo_model(info("local-dir:/m")) == ("open-clip-torch", {"clip_model": "local-dir:/m", "pretrained": ""})
    # OpenAI's weights were trained with another activation, which OpenCLIP does not take by itself
    assert zoo_model(info("ViT-B-32/openai")) == (
        "open-clip-torch",
        {"clip_model": "ViT-B-32-quickgelu", "pretrained": "openai"},
    )
    assert zoo_model(info("given:mine", has_text=False)) is None
    assert zoo_model(info("function:mine")) is None
