"""`ds.find_duplicates()` on planted copies, in one run with imagededup's PHash and fastdup.

    python benchmarks/duplicates.py                                       # ours, and the two votes alone
    python benchmarks/duplicates.py --imagededup PYTHON --fastdup PYTHON  # interpreters that have these packages
    python benchmarks/duplicates.py --photos FOLDER --copies 8            # other photos, every alteration of each

The pictures are the photos of ../shared/data/flickr8k_1000, each with `--copies` copies, altered in turn: not at all (the same
bytes), to half its size, cropped to 90 % of each side somewhere, to JPEG of quality 30, a fifth brighter, a fifth darker, with a
line of text, mirrored. Copies have names that say nothing. The alterations are this file's own, and not those that
`find_duplicates` calibrates itself with.

Recall is the share of copies that are found together with their original. Precision is the share of pairs with such a copy that
are two pictures of one photo, and under "all" that of all pairs. Photos that are there twice by nature are no false alarms: they
were looked at, and `ALIKE` names them. The "best" rows choose their threshold by the truth, so that precision is 0.99: more than
that one vote cannot do.

Then the frames of ../shared/data/camvid_701, four drives: which neighbours became one sequence, against how much their pixels
differ.

fastdup is here for comparison only, as its licence says; it and imagededup run without a network where the system can take it
away.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

SHARED = Path(__file__).resolve().parents[2] / "shared"
WANTED = 0.99
BITS = 10  # what imagededup takes for the same, too
Pairs = list[tuple[str, str]]

# Of flickr8k_1000: the same people in the same place a moment later. Looked at were the 48 pairs of photos of highest cosine and
# the 24 whose hashes differ least; the others are other motorcycles, other dogs, another day.
ALIKE = (
    ("186890601_8a6b0f1769.jpg", "186890605_ddff5b694e.jpg"),
    ("191003285_edd8d0cf58.jpg", "191003287_2915c11d8e.jpg"),
)


def crop(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = (round(0.9 * side) for side in picture.size)
    left, top = rng.integers(picture.width - width + 1), rng.integers(picture.height - height + 1)
    return picture.crop((left, top, left + width, top + height))


def overlay(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A line of text with an outline, somewhere, as wide as 40 to 80 % of the picture."""
    altered = picture.copy()
    draw = ImageDraw.Draw(altered)
    words = str(rng.choice(["SAMPLE 2026", "camera 3  12:04:51", "© example.org", "for review only"]))
    height = rng.uniform(0.4, 0.8) * picture.width / draw.textlength(words, ImageFont.load_default(100)) * 100
    font = ImageFont.load_default(height)
    box = draw.textbbox((0, 0), words, font, stroke_width=2)
    place = [rng.uniform(0, max(1, side - size)) for side, size in zip(picture.size, box[2:], strict=True)]
    draw.text(tuple(place), words, "white", font, stroke_width=2, stroke_fill="black")
    return altered


ALTERATIONS: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "exact": lambda picture, _: picture,
    "half": lambda picture, _: picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC),
    "crop": crop,
    "jpeg": lambda picture, _: picture,
    "brighter": lambda picture, _: ImageEnhance.Brightness(picture).enhance(1.2),
    "darker": lambda picture, _: ImageEnhance.Brightness(picture).enhance(0.8),
    "text": overlay,
    "flip": lambda picture, _: ImageOps.mirror(picture),
}


@dataclass(frozen=True)
class Planted:
    """A folder of pictures, and by name of which photo each is, and how it was altered ("" for the photo itself)."""

    folder: Path
    origin: dict[str, str]
    altered: dict[str, str]

    @property
    def photo(self) -> dict[str, str]:
        """By name, the first of the photos that show the same; what is alike by nature counts as one photo."""
        same = dict(self.origin)
        for first, second in ALIKE:
            if first in same and second in same:
                keep, drop = same[first], same[second]
                same = {name: keep if of == drop else of for name, of in same.items()}
        return same


def plant(photos: Iterable[Path], folder: Path, *, copies: int, seed: int) -> Planted:
    """Photos and their copies in one folder; the same arguments give the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    turn = itertools.cycle(ALTERATIONS)
    origin, altered = {}, {}
    for path in sorted(photos):
        shutil.copy(path, folder / path.name)
        origin[path.name], altered[path.name] = path.name, ""
        for kind in itertools.islice(turn, copies):
            name = f"{rng.bytes(8).hex()}.jpg"
            (folder / name).write_bytes(_copy(path, kind, rng))
            origin[name], altered[name] = path.name, kind
    return Planted(folder, origin, altered)


def _copy(path: Path, kind: str, rng: np.random.Generator) -> bytes:
    if kind == "exact":
        return path.read_bytes()
    out = io.BytesIO()
    with Image.open(path) as picture:
        ALTERATIONS[kind](picture.convert("RGB"), rng).save(out, "JPEG", quality=30 if kind == "jpeg" else 90)
    return out.getvalue()


def score(pairs: Iterable[tuple[str, str]], planted: Planted) -> dict[str, tuple[float, float]]:
    """(precision, recall) by alteration and, under "all", of everything; a precision of no pairs is nan."""
    same = planted.photo
    found = {(min(pair), max(pair)) for pair in pairs}
    right = {kind: [0, 0] for kind in (*ALTERATIONS, "all")}
    for first, second in found:
        for kind in {planted.altered[first], planted.altered[second], "all"} - {""}:
            right[kind][0] += same[first] == same[second]
            right[kind][1] += 1
    hits: dict[str, list[bool]] = {kind: [] for kind in right}
    for name, kind in planted.altered.items():
        if kind:
            of = planted.origin[name]
            hits[kind].append((min(name, of), max(name, of)) in found)
            if kind != "flip":
                hits["all"].append(hits[kind][-1])
    return {
        kind: (right[kind][0] / right[kind][1] if right[kind][1] else np.nan, float(np.mean(hits[kind])))
        for kind in right
        if hits[kind]
    }


def within(groups: Iterable[list[str]]) -> Pairs:
    """All pairs inside of groups."""
    return [pair for members in groups for pair in itertools.combinations(members, 2)]


# -- what finds pairs -------------------------------------------------------------------------------------------------


def with_curate(folder: Path, encoder: str) -> Iterator[tuple[str, Pairs]]:
    """The verb with all that comes before it, and both votes alone."""
    import curate

    ds = curate.create(folder.parent / "copies.curate")
    ds.ingest(folder)
    ds.embed(encoder)
    for title, options in (("find_duplicates()", {}), ("find_duplicates(flips=True)", {"flips": True})):
        found = ds.find_duplicates(precision=WANTED, **options)
        print(found, file=sys.stderr)
        yield title, within(grouped(ds, "duplicate_group"))
        if not options:
            names_of = {number: Path(uri).name for number, uri in ds.df(["sample_id", "uri"]).iter_rows()}
            rows = found.pairs.select("left", "right", "exact").rows()
            yield "  its pairs, without the groups", [(names_of[a], names_of[b]) for a, b, _ in rows]
            yield "  equal bytes alone", [(names_of[a], names_of[b]) for a, b, exact in rows if exact]
    names = [Path(uri).name for uri in ds.df(["uri"])["uri"]]
    bits, cosines = votes(ds)
    near = np.argwhere(np.triu(bits <= BITS, 1))
    yield f"hash alone, {BITS} bits", [(names[i], names[j]) for i, j in near]
    yield "hash alone, best", _best(-bits.astype(np.float32), names, folder)
    yield "vectors alone, best", _best(cosines, names, folder)


def grouped(ds: object, column: str) -> list[list[str]]:
    """The names of each group of a column."""
    rows = ds.df(["uri", column]).drop_nulls()
    groups = rows.group_by(column).agg("uri")["uri"].to_list()
    return [[Path(uri).name for uri in uris] for uris in groups if len(uris) > 1]


def votes(ds: object) -> tuple[np.ndarray, np.ndarray]:
    """(n, n) bits that differ between hashes, and (n, n) cosines, in the order of the dataset."""
    hashes = ds.df(["phash"])["phash"].to_numpy()
    rows = np.unpackbits(hashes[:, None].view(np.uint8), axis=1).astype(np.float32)
    unlike = rows @ (1 - rows).T
    vectors = ds.vectors()
    return (unlike + unlike.T).astype(np.uint8), vectors @ vectors.T


def _best(scores: np.ndarray, names: list[str], folder: Path) -> Pairs:
    """The pairs above the lowest threshold at which precision, by the truth, is as wanted."""
    photo = _read(folder.parent).photo
    of = np.unique([photo[name] for name in names], return_inverse=True)[1]
    left, right = np.triu_indices(len(names), 1)
    values = scores[left, right]
    order = np.argsort(-values, kind="stable")[: 40 * len(names)]
    precision = np.cumsum(of[left[order]] == of[right[order]]) / np.arange(1, len(order) + 1)
    # only where the value changes: pairs of one value stand or fall together
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(order) - 1)
    good = ends[precision[ends] >= WANTED]
    chosen = order[: good[-1] + 1] if len(good) else order[:0]
    return [(names[left[at]], names[right[at]]) for at in chosen]


def with_imagededup(folder: Path) -> Iterator[tuple[str, Pairs]]:
    from imagededup.methods import PHash

    found = PHash(verbose=False).find_duplicates(image_dir=str(folder), max_distance_threshold=BITS)
    yield "imagededup PHash, its 10 bits", [(name, other) for name, others in found.items() for other in others]


def with_fastdup(folder: Path) -> Iterator[tuple[str, Pairs]]:
    import fastdup

    work = fastdup.create(str(folder.parent / "fastdup"), str(folder))
    work.run(overwrite=True, verbose=False)
    near = work.similarity()
    pairs = zip(near["filename_from"], near["filename_to"], strict=True)
    yield "fastdup, its similar pairs", [(Path(a).name, Path(b).name) for a, b in pairs]
    rows = work.connected_components()[0]
    groups = rows.groupby("component_id")["filename"].apply(list)
    yield "fastdup, its components", within([[Path(name).name for name in group] for group in groups if len(group) > 1])


# -- drives ------------------------------------------------------------------------------------------------------------


def drives(folder: Path, photos: Path, encoder: str) -> None:
    """The frames of camvid_701: what became one group, against how much the pixels of neighbours differ."""
    import curate

    ds = curate.create(folder / "drives.curate")
    ds.ingest(photos)
    ds.embed(encoder)
    started = time.perf_counter()
    ds.find_duplicates(precision=WANTED)
    seconds = time.perf_counter() - started
    places = {Path(uri).name: at for at, uri in enumerate(ds.df(["uri"])["uri"])}
    groups = grouped(ds, "sequence_group")
    of = {name: number for number, members in enumerate(groups) for name in members}
    mixed = sum(len({name.split("_")[0] for name in members}) > 1 for members in groups)
    print(f"\n{len(places):,} frames of four drives: {len(groups)} sequences of {len(of)} frames, {seconds:.1f} s")
    print(f"sequences of more than one drive: {mixed}")
    neighbours = [(a, b) for a, b in itertools.pairwise(sorted(places, key=_frame)) if _frame(a)[0] == _frame(b)[0]]
    unlike = np.array([_difference(photos / a, photos / b) for a, b in neighbours])
    steps = np.array([_frame(b)[1] - _frame(a)[1] for a, b in neighbours])
    together = np.array([a in of and of[a] == of.get(b) for a, b in neighbours])
    print(f"{'neighbouring frames':44}{'pairs':>8}{'in one sequence':>17}")
    for title, some in {
        "a fifteenth of a second apart": steps <= 2,
        "a second apart, mean difference below 4": (steps > 2) & (unlike < 4),
        "a second apart, mean difference 4 to 10": (steps > 2) & (unlike >= 4) & (unlike < 10),
        "a second apart, mean difference 10 to 20": (steps > 2) & (unlike >= 10) & (unlike < 20),
        "a second apart, mean difference above 20": (steps > 2) & (unlike >= 20),
    }.items():
        print(f"{title:44}{some.sum():8,}{together[some].mean():17.1%}")


def _frame(name: str) -> tuple[str, int]:
    drive, number = Path(name).stem.split("_")
    return drive, int(number.removeprefix("f"))


def _difference(first: Path, second: Path) -> float:
    """Mean difference of two frames in grey levels of 256, at 64 × 48 pixels."""
    small = [
        np.asarray(Image.open(path).convert("L").resize((64, 48), Image.Resampling.BOX), float)
        for path in (first, second)
    ]
    return float(np.abs(small[0] - small[1]).mean())


# -- the run ----------------------------------------------------------------------------------------------------------


def write(pairs: Pairs, path: Path) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(pairs)


def _read(folder: Path) -> Planted:
    with (folder / "planted.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    return Planted(
        folder / "pictures", {name: of for name, of, _ in rows}, {name: altered for name, _, altered in rows}
    )


def inside(tool: str, folder: Path, encoder: str) -> None:
    """In an interpreter of the tool's own: write what it finds, a file a row.

    The seconds of the tool's first row are those of everything: reading, hashing, embedding; those of the others are its own.
    """
    started = time.perf_counter()
    pictures = folder / "pictures"
    rows = {
        "curate": lambda: with_curate(pictures, encoder),
        "imagededup": lambda: with_imagededup(pictures),
        "fastdup": lambda: with_fastdup(pictures),
    }[tool]()
    for number, (title, pairs) in enumerate(rows):
        seconds = time.perf_counter() - started
        write(pairs, folder / f"{tool}-{number}.csv")
        with (folder / "rows.csv").open("a", newline="") as file:
            csv.writer(file).writerow([f"{tool}-{number}.csv", title, f"{seconds:.1f}"])
        started = time.perf_counter()


def alone() -> list[str]:
    """A command before another that takes the network away from it; nothing where the system cannot."""
    command = ["unshare", "--map-root-user", "--net"]
    able = (
        shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    )
    return command if able else []


def show(folder: Path, planted: Planted) -> None:
    counts = {kind: sum(altered == kind for altered in planted.altered.values()) for kind in ALTERATIONS}
    print(f"{len(planted.origin):,} pictures: " + ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n))
    print("precision over recall; recall under all leaves flips out")
    kinds = [*(kind for kind in ALTERATIONS if counts[kind]), "all"]
    print(f"{'':32}{'seconds':>8}{'pairs':>8}" + "".join(f"{kind:>10}" for kind in kinds))
    with (folder / "rows.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    for name, title, seconds in rows:
        with (folder / name).open(newline="") as file:
            pairs = [(first, second) for first, second in csv.reader(file)]
        scores = score(pairs, planted)
        for part, start in enumerate((f"{title:32}{seconds:>8}{len(pairs):8,}", " " * 48)):
            print(start + "".join(f"{scores[kind][part]:10.3f}" for kind in kinds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=SHARED / "data" / "flickr8k_1000" / "images")
    parser.add_argument("--drives", type=Path, default=SHARED / "data" / "camvid_701" / "images")
    parser.add_argument("--encoder", default=f"local-dir:{SHARED / 'models' / 'photo-clip'}")
    parser.add_argument("--copies", type=int, default=2, help="copies of each photo")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--imagededup", help="a Python that has imagededup")
    parser.add_argument("--fastdup", help="a Python that has fastdup")
    parser.add_argument("--keep", type=Path, help="a new folder for pictures and pairs, kept afterwards")
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.inside[0], Path(options.inside[1]), options.encoder)
        return
    if not options.photos.exists():
        print(f"left out: {options.photos} is not here; --photos FOLDER takes any JPEGs, --encoder another model")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        planted = plant(options.photos.glob("*.jpg"), folder / "pictures", copies=options.copies, seed=options.seed)
        rows = [(name, planted.origin[name], planted.altered[name]) for name in planted.origin]
        with (folder / "planted.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        tools = {"curate": sys.executable, "imagededup": options.imagededup, "fastdup": options.fastdup}
        for tool, python in tools.items():
            if python is None:
                print(f"{tool}: left out; --{tool} PYTHON compares with it")
                continue
            command = [python, __file__, "--inside", tool, str(folder), "--encoder", options.encoder]
            environment = {**os.environ, "SENTRY_OPT_OUT": "1", "CURATE_PROGRESS": "0"}
            subprocess.run([*alone(), *command], check=True, env=environment, stdout=sys.stderr)
        show(folder, planted)
        if not options.drives.exists():
            print(f"drives: left out; {options.drives} is not here")
            return
        os.environ["CURATE_PROGRESS"] = "0"
        drives(folder, options.drives, options.encoder)


if __name__ == "__main__":
    main()
