"""ACLs as a team would import them: written, read back, compiled and asked."""

import datetime
import json
from collections.abc import Iterable
from pathlib import Path

from streamward.app import read_bundle
from streamward.model.action import Action, applies
from streamward.model.action import ResourceType as Kind
from streamward.policy.compile import compile_policy
from streamward.policy.evaluator import evaluator, policy_schema
from streamward.policy.kafka_acls import (
    Acl,
    Conversion,
    Operation,
    PatternType,
    Permission,
    ResourceType,
    write_files,
)
from tests.support.standard_authorizer import Asked

TODAY = datetime.date(2026, 6, 1)
CLUSTER = "kafka-cluster"
HEAD = "kind: Bundle\nname: imported\nenvironment: staging\nowner: tests\n"
KINDS = {
    ResourceType.TOPIC: Kind.STREAM,
    ResourceType.GROUP: Kind.GROUP,
    ResourceType.TRANSACTIONAL_ID: Kind.TRANSACTION,
    ResourceType.CLUSTER: Kind.CLUSTER,
}
ACTIONS = {
    operation: action
    for operation in Operation
    for action in Action
    if action.word.upper() == operation.value
}


class Imported:
    """The evaluator of the gateway, with what was imported."""

    def __init__(self, folder: Path, conversion: Conversion) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "streamward.yaml").write_text(HEAD)
        write_files(folder, conversion)
        loaded = read_bundle(folder, materials=False)
        assert [str(mistake) for mistake in loaded.mistakes if mistake.is_error] == []
        self.bundle = loaded.bundle
        self._names = conversion.names.by_user
        section = compile_policy(self.bundle, policy_schema(), TODAY)
        self._evaluator = evaluator(section, self.bundle)

    def allows(self, asked: Asked) -> bool:
        """Whether the gateway would let it happen."""
        request = {
            "principal": self._names[asked.user],
            "action": ACTIONS[asked.operation].value,
            "resource": {"type": KINDS[asked.resource_type].value, "name": asked.name},
            "context": {"source": asked.host},
        }
        answer = json.loads(self._evaluator.decide(json.dumps(request).encode()))
        assert answer["errors"] == []
        return answer["effect"] == "allow"


def known(users: Iterable[str]) -> tuple[Acl, ...]:
    """An ACL for each user that decides nothing: a gateway lets in nobody who isn't declared."""
    return tuple(
        Acl(
            ResourceType.TOPIC,
            "nothing",
            PatternType.LITERAL,
            f"User:{user}",
            "*",
            Operation.CREATE,
            Permission.DENY,
        )
        for user in users
    )


def is_asked(asked: Asked) -> bool:
    """Whether anything in Kafka asks so; a cluster's name is not the client's to choose."""
    is_named = asked.resource_type is not ResourceType.CLUSTER or asked.name == CLUSTER
    return is_named and applies(ACTIONS[asked.operation], KINDS[asked.resource_type])
