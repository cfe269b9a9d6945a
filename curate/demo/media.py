"""Write drives as a dash camera would leave them on a disk, with the defects that real folders have."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from PIL import Image, ImageEnhance, ImageFilter

from curate.demo.drives import plan_drives
from curate.demo.scene import OBJECTS, PLACES, WEATHERS, Box, Scene, render

DEFECTS = (
    "corrupt", "empty", "not_an_image", "exact_copy", "near_copy", "dark", "blurred", "wrong_label",
)  # fmt: skip
"""What `write_media` plants; the values of the column `planted`."""

# How many of each in 2,000 samples; folders of fewer get fewer, but one of each.
_COUNTS = {
    "corrupt": 5, "empty": 3, "not_an_image": 3, "exact_copy": 10, "near_copy": 12, "dark": 8, "blurred": 10,
    "wrong_label": 16,
}  # fmt: skip
_QUALITY = 88
_SCHEMA: dict[str, Any] = {
    "uri": pl.String,
    "timeofday": pl.String,
    "weather": pl.String,
    "place": pl.String,
    "object": pl.String,
    "drive": pl.String,
    "frame": pl.Int64,
    "planted": pl.String,
    "boxes": pl.List(
        pl.Struct({"label": pl.String, "x": pl.Float64, "y": pl.Float64, "w": pl.Float64, "h": pl.Float64})
    ),
}


@dataclass(frozen=True, slots=True)
class _Shot:
    """A written picture, kept until its copies are made."""

    data: bytes
    boxes: list[Box]


def write_media(
    folder: str | Path, n: int = 2000, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> pl.DataFrame:
    """Render drives into ``folder/images/drive_012/frame_0417.jpg`` and so on, with planted defects.

    Pictures are 320 × 240 JPEGs whose EXIF holds capture time (with its UTC offset), GPS position, maker and model.

    Args:
        folder: made where it is missing.
        n: files to write.
        seed: same `n` and seed, same bytes.
        progress: called with (files done, n).

    Returns:
        One row a file: `uri` (relative, with slashes), the labels `timeofday`, `weather`, `place`, `object` as a user has
        them (one of them is wrong where `planted` says "wrong_label"), `drive`, `frame`, `planted` (null or one of
        `DEFECTS`) and `boxes` (list of {label, x, y, w, h} in pixels; empty for files that hold no picture).
    """
    root = Path(folder)
    rng = Random(seed * 104_729 + 5)  # noqa: S311
    scenes = plan_drives(n, seed)
    planted = _plant(scenes, rng)
    shots: dict[int, _Shot] = {}
    kept = _sources(planted)
    rows: list[dict[str, Any]] = []
    for index, scene in enumerate(scenes):
        defect, source = planted.get(index, (None, -1))
        labels = {
            "timeofday": scene.timeofday,
            "weather": scene.weather,
            "place": scene.place,
            "object": scene.object,
        }
        if source >= 0:
            origin = scenes[source]
            # A copy carries the labels of what it shows.
            labels = {name: getattr(origin, name) for name in labels}
            shot = shots[source]
            if defect == "near_copy":
                shot = _near_copy(shot, rng)
        else:
            shot = _shoot(scene, defect, rng)
        if index in kept:
            shots[index] = shot
        if defect == "wrong_label":
            name, value = _wrong(scene, rng)
            labels[name] = value
        path = root / "images" / scene.drive.replace("-", "_") / f"frame_{scene.frame:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(shot.data)
        boxes = [{"label": box.label, "x": box.x, "y": box.y, "w": box.w, "h": box.h} for box in shot.boxes]
        uri = path.relative_to(root).as_posix()
        rows.append(
            {"uri": uri, **labels, "drive": scene.drive, "frame": scene.frame, "planted": defect, "boxes": boxes}
        )
        if progress is not None:
            progress(index + 1, n)
    return pl.DataFrame(rows, schema=_SCHEMA)


def _plant(scenes: list[Scene], rng: Random) -> dict[int, tuple[str, int]]:
    """Which samples get which defect, and of which sample a copy is a copy (-1 for the rest).

    Night hail is spared, so that its count stays what the plan says; the first of all is a picture to copy from.
    """
    free = [
        index
        for index, scene in enumerate(scenes)
        if index and not (scene.timeofday == "night" and scene.weather == "hail")
    ]
    rng.shuffle(free)
    planted: dict[int, tuple[str, int]] = {}
    for defect in DEFECTS:
        for _ in range(max(1, round(_COUNTS[defect] * len(scenes) / 2000))):
            if not free:
                return planted
            index = free.pop()
            source = -1
            if defect in {"exact_copy", "near_copy"}:
                # From another drive where there is one: a copy that nobody put there on purpose.
                sources = [
                    one for one in range(index) if one not in planted and scenes[one].drive != scenes[index].drive
                ]
                sources = sources or [one for one in range(index) if one not in planted]
                if not sources:
                    continue
                source = rng.choice(sources)
                if source in free:
                    free.remove(source)
            planted[index] = (defect, source)
    return planted


def _sources(planted: dict[int, tuple[str, int]]) -> set[int]:
    return {source for _, source in planted.values() if source >= 0}


def _shoot(scene: Scene, defect: str | None, rng: Random) -> _Shot:
    if defect == "empty":
        return _Shot(b"", [])
    if defect == "not_an_image":
        text = f"# log of {scene.drive}\ncamera offline, frame {scene.frame} was not written\n"
        return _Shot(text.encode(), [])
    picture = render(scene)
    image = picture.image
    if defect == "dark":
        image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.04, 0.08))
    elif defect == "blurred":
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(5.0, 8.0)))
    data = _encode(image, scene)
    if defect == "corrupt":
        return _Shot(data[: round(len(data) * rng.uniform(0.25, 0.6))], [])
    return _Shot(data, picture.boxes)


def _near_copy(shot: _Shot, rng: Random) -> _Shot:
    """The same picture, cropped by a few pixels or only encoded again, stripped of its EXIF as messengers do."""
    image = Image.open(io.BytesIO(shot.data)).convert("RGB")
    boxes = shot.boxes
    if rng.random() < 0.5:
        crop = (
            rng.randrange(2, 9),
            rng.randrange(2, 7),
            image.width - rng.randrange(2, 9),
            image.height - rng.randrange(2, 7),
        )
        image = image.resize(image.size, Image.Resampling.BICUBIC, box=crop)
        boxes = [_clipped(box, crop, image.size) for box in boxes]
        boxes = [box for box in boxes if box.w >= 2 and box.h >= 2]
    else:
        image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.94, 1.06))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=rng.randrange(60, 76))
    return _Shot(out.getvalue(), boxes)


def _clipped(box: Box, crop: tuple[int, int, int, int], size: tuple[int, int]) -> Box:
    """The box after cutting out `crop` (left, top, right, bottom) and enlarging it to `size`."""
    left, top, right, bottom = crop
    across, along = size[0] / (right - left), size[1] / (bottom - top)
    x0, y0 = max(0.0, (box.x - left) * across), max(0.0, (box.y - top) * along)
    x1 = min(float(size[0]), (box.x + box.w - left) * across)
    y1 = min(float(size[1]), (box.y + box.h - top) * along)
    return Box(box.label, round(x0, 1), round(y0, 1), round(x1 - x0, 1), round(y1 - y0, 1))


def _wrong(scene: Scene, rng: Random) -> tuple[str, str]:
    """An attribute of the scene and a value that it does not have."""
    name, values = rng.choice((("weather", WEATHERS), ("object", OBJECTS), ("place", PLACES)))
    return name, rng.choice([value for value in values if value != getattr(scene, name)])


def _encode(image: Image.Image, scene: Scene) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Curate", "Dash camera (rendered)"
    if scene.captured_at is not None:
        stamp = scene.captured_at.strftime("%Y:%m:%d %H:%M:%S")
        offset = scene.captured_at.strftime("%z")
        exif[0x0132] = stamp
        details = exif.get_ifd(0x8769)
        details[0x9003] = details[0x9004] = stamp
        details[0x9010] = details[0x9011] = details[0x9012] = f"{offset[:3]}:{offset[3:5]}"
    if scene.latitude is not None and scene.longitude is not None:
        gps = exif.get_ifd(0x8825)
        gps[0] = b"\x02\x03\x00\x00"
        gps[1], gps[2] = "N" if scene.latitude >= 0 else "S", _degrees(scene.latitude)
        gps[3], gps[4] = "E" if scene.longitude >= 0 else "W", _degrees(scene.longitude)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, exif=exif)
    return out.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    """Degrees, minutes and seconds, as EXIF wants them."""
    value = abs(value)
    minutes = value % 1.0 * 60.0
    return float(int(value)), float(int(minutes)), round(minutes % 1.0 * 60.0, 4)
