"""What a hunt has learnt from the answers: a logistic regression, held short, over the words and the vectors.

The words are one feature among the others, but with a prior of their own: their weight is 1 until the answers say otherwise. So
the model without an answer is the text ranking, and after a few it is the text ranking with corrections; where the words are
poor, the answers take over. The intercept's prior says what a hunt is for: something rare.

Source: Bayesian logistic regression with a Gaussian prior (Genkin, Lewis and Madigan, "Large-Scale Bayesian Logistic Regression for
Text Categorization", 2007), at its mode. The strengths were found by simulation, and lie
on a plateau: half or double of the features' and a fifth or five times of the words' change the means of `benchmarks/hunting.py`
by less than a tenth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.errors import BadValue
from curate.hunting.space import Floats, Space
from curate.search.index import VectorIndex

Doubles = np.ndarray[Any, np.dtype[np.float64]]

STRENGTH = 20.0
"""The precision of the prior of a feature's weight, whose mean is 0."""

WORDS_MEAN, WORDS_STRENGTH = 1.0, 1.0
"""The prior of the weight of the words' z-score: weak, so that answers can turn it."""

INTERCEPT_MEAN, INTERCEPT_STRENGTH = -4.0, 1.0
"""The prior of the intercept: at -4 a sample like the mean of the dataset is wanted once in 55."""

_STEPS = 50
_ENOUGH = 1e-9  # what another step of Newton's would gain, in units of log likelihood


@dataclass(frozen=True, eq=False)
class Model:
    """How likely a sample is wanted, as a function that is linear in its vector.

    Attributes:
        direction: (d,) float32.
        offset: the logit of a vector x is ``x @ direction + offset``.
        words: the weight of the words' z-score within; 1 before any answer.
        yes: how many wanted samples it has learnt from.
        no: how many others.
    """

    direction: Floats
    offset: float
    words: float
    yes: int
    no: int

    def logits(self, vectors: np.ndarray) -> Floats:
        """(m,) float32 logits of (m, d) float16 or float32 `vectors`: those of a few; for a dataset use `logits_over`."""
        out: Floats = np.asarray(vectors).astype(np.float32) @ self.direction + np.float32(self.offset)
        return out

    def logits_over(self, index: VectorIndex) -> Floats:
        """(n,) float32 logits of everything in an index, nan where a position has no vector.

        It is one pass over the float16 codes on all cores, without the interpreter's lock, so a notebook stays alive meanwhile.

        Raises:
            BadValue: an index of vectors of another length.
        """
        return index.scores(self.direction) + np.float32(self.offset)


def likelihoods(logits: np.ndarray) -> Floats:
    """(n,) float32 probabilities of (n,) `logits`, for people to read. They are no estimate: answers are no random sample.

    >>> likelihoods(np.array([0.0, 100.0, -100.0])).round(3).tolist()
    [0.5, 1.0, 0.0]
    """
    out: Floats = _sigmoid(np.asarray(logits, np.float64)).astype(np.float32)
    return out


def learn(space: Space, query: np.ndarray, vectors: np.ndarray, verdicts: np.ndarray) -> Model:
    """Learn from all answers so far; their order does not matter.

    Args:
        space: of the dataset.
        query: (d,) the vector that the hunt's words and examples search for.
        vectors: (m, d) float16 or float32 of the answered samples; m may be 0. Leave the unsure ones out.
        verdicts: (m,) bool, True is wanted.

    Raises:
        BadValue: verdicts of another shape or kind, or vectors of another length or not finite.

    >>> from curate.hunting.space import fit_space
    >>> space = fit_space(np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float16))
    >>> model = learn(space, np.array([1.0, 0.0]), np.array([[0, 1], [0, -1]], np.float16), np.array([True, False]))
    >>> upper, lower = model.logits(np.array([[0.6, 0.8], [0.6, -0.8]]))
    >>> bool(upper > lower)
    True
    """
    verdicts = np.asarray(verdicts)
    vectors = np.asarray(vectors).reshape(-1, space.dimension) if np.size(vectors) == 0 else np.asarray(vectors)
    if verdicts.shape != vectors.shape[:1] or (verdicts.size and verdicts.dtype != np.bool_):
        raise BadValue(
            f"Verdicts are one bool for each of the {len(vectors)} vectors. Got the shape {verdicts.shape} and {verdicts.dtype}",
            hint="leave unsure ones out",
        )
    toward, shift = space.standardised(query)
    features = space.features(vectors)
    if not np.isfinite(features).all():
        raise BadValue(
            "A model learns from finite vectors. Got some with nan or infinity",
            hint="leave out answers without a vector; ds.embed() makes what is missing",
        )
    words = vectors.astype(np.float32) @ toward + shift
    # in units of their priors' standard deviations, so that one identity matrix is the precision of all weights
    scale = np.concatenate(
        [np.full(features.shape[1], STRENGTH**-0.5), [WORDS_STRENGTH**-0.5], [INTERCEPT_STRENGTH**-0.5]]
    )
    design = np.column_stack([features, words, np.ones(len(features))]) * scale
    before = WORDS_MEAN * words + INTERCEPT_MEAN
    weights = _mode(design, before.astype(np.float64), verdicts.astype(np.float64)) * scale
    direction, offset = space.folded(weights[:-2])
    words_weight = WORDS_MEAN + float(weights[-2])
    return Model(
        direction=direction + np.float32(words_weight) * toward,
        offset=offset + words_weight * shift + INTERCEPT_MEAN + float(weights[-1]),
        words=words_weight,
        yes=int(verdicts.sum()),
        no=int(verdicts.size - verdicts.sum()),
    )


def _mode(design: Doubles, before: Doubles, verdicts: Doubles) -> Doubles:
    """The weights at which ``|weights|² / 2 - log likelihood`` is least, where the logits are ``before + design @ weights``.

    Args:
        design: (m, p). With fewer rows than columns the weights lie in the span of the rows, and the problem is solved there,
            with m unknowns: what Woodbury's identity gives, from one QR decomposition for all steps.
        before: (m,) logits of the prior's mean.
        verdicts: (m,) 0 or 1.
    """
    rows, columns = design.shape
    if rows == 0:
        return np.zeros(columns)
    if rows < columns:
        span, triangle = np.linalg.qr(design.T)
        return np.asarray(span @ _mode(np.ascontiguousarray(triangle.T), before, verdicts))
    # the curvature only steers: single precision halves its time, which is nearly all of the time
    single = design.astype(np.float32)
    weights = np.zeros(columns)
    logits = before
    loss = _loss(weights, logits, verdicts)
    for _ in range(_STEPS):
        likely = _sigmoid(logits)
        gradient = weights + design.T @ (likely - verdicts)
        root = np.sqrt(likely * (1 - likely)).astype(np.float32)[:, None] * single
        curvature = root.T @ root
        curvature[np.diag_indices(columns)] += 1
        step = np.linalg.solve(curvature, gradient.astype(np.float32)).astype(np.float64)
        gain = float(gradient @ step)
        if gain < _ENOUGH:
            break
        along = design @ step
        length = 1.0
        # far from the mode Newton's step may be too long; each half is shorter than what the quadratic trusts
        while (tried := _loss(weights - length * step, logits - length * along, verdicts)) > loss and length > 1e-6:
            length /= 2
        weights, logits, loss = weights - length * step, logits - length * along, tried
    return weights


def _loss(weights: Doubles, logits: Doubles, verdicts: Doubles) -> float:
    return float(weights @ weights / 2 + np.sum(np.logaddexp(0, logits) - verdicts * logits))


def _sigmoid(logits: Doubles) -> Doubles:
    # tanh does not overflow
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))
