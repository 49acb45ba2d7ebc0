"""Clients with a valid credential that may not do what they try."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from confluent_kafka import KafkaError, Producer

from streamward.demo.clients import (
    by_certificate,
    by_password,
    refusal_to_read,
    write,
)
from streamward.demo.folder import Folder
from streamward.demo.scenes.scene import TRANSACTIONS, Props
from streamward.demo.stage import Tone
from streamward.errors import Unavailable
from streamward.model.event import Event, Kind

ENTRY_SECONDS_MAX: Final = 5.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that must be refused: by which error, and by which rule."""

    who: str
    does: str
    action: str
    resource: str
    rule: str
    error: int
    run: Callable[[Folder], KafkaError]


def _write_as_analyst(folder: Folder) -> KafkaError:
    producer = Producer(by_certificate(folder, "analytics-batch-2026"))
    written, errors = write(producer, TRANSACTIONS, [b"{}"])
    if not errors:
        raise Unavailable(f"{len(written)} records were written and should have been refused")
    return errors[0]


def _read_as_analyst(folder: Folder) -> KafkaError:
    settings = by_certificate(folder, "analytics-batch-2026")
    return refusal_to_read(settings, "analytics.reports", TRANSACTIONS)


def _read_by_password(folder: Folder) -> KafkaError:
    settings = by_password(folder, "settlement")
    return refusal_to_read(settings, "payments.settlement", TRANSACTIONS)


def _use_foreign_group(folder: Folder) -> KafkaError:
    settings = by_certificate(folder, "analytics-batch-2026")
    return refusal_to_read(settings, "audit.archive", TRANSACTIONS)


ATTEMPTS: Final = (
    Attempt(
        "analytics-batch",
        f"writes {TRANSACTIONS}",
        "Write",
        TRANSACTIONS,
        "default",
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        _write_as_analyst,
    ),
    Attempt(
        "analytics-batch",
        f"reads {TRANSACTIONS}, which one grant allows and another denies",
        "Read",
        TRANSACTIONS,
        "grant:analytics-never-cards#1",
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        _read_as_analyst,
    ),
    Attempt(
        "settlement",
        f"reads {TRANSACTIONS}, which it may, but with a password",
        "Read",
        TRANSACTIONS,
        "cedar:conditions/passwords.cedar:no-cards-by-password",
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        _read_by_password,
    ),
    Attempt(
        "analytics-batch",
        "joins the consumer group audit.archive",
        "Describe",
        "audit.archive",
        "default",
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        _use_foreign_group,
    ),
)


class Denied:
    """Refusals by default, by an explicit deny, and by a condition."""

    title: ClassVar[str] = "Denied"
    meaning: ClassVar[str] = (
        "Clients get Kafka's own authorisation errors; the log names the rule that decided."
    )

    def play(self, props: Props) -> None:
        """Try each, compare the error with the rule that the log names."""
        for attempt in ATTEMPTS:
            props.stage.progress(f"`{attempt.who}` {attempt.does}")
            error = attempt.run(props.folder)
            told = error.code() == attempt.error
            props.outcome.denied += told
            event = props.trail.wait_for(_about(attempt), ENTRY_SECONDS_MAX)
            rules = ", ".join(event.streaming.rules) if event is not None else "not in the log"
            props.stage.tell(f"{attempt.who} {attempt.does}", Tone.DENIED)
            props.stage.tell(f"  the client got {error.name()} ({error.code()}): {error.str()}")
            props.stage.tell(f"  the rule: {rules}")
            what = f"`{attempt.who}` is told that it may not: {attempt.does}"
            props.outcome.expect(what, told, error)
            what = f"the log says that `{attempt.rule}` denied: {attempt.does}"
            props.outcome.expect(what, rules == attempt.rule, rules)


def _about(attempt: Attempt) -> Callable[[Event], bool]:
    def wanted(event: Event) -> bool:
        streaming = event.streaming
        return (
            streaming.kind == Kind.DENIED
            and streaming.principal == attempt.who
            and streaming.action == attempt.action
            and streaming.resource is not None
            and streaming.resource.name == attempt.resource
        )

    return wanted
