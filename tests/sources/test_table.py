"""Tables with a column of paths, in every form that people have them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from curate.errors import BadSource, SourceNotFound
from curate.sources import list_source

TABLE = pl.DataFrame(
    {"file_name": ["a/1.jpg", "a/2.jpg", "b/3.jpg"], "weather": ["rain", "snow", "hail"], "speed": [1, 2, 3]}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in TABLE["file_name"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    return tmp_path


@pytest.mark.parametrize(
    "table",
    [TABLE, TABLE.lazy(), TABLE.to_pandas(), TABLE.to_arrow(), TABLE.to_arrow().to_reader()],
    ids=lambda t: type(t).__name__,
)
def test_every_kind_of_table(folder: Path, table: object) -> None:
    listing = list_source(table, root=folder)
    assert listing.location == str(folder)
    assert listing.files["uri"].to_list() == ["a/1.jpg", "a/2.jpg", "b/3.jpg"]
    assert listing.files["bytes"].to_list() == [5, 5, 5]
    assert listing.metadata.equals(TABLE.drop("file_name"))
    assert not listing.complete


WRITERS = {
    "parquet": TABLE.write_parquet,
    "csv": TABLE.write_csv,
    "tsv": lambda path: TABLE.write_csv(path, separator="\t"),
    "jsonl": TABLE.write_ndjson,
    "ndjson": TABLE.write_ndjson,
    "json": TABLE.write_json,
    "arrow": TABLE.write_ipc,
    "feather": lambda path: TABLE.write_ipc(path, compression="lz4"),
    "ARROW": lambda path: path.write_bytes(TABLE.write_ipc_stream(None).getvalue()),
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_kind_of_file(folder: Path, suffix: str) -> None:
    path = folder / f"index.{suffix}"
    WRITERS[suffix](path)
    listing = list_source(path)
    assert listing.location == str(folder)
    assert listing.files["uri"].to_list() == ["a/1.jpg", "a/2.jpg", "b/3.jpg"]
    assert listing.files["status"].null_count() == 3
    assert listing.metadata.equals(TABLE.drop("file_name"))
    assert listing.source == str(path)


def test_json_as_columns(folder: Path) -> None:
    (folder / "index.json").write_text('{"path": ["a/1.jpg"], "n": [4]}')
    assert list_source(folder / "index.json").metadata.to_dicts() == [{"n": 4}]


def test_metadata_stays_with_its_file_where_rows_are_dropped(folder: Path) -> None:
    table = pl.DataFrame({"uri": ["a/1.jpg", None, "a/2.jpg", "", "./a/1.jpg"], "row": [0, 1, 2, 3, 4]})
    listing = list_source(table, root=folder)
    found = dict(zip(listing.files["uri"], listing.metadata["row"], strict=True))
    assert found == {"a/1.jpg": 4, "a/2.jpg": 2}
    assert listing.notes == [
        "2 rows name no file in 'uri'; they were left out",
        "1 rows name a file that a later row names again; the last one was kept",
    ]


def test_the_column_is_found_in_any_case_or_given(folder: Path) -> None:
    assert len(list_source(pl.DataFrame({"Path": ["a/1.jpg"], "x": [1]}), root=folder)) == 1
    table = pl.DataFrame({"left": ["a/1.jpg"], "path": ["a/2.jpg"]})
    assert list_source(table, root=folder, column="left").files["uri"].to_list() == ["a/1.jpg"]
    # an "image" column of numbers is no competitor to a "path" column of text
    assert len(list_source(pl.DataFrame({"path": ["a/1.jpg"], "image": [7]}), root=folder)) == 1


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        (pl.DataFrame({"weather": ["rain"], "speed": [1]}), None, "There is 'weather', 'speed'"),
        (pl.DataFrame({"path": ["a"], "url": ["b"]}), None, "'path' and 'url' may each"),
        (pl.DataFrame({"path": ["a"]}), "image", "There is no column 'image'"),
        (pl.DataFrame({"path": [1, 2]}), None, "holds Int64, not paths"),
    ],
)
def test_a_column_that_cannot_be_found_lists_what_there_is(table: pl.DataFrame, column: str | None, words: str) -> None:
    with pytest.raises(BadSource, match=words):
        list_source(table, column=column)


def test_absolute_paths_and_urls_need_no_root(folder: Path) -> None:
    listing = list_source(pl.DataFrame({"path": [f"{folder}/a/1.jpg", f"{folder}/b/3.jpg"]}))
    assert (listing.location, listing.metadata) == (str(folder), None)
    listing = list_source(pl.DataFrame({"url": ["https://host/x/1.jpg", "https://host/y/2.jpg"]}))
    assert (listing.location, listing.files["uri"].to_list()) == ("https://host", ["x/1.jpg", "y/2.jpg"])


def test_paths_in_a_table_do_not_leave_its_folder(folder: Path) -> None:
    (folder / "index.csv").write_text("path\n../../etc/passwd\n")
    with pytest.raises(BadSource, match="leads out of its root"):
        list_source(folder / "index.csv")
    (folder / "a" / "index.csv").write_text("path\na/1.jpg\n")
    assert list_source(folder / "a" / "index.csv", root=folder).files["status"].to_list() == [None]


def test_files_that_are_no_tables_are_clear(folder: Path) -> None:
    (folder / "x.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(BadSource, match="cannot be read as a table"):
        list_source(folder / "x.parquet")
    (folder / "x.json").write_text('{"images": 5}')
    with pytest.raises(BadSource, match="a list of objects"):
        list_source(folder / "x.json")
    with pytest.raises(SourceNotFound, match=r"x\.parquet"):
        list_source(folder / "y.parquet")


def test_pandas_with_an_index_and_missing_values(folder: Path) -> None:
    frame = pd.DataFrame({"path": ["a/1.jpg", None], "n": [1.5, None]}, index=["x", "y"])
    listing = list_source(frame, root=folder)
    assert listing.files["uri"].to_list() == ["a/1.jpg"]
    assert listing.metadata.to_dicts() == [{"n": 1.5}]


def test_arrow_with_a_dictionary_or_large_text_column(folder: Path) -> None:
    table = pa.table({"path": pa.array(["a/1.jpg", "a/2.jpg"]).dictionary_encode()})
    assert len(list_source(table, root=folder)) == 2
    table = pa.table({"path": pa.array(["a/1.jpg"], pa.large_string())})
    assert len(list_source(table, root=folder)) == 1


def test_a_folder_called_like_a_table_is_a_folder(folder: Path) -> None:
    (folder / "set.csv").mkdir()
    assert list_source(folder / "set.csv").complete


def test_a_csv_with_quotes_and_dates(folder: Path) -> None:
    (folder / "index.csv").write_text('path,note,day\n"a/1.jpg","it said ""hail"", twice",2024-05-01\n')
    row = list_source(folder / "index.csv").metadata.to_dicts()[0]
    assert row["note"] == 'it said "hail", twice'
    assert str(row["day"]) == "2024-05-01"
