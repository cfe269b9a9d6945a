from __future__ import annotations

import io
import shutil
from html.parser import HTMLParser

import pytest
from PIL import Image

import curate
from curate.errors import BadValue
from curate.widgets.contact_sheet import contact_sheet_html, contact_sheet_png

NASTY = "<script>alert(1)</script>\"'& \u202eمرحبا 🦔"


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_it_is_self_contained_and_says_what_it_shows(rich):
    view = rich.where("weather = ?", "rain").search("rain")
    html = contact_sheet_html(view, 4)
    page = Elements(html)
    images = [attributes for tag, attributes in page.found if tag == "img"]
    assert len(images) == 4
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in images)
    first = view.first()
    tags = ", ".join(first["tags"])
    name = "/".join(first["uri"].split("/")[-2:])
    assert images[0]["alt"] == f"{name}, score {first['score']:.3f}" + (f", tagged {tags}" if tags else "")
    assert f"{view.count()} of 24 samples, the first 4 shown" in page.text
    assert "weather = ?" in page.text
    assert len(html) < 300_000


def test_text_stays_text(photos, tmp_path):
    name = NASTY.replace("/", "")
    folder = tmp_path / "nasty"
    folder.mkdir()
    shutil.copy(photos / "pictures" / "a" / "00.jpg", folder / f"{name}.jpg")
    ds = curate.create(tmp_path / "nasty.curate")
    ds.ingest(folder, workers=1)
    ds.tag(NASTY)
    page = Elements(contact_sheet_html(ds.tagged(NASTY)))
    assert {tag for tag, _ in page.found} <= {"div", "p", "b", "code", "span", "img"}
    assert name in page.text
    assert f"#{NASTY}" in page.text


def test_samples_without_a_picture_say_why(rich):
    page = Elements(contact_sheet_html(rich.where("status = 'empty'")))
    assert not any(tag == "img" for tag, _ in page.found)
    assert "empty" in page.text


def test_an_empty_view_says_so(rich):
    assert "No sample fits this query." in contact_sheet_html(rich.where("weather = 'fog'"))


def test_the_picture_has_a_place_for_each_sample(rich):
    view = rich.sort_by("speed", descending=True)  # the one without a picture is among the first
    with Image.open(io.BytesIO(contact_sheet_png(view, 10, columns=4))) as sheet:
        assert sheet.format == "PNG"
        assert sheet.size == (8 + 4 * 152, 30 + 3 * 134)


def test_a_sheet_may_be_longer_than_a_page(photos, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(70):
        shutil.copy(photos / "pictures" / "a" / "00.jpg", folder / f"{number}.jpg")
    ds = curate.create(tmp_path / "many.curate")
    ds.ingest(folder, workers=1)
    with Image.open(io.BytesIO(contact_sheet_png(ds, 70, columns=10))) as sheet:
        assert sheet.size[1] == 30 + 7 * 134


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 5, "columns": 0}])
def test_numbers_below_one_are_refused(rich, wrong):
    with pytest.raises(BadValue):
        contact_sheet_png(rich, **wrong)
