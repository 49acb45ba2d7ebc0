"""The name that somebody probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The most similar of the names, or None when none is similar."""
    by_folded = {name.lower(): name for name in sorted(names, reverse=True)}
    found = get_close_matches(word.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def meant(word: str, names: Iterable[str]) -> str:
    """A suggestion: the nearest name, or else what there is to choose from."""
    known = sorted(set(names))
    near = nearest(word, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if not known:
        return ""
    shown = ", ".join(f"`{name}`" for name in known[:8])
    return f"one of {shown}" + (" …" if len(known) > 8 else "")
