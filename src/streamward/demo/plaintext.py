"""How much the brokers hold in plaintext of what they must hold as ciphertext only."""

from typing import Final

from confluent_kafka import Producer

from streamward.demo.brokers import Brokers
from streamward.demo.clients import write
from streamward.demo.held import direct, search
from streamward.demo.outcome import Outcome
from streamward.demo.scenes.scene import SEALED, TOTALS
from streamward.demo.stage import Stage, Tone
from streamward.demo.trail import Ledger

_INJECTED: Final = b'{"total": "in the clear"}'


def judge_brokers(brokers: Brokers, ledger: Ledger, stage: Stage, outcome: Outcome) -> None:
    """Count what the brokers hold in plaintext of sealed streams, and show that the count counts.

    A search that finds nothing proves nothing: the same one goes over a stream that isn't sealed,
    to which a record is written past the gateway.
    """
    stage.scene(
        "What the brokers hold",
        "Every record of the sealed streams, read from the brokers without the gateway and, where "
        "they have one, from their disk.",
    )
    for topic in SEALED:
        found = search(brokers, topic, ledger.values(topic, "Write"))
        outcome.plaintext_at_broker += found.exposed
        text = f"{topic}: {found.plaintext} of {found.records} records in plaintext"
        if found.disk_bytes:
            text += f"; {found.on_disk} of the values in {found.disk_bytes} bytes of its segments"
        stage.tell(text, Tone.ALARM if found.exposed else Tone.ALLOWED)
        expected = len(ledger.values(topic, "Write"))
        what = "the brokers hold each record that was acknowledged"
        outcome.expect(what, found.records == expected, f"{found.records} of {expected}")
    what = "the brokers hold no plaintext of a sealed stream"
    outcome.expect(what, outcome.plaintext_at_broker == 0, outcome.plaintext_at_broker)
    write(Producer(direct(brokers)), TOTALS, [_INJECTED])
    control = search(brokers, TOTALS, [_INJECTED])
    text = f"{TOTALS}, which isn't sealed: {control.plaintext} of {control.records} in plaintext"
    stage.tell(text + (f", {control.on_disk} on disk" if control.disk_bytes else ""))
    seen = control.plaintext == 1 and control.on_disk == (1 if control.disk_bytes else 0)
    outcome.expect("the same search finds plaintext where there is some", seen, control)
