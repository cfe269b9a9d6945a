"""Folders and patterns: everything that is a picture, nothing that is none, and no file that stops the run."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate.errors import BadSource, SourceNotFound
from curate.media.location import join, to_uri
from curate.media.probe import probe_location
from curate.sources import list_source


def draw(path: Path, seed: int = 0, format: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, format)
    return path


def uris(source: object, **options: object) -> list[str]:
    return list_source(source, **options).files["uri"].to_list()  # type: ignore[arg-type]


def test_a_folder_is_listed_with_size_and_time(tmp_path: Path) -> None:
    path = draw(tmp_path / "a" / "1.jpg")
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))
    listing = list_source(tmp_path)
    assert listing.location == str(tmp_path)
    assert listing.complete
    assert listing.metadata is None
    assert listing.files.to_dicts() == [
        {
            "uri": "a/1.jpg",
            "bytes": path.stat().st_size,
            "mtime": dt.datetime(2023, 11, 14, 22, 13, 20, 123_456),
            "status": None,
            "error": None,
        }
    ]
    assert join(listing.location, "a/1.jpg") == str(path)


def test_an_empty_folder_is_an_empty_listing(tmp_path: Path) -> None:
    listing = list_source(tmp_path)
    assert (len(listing), listing.complete) == (0, True)
    assert listing.files.schema["mtime"] == pl.Datetime("us")


def test_suffixes_in_any_case_and_pictures_without_one(tmp_path: Path) -> None:
    for name in ("a.JPG", "b.Png", "c.webp"):
        draw(tmp_path / name)
    draw(tmp_path / "no suffix", format="JPEG")
    draw(tmp_path / "wrong.dat", format="PNG")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "renamed.jpg").write_text("no picture, but it says so")
    (tmp_path / "empty").touch()
    assert uris(tmp_path) == ["a.JPG", "b.Png", "c.webp", "no suffix", "renamed.jpg", "wrong.dat"]


def test_what_archives_and_file_managers_leave_is_skipped(tmp_path: Path) -> None:
    draw(tmp_path / "kept.jpg")
    for name in (".hidden.jpg", ".cache/x.jpg", "__MACOSX/a.jpg", "a/._b.jpg"):
        draw(tmp_path / name)
    (tmp_path / "Thumbs.db").write_bytes(b"\xff\xd8\xff")
    assert uris(tmp_path) == ["kept.jpg"]


def test_bad_entries_are_listed_with_their_status(tmp_path: Path) -> None:
    draw(tmp_path / "folder.jpg" / "inside.jpg")
    (tmp_path / "link.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "link to nothing").symlink_to("nowhere")
    (tmp_path / "empty.jpg").touch()
    rows = {row["uri"]: (row["status"], row["error"]) for row in list_source(tmp_path).files.to_dicts()}
    assert rows == {
        "folder.jpg": ("unreadable", "Is a directory"),
        "folder.jpg/inside.jpg": (None, None),
        "link.jpg": ("missing", "a symlink to nothing"),
        "empty.jpg": (None, None),
    }


def test_symlinks_are_followed_and_circles_are_not(tmp_path: Path) -> None:
    outside = draw(tmp_path / "outside" / "far.jpg").parent
    top = tmp_path / "top"
    draw(top / "a" / "1.jpg")
    (top / "file.jpg").symlink_to(outside / "far.jpg")
    (top / "folder").symlink_to(outside)
    (top / "a" / "up").symlink_to(top)
    (top / "again").symlink_to(outside)
    (top / "self.jpg").symlink_to("self.jpg")
    listing = list_source(top)
    assert [uri for uri in listing.files["uri"] if "far" in uri] == ["again/far.jpg"]
    assert {"a/1.jpg", "file.jpg", "self.jpg"} < set(listing.files["uri"])
    assert listing.files.filter(uri="self.jpg")["status"].to_list() == ["unreadable"]


NAMES = [
    b"with space.jpg",
    b'it\'s "quoted".jpg',
    b"new\nline.jpg",
    "emoji 🌧️.jpg".encode(),
    b"caf\xe9.jpg",
    b"%2e.jpg",
    b"a*b?[c].jpg",
]


def test_every_name_is_found_and_opened_again(tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        draw(tmp_path / os.fsdecode(name), number)
    listing = list_source(tmp_path)
    assert set(listing.files["uri"]) == {to_uri(os.fsdecode(name)) for name in NAMES}
    assert {probe_location(join(listing.location, uri)).status for uri in listing.files["uri"]} == {"ok"}
    assert pl.from_arrow(listing.files.to_arrow()).equals(listing.files)


def test_a_folder_whose_own_name_is_not_utf8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"d\xe9j\xe0")
    draw(folder / "1.jpg")
    listing = list_source(folder)
    assert probe_location(join(listing.location, "1.jpg")).status == "ok"
    assert uris(f"{folder}/*.jpg") == ["1.jpg"]


def test_an_unreadable_folder_inside_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(tmp_path / "open" / "1.jpg")
    draw(tmp_path / "closed" / "2.jpg")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = list_source(tmp_path)
    assert listing.files["uri"].to_list() == ["open/1.jpg"]
    assert listing.notes == ["the folder 'closed/' could not be read: Permission denied"]
    # what it holds has not vanished: nobody could look
    assert not listing.complete
    assert not listing.covers("closed/2.jpg")


def test_a_folder_under_a_root(tmp_path: Path) -> None:
    draw(tmp_path / "day" / "1.jpg")
    draw(tmp_path / "night" / "2.jpg")
    listing = list_source(tmp_path / "day", root=str(tmp_path))
    assert listing.location == str(tmp_path)
    assert listing.files["uri"].to_list() == ["day/1.jpg"]
    assert listing.covers("day/gone.jpg")
    assert not listing.covers("night/2.jpg")
    with pytest.raises(BadSource, match="not under the root"):
        list_source(tmp_path / "day", root=str(tmp_path / "night"))


def test_relative_paths_and_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(tmp_path / "photos" / "1.jpg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for source in ("photos", "./photos/", "~/photos", "photos/../photos", Path("photos")):
        assert list_source(source).location == f"{tmp_path}/photos"
        assert uris(source) == ["1.jpg"]
    assert uris("photos/*.jpg") == ["1.jpg"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["top.jpg"]),
        ("**/*.jpg", ["a/1.jpg", "a/b/2.jpg", "top.jpg"]),
        ("**/*.png", ["a/3.png"]),
        ("*/*.jpg", ["a/1.jpg"]),
        ("a/*", ["1.jpg", "3.png"]),
        ("a/**", ["1.jpg", "3.png", "b/2.jpg"]),
        ("?/b/*", ["a/b/2.jpg"]),
        ("**/[12].jpg", ["a/1.jpg", "a/b/2.jpg"]),
        ("**/[!1].*", ["a/3.png", "a/b/2.jpg"]),
        ("**/b/*.jpg", ["a/b/2.jpg"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    for name in ("top.jpg", "a/1.jpg", "a/b/2.jpg", "a/3.png"):
        draw(tmp_path / name)
    (tmp_path / "a" / "notes.txt").write_text("no picture")
    assert sorted(uris(f"{tmp_path}/{pattern}")) == sorted(expected)


def test_a_pattern_covers_what_it_would_find(tmp_path: Path) -> None:
    draw(tmp_path / "a" / "1.jpg")
    listing = list_source(f"{tmp_path}/a/*.jpg", root=str(tmp_path))
    assert listing.files["uri"].to_list() == ["a/1.jpg"]
    assert listing.covers("a/gone.jpg")
    assert not listing.covers("a/b/other.jpg")
    assert not listing.covers("a/other.png")
    assert not listing.covers("b/1.jpg")


def test_a_pattern_without_stars_for_folders_does_not_search_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path / "1.jpg")
    draw(tmp_path / "deep" / "2.jpg")
    visited: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: visited.append(path) or scandir(path))
    assert uris(f"{tmp_path}/*.jpg") == ["1.jpg"]
    assert visited == [str(tmp_path)]


def test_a_pattern_that_nothing_fits_says_what_there_is(tmp_path: Path) -> None:
    draw(tmp_path / "1.jpg")
    with pytest.raises(SourceNotFound, match="1 pictures are under"):
        list_source(f"{tmp_path}/*.png")
    with pytest.raises(SourceNotFound):
        list_source(f"{tmp_path}/nowhere/*.png")


def test_a_folder_that_is_not_there_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(SourceNotFound, match=r"Hint: in '.*' there is 'photos'"):
        list_source(tmp_path / "fotos")
    with pytest.raises(FileNotFoundError, match="'photos'"):
        list_source(tmp_path / "potos" / "deeper" / "still")


@pytest.mark.parametrize("source", [5, None, b"photos", {"uri": ["a.jpg"]}, object()])
def test_what_is_no_source_is_refused(source: object) -> None:
    with pytest.raises(BadSource, match="Hint: give a folder"):
        list_source(source)


def test_a_file_that_is_neither_picture_nor_table(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(BadSource, match="neither a folder nor a picture nor a table"):
        list_source(tmp_path / "notes.txt")


def test_one_picture_is_a_list_of_one(tmp_path: Path) -> None:
    draw(tmp_path / "1.jpg")
    listing = list_source(tmp_path / "1.jpg")
    assert (listing.location, listing.files["uri"].to_list(), listing.complete) == (str(tmp_path), ["1.jpg"], False)


def test_column_is_for_tables(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="'column' is for tables"):
        list_source(tmp_path, column="path")


def test_a_listing_prints_in_one_line(tmp_path: Path) -> None:
    draw(tmp_path / "1.jpg")
    assert repr(list_source(str(tmp_path))) == f"Listing({str(tmp_path)!r}, files=1, complete=True)"
