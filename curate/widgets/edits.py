"""What a click changes in a query: each change of the browser as a function from one view to the next.

Nothing here keeps anything. The steps that come out read as a person would write them, and print as Python that gives the
same query again.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import numpy as np

from curate import query as q
from curate.errors import BadValue
from curate.media.decode import Undecodable, decode
from curate.query import Query
from curate.view import View
from curate.widgets import protocol, wording
from curate.widgets.exploration import KEEP, Keep
from curate.widgets.filters import place_of, read_step, step_of
from curate.widgets.placement import Steps, best_of, last_search, positives, with_filter, without_order

MOST_EXAMPLES = 64
MOST_WORDS = 64

LEAST_SIDE = 512
"""Pixels of the shorter side at which a picture is decoded to be searched by: more than any encoder looks at."""

MOST_PIXELS = 50_000_000
"""Width times height of a picture that is decoded in the kernel: it came from a browser and not from an ingest."""

BEST = 200
"""How many a new search shows. It scores everything, and a view of everything would tell nothing about what was found."""

P = TypeVar("P", bound=q.Word | q.Example)


@dataclass(frozen=True)
class Edit:
    """Another view, what it took to get there in words, and the column to group by."""

    view: View
    words: str
    group: str | Keep | None = KEEP


@dataclass(frozen=True)
class Scene:
    """What changes are made on.

    Attributes:
        view: what is shown.
        base: what the widget was made with.
        selected: gives (m,) int64 ids of the selection in the order of the view, and how many of them are in the view.
    """

    view: View
    base: View
    selected: Callable[[], tuple[np.ndarray, int]]

    @property
    def steps(self) -> Steps:
        """Of the query that is shown."""
        return self.view.query.steps

    @property
    def own(self) -> bool:
        """Whether a `limit` right behind the search was made in the widget, and did not come with the view."""
        return best_of(self.base.query.steps) is None

    def of(self, steps: Sequence[q.AnyStep]) -> View:
        """The view of other steps."""
        return self.view if tuple(steps) == self.steps else View(self.view.dataset, Query(tuple(steps)))


def edited(scene: Scene, change: protocol.AnyChange) -> Edit:
    """The view after a change. It may turn out not to run only when it is evaluated.

    Raises:
        CurateError: the change cannot be made.
    """
    match change:
        case protocol.AddSearch():
            return _search(scene, change)
        case protocol.AddExamples():
            return _examples(scene, change)
        case protocol.AddPicture():
            return _picture(scene, change)
        case protocol.AddWhere():
            return _where(scene, change)
        case protocol.SetFacet():
            return _facet(scene, change)
        case protocol.RemoveChip():
            return _remove(scene, change)
        case protocol.Sort():
            return _sort(scene, change)
        case protocol.Group():
            words = "no groups" if change.column is None else f"group by {change.column}"
            return Edit(scene.view, words, change.column)
        case protocol.Narrow():
            return _narrow(scene, change)
        case protocol.Best():
            return _best(scene, change)
        case protocol.Clear():
            return Edit(scene.base, "clear", None)


def _search(scene: Scene, change: protocol.AddSearch) -> Edit:
    words, minus = q.words(change.words, name="words"), q.words(change.minus, name="minus")
    if not words and not minus:
        raise BadValue("There are no words to search for", hint="write what the pictures show: night hail")
    before = _last(scene)
    after = msgspec.structs.replace(
        before,
        words=_joined(_less(before.words, minus), words),
        minus=_joined(_less(before.minus, words), minus),
    )
    if len(after.words) + len(after.minus) > MOST_WORDS:
        raise BadValue(f"A search takes at most {MOST_WORDS} words and phrases", hint="take some of them away first")
    said = [*(word.text for word in words), *(f"-{word.text}" for word in minus)]
    return _searched(scene, after, "search " + wording.cut(", ".join(said), 60))


def _examples(scene: Scene, change: protocol.AddExamples) -> Edit:
    if change.samples is None:
        picked, _ = scene.selected()
        ids = [int(id) for id in picked[: MOST_EXAMPLES + 1]]
        if not ids:
            raise BadValue("Nothing is selected", hint="select the samples to search by first")
        if len(picked) > MOST_EXAMPLES:
            raise BadValue(
                f"A search takes at most {MOST_EXAMPLES} examples, and {len(picked):,} samples are selected",
                hint="select a few that show what you look for",
            )
    else:
        ids = [int(id) for id in change.samples]
    scene.view.dataset.select(np.array(ids, np.uint64).astype(np.int64))  # refuses those that are not there
    given = tuple(q.Example(sample_id=id) for id in dict.fromkeys(ids))
    before = _last(scene)
    if change.alone:
        if change.unlike:
            raise BadValue("A search for nothing but what is unlike has nothing to look for", hint="search for words")
        after = q.Search(like=given, encoder=before.encoder)
    else:
        like, unlike = _less(before.like, given), _less(before.unlike, given)
        like, unlike = (like, _joined(unlike, given)) if change.unlike else (_joined(like, given), unlike)
        after = msgspec.structs.replace(before, like=like, unlike=unlike)
    if len(after.like) + len(after.unlike) > MOST_EXAMPLES:
        raise BadValue(f"A search takes at most {MOST_EXAMPLES} examples", hint="take some of them away first")
    names = wording.names(scene.view.dataset, ids[:1])
    what = names[ids[0]] if len(given) == 1 else f"{len(given)} samples"
    how = "nearest to" if change.alone else "unlike" if change.unlike else "like"
    return _searched(scene, after, f"{how} {wording.cut(what, 60)}")


def _picture(scene: Scene, change: protocol.AddPicture) -> Edit:
    from PIL import Image

    try:
        data = base64.b64decode(change.data, validate=True)
    except (binascii.Error, ValueError):
        raise BadValue("The picture did not arrive as base64", hint="drop or paste an image file") from None
    if not data:
        raise BadValue("The picture is empty", hint="drop or paste an image file")
    before = _last(scene)
    dataset = scene.view.dataset
    dataset.vectors_.info(before.encoder)  # before any decoding: without vectors it would be for nothing
    try:
        pixels = decode(data, min_side=LEAST_SIDE, max_pixels=MOST_PIXELS)
    except Undecodable as error:
        raise BadValue(str(error), hint="a JPEG, PNG or WebP of a common size works") from None
    vector = dataset.encode_picture(Image.fromarray(pixels), before.encoder)
    example = q.Example(vector=tuple(float(x) for x in vector))
    after = msgspec.structs.replace(before, like=_joined(before.like, (example,)))
    return _searched(scene, after, "like a picture")


def _searched(scene: Scene, step: q.Search, words: str) -> Edit:
    """The last search replaced by another, or one more where there is none; its order is the one to see."""
    steps = without_order(scene.steps)
    at = last_search(steps)
    before, behind = (steps, ()) if at is None else (steps[:at], steps[at + 1 :])
    checked = scene.of(before).searched(step)
    if at is None and len(scene.view.rows()) > BEST:
        behind = (q.Limit(BEST),)
    return Edit(scene.of((*checked.query.steps, *behind)), words)


def _best(scene: Scene, change: protocol.Best) -> Edit:
    steps = list(scene.steps)
    searched = last_search(scene.steps)
    if searched is None:
        raise BadValue("Nothing is searched for, so nothing is best", hint="search for words or for a picture first")
    if (at := best_of(scene.steps)) is not None:
        del steps[at]
    if change.count is None:
        return Edit(scene.of(steps), "all that were scored")
    steps.insert(searched + 1, q.Limit(change.count))
    return Edit(scene.of(steps), f"best {change.count:,}")


def _last(scene: Scene) -> q.Search:
    """The search to build on."""
    at = last_search(scene.steps)
    step = q.Search() if at is None else scene.steps[at]
    assert isinstance(step, q.Search)
    return step


def _joined(parts: tuple[P, ...], more: Sequence[P]) -> tuple[P, ...]:
    return (*parts, *(part for part in dict.fromkeys(more) if _key(part) not in {_key(held) for held in parts}))


def _less(parts: tuple[P, ...], gone: Sequence[P]) -> tuple[P, ...]:
    """What is looked for from now on is not looked away from any more, and the other way round."""
    keys = {_key(part) for part in gone}
    return tuple(part for part in parts if _key(part) not in keys)


def _key(part: q.Word | q.Example) -> object:
    return part.text.lower() if isinstance(part, q.Word) else (part.sample_id, part.location, part.vector)


def _where(scene: Scene, change: protocol.AddWhere) -> Edit:
    sql = change.sql.strip()
    step = q.Where(sql)
    session = scene.view.dataset.session
    steps = scene.steps if step in scene.steps else with_filter(session, scene.steps, step, own=scene.own)
    at = steps.index(step)
    scene.of(steps[:at]).where(sql)  # refuses what cannot run, with the words of the cell
    return Edit(scene.of(steps), f"where {wording.cut(sql, 60)}")


def _facet(scene: Scene, change: protocol.SetFacet) -> Edit:
    session = scene.view.dataset.session
    step = None if change.filter is None else step_of(session, change.kind, change.column, change.filter)
    place = place_of(change.kind, change.column)
    steps, mine = list(scene.steps), []
    for at, held in enumerate(steps):
        found = read_step(held)
        if found is not None and (found.over, found.name.lower()) == place:
            mine.append(at)
    for at in reversed(mine[1:] if step is not None else mine):
        del steps[at]
    if step is not None and mine:
        steps[mine[0]] = step
    elif step is not None:
        steps = list(with_filter(session, tuple(steps), step, own=scene.own))
    words = f"any {change.column}" if step is None else f"{change.column}: {wording.filter_text(change.filter)}"
    return Edit(scene.of(steps), wording.cut(words, 80))


def _remove(scene: Scene, change: protocol.RemoveChip) -> Edit:
    steps = scene.steps
    chip = next((c for c in wording.chips(scene.view.query) if (c.step, c.part) == (change.step, change.part)), None)
    if chip is None:
        raise BadValue("This part of the query is not there any more", hint="look at it and try again")
    left = _without_part(steps[change.step], change.part)
    # how many of a search are shown goes with it
    behind = change.step + 1 + (left is None and scene.own and best_of(steps) == change.step + 1)
    after = [*steps[: change.step], *([] if left is None else [left]), *steps[behind:]]
    if left is None and last_search(tuple(after)) is None:
        # what was sorted by the score has nothing to be sorted by any more
        plain = without_order(tuple(after))
        after = [*plain, *(s for s in after[len(plain) :] if isinstance(s, q.SortBy) and not _by_score(s))]
    return Edit(scene.of(after), f"without {wording.cut(chip.text, 60)}")


def _without_part(step: q.AnyStep, part: int) -> q.AnyStep | None:
    """The step without one of its parts; None where nothing is left of it that could stand."""
    match step:
        case q.Search():
            kept = {}
            for name in wording.PARTS:
                held = getattr(step, name)
                kept[name] = tuple(one for at, one in enumerate(held) if at != part)
                part -= len(held)
            left = msgspec.structs.replace(step, **kept)
            return left if positives(left) else None
        case q.Tagged(tags) | q.Untagged(tags) if len(tags) > 1:
            return type(step)(tags=tuple(tag for at, tag in enumerate(tags) if at != part))
        case _:
            return None


def _by_score(step: q.SortBy) -> bool:
    from curate.search.evaluation import SCORE_COLUMNS

    return step.column in SCORE_COLUMNS


def _sort(scene: Scene, change: protocol.Sort) -> Edit:
    view = scene.of(without_order(scene.steps))
    if change.column is None:
        return Edit(
            view, "the order of the search" if last_search(view.query.steps) is not None else "the order of ingest"
        )
    view = view.sort_by(change.column, descending=change.descending)
    return Edit(view, f"sort by {change.column}{', descending' if change.descending else ''}")


def _narrow(scene: Scene, change: protocol.Narrow) -> Edit:
    ids, here = scene.selected()
    if not len(ids):
        raise BadValue("Nothing is selected", hint="click a picture, or press Ctrl+A to select all that are shown")
    session, chosen = scene.view.dataset.session, tuple(ids.tolist())
    if not change.keep:
        steps = with_filter(session, scene.steps, q.Exclude(ids=chosen), own=scene.own)
        return Edit(scene.of(steps), f"without {wording.samples(len(ids))}")
    best = best_of(scene.steps)
    steps = tuple(step for at, step in enumerate(scene.steps) if at != best or not scene.own)
    if here < len(ids):  # some are outside of the view: nothing of it but its order is left then
        at = last_search(steps)
        steps = () if at is None else (steps[at],)
    return Edit(scene.of(with_filter(session, steps, q.Select(chosen))), f"only {wording.samples(len(ids))}")
