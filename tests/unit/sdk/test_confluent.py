"""What confluent-kafka's clients hand over when they are wrapped; without a broker."""

from collections.abc import Callable
from typing import Any

import pytest

from streamward.errors import InvalidArgument
from streamward.sdk import Parts, RecordRefused
from streamward.sdk.confluent import OpeningConsumer, WrappedConsumer
from streamward.sdk.signer import Signed
from streamward.sdk.signing_clients import SigningProducer, VerifyingConsumer


class Message:
    """As confluent-kafka's, of the topic `t`."""

    def __init__(self, offset: int, value: bytes | None, error: str | None = None) -> None:
        self._offset, self._value, self._error = offset, value, error
        self._headers: Any = [("h", b"1"), ("s", b"signature")]

    def topic(self) -> str:
        return "t"

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return self._offset

    def error(self) -> str | None:
        return self._error

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_000

    def key(self) -> bytes | None:
        return None

    def value(self) -> bytes | None:
        return self._value

    def headers(self) -> Any:
        if self._value == b"unreadable":
            raise SystemError("a result with an exception set")
        return self._headers

    def set_key(self, key: bytes | None) -> None:
        assert key is None

    def set_value(self, value: bytes | None) -> None:
        self._value = value

    def set_headers(self, headers: Any) -> None:
        self._headers = headers


class Both:
    """A sealer that opens to capitals, and a signer; both refuse what is `forged`."""

    def open(self, topic: str, parts: Parts, partition: int) -> Parts:
        self._judge(topic, parts, partition)
        return Parts(parts.key, (parts.value or b"").upper(), parts.headers)

    def verify(
        self, topic: str, parts: Parts, timestamp: int, partition: int
    ) -> tuple[Parts, Signed]:
        self._judge(topic, parts, partition)
        return Parts(parts.key, parts.value, parts.headers[:-1]), Signed("shop", bytes(16), 0)

    def _judge(self, topic: str, parts: Parts, partition: int) -> None:
        assert (topic, partition) == ("t", 3)
        if parts.value == b"forged":
            raise RecordRefused("it is forged")


Open = Callable[..., WrappedConsumer]


@pytest.fixture(params=[OpeningConsumer, VerifyingConsumer])
def consumer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Open:
    class Lying:
        """Hands over what lies there, in its order."""

        def __init__(self, settings: object) -> None:
            values = (b"good", b"forged", b"unreadable", b"late")
            self.lies = [Message(offset, value) for offset, value in enumerate(values)]
            self.lies.append(Message(4, b"all brokers are down", "error"))

        def poll(self, timeout: float) -> Message | None:
            return self.lies.pop(0) if self.lies else None

        def consume(self, most: int, timeout: float) -> list[Message]:
            taken, self.lies = self.lies[:most], self.lies[most:]
            return taken

    monkeypatch.setattr("streamward.sdk.confluent.Consumer", Lying)
    return lambda **options: request.param({}, Both(), **options)


def values(found: list[Any]) -> list[Any]:
    return [None if one is None else one.value().lower() for one in found]


def test_a_record_that_is_refused_is_never_handed_over(consumer: Open) -> None:
    one = consumer()
    assert values([one.poll()]) == [b"good"]
    with pytest.raises(RecordRefused, match="partition 3, offset 1: it is forged"):
        one.poll()
    with pytest.raises(RecordRefused, match="the name of a header is no text"):
        one.poll()
    assert values([one.poll(), one.poll(), one.poll()]) == [b"late", b"all brokers are down", None]
    with pytest.raises(RecordRefused, match="offset 1"):
        consumer().consume(9)


def test_whoever_wants_to_is_told_of_it_and_goes_on(consumer: Open) -> None:
    for take in (lambda it: it.consume(9), lambda it: [it.poll() for _ in range(5)]):
        told: list[tuple[int, bytes | None]] = []

        def refused(message: Any, why: RecordRefused, told: Any = told) -> None:
            told.append((message.offset(), message.value()))

        found = take(consumer(on_refused=refused))

        assert [it for it in values(found) if it is not None] == [
            b"good",
            b"late",
            b"all brokers are down",
        ]
        assert told == [(1, b"forged"), (2, b"unreadable")]


def test_what_is_handed_over_is_opened_or_without_its_signature(consumer: Open) -> None:
    one = consumer()
    message = one.poll()
    assert message is not None
    if isinstance(one, OpeningConsumer):
        assert (message.value(), len(message.headers())) == (b"GOOD", 2)
    else:
        assert (message.value(), message.headers()) == (b"good", [("h", b"1")])


def test_a_signing_producer_is_idempotent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry that writes a record twice would count as a replay."""
    made: list[Any] = []
    monkeypatch.setattr("streamward.sdk.signing_clients.Producer", made.append)
    signer: Any = Both()
    for wish in (False, "false", "False", 0):
        with pytest.raises(InvalidArgument, match="needs `enable"):
            SigningProducer({"enable.idempotence": wish}, signer)
    SigningProducer({"client.id": "x"}, signer)
    SigningProducer({"enable.idempotence": "true"}, signer)
    assert [one["enable.idempotence"] for one in made] == [True, "true"]
