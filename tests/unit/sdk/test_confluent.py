"""What confluent-kafka's clients hand over when they are wrapped; without a broker."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest
from confluent_kafka import OFFSET_INVALID, KafkaError, KafkaException, TopicPartition

from streamward.errors import InvalidArgument
from streamward.sdk import Parts, RecordRefused
from streamward.sdk.confluent import OpeningConsumer, WrappedConsumer
from streamward.sdk.door_client import DoorUnavailable, GrantDenied
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

    trouble: ClassVar[dict[bytes | None, BaseException]] = {}

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
        if parts.value in self.trouble:
            raise self.trouble[parts.value]
        if parts.value == b"forged":
            raise RecordRefused("it is forged")


Open = Callable[..., WrappedConsumer]


class Lying:
    """A consumer that hands over what lies in partition 3 of `t`, in its order."""

    values: tuple[bytes, ...] = (b"good", b"forged", b"unreadable", b"late")

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)
        self.at = 0
        self.sought = False
        self.stored: list[int] = []
        """Each offset that was stored, which is the next one to read."""
        self.assigned = True
        self.callbacks: dict[str, Any] = {}

    def consume(self, most: int, timeout: float) -> list[Message]:
        lies = [Message(offset, value) for offset, value in enumerate(self.values)]
        lies.append(Message(len(lies), b"all brokers are down", "error"))
        taken = lies[self.at : self.at + most]
        self.at += len(taken)
        self.sought = self.sought and not taken
        return taken

    def poll(self, timeout: float) -> Message | None:
        return next(iter(self.consume(1, timeout)), None)

    def seek(self, place: TopicPartition) -> None:
        self._must_be_assigned()
        assert (place.topic, place.partition) == ("t", 3)
        self.at, self.sought = place.offset, True

    def store_offsets(self, *, message: Message) -> None:
        self._must_be_assigned()
        self.stored.append(message.offset() + 1)

    def position(self, places: list[TopicPartition]) -> list[TopicPartition]:
        at = OFFSET_INVALID if self.sought else self.at
        return [TopicPartition(each.topic, each.partition, at) for each in places]

    def subscribe(self, topics: list[str], **callbacks: Any) -> None:
        self.callbacks = callbacks

    def _must_be_assigned(self) -> None:
        if not self.assigned:
            raise KafkaException(KafkaError(KafkaError._STATE))


@pytest.fixture(params=[OpeningConsumer, VerifyingConsumer])
def consumer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setattr("streamward.sdk.confluent.Consumer", Lying)
    return lambda settings=None, **options: request.param(settings or {}, Both(), **options)


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


def test_a_refused_record_loses_none_of_those_around_it(consumer: Open) -> None:
    one = consumer()
    assert values(one.consume(9)) == [b"good"], "those before it, and the next call begins with it"
    with pytest.raises(RecordRefused, match="partition 3, offset 1: it is forged"):
        one.consume(9)
    with pytest.raises(RecordRefused, match="the name of a header is no text"):
        one.consume(9)
    assert values(one.consume(9)) == [b"late", b"all brokers are down"]
    assert one._client.stored == [1, 2, 3, 4]


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


AWAY = DoorUnavailable("the door is away")
RECORDS = (b"0", b"1", b"2", b"3")


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> dict[bytes | None, BaseException]:
    """What stands in the way of which record, for now."""
    found: dict[bytes | None, BaseException] = {}
    monkeypatch.setattr(Both, "trouble", found)
    monkeypatch.setattr(Lying, "values", RECORDS)
    return found


@pytest.mark.parametrize("why", [AWAY, GrantDenied("not for you"), RuntimeError("odd")])
def test_what_cant_be_opened_now_is_not_skipped(
    consumer: Open, trouble: dict[bytes | None, BaseException], why: Exception
) -> None:
    one = consumer()
    trouble[b"1"] = why
    assert values([one.poll()]) == [b"0"]
    for _ in range(3):
        with pytest.raises(type(why)):
            one.poll()
    assert one._client.stored == [1], "nothing commits past it"
    trouble.clear()
    assert values([one.poll(), one.poll(), one.poll()]) == [b"1", b"2", b"3"]
    assert one._client.stored == [1, 2, 3, 4]


def test_consume_gives_what_could_be_opened_and_goes_on_behind_it(
    consumer: Open, trouble: dict[bytes | None, BaseException]
) -> None:
    one = consumer()
    trouble[b"2"] = AWAY
    assert values(one.consume(9)) == [b"0", b"1"]
    for _ in range(2):
        with pytest.raises(DoorUnavailable):
            one.consume(9)
    assert one._client.stored == [2]
    trouble.clear()
    assert values(one.consume(2)) == [b"2", b"3"]
    assert one._client.stored == [2, 4]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(), GeneratorExit()])
def test_whoever_is_stopped_has_had_nothing_of_that_call(
    consumer: Open, trouble: dict[bytes | None, BaseException], stop: BaseException
) -> None:
    one = consumer()
    trouble[b"1"] = stop
    with pytest.raises(type(stop)):
        one.consume(9)
    assert one._client.stored == []
    trouble.clear()
    assert values(one.consume(4)) == list(RECORDS)


def test_what_the_told_raises_is_told_again(consumer: Open) -> None:
    told: list[int] = []

    def refused(message: Any, _: RecordRefused) -> None:
        told.append(message.offset())
        if len(told) == 1:
            raise OSError("the disk is full")

    one = consumer(on_refused=refused)
    assert values(one.consume(2)) == [b"good"]
    assert values(one.consume(9)) == [b"late", b"all brokers are down"]
    assert told == [1, 1, 2]


@pytest.mark.parametrize("wish", [False, "false", "False", "0"])
def test_whoever_stores_offsets_does_so_alone(consumer: Open, wish: object) -> None:
    name = "enable.auto.offset.store"
    own, ours = consumer({name: wish}), consumer()
    assert own._client.settings[name] is ours._client.settings[name] is False
    own.poll()
    ours.poll()
    assert (own._client.stored, ours._client.stored) == ([], [1])


def test_a_partition_that_others_have_by_now_is_theirs(
    consumer: Open, trouble: dict[bytes | None, BaseException]
) -> None:
    one = consumer()
    one._client.assigned = False
    assert values([one.poll()]) == [b"0"]
    trouble[b"1"] = AWAY
    with pytest.raises(DoorUnavailable):
        one.poll()


def test_a_transaction_can_commit_what_came_before_a_trouble(
    consumer: Open, trouble: dict[bytes | None, BaseException]
) -> None:
    """The library has no position where it was sought to; until a record comes, it is there."""
    place = [TopicPartition("t", 3)]
    told: list[object] = []
    one = consumer()
    one.subscribe(["t"], on_revoke=lambda *those: told.append(those))
    trouble[b"2"] = AWAY
    one.consume(9)
    assert [each.offset for each in one.position(place)] == [2]
    trouble.clear()
    one.poll()
    assert [each.offset for each in one.position(place)] == [3]

    for leave in (
        lambda: one._client.callbacks["on_revoke"](one._client, place),
        lambda: one.seek(TopicPartition("t", 3, 3)),
        lambda: one.subscribe(["t"]),
    ):
        one._client.at = 3
        trouble[b"3"] = AWAY
        with pytest.raises(DoorUnavailable):
            one.poll()
        assert [each.offset for each in one.position(place)] == [3]
        leave()
        assert [each.offset for each in one.position(place)] == [OFFSET_INVALID]
    assert told == [(one, place)]
    assert "on_lost" not in one._client.callbacks, "on_revoke is told of what is lost, too"


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
