from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from curate.errors import NotVerified
from curate.exports import croissant as ours
from curate.exports.croissant import croissant
from curate.exports.export import write_export
from curate.exports.formats import FORMATS
from curate.exports.labels import class_of_samples
from curate.exports.verify import verify

from .packed import ODD_CLASSES, odd_pool, parts_of, without_a_part

# rdflib, which mlcroissant stands on, calls parts of its own deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")


def read(folder: Path) -> list[dict]:
    import mlcroissant

    return list(mlcroissant.Dataset(jsonld=str(folder / "croissant.json")).records("samples"))


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_mlcroissant_reads_the_samples_of_every_format(pool, labels, tmp_path: Path, format: str) -> None:
    samples = parts_of(pool)
    given = class_of_samples(samples, "weather") if format == "imagefolder" else labels
    write_export(samples, tmp_path / "out", format=format, labels=given, part_column="v1", provenance={})
    result = croissant(tmp_path / "out")
    assert (result.records, result.read_by) == (24, "mlcroissant 1.1.1")
    found = {record["samples/sample_id"]: record for record in read(tmp_path / "out")}
    for row in samples.iter_rows(named=True):
        record = found[row["sample_id"]]
        assert record["samples/split"].decode() == row["v1"]
    assert verify(tmp_path / "out").ok, "the new files are in the manifest, and disturb nobody"


def test_the_same_export_gives_the_same_bytes_also_a_second_time(pool, labels, tree, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_export(pool, tmp_path / name, format="webdataset", labels=labels, provenance={})
        croissant(tmp_path / name)
    croissant(tmp_path / "one")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert (tmp_path / "one" / "manifest.json").read_bytes() == (tmp_path / "two" / "manifest.json").read_bytes()


def test_files_have_their_checksums_and_many_of_a_kind_are_a_set(pool, labels, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(ours, "MANY", 10)
    exported = write_export(pool, tmp_path / "out", format="coco", labels=labels, provenance={})
    croissant(tmp_path / "out")
    document = json.loads((tmp_path / "out" / "croissant.json").read_text())
    digests = {file.path: file.sha256 for file in exported.manifest.files}
    files = {each["contentUrl"]: each for each in document["distribution"] if each["@type"] == "cr:FileObject"}
    sets = [each for each in document["distribution"] if each["@type"] == "cr:FileSet"]
    assert {path: each["sha256"] for path, each in files.items() if path in digests} == {
        path: digest for path, digest in digests.items() if not path.endswith(".jpg")
    }
    assert [(each["includes"], each["encodingFormat"]) for each in sets] == [("**/*.jpg", "image/jpeg")]
    classes = next(each for each in document["recordSet"] if each["@id"] == "classes")
    assert [row["classes/name"] for row in classes["data"]] == ["car", "person"]


def test_columns_of_every_type_come_back(pool, tmp_path: Path) -> None:
    odd = pool.with_columns(
        pl.Series("größe / m", [1.5, None, float("nan")] * 8),
        pl.Series("tags", [["a", "ü"], [], None] * 8),
        pl.Series("large", [2**60 + 1, None, 3] * 8),
        pl.Series("few", [1, None, 3] * 8),
        pl.Series("night", [True, None, False] * 8),
        taken=pl.datetime(2026, 11, 23, 12),
        day=pl.lit(dt.date(2026, 11, 23)),
        nothing=pl.lit(None),
        raw=pl.lit(b"\x00\xff"),
        place=pl.struct(lat=pl.lit(1.5), name=pl.lit("ü")),
    )
    write_export(odd, tmp_path / "out", format="parquet", provenance={})
    assert croissant(tmp_path / "out").read_by
    first, second, third, *_ = read(tmp_path / "out")
    by_id = {record["samples/sample_id"]: record for record in (first, second, third)}
    assert by_id[1000]["samples/gr%C3%B6%C3%9Fe%20%2F%20m"] == 1.5
    assert by_id[1000]["samples/large"] == str(2**60 + 1).encode()
    assert (by_id[1000]["samples/few"], by_id[1000]["samples/night"]) == (1, True)
    assert by_id[1000]["samples/place"] == '{"lat":1.5,"name":"ü"}'.encode()


def test_odd_names_and_classes_survive(tmp_path: Path) -> None:
    pool, labels = odd_pool(tmp_path / "pool")
    target = tmp_path / "größe a b"
    write_export(pool, target, format="coco", labels=labels, provenance={"dataset": 'a "b" ü'})
    assert croissant(target).read_by
    assert {record["samples/uri"].decode() for record in read(target)} == set(pool["uri"])
    document = json.loads((target / "croissant.json").read_text())
    classes = next(each for each in document["recordSet"] if each["@id"] == "classes")
    assert [row["classes/name"] for row in classes["data"]] == sorted(ODD_CLASSES)


def test_a_part_without_samples_is_named(pool, tmp_path: Path) -> None:
    samples, provenance = without_a_part(pool)
    write_export(samples, tmp_path / "out", format="csv", part_column="v1", provenance=provenance)
    assert croissant(tmp_path / "out").records == 18
    document = json.loads((tmp_path / "out" / "croissant.json").read_text())
    assert document["recordSet"][0]["data"] == [{"splits/name": "train"}, {"splits/name": "val"}]


def test_what_mlcroissant_does_not_find_leaves_the_export_as_it_was(pool, tree, tmp_path: Path, monkeypatch) -> None:
    write_export(pool, tmp_path / "out", format="csv", provenance={})
    before = tree(tmp_path / "out")
    monkeypatch.setattr(ours, "_data_type", lambda dtype: "sc:Text")
    with pytest.raises(NotVerified, match="sample_id"):
        croissant(tmp_path / "out")
    assert tree(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir() if "croissant-" in path.name] == []


def test_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotVerified, match=r"manifest\.json"):
        croissant(tmp_path)
