from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import msgspec
import polars as pl
import pytest

from curate.errors import NotVerified
from curate.exports.export import Export, write_export
from curate.exports.formats import FORMATS
from curate.exports.labels import class_of_samples
from curate.exports.manifest import File, read_manifest, sha256_of
from curate.exports.verify import verify
from curate.splits.certificate import certify
from curate.splits.strata import groups_of


@pytest.fixture(params=sorted(name for name, kind in FORMATS.items() if not kind.packs))
def exported(request: pytest.FixtureRequest, pool: pl.DataFrame, tmp_path: Path) -> Export:
    samples = pool.with_columns(
        part=pl.when(pl.col("drive") < "drive-3").then(pl.lit("train")).otherwise(pl.lit("test"))
    )
    codes = (samples["part"] == "test").cast(int).to_numpy()
    certificate = certify(codes, ["train", "test"], groups=groups_of(samples, "drive"), group_by=["drive"])
    return write_export(
        samples,
        tmp_path / "out",
        format=request.param,
        labels=class_of_samples(pool, "weather"),
        part_column="part",
        provenance={"split": certificate},
    )


def reseal(folder: Path, **changes: object) -> None:
    """A manifest that fits what was done to the files: what an honest but wrong tool would leave."""
    manifest = msgspec.structs.replace(read_manifest(folder), **changes)
    files = [File(f.path, sha256_of(folder / f.path)[1], sha256_of(folder / f.path)[0]) for f in manifest.files]
    manifest = msgspec.structs.replace(manifest, files=files)
    (folder / "manifest.json").write_bytes(manifest.to_json())


def test_a_fresh_export_verifies_with_its_groups(exported: Export) -> None:
    result = verify(str(exported.path))
    assert result.ok
    assert result.certificate is not None
    assert result.certificate.cut == 0
    assert "verified, " in str(result)
    result.raise_for_problems()


def test_changed_missing_and_added_files_are_each_found(exported: Export) -> None:
    pictures = sorted(f.path for f in exported.manifest.files if f.path.endswith(".jpg"))
    (exported.path / pictures[0]).write_bytes(b"x")
    (exported.path / pictures[1]).unlink()
    (exported.path / "new\nfile.txt").write_text("")
    flipped = bytearray((exported.path / pictures[2]).read_bytes())
    flipped[-1] ^= 1
    (exported.path / pictures[2]).write_bytes(flipped)
    result = exported.verify()
    assert not result.ok
    assert result.changed == [pictures[0], pictures[2]]
    assert result.missing == [pictures[1]]
    assert result.added == ["new\nfile.txt"]
    assert "NOT verified" in str(result)
    assert "new\\nfile.txt" in str(result)
    assert "✗" in result._repr_html_()
    with pytest.raises(NotVerified, match="differs from its manifest"):
        result.raise_for_problems()


def test_an_export_moved_elsewhere_still_verifies(exported: Export, tmp_path: Path) -> None:
    shutil.move(exported.path, tmp_path / "moved")
    assert verify(tmp_path / "moved").ok


def test_a_changed_manifest_is_refused(exported: Export) -> None:
    path = exported.path / "manifest.json"
    document = json.loads(path.read_text())
    document["counts"]["samples"] += 1
    path.write_text(json.dumps(document))
    with pytest.raises(NotVerified, match="was changed"):
        exported.verify()


def test_a_manifest_has_a_line_a_file_and_says_what_was_meant(exported: Export) -> None:
    text = (exported.path / "manifest.json").read_text()
    document = json.loads(text)
    assert len(document["files"]) == len(exported.manifest.files) > 24
    lines = [json.loads(line.strip().removesuffix(",")) for line in text.splitlines() if line.startswith('  {"path"')]
    assert lines == document["files"]
    assert exported.manifest == read_manifest(exported.path)
    without = msgspec.structs.replace(exported.manifest, files=[])
    assert json.loads(without.to_json())["files"] == []


def test_a_manifest_of_an_earlier_version_is_read(exported: Export) -> None:
    """It had the time, and lacked what has come since: exports of 0.1.0 were called damaged."""
    path = exported.path / "manifest.json"
    document = json.loads(path.read_text()) | {"created": "2026-11-23T00:00:00+00:00", "digest": ""}
    del document["class_map"], document["resize"]
    plain = msgspec.json.encode(document, order="sorted")
    path.write_text(json.dumps(document | {"digest": hashlib.sha256(plain).hexdigest()}))
    assert exported.verify().ok


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"format": "coco"}'])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(NotVerified):
        verify(tmp_path)


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotVerified, match=r"holds no manifest\.json"):
        verify(tmp_path / "nothing")


@pytest.mark.parametrize("exported", ["coco", "csv", "imagefolder", "parquet"], indirect=True)
def test_counts_are_taken_from_the_files_and_not_from_the_checksums(exported: Export) -> None:
    if exported.format == "coco":
        path = exported.path / "annotations" / "instances_train.json"
        document = json.loads(path.read_text())
        document["images"].pop()
        path.write_text(json.dumps(document))
    else:
        path = exported.path / ("samples.parquet" if exported.format == "parquet" else "samples.csv")
        table = (pl.read_parquet if exported.format == "parquet" else pl.read_csv)(path)
        (table[1:].write_parquet if exported.format == "parquet" else table[1:].write_csv)(path)
    reseal(exported.path)
    result = exported.verify()
    assert result.changed == []
    assert any(problem.startswith("samples: the manifest says 24, the files say 23") for problem in result.problems)


@pytest.mark.parametrize("exported", ["parquet"], indirect=True)
def test_a_group_that_was_moved_between_parts_is_found(exported: Export) -> None:
    path = exported.path / "samples.parquet"
    table = pl.read_parquet(path)
    first = table["split"] == "train"
    spoilt = table.with_columns(
        split=pl.when(pl.col("sample_id") == table.filter(first)["sample_id"][0])
        .then(pl.lit("test"))
        .otherwise("split")
    )
    spoilt.write_parquet(path)
    counts = exported.counts | {"parts": dict(spoilt["split"].value_counts().iter_rows())}
    reseal(exported.path, counts={**counts, "parts": {p: counts["parts"][p] for p in ("train", "test")}})
    result = exported.verify()
    assert any("1 groups of drive are in more than one part" in problem for problem in result.problems)
    assert any("part 'train' was split with" in problem for problem in result.problems)


@pytest.mark.parametrize("exported", ["coco"], indirect=True)
def test_a_manifest_cannot_lead_out_of_the_export(exported: Export, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    manifest = read_manifest(exported.path)
    for change in (
        {"files": [*manifest.files, File("../secret", 1, "0" * 64)]},
        {"parts": {**manifest.parts, "x": "../../secret"}},
    ):
        (exported.path / "manifest.json").write_bytes(msgspec.structs.replace(manifest, **change).to_json())
        result = exported.verify()
        assert not result.ok
        assert any("outside the export" in problem for problem in result.problems)


def test_a_split_column_that_was_not_exported_is_said_to_be_unchecked(pool: pl.DataFrame, tmp_path: Path) -> None:
    certificate = certify([0] * 12 + [1] * 12, ["a", "b"], groups=[0] * 12 + [1] * 12, group_by=["sensor"])
    samples = pool.with_columns(part=pl.Series(["a"] * 12 + ["b"] * 12))
    result = write_export(
        samples, tmp_path / "out", format="csv", part_column="part", provenance={"split": certificate}
    ).verify()
    assert result.ok
    assert "not checked: column 'sensor' of the split is not in the export" in str(result)
