"""The only place that asks what time it is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_pretended: ContextVar[int | None] = ContextVar("pretended", default=None)


def now_milliseconds() -> int:
    """Milliseconds since 1970, UTC."""
    pretended = _pretended.get()
    return time.time_ns() // 1_000_000 if pretended is None else pretended


@contextmanager
def as_of(milliseconds: int) -> Iterator[None]:
    """Within this block it is another time: for questions about the past and the future."""
    token = _pretended.set(milliseconds)
    try:
        yield
    finally:
        _pretended.reset(token)


def monotonic_seconds() -> float:
    """Seconds on a clock that never goes back; only differences have a meaning."""
    return time.monotonic()
