"""Modules that are loaded when they, or what is in them, are first used."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
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


def found_later(package: str, name: str, homes: Mapping[str, Iterable[str]]) -> Any:
    """A name of a package, from the module of it that `homes` (module → names) says.

    For a package's `__getattr__`. Raises AttributeError for a name that stands nowhere there.
    """
    for module, names in homes.items():
        if name in names:
            return getattr(importlib.import_module(f"{package}.{module}"), name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
