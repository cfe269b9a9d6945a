"""Small files by the hundred thousand, in half the time that paths as objects take."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from curate.exports.manifest import File


def write_text(folder: Path, path: str, text: str) -> File:
    """Write a file in UTF-8; its length and checksum come with it, so that nobody reads it for them."""
    data = text.encode()
    file = os.open(f"{folder}/{path}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o666)
    try:
        os.write(file, data)
    finally:
        os.close(file)
    return File(path, len(data), hashlib.sha256(data).hexdigest())


def read_bytes(folder: Path, path: str) -> bytes:
    """What is in a file."""
    file = os.open(f"{folder}/{path}", os.O_RDONLY)
    try:
        return os.read(file, os.fstat(file).st_size)
    finally:
        os.close(file)
