"""Train the demo's CLIP on rendered scenes and write it in OpenCLIP's ``local-dir:`` format.

    python -m curate.demo.train --scenes 48000 --epochs 24 --device cpu

The text of a caption says only part of a scene, so a batch holds many true pairs off the diagonal. They are known: a
caption matches each picture that has every attribute it states. The loss is CLIP's with all of them as positives
(after "Supervised Contrastive Learning", Khosla et al., 2020), plus a classification of each attribute from the image
vector, whose heads are dropped afterwards: it makes the image tower learn several times faster.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

# Before torch starts its threads: where other processes share the cores, OpenMP threads that spin at each barrier cost
# more than half of the speed (measured: 84 pictures a second spinning, 192 waiting).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch.nn import functional

from curate.demo import MODEL_DIR
from curate.demo.captions import ATTRIBUTES, Stated, draw_caption
from curate.demo.corpus import Bytes, Indices, attributes, draw_scenes, render_corpus
from curate.demo.evaluate import means, score_queries

SIDE = 112
MODEL: dict[str, Any] = {
    "embed_dim": 128,
    "vision_cfg": {"layers": 5, "width": 192, "head_width": 64, "patch_size": 16, "image_size": SIDE},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 3},
}
PREPROCESS: dict[str, Any] = {
    "size": SIDE,
    "mode": "RGB",
    "mean": [0.35, 0.35, 0.36],
    "std": [0.25, 0.25, 0.25],
    "interpolation": "bicubic",
    # The pictures are 4:3; cropping would cut road users off at the edges.
    "resize_mode": "squash",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a training run is made of."""

    scenes: int
    epochs: int
    seed: int
    batch: int
    rate: float
    device: str
    threads: int
    minutes: float | None = None
    resume: Path | None = None


def build_model() -> Any:
    """The model with fresh weights."""
    from open_clip.model import CLIP

    return CLIP(**MODEL)


def write_model(model: Any, folder: Path) -> None:
    """Write config and weights (float16 safetensors)."""
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": MODEL, "preprocess_cfg": PREPROCESS}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    weights = {name: value.detach().to("cpu", torch.float16).contiguous() for name, value in model.state_dict().items()}
    # Not save_file: it leaves the file readable by its owner alone.
    (folder / "open_clip_model.safetensors").write_bytes(save(weights, metadata={"format": "pt"}))


def _matches(stated: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Which captions (m, 4), -1 where silent, are true of which pictures (n, 4); (m, n) bool."""
    return ((stated[:, None, :] == truth[None, :, :]) | (stated[:, None, :] < 0)).all(-1)


def contrastive_loss(
    images: torch.Tensor, texts: torch.Tensor, scale: torch.Tensor, positive: torch.Tensor
) -> torch.Tensor:
    """CLIP's loss in both directions, each row's target spread evenly over all of its true pairs.

    Args:
        images, texts: (n, d) and (m, d) unit vectors.
        positive: (m, n) bool, at least one in each row and column.
    """
    logits = scale * texts.float() @ images.float().T
    target = positive.float()
    by_text = -(target * logits.log_softmax(1)).sum(1) / target.sum(1)
    by_image = -(target * logits.log_softmax(0)).sum(0) / target.sum(0)
    return (by_text.mean() + by_image.mean()) / 2


class Batches:
    """Shuffled, augmented batches on the training device."""

    def __init__(self, pixels: Bytes, truth: Indices, settings: Settings) -> None:
        import open_clip

        self._pixels, self._truth, self._settings = pixels, truth, settings
        self._rng = np.random.default_rng(settings.seed + 1)
        self._dice = Random(settings.seed + 2)  # noqa: S311
        self.tokenize: Any = open_clip.SimpleTokenizer(context_length=MODEL["text_cfg"]["context_length"])
        self.mean = torch.tensor(PREPROCESS["mean"]).view(1, 3, 1, 1)
        self.std = torch.tensor(PREPROCESS["std"]).view(1, 3, 1, 1)
        self.per_epoch = len(truth) // settings.batch

    def epoch(self) -> Any:
        """One pass: (images, tokens, stated, truth) for each batch."""
        order = self._rng.permutation(len(self._truth))
        for number in range(self.per_epoch):
            rows = np.sort(order[number * self._settings.batch : (number + 1) * self._settings.batch])
            truth = self._truth[rows]
            said = [draw_caption(self._dice, self._stated(row)) for row in truth]
            tokens = self.tokenize([words for words, _ in said])
            stated = torch.tensor([statement for _, statement in said])
            device = self._settings.device
            yield (
                self._augment(self._pixels[rows]).to(device),
                tokens.to(device),
                stated.to(device),
                torch.from_numpy(truth).to(device),
            )

    @staticmethod
    def _stated(row: Indices) -> Stated:
        return int(row[0]), int(row[1]), int(row[2]), int(row[3])

    def _augment(self, pixels: Bytes) -> torch.Tensor:
        """Mirror, shift by up to 8 pixels, and vary exposure: what differs between cameras, not between scenes."""
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255.0
        images = (images - self.mean) / self.std
        mirrored = torch.from_numpy(self._rng.random(len(images)) < 0.5)
        images[mirrored] = images[mirrored].flip(-1)
        padded = functional.pad(images, (8, 8, 8, 8), mode="replicate")
        # One shift for eight pictures at a time is enough variety and far fewer copies.
        for start in range(0, len(images), 8):
            top, left = self._rng.integers(0, 17, 2).tolist()
            images[start : start + 8] = padded[start : start + 8, :, top : top + SIDE, left : left + SIDE]
        gain = torch.from_numpy(self._rng.uniform(0.9, 1.1, (len(images), 1, 1, 1)).astype(np.float32))
        return images * gain


@dataclass(frozen=True, slots=True)
class Pictures:
    """Rendered scenes and their truth: (n, side, side, 3) and (n, 4) indices, as `corpus.attributes` gives them."""

    pixels: Bytes
    truth: Indices


def render_pictures(path: Path, *, n: int, seed: int, workers: int, night_hail: float | None = None) -> Pictures:
    """Render the scenes of a seed once; later runs open the file."""
    scenes = draw_scenes(n, seed=seed, night_hail=night_hail)
    return Pictures(render_corpus(path, scenes, side=SIDE, workers=workers), attributes(scenes))


def train(settings: Settings, known: Pictures, unseen: Pictures, *, output: Path) -> dict[str, Any]:
    """Train on `known`, measure on `unseen` after each second epoch, and write the model after each.

    Returns:
        The figures of the run: seconds and mean average precisions.
    """
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    batches = Batches(known.pixels, known.truth, settings)

    model = build_model()
    if settings.resume is not None:
        from safetensors.torch import load_file

        model.load_state_dict(load_file(settings.resume / "open_clip_model.safetensors"))
    model = model.to(settings.device).train()
    heads = torch.nn.ModuleList(torch.nn.Linear(MODEL["embed_dim"], len(values)) for _, values in ATTRIBUTES)
    heads = heads.to(settings.device)
    matrices = [weight for weight in [*model.parameters(), *heads.parameters()] if weight.ndim >= 2]
    others = [weight for weight in [*model.parameters(), *heads.parameters()] if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.98), fused=True)
    total = batches.per_epoch * settings.epochs
    warm = min(400, total // 20 + 1)
    started = time.perf_counter()

    def progress(step: int) -> float:
        """The share of the run that is done: of its steps, or of its time where that is limited and runs out first."""
        spent = (time.perf_counter() - started) / 60.0 / settings.minutes if settings.minutes else 0.0
        return min(1.0, max(step / total, spent))

    def pace(step: int) -> float:
        return min((step + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * progress(step)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, pace)
    figures: dict[str, Any] = {}
    step = 0
    for epoch in range(1, settings.epochs + 1):
        losses = []
        for images, tokens, stated, truth in batches.epoch():
            with torch.autocast(settings.device.split(":", maxsplit=1)[0], torch.bfloat16):
                seen = model.encode_image(images)
                told = model.encode_text(tokens)
            seen, told = seen.float(), told.float()
            pairs = contrastive_loss(
                functional.normalize(seen, dim=-1),
                functional.normalize(told, dim=-1),
                model.logit_scale.exp(),
                _matches(stated, truth),
            )
            guess = functional.normalize(seen, dim=-1) * 12.0
            each = [functional.cross_entropy(head(guess), truth[:, i]) for i, head in enumerate(heads)]
            # The road user is the smallest thing in the picture and the last to be learnt.
            classes = torch.stack(each[:3]).sum() + 2.0 * each[3]
            loss = pairs + 0.5 * classes
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                model.logit_scale.clamp_(0.0, math.log(100.0))
            losses.append((float(pairs.detach()), float(each[3].detach())))
            step += 1
            if progress(step) >= 1.0:
                break
        pair_loss, object_loss = np.mean(losses, axis=0).tolist()
        seconds = time.perf_counter() - started
        write_model(model, output)
        line = f"epoch {epoch:>3}  loss {pair_loss:.3f}  object {object_loss:.3f}  {seconds:.0f} s"
        if epoch % 2 == 0 or progress(step) >= 1.0:
            figures = _measure(model, batches, unseen, settings.device)
            line += "  " + "  ".join(f"{table} {value:.3f}" for table, value in figures.items())
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        if progress(step) >= 1.0:
            break
    return {"seconds": round(time.perf_counter() - started), **figures}


def _measure(model: Any, batches: Batches, unseen: Pictures, device: str) -> dict[str, float]:
    model.eval()

    def texts(words: list[str]) -> Any:
        with torch.inference_mode():
            return model.encode_text(batches.tokenize(words).to(device), normalize=True).float().cpu().numpy()

    vectors = []
    with torch.inference_mode(), torch.autocast(device.split(":", maxsplit=1)[0], torch.bfloat16):
        for start in range(0, len(unseen.pixels), 256):
            block = torch.from_numpy(np.array(unseen.pixels[start : start + 256])).permute(0, 3, 1, 2).float() / 255.0
            block = ((block - batches.mean) / batches.std).to(device)
            vectors.append(functional.normalize(model.encode_image(block).float(), dim=-1).cpu().numpy())
    model.train()
    return means(score_queries(np.concatenate(vectors), unseen.truth, texts))


def main(arguments: list[str] | None = None) -> int:
    """Render scenes, train the model and write it."""
    parser = argparse.ArgumentParser(prog="python -m curate.demo.train", description=main.__doc__)
    parser.add_argument("--scenes", type=int, default=48000, help="training scenes to render")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--minutes", type=float, help="stop by then, the learning rate falling to zero in time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=1.2e-3, help="highest learning rate")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of the CPU")
    parser.add_argument("--held-out", type=int, default=3000, help="unseen scenes to measure on")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "curate-demo", help="rendered scenes"
    )
    parser.add_argument("--resume", type=Path, help="folder of a model to continue from")
    parser.add_argument("--output", type=Path, default=MODEL_DIR)
    chosen = parser.parse_args(arguments)
    settings = Settings(
        scenes=chosen.scenes,
        epochs=chosen.epochs,
        seed=chosen.seed,
        batch=chosen.batch,
        rate=chosen.rate,
        device=chosen.device,
        threads=chosen.threads,
        minutes=chosen.minutes,
        resume=chosen.resume,
    )
    known = render_pictures(
        chosen.cache / f"train-{chosen.seed}-{chosen.scenes}.npy",
        n=chosen.scenes,
        seed=chosen.seed,
        workers=chosen.threads,
    )
    unseen = render_pictures(
        chosen.cache / f"held-out-{chosen.seed}-{chosen.held_out}.npy",
        n=chosen.held_out,
        seed=chosen.seed + 7_000_000,
        workers=chosen.threads,
        night_hail=0.008,
    )
    figures = train(settings, known, unseen, output=chosen.output)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
