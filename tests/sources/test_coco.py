"""COCO folders come in with their labels; what cannot be COCO's, and what leads out, is refused by name."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_tools

import curate
from curate.dataset import Dataset
from curate.errors import BadSource, SourceNotFound, UnknownName
from curate.media.mask import from_png
from curate.sources import coco, list_source, recognised
from tests.conftest import draw

WIDTH, HEIGHT = 64, 48
RING = [1.0, 2.0, 11.0, 2.0, 11.0, 12.0]
DOCUMENT: dict[str, Any] = {
    "images": [{"id": n, "file_name": f"{n}.jpg", "width": WIDTH, "height": HEIGHT, "city": "Ulm"} for n in range(4)],
    "categories": [{"id": 1, "name": "car"}, {"id": 7, "name": "traffic light"}],
    "annotations": [
        {"id": 1, "image_id": 0, "category_id": 1, "bbox": [1, 2, 10, 10], "area": 100, "iscrowd": 0, "segmentation": []},
        {"id": 2, "image_id": 0, "category_id": 7, "bbox": [1, 2, 10, 10], "segmentation": [RING]},
    ],
}  # fmt: skip

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    folder = tmp_path / "set"
    for number in range(4):
        draw(folder / "train" / f"{number}.jpg", number, size=(WIDTH, HEIGHT))
    (folder / "annotations").mkdir()

    def write(document: Any = DOCUMENT, *, name: str = "annotations/instances_train.json", **changes: Any) -> Path:
        data = document if isinstance(document, bytes) else json.dumps({**document, **changes}).encode()
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        return folder

    return write


def changed(**changes: Any) -> list[dict[str, Any]]:
    """The first annotation, otherwise; a value of ... leaves it out."""
    row = DOCUMENT["annotations"][0] | changes
    return [{key: value for key, value in row.items() if value is not ...}]


def only(annotated: coco.Annotated) -> dict[str, Any]:
    assert annotated.labels.height == 1
    return {k: v for k, v in annotated.labels.row(0, named=True).items() if v is not None}


def test_a_folder_comes_in_and_again_adds_nothing(write: Write, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "a.curate")
    done = ds.ingest(write(), format="coco")
    assert (done.added, done.labels, done.by_status) == (4, 2, {"ok": 4})
    labels = ds.labels("objects").sort("kind")
    assert labels.select("kind", "value", "box", "points", "attributes", "source").rows() == [
        ("detection", "car", [1, 2, 10, 10], None, None, "set/annotations/instances_train.json"),
        ("polygon", "traffic light", [1, 2, 10, 10], RING, None, "set/annotations/instances_train.json"),
    ]
    assert ds.df(["city", "part"]).unique().rows() == [("Ulm", "train")]
    again = ds.ingest(write(), format="coco")
    assert (again.added, again.unchanged, again.labels) == (0, 4, 0)
    assert ds.labels().height == 2
    ds.undo()
    assert ds.labels().is_empty()
    assert ds.ingest(write(), format="coco").labels == 2


def test_what_the_file_no_longer_says_is_noted(write: Write, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "a.curate")
    ds.ingest(write(), format="coco")
    done = ds.ingest(write(annotations=changed(bbox=[2, 2, 9, 9])), format="coco")
    assert done.labels == 1
    assert ds.labels().height == 3
    assert done.notes == (
        "2 labels of set/annotations/instances_train.json are no longer in it; they stay, until ds.undo(…) takes their event back",
    )


def test_what_another_file_said_of_a_picture_stays(write: Write, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "a.curate")
    ds.ingest(write(annotations=[]), format="coco")
    (write() / "annotations" / "instances_train.json").unlink()
    images = [
        {"id": 0, "file_name": "train/0.jpg", "rain": True},
        {"id": 1, "file_name": "train/1.jpg", "city": "Bonn"},
    ]
    ds.ingest(write(images=images, annotations=[], name="annotations/image_info_val.json"), format="coco")
    assert ds.df(["city", "rain", "part"]).rows() == [
        ("Ulm", True, "val"),
        ("Bonn", None, "val"),
        ("Ulm", None, "train"),
        ("Ulm", None, "train"),
    ]


def test_keys_that_cannot_be_columns_are_renamed_or_refused(write: Write, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "a.curate")
    images = [{"id": 0, "file_name": "0.jpg", "": 1, "meta.city": "Ulm", "status": "good", "tags": ["a", {"b": 1}]}]
    ds.ingest(write(images=images, annotations=[]), format="coco")
    row = ds.df(["unnamed", "meta_city", "given_status", "given_tags"]).row(0)
    assert row == (1, "Ulm", "good", '["a",{"b":1}]')
    images[0]["meta_city"] = "Bonn"
    with pytest.raises(BadSource, match="Two columns would be called 'meta_city'"):
        ds.ingest(write(images=images, annotations=[]), format="coco")


def test_a_folder_at_a_url(write: Write) -> None:
    files = fsspec.filesystem("memory")
    files.put(str(write()), "/pool/set", recursive=True)
    try:
        found = coco.read("memory://pool/set")
        assert found.labels["uri"].to_list() == ["train/0.jpg"] * 2
        assert found.listing.files["status"].null_count() == 4
        files.pipe(
            "/pool/set/annotations/instances_train.json", b'{"images": [{"id": 1, "file_name": "%2e%2e/x.jpg"}]}'
        )
        with pytest.raises(BadSource, match="leads out of"):
            coco.read("memory://pool/set")
    finally:
        files.rm("/pool", recursive=True)


def test_labels_are_the_same_wherever_the_folder_lies(write: Write, tmp_path: Path) -> None:
    first = curate.create(tmp_path / "a.curate")
    first.ingest(write(), format="coco")
    (tmp_path / "moved").mkdir()
    moved = write().rename(tmp_path / "moved" / "set")
    second = curate.create(tmp_path / "b.curate")
    second.ingest(moved, format="coco")
    assert first.labels()["label_id"].to_list() == second.labels()["label_id"].to_list()


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("annotations/instances_train.json", "train"),
        ("annotations/instances_train.json", "images/train"),
        ("annotations/whatever.json", "images"),
        ("annotations/whatever.json", ""),
        ("train/_annotations.coco.json", "train"),
        ("labels.json", "data"),
    ],
)
def test_pictures_are_found_where_tools_put_them(tmp_path: Path, name: str, pictures: str) -> None:
    for number in range(4):
        draw(tmp_path / pictures / f"{number}.jpg", number)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    document = copy.deepcopy(DOCUMENT)
    if pictures == "data":
        for image in document["images"]:
            image["file_name"] = f"data/{image['file_name']}"
    (tmp_path / name).write_text(json.dumps(document))
    for source in (tmp_path, tmp_path / name) if name != "train/_annotations.coco.json" else (tmp_path,):
        found = coco.read(str(source))
        assert found.listing.files["status"].null_count() == 4, source
        assert found.labels["uri"].unique().to_list() == [f"{pictures}/0.jpg".lstrip("/")]


def test_run_lengths_are_masks_as_the_coco_tools_have_them(write: Write) -> None:
    rng = np.random.default_rng(0)
    mask = rng.random((HEIGHT, WIDTH)) < 0.3
    packed = coco_tools.encode(np.asfortranarray(mask.astype(np.uint8)))
    runs = {"size": [HEIGHT, WIDTH], "counts": packed["counts"].decode()}
    row = only(coco.read(str(write(annotations=changed(segmentation=runs, iscrowd=1)))))
    assert row["kind"] == "mask"
    assert (from_png(row["mask"]) == mask).all()
    assert json.loads(row["attributes"]) == {"iscrowd": 1}


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_several_rings_are_a_mask_and_kept_as_they_are(write: Write) -> None:
    rings = [RING, [20.0, 20.0, 30.0, 20.0, 30.0, 30.0, 20.0, 30.0]]
    row = only(coco.read(str(write(annotations=changed(segmentation=rings)))))
    theirs = coco_tools.decode(coco_tools.merge(coco_tools.frPyObjects(rings, HEIGHT, WIDTH)))
    ours = from_png(row["mask"])
    assert json.loads(row["attributes"]) == {"segmentation": rings}
    # the edge is inside for one and outside for the other
    assert (ours & (theirs > 0)).sum() == (theirs > 0).sum()
    assert ours.sum() - theirs.sum() < 45


def test_keypoints_have_places_where_they_are_labelled(write: Write) -> None:
    keypoints = [5, 6, 2, 0, 0, 0, 7.5, 8, 1]
    row = only(coco.read(str(write(annotations=changed(keypoints=keypoints, num_keypoints=2, segmentation=[RING])))))
    assert (row["kind"], row["points"]) == ("keypoints", [5, 6, 7.5, 8])
    assert json.loads(row["attributes"]) == {"visibility": [2, 0, 1], "segmentation": [RING]}


def test_whatever_else_an_annotation_says_is_an_attribute(write: Write) -> None:
    more = {"truncated": True, "attributes": {"occluded": False, "colour": "red"}}
    row = only(coco.read(str(write(annotations=changed(**more)))))
    assert json.loads(row["attributes"]) == {"truncated": True, "occluded": False, "colour": "red"}


def test_captions_are_classifications_of_their_own_field(write: Write, tmp_path: Path) -> None:
    folder = write(annotations=changed(category_id=..., caption="a red car"))
    ds = curate.create(tmp_path / "a.curate")
    ds.ingest(folder, format="coco", labels="vehicles")
    assert ds.labels().select("field", "kind", "value").rows() == [("caption", "classification", "a red car")]


def test_what_is_not_declared_is_kept_to_be_found(write: Write, tmp_path: Path) -> None:
    annotations = [*DOCUMENT["annotations"], *changed(category_id=99), *changed(image_id="../77")]
    images = [*DOCUMENT["images"], {"id": 9, "file_name": "gone.jpg"}]
    ds = curate.create(tmp_path / "a.curate")
    done = ds.ingest(write(annotations=annotations, images=images), format="coco")
    assert done.by_status == {"ok": 4, "missing": 2}
    assert done.notes == ("2 pictures are named and not there",)
    assert ds.where("status = 'missing'").df(["uri"])["uri"].sort().to_list() == [
        "annotations/instances_train.json#image_id=..%2F77",
        "train/gone.jpg",
    ]
    kinds = ds.find_issues().counts
    assert {k: kinds[k] for k in ("unknown_class", "label_without_picture")} == {
        "unknown_class": 1,
        "label_without_picture": 1,
    }


def test_several_files_speak_of_the_same_pictures(write: Write, tmp_path: Path) -> None:
    write(annotations=changed(category_id=..., caption="hello"), name="annotations/captions_train.json")
    ds = curate.create(tmp_path / "a.curate")
    assert ds.ingest(write(), format="coco").labels == 3
    assert ds.count() == 4


HOSTILE = ["/etc/passwd", "../../etc/passwd", "a/../../b.jpg", "..", "", "a\0b.jpg"]
HOSTILE += ["C:\\a.jpg", "..\\x.jpg", "~/a.jpg", "s3://b/x.jpg"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_leads_out_is_refused_by_name(write: Write, tmp_path: Path, name: str) -> None:
    ds = curate.create(tmp_path / "a.curate")
    with pytest.raises(BadSource, match=r"no name of a file|leads out of") as refused:
        ds.ingest(write(images=[{"id": 0, "file_name": name}], annotations=[]), format="coco")
    assert repr(name) in str(refused.value)
    assert "annotations/instances_train.json" in str(refused.value)
    assert ds.count() == 0


def test_links_that_lead_out_are_refused_unless_the_root_holds_both(write: Write, tmp_path: Path) -> None:
    outside = draw(tmp_path / "elsewhere" / "secret.jpg", 9)
    folder = write()
    (folder / "train" / "0.jpg").unlink()
    (folder / "train" / "0.jpg").symlink_to(outside)
    with pytest.raises(BadSource, match=r"train/0\.jpg' is a symbolic link that leads out"):
        coco.read(str(folder))
    assert coco.read(str(folder), root=str(tmp_path)).labels["uri"][0] == "set/train/0.jpg"
    (folder / "train" / "0.jpg").unlink()
    (folder / "annotations" / "instances_train.json").rename(tmp_path / "outside.json")
    (folder / "annotations" / "instances_train.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(BadSource, match="symbolic link"):
        coco.read(str(folder))


def test_a_folder_that_is_a_link_leads_out_too(write: Write, tmp_path: Path) -> None:
    draw(tmp_path / "elsewhere" / "1.jpg", 9)
    (write() / "more").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadSource, match=r"more/1\.jpg"):
        coco.read(str(write()))


IMPOSSIBLE: list[tuple[bytes, str]] = [
    (b"", "truncated"),
    (b"[]", "Expected `object`"),
    (b'{"images": {}}', "images"),
    (b'{"annotations": []}', "missing required field `images`"),
    (b'{"images": [], "x": NaN}', "malformed"),
    (b'{"images": [], "annotations": [' + b"[" * 200_000, "recursion|nest|truncated|malformed"),
    (b'{"images": [{"id": 1}]}', "Image 0 of .*file_name"),
    (b'{"images": [{"id": 1, "file_name": 5}]}', "Image 0 of .*Expected `str`"),
    (b'{"images": [{"id": [], "file_name": "0.jpg"}]}', "Image 0 of"),
    (b'{"images": [{"id": 1, "file_name": "0.jpg"}, {"id": 1, "file_name": "1.jpg"}]}', "Image 1 of .*the id 1"),
    (b'{"images": [], "categories": [{"id": 1}]}', "Category 0 of .*name"),
    (b'{"images": [], "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}', "Category 1 of .*the id 1"),
]


@pytest.mark.parametrize(("data", "words"), IMPOSSIBLE)
def test_impossible_json_is_refused_with_its_place(write: Write, data: bytes, words: str) -> None:
    with pytest.raises(BadSource, match=words) as refused:
        coco.read(str(write(data)))
    assert "instances_train.json" in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image_id": ...}, "image_id"),
        ({"image_id": None}, "image_id"),
        ({"category_id": ...}, "neither a category_id nor a caption"),
        ({"bbox": [1, 2, 3]}, "got 3 numbers"),
        ({"bbox": [1, 2, 3, "4"]}, "bbox"),
        ({"bbox": "1 2 3 4"}, "bbox"),
        ({"segmentation": [["x"] * 6]}, "segmentation"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [1]}}, "do not add up"),
        ({"segmentation": {"size": [10**6, 10**6], "counts": [10**12]}}, "pixels"),
        ({"segmentation": {"size": [10**6, 10**6], "counts": [10**30]}}, "pixels|counts"),
        ({"segmentation": {"size": [1], "counts": []}}, "size"),
        ({"keypoints": [1, 2]}, "got 2 numbers"),
        ({"attributes": "red"}, "attributes"),
        ({"score": "high"}, "score"),
    ],
)
def test_an_impossible_annotation_is_refused_by_its_number(write: Write, changes: dict[str, Any], words: str) -> None:
    annotations = [*DOCUMENT["annotations"], *changed(**changes)]
    with pytest.raises(BadSource, match=r"Annotation 2 of annotations/instances_train\.json") as refused:
        coco.read(str(write(annotations=annotations)))
    assert any(word in str(refused.value) for word in words.split("|"))


def test_numbers_beyond_any_picture_come_in_to_be_found(write: Write, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "a.curate")
    folder = write(annotations=[*changed(bbox=[1e300, -5, 10, 10]), *changed(bbox=[60, 0, 10, 10])])
    assert ds.ingest(folder, format="coco").labels == 2
    issues = ds.find_issues().counts
    assert (issues["box_empty"], issues["box_outside"]) == (1, 1)


def test_a_file_or_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="nowhere"):
        coco.read(str(tmp_path / "nowhere"))
    with pytest.raises(SourceNotFound):
        coco.read(str(tmp_path / "nowhere.json"))
    with pytest.raises(BadSource, match="has no JSON file"):
        coco.read(str(tmp_path))


def test_a_format_is_recognised_and_said(write: Write, tmp_path: Path) -> None:
    assert "format='coco'" in (recognised(write()) or "")
    assert recognised(write() / "train") is None
    ds = curate.create(tmp_path / "a.curate")
    assert any("format='coco'" in note for note in ds.ingest(write()).notes)
    assert ds.labels().is_empty()
    with pytest.raises(UnknownName, match="did you mean 'coco'"):
        ds.ingest(write(), format="coc")
    assert list_source(write()).files.height == 4


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**20) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_any_json_comes_in_or_is_refused(write: Write, data: st.DataObject) -> None:
    document = copy.deepcopy(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 2))):
        section = data.draw(st.sampled_from(["images", "annotations", "categories"]))
        row = data.draw(st.sampled_from(document[section]))
        row[data.draw(st.sampled_from([*row, "keypoints", "attributes"]))] = data.draw(json_values)
    folder = write(msgspec.json.encode(document))
    try:
        found = coco.read(str(folder))
    except BadSource as error:
        assert "instances_train.json" in str(error)  # noqa: PT017
    else:
        assert found.labels.height >= 2
        assert set(found.labels["uri"]) <= set(found.listing.files["uri"])


def exported(ds: Dataset) -> pl.DataFrame:
    said = ["field", "kind", "value", "box", "score", "source", "attributes"]
    joined = ds.labels().join(ds.df(["sample_id", "content_hash"]), on="sample_id")
    return joined.select("content_hash", *said).sort("content_hash", "field", "value", "box", "source")


@pytest.mark.parametrize("parts", [False, True])
def test_what_is_exported_comes_in_again_label_for_label(ds: Dataset, tmp_path: Path, parts: bool) -> None:
    ids = ds.where("status = 'ok'").ids()
    rng = np.random.default_rng(0)
    table = pl.DataFrame(
        {
            "sample_id": rng.choice(ids, 40),
            "value": rng.choice(["car", "traffic light", 'größer "x"/\n', "7"], 40),
            "box": rng.uniform([-9, -9, 1, 1], 40, (40, 4)).tolist(),
            "score": rng.random(40),
        }
    )
    table = pl.concat([table, table.head(3)])  # the same box twice is two labels
    ds.add_labels(table, field="objects", source="model-a", source_kind="model")
    ds.add_labels(table.drop("score").tail(5), field="parts", source="ada")
    view = ds.where("status = 'ok'")
    view = view.split({"train": 0.7, "val": 0.3}, name="s") if parts else view
    export = view.export(tmp_path / "out", format="coco")
    other = curate.create(tmp_path / "other.curate")
    done = other.ingest(export.path, format="coco")
    assert (done.added, done.by_status, done.labels) == (23, {"ok": 23}, 48)
    assert exported(other).equals(exported(ds))
    weather = ds.where("status = 'ok'").df(["content_hash", "weather", "speed"])
    assert other.df(["content_hash", "weather", "speed"]).sort("content_hash").equals(weather.sort("content_hash"))
    if parts:
        assert other.df(["part"])["part"].value_counts().sort("part").rows() == [("train", 16), ("val", 7)]
    assert other.ingest(export.path, format="coco").labels == 0


def test_an_export_that_links_or_refers_comes_in_with_its_root(ds: Dataset, photos: Path, tmp_path: Path) -> None:
    view = ds.where("status = 'ok'")
    ds.add_labels(
        view.limit(3).df(["sample_id"]).with_columns(value=pl.lit("car"), box=pl.lit([1.0, 2, 3, 4])),
        field="objects",
        source="ada",
    )
    reference = view.export(tmp_path / "reference", format="coco", media="reference")
    with pytest.raises(BadSource, match="give root="):
        coco.read(str(reference.path))
    other = curate.create(tmp_path / "other.curate")
    done = other.ingest(reference.path, format="coco", root=str(photos / "pictures"))
    assert (done.by_status["ok"], done.labels) == (23, 3)
