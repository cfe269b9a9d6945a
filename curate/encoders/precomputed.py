"""Vectors that exist already: an array, or a table with a column of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.encoders.encoder import CLIP_LOGIT_SCALE, Encoder, EncoderInfo, Floats, slug
from curate.errors import BadValue, UnknownName

if TYPE_CHECKING:
    import polars
    from PIL import Image

VECTOR_COLUMNS = ("vector", "embedding", "vectors", "embeddings")
KEY_COLUMNS = ("sample_id", "uri", "path", "filepath")


class PrecomputedVectors:
    """Looks vectors up by sample, in place of a model.

    Args:
        keys: what each row belongs to: (n,) sample ids, or n URIs.
        vectors: (n, dimension) numbers; they are normalised.
        name: of the encoder.
        text: an encoder whose words live in the same space, where there is one.

    Raises:
        BadValue: the shapes do not fit, a key comes twice, or no row is finite and other than zero.

    >>> given = PrecomputedVectors([11, 12], [[3.0, 4.0], [0.0, 0.0]])
    >>> given.vector(11, "").tolist()
    [0.6..., 0.8...]
    >>> given.vector(12, "")
    Traceback (most recent call last):
    curate.errors.BadValue: The vector given for this sample is all zeros.
    """

    image_size = 0

    def __init__(
        self,
        keys: Sequence[int] | Sequence[str] | Any,
        vectors: Any,
        *,
        name: str = "given",
        text: Encoder | None = None,
    ) -> None:
        self._vectors = _two_dimensional(vectors)
        keys = keys.tolist() if hasattr(keys, "tolist") else list(keys)
        if len(keys) != len(self._vectors):
            raise BadValue(
                f"There are {len(self._vectors)} vectors for {len(keys)} samples",
                hint="one row for each sample, in the same order",
            )
        self._rows = {key: row for row, key in enumerate(keys)}
        if len(self._rows) != len(keys):
            raise BadValue(
                f"{len(keys) - len(self._rows)} samples come twice among the vectors", hint="keep one row each"
            )
        self._lengths = np.linalg.norm(self._vectors, axis=1)
        if not (np.isfinite(self._lengths) & (self._lengths > 0)).any():
            raise BadValue("No vector is finite and other than zero")
        self._by_uri = bool(keys) and isinstance(keys[0], str)
        self._text = text
        if text is not None and text.info.dimension != self.dimension:
            raise BadValue(
                f"The vectors have {self.dimension} dimensions and the words of {text.name!r} {text.info.dimension}",
                hint="name the model that made the vectors",
            )
        self.name = slug(name)

    @classmethod
    def from_table(
        cls, table: Any, *, name: str = "given", vector: str | None = None, text: Encoder | None = None
    ) -> PrecomputedVectors:
        """Take the vectors of a table.

        Args:
            table: a polars or pandas frame, an Arrow table, or the path of a Parquet file, with a column ``sample_id``,
                ``uri`` or ``path`` and a column of lists or arrays of numbers.
            name: of the encoder.
            vector: the column of vectors; by default "vector" or "embedding", or the only column of lists.
            text: as above.

        Raises:
            UnknownName: no such column.
            BadValue: vectors of different lengths, or no column that says whose they are.
        """
        frame = as_frame(table)
        key = next((column for column in KEY_COLUMNS if column in frame.columns), None)
        if key is None:
            raise BadValue(
                f"A table of vectors says whose they are in one of {', '.join(KEY_COLUMNS)}. Got {frame.columns}"
            )
        column = vector or _vector_column(frame)
        if column not in frame.columns:
            raise UnknownName("column", column, frame.columns)
        lengths = _lengths(frame[column])
        if len(lengths) > 1:
            raise BadValue(f"The vectors in {column!r} have different lengths: {lengths[:5]}")
        frame = frame.drop_nulls([key, column])
        return cls(frame[key].to_list(), np.array(frame[column].to_list()), name=name, text=text)

    def __repr__(self) -> str:
        return f"PrecomputedVectors({len(self._rows)} × {self.dimension}, name={self.name!r})"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._vectors.shape[1])

    @property
    def info(self) -> EncoderInfo:
        """The hash is that of the vectors, or of the model that encodes the words."""
        own = hashlib.sha256(np.ascontiguousarray(self._vectors).data).hexdigest()
        return EncoderInfo(
            name=self.name,
            model=self._text.info.model if self._text else f"given:{self.name}",
            weights_hash=self._text.info.weights_hash if self._text else own,
            preprocessing="none: the vectors were given",
            dimension=self.dimension,
            has_text=self._text is not None,
        )

    def vector(self, sample_id: int, uri: str) -> Floats:
        """The unit vector of one sample, by its id or, where the vectors came with URIs, its URI.

        Raises:
            BadValue: none was given, or one that is not finite or all zeros.
        """
        row = self._rows.get(uri if self._by_uri else int(sample_id))
        if row is None:
            raise BadValue("No vector was given for this sample")
        length = self._lengths[row]
        if length == 0:
            raise BadValue("The vector given for this sample is all zeros")
        if not np.isfinite(length):
            raise BadValue("The vector given for this sample is not finite")
        return np.asarray(self._vectors[row] / length, dtype=np.float32)

    def lookup(
        self, items: Iterable[tuple[int, str]]
    ) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Floats, list[tuple[int, str]]]:
        """(m,) ids, (m, dimension) float32 unit vectors, and (id, why) of those without."""
        ids, vectors, failures = [], [], []
        for sample_id, uri in items:
            try:
                vectors.append(self.vector(sample_id, uri))
                ids.append(sample_id)
            except BadValue as error:
                failures.append((sample_id, str(error)))
        rows = np.stack(vectors) if vectors else np.zeros((0, self.dimension), dtype=np.float32)
        return np.array(ids, dtype=np.int64), rows, failures

    def prepare(self, image: Image.Image) -> Any:  # noqa: ARG002 - the protocol's
        """There is no model to prepare a picture for."""
        raise BadValue(f"{self.name!r} are vectors that were given; they encode no new picture")

    def encode_prepared(self, batch: Sequence[Any]) -> Floats:  # noqa: ARG002 - the protocol's
        """There is no model to encode a picture with."""
        raise BadValue(f"{self.name!r} are vectors that were given; they encode no new picture")

    def encode_texts(self, texts: Sequence[str]) -> Floats:
        """Encode words with the encoder that was given for them.

        Raises:
            BadValue: there is none.
        """
        if self._text is None:
            raise BadValue(
                f"The vectors {self.name!r} come without a model for words",
                hint="name it when adding them (text='ViT-B-32/laion2b_s34b_b79k'), or search with like=",
            )
        return self._text.encode_texts(texts)

    @property
    def logit_scale(self) -> float:
        """As that of the encoder for words, or CLIP's."""
        return float(getattr(self._text, "logit_scale", CLIP_LOGIT_SCALE))

    @property
    def reads_english(self) -> bool:
        """As that of the encoder for words; false where it does not say."""
        return bool(getattr(self._text, "reads_english", False))

    def token_count(self, text: str) -> tuple[int, int] | None:
        """As that of the encoder for words, where it counts."""
        count = getattr(self._text, "token_count", None)
        return None if count is None else count(text)


def as_frame(table: Any) -> polars.DataFrame:
    """`table` as a polars frame: it may be one, a pandas frame, an Arrow table, or the path of a Parquet file.

    Raises:
        BadValue: something else.
    """
    import polars as pl

    if isinstance(table, pl.DataFrame):
        return table
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    if isinstance(table, str | Path):
        return pl.read_parquet(table)
    if hasattr(table, "__arrow_c_stream__") or type(table).__module__.startswith("pandas"):
        return pl.DataFrame(table)
    raise BadValue(
        f"A table of vectors is a polars or pandas frame, an Arrow table or a path. Got {type(table).__name__}"
    )


def _lengths(column: polars.Series) -> list[int]:
    """The lengths that the lists of a column have; none for arrays, which have one by their type."""
    import polars as pl

    if column.dtype.base_type() != pl.List:
        return []
    return [int(length) for length in column.drop_nulls().list.len().unique().sort().to_list()]


def _vector_column(frame: polars.DataFrame) -> str:
    named = [column for column in VECTOR_COLUMNS if column in frame.columns]
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    if named:
        return named[0]
    if len(nested) == 1:
        return nested[0]
    raise BadValue(
        f"Which column holds the vectors? The table has {frame.columns}", hint="call it 'vector', or name it"
    )


def _two_dimensional(vectors: Any) -> Floats:
    if hasattr(vectors, "detach"):
        vectors = vectors.detach().float().cpu().numpy()
    try:
        rows = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise BadValue(f"Vectors are (n, dimension) numbers: {error}") from error
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise BadValue(f"Vectors have the shape (n, dimension). Got {rows.shape}")
    return rows
