"""Reading: what a query finds, computed when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from curate import errors
from curate import query as q
from curate.query import Query

if TYPE_CHECKING:
    import polars as pl
    from PIL import Image

    from curate.dataset import Dataset
    from curate.search.evaluation import Rows


class Reading:
    """A query on a dataset, and what it finds: the half of `View` that asks for no other view and writes nothing."""

    def __init__(self, dataset: Dataset, query: Query) -> None:
        self.dataset = dataset
        self.query = query
        self._rows: tuple[int, Rows] | None = None

    def rows(self) -> Rows:
        """Positions and scores, computed again when the dataset has changed."""
        from curate.search.evaluation import evaluate

        session = self.dataset.session
        self.dataset.vectors_.warm(self.query.steps)
        with session.lock:
            session.refresh(now=False)
            if self._rows is None or self._rows[0] != session.version:
                self._rows = (session.version, evaluate(self.query, session, self.dataset.vectors_))
            return self._rows[1]

    def count(self) -> int:
        """Number of samples.

        >>> ds.count()
        60
        """
        return len(self.rows())

    def __len__(self) -> int:
        return self.count()

    def ids(self) -> np.ndarray:
        """(n,) int64 sample ids, in the order of the view.

        >>> ds.limit(3).ids().dtype
        dtype('int64')
        """
        ids: np.ndarray = self.dataset.session.sample_ids[self.rows().positions]
        return ids

    def df(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The metadata as a polars frame: all columns or these; after a search with ``score`` and ``rank``.

        >>> ds.df(["weather"])["weather"].value_counts(sort=True).rows()
        [('clear', 32), ('rain', 16), ('fog', 12)]
        """
        from curate.search.evaluation import frame

        if isinstance(columns, str):
            columns = [columns]
        return frame(self.dataset.session, self.rows(), columns, searcher=self.dataset.vectors_)

    def first(self) -> dict[str, Any]:
        """The first sample's columns.

        Raises:
            BadValue: the view is empty.

        >>> ds.first()["uri"]
        'images/drive_000/frame_0642.jpg'
        """
        rows = Reading(self.dataset, self.query.then(q.Limit(1))).df()
        if rows.height == 0:
            raise errors.BadValue("This view is empty", hint=f"it is {self.query.to_python()}")
        return rows.row(0, named=True)

    def sql(self, query: str) -> pl.DataFrame:
        """One SELECT over the view, which is called ``this``; ``samples``, ``labels``, ``events`` and ``slices`` stand beside it.

        Raises:
            BadQuery: not one SELECT, or one that DuckDB refuses.

        >>> ds.sql("SELECT weather, count(*) AS n FROM this GROUP BY 1 ORDER BY n DESC").rows()
        [('clear', 32), ('rain', 16), ('fog', 12)]
        """
        from curate.search.evaluation import select

        return select(self.dataset.session, self.rows(), query, searcher=self.dataset.vectors_)

    def vectors(self, encoder: str | None = None) -> np.ndarray:
        """(n, d) float32 unit vectors in the order of the view; NaN where a sample has none.

        >>> ds.vectors().shape
        (60, 128)
        """
        index = self.dataset.vectors_.index(encoder)
        positions = self.rows().positions
        vectors: np.ndarray = index.reconstruct(positions)
        vectors[~index.present[positions]] = np.nan
        return vectors

    def images(self) -> Iterator[Image.Image]:
        """The pictures in full size, upright, RGB, one at a time; a sample that cannot be read is passed over.

        >>> next(ds.images()).size
        (320, 240)
        """
        for position in self.rows().positions:
            try:
                yield self.dataset.image(int(position))
            except (OSError, ValueError):
                continue

    def explain(self) -> str:
        """What runs: the query as Python, its steps, DuckDB's plan of the filters, and what could not be scored.

        >>> print(ds.where("weather = 'fog'").explain())
        ds.where("weather = 'fog'")
        12 of 60 samples
        SELECT position FROM samples WHERE (weather = 'fog')
        ...
        """
        rows = self.rows()
        lines = [self.query.to_python(), f"{len(rows):,} of {self.dataset.session.n:,} samples"]
        if rows.unscored:
            lines.append(f"{rows.unscored:,} samples passed the filters and have no vector: they are left out")
        for step in self.query.steps:
            if isinstance(step, q.Where):
                sql = f"SELECT position FROM samples WHERE ({step.sql})"
                lines.append(sql)
                plan = self.dataset.session.cursor()
                try:
                    lines.append(str(plan.execute(f"EXPLAIN {sql}", step.params).fetchall()[0][1]))
                except Exception as error:
                    lines.append(f"  runs on the scored rows ({type(error).__name__})")
            elif isinstance(step, q.Search):
                info = self.dataset.vectors_.info(step.encoder)
                lines.append(
                    f"exact search in {info.name} ({info.dimension} dimensions), over the rows that passed so far"
                )
        return "\n".join(lines)
