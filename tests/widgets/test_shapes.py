import base64
import io

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from curate.labels.annotations import label_rows
from curate.widgets import shapes, tiles


def png(array) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def add(ds, values=None, *, kind="detection", box=None, points=None, mask=None, value="car", sample=0):
    """Store one label as any writer of the table may."""
    table = pl.DataFrame({"sample_id": [int(ds.ids()[sample])], "value": [value]})
    rows = label_rows(table, field="objects", source="ada").to_pylist()
    stored = len(ds.labels())
    rows[0] |= {"label_id": stored + 1, "kind": kind, "box": box, "points": points, "mask": mask, **(values or {})}
    ds.folder.labels.append(pa.Table.from_pylist(rows, schema=ds.folder.labels.schema))


def shapes_on_page(ds, sample=0):
    ds.session.refresh()
    [row], _ = tiles.page(ds, np.array([sample]), None, shapes=True)
    return row.shapes


def inside(shape) -> np.ndarray:
    image = Image.open(io.BytesIO(base64.b64decode(shape.mask)))
    return np.asarray(image.convert("RGBA").getchannel("A")) > 0


def test_a_box_is_given_in_shares_of_the_upright_picture(ds):
    add(ds, box=[16.0, 12.0, 32.0, 24.0])  # of 64 by 48 pixels
    [shape] = shapes_on_page(ds)
    assert (shape.field, shape.kind, shape.value) == ("objects", "detection", "car")
    assert shape.box == [0.25, 0.25, 0.5, 0.5]
    assert shape.points is None
    assert shape.mask == ""


def test_a_box_is_cut_at_the_edges(ds):
    add(ds, box=[-16.0, 36.0, 32.0, 100.0])
    assert shapes_on_page(ds)[0].box == [0.0, 0.75, 0.25, 0.25]


def test_points_are_shares_and_thinned_where_there_are_very_many(ds):
    add(ds, kind="polygon", points=[0.0, 0.0, 64.0, 0.0, 32.0, 48.0])
    add(ds, kind="polygon", points=[32.0, 24.0] * 5000)
    first, second = shapes_on_page(ds)
    assert first.points == [0, 0, 1, 0, 0.5, 1]
    assert len(second.points) == 2 * shapes.MOST_POINTS
    assert set(second.points) == {0.5}


@pytest.mark.parametrize(
    "label",
    [
        {"box": [1.0, 2.0, 3.0]},
        {"box": [1.0, 2.0, float("nan"), 4.0]},
        {"box": [1.0, None, 3.0, 4.0]},
        {"box": [10.0, 10.0, -5.0, 5.0]},
        {"box": [900.0, 10.0, 5.0, 5.0]},
        {"box": [float("inf"), 10.0, 5.0, 5.0]},
        {"points": [1.0, 2.0, 3.0]},
        {"points": [float("nan"), 2.0]},
        {"points": []},
        {"mask": b""},
        {"mask": b"no png"},
        {"mask": b"\x89PNG\r\n\x1a\n" + b"\0" * 40},
        {"mask": png(np.full((8, 8), 255, np.uint8))[:-30]},
        {"kind": "classification"},
    ],
)
def test_what_cannot_be_drawn_is_left_out_and_the_rest_is_drawn(ds, label):
    add(ds, **label)
    add(ds, box=[16.0, 12.0, 32.0, 24.0], value="bus")
    assert [shape.value for shape in shapes_on_page(ds)] == ["bus"]


def test_nothing_is_placed_in_a_picture_of_unknown_size(ds):
    empty = int(np.flatnonzero(~ds.session.readable)[0])
    add(ds, box=[1.0, 2.0, 3.0, 4.0], sample=empty)
    assert shapes_on_page(ds, empty) == []


GREY = np.zeros((48, 64), np.uint8)
GREY[:24, :32] = 7
CLEAR = np.zeros((48, 64, 4), np.uint8)
CLEAR[:24, :32, 3] = 255
OPAQUE = np.dstack([GREY, GREY, GREY, np.full_like(GREY, 255)])


@pytest.mark.parametrize(
    "stored", [png(GREY), png(GREY > 0), png(CLEAR), png(OPAQUE), png(GREY.astype(np.uint16) * 256)]
)
def test_a_mask_is_opaque_where_it_was_drawn_whatever_kind_of_png_it_is(ds, stored):
    add(ds, kind="segmentation", mask=stored)
    [shape] = shapes_on_page(ds)
    mask = inside(shape)
    assert mask.shape == (48, 64)
    assert mask[:24, :32].all()
    assert mask.sum() == 24 * 32


def test_a_palette_says_by_its_colours_where_the_mask_is(ds):
    image = Image.fromarray(np.where(GREY > 0, 2, 1).astype(np.uint8), "P")
    image.putpalette([9, 9, 9, 0, 0, 0, 200, 0, 0])  # colour 1 is black
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    add(ds, kind="segmentation", mask=buffer.getvalue())
    assert inside(shapes_on_page(ds)[0]).sum() == 24 * 32


def test_a_large_mask_is_made_smaller_and_a_bomb_is_not_opened(ds):
    large = np.zeros((3000, 4000), np.uint8)
    large[:1500] = 255
    add(ds, kind="segmentation", mask=png(large))
    add(ds, kind="segmentation", mask=png(np.ones((6100, 6000), bool)))
    [shape] = shapes_on_page(ds)
    mask = inside(shape)
    assert mask.shape == (120, 160)
    assert mask[:60].all()
    assert not mask[60:].any()
    rows = shapes.by_sample(shapes.labels_of(ds.session, ds.ids()[:1], places=True))[int(ds.ids()[0])]
    [large_shape] = shapes.shapes_of(rows, 64, 48, shapes.Allowance())
    assert inside(large_shape).shape == (384, 512)


def test_the_masks_of_one_reply_are_bounded(ds):
    rng = np.random.default_rng(0)
    for _ in range(30):
        add(ds, kind="segmentation", mask=png(rng.integers(0, 2, (512, 512), np.uint8) * 255))
    ds.session.refresh()
    rows = shapes.by_sample(shapes.labels_of(ds.session, ds.ids()[:1], places=True))[int(ds.ids()[0])]
    drawn = shapes.shapes_of(rows, 64, 48, shapes.Allowance())
    assert 0 < len(drawn) < 30
    assert sum(len(shape.mask) for shape in drawn) <= shapes.MASK_BYTES


def test_badges_are_tags_then_labels_then_what_is_wrong(ds):
    empty = int(np.flatnonzero(~ds.session.readable)[0])
    picked = ds.select([int(ds.ids()[empty])])
    picked.tag("new", "a <b> tag")
    add(ds, sample=empty, value="car")
    add(ds, sample=empty, value="car")
    add(ds, sample=empty, value="night", kind="classification")
    ds.session.refresh()
    [row], _ = tiles.page(ds, np.array([empty]), None)
    assert [(badge.kind, badge.text) for badge in row.badges] == [
        ("tag", "a <b> tag"),
        ("tag", "new"),
        ("label", "night"),
        ("label", "+2"),
    ]
    assert row.status == "empty"


def test_a_sample_that_cannot_be_read_says_so_on_its_tile(ds):
    empty = int(np.flatnonzero(~ds.session.readable)[0])
    [row], _ = tiles.page(ds, np.array([empty]), None)
    assert [(badge.kind, badge.text) for badge in row.badges] == [("issue", "empty")]


def test_labels_of_other_samples_are_not_on_a_tile(ds):
    add(ds, sample=3, box=[16.0, 12.0, 32.0, 24.0])
    ds.session.refresh()
    rows, _ = tiles.page(ds, np.array([5, 3, 0]), None, shapes=True)
    assert [len(row.shapes) for row in rows] == [0, 1, 0]
    assert [len(row.badges) for row in rows] == [0, 1, 0]
