"""What a check found, for a person or a program."""

from collections import Counter
from typing import Any

from streamward.bundle.load import Loaded


def failed(loaded: Loaded, *, strict: bool = False) -> bool:
    """Whether the bundle is not fit for use; with `strict`, warnings count too."""
    return bool(loaded.mistakes if strict else loaded.errors)


def summary(loaded: Loaded) -> str:
    """One line: what was read and what was found."""
    counts = Counter(mistake.severity for mistake in loaded.mistakes)
    read = _counted(len(loaded.bundle.documents) + len(loaded.bundle.files), "document")
    found = [_counted(counts[word], word) for word in ("error", "warning") if counts[word]]
    return f"{read}, " + (", ".join(found) if found else "no mistakes")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def document(loaded: Loaded, *, strict: bool = False) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "valid": not failed(loaded, strict=strict),
        "documents": dict(sorted(Counter(d.kind for d in loaded.bundle.documents).items())),
        "mistakes": [
            {
                "file": mistake.place.file,
                "line": mistake.place.line,
                "column": mistake.place.column,
                "severity": mistake.severity,
                "where": mistake.where,
                "what": mistake.what,
                "suggestion": mistake.suggestion,
                "remedy": mistake.remedy,
            }
            for mistake in loaded.mistakes
        ],
    }
