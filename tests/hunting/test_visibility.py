"""Whether the vectors can see what is hunted for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from curate.errors import BadValue
from curate.hunting.space import fit_space
from curate.hunting.visibility import LEAST, Visibility, average_precision, visibility


def answers(separation: float, *, share: float = 0.5, rows: int = 200, yes: int = 20, seed: int = 0):
    """A space, a query, and answers: the wanted ones are shifted, and the words see a share of that."""
    rng = np.random.default_rng(seed)
    everything = rng.standard_normal((2000, 32))
    way, other = np.eye(32)[0], np.eye(32)[1]
    vectors = rng.standard_normal((rows, 32))
    verdicts = np.zeros(rows, np.bool_)
    verdicts[:yes] = True
    vectors[verdicts] += separation * way
    return fit_space(everything), share * way + np.sqrt(1 - share**2) * other, vectors, verdicts


def test_what_vectors_and_words_see():
    found = visibility(*answers(6, share=0.9))
    assert found.seen
    assert found.model > 0.9
    assert found.words > 0.9
    assert found.blind < 0.3
    assert (found.yes, found.no) == (20, 180)


def test_what_the_words_miss_and_the_model_sees():
    found = visibility(*answers(6, share=0.0))
    assert found.seen
    assert found.model > found.blind > found.words
    assert str(found).startswith(
        "The model ranks better than the words (average precision among the 200 answers: the model "
    )
    assert f"{found.model:.2f}, the words {found.words:.2f}, by chance up to {found.blind:.2f}" in str(found)


def test_what_the_vectors_do_not_see_is_said_so():
    """Verdicts that have nothing to do with the vectors: at most 1 in 20 by chance, and the words propose what to do."""
    judged = [visibility(*answers(0, seed=seed)) for seed in range(20)]
    unseen = [found for found in judged if not found.seen]
    assert len(unseen) >= 16
    assert "do not seem to see it" in str(unseen[0])
    assert "another encoder" in str(unseen[0])
    assert "tiles" in str(unseen[0])


def test_a_model_is_judged_by_answers_that_it_has_not_seen():
    """Of 64 dimensions and 40 answers a model knows each by heart; on its own answers it would look perfect."""
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((40, 64))
    verdicts = np.arange(40) < 12
    found = visibility(fit_space(rng.standard_normal((500, 64))), rng.standard_normal(64), vectors, verdicts)
    assert found.model < 0.6


@pytest.mark.parametrize(("yes", "rows"), [(LEAST - 1, 100), (100 - LEAST + 1, 100), (0, 50), (50, 50), (0, 0)])
def test_too_few_answers_judge_nothing(yes, rows):
    found = visibility(*answers(0, rows=rows, yes=yes))
    assert not found.known
    assert found.seen
    assert (found.yes, found.no) == (yes, rows - yes)
    assert str(found).startswith(f"Too few answers to say what the vectors see: {yes} yes and {rows - yes} no")


def test_where_half_are_yes_the_vectors_see_it():
    assert Visibility(model=0.6, words=0.6, blind=0.7, yes=54, no=46).seen
    assert not Visibility(model=0.6, words=0.6, blind=0.7, yes=46, no=54).seen


def test_the_same_answers_get_the_same_judgement():
    assert visibility(*answers(1)) == visibility(*answers(1))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1, max_size=50, unique_by=lambda pair: pair[0])
)
def test_average_precision_is_that_of_scikit_learn(pairs):
    scores = np.array([score for score, _ in pairs], float)
    truth = np.array([wanted for _, wanted in pairs], np.bool_)
    if truth.any():
        assert average_precision(scores, truth) == pytest.approx(average_precision_score(truth, scores))
    else:
        assert np.isnan(average_precision(scores, truth))


def test_equal_scores_are_not_flattered():
    assert average_precision(np.zeros(10), np.arange(10) == 0) == pytest.approx(0.1)


def test_what_it_refuses():
    space, query, vectors, verdicts = answers(1)
    with pytest.raises(BadValue, match="one bool"):
        visibility(space, query, vectors[:10], verdicts)
    with pytest.raises(BadValue, match="one bool"):
        visibility(space, query, vectors, verdicts.astype(float))
