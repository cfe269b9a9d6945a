"""Pascal VOC folders come in with their labels; what could read other files or fill the memory is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import curate
from curate.errors import BadSource, SourceNotFound
from curate.sources import recognised, voc
from tests.conftest import draw

WIDTH, HEIGHT = 64, 48
BOX = "<bndbox><xmin>1</xmin><ymin>3</ymin><xmax>64</xmax><ymax>12</ymax></bndbox>"

Write = Callable[..., Path]


def thing(name: str = "car", more: str = BOX) -> str:
    return f"<object><name>{name}</name>{more}</object>"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    folder = tmp_path / "set"
    for number in range(3):
        draw(folder / "JPEGImages" / f"{number}.jpg", number, size=(WIDTH, HEIGHT))
    draw(folder / "SegmentationClass" / "0.png", 9)
    (folder / "Annotations").mkdir()

    def write(inside: str | bytes, *, filename: str = "0.jpg", stem: str = "0") -> Path:
        text = f"<annotation><folder>/home/x</folder><path>/etc/passwd</path><filename>{filename}</filename>{inside!s}</annotation>"
        data = inside if isinstance(inside, bytes) else text.encode()
        (folder / "Annotations" / f"{stem}.xml").write_bytes(data)
        return folder

    return write


def only(write: Write, inside: str, **where: str) -> dict[str, Any]:
    return voc.read(str(write(inside, **where))).labels.row(0, named=True)


def test_a_folder_comes_in_and_again_adds_nothing(write: Write, tmp_path: Path) -> None:
    write(thing("bus", BOX + "<difficult>1</difficult>"), filename="1.jpg", stem="1")
    folder = write(thing())
    (folder / "ImageSets" / "Main").mkdir(parents=True)
    (folder / "ImageSets" / "Main" / "train.txt").write_text("0\n1\n../../etc/passwd\n")
    (folder / "ImageSets" / "Main" / "val.txt").write_text("2\n")
    ds = curate.create(tmp_path / "a.curate")
    done = ds.ingest(folder, format="voc")
    assert (done.added, done.labels, done.by_status, done.notes) == (3, 2, {"ok": 3}, ())
    told = ds.labels("objects").sort("value")
    assert told.select("kind", "value", "box", "attributes", "source").rows() == [
        ("detection", "bus", [0, 2, 64, 10], '{"difficult":1}', "set/Annotations"),
        ("detection", "car", [0, 2, 64, 10], None, "set/Annotations"),
    ]
    assert ds.df(["uri", "part"]).rows() == [
        ("JPEGImages/0.jpg", "train"),
        ("JPEGImages/1.jpg", "train"),
        ("JPEGImages/2.jpg", "val"),
    ]
    again = ds.ingest(folder, format="voc")
    assert (again.added, again.labels) == (0, 0)
    counts = ds.find_issues().counts
    assert (counts["box_outside"], counts["unknown_class"], counts["picture_without_label"]) == (0, 0, 1)


def test_corners_are_counted_from_one_unless_there_is_a_zero(write: Write) -> None:
    assert only(write, thing())["box"] == [0, 2, 64, 10]
    zero = "<bndbox><xmin>0</xmin><ymin>2</ymin><xmax>64</xmax><ymax>12</ymax></bndbox>"
    found = voc.read(str(write(thing() + thing("bus", zero))))
    assert found.labels["box"].to_list() == [[1, 3, 63, 9], [0, 2, 64, 10]]
    assert found.listing.notes == ["corners are taken as counted from 0, since there are zeros among them"]


def test_whatever_an_object_says_in_one_word_is_an_attribute(write: Write) -> None:
    said = (
        "<pose>Left</pose><truncated>1</truncated><occluded>0</occluded><difficult>0</difficult>"
        "<attributes><attribute><name>colour</name><value>red</value></attribute></attributes>"
        "<part><name>wheel</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></part>"
    )
    row = only(write, thing(more=BOX + said + "<score>0.5</score>"))
    assert json.loads(row["attributes"]) == {
        "pose": "Left",
        "truncated": 1,
        "colour": "red",
        "part": [{"name": "wheel", "box": [1, 2, 2, 2]}],
    }
    assert row["score"] == 0.5
    assert "attributes" in row
    assert only(write, thing(more=BOX + "<pose>Unspecified</pose>"))["attributes"] is None


def test_a_polygon_is_one_with_and_without_a_box(write: Write) -> None:
    polygon = "<polygon><x1>1</x1><y1>2</y1><x2>9</x2><y2>2</y2><x3>9</x3><y3>8.5</y3></polygon>"
    row = only(write, thing(more=polygon))
    assert (row["kind"], row["points"], row["box"]) == ("polygon", [1, 2, 9, 2, 9, 8.5], None)
    assert only(write, thing(more=BOX + polygon))["box"] == [0, 2, 64, 10]


@pytest.mark.parametrize(
    ("filename", "stem", "uri"),
    [
        ("1.jpg", "anything", "JPEGImages/1.jpg"),
        ("1.png", "1", "JPEGImages/1.jpg"),
        ("", "2", "JPEGImages/2.jpg"),
        ("gone.jpg", "gone", "JPEGImages/gone.jpg"),
    ],
)
def test_the_picture_is_found_by_its_name_or_the_files(write: Write, filename: str, stem: str, uri: str) -> None:
    found = voc.read(str(write(thing(), filename=filename, stem=stem)))
    assert found.labels["uri"].to_list() == [uri]
    assert found.listing.files.filter(found.listing.files["status"] == "missing")["uri"].to_list() == (
        [uri] if "gone" in uri else []
    )


def test_a_picture_that_is_named_and_gone_keeps_its_labels(write: Write, tmp_path: Path) -> None:
    write(thing(), filename="gone.jpg", stem="gone")
    ds = curate.create(tmp_path / "a.curate")
    assert ds.ingest(write(thing()), format="voc").by_status == {"ok": 3, "missing": 1}
    assert ds.find_issues().counts["label_without_picture"] == 1


@pytest.mark.parametrize("name", ["/etc/passwd", "../../etc/passwd", "..\\..\\x.jpg", "C:\\x.jpg", "s3://b/x.jpg"])
def test_a_name_that_leads_out_is_refused_by_name(write: Write, name: str) -> None:
    with pytest.raises(BadSource, match="leads out of") as refused:
        voc.read(str(write(thing(), filename=name)))
    assert repr(name) in str(refused.value)
    assert "Annotations/0.xml" in str(refused.value)


LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<annotation><filename>&c;</filename></annotation>"""
OUTSIDE = (
    b"""<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><annotation><filename>&xxe;</filename></annotation>"""
)


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        OUTSIDE,
        b'<!DOCTYPE annotation SYSTEM "http://example.org/x.dtd"><annotation/>',
        b"<annotation>" + b"<object>" * 5_000,
    ],
)
def test_a_file_that_could_do_harm_is_refused_by_name(write: Write, tmp_path: Path, data: bytes) -> None:
    write(thing(), stem="1")
    ds = curate.create(tmp_path / "a.curate")
    with pytest.raises(BadSource, match=r"'Annotations/0\.xml' (has a document type|is nested)"):
        ds.ingest(write(data), format="voc")
    assert ds.count() == 0


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        (b"", "0.xml: it is no XML"),
        (b"<annotation>", "0.xml: it is no XML"),
        (b"\xff\xfe<annotation/>", "0.xml: it is no XML"),
        (b'<?xml version="1.0" encoding="klingon"?><annotation/>', "0.xml: it is no XML"),
        (b"<html></html>", "0.xml: it is a 'html'"),
        (b"<annotation><x>&nbsp;</x></annotation>", "0.xml: it is no XML"),
        (thing(more=""), "object 1: it has neither"),
        (thing(name=""), "object 1: it has no name"),
        (thing(more=BOX.replace("64", "wide")), "object 1: xmax is 'wide'"),
        (thing(more=BOX.replace("64", "nan")), "object 1: xmax is 'nan'"),
        (thing(more=BOX.replace("xmax", "right")), "object 1: xmax is ''"),
        (thing(more="<polygon><x1>1</x1><y1>2</y1></polygon>"), "its polygon is not"),
        (thing(more=BOX + "<part><name>wheel</name></part>"), "a part of it has no bndbox"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_comes_in(write: Write, inside: str | bytes, words: str) -> None:
    write(thing("bus"), filename="1.jpg", stem="1")
    found = voc.read(str(write(inside)))
    assert found.labels["value"].to_list() == ["bus"]
    (note,) = found.listing.notes
    assert "Annotations/0.xml" in note
    assert words in note
    assert found.listing.files.height == 3


def test_nothing_to_read(write: Write, tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="nowhere"):
        voc.read(str(tmp_path / "nowhere"))
    with pytest.raises(BadSource, match=r"no XML file with annotations: Annotations/0\.xml: it is a 'html'"):
        voc.read(str(write(b"<html></html>")))


def test_links_that_lead_out_are_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret.xml").write_text("<annotation/>")
    (write(thing()) / "Annotations" / "1.xml").symlink_to(tmp_path / "secret.xml")
    with pytest.raises(BadSource, match=r"Annotations/1\.xml' is a symbolic link"):
        voc.read(str(write(thing())))


def test_it_is_recognised(write: Write) -> None:
    assert "format='voc'" in (recognised(write(thing())) or "")


def test_masks_are_no_samples_and_stay_where_they_came_in_as_ones(write: Write, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "a.curate")
    folder = write(thing())
    assert ds.ingest(folder).by_status == {"ok": 4}
    assert ds.ingest(folder, format="voc").by_status == {"ok": 3}
    assert ds.where("status = 'missing'").count() == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=30).map(lambda text: thing(text).encode()))
def test_any_bytes_come_in_or_are_named(write: Write, data: bytes) -> None:
    write(thing("bus"), filename="1.jpg", stem="1")
    found = voc.read(str(write(b"<annotation>" + data + b"</annotation>")))
    assert "bus" in found.labels["value"].to_list()
    assert found.labels.height == 2 or found.listing.notes or b"<" not in data or b"object" not in data
