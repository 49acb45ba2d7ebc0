"""Groups of every kind, by real clients and Kafka's own tools, direct and through the gateway."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from tests.support.bundles import GatewayBundle
from tests.support.confluent import consume, consumer, create_topics, produce, read
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually
from tests.support.java_tools import JavaTools
from tests.support.messages import Api, Values
from tests.support.raw import RawClient

PATTERNS = Path(__file__).parent / "java" / "PatternConsumer.java"
MISSING_SOURCE_TOPICS, MISSING_INTERNAL_TOPICS = 1, 3
UNSENT_MAX = 100
MEMBER_SECONDS_MAX = 60.0


def tool(java: JavaTools, endpoint: Endpoint, command: str, *arguments: str) -> str:
    common = ["--bootstrap-server", endpoint.bootstrap]
    common += ["--command-config", str(endpoint.java(java.folder))]
    return java.tool(command, *common, *arguments)


@pytest.mark.slow
def test_a_java_consumer_subscribes_by_a_pattern(
    endpoint: Endpoint, direct: Endpoint, java: JavaTools, unique: str
) -> None:
    names = [f"{unique}.{suffix}" for suffix in ("a", "b", "other")]
    create_topics(direct, *names)
    for name in names:
        produce(direct, name, [name.encode()])
    pattern = unique.replace(".", r"\.") + r"\.[ab]"
    properties = str(endpoint.java(java.folder))
    finished = java.run(str(PATTERNS), properties, f"{unique}-group", pattern, "2", seconds=90)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == names[:2]


@pytest.mark.slow
def test_a_pattern_finds_what_its_member_may_see_beside_a_member_that_sees_more(
    bundle: GatewayBundle, direct: Endpoint, java: JavaTools
) -> None:
    word = uuid.uuid4().hex[:12]
    names = [f"conformance.{word}", f"conformance.open.{word}"]
    create_topics(direct, *names, partitions=2)
    group, pattern = f"conformance.open.{word}-group", f".*{word}"
    with lively_member(bundle.endpoint("tester"), direct, group, names) as seen:
        properties = str(bundle.endpoint("reader").java(java.folder))
        finished = java.run(str(PATTERNS), properties, group, pattern, "1", seconds=90)
        assert finished.returncode == 0, finished.stderr
        assert finished.stdout.splitlines() == names[1:]
        assert eventually(lambda: names[0] in seen, MEMBER_SECONDS_MAX)


@contextmanager
def lively_member(
    endpoint: Endpoint, direct: Endpoint, group: str, names: list[str]
) -> Iterator[set[str]]:
    """A member of a group with a pattern for `names`, to which records come; gives where from."""
    seen: set[str] = set()
    stop = Event()
    producer = Producer(direct.librdkafka(partitioner="random"))

    def live() -> None:
        member = consumer(endpoint, group, group_protocol="consumer")
        member.subscribe([f"^.*{names[0].removeprefix('conformance.')}"])
        while not stop.is_set():
            if len(producer) < UNSENT_MAX:
                for name in names:
                    producer.produce(name, b"value")
            producer.poll(0)
            record = member.poll(0.1)
            if record is not None and record.error() is None:
                seen.add(str(record.topic()))
        member.close()

    thread = Thread(target=live)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
        producer.flush(10)


@pytest.mark.slow
def test_a_pattern_finds_topics_that_appear(
    endpoint: Endpoint, direct: Endpoint, unique: str
) -> None:
    create_topics(direct, f"{unique}.first")
    produce(direct, f"{unique}.first", [b"first"])
    member = consumer(endpoint, f"{unique}-group", group_protocol="consumer")
    member.subscribe([f"^{unique}.*"])
    try:
        assert read(member, 1) == [b"first"]
        create_topics(direct, f"{unique}.second")
        produce(direct, f"{unique}.second", [b"second"])
        assert read(member, 1, seconds=60) == [b"second"]
    finally:
        member.close()


@pytest.mark.slow
def test_offsets_of_a_consumer_group_are_described_reset_and_deleted(
    endpoint: Endpoint, java: JavaTools, topic: str
) -> None:
    command, group = "consumer.group.ConsumerGroupCommand", f"{topic}-group"
    produce(endpoint, topic, [b"1", b"2", b"3"])
    consume(endpoint, topic, 3, group, group_protocol="consumer")
    assert group in tool(java, endpoint, command, "--list").split()
    described = tool(java, endpoint, command, "--describe", "--group", group)
    assert described.split("\n")[2].split()[:5] == [group, topic, "0", "3", "3"]
    reset = ["--reset-offsets", "--to-earliest", "--topic", topic, "--execute"]
    assert topic in tool(java, endpoint, command, "--group", group, *reset)
    consume(endpoint, topic, 3, group, group_protocol="consumer")
    tool(java, endpoint, command, "--group", group, "--delete-offsets", "--topic", topic)
    assert topic not in tool(java, endpoint, command, "--describe", "--group", group)
    assert "success" in tool(java, endpoint, command, "--delete", "--group", group)
    assert group not in tool(java, endpoint, command, "--list").split()


@pytest.mark.slow
def test_offsets_of_a_share_group_are_described_reset_and_deleted(
    endpoint: Endpoint, java: JavaTools, topic: str, apis: dict[str, Api]
) -> None:
    command, group = "consumer.group.ShareGroupCommand", f"{topic}-share"
    produce(endpoint, topic, [b"1", b"2"])
    join_share_group(endpoint, apis, group, topic)
    assert group in tool(java, endpoint, command, "--list").split()
    assert topic in tool(java, endpoint, command, "--describe", "--offsets", "--group", group)
    reset = ["--reset-offsets", "--to-earliest", "--topic", topic, "--execute"]
    assert topic in tool(java, endpoint, command, "--group", group, *reset)
    tool(java, endpoint, command, "--group", group, "--delete-offsets", "--topic", topic)
    tool(java, endpoint, command, "--delete", "--group", group)
    assert group not in tool(java, endpoint, command, "--list").split()


def join_share_group(endpoint: Endpoint, apis: dict[str, Api], group: str, topic: str) -> None:
    """Join until the group has the topic, and leave."""
    heartbeat = {"GroupId": group, "MemberId": str(uuid.uuid4()), "RackId": None}
    with RawClient(endpoint) as client:
        epoch = 0
        for _ in range(50):
            subscribed = {"SubscribedTopicNames": [topic] if epoch == 0 else None}
            values = heartbeat | subscribed | {"MemberEpoch": epoch}
            answer = client.request(apis["ShareGroupHeartbeat"], 1, values)
            assert answer["ErrorCode"] == 0, answer
            epoch = answer["MemberEpoch"]
            given = answer["Assignment"]
            if given and given["TopicPartitions"]:
                break
            time.sleep(0.1)
        else:
            pytest.fail("the share group got no partition")
        leave = heartbeat | {"MemberEpoch": -1, "SubscribedTopicNames": None}
        assert client.request(apis["ShareGroupHeartbeat"], 1, leave)["ErrorCode"] == 0


@pytest.mark.slow
def test_a_streams_group_is_described_and_listed(
    endpoint: Endpoint, java: JavaTools, topic: str, apis: dict[str, Api]
) -> None:
    group, changelog = f"{topic}-streams", f"{topic}-changelog"
    with RawClient(endpoint) as client:
        answer = join_streams_group(client, apis, group, topic, changelog)
        assert answer["MemberEpoch"] > 0
    await_topic(endpoint, changelog)
    command = "streams.StreamsGroupCommand"
    assert group in tool(java, endpoint, command, "--list").split()
    assert group in tool(java, endpoint, command, "--describe", "--state", "--group", group)


def test_topics_of_a_streams_group_are_made_for_those_who_may_make_them(
    bundle: GatewayBundle, direct: Endpoint, apis: dict[str, Api]
) -> None:
    word = uuid.uuid4().hex[:12]
    topic, group = f"conformance.open.{word}", f"conformance.open.{word}-streams"
    changelog = f"{topic}-changelog"
    create_topics(direct, topic)
    with RawClient(bundle.endpoint("reader")) as client:
        answer = join_streams_group(client, apis, group, topic, changelog)
        status = answer["Status"][0]
        assert status["StatusCode"] == MISSING_INTERNAL_TOPICS
        assert f"Unauthorized to CREATE on topics {changelog}." in status["StatusDetail"]
        assert changelog not in AdminClient(direct.librdkafka()).list_topics(timeout=10).topics


def join_streams_group(
    client: RawClient, apis: dict[str, Api], group: str, topic: str, changelog: str
) -> Values:
    """Join with a topology of one part; a member repeats what a coordinator is not ready for."""
    internal = {"Name": changelog, "Partitions": 0, "ReplicationFactor": 0, "TopicConfigs": []}
    subtopology = {
        "SubtopologyId": "0",
        "SourceTopics": [topic],
        "SourceTopicRegex": [],
        "StateChangelogTopics": [internal],
        "RepartitionSinkTopics": [],
        "RepartitionSourceTopics": [],
        "CopartitionGroups": [],
    }
    values = {
        "GroupId": group,
        "MemberId": str(uuid.uuid4()),
        "MemberEpoch": 0,
        "EndpointInformationEpoch": 0,
        "RebalanceTimeoutMs": 60_000,
        "Topology": {"Epoch": 0, "Subtopologies": [subtopology]},
        "ActiveTasks": [],
        "StandbyTasks": [],
        "WarmupTasks": [],
        "ProcessId": "process",
        "ClientTags": [],
    }
    for _ in range(50):
        answer = client.request(apis["StreamsGroupHeartbeat"], 0, values)
        told = {each["StatusCode"] for each in answer["Status"] or ()}
        # A topic of a moment ago is not known everywhere at once.
        if answer["ErrorCode"] not in (14, 15) and MISSING_SOURCE_TOPICS not in told:
            break
        time.sleep(0.1 if answer["ErrorCode"] else 0.5)
    assert answer["ErrorCode"] == 0, answer
    return answer


def await_topic(endpoint: Endpoint, topic: str) -> None:
    admin = AdminClient(endpoint.librdkafka())
    for _ in range(100):
        if topic in admin.list_topics(timeout=10).topics:
            return
        time.sleep(0.1)
    pytest.fail(f"`{topic}` was not made")
