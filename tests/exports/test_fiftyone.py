"""What is written for FiftyOne, and read again without it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.exports.fiftyone import noted, write_folder
from curate.exports.fiftyone_documents import documents
from curate.exports.fiftyone_note import Note
from curate.exports.labels import flat_labels
from curate.labels.annotations import label_rows
from curate.media.mask import from_png, to_png
from curate.sources.annotated import in_pixels
from curate.sources.fiftyone import Collection, read_folder
from curate.sources.fiftyone_labels import labels_of
from curate.sources.listing import Listing

WIDTH, HEIGHT = 37, 23


@pytest.fixture
def samples(tmp_path: Path) -> pl.DataFrame:
    paths = [str(tmp_path / "pictures" / f"{name}.jpg") for name in ("a", "ü b", "c")]
    return pl.DataFrame(
        {
            "sample_id": [3, 1, 2],
            "file_name": paths,
            "tags": [["wet", "train"], [], ["train"]],
            "width": [WIDTH] * 3,
            "height": [HEIGHT] * 3,
            "weather": ["rain", None, "hail"],
            "frame": [1, None, 2**40],
            "bright": pl.Series([0.1, None, 1.0], dtype=pl.Float32),
            "_odd.name": [True, False, None],
            "words": [["a", "b"], [], None],
            "depot_longitude": [7.5, None, -179.25],
            "depot_latitude": [45.125, None, 0.0],
            "place": [{"x": 1, "y": "z"}, None, {"x": 2, "y": None}],
        }
    )


def brought_back(
    samples: pl.DataFrame, labels: pl.DataFrame | None, folder: Path, note: Note | None = None
) -> Collection:
    folder.mkdir(exist_ok=True)
    made = documents(samples, flat_labels(labels, samples["sample_id"], None).rows)
    write_folder(folder, made, name="roads", note=noted(made, note or Note(), {}))
    return read_folder(folder, name="roads", root=str(Path(samples["file_name"][0]).parent))


def blob(seed: int, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> bytes:
    rng = np.random.default_rng(seed)
    mask = np.zeros(shape, bool)
    top, left = rng.integers(0, shape[0] - 5), rng.integers(0, shape[1] - 5)
    mask[top : top + 5, left : left + 4] = rng.random((5, 4)) < 0.7
    return to_png(mask)


EVERY = [
    {"value": "car", "box": [1.1, 2.25, 7.3, 9.9], "score": 0.75, "attributes": '{"iscrowd":1,"truncated":true}'},
    {"value": "car", "box": [0.0, 0.0, WIDTH, HEIGHT], "attributes": '{"label":"x","a.b":[1,{"c":2}],"tags":["odd"]}'},
    {"value": "lane", "polygon": [0.5, 0.5, 9.1, 0.3, 5.0, 7.7]},
    {"value": "lane", "polygon": [1.5, 0.5, 9.1, 0.3, 5.0, 7.7], "box": [1.5, 0.3, 7.6, 7.4], "score": 0.5},
    {"value": "person", "keypoints": [[3, 4, 2], [0, 0, 0], [7.5, 8.25, 1]], "score": 0.25},
    {"value": "person", "keypoints": [[3, 4], [7.5, 8.25]], "box": [3.0, 4.0, 5.0, 5.0]},
    {"value": "door", "polygon": [0.5, 0.5, 9.1, 0.3, 5.0, 7.7], "attributes": '{"closed":"yes","filled":false}'},
    {
        "value": "door",
        "polygon": [0.5, 0.5, 9.1, 0.3, 5.0, 7.7],
        "attributes": '{"closed":true,"filled":false,"points":4}',
    },
    {"value": "face", "keypoints": [[3, 4], [5, 6], [7.5, 8.25]], "attributes": '{"closed":true,"confidence":"low"}'},
    {
        "value": "car",
        "box": [1.0, 2.0, 3.0, 4.0],
        "attributes": '{"box":"big","closed":true,"filled":true,"mask":[1],"score":3}',
    },
    {
        "value": "tree",
        "mask": blob(4),
        "attributes": '{"boxless":7,"closed":true,"filled":true,"index":true,"points":"many","tags":[]}',
    },
    {"value": "tree", "mask": blob(1)},
    {"value": "tree", "mask": blob(2), "box": [4.0, 4.5, 9.0, 8.0], "score": 0.125},
    {"value": "tree", "mask": blob(3, (46, 74)), "attributes": '{"area":12.5}'},
    {"value": "tree", "mask": blob(5, (200, 100)), "box": [0.1, 0.2, 0.3, 0.4]},
    {"value": "tree", "mask": blob(6, (9, 7))},
    {"value": "tree", "mask": to_png(np.zeros((HEIGHT, WIDTH)))},
]


def labels_of_every_kind(source: str = "ada") -> pl.DataFrame:
    rows = []
    for at, said in enumerate(EVERY):
        table = pl.DataFrame([{"sample_id": 1 + at % 2, **said}])
        rows.append(pl.from_arrow(label_rows(table, field="objects", source=source)))
    weather = pl.DataFrame(
        {
            "sample_id": [1, 2, 2],
            "value": ["rain", "hail", "snow"],
            "score": [0.5, None, None],
            "attributes": [None, '{"box":1,"confidence":"low","points":[1,2]}', '{"logits":[0.5,0.25],"wet":true}'],
        }
    )
    rows.append(pl.from_arrow(label_rows(weather, field="weather", source=source)))
    return pl.concat(rows)


def ids_of(collection: Collection, field: str, source: str = "ada") -> set[int]:
    """The numbers that the labels have when they are stored again: they are made from all that a label says."""
    found = labels_of(collection, {})
    number = {path.rsplit("/", 1)[-1]: n for path, n in zip(("a.jpg", "ü b.jpg", "c.jpg"), (3, 1, 2), strict=True)}
    found = in_pixels(found.with_columns(width=pl.lit(WIDTH), height=pl.lit(HEIGHT)))
    found = found.with_columns(pl.col("uri").replace_strict(number, return_dtype=pl.Int64).alias("sample_id"))
    mine = found.filter(field=field, source=source)
    said = mine.select("sample_id", "value", "kind", "score", "box", "points", "mask", "attributes")
    return set(label_rows(said, field=field, source=source).column("label_id").to_pylist())


def test_labels_of_every_kind_come_back_as_the_same_labels(samples: pl.DataFrame, tmp_path: Path) -> None:
    meant = labels_of_every_kind()
    collection = brought_back(samples, meant, tmp_path / "out")
    for field in ("objects", "weather"):
        assert ids_of(collection, field) == set(meant.filter(field=field)["label_id"])
    assert not collection.lost
    scores = labels_of(collection, {}).sort("score", nulls_last=True)["score"].drop_nulls().to_list()
    assert scores == [0.125, 0.25, 0.5, 0.5, 0.75]


def test_each_source_and_type_has_a_field_of_its_own(samples: pl.DataFrame, tmp_path: Path) -> None:
    both = pl.concat([labels_of_every_kind("ada"), labels_of_every_kind("model: yolo")])
    collection = brought_back(samples, both, tmp_path / "out")
    assert collection.types == {
        "objects_ada": "Detections",
        "objects_ada_polylines": "Polylines",
        "objects_ada_keypoints": "Keypoints",
        "objects_model_yolo": "Detections",
        "objects_model_yolo_polylines": "Polylines",
        "objects_model_yolo_keypoints": "Keypoints",
        "weather_ada": "Classifications",
        "weather_model_yolo": "Classifications",
    }
    for source in ("ada", "model: yolo"):
        assert ids_of(collection, "objects", source) == set(both.filter(field="objects", source=source)["label_id"])


def test_metadata_and_tags_come_back_under_their_names_and_types(samples: pl.DataFrame, tmp_path: Path) -> None:
    collection = brought_back(samples, None, tmp_path / "out")
    metadata = collection.listing.metadata
    assert metadata is not None
    assert collection.listing.files["uri"].to_list() == ["a.jpg", "ü b.jpg", "c.jpg"]
    assert set(metadata.columns) == {
        "weather",
        "frame",
        "bright",
        "_odd.name",
        "words",
        "place",
        "depot_longitude",
        "depot_latitude",
    }
    for name in metadata.columns:
        back = metadata[name].to_list()
        meant = samples[name].to_list() if name != "bright" else [0.1, None, 1.0]
        assert back == meant, name
    assert collection.tags() == {"wet": ["a.jpg"], "train": ["a.jpg", "c.jpg"]}


def test_two_columns_that_are_a_place_are_one_there(samples: pl.DataFrame, tmp_path: Path) -> None:
    brought_back(samples, None, tmp_path / "out")
    written = msgspec.json.decode((tmp_path / "out" / "samples.json").read_bytes())["samples"]
    points = [document["depot"] and document["depot"]["point"] for document in written]
    assert points == [
        {"type": "Point", "coordinates": [7.5, 45.125]},
        None,
        {"type": "Point", "coordinates": [-179.25, 0.0]},
    ]


def test_the_same_samples_give_the_same_bytes(samples: pl.DataFrame, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        brought_back(samples, labels_of_every_kind(), tmp_path / name)
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert written[0] == written[1]
    assert set(written[0]) == {"metadata.json", "samples.json"}


def test_a_column_that_fiftyone_has_no_type_for_is_counted(samples: pl.DataFrame) -> None:
    odd = samples.with_columns(raw=pl.lit(b"1"), hash=pl.Series([1, None, 2**63], dtype=pl.UInt64))
    made = documents(odd, flat_labels(None, odd["sample_id"], None).rows)
    assert len(list(made)) == 3
    assert made.lost == {"column 'raw': Binary": 3, "column 'hash': UInt64": 2}


def test_a_label_in_a_picture_without_a_size_is_counted(samples: pl.DataFrame) -> None:
    sizeless = samples.with_columns(pl.lit(None, pl.Int64).alias("width"))
    made = documents(sizeless, flat_labels(labels_of_every_kind(), samples["sample_id"], None).rows)
    assert all("objects" not in (document.get("objects") or {}) for document in made)
    assert made.lost == {"labels in pictures whose size is not known": len(EVERY)}


numbers = st.one_of(st.just(0.0), st.floats(2**-10, 2**14, width=32), st.floats(-(2**14), -(2**-10), width=32))


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 20_000), st.integers(1, 20_000)),
    box=st.lists(numbers, min_size=4, max_size=4),
    points=st.lists(numbers, min_size=3, max_size=9).map(lambda some: some * 2),
)
def test_every_place_comes_back_to_the_last_bit(size: tuple[int, int], box: list[float], points: list[float]) -> None:
    box = [*box[:2], *(abs(side) or 1.0 for side in box[2:])]
    said = [
        {"value": "a", "box": box},
        {"value": "b", "polygon": points},
        {"value": "c", "keypoints": points, "box": box},
    ]
    tables = [pl.DataFrame([{"sample_id": 1, **one}]) for one in said]
    meant = pl.concat([pl.from_arrow(label_rows(table, field="f", source="s")) for table in tables])
    rows = flat_labels(meant, pl.Series([1]), None).rows
    sample = {"sample_id": [1], "file_name": ["/x.jpg"], "tags": [[]], "width": [size[0]], "height": [size[1]]}
    made = documents(pl.DataFrame(sample), rows)
    # through JSON, as FiftyOne gives it
    (document,) = msgspec.json.decode(msgspec.json.encode(list(made)))
    types = {held.name: held.type for held in made.label_fields}
    note = noted(made, Note(), {})
    listing = Listing("/", pl.DataFrame(), None, "x", complete=False)
    back = labels_of(Collection("x", [document], ["x.jpg"], listing, types, note, {"": {}}), {"x.jpg": size})
    for at, (kind, place) in enumerate((("detection", "box"), ("polygon", "points"), ("keypoints", "points"))):
        (found,) = back.filter(kind=kind)[place].cast(pl.List(pl.Float32)).to_list()
        assert found == meant[at, place].to_list()
    assert back.filter(kind="keypoints")["box"].cast(pl.List(pl.Float32)).to_list() == [meant[2, "box"].to_list()]


# -- what FiftyOne writes and Curate never would ------------------------------------------------------------------------


def foreign(tmp_path: Path, fields: dict[str, str], document: dict, **more) -> Collection:
    """A FiftyOneDataset of one picture; fields are names and types of labels."""
    described = [
        {
            "name": name,
            "ftype": "fiftyone.core.fields.EmbeddedDocumentField",
            "embedded_doc_type": f"fiftyone.core.labels.{type}",
        }
        for name, type in fields.items()
    ]
    size = {"_cls": "ImageMetadata", "width": WIDTH, "height": HEIGHT}
    one = {"_id": {"$oid": "0" * 24}, "filepath": str(tmp_path / "x.jpg"), "tags": [], "metadata": size, **document}
    (tmp_path / "metadata.json").write_bytes(msgspec.json.encode({"sample_fields": described, **more}))
    (tmp_path / "samples.json").write_bytes(msgspec.json.encode({"samples": [one]}))
    return read_folder(tmp_path, name="foreign")


def test_a_mask_of_coarse_pixels_is_laid_over_its_box(tmp_path: Path) -> None:
    from curate.exports.fiftyone_labels import binary

    label = {
        "_cls": "Detection",
        "label": "car",
        "bounding_box": [0.25, 0.5, 0.5, 0.4],
        "mask": binary(np.ones((3, 3), bool)),
    }
    collection = foreign(tmp_path, {"cars": "Detections"}, {"cars": {"_cls": "Detections", "detections": [label]}})
    (row,) = labels_of(collection, {"x.jpg": (100, 50)}).iter_rows(named=True)
    mask = from_png(row["mask"])
    assert (row["kind"], row["value"], row["source"]) == ("mask", "car", "fiftyone:foreign")
    assert row["box"] == [25, 25, 50, 20]
    assert mask.shape == (50, 100)
    assert mask.sum() == mask[25:45, 25:75].sum() == 20 * 50


def test_open_lines_several_shapes_and_unlabelled_points(tmp_path: Path) -> None:
    nan = {"$numberDouble": "NaN"}
    shapes = [[[0, 0], [0.5, 0], [0.5, 0.5]], [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9]]]
    lines = [
        {"_cls": "Polyline", "label": "lane", "points": shapes, "closed": False, "filled": False},
        {"_cls": "Polyline", "label": "building", "points": shapes, "closed": True, "filled": True, "tags": ["odd"]},
    ]
    points = {"_cls": "Keypoint", "label": "man", "points": [[0.5, 0.5], [nan, nan]], "confidence": [0.5, nan]}
    document = {"lines": {"_cls": "Polylines", "polylines": lines}, "man": points}
    rows = labels_of(foreign(tmp_path, {"lines": "Polylines", "man": "Keypoint"}, document), {}).rows(named=True)
    said = [msgspec.json.decode(row["attributes"]) for row in rows]
    assert [row["kind"] for row in rows] == ["keypoints", "mask", "keypoints"]
    assert said[0] == {"closed": False, "filled": False, "lengths": [3, 3]}
    assert said[1]["tags"] == ["odd"]
    assert len(said[1]["segmentation"]) == 2
    assert said[2] == {"confidence": [0.5, None], "visibility": [2, 0]}
    assert rows[2]["points"] == [WIDTH / 2, HEIGHT / 2]


def test_a_segmentation_is_a_mask_for_each_class(tmp_path: Path) -> None:
    from curate.exports.fiftyone_labels import binary

    numbers = np.zeros((HEIGHT, WIDTH), np.uint8)
    numbers[:3], numbers[5:6] = 7, 9
    held = {"_cls": "Segmentation", "mask": binary(numbers)}
    collection = foreign(tmp_path, {"ground": "Segmentation"}, {"ground": held}, default_mask_targets={"7": "road"})
    rows = labels_of(collection, {}).rows(named=True)
    assert [(row["value"], from_png(row["mask"]).sum()) for row in rows] == [("road", 3 * WIDTH), ("9", WIDTH)]


def test_what_cannot_be_held_is_named(tmp_path: Path) -> None:
    document = {
        "heat": {"_cls": "Heatmap", "map": None},
        "speed": {"_cls": "Regression", "value": 3.5, "confidence": 0.5},
        "here": {"_cls": "GeoLocation", "point": {"type": "Point", "coordinates": [7.5, 45.25]}},
        "cars": {
            "_cls": "Detections",
            "detections": [
                {"_cls": "Detection", "bounding_box": [0, 0, 1, 1]},
                {"_cls": "Detection", "label": "x", "bounding_box": ["a"]},
            ],
        },
    }
    fields = {"heat": "Heatmap", "speed": "Regression", "here": "GeoLocation", "cars": "Detections"}
    collection = foreign(tmp_path, fields, document)
    assert labels_of(collection, {}).is_empty()
    metadata = collection.listing.metadata
    assert metadata is not None
    assert metadata.rows() == [("0" * 24, 3.5, 7.5, 45.25)]
    assert metadata.columns == ["fiftyone_id", "speed", "here_longitude", "here_latitude"]
    assert sum(collection.lost.values()) == 4
    assert [what for what in collection.lost if "Heatmap" in what] == ["field 'heat' (Heatmap)"]
    assert any("without a class" in what for what in collection.lost)
    assert any("cannot be read" in what for what in collection.lost)
