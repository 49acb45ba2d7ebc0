"""The name that somebody probably meant."""

import heapq
from bisect import bisect_left
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

COMPARED_MAX: Final = 64
"""Names that a word is compared with; of more, those next to it in the alphabet. Each takes a
fraction of a millisecond, and a bundle may have thousands of names and of mistakes."""
_SHOWN_MAX: Final = 8


@lru_cache(maxsize=8)
def _folded(names: frozenset[str]) -> tuple[dict[str, str], list[str]]:
    by_folded = {name.lower(): name for name in sorted(names, reverse=True)}
    return by_folded, sorted(by_folded)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The most similar of the names, or None when none is similar."""
    by_folded, ordered = _folded(frozenset(names))
    folded = word.lower()
    if len(ordered) > COMPARED_MAX:
        place = bisect_left(ordered, folded)
        first = max(0, min(place - COMPARED_MAX // 2, len(ordered) - COMPARED_MAX))
        ordered = ordered[first : first + COMPARED_MAX]
    else:
        ordered = list(by_folded)
    found = get_close_matches(folded, ordered, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def meant(word: str, names: Iterable[str]) -> str:
    """A suggestion: the nearest name, or else what there is to choose from."""
    known = frozenset(names)
    near = nearest(word, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if not known:
        return ""
    shown = ", ".join(f"`{name}`" for name in heapq.nsmallest(_SHOWN_MAX, known))
    return f"one of {shown}" + (" …" if len(known) > _SHOWN_MAX else "")
