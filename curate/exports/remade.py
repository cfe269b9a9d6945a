"""What a killed export has left of its pictures, and which of it can be kept: what is proven right by its SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from curate.exports.manifest import sha256_of
from curate.exports.recoding import RECODE


class Remade:
    """Pictures that may be there already.

    A copy has the SHA-256 of its sample. What was encoded again has another one, so that is noted in a file beside the export,
    with that of the picture it was made from.

    Args:
        notes: the file; it need not exist.
        any_left: whether anything was left: else nothing is looked for.
    """

    def __init__(self, notes: Path, *, any_left: bool) -> None:
        self._notes = notes
        self._any_left = any_left
        self._made: dict[str, tuple[str, str]] = {}
        if any_left and notes.exists():
            for line in notes.read_bytes().splitlines():
                try:
                    path, before, after = msgspec.json.decode(line, type=tuple[str, str, str])
                except msgspec.DecodeError:
                    continue  # the last line, where the process was killed while writing it
                self._made[path] = before, after

    def there(self, target: Path, path: str, content_hash: str | None, *, made: bool) -> tuple[int, str] | None:
        """Length and SHA-256 of a picture that is there and right; one that is not right is removed."""
        if not self._any_left or not (target.exists() or target.is_symlink()):
            return None
        wanted = content_hash
        if made:
            before, after = self._made.get(path, ("", ""))
            wanted = after if before == content_hash else None
        if wanted is not None and not target.is_symlink():
            digest, length = sha256_of(target)
            if digest == wanted:
                return length, digest
        target.unlink()
        return None

    def remember(self, rows: pl.DataFrame, placed: Sequence[tuple[Any, ...]]) -> None:
        """Note what was encoded again."""
        lines = [
            msgspec.json.encode((path, before, after))
            for path, before, made, (_, after, _) in zip(
                rows["file_name"], rows["content_hash"], rows[RECODE], placed, strict=True
            )
            if made and before is not None and after is not None and path not in self._made
        ]
        if lines:
            with self._notes.open("ab") as file:
                file.write(b"\n".join([*lines, b""]))
