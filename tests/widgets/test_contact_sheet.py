from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest
from PIL import Image
from standin import StandinDataset, StandinView

from curate import query as q
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


def test_it_is_self_contained_and_says_what_it_shows():
    query = q.Query((q.Where("weather = ?", ("rain",)),))
    html = contact_sheet_html(StandinView(StandinDataset(100, tags={0: ["night"]}), query=query, scored=True))
    page = Elements(html)
    images = [attributes for tag, attributes in page.found if tag == "img"]
    assert len(images) == 24
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in images)
    assert images[0]["alt"] == "drive/frame 000000.jpg, score 0.330, tagged night"
    assert "100 of 100 samples, the first 24 shown" in page.text
    assert "weather = ?" in page.text
    assert len(html) < 300_000


def test_text_stays_text():
    dataset = StandinDataset(3, names={0: f"a/{NASTY}"}, tags={1: [NASTY]})
    page = Elements(contact_sheet_html(StandinView(dataset, query=q.Query((q.Where(NASTY),)))))
    assert {tag for tag, _ in page.found} <= {"div", "p", "b", "code", "span", "img"}
    assert NASTY.split("/")[-1] in page.text
    assert f"#{NASTY}" in page.text


def test_samples_without_a_picture_say_why():
    html = contact_sheet_html(StandinView(StandinDataset(3, statuses={0: "corrupt", 1: "missing"})))
    page = Elements(html)
    assert sum(tag == "img" for tag, _ in page.found) == 1
    assert "corrupt" in page.text
    assert "missing" in page.text


def test_an_empty_view_says_so():
    assert "No sample fits this query." in contact_sheet_html(StandinView(StandinDataset(0)))


def test_the_picture_has_a_place_for_each_sample():
    view = StandinView(StandinDataset(100, statuses={3: "empty"}), scored=True)
    with Image.open(io.BytesIO(contact_sheet_png(view, 10, columns=4))) as sheet:
        assert sheet.format == "PNG"
        assert sheet.size == (8 + 4 * 152, 30 + 3 * 134)
    with Image.open(io.BytesIO(contact_sheet_png(view, 70, columns=10))) as sheet:
        assert sheet.size[1] == 30 + 7 * 134  # more than one page of thumbnails


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 5, "columns": 0}])
def test_numbers_below_one_are_refused(wrong):
    with pytest.raises(BadValue):
        contact_sheet_png(StandinView(StandinDataset(3)), **wrong)
