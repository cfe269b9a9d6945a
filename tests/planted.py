"""Datasets of any size, quickly: a few hundred road scenes of the demo, multiplied through the store's own tables.

Every sample has a name, a content and measures of its own, and the picture, vector and boxes of one of the scenes; so it can be
searched by words, and its map has the scenes' crowds. A million samples take a minute or two.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image

from curate.dataset import Dataset
from curate.projection import MAP_KEY, MapInfo
from curate.search.vectors import INFO_KEY
from curate.store import schemas
from curate.store.events import event_row
from curate.store.folder import Folder
from curate.store.ids import sample_id

SCENES = 400
BATCH = 50_000
SECOND = 1_000_000  # microseconds
START = 1_767_225_600 * SECOND  # 2026-01-01
FROM_SCENES = ("timeofday", "weather", "place", "object")
MEASURES = ("brightness", "contrast", "sharpness", "saturation", "entropy")

METADATA = pa.schema(
    [
        pa.field("sample_id", pa.int64(), nullable=False),
        *(pa.field(name, pa.string()) for name in FROM_SCENES),
        pa.field("drive", pa.string()),
        pa.field("city", pa.string()),
        pa.field("camera", pa.string()),
        pa.field("speed", pa.float32()),
        pa.field("temperature", pa.float32()),
        pa.field("objects", pa.int32()),
        pa.field("recorded", schemas.TIME),
        pa.field("wipers", pa.bool_()),
        pa.field("tunnel", pa.bool_()),
    ]
)


def plant(path: Path, n: int, scenes: Dataset, *, pixels: int = 256, seed: int = 0) -> None:
    """Make a dataset of `n` samples at `path`.

    Args:
        path: of a new dataset.
        n: number of samples.
        scenes: the demo, whose pictures, vectors, metadata and boxes are multiplied.
        pixels: longest side of the thumbnails; those of 256 are 9 KB each.
        seed: same seed, same dataset.
    """
    _Planting(path, n, scenes, pixels, seed).run()


def linked(path: Path, copy: Path) -> Path:
    """A copy of a dataset that takes neither time nor room: its tables' files never change, so they are shared."""
    return Path(shutil.copytree(path, copy, copy_function=_link))


def _link(source: str, target: str) -> str:
    if source.endswith(".json"):  # the one kind of file that is written again in its place
        return shutil.copy2(source, target)
    os.link(source, target)
    return target


def amend(path: Path, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Say something else of samples: columns of the samples table by position."""
    folder = Folder.open(path)
    rows = folder.samples.latest().take(pa.array(list(changes))).to_pylist()
    changed = [row | dict(columns) for row, columns in zip(rows, changes.values(), strict=True)]
    folder.samples.append(pa.Table.from_pylist(changed, schema=schemas.SAMPLES))


def add_field(path: Path, name: str, values: pa.Array) -> None:
    """Give every sample a value in a new column, in the order of the samples."""
    folder = Folder.open(path)
    ids = folder.samples.latest(["sample_id"]).column("sample_id")
    schema = pa.schema([pa.field("sample_id", pa.int64(), nullable=False), pa.field(name, values.type)])
    folder.table(f"fields/{name}", schema).append(pa.table([ids, values], schema=schema))


class _Planting:
    """One dataset while it is made."""

    def __init__(self, path: Path, n: int, scenes: Dataset, pixels: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.n = n
        self.folder = Folder.create(path)
        readable = scenes.where("status = 'ok'")
        chosen = readable.ids()[:: max(1, readable.count() // SCENES)][:SCENES]
        self.scenes = scenes.select(chosen).df()
        self.jpegs = pa.array([_small(jpeg, pixels) for jpeg in scenes.thumbnails(scenes.positions_of(chosen))])
        self.vectors = scenes.select(chosen).vectors()
        self.info = scenes.encoder
        # the two directions in which the scenes differ most: a map with crowds, and no UMAP to wait for
        spread = self.vectors - self.vectors.mean(axis=0)
        self.places = 20 * spread @ np.linalg.svd(spread, full_matrices=False)[2][:2].T
        self.boxes = scenes.labels("objects").select("sample_id", "value", "box")

    def run(self) -> None:
        info = {INFO_KEY: self.info.to_json().encode()}
        dimension = self.vectors.shape[1]
        vectors = self.folder.table(f"vectors/{self.info.name}", schemas.vectors(dimension, info))
        metadata = self.folder.table("fields/metadata", METADATA)
        projection = self.folder.table("fields/projection", schemas.projection({MAP_KEY: self._map_info()}))
        ids, of_scene = [], []
        for low in range(0, self.n, BATCH):
            at = np.arange(low, min(low + BATCH, self.n))
            scene = self.rng.integers(0, len(self.scenes), len(at))
            uris = [f"drive_{i // 200:05}/frame_{i:07}.jpg" for i in at.tolist()]
            sample_ids = np.array([sample_id("roads", uri) for uri in uris])
            digests = self.rng.bytes(32 * len(at))
            content = (np.frombuffer(digests, ">u8")[::4] & (2**63 - 1)).astype(np.int64)
            self.folder.thumbnails.append(
                pa.table([sample_ids, content, self.jpegs.take(pa.array(scene))], schema=schemas.THUMBNAILS)
            )
            vectors.append(
                pa.Table.from_arrays(
                    [pa.array(sample_ids), pa.array(content), self._vectors(scene)],
                    schema=vectors.schema.remove_metadata(),
                )
            )
            metadata.append(self._metadata(at, scene, sample_ids))
            places = self.places[scene] + self.rng.normal(0, 0.15, (len(at), 2))
            projection.append(
                pa.table([sample_ids, content, *places.T.astype(np.float32)], schema=schemas.projection({}))
            )
            # last: what is not in `samples` yet is not seen
            self.folder.samples.append(self._samples(at, scene, sample_ids, uris, digests.hex()))
            ids.append(sample_ids)
            of_scene.append(scene)
        self._labels(np.concatenate(ids), np.concatenate(of_scene))
        self._events(np.concatenate(ids), np.concatenate(of_scene))

    def _map_info(self) -> bytes:
        made = MapInfo(
            encoder=self.info.name,
            weights=self.info.weights_hash,
            neighbours=15,
            min_dist=0.1,
            seed=0,
            method="umap",
            count=self.n,
            fitted=self.n,
            graph="exact",
            recall=1.0,
        )
        return msgspec.json.encode(made)

    def _vectors(self, scene: np.ndarray) -> pa.FixedSizeListArray:
        dimension = self.vectors.shape[1]
        made = self.vectors[scene] + self.rng.standard_normal((len(scene), dimension), dtype=np.float32) * 0.03
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return pa.FixedSizeListArray.from_arrays(pa.array(made.astype(np.float16).reshape(-1)), dimension)

    def _metadata(self, at: np.ndarray, scene: np.ndarray, ids: np.ndarray) -> pa.Table:
        rng, size = self.rng, len(at)
        city = (rng.pareto(1.2, size) * 8).astype(int).clip(max=299)
        columns = {
            "sample_id": ids,
            **{name: self.scenes[name].to_arrow().cast(pa.string()).take(pa.array(scene)) for name in FROM_SCENES},
            "drive": [f"drive-{i // 200:05}" for i in at.tolist()],
            "city": pa.array([f"city {i:03}" for i in range(300)]).take(pa.array(city)),
            "camera": pa.array(["front", "rear", "left", "right"]).take(pa.array(at % 4)),
            "speed": pa.array(rng.gamma(4, 14, size).astype(np.float32), mask=rng.random(size) < 0.04),
            "temperature": rng.normal(9, 8, size).astype(np.float32),
            "objects": rng.poisson(2.5, size).astype(np.int32),
            "recorded": pa.array(START + at * 17 * SECOND, schemas.TIME),
            "wipers": (self.scenes["weather"] == "rain").to_numpy()[scene] ^ (rng.random(size) < 0.05),
            "tunnel": pa.array(rng.random(size) < 0.02, mask=rng.random(size) < 0.1),
        }
        return pa.table(columns, schema=METADATA)

    def _samples(self, at: np.ndarray, scene: np.ndarray, ids: np.ndarray, uris: list[str], hexes: str) -> pa.Table:
        size = len(at)
        times = pa.array(START + at * 17 * SECOND, schemas.TIME)
        columns = {
            "sample_id": ids,
            "root": ["roads"] * size,
            "uri": uris,
            "status": ["ok"] * size,
            "content_hash": [hexes[i : i + 64] for i in range(0, 64 * size, 64)],
            "bytes": self.rng.integers(20_000, 400_000, size),
            "mtime": times,
            "width": self.scenes["width"].to_numpy()[scene],
            "height": self.scenes["height"].to_numpy()[scene],
            "format": ["JPEG"] * size,
            "captured_at": times,
            "aspect": self.scenes["aspect"].to_numpy()[scene],
            "phash": self.rng.integers(0, 2**63, size).astype(np.uint64),
            "source": ["planted"] * size,
            "origin": ["synthetic"] * size,
            "ingested_at": pa.array(np.full(size, START), schemas.TIME),
            **{m: self.scenes[m].to_numpy()[scene] + self.rng.normal(0, 0.01, size) for m in MEASURES},
        }
        return pa.table(
            [
                pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(size, f.type)
                for f in schemas.SAMPLES
            ],
            schema=schemas.SAMPLES,
        )

    def _labels(self, ids: np.ndarray, scene: np.ndarray) -> None:
        """The boxes of their scenes for every ninth sample: 200,000 of a million."""
        labelled = pl.DataFrame({"to": ids[::9], "sample_id": self.scenes["sample_id"].to_numpy()[scene[::9]]})
        rows = labelled.join(self.boxes, on="sample_id", how="inner", maintain_order="left")
        size = rows.height
        if size == 0:
            return
        columns = {
            "label_id": self.rng.permutation(np.arange(1, size + 1)),
            "sample_id": rows["to"].to_numpy(),
            "field": ["objects"] * size,
            "kind": ["detection"] * size,
            "value": rows["value"].to_list(),
            "box": rows["box"].to_arrow(),
            "score": self.rng.random(size).astype(np.float32),
            "source": ["planted"] * size,
            "source_kind": ["model"] * size,
            "run": ["planted"] * size,
            "created_at": pa.array(np.full(size, START), schemas.TIME),
        }
        self.folder.labels.append(
            pa.table(
                [
                    pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(size, f.type)
                    for f in schemas.LABELS
                ],
                schema=schemas.LABELS,
            )
        )

    def _events(self, ids: np.ndarray, scene: np.ndarray) -> None:
        night = (self.scenes["timeofday"] == "night").to_numpy()[scene]
        some = self.rng.random(self.n)
        tagged = {"reviewed": some < 0.05, "night": night & (some < 0.2), "rare": np.arange(self.n) % 3331 == 7}
        rows = [
            event_row("root", {"name": "roads", "location": "./media"}),
            event_row("ingest", {"source": "planted", "added": self.n}, count=self.n),
            event_row("embed", {"model": self.info.model, "name": self.info.name}, count=self.n),
            *(event_row("tag", {"tags": [tag]}, sample_ids=ids[mask]) for tag, mask in tagged.items() if mask.any()),
        ]
        self.folder.events.append(pa.concat_tables(rows))


def _small(jpeg: bytes | None, pixels: int) -> bytes:
    assert jpeg is not None
    with Image.open(io.BytesIO(jpeg)) as picture:
        if max(picture.size) <= pixels:
            return jpeg
        picture.thumbnail((pixels, pixels))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
        return out.getvalue()
