"""What a new bundle does to records beside what rules say: whom it shows more, what it protects
less.

Rules are compared by the room of policy, and what readers see by that of contracts; neither knows
the other, so what both must say of a change comes together here.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from streamward import policy
from streamward.contracts.difference import (
    Holder,
    LessProtected,
    less_masked,
    less_sealed,
    sight_changes,
)
from streamward.contracts.difference import SightChange as OfTopics
from streamward.model.document import Bundle, Mistake
from streamward.model.principal import Principal
from streamward.policy.difference import (
    Difference,
    Loosening,
    Protection,
    SightChange,
    unapproved_widenings,
)
from streamward.policy.difference.gate import STREAMS_MAX
from streamward.policy.questions.beside import asserted_groups


def difference(old: Bundle, new: Bundle) -> Difference:
    """What `new` decides otherwise than `old`, and what of records it shows or protects otherwise.

    Raises PolicyInvalid where a policy doesn't compile, InvalidArgument where the bundles are too
    large to compare.
    """
    return policy.diff(old, new, protect=protection)


def unapproved_changes(bundle: Bundle, before: Bundle | None) -> Iterator[Mistake]:
    """What nobody agreed to of what needs an approval: rights, what is seen, what is sealed."""
    return unapproved_widenings(bundle, before, protection)


def protection(old: Bundle, new: Bundle) -> Protection:
    """What protects records less, or shows them otherwise."""
    changes = tuple(sight_changes(old, new, holders(old, new)))
    sealed = tuple(_told(less_sealed(old, new)))
    masked = tuple(_told(less_masked(old, new, _seen(changes))))
    return Protection(
        sights=tuple(_joined(changes)),
        less=tuple(f"{what} ({it.source})" for what, it in (*sealed, *masked)),
        loosened=(*_loosenings("weaker_keys", sealed), *_loosenings("weaker_masks", masked)),
    )


def _loosenings(
    field: Literal["weaker_keys", "weaker_masks"], found: Iterable[tuple[str, LessProtected]]
) -> Iterator[Loosening]:
    for what, it in found:
        yield from (Loosening(field, name, what, source=it.source) for name in sorted(it.classes))


def _seen(changes: Iterable[OfTopics]) -> set[tuple[str, str]]:
    """Streams and fields (keys and headers: no name) of which it is told who sees more of them."""
    found: set[tuple[str, str]] = set()
    for it in changes:
        if it.gains and it.by_masks:
            before, after = dict(it.before.masks), dict(it.after.masks)
            changed = (name for name in {*before, *after} if before.get(name) != after.get(name))
            found.update((it.stream, name) for name in changed)
            if (it.before.key, it.before.headers) != (it.after.key, it.after.headers):
                found.add((it.stream, ""))
    return found


def holders(old: Bundle, new: Bundle) -> Iterator[Holder]:
    """Every principal of the new bundle, with its roles by both: declared, and given by tokens."""
    were, are = asserted_groups(old), asserted_groups(new)
    before = {it.name: frozenset(it.roles) for it in old.of(Principal)}
    nobody = frozenset[str]()
    for principal in new.of(Principal):
        name = principal.name
        groups = (were.get(name, {}), are.get(name, {}))
        yield Holder(
            name,
            before.get(name, nobody),
            frozenset(principal.roles),
            tuple(
                (frozenset(groups[0].get(group, ())), frozenset(groups[1].get(group, ())))
                for group in dict.fromkeys((*groups[0], *groups[1]))
            ),
        )


def _joined(changes: Iterable[OfTopics]) -> Iterator[SightChange]:
    """One change for all streams of which the same principals see the same otherwise."""
    streams: dict[tuple[object, ...], list[OfTopics]] = {}
    for it in changes:
        key = (it.principals, it.classes, it.before, it.after, it.by_token, it.by_masks, it.source)
        streams.setdefault(key, []).append(it)
    for alike in streams.values():
        it = alike[0]
        yield SightChange(
            principals=it.principals,
            streams=tuple(dict.fromkeys(each.stream for each in alike)),
            classes=tuple(sorted(it.classes)),
            before=it.before.told_beside(it.after),
            after=it.after.told_beside(it.before),
            by_token=it.by_token,
            gains=it.gains,
            loses=it.loses,
            by_masks=it.by_masks,
            source=it.source,
        )


def _told(found: Iterable[LessProtected]) -> Iterator[tuple[str, LessProtected]]:
    """What is said once of all streams of which the same holds, and one of them."""
    streams: dict[tuple[object, ...], list[LessProtected]] = {}
    for it in found:
        streams.setdefault((it.what, it.classes, it.source), []).append(it)
    for alike in streams.values():
        names = [f"`{it.stream}`" for it in alike[:STREAMS_MAX]]
        more = f" and {len(alike) - STREAMS_MAX} more" if len(alike) > STREAMS_MAX else ""
        yield f"{', '.join(names)}{more}: {alike[0].what}", alike[0]
