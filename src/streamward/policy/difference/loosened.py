"""Changes that make a later widening harmless to look at, and so need an approval themselves.

SECURITY: approvals are asked for by class. Who takes the class from a stream today gives access to
it tomorrow, and nobody is asked; who may open what is sealed, and who may destroy it, stands in
key rings, of which the policy knows nothing. What is compared here is what documents say.
"""

import datetime
from collections.abc import Iterator

from streamward.model.action import Action
from streamward.model.approval import Approval
from streamward.model.document import Bundle
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.stream import DataClass, Stream
from streamward.policy.difference.approvals import (
    approvals_of,
    levels_of,
    rule_between,
    subjects_of,
)
from streamward.policy.difference.changes import Loosening


def loosenings(old: Bundle, new: Bundle, day: datetime.date) -> tuple[Loosening, ...]:
    """What is looser in `new`, of classes that need an approval, and nobody agreed to."""
    rule = rule_between(old, new)
    if rule is None:
        return ()
    guarded = {name for name, level in levels_of(old, new).items() if level.rank >= rule.level.rank}
    approvals = approvals_of(new, rule.approvers, day)
    found = (*_declassified(old, new), *_weaker_rings(old, new), *_more_readers(old, new))
    looser = (*found, *_not_sealed(old, new))
    subjects = subjects_of(new)
    return tuple(
        it
        for it in looser
        if it.data_class in guarded
        and not any(_approves(one, it, subjects.get(it.reader or "", _NOBODY)) for one in approvals)
    )


_NOBODY = frozenset[str]()


def _approves(approval: Approval, found: Loosening, reader: frozenset[str]) -> bool:
    if found.data_class not in approval.classes:
        return False
    # Who was given the right to read was given it to see what is there.
    may_read = Action.READ in approval.allow and not reader.isdisjoint(approval.to)
    allowed = {"declassify": approval.declassify, "weaker_keys": approval.weaker_keys or may_read}
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
    """Principals for whom rings of a class open, and did not before."""
    before, after = _readers(old), _readers(new)
    for name, readers in after.items():
        # A class that nothing was sealed for was open to whoever could read its streams.
        if name in before:
            for principal in sorted(readers - before[name]):
                what = f"what is sealed for class `{name}` opens for `{principal}`"
                yield Loosening("weaker_keys", name, what, principal)


def _readers(bundle: Bundle) -> dict[str, set[str]]:
    """By data class: whoever is in an access class of one of its rings."""
    classes = {it.name: frozenset(it.readers) for it in bundle.of(AccessClass)}
    subjects = subjects_of(bundle)
    found: dict[str, set[str]] = {}
    for ring in bundle.of(KeyRing):
        readers = classes.get(ring.access_class, frozenset())
        reading = {name for name, known in subjects.items() if not known.isdisjoint(readers)}
        found.setdefault(ring.data_class, set()).update(reading)
    return found


def _not_sealed(old: Bundle, new: Bundle) -> Iterator[Loosening]:
    """Documents that sealed under a ring and do not, or under another one."""
    classes = {it.name: it.data_class for it in old.of(KeyRing)}
    after = _seals(new)
    for text, ring in _seals(old).items():
        if after.get(text) != ring:
            what = f"{text} is not sealed under the ring `{ring}` any more"
            yield Loosening("weaker_keys", classes.get(ring, ""), what)


def _seals(bundle: Bundle) -> dict[str, str]:
    """By document, as people read it: the ring under which it says to seal."""
    found = {f"class `{it.name}`": it.seal for it in bundle.of(DataClass)}
    for it in bundle.of(Stream):
        found[f"`{it.name}`" if it.name is not None else f"`{it.prefix}*`"] = it.seal
    return {text: seal.ring for text, seal in found.items() if seal is not None}
