"""What Kafka's authorizer decides, the policy decides that its ACLs were imported into."""

import random
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from streamward.dev.kafka_files import KafkaOptions
from streamward.dev.maven import jars, kafka_artifacts
from streamward.policy.kafka_acls import (
    Acl,
    Operation,
    PatternType,
    Permission,
    ResourceType,
    convert,
)
from tests.support.imported_acls import ACTIONS, CLUSTER, KINDS, Imported, is_asked, known
from tests.support.java_tools import JavaTools
from tests.support.standard_authorizer import Asked, allows

AUTHORIZE = Path(__file__).parent / "java" / "Authorize.java"
USERS = ("alice", "bob", "CN=alice,O=Example", "carol")
SUPER_USERS = ("carol",)
# Names that begin with a character before `*` are left out: StandardAuthorizer itself fails on
# some of them, where it goes back to the wildcard in a loop that doesn't end.
NAMES = ("p", "pay", "pay.", "pay.x", "pay.x.y", "q", "pay*", "a*", "ab", "ünï", "*b", CLUSTER)
HOSTS = ("10.0.0.7", "10.0.0.8", "0:0:0:0:0:0:0:1")
WRITTEN_HOSTS = ("*", "*", *HOSTS, "::1", "10.0.0.0/8")
SETS, ACLS, QUESTIONS = 40, 15, 150


@dataclass(frozen=True)
class Case:
    """Some ACLs, and what is asked about them."""

    acls: tuple[Acl, ...]
    asked: tuple[Asked, ...]


def cases(seed: int) -> tuple[Case, ...]:
    chosen = random.Random(seed)
    principals = ("User:*", *(f"User:{user}" for user in USERS))

    def acl() -> Acl:
        return Acl(
            chosen.choice(list(ResourceType)[:4]),
            chosen.choice(("*", "*", *NAMES)),
            chosen.choice(list(PatternType)),
            chosen.choice(principals),
            chosen.choice(WRITTEN_HOSTS),
            chosen.choice(list(Operation)),
            chosen.choice((Permission.ALLOW, Permission.ALLOW, Permission.DENY)),
        )

    def asked() -> Asked:
        kind = chosen.choice(list(KINDS))
        name = CLUSTER if kind is ResourceType.CLUSTER else chosen.choice(NAMES)
        return Asked(
            chosen.choice(USERS), chosen.choice(list(ACTIONS)), kind, name, chosen.choice(HOSTS)
        )

    return tuple(
        Case(
            (*(acl() for _ in range(ACLS)), *known(USERS)),
            tuple(one for one in (asked() for _ in range(QUESTIONS)) if is_asked(one)),
        )
        for _ in range(SETS)
    )


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def lines(case: Case) -> Iterable[str]:
    yield "super " + encoded(";".join(f"User:{user}" for user in SUPER_USERS))
    for acl in dict.fromkeys(case.acls):
        words = ("acl", acl.resource_type, encoded(acl.name), acl.pattern_type)
        words += (encoded(acl.principal), encoded(acl.host), acl.operation, acl.permission)
        yield " ".join(words)
    for one in case.asked:
        words = ("ask", encoded(one.user), one.operation, one.resource_type, encoded(one.name))
        yield " ".join((*words, one.host))


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> JavaTools:
    folder = jars("kafka", kafka_artifacts(KafkaOptions().version), lambda _: None)
    return JavaTools(folder, tmp_path_factory.mktemp("java"))


def answers(java: JavaTools, all_cases: Sequence[Case]) -> list[bool]:
    text = "".join(f"{line}\n" for case in all_cases for line in lines(case))
    finished = java.run(str(AUTHORIZE), text=text)
    assert finished.returncode == 0, finished.stderr
    return [line == "ALLOWED" for line in finished.stdout.splitlines()]


@pytest.mark.slow
def test_kafkas_own_code_decides_as_the_imported_policy(java: JavaTools, tmp_path: Path) -> None:
    all_cases = cases(seed=4)

    answered = answers(java, all_cases)

    assert len(answered) == sum(len(case.asked) for case in all_cases) > 2_000
    assert 0.1 < sum(answered) / len(answered) < 0.9
    remaining = iter(answered)
    for case in all_cases:
        imported = Imported(tmp_path, convert(case.acls, super_users=SUPER_USERS))
        for one in case.asked:
            expected = next(remaining)
            assert imported.allows(one) == expected, (one, case.acls)
            assert allows(case.acls, SUPER_USERS, one) == expected, (one, case.acls)
