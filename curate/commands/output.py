"""How commands speak: results on stdout, JSON alone where it is asked for, everything else on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from curate.dataset import Dataset

OK, FAILED, USAGE, DIFFERENT, INTERRUPTED = 0, 1, 2, 3, 130

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Folder = Annotated[
    str, typer.Argument(metavar="DATASET", help="The dataset's folder, or an s3://, gs:// or az:// URL.")
]
Where = Annotated[
    str | None,
    typer.Option("--where", metavar="SQL", help="Only samples for which this is true: \"weather = 'hail'\"."),
]


def say(text: object = "") -> None:
    """A result for people, on stdout."""
    typer.echo(printable(str(text)))


def note(text: object) -> None:
    """What happens, on stderr."""
    typer.echo(printable(str(text)), err=True)


def say_json(value: Any) -> None:
    """A result for programs: one JSON document, on stdout."""
    import msgspec

    # UTF-8 whatever the locale: what reads JSON expects it, and under LANG=C a print would fail at the first umlaut.
    document = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
    sys.stdout.flush()
    sys.stdout.buffer.write(document + b"\n")
    sys.stdout.buffer.flush()


def say_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows under a header, on stdout: cut to the width of a terminal, whole in a pipe."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(
            Text(printable(column)), no_wrap=True, overflow="ellipsis" if sys.stdout.isatty() else "ignore"
        )
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else 100_000, highlight=False).print(table)


def printable(text: str) -> str:
    """Text without the control characters that move a terminal's cursor, change its title or its colours.

    File names and labels come from anywhere, and a terminal obeys what it is sent.
    """
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return printable(str(value)).replace("\n", " ")


def open_dataset(path: str) -> Dataset:
    """The dataset at a path, with the errors of `curate.open`."""
    import curate

    return curate.open(path)


def chosen(dataset: Dataset, where: str | None) -> Any:
    """The dataset, or the view of it that `--where` asks for."""
    return dataset.where(where) if where else dataset


def hush() -> None:
    """Point stdout to nowhere: its reader has gone (`curate search … | head`), and closing it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
