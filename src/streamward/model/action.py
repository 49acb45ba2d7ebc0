"""What can be done, and to what: Kafka's operations and the verbs of the control door."""

import re
from enum import StrEnum

from streamward.errors import InvalidArgument


class ResourceType(StrEnum):
    """What an action is done to."""

    STREAM = "Stream"
    GROUP = "Group"
    TRANSACTION = "Transaction"
    CLUSTER = "Cluster"


class Action(StrEnum):
    """An operation that a caller asks for; the values are the names in the policy."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DELETE = "Delete"
    ALTER = "Alter"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"
    ALTER_CONFIGS = "AlterConfigs"
    IDEMPOTENT_WRITE = "IdempotentWrite"
    CLUSTER_ACTION = "ClusterAction"
    TWO_PHASE_COMMIT = "TwoPhaseCommit"
    CONTAIN = "Contain"
    RELOAD = "Reload"
    INSPECT = "Inspect"
    MANAGE_CREDENTIALS = "ManageCredentials"
    APPLY = "Apply"
    ERASE = "Erase"
    MANAGE_KEYS = "ManageKeys"

    @property
    def word(self) -> str:
        """The action as a bundle writes it: `describe_configs`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.value).lower()


_STREAM, _GROUP = ResourceType.STREAM, ResourceType.GROUP
_TRANSACTION, _CLUSTER = ResourceType.TRANSACTION, ResourceType.CLUSTER

_APPLIES: dict[Action, frozenset[ResourceType]] = {
    Action.READ: frozenset({_STREAM, _GROUP}),
    Action.WRITE: frozenset({_STREAM, _TRANSACTION}),
    Action.CREATE: frozenset({_STREAM, _CLUSTER}),
    Action.DELETE: frozenset({_STREAM, _GROUP, _CLUSTER}),
    Action.ALTER: frozenset({_STREAM, _CLUSTER}),
    Action.DESCRIBE: frozenset({_STREAM, _GROUP, _TRANSACTION, _CLUSTER}),
    Action.DESCRIBE_CONFIGS: frozenset({_STREAM, _GROUP, _CLUSTER}),
    Action.ALTER_CONFIGS: frozenset({_STREAM, _GROUP, _CLUSTER}),
    Action.IDEMPOTENT_WRITE: frozenset({_CLUSTER}),
    Action.CLUSTER_ACTION: frozenset({_CLUSTER}),
    Action.TWO_PHASE_COMMIT: frozenset({_TRANSACTION}),
    Action.CONTAIN: frozenset({_CLUSTER}),
    Action.RELOAD: frozenset({_CLUSTER}),
    Action.INSPECT: frozenset({_CLUSTER}),
    Action.MANAGE_CREDENTIALS: frozenset({_CLUSTER}),
    Action.APPLY: frozenset({_CLUSTER}),
    Action.ERASE: frozenset({_CLUSTER}),
    Action.MANAGE_KEYS: frozenset({_CLUSTER}),
}

# As in Kafka's own authorizer: these rights carry the right to see what they act on.
_IMPLIED: dict[Action, Action] = {
    Action.READ: Action.DESCRIBE,
    Action.WRITE: Action.DESCRIBE,
    Action.DELETE: Action.DESCRIBE,
    Action.ALTER: Action.DESCRIBE,
    Action.ALTER_CONFIGS: Action.DESCRIBE_CONFIGS,
}

_BY_WORD = {action.word: action for action in Action}
_SYNONYMS = {"produce": Action.WRITE, "consume": Action.READ}


def applies(action: Action, resource_type: ResourceType) -> bool:
    """Whether the action can be done to a resource of this type at all."""
    return resource_type in _APPLIES[action]


def implied(action: Action) -> Action | None:
    """The action that a grant of this one carries with it on the same resource."""
    return _IMPLIED.get(action)


def action_words(*, synonyms: bool = False) -> tuple[str, ...]:
    """Every action as a bundle writes it; with `synonyms` also those of the command line."""
    return tuple(_BY_WORD) + (tuple(_SYNONYMS) if synonyms else ())


def action_of(word: str, *, synonyms: bool = False) -> Action:
    """The action that a bundle writes as `word`. Raises InvalidArgument when there is none."""
    found = _BY_WORD.get(word) or (_SYNONYMS.get(word) if synonyms else None)
    if found is None:
        raise InvalidArgument(f"`{word}` is not an action")
    return found
