"""Exports at URLs: written and read back in a folder on this machine, then sent, the manifest last.

An object store has no rename. Until the manifest is there, what has been sent is no export, and what was an export before has no
manifest any more; `curate.verify` says so. The folder here stays until all is sent, so that a killed export goes on.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from curate.errors import CurateError, DatasetExists, NotVerified, NotWritten
from curate.exports.manifest import NAME, Manifest, read_manifest
from curate.exports.media import THREADS
from curate.exports.names import is_inside
from curate.media import location as locations

TOGETHER = 256  # files that are under way before the next ones are looked at

Tell = Callable[[str, int, int], None]


class Sending:
    """One export on its way to a URL.

    Args:
        url: without a slash at its end.
        digits: of everything that is asked for: what they name here is this very export.

    Attributes:
        folder: here, where it is to be written.
    """

    def __init__(self, url: str, digits: str) -> None:
        self._url = url
        self._files, self._root = locations.filesystem(url)
        self.folder = _own_folder() / digits
        self._sent = self.folder.with_name(f"{digits}.sent")
        self._former = self.folder.with_name(f"{digits}.former")

    @property
    def written(self) -> bool:
        """Whether it is complete here: then only the sending is left."""
        try:
            read_manifest(self.folder)
        except NotVerified:
            return False
        return True

    def check(self, *, overwrite: bool) -> None:
        """Refuse a place that holds something which an export may not replace.

        Raises:
            DatasetExists: something is there; with `overwrite`, something that no export wrote.
        """
        there = set(self._listing())
        if not there or (self._sent.exists() and NAME not in there):  # the latter: this export has begun to be sent
            return
        if NAME in there and self.written and self._manifest() == (self.folder / NAME).read_bytes():
            return  # killed just after it was sent
        if not overwrite:
            raise DatasetExists(
                f"{self._url!r} exists already",
                hint="export to another URL, or pass overwrite=True to replace an export",
            )
        if NAME not in there:
            raise DatasetExists(f"{self._url!r} is not an export and is not replaced", hint="export to another URL")
        self._former.mkdir(exist_ok=True)
        (self._former / NAME).write_bytes(self._manifest())
        try:
            ours = {file.path for file in read_manifest(self._former).files}
        except NotVerified as error:
            raise DatasetExists(
                f"{self._url!r} is not an export of Curate and is not replaced: {error}", hint="export to another URL"
            ) from error
        if others := sorted(there - ours - {NAME}):
            raise DatasetExists(
                f"{self._url!r} holds {len(others):,} files that the export did not write, such as {others[0]!r}",
                hint="move them away, or export to another URL",
            )

    def send(self, manifest: Manifest, tell: Tell | None) -> None:
        """Send every file, the manifest last, and remove what a former export had there and this one has not.

        Raises:
            NotWritten: the store refused something; sent again, it goes on behind what is there already.
        """
        try:
            begun = self._sent.exists()
            there = self._listing()
            self._sent.touch()
            if NAME in there:
                self._files.rm_file(f"{self._root}/{NAME}")
            sent = set(self._sent.read_text().splitlines()) if begun else set()
            rest = [f for f in manifest.files if f.path not in sent or there.get(f.path) != f.bytes]
            for done in self._put(file.path for file in rest):
                if tell is not None:
                    tell("sending", len(manifest.files) - len(rest) + done, len(manifest.files))
            former = read_manifest(self._former).files if self._former.exists() else []
            gone = {file.path for file in former} & there.keys() - {file.path for file in manifest.files}
            for path in sorted(gone):
                self._files.rm_file(f"{self._root}/{path}")
            self._files.put_file(str(self.folder / NAME), f"{self._root}/{NAME}")
        except Exception as error:  # every store raises its own kinds
            if isinstance(error, CurateError):
                raise
            raise NotWritten(
                f"The export could not be sent to {self._url!r}: {error or type(error).__name__}",
                hint="export again: what was sent already is not sent again",
            ) from error

    def forget(self) -> None:
        """Remove what is here: it has been sent."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self._former, ignore_errors=True)
        self._sent.unlink(missing_ok=True)

    def _put(self, paths: Iterable[str]) -> Iterator[int]:
        done, rest = 0, iter(paths)
        with ThreadPoolExecutor(THREADS, thread_name_prefix="curate-send") as pool, self._sent.open("a") as notes:
            try:
                while batch := list(itertools.islice(rest, TOGETHER)):
                    for path in pool.map(self._put_one, batch):
                        notes.write(f"{path}\n")
                        notes.flush()
                        done += 1
                        yield done
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _put_one(self, path: str) -> str:
        self._files.put_file(str(self.folder / path), f"{self._root}/{path}")
        return path

    def _manifest(self) -> bytes:
        data: bytes = self._files.cat_file(f"{self._root}/{NAME}")
        return data

    def _listing(self) -> dict[str, int]:
        return _listing(self._files, self._root)


@contextlib.contextmanager
def fetched(url: str) -> Iterator[Path]:
    """An export at a URL in a folder here, as long as the block lasts.

    Raises:
        NotVerified: there is none, or it cannot be read.
    """
    files, root = locations.filesystem(url)
    with tempfile.TemporaryDirectory(prefix="curate-") as folder:
        try:
            there = _listing(files, root)
            if NAME not in there:
                raise NotVerified(f"{url!r} holds no {NAME}", hint="give the URL that export() wrote to")

            def get(path: str) -> None:
                target = Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                files.get_file(f"{root}/{path}", str(target))

            with ThreadPoolExecutor(THREADS, thread_name_prefix="curate-fetch") as pool:
                paths = iter(sorted(path for path in there if is_inside(path)))
                while batch := list(itertools.islice(paths, TOGETHER)):
                    list(pool.map(get, batch))
        except Exception as error:
            if isinstance(error, CurateError):
                raise
            raise NotVerified(f"{url!r} cannot be read: {error or type(error).__name__}") from error
        yield Path(folder)


def _listing(files: Any, root: str) -> dict[str, int]:
    """Every file under a root, and its length."""
    files.invalidate_cache()
    try:
        found = files.find(root, detail=True)
    except FileNotFoundError:
        return {}
    length = len(root.strip("/")) + 1
    return {path.lstrip("/")[length:]: int(facts.get("size") or 0) for path, facts in found.items()}


def _own_folder() -> Path:
    """A folder of this person in the folder for temporary files."""
    folder = Path(tempfile.gettempdir(), f"curate-exports-{os.getuid() if hasattr(os, 'getuid') else 'mine'}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        raise NotWritten(f"{str(folder)!r} belongs to somebody else", hint="set TMPDIR to a folder of your own")
    return folder
