"""The search for names and addresses in bytes finds them in every form that Kafka writes."""

import socket
import struct

import pytest

from streamward.demo.wire import (
    METADATA,
    Question,
    RawConnection,
    addresses_in,
    compact,
    names_in,
    text,
)
from streamward.errors import Unavailable

UPSTREAM = (("127.0.0.1", 40123), ("10.1.2.3", 9092))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"..." + text("127.0.0.1") + struct.pack(">i", 40123), ["127.0.0.1", "127.0.0.1:40123"]),
        (compact("10.1.2.3") + struct.pack(">i", 1), ["10.1.2.3"]),
        (text("localhost") + struct.pack(">i", 40123), ["127.0.0.1:40123"]),
        (b"not reached: broker:9092", ["10.1.2.3:9092"]),
        (text("localhost") + struct.pack(">i", 19_200), []),
    ],
)
def test_an_address_is_found_as_host_as_port_and_in_a_sentence(
    data: bytes, found: list[str]
) -> None:
    assert addresses_in(data, UPSTREAM) == found


def test_names_are_found_wherever_they_stand() -> None:
    assert names_in(b"\0\3a.b\0", ("a.b", "c.d")) == ["a.b"]


def answered_by(data: bytes) -> RawConnection:
    ours, peer = socket.socketpair()
    ours.settimeout(5.0)
    peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)
    connection = RawConnection(ours)
    connection.peer = peer  # type: ignore[attr-defined]
    return connection


QUESTION = Question("Metadata", METADATA, 1, b"")


def test_every_byte_of_an_answer_is_kept() -> None:
    frame = struct.pack(">ii", 7, 1) + b"abc"
    with answered_by(frame) as connection:
        assert connection.ask(QUESTION) == b"abc"
        assert bytes(connection.received) == frame


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (struct.pack(">ii", 4, 2), Unavailable),  # the answer to another request
        (struct.pack(">i", -1), Unavailable),
        (struct.pack(">i", 2**31 - 1), Unavailable),
        (struct.pack(">ii", 9, 1), ConnectionResetError),  # cut off
        (b"", ConnectionResetError),
    ],
)
def test_what_is_no_answer_raises(data: bytes, error: type[Exception]) -> None:
    with answered_by(data) as connection, pytest.raises(error):
        connection.ask(QUESTION)
