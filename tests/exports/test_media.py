from __future__ import annotations

import hashlib
import os
from pathlib import Path

import fsspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.exports.export import write_export
from curate.exports.names import file_names, folder_names, safe_name
from curate.media import location as locations


def export(pool: pl.DataFrame, path: Path, **more):
    return write_export(pool, path, format=more.pop("format", "parquet"), provenance={}, **more)


def placed(folder: Path) -> list[Path]:
    return sorted((folder / "images").rglob("*.*"))


def test_links_really_are_links(pool, tmp_path: Path) -> None:
    hard, soft = export(pool, tmp_path / "hard", media="hardlink"), export(pool, tmp_path / "soft", media="symlink")
    inodes = {Path(location).stat().st_ino for location in pool["location"]}
    assert {path.stat().st_ino for path in placed(tmp_path / "hard")} == inodes
    assert all(path.is_symlink() for path in placed(tmp_path / "soft"))
    assert {str(path.resolve()) for path in placed(tmp_path / "soft")} == set(pool["location"])
    assert {file.link for file in soft.manifest.files} == {"symlink", ""}
    assert soft.verify().ok
    assert hard.verify().ok


def test_a_symlink_is_hashed_by_what_it_points_to(pool, tmp_path: Path) -> None:
    soft = export(pool, tmp_path / "soft", media="symlink")
    Path(pool["location"][0]).write_bytes(b"replaced at its source")
    Path(pool["location"][1]).unlink()
    result = soft.verify()
    assert len(result.changed) == 1
    assert len(result.missing) == 1


def test_links_to_links_lead_to_the_file_itself(pool, tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(pool["location"][0])
    one = pool.head(1).with_columns(location=pl.lit(str(link)))
    export(one, tmp_path / "hard", media="hardlink")
    assert not placed(tmp_path / "hard")[0].is_symlink()


def test_references_write_no_pictures_and_name_their_locations(pool, tmp_path: Path) -> None:
    result = export(pool, tmp_path / "out", media="reference")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "labels.parquet",
        "manifest.json",
        "samples.parquet",
    ]
    assert pl.read_parquet(tmp_path / "out" / "samples.parquet")["file_name"].sort().to_list() == sorted(
        pool["location"]
    )
    assert result.verify().ok
    assert "refers to them" in str(result.verify())


def test_pictures_on_an_object_store_are_copied_and_not_linked(pool, tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    data = Path(pool["location"][0]).read_bytes()
    files.pipe_file("/curate-export/a.jpg", data)
    remote = pool.head(1).with_columns(location=pl.lit("memory://curate-export/a.jpg"))
    export(remote, tmp_path / "out")
    assert placed(tmp_path / "out")[0].read_bytes() == data
    for media in ("hardlink", "symlink"):
        with pytest.raises(BadValue, match="needs files on this machine"):
            export(remote, tmp_path / media, media=media)


def test_hard_links_across_disks_say_what_to_use_instead(pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_disk(*_args: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    with pytest.raises(BadValue, match=r"media='copy' or media='symlink'"):
        export(pool, tmp_path / "out", media="hardlink")
    assert not (tmp_path / "out").exists()


def test_names_that_clash_are_told_apart_and_recorded(pool, tmp_path: Path) -> None:
    # The pool has a/000.jpg … and b/001.jpg …; bring all to one name.
    folder = tmp_path / "clash"
    rows = []
    for i, uri in enumerate(["x/same.jpg", "y/same.jpg", "z/SAME.jpg", "z/other.jpg"]):
        path = folder / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([i]) * 9)
        rows.append((uri, str(path), hashlib.sha256(path.read_bytes()).hexdigest()))
    frame = pool.head(4).with_columns(
        uri=pl.Series([row[0] for row in rows]),
        location=pl.Series([row[1] for row in rows]),
        content_hash=pl.Series([row[2] for row in rows]),
    )
    result = export(frame, tmp_path / "out")
    table = pl.read_parquet(tmp_path / "out" / "samples.parquet")
    assert table["file_name"].n_unique() == 4
    for uri, name in table.select("uri", "file_name").iter_rows():
        assert (tmp_path / "out" / name).read_bytes() == (folder / uri).read_bytes()
    assert sorted(result.manifest.renamed.values()) == ["y/same.jpg", "z/SAME.jpg"]
    lower = [name.casefold() for name in table["file_name"]]
    assert len(set(lower)) == 4, "and on a disk that ignores case"


HOSTILE = [
    b"quote'\".jpg",
    "emoji 🌨️ और हिन्दी.jpg".encode(),
    b"line\nbreak.jpg",
    b"not utf-8 \xff\xfe.jpg",
    b"back\\slash.jpg",
    b" .jpg",
    b"-rf.jpg",
    b"comma,;$(touch x).jpg",
    ("é" * 120 + ".jpg").encode(),
    b"manifest.json.jpg",
]


def test_hostile_file_names_survive_every_format(tmp_path: Path, pool) -> None:
    uris, locations_of, hashes = [], [], []
    for i, name in enumerate(HOSTILE):
        path = os.fsencode(tmp_path) + b"/" + name
        with open(path, "wb") as file:
            file.write(b"\xff\xd8" + bytes([i]) * 20)
        uris.append(locations.to_uri(os.fsdecode(name)))
        locations_of.append(locations.absolute(os.fsdecode(path)))
        hashes.append(hashlib.sha256(b"\xff\xd8" + bytes([i]) * 20).hexdigest())
    frame = pool.head(len(HOSTILE)).with_columns(
        uri=pl.Series(uris), location=pl.Series(locations_of), content_hash=pl.Series(hashes)
    )
    for format in ("coco", "csv", "imagefolder", "parquet"):
        labels = pl.DataFrame(
            {
                "sample_id": frame["sample_id"],
                "field": ["c"] * frame.height,
                "kind": ["classification"] * frame.height,
                "value": ["../x", "a/b", "a_b", "..", "", "né\n", "CON", "x" * 400, "\u202eevil", ".hidden"],
            }
        )
        for media in ("copy", "symlink", "hardlink"):
            result = export(frame, tmp_path / f"out-{format}-{media}", format=format, labels=labels, media=media)
            verification = result.verify()
            assert verification.ok, str(verification)
            assert result.counts["samples"] == len(HOSTILE)
            assert not result.left_out
    assert not (tmp_path / "x").exists()
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} >= {"out-coco-copy"}


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_a_safe_name_is_one_name_that_a_disk_takes(text: str) -> None:
    name = safe_name(text, fallback="fallback")
    assert name not in ("", ".", "..")
    assert "/" not in name
    assert "\\" not in name
    assert "\0" not in name
    assert "\n" not in name
    assert len(name.encode()) <= 210
    assert safe_name(name, fallback="fallback") == name


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=30))
@settings(max_examples=150)
def test_file_and_folder_names_differ_even_where_case_is_ignored(texts: list[str]) -> None:
    names = file_names(texts, list(range(len(texts))), ["a"] * len(texts), [None] * len(texts))
    assert len({name.casefold() for name in names}) == len(texts)
    assert all(name.startswith("a/") and name.count("/") == 1 for name in names)
    folders = folder_names(texts, fallback="class", reserved=["annotations"])
    assert len({name.casefold() for name in folders.values()}) == len(set(texts))
    assert "annotations" not in {name.casefold() for name in folders.values()}


def test_names_that_differ_in_their_suffix_alone_clash_where_labels_stand_in_files_of_their_names() -> None:
    uris, formats = ["a/1.jpg", "b/1.png", "c/2.jpg"], ["JPEG", "PNG", "JPEG"]
    assert file_names(uris, [7, 8, 9], ["x"] * 3, formats) == ["x/1.jpg", "x/1.png", "x/2.jpg"]
    assert file_names(uris, [7, 8, 9], ["x"] * 3, formats, stems=True) == ["x/1.jpg", "x/1-8.png", "x/2.jpg"]
