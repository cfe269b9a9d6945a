"""The folder that an export becomes: written beside its place, and renamed when it is complete.

Until then the place holds what it held before, whatever happens: a full disk, an error, `kill -9`. What a killed process
leaves is `.<name>.partial-<fingerprint>`; the next export to the same place goes on with it, or, where it is to be another
export, removes it, unless the process that writes it is still alive.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from curate.errors import BadValue, CurateError, DatasetExists, NotVerified, NotWritten
from curate.exports.manifest import NAME, read_manifest


def check_target(target: Path, *, overwrite: bool) -> None:
    """Refuse a place that holds something which an export may not replace.

    Raises:
        DatasetExists: something is there; with `overwrite`, something that no export wrote.
    """
    if not target.exists() and not target.is_symlink():
        return
    if target.is_dir() and not target.is_symlink() and not any(target.iterdir()):
        return
    if not overwrite:
        raise DatasetExists(
            f"{str(target)!r} exists already",
            hint="export to another path, or pass overwrite=True to replace an export",
        )
    if target.is_symlink() or not target.is_dir():
        raise DatasetExists(f"{str(target)!r} is not an export and is not replaced", hint="export to another path")
    try:
        manifest = read_manifest(target)
    except NotVerified as error:
        raise DatasetExists(
            f"{str(target)!r} is not an export of Curate and is not replaced: {error}", hint="export to another path"
        ) from error
    ours = {file.path for file in manifest.files} | {NAME}
    if others := sorted(set(files_under(target)) - ours):
        raise DatasetExists(
            f"{str(target)!r} holds {len(others):,} files that the export did not write, such as {others[0]!r}",
            hint="move them away, or export to another path",
        )


def files_under(folder: Path) -> list[str]:
    """Every file and link, relative to the folder, "/" between the parts, sorted; linked folders count as files."""
    found = []
    stack = [""]
    while stack:
        inside = stack.pop()
        with os.scandir(folder / inside) as entries:
            for entry in entries:
                path = f"{inside}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    stack.append(f"{path}/")
                else:
                    found.append(path)
    return sorted(found)


def keep_only(folder: Path, paths: Collection[str]) -> None:
    """Remove every file and link but these, and every folder that is then empty."""
    for path in files_under(folder):
        if path not in paths:
            (folder / path).unlink()
    for inside, _, _ in os.walk(folder, topdown=False):
        if inside != str(folder):
            with contextlib.suppress(OSError):
                os.rmdir(inside)  # noqa: PTH106


@dataclass(frozen=True)
class Aside:
    """The folder that is being written.

    Attributes:
        folder: empty, or as a killed export has left it.
        resumed: whether something was left.
        notes: a file beside it for what an export wants to know when it is resumed; removed with it.
    """

    folder: Path
    resumed: bool
    notes: Path


@contextlib.contextmanager
def written_aside(target: Path, *, overwrite: bool, fingerprint: str) -> Iterator[Aside]:
    """A folder beside the target; it takes the target's place when the block ends without an error.

    An error removes it. An interrupt leaves it, as `kill -9` does, for the next export with that fingerprint.

    Args:
        target: the place.
        overwrite: whether a former export may be there.
        fingerprint: hex digits; what an export with other digits has left is of no use to this one and is removed.

    Raises:
        DatasetExists: see `check_target`; also where something has come there in the meantime.
        BadValue: the folder above is missing and cannot be made, or the path has no name.
        NotWritten: the disk is full, or may not be written to. The target is as it was.
    """
    if not target.name:
        raise BadValue(f"{str(target)!r} cannot be the name of an export")
    check_target(target, overwrite=overwrite)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.parent / f".{target.name}.partial-{fingerprint}"
        remove_stale(target, but=partial)
        with _owned(partial) as owned:
            yield from _written(owned, target, overwrite=overwrite)
    except OSError as error:
        if isinstance(error, CurateError):
            raise
        raise NotWritten(
            f"The export to {str(target)!r} was not written: {error.strerror or error}",
            hint="free some space or choose another path; what was there is as it was",
        ) from error


def _written(partial: Path, target: Path, *, overwrite: bool) -> Iterator[Aside]:
    try:
        resumed = partial.exists()
        partial.mkdir(exist_ok=True)
        yield Aside(partial, resumed, _notes_of(partial))
        check_target(target, overwrite=overwrite)
        _take_place(partial, target)
    except Exception:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _notes_of(partial).unlink(missing_ok=True)
    shutil.rmtree(_old_of(partial), ignore_errors=True)


@contextlib.contextmanager
def _owned(partial: Path) -> Iterator[Path]:
    """The partial folder, locked; another name where a living process is writing the very same export."""
    held = _hold(_lock_of(partial))
    while held is None:
        partial = partial.with_name(f"{partial.name}-{secrets.token_hex(4)}")
        held = _hold(_lock_of(partial))
    try:
        yield partial
    finally:
        if not partial.exists():
            _notes_of(partial).unlink(missing_ok=True)
        _release(held, _lock_of(partial))


def remove_stale(target: Path, *, but: Path | None = None) -> None:
    """Remove what ended exports to this target have left, but one; what a living process writes stays."""
    left = re.compile(re.escape(f".{target.name}.partial-") + r"[0-9a-f-]+")
    for partial in {target.parent / found[0] for each in os.listdir(target.parent) if (found := left.match(each))}:  # noqa: PTH208
        held = _hold(_lock_of(partial), surely=True)
        if held is None:
            continue
        old = _old_of(partial)
        if old.exists() and not target.exists():
            old.rename(target)  # killed between the two renames: what was there comes back
        shutil.rmtree(old, ignore_errors=True)
        if partial != but:
            shutil.rmtree(partial, ignore_errors=True)
            _notes_of(partial).unlink(missing_ok=True)
        _release(held, _lock_of(partial))


def _take_place(partial: Path, target: Path) -> None:
    if not target.exists() or not any(target.iterdir()):
        partial.rename(target)  # an empty folder is replaced by rename itself
        return
    old = _old_of(partial)
    target.rename(old)
    try:
        partial.rename(target)
    except BaseException:  # an interrupt right here, too
        if not target.exists():
            old.rename(target)
        raise


def _lock_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.lock")


def _old_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.old")


def _notes_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.notes")


def _hold(lock: Path, *, surely: bool = False) -> int | None:
    """Take a lock that ends with this process, however it ends; None where a living one has it (or, `surely`, may have it).

    A number of a process would not do: after a restart another process may have it, and in another container all are others.
    """
    while True:
        held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(held)
        except BlockingIOError:
            os.close(held)
            return None
        except OSError:  # a file system without locks
            if not surely:
                return held
            os.close(held)
            return None
        try:
            if os.path.samestat(os.fstat(held), lock.stat()):
                return held
        except FileNotFoundError:
            pass
        os.close(held)  # its last owner has removed it just now


def _release(held: int, lock: Path) -> None:
    if os.name == "nt":  # there an open file cannot be removed
        os.close(held)
        with contextlib.suppress(OSError):
            lock.unlink()
        return
    with contextlib.suppress(OSError):
        lock.unlink()
    os.close(held)


if sys.platform == "win32":

    def _lock(held: int) -> None:
        import msvcrt

        try:
            msvcrt.locking(held, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

else:

    def _lock(held: int) -> None:
        import fcntl

        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
