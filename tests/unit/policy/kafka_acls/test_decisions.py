"""The gateway's own evaluator decides about imported ACLs as Kafka's authorizer does."""

import dataclasses
import datetime
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamward.app import read_bundle
from streamward.model.action import Action, applies
from streamward.model.action import ResourceType as Kind
from streamward.policy.compile import compile_policy
from streamward.policy.evaluator import evaluator, policy_schema
from streamward.policy.kafka_acls import (
    Acl,
    Conversion,
    Declared,
    Operation,
    PatternType,
    Permission,
    ResourceType,
    convert,
    write_files,
)
from tests.support.standard_authorizer import Asked, allows

pytest.importorskip("streamward._core")

TODAY = datetime.date(2026, 6, 1)
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
USERS = ("alice", "bob", "CN=alice,O=Example", "CN=bob", "a b:c", "ünï", "*x", "admin")
NAMES = (
    *("pay", "pay.", "pay.x", "pay.x.y", "p", "q", "pay*", "*pay", "a\\*", "a\\", "a*", "a"),
    *(
        'quo"te',
        "ünï",
        "new\nline",
        "\u2028",
        "\x85",
        "tab\t",
        "true",
        "1",
        "kafka-cluster",
        "kafka",
    ),
)
HOSTS = ("10.0.0.7", "10.0.0.8", "0:0:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:7")
WRITTEN_HOSTS = (
    *("*", "*", "*", *HOSTS, "::1", "10.0.0.07", "10.0.0.0/8", "kafka.example.com", ""),
    *("0:0:0:0:0:ffff:a00:7", "2001:DB8:0:0:0:0:0:7"),
)

acls = st.builds(
    Acl,
    resource_type=st.sampled_from(ResourceType),
    name=st.sampled_from(("*", *NAMES)) | st.text(min_size=1, max_size=4),
    pattern_type=st.sampled_from(PatternType),
    principal=st.sampled_from(("User:*", *(f"User:{user}" for user in USERS))),
    host=st.sampled_from(WRITTEN_HOSTS),
    operation=st.sampled_from(Operation),
    permission=st.sampled_from(Permission),
)
asked = st.builds(
    Asked,
    user=st.sampled_from(USERS),
    operation=st.sampled_from(sorted(ACTIONS)),
    resource_type=st.sampled_from(sorted(KINDS)),
    name=st.sampled_from(NAMES) | st.text(min_size=1, max_size=4),
    host=st.sampled_from(HOSTS),
)


class Imported:
    """ACLs as a team would import them: written, read back, compiled, and asked."""

    def __init__(self, folder: Path, conversion: Conversion) -> None:
        write_files(folder, conversion)
        loaded = read_bundle(folder, materials=False)
        assert [str(it) for it in loaded.mistakes if it.is_error] == []
        bundle = loaded.bundle
        section = compile_policy(bundle, policy_schema(), TODAY)
        self._names = conversion.names.by_user
        self._evaluator = evaluator(section, bundle)

    def allows(self, asked: Asked) -> bool:
        kind = KINDS[asked.resource_type]
        request = {
            "principal": self._names.get(asked.user, "nobody"),
            "action": ACTIONS[asked.operation].value,
            "resource": {"type": kind.value, "name": asked.name},
            "context": {"source": asked.host},
        }
        answer = json.loads(self._evaluator.decide(json.dumps(request).encode()))
        assert answer["errors"] == []
        return answer["effect"] == "allow"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    head = "kind: Bundle\nname: imported\nenvironment: production\nowner: tests\n"
    (folder / "streamward.yaml").write_text(head)
    return folder


# Every user has a principal, as behind a gateway, where nobody else is let in.
EVERYBODY = tuple(
    Acl(ResourceType.TOPIC, "nothing", PatternType.LITERAL, f"User:{user}", "*", operation, effect)
    for user in USERS
    for operation, effect in [(Operation.READ, Permission.DENY)]
)


def is_asked(asked: Asked) -> bool:
    """Whether anything of Kafka asks so; a name of the cluster is not the client's to choose."""
    kind = KINDS[asked.resource_type]
    is_cluster = kind is Kind.CLUSTER
    return applies(ACTIONS[asked.operation], kind) and (
        not is_cluster or asked.name == "kafka-cluster"
    )


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    some=st.lists(acls, max_size=12),
    super_users=st.sets(st.sampled_from(("admin", "CN=bob")), max_size=2),
    questions=st.lists(asked, min_size=20, max_size=60),
)
def test_an_import_decides_as_kafka(
    folder: Path, some: list[Acl], super_users: set[str], questions: list[Asked]
) -> None:
    everything = (*some, *EVERYBODY)
    conversion = convert(everything, super_users=super_users)
    imported = Imported(folder, conversion)
    lost = [acl for acl in everything if str(acl) in {it.about for it in conversion.losses}]
    # Nothing but rights to delegation tokens is lost, and nobody asks the policy for those.
    assert {acl.resource_type for acl in lost} <= {ResourceType.USER, ResourceType.DELEGATION_TOKEN}

    for question in questions:
        if question.resource_type is ResourceType.CLUSTER:
            question = dataclasses.replace(question, name="kafka-cluster")
        if is_asked(question):
            expected = allows(everything, super_users, question)
            assert imported.allows(question) == expected, question


def test_the_model_can_tell_a_wrong_import(folder: Path) -> None:
    acl = Acl(
        ResourceType.GROUP, "a*", PatternType.LITERAL, "User:bob", "*", Operation.READ,
        Permission.ALLOW,
    )  # fmt: skip
    question = Asked("bob", Operation.READ, ResourceType.GROUP, "ab", "10.0.0.7")
    wrong = dataclasses.replace(acl, name="a", pattern_type=PatternType.PREFIXED)

    assert not allows([acl], [], question)
    assert not Imported(folder, convert([acl])).allows(question)
    assert Imported(folder, convert([wrong])).allows(question)


def test_nothing_declared_is_needed(folder: Path) -> None:
    assert convert([], declared=Declared()).documents() == ()
