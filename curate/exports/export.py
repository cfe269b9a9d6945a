"""Write samples and labels for a consumer, with a manifest that says what is there and how it came to be."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

import curate
from curate.errors import BadValue, NotVerified
from curate.exports import samples as selection
from curate.exports.contents import Contents, Format
from curate.exports.fingerprint import fingerprint
from curate.exports.formats import format_named
from curate.exports.labels import Classes, FlatLabels, flat_labels
from curate.exports.manifest import NAME, File, LeftOut, Manifest, origin, read_manifest, sha256_of
from curate.exports.media import Pictures, place
from curate.exports.names import folder_names
from curate.exports.recoding import recoding
from curate.exports.remade import Remade
from curate.exports.remote import Sending
from curate.exports.scaling import factors, scaled
from curate.exports.target import Aside, files_under, keep_only, written_aside
from curate.exports.verify import Verification, verify
from curate.media import location as locations

Tell = Callable[[str, int, int], None]
"""Told how far an export is: the stage, what is done of it, and of how much."""


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        path: the folder, or the URL.
        manifest: what `manifest.json` in it says.
    """

    path: Path | str
    manifest: Manifest

    @property
    def format(self) -> str:
        """The format's name."""
        return self.manifest.format

    @property
    def counts(self) -> dict[str, Any]:
        """Samples, labels or annotations, and samples in each part."""
        return self.manifest.counts

    @property
    def left_out(self) -> list[LeftOut]:
        """Samples that were asked for and are not in it, each with the reason."""
        return self.manifest.left_out

    def verify(self) -> Verification:
        """Compute every checksum and count again; see `curate.verify`."""
        return verify(self.path)

    def __repr__(self) -> str:
        return f"Export({str(self.path)!r}, {', '.join(self._facts())})"

    def _repr_html_(self) -> str:
        facts = "".join(f"<li>{escape(fact)}</li>" for fact in self._facts())
        return f"<div class='curate-export'><p>Export <code>{escape(str(self.path))}</code></p><ul>{facts}</ul></div>"

    def _facts(self) -> list[str]:
        counts = [
            f"{name}: {value:,}"
            for name, value in [*self.counts.items(), *self.counts.get("parts", {}).items()]
            if isinstance(value, int)
        ]
        reasons = Counter(left.reason for left in self.left_out)
        kind = format_named(self.format)
        adds = f'read back by Curate alone; pip install "curate-jupyter[{kind.extra}]" adds another reader'
        unread = adds if kind.check is not None else ""
        read = f"read back by {self.manifest.read_by}" if self.manifest.read_by else unread
        return [
            self.format,
            *counts,
            *([read] if read else []),
            *(f"left out ({reason}): {n:,}" for reason, n in reasons.items()),
            *(f"labels left out ({reason}): {n:,}" for reason, n in self.manifest.labels_left_out.items()),
        ]


def write_export(
    samples: pl.DataFrame,
    path: str | Path,
    *,
    format: str,
    labels: pl.DataFrame | None = None,
    classes: Classes | None = None,
    declared: Sequence[str] = (),
    media: str = "copy",
    resize: int | Sequence[int] | None = None,
    encode: str | None = None,
    part_column: str | None = None,
    provenance: Mapping[str, Any],
    tell: Tell | None = None,
    overwrite: bool = False,
) -> Export:
    """Write an export beside its place and move it there when it is complete and has been read back.

    The bytes depend on the samples and labels alone, neither on the order of the rows nor on the time. Samples that cannot be
    exported (status not "ok", in no part, media gone or changed since they were ingested) are left out and listed in
    `Export.left_out`. Killed or interrupted, and started again with the same arguments, it does only the rest.

    Args:
        samples: `NEEDED` columns, and metadata; `location` is an absolute path or an fsspec URL, `content_hash` the SHA-256
            in hex (null where it is not known).
        path: a folder that does not exist yet, or is empty; or an fsspec URL with nothing under it.
        format: see `formats.FORMATS`.
        labels: see `flat_labels`, also for `classes` and `declared`.
        classes: which classes there are, in order, or which is called what.
        declared: classes that sources have declared.
        media: "copy"; "hardlink" and "symlink" take no space; "reference" writes no pictures and names their locations.
        resize: the longest side in pixels, or width and height of every picture; labels follow.
        encode: "jpeg", "png" or "webp"; "jpeg:85" says the quality.
        part_column: the column of `samples` that names the part; samples without a part are left out.
        provenance: query, python, snapshot, encoder, split (the certificate), and whatever else should be known.
        tell: told how far it is.
        overwrite: replace a former export of Curate, and nothing else.

    Raises:
        UnknownName: a format or column that is not there.
        BadValue: nothing is left to export; arguments that do not fit together.
        DatasetExists: something is at `path`.
        NotVerified: what was written is not what was meant, as a reader of the format says. Nothing has changed at `path`.
        NotWritten: `path` cannot be written. Nothing has changed there.
    """
    request = _Request(
        format_named(format), labels, classes, declared, media, resize, encode, part_column, provenance, tell, overwrite
    )
    place = locations.absolute(str(path))
    if not locations.is_local(place):
        return _sent(samples, place, request)
    target = Path(path).expanduser().absolute() if "://" not in str(path) else Path(place)
    return Export(target, _written(samples, target, request))


@dataclass(frozen=True)
class _Request:
    """What is asked for: the arguments of `write_export`."""

    kind: Format
    labels: pl.DataFrame | None
    classes: Classes | None
    declared: Sequence[str]
    media: str
    resize: int | Sequence[int] | None
    encode: str | None
    part_column: str | None
    provenance: Mapping[str, Any]
    tell: Tell | None
    overwrite: bool

    @property
    def way(self) -> str:
        """How pictures are placed; what is packed is copied."""
        return "copy" if self.kind.packs else self.media

    def told(self, stage: str) -> Callable[[int, int], None] | None:
        """What is to be told of a stage."""
        tell = self.tell
        return None if tell is None else lambda done, total: tell(stage, done, total)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """A stage of one step."""
        if self.tell is not None:
            self.tell(name, 0, 1)
        yield
        if self.tell is not None:
            self.tell(name, 1, 1)


def _written(samples: pl.DataFrame, target: Path, request: _Request) -> Manifest:
    plan = _Plan(samples, request)
    with written_aside(target, overwrite=request.overwrite, fingerprint=plan.fingerprint) as aside:
        files = [] if request.kind.packs else plan.place(aside)
        contents = plan.contents()
        with request.stage("labels"):
            files += request.kind.write(aside.folder, contents) or []
        if contents.pictures is not None and contents.pictures.failed:
            plan.lose(contents.pictures.failed)
            contents = replace(plan.contents(), pictures=contents.pictures)
        manifest = plan.manifest(_listed(aside.folder, files))
        with request.stage("reading back"):
            return _sealed(aside.folder, request.kind, manifest, contents)


class _Plan:
    """Which samples go where, with which labels; samples whose picture cannot be had are lost on the way."""

    def __init__(self, samples: pl.DataFrame, request: _Request) -> None:
        kind, self._request, self._asked = request.kind, request, samples.height
        self._recoding = recoding(request.resize, request.encode)
        if self._recoding is not None and request.way != "copy":
            raise BadValue(
                f"media={request.media!r} leaves pictures as they are, and resize= and encode= do not",
                hint="media='copy'",
            )
        samples = selection.checked(samples, kind, request.way, request.part_column)
        before, self._left = selection.eligible(samples, request.part_column)
        chosen = self._without(*selection.planned(before, self._recoding))
        named = selection.parts_of(chosen, request.part_column, request.provenance)
        self._parts = folder_names(named, fallback="part", reserved=kind.reserved)
        there = before.filter(pl.col("sample_id").is_in(chosen["sample_id"].implode()))
        scale = None if self._recoding is None else factors(there, chosen)
        self._labelling = _Labelling(kind, request.labels, request.classes, request.declared, scale)
        self._flat = self._labelling.of(chosen)
        self._samples = self._without(*selection.placed(chosen, kind, self._flat, self._parts, request.way))

    def _without(self, samples: pl.DataFrame, left: list[LeftOut]) -> pl.DataFrame:
        self._left = self._left + left
        return samples

    @property
    def fingerprint(self) -> str:
        """What an export has to have in common with this one, so that this one can go on with what it has left."""
        manifest = self._manifest()
        if self._request.kind.packs:  # with its labels: they have to be the same
            return fingerprint(msgspec.to_builtins(manifest), self._samples, self._flat.rows)
        # A picture alone is proven by its own bytes.
        names = ("format", "curate", "media", "resize", "encode")
        return fingerprint({name: getattr(manifest, name) for name in names})

    def place(self, aside: Aside) -> list[File]:
        """Put the pictures where they go."""
        samples, media = self._samples, self._request.way
        if aside.resumed:
            keep_only(aside.folder, set() if media == "reference" else set(samples["file_name"]))
        if media == "reference":
            return []
        found = place(
            samples,
            aside.folder,
            media=media,
            recoding=self._recoding,
            resumed=Remade(aside.notes, any_left=aside.resumed),
            progress=self._request.told("pictures"),
        )
        there = samples.select(pl.col("file_name").alias("path")).hstack(found).filter(pl.col("reason").is_null())
        self._lose(found["reason"])
        link = "" if media == "copy" else media
        return [File(path, length, digest, link) for path, length, digest, _ in there.iter_rows()]

    def lose(self, failed: Mapping[int, str]) -> None:
        """Leave out samples for these reasons."""
        self._lose(self._samples["sample_id"].replace_strict(failed, default=None, return_dtype=pl.String))

    def _lose(self, reasons: pl.Series) -> None:
        if reasons.null_count() < reasons.len():
            self._samples = self._without(*selection.without(self._samples, reasons))
            self._flat = self._labelling.of(self._samples)

    def contents(self) -> Contents:
        """What a format writes.

        Raises:
            BadValue: nothing is left.
        """
        selection.some(self._samples, self._left, self._asked)
        request, flat = self._request, self._flat
        packed = Pictures(self._samples, self._recoding, request.told("pictures")) if request.kind.packs else None
        return Contents(selection.columns_of(self._samples), flat.rows, flat.classes, self._parts, request.way, packed)

    def manifest(self, files: list[File]) -> Manifest:
        """The manifest, all but its counts."""
        return msgspec.structs.replace(
            self._manifest(),
            left_out=sorted(self._left, key=lambda one: (one.uri, one.sample_id)),
            labels_left_out=self._flat.left_out,
            renamed=selection.renamed(self._samples) if self._request.way != "reference" else {},
            files=files,
        )

    def _manifest(self) -> Manifest:
        request = self._request
        return Manifest(
            format=request.kind.name,
            curate=curate.__version__,
            media=request.way,
            resize=list(request.resize) if isinstance(request.resize, Sequence) else request.resize,
            encode=request.encode,
            **origin(request.provenance),
            parts=self._parts,
            classes=list(self._flat.classes),
            class_map=dict(request.classes) if isinstance(request.classes, Mapping) else {},
        )


class _Labelling:
    """The labels of samples, as the format can hold them: of fewer samples, too, where some turn out to be missing."""

    def __init__(
        self,
        kind: Format,
        labels: pl.DataFrame | None,
        classes: Classes | None,
        declared: Sequence[str],
        scale: pl.DataFrame | None,
    ) -> None:
        self._kind, self._labels, self._classes, self._declared, self._scale = kind, labels, classes, declared, scale

    def of(self, samples: pl.DataFrame) -> FlatLabels:
        flat = flat_labels(self._labels, samples["sample_id"], self._classes, self._kind.kinds, declared=self._declared)
        self._declared = flat.classes  # those of a sample that goes missing later stay
        if self._scale is not None:
            flat = replace(flat, rows=scaled(flat.rows, self._scale))
        if self._kind.unfit is None:
            return flat
        reasons = self._kind.unfit(flat.rows, samples).alias("reason")
        counted = Counter(flat.left_out) + Counter(dict(reasons.drop_nulls().value_counts().iter_rows()))
        return replace(flat, rows=flat.rows.filter(reasons.is_null()), left_out=dict(sorted(counted.items())))


def _sent(samples: pl.DataFrame, url: str, request: _Request) -> Export:
    """An export at a URL: written here as any other, then sent."""
    if request.way in ("hardlink", "symlink"):
        raise BadValue(f"media={request.media!r} needs a folder on this machine. Got {url!r}", hint="media='copy'")
    labels, classes = request.labels, request.classes
    settings = {
        "url": url,
        "curate": curate.__version__,
        "provenance": origin(request.provenance),
        "classes": list(classes.items()) if isinstance(classes, Mapping) else classes,  # their order counts
        "format": request.kind.name,
    } | {name: getattr(request, name) for name in ("declared", "media", "resize", "encode", "part_column")}
    frames = [samples.sort("sample_id")]
    if labels is not None:
        frames.append(labels.sort("label_id") if "label_id" in labels.columns else labels)
    sending = Sending(url, fingerprint(settings, *frames))
    sending.check(overwrite=request.overwrite)
    if not sending.written:
        _written(samples, sending.folder, replace(request, overwrite=True))
    manifest = read_manifest(sending.folder)
    sending.send(manifest, request.tell)
    sending.forget()
    return Export(url, manifest)


def _listed(folder: Path, placed: list[File]) -> list[File]:
    """The pictures, and whatever the format has written, by path."""
    known = {file.path: file for file in placed}
    for path in files_under(folder):
        if path not in known:
            digest, length = sha256_of(folder / path)
            known[path] = File(path, length, digest)
    return [known[path] for path in sorted(known)]


def _sealed(folder: Path, kind: Format, manifest: Manifest, contents: Contents) -> Manifest:
    """Count by reading the files back, as `verify` will, have another reader look, and write the manifest."""
    counts = kind.read_back(folder, manifest).counts
    expected = contents.samples.height
    assert counts["samples"] == expected, f"{kind.name} wrote {counts['samples']} of {expected} samples"
    read_by = ""
    if kind.check is not None:
        try:
            read_by = kind.check(folder, manifest, contents)
        except ImportError:
            pass  # the export says that nobody else has read it
        except Exception as error:  # readers that are not ours raise whatever they like
            words = str(error) if isinstance(error, NotVerified) else f"{type(error).__name__}: {error}"
            raise NotVerified(
                f"The export was not made: another reader does not find in it what was meant. {words}",
                hint="nothing has changed at the target; please tell us, with this message",
            ) from error
    counted = msgspec.structs.replace(manifest, counts=counts, read_by=read_by)
    sealed = msgspec.structs.replace(counted, digest=counted.computed_digest())
    (folder / NAME).write_bytes(sealed.to_json())
    return sealed
