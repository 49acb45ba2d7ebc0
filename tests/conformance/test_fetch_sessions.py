"""Fetch sessions and share groups on a real Kafka, straight and through the gateway."""

import uuid
from collections.abc import Iterator

import pytest

from streamward.dev.kafka import KafkaServer
from tests.support import entries, requests
from tests.support.bundles import write_bundle
from tests.support.confluent import consume, create_topics, produce
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.java_tools import JavaTools
from tests.support.messages import Api, Values
from tests.support.raw import RawClient

VERSIONS = (7, 12, 13, 17)
PARTITIONS = 500
NOT_FOUND, WRONG_EPOCH, TOPIC_DENIED, OTHER_NAMING = 70, 71, 29, 106
VALUES = [f"value {index}" for index in range(20)]


@pytest.fixture
def quarantined(gateway: GatewayProcess) -> Iterator[list[str]]:
    """Containments that a test opens; what it leaves open is lifted."""
    opened: list[str] = []
    yield opened
    for identifier in opened:
        gateway.lift(identifier)


@pytest.fixture
def topics(unique: str, direct: Endpoint, apis: dict[str, Api]) -> list[str]:
    """Two topics of one partition, each with a leader that serves."""
    names = [f"{unique}-a", f"{unique}-b"]
    create_topics(direct, *names)
    nobody = uuid.UUID(int=0)
    with RawClient(direct) as client:

        def served(name: str) -> bool:
            answer = client.request(apis["Fetch"], 12, requests.fetch(name, nobody, wait_ms=0))
            return answer["Responses"][0]["Partitions"][0]["ErrorCode"] == 0

        assert all(entries.eventually(lambda name=name: served(name)) for name in names)
    return names


class Fetcher:
    """One fetch session of one connection."""

    def __init__(self, client: RawClient, apis: dict[str, Api], version: int) -> None:
        self.client, self.apis, self.version = client, apis, version
        self.ids: dict[str, uuid.UUID] = {}
        self.id, self.epoch = 0, 0

    def fetch(self, listed: dict[str, int], forgotten: tuple[str, ...] = ()) -> Values:
        """Ask for these topics from these offsets, and go on in the session."""
        answer = self.ask(self.id, self.epoch, listed, forgotten)
        assert answer["ErrorCode"] == 0
        self.id, self.epoch = answer["SessionId"], self.epoch + 1
        return answer

    def ask(
        self, session: int, epoch: int, listed: dict[str, int], forgotten: tuple[str, ...] = ()
    ) -> Values:
        for name in (*listed, *forgotten):
            if name not in self.ids:
                self.ids[name] = requests.topic_id(self.client, self.apis, name)
        topics = [
            requests.fetch(name, self.ids[name], offset)["Topics"][0]
            for name, offset in listed.items()
        ]
        gone = [{"Topic": name, "TopicId": self.ids[name], "Partitions": [0]} for name in forgotten]
        request = {
            "MaxWaitMs": 200,
            "MinBytes": 1,
            "SessionId": session,
            "SessionEpoch": epoch,
            "Topics": topics,
            "ForgottenTopicsData": gone,
        }
        return self.client.request(self.apis["Fetch"], self.version, request)

    def codes(self, answer: Values) -> dict[str, int]:
        """The errors of an answer's topics, by name."""
        names = {identity: name for name, identity in self.ids.items()}
        found = {}
        for topic in answer["Responses"]:
            name = topic["Topic"] if self.version < 13 else names[topic["TopicId"]]
            found[name] = topic["Partitions"][0]["ErrorCode"]
        return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_names_changes_only(
    endpoint: Endpoint, apis: dict[str, Api], topics: list[str], version: int
) -> None:
    first, second = topics
    with RawClient(endpoint) as client:
        fetcher = Fetcher(client, apis, version)
        assert fetcher.codes(fetcher.fetch({first: 0, second: 0})) == {first: 0, second: 0}
        assert fetcher.id > 0
        assert fetcher.fetch({})["Responses"] == []
        produce(endpoint, second, [b"news"])
        answer = fetcher.fetch({})
        assert fetcher.codes(answer) == {second: 0}
        assert b"news" in answer["Responses"][0]["Partitions"][0]["Records"]
        assert fetcher.fetch({second: 1})["Responses"] == []
        fetcher.fetch({}, forgotten=(second,))
        produce(endpoint, second, [b"unheard"])
        assert fetcher.fetch({})["Responses"] == []
        # Mistakes leave the session as it is.
        wrong = fetcher.ask(fetcher.id, fetcher.epoch + 1, {})
        assert wrong["ErrorCode"] == WRONG_EPOCH
        assert fetcher.ask(fetcher.id ^ 1, fetcher.epoch, {})["ErrorCode"] == NOT_FOUND
        other = Fetcher(client, apis, 12 if version >= 13 else 13)
        answer = other.ask(fetcher.id, fetcher.epoch, {})
        assert answer["ErrorCode"] == OTHER_NAMING
        produce(endpoint, first, [b"heard"])
        assert fetcher.codes(fetcher.fetch({})) == {first: 0}
        # And it ends when the client says so.
        ended = fetcher.ask(fetcher.id, -1, {})
        assert (ended["ErrorCode"], ended["SessionId"]) == (0, 0)
        assert fetcher.ask(fetcher.id, fetcher.epoch, {})["ErrorCode"] == NOT_FOUND


@pytest.mark.parametrize("version", [12, 13])
def test_a_policy_takes_effect_on_an_open_session_and_back(
    gateway: GatewayProcess,
    apis: dict[str, Api],
    topics: list[str],
    quarantined: list[str],
    direct: Endpoint,
    version: int,
) -> None:
    first, second = topics
    with RawClient(gateway.bundle.endpoint("tester")) as client:
        fetcher = Fetcher(client, apis, version)
        fetcher.fetch({first: 0, second: 0})
        session = fetcher.id
        quarantined.append(gateway.quarantine(first))
        produce(direct, first, [b"secret"])
        for _ in range(2):
            answer = fetcher.fetch({})
            assert fetcher.codes(answer).items() >= {first: TOPIC_DENIED}.items()
        produce(direct, second, [b"public"])
        assert fetcher.codes(fetcher.fetch({})) == {first: TOPIC_DENIED, second: 0}
        assert b"secret" not in client.received
        gateway.lift(quarantined.pop())
        answer = fetcher.fetch({second: 1})
        assert fetcher.codes(answer)[first] == 0
        assert b"secret" in client.received
        assert fetcher.id == session


def test_an_id_that_a_client_kept_over_a_restart_of_the_gateway_is_known(
    kafka: KafkaServer,
    direct: Endpoint,
    apis: dict[str, Api],
    topic: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with RawClient(direct) as client:
        identity = requests.topic_id(client, apis, topic)
    bundle = write_bundle(tmp_path_factory.mktemp("fresh") / "bundle", kafka.bootstrap())
    with GatewayProcess(bundle), RawClient(bundle.endpoint("tester")) as client:
        words = requests.produce(topic, identity, b"kept")
        answer = client.request(apis["Produce"], 13, words)
        assert answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"] == 0
        answer = client.request(apis["Fetch"], 13, requests.fetch(topic, identity))
        assert b"kept" in answer["Responses"][0]["Partitions"][0]["Records"]
        nobody = uuid.uuid4()
        answer = client.request(apis["Fetch"], 13, requests.fetch("", nobody))
        assert answer["Responses"][0]["Partitions"][0]["ErrorCode"] == 100


def test_many_partitions_are_consumed_by_librdkafka(
    endpoint: Endpoint, direct: Endpoint, unique: str
) -> None:
    create_topics(direct, unique, partitions=PARTITIONS)
    values = [f"{index}".encode() for index in range(2_000)]
    produce(endpoint, unique, values)
    found = consume(endpoint, unique, len(values), f"{unique}-group")
    assert sorted(found) == sorted(values)


@pytest.mark.slow
def test_many_partitions_are_consumed_by_the_java_client(
    endpoint: Endpoint, direct: Endpoint, java: JavaTools, unique: str
) -> None:
    create_topics(direct, unique, partitions=PARTITIONS)
    produce(endpoint, unique, [value.encode() for value in VALUES])
    read = java.tool(
        "consumer.ConsoleConsumer",
        *["--bootstrap-server", endpoint.bootstrap, "--topic", unique, "--from-beginning"],
        *["--command-config", str(endpoint.java(java.folder)), "--group", f"{unique}-group"],
        *["--timeout-ms", "20000", "--max-messages", str(len(VALUES))],
    )
    assert sorted(read.splitlines()) == sorted(VALUES)


@pytest.mark.slow
def test_a_share_consumer_gets_what_is_recorded(
    gateway: GatewayProcess, direct: Endpoint, java: JavaTools, topic: str
) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    group = f"{topic}-group"
    earliest = java.run(
        "kafka.admin.ConfigCommand",
        *["--bootstrap-server", direct.bootstrap, "--alter", "--entity-type", "groups"],
        *["--command-config", str(direct.java(java.folder)), "--entity-name", group],
        *["--add-config", "share.auto.offset.reset=earliest"],
    )
    assert earliest.returncode == 0, earliest.stderr
    produce(endpoint, topic, [value.encode() for value in VALUES])
    read = java.tool(
        "consumer.ConsoleShareConsumer",
        *["--bootstrap-server", endpoint.bootstrap, "--topic", topic, "--group", group],
        *["--command-config", str(endpoint.java(java.folder))],
        *["--timeout-ms", "30000", "--max-messages", str(len(VALUES))],
    )
    assert sorted(read.splitlines()) == sorted(VALUES)
    expected = set(range(len(VALUES)))
    assert expected <= entries.settled(gateway, topic, "Read", expected).all
