"""Somebody with a stolen certificate tries the doors, and is contained before anybody looks."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, ClassVar, Final

from confluent_kafka.admin import AdminClient

from streamward.clock import monotonic_seconds
from streamward.demo.clients import SECONDS_MAX, by_certificate
from streamward.demo.scenes.live import PAUSE_SECONDS, Live
from streamward.demo.scenes.scene import TOTALS, Props
from streamward.demo.stage import Tone
from streamward.demo.wire import long_poll, metadata_of, tls
from streamward.errors import Unavailable
from streamward.model.event import Event, Kind

VICTIM: Final = "analytics-batch"
CREDENTIAL: Final = "analytics-batch-2026"
DETECTION: Final = "probing"
THIEF: Final = "127.0.0.67"
"""Every address of 127.0.0.0/8 is this machine's; the log shows this one."""
DOORS: Final = ("payroll.salaries", "orders.customers", "fraud.scores", "treasury.balances")
LONG_POLL_MILLISECONDS: Final = 15_000
ALERT_SECONDS_MAX: Final = 3.0
CONTAINED_MILLISECONDS_MAX: Final = 1_000
"""Containment is promised to be felt by live connections within a second."""
BUSY_REQUESTS_MIN: Final = 20


class Contained:
    """From refused requests to closed connections: alert, containment, and how fast it was."""

    title: ClassVar[str] = "An attack is detected and contained"
    meaning: ClassVar[str] = (
        "Many streams denied to one principal raise an alert, a rule of the bundle revokes it, "
        "and its live connections are closed."
    )

    def play(self, props: Props) -> None:
        """Attack while the victim is connected; see what happens to it."""
        certificate = by_certificate(props.folder, CREDENTIAL)
        with self._live(props, _port_of_totals(certificate)) as live:
            _until_busy(live[0])
            self._attack(props)
            contained = self._alarm(props)
            if contained is None:
                return
            self._closed(props, live, contained)
        self._stays_out(props)

    @contextmanager
    def _live(self, props: Props, port: int) -> Iterator[list[Live]]:
        """One connection that never rests, and one that waits for the next record."""
        certificate = props.folder.certificate(CREDENTIAL)
        question = metadata_of(TOTALS)
        poll = long_poll(TOTALS, 0, 0, LONG_POLL_MILLISECONDS)
        with ExitStack() as stack:
            busy = stack.enter_context(tls(props.folder, props.folder.port, certificate))
            waiting = stack.enter_context(tls(props.folder, port, certificate))
            busy.ask(question)
            live = [
                Live("busy", lambda: busy.ask(question)),
                Live("long-polling", lambda: waiting.ask(poll)),
            ]
            for each in live:
                each.start()
            yield live

    def _attack(self, props: Props) -> None:
        """Try streams that the victim has no right to."""
        props.stage.progress(f"{THIEF} tries doors with the certificate of `{VICTIM}`")
        certificate = props.folder.certificate(CREDENTIAL)
        with tls(props.folder, props.folder.port, certificate, source=THIEF) as connection:
            tried = 0
            # The victim may have been contained before the last answer: then there is none.
            with suppress(OSError, Unavailable):
                for tried, door in enumerate(DOORS, 1):  # noqa: B007 - told below
                    connection.ask(metadata_of(door))
        text = f"{THIEF} tries {tried} streams with the certificate of {VICTIM}"
        props.stage.tell(text, Tone.DENIED)

    def _alarm(self, props: Props) -> Event | None:
        """The alert, and the containment that a rule of the bundle made of it."""
        alert = props.trail.wait_for(_alert, ALERT_SECONDS_MAX)
        found = alert.streaming.alert if alert is not None else None
        what = "the detection raises an alert about the victim"
        if (
            props.outcome.expect(what, found is not None, f"none after {len(DOORS)} streams")
            and found
        ):
            props.stage.tell(f"alert by `{found.detection}`: {found.title}", Tone.ALARM)
        contained = props.trail.wait_for(_containment, ALERT_SECONDS_MAX)
        body = contained.streaming.containment if contained is not None else None
        linked = body is not None and found is not None and body.alert == found.id
        props.outcome.expect("a containment rule answers that alert", linked, body)
        if body is not None:
            text = f"containment {body.id}: {body.verb} {body.target.name}, since {body.reason}"
            props.stage.tell(f"{text} (owner {body.owner})", Tone.ALARM)
        return contained

    def _closed(self, props: Props, live: list[Live], contained: Event) -> None:
        """How long after the containment's entry each live connection ended."""
        for each in live:
            each.join(ALERT_SECONDS_MAX)
            took = None if each.closed_at is None else each.closed_at - contained.time
            what = f"the {each.kind} connection is closed within {CONTAINED_MILLISECONDS_MAX} ms"
            prompt = took is not None and 0 <= took <= CONTAINED_MILLISECONDS_MAX
            props.outcome.expect(what, prompt, f"{took} ms")
            if took is None:
                props.stage.tell(f"the {each.kind} connection is still open", Tone.ALARM)
                continue
            props.outcome.contained_ms = max(props.outcome.contained_ms or 0, took)
            props.stage.tell(
                f"the {each.kind} connection ({each.requests} requests so far) was closed "
                f"{took} ms after the entry of the containment",
                Tone.DENIED,
            )
        busy, waiting = (each.requests for each in live)
        props.outcome.expect("the busy connection was busy", busy >= BUSY_REQUESTS_MIN, busy)
        props.outcome.expect("the long-polling connection waited", waiting == 0, waiting)

    def _stays_out(self, props: Props) -> None:
        """The certificate that opened a moment ago opens no longer."""
        props.stage.progress(f"`{VICTIM}` connects again")
        certificate = props.folder.certificate(CREDENTIAL)
        try:
            with tls(props.folder, props.folder.port, certificate) as connection:
                connection.ask(metadata_of(TOTALS))
            refused = False
        except (OSError, Unavailable):
            refused = True
        props.outcome.expect("the revoked certificate no longer opens", refused)
        props.stage.tell(f"{VICTIM} connects again and is refused", Tone.DENIED)


def _until_busy(live: Live) -> None:
    """Wait until a connection has been used often enough for its end to say something."""
    deadline = monotonic_seconds() + SECONDS_MAX
    while live.requests < BUSY_REQUESTS_MIN and live.is_alive() and monotonic_seconds() < deadline:
        time.sleep(PAUSE_SECONDS)


def _port_of_totals(settings: dict[str, Any]) -> int:
    """The port by which the gateway serves the partition that nobody has written to."""
    found = AdminClient(settings).list_topics(TOTALS, timeout=SECONDS_MAX)
    return int(found.brokers[found.topics[TOTALS].partitions[0].leader].port)


def _alert(event: Event) -> bool:
    alert = event.streaming.alert
    return (
        event.streaming.kind == Kind.ALERT
        and alert is not None
        and alert.detection == DETECTION
        and (alert.entity.type, alert.entity.name) == ("principal", VICTIM)
    )


def _containment(event: Event) -> bool:
    body = event.streaming.containment
    return (
        event.streaming.kind == Kind.CONTAINMENT
        and body is not None
        and (body.change, body.target.name) == ("opened", VICTIM)
    )
