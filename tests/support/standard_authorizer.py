"""How Kafka's StandardAuthorizer decides, in as few words as it takes."""

from collections.abc import Iterable
from dataclasses import dataclass

from streamward.policy.kafka_acls import Acl, Operation, PatternType, Permission, ResourceType

DESCRIBED = {Operation.DESCRIBE, Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER}
CONFIGS_DESCRIBED = {Operation.DESCRIBE_CONFIGS, Operation.ALTER_CONFIGS}


@dataclass(frozen=True)
class Asked:
    """One question to the authorizer; `host` is the address as Java writes it."""

    user: str
    operation: Operation
    resource_type: ResourceType
    name: str
    host: str


def allows(acls: Iterable[Acl], super_users: Iterable[str], asked: Asked) -> bool:
    """Whether the authorizer answers ALLOWED, with `allow.everyone.if.no.acl.found` false."""
    if asked.user in set(super_users):
        return True
    found = {acl.permission for acl in acls if _matches(acl, asked)}
    return Permission.ALLOW in found and Permission.DENY not in found


def _matches(acl: Acl, asked: Asked) -> bool:
    return (
        acl.resource_type is asked.resource_type
        and _names(acl, asked.name)
        and acl.principal in ("User:*", f"User:{asked.user}")
        and acl.host in ("*", asked.host)
        and _covers(acl, asked.operation)
    )


def _names(acl: Acl, name: str) -> bool:
    if acl.pattern_type is PatternType.PREFIXED:
        return name.startswith(acl.name)
    return acl.name in ("*", name)


def _covers(acl: Acl, operation: Operation) -> bool:
    if acl.operation in (Operation.ALL, operation):
        return True
    if acl.permission is Permission.DENY:
        return False
    return (operation is Operation.DESCRIBE and acl.operation in DESCRIBED) or (
        operation is Operation.DESCRIBE_CONFIGS and acl.operation in CONFIGS_DESCRIBED
    )
