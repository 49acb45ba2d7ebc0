"""The texts in a value whose type is marked: names of documents, references to materials."""

from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from streamward.model.document import FieldPath

M = TypeVar("M")


def marked(
    value: BaseModel, mark: type[M], path: FieldPath = ()
) -> Iterator[tuple[FieldPath, M, str]]:
    """Every text in a value whose type is marked (in `Annotated`): its path, the mark, the text."""
    for name, key, annotation in _fields(type(value), mark):  # type: ignore[arg-type]
        held = getattr(value, name)
        # Most fields of most documents are left out.
        if held is not None and held != ():
            yield from _marked(annotation, held, mark, (*path, key))


@cache
def _fields(model: type[BaseModel], mark: type[Any]) -> tuple[tuple[str, str, Any], ...]:
    """Name, key and type of each field of a model that may hold such a text."""
    return tuple(
        (name, info.alias or name, annotation)
        for name, info in model.model_fields.items()
        if _may_hold(annotation := _annotation(info), mark, set())
    )


def _annotation(info: FieldInfo) -> Any:
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def _may_hold(annotation: Any, mark: type[Any], seen: set[Any]) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation in seen:
            return False
        seen.add(annotation)
        fields = annotation.model_fields.values()
        return any(_may_hold(_annotation(info), mark, seen) for info in fields)
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated and any(isinstance(it, mark) for it in arguments[1:]):
        return True
    return any(_may_hold(argument, mark, seen) for argument in arguments)


def _marked(
    annotation: Any, value: Any, mark: type[M], path: FieldPath
) -> Iterator[tuple[FieldPath, M, str]]:
    if isinstance(value, BaseModel):
        yield from marked(value, mark, path)
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        if isinstance(value, str):
            yield from ((path, item, value) for item in arguments[1:] if isinstance(item, mark))
        yield from _marked(arguments[0], value, mark, path)
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from _marked(argument, value, mark, path)
    elif arguments:
        for key, item in _items(value):
            yield from _marked(
                arguments[-1 if isinstance(value, dict) else 0], item, mark, (*path, key)
            )


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple):
        yield from enumerate(value)
