"""Altered copies of the user's own pictures, and what the three votes say of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curate import errors
from curate.analysis import alignment
from curate.analysis.threshold import Votes
from curate.encoders.embed import embed_stream
from curate.encoders.precomputed import PrecomputedVectors
from curate.engines.machine import available_cores
from curate.engines.progress import Progress
from curate.media import alterations
from curate.media.decode import decode, decode_planes
from curate.media.probe import probe

if TYPE_CHECKING:
    from PIL import Image

    from curate.dataset import Dataset
    from curate.media.record import Record

ALTERED = 100
"""Pictures that are altered, in each way."""

_SIDE = 640
"""Shorter side in pixels at which a picture is altered: an encoder looks at less, and 12 megapixels seven times take seconds."""

_THUMBNAIL = 96
"""Longest side in pixels at which a thumbnail is laid onto another."""


class Altered(NamedTuple):
    """Copies and what the votes say of them.

    Attributes:
        votes: of each copy with its original.
        kinds: of each.
        pictures: that were altered.
        vectors: whether the copies could be embedded.
    """

    votes: Votes
    kinds: list[str]
    pictures: int
    vectors: bool


def altered(
    dataset: Dataset, positions: np.ndarray, hashes: np.ndarray, *, encoder: str | None, flips: bool
) -> Altered:
    """Alter pictures, and compare each copy with its original as the dataset has it.

    A picture whose file cannot be read any more is altered from its thumbnail, and left out where there is none.

    Args:
        dataset: with the pictures.
        positions: (m,) int64 of readable samples.
        hashes: (m,) uint64, their perceptual hashes.
        encoder: whose vectors vote; None for none.
        flips: whether mirrored pictures are copies.
    """
    kinds = (*alterations.KINDS, alterations.MIRROR) if flips else alterations.KINDS
    thumbnails = dataset.thumbnails(positions)
    locations = dataset.locations(positions)
    work = list(zip(positions.tolist(), locations, thumbnails, strict=True))
    made: list[tuple[int, list[bytes], list[Record]]] = []
    with Progress(len(work), "alter pictures") as bar, ThreadPoolExecutor(available_cores()) as pool:
        for number, copies in enumerate(pool.map(lambda item: _copies(item, kinds), work)):
            if copies:
                made.append((number, copies, [probe(copy) for copy in copies]))
            bar.add(1)
    rows = np.repeat(np.array([number for number, _, _ in made], np.int64), len(kinds))
    records = [record for _, _, these in made for record in these]
    copied = np.array([record.phash or 0 for record in records], np.uint64)
    jpegs = [copy for _, copies, _ in made for copy in copies]
    cosine = _cosines(dataset, positions[rows], jpegs, encoder)
    votes = Votes(
        cosine=np.full(len(rows), np.nan, np.float32) if cosine is None else cosine,
        bits=bits_between(hashes[rows], copied, flips=flips),
        fit=fits([thumbnails[row] for row in rows.tolist()], [record.thumbnail for record in records], flips=flips),
    )
    return Altered(votes, list(kinds) * len(made), len(made), cosine is not None)


def bits_between(first: np.ndarray, second: np.ndarray, *, flips: bool) -> np.ndarray:
    """(m,) float32: in how many bits (m,) uint64 hashes differ; with `flips` from the mirrored picture, where that is less."""
    bits = np.bitwise_count(first ^ second).astype(np.float32)
    if flips:
        bits = np.minimum(bits, np.bitwise_count(first ^ alterations.mirrored_hash(second)).astype(np.float32))
    found: np.ndarray = bits
    return found


def fits(first: Sequence[bytes | None], second: Sequence[bytes | None], *, flips: bool) -> np.ndarray:
    """(m,) float32: how well JPEGs fit onto each other, row by row; nan where there is none. See `curate.analysis.alignment`."""
    found = np.full(len(first), np.nan, np.float32)
    there = [row for row, pair in enumerate(zip(first, second, strict=True)) if None not in pair]
    if not there:
        return found
    # the same picture comes in many pairs
    numbers: dict[bytes, int] = {}
    left = np.array([numbers.setdefault(first[row] or b"", len(numbers)) for row in there])
    right = np.array([numbers.setdefault(second[row] or b"", len(numbers)) for row in there])
    pictures = alignment.squares([decode_planes(jpeg, longest=_THUMBNAIL)[0].luma for jpeg in numbers])
    found[there] = alignment.agreement(pictures, left, right)
    if flips:
        both = pictures.with_mirrored()
        found[there] = np.maximum(found[there], alignment.agreement(both, left, right + len(numbers)))
    return found


def _copies(item: tuple[int, str, bytes | None], kinds: Sequence[str]) -> list[bytes]:
    from curate.media.location import read

    position, location, thumbnail = item
    try:
        pixels = decode(read(location), min_side=_SIDE)
    except (OSError, ValueError):  # moved, or not to be reached: then as the dataset has it
        if thumbnail is None:
            return []
        pixels = decode(thumbnail)
    if min(pixels.shape[:2]) < 2:
        return []
    return [alterations.alter(pixels, kind, seed=position) for kind in kinds]


def _cosines(dataset: Dataset, positions: np.ndarray, jpegs: Sequence[bytes], encoder: str | None) -> np.ndarray | None:
    """(m,) float32 cosines of copies with the vectors of their originals; None where nothing can embed a picture."""
    if encoder is None:
        return None
    try:
        model = dataset.vectors_.encoder(encoder)
    except (errors.WeightsNotFound, errors.BadValue, errors.UnknownName):
        return None
    if isinstance(model, PrecomputedVectors):
        return None
    index = dataset.vectors_.index(encoder)

    def load(number: str) -> Image.Image:
        from PIL import Image

        return Image.fromarray(decode(jpegs[int(number)], min_side=2 * model.image_size))

    cosines = np.full(len(jpegs), np.nan, np.float32)
    items = ((number, str(number)) for number in range(len(jpegs)))
    with Progress(len(jpegs), "embed the altered copies") as bar:
        for ids, vectors, failures in embed_stream(model, items, load=load):
            originals = index.reconstruct(positions[ids]).astype(np.float32)
            lengths = np.linalg.norm(originals, axis=1) * np.linalg.norm(vectors.astype(np.float32), axis=1)
            cosines[ids] = (originals * vectors.astype(np.float32)).sum(axis=1) / np.maximum(lengths, 1e-12)
            bar.add(len(ids) + len(failures))
    cosines[~index.present[positions]] = np.nan
    return cosines
