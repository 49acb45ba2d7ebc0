"""What tests of dead letters share: batches that are refused, and what their copies say."""

import pytest
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from tests.support.confluent import SECONDS_MAX, error_code, produce
from tests.support.endpoints import Endpoint
from tests.support.protected import BAD_MESSAGE, CORRUPT_MESSAGE

HEADERS = "streamward.dead_letter."


def refuse(endpoint: Endpoint, topic: str, batch: list[bytes], **more: object) -> int:
    """Write one batch that is refused; gives the error."""
    with pytest.raises(KafkaException) as raised:
        produce(endpoint, topic, batch, linger_ms=200, **more)
    return error_code(raised.value)


def told(message: Message) -> dict[str, str]:
    """The headers that the gateway gave to a copy."""
    found = message.headers() or []
    return {
        name.removeprefix(HEADERS): value.decode()
        for name, value in found
        if name.startswith(HEADERS) and isinstance(value, bytes)
    }


def until_refused(endpoint: Endpoint, topic: str, start: int = 0) -> list[bytes]:
    """What a reader gets from this offset on, until it is refused what lies behind."""
    reader = Consumer(endpoint.librdkafka(group_id=f"{topic}-reader"))
    got: list[bytes] = []
    try:
        reader.assign([TopicPartition(topic, 0, start)])
        while True:
            message = reader.poll(SECONDS_MAX)
            assert message is not None, got
            error = message.error()
            if error is not None:
                assert error.code() in {BAD_MESSAGE, CORRUPT_MESSAGE}
                return got
            got.append(message.value() or b"")
    finally:
        reader.close()
