"""Schema registries in tests: contracts that name one, values as serializers write them, and a
registry that says what a test has it say.
"""

import io
import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import fastavro
from confluent_kafka import KafkaError, Message, Producer

from tests.support.confluent import SECONDS_MAX
from tests.support.entries import of_kind
from tests.support.gateway import GatewayProcess
from tests.support.stub_server import StubServer

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: {topic}
version: 1.0.0
status: active
team: {{name: tests}}
schema:
  - name: {topic}
    customProperties:
      - {{property: streamward.{part}, value: {{format: {format}, registry: {registry}}}}}
      - {{property: streamward.validate, value: {validate}}}
---
kind: Stream
name: {topic}
---
"""

Answer = tuple[int, Any]


class StubRegistry(StubServer):
    """A registry of Confluent's API on a port of loopback; a context manager."""

    def __init__(self) -> None:
        self.said: dict[str, Answer] = {}
        """By path, a status and a body; a 404 of the API for all else."""
        self.asked: list[str] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                stub.asked.append(path)
                status, body = stub.said.get(path, (404, {"error_code": 40403}))
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.serve(Handler)

    @property
    def url(self) -> str:
        """Where its API is."""
        return self.origin

    def register(self, subject: str, identifier: int, schema: Any, guid: str | None = None) -> None:
        """Have a schema under a subject."""
        text = {"schema": json.dumps(schema), "guid": guid}
        place = f"/schemas/ids/{identifier}"
        self.said[place] = (200, text)
        self.said[f"{place}/versions"] = (200, [{"subject": subject, "version": 1}])
        if guid is not None:
            self.said[f"/schemas/guids/{guid}"] = (200, text)
            listed = [{"context": ".", "id": identifier}]
            self.said[f"/schemas/guids/{guid}/ids"] = (200, listed)


def framed(identifier: int, body: bytes) -> bytes:
    """As serializers write it: a zero, the id, the body."""
    return b"\0" + identifier.to_bytes(4) + body


def avro(schema: Any, value: Any) -> bytes:
    """A value in Avro's binary encoding."""
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(schema), value)
    return written.getvalue()


def outcome(
    gateway: GatewayProcess,
    topic: str,
    value: bytes | None,
    key: bytes | None = None,
    headers: list[tuple[str, bytes]] | None = None,
    message_timeout_ms: int = 20_000,
) -> int:
    """The error code of one record, 0 where it is acknowledged."""
    settings = gateway.bundle.endpoint("tester").librdkafka(message_timeout_ms=message_timeout_ms)
    producer, codes = Producer(settings), list[int]()

    def delivered(error: KafkaError | None, _: Message) -> None:
        codes.append(0 if error is None else error.code())

    producer.produce(topic, value, key, headers=headers or [], on_delivery=delivered)
    assert producer.flush(SECONDS_MAX) == 0
    return codes[0]


def reasons(gateway: GatewayProcess, topic: str) -> list[str]:
    """Why records of a topic were refused, as the log has it."""
    denied = of_kind(gateway, "denied")
    return [each["reason"] for each in denied if topic in json.dumps(each)]
