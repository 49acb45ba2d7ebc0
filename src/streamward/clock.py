"""The only place that asks what time it is."""

import time


def now_milliseconds() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def monotonic_seconds() -> float:
    """Seconds on a clock that never goes back; only differences have a meaning."""
    return time.monotonic()
