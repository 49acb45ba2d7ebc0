"""Where things lie beside a log."""

import os
import stat
from pathlib import Path
from typing import Final

ORIGIN_BYTES_MAX: Final = 1_024


def index_path(audit_dir: Path) -> Path:
    """Where the index of a log is, unless somebody says otherwise."""
    return audit_dir / "index" / "index.sqlite"


def log_origin(audit_dir: Path) -> str:
    """The name of the log; empty where it has none yet."""
    try:
        # What is no file must not keep its reader waiting: whoever reads the log refuses it.
        descriptor = os.open(audit_dir / "origin", os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ""
            return file.read(ORIGIN_BYTES_MAX).decode(errors="replace").strip()
    except OSError:
        return ""


def oldest_entry(audit_dir: Path) -> int:
    """The oldest entry that the log holds; those before it were pruned. 0 where it has none."""
    segments = (audit_dir / "journal").glob("[0-9]" * 20 + ".swj")
    return min((int(path.stem) for path in segments), default=0)
