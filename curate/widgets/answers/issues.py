"""What is wrong, by kind: how many in the dataset and in the view, and looking for it in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.analysis.issues import THRESHOLDS, flag_name
from curate.errors import BadValue
from curate.widgets import protocol
from curate.widgets.channel import Answer, Handler
from curate.widgets.columns import quoted
from curate.widgets.exploration import Exploration, Shown
from curate.widgets.filters import filters_of
from curate.widgets.following import Following
from curate.widgets.wording import samples

if TYPE_CHECKING:
    from curate.issues import Issues

ABOUT = {
    "dark": "even the brightest parts are dark",
    "light": "even the darkest parts are bright",
    "underexposed": "much of it is as good as black",
    "overexposed": "much of it is as good as white",
    "blurry": "no edge is sharp",
    "low_information": "there is hardly anything to see",
    "grayscale": "without colours among pictures with colours",
    "odd_size": "much larger or smaller than the others",
    "odd_aspect_ratio": "much longer than wide, or wider than long",
    "rotated": "EXIF turns it; a reader that ignores that sees it turned",
    "wrong_suffix": "the name ends like another format",
    "missing": "the file is not there any more",
    "empty": "the file has no bytes",
    "corrupt": "the file cannot be read as an image",
    "too_large": "too many pixels to decode",
    "unreadable": "the file could not be read",
    "box_outside": "a box reaches over the edge",
    "box_empty": "a box without a width or a height",
    "box_duplicate": "the same box twice",
    "unknown_class": "a class that its source has not declared",
    "class_spelling": "a class that is written in two ways",
    "label_without_picture": "labelled, but there is no picture to see",
    "picture_without_label": "without a label where most have one",
}
"""What each kind means, in a few words."""

Flags = dict[str, np.ndarray]


class IssueAnswers:
    """Answers about the issues that were found last, whoever has looked for them."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._dataset = exploration.dataset
        self._held: tuple[int, Issues | None, Flags] = (-1, None, {})
        self._seen = self._searches()
        self._following = Following(self._dataset.session, self._changed)

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {protocol.GetIssues: self._issues, protocol.FindIssues: self._find}

    def _issues(self, request: protocol.GetIssues) -> Answer:
        def counted(shown: Shown) -> tuple[Issues | None, list[protocol.IssueKind], int, int]:
            issues, flags = self._last()
            if issues is None:
                return None, [], 0, 0
            filters, here = filters_of(shown.view.query), shown.rows.positions
            kinds = [
                protocol.IssueKind(
                    kind=kind,
                    title=kind.replace("_", " ").capitalize(),
                    column=flag_name(kind),
                    about=about(kind, issues.thresholds.get(kind)),
                    all=int(np.count_nonzero(flag)),
                    view=int(np.count_nonzero(flag[here])),
                    picked=_picks(filters.get(("boolean", flag_name(kind)))),
                )
                for kind, flag in flags.items()
            ]
            wrong = np.logical_or.reduce(list(flags.values()))
            return issues, kinds, int(np.count_nonzero(wrong)), int(np.count_nonzero(wrong[here]))

        shown, (issues, kinds, any_all, any_view) = self._exploration.read(counted)
        return protocol.Issues(
            client=request.client,
            id=request.id,
            version=shown.version,
            searched=issues is not None,
            at=f"{issues.info.at.isoformat(timespec='microseconds')}Z" if issues else "",
            why="This dataset can only be read" if self._dataset.folder.read_only else "",
            samples=issues.info.samples if issues else 0,
            any_all=any_all,
            any_view=any_view,
            kinds=sorted(kinds, key=lambda kind: -kind.all),
        ), None

    def _find(self, request: protocol.FindIssues) -> Answer:
        self._dataset.folder.must_write()

        def run() -> str:
            issues = self._dataset.find_issues()
            return f"{samples(issues.info.samples)}, {issues.found:,} with an issue"

        job = self._exploration.jobs.start("issues", "Look for issues", run)
        return protocol.Started(client=request.client, id=request.id, job=job), None

    def _last(self) -> tuple[Issues | None, Flags]:
        """What was found last, None where nobody has looked, and (n,) bool by position of each kind; read once as it is."""
        session = self._dataset.session
        with session.lock:
            if self._held[0] != session.wide_version:
                try:
                    issues = self._dataset.issues()
                except BadValue:
                    self._held = session.wide_version, None, {}
                else:
                    columns = "".join(f", coalesce({quoted(flag_name(kind))}, false)" for kind in issues.info.kinds)
                    read = session.read(f"SELECT position{columns} FROM wide ORDER BY position").get_columns()[1:]
                    flags = {kind: flag.to_numpy() for kind, flag in zip(issues.info.kinds, read, strict=True)}
                    self._held = session.wide_version, issues, flags
            return self._held[1:]

    def _searches(self) -> int:
        return sum(row["action"] == "issues" for row in self._dataset.session.log)

    def _changed(self) -> None:
        if (searches := self._searches()) != self._seen:
            self._seen = searches
            self._exploration.announce(protocol.IssuesChanged())


def about(kind: str, threshold: Any) -> str:
    """What a kind means, with the score below which a sample has it.

    >>> about("dark", 0.32), about("empty", 0.5)
    ('even the brightest parts are dark: score below 0.32', 'the file has no bytes')
    """
    words = ABOUT.get(kind, "")
    if kind not in THRESHOLDS or threshold is None:
        return words
    if not isinstance(threshold, Mapping):
        return f"{words}: score below {threshold:g}"
    each = ", ".join(f"{value:g} for {'the others' if of is None else of}" for of, value in threshold.items())
    return f"{words}: score below {each}"


def _picks(filter: protocol.Values | protocol.Interval | None) -> bool:
    return isinstance(filter, protocol.Values) and filter.values == [True]
