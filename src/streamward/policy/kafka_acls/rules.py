"""What one ACL says, in the words of a grant; or why nothing can say it."""

import re
from dataclasses import dataclass

from streamward.model.action import Action, applies, implied
from streamward.model.action import ResourceType as Kind
from streamward.model.grant import NAME_BYTES_MAX
from streamward.policy.kafka_acls.acl import (
    CLUSTER_NAME,
    WILDCARD,
    Acl,
    Operation,
    PatternType,
    Permission,
    ResourceType,
)
from streamward.policy.kafka_acls.finding import Finding, Outcome
from streamward.policy.kafka_acls.hosts import address_in_scope, address_of
from streamward.policy.target import Target

EVERYONE = "User:*"
_WORDS = {
    ResourceType.TOPIC: "stream",
    ResourceType.GROUP: "group",
    ResourceType.TRANSACTIONAL_ID: "transaction",
    ResourceType.CLUSTER: "cluster",
}
_KAFKA_ACTIONS = tuple(action for action in Action if action.word.upper() in Operation.__members__)
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_UNLIMITED = Target("cluster", "")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Part of a grant: whom, whether, what, to which, from where (None: from anywhere)."""

    user: str | None
    """None: everyone."""
    allowed: bool
    actions: frozenset[Action]
    target: Target
    source: str | None


class _Lost(Exception):
    """The ACL becomes nothing."""

    def __init__(self, outcome: Outcome, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


def all_actions(kind: Kind) -> frozenset[Action]:
    """Every operation of Kafka that is asked for on this type of resource."""
    return frozenset(action for action in _KAFKA_ACTIONS if applies(action, kind))


def read_acl(acl: Acl, super_users: frozenset[str]) -> tuple[Sentence | None, list[Finding]]:
    """What the ACL says, and what somebody should know about it."""
    findings: list[Finding] = []

    def find(outcome: Outcome, why: str) -> None:
        findings.append(Finding(outcome, str(acl), why))

    try:
        target = _target(acl)
        sentence = Sentence(
            user=_user(acl, super_users),
            allowed=acl.permission is Permission.ALLOW,
            actions=_actions(acl, target),
            target=target,
            source=_source(acl),
        )
    except _Lost as lost:
        find(lost.outcome, str(lost))
        return None, findings
    if acl.host not in (WILDCARD, sentence.source) and "%" in acl.host:
        find(Outcome.STRICTER, "the gateway doesn't know the scope of an address; denied in any")
    if _is_odd_topic(acl):
        find(Outcome.NOTE, _odd_topic(acl))
    return sentence, findings


def _denies(acl: Acl) -> bool:
    return acl.permission is Permission.DENY


def _user(acl: Acl, super_users: frozenset[str]) -> str | None:
    if acl.principal == EVERYONE:
        return None
    kind, colon, name = acl.principal.partition(":")
    if not colon or kind != "User" or not name:
        raise _Lost(Outcome.LEFT_OUT, "only principals of the type `User` call through the gateway")
    if _denies(acl) and name in super_users:
        raise _Lost(
            Outcome.WITHOUT_EFFECT, "a super user is allowed everything, whatever is denied"
        )
    return name


def _target(acl: Acl) -> Target:
    if acl.resource_type in (ResourceType.DELEGATION_TOKEN, ResourceType.USER):
        if _denies(acl):
            raise _Lost(
                Outcome.WITHOUT_EFFECT, "the policy allows nobody delegation tokens of others"
            )
        raise _Lost(Outcome.LEFT_OUT, "the policy knows no rights to delegation tokens of others")
    is_pattern = acl.pattern_type is PatternType.PREFIXED
    if not is_pattern and acl.name == WILDCARD:
        is_pattern, name = True, ""
    else:
        name = acl.name
    if acl.resource_type is ResourceType.CLUSTER:
        if name != CLUSTER_NAME and not (is_pattern and CLUSTER_NAME.startswith(name)):
            raise _Lost(Outcome.WITHOUT_EFFECT, f"the only cluster is called `{CLUSTER_NAME}`")
        return _UNLIMITED
    target = Target(_WORDS[acl.resource_type], name, is_pattern)
    if len(name.encode()) > NAME_BYTES_MAX:
        outcome = Outcome.WITHOUT_EFFECT if _denies(acl) else Outcome.LEFT_OUT
        raise _Lost(outcome, f"the gateway denies names of more than {NAME_BYTES_MAX} bytes")
    return target


def _actions(acl: Acl, target: Target) -> frozenset[Action]:
    """In Kafka an allowed operation implies another even where nobody can ask for itself."""
    if acl.operation is Operation.ALL:
        return all_actions(target.type)
    named = [action for action in _KAFKA_ACTIONS if action.word.upper() == acl.operation]
    found = {action for action in named if applies(action, target.type)}
    if not found and not _denies(acl):
        carried = {implied(action) for action in named} - {None}
        found = {action for action in carried if action and applies(action, target.type)}
    if not found:
        raise _Lost(Outcome.WITHOUT_EFFECT, "nothing asks for this operation on such a resource")
    return frozenset(found)


def _source(acl: Acl) -> str | None:
    if acl.host == WILDCARD:
        return None
    address = address_of(acl.host)
    if address is not None:
        return address
    unscoped = address_in_scope(acl.host)
    if unscoped is None:
        raise _Lost(
            Outcome.WITHOUT_EFFECT,
            "Kafka compares with the caller's address, and no address is written so",
        )
    if not _denies(acl):
        raise _Lost(Outcome.LEFT_OUT, "the gateway doesn't know the scope of an address")
    return unscoped


def _is_odd_topic(acl: Acl) -> bool:
    if acl.resource_type is not ResourceType.TOPIC:
        return False
    is_wildcard = acl.name == WILDCARD and acl.pattern_type is PatternType.LITERAL
    return not is_wildcard and not _TOPIC.fullmatch(acl.name)


def _odd_topic(acl: Acl) -> str:
    if acl.pattern_type is PatternType.LITERAL and acl.name.endswith(WILDCARD):
        return "no topic is called so: Kafka takes this `*` for a character, a prefix was meant?"
    return "no topic can have this name"
