"""What an encoder is: it turns images, and most often words, into vectors of one space."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import numpy as np

from curate.errors import BadValue

if TYPE_CHECKING:
    from PIL import Image

Floats = np.ndarray[Any, np.dtype[np.float32]]

CLIP_LOGIT_SCALE = 100.0
"""By which CLIP multiplies cosines before a softmax over prompts, for encoders that do not say. Source: Radford et al., 2021,
section 2.5: it was clipped there."""


class EncoderInfo(msgspec.Struct, frozen=True):
    """What vectors were made with; stored beside them.

    Attributes:
        name: a slug, fit for the name of a folder: "ViT-B-32--laion2b_s34b_b79k".
        model: the string that makes the encoder again, or a description where none does (a callable).
        weights_hash: sha256, hex, of the weights; empty where there are none.
        preprocessing: size, crop, interpolation, mean and standard deviation, as a short text.
        dimension: length of a vector.
        has_text: whether it encodes words.
        precision: "fp32", "bf16" or "fp16".

    >>> info = EncoderInfo(name="demo", model="demo", weights_hash="00", preprocessing="", dimension=4)
    >>> EncoderInfo.from_json(info.to_json()) == info
    True
    """

    name: str
    model: str
    weights_hash: str
    preprocessing: str
    dimension: int
    has_text: bool = True
    precision: str = "fp32"

    def to_json(self) -> str:
        """The fields as a JSON object."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> EncoderInfo:
        """Read what `to_json` wrote.

        Raises:
            BadValue: it is no such object.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError as error:
            raise BadValue(f"This does not describe an encoder: {error}") from error


class Encoder(Protocol):
    """Turns images and words into unit vectors.

    `prepare` is called from many threads; `encode_prepared` and `encode_texts` may be as well.

    Attributes:
        name: as in `EncoderInfo`.
        info: what to store beside the vectors.
        image_size: pixels of the side that the model looks at; a decoder may shrink to twice that and lose nothing.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def info(self) -> EncoderInfo: ...  # noqa: D102

    @property
    def image_size(self) -> int: ...  # noqa: D102

    def prepare(self, image: Image.Image) -> Any:
        """Do what needs one picture and a processor, exactly as the model was trained with."""

    def encode_prepared(self, batch: Sequence[Any]) -> Floats:
        """(n, dimension) float32 unit vectors of `n` prepared pictures."""

    def encode_texts(self, texts: Sequence[str]) -> Floats:
        """(n, dimension) float32 unit vectors of `n` texts, without any template.

        Raises:
            BadValue: this encoder knows no words.
        """


def slug(text: str) -> str:
    """`text` as the name of a folder.

    >>> slug("ViT-B-32/laion2b_s34b_b79k"), slug("hf hub:org/model")
    ('ViT-B-32--laion2b_s34b_b79k', 'hf-hub-org--model')
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text.strip().strip("/").replace("/", "--"))
    return name.strip("-.") or "encoder"


def unit(vectors: Any, *, what: str = "The model's vectors") -> Floats:
    """(n, d) float32 rows of unit length.

    Raises:
        BadValue: not two-dimensional, not finite, or a row of zeros.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    if rows.ndim != 2:
        raise BadValue(f"{what} have the shape (n, dimension). Got {rows.shape}")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise BadValue(f"{what} must be finite. Row {int(np.argmin(np.isfinite(lengths)))} is not")
    if (lengths == 0).any():
        raise BadValue(f"{what} need a direction. Row {int(np.argmin(lengths))} is all zeros")
    return np.asarray(rows / lengths, dtype=np.float32)
