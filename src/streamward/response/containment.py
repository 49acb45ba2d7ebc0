"""Containments, and the overlay that the log's containment entries fold to. Pure: no clock."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from streamward.errors import InvalidArgument
from streamward.model.entries import containment_event
from streamward.model.event import Entry, Kind, canonical
from streamward.model.event_bodies import ContainmentBody

OVERLAY_CONTAINMENTS_MAX: Final = 10_000
NAME_CHARACTERS_MAX: Final = 249


class Verb(StrEnum):
    """What a containment does."""

    REVOKE = "revoke"
    QUARANTINE = "quarantine"


class TargetType(StrEnum):
    """What a containment is laid on."""

    PRINCIPAL = "principal"
    CREDENTIAL = "credential"
    STREAM = "stream"


TARGETS: Final[Mapping[Verb, frozenset[TargetType]]] = {
    Verb.REVOKE: frozenset({TargetType.PRINCIPAL, TargetType.CREDENTIAL}),
    Verb.QUARANTINE: frozenset({TargetType.STREAM}),
}


class Change(StrEnum):
    """What an entry says about a containment."""

    OPENED = "opened"
    LIFTED = "lifted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Containment:
    """A principal or credential that may do nothing, or a stream that nobody may touch.

    `expires_milliseconds` is since 1970; None means until somebody lifts it.
    """

    id: str
    verb: Verb
    target_type: TargetType
    name: str
    owner: str
    reason: str
    expires_milliseconds: int | None
    alert: str | None = None

    def __post_init__(self) -> None:
        """Raises InvalidArgument where the parts don't fit each other."""
        if self.target_type not in TARGETS[self.verb]:
            raise InvalidArgument(f"a {self.target_type} can't be given to `{self.verb}`")
        if not 0 < len(self.name) <= NAME_CHARACTERS_MAX:
            raise InvalidArgument(f"the {self.target_type}'s name is empty or too long")
        if not self.owner or not self.reason:
            raise InvalidArgument("a containment needs an owner and a reason")

    def expired(self, now_milliseconds: int) -> bool:
        """Whether its time is over."""
        return (
            self.expires_milliseconds is not None and self.expires_milliseconds <= now_milliseconds
        )

    def entry(
        self,
        change: Change,
        now_milliseconds: int,
        *,
        owner: str | None = None,
        reason: str | None = None,
    ) -> bytes:
        """The entry of the log that says this change; who lifts it has an own owner and reason."""
        return containment_event(
            time_milliseconds=now_milliseconds,
            identifier=self.id,
            verb=self.verb,
            target=(self.target_type, self.name),
            owner=owner or self.owner,
            reason=reason or self.reason,
            change=change,
            expires_milliseconds=self.expires_milliseconds,
            alert=self.alert,
        )


def containment_of(body: ContainmentBody) -> Containment:
    """The containment that an entry speaks of. Raises InvalidArgument or ValueError."""
    return Containment(
        id=body.id,
        verb=Verb(body.verb),
        target_type=TargetType(body.target.type),
        name=body.target.name,
        owner=body.owner,
        reason=body.reason,
        expires_milliseconds=None if body.expires is None else int(body.expires),
        alert=body.alert,
    )


def rule_containment_id(alert: str, rule: str) -> str:
    """The id of what a rule does about an alert: one alert and rule give one containment, ever."""
    text = f"{len(alert)}:{alert}{rule}"
    return "c-" + hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Overlay:
    """All containments in force, as the fold of the log's containment entries.

    `epoch` is one more than the index of the last containment entry, so that it grows with the log.
    `ahead` holds the indexes of entries that were applied before the fold reached their place.
    """

    epoch: int = 0
    active: Mapping[str, Containment] = field(default_factory=dict)
    ahead: frozenset[int] = frozenset()

    def apply(self, entry: Entry) -> "Overlay":
        """The overlay after this entry, seen in its place in the log."""
        if entry.index in self.ahead:
            return replace(self, ahead=self.ahead - {entry.index})
        if not entry.may_be(Kind.CONTAINMENT):
            return self
        body = entry.event.streaming.containment
        if entry.event.kind != Kind.CONTAINMENT or body is None:
            return self
        return self._changed(entry.index, body)

    def apply_ahead(self, entry: Entry) -> "Overlay":
        """The overlay after an entry that was just recorded, before the fold has reached it."""
        changed = self.apply(entry)
        return replace(changed, ahead=changed.ahead | {entry.index})

    def _changed(self, index: int, body: ContainmentBody) -> "Overlay":
        active = dict(self.active)
        if body.change == Change.OPENED:
            active[body.id] = containment_of(body)
        else:
            active.pop(body.id, None)
        return replace(self, epoch=max(self.epoch, index + 1), active=active)

    def due(self, now_milliseconds: int) -> Iterator[Containment]:
        """Containments whose time is over."""
        return (one for one in self.active.values() if one.expired(now_milliseconds))

    def next_expiry(self) -> int | None:
        """When the next containment ends, in milliseconds since 1970."""
        times = [
            one.expires_milliseconds
            for one in self.active.values()
            if one.expires_milliseconds is not None
        ]
        return min(times, default=None)

    def document(self) -> dict[str, Any]:
        """The overlay as the snapshot has it (docs/reference/snapshot.md)."""
        revoked, quarantined = [], []
        for one in sorted(self.active.values(), key=lambda c: c.id):
            expires = None if one.expires_milliseconds is None else str(one.expires_milliseconds)
            if one.verb is Verb.QUARANTINE:
                quarantined.append({"containment": one.id, "stream": one.name, "expires": expires})
                continue
            by_principal = one.target_type is TargetType.PRINCIPAL
            revoked.append(
                {
                    "containment": one.id,
                    "principal": one.name if by_principal else None,
                    "credential": None if by_principal else one.name,
                    "expires": expires,
                }
            )
        return {"epoch": self.epoch, "revoked": revoked, "quarantined": quarantined}

    def encode(self) -> bytes:
        """The document as canonical JSON."""
        return canonical(self.document())

    def save(self) -> dict[str, Any]:
        """The fold as JSON; what was applied ahead is folded again from the cursor."""
        return {"epoch": self.epoch, "active": [_saved(one) for one in self.active.values()]}


def _saved(one: Containment) -> dict[str, Any]:
    return {
        "id": one.id,
        "verb": str(one.verb),
        "target": {"type": str(one.target_type), "name": one.name},
        "owner": one.owner,
        "reason": one.reason,
        "expires_milliseconds": one.expires_milliseconds,
        "alert": one.alert,
    }


def load_overlay(saved: Mapping[str, Any]) -> Overlay:
    """Take up what `Overlay.save` gave. Raises KeyError, TypeError, ValueError, InvalidArgument."""
    active: Iterable[Containment] = (
        Containment(
            id=str(one["id"]),
            verb=Verb(one["verb"]),
            target_type=TargetType(one["target"]["type"]),
            name=str(one["target"]["name"]),
            owner=str(one["owner"]),
            reason=str(one["reason"]),
            expires_milliseconds=one["expires_milliseconds"],
            alert=one["alert"],
        )
        for one in saved["active"]
    )
    return Overlay(epoch=int(saved["epoch"]), active={one.id: one for one in active})
