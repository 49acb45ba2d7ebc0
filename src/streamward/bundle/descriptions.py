"""What the fields of documents are for: the texts below them, in the source of their models.

Pydantic would read them whenever a model is made, which is a fourth of the time that importing the
models takes; only who writes a reference or a schema looks at them.
"""

import ast
import inspect
import textwrap
from functools import cache

from pydantic import BaseModel

from streamward.bundle.fields import models_in


@cache
def describe(model: type[BaseModel]) -> None:
    """Give every field of a model, and of the models in it, its description."""
    inside_out = _inside_out(model, [])
    for each in inside_out:
        texts = {name: text for of in reversed(each.__mro__) for name, text in _texts(of).items()}
        for name, info in each.model_fields.items():
            info.description = info.description or texts.get(name)
        # Who holds it would take it as it was.
        if "__pydantic_core_schema__" in vars(each):
            del each.__pydantic_core_schema__
    for each in inside_out:
        each.model_rebuild(force=True)


def _inside_out(
    model: type[BaseModel], found: list[type[BaseModel]], around: tuple[type[BaseModel], ...] = ()
) -> list[type[BaseModel]]:
    model.model_rebuild()  # so that what it names is no mere name
    for info in model.model_fields.values():
        for inside in models_in(info.annotation):
            if inside not in (*around, model, *found):
                _inside_out(inside, found, (*around, model))
    found.append(model)
    return found


@cache
def _texts(model: type) -> dict[str, str]:
    """Field → the text below it, of the fields that a class itself declares."""
    if not issubclass(model, BaseModel) or model is BaseModel:
        return {}
    [declared] = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(declared, ast.ClassDef)
    found = {}
    for field, below in zip(declared.body, declared.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            found[field.target.id] = inspect.cleandoc(below.value.value)
    return found
