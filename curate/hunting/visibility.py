"""Whether the vectors can see what is hunted for.

A global vector of a picture may know nothing of a pedestrian of twenty pixels, and then no number of answers helps. Each answer is
predicted by a model that has not seen it, and the ranking is compared with that of the words, and with a blind one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.errors import BadValue
from curate.hunting.model import learn
from curate.hunting.space import Booleans, Space

FOLDS = 5
LEAST = 5
"""So many of both, yes and no, before anything is said."""

_SHUFFLES = 400
_SEED = 0  # the same answers get the same judgement


@dataclass(frozen=True)
class Visibility:
    """How well rankings put the wanted before the others, among the answered samples.

    Attributes:
        model: average precision of the learnt model, cross-validated; 0 to 1.
        words: average precision of the text ranking.
        blind: what 39 in 40 blind rankings of these answers stay below; two rankings are held against it, so 1 in 20 in all.
        yes: how many wanted samples there were.
        no: how many others.
    """

    model: float
    words: float
    blind: float
    yes: int
    no: int

    @property
    def known(self) -> bool:
        """Whether there were answers enough to judge by."""
        return min(self.yes, self.no) >= LEAST

    @property
    def seen(self) -> bool:
        """Whether the words or the model rank better than blindly; true as long as it is not known.

        Where half of the answers are yes, they do: something rare does not come up so often by itself, and with so many yes
        a blind ranking looks as good as a true one.
        """
        return not self.known or self.yes >= self.no or max(self.model, self.words) > self.blind

    def __str__(self) -> str:
        """One or two sentences for people."""
        if not self.known:
            return f"Too few answers to say what the vectors see: {self.yes} yes and {self.no} no, and {LEAST} of each are needed."
        figures = (
            f"average precision among the {self.yes + self.no} answers: the model {self.model:.2f}, the words {self.words:.2f}, "
            f"by chance up to {self.blind:.2f}"
        )
        if not self.seen:
            return (
                f"These vectors do not seem to see it ({figures}). "
                "Embed with another encoder, or embed tiles of the pictures where it is small."
            )
        ahead = (
            "The model ranks better than the words"
            if self.model > self.words
            else "The words rank at least as well as the model"
        )
        return f"{ahead} ({figures})."


def visibility(space: Space, query: np.ndarray, vectors: np.ndarray, verdicts: np.ndarray) -> Visibility:
    """Judge by the answers so far.

    Only answered samples count, since nothing is known of the others: these are the words' and the model's own choices, mostly,
    and among them both find it harder than in the whole dataset. So the figures compare rankings with each other; they are
    no precision of the hunt, and no estimate of what is left.

    Args:
        space: of the dataset.
        query: (d,) the vector that the hunt searches for.
        vectors: (m, d) float16 or float32 of the answered samples.
        verdicts: (m,) bool, True is wanted; the unsure ones are left out.

    Returns:
        The figures. With fewer than `LEAST` of yes or no they are all 0, and `known` is false.

    Raises:
        BadValue: verdicts of another shape or kind.

    Source: average precision as in Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.4; the
    comparison with shuffled labels is a permutation test (Ojala and Garriga, 2010), of the ranking and not of the training.
    """
    verdicts = np.asarray(verdicts)
    vectors = np.asarray(vectors)
    if verdicts.ndim != 1 or verdicts.shape != vectors.shape[:1] or (verdicts.size and verdicts.dtype != np.bool_):
        raise BadValue(
            f"Verdicts are one bool for each vector. Got the shapes {verdicts.shape} and {vectors.shape}",
            hint="leave unsure ones out",
        )
    yes, no = int(verdicts.sum()), int((~verdicts).sum()) if verdicts.size else 0
    if min(yes, no) < LEAST:
        return Visibility(0.0, 0.0, 0.0, yes, no)
    rng = np.random.default_rng(_SEED)
    folds = np.empty(verdicts.size, np.int64)
    for verdict in (True, False):
        members = np.flatnonzero(verdicts == verdict)
        folds[rng.permutation(members)] = np.arange(members.size) % FOLDS
    logits = np.empty(verdicts.size, np.float32)
    for fold in range(FOLDS):
        out = folds == fold
        logits[out] = learn(space, query, vectors[~out], verdicts[~out]).logits(vectors[out])
    blind = [average_precision(rng.random(verdicts.size), verdicts) for _ in range(_SHUFFLES)]
    return Visibility(
        model=average_precision(logits, verdicts),
        words=average_precision(vectors.astype(np.float32) @ np.asarray(query, np.float32), verdicts),
        blind=float(np.quantile(blind, 0.975)),
        yes=yes,
        no=no,
    )


def average_precision(scores: np.ndarray, truth: Booleans) -> float:
    """The mean over the wanted samples of the precision at their rank; nan where nothing is wanted.

    Args:
        scores: (m,) higher is more likely; equal ones count as the worst of their orders.
        truth: (m,) bool.

    >>> average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True]))
    0.8333333333333333
    """
    if not truth.any():
        return float("nan")
    hits = truth[np.lexsort((truth, -np.asarray(scores)))]
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    return float(precision[hits].mean())
