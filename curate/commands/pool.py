"""`curate ingest`, `embed`, `search` and `info`: samples in, and finding them again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from curate.commands.output import Folder, Json, Where, chosen, note, open_dataset, say, say_json, say_table

SHOWN_COLUMNS = 6


def ingest(
    dataset: Folder,
    source: Annotated[
        str, typer.Argument(help="A folder, a pattern, or a table (CSV, Parquet, JSONL) with a column of paths.")
    ],
    *,
    root: Annotated[
        str | None, typer.Option(help="The root's name, or the folder that a table's paths are relative to.")
    ] = None,
    labels: Annotated[
        list[str] | None, typer.Option(help="A column of the table to store as labels; repeat for more.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="The column of the table that holds the paths.")] = None,
    format: Annotated[
        str | None, typer.Option(help="coco, yolo or voc: take the labels of such a folder, too.")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the dataset if there is none.")] = False,
    json: Json = False,
) -> None:
    """Add the pictures of a folder or a table. Started again, it does only what is new or has changed.

    A bad file never ends it: it is kept with its status and counted.
    """
    import curate
    from curate.errors import DatasetNotFound

    try:
        ds = open_dataset(dataset)
    except DatasetNotFound:
        if not create:
            raise DatasetNotFound(
                f"There is no dataset at {dataset!r}", hint="--create makes a new one there"
            ) from None
        ds = curate.create(dataset)
        note(f"created {dataset}")
    done = ds.ingest(source, root=root, labels=labels or None, column=column, format=format)
    if json:
        say_json(done)
    else:
        say(done)


def embed(
    dataset: Folder,
    *,
    model: Annotated[
        str | None,
        typer.Option(
            help="ARCHITECTURE/TAG as OpenCLIP names it, local-dir:PATH, or demo. By default the dataset's own."
        ),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Pictures a forward pass.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    json: Json = False,
) -> None:
    """Make the vectors that text search needs, for every sample that lacks one."""
    done = open_dataset(dataset).embed(model, batch_size=batch_size, device=device, precision=precision)
    if json:
        say_json(done)
    else:
        say(done)


def search(
    dataset: Folder,
    words: Annotated[list[str], typer.Argument(help="What to look for; several prompts are added up.")],
    *,
    minus: Annotated[list[str] | None, typer.Option(help="What to move away from; repeat for more.")] = None,
    where: Where = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many samples.")] = 20,
    columns: Annotated[str | None, typer.Option(help="Columns to print, comma-separated.")] = None,
    tag: Annotated[str | None, typer.Option(help="Put this tag on what was found.")] = None,
    save: Annotated[str | None, typer.Option(help="Save what was found as a slice of this name.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write a contact sheet (PNG).")] = None,
    json: Json = False,
) -> None:
    """Find samples by words, best first, among those that `--where` lets through."""
    ds = open_dataset(dataset)
    view = chosen(ds, where).search(words if len(words) > 1 else words[0], minus=minus or ()).limit(limit)
    names = [name.strip() for name in columns.split(",") if name.strip()] if columns else _columns(ds)
    table = view.df(list(dict.fromkeys(["sample_id", "uri", "rank", "score", *names])))
    if tag:
        note(f"tagged {view.tag(tag):,} more samples {tag!r}")
    if save:
        note(f"saved {view.save(save)!r}")
    if sheet is not None:
        write_sheet(view, sheet)
        note(f"wrote {sheet}")
    if json:
        say_json(table.rows(named=True))
    else:
        first = ["rank", "score", "uri"]
        shown = table.select(*first, *(name for name in table.columns if name not in {*first, "sample_id"}))
        say_table(shown.columns, shown.rows())


def info(dataset: Folder, *, json: Json = False) -> None:
    """What is in a dataset: samples by status, columns, tags, encoders, slices, splits, snapshots, roots."""
    ds = open_dataset(dataset)
    facts = _facts(ds)
    if json:
        say_json(facts)
        return
    say(f"{facts['name']}: {facts['samples']:,} samples")
    for title in ("status", "tags"):
        if facts[title]:
            say(f"  {title}: " + ", ".join(f"{name} {n:,}" for name, n in facts[title].items()))
    for title in ("columns", "slices", "splits", "snapshots"):
        say(f"  {title}: {', '.join(facts[title]) or 'none'}")
    encoders = [f"{e['name']} ({e['dimension']} dimensions)" for e in facts["encoders"]]
    say(f"  encoders: {', '.join(encoders) or 'none yet; curate embed makes vectors'}")
    for root, location in facts["roots"].items():
        say(f"  root {root}: {location}")


def write_sheet(view: Any, path: Path, *, n: int = 24) -> None:
    """Write the contact sheet of a view's first samples.

    Raises:
        NotWritten: the file cannot be written.
    """
    from curate.errors import NotWritten
    from curate.widgets.contact_sheet import contact_sheet_png

    picture = contact_sheet_png(view, n)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
    except OSError as error:
        raise NotWritten(f"{str(path)!r} cannot be written: {error.strerror}", hint="choose another path") from error


def _columns(ds: Any) -> list[str]:
    """Columns that the user's own tables brought, a few of them."""
    from curate.store.schemas import RESERVED

    return [name for name in ds.columns if name not in RESERVED][:SHOWN_COLUMNS]


def _facts(ds: Any) -> dict[str, Any]:
    import msgspec

    status = ds.sql("SELECT status, count(*) AS n FROM this GROUP BY status ORDER BY n DESC, status")
    tags = ds.sql("SELECT tag, count(*) AS n FROM (SELECT unnest(tags) AS tag FROM this) GROUP BY tag ORDER BY tag")
    return {
        "name": ds.name,
        "samples": ds.count(),
        "status": dict(status.iter_rows()),
        "tags": dict(tags.iter_rows()),
        "columns": list(ds.columns),
        "encoders": [msgspec.to_builtins(encoder) for encoder in ds.encoders()],
        "slices": ds.slices()["name"].to_list(),
        "splits": list(ds.splits()),
        "snapshots": ds.snapshots()["name"].to_list(),
        "roots": ds.roots(),
    }
