"""Modules that are loaded when they are first used."""

import importlib
import importlib.util
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until it is used, and is not among `sys.modules`.

    One that were there (as with `importlib.util.LazyLoader`) would be loaded by whoever looks
    through them all, as `inspect.getmodule` does, and pydantic by it.
    """

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self.__name__), attribute)


def lazy(name: str) -> ModuleType:
    """The module of this name, whose code runs when one of its attributes is first read.

    For what few bundles need and costs megabytes. Raises ModuleNotFoundError at once where it is
    not installed. Its user imports it under `TYPE_CHECKING` too, and has
    `from __future__ import annotations`: a signature that names it would load it.
    """
    if importlib.util.find_spec(name) is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return _Later(name)
