"""`View.to_fiftyone`: a view as a dataset of FiftyOne, which reads what `exports/fiftyone.py` writes for it."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from curate import errors
from curate.encoders.weights import LOCAL
from curate.exports.fiftyone import noted, write_folder
from curate.exports.fiftyone_database import fiftyone, quiet
from curate.exports.fiftyone_documents import documents, free_name, object_id
from curate.exports.fiftyone_labels import LABEL_TYPES
from curate.exports.fiftyone_note import Note, SplitNote, part_tags
from curate.exports.labels import flat_labels
from curate.media.location import is_local
from curate.slice import Slice

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.encoders.encoder import EncoderInfo
    from curate.reading import Reading

MOST_IN_A_VIEW = 300_000
"""Samples of a slice that becomes a saved view: it lists them in one document, and MongoDB takes none beyond 16 MB."""

_LEFT_BEHIND = frozenset(
    {
        "root",
        "content_hash",
        "mtime",
        "ingested_at",
        "phash",
        "source",
        "origin",
        "aspect",
        "brightness_p5",
        "brightness_p99",
    }
    | {"clipped_dark", "clipped_bright", "video_frame"}
)
"""What the file or another ingest says again."""


@dataclass(frozen=True)
class Sent:
    """What `View.to_fiftyone` made.

    Attributes:
        dataset: the `fiftyone.Dataset`.
        samples: how many it has.
        labels: label field of FiftyOne to the number of its labels.
        saved_views: those that slices became.
        brain_runs: the similarity runs that vectors became; those in `prompts` are searched by words, too.
        prompts: see there.
        lost: what FiftyOne cannot hold, to how many.
        session: of the app, where it was launched.
    """

    dataset: Any
    samples: int
    labels: dict[str, int]
    saved_views: tuple[str, ...]
    brain_runs: tuple[str, ...]
    prompts: tuple[str, ...]
    lost: dict[str, int]
    session: Any = None

    def __str__(self) -> str:
        held = [f"{self.samples:,} samples"]
        held += [f"{sum(self.labels.values()):,} labels in {', '.join(self.labels)}"] if self.labels else []
        held += [f"saved views {', '.join(self.saved_views)}"] if self.saved_views else []
        held += [f"similarity {', '.join(self.brain_runs)}"] if self.brain_runs else []
        lines = [f"fiftyone.load_dataset({self.dataset.name!r}): {'; '.join(held)}"]
        if wordless := [name for name in self.brain_runs if name not in self.prompts]:
            lines.append(f"  by pictures only, since FiftyOne has no model for their words: {', '.join(wordless)}")
        return "\n".join([*lines, *(f"  not in it: {count:,} {what}" for what, count in self.lost.items())])

    __repr__ = __str__


def to_fiftyone(view: Reading, name: str | None, *, launch: bool) -> Sent:
    """`View.to_fiftyone`."""
    if not view.count():  # before seconds are spent on the import
        raise errors.BadValue(
            "This view is empty, and FiftyOne has nothing to hold", hint=f"it is {view.query.to_python()}"
        )
    fo = fiftyone()
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise errors.BadValue(f"A dataset of FiftyOne needs a name. Got {name!r}", hint="to_fiftyone('roads')")
    if name is not None and fo.dataset_exists(name):
        raise errors.DatasetExists(
            f"FiftyOne has a dataset {name!r} already", hint=f"another name, or fiftyone.delete_dataset({name!r})"
        )
    dataset = view.dataset
    ids = view.ids()
    encoders = [dataset.vectors_.info(each) for each in dataset.vectors_.names()]
    samples, labels, note, lost = _contents(view, encoders)
    made = documents(samples, labels.rows)
    note = noted(made, note, _source_kinds(dataset))
    with quiet(), tempfile.TemporaryDirectory(prefix="curate-fiftyone-") as folder:
        write_folder(Path(folder), made, name=name or dataset.name, note=note)
        called = name or fo.core.dataset.make_unique_dataset_name(dataset.name)
        copy = fo.Dataset.from_dir(
            dataset_dir=folder, dataset_type=fo.types.FiftyOneDataset, name=called, progress=False
        )
    try:
        lost += made.lost + Counter({f"labels ({reason})": count for reason, count in labels.left_out.items()})
        copy.add_dynamic_sample_fields()
        views = _saved_views(dataset, copy, ids, lost)
        prompts = {brain_key(info.name): _similarity(view, copy, info, ids) for info in encoders}
        # last: a dataset that is not whole goes when the session ends, as one without a name does
        copy.persistent = name is not None
    except BaseException:
        copy.delete()
        raise
    if not dataset.folder.read_only:
        payload = {"path": f"fiftyone:{called}", "format": "fiftyone", "query": view.query.to_python()}
        dataset.write_event("export", payload, count=len(ids))
    paths = {held.name: f"{held.name}.{LABEL_TYPES[held.type][0]}".rstrip(".") for held in made.label_fields}
    held = tuple(key for key, spoken in prompts.items() if spoken is not None)
    return Sent(
        dataset=copy,
        samples=len(ids),
        labels={field: copy.count(path) for field, path in paths.items()},
        saved_views=tuple(views),
        brain_runs=held,
        prompts=tuple(key for key in held if prompts[key]),
        lost=dict(lost),
        session=fo.launch_app(copy) if launch else None,
    )


def _contents(view: Reading, encoders: list[EncoderInfo]) -> tuple[pl.DataFrame, Any, Note, Counter[str]]:
    """Samples as `documents` takes them, their labels, and what is noted of both."""
    dataset = view.dataset
    rows = view.df()
    lost: Counter[str] = Counter()
    locations = dataset.locations(view.rows().positions)
    splits = {name: list(split["parts"]) for name, split in dataset.session.splits.items() if name in rows.columns}
    splits = {name: parts for name, parts in splits.items() if rows[name].null_count() < rows.height}
    carried = rows["tags"].explode().drop_nulls().unique().to_list()
    tags = part_tags(splits, carried)
    said = [
        pl.concat_list(pl.col(name).replace_strict(tags[name], default=None, return_dtype=pl.String)).list.drop_nulls()
        for name in splits
    ]
    fine = (rows["status"] == "ok").all()
    origins = rows["origin"].unique().to_list()
    if len(origins) > 1:
        lost["samples whose origin differs from others'"] = rows.height
    if elsewhere := sum(not is_local(location) for location in locations):
        lost["pictures behind a URL, which FiftyOne does not show"] = elsewhere
    rows = rows.with_columns(
        pl.Series("file_name", locations, dtype=pl.String),
        pl.concat_list("tags", *said).alias("tags") if said else pl.col("tags"),
    )
    gone = {*_LEFT_BEHIND, "uri", *dataset.session.splits, *(("status", "error") if fine else ())}
    rows = rows.select(pl.exclude([name for name in rows.columns if name in gone]))
    note = Note(
        splits={
            name: SplitNote(tags[name], json.dumps(_payload(dataset.session.splits[name]), ensure_ascii=False))
            for name in splits
        },
        encoders={brain_key(info.name): info.to_json() for info in encoders},
        origin=origins[0] or "" if len(origins) == 1 else "",
    )
    labels = dataset.session.read("SELECT * FROM labels")
    return rows, flat_labels(labels, rows["sample_id"], None), note, lost


def _payload(split: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in split.items()
        if key not in ("row", "event_id", "actor", "time", "notebook", "count")
    }


def _source_kinds(dataset: Dataset) -> dict[tuple[str, str | None], str]:
    rows = dataset.session.read("SELECT DISTINCT field, source, source_kind FROM labels")
    return {(field, source): kind or "" for field, source, kind in rows.iter_rows()}


def _saved_views(dataset: Dataset, copy: Any, ids: np.ndarray, lost: Counter[str]) -> list[str]:
    """A saved view for each slice that has members among the samples."""
    made = []
    for name in dataset.session.slices:
        try:
            saved = Slice(dataset, name)
            members = saved.member_ids()
        except (errors.CurateError, msgspec.ValidationError):  # a newer Curate may have written it
            lost[f"slice {name!r}, which cannot be read"] += 1
            continue
        members = members[np.isin(members, ids)]
        if not len(members):
            continue
        if len(members) > MOST_IN_A_VIEW:
            lost[f"slice {name!r}, whose samples are more than the {MOST_IN_A_VIEW:,} that a saved view can list"] += 1
            continue
        chosen = copy.select([object_id(int(number)) for number in members], ordered=True)
        copy.save_view(name, chosen, description=saved.note or None)
        lost["queries of slices; their members are saved views"] += 1
        made.append(name)
    return made


def _similarity(view: Reading, copy: Any, info: EncoderInfo, ids: np.ndarray) -> bool | None:
    """A brain run with the vectors of an encoder. Returns whether it is searched by words; None where no sample has a vector."""
    import fiftyone.brain as fob
    import fiftyone.core.brain as focb

    vectors = view.vectors(info.name)
    there = ~np.isnan(vectors).any(axis=1)
    if not there.any():
        return None
    key = brain_key(info.name)
    numbers = [object_id(int(number)) for number in ids[there]]
    field = free_name(f"{key}_vectors", copy.get_field_schema())
    index = fob.compute_similarity(
        copy.select(numbers, ordered=True),
        embeddings=np.ascontiguousarray(vectors[there], np.float32),
        embeddings_field=field,
        brain_key=key,
        backend="sklearn",
        progress=False,
    )
    zoo = zoo_model(info)
    if zoo is not None:
        # said afterwards: said at once, FiftyOne would load the model now
        index.config.model, index.config.model_kwargs = zoo
        index.config.supports_prompts = True
        focb.BrainMethod.update_run_config(copy, key, index.config)
        copy.clear_cache()
    return zoo is not None


def brain_key(encoder: str) -> str:
    """The brain key of an encoder's vectors: FiftyOne takes names of variables.

    >>> brain_key("ViT-B-32--laion2b_s34b_b79k")
    'ViT_B_32__laion2b_s34b_b79k'
    """
    key = re.sub(r"[^0-9A-Za-z_]", "_", encoder)
    return key if key.isidentifier() and not key.startswith("_") else f"encoder_{key}"


def zoo_model(info: EncoderInfo) -> tuple[str, dict[str, str]] | None:
    """The model of FiftyOne's zoo that makes the same vectors of words, and its arguments; None where there is none.

    Source: fiftyone/utils/open_clip.py: it hands both to `open_clip.create_model_and_transforms`.
    """
    if not info.has_text or info.model.startswith(("given:", "function:")):
        return None
    if info.model.startswith(LOCAL):
        return "open-clip-torch", {"clip_model": info.model, "pretrained": ""}
    if info.model == "demo":
        from curate.encoders.weights import DEMO_MODEL

        return "open-clip-torch", {"clip_model": f"{LOCAL}{DEMO_MODEL}", "pretrained": ""}
    import open_clip

    architecture, _, tag = info.model.replace("/", "-", info.model.count("/") - 1).rpartition("/")
    if (open_clip.get_pretrained_cfg(architecture, tag) or {}).get("quick_gelu"):
        # those weights give other vectors without it, and OpenCLIP only warns
        quick = f"{architecture}-quickgelu"
        architecture = quick if quick in open_clip.list_models() else architecture
    return ("open-clip-torch", {"clip_model": architecture, "pretrained": tag}) if tag else None
