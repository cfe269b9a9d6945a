"""How well day, dusk and night are told apart: by words, by pixels, by both, and by both after 50 reviewed samples.

    python benchmarks/lighting.py                         # 2,000 demo scenes, and ../shared/data where it is there
    python benchmarks/lighting.py --folder /tmp/lighting  # keeps the datasets for the next time

"elsewhere": the numbers of the pixels were found on the other sets, as they are for a camera that Curate has never seen.
"here": they are those of `curate/labels/lighting.py`, which all sets together gave; the last lines print them anew. The 50 reviewed
samples are drawn at random, ten times, and the accuracy is that of the others.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import curate
from curate.encoders.scale import logit_scale
from curate.labels import lighting, zero_shot
from curate.labels.calibration import calibrate, combined
from curate.labels.softmax import Linear, fit
from curate.media.decode import decode_planes
from curate.search.prompts import prompt_vectors

SHARED = Path(__file__).resolve().parents[2] / "shared"
NAMES = tuple(lighting.PHRASINGS)
TRUTH = {"day": 0, "day driving": 0, "dusk": 1, "dusk driving": 1, "night": 2}


@dataclass
class Known:
    """Of n samples: (n, 3) logits of the words, (n, 2) brightnesses, (n,) codes of the truth."""

    words: np.ndarray
    pixels: np.ndarray
    truth: np.ndarray


def datasets(folder: Path) -> dict[str, tuple[curate.Dataset, str]]:
    found = {"demo": (curate.demo(folder / "roads.curate"), "timeofday")}
    for name in ("day_night", "camvid_701"):
        if (SHARED / "data" / name).exists():
            path = folder / f"{name}.curate"
            ds = curate.open(path) if path.exists() else curate.create(path)
            ds.ingest(SHARED / "data" / name / "index.csv", workers=1)
            ds.embed(f"local-dir:{SHARED / 'models' / 'photo-clip'}")
            found[name] = (ds, "label")
    return found


def known(ds: curate.Dataset, column: str) -> Known:
    index = ds.vectors_.index()
    at = np.flatnonzero(index.present)
    truth = np.array([TRUTH.get(value, -1) for value in ds.frame(at, [column])[column]])
    at, truth = at[truth >= 0], truth[truth >= 0]
    encoder = ds.vectors_.encoder()
    texts = [text for prompts in lighting.PHRASINGS.values() for text in prompts]
    classes = zero_shot.class_vectors(prompt_vectors(encoder, texts), [len(p) for p in lighting.PHRASINGS.values()])
    words = zero_shot.logits(index.reconstruct(at), classes, scale=logit_scale(encoder))
    brightness = [
        lighting.sky_and_ground(decode_planes(jpeg, longest=lighting.LONGEST)[0].luma) for jpeg in ds.thumbnails(at)
    ]
    return Known(words, np.array(brightness), truth)


def pixel_line(sets: list[Known]) -> Linear:
    """Softmax regression in which each class counts the same, and in a class each set."""
    rows, codes = [], []
    rng = np.random.default_rng(0)
    for code in range(len(NAMES)):
        having = [some for some in sets if (some.truth == code).any()]
        for some in having:
            of_it = lighting.features(some.pixels[some.truth == code])
            rows.append(rng.choice(of_it, 600 // len(having)))
            codes += [code] * (600 // len(having))
    features = np.concatenate(rows)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    line = fit((features - mean) / spread, np.array(codes), len(NAMES), strength=3.0)
    weights = line.weights / spread[:, None]
    return Linear(weights, line.intercepts - mean @ weights)


def right(logits: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean(logits.argmax(axis=1) == truth))


def with_reviews(some: Known, pixels: np.ndarray) -> float:
    evidence = np.stack([lighting.WORDS_WEIGHT * some.words, pixels])
    shares = []
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(len(some.truth))
        seen, rest = order[:50], order[50:]
        found = calibrate(evidence[:, seen], some.truth[seen])
        shares.append(right(combined(evidence[:, rest], found.weights), some.truth[rest]))
    return float(np.mean(shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        sets = {name: known(ds, column) for name, (ds, column) in datasets(folder).items()}
    head = ("set", "pixels of", "words", "pixels", "both", "both, 50 reviewed")
    print(("{:12s}{:11s}" + "{:>10s}" * 3 + "{:>20s}").format(*head))
    for name, some in sets.items():
        others = [other for key, other in sets.items() if key != name]
        lines = {"here": lighting.pixel_logits(some.pixels)}
        if others and {code for other in others for code in other.truth} >= set(some.truth):
            lines["elsewhere"] = pixel_line(others).logits(lighting.features(some.pixels))
        for where, pixels in lines.items():
            both = lighting.WORDS_WEIGHT * some.words + pixels
            shares = [right(some.words, some.truth), right(pixels, some.truth), right(both, some.truth)]
            shares.append(with_reviews(some, pixels))
            print(f"{name:12s}{where:11s}" + "".join(f"{share:10.1%}" for share in shares[:3]) + f"{shares[3]:20.1%}")
            of_class = {NAMES[c]: right(both[some.truth == c], some.truth[some.truth == c]) for c in set(some.truth)}
            print(" " * 23 + "both, by class: " + ", ".join(f"{key} {share:.1%}" for key, share in of_class.items()))
    line = pixel_line(list(sets.values()))
    print("weights", line.weights.round(2).tolist(), "intercepts", line.intercepts.round(2).tolist())


if __name__ == "__main__":
    main()
