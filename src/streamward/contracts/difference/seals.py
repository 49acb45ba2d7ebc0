"""Streams of which less is sealed than before, or of which what isn't sealed is taken.

Who sees what is opened is not looked at here: `sights` tells that.
"""

from collections.abc import Iterator

from streamward.contracts.dead_letters import dead_letter_on
from streamward.contracts.difference import places
from streamward.contracts.difference.topics import LessProtected, classes_between, topics_between
from streamward.contracts.sight import seal_on
from streamward.model.document import Bundle
from streamward.model.keys import KeyRing
from streamward.model.sealing import Sealing


def less_sealed(old: Bundle, new: Bundle) -> Iterator[LessProtected]:
    """Every such way, of every topic of which either bundle says something."""
    for topics in topics_between(old, new):
        was, now = seal_on(old, topics.name), seal_on(new, topics.name)
        if was is None:
            continue
        ways = [] if was == now else list(_ways(was, now))
        if now is not None:
            ways += _copied_elsewhere(old, new, topics.name, was)
        if not ways:
            continue
        ring = old.find(KeyRing, was.ring)
        classes = classes_between(old, new, topics.name)
        if ring is not None:
            classes |= {ring.data_class}
        source = places.of_seal(new, topics.name)
        for what in ways:
            yield LessProtected(topics.shown, classes, what, source)


def _ways(was: Sealing, now: Sealing | None) -> Iterator[str]:
    if now is None or now.ring != was.ring:
        yield f"not sealed under the ring `{was.ring}` any more"
    if now is None:
        return
    yield from _less_of_records(was, now)
    # What is sealed or opened by programs the gateway never has in clear.
    if (was.sealed_by, now.sealed_by) == ("producer", "gateway"):
        yield "sealed by the gateway, no longer by producers"
    if (was.opened_by, now.opened_by) == ("consumer", "gateway"):
        yield "opened by the gateway, no longer by consumers"
    yield from _more_taken(was, now)


def _copied_elsewhere(old: Bundle, new: Bundle, stream: str, was: Sealing) -> Iterator[str]:
    target = dead_letter_on(new, stream)
    if target is None or target == dead_letter_on(old, stream):
        return
    there = seal_on(new, target)
    if there is None or there.ring != was.ring:
        yield f"refused records are copied to `{target}`, under another ring"


def _more_taken(was: Sealing, now: Sealing) -> Iterator[str]:
    if was.partition_bound and not now.partition_bound:
        yield "envelopes of its other partitions are taken"
    if was.on_violation != "mark" and now.on_violation == "mark":
        yield "records that are not sealed are taken, and marked"
    for stream in now.accepts_from:
        if stream not in was.accepts_from:
            yield f"envelopes of `{stream}` are taken"
    if now.home is not None and now.home != was.home:
        yield f"envelopes first written in cluster `{now.home}` are taken"


def _less_of_records(was: Sealing, now: Sealing) -> Iterator[str]:
    if was.value and not now.value:
        fields = f", but of {', '.join(f'`{it}`' for it in now.fields)}," if now.fields else ""
        yield f"values in clear{fields} at the broker"
    if not now.value:
        for field in was.fields:
            if field not in now.fields:
                yield f"the field `{field}` in clear at the broker"
    if was.key == "deterministic" and now.key == "plain":
        yield "keys in clear at the broker"
    for header in was.headers:
        if header not in now.headers:
            yield f"the header `{header}` in clear at the broker"
