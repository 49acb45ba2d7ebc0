"""Registries that answer oddly, know GUIDs, or are replaced: real clients, a real broker."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from confluent_kafka import KafkaError

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.confluent import create_topics
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually
from tests.support.gateway import GatewayProcess
from tests.support.registries import CONTRACT, StubRegistry, avro, framed, outcome, reasons

PLAIN, HEADED, KEYED = (f"conformance.answers.{name}" for name in ("plain", "headed", "keyed"))
TEXT = avro("string", "hi")
NUMBER = avro("long", 7)
RETRY_ONCE = 1_500


@dataclass
class Held:
    """A gateway, and the registry whose schemas its streams are held to."""

    gateway: GatewayProcess
    registry: StubRegistry

    def declare(self, registry: StubRegistry) -> None:
        """Write the bundle's contracts, with this registry."""
        declared = f"kind: SchemaRegistry\nname: main\nurl: {registry.url}\ncache: 1h\n---\n"
        texts = (
            CONTRACT.format(
                topic=topic,
                part=part,
                format="avro",
                registry=f"{{name: main, ids: {ids}}}",
                validate="{write: refuse}",
            )
            for topic, part, ids in (
                (PLAIN, "schema", "prefix"),
                (HEADED, "schema", "either"),
                (KEYED, "key_schema", "header"),
            )
        )
        folder = self.gateway.bundle.folder
        (folder / "registry.yaml").write_text(declared + "".join(texts))


@pytest.fixture(scope="module")
def held(
    kafka: KafkaServer, direct: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Held]:
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("answers") / "bundle", kafka.bootstrap())
    create_topics(direct, PLAIN, HEADED, KEYED)
    with StubRegistry() as registry:
        one = Held(GatewayProcess(bundle), registry)
        one.declare(registry)
        with one.gateway:
            yield one


@pytest.mark.parametrize(
    "odd", [(500, b"no"), (200, b"{"), (200, {"not": "a list"}), (404, b"<html>")]
)
def test_an_odd_answer_about_one_id_keeps_no_other(held: Held, odd: tuple[int, object]) -> None:
    one, other = 100 + len(held.registry.said), 200 + len(held.registry.said)
    held.registry.said[f"/schemas/ids/{one}/versions"] = odd
    held.registry.register(f"{PLAIN}-value", other, "string")

    code = outcome(held.gateway, PLAIN, framed(one, TEXT), message_timeout_ms=RETRY_ONCE)
    assert code == KafkaError._MSG_TIMED_OUT
    assert outcome(held.gateway, PLAIN, framed(other, TEXT)) == 0


def test_a_guid_in_a_header_names_the_schema_of_a_value_or_key(held: Held) -> None:
    guids = [uuid.uuid4() for _ in range(4)]
    values, keys, foreign, unknown = (str(guid) for guid in guids)
    held.registry.register(f"{HEADED}-value", 11, "string", values)
    held.registry.register(f"{KEYED}-key", 12, "long", keys)
    held.registry.register("elsewhere-value", 13, "string", foreign)

    def sent(topic: str, guid: str, value: bytes, key: bytes | None = None) -> int:
        name = "__key_schema_id" if topic == KEYED else "__value_schema_id"
        header = (name, b"\1" + uuid.UUID(guid).bytes)
        return outcome(held.gateway, topic, value, key, [header])

    assert sent(HEADED, values, TEXT) == 0
    assert sent(KEYED, keys, b"anything", NUMBER) == 0
    assert sent(HEADED, values, framed(11, TEXT)) == KafkaError.INVALID_RECORD
    assert sent(KEYED, keys, b"anything", b"\xff") == KafkaError.INVALID_RECORD
    for guid in (foreign, unknown):
        assert sent(HEADED, guid, TEXT) == KafkaError.INVALID_RECORD
    # Where both may be, what stands in front counts without a header only.
    assert outcome(held.gateway, HEADED, framed(11, TEXT)) == 0
    beside = [("__value_schema_id", b"\1" + bytes(16))]
    assert outcome(held.gateway, PLAIN, TEXT, headers=beside) == KafkaError.INVALID_RECORD
    assert eventually(lambda: any("`ids: header`" in it for it in reasons(held.gateway, PLAIN)))


def test_another_registry_of_the_same_name_is_asked_anew(held: Held) -> None:
    held.registry.register(f"{PLAIN}-value", 21, "string")
    held.registry.register(f"{HEADED}-value", 22, "string")
    assert outcome(held.gateway, PLAIN, framed(21, TEXT)) == 0
    assert outcome(held.gateway, HEADED, framed(22, TEXT)) == 0

    with StubRegistry() as other:
        # It has another schema under the one id, and nothing under the other.
        other.register(f"{PLAIN}-value", 21, "long")
        held.declare(other)
        held.gateway.reload()
        asked = len(held.registry.asked)
        try:
            assert outcome(held.gateway, PLAIN, framed(21, TEXT)) == KafkaError.INVALID_RECORD
            assert outcome(held.gateway, PLAIN, framed(21, NUMBER)) == 0
            assert outcome(held.gateway, HEADED, framed(22, TEXT)) == KafkaError.INVALID_RECORD
            assert len(held.registry.asked) == asked
        finally:
            held.declare(held.registry)
            held.gateway.reload()
    assert outcome(held.gateway, PLAIN, framed(21, TEXT)) == 0
