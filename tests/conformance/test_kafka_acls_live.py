"""A running Kafka with StandardAuthorizer: its ACLs are read, and it decides as they do here."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from streamward.cli.policy_import import app
from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from streamward.errors import Unavailable
from streamward.policy.kafka_acls import Acl, Operation, ResourceType, convert, read_listing
from streamward.policy.kafka_acls.cluster import describe_acls
from streamward.policy.kafka_acls.properties import Connection, read_connection
from tests.support.confluent import create_topics
from tests.support.endpoints import Endpoint
from tests.support.imported_acls import ACTIONS, CLUSTER, Imported, is_asked
from tests.support.java_tools import JavaTools
from tests.support.standard_authorizer import Asked

pytestmark = pytest.mark.slow

USERS = ("admin", "alice", "bob")
SUPER_USERS = ("CN=kafka", "CN=gateway", "CN=admin", "admin")
TOPICS = ("orders", "orders.eu", "orders.us", "refunds", "secret")
GROUPS = ("billing", "billing.night", "other", "a*b")
HERE = "127.0.0.1"
# What `kafka-acls --add` is told, one line for each.
ADDED = (
    "--allow-principal User:alice --producer --topic orders --resource-pattern-type prefixed",
    "--allow-principal User:alice --consumer --topic refunds --group billing",
    "--deny-principal User:alice --operation Describe --topic orders.eu",
    "--deny-principal User:alice --operation Write --topic orders.us",
    "--allow-principal User:bob --operation All --topic *",
    "--deny-principal User:bob --operation All --topic secret --deny-host 127.0.0.1",
    "--deny-principal User:bob --operation All --topic orders --deny-host 10.9.8.7",
    "--allow-principal User:bob --operation AlterConfigs --group billing",
    "--allow-principal User:bob --operation Delete --group a*b",
    "--allow-principal User:* --operation Read --group other",
    "--deny-principal User:* --operation DescribeConfigs --topic refunds",
    "--allow-principal User:bob --operation Describe --cluster",
    "--allow-principal User:* --operation Create --cluster",
    "--allow-principal User:bob --operation IdempotentWrite --cluster",
    "--deny-principal User:alice --operation ClusterAction --cluster",
    "--allow-principal User:alice --operation CreateTokens --user-principal User:bob",
    "--allow-principal User:alice --operation Describe --delegation-token bob",
    "--allow-principal User:alice --operation TwoPhaseCommit --transactional-id pay",
    "--allow-principal User:alice --operation Write --transactional-id pay",
    "--allow-principal User:CN=alice,O=Example --operation Read --topic orders",
)


@pytest.fixture(scope="module")
def guarded() -> Iterator[KafkaServer]:
    """A broker with StandardAuthorizer and users."""
    server = KafkaServer.ephemeral(
        KafkaOptions(authorizer=True, users=USERS, auto_create_topics=False)
    )
    with server:
        create_topics(endpoint(server, "admin"), *TOPICS)
        yield server


@pytest.fixture(scope="module")
def java(guarded: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> JavaTools:
    return JavaTools(guarded.jar_folder, tmp_path_factory.mktemp("java"))


@pytest.fixture(scope="module")
def acls(guarded: KafkaServer, java: JavaTools) -> tuple[Acl, ...]:
    lines = ["\t".join([*connect(guarded), "--add", *line.split()]) for line in ADDED]
    program = Path(__file__).parent / "java" / "AddAcls.java"
    finished = java.run(str(program), text="\n".join(lines))
    assert finished.returncode == 0, finished.stderr
    return describe_acls(guarded.bootstrap("ssl"), connection(guarded, "ssl"))


def connect(server: KafkaServer) -> tuple[str, ...]:
    file = server.folder / "admin-sasl.properties"
    return ("--bootstrap-server", server.bootstrap("sasl_ssl"), "--command-config", str(file))


def connection(server: KafkaServer, listener: str, user: str = "admin") -> Connection:
    return read_connection(server.folder / f"{user}-{listener}.properties")


def endpoint(server: KafkaServer, user: str) -> Endpoint:
    login = {"username": user, "password": server.password(user), "mechanism": "SCRAM-SHA-512"}
    return Endpoint(user, server.bootstrap("sasl_ssl"), server.ca_file, **login)


def test_what_is_read_from_the_cluster_is_what_kafka_acls_lists(
    guarded: KafkaServer, java: JavaTools, acls: tuple[Acl, ...]
) -> None:
    listing = read_listing(java.tool("AclCommand", *connect(guarded), "--list"))
    over_scram = describe_acls(guarded.bootstrap("sasl_ssl"), connection(guarded, "sasl"))

    assert len(acls) > len(ADDED)
    assert sorted(listing.acls) == sorted(acls) == sorted(over_scram)
    assert listing.only == ()
    assert {acl.resource_type for acl in acls} == set(ResourceType)


def test_a_listing_of_one_principal_is_known_as_such(
    guarded: KafkaServer, java: JavaTools, acls: tuple[Acl, ...]
) -> None:
    text = java.tool("AclCommand", *connect(guarded), "--list", "--principal", "User:bob")

    listing = read_listing(text)

    assert listing.only == ("User:bob",)
    assert sorted(listing.acls) == sorted(acl for acl in acls if acl.principal == "User:bob")


def test_who_may_not_see_the_acls_is_told_so(guarded: KafkaServer, acls: tuple[Acl, ...]) -> None:
    with pytest.raises(Unavailable, match="refuses the login"):
        wrong = Connection(
            tls=True,
            ca=guarded.ca_file.read_text(),
            mechanism="SCRAM-SHA-512",
            username="bob",
            password="wrong",
        )
        describe_acls(guarded.bootstrap("sasl_ssl"), wrong)
    with pytest.raises(Unavailable, match="`Describe` on the cluster"):
        describe_acls(guarded.bootstrap("plaintext"), Connection())


@pytest.mark.parametrize("user", ["alice", "bob", "admin"])
def test_the_broker_decides_as_the_imported_policy(
    guarded: KafkaServer, acls: tuple[Acl, ...], tmp_path: Path, user: str
) -> None:
    imported = Imported(tmp_path, convert(acls, super_users=SUPER_USERS))
    admin = AdminClient(endpoint(guarded, user).librdkafka())

    found = {
        (ResourceType.CLUSTER, CLUSTER): allowed_on_cluster(admin),
        **{(ResourceType.TOPIC, topic): allowed_on_topic(admin, topic) for topic in TOPICS},
        **{(ResourceType.GROUP, group): allowed_on_group(admin, group) for group in GROUPS},
    }

    for (kind, name), operations in found.items():
        asked = [Asked(user, each, kind, name, HERE) for each in ACTIONS]
        mine = {one.operation for one in asked if is_asked(one) and imported.allows(one)}
        if operations is None:
            assert Operation.DESCRIBE not in mine, (kind, name)
        else:
            # A broker never says whether DELETE on the cluster is allowed; it isn't listed there.
            ignored = {Operation.DELETE} if kind is ResourceType.CLUSTER else set()
            assert mine - ignored == operations, (kind, name)
    assert any(found.values())


def allowed_on_topic(admin: AdminClient, topic: str) -> set[Operation] | None:
    topics = TopicCollection([topic])
    future = admin.describe_topics(topics, include_authorized_operations=True)[topic]
    return _operations(future)


def allowed_on_group(admin: AdminClient, group: str) -> set[Operation] | None:
    deadline = time.monotonic() + 60
    while True:
        try:
            asked = admin.describe_consumer_groups([group], include_authorized_operations=True)
            return _operations(asked[group])
        except KafkaException as error:
            # The coordinator has just been created for the first who asks.
            if "COORDINATOR" not in error.args[0].name() or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def allowed_on_cluster(admin: AdminClient) -> set[Operation] | None:
    return _operations(admin.describe_cluster(include_authorized_operations=True))


def _operations(future: object) -> set[Operation] | None:
    """What the caller may do, as the broker says; None where it may not even ask."""
    try:
        description = future.result(20)  # type: ignore[attr-defined]
    except KafkaException as error:
        if "AUTHORIZATION_FAILED" in error.args[0].name():
            return None
        raise
    operations = {
        Operation[operation.name] for operation in description.authorized_operations or ()
    }
    # A broker describes the cluster to everybody, and this of it to whoever may describe it.
    return operations or None


def test_the_command_writes_a_bundle_from_the_cluster(
    guarded: KafkaServer, acls: tuple[Acl, ...], tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    arguments = ["kafka-acls", "--bootstrap", guarded.bootstrap("ssl"), "--to", str(bundle)]
    arguments += ["--command-config", str(guarded.folder / "admin-ssl.properties"), "--json"]
    for user in SUPER_USERS:
        arguments += ["--super-user", f"User:{user}"]

    finished = CliRunner().invoke(app, arguments)

    assert finished.exit_code == 0, finished.output
    document = json.loads(finished.stdout)
    assert document["acls"] == len(acls)
    assert sorted(path.name for path in bundle.iterdir()) == [
        "kafka-grants.yaml",
        "kafka-principals.yaml",
        "kafka-streams.yaml",
    ]
    left_out = [one for one in document["findings"] if one["outcome"] == "left out"]
    assert {one["about"].split()[-1].split(":")[0] for one in left_out} == {
        "USER",
        "DELEGATION_TOKEN",
    }
