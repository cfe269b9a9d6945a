"""Dataset: a folder of append-only tables, and the view of everything in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import errors
from curate.cleaning import Cleaning
from curate.examples import known_ids
from curate.query import Query
from curate.samples import Samples
from curate.saved import Saved
from curate.store import snapshots
from curate.store.folder import Folder
from curate.view import View

if TYPE_CHECKING:
    import polars as pl

    from curate.classification import Classified
    from curate.difference import Difference
    from curate.embedding import Embedded
    from curate.encoders.encoder import EncoderInfo
    from curate.joining import Joined
    from curate.labels.zero_shot import Classes
    from curate.projection import Projected
    from curate.sources.ingest import Ingested


class Dataset(View, Samples, Saved, Cleaning):
    """A dataset; every verb of `View` works on it and sees all of its samples.

    Open one with `curate.open`, `curate.create` or `curate.demo`.
    """

    def __init__(self, folder: Folder) -> None:
        Samples.__init__(self, folder)
        View.__init__(self, self, Query())

    def __repr__(self) -> str:
        self.session.refresh()
        past = ", read-only" if self.folder.read_only else ""
        return f"<Dataset {self.name!r}: {self.session.n:,} samples, {len(self.columns)} columns{past}>"

    # -- samples in ---------------------------------------------------------------------------------------------------

    def ingest(
        self,
        source: Any,
        *,
        root: str | None = None,
        labels: str | Sequence[str] | None = None,
        origin: str | None = None,
        column: str | None = None,
        format: str | None = None,
        workers: int | None = None,
    ) -> Ingested:
        """Add samples: new ones are read, changed and vanished ones noted, the others left alone.

        It never stops at a bad file: that one is kept with its status and the decoder's words in ``error``. Killed and started
        again, it does only the rest.

        Args:
            source: a folder, a glob pattern, a list of files, or a table (polars, pandas, Arrow, or a CSV, Parquet or JSONL file)
                with a column of paths, whose other columns become metadata; or a dataset or view of FiftyOne, with its fields,
                labels, tags, vectors and saved views. Nothing that was taken out there is taken out here.
            root: the name of the root that the samples belong to, or the folder that a table's paths are relative to. By default
                the folder's own name.
            labels: columns of the table that are stored as labels, too; with a `format`, the field of its labels (``objects``).
            origin: captured, synthetic or generated.
            column: of a table, the one that holds the paths.
            format: ``coco``, ``yolo`` or ``voc``: the folder has such annotation files, or the source is one; their labels come in.
            workers: worker processes; None takes one a core.

        Raises:
            SourceNotFound: nothing is there.
            BadSource: nothing can be made of it.

        >>> ds.ingest(tmp_path / "roads.curate" / "media").unchanged
        60
        """
        from curate.intake import ingest

        return ingest(
            self, source, root=root, labels=labels, origin=origin, column=column, format=format, workers=workers
        )

    def embed(
        self,
        model: Any = None,
        *,
        name: str | None = None,
        text: Any = None,
        batch_size: int | None = None,
        device: str | None = None,
        precision: str = "auto",
    ) -> Embedded:
        """Make the vectors that are missing.

        Args:
            model: ``"ViT-B-32/laion2b_s34b_b79k"`` (OpenCLIP's names), ``"local-dir:PATH"``, ``"demo"``, a callable from a list of
                pictures to (n, d) vectors, or vectors: an array row-aligned with ``ds.ids()``, or a table. None takes the encoder
                that the dataset has, else an OpenCLIP model, and says which.
            name: of the encoder, for a callable or for vectors.
            text: what encodes words into the same space: a callable beside a callable, a model beside vectors.
            batch_size: pictures a forward pass; None takes what is fastest here.
            device: ``cpu``, ``cuda``; None takes a GPU where there is one.
            precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``; auto takes bf16 where the hardware computes in it.

        Raises:
            WeightsNotFound: the weights are not here and cannot be had; the message says what works offline.

        >>> ds.embed().there
        57
        """
        from curate.embedding import embed

        return embed(self, model, name=name, text=text, batch_size=batch_size, device=device, precision=precision)

    def project(
        self,
        encoder: str | None = None,
        *,
        neighbours: int = 15,
        min_dist: float = 0.1,
        seed: int = 0,
        again: bool = False,
    ) -> Projected:
        """Make the map: a place in the plane for each sample with a vector, near ones near each other (UMAP).

        The places are the columns ``projection_x`` and ``projection_y``. Called again it only places what is new, among what is
        there; for another encoder or other parameters a new map is made, and the result says why.

        Args:
            encoder: whose vectors; None takes those of the latest `embed`.
            neighbours: how many a sample is drawn to, 2 to 200: few show fine structure, many the large shape.
            min_dist: how close samples may come, 0 to 1.
            seed: the same seed gives the same map on the same machine.
            again: make a new map although there is one.

        Raises:
            VectorsNotFound: there are no vectors yet.
            BadValue: a parameter out of range.

        >>> ds.project().laid_out
        57
        >>> ds.where("projection_x IS NOT NULL").count()
        57
        """
        from curate.projection import project

        return project(self, encoder, neighbours=neighbours, min_dist=min_dist, seed=seed, again=again)

    def encoders(self) -> list[EncoderInfo]:
        """The encoders whose vectors the dataset has.

        >>> [encoder.name for encoder in ds.encoders()]
        ['demo']
        """
        return [self.vectors_.info(name) for name in self.vectors_.names()]

    @property
    def encoder(self) -> EncoderInfo:
        """The encoder that searches use by default: that of the latest `embed`.

        Raises:
            VectorsNotFound: there are no vectors yet.
        """
        return self.vectors_.info()

    def add_labels(
        self, table: Any, *, field: str, source: str, source_kind: str = "annotator", run: str | None = None
    ) -> int:
        """Store labels; the same ones again add nothing. Returns how many are new.

        Args:
            table: polars, pandas or Arrow, one row a label, with ``sample_id`` (or ``uri``), ``value`` and where in the picture it
                is: ``box`` (x, y, width, height in pixels; or ``x``, ``y``, ``w``, ``h``), ``polygon`` or ``keypoints`` (x, y, x, y
                …), ``mask`` (PNG or pixels); ``score`` and ``attributes`` if there are any.
            field: what they are about: ``weather``, ``objects``.
            source: who says so.
            source_kind: annotator, model or rule.
            run: what they belong to; undo takes a run back.

        >>> ds.add_labels(ds.limit(2).df(["sample_id", "weather"]).rename({"weather": "value"}), field="weather", source="ada")
        2
        """
        from curate.intake import add_labels

        return add_labels(self, table, field=field, source=source, source_kind=source_kind, run=run)

    def labels(self, field: str | None = None) -> pl.DataFrame:
        """The labels of a field, or all: one row a label.

        >>> ds.labels("objects")["value"].value_counts(sort=True).rows()[:2]
        [('bus', 41), ('car', 23)]
        """
        self.session.refresh()
        if field is None:
            return self.session.read("SELECT * FROM labels")
        known = self.session.read("SELECT DISTINCT field FROM labels ORDER BY 1")["field"].to_list()
        if field not in known:
            raise errors.UnknownName("label field", field, known)
        return self.session.read("SELECT * FROM labels WHERE field = ?", [field])

    def classify(
        self,
        field: str,
        classes: Classes | None = None,
        *,
        calibrate: str | None = None,
        from_labels: bool = False,
        encoder: str | None = None,
        none_of_these: bool = True,
    ) -> Classified:
        """Give every sample with a vector a class of `field`, as a label of the source ``clip:ENCODER`` with a probability.

        A later answer of the same encoder takes the place of a former one; `undo` brings that back.

        Args:
            field: what the labels are about. ``"lighting"`` needs no classes: day, dusk and night, from pixels and words together.
            classes: words, or a mapping of names to one or more phrasings each.
            calibrate: the label field or column with the true values of at least 50 samples, from which probabilities are made
                to mean what they say; None takes what annotators said of `field`, where that is enough.
            from_labels: learn from what annotators said of `field`, instead of from words.
            encoder: whose vectors; None takes those of the latest `embed`.
            none_of_these: with words, a sample may belong to no class.

        Raises:
            BadValue: no classes, a class twice, no labels to learn from, too few to calibrate on, an encoder without words.
            VectorsNotFound: there are no vectors yet.

        >>> weather = ds.classify("weather", ["clear", "rain", "hail", "snow", "fog"])
        >>> sum(weather.counts.values()), weather["rain"].count() == weather.counts["rain"]
        (57, True)
        """
        from curate.classification import classify

        return classify(
            self,
            field,
            classes,
            calibrate=calibrate,
            from_labels=from_labels,
            encoder=encoder,
            none_of_these=none_of_these,
        )

    def join(self, table: Any, *, on: str | Sequence[str], name: str | None = None) -> Joined:
        """Give samples the columns of a table, by keys: weather by day and place, a map's tiles, what a supplier says of a file.

        Each key may be in the table once; any number of samples may have it. Columns keep their names, so those of the table
        must be new. What did not match is counted in what comes back, and `undo` takes the join back.

        Args:
            table: polars, pandas or Arrow, or a CSV, Parquet, JSON or Arrow file.
            on: one column, or several, that both have: text, numbers, days or times (those without a zone are UTC).
            name: of the join, by default its first column. Joined again under the same name, it takes the former's place.

        Raises:
            UnknownName: a key that the dataset or the table does not have.
            BadValue: keys of different types, a key twice in the table, a column that is there already, or no match at all.
            BadSource, SourceNotFound: no table, or none that can be stored.

        >>> tyres = {"drive": ["drive-000", "drive-001"], "tyres": ["winter", "summer"]}
        >>> ds.join(pl.DataFrame(tyres), on="drive").count == ds.where("tyres IS NOT NULL").count()
        True
        """
        from curate.joining import join

        return join(self, table, on=on, name=name)

    def join_asof(
        self,
        log: Any,
        *,
        on: str = "captured_at",
        by: str | Sequence[str] | None = None,
        tolerance: str | timedelta = "2s",
        name: str | None = None,
    ) -> Joined:
        """Give samples the columns of the row of a log that is nearest in time, earlier or later, and not further than `tolerance`.

        As `join` in all else. The log may be in any order; times without a zone are UTC, in the log as in the dataset.

        Args:
            log: polars, pandas or Arrow, or a CSV, Parquet, JSON or Arrow file.
            on: the column of times that both have.
            by: columns that must be equal besides: ``drive``, ``vehicle``.
            tolerance: ``"500ms"``, ``"2s"``, ``"1h30m"``, or a timedelta.
            name: of the join, by default its first column.

        >>> log = ds.limit(9).df(["captured_at"]).with_columns(wiper=1).with_columns(pl.col("captured_at").dt.offset_by("400ms"))
        >>> ds.join_asof(log, tolerance="500ms").count
        9
        """
        from curate.joining import join_asof

        return join_asof(self, log, on=on, by=by, tolerance=tolerance, name=name)

    # -- time ---------------------------------------------------------------------------------------------------------

    def history(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        notebook: str | None = None,
        sample: int | None = None,
    ) -> pl.DataFrame:
        """Who did what when, newest first: event_id, time (UTC), actor, action, what, count, notebook, undone.

        Each argument leaves less; times and snapshots' names are as for `at`, and a `sample` is an id.

        >>> _ = ds.limit(3).tag("reviewed")
        >>> ds.history(action="tag", sample=ds.ids()[0]).select("action", "what", "count").rows()
        [('tag', 'reviewed', 3)]
        """
        from curate.history import history

        return history(self, actor=actor, action=action, since=since, until=until, notebook=notebook, sample=sample)

    def undo(self, event: str | None = None) -> str:
        """Take back any event, by default the latest of yours that can be; undoing an undo is redo.

        Tags, slices, splits, labels, joins and answers of a hunt can be taken back, unless later events were built on them:
        those are named. Nothing is erased: the undo is an event itself.

        Returns:
            What was undone, in words.

        Raises:
            UnknownName: no such event.
            BadValue: there is nothing to undo, it cannot be undone, or later events were built on it.

        >>> _ = ds.limit(3).tag("reviewed")
        >>> ds.undo()
        'tag reviewed'
        """
        from curate.undo import take_back

        return take_back(self, event)[1]

    def snapshot(self, name: str) -> None:
        """Name this moment; `at` opens it again, whatever is done later.

        >>> ds.snapshot("v1")
        >>> ds.snapshots()["name"].to_list()
        ['v1']
        """
        snapshots.take_snapshot(self.folder, name)
        self.write_event("snapshot", {"name": name}, count=self.session.n)

    def snapshots(self) -> pl.DataFrame:
        """One row a snapshot: name, time (UTC), actor."""
        return snapshots.list_snapshots(self.folder)

    def at(self, moment: str | datetime) -> Dataset:
        """The dataset as it was at a snapshot's name or a time (UTC), read-only.

        >>> ds.snapshot("v1")
        >>> _ = ds.limit(3).tag("later")
        >>> ds.at("v1").session.tags
        {}
        """
        return Dataset(Folder(self.folder.location, pinned=snapshots.versions_at(self.folder, moment)))

    def diff(self, a: str | datetime, b: str | datetime | None = None) -> Difference:
        """What differs between two moments, each as for `at`; None is now.

        >>> ds.snapshot("v1")
        >>> _ = ds.limit(3).tag("wet")
        >>> ds.diff("v1")
        <Difference 'v1' to 'now': tags wet: 3 added>
        """
        from curate.difference import difference

        return difference(self, a, b)

    # -- housekeeping -------------------------------------------------------------------------------------------------

    def optimize(self) -> None:
        """Merge small fragments, and free what superseded vectors and thumbnails hold. History and snapshots stay.

        >>> ds.optimize()
        """
        self.folder.must_write()
        for name in self.folder.versions():
            table = self.folder.table(name)
            table.compact()
            if name == "thumbnails" or name.startswith("vectors/"):
                table.forget_old_versions()

    def purge(self, ids: Iterable[int]) -> int:
        """Erase samples for good: rows, labels, thumbnails, vectors, and every trace in older versions.

        For privacy requests; nothing brings them back. The media files are not ours and are not touched. Snapshots hold the
        past, so they have to go with it.

        Returns:
            How many samples were erased.

        >>> ds.purge(ds.ids()[:2]), ds.count()
        (2, 58)
        """
        from curate.erasure import purge

        return purge(self, known_ids(self, ids))


def create(path: str | Path, *, roots: Mapping[str, str] | None = None) -> Dataset:
    """Make an empty dataset in a new folder.

    Args:
        path: a folder that is not there yet, local or ``s3://``, ``gs://``, ``az://``.
        roots: names and locations of folders that media will come from.

    Raises:
        DatasetExists: there is something at `path`.
    """
    dataset = Dataset(Folder.create(path))
    if roots:
        dataset.roots(roots)
    return dataset


def open(path: str | Path, *, at: str | datetime | None = None) -> Dataset:
    """Open a dataset.

    Args:
        path: its folder, local or ``s3://``, ``gs://``, ``az://``.
        at: a snapshot's name or a time (UTC), to open the past read-only.

    Raises:
        DatasetNotFound: there is none, with near names.
        FormatTooNew: a newer Curate wrote it.
    """
    folder = Folder.open(path)
    if at is None:
        return Dataset(folder)
    return Dataset(Folder(folder.location, pinned=snapshots.versions_at(folder, at)))
