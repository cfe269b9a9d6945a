"""How well the shipped model finds scenes that it has not seen: average precision of text queries.

python -m curate.demo.evaluate --scenes 4000 --seed 20000 --night-hail 0.008
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from curate.demo import MODEL_DIR
from curate.demo.captions import query
from curate.demo.corpus import Bytes, Indices, attributes, draw_scenes, squashed
from curate.demo.scene import OBJECTS, PLACES, TIMES, WEATHERS, render

if TYPE_CHECKING:
    from collections.abc import Callable

AXES: dict[str, tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]] = {
    "weather × time": (("weather", WEATHERS), ("timeofday", TIMES)),
    "weather × place": (("weather", WEATHERS), ("place", PLACES)),
    "object × time": (("object", OBJECTS), ("timeofday", TIMES)),
    "object × weather": (("object", OBJECTS), ("weather", WEATHERS)),
}
"""The tables: each query names one value of the first attribute and one of the second."""

GOALS = {
    "weather × time": 0.9,
    "weather × place": 0.9,
    "object × time": 0.5,
    "object × weather": 0.5,
    "night hail": 0.8,
}
"""The least mean average precision that the shipped model must reach, by table."""

_POSITIONS = {"timeofday": 0, "weather": 1, "place": 2, "object": 3}


@dataclass(frozen=True, slots=True)
class Score:
    """One query's result."""

    table: str
    words: str
    average_precision: float
    prevalence: float


def average_precision(scores: npt.NDArray[np.float32], truth: npt.NDArray[np.bool_]) -> float:
    """Mean over the true samples of the precision at their rank; NaN where nothing is true.

    >>> average_precision(np.float32([0.9, 0.8, 0.1]), np.array([True, False, True]))
    0.8333333333333333
    """
    hits = truth[np.argsort(-scores, kind="stable")]
    if not hits.any():
        return float("nan")
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    return float(precision[hits].mean())


def score_queries(
    vectors: npt.NDArray[np.float32], truth: Indices, encode_texts: Callable[[list[str]], npt.NDArray[np.float32]]
) -> list[Score]:
    """Ask every query of every table, and "night hail" in its own words.

    Args:
        vectors: (n, d) unit vectors of pictures.
        truth: (n, 4) indices, as `corpus.attributes` gives them.
        encode_texts: texts to (m, d) unit vectors.
    """
    asked: list[tuple[str, str, npt.NDArray[np.bool_]]] = []
    for table, ((first, ones), (second, others)) in AXES.items():
        for one in range(len(ones)):
            for other in range(len(others)):
                words = query(**{first: ones[one], second: others[other]})
                mask = (truth[:, _POSITIONS[first]] == one) & (truth[:, _POSITIONS[second]] == other)
                asked.append((table, words, mask))
    dark = (truth[:, 0] == TIMES.index("night")) & (truth[:, 1] == WEATHERS.index("hail"))
    asked += [
        ("night hail", words, dark) for words in ("night hail", "hail at night", "hailstones on the road after dark")
    ]
    similarity = vectors @ encode_texts([words for _, words, _ in asked]).T
    return [
        Score(table, words, average_precision(similarity[:, column], mask), float(mask.mean()))
        for column, (table, words, mask) in enumerate(asked)
    ]


def means(scores: list[Score]) -> dict[str, float]:
    """The mean average precision of each table."""
    return {
        table: float(np.nanmean([score.average_precision for score in scores if score.table == table]))
        for table in GOALS
    }


class Encoder:
    """The model of a ``local-dir:`` folder, on one device."""

    def __init__(self, folder: Path = MODEL_DIR, *, device: str = "cpu") -> None:
        import open_clip

        name = f"local-dir:{folder}"
        self._model: Any = open_clip.create_model(name, device=device).eval()
        self._tokenizer: Any = open_clip.get_tokenizer(name)
        settings = open_clip.get_model_preprocess_cfg(self._model)
        self._device = device
        self.side: int = self._model.visual.image_size[0]
        self._mean, self._std = settings["mean"], settings["std"]

    def images(self, pixels: Bytes, *, batch: int = 128) -> npt.NDArray[np.float32]:
        """Unit vectors of (n, side, side, 3) squashed pictures; (n, d)."""
        import torch

        mean = torch.tensor(self._mean, device=self._device).view(1, 3, 1, 1)
        std = torch.tensor(self._std, device=self._device).view(1, 3, 1, 1)
        found = []
        with torch.inference_mode():
            for start in range(0, len(pixels), batch):
                block = torch.from_numpy(np.array(pixels[start : start + batch])).to(self._device)
                block = (block.permute(0, 3, 1, 2).float() / 255.0 - mean) / std
                found.append(self._model.encode_image(block, normalize=True).float().cpu().numpy())
        return np.concatenate(found)

    def texts(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of texts; (n, d)."""
        import torch

        with torch.inference_mode():
            tokens = self._tokenizer(texts).to(self._device)
            found: npt.NDArray[np.float32] = self._model.encode_text(tokens, normalize=True).float().cpu().numpy()
        return found


def measure(
    folder: Path = MODEL_DIR, *, scenes: int, seed: int, night_hail: float = 0.008, device: str = "cpu"
) -> list[Score]:
    """Render unseen scenes, encode them and ask all queries."""
    drawn = draw_scenes(scenes, seed=seed, night_hail=night_hail)
    encoder = Encoder(folder, device=device)
    pixels = np.stack([squashed(render(scene).image, encoder.side) for scene in drawn])
    return score_queries(encoder.images(pixels), attributes(drawn), encoder.texts)


def report(scores: list[Score], *, worst: int = 8) -> str:
    """The tables as text, with their goals and the weakest queries."""
    lines = ["table               queries   mean AP   goal", "-" * 44]
    for table, mean in means(scores).items():
        queries = sum(score.table == table for score in scores)
        mark = "" if mean >= GOALS[table] else "   missed"
        lines.append(f"{table:<19} {queries:>7}   {mean:>7.3f}   {GOALS[table]:>4.2f}{mark}")
    lines += ["", "weakest queries"]
    for score in sorted(scores, key=lambda score: score.average_precision)[:worst]:
        lines.append(f"  {score.average_precision:.3f}  {score.words!r} ({score.prevalence:.1%} of the scenes)")
    lines += ["", "night hail"]
    lines += [
        f"  {s.average_precision:.3f}  {s.words!r} ({s.prevalence:.2%})" for s in scores if s.table == "night hail"
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; exit status 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m curate.demo.evaluate", description=main.__doc__)
    parser.add_argument("--model", type=Path, default=MODEL_DIR, help="folder in OpenCLIP's local-dir format")
    parser.add_argument("--scenes", type=int, default=4000, help="unseen scenes to render")
    parser.add_argument("--seed", type=int, default=20000, help="of those scenes; training uses 1")
    parser.add_argument("--night-hail", type=float, default=0.008, help="share of the scenes with hail at night")
    parser.add_argument("--device", default="cpu", help="where the model runs, such as cpu or cuda")
    chosen = parser.parse_args(arguments)
    started = time.perf_counter()
    scores = measure(
        chosen.model, scenes=chosen.scenes, seed=chosen.seed, night_hail=chosen.night_hail, device=chosen.device
    )
    sys.stdout.write(f"{report(scores)}\n\n{chosen.scenes} scenes, {time.perf_counter() - started:.0f} s\n")
    return int(any(mean < GOALS[table] for table, mean in means(scores).items()))


if __name__ == "__main__":
    sys.exit(main())
