"""Pictures in another size or format, and labels that follow them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate.errors import BadValue
from curate.exports.export import write_export
from curate.exports.labels import SCHEMA
from curate.exports.recoding import recoding
from curate.exports.scaling import factors, scaled
from curate.exports.verify import verify
from curate.media.mask import from_png, to_png

from .conftest import samples_of


def export(pool: pl.DataFrame, path: Path, **more):
    return write_export(pool, path, format=more.pop("format", "parquet"), provenance={}, **more)


def table(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "samples.parquet")


@pytest.fixture
def mixed(tmp_path: Path) -> pl.DataFrame:
    """A wide PNG with transparency, a tall JPEG that is stored lying, a small TIFF, and two names that become one."""
    root = tmp_path / "mixed"
    root.mkdir()
    ramp = np.linspace(0, 255, 64 * 32 * 3).reshape(32, 64, 3).astype(np.uint8)
    clear = np.dstack([ramp, np.where(np.arange(64)[None, :] < 32, 255, 0).repeat(32, 0)]).astype(np.uint8)
    Image.fromarray(clear).save(root / "wide.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(ramp).save(root / "lying.jpg", exif=exif, quality=95)
    Image.fromarray(ramp[:8, :8]).save(root / "small.tif")
    Image.fromarray(ramp).save(root / "wide.jpeg", quality=95)
    names = ["wide.png", "lying.jpg", "small.tif", "wide.jpeg"]
    return samples_of(root, names).with_columns(
        width=pl.Series([64, 32, 8, 64]),
        height=pl.Series([32, 64, 8, 32]),
        format=pl.Series(["PNG", "JPEG", "TIFF", "JPEG"]),
        orientation=pl.Series([1, 6, 1, 1], dtype=pl.Int8),
        bytes=pl.Series([7] * 4),
    )


def test_pictures_become_smaller_and_never_larger(mixed, tmp_path: Path) -> None:
    result = export(mixed, tmp_path / "out", resize=16)
    assert result.manifest.resize == 16
    rows = {row["uri"]: row for row in table(tmp_path / "out").rows(named=True)}
    for uri, size, format in (
        ("wide.png", (16, 8), "PNG"),
        ("lying.jpg", (8, 16), "JPEG"),
        ("small.tif", (8, 8), "TIFF"),
    ):
        row = rows[uri]
        with Image.open(tmp_path / "out" / row["file_name"]) as picture:
            assert (picture.size, picture.format) == (size, format)
            assert (row["width"], row["height"], row["format"]) == (*size, format)
            assert 0x0112 not in picture.getexif() or uri == "small.tif", "it is upright now"
    assert rows["small.tif"]["bytes"] == 7, "what is small enough stays as it is"
    assert (tmp_path / "out" / "images" / "small.tif").read_bytes() == Path(mixed["location"][2]).read_bytes()
    assert rows["lying.jpg"]["orientation"] == 1
    assert rows["wide.png"]["bytes"] is None
    assert rows["wide.png"]["content_hash"] == mixed["content_hash"][0], "of the picture it was made from"
    assert result.verify().ok


def test_the_pixels_are_those_of_the_picture(mixed, tmp_path: Path) -> None:
    export(mixed, tmp_path / "out", resize=32, encode="png")
    names = dict(table(tmp_path / "out").select("uri", "file_name").iter_rows())
    wide = np.asarray(Image.open(tmp_path / "out" / names["wide.png"]))
    with Image.open(mixed["location"][0]) as image:
        over_white = Image.new("RGB", image.size, "white")
        over_white.paste(image, mask=image.getchannel("A"))
    wanted = np.asarray(over_white.resize((32, 16), Image.Resampling.LANCZOS))
    assert np.abs(wide.astype(int) - wanted).max() <= 1
    lying = np.asarray(Image.open(tmp_path / "out" / "images" / "lying.png"))
    with Image.open(mixed["location"][1]) as image:
        turned = np.asarray(image.transpose(Image.Transpose.ROTATE_270).resize((16, 32), Image.Resampling.LANCZOS))
    assert np.abs(lying.astype(int) - turned).mean() < 3


def test_exact_sizes_and_formats(mixed, tmp_path: Path) -> None:
    result = export(mixed, tmp_path / "out", resize=(20, 10), encode="webp:80")
    for file in result.manifest.files:
        if file.path.startswith("images/"):
            with Image.open(tmp_path / "out" / file.path) as picture:
                assert (picture.size, picture.format) == ((20, 10), "WEBP")
    assert sorted(path.name for path in (tmp_path / "out" / "images").iterdir())[:3] == [
        "lying.webp",
        "small.webp",
        "wide-3e8.webp" if mixed["sample_id"][0] == 1000 else "wide-3eb.webp",
    ]
    assert set(result.manifest.renamed.values()) == set(mixed["uri"])
    assert result.manifest.resize == [20, 10]
    assert result.manifest.encode == "webp:80"


def test_what_has_the_format_already_is_not_encoded_again_unless_a_quality_is_asked_for(mixed, tmp_path: Path) -> None:
    export(mixed, tmp_path / "out", encode="jpeg")
    for name, i in (("lying.jpg", 1), ("wide.jpeg", 3)):
        assert (tmp_path / "out" / "images" / name).read_bytes() == Path(mixed["location"][i]).read_bytes()
    with Image.open(tmp_path / "out" / "images" / "small.jpg") as picture:
        assert picture.format == "JPEG"
    export(mixed, tmp_path / "small", encode="jpeg:10")
    small = tmp_path / "small" / "images" / "wide.jpeg"
    assert small.stat().st_size < Path(mixed["location"][3]).stat().st_size


def test_the_colour_profile_stays(pool, tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "pool" / pool["uri"][0]
    with Image.open(path) as picture:
        picture.save(path, "JPEG", icc_profile=profile)
    export(samples_of(tmp_path / "pool", pool["uri"][:1].to_list()), tmp_path / "out", resize=8)
    with Image.open(next((tmp_path / "out" / "images").iterdir())) as picture:
        assert picture.info["icc_profile"] == profile


def test_the_same_pictures_give_the_same_bytes(mixed, tmp_path: Path, tree) -> None:
    for name in ("one", "two"):
        export(mixed, tmp_path / name, resize=24, encode="jpeg")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_pictures_that_cannot_be_decoded_or_whose_size_is_unknown_are_left_out(pool, tmp_path: Path) -> None:
    import hashlib

    Path(pool["location"][0]).write_bytes(b"\xff\xd8 broken")
    pool = pool.with_columns(
        width=pl.when(pl.col("sample_id") == 1001).then(None).otherwise("width"),
        content_hash=pl.when(pl.col("sample_id") == 1000)
        .then(pl.lit(hashlib.sha256(b"\xff\xd8 broken").hexdigest()))
        .otherwise("content_hash"),
    )
    result = export(pool, tmp_path / "out", resize=8)
    assert {left.sample_id: left.reason.split(":")[0] for left in result.left_out} == {
        1000: "unreadable",
        1001: "its size is not known",
    }
    assert result.counts["samples"] == 22


def test_labels_follow_the_pictures_in_a_format_too(pool, labels, tmp_path: Path) -> None:
    export(pool, tmp_path / "out", format="coco", labels=labels, resize=(8, 24))
    document = json.loads((tmp_path / "out" / "annotations" / "instances.json").read_text())
    assert {(image["width"], image["height"]) for image in document["images"]} == {(8, 24)}
    boxes = {tuple(round(number, 6) for number in a["bbox"]) for a in document["annotations"]}
    assert boxes == {(0.55, 4.0, 1.75, 8.0), (1.05, 4.0, 1.75, 8.0)}
    assert verify(tmp_path / "out").ok


def test_every_kind_of_label_is_scaled() -> None:
    before = pl.DataFrame({"sample_id": [1, 2], "width": [10, 10], "height": [20, 20]})
    after = before.with_columns(width=pl.Series([20, 10]), height=pl.Series([10, 20]))
    mask = np.zeros((20, 10), bool)
    mask[:10] = True
    blank = dict.fromkeys(SCHEMA)
    attributes = {"segmentation": [[1, 2, 3, 4, 5, 6]], "part": [{"name": "head", "box": [1, 2, 3, 4]}], "iscrowd": 1}
    rows = [
        blank | {"sample_id": 1, "kind": "detection", "x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0},
        blank | {"sample_id": 1, "kind": "polygon", "points": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]},
        blank | {"sample_id": 2, "kind": "polygon", "points": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]},
        blank | {"sample_id": 1, "kind": "mask", "mask": to_png(mask), "attributes": json.dumps(attributes)},
        blank | {"sample_id": 1, "kind": "keypoints", "points": [7.0, 8.0]},
        blank | {"sample_id": 1, "kind": "classification", "attributes": '{"said": "segmentation"}'},
    ]
    made = scaled(pl.DataFrame(rows, schema=SCHEMA), factors(before, after)).rows(named=True)
    assert [made[0][name] for name in ("x", "y", "width", "height")] == [2, 1, 6, 2]
    assert made[1]["points"] == [2, 1, 6, 2, 10, 3]
    assert made[2] == rows[2]
    inside = from_png(made[3]["mask"])
    assert inside.shape == (10, 20)
    assert inside[:5].all()
    assert not inside[5:].any()
    assert json.loads(made[3]["attributes"]) == {
        "segmentation": [[2, 1, 6, 2, 10, 3]],
        "part": [{"name": "head", "box": [2, 1, 6, 2]}],
        "iscrowd": 1,
    }
    assert made[4]["points"] == [14, 4]
    assert made[5] == rows[5]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"resize": 0}, "longest side"),
        ({"resize": (1, 2, 3)}, "longest side"),
        ({"resize": "640"}, "longest side"),
        ({"resize": True}, "longest side"),
        ({"resize": 70_000}, "longest side"),
        ({"encode": "heic"}, "jpeg, png or webp"),
        ({"encode": "jpeg:0"}, "jpeg, png or webp"),
        ({"encode": "jpeg:"}, "jpeg, png or webp"),
        ({"encode": "png:9"}, "jpeg, png or webp"),
        ({"resize": 8, "media": "hardlink"}, "leaves pictures as they are"),
        ({"encode": "png", "media": "reference"}, "leaves pictures as they are"),
    ],
)
def test_what_cannot_be_is_refused(pool, tmp_path: Path, arguments: dict, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        export(pool, tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_a_webp_that_is_too_large_is_a_reason_and_no_error(pool, tmp_path: Path) -> None:
    wide = np.zeros((1, 17_000, 3), np.uint8)
    path = tmp_path / "pool" / pool["uri"][0]
    Image.fromarray(wide).save(path, "PNG")
    samples = samples_of(tmp_path / "pool", pool["uri"][:2].to_list())
    samples = samples.with_columns(
        width=pl.Series([17_000, 16]), height=pl.Series([1, 12]), format=pl.Series(["PNG", "JPEG"])
    )
    result = export(samples, tmp_path / "out", encode="webp")
    assert [left.reason.split(":")[0] for left in result.left_out] == ["unreadable"]


def test_nothing_asked_for_is_nothing() -> None:
    assert recoding(None, None) is None
    assert recoding([640, 480], "JPG") == recoding((640, 480), "jpeg")
