"""What a view hands over: splits and exports. The part of `View` that ends outside of the dataset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from curate.reading import Reading

if TYPE_CHECKING:
    from curate.exports.export import Export
    from curate.split import Split
    from curate.to_fiftyone import Sent
    from curate.training.dataset import PictureDataset
    from curate.training.stream import PictureStream


class Deliverable(Reading):
    """The verbs with which a view leaves: every `View` has them."""

    def split(
        self,
        parts: Mapping[str, float | int],
        *,
        stratify: str | Sequence[str] | None = None,
        group_by: str | Sequence[str] | None = None,
        leak: float | Literal["auto"] | None = "auto",
        by_time: str | None = None,
        gap: dt.timedelta | float | str | None = None,
        fix: Mapping[str, Any] | None = None,
        seed: int = 0,
        name: str = "v1",
    ) -> Split:
        """Assign every sample to a part, keeping groups and near-duplicates together and columns balanced.

        The assignment becomes the column `name` of the dataset; splitting again under the same name replaces it, and undo
        brings the former one back. What cannot be met is an error, or a warning of the certificate with the numbers.

        Args:
            parts: part to share (they sum to 1) or to number of samples.
            stratify: columns whose values are to have the same shares in every part; numbers by quantile, lists and fields of
                labels by each of their values.
            group_by: columns whose values must not be cut (drive, patient).
            leak: the cosine from which on two samples may not be on two sides. ``"auto"`` takes what altered copies of these
                pictures keep, and where there are no vectors, near hashes; None looks for nothing.
            by_time: a column of times or numbers; the parts follow each other along it, in the order in which they are named.
            gap: between parts by time: a timedelta, "2h", or a number where the column has numbers. What lies in it is in no part.
            fix: part to a view, a slice or sample ids that are to be in it; their groups go with them.
            seed: for the order in which equals are taken.
            name: of the split.

        Raises:
            UnknownName: a column or a part that is not there.
            BadValue: parts that cannot be made, pins that contradict each other, a leak that is no cosine.

        >>> split = ds.split({"train": 0.8, "test": 0.2}, group_by="drive", stratify="weather")
        >>> split.parts, split.certificate.cut, split.certificate.nearness.across
        (('train', 'test'), 0, 0)
        """
        from curate.splitting import make_split

        return make_split(
            self,
            parts,
            stratify=_several(stratify),
            group_by=_several(group_by),
            leak=leak,
            by_time=by_time,
            gap=gap,
            fix=fix,
            seed=seed,
            name=name,
        )

    def export(
        self,
        path: str | Path,
        *,
        format: str,
        labels: str | Sequence[str] | None = None,
        source: str | Sequence[str] | None = None,
        classes: Sequence[str] | Mapping[str, str] | None = None,
        media: str = "copy",
        resize: int | Sequence[int] | None = None,
        encode: str | None = None,
        overwrite: bool = False,
    ) -> Export:
        """Write the view for a consumer, read it back, and keep a manifest that verifies.

        It is written beside `path` and takes its place when all is right. Interrupted or killed, and started again, it does only
        the rest. The same samples and labels give the same bytes.

        Args:
            path: a folder that is not there yet, or a URL such as ``s3://bucket/out``.
            format: see `curate.exports.formats.FORMATS`; ``coco``, ``parquet``, ``imagefolder`` …
            labels: label fields or columns; None takes every field.
            source: whose labels; None takes everybody's.
            classes: class names in the order of their numbers, or a mapping from class to class, several to one if need be. What
                is not named is left out and counted. None takes the order that sources have declared, then the alphabet.
            media: ``copy``, ``hardlink``, ``symlink`` or ``reference``.
            resize: the longest side in pixels (smaller pictures stay), or width and height. Labels follow.
            encode: ``jpeg``, ``png`` or ``webp``; ``jpeg:85`` says the quality.
            overwrite: replace a former export at `path`.

        >>> export = ds.where("status = 'ok'").export(tmp_path / "out", format="coco")
        >>> export.counts["samples"], export.verify().ok
        (57, True)
        """
        from curate.handover import export_view

        return export_view(
            self,
            path,
            format=format,
            labels=labels,
            source=source,
            classes=classes,
            media=media,
            resize=resize,
            encode=encode,
            overwrite=overwrite,
        )

    @overload
    def torch(
        self,
        transform: Callable[..., Any] | None = None,
        labels: str | None = None,
        *,
        classes: Sequence[str] | Mapping[str, str] | None = None,
        source: str | Sequence[str] | None = None,
        missing: str = "raise",
        iterable: Literal[False] = False,
        shuffle: bool | int = False,
        seed: int = 0,
        shard: tuple[int, int] | None = None,
    ) -> PictureDataset: ...

    @overload
    def torch(
        self,
        transform: Callable[..., Any] | None = None,
        labels: str | None = None,
        *,
        classes: Sequence[str] | Mapping[str, str] | None = None,
        source: str | Sequence[str] | None = None,
        missing: str = "raise",
        iterable: Literal[True],
        shuffle: bool | int = False,
        seed: int = 0,
        shard: tuple[int, int] | None = None,
    ) -> PictureStream: ...

    def torch(
        self,
        transform: Callable[..., Any] | None = None,
        labels: str | None = None,
        *,
        classes: Sequence[str] | Mapping[str, str] | None = None,
        source: str | Sequence[str] | None = None,
        missing: str = "raise",
        iterable: bool = False,
        shuffle: bool | int = False,
        seed: int = 0,
        shard: tuple[int, int] | None = None,
    ) -> PictureDataset | PictureStream:
        """A PyTorch dataset of the view's pictures and targets; they are read where they are, and decoded in the workers.

        Its ``loader(64, num_workers=4)`` is a `DataLoader` that shuffles, shards by rank, and whose ``state_dict`` resumes exactly
        in the middle of an epoch. Any other `DataLoader` takes the dataset, too.

        Args:
            transform: makes of a picture (PIL, RGB, upright) what a model takes; None gives (3, height, width) uint8 tensors.
                With boxes it takes picture and target and gives both, as those of ``torchvision.transforms.v2``.
            labels: the label field, or the column, with the classes; where labels have a place, targets are boxes. A column of
                floats is regressed. None gives sample ids as targets, with which predictions come back by `add_labels`.
            classes: names in the order of their numbers, from 0, or a mapping from values to names; others are left out and
                counted. None takes all of the dataset, not of the view, so that every part numbers them alike.
            source: whose labels, of a field; None takes everybody's but what models predicted.
            missing: what becomes of a picture that cannot be read: ``raise``; ``skip``, which gives a smaller batch; or
                ``substitute``, which takes the next one. The last two count it in ``unreadable``.
            iterable: a dataset that is iterated, each worker its share, instead of one that is indexed.
            shuffle: True; or the size of a buffer to shuffle through, which keeps reads near each other. It is for `loader` and
                for iterating: an index always means the same picture.
            seed: of the shuffling.
            shard: rank and number of ranks; None takes those of ``torch.distributed`` where that runs.

        Raises:
            NotReadable: samples are known to be missing or broken, and `missing` is ``raise``.
            UnknownName: no such label field or column, or source.
            BadValue: nothing to train on, or an argument out of its range.

        >>> train = ds.where("status = 'ok'").torch(labels="weather", shuffle=True)
        >>> train.classes, len(train), train[0][0].shape
        (('clear', 'fog', 'rain'), 57, torch.Size([3, 240, 320]))
        >>> [len(weather) for _, weather in train.loader(20)]
        [20, 20, 17]
        """
        from curate.pytorch import training_set
        from curate.training.stream import PictureStream

        pictures = training_set(
            self,
            transform=transform,
            labels=labels,
            classes=classes,
            source=source,
            missing=missing,
            shuffle=shuffle,
            seed=seed,
            shard=shard,
        )
        return PictureStream(pictures) if iterable else pictures

    def to_fiftyone(self, name: str | None = None, *, launch: bool = False) -> Sent:
        """Make a dataset of FiftyOne of the view, which `Dataset.ingest` takes back.

        Pictures stay where they are. Metadata become fields, labels a label field for each field and source, slices saved views of
        their members, splits tags, and the vectors of each encoder a similarity run: FiftyOne sorts by a picture, and by words
        where its model zoo has the model. What it cannot hold is counted in what comes back.

        Args:
            name: of the dataset there, which stays; without one it is gone when the session ends.
            launch: open FiftyOne's app.

        Raises:
            MissingExtra: FiftyOne is not installed.
            DatabaseNotFound: FiftyOne has no MongoDB; with its own reason.
            DatasetExists: it has a dataset of that name.

        >>> ds.where("weather = 'fog'").to_fiftyone("fog").dataset.count()                              # doctest: +SKIP
        12
        """
        from curate.to_fiftyone import to_fiftyone

        return to_fiftyone(self, name, launch=launch)


def _several(columns: str | Sequence[str] | None) -> tuple[str, ...]:
    if columns is None:
        return ()
    return (columns,) if isinstance(columns, str) else tuple(columns)
