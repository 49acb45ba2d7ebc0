"""What the policy doesn't allow is refused in Kafka's own words, and names stay unseen."""

import socket
import uuid
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from streamward.dev.authority import Authority
from tests.support import requests
from tests.support.bundles import GatewayBundle
from tests.support.confluent import consume, create_topics, error_code, produce
from tests.support.endpoints import Endpoint
from tests.support.messages import Api
from tests.support.raw import RawClient

UNKNOWN_TOPIC_ID = 100
SASL_AUTHENTICATION_FAILED = 58


@pytest.fixture
def open_topic(unique: str, direct: Endpoint) -> str:
    """A topic that `reader` may read and `writer` may write."""
    name = unique.replace("conformance.", "conformance.open.")
    create_topics(direct, name)
    return name


def test_a_denied_write_fails_on_its_topic_only(
    bundle: GatewayBundle, topic: str, open_topic: str
) -> None:
    producer = Producer(bundle.endpoint("writer").librdkafka())
    answers: dict[str, int | None] = {}
    for name in (topic, open_topic):
        producer.produce(
            name,
            b"value",
            on_delivery=lambda error, record: answers.update(
                {record.topic(): error.code() if error else None}
            ),
        )
    producer.flush(20)
    assert answers == {topic: KafkaError.TOPIC_AUTHORIZATION_FAILED, open_topic: None}


def test_one_request_is_answered_per_topic(
    bundle: GatewayBundle, apis: dict[str, Api], topic: str, open_topic: str
) -> None:
    with RawClient(bundle.endpoint("tester")) as allowed:
        identities = {name: requests.topic_id(allowed, apis, name) for name in (topic, open_topic)}
    with RawClient(bundle.endpoint("writer")) as client:
        for version in (9, requests.offered(client, apis)["Produce"][-1]):
            values = requests.produce(topic, identities[topic])
            other = requests.produce(open_topic, identities[open_topic])
            values["TopicData"] += other["TopicData"]
            answer = client.request(apis["Produce"], version, values)
            codes = [each["PartitionResponses"][0]["ErrorCode"] for each in answer["Responses"]]
            denied = int(KafkaError.TOPIC_AUTHORIZATION_FAILED)
            assert sorted(codes) == [0, denied], f"version {version}: {answer}"


def test_a_denied_write_leaves_nothing_behind(
    bundle: GatewayBundle, direct: Endpoint, topic: str
) -> None:
    with pytest.raises(KafkaException) as raised:
        produce(bundle.endpoint("reader"), topic, [b"not allowed"])
    assert error_code(raised.value) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert produce(direct, topic, [b"the first"]) == [0]


def test_a_denied_write_without_acknowledgement_closes_the_connection(
    bundle: GatewayBundle, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(bundle.endpoint("tester")) as allowed:
        identity = requests.topic_id(allowed, apis, topic)
    with RawClient(bundle.endpoint("writer")) as client:
        client.send(apis["Produce"], 9, requests.produce(topic, identity, acks=0))
        assert client.is_closed_by_peer()
    assert produce(direct, topic, [b"the first"]) == [0]


def test_a_denied_read_fails(bundle: GatewayBundle, apis: dict[str, Api], open_topic: str) -> None:
    with RawClient(bundle.endpoint("tester")) as allowed:
        identity = requests.topic_id(allowed, apis, open_topic)
        allowed.request(apis["Produce"], 9, requests.produce(open_topic, identity, b"secret"))
    with RawClient(bundle.endpoint("writer")) as client:
        for version in requests.offered(client, apis)["Fetch"]:
            answer = client.request(apis["Fetch"], version, requests.fetch(open_topic, identity))
            partition = answer["Responses"][0]["Partitions"][0]
            assert partition["ErrorCode"] == KafkaError.TOPIC_AUTHORIZATION_FAILED, version
            assert not partition["Records"], version
    assert b"secret" not in client.received


def test_an_unknown_topic_id_is_unknown_and_never_allowed(
    bundle: GatewayBundle, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(bundle.endpoint("tester")) as client:
        version = requests.offered(client, apis)["Fetch"][-1]
        answer = client.request(apis["Fetch"], version, requests.fetch(topic, uuid.uuid4()))
    assert answer["Responses"][0]["Partitions"][0]["ErrorCode"] == UNKNOWN_TOPIC_ID


def test_metadata_lists_only_what_the_caller_may_see(
    bundle: GatewayBundle, topic: str, open_topic: str
) -> None:
    listed = AdminClient(bundle.endpoint("reader").librdkafka()).list_topics(timeout=10).topics
    assert open_topic in listed
    assert all(name.startswith("conformance.open.") for name in listed)
    assert topic not in listed


def test_an_intruder_with_a_valid_credential_sees_no_names(
    bundle: GatewayBundle, apis: dict[str, Api], topic: str
) -> None:
    tester, intruder = bundle.endpoint("tester"), bundle.endpoint("intruder")
    produce(tester, topic, [b"value"])
    consume(tester, topic, 1, f"{topic}-group")
    with RawClient(tester) as allowed:
        identity = requests.topic_id(allowed, apis, topic)
    with RawClient(intruder) as client:
        versions = requests.offered(client, apis)
        for name, values in (
            ("Metadata", {"Topics": None}),
            ("ListGroups", {}),
            ("ListTransactions", {}),
            ("DescribeTopicPartitions", {"Topics": []}),
            ("DescribeCluster", {"EndpointType": 1}),
        ):
            for version in versions.get(name, ()):
                if name == "Metadata" and version == 0:
                    values = {"Topics": []}
                client.request(apis[name], version, values)
        by_id = {"Topics": [{"TopicId": identity, "Name": None}]}
        answer = client.request(apis["Metadata"], 12, by_id)
        by_name = client.request(apis["Metadata"], 12, {"Topics": [{"Name": f"{topic}-not"}]})
    assert b"conformance" not in client.received.replace(f"{topic}-not".encode(), b"")
    assert answer["Topics"][0]["Name"] is None
    missing = by_name["Topics"][0]["ErrorCode"]
    assert missing == KafkaError.TOPIC_AUTHORIZATION_FAILED, "existence shows"


def test_a_denied_group_fails_as_a_whole(bundle: GatewayBundle, open_topic: str) -> None:
    with pytest.raises(KafkaException) as raised:
        consume(bundle.endpoint("reader"), open_topic, 1, "conformance.secret-group")
    assert error_code(raised.value) == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_a_denied_transactional_id_fails(bundle: GatewayBundle, open_topic: str) -> None:
    settings = bundle.endpoint("writer").librdkafka(transactional_id="conformance.stolen")
    with pytest.raises(KafkaException) as raised:
        Producer(settings).init_transactions(20)
    assert error_code(raised.value) == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_idempotence_needs_a_right_to_write_somewhere(
    bundle: GatewayBundle, apis: dict[str, Api], open_topic: str
) -> None:
    produce(bundle.endpoint("writer"), open_topic, [b"value"], enable_idempotence=True)
    values = {"TransactionalId": None, "TransactionTimeoutMs": 1000}
    with RawClient(bundle.endpoint("intruder")) as client:
        answer = client.request(apis["InitProducerId"], 4, values)
    assert answer["ErrorCode"] == KafkaError.CLUSTER_AUTHORIZATION_FAILED


def test_a_password_is_as_good_as_a_certificate(bundle: GatewayBundle, topic: str) -> None:
    certified = bundle.endpoint("tester")
    endpoint = certified.with_password("tester", bundle.password("tester"))
    assert produce(endpoint, topic, [b"value"]) == [0]


def test_a_wrong_password_and_an_unknown_name_fail_alike(
    bundle: GatewayBundle, apis: dict[str, Api]
) -> None:
    answers = []
    for name in ("tester", "nobody-of-this-name"):
        endpoint = bundle.endpoint("tester").with_password(name, "wrong")
        with RawClient(endpoint) as client:
            answer = client.authenticate(apis, name, "wrong")
            assert client.is_closed_by_peer()
        answers.append((answer["ErrorCode"], answer["ErrorMessage"]))
    assert answers[0][0] == SASL_AUTHENTICATION_FAILED
    assert answers[0] == answers[1]


def test_nobody_without_a_credential_is_served(
    bundle: GatewayBundle, apis: dict[str, Api], topic: str
) -> None:
    anonymous = bundle.endpoint("tester").with_password("unused", "unused")
    with RawClient(anonymous, seconds=5.0) as client:
        client.send(apis["Metadata"], 12, {"Topics": None})
        assert client.is_closed_by_peer()
    assert topic.encode() not in client.received


def test_a_certificate_of_another_authority_is_refused(
    bundle: GatewayBundle, apis: dict[str, Api], tmp_path: Path
) -> None:
    forged = Authority.create("forged").client("CN=tester,O=Conformance")
    folder = tmp_path
    (folder / "forged.pem").write_bytes(forged.certificate)
    (folder / "forged.key").write_bytes(forged.key)
    at = bundle.endpoint("tester")
    endpoint = Endpoint("forged", at.bootstrap, at.ca, folder / "forged.pem", folder / "forged.key")
    with pytest.raises(OSError), RawClient(endpoint, seconds=5.0) as client:
        client.request(apis["Metadata"], 12, {"Topics": None})


def test_plaintext_to_a_port_of_tls_gets_nothing(bundle: GatewayBundle) -> None:
    request = bytes.fromhex("0000000a0003000000000001ffff")
    with socket.create_connection(bundle.endpoint("tester").address, timeout=5.0) as plain:
        plain.sendall(request)
        try:
            answer = plain.recv(4096)
        except ConnectionError:
            answer = b""
    assert answer == b"" or answer[0] == 0x15, "anything but a TLS alert"
