"""No record passes a wrapping client by a method that the library has and the wrapper doesn't."""

from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, Producer

from streamward.errors import InvalidArgument
from streamward.sdk.aio import AIOOpeningConsumer, AIOSealingProducer
from streamward.sdk.aio_signing import AIOSigningProducer, AIOVerifyingConsumer
from streamward.sdk.confluent import OpeningConsumer, SealingProducer
from streamward.sdk.signing_clients import SigningProducer, VerifyingConsumer
from streamward.sdk.wrapped import Wrapped

NOBODY = cast("Any", None)
SENDS = {"produce", "produce_batch", "send", "send_and_wait", "send_batch", "create_batch"}
HANDS_OVER = {"poll", "consume", "getone", "getmany"}
KINDS: list[tuple[type[Wrapped], type, set[str]]] = [
    (SealingProducer, Producer, SENDS),
    (SigningProducer, Producer, SENDS),
    (AIOSealingProducer, AIOKafkaProducer, SENDS),
    (AIOSigningProducer, AIOKafkaProducer, SENDS),
    (OpeningConsumer, Consumer, HANDS_OVER),
    (VerifyingConsumer, Consumer, HANDS_OVER),
    (AIOOpeningConsumer, AIOKafkaConsumer, HANDS_OVER),
    (AIOVerifyingConsumer, AIOKafkaConsumer, HANDS_OVER),
]


@pytest.mark.parametrize(("wrapper", "client", "moving"), KINDS)
def test_only_what_moves_no_record_is_handed_on(
    wrapper: type[Wrapped], client: type, moving: set[str]
) -> None:
    public = {name for name in dir(client) if not name.startswith("_")}
    handed_on = wrapper._handed_on

    assert handed_on <= public, "the library has it no more"
    assert not handed_on & moving
    assert public & moving, "the library moves records by none of these"
    # Whatever a newer library adds has to be looked at before it is listed.
    assert public - handed_on - moving == set()


@pytest.mark.parametrize(
    ("wrapped", "name"),
    [
        (SealingProducer({}, NOBODY), "produce_batch"),
        (SigningProducer({}, NOBODY), "produce_batch"),
        (AIOSealingProducer(NOBODY, NOBODY), "send_batch"),
        (AIOOpeningConsumer(NOBODY, NOBODY), "getmany"),
        (AIOVerifyingConsumer(NOBODY, NOBODY), "getmany"),
    ],
)
def test_a_way_around_is_refused(wrapped: Wrapped, name: str) -> None:
    with pytest.raises(AttributeError, match=f"has no `{name}`"):
        getattr(wrapped, name)


def test_what_a_library_adds_is_refused() -> None:
    class Later:
        def produce_quickly(self) -> None:
            raise AssertionError

    with pytest.raises(AttributeError, match="records would pass by it as they are"):
        AIOSealingProducer(cast("Any", Later()), NOBODY).produce_quickly()


@pytest.mark.parametrize("settings", [
    {"enable_idempotence": False},
    {"enable_idempotence": None},
    {"value_serializer": bytes},
    {"key_serializer": str.encode},
])  # fmt: skip
def test_a_signing_producer_needs_idempotence_and_bytes(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        AIOSigningProducer(settings, NOBODY)
    with pytest.raises(InvalidArgument):
        SigningProducer({"enable.idempotence": "false"}, NOBODY)
