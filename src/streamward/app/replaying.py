"""What the log says of accesses, decided again by another version of the policy."""

from pathlib import Path
from typing import Any, Final

from streamward.app.bundles import as_it_was, read_content
from streamward.app.versions import InForce
from streamward.audit.follower import Follower
from streamward.audit.journal import journal_readers
from streamward.errors import InvalidArgument
from streamward.model.action import Action, ResourceType
from streamward.model.event import GATEWAY, Entry, Kind
from streamward.model.resource import Resource
from streamward.policy.replay import Recorded, Replay, Replayed
from streamward.versions import Content

REPLAYED_KINDS: Final = (Kind.ACCESS_OPENED, Kind.ACCESS_ROLLUP, Kind.DENIED)


REPLAYED_MAX: Final = 1_000_000
"""Different accesses that one replay holds in memory."""


def recorded_accesses(audit_dir: Path, since: int) -> tuple[Recorded, ...]:
    """What was opened or denied since then (ms since 1970), each kind of access once, the newest.

    What a containment decided is left out: it is no rule of the policy. So is what the gateway did
    itself, which the bundle says and no rule. Raises Unavailable where
    the log can't be read, InvalidArgument where it holds too many different ones.
    """
    found: dict[tuple[Any, ...], Recorded] = {}
    for batch in Follower(journal_readers(audit_dir)).drain():
        for entry in batch.entries:
            if not any(map(entry.may_be, REPLAYED_KINDS)):
                continue
            recorded = _recorded(entry, since)
            if recorded is not None:
                kept = (recorded.principal, recorded.action, recorded.resource, recorded.source)
                found[(*kept, recorded.mechanism, recorded.allowed)] = recorded
        if len(found) > REPLAYED_MAX:
            raise InvalidArgument(
                f"more than {REPLAYED_MAX} different accesses; look less far back"
            )
    return tuple(found.values())


def _recorded(entry: Entry, since: int) -> Recorded | None:
    event = entry.event
    told = event.streaming
    if event.time < since or event.kind not in REPLAYED_KINDS:
        return None
    if told.principal is None or told.action is None or told.resource is None:
        return None
    if told.principal == GATEWAY:
        return None
    if any(rule.startswith("containment:") for rule in told.rules) or told.resource.name == "*":
        return None
    try:
        action, kind = Action(told.action), ResourceType(told.resource.type)
    except ValueError:
        return None
    return Recorded(
        entry=entry.index,
        time=event.time,
        principal=told.principal,
        action=action,
        resource=Resource(kind, told.resource.name),
        source=event.source,
        mechanism=told.mechanism,
        allowed=told.decision != "deny" and event.kind != Kind.DENIED,
        policy_version=told.policy_version or "",
    )


def replayed(
    root: Path, proposed: Content, before: InForce | None, audit_dir: Path, since: int
) -> tuple[Replayed, ...]:
    """What the log holds since then, decided by a proposed content."""
    old = None if before is None else as_it_was(root, before.content)
    replay = Replay(read_content(root, proposed, materials=False), old)
    return tuple(replay.of(recorded_accesses(audit_dir, since)))
