"""Write samples and labels for a consumer, with a manifest that says what is there and how it came to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

import curate
from curate.errors import BadValue, NotVerified
from curate.exports import samples as chosen_samples
from curate.exports.contents import Contents, Format
from curate.exports.fingerprint import fingerprint
from curate.exports.formats import format_named
from curate.exports.labels import Classes, FlatLabels, flat_labels
from curate.exports.manifest import NAME, File, LeftOut, Manifest, origin, read_manifest, sha256_of
from curate.exports.media import Pictures, place
from curate.exports.names import folder_names
from curate.exports.recoding import Recoding, recoding
from curate.exports.remade import Remade
from curate.exports.remote import Sending
from curate.exports.scaling import factors, scaled
from curate.exports.target import Aside, files_under, keep_only, written_aside
from curate.exports.verify import Verification, verify
from curate.media import location as locations

Tell = Callable[[str, int, int], None]
"""Told how far an export is: the stage, what is done of it, and of how much."""

READER_HINT = 'pip install "curate-jupyter[exports]"'


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
        other = format_named(self.format).check is not None
        unread = f"read back by Curate alone; {READER_HINT} adds another reader" if other else ""
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
    arguments = {name: value for name, value in locals().items() if name not in ("samples", "path")}
    place = locations.absolute(str(path))
    if not locations.is_local(place):
        return _sent(samples, place, arguments)
    target = Path(path).expanduser().absolute() if "://" not in str(path) else Path(place)
    kind = format_named(format)
    media = "copy" if kind.packs else media
    way = recoding(resize, encode)
    if way is not None and media != "copy":
        raise BadValue(
            f"media={media!r} leaves pictures as they are, and resize= and encode= do not", hint="media='copy'"
        )
    eligible, left = chosen_samples.eligible(chosen_samples.checked(samples, kind, media, part_column), part_column)
    chosen, gone = chosen_samples.planned(eligible, way)
    left += gone
    parts = folder_names(
        chosen_samples.parts_of(chosen, part_column, provenance), fallback="part", reserved=kind.reserved
    )
    scale = (
        None
        if way is None
        else factors(eligible.filter(pl.col("sample_id").is_in(chosen["sample_id"].implode())), chosen)
    )
    labelling = _Labelling(kind, labels, classes, declared, scale)
    flat = labelling.of(chosen)
    chosen, gone = chosen_samples.placed(chosen, kind, flat, parts, media)
    left += gone
    manifest = Manifest(
        format=kind.name,
        curate=curate.__version__,
        media=media,
        resize=list(resize) if isinstance(resize, Sequence) else resize,
        encode=encode,
        **origin(provenance),
        parts=parts,
        classes=list(flat.classes),
        class_map=dict(classes) if isinstance(classes, Mapping) else {},
    )
    settings = {name: getattr(manifest, name) for name in ("format", "curate", "media", "resize", "encode")}
    # What is packed with its labels can be kept only where these are the same; a picture alone is proven by its own bytes.
    digits = fingerprint(msgspec.to_builtins(manifest), chosen, flat.rows) if kind.packs else fingerprint(settings)
    with written_aside(target, overwrite=overwrite, fingerprint=digits) as aside:
        pictures = Pictures(chosen, way, _of_stage(tell, "pictures")) if kind.packs else None
        files: list[File] = []
        before = chosen.height
        if pictures is None:
            files, chosen, gone = _placed(chosen, aside, media, way, tell)
            left += gone
        chosen_samples.some(chosen, left, samples.height)
        flat = flat if chosen.height == before else labelling.of(chosen)
        contents = Contents(chosen_samples.columns_of(chosen), flat.rows, flat.classes, parts, media, pictures)
        _said(tell, "labels", 0)
        files += kind.write(aside.folder, contents) or []
        _said(tell, "labels", 1)
        if pictures is not None and pictures.failed:
            failed = chosen["sample_id"].replace_strict(pictures.failed, default=None, return_dtype=pl.String)
            chosen, gone = chosen_samples.without(chosen, failed)
            left += gone
            chosen_samples.some(chosen, left, samples.height)
            flat = labelling.of(chosen)
            contents = replace(contents, samples=chosen_samples.columns_of(chosen), labels=flat.rows)
        manifest = msgspec.structs.replace(
            manifest,
            left_out=sorted(left, key=lambda one: (one.uri, one.sample_id)),
            labels_left_out=flat.left_out,
            renamed=chosen_samples.renamed(chosen) if media != "reference" else {},
            files=_listed(aside.folder, files),
        )
        _said(tell, "reading back", 0)
        manifest = _sealed(aside.folder, kind, manifest, contents)
        _said(tell, "reading back", 1)
    return Export(target, manifest)


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


def _sent(samples: pl.DataFrame, url: str, arguments: dict[str, Any]) -> Export:
    """An export at a URL: written here as any other, then sent."""
    media, labels, tell = arguments["media"], arguments["labels"], arguments["tell"]
    if media in ("hardlink", "symlink"):
        raise BadValue(f"media={media!r} needs a folder on this machine. Got {url!r}", hint="media='copy'")
    settings = {name: value for name, value in arguments.items() if name not in ("labels", "tell", "overwrite")}
    if isinstance(classes := settings["classes"], Mapping):
        settings["classes"] = list(classes.items())  # their order counts
    settings |= {"url": url, "provenance": origin(arguments["provenance"]), "curate": curate.__version__}
    frames = [samples.sort("sample_id")]
    if labels is not None:
        frames.append(labels.sort("label_id") if "label_id" in labels.columns else labels)
    sending = Sending(url, fingerprint(settings, *frames))
    sending.check(overwrite=arguments["overwrite"])
    if not sending.written:
        write_export(samples, sending.folder, **arguments | {"overwrite": True})
    manifest = read_manifest(sending.folder)
    sending.send(manifest, tell)
    sending.forget()
    return Export(url, manifest)


def _placed(
    samples: pl.DataFrame, aside: Aside, media: str, way: Recoding | None, tell: Tell | None
) -> tuple[list[File], pl.DataFrame, list[LeftOut]]:
    if aside.resumed:
        keep_only(aside.folder, set() if media == "reference" else set(samples["file_name"]))
    if media == "reference":
        return [], samples, []
    resumed = Remade(aside.notes, any_left=aside.resumed)
    progress = _of_stage(tell, "pictures")
    found = place(samples, aside.folder, media=media, recoding=way, resumed=resumed, progress=progress)
    link = "" if media == "copy" else media
    there = samples.select(pl.col("file_name").alias("path")).hstack(found).filter(pl.col("reason").is_null())
    files = [File(path, length, digest, link) for path, length, digest, _ in there.iter_rows()]
    samples, left = chosen_samples.without(samples, found["reason"])
    return files, samples, left


def _of_stage(tell: Tell | None, stage: str) -> Callable[[int, int], None] | None:
    return None if tell is None else lambda done, total: tell(stage, done, total)


def _said(tell: Tell | None, stage: str, done: int) -> None:
    if tell is not None:
        tell(stage, done, 1)


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
