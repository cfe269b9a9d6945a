"""Lists of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.errors import BadSource
from curate.sources import list_source


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"12345")
    return path


def test_a_list_has_the_deepest_common_root(tmp_path: Path) -> None:
    paths = [touch(tmp_path / "a" / "b" / "1.jpg"), touch(tmp_path / "a" / "c" / "2.jpg")]
    listing = list_source([str(paths[0]), paths[1]])
    assert listing.location == f"{tmp_path}/a"
    assert listing.files["uri"].to_list() == ["b/1.jpg", "c/2.jpg"]
    assert listing.files["bytes"].to_list() == [5, 5]
    assert listing.files["mtime"].null_count() == 0
    assert not listing.complete
    assert not listing.covers("b/1.jpg")


def test_a_root_may_be_given(tmp_path: Path) -> None:
    path = touch(tmp_path / "a" / "1.jpg")
    assert list_source([path], root=tmp_path).files["uri"].to_list() == ["a/1.jpg"]
    assert list_source(["a/1.jpg", "./a//1.jpg", "a/x/../1.jpg"], root=tmp_path).files["uri"].to_list() == ["a/1.jpg"]
    for outside in ("../x.jpg", "/elsewhere/x.jpg", "a/../../x.jpg"):
        with pytest.raises(BadSource, match="root"):
            list_source([outside], root=tmp_path)


def test_relative_paths_are_relative_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "a" / "1.jpg")
    monkeypatch.chdir(tmp_path / "a")
    assert list_source(["1.jpg"]).location == f"{tmp_path}/a"


def test_what_is_not_there_is_missing_and_stops_nothing(tmp_path: Path) -> None:
    touch(tmp_path / "1.jpg")
    listing = list_source([tmp_path / "1.jpg", tmp_path / "gone.jpg"])
    assert listing.files["status"].to_list() == [None, "missing"]


def test_the_last_of_equal_ones_is_kept_and_counted(tmp_path: Path) -> None:
    one, two = touch(tmp_path / "1.jpg"), touch(tmp_path / "2.jpg")
    listing = list_source([one, two, one])
    assert sorted(listing.files["uri"].to_list()) == ["1.jpg", "2.jpg"]
    assert listing.notes == ["1 rows name a file that a later row names again; the last one was kept"]


def test_urls_have_a_common_root_too() -> None:
    listing = list_source(["s3://bucket/a/1.jpg", "s3://bucket/b/2.jpg"])
    assert (listing.location, listing.files["uri"].to_list()) == ("s3://bucket", ["a/1.jpg", "b/2.jpg"])
    listing = list_source(["s3://one/1.jpg", "s3://two/2.jpg"])
    assert (listing.location, listing.files["uri"].to_list()) == ("s3://", ["one/1.jpg", "two/2.jpg"])
    assert listing.files["status"].null_count() == 2


@pytest.mark.parametrize("paths", [["/a/1.jpg", "s3://bucket/2.jpg"], ["s3://a/1.jpg", "gs://b/2.jpg"]])
def test_kinds_do_not_mix(paths: list[str]) -> None:
    with pytest.raises(BadSource, match="The list mixes"):
        list_source(paths)


@pytest.mark.parametrize("element", [5, None, "", ["a.jpg"]])
def test_elements_that_are_no_paths_are_named(element: object) -> None:
    with pytest.raises(BadSource, match="Element 1 of the list is not a path"):
        list_source(["a.jpg", element])


def test_an_empty_list_is_an_empty_listing() -> None:
    assert len(list_source([])) == 0
