"""The reference of all kinds of documents, written from their models."""

from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from streamward.bundle.descriptions import describe
from streamward.model.action import Action, action_words
from streamward.model.document import DocumentKind, Material, RefersTo
from streamward.model.duration import PATTERN, format_duration

_PLAIN = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}


def reference(kinds: Iterable[DocumentKind]) -> str:
    """Markdown: one section per kind with its fields."""
    return "\n".join(_section(kind) for kind in kinds)


def _section(kind: DocumentKind) -> str:
    describe(kind.model)
    lines = [f"### {kind.name}", "", _prose(kind.model.__doc__), "", "| field | value | |"]
    lines += ["|---|---|---|", *_rows(kind.model, "")]
    return "\n".join([*lines, ""])


def _rows(
    model: type[BaseModel], prefix: str, around: tuple[type[BaseModel], ...] = ()
) -> Iterator[str]:
    """Every field; of a model within itself, only that it is there."""
    around = (*around, model)
    for field, info in model.model_fields.items():
        name = info.alias or field
        annotation: Any = info.annotation
        if info.metadata:
            annotation = Annotated[(annotation, *info.metadata)]
        notes = [_prose(info.description), _default(info, annotation)]
        note = " ".join(part for part in notes if part)
        yield f"| `{prefix}{name}` | {_value(annotation)} | {_cell(note)} |"
        for member, mark in _members(annotation, f"{prefix}{name}"):
            if member not in around:
                yield from _rows(member, mark, around)


def _members(annotation: Any, path: str) -> Iterator[tuple[type[BaseModel], str]]:
    """The models inside a field, with the path under which their fields are written."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, path + "."
        return
    if get_origin(annotation) is tuple:
        path += "[]"
    for argument in get_args(annotation):
        yield from _members(argument, path)


def _default(info: FieldInfo, annotation: Any) -> str:
    if info.is_required():
        return "Required."
    value = info.get_default(call_default_factory=True, validated_data={})
    if value in (None, ()) or isinstance(value, BaseModel | dict):
        return ""
    if _is_duration(annotation):
        return f"Default `{format_duration(value)}`."
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"Default `{shown}`."


def _is_duration(annotation: Any) -> bool:
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    schemas = (mark.json_schema for mark in marks if isinstance(mark, WithJsonSchema))
    return any((schema or {}).get("pattern") == PATTERN for schema in schemas)


def _value(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if _is_duration(annotation):
        return "length of time"
    if origin is Annotated:
        marks = arguments[1:]
        for mark in marks:
            if isinstance(mark, RefersTo):
                return f"name of a [{mark.kind}](#{mark.kind.lower()})"
            if isinstance(mark, Material):
                return f"reference to a {mark.purpose}"
        return _value(arguments[0])
    if origin in (Union, UnionType):
        shown = [_value(argument) for argument in arguments if argument is not type(None)]
        return " or ".join(dict.fromkeys(shown))
    if origin is tuple:
        return f"list: {_value(arguments[0])}"
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if annotation is Action:
        return ", ".join(f"`{word}`" for word in action_words())
    return _named(annotation)


def _named(annotation: Any) -> str:
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    members = getattr(annotation, "__members__", None)
    if members is not None:
        return ", ".join(f"`{member.value}`" for member in members.values())
    name = str(getattr(annotation, "__name__", ""))
    return "date" if name == "date" else "mapping"


def _prose(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
