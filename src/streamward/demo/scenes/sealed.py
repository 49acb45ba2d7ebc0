"""One record of a sealed stream: as the broker holds it, and as each reader sees it."""

import json
from typing import ClassVar, Final

from streamward.demo.clients import Place, by_certificate, read, reading
from streamward.demo.held import at, held, hexadecimal, is_plaintext, on_disk
from streamward.demo.scenes.scene import TRANSACTIONS, Props
from streamward.demo.stage import Tone

AUTHORISED: Final = "audit-archive"
MASKED: Final = "support-desk"
"""It may read the stream, is not in the access class of its ring, and sees masks."""
LAST_DIGITS: Final = 4
SHOWN_BYTES: Final = 40


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
        self._masked(props, record)

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

    def _masked(self, props: Props, record: Place) -> None:
        """A reader who may read the stream, and sees masks where the contract has them."""
        props.stage.progress(f"`{MASKED}` reads")
        count = len(props.ledger.places(AUTHORISED, TRANSACTIONS, "Read"))
        with reading(by_certificate(props.folder, f"{MASKED}-2026"), "support.desk") as consumer:
            consumer.subscribe([TRANSACTIONS])
            found = read(consumer, count)
        props.ledger.enter(MASKED, TRANSACTIONS, "Read", found)
        there = at(found, record.partition, record.offset)
        shown = b"" if there is None else there.value
        props.stage.tell(f"{MASKED}, who may see payments and no card number, sees:", Tone.ALLOWED)
        props.stage.tell(f"  {shown.decode(errors='replace')}")
        what = "a masked reader sees the payment, and of its card the last digits"
        props.outcome.expect(what, _is_masked(shown, record.value), shown)
        cards = {json.loads(it)["card"] for it in props.ledger.values(TRANSACTIONS, "Write")}
        open_ones = sum(json.loads(it.value)["card"] in cards for it in found)
        props.outcome.expect("a masked reader sees no card number", open_ones == 0, open_ones)


def _is_masked(shown: bytes, value: bytes) -> bool:
    """Whether it is the same payment, of whose card only the last digits are left."""
    seen, written = json.loads(shown or b"{}"), json.loads(value)
    card, whole = str(seen.pop("card", "")), str(written.pop("card"))
    digits = [mark for mark in card[:-LAST_DIGITS] if mark.isdigit()]
    return seen == written and card[-LAST_DIGITS:] == whole[-LAST_DIGITS:] and not digits
