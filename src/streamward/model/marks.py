"""The texts in a value whose type is marked: names of documents, references to materials."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

from streamward.model.document import FieldPath

M = TypeVar("M")


def marked(
    value: BaseModel, mark: type[M], path: FieldPath = ()
) -> Iterator[tuple[FieldPath, M, str]]:
    """Every text in a value whose type is marked (in `Annotated`): its path, the mark, the text."""
    for name, info in type(value).model_fields.items():
        annotation: Any = info.annotation
        if info.metadata:
            annotation = Annotated[(annotation, *info.metadata)]
        yield from _marked(annotation, getattr(value, name), mark, (*path, info.alias or name))


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
