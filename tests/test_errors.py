import inspect

import pytest

from curate import errors

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_every_error_is_in_the_tree_and_drawn_in_it(kind):
    assert issubclass(kind, errors.CurateError)
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(
    "kind", [c for c in CLASSES if c not in (errors.CurateError, errors.FormatTooNew, errors.IdCollision)]
)
def test_errors_are_caught_by_the_builtin_that_people_know(kind):
    builtins = [b for b in kind.__mro__ if b.__module__ == "builtins" and b not in (Exception, BaseException, object)]
    assert builtins, kind


def test_a_message_ends_with_its_hint():
    assert str(errors.BadValue("Got 3", hint="give 4.")) == "Got 3. Hint: give 4."


def test_an_unknown_name_offers_near_ones():
    assert "did you mean 'weather'?" in str(errors.UnknownName("column", "wether", ["weather", "drive"]))
    assert "there is 'drive'" in str(errors.UnknownName("column", "zzz", ["drive"]))
    assert "there is no tag yet" in str(errors.UnknownName("tag", "x", []))
