"""What a stream may carry: data classes, the streams that carry them, and the controls required.

Checks and kinds are imported when they are asked for: questions ask for neither.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from streamward.contracts.classification import classes_of, level_of, streams_carrying

if TYPE_CHECKING:
    from streamward.contracts.checks import CHECKS
    from streamward.contracts.kinds import DOCUMENT_KINDS, FILE_KINDS

__all__ = ["CHECKS", "DOCUMENT_KINDS", "FILE_KINDS", "classes_of", "level_of", "streams_carrying"]

_HOMES: Final = {"CHECKS": "checks", "DOCUMENT_KINDS": "kinds", "FILE_KINDS": "kinds"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
