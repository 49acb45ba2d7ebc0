"""Finds entries by what they say of who, what, where and when."""

from dataclasses import dataclass
from typing import Any, Final

from streamward.audit.index.store import Index
from streamward.errors import InvalidArgument
from streamward.model.event import Entry

PAGE_ENTRIES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; a field that is empty finds everything. Times are ms since 1970."""

    kinds: tuple[str, ...] = ()
    principal: str | None = None
    stream: str | None = None
    action: str | None = None
    decision: str | None = None
    address: str | None = None
    places: tuple[int, ...] = ()
    """Of openings that hold the address, for entries that only commit to it."""
    credential: str | None = None
    since: int | None = None
    until: int | None = None
    before: int | None = None
    """Only entries with a lower index: the next page goes on from the last one of this."""
    limit: int = 50


def found_indexes(index: Index, search: Search) -> list[int]:
    """The indexes of the entries that are found, the newest first.

    Raises InvalidArgument where more are asked for than a page has.
    """
    if not 1 <= search.limit <= PAGE_ENTRIES_MAX:
        raise InvalidArgument(f"a page has 1 to {PAGE_ENTRIES_MAX} entries, not {search.limit}")
    terms, values = _terms(index, search)
    query = f"select entry from entries where {terms} order by entry desc limit :limit"  # noqa: S608
    return [int(entry) for (entry,) in index.rows(query, values)]


@dataclass(frozen=True, slots=True)
class Found:
    """The entries that are found, the newest first."""

    entries: tuple[Entry, ...]
    pruned: tuple[int, ...]
    """Those that the index knows and the log holds no longer."""
    last: int | None
    """The next page is before this one; None: there is no other."""


def found(index: Index, search: Search, oldest: int = 0) -> Found:
    """What is found, read from the log, which begins with the entry `oldest`."""
    indexes = found_indexes(index, search)
    entries = {entry.index: entry for entry in index.entries(indexes, oldest)}
    return Found(
        entries=tuple(entries[each] for each in indexes if each in entries),
        pruned=tuple(each for each in indexes if each not in entries),
        last=indexes[-1] if len(indexes) == search.limit else None,
    )


def _terms(index: Index, search: Search) -> tuple[str, dict[str, Any]]:
    """Conditions and their values; a text that the log never says is found nowhere."""
    words = (
        ("principal", search.principal),
        ("resource", search.stream),
        ("action", search.action),
        ("decision", search.decision),
        ("credential", search.credential),
    )
    terms = [f"{column} = :{column}" for column, text in words if text is not None]
    values: dict[str, Any] = {
        column: index.word(text) for column, text in words if text is not None
    }
    if search.address is not None:
        # Numbers of ours, thousands of them perhaps: more than an answer has parameters.
        sources = [index.word(search.address), *map(index.committed, search.places)]
        known = ", ".join(str(one) for one in sources if one is not None)
        terms.append(f"source in ({known})")
    if search.stream is not None:
        terms.append("resource_type = :stream_type")
        values["stream_type"] = index.word("Stream")
    limits = (
        ("time >= :since", "since", search.since),
        ("time < :until", "until", search.until),
        ("entry < :before", "before", search.before),
    )
    for term, name, limit in limits:
        if limit is not None:
            terms.append(term)
            values[name] = limit
    if search.kinds:
        names = [f"kind{number}" for number in range(len(search.kinds))]
        terms.append(f"kind in ({', '.join(f':{name}' for name in names)})")
        kinds = map(index.word, search.kinds)
        values |= dict(zip(names, kinds, strict=True))
    return " and ".join(terms) or "1", {**values, "limit": search.limit}
