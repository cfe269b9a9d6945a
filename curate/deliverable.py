"""What a view hands over: splits and exports. The part of `View` that ends outside of the dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from curate.reading import Reading

if TYPE_CHECKING:
    from curate.exports.export import Export
    from curate.split import Split


class Deliverable(Reading):
    """The verbs with which a view leaves: every `View` has them."""

    def split(
        self,
        parts: Mapping[str, float | int],
        *,
        stratify: str | Sequence[str] | None = None,
        group_by: str | Sequence[str] | None = None,
        seed: int = 0,
        name: str = "split",
    ) -> Split:
        """Assign every sample to a part, keeping groups whole and columns balanced.

        The assignment becomes the column `name` of the dataset; splitting again under the same name replaces it, and undo
        brings the former one back.

        Args:
            parts: part to share (they sum to 1) or to number of samples.
            stratify: columns whose values are to have the same shares in every part.
            group_by: columns whose values must not be cut (drive, patient).
            seed: for the order in which equals are taken.
            name: of the split.

        >>> ds.split({"train": 0.8, "test": 0.2}, group_by="drive")
        <Split 'split' train: 49, test: 11>
        """
        from curate.split import make_split

        return make_split(self, parts, stratify=_several(stratify), group_by=_several(group_by), seed=seed, name=name)

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


def _several(columns: str | Sequence[str] | None) -> tuple[str, ...]:
    if columns is None:
        return ()
    return (columns,) if isinstance(columns, str) else tuple(columns)
