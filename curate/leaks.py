"""`find_leaks`: what lies near what across the parts of a split, whoever made it.

A split of files, which no dataset holds yet, is read into a dataset for temporary files first: one way to look, for all of them.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
import polars as pl

from curate import errors
from curate.media import location as locations
from curate.proximity import Proximity
from curate.reading import Reading
from curate.sources import coco, list_source
from curate.split import Split, pictures_of
from curate.splits import page, report
from curate.splits.certificate import Certificate, certify
from curate.splits.nearness import BY, Nearness

if TYPE_CHECKING:
    from curate.dataset import Dataset

MOST_PARTS = 20
"""A column with more values than this does not say the parts of a split."""

SHOWN = 10

_ORDER = ("train", "training", "val", "valid", "validation", "dev", "test", "testing")
_PART = re.compile(r"(train|val|valid|test|dev|eval)", re.IGNORECASE)
_HINT = (
    "find_leaks(split), find_leaks(ds, column='split'), find_leaks({'train': view, 'val': view}), "
    "find_leaks({'train': 'train.json', 'val': 'val.json'}), or a folder that has train/ and val/"
)


@dataclass(frozen=True, eq=False, repr=False)
class Leaks:
    """What lies near what across the parts of a split.

    Attributes:
        pairs: that may not be on two sides, the most alike first: left, right (sample ids), left_part, right_part, similarity,
            by ("content", "vector", "hash": what was compared), left_uri, right_uri. Of equal pictures one stands for all.
        shared: samples that are in several parts themselves.
        unread: pictures that could not be read, of which nothing is known.
        certificate: sizes of the parts, `nearness`, and small pictures of the closest pairs.
    """

    pairs: pl.DataFrame
    shared: int
    unread: int
    certificate: Certificate
    _uris: dict[int, str]

    @property
    def ok(self) -> bool:
        """Whether nothing that was looked for was found. What was not looked at, `nearness.notes` says."""
        return self.nearness.across == 0 and self.shared == 0

    @property
    def nearness(self) -> Nearness:
        """Thresholds, shares with a neighbour, and the closest pairs, as a split's certificate has them."""
        assert self.certificate.nearness is not None
        return self.certificate.nearness

    @property
    def shares(self) -> pl.DataFrame:
        """How many samples of each part have a neighbour in the part that is trained on: part, threshold, samples, near, share."""
        rows = [(s.part, s.threshold, s.samples, s.near, s.share) for s in self.nearness.shares]
        names = ("part", "threshold", "samples", "near", "share")
        kinds = (pl.String, pl.Float64, pl.Int64, pl.Int64, pl.Float64)
        return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")

    def __len__(self) -> int:
        return self.pairs.height

    def __repr__(self) -> str:
        return f"<Leaks {self._title()}>"

    def __str__(self) -> str:
        lines = [self._title(), "", *report.aligned(self._sizes())]
        if shares := report.neighbours(self.certificate):
            lines += ["", report.neighbours_title(self.certificate), *report.aligned(shares)]
        if self.certificate.closest:
            lines += ["", "closest pairs across parts"]
        for pair in self.certificate.closest:
            sides = ((pair.left_part, pair.left), (pair.right_part, pair.right))
            shown = "  ".join(report.clean(f"{part}: {self._uris.get(sample, sample)}") for part, sample in sides)
            lines.append(f"{pair.similarity:.4f}  {pair.by:7}  {shown}")
        return "\n".join([*lines, *(f"warning: {report.clean(warning)}" for warning in self.certificate.warnings)])

    def _repr_html_(self) -> str:
        mark, colour = ("✓", "#2e8b57") if self.ok else ("✗", "#d1495b")
        return (
            '<div class="curate-leaks" style="max-width:980px;color:inherit;font-size:13px;line-height:1.45">'
            '<p style="font-size:15px;margin:4px 0">'
            f'<span style="color:{colour};font-weight:bold" aria-hidden="true">{mark}</span> '
            f"<b>{escape(self._title())}</b></p>{page.table(self._sizes())}"
            f"{page.near(self.certificate, self._uris)}{page.warnings(self.certificate)}</div>"
        )

    def _sizes(self) -> report.Rows:
        return [["part", "samples"], *([part.name, f"{part.got:,}"] for part in self.certificate.parts)]

    def _title(self) -> str:
        near = self.nearness
        looked = [f"cosine of {near.threshold:g} or more"] if near.threshold is not None else []
        looked += [f"hashes within {near.bits} bits"] if near.bits is not None else []
        by = ", ".join([*looked, "equal content"])
        if self.ok:
            return f"No leaks found ({by})"
        found = [f"{self.shared:,} samples are in several parts"] if self.shared else []
        found += [f"{near.across:,} near pairs lie across parts ({by})"] if near.across else []
        return f"Leaks: {'; '.join(found)}"


def find_leaks(
    split: Any,
    *,
    column: str | None = None,
    root: str | Path | Mapping[str, str | Path] | None = None,
    encoder: Any = None,
    leak: float | Literal["auto"] | None = "auto",
    seed: int = 0,
) -> Leaks:
    """Look for what lies near what across the parts of a split, wherever it was made.

    Args:
        split: a `Split`; a dataset or a view, with `column`; part to view; part to COCO file, folder or list of files; or a folder
            that has train/ and val/. Files are read into a temporary dataset, which takes some 20 KB a picture for a while.
        column: of the dataset, the one that says the part; a sample without a value is in none.
        root: of COCO files, the folder that holds their pictures, or part to that folder.
        encoder: what embeds files, as for `Dataset.embed`. Without it files are compared by content and by hash, which knows
            altered copies and not neighbouring frames. A dataset's samples are compared by the vectors that they have.
        leak: as for `View.split`. ``"auto"`` takes the threshold of a Split that has one, and else calibrates it.
        seed: draws the pictures on which it is calibrated.

    Raises:
        BadValue: something that is no split, or has one part only.
        UnknownName: a column that is not there.
        SourceNotFound: a file or folder that is not there.

    >>> import curate
    >>> made = ds.split({"train": 0.8, "test": 0.2}, group_by="drive")
    >>> curate.find_leaks(made).ok, curate.find_leaks(ds, column="v1").nearness.reference
    (True, 'train')
    """
    if column is not None and not _is_reading(split):
        raise errors.BadValue("'column' is for a dataset or a view", hint="leave it out")
    files = isinstance(split, str | os.PathLike) or (isinstance(split, Mapping) and not _any_reading(split))
    if not files and (root is not None or encoder is not None):
        name = "root" if root is not None else "encoder"
        raise errors.BadValue(f"{name!r} is for files, and these samples are in a dataset", hint="leave it out")
    if files:
        return _of_files(_folders(split) if not isinstance(split, Mapping) else split, root, encoder, leak, seed)
    if isinstance(split, Split):
        ids, codes = split.assigned()
        return _judged(split.dataset, ids, codes, split.parts, leak=leak, seed=seed, known=_threshold(split))
    if isinstance(split, Mapping):
        return _of_views(split, leak, seed)
    if not _is_reading(split):
        raise errors.BadValue(f"A split is not a {type(split).__name__}", hint=_HINT)
    return _of_column(split, column, leak, seed)


def _of_column(view: Reading, column: str | None, leak: float | str | None, seed: int) -> Leaks:
    dataset = view.dataset
    made = list(dataset.session.splits)
    if column is None:
        raise errors.BadValue(
            "A column has to say in which part each sample is",
            hint=f"find_leaks(ds, column={(made or ['split'])[0]!r})",
        )
    if column not in dataset.columns:
        raise errors.UnknownName("column", str(column), dataset.columns)
    frame = view.df(["sample_id", column])
    try:
        values = frame[column].cast(pl.String)
    except pl.exceptions.PolarsError:
        raise errors.BadValue(f"Column {column!r} holds {frame[column].dtype}, which names no parts") from None
    names = values.drop_nulls().unique().to_list()
    if len(names) > MOST_PARTS:
        raise errors.BadValue(
            f"Column {column!r} has {len(names):,} values, and a split has at most {MOST_PARTS} parts",
            hint="give the column that says train, val or test",
        )
    order = list(dataset.session.splits[column]["parts"]) if column in made else list(_ORDER)
    names.sort(key=lambda name: (order.index(name.lower()) if name.lower() in order else len(order), name))
    numbers = {name: number for number, name in enumerate(names)}
    codes = np.array([numbers.get(value, -1) for value in values.to_list()], np.int64)
    return _judged(dataset, frame["sample_id"].to_numpy(), codes, tuple(names), leak=leak, seed=seed)


def _of_views(split: Mapping[Any, Any], leak: float | str | None, seed: int) -> Leaks:
    parts = {str(name): view for name, view in split.items()}
    for name, view in parts.items():
        if not _is_reading(view):
            raise errors.BadValue(f"Part {name!r} is no view, and others are. Got {type(view).__name__}", hint=_HINT)
    dataset = next(iter(parts.values())).dataset
    if any(view.dataset.folder.location != dataset.folder.location for view in parts.values()):
        raise errors.BadValue("The parts are views of different datasets", hint="ingest all of them into one dataset")
    members = [view.ids() for view in parts.values()]
    codes = np.repeat(np.arange(len(members)), [len(ids) for ids in members])
    return _judged(dataset, np.concatenate(members), codes, tuple(parts), leak=leak, seed=seed)


def _of_files(
    split: Mapping[Any, Any],
    root: str | Path | Mapping[str, str | Path] | None,
    encoder: Any,
    leak: float | str | None,
    seed: int,
) -> Leaks:
    """The same in a dataset for temporary files."""
    import curate

    if isinstance(leak, float | int) and not isinstance(leak, bool) and encoder is None:
        raise errors.BadValue(
            f"leak={leak!r} is a cosine, and files have no vectors",
            hint="give encoder=, or leak='auto' compares hashes",
        )
    parts = {str(name): _listed(str(name), source, _root_of(root, str(name))) for name, source in split.items()}
    _check_parts(tuple(parts), sum(map(len, parts.values())))
    places = list(dict.fromkeys(place for listed in parts.values() for place in listed))
    with tempfile.TemporaryDirectory(prefix="curate-leaks-") as folder:
        dataset = curate.create(Path(folder) / "files.curate")
        dataset.ingest(places)
        if encoder is not None:
            dataset.embed(encoder)
        known = _places(dataset)
        ids = np.array([known[place] for listed in parts.values() for place in listed], np.int64)
        codes = np.repeat(np.arange(len(parts)), [len(listed) for listed in parts.values()])
        names = {sample: place for place, sample in known.items()}
        return _judged(
            dataset, ids, codes, tuple(parts), leak=leak, seed=seed, uris=names, embedder="find_leaks(…, encoder=…)"
        )


def _listed(part: str, source: Any, root: str | Path | None) -> list[str]:
    """Locations of the pictures of a part."""
    if isinstance(source, str | os.PathLike):
        text = os.fspath(source)
        if text.lower().endswith(".json"):
            top = None if root is None else locations.to_uri(os.fspath(root))
            return coco.named_by(locations.to_uri(text), root=top)
    elif not isinstance(source, Sequence):
        raise errors.BadValue(f"Part {part!r} is a {type(source).__name__}", hint=_HINT)
    if root is not None:
        raise errors.BadValue(f"'root' is for COCO files, and part {part!r} is none", hint="leave it out")
    listing = list_source(source)
    return [locations.join(listing.location, uri) for uri in listing.files["uri"]]


def _root_of(root: str | Path | Mapping[str, str | Path] | None, part: str) -> str | Path | None:
    return root.get(part) if isinstance(root, Mapping) else root


def _folders(source: str | os.PathLike[str]) -> dict[str, str]:
    """The folders of the parts: train/ and val/ themselves, or those of images/."""
    text = os.fspath(source)
    place = locations.absolute(locations.to_uri(text))
    if not locations.is_local(place):
        raise errors.BadValue(f"{text!r} is a URL: say which folder is which part", hint="{'train': 's3://…/train', …}")
    top = Path(locations.from_uri(place))
    if not top.is_dir():
        if top.exists():
            raise errors.BadValue(f"{text!r} is one file, and a split has several parts", hint=_HINT)
        raise errors.SourceNotFound(f"There is no folder {text!r}", hint="check the path")
    for folder in (top, top / "images"):
        found = [entry for entry in sorted(folder.iterdir()) if entry.is_dir()] if folder.is_dir() else []
        parts = {entry.name: str(entry) for entry in found if _PART.match(entry.name)}
        if len(parts) > 1:
            order = {name: _rank(name) for name in parts}
            return {name: parts[name] for name in sorted(parts, key=lambda name: (order[name], name))}
    there = ", ".join(sorted(repr(entry.name) for entry in top.iterdir() if entry.is_dir())[:5]) or "no folder"
    raise errors.BadValue(
        f"{text!r} has no folders train/ and val/; it has {there}",
        hint="{'train': 'folder', 'val': 'folder'} says which is which",
    )


def _rank(name: str) -> int:
    return next((number for number, known in enumerate(_ORDER) if name.lower().startswith(known)), len(_ORDER))


def _judged(
    dataset: Dataset,
    ids: np.ndarray,
    codes: np.ndarray,
    names: tuple[str, ...],
    *,
    leak: float | str | None,
    seed: int,
    known: float | None = None,
    uris: Mapping[int, str] | None = None,
    embedder: str = "ds.embed()",
) -> Leaks:
    """What lies near what among these samples, each of which is in a part; one that is in two comes twice."""
    ids, codes = ids[codes >= 0], codes[codes >= 0]
    _check_parts(names, len(ids))
    near = Proximity(dataset, ids, leak, seed=seed, known=known, embedder=embedder)
    measured, pairs = near.measured(codes, names)
    facts = dataset.frame(near.positions, ["uri", "status"])
    _, times = np.unique(ids, return_counts=True)
    shared = int((times > 1).sum())
    unread = int((facts["status"] != "ok").sum())
    warnings = [f"{shared:,} samples are in several parts themselves"] if shared else []
    warnings += [f"{unread:,} pictures could not be read: nothing is known of them"] if unread else []
    if known is not None and measured.threshold == known:
        warnings.append(f"The threshold of {known:g} is that of the split.")
    made = certify(codes, names, nearness=measured, warnings=warnings)
    called = facts["uri"].to_list() if uris is None else [uris[sample] for sample in ids.tolist()]
    part = np.array(names, object)
    frame = pl.DataFrame(
        {
            "left": ids[pairs.left],
            "right": ids[pairs.right],
            "left_part": pl.Series(part[codes[pairs.left]].tolist(), dtype=pl.String),
            "right_part": pl.Series(part[codes[pairs.right]].tolist(), dtype=pl.String),
            "similarity": pairs.similarity,
            "by": pl.Series([BY[by] for by in pairs.by.tolist()], dtype=pl.String),
            "left_uri": pl.Series([called[row] for row in pairs.left.tolist()], dtype=pl.String),
            "right_uri": pl.Series([called[row] for row in pairs.right.tolist()], dtype=pl.String),
        }
    )
    shown = {sample for pair in made.closest for sample in (pair.left, pair.right)}
    names_of = {sample: uri for sample, uri in zip(ids.tolist(), called, strict=True) if sample in shown}
    made = msgspec.structs.replace(made, pictures=pictures_of(dataset, made))
    return Leaks(frame, shared, unread, made, names_of)


def _check_parts(names: tuple[str, ...], samples: int) -> None:
    if len(names) < 2:
        only = f"the only part is {names[0]!r}" if names else "there is none"
        raise errors.BadValue(f"Leaks lie between parts, and {only}", hint=_HINT)
    if not samples:
        raise errors.BadValue("No sample is in any part", hint="check what the parts hold")


def _threshold(split: Split) -> float | None:
    """The threshold that the split was made with, if the vectors are still those."""
    saved, dataset = split.saved, split.dataset
    threshold = (saved.get("nearness") or {}).get("threshold")
    if threshold is None or not dataset.vectors_.names():
        return None
    info = dataset.vectors_.info()
    same = saved.get("encoder") == {"name": info.name, "weights_hash": info.weights_hash}
    return float(threshold) if same else None


def _places(dataset: Dataset) -> dict[str, int]:
    """Location to sample id, of everything in a dataset."""
    roots = dataset.roots()
    found = dataset.df(["sample_id", "root", "uri"])
    return {locations.join(roots[root], uri): int(sample) for sample, root, uri in found.iter_rows()}


def _is_reading(value: Any) -> bool:
    return isinstance(value, Reading)


def _any_reading(split: Mapping[Any, Any]) -> bool:
    return any(_is_reading(value) for value in split.values())
