"""The texts in a value whose type is marked: names of documents, references to materials."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from streamward.model.document import FieldPath

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class _Marks(Generic[M]):
    """Which texts of a type are marked: taken out of it once, as thousands of values are of it."""

    of_text: tuple[M, ...] = ()
    of_items: tuple["_Marks[M]", ...] = ()
    """Of each item of a tuple; several where the type is a union."""
    of_values: tuple["_Marks[M]", ...] = ()
    """Of each value of a dictionary."""


def marked(
    value: BaseModel, mark: type[M], path: FieldPath = ()
) -> Iterator[tuple[FieldPath, M, str]]:
    """Every text in a value whose type is marked (in `Annotated`): its path, the mark, the text."""
    for name, key, marks in _fields(type(value), mark):  # type: ignore[arg-type]
        held = getattr(value, name)
        # Most fields of most documents are left out.
        if held is not None and held != ():
            yield from _marked(marks, held, mark, (*path, key))


def marked_fields(
    model: type[BaseModel], fields: Any, mark: type[M]
) -> tuple[tuple[FieldPath, M, str], ...]:
    """As `marked`, in fields as they stand in a file, which the model may refuse for others."""
    return tuple(dict.fromkeys(_marked_fields(model, fields, mark, ())))


def _marked_fields(
    annotation: Any, value: Any, mark: type[M], path: FieldPath
) -> Iterator[tuple[FieldPath, M, str]]:
    if get_origin(annotation) is Annotated:
        annotation, *notes = get_args(annotation)
        if isinstance(value, str):
            yield from ((path, note, value) for note in notes if isinstance(note, mark))
    for inner, held, key in _parts(annotation, value):
        yield from _marked_fields(inner, held, mark, (*path, *key))


def _parts(annotation: Any, value: Any) -> Iterator[tuple[Any, Any, FieldPath]]:
    """What a value is made of where it is of this type: type, value and place of each part."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        yield from ((argument, value, ()) for argument in arguments)
    elif origin is tuple and isinstance(value, list):
        yield from ((arguments[0], item, (index,)) for index, item in enumerate(value))
    elif isinstance(value, dict):
        if origin is dict:
            yield from ((arguments[-1], item, (key,)) for key, item in value.items())
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _of_model(annotation, value)


def _of_model(
    model: type[BaseModel], value: dict[Any, Any]
) -> Iterator[tuple[Any, Any, FieldPath]]:
    if _may_be(model, value):
        for name, info in model.model_fields.items():
            key = info.alias or name
            if key in value:
                yield _annotation(info), value[key], (key,)


def _may_be(model: type[BaseModel], fields: dict[Any, Any]) -> bool:
    """Not where a field tells that it is another one of a union."""
    return all(
        get_origin(info.annotation) is not Literal or fields.get(name) in get_args(info.annotation)
        for name, info in model.model_fields.items()
        if name in fields
    )


@cache
def _fields(model: type[BaseModel], mark: type[Any]) -> tuple[tuple[str, str, _Marks[Any]], ...]:
    """Name, key and marks of each field of a model that may hold such a text."""
    return tuple(
        (name, info.alias or name, _marks(annotation, mark))
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


def _marks(annotation: Any, mark: type[M]) -> _Marks[M]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = _marks(arguments[0], mark)
        own = tuple(item for item in arguments[1:] if isinstance(item, mark))
        return replace(inner, of_text=(*own, *inner.of_text))
    if origin in (Union, UnionType):
        each = [_marks(argument, mark) for argument in arguments]
        return _Marks(
            tuple(text for it in each for text in it.of_text),
            tuple(item for it in each for item in it.of_items),
            tuple(value for it in each for value in it.of_values),
        )
    if not arguments or origin is Literal:
        return _Marks()
    return _Marks((), (_marks(arguments[0], mark),), (_marks(arguments[-1], mark),))


def _marked(
    marks: _Marks[M], value: Any, mark: type[M], path: FieldPath
) -> Iterator[tuple[FieldPath, M, str]]:
    if isinstance(value, str):
        for one in marks.of_text:
            yield path, one, value
    elif isinstance(value, tuple):
        for of_item in marks.of_items:
            for index, item in enumerate(value):
                yield from _marked(of_item, item, mark, (*path, index))
    elif isinstance(value, dict):
        for of_value in marks.of_values:
            for key, item in value.items():
                yield from _marked(of_value, item, mark, (*path, key))
    elif isinstance(value, BaseModel):
        yield from marked(value, mark, path)
