"""`curate split`, `leaks`, `export` and `verify`: samples out, and proof of what was delivered."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import typer

from curate.commands.output import DIFFERENT, Folder, Json, Where, chosen, note, open_dataset, say, say_json


def split(
    dataset: Folder,
    parts: Annotated[
        list[str] | None,
        typer.Argument(metavar="PART=SHARE...", help="train=0.8 val=0.1 test=0.1, or numbers of samples."),
    ] = None,
    *,
    stratify: Annotated[
        list[str] | None, typer.Option(help="A column, or a field of labels, to balance; repeat for more.")
    ] = None,
    group_by: Annotated[
        list[str] | None, typer.Option(help="A column whose groups stay whole; repeat for more.")
    ] = None,
    leak: Annotated[
        str,
        typer.Option(help="The cosine from which on samples stay together; auto calibrates it, off looks for nothing."),
    ] = "auto",
    by_time: Annotated[str | None, typer.Option(help="A column; each part is later than the one before.")] = None,
    gap: Annotated[str | None, typer.Option(help="Between parts by time: 2h, 7d, or a number.")] = None,
    fix: Annotated[
        list[str] | None,
        typer.Option(metavar="PART=SLICE", help="The samples of a slice go to that part; repeat for more."),
    ] = None,
    extend: Annotated[
        str | None, typer.Option(metavar="NAME", help="Place the samples that this split lacks; no old one moves.")
    ] = None,
    where: Where = None,
    seed: Annotated[int, typer.Option(help="Another seed gives another split.")] = 0,
    name: Annotated[str, typer.Option(help="What the split, and its column, is called.")] = "v1",
    json: Json = False,
) -> None:
    """Assign every sample to a part, and print the certificate.

    Ends with 3 if the split, though it is made, does not keep all of its promises.
    """
    ds = open_dataset(dataset)
    view = chosen(ds, where)
    if (extend is None) == (not parts):
        raise typer.BadParameter("give parts such as train=0.8 test=0.2, or --extend NAME", param_hint="PART=SHARE")
    if extend is not None:
        made = ds.split_named(extend).extend(view)
    else:
        made = view.split(
            _parts(parts or []),
            stratify=stratify or None,
            group_by=group_by or None,
            leak=_leak(leak),
            by_time=by_time,
            gap=_gap(gap),
            fix={part: ds.slice(slice_) for part, slice_ in _pairs(fix or [], "--fix").items()} or None,
            seed=seed,
            name=name,
        )
    certificate = made.certificate
    if json:
        say_json(msgspec.json.decode(certificate.to_json()))
    else:
        say(certificate)
    if not certificate.passed:
        raise typer.Exit(DIFFERENT)


def leaks(
    where: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="A folder with train/ and val/; train=a.json val=b.json; or a dataset, with --column.",
        ),
    ],
    *,
    column: Annotated[str | None, typer.Option(help="Of a dataset: says the part; a split is one, too.")] = None,
    root: Annotated[str | None, typer.Option(help="Of COCO files: the folder with their pictures.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Embeds files, as --model of embed; without it they are compared by hash.")
    ] = None,
    leak: Annotated[str, typer.Option(help="The cosine from which on samples are near; auto calibrates it.")] = "auto",
    json: Json = False,
) -> None:
    """Say what lies near what across the parts of a split, whoever made it. Ends with 3 if anything does."""
    import curate

    parts = where[0] if len(where) == 1 and "=" not in where[0] else _pairs(where, "PATH", "PART=PATH")
    found = curate.find_leaks(
        open_dataset(str(parts)) if column is not None and isinstance(parts, str) else parts,
        column=column,
        root=root,
        encoder=encoder,
        leak=_leak(leak),
    )
    if json:
        about = msgspec.json.decode(found.certificate.to_json())
        say_json({"ok": found.ok, "shared": found.shared, "pairs": found.pairs.to_dicts(), "certificate": about})
    else:
        say(found)
    if not found.ok:
        raise typer.Exit(DIFFERENT)


def export(
    dataset: Folder,
    path: Annotated[str, typer.Argument(help="A folder that is not there yet, or a URL with nothing under it.")],
    *,
    format: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="coco, yolo, voc, imagefolder, parquet, webdataset …; a wrong one lists them."
        ),
    ],
    split: Annotated[str | None, typer.Option(help="Export this split, each sample with its part.")] = None,
    where: Where = None,
    labels: Annotated[list[str] | None, typer.Option(help="A label field, or a column; repeat for more.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Whose labels; repeat for more.")] = None,
    classes: Annotated[
        str | None,
        typer.Option(help="Class names in the order of their numbers, comma-separated; car=vehicle calls one another."),
    ] = None,
    media: Annotated[str, typer.Option(help="copy, hardlink, symlink or reference.")] = "copy",
    resize: Annotated[str | None, typer.Option(help="The longest side in pixels, or WIDTHxHEIGHT.")] = None,
    encode: Annotated[str | None, typer.Option(help="jpeg, png or webp; jpeg:85 says the quality.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a former export.")] = False,
    json: Json = False,
) -> None:
    """Write samples and labels for a consumer, with a manifest that `curate verify` checks.

    Written beside PATH, read back, and renamed when complete: a killed export leaves PATH as it was, and the same command goes
    on with it.
    """
    ds = open_dataset(dataset)
    if split is not None and where is not None:
        raise typer.BadParameter(
            "a split is exported whole; split what --where lets through instead", param_hint="--where"
        )
    view = chosen(ds, where) if split is None else ds.split_named(split)
    done = view.export(
        path,
        format=format,
        labels=labels or None,
        source=source or None,
        classes=_classes(classes) if classes else None,
        media=media,
        resize=_size(resize) if resize else None,
        encode=encode,
        overwrite=overwrite,
    )
    if json:
        say_json({"path": str(done.path), "format": done.format, "counts": done.counts, "left_out": done.left_out})
        return
    say(done)
    for left in done.left_out[:10]:
        note(f"left out: {left.uri} ({left.reason})")
    if len(done.left_out) > 10:
        note(f"and {len(done.left_out) - 10:,} more, listed in manifest.json")


def verify(
    path: Annotated[str, typer.Argument(help="The folder or URL that export wrote to.")],
    *,
    json: Json = False,
) -> None:
    """Compute the checksums, counts and split of an export again. Ends with 3 if anything differs."""
    import curate

    found = curate.verify(path)
    if json:
        say_json(
            {
                "path": str(found.path),
                "ok": found.ok,
                "files": found.files,
                "changed": found.changed,
                "missing": found.missing,
                "added": found.added,
                "problems": found.problems,
                "unchecked": found.unchecked,
            }
        )
    else:
        say(found)
    if not found.ok:
        raise typer.Exit(DIFFERENT)


def _classes(text: str) -> list[str] | dict[str, str]:
    """`car,person` are names; with `=` the first is what the dataset calls it, the second what the export does."""
    names = [name.strip() for name in text.split(",")]
    if "=" not in text:
        return names
    return {old.strip(): (new if equals else old).strip() for old, equals, new in (n.partition("=") for n in names)}


def _size(text: str) -> int | list[int]:
    """`640` is the longest side, `640x480` width and height."""
    try:
        sides = [int(side) for side in text.lower().replace("×", "x").split("x")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither 640 nor 640x480", param_hint="--resize") from None
    return sides[0] if len(sides) == 1 else sides


def _parts(texts: list[str]) -> dict[str, float | int]:
    """`train=0.8` is a share, `train=800` a number of samples."""
    parts: dict[str, float | int] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        try:
            number = int(value) if value.isdigit() else float(value)
        except ValueError:
            number = -1
        if not (equals and name) or number <= 0:
            raise typer.BadParameter(f"{text!r} is not NAME=SHARE, such as train=0.8", param_hint="PART=SHARE")
        if name in parts:
            raise typer.BadParameter(f"{name!r} is there twice", param_hint="PART=SHARE")
        parts[name] = number
    return parts


def _leak(text: str) -> float | Literal["auto"] | None:
    if text == "auto":
        return "auto"
    if text == "off":
        return None
    number = _number(text)
    if number is None:
        raise typer.BadParameter(f"{text!r} is no cosine, nor auto or off", param_hint="--leak")
    return number


def _gap(text: str | None) -> float | str | None:
    number = None if text is None else _number(text)
    return text if number is None else number


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _pairs(texts: list[str], option: str, form: str = "PART=SLICE") -> dict[str, str]:
    """`test=night` as part and slice, or part and path."""
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise typer.BadParameter(f"{text!r} is not {form}", param_hint=option)
        pairs[name] = value
    return pairs
