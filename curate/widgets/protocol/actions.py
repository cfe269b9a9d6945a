"""What a person does with the selection or the view."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from curate.widgets.protocol.base import Name, Reply, Request, Samples, Text

Media = Literal["copy", "hardlink", "symlink", "reference"]


class Tag(Request, tag="tag", frozen=True):
    """Give samples a tag, or take it away: these, or the selection where `samples` is null."""

    name: Name
    remove: bool = False
    samples: Samples | None = None


class SaveSlice(Request, tag="save_slice", frozen=True):
    """Save the selection or the whole view as a slice."""

    name: Name
    note: Text = ""
    what: Literal["selection", "view"] = "selection"


class ToPython(Request, tag="to_python", frozen=True):
    """Put the selection or the view into a variable of the notebook."""

    what: Literal["selection", "view"] = "selection"


class Export(Request, tag="export", frozen=True):
    """Export the selection or the view in the background."""

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    format: Name
    labels: Name | None = None
    media: Media = "copy"
    overwrite: bool = False
    what: Literal["selection", "view"] = "selection"


class GetExports(Request, tag="get_exports", frozen=True):
    """What an export can be asked for: its formats and the label fields."""


class Tagged(Reply, tag="tagged", frozen=True):
    """How many samples the tag was new to, or was taken from."""

    name: str
    changed: int


class Saved(Reply, tag="saved", frozen=True):
    """A slice was saved."""

    name: str
    count: int


class Named(Reply, tag="named", frozen=True):
    """The view is in the variable `name` of the notebook."""

    name: str
    count: int


class Exports(Reply, tag="exports", frozen=True):
    """Formats, label fields, and a path to begin with. `packed` are the formats that hold the pictures in files of their own."""

    formats: list[str]
    packed: list[str]
    fields: list[str]
    path: str
