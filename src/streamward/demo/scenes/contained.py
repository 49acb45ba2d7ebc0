"""Somebody guesses passwords, and the principal is contained before anybody has looked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import ClassVar, Final

from confluent_kafka import Producer

from streamward.clock import now_milliseconds
from streamward.demo.clients import SECONDS_MAX, LoginWatch, by_password, write
from streamward.demo.scenes.scene import TOTALS, TRANSACTIONS, Props
from streamward.demo.stage import Tone
from streamward.demo.wire import long_poll, metadata_of, tls
from streamward.errors import Unavailable
from streamward.model.event import Event, Kind

VICTIM: Final = "settlement"
DETECTION: Final = "password-guessing"
ATTACKER: Final = "127.0.0.66"
"""Every address of 127.0.0.0/8 is this machine's; the log shows this one."""
GUESSES_MAX: Final = 20
LONG_POLL_MILLISECONDS: Final = 15_000
ALERT_SECONDS_MAX: Final = 3.0
CONTAINED_MILLISECONDS_MAX: Final = 1_000
"""Containment is promised to be felt by live connections within a second."""
SASL_AUTHENTICATION_FAILED: Final = 58
BUSY_REQUESTS_MIN: Final = 20
PAUSE_SECONDS: Final = 0.001
"""Between two requests: the gateway's own followers share this process with the clients."""


class Live(threading.Thread):
    """A live connection of the victim, and the moment when the gateway closed it."""

    def __init__(self, kind: str, ask: Callable[[], object]) -> None:
        super().__init__(name=kind, daemon=True)
        self.kind = kind
        self.requests = 0
        self.closed_at: int | None = None
        self._ask = ask

    def run(self) -> None:
        """Use the connection until it ends."""
        try:
            while True:
                self._ask()
                self.requests += 1
                time.sleep(PAUSE_SECONDS)
        except TimeoutError:
            return
        except (OSError, Unavailable):
            self.closed_at = now_milliseconds()


class Contained:
    """From wrong passwords to closed connections: alert, containment, and how fast it was."""

    title: ClassVar[str] = "An attack is detected and contained"
    meaning: ClassVar[str] = (
        "Wrong passwords raise an alert, a rule of the bundle revokes the principal, and its live "
        "connections are closed."
    )

    def play(self, props: Props) -> None:
        """Attack while the victim is connected; see what happens to it."""
        watch = LoginWatch()
        settings = by_password(props.folder, VICTIM, reconnect_backoff_ms=500)
        producer = Producer({**settings, "error_cb": watch.heard})
        written, errors = write(producer, TRANSACTIONS, [b'{"payment": "settled"}'])
        props.ledger.enter(VICTIM, TRANSACTIONS, "Write", written)
        props.outcome.expect("the victim works before the attack", not errors, errors[:1])
        with self._live(props, producer) as live:
            guesses = self._attack(props)
            contained = self._alarm(props, guesses)
            if contained is None:
                return
            self._closed(props, live, contained)
        self._stays_out(props, producer, watch)

    @contextmanager
    def _live(self, props: Props, producer: Producer) -> Iterator[list[Live]]:
        """One connection that never rests, and one that waits for the next record."""
        port = _port_of_totals(producer)
        password = props.folder.password(VICTIM)
        question = metadata_of(TRANSACTIONS)
        poll = long_poll(TOTALS, 0, 0, LONG_POLL_MILLISECONDS)
        with ExitStack() as stack:
            busy = stack.enter_context(tls(props.folder, props.folder.port))
            waiting = stack.enter_context(tls(props.folder, port))
            for connection in (busy, waiting):
                code = connection.login(VICTIM, password)
                props.outcome.expect("the right password opens", code == 0, code)
            live = [
                Live("busy", lambda: busy.ask(question)),
                Live("long-polling", lambda: waiting.ask(poll)),
            ]
            for each in live:
                each.start()
            yield live

    def _attack(self, props: Props) -> int:
        """Guess until the log has an alert; gives the number of guesses."""
        props.stage.progress(f"{ATTACKER} guesses the password of `{VICTIM}`")
        refused = 0
        for number in range(GUESSES_MAX):
            with tls(props.folder, props.folder.port, source=ATTACKER) as connection:
                code = connection.login(VICTIM, f"summer-{number}")
            refused += code == SASL_AUTHENTICATION_FAILED
            if props.trail.wait_for(_alert, 0.05) is not None:
                break
        guesses = number + 1
        props.stage.tell(f"{ATTACKER} tries {guesses} passwords of {VICTIM}", Tone.DENIED)
        what = "every wrong password is refused"
        props.outcome.expect(what, refused == guesses, f"{refused} of {guesses}")
        return guesses

    def _alarm(self, props: Props, guesses: int) -> Event | None:
        """The alert, and the containment that a rule of the bundle made of it."""
        alert = props.trail.wait_for(_alert, ALERT_SECONDS_MAX)
        found = alert.streaming.alert if alert is not None else None
        what = "the detection raises an alert about the victim"
        if props.outcome.expect(what, found is not None, f"none after {guesses} guesses") and found:
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

    def _stays_out(self, props: Props, producer: Producer, watch: LoginWatch) -> None:
        """Neither the client that was connected nor the right password gets in again."""
        props.stage.progress(f"`{VICTIM}` connects again, with the right password")
        error = watch.wait(producer)
        props.stage.tell(
            f"{VICTIM}'s client connects again and got {error.name()} ({error.code()})", Tone.DENIED
        )
        with tls(props.folder, props.folder.port) as connection:
            code = connection.login(VICTIM, props.folder.password(VICTIM))
        refused = code == SASL_AUTHENTICATION_FAILED
        props.outcome.expect("the right password no longer opens", refused, code)


def _port_of_totals(producer: Producer) -> int:
    """The port by which the gateway serves the partition that nobody has written to."""
    found = producer.list_topics(TOTALS, timeout=SECONDS_MAX)
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
