"""Keys through the control door over mutual TLS: a program needs a certificate and no bundle."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from streamward import clock
from streamward.errors import StreamwardError, Unavailable
from streamward.forks import PerProcess
from streamward.log import Logger
from streamward.model.sealing import Sealing
from streamward.sdk.door_client import Door, DoorConfused, DoorUnavailable
from streamward.sdk.ports import Operation
from streamward.sdk.sealer import Sealer
from streamward.sdk.streams import SealedStream
from streamward.sdk.turns import Turns

log = Logger(__name__)

STREAMS_MAX: Final = 1_000
"""Streams that are known; the one that was used longest ago goes first."""
RETRY_MILLISECONDS: Final = 1_000
"""How soon after an answer, or none, the same is asked again while what was answered holds."""

_SEALED: Final = ("ring", "value", "key", "headers", "partition_bound", "accepts_from")
_BY: Final = ("sealed_by", "opened_by")
_sealing: Final = TypeAdapter(Sealing)


def sealer_through(
    address: str, *, certificate: Path, key: Path, authority: Path, timeout_seconds: float = 10.0
) -> Sealer:
    """Seals and opens with keys that the control door at `host:port` grants.

    `certificate` and `key` (PEM) prove who the program is, `authority` (PEM) who the door is; they
    are read anew for each request, so that they can be renewed. Raises InvalidArgument for an
    address that is none; nothing is asked before the first record.
    """
    door = Door(address, certificate, key, authority, timeout_seconds)
    return Sealer(DoorStreams(door), DoorKeys(door), by_stream=True)


def _local(answer: Mapping[str, Any], name: str, asked: int) -> int:
    """A time of the answer by this machine's clock, and rather too early: as if the door had
    answered when it was asked.
    """
    try:
        return asked + int(answer[name]) - int(answer["now"])
    except (KeyError, TypeError, ValueError) as error:
        raise DoorConfused(f"the door's answer has no `{name}`") from error


@dataclass(slots=True)
class _Known:
    stream: SealedStream | None
    refresh: int
    until: int


_Place = tuple[str, Operation]


class _Held:
    """What one process knows. The lock is never held while the door is asked."""

    def __init__(self) -> None:
        self.turns: Final = Turns()
        self._lock: Final = threading.Lock()
        self._known: OrderedDict[_Place, _Known] = OrderedDict()

    def get(self, place: _Place) -> _Known | None:
        with self._lock:
            found = self._known.get(place)
            if found is not None:
                self._known.move_to_end(place)
            return found

    def keep(self, place: _Place, known: _Known) -> None:
        with self._lock:
            self._known[place] = known
            self._known.move_to_end(place)
            while len(self._known) > STREAMS_MAX:
                self._known.popitem(last=False)

    def drop(self, place: _Place) -> None:
        with self._lock:
            self._known.pop(place, None)


class DoorStreams:
    """How streams are sealed, as the door says; asked again before what it said ends.

    May be used from several threads; those that ask about one stream hold up no other's.
    """

    def __init__(
        self, door: Door, now_milliseconds: Callable[[], int] = clock.now_milliseconds
    ) -> None:
        self._door = door
        self._now = now_milliseconds
        self._held = PerProcess(_Held)

    def of(self, topic: str, operation: Operation) -> SealedStream | None:
        """How a topic is sealed; None: it is not. Raises what the door raises."""
        held, place = self._held.value, (topic, operation)

        def known() -> _Known | None:
            found = held.get(place)
            return None if found is None or self._now() >= found.refresh else found

        found = known() or held.turns.ask(place, known, lambda: self._asked(held, place))
        return found.stream

    def _asked(self, held: _Held, place: _Place) -> _Known:
        topic, operation = place
        before, asked = held.get(place), self._now()
        try:
            answer = self._door.ask(topic, operation)
        except Unavailable as error:
            now = self._now()
            if before is None or now >= before.until:
                held.drop(place)
                raise
            log.warning("a stream is not asked about yet", target=topic, cause=error)
            known = replace(before, refresh=min(now + RETRY_MILLISECONDS, before.until))
        except StreamwardError:
            held.drop(place)
            raise
        else:
            known = _known(topic, answer, asked, self._now())
        held.keep(place, known)
        return known


def _known(topic: str, answer: Mapping[str, Any], asked: int, now: int) -> _Known:
    stream = answer.get("stream")
    until = _local(answer, "until", asked)
    if now >= until:
        raise DoorUnavailable(f"the door's answer about `{topic}` took longer than it holds for")
    refresh = max(_local(answer, "refresh", asked), now + RETRY_MILLISECONDS)
    return _Known(None if stream is None else _stream(topic, stream), min(refresh, until), until)


def _stream(topic: str, terms: Mapping[str, Any]) -> SealedStream:
    try:
        seal = _sealing.validate_python({name: terms[name] for name in (*_SEALED, *_BY)})
        return SealedStream(
            name=topic,
            is_prefix=False,
            tenant=terms["tenant"],
            cluster=terms["cluster"],
            data_class=terms["data_class"],
            seal=seal,
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise DoorConfused(f"the door says of `{topic}` what this version can't read") from error


class DoorKeys:
    """Data keys, each granted for one stream and for minutes (a KeySource)."""

    def __init__(
        self, door: Door, now_milliseconds: Callable[[], int] = clock.now_milliseconds
    ) -> None:
        self._door = door
        self._now = now_milliseconds

    def data_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """A new data key of a stream's ring, for this process and nobody else."""
        return self._made(question, "data_key")

    def deterministic_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """The one deterministic key of a stream's ring."""
        return self._made(question, "deterministic_key")

    def confirm_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Whether a data key may seal for longer, and until when."""
        return self._named(question, "seal")

    def open_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """A data key by its name, or `{"unknown": True}`."""
        return self._named(question, "open")

    def _made(self, question: Mapping[str, Any], what: str) -> Mapping[str, Any]:
        stream, asked = str(question["stream"]), self._now()
        answer = self._door.ask(stream, "seal", **{what: True})
        terms = answer.get("stream") or {}
        if terms.get("ring") != question["ring"]:
            raise Unavailable(f"`{stream}` was declared anew meanwhile: try again")
        key = answer.get(what)
        if not isinstance(key, dict):
            raise DoorConfused(f"the door's answer has no `{what}`")
        expires = None
        if key.get("expires") is not None:
            expires = _local({**answer, "expires": key["expires"]}, "expires", asked)
        return {**key, "expires": expires, "refresh": None, **_granted(answer, asked)}

    def _named(self, question: Mapping[str, Any], operation: Operation) -> Mapping[str, Any]:
        stream, kid, asked = str(question["stream"]), str(question["kid"]), self._now()
        answer = self._door.ask(stream, operation, keys=[kid])
        terms, key = answer.get("stream"), (answer.get("keys") or {}).get(kid)
        if terms is None or not isinstance(key, dict) or key.get("unknown"):
            return {"unknown": True}
        granted = _granted(answer, asked)
        return {
            **key,
            "ring": terms["ring"],
            "until": granted["granted_until"],
            **granted,
        }


def _granted(answer: Mapping[str, Any], asked: int) -> dict[str, int]:
    return {
        "granted_until": _local(answer, "until", asked),
        "granted_refresh": _local(answer, "refresh", asked),
    }
