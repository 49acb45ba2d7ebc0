"""Record batches (magic 2) from nothing but the format's description: written, and read."""

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
_CONTROL = 1 << 5


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


def batches(records: bytes) -> list[tuple[int, int, int, bool]]:
    """First and last offset, number of records, and whether it is whole, of each batch.

    Markers of transactions have offsets and are no records.
    """
    found, at = [], 0
    while at + 61 <= len(records):
        base, length = struct.unpack_from(">qi", records, at)
        (delta,) = struct.unpack_from(">i", records, at + 23)
        (attributes,) = struct.unpack_from(">h", records, at + 21)
        (count,) = struct.unpack_from(">i", records, at + 57)
        count = 0 if attributes & _CONTROL else count
        found.append((base, base + delta, count, at + 12 + length <= len(records)))
        at += 12 + length
    return found
