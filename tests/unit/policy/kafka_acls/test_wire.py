"""Answers of a broker, which may be anything."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward.errors import Unavailable
from streamward.policy.kafka_acls import Acl, Operation, PatternType, Permission, ResourceType
from streamward.policy.kafka_acls.wire import any_acl, read_acls, request

# As a broker of Kafka 4.3 sends it, version 3, with one ACL.
HEAD = b"\x00" + struct.pack(">ihB", 0, 0, 0)
ENTRY = b"\x07User:b" + b"\x02*" + bytes([15, 2]) + b"\x00"
ANSWER = HEAD + b"\x02" + bytes([5]) + b"\x03ab" + bytes([4]) + b"\x02" + ENTRY + b"\x00\x00"
OLD = (
    struct.pack(">ihh", 0, 0, -1)
    + struct.pack(">ib", 1, 5)
    + b"\x00\x02ab"
    + struct.pack(">bi", 4, 1)
    + b"\x00\x06User:b\x00\x01*"
    + bytes([15, 2])
)
ACL = Acl(
    ResourceType.TRANSACTIONAL_ID,
    "ab",
    PatternType.PREFIXED,
    "User:b",
    "*",
    Operation.TWO_PHASE_COMMIT,
    Permission.DENY,
)


@pytest.mark.parametrize(("answer", "version"), [(ANSWER, 3), (ANSWER, 2), (OLD, 1)])
def test_an_answer_is_read(answer: bytes, version: int) -> None:
    assert read_acls(answer, version) == (0, None, (ACL,))


@pytest.mark.parametrize(("answer", "version"), [(ANSWER[:-1], 3), (OLD, 1)])
def test_an_answer_that_ends_too_early_is_refused(answer: bytes, version: int) -> None:
    for length in range(len(answer)):
        with pytest.raises(Unavailable):
            read_acls(answer[:length], version)


@given(st.binary(max_size=200), st.sampled_from([1, 3]))
def test_any_bytes_are_an_answer_or_refused(data: bytes, version: int) -> None:
    with contextlib.suppress(Unavailable):
        read_acls(HEAD[: 7 if version == 3 else 0] + data, version)


@pytest.mark.parametrize("at", [ANSWER.index(b"\x05\x03ab"), ANSWER.index(bytes([15, 2]))])
def test_what_is_not_known_here_stops_the_import(at: int) -> None:
    unknown = ANSWER[:at] + bytes([99]) + ANSWER[at + 1 :]

    with pytest.raises(Unavailable, match="99"):
        read_acls(unknown, 3)


def test_every_acl_is_asked_for() -> None:
    assert any_acl(3) == bytes([1, 0, 1, 0, 0, 1, 1, 0])
    assert any_acl(1) == bytes([1, 255, 255, 1, 255, 255, 255, 255, 1, 1])
    head = struct.pack(">hhi", 29, 3, 7) + b"\x00\x0astreamward"
    old = struct.pack(">hhi", 29, 1, 7) + b"\x00\x0astreamward"
    assert request(29, 3, 7, b"body", flexible=True) == head + b"\x00body"
    assert request(29, 1, 7, b"body", flexible=False) == old + b"body"
