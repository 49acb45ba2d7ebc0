"""Where things lie beside a log."""

from pathlib import Path
from typing import Final

ORIGIN_BYTES_MAX: Final = 1_024


def index_path(audit_dir: Path) -> Path:
    """Where the index of a log is, unless somebody says otherwise."""
    return audit_dir / "index" / "index.sqlite"


def log_origin(audit_dir: Path) -> str:
    """The name of the log; empty where it has none yet."""
    try:
        with (audit_dir / "origin").open("rb") as file:
            return file.read(ORIGIN_BYTES_MAX).decode(errors="replace").strip()
    except OSError:
        return ""


def oldest_entry(audit_dir: Path) -> int:
    """The oldest entry that the log holds; those before it were pruned. 0 where it has none."""
    segments = (audit_dir / "journal").glob("[0-9]" * 20 + ".swj")
    return min((int(path.stem) for path in segments), default=0)
