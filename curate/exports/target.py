"""The folder that an export becomes: written beside its place, and renamed when it is complete.

Until then the place holds what it held before, whatever happens: a full disk, an error, `kill -9`. What a killed process
leaves is `.<name>.partial-<random>` and its lock; the next export to the same place removes both, unless the lock's process is
still alive.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
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


@contextlib.contextmanager
def written_aside(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """A new folder beside the target; it takes the target's place when the block ends without an error.

    Raises:
        DatasetExists: see `check_target`; also where something has come there in the meantime.
        BadValue: the folder above is missing and cannot be made, or the path has no name.
        NotWritten: the disk is full, or may not be written to. The target is as it was.
    """
    if not target.name:
        raise BadValue(f"{str(target)!r} cannot be the name of an export")
    check_target(target, overwrite=overwrite)
    partial: Path | None = None
    lock: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_stale(target)
        partial = target.parent / f".{target.name}.partial-{secrets.token_hex(6)}"
        lock = _lock_of(partial)
        lock.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        partial.mkdir()
        yield partial
        check_target(target, overwrite=overwrite)
        _take_place(partial, target)
    except OSError as error:
        if isinstance(error, CurateError):
            raise
        raise NotWritten(
            f"The export to {str(target)!r} was not written: {error.strerror or error}",
            hint="free some space or choose another path; what was there is as it was",
        ) from error
    finally:
        if partial is not None and lock is not None:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.rmtree(_old_of(partial), ignore_errors=True)
            with contextlib.suppress(OSError):
                lock.unlink()


def remove_stale(target: Path) -> None:
    """Remove what killed exports to this target have left; those of living processes, or other machines, stay."""
    for lock in target.parent.glob(f"{_globbed(f'.{target.name}.partial-')}*.lock"):
        try:
            owner = json.loads(lock.read_text())
            dead = owner["host"] == socket.gethostname() and not _alive(int(owner["pid"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if dead:
            partial = lock.with_suffix("")
            old = _old_of(partial)
            if old.exists() and not target.exists():
                old.rename(target)  # killed between the two renames: what was there comes back
            shutil.rmtree(old, ignore_errors=True)
            shutil.rmtree(partial, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _take_place(partial: Path, target: Path) -> None:
    if not target.exists() or not any(target.iterdir()):
        partial.rename(target)  # an empty folder is replaced by rename itself
        return
    old = _old_of(partial)
    target.rename(old)
    try:
        partial.rename(target)
    except OSError:
        old.rename(target)
        raise


def _lock_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.lock")


def _old_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.old")


def _globbed(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _alive(pid: int) -> bool:
    if os.name == "nt":  # there, signal 0 would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
