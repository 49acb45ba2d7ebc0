"""The folder that declares everything: rooms register their kinds, it reads and checks them.

`streamward.bundle.load` does, and loads the readers of YAML.
"""

from streamward.model.document import (
    Bundle,
    Check,
    Document,
    DocumentKind,
    FileKind,
    Material,
    Mistake,
    Noun,
    Place,
    RefersTo,
    SourceFile,
)
from streamward.model.nearest import meant, nearest

__all__ = [
    "Bundle",
    "Check",
    "Document",
    "DocumentKind",
    "FileKind",
    "Material",
    "Mistake",
    "Noun",
    "Place",
    "RefersTo",
    "SourceFile",
    "meant",
    "nearest",
]
