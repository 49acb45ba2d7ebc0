"""Somebody with a valid certificate and no grant looks around."""

from typing import ClassVar, Final

from confluent_kafka.admin import AdminClient

from streamward.demo.clients import SECONDS_MAX, by_certificate
from streamward.demo.folder import NODES
from streamward.demo.scenes.scene import TOPICS, TRANSACTIONS, Props
from streamward.demo.stage import Tone
from streamward.demo.wire import (
    addresses_in,
    ask_all,
    clear,
    names_in,
    questions_of_an_intruder,
    tls,
)

CREDENTIAL: Final = "contractor-2026"
GUESSED: Final = "audit.archive"
ASKED_MIN: Final = 8


class Intruder:
    """What the gateway tells somebody who may do nothing, byte by byte."""

    title: ClassVar[str] = "An intruder looks around"
    meaning: ClassVar[str] = (
        "A valid certificate without a grant learns neither a topic's name nor a broker's address, "
        "in any byte that the gateway sends."
    )

    def play(self, props: Props) -> None:
        """Ask with an ordinary client, then with bytes; and the same of a broker, as the proof."""
        props.stage.progress("`contractor` lists topics and brokers")
        self._list(props)
        props.stage.progress("`contractor` asks for all that tells of topics and brokers")
        certificate = props.folder.certificate(CREDENTIAL)
        questions = questions_of_an_intruder("payments.secret", GUESSED)
        received = b""
        asked: list[str] = []
        for port in (props.folder.port, props.folder.port + 1 + _some_node(props)):
            with tls(props.folder, port, certificate) as connection:
                asked += ask_all(connection, questions)
                received += bytes(connection.received)
        self._judge(props, received, asked)
        self._prove(props)

    def _list(self, props: Props) -> None:
        found = AdminClient(by_certificate(props.folder, CREDENTIAL)).list_topics(
            timeout=SECONDS_MAX
        )
        brokers = sorted(f"{each.host}:{each.port}" for each in found.brokers.values())
        names = ", ".join(brokers)
        props.stage.tell(f"contractor lists topics: {len(found.topics)} names", Tone.DENIED)
        props.stage.tell(f"contractor lists brokers: {names} (the gateway)")
        props.outcome.topics_leaked += len(found.topics)
        ours = {f"localhost:{props.folder.port + 1 + node}" for node in range(NODES)}
        strangers = [each for each in brokers if each not in ours]
        props.outcome.upstream_addresses_leaked += len(strangers)
        props.outcome.expect("an intruder's list of topics is empty", not found.topics, names)
        what = "an intruder's client knows addresses of the gateway only"
        props.outcome.expect(what, bool(brokers) and not strangers, names)

    def _judge(self, props: Props, received: bytes, asked: list[str]) -> None:
        topics = names_in(received, TOPICS)
        addresses = addresses_in(received, props.brokers.addresses)
        props.outcome.topics_leaked += len(topics)
        props.outcome.upstream_addresses_leaked += len(addresses)
        apis = sorted({each.split()[0] for each in asked})
        props.stage.tell(
            f"contractor sends {len(asked)} requests of {', '.join(apis)} and gets "
            f"{len(received)} bytes: {len(topics)} topic names and {len(addresses)} addresses "
            "of brokers in them",
            Tone.DENIED,
        )
        props.outcome.expect("an intruder can ask", len(asked) >= ASKED_MIN, asked)
        props.outcome.expect("no byte names a topic", not topics, topics)
        props.outcome.expect("no byte holds an upstream address", not addresses, addresses)

    def _prove(self, props: Props) -> None:
        """The same questions, asked of a broker: a search that finds nothing proves nothing."""
        questions = questions_of_an_intruder(TRANSACTIONS, GUESSED)
        with clear(*props.brokers.addresses[0]) as connection:
            ask_all(connection, questions)
            received = bytes(connection.received)
        topics = names_in(received, TOPICS)
        addresses = addresses_in(received, props.brokers.addresses)
        props.stage.tell(
            "the same, asked of a broker without the gateway: "
            f"{len(topics)} topic names, {len(addresses)} addresses"
        )
        told = set(topics) == set(TOPICS) and len(addresses) > len(props.brokers.addresses)
        props.outcome.expect("a broker itself tells all of it", told, (topics, addresses))


def _some_node(props: Props) -> int:
    """The lowest id of a broker: 0 for a Kafka, 1 for the mock."""
    return 0 if len(props.brokers.addresses) == 1 else 1
