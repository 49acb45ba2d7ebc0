"""The key of a sealed stream is destroyed: what it sealed can be read by nobody."""

import time
from typing import Any, ClassVar, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streamward.clock import monotonic_seconds, now_milliseconds
from streamward.demo.brokers import PARTITIONS
from streamward.demo.clients import POLL_SECONDS, by_certificate
from streamward.demo.held import at, held, hexadecimal
from streamward.demo.scenes.scene import TRANSACTIONS, Props
from streamward.demo.scenes.sealed import AUTHORISED, SHOWN_BYTES
from streamward.demo.stage import Tone
from streamward.errors import InvalidArgument, StreamwardError
from streamward.model.event import Event, Kind
from streamward.server.client import DoorClient

RING: Final = "cardholder-card-readers"
REASON: Final = "the retention of these payments is over"
ANSWER_SECONDS_MAX: Final = 10.0
ENTRY_SECONDS_MAX: Final = 3.0
WAIT_SECONDS_MAX: Final = 10.0
MARGIN_MILLISECONDS: Final = 20


class Shredded:
    """Crypto-shredding, from the preview to a reader who gets nothing any more."""

    title: ClassVar[str] = "A key is destroyed"
    meaning: ClassVar[str] = (
        "What a key ring sealed can be opened by nobody once its key is gone: not by its readers, "
        "not from a backup. The broker still holds the same bytes."
    )

    def play(self, props: Props) -> None:
        """Preview, condemn, wait, destroy; then read as who could read a moment ago."""
        with DoorClient(props.door) as door:
            self._preview(props, door)
            try:
                self._destroy(props, door)
            except StreamwardError as error:
                # What can still be read then is counted all the same.
                props.outcome.expect("the ring can be destroyed", False, error)
        self._read(props)
        self._still_there(props)

    def _preview(self, props: Props, door: DoorClient) -> None:
        props.stage.progress(f"asking what the destruction of `{RING}` would take away")
        preview = door.key_preview(RING)
        streams = {it["stream"]: int(it["records"]) for it in preview["streams"]}
        for stream, records in streams.items():
            props.stage.tell(f"{RING} is the key of {records} records of {stream}")
        written = len(props.ledger.values(TRANSACTIONS, "Write"))
        what = "the preview names every record that was sealed"
        props.outcome.expect(what, streams == {TRANSACTIONS: written}, streams)

    def _destroy(self, props: Props, door: DoorClient) -> None:
        asked = now_milliseconds()
        condemned = door.change_keys(RING, "destroy", reason=REASON)
        due = int(condemned["due"])
        props.stage.tell(f"asked to destroy it: {condemned['state']}, waits {due - asked} ms")
        try:
            early = door.change_keys(RING, "destroy")
            props.outcome.expect("nothing is destroyed before its time", False, early["state"])
        except InvalidArgument as error:
            props.outcome.expect("nothing is destroyed before its time", "waits" in str(error))
        props.stage.progress("waiting, as the ring asks for")
        # Not a synchronisation: the ring's own waiting time must go by before anything may happen.
        left = max(due - now_milliseconds() + MARGIN_MILLISECONDS, 0)
        time.sleep(min(left / 1000, WAIT_SECONDS_MAX))
        try:
            door.change_keys(RING, "destroy")
        except InvalidArgument:
            # The gateway destroys what is due by itself, too.
            props.outcome.expect("the ring is destroyed", _state(door) == "destroyed")
        proof = props.trail.wait_for(_destroyed, ENTRY_SECONDS_MAX)
        props.outcome.expect("the log has the proof of the destruction", proof is not None)
        key = None if proof is None else proof.streaming.key
        if key is not None and proof is not None:
            took = proof.time - asked
            props.stage.tell(f"destroyed {took} ms after it was asked for", Tone.ALARM)
            props.outcome.expect("it waited as long as it had to", proof.time >= due, took)

    def _read(self, props: Props) -> None:
        """Read all of it again, until each partition has said that it can't be opened."""
        props.stage.progress(f"`{AUTHORISED}` reads again")
        settings = by_certificate(props.folder, f"{AUTHORISED}-2026")
        opened, errors = _tried(settings)
        props.outcome.opened_after_shredding = opened
        names = sorted({error.args[0].name() for error in errors.values()})
        props.stage.tell(
            f"{AUTHORISED} reads {TRANSACTIONS} again: {opened} records, "
            f"{len(errors)} of {PARTITIONS} partitions refused ({', '.join(names)})",
            Tone.DENIED,
        )
        props.outcome.expect("nothing opens after its key is destroyed", opened == 0, opened)
        what = "a reader is told so for every partition"
        props.outcome.expect(what, len(errors) == PARTITIONS, sorted(errors))

    def _still_there(self, props: Props) -> None:
        first = min(
            props.ledger.places(AUTHORISED, TRANSACTIONS, "Read"),
            key=lambda it: (it.partition, it.offset),
        )
        there = at(held(props.brokers, TRANSACTIONS), first.partition, first.offset)
        props.outcome.expect("the broker holds the record as before", there is not None)
        if there is not None:
            place = f"partition {first.partition} offset {first.offset}"
            props.stage.tell(f"the broker still holds at {place} of {TRANSACTIONS}:")
            props.stage.tell(f"  {hexadecimal(there.value, SHOWN_BYTES)}")


def _tried(settings: dict[str, Any]) -> tuple[int, dict[int, KafkaException]]:
    """How many records a reader of all partitions got, and the error of each partition.

    It ends when every partition has answered with an error or with its last record.
    """
    consumer = Consumer({**settings, "group.id": "audit.again", "enable.partition.eof": True})
    opened = 0
    errors: dict[int, KafkaException] = {}
    ended: set[int] = set()
    deadline = monotonic_seconds() + ANSWER_SECONDS_MAX
    try:
        consumer.assign([TopicPartition(TRANSACTIONS, it, 0) for it in range(PARTITIONS)])
        while len(errors.keys() | ended) < PARTITIONS and monotonic_seconds() < deadline:
            message = consumer.poll(POLL_SECONDS)
            if message is None:
                continue
            error, partition = message.error(), message.partition()
            if error is None:
                opened += 1
            elif partition is not None and partition >= 0:
                if error.code() == error._PARTITION_EOF:
                    ended.add(partition)
                else:
                    errors[partition] = KafkaException(error)
    finally:
        consumer.close()
    return opened, errors


def _state(door: DoorClient) -> str:
    return str(door.key_ring(RING)["state"])


def _destroyed(event: Event) -> bool:
    key = event.streaming.key
    return event.kind == Kind.KEY_CHANGE and key is not None and key.change == "destroyed"
