"""What becomes of ACLs: ids, groups, names, and what is told about them."""

import random
from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.errors import InvalidArgument
from streamward.model.grant import NAME_BYTES_MAX, Grant
from streamward.model.principal import Principal
from streamward.policy.kafka_acls import (
    Acl,
    Conversion,
    Declared,
    Operation,
    Outcome,
    PatternType,
    Permission,
    ResourceType,
    convert,
    write_files,
    yaml_text,
)
from streamward.policy.kafka_acls.write import HEADER, quoted
from streamward.policy.target import Target

ALLOW, DENY = Permission.ALLOW, Permission.DENY


def acl(
    user: str = "alice",
    operation: Operation = Operation.READ,
    name: str = "pay",
    *,
    kind: ResourceType = ResourceType.TOPIC,
    prefixed: bool = False,
    host: str = "*",
    permission: Permission = ALLOW,
    principal: str | None = None,
) -> Acl:
    pattern = PatternType.PREFIXED if prefixed else PatternType.LITERAL
    return Acl(kind, name, pattern, principal or f"User:{user}", host, operation, permission)


def ids(conversion: Conversion) -> list[str]:
    return [grant.id for grant in conversion.grants]


def found(conversion: Conversion) -> list[tuple[Outcome, str]]:
    return [(finding.outcome, finding.about) for finding in conversion.findings]


def principal(name: str, *subjects: str) -> Principal:
    credentials = [
        {"id": f"{name}-{number}", "type": "certificate", "subject": subject}
        for number, subject in enumerate(subjects)
    ]
    return Principal.model_validate(
        {"name": name, "type": "service", "tenant": "t", "credentials": credentials}
    )


def test_the_order_of_acls_plays_no_part() -> None:
    acls = [
        acl(user, operation, name, kind=kind, prefixed=prefixed, host=host, permission=permission)
        for user in ("alice", "bob", "*")
        for operation in (Operation.READ, Operation.ALL)
        for name in ("pay", "a*")
        for kind in (ResourceType.TOPIC, ResourceType.GROUP)
        for prefixed in (True, False)
        for host in ("*", "10.0.0.7")
        for permission in Permission
    ]
    shuffled = random.Random(1).sample(acls, len(acls))

    first, second = convert(acls, super_users=("x",)), convert(shuffled, super_users=("x",))

    assert first == second
    assert len(set(ids(first))) == len(ids(first))


def test_one_more_acl_changes_one_grant() -> None:
    acls = [acl(name=f"t{number}") for number in range(50)] + [acl("bob")]
    before, after = convert(acls), convert([*acls, acl("bob", name="t7")])

    changed = set(after.grants) ^ set(before.grants)

    assert {grant.id for grant in changed} == {"acl.bob.allow.read"}


def test_the_same_rights_on_many_resources_are_one_grant() -> None:
    acls = [
        acl(name=f"t{number}", operation=operation)
        for number in range(900)
        for operation in (Operation.READ, Operation.WRITE)
    ]

    (grant,) = convert(acls).grants

    assert grant.id == "acl.alice.allow.read-write"
    assert len(grant.on) == 900


def test_more_resources_than_a_grant_holds_are_several() -> None:
    conversion = convert([acl(name=f"t{number}") for number in range(2_500)])

    assert ids(conversion) == [
        "acl.alice.allow.read",
        "acl.alice.allow.read.2",
        "acl.alice.allow.read.3",
    ]
    assert sum(len(grant.on) for grant in conversion.grants) == 2_500


def test_more_hosts_than_a_grant_holds_are_several() -> None:
    conversion = convert([acl(host=f"10.0.{n // 200}.{n % 200}") for n in range(250)])

    assert sorted(len(grant.sources) for grant in conversion.grants) == [50, 100, 100]
    assert len(set(ids(conversion))) == 3


def test_names_too_long_for_files_are_split_over_files(tmp_path: Path) -> None:
    acls = [
        acl(name=f"{number}".ljust(1_000, "g"), kind=ResourceType.GROUP) for number in range(1_500)
    ]

    paths = write_files(tmp_path, convert(acls))

    assert all(path.stat().st_size < 1_048_576 for path in paths)
    loaded = read_bundle(tmp_path, materials=False)
    grants = loaded.bundle.of(Grant)
    assert sum(len(grant.on) for grant in grants) == 1_500


@pytest.mark.parametrize(
    ("lost", "outcome"),
    [
        (acl(kind=ResourceType.USER, operation=Operation.CREATE_TOKENS), Outcome.LEFT_OUT),
        (acl(kind=ResourceType.DELEGATION_TOKEN), Outcome.LEFT_OUT),
        (acl(kind=ResourceType.USER, permission=DENY), Outcome.WITHOUT_EFFECT),
        (acl(principal="Group:staff"), Outcome.LEFT_OUT),
        (acl(principal="nobody"), Outcome.LEFT_OUT),
        (acl(host="fe80:0:0:0:0:0:0:1%eth0"), Outcome.LEFT_OUT),
        (acl(host="kafka.example.com"), Outcome.WITHOUT_EFFECT),
        (acl(host="::1", permission=DENY), Outcome.WITHOUT_EFFECT),
        (acl(operation=Operation.CLUSTER_ACTION), Outcome.WITHOUT_EFFECT),
        (acl(kind=ResourceType.CLUSTER, name="other"), Outcome.WITHOUT_EFFECT),
        (acl("root", permission=DENY), Outcome.WITHOUT_EFFECT),
        (acl(name="ü" * 501, kind=ResourceType.GROUP), Outcome.LEFT_OUT),
        (acl(name="ü" * 501, prefixed=True, permission=DENY), Outcome.WITHOUT_EFFECT),
    ],
)
def test_what_is_not_kept_is_told(lost: Acl, outcome: Outcome) -> None:
    conversion = convert([lost], super_users=("root",))

    assert found(conversion) == [(outcome, str(lost))]
    assert [grant for grant in conversion.grants if grant.to != ("principal:root",)] == []


def test_a_deny_that_can_not_be_kept_exactly_denies_more() -> None:
    scoped = acl(host="fe80:0:0:0:0:0:0:1%eth0", permission=DENY)

    conversion = convert([scoped])

    assert found(conversion) == [(Outcome.STRICTER, str(scoped))]
    assert conversion.grants[0].sources == ("fe80::1",)


def test_the_longest_name_fits() -> None:
    name = "*" * NAME_BYTES_MAX

    (grant,) = convert([acl(name=name, kind=ResourceType.TRANSACTIONAL_ID, prefixed=True)]).grants

    assert Target.parse(grant.on[0]) == Target("transaction", name, is_pattern=True)


def test_a_star_that_is_part_of_a_topics_name_stays_one_and_is_told() -> None:
    conversion = convert([acl(name="pay*")])

    assert conversion.grants[0].on == (r"stream:pay\*",)
    (finding,) = conversion.findings
    assert finding.outcome is Outcome.NOTE
    assert "prefix" in finding.why


def test_an_operation_that_only_implies_another_is_that_other() -> None:
    """Kafka lets whoever may READ a transactional id describe it, though nobody asks for READ."""
    (grant,) = convert([acl(kind=ResourceType.TRANSACTIONAL_ID)]).grants

    assert [action.word for action in grant.actions] == ["describe"]


def test_super_users_are_exempt_from_what_is_denied_to_everyone() -> None:
    conversion = convert([acl("*", permission=DENY)], super_users=("root", "CN=kafka"))

    denied = next(grant for grant in conversion.grants if grant.deny)
    assert denied.to == ("everyone",)
    assert denied.exempt == ("principal:kafka", "principal:root")


def test_there_are_no_more_super_users_than_can_be_exempt() -> None:
    with pytest.raises(InvalidArgument, match="101 super users"):
        convert([], super_users=[f"u{number}" for number in range(101)])


def test_names_that_can_not_stand_in_a_bundle_are_made_into_some_that_can() -> None:
    users = ("CN=app,O=Example", "a b", "a/b", "ünï", "app2", "CN=app2", "-")
    conversion = convert([acl(user) for user in users])
    names = conversion.names.by_user

    assert names["CN=app,O=Example"] == "app"
    assert names["app2"] == "app2"
    assert names["CN=app2"].startswith("app2-")
    assert names["a b"] != names["a/b"]
    assert len(set(names.values())) == len(users)
    subjects = {p.name: p.credentials[0].subject for p in conversion.principals if p.credentials}
    assert subjects == {"app": "CN=app,O=Example", names["CN=app2"]: "CN=app2"}


def test_declared_principals_are_referred_to_by_name_or_certificate() -> None:
    declared = Declared((principal("alice"), principal("billing", "CN=billing,O=Example")))

    conversion = convert([acl("alice"), acl("CN=billing,O=Example")], declared=declared)

    assert conversion.principals == conversion.tenants == ()
    assert {grant.to[0] for grant in conversion.grants} == {
        "principal:alice",
        "principal:billing",
    }


def test_two_users_that_are_one_principal_do_not_get_the_rights_of_both() -> None:
    declared = Declared((principal("alice", "CN=alice"),))
    mine, other = acl("alice"), acl("CN=alice", Operation.WRITE)
    denied = acl("CN=alice", Operation.CREATE, permission=DENY)

    conversion = convert([mine, other, denied], declared=declared, super_users=("CN=alice",))

    assert (Outcome.LEFT_OUT, str(other)) in found(conversion)
    assert (Outcome.LEFT_OUT, "super user User:CN=alice") in found(conversion)
    assert ids(conversion) == ["acl.alice.allow.read"]


def test_what_a_declared_name_has_taken_is_not_given_to_another() -> None:
    conversion = convert([acl("CN=app")], declared=Declared((principal("app"),)))

    assert conversion.principals[0].name.startswith("app-")


def test_a_topic_and_a_prefix_of_one_name_are_declared_once() -> None:
    conversion = convert([acl(name="pay"), acl(name="pay", prefixed=True)])

    assert [(stream.name, stream.prefix) for stream in conversion.streams] == [(None, "pay")]


def test_streams_that_the_bundle_declares_are_not_declared_again() -> None:
    conversion = convert([acl(name="pay")], declared=Declared(streams=frozenset({"pay"})))

    assert conversion.streams == ()


@pytest.mark.parametrize(
    "text", ["a", "a: b", "#", '"', "\\", "\x85\u2028\x00\U0010ffff", "ü", "- "]
)
def test_every_text_is_one_string_of_yaml(text: str) -> None:
    from ruamel.yaml import YAML

    assert YAML(typ="safe", pure=True).load(quoted(text)) == text


def test_importing_again_writes_anew_and_deletes_what_is_not_needed(tmp_path: Path) -> None:
    many = [acl(name=f"{n}".ljust(1_000, "g"), kind=ResourceType.GROUP) for n in range(1_100)]
    write_files(tmp_path, convert(many))
    assert (tmp_path / "kafka-grants-2.yaml").is_file()

    write_files(tmp_path, convert([acl()]))

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "kafka-grants.yaml",
        "kafka-principals.yaml",
        "kafka-streams.yaml",
    ]
    assert (tmp_path / "kafka-grants.yaml").read_text().startswith(HEADER)


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "kafka-streams.yaml").write_text("kind: Stream\nname: mine\n")

    with pytest.raises(InvalidArgument, match=r"kafka-streams\.yaml"):
        write_files(tmp_path, convert([acl()]))

    assert [path.name for path in tmp_path.iterdir()] == ["kafka-streams.yaml"]


def test_nothing_is_made_of_nothing() -> None:
    assert yaml_text(convert([]).documents()) == ""
