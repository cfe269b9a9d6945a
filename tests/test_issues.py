"""`ds.find_issues()`: from files with planted defects to flags, views, a table and a page; and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image, ImageFilter

import curate
from curate import errors
from curate.analysis.issues import KINDS
from curate.dataset import Dataset
from curate.issues import Issues
from curate.measuring import measure_older
from curate.store import schemas

PLANTED = {
    "dark": "dark.jpg", "light": "light.jpg", "blurry": "blurry.jpg", "low_information": "flat.png",
    "grayscale": "grey.jpg", "odd_size": "large.jpg", "odd_aspect_ratio": "strip.jpg", "rotated": "turned.jpg",
    "wrong_suffix": "wrong.png", "empty": "empty.jpg", "corrupt": "half.jpg", "overexposed": "over.jpg",
}  # fmt: skip


def picture(seed: int) -> Image.Image:
    """Sharp blocks of all colours, with some noise."""
    rng = np.random.default_rng(seed)
    blocks = np.kron(rng.integers(0, 256, (12, 16, 3)), np.ones((16, 16, 1)))
    return Image.fromarray((blocks * 0.9 + rng.integers(0, 25, (192, 256, 3))).clip(0, 255).astype(np.uint8))


def plant(folder: Path) -> None:
    folder.mkdir()
    for seed in range(40):
        picture(seed).save(folder / f"{seed:02}.jpg", quality=92)
    one = picture(50)
    one.point(lambda v: v * 0.2).save(folder / "dark.jpg")
    one.point(lambda v: 255 - (255 - v) * 0.03).save(folder / "light.jpg")
    over = one.copy()
    over.paste("white", (0, 0, 256, 80))
    over.save(folder / "over.jpg")
    one.filter(ImageFilter.GaussianBlur(3)).save(folder / "blurry.jpg")
    Image.new("RGB", (256, 192), "teal").save(folder / "flat.png")
    one.convert("L").save(folder / "grey.jpg")
    one.resize((1280, 960), Image.Resampling.NEAREST).save(folder / "large.jpg")
    one.resize((512, 96)).save(folder / "strip.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(51).save(folder / "turned.jpg", exif=exif)
    picture(52).save(folder / "wrong.png", "JPEG")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "half.jpg").write_bytes((folder / "00.jpg").read_bytes()[:9000])


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 52 files, twelve of them with a defect, and a dataset of them without issues yet."""
    place = tmp_path_factory.mktemp("planted")
    plant(place / "files")
    ds = curate.create(place / "planted.curate")
    ds.ingest(place / "files", workers=1)
    return place


@pytest.fixture
def found(planted: Path, tmp_path: Path) -> Issues:
    """The issues of a copy."""
    return curate.open(shutil.copytree(planted / "planted.curate", tmp_path / "planted.curate")).find_issues()


def uris(issues: Issues, kind: str) -> list[str]:
    return issues[kind].df(["uri"])["uri"].to_list()


# -- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PLANTED)
def test_each_planted_defect_is_found(found: Issues, kind: str) -> None:
    assert PLANTED[kind] in uris(found, kind)


def test_nothing_else_is_found(found: Issues) -> None:
    whole = {f"{seed:02}.jpg" for seed in range(40)}
    assert not whole & set(found.view.df(["uri"])["uri"].to_list())
    assert found.found == found.view.count() == 12


def test_counts_views_and_columns_agree(found: Issues) -> None:
    ds = found.dataset
    for kind, count in found.counts.items():
        assert count == found[kind].count() == ds.where(f"is_{kind}_issue").count()
        scores = ds.df([f"{kind}_score"]).to_series().drop_nulls()
        assert scores.is_between(0, 1).all()
    assert list(found.counts) == list(KINDS)  # there are no labels


def test_the_worst_comes_first(found: Issues) -> None:
    loose = found.dataset.find_issues("low_information", thresholds={"low_information": 1.0})
    scores = loose["low_information"].df(["low_information_score"]).to_series()
    assert len(scores) == 50
    assert scores.is_sorted()


def test_they_are_there_again_when_the_dataset_is_opened(found: Issues) -> None:
    again = curate.open(found.dataset.folder.location).issues()
    assert again.counts == found.counts
    assert again.thresholds == found.thresholds
    assert again.info == found.info


def test_a_search_for_some_kinds_takes_the_place_of_the_last(found: Issues) -> None:
    ds = found.dataset
    few = ds.find_issues(["rotated", "dark"], thresholds={"dark": 0.0})
    assert few.counts == {"dark": 0, "rotated": 1}
    assert "blurry_score" not in ds.columns
    with pytest.raises(errors.UnknownName, match="it was not looked for"):
        few["blurry"]


def test_what_another_notebook_replaced_meanwhile_is_told_so(found: Issues) -> None:
    ds = found.dataset
    curate.open(ds.folder.location).find_issues("dark")
    ds.session.refresh()
    with pytest.raises(errors.BadValue, match="looked for other issues"):
        Issues(ds, found.info)
    assert list(ds.issues().counts) == ["dark"]


def test_the_past_keeps_what_was_found_then(found: Issues) -> None:
    ds = found.dataset
    ds.snapshot("before")
    ds.find_issues("dark", thresholds={"dark": 0.0})
    assert ds.issues().counts == {"dark": 0}
    assert ds.at("before").issues().counts == found.counts
    with pytest.raises(errors.ReadOnly):
        ds.at("before").find_issues()


def test_history_tells_of_it_and_undo_says_why_not(found: Issues) -> None:
    ds = found.dataset
    event = ds.history(action="issues").row(0, named=True)
    assert event["count"] == 12
    assert "rotated 1" in event["what"]
    with pytest.raises(errors.BadValue, match="with other thresholds takes their place"):
        ds.undo(event["event_id"])


def test_samples_that_came_later_are_counted_and_found_the_next_time(
    found: Issues, planted: Path, tmp_path: Path
) -> None:
    ds = found.dataset
    (tmp_path / "more").mkdir()
    picture(60).save(tmp_path / "more" / "one.jpg")
    ds.ingest(tmp_path / "more", workers=1)
    assert ds.issues().later == 1
    assert "1 came later" in str(ds.issues())
    assert ds.find_issues().later == 0


def test_they_print_and_show(found: Issues) -> None:
    text, page = str(found), found._repr_html_()
    assert text.startswith("issues of 52 samples: 12 with at least one")
    assert "none: " in text
    assert page.count("data:image/jpeg") >= 10
    assert "dark.jpg" in page


def test_a_name_is_text_on_the_page(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>'\".jpg".replace("/", "_")
    (tmp_path / "files").mkdir()
    picture(1).point(lambda v: v * 0.1).save(tmp_path / "files" / name)
    ds = curate.create(tmp_path / "d.curate")
    ds.ingest(tmp_path / "files", workers=1)
    page = ds.find_issues("dark")._repr_html_()
    assert "&lt;script&gt;" in page
    assert "<script" not in page


def test_a_dataset_without_samples_has_nothing_to_look_at(found: Issues, tmp_path: Path) -> None:
    with pytest.raises(errors.BadValue, match="no samples to look at"):
        curate.create(tmp_path / "d.curate").find_issues()
    ds = found.dataset
    ds.purge(found["dark"].ids())
    assert ds.issues().counts["dark"] == 0
    ds.purge(ds.ids())
    with pytest.raises(errors.BadValue, match="Nobody has looked"):
        ds.issues()


def test_where_no_picture_can_be_read_only_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for number in range(3):
        (tmp_path / "files" / f"{number}.jpg").write_bytes(b"not a picture")
    ds = curate.create(tmp_path / "d.curate")
    ds.ingest(tmp_path / "files", workers=1)
    issues = ds.find_issues()
    assert {kind: n for kind, n in issues.counts.items() if n} == {"corrupt": 3}
    assert "corrupt" in issues._repr_html_()


# -- thresholds -------------------------------------------------------------------------------------------------------


def test_night_is_allowed_to_be_dark(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    rows = []
    for number, time in enumerate(["day", "night", "night", None]):
        path = folder / f"{number}.jpg"
        picture(number).point(lambda v: v * 0.2).save(path)
        rows.append({"path": str(path), "time": time})
    ds = curate.create(tmp_path / "d.curate")
    ds.ingest(pl.DataFrame(rows), workers=1)
    issues = ds.find_issues(thresholds={"dark": {"night": 0.05}}, by="time")
    assert sorted(uris(issues, "dark")) == ["0.jpg", "3.jpg"]
    assert issues.thresholds["dark"] == {"night": 0.05}
    assert ds.find_issues(thresholds={"dark": {"day": 0.9, None: 0.0}}, by="time").counts["dark"] == 1
    assert "by time" in ds.issues()._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"kinds": "blurred"}, errors.UnknownName, "blurry"),
        ({"kinds": []}, errors.BadValue, "names no kind"),
        ({"kinds": "dark", "thresholds": {"light": 0.1}}, errors.BadValue, "not looked for"),
        ({"thresholds": {"darkk": 0.1}}, errors.UnknownName, "dark"),
        ({"thresholds": {"rotated": 0.1}}, errors.BadValue, "'rotated' has no threshold"),
        ({"thresholds": {"dark": 1.1}}, errors.BadValue, "from 0 to 1. Got 1.1"),
        ({"thresholds": {"dark": -1}}, errors.BadValue, "Got -1"),
        ({"thresholds": {"dark": float("nan")}}, errors.BadValue, "Got nan"),
        ({"thresholds": {"dark": True}}, errors.BadValue, "Got True"),
        ({"thresholds": {"dark": "0.3"}}, errors.BadValue, "Got '0.3'"),
        ({"thresholds": {"dark": {"rain": "a"}}, "by": "weather"}, errors.BadValue, "Got 'a'"),
        ({"thresholds": {"dark": {"rain": 0.1}}}, errors.BadValue, "'by' names no column"),
        ({"thresholds": {"dark": {"reign": 0.1}}, "by": "weather"}, errors.UnknownName, "rain"),
        ({"thresholds": {"dark": {"rain": 0.1}}, "by": "wether"}, errors.UnknownName, "weather"),
        ({"thresholds": {"dark": {"rain": 0.1}}, "by": "tags"}, errors.BadValue, "neither text nor numbers"),
        ({"by": "weather"}, errors.BadValue, "none does"),
        ({"kinds": "box_empty"}, errors.BadValue, "there are none"),
        ({"labels": "objects"}, errors.UnknownName, "objects"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    ds: Dataset, arguments: dict[str, object], kind: type[Exception], words: str
) -> None:
    before = ds.folder.versions()
    with pytest.raises(kind, match=words):
        ds.find_issues(**arguments)  # type: ignore[arg-type]
    assert ds.folder.versions() == before


def test_before_anybody_looked_it_says_so(ds: Dataset) -> None:
    with pytest.raises(errors.BadValue, match=r"ds\.find_issues\(\)"):
        ds.issues()


def test_columns_of_the_same_names_that_somebody_brought_are_kept(photos: Path, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "d.curate")
    table = pl.read_csv(photos / "index.csv").with_columns(is_dark_issue=True)
    ds.ingest(table.with_columns(pl.lit(f"{photos}/").add(pl.col("path")).alias("path")), workers=1)
    with pytest.raises(errors.BadValue, match="'is_dark_issue' already"):
        ds.find_issues()
    assert "is_dark_issue" not in ds.find_issues(["light", "blurry"]).counts
    assert ds.where("is_dark_issue").count() == 24


# -- labels -----------------------------------------------------------------------------------------------------------


def test_labels_that_cannot_be_right_are_found(ds: Dataset) -> None:
    ids = ds.ids()
    table = pl.DataFrame(
        {
            "sample_id": [*ids[:20], ids[0]],
            "value": ["dog"] * 20 + ["cat"],
            "box": [[0.0, 0.0, 10.0, 10.0]] * 20 + [[60.0, 40.0, 30.0, 30.0]],
        }
    )
    ds.add_labels(table, field="objects", source="ada")
    issues = ds.find_issues(labels={"objects": ["dog"]})
    assert issues["box_outside"].ids() == issues["unknown_class"].ids() == [ids[0]]
    assert issues.counts["picture_without_label"] == 3  # and a fourth that could not be read
    assert issues.info.classes == {"objects": ("dog",)}
    rows = ds.issues().annotations
    assert set(rows["kind"]) == {"box_outside", "unknown_class", "picture_without_label"}
    assert rows.filter(pl.col("kind") == "box_outside")["sample_id"].to_list() == [ids[0]]
    only = ds.find_issues("box_outside")
    assert set(only.annotations["kind"]) == {"box_outside"}


# -- samples of before ------------------------------------------------------------------------------------------------


@pytest.fixture
def older(planted: Path, tmp_path: Path) -> Dataset:
    """The planted files as an earlier Curate ingested them, and the media are gone."""
    ds = curate.open(shutil.copytree(planted / "planted.curate", tmp_path / "older.curate"))
    rows = ds.folder.samples.latest()
    for name in ("brightness_p5", "brightness_p99", "clipped_dark", "clipped_bright", "acutance"):
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, rows.schema.field(at), pa.nulls(rows.num_rows, pa.float32()))
    ds.folder.samples.overwrite(rows.cast(schemas.SAMPLES))
    opened = curate.open(ds.folder.location)
    opened.roots({"files": str(tmp_path / "nowhere")})
    return opened


def test_what_was_not_measured_at_ingest_is_taken_from_the_thumbnails(older: Dataset, found: Issues) -> None:
    assert older.where("acutance IS NOT NULL").count() == 0
    issues = older.find_issues()
    assert issues.counts == found.counts
    measured = older.df(["sample_id", "acutance", "brightness_p99"]).drop_nulls("brightness_p99")
    assert measured.height == 50  # all that could be read
    assert measure_older(older) == 0


def test_a_killed_measurement_does_the_rest(older: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.measuring._BLOCK", 20)
    append = type(older.folder.samples).append
    calls = []

    def once(table: object, rows: object) -> int:
        if calls:
            raise KeyboardInterrupt
        calls.append(1)
        return append(table, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(type(older.folder.samples), "append", once)
    with pytest.raises(KeyboardInterrupt):
        older.find_issues()
    monkeypatch.setattr(type(older.folder.samples), "append", append)
    again = curate.open(older.folder.location)
    done = again.where("brightness_p99 IS NOT NULL").count()
    assert 0 < done < 50
    assert measure_older(again) == 50 - done


# -- CleanVision ------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
def test_cleanvision_says_the_same(planted: Path, found: Issues, tmp_path: Path) -> None:
    """On files that both can read; blur aside, of which CleanVision finds little."""
    from cleanvision import Imagelab

    kinds = ("dark", "light", "low_information", "grayscale", "odd_size", "odd_aspect_ratio")
    names = found.dataset.where("status = 'ok'").df(["uri"])["uri"].to_list()
    lab = Imagelab(filepaths=[str(planted / "files" / name) for name in names], verbose=False)
    lab.find_issues({kind: {} for kind in kinds}, n_jobs=1, verbose=False)
    theirs = {
        Path(path).name: {kind for kind in kinds if row[f"is_{kind}_issue"]} for path, row in lab.issues.iterrows()
    }
    ours = {name: set() for name in names}
    for kind in kinds:
        for name in uris(found, kind):
            ours[name].add(kind)
    assert {kind for said in theirs.values() for kind in said} == set(kinds)
    assert sum(ours[name] == theirs[name] for name in names) >= 0.98 * len(names)
