"""The data keys of one process: made ahead of their end, kept while they may be, never shared."""

import base64
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from streamward import clock
from streamward._core import DataKey
from streamward.errors import StreamwardError, Unavailable
from streamward.log import Logger
from streamward.sdk.ports import KeySource, RecordRefused

log = Logger(__name__)

OPENED_KEYS_MAX: Final = 10_000
"""Keys that are kept for opening; the one that was used longest ago goes first."""

UNKNOWN_MILLISECONDS: Final = 5_000
"""For how long a key that nobody knew is not asked for again: a record can name any."""

RETRY_MILLISECONDS: Final = 1_000
"""After a failure to make the next key, while the present one still serves."""

CONFIRM_MILLISECONDS: Final = 60_000
"""For how long a key seals, and the deterministic one serves, until it is asked whether it still
may: nobody tells a program that its ring was revoked or destroyed.
"""


SEALING_KEYS_MAX: Final = 1_000
"""Keys of each kind that are kept for sealing; the one that was used longest ago goes first."""


@dataclass(slots=True)
class _Sealing:
    key: DataKey
    refresh: int | None
    expires: int | None
    granted_until: int | None
    """Nobody else but a door says so; asked in time, it says a later one."""
    confirm: int
    """When it is asked for again whether it may seal."""


@dataclass(slots=True)
class _Opening:
    key: DataKey | None
    """None: it opens for nobody."""
    refresh: int
    until: int


_Place = tuple[str, str]
"""A stream, or "" where all of a ring share a key, and the ring."""


class KeyRings:
    """Data keys by ring for sealing, and by name for opening. May be used from several threads.

    Methods block where a key has to be asked for; they raise what the source raises.
    """

    def __init__(
        self,
        source: KeySource,
        now_milliseconds: Callable[[], int] = clock.now_milliseconds,
        *,
        by_stream: bool = False,
    ) -> None:
        """With `by_stream` a key that was got for one stream is used for no other."""
        self._source = source
        self._now = now_milliseconds
        self._by_stream = by_stream
        self._lock = threading.Lock()
        self._sealing: OrderedDict[_Place, _Sealing] = OrderedDict()
        self._deterministic: OrderedDict[_Place, _Sealing] = OrderedDict()
        self._opening: OrderedDict[tuple[str, bytes], _Opening] = OrderedDict()

    def sealing(self, ring: str, parts: int, stream: str = "") -> DataKey:
        """A key that can seal so many more parts of a record."""
        place = (self._scope(stream), ring)
        with self._lock:
            now = self._now()
            held = self._confirmed(place, stream, now)
            usable = held is not None and _serves(held, now, parts)
            if held is not None and usable and (held.refresh is None or now < held.refresh):
                self._sealing.move_to_end(place)
                return held.key
            try:
                made = self._made(ring, stream)
            except StreamwardError as error:
                if held is None or not usable:
                    raise
                # SECURITY: the key at hand serves until its end, and not a record longer.
                log.warning("no new data key yet", target=ring, code=error.code, cause=error)
                held.refresh = now + RETRY_MILLISECONDS
                return held.key
            _keep(self._sealing, place, made)
            return made.key

    def deterministic(self, ring: str, stream: str = "") -> DataKey:
        """The key with which equal keys of records seal to equal bytes."""
        place = (self._scope(stream), ring)
        with self._lock:
            now = self._now()
            held = self._deterministic.get(place)
            if held is None or now >= held.confirm:
                # SECURITY: it has no end of its own, so it serves no longer without an answer.
                self._deterministic.pop(place, None)
                answer = self._source.deterministic_key({"ring": ring, "stream": stream})
                held = _sealing(ring, answer, now)
                _keep(self._deterministic, place, held)
            self._deterministic.move_to_end(place)
            return held.key

    def opening(self, kid: bytes, stream: str = "") -> DataKey:
        """The key that an envelope names. Raises RecordRefused for one that opens for nobody."""
        place = (self._scope(stream), kid)
        with self._lock:
            now = self._now()
            held = self._opening.get(place)
            if held is None or now >= held.refresh:
                held = self._opening[place] = self._asked(place, stream, held, now)
                while len(self._opening) > OPENED_KEYS_MAX:
                    self._opening.popitem(last=False)
            self._opening.move_to_end(place)
            if held.key is None:
                raise RecordRefused("an envelope of an unknown key: it is foreign, or was shredded")
            return held.key

    def forget(self) -> None:
        """Let go of every key; they are asked for again when they are needed."""
        with self._lock:
            self._sealing.clear()
            self._deterministic.clear()
            self._opening.clear()

    def _scope(self, stream: str) -> str:
        return stream if self._by_stream else ""

    def _confirmed(self, place: _Place, stream: str, now: int) -> _Sealing | None:
        """The key at hand, where it may still seal; None: another must be asked for."""
        found = self._sealing.get(place)
        if found is None or now < found.confirm:
            return found
        question = {"kid": found.key.kid.hex(), "stream": stream}
        try:
            answer = self._source.confirm_key(question)
        except Unavailable as error:
            # As in a gateway: while nobody answers, a data key serves until its end.
            ring = place[1]
            log.warning("a data key is not confirmed", target=ring, code=error.code, cause=error)
            found.confirm = now + RETRY_MILLISECONDS
            return found
        except StreamwardError:
            del self._sealing[place]
            raise
        if answer.get("unknown"):
            # SECURITY: it was revoked or shredded. What its ring says now decides.
            del self._sealing[place]
            return None
        found.granted_until, found.confirm = answer.get("granted_until"), _confirm(answer, now)
        return found

    def _made(self, ring: str, stream: str) -> _Sealing:
        now = self._now()
        return _sealing(ring, self._source.data_key({"ring": ring, "stream": stream}), now)

    def _asked(
        self, place: tuple[str, bytes], stream: str, held: _Opening | None, now: int
    ) -> _Opening:
        kid = place[1]
        try:
            answer = self._source.open_key({"kid": kid.hex(), "stream": stream})
        except Unavailable as error:
            if held is None or held.key is None or now >= held.until:
                self._opening.pop(place, None)
                raise
            log.warning("a data key is not granted anew yet", code=error.code, cause=error)
            return replace(held, refresh=min(now + RETRY_MILLISECONDS, held.until))
        except StreamwardError:
            # SECURITY: whoever may no longer open lets go of the key at once.
            self._opening.pop(place, None)
            raise
        if answer.get("unknown"):
            until = now + UNKNOWN_MILLISECONDS
            return _Opening(None, until, until)
        key = base64.b64decode(answer["key"])
        opened = DataKey(kid, answer["ring"], answer["ring_version"], key, 0)
        until = answer["until"]
        return _Opening(opened, answer.get("granted_refresh", until), until)


def _keep(held: OrderedDict[_Place, _Sealing], place: _Place, made: _Sealing) -> None:
    held[place] = made
    held.move_to_end(place)
    while len(held) > SEALING_KEYS_MAX:
        held.popitem(last=False)


def _serves(held: _Sealing, now: int, parts: int) -> bool:
    ends = (held.expires, held.granted_until)
    return held.key.left >= parts and all(end is None or now < end for end in ends)


def _confirm(answer: Mapping[str, Any], now: int) -> int:
    at = now + CONFIRM_MILLISECONDS
    return min(at, int(answer.get("granted_refresh", at)))


def _sealing(ring: str, answer: Mapping[str, Any], now: int) -> _Sealing:
    return _Sealing(
        key=_data_key(ring, answer),
        refresh=answer.get("refresh"),
        expires=answer.get("expires"),
        granted_until=answer.get("granted_until"),
        confirm=_confirm(answer, now),
    )


def _data_key(ring: str, answer: Mapping[str, Any]) -> DataKey:
    return DataKey(
        bytes.fromhex(answer["kid"]),
        ring,
        answer["ring_version"],
        base64.b64decode(answer["key"]),
        answer["records_max"],
    )
