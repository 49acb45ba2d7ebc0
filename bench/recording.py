"""What the record costs on the gateway's path: frames written for a GB, times the CPU of one."""

import json
import subprocess
from pathlib import Path
from typing import Any

FRAME_BYTES = 50
"""A range frame on disk (docs/reference/journal.md)."""
ROOT = Path(__file__).parent.parent


def journal_bytes(audit_dir: Path | None) -> int:
    """How long the journal is; 0 where there is none."""
    if audit_dir is None:
        return 0
    return sum(path.stat().st_size for path in (audit_dir / "journal").glob("*.swj"))


def seconds_per_frame() -> float:
    """CPU of one response's frame: staged, checksummed, written, and its share of the fsyncs."""
    command = ["cargo", "run", "--release", "--locked", "--quiet", "-p", "streamward-audit"]
    finished = subprocess.run(
        [*command, "--example", "recording"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    answer: dict[str, int] = json.loads(finished.stdout)
    return answer["cpu_milliseconds"] / 1_000 / answer["responses"]


def add_shares(rows: list[dict[str, Any]], seconds: float) -> None:
    """Give each measurement that wrote a journal the share of its CPU that the record took.

    All that the journal grew by counts as range frames, entries included: an upper bound.
    """
    for row in rows:
        if row.get("journal_bytes") and row.get("proxy_cpu_seconds"):
            frames = row["journal_bytes"] / FRAME_BYTES
            row["recording_cpu_seconds"] = frames * seconds
            row["recording_share"] = frames * seconds / row["proxy_cpu_seconds"]
