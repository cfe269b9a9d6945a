import base64
import io
import re

import polars as pl
from PIL import Image

from curate.query import Hunted, Query, Select
from curate.view import View


def test_the_slices_are_a_frame(ds):
    assert ds.slices().height == 0
    assert "curate-slices" not in ds.slices()._repr_html_()
    ds.where("weather = 'hail'").save("hail", note="first look")
    ds.limit(3).save("three")
    slices = ds.slices()
    assert isinstance(slices, pl.DataFrame)
    assert slices.columns == ["name", "count", "note", "actor", "time", "query"]
    assert slices.filter(pl.col("count") == 3)["name"].to_list() == ["three"]


def test_in_a_notebook_each_slice_has_a_picture(ds):
    ds.limit(3).save("three")
    ds.where("status <> 'ok'").save("broken")
    found = View(ds, Query((Select(tuple(ds.ids()[5:9].tolist())),), hunt=Hunted("night hail")))
    found.save("<script>alert(1)</script>", note='<b>"bold"</b>')
    html = ds.slices()._repr_html_()
    pictures = re.findall(r"src='data:image/jpeg;base64,([^']+)'", html)
    assert len(pictures) == 2
    with Image.open(io.BytesIO(base64.b64decode(pictures[0]))) as picture:
        assert picture.size == (192, 144)
    assert html.count("no picture") == 1
    assert "hunt: night hail" in html
    assert "ds.limit(3)" in html
    assert "<script>" not in html
    assert "<b>&quot;" not in html
    assert html.count("alt='the first sample of") == 2


def test_a_slice_of_many_picked_samples_is_shown_in_few_words(ds):
    ds.select(ds.ids()).save("all of them")
    assert len(ds.slices()._repr_html_()) < 20_000
    assert "…" in ds.slices()._repr_html_()


def test_a_slice_that_cannot_be_read_leaves_the_others_to_be_seen(ds):
    ds.write_event(
        "slice", {"name": "newer", "note": "", "query": '{"steps":[{"step":"dream"}]}'}, sample_ids=ds.ids()[:2]
    )
    ds.limit(3).save("three")
    html = ds.slices()._repr_html_()
    assert "not a query" in html
    assert "ds.limit(3)" in html
