"""What a peer may send: only its own connection suffers, and memory stays bounded."""

import os
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.support.confluent import produce
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api, encode_request
from tests.support.raw import RawClient

MEMORY_GROWTH_MAX = 200 * 1024 * 1024
CONNECTIONS = 20


def _framed(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def _header(key: int, version: int, flexible: bool) -> bytes:
    return struct.pack(">hhih", key, version, 1, 1) + b"x" + (b"\0" if flexible else b"")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


# Each is sent after the TLS handshake, by a client with a valid certificate.
ATTACKS: dict[str, bytes] = {
    "a frame of 2 GiB": struct.pack(">i", 2**31 - 1) + b"\0" * 1000,
    "a frame of negative length": struct.pack(">i", -1) + b"\0" * 100,
    "a frame of no length": struct.pack(">i", 0),
    "a frame too short for a header": _framed(b"\0\3"),
    "an api that doesn't exist": _framed(_header(9999, 0, flexible=False)),
    "a version that doesn't exist": _framed(_header(0, 99, flexible=False)),
    "an array of 2 billion in Metadata": _framed(
        _header(3, 0, flexible=False) + struct.pack(">i", 2**31 - 1)
    ),
    "a compact array of 4 billion in Metadata": _framed(
        _header(3, 12, flexible=True) + _varint(2**32 - 1)
    ),
    "a number that never ends": _framed(_header(3, 12, flexible=True) + b"\xff" * 64),
    "two million tagged fields": _framed(
        _header(3, 12, flexible=True) + b"\1\0\0" + _varint(2_000_000) + b"\0\0" * 2_000_000
    ),
    "a tagged field of 2 GiB": _framed(
        _header(3, 12, flexible=True) + b"\1\0\0\1\7" + _varint(2**31)
    ),
    "a string longer than its message": _framed(
        _header(3, 1, flexible=False) + struct.pack(">ih", 1, 32_767) + b"abc"
    ),
    "bytes after the end of the message": _framed(
        _header(3, 1, flexible=False) + struct.pack(">i", 0) + b"trailing" * 8
    ),
    "text that isn't UTF-8": _framed(
        _header(3, 1, flexible=False) + struct.pack(">ih", 1, 4) + b"\xff\xfe\xfd\xfc"
    ),
    "a client id of negative length": _framed(struct.pack(">hhih", 3, 1, 1, -7)),
    "a request of HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "random bytes": bytes((7 * index * index + 13) % 256 for index in range(100_000)),
}

# Kafka itself is more patient with these; the gateway isn't.
KAFKA_TAKES = {
    "bytes after the end of the message",
    "text that isn't UTF-8",
    "two million tagged fields",
}


def test_a_request_of_a_broker_is_refused(gateway: GatewayProcess, apis: dict[str, Api]) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    with RawClient(endpoint, seconds=5.0) as client:
        client.send(apis["AlterPartition"], 3, {})
        assert client.is_closed_by_peer()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda name: name.replace(" ", "-"))
def test_only_the_connection_of_the_attacker_ends(
    endpoint: Endpoint, topic: str, attack: str
) -> None:
    with RawClient(endpoint, seconds=5.0) as client:
        _send_quietly(client.socket, ATTACKS[attack])
        closed = client.is_closed_by_peer()
    assert closed or (endpoint.name == "direct" and attack in KAFKA_TAKES)
    assert produce(endpoint, topic, [b"still served"]) == [0]


def test_memory_stays_bounded(gateway: GatewayProcess, topic: str) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    produce(endpoint, topic, [b"warm"])
    before = gateway.resident_bytes()
    highest = before
    for data in ATTACKS.values():
        clients = [RawClient(endpoint) for _ in range(CONNECTIONS)]
        for client in clients:
            _send_quietly(client.socket, data)
        highest = max(highest, gateway.resident_bytes())
        for client in clients:
            client.socket.close()
    assert highest - before < MEMORY_GROWTH_MAX, f"grew by {(highest - before) >> 20} MiB"
    assert produce(endpoint, topic, [b"still served"]) == [1]


def test_announced_bytes_are_not_allocated(gateway: GatewayProcess) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    before = gateway.resident_bytes()
    clients = [RawClient(endpoint) for _ in range(CONNECTIONS)]
    for client in clients:
        client.socket.sendall(struct.pack(">i", 100_000_000) + b"\0\3\0\1")
    time.sleep(1.0)
    grown = gateway.resident_bytes() - before
    for client in clients:
        client.socket.close()
    assert grown < MEMORY_GROWTH_MAX, f"{CONNECTIONS} × 100 MB announced: grew by {grown >> 20} MiB"


def test_before_the_handshake_nothing_is_believed(gateway: GatewayProcess, topic: str) -> None:
    address = gateway.bundle.endpoint("tester").address
    garbage = [os.urandom(4096), b"\x16\x03\x01\xff\xff" + b"\0" * 70_000, b"\0" * 10]
    for data in garbage:
        with socket.create_connection(address, timeout=10.0) as attacker:
            _send_quietly(attacker, data)
            # The gateway may have reset the connection already.
            with suppress(OSError):
                attacker.shutdown(socket.SHUT_WR)
            assert _drained(attacker)
    assert produce(gateway.bundle.endpoint("tester"), topic, [b"still served"]) == [0]


def test_many_slow_clients_keep_nobody_waiting(
    gateway: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    slow = [RawClient(endpoint) for _ in range(CONNECTIONS)]
    silent = [socket.create_connection(endpoint.address) for _ in range(CONNECTIONS)]
    frame = encode_request(apis["Metadata"], 12, 1, {"Topics": None})
    try:
        for byte in frame[:10]:
            for client in slow:
                client.socket.sendall(bytes([byte]))
            started = time.monotonic()
            produce(endpoint, topic, [b"still served"])
            assert time.monotonic() - started < 10.0
        for client in slow:
            client.socket.sendall(frame[10:])
        for client in slow:
            assert client.read_frame()
    finally:
        for client in slow:
            client.socket.close()
        for each in silent:
            each.close()


def test_a_client_that_reads_nothing_costs_little(
    gateway: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    before = gateway.resident_bytes()
    frame = encode_request(apis["Metadata"], 12, 1, {"Topics": None})
    with RawClient(endpoint, seconds=2.0) as client:
        _repeat_until_blocked(lambda: client.socket.sendall(frame), count=200_000)
        grown = gateway.resident_bytes() - before
    assert grown < MEMORY_GROWTH_MAX, f"grew by {grown >> 20} MiB"
    assert produce(endpoint, topic, [b"still served"]) == [0]


def _repeat_until_blocked(send: Callable[[], None], count: int) -> None:
    try:
        for _ in range(count):
            send()
    except OSError:
        return


def _send_quietly(to: socket.socket, data: bytes) -> None:
    try:
        to.sendall(data)
    except OSError:
        return


def _drained(peer: socket.socket) -> bool:
    try:
        while peer.recv(65_536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
