"""A record batch (magic 2) of one record, from nothing but the format's description."""

import struct

_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    _TABLE.append(_byte)


def crc32c(data: bytes) -> int:
    """Castagnoli's checksum."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


NO_PRODUCER = (-1, -1, -1)
_TRANSACTIONAL = 1 << 4


def record_batch(
    value: bytes,
    timestamp: int = 1_700_000_000_000,
    producer: tuple[int, int, int] = NO_PRODUCER,
    *,
    transactional: bool = False,
) -> bytes:
    """One record without a key, uncompressed; `producer` is id, epoch and first sequence."""
    body = b"\0" + _zigzag(0) + _zigzag(0) + _zigzag(-1) + _zigzag(len(value)) + value + _zigzag(0)
    record = _zigzag(len(body)) + body
    attributes = _TRANSACTIONAL if transactional else 0
    head = struct.pack(">hiqq", attributes, 0, timestamp, timestamp)
    covered = head + struct.pack(">qhii", *producer, 1) + record
    rest = struct.pack(">ibI", 0, 2, crc32c(covered)) + covered
    return struct.pack(">qi", 0, len(rest)) + rest


def _zigzag(value: int) -> bytes:
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value & ~0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
