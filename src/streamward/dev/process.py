"""Processes that outlive the command that started them, known by id and by when they started."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamward.clock import monotonic_seconds

_POLL_SECONDS = 0.05
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A process id and the moment (in clock ticks since boot) when that process started.

    The second tells a process from a later one that was given the same id.
    """

    pid: int
    start_ticks: int


def start_detached(command: Sequence[str], log: Path, directory: Path) -> ProcessRecord:
    """Start a process in a session of its own, with its output appended to `log`."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            start_new_session=True,
        )
    _children[child.pid] = child
    return ProcessRecord(child.pid, start_ticks(child.pid) or 0)


def start_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None where it doesn't run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])


def is_running(record: ProcessRecord) -> bool:
    """Whether exactly this process still runs."""
    child = _children.get(record.pid)
    if child is not None and child.poll() is not None:
        del _children[record.pid]
        return False
    return start_ticks(record.pid) == record.start_ticks


def stop(record: ProcessRecord, grace_seconds: float) -> None:
    """End this process: politely, and after `grace_seconds` by force. Waits until it is gone."""
    if not is_running(record):
        return
    os.kill(record.pid, signal.SIGTERM)
    if not _gone_within(record, grace_seconds):
        os.kill(record.pid, signal.SIGKILL)
        _gone_within(record, grace_seconds)


def kill(record: ProcessRecord) -> None:
    """End this process at once, without letting it clean up. Waits until it is gone."""
    if is_running(record):
        os.kill(record.pid, signal.SIGKILL)
        _gone_within(record, 10.0)


def _gone_within(record: ProcessRecord, seconds: float) -> bool:
    deadline = monotonic_seconds() + seconds
    while is_running(record):
        if monotonic_seconds() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
