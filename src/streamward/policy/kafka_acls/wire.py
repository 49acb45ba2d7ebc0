"""The few messages of Kafka's protocol that it takes to read ACLs, byte by byte.

librdkafka's client knows neither all types of resources nor all operations, and would give some
ACLs back as unknown; one that is lost here would be a right or a denial lost.
"""

import struct
from collections.abc import Sequence
from typing import TypeVar

from streamward.errors import Unavailable
from streamward.policy.kafka_acls.acl import Acl, Operation, PatternType, Permission, ResourceType

T = TypeVar("T")

DESCRIBE_ACLS, API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE = 29, 18, 17, 36
DESCRIBE_ACLS_VERSIONS = range(1, 4)
_FLEXIBLE_FROM = 2
_ANY = 1
_CLIENT = "streamward"
_RESOURCE_TYPES, _PATTERN_TYPES = tuple(ResourceType), tuple(PatternType)
_OPERATIONS, _PERMISSIONS = tuple(Operation), tuple(Permission)


def request(api: int, version: int, correlation: int, body: bytes, *, flexible: bool) -> bytes:
    """A whole request without its length."""
    head = struct.pack(">hhi", api, version, correlation) + string(_CLIENT)
    return head + (b"\0" if flexible else b"") + body


def string(text: str) -> bytes:
    """A string with a length of two bytes."""
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def any_acl(version: int) -> bytes:
    """The body of DescribeAcls for every ACL that there is."""
    nothing = b"\0" if version >= _FLEXIBLE_FROM else b"\xff\xff"
    parts = (bytes([_ANY]), nothing, bytes([_ANY]), nothing, nothing, bytes([_ANY, _ANY]))
    return b"".join(parts) + (b"\0" if version >= _FLEXIBLE_FROM else b"")


class Reader:
    """Reads values one after the other. Raises Unavailable where they end too early."""

    def __init__(self, data: bytes, *, flexible: bool = False) -> None:
        self._data = data
        self._at = 0
        self._flexible = flexible

    def take(self, length: int) -> bytes:
        """The next bytes."""
        if length < 0 or length > len(self._data) - self._at:
            raise Unavailable("the answer of the broker ends too early")
        self._at += length
        return self._data[self._at - length : self._at]

    def number(self, size: int) -> int:
        """A signed number of so many bytes."""
        return int.from_bytes(self.take(size), "big", signed=True)

    def length(self, size: int) -> int:
        """The length of what follows; -1 where it is null."""
        if not self._flexible:
            return self.number(size)
        value, shift = 0, 0
        while shift < 35:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - 1
        raise Unavailable("the answer of the broker has a length that is no number")

    def string(self) -> str | None:
        """A string, or None. Raises Unavailable where it isn't UTF-8."""
        length = self.length(2)
        try:
            return None if length < 0 else self.take(length).decode()
        except UnicodeDecodeError as error:
            raise Unavailable("the answer of the broker has a name that isn't UTF-8") from error

    def text(self) -> str:
        """A string that can't be null."""
        value = self.string()
        if value is None:
            raise Unavailable("the answer of the broker lacks a name")
        return value

    def tags(self) -> None:
        """Pass over the tagged fields of a flexible structure."""
        if self._flexible:
            for _ in range(self.length(4) + 1):
                self.length(4)
                self.take(self.length(4) + 1)


def read_acls(data: bytes, version: int) -> tuple[int, str | None, tuple[Acl, ...]]:
    """The error code, its message and the ACLs in an answer to DescribeAcls."""
    reader = Reader(data, flexible=version >= _FLEXIBLE_FROM)
    reader.tags()  # of the header
    reader.number(4)
    error, message = reader.number(2), reader.string()
    acls = []
    for _ in range(reader.length(4)):
        resource_type = _member(_RESOURCE_TYPES, reader.number(1), 2, "type of resource")
        name = reader.text()
        pattern_type = _member(_PATTERN_TYPES, reader.number(1), 3, "type of pattern")
        for _ in range(reader.length(4)):
            principal, host = reader.text(), reader.text()
            operation = _member(_OPERATIONS, reader.number(1), 2, "operation")
            permission = _member(_PERMISSIONS, reader.number(1), 2, "permission")
            reader.tags()
            acls.append(
                Acl(resource_type, name, pattern_type, principal, host, operation, permission)
            )
        reader.tags()
    return error, message, tuple(acls)


def _member(members: Sequence[T], code: int, first: int, what: str) -> T:
    if not 0 <= code - first < len(members):
        raise Unavailable(f"the broker has an ACL with {what} {code}, which isn't known here")
    return members[code - first]
