"""The demo dataset: rendered drives, ingested, labelled and embedded with the small CLIP that ships with Curate."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from curate.dataset import Dataset
from curate.dataset import open as open_dataset
from curate.engines.progress import Progress
from curate.errors import BadValue, DatasetExists
from curate.store.folder import Folder


def default_path() -> Path:
    """Where the demo goes without a path: one place for every notebook, so that it is built once.

    ``CURATE_HOME``, or ``curate`` in the user's cache folder.
    """
    home = os.environ.get("CURATE_HOME")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home or Path(cache, "curate")) / "roads.curate"


# What a dash camera writes beside its pictures; the ground truth of the boxes goes into labels.
_METADATA = ("uri", "timeofday", "weather", "place", "object", "drive", "frame", "planted")


def build_demo(path: str | Path | None = None, *, n: int = 2000, seed: int = 0) -> Dataset:
    """The demo dataset: road scenes with a known ground truth and a few planted defects.

    Built once; called again with the same path it opens what is there, and finishes what was interrupted.

    Args:
        path: of the dataset; by default `default_path`, where every notebook finds it.
        n: number of scenes.
        seed: same `n` and seed, same pictures.

    Raises:
        BadValue: `n` below 1, or a demo of another `n` or seed at `path`.
        DatasetExists: something else is at `path`.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise BadValue(f"'n' must be a whole number from 1 on. Got {n!r}", hint="curate.demo(n=2000)")
    target = default_path() if path is None else Path(path)
    ds = _opened(target, n, seed)
    table = target / "media" / "scenes.parquet"
    if not table.exists():
        _render(target / "media", table, n, seed)
    scenes = pl.read_parquet(table)
    ds.ingest(scenes.select(_METADATA), root=str(target.absolute() / "media"), origin="synthetic", column="uri")
    boxes = scenes.select("uri", "boxes").explode("boxes").unnest("boxes").drop_nulls("label")
    ds.add_labels(boxes, field="objects", source="renderer", source_kind="rule")
    ds.embed("demo")
    return ds


def _opened(target: Path, n: int, seed: int) -> Dataset:
    if not (target / "curate.json").exists():
        return Dataset(Folder.create(target, demo={"n": n, "seed": seed}))
    ds = open_dataset(target)
    made = ds.folder.about().get("demo")
    if made is None:
        raise DatasetExists(f"{target} is a dataset, and not the demo", hint="curate.demo('somewhere/else.curate')")
    if made != {"n": n, "seed": seed}:
        raise BadValue(
            f"The demo at {target} has n={made['n']} and seed={made['seed']}, not n={n} and seed={seed}",
            hint="give another path, or open it with curate.open",
        )
    return ds


def _render(media: Path, table: Path, n: int, seed: int) -> None:
    from curate.demo.media import write_media

    with Progress(n, "render", unit="scenes") as progress:
        done = 0

        def advance(now: int, _total: int) -> None:
            nonlocal done
            progress.add(now - done)
            done = now

        scenes = write_media(media, n=n, seed=seed, progress=advance)
    # last and in one move: while it is not there, an interrupted rendering starts again
    partial = table.with_suffix(".partial")
    scenes.write_parquet(partial)
    partial.replace(table)
