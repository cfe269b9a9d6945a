"""`Dataset.ingest` of a FiftyOne dataset or view: what it holds, read through a folder that FiftyOne writes, and stored.

The pictures go the way of every other source (`curate.intake`); this is what goes with them: tags, splits, slices and vectors.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from curate import errors
from curate.embedding import embed
from curate.encoders.encoder import EncoderInfo, slug
from curate.encoders.precomputed import PrecomputedVectors
from curate.encoders.resolve import resolve
from curate.encoders.weights import at_hand
from curate.exports.fiftyone_database import quiet
from curate.exports.fiftyone_note import SplitNote
from curate.slice import write_slice
from curate.sources.fiftyone import Collection, read_folder
from curate.split import Split
from curate.store.schemas import RESERVED

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.encoders.encoder import Floats

SAME = 2e-3
"""Of numbers of unit vectors: halves keep three digits."""

_HINT = (
    "take its pictures: to_frames(), select_group_slices(media_type='image'), or the dataset behind a view of patches"
)


@dataclass(frozen=True)
class Vectors:
    """Vectors of some samples: ids of FiftyOne, (n, d) float32, and the model for words, where there is one."""

    ids: list[str]
    rows: np.ndarray
    model: str | None


@dataclass
class Brought:
    """What comes with the pictures.

    Attributes:
        collection: the samples.
        views: name of a saved view to its note and the FiftyOne ids of its members, in order.
        vectors: by name.
    """

    collection: Collection
    views: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    vectors: dict[str, Vectors] = field(default_factory=dict)


def is_collection(source: Any) -> bool:
    """Whether an object is a dataset or view of FiftyOne; nothing is imported to find out."""
    return any(
        one.__module__ == "fiftyone.core.collections" and one.__name__ == "SampleCollection"
        for one in type(source).__mro__
    )


def read_collection(source: Any, *, root: str | None) -> Brought:
    """What a dataset or view of FiftyOne holds.

    Args:
        source: the dataset or view.
        root: the folder that URIs are relative to.

    Raises:
        BadSource: it holds no pictures, but videos, groups, scenes or patches of pictures.
    """
    import fiftyone as fo

    if source.media_type == "group":
        source = source.select_group_slices(media_type="image")
    if type(source) not in (fo.Dataset, fo.DatasetView) or source.media_type not in ("image", None):
        held = source.media_type if type(source) in (fo.Dataset, fo.DatasetView) else type(source).__name__
        raise errors.BadSource(f"FiftyOne gives {held} samples here, and no pictures", hint=_HINT)
    if not len(source):
        raise errors.BadSource("This dataset or view of FiftyOne is empty", hint="give one with samples")
    dataset = source if isinstance(source, fo.Dataset) else fo.load_dataset(source.dataset_name)
    lost: Counter[str] = Counter()
    vectors, fields = _vectors(source, dataset, lost)
    with quiet(), tempfile.TemporaryDirectory(prefix="curate-fiftyone-") as folder:
        (source.exclude_fields(fields) if fields else source).export(
            export_dir=folder,
            dataset_type=fo.types.FiftyOneDataset,
            export_media=False,
            export_saved_views=False,
            export_runs=False,
            export_workspaces=False,
            overwrite=True,
            progress=False,
        )
        collection = read_folder(Path(folder), name=dataset.name, root=root)
    collection.lost |= lost
    brought = Brought(collection, vectors=vectors)
    for name in dataset.list_saved_views():
        view = dataset.load_saved_view(name)
        if type(view) is not fo.DatasetView:
            collection.lost[f"saved view {name!r}, whose samples are parts of pictures"] += 1
            continue
        described = dataset.get_saved_view_info(name).get("description") or ""
        brought.views[name] = (described, [str(one) for one in view.values("id")])
    for kind, runs in (("evaluation", dataset.list_evaluations()), ("annotation run", dataset.list_annotation_runs())):
        collection.lost.update(f"{kind} {name!r}" for name in runs)
    return brought


def _vectors(source: Any, dataset: Any, lost: Counter[str]) -> tuple[dict[str, Vectors], list[str]]:
    """Vectors by name, and the fields that hold them: of similarity runs of whole pictures, and of fields without a run."""
    import fiftyone as fo

    fields = [name for name, kind in source.get_field_schema().items() if isinstance(kind, fo.VectorField)]
    found: dict[str, Vectors] = {}
    used: set[str] = set()
    for key in dataset.list_brain_runs():
        config = dataset.get_brain_info(key).config
        if (
            config.type != "similarity"
            or config.patches_field is not None
            or getattr(config, "roi_field", None) is not None
        ):
            lost[f"brain run {key!r} ({config.type})"] += 1
            continue
        model = _model(config)
        if config.embeddings_field is not None:
            used.add(config.embeddings_field)
            vectors = _of_field(source, config.embeddings_field, model)
        else:
            vectors = _of_index(source, dataset, key, model)
        if vectors is None:
            lost[f"brain run {key!r}, whose vectors cannot be read"] += 1
        else:
            found[key] = vectors
    for name in fields:
        if name not in used:
            if (vectors := _of_field(source, name, None)) is None:
                lost[f"field {name!r} (VectorField)"] += 1
            else:
                found[name] = vectors
    return found, fields


def _of_field(source: Any, name: str, model: str | None) -> Vectors | None:
    ids, values = source.values(["id", name])
    there = [at for at, value in enumerate(values) if value is not None]
    return _stacked([ids[at] for at in there], [values[at] for at in there], model)


def _of_index(source: Any, dataset: Any, key: str, model: str | None) -> Vectors | None:
    try:
        # not from the cache: a search has taken the mean off the vectors that are there
        rows, ids, _ = dataset.load_brain_results(key, cache=False, load_view=False).get_embeddings()
    except Exception:  # an index elsewhere, whose service is not here
        return None
    among = set(source.values("id"))
    there = [at for at, one in enumerate(ids) if str(one) in among]
    return _stacked([str(ids[at]) for at in there], [rows[at] for at in there], model)


def _stacked(ids: list[str], rows: list[Any], model: str | None) -> Vectors | None:
    try:
        stacked = np.asarray(rows, np.float32)
    except (TypeError, ValueError):  # of different lengths
        return None
    return Vectors(ids, stacked, model) if stacked.ndim == 2 and stacked.size else None


def _model(config: Any) -> str | None:
    """The OpenCLIP model that encodes words for a run; None where there is none."""
    given = config.model_kwargs or {}
    if config.model == "open-clip-torch":
        name, tag = given.get("clip_model", "ViT-B-32"), given.get("pretrained", "openai")
        return str(name) if ":" in name else f"{name}/{tag}"
    return "ViT-B-32-quickgelu/openai" if config.model == "clip-vit-base32-torch" else None


def bring(dataset: Dataset, brought: Brought, ids: dict[str, int]) -> list[str]:
    """Store tags, splits, slices and vectors.

    Args:
        dataset: that the samples are in.
        brought: what comes with them.
        ids: URI of the listing to sample id.

    Returns:
        Notes: what came, and what cannot be held.
    """
    collection = brought.collection
    notes: list[str] = []
    numbers = {
        document["_id"]["$oid"]: ids[uri] for uri, document in zip(collection.uris, collection.documents, strict=True)
    }
    tags = {tag: np.unique([ids[uri] for uri in uris]) for tag, uris in collection.tags().items()}
    for name, split in collection.note.splits.items():
        if _split(dataset, name, split, tags, notes):
            for tag in split.tags.values():
                tags.pop(tag, None)
    query = f"ingest({collection.listing.source!r})"
    tagged = [tag for tag, members in tags.items() if dataset.write_tags("tag", [tag], members, query=query)[1]]
    if tagged:
        notes.append(f"tags: {', '.join(tagged)}")
    sliced = []
    for name, (said, members) in brought.views.items():
        if _slice(dataset, name, said, [numbers[one] for one in members if one in numbers], notes):
            sliced.append(name)
    if sliced:
        notes.append(f"slices, with the samples that saved views have now: {', '.join(sliced)}")
    for name, vectors in brought.vectors.items():
        notes += _embed(dataset, name, vectors, numbers, collection.note.encoders.get(name))
    return notes


def _split(dataset: Dataset, name: str, said: SplitNote, tags: dict[str, np.ndarray], notes: list[str]) -> bool:
    """Write a split that Curate had. Returns whether it is here, so that its tags are of no more use."""
    members = {part: tags[tag] for part, tag in said.tags.items() if tag in tags}
    ids = np.concatenate([np.empty(0, np.int64), *members.values()])
    if len(np.unique(ids)) < len(ids):
        notes.append(f"split {name!r} stays tags: a sample is in two of its parts")
        return False
    if name in dataset.session.splits:
        if _agrees(dataset, name, members):
            return True
        notes.append(f"split {name!r} stays tags: there is another split of that name")
        return False
    payload = _payload(dataset, name, said)
    if payload is None or not len(ids):
        return False
    codes = {part: code for code, part in enumerate(payload["parts"])}
    parts = np.concatenate([np.full(len(of_part), codes[part], np.int16) for part, of_part in members.items()])
    event = dataset.write_event("split", payload, sample_ids=ids, codes=parts)
    try:
        Split(dataset, name)
    except (KeyError, ValueError, TypeError):  # of another version
        dataset.undo(event)
        return False
    notes.append(f"split {name!r} with the parts that were tagged")
    return True


def _agrees(dataset: Dataset, name: str, members: dict[str, np.ndarray]) -> bool:
    """Whether the split of that name has the samples of each part in it."""
    ids, codes, payload = dataset.session.split_members(name)
    part_of = dict(zip(ids.tolist(), (payload["parts"][code] if code >= 0 else None for code in codes), strict=True))
    return all(part_of.get(number) == part for part, of_part in members.items() for number in of_part.tolist())


def _payload(dataset: Dataset, name: str, said: SplitNote) -> dict[str, Any] | None:
    """What the event of a split says; None where it may not be a split here."""
    try:
        payload: dict[str, Any] = json.loads(said.payload)
        fits = payload["name"] == name and set(said.tags) <= set(payload["parts"])
        texts = all(isinstance(part, str) for part in payload["parts"])
    except (ValueError, KeyError, TypeError):
        return None
    taken = {column.lower() for column in (*dataset.columns, *RESERVED)}
    return payload if fits and texts and name.lower() not in taken else None


def _slice(dataset: Dataset, name: str, said: str, members: list[int], notes: list[str]) -> bool:
    if not members:
        return False
    if name in dataset.session.slices:
        held, _ = dataset.session.event_members(dataset.session.slices[name]["row"])
        if held.tolist() != members:
            notes.append(f"saved view {name!r} has other samples than the slice of that name, which stays")
        return False
    write_slice(dataset.select(members), name, np.array(members, np.int64), note=said)
    return True


def _embed(dataset: Dataset, name: str, vectors: Vectors, numbers: dict[str, int], known: str | None) -> list[str]:
    """Store the vectors under their name, or that of the encoder which is known to have made them."""
    rows = {numbers[one]: row for one, row in zip(vectors.ids, vectors.rows, strict=True) if one in numbers}
    if not rows:
        return []
    notes = []
    text = resolve(vectors.model) if known is None and vectors.model is not None and at_hand(vectors.model) else None
    encoder = _Given(list(rows), np.stack(list(rows.values())), name=slug(name), text=text)
    if known is not None:
        with contextlib.suppress(errors.BadValue):
            encoder.described = EncoderInfo.from_json(known)
    elif text is None:
        if vectors.model is not None:
            notes.append(f"{name!r} is searched by pictures only: the weights of {vectors.model!r} are not here")
        encoder.described = _grown(dataset, encoder)
    embedded = embed(dataset, encoder, name=None, text=None, batch_size=None, device=None, precision="auto")
    dataset.vectors_.forget(embedded.encoder)
    if embedded.added:
        notes.append(f"vectors of {embedded.added:,} samples, as the encoder {embedded.encoder!r}")
    return notes


def _grown(dataset: Dataset, encoder: _Given) -> EncoderInfo | None:
    """The description of the vectors of that name that are here, where these are the same and only more; None where not."""
    if encoder.name not in dataset.vectors_.names():
        return None
    here = dataset.vectors_.info(encoder.name)
    index = dataset.vectors_.index(encoder.name)
    at = dataset.session.positions_of(encoder.keys)
    both = np.flatnonzero(index.present[at]) if here.dimension == encoder.dimension else np.empty(0, np.int64)
    given = np.stack([encoder.vector(int(encoder.keys[row]), "") for row in both]) if len(both) else np.empty((0, 0))
    same = len(both) and (np.abs(given - index.reconstruct(at[both])) < SAME).all()
    return here if same and here.model == f"given:{encoder.name}" else None


class _Given(PrecomputedVectors):
    """Vectors that say which encoder had made them, where that is known."""

    described: EncoderInfo | None = None

    @property
    def keys(self) -> np.ndarray:
        """(n,) int64 sample ids."""
        return np.array(list(self._rows), np.int64)

    @property
    def info(self) -> EncoderInfo:
        described = self.described
        return described if described is not None and described.dimension == self.dimension else super().info

    def lookup(self, items: Any) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Floats, list[tuple[int, str]]]:
        """Only of samples that have one: the others were never meant."""
        return super().lookup((number, uri) for number, uri in items if number in self._rows)
