"""What two policies decide otherwise: who gains and who loses what, and under which conditions."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from streamward.model.action import Action
from streamward.model.stream import Level
from streamward.policy.difference.sight_changes import ClearerSight, SightChange
from streamward.policy.questions.rights import Asked, Ruling


@dataclass(frozen=True, slots=True)
class Turn:
    """Circumstances in which a right is decided otherwise."""

    context: Mapping[str, Any]
    """As the side that allows it sees them."""
    since: datetime.date | None
    """The first day on which it is so; None: the day that is asked about."""
    groups: tuple[str, ...]
    """What the caller's token must name, by issuer and claim."""
    by_declaration: bool
    """Not the rules differ, but what the bundles declare of the principal: `context` has what one
    side sees, the other one sees otherwise."""

    def document(self) -> dict[str, Any]:
        """What stands beside the context, as JSON values."""
        return {
            "since": None if self.since is None else self.since.isoformat(),
            "groups": list(self.groups),
            "by_declaration": self.by_declaration,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One right that isn't what it was."""

    principal: str
    action: Action
    on: Asked
    classes: tuple[str, ...]
    """Data classes that the stream carries, before or after."""
    gained: Turn | None
    """When it is allowed now and was denied before; None: never."""
    lost: Turn | None
    """When it was allowed before and is denied now."""
    is_unknown: bool
    """It could not be told whether anything changes: take it for a gain and a loss."""
    old: Ruling | None
    """What decided before; None: nobody was allowed."""
    new: Ruling | None

    @property
    def gained_with(self) -> Mapping[str, Any] | None:
        """Circumstances in which it is allowed now and was denied before; None: there are none."""
        return None if self.gained is None else self.gained.context

    @property
    def lost_with(self) -> Mapping[str, Any] | None:
        """Circumstances in which it was allowed before and is denied now."""
        return None if self.lost is None else self.lost.context

    @property
    def gains(self) -> bool:
        """Whether the principal may do more than before."""
        return self.gained is not None or self.is_unknown

    @property
    def loses(self) -> bool:
        """Whether it may do less."""
        return self.lost is not None or self.is_unknown

    def document(self) -> dict[str, Any]:
        """The change as JSON values."""
        return {
            "principal": self.principal,
            "action": self.action.word,
            "resource": self.on.document(),
            "classes": list(self.classes),
            "gained_with": self.gained_with,
            "lost_with": self.lost_with,
            "gained": None if self.gained is None else self.gained.document(),
            "lost": None if self.lost is None else self.lost.document(),
            "unknown": self.is_unknown,
            "old": None if self.old is None else self.old.document(),
            "new": None if self.new is None else self.new.document(),
        }


@dataclass(frozen=True, slots=True)
class Widening:
    """More access to a class for which the bundle asks an approval."""

    principal: str
    action: Action
    data_class: str
    level: Level
    on: tuple[str, ...]
    """The streams, as people read them."""
    approval: str | None
    """The Approval that covers it; None: nobody agreed to it."""
    by: str | None

    def document(self) -> dict[str, Any]:
        """The widening as JSON values."""
        return {
            "principal": self.principal,
            "action": self.action.word,
            "class": self.data_class,
            "level": self.level.value,
            "on": list(self.on),
            "approval": self.approval,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class Loosening:
    """What guards data of a class less than before, without being access yet."""

    field: Literal["declassify", "weaker_keys", "weaker_masks"]
    """What an Approval says to allow it."""
    data_class: str
    what: str
    reader: str | None = None
    """The principal who may open more."""
    source: str | None = None
    """`FILE:LINE` in the new bundle, where one line says it."""

    def document(self) -> dict[str, Any]:
        """The loosening as JSON values."""
        return {
            "needs": self.field,
            "class": self.data_class,
            "what": self.what,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """Something else than before proves that somebody is a principal, with all its rights."""

    who: str
    """For people: `everybody from issuer `idp``."""
    principals: tuple[str, ...]
    what: str
    gains: bool
    """Whether there are proofs that are taken now and were not before."""
    loses: bool
    """Whether there are proofs that were taken and are not any more."""
    source: str
    """`FILE:LINE` in the new bundle."""

    @property
    def sign(self) -> str:
        """`+` where it only lets more in, `-` where it only lets fewer in, else `±`."""
        return "±" if self.gains and self.loses else "+" if self.gains else "-"

    def document(self) -> dict[str, Any]:
        """The change as JSON values."""
        return {
            "who": self.who,
            "principals": list(self.principals),
            "what": self.what,
            "gains": self.gains,
            "loses": self.loses,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class WeakerAuthentication:
    """Principals with access to a class that needs approvals can be proved in another way.

    Whoever holds that proof gets at the class, with no right being any other than before.
    """

    change: IdentityChange
    data_class: str
    level: Level
    principals: tuple[str, ...]
    """Those among the change's who may get at the class."""
    approval: str | None
    """The Approval that covers these; None: nobody agreed to it."""
    by: str | None

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "what": self.change.what,
            "who": self.change.who,
            "source": self.change.source,
            "class": self.data_class,
            "level": self.level.value,
            "principals": list(self.principals),
            "approval": self.approval,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that changes in effect, and whether all of it may come into force."""

    old_version: str
    new_version: str
    changes: tuple[Change, ...]
    widenings: tuple[Widening, ...]
    """Those at or above the level from which the bundle asks for approvals."""
    weaker: tuple[str, ...] = ()
    """Ways in which the new bundle asks for fewer approvals, where nobody agreed to that."""
    loosened: tuple[Loosening, ...] = ()
    """Classes taken from streams, and weaker key rings, where nobody agreed to that."""

    identities: tuple[IdentityChange, ...] = ()
    """What proves somebody to be a principal in another way; decisions are the same for these."""

    weaker_authentication: tuple[WeakerAuthentication, ...] = ()
    """Those of them that let somebody get at a class for which the bundle asks an approval."""

    sights: tuple[SightChange, ...] = ()
    """What readers see otherwise, by contracts and key rings."""
    less_protected: tuple[str, ...] = ()
    """For people: streams of which less is sealed or masked, or plaintext is taken."""
    clearer: tuple[ClearerSight, ...] = ()
    """Those of `sights` that show more of a class for which the bundle asks an approval."""

    approvers: tuple[str, ...] = ()
    """Whose approvals count for this change."""
    missing: str = ""
    """Documents of kind Approval, as YAML, that would allow all that nobody agreed to."""

    @property
    def is_empty(self) -> bool:
        """Whether both decide every request alike, whoever can prove to be whom, and do the same
        with records.
        """
        return not (self.changes or self.sights or self.less_protected)

    @property
    def unapproved(self) -> tuple[Widening, ...]:
        """The widenings that nobody agreed to."""
        return tuple(it for it in self.widenings if it.approval is None)

    @property
    def unapproved_sights(self) -> tuple[ClearerSight, ...]:
        """Where more is seen and nobody agreed to it."""
        return tuple(it for it in self.clearer if it.approval is None)

    @property
    def unapproved_authentication(self) -> tuple[WeakerAuthentication, ...]:
        """The other ways to be proved that nobody agreed to."""
        return tuple(it for it in self.weaker_authentication if it.approval is None)

    @property
    def is_approved(self) -> bool:
        """Whether nothing lacks an approval, so that the new bundle may come into force."""
        lacking = (
            self.unapproved,
            self.weaker,
            self.loosened,
            self.unapproved_sights,
            self.unapproved_authentication,
        )
        return not any(lacking)

    def document(self) -> dict[str, Any]:
        """The difference as JSON values."""
        return {
            "old_version": self.old_version,
            "new_version": self.new_version,
            "approved": self.is_approved,
            "changes": [change.document() for change in self.changes],
            "widenings": [widening.document() for widening in self.widenings],
            "weaker": list(self.weaker),
            "loosened": [it.document() for it in self.loosened],
            "identities": [it.document() for it in self.identities],
            "sights": [it.document() for it in self.sights],
            "less_protected": list(self.less_protected),
            "clearer": [it.document() for it in self.clearer],
            "weaker_authentication": [it.document() for it in self.weaker_authentication],
            "missing_approvals": self.missing,
        }
