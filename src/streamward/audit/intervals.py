"""Sets of offsets as ranges, both ends inclusive."""

from collections.abc import Iterable

Span = tuple[int, int]
"""First and last offset, both inclusive."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same offsets in the fewest ranges, in order."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            if last > found[-1][1]:
                found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def clipped(spans: Iterable[Span], first: int, last: int) -> list[Span]:
    """The part of the ranges that lies within two offsets."""
    return [
        (max(low, first), min(high, last)) for low, high in spans if high >= first and low <= last
    ]


def offsets(spans: Iterable[Span]) -> int:
    """How many offsets are in ranges that don't overlap."""
    return sum(last - first + 1 for first, last in spans)
