"""Limits and quotas: who asks for too much is slowed down or refused, and nobody else notices."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import write_bundle
from tests.support.confluent import consumer, produce, read
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api, decode_response, encode_request
from tests.support.raw import RawClient
from tests.support.topologies import add_listener, at_port, find, topology

MIB = 1024 * 1024
PRODUCE_RATE = 2_000_000
FETCH_RATE = 2_000_000
REQUEST_RATE = 50
BUDGET = 16 * MIB
FRAME = 100 * MIB
SENDERS = 64

QUOTAS = f"""\
kind: Quota
id: writes
to: ["principal:victim-busy"]
produce_bytes_per_second: {PRODUCE_RATE}
burst: 1s
---
kind: Quota
id: reads
to: ["principal:victim-polling"]
fetch_bytes_per_second: {FETCH_RATE}
burst: 1s
---
kind: Quota
id: requests
to: ["principal:victim-idle"]
requests_per_second: {REQUEST_RATE}
connections_max: 3
burst: 1s
"""


class Limited:
    """A gateway with a small memory, and a listener for each thing that is limited."""

    def __init__(self, process: GatewayProcess, ports: dict[str, int]) -> None:
        self.process = process
        self._ports = ports

    def endpoint(self, principal: str, listener: str | None = None) -> Endpoint:
        if listener is None:
            return self.process.bundle.endpoint(principal)
        return at_port(self.process.bundle, principal, self._ports[listener])

    def port(self, listener: str) -> int:
        return self._ports[listener]


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """The address of a broker that takes every request and answers none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    held.append(server.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        for each in held:
            each.close()


@pytest.fixture(scope="module")
def limited(
    kafka: KafkaServer, silent: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Limited]:
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("limits") / "bundle", kafka.bootstrap())
    bundle.grants(QUOTAS)
    with topology(bundle) as documents:
        find(documents, "Bundle", "conformance")["limits"] = {"buffered_bytes_max": BUDGET}
        documents.append({"kind": "Cluster", "name": "silent", "bootstrap": [silent]})
    ports = {
        name: add_listener(bundle, name, **settings)
        for name, settings in {
            "crowded": {"limits": {"connections_max": 8, "connections_per_source_max": 3}},
            "rush": {"limits": {"source_connections_per_second": 1, "source_connections_burst": 4}},
            "hasty": {
                "limits": {
                    "timeouts": {
                        "authentication": "2s",
                        "request": "3s",
                        "request_total": "6s",
                        "answer": "3s",
                        "idle": "4s",
                    }
                }
            },
            "patient": {"limits": {"failure_delay_milliseconds": 3000}},
            "silent": {"cluster": "silent", "limits": {"timeouts": {"broker": "2s"}}},
            "small": {"limits": {"in_flight_max": 2, "names_max": 20, "frame_bytes_max": 100_000}},
        }.items()
    }
    with GatewayProcess(bundle) as process:
        yield Limited(process, ports)


# Rates.


def test_a_producer_over_its_quota_is_slowed_down_and_loses_nothing(
    limited: Limited, direct: Endpoint, topic: str, unique: str
) -> None:
    count, size = 200, 50_000
    told: list[float] = []
    errors: list[object] = []
    producer = Producer(
        limited.endpoint("victim-busy").librdkafka(
            linger_ms=5, batch_size=200_000, compression_type="none"
        )
        | {"throttle_cb": lambda event: told.append(event.throttle_time)}
    )
    started = time.monotonic()
    for number in range(count):
        value = f"{number:06}".encode().ljust(size, b".")
        producer.produce(topic, value, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(90.0) == 0
    elapsed = time.monotonic() - started

    assert errors == [None] * count
    assert max(told) > 0.05
    # All but the burst of one second and the last request had to wait for the rate.
    least = (count * size - 2 * PRODUCE_RATE) / PRODUCE_RATE
    assert least * 0.8 < elapsed < least * 6 + 5
    reader = consumer(direct, unique)
    reader.subscribe([topic])
    values = read(reader, count, seconds=90.0)
    reader.close()
    assert [value[:6] for value in values] == [f"{number:06}".encode() for number in range(count)]


def test_without_acknowledgement_the_rate_holds_and_nothing_is_lost(
    limited: Limited, direct: Endpoint, apis: dict[str, Api], topic: str, unique: str
) -> None:
    count, size = 100, 60_000
    with RawClient(limited.endpoint("victim-busy"), seconds=60.0) as client:
        identity = requests.topic_id(client, apis, topic)
        started = time.monotonic()
        for number in range(count):
            value = f"{number:06}".encode().ljust(size, b".")
            client.send(apis["Produce"], 9, requests.produce(topic, identity, value, acks=0))
        # Answered once everything before it has been read.
        client.request(apis["Metadata"], 12, {"Topics": [{"Name": topic}]})
        elapsed = time.monotonic() - started

    least = (count * size - 2 * PRODUCE_RATE) / PRODUCE_RATE
    assert least * 0.8 < elapsed < least * 6 + 5
    reader = consumer(direct, unique)
    written = reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=30.0)
    reader.close()
    assert written == (0, count)


def test_a_consumer_over_its_quota_is_slowed_down_and_misses_nothing(
    limited: Limited, direct: Endpoint, topic: str, unique: str
) -> None:
    count, size = 200, 50_000
    produce(direct, topic, [bytes([number % 256]) * size for number in range(count)])
    told: list[float] = []
    settings = limited.endpoint("victim-polling").librdkafka(
        group_id=unique, fetch_max_bytes=1_000_000, fetch_message_max_bytes=500_000
    )
    settings |= {"auto.offset.reset": "earliest", "enable.auto.commit": False}
    reader = Consumer(settings | {"throttle_cb": lambda event: told.append(event.throttle_time)})
    started = time.monotonic()
    reader.subscribe([topic])
    values = read(reader, count, seconds=90.0)
    elapsed = time.monotonic() - started
    reader.close()

    assert [value[0] for value in values] == [number % 256 for number in range(count)]
    assert max(told) > 0.05
    least = (count * size - 2 * FETCH_RATE) / FETCH_RATE
    assert least * 0.8 < elapsed < least * 6 + 10


def test_answers_stay_in_order_while_their_client_is_muted(
    limited: Limited, apis: dict[str, Api], topic: str
) -> None:
    api, version, count = apis["FindCoordinator"], 4, 3 * REQUEST_RATE
    told: list[int] = []
    with RawClient(limited.endpoint("victim-idle"), seconds=30.0) as client:
        started = time.monotonic()
        # Every other one is refused here, the others are answered by the broker.
        sent = [
            client.send(api, version, {"KeyType": 0, "CoordinatorKeys": [name]})
            for number in range(count)
            for name in ["forbidden" if number % 2 else topic]
        ]
        for expected in sent:
            correlation, answer = decode_response(api, version, client.read_frame())
            assert correlation == expected
            told.append(answer["ThrottleTimeMs"])
        elapsed = time.monotonic() - started
    assert max(told) > 0
    assert elapsed > (count / REQUEST_RATE - 1) * 0.7


def test_a_muted_client_is_still_revoked_at_once(
    limited: Limited, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(limited.endpoint("victim-busy"), seconds=20.0) as client:
        identity = requests.topic_id(client, apis, topic)
        values = requests.produce(topic, identity, b"." * (8 * PRODUCE_RATE), acks=0)
        client.send(apis["Produce"], 9, values)
        time.sleep(1.0)
        containment = limited.process.revoke("victim-busy")
        started = time.monotonic()
        assert client.is_closed_by_peer()
        elapsed = time.monotonic() - started
    limited.process.lift(containment)
    assert elapsed < 5.0, "it would have been muted for longer"


def test_to_connect_anew_is_no_way_around_the_wait(
    limited: Limited, apis: dict[str, Api], topic: str
) -> None:
    endpoint = limited.endpoint("victim-busy")
    with RawClient(endpoint, seconds=20.0) as client:
        identity = requests.topic_id(client, apis, topic)
        client.send(
            apis["Produce"],
            9,
            requests.produce(topic, identity, b"." * (8 * PRODUCE_RATE), acks=0),
        )
        time.sleep(1.0)
    started = time.monotonic()
    with RawClient(endpoint, seconds=30.0) as client:
        requests.topic_id(client, apis, topic)
    assert time.monotonic() - started > 1.0


# Connections.


@contextmanager
def connected(port: int, count: int, host: str = "127.0.0.1") -> Iterator[list[bool]]:
    """Open connections from one address; which of them are let live."""
    with ExitStack() as held:
        sockets = [
            held.enter_context(
                socket.create_connection(("127.0.0.1", port), 5.0, source_address=(host, 0))
            )
            for _ in range(count)
        ]
        yield [_lives(each) for each in sockets]


def _lives(connection: socket.socket) -> bool:
    connection.settimeout(0.3)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_one_source_does_not_take_all_connections(limited: Limited, topic: str) -> None:
    port = limited.port("crowded")
    with connected(port, 6) as lives, connected(port, 2, "127.0.0.2") as others:
        assert lives == [True] * 3 + [False] * 3
        assert others == [True, True]
    eventually(lambda: produce(limited.endpoint("tester", "crowded"), topic, [b"x"]) == [0])


def test_new_connections_of_one_source_come_only_so_fast(limited: Limited) -> None:
    port = limited.port("rush")
    with connected(port, 10) as lives, connected(port, 1, "127.0.0.2") as others:
        assert lives[:4] == [True] * 4
        assert lives.count(True) <= 6
        assert others == [True]
    time.sleep(2.0)
    with connected(port, 1) as lives:
        assert lives == [True]


def test_a_principal_has_only_so_many_connections(limited: Limited, apis: dict[str, Api]) -> None:
    endpoint = limited.endpoint("victim-idle")
    with ExitStack() as held:
        clients = [held.enter_context(RawClient(endpoint, seconds=5.0)) for _ in range(3)]
        for client in clients:
            client.request(apis["ApiVersions"], 0, {})
        with RawClient(endpoint, seconds=5.0) as one_more:
            assert one_more.is_closed_by_peer()
        other = held.enter_context(RawClient(limited.endpoint("tester"), seconds=5.0))
        other.request(apis["ApiVersions"], 0, {})
    eventually(lambda: _answers(endpoint, apis))


def _answers(endpoint: Endpoint, apis: dict[str, Api]) -> bool:
    with suppress(OSError), RawClient(endpoint, seconds=5.0) as client:
        return "ApiKeys" in client.request(apis["ApiVersions"], 0, {})
    return False


# Time.


def test_who_does_not_say_who_it_is_leaves(limited: Limited, apis: dict[str, Api]) -> None:
    endpoint = limited.endpoint("tester", "hasty").with_password("tester", "unused")
    with RawClient(endpoint, seconds=10.0) as client:
        started = time.monotonic()
        # It keeps talking, but proves nothing.
        while time.monotonic() - started < 10.0:
            try:
                client.request(apis["ApiVersions"], 0, {})
            except OSError:
                break
            time.sleep(0.2)
        assert 1.0 < time.monotonic() - started < 8.0


def test_a_byte_now_and_then_does_not_keep_a_request_open(
    limited: Limited, apis: dict[str, Api]
) -> None:
    frame = encode_request(apis["Metadata"], 12, 1, {"Topics": None})
    with RawClient(limited.endpoint("tester", "hasty"), seconds=1.0) as client:
        started = time.monotonic()
        with suppress(OSError):
            for byte in frame:
                client.socket.sendall(bytes([byte]))
                if _ended(client.socket):
                    break
        assert 4.0 < time.monotonic() - started < 15.0


def _ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_request_that_stops_half_way_and_a_connection_without_any_end(
    limited: Limited, apis: dict[str, Api]
) -> None:
    endpoint = limited.endpoint("tester", "hasty")
    with RawClient(endpoint, seconds=15.0) as half, RawClient(endpoint, seconds=15.0) as idle:
        idle.request(apis["ApiVersions"], 0, {})
        half.socket.sendall(struct.pack(">i", 1000) + b"\0\3\0\1")
        assert half.is_closed_by_peer()
        assert idle.is_closed_by_peer()


def test_a_broker_that_never_answers_ends_the_wait(limited: Limited, apis: dict[str, Api]) -> None:
    with RawClient(limited.endpoint("tester", "silent"), seconds=15.0) as client:
        client.send(apis["ListGroups"], 4, {"StatesFilter": []})
        started = time.monotonic()
        assert client.is_closed_by_peer()
        assert 1.0 < time.monotonic() - started < 10.0


def test_who_waits_out_a_wrong_password_keeps_nobody_waiting(
    limited: Limited, apis: dict[str, Api]
) -> None:
    bundle, place = limited.process.bundle, limited.endpoint("tester", "patient")
    times: list[float] = []

    def fail() -> None:
        # Somebody else's name: of one's own, a guesser at the same address is kept waiting longer.
        with RawClient(place.with_password("nobody", "wrong"), seconds=30.0) as client:
            started = time.monotonic()
            assert client.authenticate(apis, "nobody", "wrong")["ErrorCode"] == 58
            times.append(time.monotonic() - started)

    threads = [threading.Thread(target=fail) for _ in range(12)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    started = time.monotonic()
    password = bundle.password("tester")
    with RawClient(place.with_password("tester", password), seconds=30.0) as client:
        assert client.authenticate(apis, "tester", password)["ErrorCode"] == 0
    elapsed = time.monotonic() - started
    for thread in threads:
        thread.join()
    # Four at a time with the delay inside would take nine seconds for twelve.
    assert elapsed < 2.0
    assert len(times) == 12
    assert min(times) >= 2.9


# Size.


def test_a_request_that_names_too_much_ends_its_connection_only(
    limited: Limited, apis: dict[str, Api], topic: str
) -> None:
    endpoint = limited.endpoint("tester", "small")
    names = [{"Name": f"{topic}-{number}"} for number in range(30)]
    with RawClient(endpoint, seconds=5.0) as client:
        assert len(client.request(apis["Metadata"], 12, {"Topics": names[:5]})["Topics"]) == 5
        client.send(apis["Metadata"], 12, {"Topics": names})
        assert client.is_closed_by_peer()
    assert produce(endpoint, topic, [b"still served"]) == [0]


def test_many_large_frames_do_not_take_the_gateway_down(
    limited: Limited, apis: dict[str, Api], topic: str
) -> None:
    process = limited.process
    produce(limited.endpoint("tester"), topic, [b"warm"])
    before = highest = process.resident_bytes()
    # Not a Produce request, which would go through as it arrives.
    head = struct.pack(">i", FRAME - 4) + struct.pack(">hhih", 3, 1, 1, 1) + b"x"
    head += struct.pack(">i", 1_000_000)
    piece = b"\0" * 262_144
    with ExitStack() as held:
        senders = [
            held.enter_context(RawClient(limited.endpoint("tester"), seconds=30.0))
            for _ in range(SENDERS)
        ]
        for sender in senders:
            sender.socket.sendall(head)
            sender.socket.setblocking(False)
        deadline = time.monotonic() + 8.0
        while time.monotonic() < deadline:
            for sender in senders:
                with suppress(OSError):
                    sender.socket.send(piece)
            highest = max(highest, process.resident_bytes())
        # Others are served meanwhile.
        assert produce(limited.endpoint("tester"), topic, [b"still served"]) == [1]
    grown = highest - before
    most = BUDGET + 2 * FRAME + SENDERS * 512 * 1024
    assert grown < most, f"{SENDERS} × 100 MiB: grew by {grown >> 20} MiB"
    eventually(lambda: produce(limited.endpoint("tester"), topic, [b"and after"]) != [])


# Reload.


def test_other_limits_hold_for_open_connections_at_once(
    limited: Limited, apis: dict[str, Api], topic: str
) -> None:
    bundle = limited.process.bundle
    with RawClient(limited.endpoint("writer"), seconds=20.0) as client:
        api, values = apis["FindCoordinator"], {"KeyType": 0, "CoordinatorKeys": [topic]}

        def told() -> int:
            answers: list[dict[str, Any]] = [client.request(api, 4, values) for _ in range(30)]
            return max(answer["ThrottleTimeMs"] for answer in answers)

        assert told() == 0
        quota = 'kind: Quota\nid: late\nto: ["tenant:conformance"]\n'
        bundle.grants(f"{QUOTAS}---\n{quota}requests_per_second: 20\nburst: 1s\n")
        limited.process.reload()
        assert told() > 0
        bundle.grants(QUOTAS)
        limited.process.reload()
        assert told() == 0
