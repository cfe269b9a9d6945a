"""`python -m curate.widgets.typescript` writes `widgets/src/protocol.ts` from `curate/widgets/protocol/`.

Only what the protocol uses is translated; anything else raises, so that the two sides cannot drift apart unseen.
"""

from __future__ import annotations

import sys
import types
import typing
from pathlib import Path

import msgspec

from curate.widgets import protocol

TARGET = Path(__file__).resolve().parents[2] / "widgets" / "src" / "protocol.ts"

UNIONS = {"Request": protocol.AnyRequest, "Reply": protocol.AnyReply, "Event": protocol.AnyEvent}

SCALARS: dict[object, str] = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}


def typescript() -> str:
    """The text of `protocol.ts`."""
    lines = [
        "// Made from curate/widgets/protocol/ by `npm run protocol`. Change those files, never this one.",
        "",
        f"export const PAGE_ROWS = {protocol.PAGE_ROWS};",
        f"export const MAX_MESSAGE = {protocol.MAX_MESSAGE};",
    ]
    names = []
    for struct in _structs():
        lines += ["", *_interface(struct)]
        names.append(struct.__name__)
    for name, union in UNIONS.items():
        members = [member.__name__ for member in typing.get_args(union)]
        lines += ["", f"export type {name} =", *(f"  | {member}" for member in members)]
        lines[-1] += ";"
    return "\n".join(lines) + "\n"


def _structs() -> list[type[msgspec.Struct]]:
    """The messages and what they hold: requests, replies, events, each in the order of the modules and of their lines.

    What a message holds stands before the first that holds it; base classes are folded into their children.
    """
    found: dict[type[msgspec.Struct], None] = {}
    for union in UNIONS.values():
        within = set(_held(union))
        for module in protocol.SUBJECTS:
            classes = [value for value in vars(module).values() if isinstance(value, type) and value in within]
            own = [value for value in classes if value.__module__ == module.__name__]
            found |= dict.fromkeys(struct for one in own for struct in _held(one))
    return list(found)


def _held(hint: typing.Any) -> list[type[msgspec.Struct]]:
    """The structs that a type is made of, itself last."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = typing.get_type_hints(hint, include_extras=True)
        return [*(struct for field in hints.values() for struct in _held(field)), hint]
    return [struct for argument in typing.get_args(hint) for struct in _held(argument)]


def _interface(struct: type[msgspec.Struct]) -> list[str]:
    config = struct.__struct_config__
    hints = typing.get_type_hints(struct, include_extras=True)
    lines = [f"/** {(struct.__doc__ or '').strip().splitlines()[0]} */", f"export interface {struct.__name__} {{"]
    if config.tag_field is not None:
        lines.append(f'  {config.tag_field}: "{config.tag}";')
    for field in msgspec.structs.fields(struct):
        mark = "" if field.required else "?"
        lines.append(f"  {field.encode_name}{mark}: {_type(hints[field.name])};")
    return [*lines, "}"]


def _type(hint: typing.Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint.__name__
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin is typing.Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin is list:
        inner = _type(arguments[0])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if origin is tuple:
        return "[" + ", ".join(_type(argument) for argument in arguments) + "]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(dict.fromkeys(_type(argument) for argument in arguments))
    raise TypeError(f"{hint!r} has no translation to TypeScript")


if __name__ == "__main__":
    TARGET.write_text(typescript(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} written\n")
