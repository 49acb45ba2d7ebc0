"""Libraries that a gateway loads only when it uses them."""

import importlib.util
import sys
from types import ModuleType


def lazy(name: str) -> ModuleType:
    """The module of this name, whose code runs when one of its attributes is first read.

    For what few bundles need and costs megabytes. Raises ModuleNotFoundError at once where it is
    not installed. Its user imports it under `TYPE_CHECKING` too, and has
    `from __future__ import annotations`: a signature that names it would load it.
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
