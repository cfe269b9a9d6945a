"""What a person does with the selection or the view: tags, slices, variables of the notebook, exports."""

import numpy as np
import pytest

import curate
from curate import errors
from curate.exports.formats import FORMATS
from curate.view import View
from curate.widgets import protocol
from curate.widgets.answers.actions import ActionAnswers
from curate.widgets.exploration import Exploration


@pytest.fixture
def open_view():
    """Opens a view and gives what asks it."""

    def open_it(view, *, picked=()):
        exploration = Exploration(view)
        handlers = ActionAnswers(exploration).handlers()

        def ask(type, **fields):
            return handlers[type](type(client="browser", id=1, **fields))[0]

        ask.exploration = exploration
        if len(picked):
            exploration.pick("set", np.array(picked))
        return ask

    return open_it


@pytest.fixture
def shell(monkeypatch):
    """The variables of a notebook."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    before = dict(shell.user_ns)
    yield shell.user_ns
    shell.user_ns.clear()
    shell.user_ns.update(before)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_the_selection_is_tagged_and_untagged(ds, open_view):
    ask = open_view(ds, picked=[1, 2, 3])
    assert ask(protocol.Tag, name="  night ").changed == 3
    assert ds.tagged("night").count() == 3
    assert ask(protocol.Tag, name="night").changed == 0, "it was not new to any"
    assert ask(protocol.Tag, name="night", remove=True).changed == 3
    assert ds.session.tags == {}


def test_given_samples_are_tagged_whatever_is_selected(ds, open_view):
    ask = open_view(ds.where("weather = 'rain'"), picked=[4])
    other = str(ds.ids()[1])
    reply = ask(protocol.Tag, name="odd <b>", samples=[other, other])
    assert (reply.name, reply.changed) == ("odd <b>", 1)
    assert ds.tagged("odd <b>").ids().tolist() == [int(other)]


def test_a_tag_is_undone_and_done_again(ds, open_view):
    ds.select(ds.ids()[:1]).tag("night")
    ask = open_view(ds, picked=[0, 1])
    ask(protocol.Tag, name="night")
    assert ask.exploration.undo_words == "tag night (1 sample)"
    ask.exploration.undo()
    assert ds.tagged("night").ids().tolist() == [ds.ids()[0]], "it takes back what was new, and nothing else"
    ask.exploration.redo()
    assert ds.tagged("night").count() == 2


def test_a_tag_that_changes_nothing_is_no_step(ds, open_view):
    ask = open_view(ds, picked=[0])
    ask(protocol.Tag, name="night", remove=True)
    assert ask.exploration.undo_words == ""
    assert "untag" not in ds.history()["action"].to_list()


def test_a_tag_of_very_many_samples_does_not_write_their_ids_as_text(ds, open_view):
    ask = open_view(ds, picked=range(24))
    ask(protocol.Tag, name="all")
    payload = ds.session.log[-1]["payload"]
    assert payload == {"tags": ["all"], "query": "ds.select([…])  # 24 samples picked in a widget"}


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"name": "night"}, errors.BadValue, "Nothing is selected. Hint: click a picture"),
        ({"name": "   ", "samples": ["1"]}, errors.BadValue, "A tag needs a name"),
        ({"name": "night", "samples": ["77"]}, errors.UnknownName, "There is no sample '77'"),
        ({"name": "night", "samples": ["9999999999999999999"]}, errors.UnknownName, "There is no sample '999"),
    ],
)
def test_a_tag_that_cannot_be_given_writes_nothing(ds, open_view, fields, error, words):
    before = ds.history().height
    with pytest.raises(error, match=words):
        open_view(ds)(protocol.Tag, **fields)
    assert ds.history().height == before


def test_the_past_cannot_be_tagged(ds, open_view):
    ds.snapshot("v1")
    ask = open_view(ds.at("v1"), picked=[0])
    with pytest.raises(errors.ReadOnly):
        ask(protocol.Tag, name="night")


def test_the_selection_is_saved_as_a_slice_in_the_order_of_the_view(ds, open_view):
    ask = open_view(ds.sort_by("speed", descending=True), picked=[2, 3, 8])
    reply = ask(protocol.SaveSlice, name=" fast ", note="by sight")
    assert (reply.name, reply.count) == ("fast", 3)
    saved = ds.slice("fast")
    assert saved.members.ids().tolist() == ds.ids()[[8, 3, 2]].tolist()
    assert saved.note == "by sight"
    assert ask.exploration.undo_words == "save slice fast"
    ask.exploration.undo()
    assert ds.slices().height == 0


def test_the_view_is_saved_with_its_query(ds, open_view):
    view = ds.where("weather = 'rain'")
    open_view(view)(protocol.SaveSlice, name="rain", what="view")
    assert ds.slice("rain").query.steps == view.query.steps
    assert ds.slice("rain").count == 6


def test_nothing_is_not_saved(ds, open_view):
    with pytest.raises(errors.BadValue, match="Nothing is selected"):
        open_view(ds)(protocol.SaveSlice, name="nothing")
    with pytest.raises(errors.BadValue, match="no sample in this view"):
        open_view(ds.where("weather = 'sleet'"))(protocol.SaveSlice, name="nothing", what="view")
    with pytest.raises(errors.BadValue, match="A slice needs a name"):
        open_view(ds)(protocol.SaveSlice, name=" ", what="view")


def test_the_selection_becomes_a_variable_and_replaces_only_what_a_widget_put_there(ds, open_view, shell):
    ask = open_view(ds, picked=[0, 1])
    reply = ask(protocol.ToPython)
    assert (reply.name, reply.count) == ("picked", 2)
    assert isinstance(shell["picked"], View)
    assert shell["picked"].ids().tolist() == ds.ids()[:2].tolist()

    other = open_view(ds, picked=[5])
    assert other(protocol.ToPython).name == "picked", "another widget put it there"
    assert shell["picked"].count() == 1

    mine = shell["picked"] = ds.limit(3)
    assert ask(protocol.ToPython).name == "picked_2"
    shell["picked_2"] = "mine, too"
    assert ask(protocol.ToPython).name == "picked_3"
    assert ask(protocol.ToPython).name == "picked_3"
    assert shell["picked"] is mine
    assert shell["picked_2"] == "mine, too"


def test_the_view_becomes_a_variable(ds, open_view, shell):
    view = ds.where("weather = 'rain'")
    reply = open_view(view)(protocol.ToPython, what="view")
    assert (reply.name, reply.count) == ("view", 6)
    assert shell["view"].query == view.query


def test_outside_a_notebook_there_is_nowhere_to_put_it(ds, open_view):
    with pytest.raises(errors.BadValue, match=r"There is no notebook to put it into\. Hint: widget.selection"):
        open_view(ds, picked=[0])(protocol.ToPython)


def test_an_export_is_offered_the_formats_and_what_can_be_classes(ds, open_view, photos, tmp_path):
    labels = ds.limit(2).df(["sample_id"]).with_columns(value=np.array(["car", "bus"]))
    ds.add_labels(labels, field="objects", source="ada")
    reply = open_view(ds)(protocol.GetExports)
    assert reply.formats == list(FORMATS)
    assert reply.fields == ["objects", "weather", "drive"]
    assert reply.path == "photos-export"
    for field in reply.fields:
        ds.limit(4).export(tmp_path / field, format="csv", labels=field)


def test_an_empty_dataset_offers_formats_all_the_same(open_view, tmp_path):
    reply = open_view(curate.create(tmp_path / "new.curate"))(protocol.GetExports)
    assert reply.fields == []
    assert reply.formats
