"""Signing and verifying in a program's own process."""

import contextlib
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from streamward._core import RecordSigningKey
from streamward.app import open_signer, verification_keys
from streamward.errors import InvalidArgument, NotFound
from streamward.model.signing import Signing
from streamward.sdk import NotSignable, Parts, RecordRefused, SignedStream, SignedStreams, Signer
from streamward.sdk.signing_clients import SigningProducer

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
NONE = serialization.NoEncryption()
INFO = serialization.PublicFormat.SubjectPublicKeyInfo
SHOP = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
TIME = 1_700_000_000_000
BUNDLE = """\
{kind: Bundle, name: signed, environment: development, owner: tests}
---
{kind: Cluster, name: main, bootstrap: ["localhost:9092"]}
---
{kind: Tenant, name: north}
---
{kind: Namespace, prefix: s., tenant: north}
---
{kind: Principal, name: shop, type: service, tenant: north}
---
{kind: SigningKey, name: shops, public: "file:shop.pem", principal: shop}
---
{kind: SigningKey, name: gateways, key: "file:gateway.pem"}
---
{kind: DataClass, name: plain, level: internal, owner: tests}
---
kind: Stream
prefix: s.
classes: [plain]
sign: {by: producer, each: record, keys: [shops]}
---
kind: Stream
name: s.gateway
classes: [plain]
sign: {key: gateways}
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "streamward.yaml").write_text(BUNDLE)
    (tmp_path / "shop.pem").write_bytes(SHOP.public_key().public_bytes(PEM, INFO))
    gateway = tmp_path / "gateway.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    gateway.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, NONE))
    gateway.chmod(0o600)
    return tmp_path


def shop(bundle: Path) -> Signer:
    pem = SHOP.private_bytes(PEM, serialization.PrivateFormat.PKCS8, NONE)
    return open_signer(bundle, producer="shop", key=pem)


names = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5)
headers = st.lists(st.tuples(names, st.none() | st.binary(max_size=9)), max_size=3)


@given(
    key=st.none() | st.binary(max_size=20),
    value=st.none() | st.binary(max_size=80),
    others=headers.map(tuple),
    timestamp=st.integers(-1, 2**52),
)
def test_what_is_signed_is_verified_and_stays_what_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    key: bytes | None,
    value: bytes | None,
    others: tuple[tuple[str, bytes | None], ...],
    timestamp: int,
) -> None:
    signer = _signer()
    plain = Parts(key, value, others)

    signed = signer.sign("s.a", plain, timestamp, 3)

    found, by = signer.verify("s.a", signed, timestamp, 3)
    assert found == plain
    assert by is not None
    assert by.producer == "shop"


def _signer() -> Signer:
    from streamward._core import RecordVerifyingKey

    sign = Signing(by="producer", each="record", keys=("shops",))
    public = RecordVerifyingKey(SHOP.public_key().public_bytes(DER, INFO), "shop")
    stream = SignedStream("s.", True, "north", "main", sign, (public,))
    private = SHOP.private_bytes(DER, serialization.PrivateFormat.PKCS8, NONE)
    return Signer(SignedStreams([stream]), "shop", RecordSigningKey(private))


def test_counters_grow_by_one_for_each_partition(bundle: Path) -> None:
    signer = shop(bundle)
    plain = Parts(b"k", b"v")
    counters = []
    for partition in (0, 0, 1, 0):
        signed = signer.sign("s.a", plain, TIME, partition)
        found = signer.verify("s.a", signed, TIME, partition)[1]
        assert found is not None
        counters.append((partition, found.counter))
    assert counters == [(0, 0), (0, 1), (1, 0), (0, 2)]


def test_threads_never_share_a_counter(bundle: Path) -> None:
    signer, found = shop(bundle), []

    def work() -> None:
        for _ in range(20):
            signed = signer.sign("s.a", Parts(None, b"v"), TIME, 0)
            by = signer.verify("s.a", signed, TIME, 0)[1]
            assert by is not None
            found.append(by.counter)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(80))


def test_what_was_changed_or_moved_is_refused(bundle: Path) -> None:
    signer = shop(bundle)
    signed = signer.sign("s.a", Parts(b"k", b"v", (("h", b"1"),)), TIME, 0)
    name, signature = signed.headers[-1]
    assert signature is not None
    changed = {
        "value": replace(signed, value=b"w"),
        "key": replace(signed, key=None),
        "header": replace(signed, headers=(("h", b"2"), signed.headers[-1])),
        "unsigned": replace(signed, headers=signed.headers[:-1]),
        "no headers": replace(signed, headers=()),
        "twice": replace(signed, headers=(*signed.headers, signed.headers[-1])),
        "not last": replace(signed, headers=tuple(reversed(signed.headers))),
        "flipped": replace(
            signed,
            headers=(*signed.headers[:-1], (name, signature[:-1] + bytes([signature[-1] ^ 1]))),
        ),
    }
    for what, parts in changed.items():
        with pytest.raises(RecordRefused):
            signer.verify("s.a", parts, TIME, 0)
            pytest.fail(what)
    for topic, timestamp, partition in (("s.b", TIME, 0), ("s.a", TIME + 1, 0), ("s.a", TIME, 1)):
        with pytest.raises(RecordRefused):
            signer.verify(topic, signed, timestamp, partition)


def test_what_can_not_be_signed_is_told(bundle: Path) -> None:
    plain = Parts(None, b"v")
    for nowhere in (None, -1):
        with pytest.raises(NotSignable, match="name it when you produce"):
            shop(bundle).sign("s.a", plain, TIME, nowhere)
    with pytest.raises(NotSignable, match="give a key"):
        open_signer(bundle).sign("s.a", plain, TIME, 0)
    for header in ("cut\0short", "\udcff"):
        with pytest.raises(NotSignable):
            shop(bundle).sign("s.a", Parts(None, b"v", ((header, b"1"),)), TIME, 0)
    with pytest.raises(NotSignable):
        many = tuple((str(number), None) for number in range(1_000))
        shop(bundle).sign("s.a", Parts(None, b"v", many), TIME, 0)
    with pytest.raises(NotSignable):
        taken = Parts(None, b"v", (("streamward.signature", b"mine"),))
        shop(bundle).sign("s.a", taken, TIME, 0)


def test_what_others_sign_or_nobody_passes_as_it_is(bundle: Path) -> None:
    signer, plain = shop(bundle), Parts(None, b"v")
    assert signer.sign("s.gateway", plain, TIME, 0) == plain
    assert signer.sign("other", plain, TIME) == plain
    assert signer.verify("other", plain, TIME, 0) == (plain, None)


def test_a_bundle_and_keys_that_do_not_fit_are_told(bundle: Path) -> None:
    with pytest.raises(NotFound):
        open_signer(bundle, "other")
    with pytest.raises(InvalidArgument):
        open_signer(bundle, key=b"canary")
    large = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(InvalidArgument):
        pem = large.private_bytes(PEM, serialization.PrivateFormat.PKCS8, NONE)
        open_signer(bundle, producer="shop", key=pem)
    assert repr(RecordSigningKey(SHOP.private_bytes(DER, serialization.PrivateFormat.PKCS8, NONE)))
    assert "***" in repr(
        RecordSigningKey(SHOP.private_bytes(DER, serialization.PrivateFormat.PKCS8, NONE))
    )


def test_everybody_gets_the_public_keys(bundle: Path) -> None:
    found = {key.name: key for key in verification_keys(bundle)}
    assert (found["shops"].principal, found["shops"].streams) == ("shop", ("s.*",))
    assert found["shops"].pem.encode() == SHOP.public_key().public_bytes(PEM, INFO)
    assert (found["gateways"].algorithm, found["gateways"].streams) == ("ES256", ("s.gateway",))
    assert "PRIVATE" not in found["gateways"].pem
    assert all(len(key.kid) == 32 for key in found.values())


def test_what_was_not_handed_on_leaves_no_gap(bundle: Path) -> None:
    signer, plain = shop(bundle), Parts(None, b"v")
    with pytest.raises(BufferError), signer.signing("s.a", plain, TIME, 0):
        raise BufferError
    with pytest.raises(NotSignable):
        signer.sign("s.a", Parts(None, b"v", (("streamward.signature", b"mine"),)), TIME, 0)
    by = signer.verify("s.a", signer.sign("s.a", plain, TIME, 0), TIME, 0)[1]
    assert by is not None
    assert by.counter == 0


def test_records_leave_in_the_order_in_which_they_were_signed(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer, left = shop(bundle), []

    class Queue:
        """Takes a record, but each second one only when it is offered again."""

        def __init__(self, settings: object) -> None:
            self.offered = 0

        def produce(self, topic: str, value: bytes, **options: Any) -> None:
            self.offered += 1
            if self.offered % 2:
                raise BufferError("Local: Queue full")
            parts = Parts(options["key"], value, tuple(options["headers"]))
            left.append(signer.verify(topic, parts, options["timestamp"], options["partition"])[1])

    monkeypatch.setattr("streamward.sdk.signing_clients.Producer", Queue)
    producer = SigningProducer({}, signer)

    def work() -> None:
        for _ in range(20):
            for _ in range(2):
                with contextlib.suppress(BufferError):
                    producer.produce("s.a", b"v", partition=0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [by.counter for by in left if by is not None] == list(range(80))


def test_no_other_thread_signs_before_a_record_was_handed_on(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer, plain = shop(bundle), Parts(None, b"v")
    waits = threading.Event()
    counters = []

    class Watched:
        """A lock that tells when somebody has to wait for it."""

        def __init__(self) -> None:
            self._lock = threading.Lock()

        def __enter__(self) -> None:
            if self._lock.locked():
                waits.set()
            self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

    def counter(signed: Parts) -> None:
        by = signer.verify("s.a", signed, TIME, 0)[1]
        assert by is not None
        counters.append(by.counter)

    monkeypatch.setattr(signer._run.value, "lock", Watched())
    other = threading.Thread(target=lambda: counter(signer.sign("s.a", plain, TIME, 0)))
    with signer.signing("s.a", plain, TIME, 0) as signed:
        other.start()
        assert waits.wait(10), "the other thread waits for the record that is on its way"
        counter(signed)
    other.join()
    assert counters == [0, 1]


def test_a_topic_is_signed_as_its_name_or_its_longest_prefix_says() -> None:
    def declared(name: str, is_prefix: bool, key: str) -> SignedStream:
        sign = Signing(by="producer", each="record", keys=(key,))
        return SignedStream(name, is_prefix, None, "main", sign, ())

    all_of_them = [
        declared("s", True, "short"),
        declared("s.inner.", True, "long"),
        declared("s.inner.a", False, "name"),
    ]
    for listed in (all_of_them, all_of_them[::-1]):
        streams = SignedStreams(listed)
        found = {name: streams.of(name) for name in ("s.inner.a", "s.inner.b", "s.b", "other")}
        told = {name: one and (one.name, one.sign.keys) for name, one in found.items()}
        assert told == {
            "s.inner.a": ("s.inner.a", ("name",)),
            "s.inner.b": ("s.inner.b", ("long",)),
            "s.b": ("s.b", ("short",)),
            "other": None,
        }


def test_streams_that_are_accepted_have_tenant_and_home_of_their_own() -> None:
    from streamward._core import RecordVerifyingKey

    public = RecordVerifyingKey(SHOP.public_key().public_bytes(DER, INFO), "shop")
    sign = Signing(by="producer", each="record", keys=("shops",))
    mirror = sign.model_copy(update={"accepts_from": ("north.a", "undeclared")})
    streams = SignedStreams([
        SignedStream("north.", True, "north", "main", sign, (public,)),
        SignedStream("mirror", False, "south", "copy", mirror, (public,)),
    ])  # fmt: skip
    private = SHOP.private_bytes(DER, serialization.PrivateFormat.PKCS8, NONE)
    signer = Signer(streams, "shop", RecordSigningKey(private))
    signed = signer.sign("north.a", Parts(None, b"v"), TIME, 0)
    assert signer.verify("mirror", signed, TIME, 0)[1] is not None
    with pytest.raises(RecordRefused):
        signer.verify("mirror", signer.sign("north.b", Parts(None, b"v"), TIME, 0), TIME, 0)


def test_whoever_verifies_needs_no_private_key_nor_what_no_stream_names(bundle: Path) -> None:
    private = bundle / "gateway.pem"
    key = serialization.load_pem_private_key(private.read_bytes(), None)
    (bundle / "gateway.pub.pem").write_bytes(key.public_key().public_bytes(PEM, INFO))
    private.unlink()
    text = BUNDLE.replace(
        '"file:gateway.pem"', '"file:gateway.pem", public: "file:gateway.pub.pem"'
    )
    spare = '---\n{kind: SigningKey, name: spare, public: "file:not-there.pem"}\n'
    (bundle / "streamward.yaml").write_text(text + spare)
    signed = shop(bundle).sign("s.a", Parts(None, b"v"), TIME, 0)
    assert open_signer(bundle).verify("s.a", signed, TIME, 0)[1] is not None
    found = {key.name: key.pem.encode() for key in verification_keys(bundle)}
    assert found["gateways"] == (bundle / "gateway.pub.pem").read_bytes()
    assert "spare" not in found
