"""Clients that may do what they do."""

import json
from typing import ClassVar, Final

from confluent_kafka import Producer

from streamward.demo.clients import Place, by_certificate, read, reading, write
from streamward.demo.scenes.scene import TRANSACTIONS, Props
from streamward.demo.stage import Tone

RECORDS: Final = 300
SHOWN: Final = 3


class Allowed:
    """One program writes card transactions, another one reads them."""

    title: ClassVar[str] = "Allowed"
    meaning: ClassVar[str] = (
        "Ordinary Kafka clients work through the gateway without a change; they show a certificate."
    )

    def play(self, props: Props) -> None:
        """Write, read, and compare what was read with what was written."""
        values = [_payment(number) for number in range(RECORDS)]
        props.stage.progress(f"`payments-api` writes {RECORDS} records")
        producer = Producer(by_certificate(props.folder, "payments-api-2026"))
        written, errors = write(producer, TRANSACTIONS, values)
        props.ledger.enter("payments-api", TRANSACTIONS, "Write", written)
        _tell(props, "payments-api", "wrote", written)
        props.outcome.expect("every record is acknowledged", not errors, errors[:1])

        props.stage.progress("`audit-archive` joins its group and reads")
        settings = by_certificate(props.folder, "audit-archive-2026")
        with reading(settings, "audit.archive") as consumer:
            consumer.subscribe([TRANSACTIONS])
            found = read(consumer, RECORDS)
        props.ledger.enter("audit-archive", TRANSACTIONS, "Read", found)
        _tell(props, "audit-archive", "read", found)
        same = sorted(map(_key, found)) == sorted(map(_key, written))
        props.outcome.expect("what was read is what was written", same, f"{len(found)} records")


def _payment(number: int) -> bytes:
    shop, cents = f"shop-{number % 7}", 995 + 37 * number
    # Of the range that card schemes keep for tests.
    card = f"4111 1111 0000 {number:04d}"
    return json.dumps({"payment": number, "shop": shop, "cents": cents, "card": card}).encode()


def _key(place: Place) -> tuple[int, int, bytes]:
    return place.partition, place.offset, place.value


def _tell(props: Props, who: str, did: str, places: list[Place]) -> None:
    props.stage.tell(f"{who} {did} {len(places)} records of {TRANSACTIONS}", Tone.ALLOWED)
    for place in sorted(places, key=_key)[:SHOWN]:
        value = place.value.decode()
        props.stage.tell(f"  partition {place.partition} offset {place.offset}  {value}")
