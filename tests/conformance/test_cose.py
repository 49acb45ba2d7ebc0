"""What gateways and programs seal and sign, taken from the broker and read by pycose: with keys of
the providers, and nothing else of ours than the pages of the reference.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message, Producer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from pycose.keys import EC2Key, OKPKey
from pycose.keys.curves import P256, Ed25519

from streamward.app import open_sealer, open_signer, verification_keys
from streamward.app.bundles import valid_bundle
from streamward.app.stores import secrets_of
from streamward.dev.kafka import KafkaServer
from streamward.gateway.key_rings import key_settings
from streamward.keys.answers import KeyAnswers
from streamward.keys.holder import KeyHolder
from streamward.sdk.signing_clients import SigningProducer
from streamward.secrets import SecretKeeper
from streamward.secrets.stores import open_store
from tests.support.confluent import SECONDS_MAX, create_topics
from tests.support.cose import (
    COUNTER,
    cbor_array,
    kid_of,
    leaf_of,
    opened,
    opened_key,
    root_of,
    unprotected_of,
    varint,
    verifies,
    wire,
)
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.protected import KEYS, SIGNATURE, messages, protecting_bundle, ring

PREFIX = "conformance.cose."
CARD = {"card": "4929 1234 5678 9012", "cents": 7}
SECRET = json.dumps(CARD).encode()
KEY = b"card-7"
ALGORITHMS = ("ed25519", "p256")
_BUNDLE = f"""\
{KEYS}{ring("ring")}---
{{kind: SigningKey, name: gateway-ed25519, key: "file:gateway-ed25519.pem"}}
---
{{kind: SigningKey, name: gateway-p256, key: "file:gateway-p256.pem"}}
---
kind: SigningKey
name: program-ed25519
public: "file:program-ed25519.pub.pem"
principal: tester
---
kind: SigningKey
name: program-p256
public: "file:program-p256.pub.pem"
principal: tester
"""
_STREAMS = """\
---
kind: Stream
name: PREFIXgateway-NAME
classes: [test-data]
seal: {ring: ring, key: deterministic, headers: [patient]}
sign: {key: gateway-NAME}
---
kind: Stream
name: PREFIXprogram-NAME
classes: [test-data]
seal:
  ring: ring
  key: deterministic
  headers: [patient]
  sealed_by: producer
  opened_by: consumer
  partition_bound: true
sign: {by: producer, each: record, keys: [program-NAME]}
---
kind: Stream
name: PREFIXfields-NAME
classes: [test-data]
seal: {ring: ring, value: false, fields: [card]}
sign: {key: gateway-NAME, each: record}
---
apiVersion: v3.1.0
kind: DataContract
id: PREFIXfields-NAME
version: 1.0.0
status: active
team: {name: tests}
schema:
  - name: PREFIXfields-NAME
    customProperties:
      - {property: streamward.schema, value: {format: json, file: card.schema.json}}
    properties: [{name: card}]
"""
_SCHEMA = {
    "type": "object",
    "properties": {"card": {"type": "string"}, "cents": {"type": "integer"}},
    "required": ["card"],
}


@dataclass(frozen=True)
class Place:
    """A gateway, and what its providers give."""

    gateway: GatewayProcess
    keys: KeyAnswers
    programs: dict[str, bytes]
    """Private keys of programs."""

    @property
    def folder(self) -> Path:
        """Of the bundle."""
        return self.gateway.bundle.folder

    def key(self, envelope: bytes) -> tuple[bytes, int]:
        """The data key of an envelope, and its ring's version."""
        told = self.keys.open_key({"kid": kid_of(envelope).hex()})
        return base64.b64decode(told["key"]), told["ring_version"]

    def open(
        self,
        message: Message,
        place: int | bytes | list[str],
        content: bytes,
        partition: int | None = None,
    ) -> bytes:
        """What is in an envelope of this record, by the page of the reference."""
        key, version = self.key(content)
        digest = None if place == 1 else sha256(wire(message.key())).digest()
        aad = cbor_array(
            "streamward", 1, "conformance", "main", message.topic(), "test-data", version, None,
            place, partition, digest,
        )  # fmt: skip
        return opened_key(content, key, aad) if place == 1 else opened(content, key, aad)

    def verifies(self, message: Message) -> bool:
        """Whether a key of the bundle signed this record for its place."""
        *others, (name, signature) = message.headers() or []
        assert name == SIGNATURE
        headers = varint(len(others)) + b"".join(
            wire(each.encode()) + wire(value) for each, value in others
        )
        leaf = leaf_of(
            unprotected_of(signature)[COUNTER],
            message.timestamp()[1],
            message.key(),
            message.value(),
            headers,
        )
        aad = cbor_array(
            "streamward.signature", 1, "conformance", "main", message.topic(), message.partition()
        )
        signer = cose_keys(self.folder)[kid_of(signature).hex()]
        root = root_of(signature, leaf)
        assert not verifies(signature, sha256(root).digest(), aad, signer)
        return verifies(signature, root, aad, signer)


def cose_keys(folder: Path) -> dict[str, OKPKey | EC2Key]:
    """What `streamward keys verifying` tells everybody."""
    found: dict[str, OKPKey | EC2Key] = {}
    for each in verification_keys(folder):
        public: Any = serialization.load_pem_public_key(each.pem.encode())
        if isinstance(public, ed25519.Ed25519PublicKey):
            found[each.kid] = OKPKey(crv=Ed25519, x=public.public_bytes_raw())
        else:
            numbers = public.public_numbers()
            found[each.kid] = EC2Key(crv=P256, x=numbers.x.to_bytes(32), y=numbers.y.to_bytes(32))
    return found


def _write_keys(folder: Path, owner: str) -> dict[str, bytes]:
    """A key of each algorithm; gives the private ones, in PEM."""
    made: dict[str, bytes] = {}
    keys: tuple[Any, Any] = (
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP256R1()),
    )
    for name, key in zip(ALGORITHMS, keys, strict=True):
        made[name] = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (folder / f"{owner}-{name}.pub.pem").write_bytes(public)
    return made


@pytest.fixture(scope="module")
def place(
    kafka: KafkaServer, direct: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A gateway with streams of each kind, and the keys that its providers give."""
    streams = "".join(
        _STREAMS.replace("NAME", name).replace("PREFIX", PREFIX) for name in ALGORITHMS
    )
    bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("cose"), _BUNDLE + streams)
    (bundle.folder / "card.schema.json").write_text(json.dumps(_SCHEMA))
    for name, pem in _write_keys(bundle.folder, "gateway").items():
        file = bundle.folder / f"gateway-{name}.pem"
        file.touch(mode=0o600)
        file.write_bytes(pem)
    programs = _write_keys(bundle.folder, "program")
    kinds = ("gateway", "program", "fields")
    create_topics(direct, *(f"{PREFIX}{kind}-{name}" for kind in kinds for name in ALGORITHMS))
    with GatewayProcess(bundle) as gateway:
        read, keeper = valid_bundle(bundle.folder), SecretKeeper(open_store)
        holder = KeyHolder(key_settings(read, gateway.state, secrets_of(read, keeper)))
        try:
            yield Place(gateway, KeyAnswers(holder), programs)
        finally:
            holder.close()
            keeper.close()


def written(place: Place, direct: Endpoint, kind: str, name: str) -> list[Message]:
    """Three records and a tombstone in one batch, as they lie at the broker."""
    topic = f"{PREFIX}{kind}-{name}"
    settings = place.gateway.bundle.endpoint("tester").librdkafka(linger_ms=500)
    headers = [("trace", b"1"), ("patient", SECRET)]
    values = (SECRET, SECRET, SECRET, None)
    if kind == "program":
        signer = open_signer(place.folder, producer="tester", key=place.programs[name])
        with open_sealer(place.folder, state_dir=place.gateway.state) as sealer:
            program = SigningProducer(settings, signer, sealer)
            for value in values:
                program.produce(topic, value, KEY, 0, headers=headers)
            assert program.flush(SECONDS_MAX) == 0
    else:
        producer = Producer(settings)
        for value in values:
            producer.produce(topic, value, KEY, 0, headers=headers)
        assert producer.flush(SECONDS_MAX) == 0
    return messages(direct, topic, len(values))


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("kind", ["gateway", "program"])
def test_pycose_opens_values_keys_and_headers_and_verifies_their_signatures(
    place: Place, direct: Endpoint, kind: str, name: str
) -> None:
    bound = 0 if kind == "program" else None

    lies = written(place, direct, kind, name)

    for message in lies:
        assert place.verifies(message)
        key, headers = message.key(), dict(message.headers() or ())
        assert isinstance(key, bytes)
        assert place.open(message, 1, key) == KEY
        assert place.open(message, b"patient", headers["patient"], bound) == SECRET
        assert headers["trace"] == b"1"
    *full, tombstone = lies
    for message in full:
        assert place.open(message, 0, message.value() or b"", bound) == SECRET
    assert tombstone.value() is None
    # Beside another place of the same record it stays shut.
    with pytest.raises(Exception, match=r"^$|decrypt"):
        place.open(full[0], b"patient", full[0].value() or b"", bound)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_pycose_opens_single_fields_and_verifies_the_record_around_them(
    place: Place, direct: Endpoint, name: str
) -> None:
    for message in written(place, direct, "fields", name):
        assert place.verifies(message)
        assert message.key() == KEY
        if message.value() is not None:
            value = json.loads(message.value() or b"")
            assert value["cents"] == CARD["cents"]
            text = value["card"]
            envelope = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            assert place.open(message, ["card"], envelope) == str(CARD["card"]).encode()
