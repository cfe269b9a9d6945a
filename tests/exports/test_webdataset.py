from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from curate.errors import NotVerified
from curate.exports import media, shards
from curate.exports import webdataset as ours
from curate.exports.export import write_export
from curate.exports.media import Pictures

from .packed import ODD_CLASSES, ODD_URIS, contents_of, odd_pool, parts_of, without_a_part

# WebDataset's own opener leaves files to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def read(folder: Path, part: str) -> list[dict]:
    import webdataset

    urls = [str(path) for path in sorted(folder.glob(f"{part}-*.tar"))]
    return list(webdataset.WebDataset(urls, shardshuffle=False, empty_check=False).decode("pil"))


def test_webdataset_reads_each_picture_with_its_metadata_and_labels(pool, labels, tmp_path: Path) -> None:
    samples = parts_of(pool)
    result = write_export(
        samples, tmp_path / "out", format="webdataset", labels=labels, part_column="v1", provenance={}
    )
    assert result.manifest.read_by == "webdataset 1.0.2"
    assert result.counts == {"samples": 24, "labels": labels.height, "shards": 2, "parts": {"train": 18, "val": 6}}
    for part in ("train", "val"):
        found = read(tmp_path / "out", part)
        wanted = samples.filter(v1=part).sort("uri")
        assert [sample["json"]["uri"] for sample in found] == wanted["uri"].to_list()
        for sample, row in zip(found, wanted.iter_rows(named=True), strict=True):
            known, mine = sample["json"], labels.filter(sample_id=row["sample_id"])
            assert sample["jpg"].size == (16, 12)
            assert (known["weather"], known["bright"], known["split"]) == (
                row["weather"],
                round(row["bright"], 1),
                part,
            )
            boxes = [label for label in known["labels"] if label["kind"] == "detection"]
            assert [(label["value"], label["class"], label["box"]) for label in boxes] == [
                (value, ("car", "person").index(value), [round(v, 3) for v in box])
                for value, box in mine.filter(kind="detection").select("value", "box").iter_rows()
            ]
            assert len(known["labels"]) == mine.height


def test_shards_are_plain_tar_files_with_the_bytes_of_the_pictures(pool, tmp_path: Path) -> None:
    write_export(pool, tmp_path / "out", format="webdataset", provenance={})
    with tarfile.open(tmp_path / "out" / "samples-000000.tar") as tar:
        members = tar.getmembers()
        assert [member.name for member in members][:3] == ["000.jpg", "000.json", "002.jpg"]
        assert {(m.mtime, m.uid, m.gid, m.mode, m.isreg()) for m in members} == {(0, 0, 0, 0o644, True)}
        first = tar.extractfile(members[0]).read()
    assert first == Path(pool.sort("uri")["location"][0]).read_bytes()


def test_headers_are_those_that_tarfile_writes() -> None:
    for name in ("a.jpg", "n" * 100, "n" * 101, "größe.jpg", "日本.jpg"):
        for length in (0, 1, 511, 12_345_678, 8 * 2**30 + 1):
            member = tarfile.TarInfo(name)
            member.size = length
            assert ours._header(name, length) == member.tobuf(tarfile.PAX_FORMAT)


def test_odd_names_and_classes_survive(tmp_path: Path) -> None:
    pool, labels = odd_pool(tmp_path / "pool")
    result = write_export(pool, tmp_path / "out", format="webdataset", labels=labels, provenance={})
    assert result.manifest.read_by
    found = {sample["json"]["uri"]: sample for sample in read(tmp_path / "out", "samples")}
    assert [found[uri]["json"]["labels"][0]["value"] for uri in ODD_URIS] == ODD_CLASSES
    assert len({sample["__key__"] for sample in found.values()}) == len(ODD_URIS)
    assert found["a/größe.jpg"]["__key__"] == "größe"
    assert all("jpg" in sample for sample in found.values())


def test_a_part_without_samples_has_an_empty_shard(pool, tmp_path: Path) -> None:
    samples, provenance = without_a_part(pool)
    result = write_export(samples, tmp_path / "out", format="webdataset", part_column="v1", provenance=provenance)
    assert result.counts["parts"] == {"train": 18, "val": 0}
    assert read(tmp_path / "out", "val") == []
    assert result.verify().ok


def test_pictures_that_are_gone_are_left_out(pool, labels, tmp_path: Path) -> None:
    Path(pool["location"][3]).unlink()
    Path(pool["location"][4]).write_bytes(b"other")
    result = write_export(pool, tmp_path / "out", format="webdataset", labels=labels, provenance={})
    assert {left.sample_id: left.reason for left in result.left_out} == {
        1003: "missing",
        1004: "changed since it was ingested",
    }
    assert result.counts["samples"] == 22
    assert {sample["json"]["sample_id"] for sample in read(tmp_path / "out", "samples")}.isdisjoint({1003, 1004})


def test_the_order_of_the_rows_does_not_matter(pool, labels, tree, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shards, "LARGEST", 8_000)
    write_export(pool, tmp_path / "one", format="webdataset", labels=labels, provenance={})
    shuffled = pool.sample(fraction=1, shuffle=True, seed=3)
    write_export(shuffled, tmp_path / "two", format="webdataset", labels=labels.reverse(), provenance={})
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    assert len(one) > 3
    assert one == two


def test_shards_that_stand_are_kept_and_the_rest_is_written(pool, labels, tree, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shards, "LARGEST", 8_000)
    Path(pool.sort("uri")["location"][1]).unlink()
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
        ours.WEBDATASET.write(folder, contents_of(pool, labels))
    names = sorted(path.name for path in killed.iterdir())
    last = killed / names[-1]
    last.rename(last.with_name(f"{last.name}{shards.WRITING}"))
    kept = {name: (killed / name).stat().st_ino for name in names[:-1]}
    again = contents_of(pool, labels)
    read_again = Counter()
    original = Pictures._read_all
    monkeypatch.setattr(Pictures, "_read_all", lambda self, ids: (read_again.update(ids), original(self, ids))[1])
    ours.WEBDATASET.write(killed, again)
    assert tree(killed) == tree(whole)
    assert {name: (killed / name).stat().st_ino for name in kept} == kept
    with tarfile.open(last) as tar:
        in_last = {json.load(tar.extractfile(m))["sample_id"] for m in tar if m.name.endswith(".json")}
    gone = int(pool.sort("uri")["sample_id"][1])
    assert set(read_again) == in_last | {gone}, "only the last shard, and the picture that could not be had"
    assert again.pictures.failed == {gone: "missing"}


def test_a_picture_that_came_back_is_packed(pool, tree, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shards, "LARGEST", 8_000)
    lost = Path(pool.sort("uri")["location"][1])
    data = lost.read_bytes()
    lost.unlink()
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    ours.WEBDATASET.write(tmp_path / "killed", contents_of(pool))
    lost.write_bytes(data)
    ours.WEBDATASET.write(tmp_path / "killed", contents_of(pool))
    ours.WEBDATASET.write(tmp_path / "whole", contents_of(pool))
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")


def test_a_shard_that_cannot_be_read_is_written_again(pool, tree, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shards, "LARGEST", 8_000)
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
        ours.WEBDATASET.write(tmp_path / name, contents_of(pool))
    os.truncate(tmp_path / "killed" / "samples-000001.tar", 700)
    ours.WEBDATASET.write(tmp_path / "killed", contents_of(pool))
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")


@pytest.mark.parametrize("harm", ["picture", "json", "lost", "twice"])
def test_the_other_reader_finds_what_was_not_meant(pool, labels, tmp_path: Path, harm: str) -> None:
    result = write_export(pool, tmp_path / "out", format="webdataset", labels=labels, provenance={})
    path = tmp_path / "out" / "samples-000000.tar"
    with tarfile.open(path) as tar:
        files = [(member.name, tar.extractfile(member).read()) for member in tar]
    if harm in ("picture", "json"):
        at = next(i for i, (name, _) in enumerate(files) if name.endswith("jpg" if harm == "picture" else "json"))
        files[at] = (files[at][0], files[at][1].replace(b"\xff" if harm == "picture" else b"hail", b"snow", 1) + b" ")
    files = files[2:] if harm == "lost" else [*files, ("more.json", files[1][1])] if harm == "twice" else files
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    with pytest.raises(NotVerified):
        ours._check(tmp_path / "out", result.manifest, contents_of(pool, labels))


def test_verify_names_a_changed_shard(pool, tmp_path: Path) -> None:
    result = write_export(pool, tmp_path / "out", format="webdataset", provenance={})
    path = tmp_path / "out" / "samples-000000.tar"
    data = bytearray(path.read_bytes())
    assert hashlib.sha256(data).hexdigest() == result.manifest.files[0].sha256
    data[600] ^= 1
    path.write_bytes(data)
    assert result.verify().changed == ["samples-000000.tar"]


def timed(pool: pl.DataFrame) -> pl.DataFrame:
    """The pool with length and time of its files, as a view hands it over."""
    facts = [Path(location).stat() for location in pool["location"]]
    return pool.with_columns(
        bytes=pl.Series([each.st_size for each in facts]),
        mtime=pl.Series([each.st_mtime_ns // 1000 for each in facts], dtype=pl.Datetime("us", "UTC")),
    )


def test_a_shard_has_the_same_bytes_whether_pictures_are_hashed_again_or_trusted(
    pool, labels, tree, tmp_path: Path, monkeypatch
) -> None:
    hashed = []
    original = media._bytes
    monkeypatch.setattr(media, "_bytes", lambda row, recoding: (hashed.append(row), original(row, recoding))[1])
    samples = timed(pool)
    for name in ("trusted", "hashed"):
        (tmp_path / name).mkdir()
        ours.WEBDATASET.write(tmp_path / name, contents_of(samples, labels))
        assert len(hashed) == (0 if name == "trusted" else 24)
        for location in samples["location"]:
            os.utime(location, ns=(0, 0))  # from now on the times differ, and the bytes do not
    assert tree(tmp_path / "trusted") == tree(tmp_path / "hashed")


@pytest.mark.parametrize("change", ["shorter", "longer", "other", "gone", "folder", "pipe"])
def test_a_file_that_changed_is_left_out(pool, tmp_path: Path, change: str) -> None:
    samples, path = timed(pool), Path(pool["location"][3])
    data = path.read_bytes()
    path.unlink()
    if change == "folder":
        path.mkdir()
    elif change == "pipe":
        os.mkfifo(path)
    elif change != "gone":
        path.write_bytes({"shorter": data[:-1], "longer": data + b"x", "other": data[:-1] + b"x"}[change])
    result = write_export(samples, tmp_path / "out", format="webdataset", provenance={})
    (left,) = result.left_out
    words = {"gone": "missing", "folder": "unreadable", "pipe": "unreadable"}
    assert (left.sample_id, left.reason.partition(":")[0]) == (1003, words.get(change, "changed since it was ingested"))
    assert len(read(tmp_path / "out", "samples")) == 23


@pytest.mark.parametrize("length", [0, 100, 100_000])
def test_a_file_that_changes_while_it_is_read_is_left_out(pool, tmp_path: Path, monkeypatch, length: int) -> None:
    samples, victim = timed(pool), Path(pool["location"][3])
    before, original = victim.stat().st_ino, media._is_that_of

    def looked(row: media._Row, facts: os.stat_result) -> bool:
        fits = original(row, facts)
        if facts.st_ino == before:
            os.truncate(victim, length)  # right after the look at it, and before it is read
        return fits

    monkeypatch.setattr(media, "_is_that_of", looked)
    result = write_export(samples, tmp_path / "out", format="webdataset", provenance={})
    assert [(left.sample_id, left.reason) for left in result.left_out] == [(1003, "changed since it was ingested")]
    assert len(read(tmp_path / "out", "samples")) == 23
    assert result.verify().ok


def test_what_another_reader_has_refused_does_not_spoil_the_next_try(pool, tree, tmp_path: Path) -> None:
    samples, path = timed(pool), Path(pool["location"][3])
    data, facts = path.read_bytes(), path.stat()
    path.write_bytes(data[:-1] + b"x")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # another picture that looks like the same file
    with pytest.raises(NotVerified, match=r"sample 1003 .* its picture"):
        write_export(samples, tmp_path / "out", format="webdataset", provenance={})
    assert not [each for each in tmp_path.iterdir() if each.name != "pool"]
    path.write_bytes(data)
    write_export(samples, tmp_path / "out", format="webdataset", provenance={})
    write_export(samples, tmp_path / "other", format="webdataset", provenance={})
    assert tree(tmp_path / "out") == tree(tmp_path / "other")


@pytest.mark.parametrize(
    ("more", "kind", "size"), [({"resize": 8}, "jpg", (8, 6)), ({"encode": "png"}, "png", (16, 12))]
)
def test_pictures_that_are_encoded_again_are_packed_with_their_labels(
    pool, labels, tmp_path: Path, more: dict, kind: str, size: tuple[int, int]
) -> None:
    out = tmp_path / "out"
    result = write_export(timed(pool), out, format="webdataset", labels=labels, provenance={}, **more)
    assert result.manifest.read_by
    found = read(out, "samples")
    assert [sample[kind].size for sample in found] == [size] * 24
    (label,) = (each for each in found[2]["json"]["labels"] if each["kind"] == "detection" and each["value"] == "car")
    assert label["box"] == pytest.approx([value * size[0] / 16 for value in (1.1, 2.0, 3.5, 4.0)])


CHILD = """
import sys, time
import polars as pl
from curate.exports import shards
from curate.exports.export import write_export
from curate.exports.webdataset import _Tar

shards.LARGEST = 8_000
whole = _Tar.add
def slow(self, record, picture):
    time.sleep(0.02)
    whole(self, record, picture)
_Tar.add = slow
samples, labels = map(pl.read_parquet, sys.argv[1:3])
write_export(samples, sys.argv[3], format="webdataset", labels=labels, provenance={})
"""


@pytest.mark.slow
def test_a_killed_export_keeps_its_shards(pool, labels, tree, tmp_path: Path, monkeypatch) -> None:
    samples, tables = timed(pool), [tmp_path / "samples.parquet", tmp_path / "labels.parquet"]
    samples.write_parquet(tables[0])
    labels.write_parquet(tables[1])
    child = subprocess.Popen([sys.executable, "-c", CHILD, *map(str, tables), str(tmp_path / "out")])
    try:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob(".out.partial-*/*.tar"))) < 2:
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.005)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert not (tmp_path / "out").exists()
    there = {path.name: path.stat().st_ino for path in tmp_path.glob(".out.partial-*/*.tar")}
    monkeypatch.setattr(shards, "LARGEST", 8_000)
    for name in ("out", "whole"):
        result = write_export(samples, tmp_path / name, format="webdataset", labels=labels, provenance={})
    assert result.counts["shards"] > len(there)
    assert {name: (tmp_path / "out" / name).stat().st_ino for name in there} == there
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert not list(tmp_path.glob(".out*"))
