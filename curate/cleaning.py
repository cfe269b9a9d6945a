"""What is broken, and what is there twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.dataset import Dataset
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
