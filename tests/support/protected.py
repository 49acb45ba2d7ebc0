"""What tests of sealed, signed and masked streams share: keys to declare, records, refusals."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import GatewayBundle, write_bundle
from tests.support.confluent import SECONDS_MAX, error_code
from tests.support.endpoints import Endpoint
from tests.support.entries import of_kind
from tests.support.gateway import GatewayProcess

SECRET = b"plaintext-of-nobodys-business"
ENVELOPE = b"\xd0\x83\x58"
"""How every sealed value begins (a tagged COSE_Encrypt0)."""
SIGNATURE = "streamward.signature"
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
BAD_MESSAGE = -199
"""librdkafka's own, for a batch that it can't take apart; CORRUPT_MESSAGE is the broker's."""
CORRUPT_MESSAGE = 2
TOPIC_AUTHORIZATION_FAILED = 29
INVALID_RECORD = 87
MESSAGE_TOO_LARGE = 10

KEYS = """\
kind: AccessClass
name: testing
readers: ["role:tester"]
owner: tests
---
kind: KeyProvider
name: local
type: local-file
"""


def ring(name: str, **more: str) -> str:
    """A key ring, to stand behind `KEYS`; `more` are further lines of it."""
    lines = "".join(f"{field}: {value}\n" for field, value in more.items())
    return f"""\
---
kind: KeyRing
name: {name}
data_class: test-data
access_class: testing
provider: local
key: {name}
{lines}"""


@contextmanager
def protecting(kafka: KafkaServer, folder: Path, declared: str) -> Iterator[GatewayProcess]:
    """A gateway whose bundle, below `folder`, declares this too."""
    with GatewayProcess(protecting_bundle(kafka, folder, declared)) as process:
        yield process


def protecting_bundle(kafka: KafkaServer, folder: Path, declared: str) -> GatewayBundle:
    """The bundle of it, for what else has to lie there first."""
    require_gateway()
    bundle = write_bundle(folder / "bundle", kafka.bootstrap())
    (bundle.folder / "protected.yaml").write_text(declared)
    return bundle


def messages(endpoint: Endpoint, topic: str, count: int) -> list[Message]:
    """The first records of partition 0, with keys and headers. Raises KafkaException."""
    reader = Consumer(endpoint.librdkafka(group_id=f"{topic}-group"))
    try:
        reader.assign([TopicPartition(topic, 0, 0)])
        found = reader.consume(count, SECONDS_MAX)
    finally:
        reader.close()
    for message in found:
        error = message.error()
        if error is not None:
            raise KafkaException(error)
    assert len(found) == count
    return found


def values(endpoint: Endpoint, topic: str, count: int) -> list[bytes]:
    """The values alone, as `messages`."""
    return [message.value() or b"" for message in messages(endpoint, topic, count)]


def reasons(gateway: GatewayProcess, topic: str) -> set[str]:
    """The rules by which this topic was refused: entered before the answer."""
    denied = of_kind(gateway, "denied", resource={"type": "Stream", "name": topic})
    return {rule for each in denied for rule in each["rules"]}


def refused_on_read(gateway: GatewayProcess, endpoint: Endpoint, topic: str, rule: str) -> None:
    """Its first record is not handed over, and the log says by which rule."""
    with pytest.raises(KafkaException) as raised:
        messages(endpoint, topic, 1)
    assert error_code(raised.value) in {BAD_MESSAGE, CORRUPT_MESSAGE}
    assert rule in reasons(gateway, topic)
