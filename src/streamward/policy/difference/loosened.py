"""Changes that make a later widening harmless to look at, and so need an approval themselves.

SECURITY: approvals are asked for by class. Who takes the class from a stream today gives access to
it tomorrow, and nobody is asked; who may open what is sealed, and who may destroy it, stands in
key rings, of which the rules know nothing. What is compared here is what documents say; what
readers see of each stream by rings and contracts together is compared by who knows these.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from streamward.model.action import Action
from streamward.model.approval import Approval
from streamward.model.document import Bundle
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.stream import Stream
from streamward.policy.difference.approvals import (
    Rule,
    approvals_of,
    levels_of,
    rule_between,
    subjects_of,
)
from streamward.policy.difference.changes import Loosening
from streamward.policy.difference.sight_changes import ClearerSight, SightChange


@dataclass(frozen=True, slots=True)
class Protection:
    """What protects records less, or shows them otherwise, beside what rules say."""

    sights: tuple[SightChange, ...] = ()
    less: tuple[str, ...] = ()
    """For people, with `FILE:LINE`: streams of which less is sealed or masked."""
    loosened: tuple[Loosening, ...] = ()
    """The same, of each class that these carry."""


Protect = Callable[[Bundle, Bundle], Protection]
"""Tells that of an old and a new bundle; who knows contracts and keys can."""


def loosenings(
    old: Bundle, new: Bundle, day: datetime.date, more: Iterable[Loosening] = ()
) -> tuple[Loosening, ...]:
    """What is looser in `new`, of classes that need an approval, and nobody agreed to; also of
    what is known otherwise to be looser (`more`).
    """
    rule = rule_between(old, new)
    if rule is None:
        return ()
    guarded = _guarded(old, new, rule)
    approvals = approvals_of(new, rule.approvers, day)
    found = (*_declassified(old, new), *_weaker_rings(old, new), *_more_readers(old, new))
    subjects = subjects_of(new)
    return tuple(
        it
        for it in (*found, *more)
        if it.data_class in guarded
        and not any(_approves(one, it, subjects.get(it.reader or "", _NOBODY)) for one in approvals)
    )


def clearer_sights(
    old: Bundle, new: Bundle, changes: Iterable[SightChange], day: datetime.date
) -> tuple[ClearerSight, ...]:
    """Each change that shows more of a class that needs an approval, once for each class; and who
    agreed to it.
    """
    rule = rule_between(old, new)
    if rule is None:
        return ()
    guarded = _guarded(old, new, rule)
    approvals = approvals_of(new, rule.approvers, day)
    subjects = subjects_of(new)
    levels = levels_of(old, new)
    found: list[ClearerSight] = []
    for change in changes:
        for name in change.classes if change.gains else ():
            if name not in guarded:
                continue
            covered: dict[Approval | None, list[str]] = {}
            for principal in change.principals:
                known = subjects.get(principal, _NOBODY)
                fitting = (it for it in approvals if _shows(it, change, name, known))
                covered.setdefault(next(fitting, None), []).append(principal)
            found += [
                ClearerSight(
                    change=change,
                    data_class=name,
                    level=levels[name],
                    principals=tuple(principals),
                    approval=None if approval is None else approval.id,
                    by=None if approval is None else approval.by,
                )
                for approval, principals in covered.items()
            ]
    return tuple(found)


def _guarded(old: Bundle, new: Bundle, rule: Rule) -> frozenset[str]:
    levels = levels_of(old, new).items()
    return frozenset(name for name, level in levels if level.rank >= rule.level.rank)


_NOBODY = frozenset[str]()


def _may_read(approval: Approval, reader: frozenset[str]) -> bool:
    """Who was given the right to read was given it to see what is there."""
    return Action.READ in approval.allow and not reader.isdisjoint(approval.to)


def _shows(
    approval: Approval, change: SightChange, data_class: str, reader: frozenset[str]
) -> bool:
    if data_class not in approval.classes:
        return False
    weaker = approval.weaker_masks if change.by_masks else approval.weaker_keys
    return weaker or _may_read(approval, reader)


def _approves(approval: Approval, found: Loosening, reader: frozenset[str]) -> bool:
    if found.data_class not in approval.classes:
        return False
    weaker_keys = approval.weaker_keys or _may_read(approval, reader)
    allowed = {
        "declassify": approval.declassify,
        "weaker_keys": weaker_keys,
        "weaker_masks": approval.weaker_masks,
    }
    return allowed[found.field]


def _declassified(old: Bundle, new: Bundle) -> Iterator[Loosening]:
    """Streams, declared or not, that carried a class and do not any more."""
    for stream in old.of(Stream):
        for name in stream.classes:
            prefixes = [it.prefix for it in new.of(Stream) if it.prefix and name in it.classes]
            names = [it.name for it in new.of(Stream) if it.name and name in it.classes]
            text = stream.name or stream.prefix or ""
            kept = any(text.startswith(prefix) for prefix in prefixes)
            if not kept and not (stream.name is not None and stream.name in names):
                shown = text if stream.name is not None else f"{text}*"
                yield Loosening("declassify", name, f"`{shown}` is no longer of class `{name}`")


def _weaker_rings(old: Bundle, new: Bundle) -> Iterator[Loosening]:
    """Rings that are easier to destroy. One that is gone comes back as anything."""
    after = {it.name: it for it in new.of(KeyRing)}
    for ring in old.of(KeyRing):
        now = after.get(ring.name)
        found = []
        if now is None:
            found = ["is gone"]
        else:
            if ring.legal_hold and not now.legal_hold:
                found.append("is no longer under legal hold")
            if now.destruction.approvals < ring.destruction.approvals:
                found.append("can be destroyed by one person")
            if now.destruction.wait < ring.destruction.wait:
                found.append("is destroyed after a shorter wait")
            if now.data_class != ring.data_class:
                found.append(f"is of class `{now.data_class}` now")
        for what in found:
            yield Loosening("weaker_keys", ring.data_class, f"the ring `{ring.name}` {what}")


def _more_readers(old: Bundle, new: Bundle) -> Iterator[Loosening]:
    """Principals for whom a ring opens, and did not before; for whom one that is new does, and no
    ring of its class did. Where streams are sealed under another ring is told by who sees more.
    """
    before, after = _readers(old), _readers(new)
    rings = {it.name: it for it in old.of(KeyRing)}
    of_class: dict[str, set[str]] = {}
    for ring in rings.values():
        of_class.setdefault(ring.data_class, set()).update(before[ring.name])
    for ring in new.of(KeyRing):
        known = ring.name in rings
        # A class that nothing was sealed for was open to whoever could read its streams.
        if not known and ring.data_class not in of_class:
            continue
        opened = before[ring.name] if known else of_class[ring.data_class]
        classes = {ring.data_class, rings[ring.name].data_class} if known else {ring.data_class}
        for principal in sorted(after[ring.name] - opened):
            what = f"what the ring `{ring.name}` seals opens for `{principal}`"
            for name in sorted(classes):
                yield Loosening("weaker_keys", name, what, principal)


def _readers(bundle: Bundle) -> dict[str, frozenset[str]]:
    """By ring: whoever is in its access class."""
    classes = {it.name: frozenset(it.readers) for it in bundle.of(AccessClass)}
    subjects = subjects_of(bundle)
    by_class = {
        name: frozenset(who for who, known in subjects.items() if not known.isdisjoint(readers))
        for name, readers in classes.items()
    }
    return {it.name: by_class.get(it.access_class, _NOBODY) for it in bundle.of(KeyRing)}
