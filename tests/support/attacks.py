"""A table of what is done to protected records by somebody who holds the broker, or may produce."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from streamward.sdk import Parts, Sealer
from tests.support.protected import CODECS, INVALID_RECORD, MESSAGE_TOO_LARGE

PREFIX = "conformance.attacked."
PLAIN = b"nothing that a reader may take for real"
BOMB = bytes(33 << 20)
"""More than a batch may inflate to, whatever a codec makes of it."""

HEADER_BYTES = 46
"""Of an envelope, all before the ciphertext: tag, protected header and nonce."""

_JSON = "{format: json, file: any.schema.json}"
_REGISTERED = "{format: avro, registry: {name: empty}}"
CONTRACTS = {
    "a field twice": (_JSON, b'{"card":"a","card":"b"}'),
    "lists in lists, 10,000 deep": (_JSON, b"[" * 10_000 + b"]" * 10_000),
    "what is no JSON": (_JSON, b'{"card":'),
    "a schema id that nobody knows": (_REGISTERED, b"\0\0\x0f\x42\x3f" + b"\x02a"),
    "no schema id": (_REGISTERED, b"plain"),
}


Forge = Callable[[Sealer, str, Parts], Parts]
"""From a good record of a topic, as it lies there, to a bad one."""


@dataclass(frozen=True)
class Attack:
    """What is done in a stream of a kind, and the rules that are entered; None: it is taken."""

    kind: str
    what: str
    forge: Forge
    on_write: str | None
    on_read: str | None
    codec: str = "none"
    partition: int = 0

    @property
    def answer(self) -> int:
        """What whoever writes it is told."""
        if self.on_write == "sealing:bomb":
            return MESSAGE_TOO_LARGE
        return 0 if self.on_write is None else INVALID_RECORD


def envelope(change: Callable[[bytes], bytes]) -> Forge:
    """Another value in the place of the envelope."""
    return lambda _, __, good: replace(good, value=change(good.value or b""))


def protected(*entries: bytes, head: bytes = b"") -> Forge:
    """Another protected header: a map of these, or what `head` says."""
    inside = (head or bytes([0xA0 | len(entries)])) + b"".join(entries)
    length = bytes([0x40 | len(inside)]) if len(inside) < 24 else bytes([0x58, len(inside)])
    return envelope(lambda good: b"\xd0\x83" + length + inside + good[31:])


def unprotected(content: bytes) -> Forge:
    """Another unprotected header, which holds the nonce."""
    return envelope(lambda good: good[:31] + content + good[HEADER_BYTES:])


def flipped(at: int, bit: int = 1) -> Callable[[bytes], bytes]:
    """One bit is another."""

    def change(good: bytes) -> bytes:
        at_ = at % len(good)
        return good[:at_] + bytes([good[at_] ^ bit]) + good[at_ + 1 :]

    return change


def of_topic(topic: str, key: bytes | None = b"key") -> Forge:
    """What was sealed for another stream."""
    return lambda sealer, _, __: sealer.seal(topic, Parts(key, PLAIN))


ALG, VERSION = b"\x01\x03", b"\x3a\x00\x01\x00\x00\x01"
KID = b"\x04\x50" + bytes([9]) * 16
URL = b"https://attacker.example/key1"


def _envelopes() -> Iterator[tuple[str, Forge, str | None, str | None]]:
    """Values where an envelope belongs: refused on write by how they look, on read by all."""

    def both(rule: str, rows: dict[str, Forge]) -> Iterator[tuple[str, Forge, str, str]]:
        return ((what, forge, rule, rule) for what, forge in rows.items())

    yield from both("plaintext", {
        "plaintext": envelope(lambda _: PLAIN),
        "an empty value": envelope(lambda _: b""),
        "an envelope of another product": envelope(lambda _: b"\x00\x01KROXY" + bytes(40)),
        "no tag": envelope(lambda good: good[1:]),
        "the tag of a signature": envelope(lambda good: b"\xd2\x84" + good[2:]),
        "the tag of a MAC": envelope(lambda good: b"\xd1\x84" + good[2:]),
    })  # fmt: skip
    yield from both("truncated", {
        "cut in the protected header": envelope(lambda good: good[:20]),
        "cut in the nonce": envelope(lambda good: good[:40]),
        "cut by one byte": envelope(lambda good: good[:-1]),
        "2^32 entries": protected(ALG, KID, VERSION, head=b"\xba\xff\xff\xff\xff"),
        "a length beyond memory": envelope(lambda good: good[:46] + b"\x5b" + b"\xff" * 8),
    })  # fmt: skip
    yield from both("trailing", {
        "a byte more": envelope(lambda good: good + b"\0"),
        "two envelopes": envelope(lambda good: good + good),
    })  # fmt: skip
    yield from both("key_id", {
        "a key id that is a URL": protected(ALG, b"\x04\x58\x1d" + URL, VERSION),
        "an empty key id": protected(ALG, b"\x04\x40", VERSION),
        "a key id as text": protected(ALG, b"\x04\x61a", VERSION),
    })  # fmt: skip
    yield from both("unknown_key", {"a foreign key id": protected(ALG, KID, VERSION)})
    yield from both("missing_label", {
        "no key id": protected(ALG, VERSION),
        "no algorithm": protected(KID, VERSION),
        "no version": protected(ALG, KID),
        "no nonce": unprotected(b"\xa0"),
    })  # fmt: skip
    yield from both("algorithm", {
        "AES-128-GCM": protected(b"\x01\x01", KID, VERSION),
        "AES-CTR, which has no tag": protected(b"\x01\x39\xff\xfd", KID, VERSION),
        "no encryption at all": protected(b"\x01\x00", KID, VERSION),
        "the mode of keys in a value": protected(b"\x01\x3a\x00\x01\x00\x00", KID, VERSION),
    })  # fmt: skip
    yield from both("version", {
        "an older version": protected(ALG, KID, VERSION[:-1] + b"\x00"),
        "a version to come": protected(ALG, KID, VERSION[:-1] + b"\x02"),
    })  # fmt: skip
    yield from both("duplicate_label", {
        "the algorithm twice": protected(ALG, ALG, KID, VERSION),
        "the key id twice": protected(ALG, KID, KID, VERSION),
        "the nonce twice": unprotected(b"\xa2" + (b"\x05\x4c" + bytes(12)) * 2),
    })  # fmt: skip
    yield from both("unknown_label", {
        "a critical label that is unknown": protected(ALG, b"\x02\x81\x18\x63", KID, VERSION),
    })  # fmt: skip
    yield from both("malformed", {
        "lists in lists": protected(head=b"\x81" * 200),
        "a map without a length": protected(ALG, KID, VERSION, b"\xff", head=b"\xbf"),
        "detached content": envelope(lambda good: good[:46] + b"\xf6"),
    })  # fmt: skip
    yield from both("nonce", {"a short nonce": unprotected(b"\xa1\x05\x48" + bytes(8))})
    yield from both("foreign_ring", {"of another ring": of_topic(f"{PREFIX}other.x")})
    # The gateway opens nothing of these on write; whoever reads does.
    for what, forge in {
        "the nonce of another record": unprotected(b"\xa1\x05\x4c" + bytes(11) + b"\x01"),
        "a bit of the ciphertext": envelope(flipped(50)),
        "a bit of the tag": envelope(flipped(-1)),
        "from another stream": of_topic(f"{PREFIX}in.elsewhere"),
        "from another tenant": of_topic("abroad.in"),
        "beside another key": lambda _, __, good: replace(good, key=b"another"),
        "beside no key": lambda _, __, good: replace(good, key=None),
        "beside an empty key": lambda _, __, good: replace(good, key=b""),
    }.items():
        yield what, forge, None, "moved"


def _with_header(name: str, value: bytes | None) -> Forge:
    return lambda _, __, good: replace(good, headers=((name, value),))


def _signature(change: Callable[[bytes], bytes]) -> Forge:
    def forge(_: Sealer, __: str, good: Parts) -> Parts:
        name, value = good.headers[-1]
        return replace(good, headers=(*good.headers[:-1], (name, change(value or b""))))

    return forge


def _exchanged(_: Sealer, __: str, good: Parts) -> Parts:
    return replace(good, value=dict(good.headers)["patient"])


def _attacks() -> Iterator[Attack]:
    for what, forge, on_write, on_read in _envelopes():
        yield Attack(
            "in", what, forge, on_write and f"sealing:{on_write}", on_read and f"sealing:{on_read}"
        )
    sealed, signed = "sealing:already_sealed", "signing:forged_signature"
    same: Forge = lambda _, __, good: good  # noqa: E731
    yield Attack("bound", "in another partition", same, sealed, "sealing:moved", partition=1)
    yield Attack("sealed", "a header in place of the value", _exchanged, sealed, "sealing:moved")
    plain = _with_header("patient", PLAIN)
    yield Attack("sealed", "a header in plaintext", plain, sealed, "sealing:plaintext")
    for what, key, rule in (
        ("a key in plaintext", lambda _: b"key", "plaintext"),
        ("the value as the key", lambda good: good.value, "algorithm"),
    ):
        forge = lambda _, __, good, key=key: replace(good, key=key(good))  # noqa: E731
        yield Attack("keys", what, forge, sealed, f"sealing:{rule}")
    for codec in CODECS[1:]:
        bomb: Forge = lambda _, __, good: replace(good, value=BOMB, headers=())  # noqa: E731
        yield Attack("sealed", f"a bomb in {codec}", bomb, "sealing:bomb", "sealing:bomb", codec)
    yield Attack("signed", "brought again", same, signed, "signing:replayed")
    for what, forge, rule in (
        ("another value", lambda _, __, good: replace(good, value=b"another"), "invalid_signature"),
        ("another key", lambda _, __, good: replace(good, key=b"x"), "invalid_signature"),
        ("a signature that is cut", _signature(lambda it: it[:30]), "malformed_signature"),
        ("a signature's last bit", _signature(flipped(-1)), "invalid_signature"),
        (
            "another algorithm",
            _signature(lambda it: it.replace(b"\x01\x27\x04\x50", b"\x01\x26\x04\x50", 1)),
            "unknown_signer",
        ),
        (
            "a header behind the signature",
            lambda _, __, good: replace(good, headers=(*good.headers, ("trace", b"1"))),
            "forged_signature",
        ),
    ):
        yield Attack("signed", what, forge, signed, f"signing:{rule}")
    unsigned: Forge = lambda _, __, good: replace(good, headers=())  # noqa: E731
    yield Attack("signed", "no signature", unsigned, None, "signing:unsigned")
    for number, (what, (_, value)) in enumerate(CONTRACTS.items()):
        forge = lambda _, __, good, value=value: Parts(b"key", value)  # noqa: E731
        rule = "contract:invalid"
        yield Attack(f"contract-{number}", what, forge, rule, rule)


ATTACKS = tuple(_attacks())
