"""Passwords are revoked, expire and are rotated while clients are connected by them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from confluent_kafka import Producer

from streamward.clock import now_milliseconds
from streamward.demo.clients import by_login, write
from streamward.demo.scenes.live import Live
from streamward.demo.scenes.scene import TRANSACTIONS, Props
from streamward.demo.stage import Tone
from streamward.demo.wire import metadata_of, tls
from streamward.model.event import Event, Kind
from streamward.server.client import DoorClient

OWNER: Final = "payouts"
VALID_FOR: Final = "2s"
OVERLAP: Final = "1s"
RECORDS: Final = 50
WAIT_SECONDS_MAX: Final = 5.0
ENTRY_SECONDS_MAX: Final = 3.0
ENDED_MILLISECONDS_MAX: Final = 1_000
"""Revocation, expiry and the end of an overlap are promised to be felt within a second."""
SASL_AUTHENTICATION_FAILED: Final = 58


@dataclass(frozen=True, slots=True)
class Held:
    """A password of the identity store."""

    id: str
    password: str
    expires: int | None

    @classmethod
    def of(cls, issued: dict[str, Any]) -> "Held":
        """What the control door answered; it shows the password this once."""
        credential = issued["credential"]
        expires = credential["expires"]
        return cls(
            id=str(credential["id"]),
            password=str(issued["password"]),
            expires=None if expires is None else int(expires),
        )


class Ended:
    """How long after its password's end a live connection ends, for each way in which it may."""

    title: ClassVar[str] = "Passwords end, and are rotated"
    meaning: ClassVar[str] = (
        "A revoked password, one whose time is over, and the old one after a rotation: their live "
        "connections end within a second, and nobody else loses a record."
    )

    def play(self, props: Props) -> None:
        """Make passwords at the control door, connect by each, end them."""
        props.stage.progress(f"`{OWNER}` gets passwords, and connects")
        with DoorClient(props.door) as door:
            rotated, revoked, expiring = (
                Held.of(door.add_credential({"principal": OWNER, **more}))
                for more in ({}, {}, {"valid_for": VALID_FOR})
            )
            producer = Producer(by_login(props.folder, OWNER, rotated.password))
            self._write(props, producer, "before the rotation")
            with self._live(props, rotated, revoked, expiring) as (old, out, late):
                successor = self._rotate(props, door, rotated)
                self._write(props, producer, "with the old password, which holds on")
                renewed = Producer(by_login(props.folder, OWNER, successor.password))
                self._write(props, renewed, "with the new password")
                del producer  # a client that goes on with the old password would try for ever
                overlap_ends = int(door.credential(rotated.id)["expires"])
                door.change_credential(revoked.id, "revoke", "found in a log")
                entered = props.trail.wait_for(_change("revoked", revoked.id), ENTRY_SECONDS_MAX)
                self._measure(props, "revoke", out, None if entered is None else entered.time)
                self._measure(props, "rotate", old, overlap_ends)
                self._measure(props, "expire", late, expiring.expires)
            self._write(props, renewed, "after all of that")
            self._stay_out(props, rotated, revoked, expiring)

    @contextmanager
    def _live(self, props: Props, *held: Held) -> Iterator[list[Live]]:
        """A busy connection for each of these passwords."""
        question = metadata_of(TRANSACTIONS)
        with ExitStack() as stack:
            live = []
            for each in held:
                connection = stack.enter_context(tls(props.folder, props.folder.port))
                code = connection.login(OWNER, each.password)
                props.outcome.expect("a password of the store opens", code == 0, code)
                live.append(Live(each.id, lambda it=connection: it.ask(question)))  # type: ignore[misc]
            for thread in live:
                thread.start()
            yield live

    def _rotate(self, props: Props, door: DoorClient, old: Held) -> Held:
        """Rotate, and log in with the new password at once."""
        began = now_milliseconds()
        new = Held.of(door.rotate_credential(old.id, OVERLAP))
        with tls(props.folder, props.folder.port) as connection:
            code = connection.login(OWNER, new.password)
        took = now_milliseconds() - began
        props.outcome.expect("the new password opens at once", code == 0, code)
        props.stage.tell(f"rotate: the new password opened {took} ms after it was asked for")
        return new

    def _write(self, props: Props, producer: Producer, when: str) -> None:
        written, errors = write(producer, TRANSACTIONS, [b'{"payout": 1}'] * RECORDS)
        props.ledger.enter(OWNER, TRANSACTIONS, "Write", written)
        what = f"no record is lost: {when}"
        props.outcome.expect(what, not errors and len(written) == RECORDS, errors[:1])
        props.stage.tell(f"{OWNER} wrote {len(written)} records {when}", Tone.ALLOWED)

    def _measure(self, props: Props, verb: str, live: Live, since: int | None) -> None:
        """How long after the end of its password the connection was closed."""
        props.stage.progress(f"waiting for the end of a connection ({verb})")
        live.join(WAIT_SECONDS_MAX)
        took = None if since is None or live.closed_at is None else live.closed_at - since
        what = f"{verb}: the connection is closed within {ENDED_MILLISECONDS_MAX} ms"
        prompt = took is not None and 0 <= took <= ENDED_MILLISECONDS_MAX
        props.outcome.expect(what, prompt, f"{took} ms")
        after = {
            "revoke": "the entry of the revocation",
            "rotate": "the end of the overlap",
            "expire": "the end of its time",
        }[verb]
        text = f"{verb}: the connection was closed {took} ms after {after}"
        props.stage.tell(text, Tone.DENIED)

    def _stay_out(self, props: Props, *held: Held) -> None:
        for each in held:
            with tls(props.folder, props.folder.port) as connection:
                code = connection.login(OWNER, each.password)
            what = "a password that has ended no longer opens"
            props.outcome.expect(what, code == SASL_AUTHENTICATION_FAILED, code)


def _change(change: str, credential: str) -> Any:
    def wanted(event: Event) -> bool:
        streaming = event.streaming
        return (
            streaming.kind == Kind.ACCOUNT_CHANGE
            and streaming.credential == credential
            and streaming.account is not None
            and streaming.account.change == change
        )

    return wanted
