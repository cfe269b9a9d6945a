"""What is broken, and what is there twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.duplicates import Duplicates
    from curate.issues import Issues, Threshold


class Cleaning:
    """The part of `Dataset` that finds what should not be there."""

    dataset: Dataset

    def find_issues(
        self,
        kinds: str | Sequence[str] | None = None,
        *,
        thresholds: Mapping[str, Threshold] | None = None,
        by: str | None = None,
        labels: str | Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    ) -> Issues:
        """Find what is wrong with pictures, files and labels, from what ingest measured; no picture is read again.

        Each kind gives the columns ``is_<kind>_issue`` and ``<kind>_score`` (0 to 1, low is bad), which take the place of those
        of the last call. Kinds and scores are explained in `curate.analysis.issues` and, of labels, `curate.analysis.annotations`.

        Args:
            kinds: one or more; None looks for all: dark, light, underexposed, overexposed, blurry, low_information, grayscale,
                odd_size, odd_aspect_ratio, rotated, wrong_suffix, the statuses of ingest, and what is wrong with labels where
                there are some.
            thresholds: kind to the score below which a sample has it, or to such numbers by group, None for all other groups.
            by: the column of these groups.
            labels: the label fields to check, or a field to the classes that it may have; None checks all, against the classes
                that sources declared.

        Raises:
            UnknownName: no such kind, column, group or label field.
            BadValue: a threshold outside 0 to 1, or of a kind that has none; groups without `by`, or the other way round.

        >>> issues = ds.find_issues(thresholds={"dark": {"night": 0.05, None: 0.3}}, by="timeofday")
        >>> issues["dark"].count() == issues.counts["dark"] == ds.where("is_dark_issue").count()
        True
        """
        from curate.issues import find_issues

        return find_issues(self.dataset, kinds, thresholds=thresholds, by=by, labels=labels)

    def issues(self) -> Issues:
        """What the last `find_issues` found.

        Raises:
            BadValue: nobody has looked yet.

        >>> found = ds.find_issues("blurry")
        >>> ds.issues().counts == found.counts
        True
        """
        from curate.issues import last_issues

        return last_issues(self.dataset)

    def find_duplicates(
        self,
        precision: float = 0.99,
        *,
        encoder: str | None = None,
        threshold: float | None = None,
        flips: bool = False,
        by: str | None = None,
        seed: int = 0,
    ) -> Duplicates:
        """Find what is there more than once: equal bytes, altered copies, and frames of one drive that hardly change.

        Pictures whose vectors or perceptual hashes are near are laid onto each other, and the three votes together make a
        similarity from 0 to 1. The threshold is calibrated on your own pictures: a hundred of them are altered and compared
        with their originals. What is a copy is what that does: half the size, 90 % of each side, JPEG of quality 30, a fifth
        brighter or darker, a caption written over it (`curate.media.alterations`).

        The groups become the columns ``duplicate_group``, ``duplicate_kept``, ``duplicate_of`` and ``sequence_group``. Nothing
        is removed.

        Args:
            precision: of the pairs that are found, the share that is to be copies; below 1.
            encoder: whose vectors; None takes those of the latest `embed`, and without any only hashes and pixels vote.
            threshold: a similarity from 0.5 to 1, instead of the calibrated one.
            flips: mirrored pictures are copies, too.
            by: the column that says which drive a frame belongs to; None takes videos, and names that differ in a number.
            seed: draws the pictures that are altered.

        Raises:
            BadValue: a precision or threshold out of range.
            UnknownName: no such encoder or column.

        >>> found = ds.find_duplicates()
        >>> found.redundant.count() == found.members.height - found.groups.height
        True
        """
        from curate.deduplication import find_duplicates

        return find_duplicates(
            self.dataset, precision, encoder=encoder, threshold=threshold, flips=flips, by=by, seed=seed
        )

    def duplicates(self) -> Duplicates:
        """What the last `find_duplicates` found.

        Raises:
            BadValue: nobody has looked yet.

        >>> found = ds.find_duplicates()
        >>> ds.duplicates().groups.equals(found.groups)
        True
        """
        from curate.duplicates import last_duplicates

        return last_duplicates(self.dataset)
