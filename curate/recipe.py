"""A slice as a file that a colleague can read: JSON with its query, encoder, members, who and when. And back, with no trust.

A recipe from elsewhere may do what a filter or a search does and nothing else. Whatever it names that is not here (columns, tags,
other encoders), and whatever else it holds (files, unknown fields, SQL beyond one boolean expression, sizes beyond all measure) is
refused by name, and nothing changes.
"""

from __future__ import annotations

import contextlib
import math
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import msgspec
import numpy as np

from curate import errors
from curate import query as q
from curate.query import Query
from curate.replay import portable, rebuilt, with_examples
from curate.slice import Origin, Slice, write_slice
from curate.store.foreign import check_foreign

if TYPE_CHECKING:
    from curate.dataset import Dataset

FORMAT = 1

MOST_BYTES = 64 * 2**20
"""Of a recipe's file; a million members are 25 MB."""

MOST_STEPS = 200
MOST_NESTED = 5
MOST_ITEMS = 500
"""Words, examples, templates, tags and parameters of one step."""

LONGEST_NAME = 200
LONGEST_TEXT = 10_000
MOST = 2**63 - 1


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the file says, in the order in which a reader wants to know it.

    Attributes:
        recipe: the format's version.
        name: of the slice.
        count: samples that it had.
        saved_by: who saved it.
        saved_at: when, UTC.
        dataset: name of the dataset that it was saved in.
        python: the query for reading; `import_slice` goes by `query` alone.
        query: its steps, the encoder with its weights, the versions of the tables, and the hunt.
        note: what the user wrote about it.
        curate: the version that wrote the file.
        members: sample ids in their order.
    """

    recipe: int
    name: str
    count: int
    saved_by: str
    saved_at: datetime
    dataset: str
    python: str
    query: Query
    note: str = ""
    curate: str = ""
    members: tuple[int, ...] = ()


def export_recipe(saved: Slice, path: str | Path) -> Path:
    """Do what `Dataset.export_slice` does."""
    from curate import __version__

    target = Path(path).expanduser()
    ids = saved.member_ids()
    recipe = Recipe(
        recipe=FORMAT,
        name=saved.name,
        count=len(ids),
        saved_by=saved.actor,
        saved_at=saved.time.replace(tzinfo=UTC, microsecond=0),
        dataset=saved.dataset.name,
        python=_for_reading(saved.query),
        query=portable(saved.query, saved.dataset),
        note=saved.note,
        curate=__version__,
        members=tuple(ids.tolist()),
    )
    data = msgspec.json.format(msgspec.json.encode(recipe), indent=1) + b"\n"
    if len(data) > MOST_BYTES:
        raise errors.BadValue(
            f"The recipe of {saved.name!r} has {len(data) / 2**20:.0f} MB, and {MOST_BYTES // 2**20} MB can be imported",
            hint="save a smaller view; export() writes large ones, with their pictures",
        )
    _write(target, data)
    return target


def _for_reading(query: Query) -> str:
    """As Python, with files by their names alone: the folders of this machine are nobody else's business."""

    def named(example: q.Example) -> q.Example:
        place = example.location
        return example if place is None else msgspec.structs.replace(example, location=place.rsplit("/", 1)[-1])

    text = with_examples(query, named).to_python()
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def _write(target: Path, data: bytes) -> None:
    """Whole or not at all, and not over something else."""
    if target.exists() or target.is_symlink():
        raise errors.NotWritten(f"There is something at {str(target)!r} already", hint="give the path of a new file")
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        aside.write_bytes(data)
        os.replace(aside, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise errors.NotWritten(
            f"{str(target)!r} cannot be written: {error.strerror or error}", hint="choose another path"
        ) from None


def import_recipe(dataset: Dataset, path: str | Path, *, name: str | None = None) -> Slice:
    """Do what `Dataset.import_slice` does."""
    dataset.folder.must_write()
    recipe = read_recipe(path)
    dataset.session.refresh()
    name = recipe.name if name is None else name
    if name in dataset.session.slices:
        raise errors.BadValue(
            f"There is a slice {name!r} already", hint="import_slice(path, name='another') keeps both"
        )
    for step in _steps(recipe.query):
        if isinstance(step, q.Where):
            check_foreign(dataset.session.cursor(), step.sql)
    view = rebuilt(recipe.query, dataset)
    ids = np.asarray(recipe.members, np.int64)
    origin = Origin(
        actor=recipe.saved_by,
        time=recipe.saved_at,
        dataset=recipe.dataset,
        count=len(ids),
    )
    return write_slice(view, name, ids[dataset.positions_of(ids) >= 0], note=recipe.note, origin=origin)


def read_recipe(path: str | Path) -> Recipe:
    """The recipe in a file, as far as it can be checked without a dataset.

    Raises:
        SourceNotFound: there is no such file.
        BadQuery: it is no recipe, or it holds what a recipe from elsewhere may not.
    """
    data = _read(Path(path).expanduser())
    try:
        version = msgspec.json.decode(data, type=_Version).recipe
        if version > FORMAT:
            raise errors.BadQuery(
                f"{str(path)!r} was written by a newer Curate: its format is {version}, and this one reads {FORMAT}",
                hint="pip install --upgrade curate-jupyter",
            )
        recipe = msgspec.json.decode(data, type=Recipe)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise errors.BadQuery(f"{str(path)!r} is not a recipe: {error}", hint="ds.export_slice() writes one") from None
    try:
        _check(recipe)
    except _Refused as refused:
        raise errors.BadQuery(
            f"The recipe {str(path)!r} {refused}, which one from elsewhere may not", hint="ask for a plainer one"
        ) from None
    return recipe


class _Version(msgspec.Struct):
    recipe: int


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise errors.SourceNotFound(f"There is no file {str(path)!r}", hint="give what ds.export_slice() wrote")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise errors.SourceNotFound(
            f"{str(path)!r} cannot be read: {error.strerror}", hint="check its rights"
        ) from None
    if len(data) > MOST_BYTES:
        raise errors.BadQuery(
            f"{str(path)!r} has more than {MOST_BYTES // 2**20} MB, and a recipe has not", hint="check what it is"
        )
    return data


# -- what a recipe from elsewhere may hold -------------------------------------------------------------------------------


class _Refused(Exception):
    """What it does, as the predicate of a sentence."""


def _check(recipe: Recipe) -> None:
    _check_text("name", recipe.name, LONGEST_NAME)
    if not recipe.name.strip() or not recipe.name.isprintable():
        raise _Refused(f"has the name {recipe.name!r}")
    for field in ("saved_by", "dataset", "curate"):
        _check_text(field, getattr(recipe, field), LONGEST_NAME)
    _check_text("note", recipe.note, LONGEST_TEXT)
    _check_ids("members", recipe.members)
    query = recipe.query
    if query.encoder is not None and set(query.encoder) != {"name", "weights_hash"}:
        raise _Refused(f"describes its encoder by {sorted(query.encoder)}")
    for text in (query.encoder or {}).values():
        _check_text("encoder", text, LONGEST_NAME)
    if query.hunt is not None:
        _check_text("hunt", query.hunt.name + query.hunt.part, LONGEST_NAME)
        _check_text("hunt", query.hunt.python + query.hunt.estimate, LONGEST_TEXT)
    for number, step in enumerate(_steps(query), 1):
        if number > MOST_STEPS:
            raise _Refused(f"has more than {MOST_STEPS} steps")
        _check_step(step)


def _steps(query: Query, depth: int = 0) -> Iterator[q.AnyStep]:
    """Every step, those of excluded queries too."""
    if depth > MOST_NESTED:
        raise _Refused(f"excludes queries within queries, more than {MOST_NESTED} deep")
    for step in query.steps:
        yield step
        if isinstance(step, q.Exclude) and step.query is not None:
            yield from _steps(step.query, depth + 1)


def _check_step(step: q.AnyStep) -> None:
    match step:
        case q.Where(sql, params):
            _check_text("sql", sql, LONGEST_TEXT)
            _check_several("parameters", params)
        case q.Search():
            _check_search(step)
        case q.Tagged(tags) | q.Untagged(tags):
            _check_several("tags", tags)
        case q.Select(ids):
            _check_ids("ids", ids)
        case q.Exclude(ids, query):
            _check_ids("ids", ids)
            if ids and query is not None:
                raise _Refused("excludes ids and a query in one step")
        case q.SortBy(column):
            _check_text("column", column, LONGEST_NAME)
        case q.Limit(n):
            _check_number("n", n)
        case q.Sample(n, _, seed):
            _check_number("n", n)
            _check_number("seed", seed)
        case _:
            assert_never(step)


def _check_search(step: q.Search) -> None:
    words = (*step.words, *step.minus)
    _check_several("words", [word.text for word in words])
    _check_several("templates", step.templates or ())
    if any(not word.text.strip() for word in words):
        raise _Refused("searches for an empty text")
    for form in step.templates or ():
        if form.count("{}") != 1:
            raise _Refused(f"has the template {form!r}")
    pictures = (*step.like, *step.unlike)
    _check_several("examples", [None] * len(pictures))
    for weight in (*(word.weight for word in words), *(picture.weight for picture in pictures)):
        if not (math.isfinite(weight) and weight > 0):
            raise _Refused(f"gives something the weight {weight}")
    for example in pictures:
        if example.location is not None:
            raise _Refused(f"reads the file {_cut(example.location)}")
        if (example.sample_id is None) == (example.vector is None):
            raise _Refused("has an example that is not one sample or one vector")
        # what float32 cannot hold has no direction either
        if example.vector is not None and not 1e-6 <= max(map(abs, example.vector), default=0.0) <= 1e6:
            raise _Refused("has an example without a direction")
        if example.sample_id is not None:
            _check_ids("examples", (example.sample_id,))


def _check_several(what: str, given: Any) -> None:
    if len(given) > MOST_ITEMS:
        raise _Refused(f"has {len(given):,} {what} in one step")
    for item in given:
        if isinstance(item, str):
            _check_text(what, item, LONGEST_TEXT)
        elif isinstance(item, int):
            _check_number(what, abs(item))


def _check_text(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise _Refused(f"has {len(text):,} characters in its {what}: {_cut(text)}")


def _check_number(what: str, number: int) -> None:
    if not 0 <= number <= MOST:
        raise _Refused(f"has a number out of range in its {what}")


def _check_ids(what: str, ids: tuple[int, ...]) -> None:
    if ids and not (min(ids) >= 0 and max(ids) <= MOST):
        raise _Refused(f"has a sample id out of range in its {what}")


def _cut(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")
