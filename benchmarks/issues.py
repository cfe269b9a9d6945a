"""`ds.find_issues()` on planted defects, side by side with CleanVision: agreement, blur, and time.

    python benchmarks/issues.py                            # CleanVision in this interpreter
    python benchmarks/issues.py --cleanvision PYTHON       # in another one

The pictures are the photos of ../shared/data/flickr8k_1000, and beside them copies of every fourth with a defect: too dark, too
bright, nearly one shade, without colour (stored with and without channels), far larger or smaller, a strip; and broken files.
CleanVision stops at a truncated file, so it is given what both can read. Blur is planted apart: Gaussian of a radius from 1.5 px at
384 px, and motion in all directions. A false alarm is a photo as it came that is called blurry. Our threshold was chosen on
flickr8k_1000; the photos of the other folders of ../shared/data say how it holds elsewhere.

Time is that of a whole process, interpreter and imports too, on `--pictures` photos of 640 × 480: ours creates a dataset, ingests
and finds issues; CleanVision finds issues of the kinds that both know. Rounds alternate and the median ratio counts.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).parent))
os.environ["CURATE_PROGRESS"] = "0"

import decode_rate

import curate
from curate.issues import Issues

SHARED = Path(__file__).resolve().parents[2] / "shared"
BOTH = ("dark", "light", "low_information", "grayscale", "odd_size", "odd_aspect_ratio")

THEIRS = """
import sys
from cleanvision import Imagelab
if __name__ == "__main__":
    lab = Imagelab(data_path=sys.argv[1], verbose=False)
    lab.find_issues({kind: {} for kind in sys.argv[3:]} or None, verbose=False)
    lab.issues.to_csv(sys.argv[2])
"""

OURS = """
import sys
import curate
if __name__ == "__main__":
    ds = curate.create(sys.argv[2])
    ds.ingest(sys.argv[1])
    print(ds.find_issues())
"""


def dimmed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    by = rng.uniform(0.05, 0.28)
    return image.point(lambda value: value * by)


def bleached(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    by = rng.uniform(0.01, 0.04)
    return image.point(lambda value: 255 - (255 - value) * by)


def flat(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """One shade, with a stripe of another in half of them."""
    found = Image.new("RGB", image.size, tuple(rng.integers(20, 235, 3).tolist()))
    if rng.random() < 0.5:
        stripe = (0, 0, image.width, int(image.height * rng.uniform(0.05, 0.5)))
        found.paste(tuple(rng.integers(20, 235, 3).tolist()), stripe)
    return found


def grey(image: Image.Image, _: np.random.Generator) -> Image.Image:
    return image.convert("L")


def large(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    by = rng.uniform(2.5, 5)
    return image.resize((round(image.width * by), round(image.height * by)))


def small(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    by = rng.uniform(0.04, 0.2)
    return image.resize((round(image.width * by), round(image.height * by)))


def strip(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.crop((0, 0, image.width, int(image.width * rng.uniform(0.08, 0.3))))


DEFECTS: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "dark": dimmed, "light": bleached, "low_information": flat, "grayscale": grey, "odd_size, large": large,
    "odd_size, small": small, "odd_aspect_ratio": strip,
}  # fmt: skip


def moved(image: Image.Image, length: int, angle: float) -> Image.Image:
    """Blurred by motion over `length` pixels."""
    steps = [(k - (length - 1) / 2) for k in range(length)]
    shifts = [(1, 0, d * np.cos(angle), 0, 1, d * np.sin(angle)) for d in steps]
    turned = [image.transform(image.size, Image.Transform.AFFINE, s, Image.Resampling.BILINEAR) for s in shifts]
    edge = length // 2 + 1
    mean = np.mean([np.asarray(one, np.float32) for one in turned], axis=0)
    return Image.fromarray(np.rint(mean).astype(np.uint8)).crop((edge, edge, image.width - edge, image.height - edge))


def gaussian(image: Image.Image, radius: float, _: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius))


BLURS = {f"Gaussian {radius} px": (gaussian, radius) for radius in (1.5, 2, 3, 5)}
BLURS |= {f"motion {length} px": (moved, length) for length in (9, 15)}


def plant(photos: list[Path], folder: Path, each: int) -> None:
    """Every photo as it is, and a defect in a copy of every `each`-th."""
    for number, path in enumerate(photos):
        (folder / path.name).write_bytes(path.read_bytes())
        if number % each == 0:
            kind = list(DEFECTS)[(number // each) % len(DEFECTS)]
            with Image.open(path) as image:
                planted = DEFECTS[kind](image.convert("RGB"), np.random.default_rng(number))
            planted.save(folder / f"{kind} {path.stem}.jpg", quality=90)


def blur(photos: list[Path], folder: Path, each: int) -> None:
    for name, (blurred, pixels) in BLURS.items():
        for number, path in enumerate(photos[::each]):
            with Image.open(path) as image:
                blurred(image.convert("RGB"), pixels, 0.7 * number).save(folder / f"{name} {number}.jpg", quality=85)


def broken(photos: list[Path], folder: Path) -> dict[str, int]:
    """Ten files of each kind that CleanVision does not know, or stops at; kind to how many."""
    for number, path in enumerate(photos[:30:3]):
        data = path.read_bytes()
        (folder / f"empty {number}.jpg").write_bytes(b"")
        (folder / f"corrupt {number}.jpg").write_bytes(data[: len(data) // 2])
        with Image.open(path) as image:
            image.save(folder / f"wrong_suffix {number}.png", "JPEG")
            image.convert("L").convert("RGB").save(folder / f"grayscale {number}.jpg")
            exif = Image.Exif()
            exif[0x0112] = 6
            image.save(folder / f"rotated {number}.jpg", exif=exif)
    for path in photos[:100]:  # among which the colourless are few
        (folder / path.name).write_bytes(path.read_bytes())
    return dict.fromkeys(("empty", "corrupt", "wrong_suffix", "rotated", "grayscale"), 10)


def theirs(python: str, folder: Path, *kinds: str) -> dict[str, dict[str, bool]]:
    """File name to kind to flag."""
    with tempfile.TemporaryDirectory() as temporary:
        program = Path(temporary, "theirs.py")
        program.write_text(THEIRS)
        subprocess.run([python, program, folder, Path(temporary, "found.csv"), *kinds], check=True, capture_output=True)
        with Path(temporary, "found.csv").open() as file:
            rows = list(csv.DictReader(file))
    return {Path(row[""]).name: {kind: row[f"is_{kind}_issue"] == "True" for kind in kinds} for row in rows}


def ours(folder: Path, dataset: Path) -> tuple[Issues, dict[str, dict[str, bool]]]:
    ds = curate.create(dataset)
    ds.ingest(folder)
    issues = ds.find_issues()
    rows = ds.df(["uri", *(f"is_{kind}_issue" for kind in issues.counts)]).iter_rows(named=True)
    return issues, {row["uri"]: {kind: row[f"is_{kind}_issue"] for kind in issues.counts} for row in rows}


def agreement(photos: list[Path], python: str, temporary: Path) -> None:
    folder = temporary / "planted"
    folder.mkdir()
    plant(photos, folder, each=4)
    _, mine = ours(folder, temporary / "planted.curate")
    other = theirs(python, folder, *BOTH)
    print(f"{len(mine):,} pictures: {len(photos):,} photos, the others with a defect")
    print(f"{'':18}{'ours':>8}{'CleanVision':>13}{'the same flag':>16}")
    for kind in BOTH:
        a, b = (np.array([found[name][kind] for name in other]) for found in (mine, other))
        print(f"{kind:18}{a.sum():8,}{b.sum():13,}{np.mean(a == b):15.1%}")
    same = [all(mine[name][kind] == other[name][kind] for kind in BOTH) for name in other]
    print(f"all six flags the same: {np.mean(same):.1%} of the pictures   at least 98 %")
    for kind in dict.fromkeys(name.split(",")[0] for name in DEFECTS):
        names = [name for name in other if name.startswith((f"{kind} ", f"{kind}, "))]
        a, b = (np.mean([found[name][kind] for name in names]) for found in (mine, other))
        print(f"  planted {kind}: {a:.0%} found by ours, {b:.0%} by CleanVision, of {len(names)}")


def blurred(photos: list[Path], python: str, temporary: Path, *, each: int) -> None:
    folder, plain = temporary / "blurred", temporary / "plain"
    folder.mkdir(parents=True)
    plain.mkdir()
    blur(photos, folder, each=each)
    for number, path in enumerate(photos):
        (plain / f"{number}.jpg").write_bytes(path.read_bytes())
    found = [
        (who, look(folder), look(plain))
        for who, look in (
            ("ours", lambda place: ours(place, temporary / f"{place.name}.curate")[1]),
            ("CleanVision", lambda place: theirs(python, place, "blurry")),
        )
    ]
    for who, planted, as_they_came in found:
        flags = {name: kinds["blurry"] for name, kinds in planted.items()}
        each = {kind: np.mean([flag for name, flag in flags.items() if name.startswith(kind)]) for kind in BLURS}
        alarms = sum(kinds["blurry"] for kinds in as_they_came.values())
        print(
            f"  found by {who}: {np.mean(list(flags.values())):.1%} of {len(flags):,} ("
            + ", ".join(f"{kind} {share:.0%}" for kind, share in each.items())
            + f"); false alarms {alarms} of {len(as_they_came):,}"
        )
    print("  at least 90 % by ours, at no more false alarms")


def of_ours_only(photos: list[Path], temporary: Path) -> None:
    folder = temporary / "broken"
    folder.mkdir()
    planted = broken(photos, folder)
    issues, _ = ours(folder, temporary / "broken.curate")
    found = ", ".join(f"{kind} {issues.counts[kind]} of {count}" for kind, count in planted.items())
    print(f"what CleanVision does not tell, or stops at: {found}")


def timed(python: str, temporary: Path, pictures: int, rounds: int) -> None:
    folder = temporary / "timed"
    folder.mkdir()
    decode_rate.make(folder, pictures, SHARED / "data" / "flickr8k_1000")
    programs = [temporary / "ours.py", temporary / "theirs.py"]
    for program, text in zip(programs, (OURS, THEIRS), strict=True):
        program.write_text(text)
    ratios = []
    for number in range(rounds):
        seconds = []
        for command in (
            [sys.executable, programs[0], folder, temporary / f"timed{number}.curate"],
            [python, programs[1], folder, temporary / "timed.csv", *BOTH, "blurry"],
        ):
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds.append(time.perf_counter() - started)
        ratios.append(seconds[1] / seconds[0])
        print(
            f"{pictures:,} photos: ours {seconds[0]:.1f} s   CleanVision {seconds[1]:.1f} s   {ratios[-1]:.1f} times as fast"
        )
    print(f"whole process: {np.median(ratios):.1f} times as fast as CleanVision   at least 5")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cleanvision", default=sys.executable, help="an interpreter that has CleanVision")
    parser.add_argument("--pictures", type=int, default=2000, help="for the time")
    parser.add_argument("--rounds", type=int, default=3, help="for the time")
    parser.add_argument("--photos", type=int, default=1000, help="of flickr8k_1000, for agreement and blur")
    options = parser.parse_args()
    photos = sorted((SHARED / "data" / "flickr8k_1000").rglob("*.jpg"))[: options.photos]
    with tempfile.TemporaryDirectory() as place:
        temporary = Path(place)
        agreement(photos, options.cleanvision, temporary)
        print("blur, flickr8k_1000:")
        blurred(photos, options.cleanvision, temporary / "flickr", each=4)
        elsewhere = [
            path
            for name, step in (("camvid_701", 7), ("day_night", 4), ("weapd_sample", 1))
            for path in sorted((SHARED / "data" / name).rglob("*.jpg"))[::step]
        ]
        print("blur, other photos:")
        blurred(elsewhere, options.cleanvision, temporary / "elsewhere", each=1)
        of_ours_only(photos, temporary)
        timed(options.cleanvision, temporary, options.pictures, options.rounds)


if __name__ == "__main__":
    main()
