"""The stable number of a sample.

A ``sample_id`` is made from what names the sample (root, relative URI, frame) and from nothing that can change, so ingesting
again adds nothing and two people's datasets agree.
"""

from __future__ import annotations

import hashlib


def sample_id(root: str, uri: str, frame: int | None = None) -> int:
    """The positive int64 of the sample at `uri` under the root named `root`.

    63 bits of BLAKE2b: among a million samples two collide with probability 5e-8, and then `ingest` refuses the second.

    Args:
        root: the root's name, not its location: moving the media must not change the id.
        uri: relative to the root, ``/`` between its parts.
        frame: the frame's number in a video, None for an image.

    >>> sample_id("roads", "a/1.jpg") == sample_id("roads", "a/1.jpg") != sample_id("roads", "a/2.jpg")
    True
    """
    # NUL cannot occur in a path, so ("a", "b/c") and ("a\0b", "c") cannot meet.
    name = f"{root}\0{uri}" if frame is None else f"{root}\0{uri}\0{frame}"
    digest = hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") & (2**63 - 1)) or 1


def content_key(content_hash: str) -> int:
    """The first 63 bits of a hex SHA-256, as int64: how derived tables say which content a row was made from.

    >>> content_key("00000000000000ff" + "0" * 48)
    255
    """
    return int(content_hash[:16], 16) & (2**63 - 1)
