"""Containment rules: what is done about an alert without asking anybody."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from streamward.model.document import Bundle, Check, DocumentKind, Mistake, Noun
from streamward.model.duration import Duration
from streamward.model.event_bodies import AlertBody
from streamward.model.fields import Name, PrincipalName, Text
from streamward.response.containment import (
    TARGETS,
    Containment,
    TargetType,
    Verb,
    rule_containment_id,
)

SIGMA_KIND: Final = "SigmaRule"


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class ContainmentRule(Noun):
    """What is done, and for how long, when one of these detections raises an alert."""

    id: Name
    on: Annotated[
        tuple[Name, ...], BeforeValidator(_one_or_many), Field(min_length=1, max_length=100)
    ]
    """The detections (or Sigma rules, by the names of their files) that start it."""
    verb: Verb
    target: TargetType
    """What is contained: the alert must be about such a thing, else nothing is done."""
    expires_after: Duration
    """Nothing that a machine starts lasts for ever."""
    owner: Text
    """Who answers for it and is asked to lift or to prolong it."""
    reason: Text
    never: tuple[PrincipalName, ...] = Field(default=(), max_length=100)
    """Principals that this rule must not touch, such as those for emergencies."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.target not in TARGETS[self.verb]:
            expected = " or ".join(sorted(TARGETS[self.verb]))
            raise ValueError(f"`{self.verb}` needs `target: {expected}`")
        if self.target is TargetType.CREDENTIAL:
            raise ValueError("no alert is about a credential; use `target: principal`")
        return self

    def containment(self, alert: AlertBody, now_milliseconds: int) -> Containment | None:
        """What this rule does about the alert; None where it has nothing to say."""
        if alert.detection not in self.on or alert.entity.type != self.target:
            return None
        if self.target is TargetType.PRINCIPAL and alert.entity.name in self.never:
            return None
        return Containment(
            id=rule_containment_id(alert.id, self.id),
            verb=self.verb,
            target_type=self.target,
            name=alert.entity.name,
            owner=self.owner,
            reason=self.reason,
            expires_milliseconds=now_milliseconds + self.expires_after,
            alert=alert.id,
        )


def _check(bundle: Bundle) -> Iterator[Mistake]:
    names = sorted(_detections(bundle))
    for document in bundle.documents_of(ContainmentRule):
        rule = document.value
        if not isinstance(rule, ContainmentRule):
            continue
        for number, detection in enumerate(rule.on):
            if detection not in names:
                hint = f"there are {', '.join(names)}" if names else "declare it in detections.yaml"
                what = f"there is no detection `{detection}`"
                yield document.mistake(what, "on", number, suggestion=hint)
        if rule.target is TargetType.PRINCIPAL and not rule.never:
            what = "this rule may revoke every principal, also those for emergencies"
            yield document.mistake(
                what, "verb", suggestion="list them in `never`", severity="warning"
            )


def _detections(bundle: Bundle) -> Iterable[str]:
    files = bundle.files_of(SIGMA_KIND)
    return bundle.names("Detection") | {PurePosixPath(file.path).stem for file in files}


DOCUMENT_KINDS: Final = (DocumentKind("Containment", ContainmentRule, "response", key=("id",)),)
CHECKS: Final[tuple[Check, ...]] = (_check,)
