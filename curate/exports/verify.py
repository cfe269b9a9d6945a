"""Does an export still hold what its manifest says? Everything is computed again from the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from curate.engines.progress import Progress
from curate.engines.threads import in_threads
from curate.errors import CurateError, NotVerified
from curate.exports.formats import format_named
from curate.exports.manifest import NAME, File, Manifest, read_manifest, sha256_of
from curate.exports.names import is_inside
from curate.exports.promises import kept
from curate.exports.remote import fetched
from curate.exports.target import files_under
from curate.media import location as locations
from curate.splits.certificate import Certificate

SHOWN = 20


@dataclass(frozen=True, repr=False)
class Verification:
    """The outcome of `verify`.

    Attributes:
        path: the export.
        files: how many files were checked.
        changed: files with another content.
        missing: files that are gone, or links that lead nowhere.
        added: files that the export did not write.
        problems: counts that differ, groups that are cut, tables that cannot be read.
        unchecked: what could not be looked at, and why. It does not make `ok` false.
        certificate: of the split, recomputed from the files; None without one.
    """

    path: Path | str
    files: int
    changed: list[str]
    missing: list[str]
    added: list[str]
    problems: list[str]
    unchecked: list[str]
    certificate: Certificate | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not (self.changed or self.missing or self.added or self.problems)

    def raise_for_problems(self) -> None:
        """Raise if something differs.

        Raises:
            NotVerified: with the first differences.
        """
        if not self.ok:
            first = "; ".join(text for _, text in list(self._lines())[:3])
            raise NotVerified(f"{str(self.path)!r} differs from its manifest: {first}", hint="export again")

    def _lines(self) -> Iterator[tuple[str, str]]:
        for word, paths in (("changed", self.changed), ("missing", self.missing), ("added", self.added)):
            # A name may hold anything; `repr` keeps each on one line.
            yield from ((word, f"{word} {path!r}") for path in paths)
        yield from (("problem", text) for text in self.problems)

    def __str__(self) -> str:
        lines = [text for _, text in self._lines()]
        head = f"{self.path}: {'verified' if self.ok else 'NOT verified'}, {self.files:,} files"
        more = [f"and {len(lines) - SHOWN:,} more differences"] if len(lines) > SHOWN else []
        return "\n".join([head, *lines[:SHOWN], *more, *(f"not checked: {text}" for text in self.unchecked)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *lines = str(self).splitlines()
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        return f"<div class='curate-verification'><p>{'✓' if self.ok else '✗'} {escape(head)}</p><ul>{items}</ul></div>"


def verify(path: str | Path) -> Verification:
    """Compute every checksum and count of an export again, and its split's promises.

    Args:
        path: the folder that `export` wrote, or its URL: then it is fetched into a folder for temporary files first.

    Raises:
        NotVerified: there is no manifest, or it was changed itself.
    """
    place = locations.absolute(str(path))
    if locations.is_local(place):
        return _verified(Path(path).expanduser().absolute() if "://" not in str(path) else Path(place))
    with fetched(place) as folder:
        return replace(_verified(folder), path=place)


def _verified(folder: Path) -> Verification:
    manifest = read_manifest(folder)
    listed = {file.path: file for file in manifest.files}
    outside = sorted(name for name in [*listed, *manifest.parts.values()] if not is_inside(name))
    changed, missing = _differing(folder, [file for name, file in listed.items() if name not in outside])
    problems = [f"the manifest names {name!r}, which is outside the export" for name in outside]
    unchecked = ["pictures: the export refers to them and does not hold them"] if manifest.media == "reference" else []
    certificate = None
    if not outside:
        certificate, more, not_checked = _read_again(folder, manifest)
        problems, unchecked = problems + more, unchecked + not_checked
    return Verification(
        folder,
        len(listed),
        changed,
        missing,
        sorted(set(files_under(folder)) - set(listed) - {NAME}),
        problems,
        unchecked,
        certificate,
    )


def _read_again(folder: Path, manifest: Manifest) -> tuple[Certificate | None, list[str], list[str]]:
    """Certificate, problems and what could not be checked, from the files as their format reads them."""
    try:
        found = format_named(manifest.format).read_back(folder, manifest)
    except (CurateError, OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        return None, [f"it cannot be read as {manifest.format}: {error}"], []
    certificate, problems, unchecked = kept(manifest, found)
    return certificate, _count_problems(manifest.counts, found.counts) + problems, unchecked


def _differing(folder: Path, files: list[File]) -> tuple[list[str], list[str]]:
    changed, missing = [], []
    with Progress(len(files), "verify", unit="files") as progress:
        for file, content in in_threads(lambda file: _content(folder / file.path), files):
            if content is None:
                missing.append(file.path)
            elif content != (file.sha256, file.bytes):
                changed.append(file.path)
            progress.add(1)
    return sorted(changed), sorted(missing)


def _content(path: Path) -> tuple[str, int] | None:
    try:
        # A pipe put in a file's place would keep the reader waiting for ever.
        return sha256_of(path) if path.is_file() else (None if not path.exists() else ("", -1))
    except FileNotFoundError:
        return None
    except OSError:
        return "", -1


def _count_problems(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    return [
        f"{name}: the manifest says {wanted.get(name)}, the files say {found.get(name)}"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]
