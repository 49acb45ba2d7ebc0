"""What readers see of a stream that the policy lets them read: by contracts and key rings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streamward.contracts.sight import Form, Sight, sight_of
from streamward.contracts.treatment import Treatment, treatment_of
from streamward.model.action import Action, ResourceType
from streamward.model.decision import Decision
from streamward.model.document import Bundle
from streamward.model.principal import Principal
from streamward.policy.questions import Right
from streamward.policy.questions.beside import asserted_groups, told_group


@dataclass(frozen=True, slots=True)
class Seen:
    """What a principal sees of a stream, and what more a token could show it."""

    sight: Sight
    by_token: tuple[tuple[str, Sight], ...] = ()
    """Groups of tokens with each of which it sees something else."""

    @property
    def told(self) -> str:
        """For people, in a few words: `masked, opened with the group …`."""
        return ", ".join((self.sight.form.value, *self.by_token_told))

    @property
    def by_token_told(self) -> tuple[str, ...]:
        """What it sees with each of these groups."""
        return tuple(
            f"{sight.told_beside(self.sight)} with {told_group(group)}"
            for group, sight in self.by_token
        )

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        by_token = [{"group": group, **sight.document()} for group, sight in self.by_token]
        return {**self.sight.document(), "by_token": by_token}


def seen_by(bundle: Bundle, principal: str, stream: str, roles: Sequence[str] = ()) -> Seen:
    """What a principal sees of a stream that it may read; with these roles that its token gives."""
    declared = bundle.find(Principal, principal)
    held = {*(declared.roles if declared is not None else ()), *roles}
    sight = sight_of(bundle, principal, held, stream)
    groups = bundle.once(asserted_groups).get(principal, {})
    others = (
        (group, sight_of(bundle, principal, held.union(given), stream))
        for group, given in groups.items()
    )
    return Seen(sight, tuple(each for each in others if not each[1].is_like(sight)))


@dataclass(frozen=True, slots=True)
class Records:
    """What becomes of the records of a stream, and what the caller sees of them who may read it."""

    treatment: Treatment
    seen: Seen | None
    """None: it is not asked about reading, or the policy denies it."""

    @property
    def is_refused(self) -> bool:
        """Whether the gateway refuses a read that the policy allows."""
        return self.seen is not None and self.seen.sight.form is Form.REFUSED

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        seen = None if self.seen is None else self.seen.document()
        return {"sees": seen, **self.treatment.document()}


def records_of(bundle: Bundle, decision: Decision) -> Records | None:
    """What comes of a decision for records; None where it is about no stream."""
    resource = decision.resource
    if resource.type is not ResourceType.STREAM:
        return None
    reads = decision.allowed and decision.action is Action.READ
    given = decision.context.get("roles")
    roles = [str(it) for it in given] if isinstance(given, list) else []
    seen = seen_by(bundle, decision.principal, resource.name, roles) if reads else None
    return Records(treatment_of(bundle, resource.name), seen)


def sees(bundle: Bundle, right: Right) -> Seen | None:
    """What comes of a right; None where it is not to read a stream."""
    resource = right.on.resource
    if right.action is not Action.READ or resource.type is not ResourceType.STREAM:
        return None
    return seen_by(bundle, right.principal, resource.name)
