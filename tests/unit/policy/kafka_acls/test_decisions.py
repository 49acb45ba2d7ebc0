"""The gateway's own evaluator decides about imported ACLs as Kafka's authorizer does."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamward.policy.kafka_acls import (
    Acl,
    Operation,
    PatternType,
    Permission,
    ResourceType,
    convert,
)
from tests.support.imported_acls import ACTIONS, CLUSTER, KINDS, Imported, is_asked, known
from tests.support.standard_authorizer import Asked, allows

pytest.importorskip("streamward._core")

USERS = ("alice", "bob", "CN=alice,O=Example", "CN=bob", "a b:c", "ünï", "*x", "admin")
NAMES = (
    *("pay", "pay.", "pay.x", "pay.x.y", "p", "q", "pay*", "*pay", "a\\*", "a\\", "a*", "a"),
    *('quo"te', "ünï", "new\nline", "\u2028", "\x85", "tab\t", "true", "1", CLUSTER, "kafka"),
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
questions = st.builds(
    Asked,
    user=st.sampled_from(USERS),
    operation=st.sampled_from(sorted(ACTIONS)),
    resource_type=st.sampled_from(sorted(KINDS)),
    name=st.sampled_from(NAMES) | st.text(min_size=1, max_size=4),
    host=st.sampled_from(HOSTS),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundle")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    some=st.lists(acls, max_size=12),
    super_users=st.sets(st.sampled_from(("admin", "CN=bob")), max_size=2),
    asked=st.lists(questions, min_size=20, max_size=60),
)
def test_an_import_decides_as_kafka(
    folder: Path, some: list[Acl], super_users: set[str], asked: list[Asked]
) -> None:
    everything = (*some, *known(USERS))
    conversion = convert(everything, super_users=super_users)
    imported = Imported(folder, conversion)

    # Nothing but rights to delegation tokens is lost, and nobody asks the policy for those.
    lost = {str(acl): acl.resource_type for acl in everything}
    assert {lost[finding.about] for finding in conversion.losses} <= {
        ResourceType.USER,
        ResourceType.DELEGATION_TOKEN,
    }
    for question in asked:
        if question.resource_type is ResourceType.CLUSTER:
            question = dataclasses.replace(question, name=CLUSTER)
        if is_asked(question):
            assert imported.allows(question) == allows(everything, super_users, question), question


def test_a_wrong_import_would_be_noticed(folder: Path) -> None:
    acl = Acl(
        ResourceType.GROUP,
        "a*",
        PatternType.LITERAL,
        "User:bob",
        "*",
        Operation.READ,
        Permission.ALLOW,
    )
    wrong = dataclasses.replace(acl, name="a", pattern_type=PatternType.PREFIXED)
    question = Asked("bob", Operation.READ, ResourceType.GROUP, "ab", "10.0.0.7")

    assert not allows([acl], [], question)
    assert not Imported(folder, convert([acl])).allows(question)
    assert Imported(folder, convert([wrong])).allows(question)
