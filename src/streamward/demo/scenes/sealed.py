"""One record of a sealed stream: as the broker holds it, and as each reader sees it."""

from typing import ClassVar, Final

from confluent_kafka import KafkaError

from streamward.demo.clients import Place, by_certificate, refusal_to_read
from streamward.demo.held import at, held, hexadecimal, is_plaintext, on_disk
from streamward.demo.scenes.scene import TRANSACTIONS, Props
from streamward.demo.stage import Tone
from streamward.model.event import Event, Kind

AUTHORISED: Final = "audit-archive"
OUTSIDE: Final = "support-desk"
"""It may read the stream, and is not in the access class of its ring."""
RULE: Final = "sealing:reader"
SHOWN_BYTES: Final = 40
ENTRY_SECONDS_MAX: Final = 5.0


class Sealed:
    """The stream is of a restricted class, so the gateway seals it before a broker sees it."""

    title: ClassVar[str] = "The broker holds ciphertext"
    meaning: ClassVar[str] = (
        "The gateway seals what is written to a stream of a restricted class. The same record as "
        "the broker holds it, and as each reader sees it."
    )

    def play(self, props: Props) -> None:
        """Take a record that was read, look for it at the broker, and read it as somebody else."""
        record = min(
            props.ledger.places(AUTHORISED, TRANSACTIONS, "Read"),
            key=lambda it: (it.partition, it.offset),
        )
        self._at_broker(props, record)
        value = record.value.decode()
        props.stage.tell(f"{AUTHORISED}, in the access class of its key ring, sees:", Tone.ALLOWED)
        props.stage.tell(f"  {value}")
        self._outside(props)

    def _at_broker(self, props: Props, record: Place) -> None:
        props.stage.progress("reading from the brokers, past the gateway")
        place = f"partition {record.partition} offset {record.offset}"
        there = at(held(props.brokers, TRANSACTIONS), record.partition, record.offset)
        what = "the record that was read lies at the broker as an envelope"
        sealed = there is not None and not is_plaintext(there.value, [record.value])
        props.outcome.expect(what, sealed, place)
        if there is None:
            return
        props.stage.tell(f"the broker holds at {place} of {TRANSACTIONS}:")
        props.stage.tell(f"  {hexadecimal(there.value, SHOWN_BYTES)}")
        if not any(props.brokers.segments(TRANSACTIONS)):
            return
        found = on_disk(props.brokers, TRANSACTIONS, there.value)
        props.stage.tell(f"  on its disk: {found or 'nowhere'}")
        props.outcome.expect("these bytes are on the broker's disk", found is not None)

    def _outside(self, props: Props) -> None:
        """A reader who may read the stream and open nothing in it."""
        props.stage.progress(f"`{OUTSIDE}` reads")
        settings = by_certificate(props.folder, f"{OUTSIDE}-2026")
        error = refusal_to_read(settings, "support.desk", TRANSACTIONS)
        props.stage.tell(f"{OUTSIDE}, who may read the stream and is no card reader:", Tone.DENIED)
        props.stage.tell(f"  {error.name()} ({error.code()})")
        told = error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
        props.outcome.expect("who is not in the access class opens nothing", told, error)
        event = props.trail.wait_for(_refused, ENTRY_SECONDS_MAX)
        rules = event.streaming.rules if event is not None else ()
        props.stage.tell(f"  the rule: {', '.join(rules) or 'not in the log'}")
        props.outcome.expect(f"the log says that `{RULE}` refused it", RULE in rules, rules)


def _refused(event: Event) -> bool:
    streaming = event.streaming
    return streaming.kind == Kind.DENIED and streaming.principal == OUTSIDE
