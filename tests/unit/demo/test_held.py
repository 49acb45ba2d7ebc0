"""What the demo finds at a broker: it must see plaintext where there is some."""

import json
from pathlib import Path

from confluent_kafka import Producer

from streamward.demo.brokers import MockBrokers
from streamward.demo.clients import write
from streamward.demo.held import direct, is_plaintext, search

ROOT = Path(__file__).resolve().parents[3]
VECTOR = json.loads((ROOT / "tests/golden/envelope/value.json").read_text())
ENVELOPE = bytes.fromhex(VECTOR["envelope"])


def test_whatever_is_no_whole_envelope_is_plaintext() -> None:
    assert not is_plaintext(ENVELOPE)
    assert is_plaintext(b"")
    assert is_plaintext(b"in the clear")
    assert is_plaintext(ENVELOPE[:-60])
    assert is_plaintext(ENVELOPE + b"in the clear")


def test_an_envelope_that_shows_what_was_written_is_plaintext() -> None:
    shown = ENVELOPE[-20:]
    assert is_plaintext(ENVELOPE, [b"nothing of it", shown])


def test_every_plaintext_record_of_a_topic_is_counted() -> None:
    class OnDisk(MockBrokers):
        """Keeps a segment, as a real broker does."""

        def segments(self, topic: str) -> tuple[Path, ...]:
            return (ROOT / "pyproject.toml",)

    with OnDisk() as brokers:
        brokers.create_topics("sealed")
        written = [ENVELOPE, b"one", b"[project]", ENVELOPE, b"three"]
        write(Producer(direct(brokers)), "sealed", written)

        found = search(brokers, "sealed", [b"[project]", b"not written anywhere"])

    assert (found.records, found.plaintext, found.on_disk, found.exposed) == (5, 3, 1, 3)
