"""The command line: `curate demo | ingest | embed | search | split | leaks | export | verify | info | doctor`.

Results go to stdout and everything else to stderr, so that a pipe carries results alone. Exit codes are in `EXIT_CODES`.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from curate.commands import delivery, demo, health, pool
from curate.commands.output import FAILED, INTERRUPTED, hush, note

EXIT_CODES = (
    "Exit codes: 0 done; 1 an error, in one line on stderr; 2 wrong usage; 3 a check failed (verify found differences, "
    "a split does not keep a promise, leaks found some, doctor found something to repair); 130 interrupted."
)


class Commands(TyperGroup):
    """Turns errors into one line and an exit code, for every command and however it is started."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        from curate.errors import CurateError

        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            note("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            hush()
            raise typer.Exit(FAILED) from None
        except Exception as error:
            if isinstance(error, typer.Abort) or hasattr(error, "exit_code"):
                raise  # typer's own: wrong usage, and exits
            if ctx.params.get("debug"):
                traceback.print_exc()
            elif isinstance(error, CurateError):
                note(f"curate: {error}")
            else:
                words = f"{type(error).__name__}: {error}"
                note(f"curate: unexpected {words}\nThis is a fault of Curate. 'curate --debug …' shows where.")
            raise typer.Exit(FAILED) from None


app = typer.Typer(
    cls=Commands,
    name="curate",
    help="Curate image datasets: slice by sight, find edge cases by text, export splits you can trust.",
    epilog=f"Example: curate demo --no-lab\n\n{EXIT_CODES}",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        import curate

        typer.echo(f"curate {curate.__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that come before the command."""


# Command, its line in the list of commands, and the example that closes its help.
_COMMANDS: tuple[tuple[Callable[..., None], str, str], ...] = (
    (demo.demo, "See it work: hail at night, found by words", "curate demo --no-lab"),
    (pool.ingest, "Add pictures to a dataset", "curate ingest roads.curate photos/ --create"),
    (pool.embed, "Make the vectors that search needs", "curate embed roads.curate --model ViT-B-32/laion2b_s34b_b79k"),
    (
        pool.search,
        "Find samples by words",
        "curate search roads.curate 'hail on the road' --minus snow --where \"timeofday = 'night'\" -n 50",
    ),
    (
        delivery.split,
        "Assign samples to train, val, test",
        "curate split roads.curate train=0.8 val=0.1 test=0.1 --stratify weather --group-by drive",
    ),
    (
        delivery.leaks,
        "Judge a split made elsewhere",
        "curate leaks train=train.json val=val.json --root photos/",
    ),
    (
        delivery.export,
        "Write COCO, Parquet, CSV, folders",
        "curate export roads.curate out/ --format coco --split v1",
    ),
    (delivery.verify, "Check an export", "curate verify out/"),
    (pool.info, "What is in a dataset", "curate info roads.curate --json"),
    (health.doctor_command, "What is installed and works here", "curate doctor"),
)
for _function, _short, _example in _COMMANDS:
    app.command(_example.split()[1], short_help=_short, epilog=f"Example: {_example}")(_function)


def main() -> None:
    """The console script."""
    # A name on disk may hold anything, and a log file under LANG=C takes ASCII alone: show it, never fail at it.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
