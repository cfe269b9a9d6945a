"""The order in which a hunt takes the samples: that of its words until there is something to learn from, then the model's."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from curate.hunting import choice
from curate.hunting.model import Model, learn
from curate.hunting.space import Booleans, Floats, Integers, Space, fit_space, fitting_rows
from curate.hunting.visibility import Visibility, visibility
from curate.search.index import VectorIndex

JUDGED_EACH = 50
"""Answers after which it is looked at again whether the vectors can see what is hunted for."""


class Ranking:
    """Scores of the samples of one hunt, learnt again where the answers have changed.

    It may be asked by several threads, which at worst learn the same twice.

    Args:
        index: the vectors, by position.
        query: (d,) what the hunt's words and examples search for.
        members: (n,) bool by position, the samples of the hunt; all have a vector.
        words: (n,) float32 by position, how well the words fit; nan where nobody looks.
        seed: of the hunt.

    Attributes:
        visibility: whether the vectors can see what is hunted for, when that was last looked at; None before.
    """

    def __init__(self, index: VectorIndex, query: np.ndarray, members: Booleans, words: Floats, *, seed: int) -> None:
        self.index = index
        self.query = query
        self.members = members
        self.words = words
        self.seed = seed
        self.visibility: Visibility | None = None
        self._judged = 0
        self._learnt: tuple[bytes, Model, Floats] | None = None

    @cached_property
    def space(self) -> Space:
        """In which the model learns."""
        rows = fitting_rows(self.members, seed=self.seed)
        return fit_space(self.index.reconstruct(rows))

    def scores(self, positions: Integers, verdicts: Booleans) -> Floats:
        """How likely each position is wanted: logits, or the words' scores while the hunt keeps to them.

        Args:
            positions: (m,) int64 of the answers to learn from.
            verdicts: (m,) bool, True is wanted.

        Returns:
            (n,) float32, nan for what is no member.
        """
        if choice.by_words(verdicts):
            return self.words
        return self._model(positions, verdicts)[1]

    def judge(self, positions: Integers, verdicts: Booleans) -> None:
        """Look at `visibility`, each time that there are `JUDGED_EACH` answers more; they are given as to `scores`."""
        times = len(positions) // JUDGED_EACH
        if times and times != self._judged:
            self.visibility = visibility(self.space, self.query, self.index.reconstruct(positions), verdicts)
            self._judged = times

    def next(
        self, n: int, positions: Integers, verdicts: Booleans, *, allowed: Booleans, rejected: Integers
    ) -> Integers:
        """(m,) int64 positions of the next `n` to show, of the (n,) bool `allowed`, without what is like `rejected`."""
        return choice.choose(
            self.scores(positions, verdicts),
            n,
            allowed=allowed & self.members,
            vectors_of=self.index.reconstruct,
            rejected=self.index.reconstruct(rejected),
        )

    def _model(self, positions: Integers, verdicts: Booleans) -> tuple[Model, Floats]:
        key = positions.tobytes() + verdicts.tobytes()
        learnt = self._learnt
        if learnt is None or learnt[0] != key:
            model = learn(self.space, self.query, self.index.reconstruct(positions), verdicts)
            logits = model.logits_over(self.index)
            logits[~self.members] = np.nan
            learnt = self._learnt = key, model, logits
        return learnt[1], learnt[2]
