"""Streamward's contenders: gateways that differ in what their bundles say of the streams."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from bench.running import Missing, Running, Setting, plain
from bench.values import AVRO_SCHEMA, JSON_SCHEMA, avro_value, json_value
from tests.support.bundles import GatewayBundle, write_bundle
from tests.support.gateway import GatewayProcess

CONTRACTS_MAX = 200


@contextmanager
def streamward(setting: Setting) -> Iterator[Running]:
    """The gateway with all that it does by default: TLS, policy on each request, journal."""
    with _gateway(_bundle(setting, "streamward")) as running:
        yield running


@contextmanager
def streamward_sealing(setting: Setting) -> Iterator[Running]:
    """The same with each value sealed, and opened for its reader."""
    with _gateway(_bundle(setting, "streamward-sealing", _SEALING)) as running:
        yield running


@contextmanager
def streamward_sealing_signing(setting: Setting) -> Iterator[Running]:
    """Sealed, and signed by the batch; verified before it is opened."""
    with _signing(setting, "streamward-sealing-signing", _SEALING, "batch") as running:
        yield running


@contextmanager
def streamward_signing(setting: Setting) -> Iterator[Running]:
    """Signed by the batch, and not sealed."""
    with _signing(setting, "streamward-signing", _PLAIN, "batch") as running:
        yield running


@contextmanager
def streamward_sealing_signing_whole(setting: Setting) -> Iterator[Running]:
    """Sealed, and each batch signed as a whole."""
    with _signing(setting, "streamward-sealing-signing-whole", _SEALING, "whole_batch") as running:
        yield running


@contextmanager
def streamward_signing_whole(setting: Setting) -> Iterator[Running]:
    """Each batch signed as a whole, and not sealed."""
    with _signing(setting, "streamward-signing-whole", _PLAIN, "whole_batch") as running:
        yield running


@contextmanager
def streamward_signing_each(setting: Setting) -> Iterator[Running]:
    """Each record signed by itself, and not sealed."""
    with _signing(setting, "streamward-signing-each", _PLAIN, "record") as running:
        yield running


@contextmanager
def streamward_validating(setting: Setting) -> Iterator[Running]:
    """Values of Avro, held to a contract when they are written and when they are read."""
    with _contracted(setting, "validating", "avro", "bench.avsc", _VALIDATED) as running:
        yield running


@contextmanager
def streamward_validating_json(setting: Setting) -> Iterator[Running]:
    """The same with values of JSON."""
    with _contracted(
        setting, "validating-json", "json", "bench.schema.json", _VALIDATED
    ) as running:
        yield running


@contextmanager
def streamward_masking(setting: Setting) -> Iterator[Running]:
    """Values of Avro, read with masks on two of their fields."""
    with _contracted(setting, "masking", "avro", "bench.avsc", _MASKED) as running:
        yield running


_PLAIN = """\
kind: Stream
prefix: conformance.bench-
classes: [test-data]
"""

_ACCESS_CLASS = """\
kind: AccessClass
name: bench
readers: ["role:tester"]
owner: bench
---
"""

_SEALING = (
    _ACCESS_CLASS
    + """\
kind: KeyProvider
name: local
type: local-file
---
kind: KeyRing
name: bench
data_class: test-data
access_class: bench
provider: local
key: bench
---
"""
    + _PLAIN
    + "seal: {ring: bench}\n"
)

_SIGN = """\
sign: {{key: bench, each: {each}}}
---
{{kind: SigningKey, name: bench, key: "file:bench.pem"}}
"""

_CONTRACT = """\
---
apiVersion: v3.1.0
kind: DataContract
id: TOPIC
version: 1.0.0
status: active
team: {name: bench}
schema:
  - name: TOPIC
    customProperties:
      - {property: streamward.schema, value: {format: FORMAT, file: FILE}}
"""

_VALIDATED = """\
      - {property: streamward.validate, value: {write: refuse, read: refuse}}
"""

_MASKED = """\
      - {property: streamward.validate, value: {write: off}}
      - property: streamward.masked
        value: {access_classes: [bench], secret: "file:bench.key"}
    properties:
      - {name: card, customProperties: [{property: streamward.mask, value: keep-last}]}
      - {name: mail, customProperties: [{property: streamward.mask, value: hash}]}
"""


def _bundle(setting: Setting, name: str, more: str = "") -> GatewayBundle:
    for module in ("streamward._core", "streamward.cli.gateway"):
        if importlib.util.find_spec(module) is None:
            raise Missing(f"`{module}` is not built")
    bundle = write_bundle(setting.folder / name, setting.kafka.bootstrap(), plaintext=True)
    if more:
        (bundle.folder / "bench.yaml").write_text(more)
    return bundle


@contextmanager
def _gateway(
    bundle: GatewayBundle, topics: Iterator[str] | None = None, value: bytes | None = None
) -> Iterator[Running]:
    assert bundle.plain_port is not None
    with GatewayProcess(bundle) as process:
        tls = bundle.endpoint("tester").librdkafka()
        log = process.state / "audit"
        name, address = bundle.folder.name, plain(bundle.plain_port)
        yield Running(name, process.pid, address, tls, log, topics, value)


@contextmanager
def _signing(setting: Setting, name: str, streams: str, each: str) -> Iterator[Running]:
    bundle = _bundle(setting, name, streams + _SIGN.format(each=each))
    _write_key(bundle)
    with _gateway(bundle) as running:
        yield running


@contextmanager
def _contracted(setting: Setting, name: str, form: str, file: str, says: str) -> Iterator[Running]:
    """A gateway with one contract for each topic: contracts are of streams, not of prefixes."""
    topics = [f"conformance.bench-{name}-{number}" for number in range(CONTRACTS_MAX)]
    contract = _CONTRACT.replace("FORMAT", form).replace("FILE", file) + says
    contracts = [contract.replace("TOPIC", topic) for topic in topics]
    more = _ACCESS_CLASS + _PLAIN + "".join(contracts)
    bundle = _bundle(setting, f"streamward-{name}", more)
    (bundle.folder / "bench.avsc").write_text(json.dumps(AVRO_SCHEMA))
    (bundle.folder / "bench.schema.json").write_text(json.dumps(JSON_SCHEMA))
    _write_secret(bundle.folder / "bench.key", b"what hashes are made with")
    value = avro_value() if form == "avro" else json_value()
    with _gateway(bundle, iter(topics), value) as running:
        yield running


def _write_key(bundle: GatewayBundle) -> None:
    key = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write_secret(bundle.folder / "bench.pem", key)


def _write_secret(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.chmod(0o600)
