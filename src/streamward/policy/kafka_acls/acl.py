"""One of Kafka's ACLs, in Kafka's own words."""

from dataclasses import dataclass
from enum import StrEnum

CLUSTER_NAME = "kafka-cluster"
"""The only name that the resource `CLUSTER` has."""
WILDCARD = "*"
"""Any resource as a literal name, any host, and (as `User:*`) any principal."""


class ResourceType(StrEnum):
    """What an ACL is about; the order is that of Kafka's codes, which start with 2."""

    TOPIC = "TOPIC"
    GROUP = "GROUP"
    CLUSTER = "CLUSTER"
    TRANSACTIONAL_ID = "TRANSACTIONAL_ID"
    DELEGATION_TOKEN = "DELEGATION_TOKEN"  # noqa: S105 (a type of resource)
    USER = "USER"


class PatternType(StrEnum):
    """How a resource's name is compared; the order is that of Kafka's codes, which start with 3."""

    LITERAL = "LITERAL"
    PREFIXED = "PREFIXED"


class Operation(StrEnum):
    """What an ACL allows or denies; the order is that of Kafka's codes, which start with 2."""

    ALL = "ALL"
    READ = "READ"
    WRITE = "WRITE"
    CREATE = "CREATE"
    DELETE = "DELETE"
    ALTER = "ALTER"
    DESCRIBE = "DESCRIBE"
    CLUSTER_ACTION = "CLUSTER_ACTION"
    DESCRIBE_CONFIGS = "DESCRIBE_CONFIGS"
    ALTER_CONFIGS = "ALTER_CONFIGS"
    IDEMPOTENT_WRITE = "IDEMPOTENT_WRITE"
    CREATE_TOKENS = "CREATE_TOKENS"
    DESCRIBE_TOKENS = "DESCRIBE_TOKENS"
    TWO_PHASE_COMMIT = "TWO_PHASE_COMMIT"


class Permission(StrEnum):
    """What an ACL does; the order is that of Kafka's codes, which start with 2."""

    DENY = "DENY"
    ALLOW = "ALLOW"


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """Whoever is `principal` and calls from `host` may, or may not, do `operation` to this."""

    resource_type: ResourceType
    name: str
    pattern_type: PatternType
    principal: str
    """`TYPE:NAME`, mostly `User:NAME`."""
    host: str
    """`*`, or what the address of the caller must be, as Java writes it."""
    operation: Operation
    permission: Permission

    def __str__(self) -> str:
        where = "" if self.host == WILDCARD else f" from {self.host}"
        pattern = f"{self.resource_type}:{self.pattern_type}:{self.name}"
        return f"{self.permission} {self.principal} {self.operation} {pattern}{where}"
