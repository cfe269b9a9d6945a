from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.errors import NotVerified
from curate.exports import shards
from curate.exports import tfrecord as ours
from curate.exports.export import write_export

from .packed import ODD_CLASSES, ODD_URIS, contents_of, odd_pool, parts_of, without_a_part

# tfrecord's reader leaves files to the garbage collector where it is not read to the end
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def read(folder: Path, part: str) -> list[dict]:
    from tfrecord.reader import tfrecord_loader

    paths = sorted(folder.glob(f"{part}-*.tfrecord"))
    return [example for path in paths for example in tfrecord_loader(str(path), None)]


def test_tfrecord_reads_the_features_of_object_detection(pool, labels, tmp_path: Path) -> None:
    samples = parts_of(pool)
    result = write_export(samples, tmp_path / "out", format="tfrecord", labels=labels, part_column="v1", provenance={})
    assert result.manifest.read_by == "tfrecord 1.14.6"
    assert result.counts == {"samples": 24, "labels": labels.height, "shards": 2, "parts": {"train": 18, "val": 6}}
    for part in ("train", "val"):
        wanted = samples.filter(v1=part).sort("uri")
        for example, row in zip(read(tmp_path / "out", part), wanted.iter_rows(named=True), strict=True):
            assert example["image/encoded"] == Path(row["location"]).read_bytes()
            assert (example["image/width"], example["image/height"]) == (16, 12)
            assert int(example["image/source_id"]) == row["sample_id"]
            assert example["image/format"] == b"jpeg"
            mine = labels.filter(sample_id=row["sample_id"], kind="detection")
            corners = [example[f"image/object/bbox/{side}"] for side in ("xmin", "ymin", "xmax", "ymax")]
            x, y, width, height = np.reshape(mine["box"].to_list(), (-1, 4)).T
            meant = (x / 16, y / 12, (x + width) / 16, (y + height) / 12)
            assert np.allclose(np.reshape(corners, (4, -1)) if mine.height else np.empty((4, 0)), meant)
            assert np.ravel(example["image/object/class/label"]).tolist() == [
                1 + ("car", "person").index(value) for value in mine["value"]
            ]
            assert example["image/class/text"] == row["weather"].encode()
    assert (tmp_path / "out" / "label_map.pbtxt").read_text().count("item {") == 2


def test_every_length_and_every_example_has_its_checksum(pool, labels, tmp_path: Path) -> None:
    from tfrecord.writer import TFRecordWriter

    write_export(pool, tmp_path / "out", format="tfrecord", labels=labels, provenance={})
    data, at, examples = (tmp_path / "out" / "samples-000000.tfrecord").read_bytes(), 0, 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        example = data[at + 12 : at + 12 + length]
        assert data[at + 8 : at + 12] == TFRecordWriter.masked_crc(data[at : at + 8])
        assert data[at + 12 + length : at + 16 + length] == TFRecordWriter.masked_crc(example)
        at, examples = at + 16 + length, examples + 1
    assert (at, examples) == (len(data), 24)


def test_examples_are_what_protocol_buffers_give(pool, labels) -> None:
    from tfrecord.example_pb2 import Example

    contents = contents_of(pool, labels)
    for record in ours.Records(contents).of(contents.samples):
        mine = ours._example(ours._features(record, b"\xff" * 300))
        assert Example.FromString(mine).SerializeToString(deterministic=True) == mine


def test_a_box_that_leaves_the_picture_ends_at_its_border(pool, labels, tmp_path: Path) -> None:
    outside = labels.filter(kind="detection").with_columns(box=pl.lit([-2.0, 3.0, 100.0, 6.0], pl.List(pl.Float32)))
    write_export(pool, tmp_path / "out", format="tfrecord", labels=outside, provenance={})
    example = next(one for one in read(tmp_path / "out", "samples") if len(one["image/object/bbox/xmin"]) == 1)
    sides = [example[f"image/object/bbox/{side}"][0] for side in ("xmin", "xmax", "ymin", "ymax")]
    assert sides == [0.0, 1.0, 0.25, 0.75]


def test_odd_names_and_classes_survive(tmp_path: Path) -> None:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

    pool, labels = odd_pool(tmp_path / "pool")
    result = write_export(pool, tmp_path / "out", format="tfrecord", labels=labels, classes=ODD_CLASSES, provenance={})
    assert result.manifest.read_by
    found = {int(example["image/source_id"]): example for example in read(tmp_path / "out", "samples")}
    assert [found[1000 + i]["image/object/class/text"].decode() for i in range(len(ODD_URIS))] == ODD_CLASSES
    # The message that TensorFlow's object detection reads label maps with
    file = descriptor_pb2.FileDescriptorProto(name="label_map.proto", package="curate.test")
    kinds = descriptor_pb2.FieldDescriptorProto
    item = file.message_type.add(name="Item")
    item.field.add(name="name", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    item.field.add(name="id", number=2, type=kinds.TYPE_INT32, label=kinds.LABEL_OPTIONAL)
    whole = file.message_type.add(name="Map")
    repeated = {"type": kinds.TYPE_MESSAGE, "type_name": ".curate.test.Item", "label": kinds.LABEL_REPEATED}
    whole.field.add(name="item", number=1, **repeated)
    messages = message_factory.GetMessages([file], pool=descriptor_pool.DescriptorPool())
    read_map = text_format.Parse((tmp_path / "out" / ours.LABEL_MAP).read_text(), messages["curate.test.Map"]())
    assert [(each.id, each.name) for each in read_map.item] == list(enumerate(ODD_CLASSES, start=1))


def test_a_part_without_samples_has_an_empty_file(pool, tmp_path: Path) -> None:
    samples, provenance = without_a_part(pool)
    result = write_export(samples, tmp_path / "out", format="tfrecord", part_column="v1", provenance=provenance)
    assert result.counts["parts"] == {"train": 18, "val": 0}
    assert (tmp_path / "out" / "val-000000.tfrecord").read_bytes() == b""
    assert result.verify().ok


def test_files_that_stand_are_kept_and_the_rest_is_written(pool, labels, tree, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shards, "LARGEST", 8_000)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        ours.TFRECORD.write(tmp_path / name, contents_of(pool.sample(fraction=1, shuffle=True), labels))
    files = sorted((tmp_path / "killed").glob("*.tfrecord"))
    assert len(files) > 3
    files[-1].rename(files[-1].with_name(f"{files[-1].name}{shards.WRITING}"))
    files[1].write_bytes(files[1].read_bytes()[:-3])
    first = files[0].stat().st_ino
    ours.TFRECORD.write(tmp_path / "killed", contents_of(pool, labels))
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")
    assert files[0].stat().st_ino == first


def test_the_other_reader_finds_what_was_not_meant(pool, labels, tmp_path: Path) -> None:
    result = write_export(pool, tmp_path / "out", format="tfrecord", labels=labels, provenance={})
    path = tmp_path / "out" / "samples-000000.tfrecord"
    data = path.read_bytes()
    wrong = labels.with_columns(value=pl.col("value").replace("car", "person"))
    with pytest.raises(NotVerified, match="image/object/class"):
        ours._check(tmp_path / "out", result.manifest, contents_of(pool, wrong))
    path.write_bytes(data.replace(Path(pool["location"][0]).read_bytes()[-300:], bytes(300)))
    with pytest.raises(NotVerified, match="its picture"):
        ours._check(tmp_path / "out", result.manifest, contents_of(pool, labels))
    path.write_bytes(data[: 12 + struct.unpack("<Q", data[:8])[0] + 4])
    with pytest.raises(NotVerified, match="only 1 samples were read"):
        ours._check(tmp_path / "out", result.manifest, contents_of(pool, labels))
