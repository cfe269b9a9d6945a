import hashlib
import io

import numpy as np
import polars as pl
import pytest
from PIL import Image, UnidentifiedImageError

from curate.demo.drives import plan_drives
from curate.demo.media import DEFECTS, write_media


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    calls = []
    table = write_media(folder, 400, seed=2, progress=lambda done, total: calls.append((done, total)))
    return folder, table, calls


def with_defect(table, defect):
    return table.filter(pl.col("planted") == defect)


def grey(path):
    return np.asarray(Image.open(path).convert("L"), dtype=np.float32)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.jpg")}


def test_one_row_a_file_and_one_file_a_row(written):
    folder, table, calls = written
    assert table.columns == ["uri", "timeofday", "weather", "place", "object", "drive", "frame", "planted", "boxes"]
    assert sorted(table["uri"]) == sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))
    assert table["uri"].str.contains(r"^images/drive_\d{3}/frame_\d{4}\.jpg$").all()
    assert calls[-1] == (400, 400)


def test_same_arguments_same_bytes(tmp_path):
    one, two = write_media(tmp_path / "a", 60, seed=5), write_media(tmp_path / "b", 60, seed=5)
    assert one.equals(two)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_every_defect_is_planted(written):
    assert set(written[1]["planted"].drop_nulls()) == set(DEFECTS)


def test_sound_files_open_and_hold_time_and_place(written):
    folder, table, _ = written
    scenes = {(scene.drive, scene.frame): scene for scene in plan_drives(400, seed=2)}
    for row in table.filter(pl.col("planted").is_null())[::9].iter_rows(named=True):
        image = Image.open(folder / row["uri"])
        image.load()
        assert image.size == (320, 240)
        scene = scenes[row["drive"], row["frame"]]
        exif = image.getexif()
        details, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
        assert details[0x9003] == scene.captured_at.strftime("%Y:%m:%d %H:%M:%S")
        assert details[0x9011] == scene.captured_at.isoformat()[-6:]
        degrees = sum(float(part) / 60**place for place, part in enumerate(gps[2]))
        assert degrees == pytest.approx(abs(scene.latitude), abs=2e-6)
        assert gps[3] == ("E" if scene.longitude >= 0 else "W")
        assert (row["timeofday"], row["weather"], row["object"]) == (scene.timeofday, scene.weather, scene.object)


def test_broken_files_are_really_broken(written):
    folder, table, _ = written
    for uri in with_defect(table, "corrupt")["uri"]:
        assert (folder / uri).stat().st_size > 500
        with pytest.raises(OSError, match="truncated"), Image.open(folder / uri) as image:
            image.load()
    for uri in with_defect(table, "empty")["uri"]:
        assert (folder / uri).stat().st_size == 0
    for uri in with_defect(table, "not_an_image")["uri"]:
        with pytest.raises(UnidentifiedImageError):
            Image.open(folder / uri)


def test_exact_copies_share_their_bytes_and_nothing_else_does(written):
    folder, table, _ = written
    seen = {}
    for row in table.iter_rows(named=True):
        seen.setdefault((folder / row["uri"]).read_bytes(), []).append(row["planted"])
    groups = [planted for data, planted in seen.items() if data and len(planted) > 1]
    assert sum(len(group) - 1 for group in groups) == with_defect(table, "exact_copy").height
    assert all("exact_copy" in group for group in groups)


def test_near_copies_look_like_their_source(written):
    folder, table, _ = written
    sources = {
        row["uri"]: grey(folder / row["uri"]) for row in table.filter(pl.col("planted").is_null()).iter_rows(named=True)
    }
    for uri in with_defect(table, "near_copy")["uri"]:
        copy = grey(folder / uri)
        small = np.asarray(Image.fromarray(copy.astype(np.uint8)).resize((40, 30)), dtype=np.float32)
        nearest = min(
            np.abs(np.asarray(Image.fromarray(one.astype(np.uint8)).resize((40, 30)), dtype=np.float32) - small).mean()
            for one in sources.values()
        )
        assert nearest < 9


def test_dark_and_blurred_frames_measure_so(written):
    folder, table, _ = written
    for uri in with_defect(table, "dark")["uri"]:
        assert grey(folder / uri).mean() < 22
    edges = [np.abs(np.diff(grey(folder / uri))).mean() for uri in with_defect(table, "blurred")["uri"]]
    sound = [
        np.abs(np.diff(grey(folder / uri))).mean() for uri in table.filter(pl.col("planted").is_null())["uri"][:40]
    ]
    assert max(edges) < np.median(sound) / 2


def test_wrong_labels_differ_from_the_truth_in_one_attribute(written):
    _, table, _ = written
    scenes = {(scene.drive, scene.frame): scene for scene in plan_drives(400, seed=2)}
    for row in with_defect(table, "wrong_label").iter_rows(named=True):
        scene = scenes[row["drive"], row["frame"]]
        assert sum(row[name] != getattr(scene, name) for name in ("timeofday", "weather", "place", "object")) == 1


def test_boxes_belong_to_their_picture(written):
    _, table, _ = written
    for row in table.filter(pl.col("planted").is_null()).iter_rows(named=True):
        assert bool(row["boxes"]) == (row["object"] != "none")
        if row["boxes"]:
            assert row["boxes"][0]["label"] == row["object"]


def test_a_copy_can_be_told_from_its_source_by_nothing_but_its_place(tmp_path):
    table = write_media(tmp_path, 120, seed=1)
    uri = with_defect(table, "exact_copy")["uri"][0]
    data = (tmp_path / uri).read_bytes()
    twins = [path for path in tmp_path.rglob("*.jpg") if path.read_bytes() == data]
    assert len(twins) == 2
    assert Image.open(io.BytesIO(data)).size == (320, 240)
