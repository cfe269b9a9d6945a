"""An encoder made of a function: any model that somebody has, without a class to write."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from curate.encoders.encoder import EncoderInfo, Floats, slug, unit
from curate.errors import BadValue


class FunctionEncoder:
    """Calls `images` with a list of RGB pictures and takes what comes back as their vectors.

    Args:
        images: takes a list of `PIL.Image.Image`, gives (n, dimension) numbers: an array, or anything numpy reads.
        texts: takes a list of strings, gives vectors of the same space; None: this encoder knows no words.
        name: of the encoder; by default that of the function.
        image_size: pixels of the side that the function looks at; 0 hands it the pictures in full size.

    >>> colour = FunctionEncoder(lambda pictures: [picture.resize((1, 1)).getpixel((0, 0)) for picture in pictures],
    ...                          name="mean-colour")
    >>> colour.encode_prepared([colour.prepare(Image.new("RGB", (8, 8), (0, 0, 255)))])
    array([[0., 0., 1.]], dtype=float32)
    """

    def __init__(
        self,
        images: Callable[[list[Image.Image]], Any],
        *,
        texts: Callable[[list[str]], Any] | None = None,
        name: str | None = None,
        image_size: int = 0,
    ) -> None:
        self._images = images
        self._texts = texts
        self._qualified = (
            f"{getattr(images, '__module__', '')}.{getattr(images, '__qualname__', type(images).__name__)}"
        )
        self.name = slug(name or self._qualified.rpartition(".")[2].strip("<>"))
        self.image_size = image_size
        self._dimension = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"FunctionEncoder({self._qualified}, name={self.name!r})"

    @property
    def dimension(self) -> int:
        """Length of a vector; found by showing the function one grey picture."""
        with self._lock:
            if not self._dimension:
                side = self.image_size or 64
                grey = Image.effect_noise((side, side), 40).convert("RGB")
                self._dimension = self._checked(self._images([grey]), 1, "image").shape[1]
        return self._dimension

    @property
    def info(self) -> EncoderInfo:
        """The name of the function stands for its weights, which nobody can hash."""
        return EncoderInfo(
            name=self.name,
            model=f"function:{self._qualified}",
            weights_hash=hashlib.sha256(f"{self.name}:{self._qualified}".encode()).hexdigest(),
            preprocessing="done by the function",
            dimension=self.dimension,
            has_text=self._texts is not None,
        )

    def prepare(self, image: Image.Image) -> Image.Image:
        """The picture as RGB, loaded."""
        picture = image.convert("RGB")
        picture.load()
        return picture

    def encode_prepared(self, batch: Sequence[Any]) -> Floats:
        """(n, dimension) float32 unit vectors.

        Raises:
            BadValue: the function gave another number of vectors, nan, or zeros.
        """
        return self._checked(self._images(list(batch)), len(batch), "image")

    def encode_texts(self, texts: Sequence[str]) -> Floats:
        """(n, dimension) float32 unit vectors of the texts.

        Raises:
            BadValue: there is no function for words, or it gave vectors of another dimension.
        """
        if self._texts is None:
            raise BadValue(
                f"The encoder {self.name!r} knows no words", hint="give it a function for them, or search with like="
            )
        vectors = self._checked(self._texts(list(texts)), len(texts), "text")
        if vectors.shape[1] != self.dimension:
            raise BadValue(f"Words have {vectors.shape[1]} dimensions and images {self.dimension} in {self.name!r}")
        return vectors

    def _checked(self, vectors: Any, expected: int, kind: str) -> Floats:
        if hasattr(vectors, "detach"):  # a torch tensor, maybe on a GPU, maybe with a gradient
            vectors = vectors.detach().float().cpu().numpy()
        vectors = np.asarray(vectors, dtype=np.float32)
        if vectors.ndim != 2 or vectors.shape[0] != expected:
            raise BadValue(
                f"{self._qualified} was given {expected} {kind}s and gave an array of the shape {vectors.shape}",
                hint="it must give one row for each, (n, dimension)",
            )
        return unit(vectors, what=f"Vectors of {self._qualified}")
