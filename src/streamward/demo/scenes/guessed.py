"""Somebody guesses a password: the one who guesses is locked out, and not whose password it is."""

from typing import ClassVar, Final

from confluent_kafka import Producer

from streamward.demo.clients import by_password, write
from streamward.demo.scenes.live import Live
from streamward.demo.scenes.scene import TRANSACTIONS, Props
from streamward.demo.stage import Tone
from streamward.demo.wire import metadata_of, tls
from streamward.model.event import Event, Kind

VICTIM: Final = "settlement"
DETECTION: Final = "password-guessing"
ATTACKER: Final = "127.0.0.66"
"""Every address of 127.0.0.0/8 is this machine's; the log shows this one."""
GUESSES_MAX: Final = 20
ALERT_SECONDS_MAX: Final = 3.0
LOGIN_MILLISECONDS_MAX: Final = 5_000
LOCKED_OUT: Final = "too many failed attempts"
SASL_AUTHENTICATION_FAILED: Final = 58


class Guessed:
    """From wrong passwords to a lock-out and an alert, while the principal itself works on."""

    title: ClassVar[str] = "A password is guessed"
    meaning: ClassVar[str] = (
        "Wrong passwords raise an alert and lock out the address that they come from; nobody can "
        "lock out somebody else by guessing."
    )

    def play(self, props: Props) -> None:
        """Guess while the victim is connected; see that it is left alone."""
        password = props.folder.password(VICTIM)
        question = metadata_of(TRANSACTIONS)
        with tls(props.folder, props.folder.port) as connection:
            code = connection.login(VICTIM, password)
            props.outcome.expect("the right password opens", code == 0, code)
            live = Live("victim's", lambda: connection.ask(question))
            live.start()
            guesses = self._attack(props)
            self._alarm(props, guesses)
            before = live.requests
            self._works(props)
            undisturbed = live.closed_at is None and live.requests > before
            what = "the victim's connection lives on while its password is guessed"
            props.outcome.expect(what, undisturbed, live.requests)
            props.stage.tell(
                f"{VICTIM}'s connection was not disturbed ({live.requests} requests so far)",
                Tone.ALLOWED,
            )
        live.join(ALERT_SECONDS_MAX)

    def _attack(self, props: Props) -> int:
        """Guess until guesses are no longer looked at, by the log; gives how many were made."""
        props.stage.progress(f"{ATTACKER} guesses the password of `{VICTIM}`")
        refused = 0
        locked_out = None
        for number in range(GUESSES_MAX):
            with tls(props.folder, props.folder.port, source=ATTACKER) as connection:
                code = connection.login(VICTIM, f"summer-{number}")
            refused += code == SASL_AUTHENTICATION_FAILED
            locked_out = props.trail.wait_for(_locked_out, 0.05)
            if locked_out is not None:
                break
        guesses = number + 1
        props.stage.tell(f"{ATTACKER} tries {guesses} passwords of {VICTIM}", Tone.DENIED)
        what = "every wrong password is refused"
        props.outcome.expect(what, refused == guesses, f"{refused} of {guesses}")
        what = "the source that guesses is locked out"
        if props.outcome.expect(what, locked_out is not None, f"not after {guesses} guesses"):
            assert locked_out is not None
            props.stage.tell(f"the log: {locked_out.streaming.reason}", Tone.DENIED)
        return guesses

    def _alarm(self, props: Props, guesses: int) -> None:
        alert = props.trail.wait_for(_alert, ALERT_SECONDS_MAX)
        found = alert.streaming.alert if alert is not None else None
        what = "the detection raises an alert about the password that is guessed"
        if props.outcome.expect(what, found is not None, f"none after {guesses} guesses") and found:
            props.stage.tell(f"alert by `{found.detection}`: {found.title}", Tone.ALARM)

    def _works(self, props: Props) -> None:
        """From its own address the victim is let in as ever, and nothing was contained."""
        settings = by_password(props.folder, VICTIM, message_timeout_ms=LOGIN_MILLISECONDS_MAX)
        producer = Producer(settings)
        written, errors = write(producer, TRANSACTIONS, [b'{"payment": "settled"}'])
        props.ledger.enter(VICTIM, TRANSACTIONS, "Write", written)
        props.outcome.expect("whose password is guessed works on", not errors, errors[:1])
        contained = [e for e in props.trail.events() if e.streaming.kind == Kind.CONTAINMENT]
        what = "nobody is contained because somebody else guesses"
        props.outcome.expect(what, not contained, [e.streaming.containment for e in contained])
        props.stage.tell(f"{VICTIM} logs in from its own address and writes", Tone.ALLOWED)


def _alert(event: Event) -> bool:
    alert = event.streaming.alert
    return event.streaming.kind == Kind.ALERT and alert is not None and alert.detection == DETECTION


def _locked_out(event: Event) -> bool:
    reason = event.streaming.reason or ""
    return event.streaming.kind == Kind.AUTHENTICATION and LOCKED_OUT in reason
