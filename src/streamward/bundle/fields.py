"""What the model of a document says about one of its fields."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel


def field_names(model: type[BaseModel]) -> tuple[str, ...]:
    """The YAML keys that a model takes."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def names_at(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that are known where a validation error stands; the path may hold tags of unions."""
    models: list[type[BaseModel]] = [model]
    for part in path:
        if isinstance(part, int):
            continue
        deeper = [m for owner in models for m in _models_of_field(owner, part)]
        tagged = [owner for owner in models if _tag(owner) == part]
        models = deeper or tagged or models
    return tuple(dict.fromkeys(name for owner in models for name in field_names(owner)))


def _models_of_field(model: type[BaseModel], name: str) -> list[type[BaseModel]]:
    info = model.model_fields.get(name)
    return list(models_in(info.annotation)) if info is not None else []


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def _tag(model: type[BaseModel]) -> str | None:
    info = model.model_fields.get("type")
    if info is not None and get_origin(info.annotation) is Literal:
        return str(get_args(info.annotation)[0])
    return None
