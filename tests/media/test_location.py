"""Roots, URIs and locations: every name has one URI, and no URI leaves its root."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.errors import BadSource, MissingExtra
from curate.media.location import absolute, filesystem, from_uri, is_local, join, read, relative, to_uri

names = st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name and b"/" not in name)


@given(names)
@example(b"caf\xe9.jpg")
@example("\uf780".encode())
@example("\uf7e9\uf7bf".encode() + b"\xff")
@example(b"\xee")
def test_every_file_name_has_a_uri_and_comes_back(name: bytes) -> None:
    uri = to_uri(os.fsdecode(name))
    uri.encode("utf-8")  # valid text: no lone surrogates
    assert os.fsencode(from_uri(uri)) == name
    assert pl.Series([uri]).to_list() == [uri]


@given(names, names)
def test_two_names_never_share_a_uri(one: bytes, other: bytes) -> None:
    assert (to_uri(os.fsdecode(one)) == to_uri(os.fsdecode(other))) == (one == other)


@given(st.text(max_size=30))
def test_text_without_bytes_in_it_is_itself(text: str) -> None:
    if not any(0xF780 <= ord(character) <= 0xF7FF for character in text):
        assert to_uri(text) == text == from_uri(text)


paths = st.lists(
    st.sampled_from(["a", "..", ".", "", "b.jpg", "...", "..a", "%2e%2e", "C:", "\\..", "~"]), min_size=1, max_size=6
)


@given(paths, st.sampled_from(["/data/root", "/", "s3://bucket/prefix", "s3://bucket"]))
def test_join_never_leaves_its_root(parts: list[str], root: str) -> None:
    uri = "/".join(parts)
    try:
        location = join(root, uri)
    except BadSource:
        return
    assert location.startswith(root)
    if is_local(root):
        resolved = os.path.normpath(location)
        assert resolved == root or resolved.startswith(root.rstrip("/") + "/")


@given(st.text(min_size=1, max_size=40))
def test_join_of_any_text_stays_inside_or_refuses(uri: str) -> None:
    try:
        location = join("/data/root", uri)
    except BadSource:
        return
    assert os.path.normpath(location).startswith("/data/root")
    assert relative("/data/root", location) == uri


@pytest.mark.parametrize(
    "uri", ["", "/etc/passwd", "../x", "a/../../x", "..", "a/..", "s3://other/x", "x\0.jpg", "file:///etc/passwd"]
)
def test_escapes_are_refused(uri: str) -> None:
    with pytest.raises(BadSource):
        join("/data", uri)


@pytest.mark.parametrize("uri", ["%2e%2e/x", "a/%2E%2E/%2e%2e/x", "..\\x"])
def test_escapes_in_disguise_are_refused_at_urls(uri: str) -> None:
    with pytest.raises(BadSource):
        join("https://host/data", uri)


def test_dots_in_names_are_names() -> None:
    assert join("/data", "a..b/...jpg") == "/data/a..b/...jpg"


def test_relative_is_the_opposite_of_join() -> None:
    for root in ("/data", "/", "s3://bucket/x", "s3://"):
        assert relative(root, join(root, "a/b c.jpg")) == "a/b c.jpg"
    for outside in ("/database/x.jpg", "/data", "/x"):
        with pytest.raises(BadSource, match="not under the root"):
            relative("/data", outside)


def test_absolute_takes_what_people_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert absolute("a/./b/../c.jpg") == f"{tmp_path}/a/c.jpg"
    assert absolute("~/a.jpg") == "/home/somebody/a.jpg"
    assert absolute("file:///a%20b/%E9.jpg") == "/a b/\uf7e9.jpg"
    assert absolute("s3://bucket/x/") == "s3://bucket/x"


def test_a_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    (tmp_path / name).write_bytes(b"coffee")
    assert read(f"{tmp_path}/{to_uri(name)}") == b"coffee"


def test_urls_are_read_with_fsspec() -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/box/a.bin", b"abc")
    assert read("memory://box/a.bin") == b"abc"
    with pytest.raises(FileNotFoundError):
        read("memory://box/b.bin")
    with pytest.raises(OSError, match="more than the limit"):
        read("memory://box/a.bin", max_bytes=2)


def test_an_unknown_kind_of_url_and_a_missing_package_are_clear() -> None:
    with pytest.raises(BadSource, match="nosuchkind"):
        filesystem("nosuchkind://x/y")
    try:
        import gcsfs  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtra, match=r"curate-jupyter\[gcs\]"):
            filesystem("gs://bucket/x")
