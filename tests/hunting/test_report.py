import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.hunting.report import BINS, Report, histogram
from curate.store.hunts import NO, UNSURE, YES

VERDICTS = np.array([NO, YES, YES, UNSURE, NO, YES], np.int8)


def report(verdicts=VERDICTS, **changed):
    made = {
        "name": "night hail",
        "python": "ds.hunt('night hail')",
        "samples": 2000,
        "verdicts": np.asarray(verdicts, np.int8),
        "sentences": ("found 3; in the 40 most likely about 5 (95 % interval 4 to 9)",),
        "interval": (4, 9),
        "histogram": histogram(np.linspace(-1, 1, len(verdicts)), verdicts, np.array([-3.0, np.nan]), learnt=True),
    }
    return Report(**made | changed)


def svgs(page):
    """The drawings, as XML parses them."""
    return [ElementTree.fromstring(text) for text in re.findall(r"<svg.*?</svg>", page)]


finite = st.floats(-50, 50, width=32) | st.just(float("nan"))


@given(st.lists(st.tuples(finite, st.sampled_from([YES, NO, UNSURE])), max_size=40), st.lists(finite, max_size=40))
def test_every_score_is_counted_once_under_its_answer(answered, rest):
    scores = np.array([score for score, _ in answered], np.float32)
    verdicts = np.array([verdict for _, verdict in answered], np.int8)
    others = np.array(rest, np.float32)
    drawn = histogram(scores, verdicts, others, learnt=False)
    known = ~np.isnan(scores)
    if drawn is None:
        assert not known.any()
        assert np.isnan(others).all()
        return
    for word, verdict in (("yes", YES), ("no", NO), ("unsure", UNSURE)):
        assert drawn.answered[word].sum() == np.sum(known & (verdicts == verdict))
        assert len(drawn.answered[word]) == BINS
    assert drawn.open.sum() == np.sum(~np.isnan(others))


def test_the_curve_ends_at_what_was_found():
    assert report().found.tolist() == [0, 1, 2, 2, 2, 3]
    curve, bars = svgs(report()._repr_html_())
    assert curve.get("aria-label") == "3 found in 6 answers; between 4 and 9 in the zone of the latest audit"
    assert "3 yes, 1 unsure, 2 no, 1 without an answer" in (bars.get("aria-label") or "")
    line = next(element for element in curve if element.tag == "polyline")
    places = [tuple(map(float, place.split(","))) for place in (line.get("points") or "").split()]
    assert len(places) == 7
    assert places == sorted(places)  # to the right
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)  # and never down


def test_without_an_audit_no_interval_is_drawn():
    (curve, _) = svgs(report(interval=None)._repr_html_())
    assert "rect" not in {element.tag for element in curve}
    assert "between" not in (curve.get("aria-label") or "")


def test_all_that_is_drawn_is_inside_of_its_frame():
    for drawing in svgs(report(verdicts=[YES] * 500, interval=(500, 500))._repr_html_()):
        width, height = map(float, (drawing.get("viewBox") or "").split()[2:])
        for element in drawing.iter("rect"):
            assert float(element.get("x", 0)) + float(element.get("width", 0)) <= width
            assert 0 <= float(element.get("y", 0)) <= height - float(element.get("height", 0))


@pytest.mark.parametrize("verdicts", [[], [YES], [NO] * 5])
def test_few_answers_are_drawn_too(verdicts):
    drawn = histogram(np.zeros(len(verdicts)), np.array(verdicts, np.int8), np.zeros(3), learnt=False)
    made = report(verdicts=verdicts, interval=None, histogram=drawn)
    assert len(svgs(made._repr_html_())) == 1 + bool(verdicts)
    assert f"{len(verdicts)} answered" in str(made)


def test_nothing_scored_is_no_histogram():
    assert histogram(np.array([np.nan]), np.array([YES], np.int8), np.empty(0), learnt=False) is None
    made = report(histogram=None)
    assert len(svgs(made._repr_html_())) == 1
    assert "score" not in str(made)


def test_the_text_says_what_the_page_says():
    text = str(report())
    assert "6 answered: 3 yes, 1 unsure, 2 no" in text
    assert "about 5 (95 % interval 4 to 9)" in text
    assert text.splitlines()[0] == "Hunt 'night hail' in 2,000 samples"
    rows = [line.split() for line in text.splitlines() if " to " in line and "interval" not in line]
    assert len(rows) == 10
    assert sum(int(row[3]) for row in rows) == 3


def test_words_of_others_stay_text():
    page = report(name="<img src=x>", python="ds.hunt('<img src=x>')", sentences=("<b>",))._repr_html_()
    assert "<img" not in page
    assert "<b></li>" not in page
    assert "&lt;img" in page
