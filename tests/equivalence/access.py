"""Who may do what: Kafka's ACLs of the one side, from which the other side's policy is made."""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """Kafka's types of resources (`org.apache.kafka.common.resource.ResourceType`)."""

    TOPIC = 2
    GROUP = 3
    CLUSTER = 4
    TRANSACTIONAL_ID = 5


class Operation(IntEnum):
    """Kafka's operations (`org.apache.kafka.common.acl.AclOperation`)."""

    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    CLUSTER_ACTION = 9
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12
    TWO_PHASE_COMMIT = 15


IMPLIES = {
    Operation.READ: Operation.DESCRIBE,
    Operation.WRITE: Operation.DESCRIBE,
    Operation.DELETE: Operation.DESCRIBE,
    Operation.ALTER: Operation.DESCRIBE,
    Operation.ALTER_CONFIGS: Operation.DESCRIBE_CONFIGS,
}
"""An allowed operation allows this one too; a denied one denies nothing more."""

LITERAL, PREFIXED = 3, 4
DENY, ALLOW = 2, 3
CLUSTER_NAME = "kafka-cluster"
EVERYBODY = "*"

ADMIN, ALICE, BOB, OPERATOR = PRINCIPALS = ("admin", "alice", "bob", "operator")
"""May everything; may what a team may; may next to nothing; may look at the cluster."""


@dataclass(frozen=True)
class Acl:
    """One of Kafka's access control entries. A name that ends in `*` is a pattern."""

    principal: str
    kind: Kind
    name: str
    operations: tuple[Operation, ...]
    deny: bool = False

    def matches(self, name: str) -> bool:
        """Whether the entry is about a resource of this name."""
        if self.name.endswith("*"):
            return name.startswith(self.name[:-1])
        return name == self.name

    def creations(self) -> list[dict]:
        """The entry as CreateAcls wants it: one creation for each operation."""
        prefixed = self.name.endswith("*") and self.name != "*"
        return [
            {
                "resourceType": self.kind,
                "resourceName": self.name[:-1] if prefixed else self.name,
                "resourcePatternType": PREFIXED if prefixed else LITERAL,
                "principal": f"User:{self.principal}",
                "host": "*",
                "operation": operation,
                "permissionType": DENY if self.deny else ALLOW,
            }
            for operation in self.operations
        ]


def may(principal: str, operation: Operation, kind: Kind, name: str) -> bool:
    """What Kafka's authorizer says to this, from the table below."""
    about = [
        each
        for each in ACLS
        if each.kind is kind and each.principal in (principal, EVERYBODY) and each.matches(name)
    ]
    if any({operation, Operation.ALL} & set(each.operations) for each in about if each.deny):
        return False
    enough = {operation, Operation.ALL} | {
        each for each, implied in IMPLIES.items() if implied is operation
    }
    return any(enough & set(each.operations) for each in about if not each.deny)


_ALL = (Operation.ALL,)

ACLS = (
    Acl(ADMIN, Kind.TOPIC, "*", _ALL),
    Acl(ADMIN, Kind.GROUP, "*", _ALL),
    Acl(ADMIN, Kind.TRANSACTIONAL_ID, "*", _ALL),
    Acl(ADMIN, Kind.CLUSTER, CLUSTER_NAME, _ALL),
    Acl(ALICE, Kind.TOPIC, "team.*", _ALL),
    Acl(ALICE, Kind.TOPIC, "team.locked*", _ALL, deny=True),
    Acl(ALICE, Kind.TOPIC, "team.mute", (Operation.DESCRIBE,), deny=True),
    Acl(ALICE, Kind.TOPIC, "open.events", (Operation.READ, Operation.WRITE)),
    Acl(ALICE, Kind.TOPIC, "open.read*", (Operation.READ,)),
    Acl(ALICE, Kind.TOPIC, "open.write", (Operation.WRITE,)),
    Acl(ALICE, Kind.TOPIC, "open.settings", (Operation.ALTER_CONFIGS,)),
    Acl(ALICE, Kind.GROUP, "team.*", _ALL),
    Acl(ALICE, Kind.GROUP, "team.locked*", (Operation.READ,), deny=True),
    Acl(ALICE, Kind.GROUP, "open.*", (Operation.DESCRIBE,)),
    Acl(ALICE, Kind.TRANSACTIONAL_ID, "*", (Operation.DESCRIBE,)),
    Acl(ALICE, Kind.TRANSACTIONAL_ID, "secret.*", (Operation.DESCRIBE,), deny=True),
    Acl(ALICE, Kind.TRANSACTIONAL_ID, "team.*", (Operation.WRITE,)),
    Acl(EVERYBODY, Kind.TOPIC, "open.seen*", (Operation.DESCRIBE,)),
    Acl(OPERATOR, Kind.CLUSTER, CLUSTER_NAME, (Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS)),
    Acl(OPERATOR, Kind.TOPIC, "*", (Operation.DESCRIBE,)),
    Acl(OPERATOR, Kind.TOPIC, "secret.*", (Operation.DESCRIBE,), deny=True),
)
"""Literal names, prefixes, everything, everybody, and denials of one operation and of all."""
