"""View: an immutable, lazy query on a dataset. A step gives a new view; a terminal verb runs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from curate import errors
from curate import query as q
from curate.deliverable import Deliverable
from curate.examples import examples, known_ids

if TYPE_CHECKING:
    from PIL import Image

    from curate.hunt import Hunt
    from curate.search.phrasings import Suggestions
    from curate.slice import Slice
    from curate.widgets.explorer import Explorer
    from curate.widgets.facets import Facets
    from curate.widgets.gallery import Gallery
    from curate.widgets.map import Map
    from curate.widgets.widget import ViewWidget

Words: TypeAlias = "str | Sequence[str] | Mapping[str, float]"
Picture: TypeAlias = "int | str | Path | Image.Image | np.ndarray"
Pictures: TypeAlias = "Picture | Sequence[Picture | tuple[Picture, float]]"

MOST_TAGS = 15
"""Tags of one event: its codes are the bits of an int16."""


class View(Deliverable):
    """A query on a dataset.

    >>> ds.where("weather = 'rain'").search("a bus").limit(20)
    <View ds.where("weather = 'rain'").search('a bus').limit(20)>
    """

    # -- steps --------------------------------------------------------------------------------------------------------

    def where(self, sql: str, *params: Any) -> View:
        """Keep the samples for which an SQL expression is true.

        Args:
            sql: one boolean expression over the columns of ``samples``, with ``?`` for each parameter. After a search it may
                also name ``score`` and ``rank``.
            params: text, numbers, times.

        Raises:
            UnknownName: a column that is not there.
            BadQuery: anything but one boolean expression.

        >>> ds.where("timeofday = ?", "night").count()
        14
        """
        return self._then(q.Where(sql, tuple(q.parameter(p) for p in params)), check=True)

    def search(
        self,
        words: Words | None = None,
        *,
        minus: Words = (),
        like: Pictures = (),
        unlike: Pictures = (),
        encoder: str | None = None,
        templates: Sequence[str] | None = None,
    ) -> View:
        """Score the samples by likeness and sort them, best first; adds ``score`` (cosine) and ``rank`` (from 1).

        A cosine says little by itself. Two columns more are there when they are named, in `df`, `where`, `sort_by` or `sql`:
        ``score_percentile``, how many of the dataset's samples score lower (0 to 100), and ``score_contrast``, how much nearer
        a sample is to the words than to neutral ones (0 to 1; at 0.5 they are no better than "a photo").
        Samples without a vector cannot be scored and are left out; `explain` says how many.

        Args:
            words: what to look for: a prompt, several, which are averaged, or a mapping of prompt to weight. Weights are
                relative to each other, here as in the other three.
            minus: what to move away from, likewise.
            like: examples: a sample id, a file, a picture or a vector, or several, each alone or as ``(example, weight)``.
            unlike: counterexamples, likewise.
            encoder: whose vectors to use; None takes those of the latest `embed`.
            templates: sentences with ``{}`` that a prompt is put into and averaged over; ``()`` takes the prompt as it is.

        Raises:
            BadValue: nothing to search for, an empty prompt, or a template without a place for it.
            VectorsNotFound: the dataset has no vectors, or an example has none.

        Warns:
            PromptTooLong: the model does not read to the end, once for each prompt.
            UnknownLanguage: the model's tokenizer was not made for the language of a prompt, likewise.

        >>> ds.where("brightness < 0.4").search("rain", minus="fog").limit(2).df(["weather", "rank"]).rows()
        [('rain', 1), ('rain', 2)]
        """
        from curate.search.prompts import checked_templates

        step = q.Search(
            words=q.words(words, name="words"),
            minus=q.words(minus, name="minus"),
            like=examples(self.dataset, like, encoder),
            unlike=examples(self.dataset, unlike, encoder),
            encoder=encoder,
            templates=checked_templates(templates) if templates else None if templates is None else (),
        )
        return self.searched(step)

    def searched(self, step: q.Search) -> View:
        """This view with a search; raises as `search` does."""
        if not (step.words or step.like):
            raise errors.BadValue(
                "search() needs words or examples", hint="ds.search('night hail') or ds.search(like=sample_id)"
            )
        info = self.dataset.vectors_.info(step.encoder)
        if (step.words or step.minus) and not info.has_text:
            raise errors.BadValue(
                f"The encoder {info.name!r} knows no words", hint="search(like=…), or embed with a CLIP model"
            )
        return self._then(step)

    def suggest(self, prompt: str, *, first: int = 200, encoder: str | None = None) -> Suggestions[View]:
        """Other ways to say a prompt, with how many new samples of the view each brings into the first ones.

        Words for the time, the weather, the place and the camera are put behind the prompt. The table prints; its `df` is a
        frame, and its ``pick(0, 3)`` is the view that the prompt and these phrasings find together.

        Args:
            prompt: what to look for.
            first: how many samples are compared.
            encoder: whose vectors to use; None takes those of the latest `embed`.

        Raises:
            BadValue: an empty prompt, or a view of no more than `first` samples.
            VectorsNotFound: the dataset has no vectors.

        >>> suggestions = ds.suggest("night hail", first=10)
        >>> suggestions.df.columns, suggestions.df["phrasing"][0]
        (['number', 'kind', 'phrasing', 'new'], 'night hail ...')
        >>> suggestions.pick(0).query.to_python()
        "ds.search(['night hail', 'night hail ...'])"
        """
        from curate.search.phrasings import suggest

        return suggest(self, prompt, first=_number(first, "first", least=1), encoder=encoder)

    def tagged(self, *tags: str) -> View:
        """Keep the samples that carry every one of the tags.

        >>> _ = ds.limit(3).tag("reviewed")
        >>> ds.tagged("reviewed").count()
        3
        """
        return self._then(q.Tagged(_texts(tags, "tagged")), check=True)

    def untagged(self, *tags: str) -> View:
        """Keep the samples that carry none of the tags.

        >>> _ = ds.limit(3).tag("reviewed")
        >>> ds.untagged("reviewed").count()
        57
        """
        return self._then(q.Untagged(_texts(tags, "untagged")), check=True)

    def select(self, ids: Iterable[int]) -> View:
        """Keep these samples, in this order.

        Raises:
            UnknownName: an id that the dataset does not have.

        >>> ds.select(ds.ids()[:2]).count()
        2
        """
        return self._then(q.Select(known_ids(self.dataset, ids)))

    def exclude(self, ids_or_view: Sequence[int] | np.ndarray | View) -> View:
        """Leave out these samples, or all those of another view.

        >>> ds.exclude(ds.where("weather = 'rain'")).count()
        44
        """
        if isinstance(ids_or_view, View):
            return self._then(q.Exclude(query=ids_or_view.query))
        return self._then(q.Exclude(ids=known_ids(self.dataset, ids_or_view)))

    def sort_by(self, column: str, *, descending: bool = False) -> View:
        """Sort by a column, ``score`` or ``rank``; nulls come last and ties stay in order.

        >>> darkest = ds.where("status = 'ok'").sort_by("brightness").first()
        >>> darkest["planted"]
        'dark'
        """
        from curate.search.evaluation import SCORE_COLUMNS

        if column not in SCORE_COLUMNS or not any(isinstance(s, q.Search) for s in self.query.steps):
            known = {c.lower() for c in self.dataset.columns}
            if column.lower() not in known:
                hint = f"{column} is there after search()" if column in SCORE_COLUMNS else ""
                raise errors.UnknownName("column", column, self.dataset.columns, hint=hint)
        return self._then(q.SortBy(column, descending))

    def limit(self, n: int) -> View:
        """Keep the first `n`.

        >>> ds.limit(5).count()
        5
        """
        return self._then(q.Limit(_number(n, "n", least=0)))

    def sample(self, n: int, *, how: str = "random", seed: int = 0) -> View:
        """Keep `n`, drawn at random; the same ones for the same seed, on every machine.

        Raises:
            BadValue: another `how` than ``random``.

        >>> ds.sample(5, seed=1).ids().tolist() == ds.sample(5, seed=1).ids().tolist()
        True
        """
        if how != "random":
            raise errors.BadValue(f"'how' must be 'random'. Got {how!r}", hint="sample(100, seed=0)")
        return self._then(q.Sample(_number(n, "n", least=0), how, _number(seed, "seed", least=0)))

    # -- showing ------------------------------------------------------------------------------------------------------

    def show(
        self,
        *,
        columns: int | None = None,
        thumbnail_size: int = 160,
        height: int | None = None,
        link: ViewWidget | None = None,
    ) -> Gallery:
        """The pictures in the cell.

        Args:
            columns: pictures in a row; None fits as many of `thumbnail_size` as there is room for.
            thumbnail_size: width of a tile, 64 to 512 CSS pixels.
            height: of the widget, 240 to 4000 CSS pixels.
            link: another widget of the same dataset, to share its view and its selection.

        Raises:
            MissingBundle: the browser side has not been built; the message names the command.
        """
        from curate.widgets.gallery import Gallery

        return Gallery(self, columns=columns, thumbnail_size=thumbnail_size, height=height, link=link)

    def map(self, *, height: int | None = None, link: ViewWidget | None = None) -> Map:
        """The samples as points in the cell, like beside like; `Dataset.project` places them. Takes what `show` does."""
        from curate.widgets.map import Map

        return Map(self, height=height, link=link)

    def facets(self, *, height: int | None = None, link: ViewWidget | None = None) -> Facets:
        """What the columns hold, in the view and in the whole dataset, to filter by. Takes what `show` does."""
        from curate.widgets.facets import Facets

        return Facets(self, height=height, link=link)

    def explore(
        self, *, thumbnail_size: int = 160, height: int | None = None, link: ViewWidget | None = None
    ) -> Explorer:
        """The whole app in the cell: search, facets, map, grid, inspector and selection. Takes what `show` does."""
        from curate.widgets.explorer import Explorer

        return Explorer(self, thumbnail_size=thumbnail_size, height=height, link=link)

    def __repr__(self) -> str:
        return f"<View {self.query.to_python()}>"

    # -- writing ------------------------------------------------------------------------------------------------------

    def tag(self, *tags: str) -> int:
        """Put tags on every sample of the view. Returns how many did not carry them all before.

        >>> ds.limit(3).tag("reviewed")
        3
        """
        return self._tag("tag", _texts(tags, "tag"))[0]

    def untag(self, *tags: str) -> int:
        """Take tags off every sample of the view. Returns how many carried one.

        >>> ds.limit(3).tag("reviewed"), ds.limit(1).untag("reviewed")
        (3, 1)
        """
        return self._tag("untag", _texts(tags, "untag"))[0]

    def save(self, name: str, *, note: str = "") -> Slice:
        """Save the view as a slice: its query, its members at this moment, who and when.

        >>> ds.where("weather = 'fog'").save("fog", note="for review").count
        12
        """
        from curate.slice import save_slice

        return save_slice(self, name, note=note)

    def hunt(
        self, name: str, *, like: Pictures = (), minus: Words = (), seed: int = 0, encoder: str | None = None
    ) -> Hunt:
        """Begin a hunt in this view, or resume the one of that name: review that learns, and says how many are left.

        Args:
            name: what to look for, in words; where the view has been searched already, that is looked for and this is a name.
            like: examples, as of `search`.
            minus: words for what is not wanted.
            seed: of what audits draw.
            encoder: whose vectors to use; None takes those of the latest `embed`.

        Raises:
            BadValue: a hunt of that name looks for something else.
            VectorsNotFound: the dataset has no vectors.

        >>> hunt = ds.hunt("a road at night")
        >>> hunt.mark(hunt.next(5), True)
        5
        >>> ds.hunt("a road at night")
        <Hunt 'a road at night': found 5 in 5 answers, of 57 samples>
        """
        from curate.hunt import begin

        return begin(self, name, like=like, minus=minus, seed=seed, encoder=encoder)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _then(self, step: q.AnyStep, *, check: bool = False) -> View:
        view = View(self.dataset, self.query.then(step))
        if check:
            # now rather than in the cell that happens to run it
            from curate.search.evaluation import check_step

            check_step(self.dataset.session, view.query)
        return view

    def _tag(self, action: str, tags: tuple[str, ...]) -> tuple[int, str]:
        return self.dataset.write_tags(action, tags, self.ids(), query=self.query.to_python())


def _texts(texts: Sequence[Any], verb: str) -> tuple[str, ...]:
    if not texts:
        raise errors.BadValue(f"{verb}() needs at least one tag", hint=f"{verb}('reviewed')")
    for text in texts:
        if not isinstance(text, str) or not text.strip():
            raise errors.BadValue(f"A tag must be text. Got {text!r}", hint=f"{verb}('reviewed', 'night')")
    if len(texts) > MOST_TAGS:
        raise errors.BadValue(
            f"{verb}() takes at most {MOST_TAGS} tags at once. Got {len(texts)}", hint="call it again for the rest"
        )
    return tuple(dict.fromkeys(texts))


def _number(value: Any, name: str, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise errors.BadValue(f"'{name}' must be a whole number from {least} on. Got {value!r}", hint=f"{name}=100")
    return int(value)
