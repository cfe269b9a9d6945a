"""How much of a model's bare speed `embed_stream` keeps while it decodes JPEG files.

    python benchmarks/embed.py                       # ViT-B-32 with random weights, on this CPU
    python benchmarks/embed.py --device cuda --images 8192

Bare: the image tower over batches that are in memory, normalised and in the right precision already. Stream: from JPEG
files of 640 × 480 to float16 vectors. The two take turns and the medians are compared, so that a busy machine slows both.
The claim: at least 0.85 on a CPU (decoding shares its cores), 0.9 on a GPU.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image

from curate.encoders.embed import embed_stream
from curate.encoders.openclip import OpenClipEncoder
from curate.encoders.weights import Weights
from curate.media.decode import decode
from curate.media.location import read


def random_encoder(architecture: str, *, precision: str, device: str) -> OpenClipEncoder:
    """An encoder with random weights: as fast as a trained one, and nothing to download."""
    weights = Weights(
        architecture, architecture, Path("none"), open_clip.get_model_config(architecture), {}, architecture
    )
    encoder = OpenClipEncoder(weights, precision=precision, device=device)
    tower = open_clip.create_model(architecture).visual
    encoder._image_tower = tower.to(device=encoder.device, dtype=encoder._dtype).eval()
    return encoder


def write_photos(folder: Path, count: int) -> list[tuple[int, str]]:
    """JPEG files with the detail of a photo: noise at several scales, quality 85, about 60 KB."""
    rng = np.random.default_rng(0)
    items = []
    for number in range(count):
        picture = np.zeros((480, 640, 3))
        for cells, weight in ((4, 90), (16, 40), (64, 20), (160, 12)):
            noise = Image.fromarray(rng.integers(0, 256, (cells * 3 // 4, cells, 3), dtype=np.uint8))
            picture += (
                weight / 128 * (np.asarray(noise.resize((640, 480), Image.Resampling.BICUBIC), dtype=float) - 128)
            )
        path = folder / f"{number:05d}.jpg"
        Image.fromarray(np.clip(picture + 128, 0, 255).astype(np.uint8)).save(path, quality=85)
        items.append((number, str(path)))
    return items


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--batch-size", type=int, default=None)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default=None)
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()

    encoder = random_encoder(options.model, precision=options.precision, device=options.device)
    side = 2 * encoder.image_size
    load = lambda location: Image.fromarray(decode(read(location), min_side=side))  # noqa: E731
    size = options.batch_size or (256 if encoder.device.startswith("cuda") else 16)
    with tempfile.TemporaryDirectory() as folder:
        unique = write_photos(Path(folder), min(options.images, 512))
        items = [(i, unique[i % len(unique)][1]) for i in range(options.images)]
        batch = encoder.normalised([encoder.prepare(load(location)) for _, location in items[:size]])
        repeats = max(1, len(items) // size)

        def bare() -> float:
            started = time.perf_counter()
            with torch.inference_mode():
                for _ in range(repeats):
                    vectors = encoder.image_tower()(batch)
                vectors.float().cpu()
            return repeats * len(batch) / (time.perf_counter() - started)

        def stream() -> float:
            started = time.perf_counter()
            count = sum(
                len(part.ids)
                for part in embed_stream(encoder, items, load=load, batch_size=size, threads=options.threads)
            )
            assert count == len(items)
            return count / (time.perf_counter() - started)

        def decoded() -> float:
            started = time.process_time()
            for _, location in items[:64]:
                encoder.prepare(load(location))
            return 1e3 * (time.process_time() - started) / min(64, len(items))

        preparing = decoded()
        bare(), stream()
        rounds = [(bare(), stream()) for _ in range(options.rounds)]
    plain, streamed = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"{options.model} {encoder.precision} on {encoder.device}, batch {size}, {torch.get_num_threads()} threads")
    print(f"decode and prepare   {preparing:8.2f} ms of one core a picture")
    print(f"bare forward pass    {plain:8.1f} images/s")
    print(f"embed_stream         {streamed:8.1f} images/s")
    print(f"ratio                {statistics.median(s / p for p, s in rounds):8.2f}")


if __name__ == "__main__":
    main()
