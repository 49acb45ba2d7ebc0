"""The data keys of one process: made ahead of their end, kept while they may be, never shared."""

import base64
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from streamward import clock
from streamward._core import DataKey
from streamward.errors import StreamwardError, Unavailable
from streamward.forks import PerProcess
from streamward.log import Logger
from streamward.sdk.ports import KeySource, NotSealable, RecordRefused
from streamward.sdk.turns import Turns

log = Logger(__name__)

OPENED_KEYS_MAX: Final = 10_000
"""Keys that are kept for opening; the one that was used longest ago goes first."""

UNKNOWN_MILLISECONDS: Final = 5_000
"""For how long a key that nobody knew is not asked for again: a record can name any."""

RETRY_MILLISECONDS: Final = 1_000
"""How soon after an answer, or none, the same is asked again while the key at hand serves."""

CONFIRM_MILLISECONDS: Final = 60_000
"""For how long a key seals, and the deterministic one serves, until it is asked whether it still
may: nobody tells a program that its ring was revoked or destroyed.
"""


SEALING_KEYS_MAX: Final = 1_000
"""Keys of each kind that are kept for sealing; the one that was used longest ago goes first."""


T = TypeVar("T")
V = TypeVar("V")


@dataclass(slots=True)
class _Sealing:
    key: DataKey
    refresh: int | None
    expires: int | None
    granted_until: int | None
    """Nobody else but a door says so; asked in time, it says a later one."""
    confirm: int
    """When it is asked for again whether it may seal."""

    def ended(self, now: int) -> bool:
        return any(end is not None and now >= end for end in (self.expires, self.granted_until))

    def serves(self, now: int, parts: int) -> bool:
        return self.key.left >= parts and not self.ended(now)


@dataclass(slots=True)
class _Opening:
    key: DataKey | None
    """None: it opens for nobody."""
    refresh: int
    until: int


_Place = tuple[str, str]
"""A stream, or "" where all of a ring share a key, and the ring."""


class _Held:
    """The keys that one process has. The lock is never held while somebody is asked."""

    def __init__(self) -> None:
        self.lock: Final = threading.Lock()
        self.turns: Final = Turns()
        self.sealing: OrderedDict[_Place, _Sealing] = OrderedDict()
        self.deterministic: OrderedDict[_Place, _Sealing] = OrderedDict()
        self.opening: OrderedDict[tuple[str, bytes], _Opening] = OrderedDict()

    def get(self, among: OrderedDict[tuple[str, T], V], place: tuple[str, T]) -> V | None:
        with self.lock:
            found = among.get(place)
            if found is not None:
                among.move_to_end(place)
            return found

    def keep(
        self, among: OrderedDict[tuple[str, T], V], place: tuple[str, T], one: V, most: int
    ) -> None:
        with self.lock:
            among[place] = one
            among.move_to_end(place)
            while len(among) > most:
                among.popitem(last=False)

    def drop(self, among: OrderedDict[tuple[str, T], V], place: tuple[str, T]) -> None:
        with self.lock:
            among.pop(place, None)


class KeyRings:
    """Data keys by ring for sealing, and by name for opening. May be used from several threads.

    Methods block where a key has to be asked for, but for questions about other keys they don't;
    they raise what the source raises. A process that is forked has none of these keys, and asks for
    its own.
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
        self._held = PerProcess(_Held)

    def sealing(self, ring: str, parts: int, stream: str = "") -> DataKey:
        """A key that can seal so many more parts of a record. Raises NotSealable where none can."""
        held, place = self._held.value, (self._scope(stream), ring)

        def known() -> DataKey | None:
            found, now = held.get(held.sealing, place), self._now()
            if found is None or now >= found.confirm or not found.serves(now, parts):
                return None
            return found.key if found.refresh is None or now < found.refresh else None

        return known() or held.turns.ask(
            ("sealing", place), known, lambda: self._next(held, place, stream, parts)
        )

    def deterministic(self, ring: str, stream: str = "") -> DataKey:
        """The key with which equal keys of records seal to equal bytes."""
        held, place = self._held.value, (self._scope(stream), ring)

        def known() -> DataKey | None:
            found, now = held.get(held.deterministic, place), self._now()
            if found is None or now >= found.confirm or found.ended(now):
                return None
            return found.key

        def asked() -> DataKey:
            # SECURITY: it has no end of its own, so it serves no longer without an answer.
            held.drop(held.deterministic, place)
            made = self._made(self._source.deterministic_key, ring, stream)
            held.keep(held.deterministic, place, made, SEALING_KEYS_MAX)
            return made.key

        return known() or held.turns.ask(("deterministic", place), known, asked)

    def opening(self, kid: bytes, stream: str = "") -> DataKey:
        """The key that an envelope names. Raises RecordRefused for one that opens for nobody."""
        held, place = self._held.value, (self._scope(stream), kid)

        def known() -> _Opening | None:
            found = held.get(held.opening, place)
            return None if found is None or self._now() >= found.refresh else found

        found = known() or held.turns.ask(
            ("opening", place), known, lambda: self._opened(held, place, stream)
        )
        if found.key is None:
            raise RecordRefused("an envelope of an unknown key: it is foreign, or was shredded")
        return found.key

    def forget(self) -> None:
        """Let go of every key; they are asked for again when they are needed.

        What somebody is asking for at this moment serves that one, and is not kept.
        """
        self._held.renew()

    def _scope(self, stream: str) -> str:
        return stream if self._by_stream else ""

    def _next(self, held: _Held, place: _Place, stream: str, parts: int) -> DataKey:
        ring = place[1]
        found = held.get(held.sealing, place)
        if found is not None and self._now() >= found.confirm:
            found = self._confirmed(held, place, found, stream)
        now = self._now()
        usable = found is not None and found.serves(now, parts)
        if found is not None and usable and (found.refresh is None or now < found.refresh):
            return found.key
        try:
            made = self._made(self._source.data_key, ring, stream)
        except StreamwardError as error:
            now = self._now()
            if found is None or not found.serves(now, parts):
                raise
            # SECURITY: the key at hand serves until its end, and not a record longer.
            log.warning("no new data key yet", target=ring, code=error.code, cause=error)
            found.refresh = now + RETRY_MILLISECONDS
            return found.key
        # Before others have it, and seal with it.
        fits = made.key.left >= parts
        held.keep(held.sealing, place, made, SEALING_KEYS_MAX)
        if not fits:
            what = f"a record of {parts} sealed parts, and a key of the ring `{ring}` seals fewer"
            raise NotSealable(what)
        return made.key

    def _confirmed(
        self, held: _Held, place: _Place, found: _Sealing, stream: str
    ) -> _Sealing | None:
        """The key at hand, where it may still seal; None: another must be asked for."""
        question, asked = {"kid": found.key.kid.hex(), "stream": stream}, self._now()
        try:
            answer = self._source.confirm_key(question)
        except Unavailable as error:
            # As in a gateway: while nobody answers, a data key serves until its end.
            ring = place[1]
            log.warning("a data key is not confirmed", target=ring, code=error.code, cause=error)
            found.confirm = self._now() + RETRY_MILLISECONDS
            return found
        except StreamwardError:
            held.drop(held.sealing, place)
            raise
        if answer.get("unknown"):
            # SECURITY: it was revoked or shredded. What its ring says now decides.
            held.drop(held.sealing, place)
            return None
        found.granted_until = answer.get("granted_until")
        found.confirm = _confirm(answer, asked, self._now())
        return found

    def _made(
        self, ask: Callable[[Mapping[str, Any]], Mapping[str, Any]], ring: str, stream: str
    ) -> _Sealing:
        asked = self._now()
        answer = ask({"ring": ring, "stream": stream})
        now = self._now()
        made = _Sealing(
            key=_data_key(ring, answer),
            refresh=answer.get("refresh"),
            expires=answer.get("expires"),
            granted_until=answer.get("granted_until"),
            confirm=_confirm(answer, asked, now),
        )
        if made.ended(now):
            raise Unavailable(f"the answer about the ring `{ring}` took longer than it holds for")
        return made

    def _opened(self, held: _Held, place: tuple[str, bytes], stream: str) -> _Opening:
        kid, before = place[1], held.get(held.opening, place)
        try:
            answer = self._source.open_key({"kid": kid.hex(), "stream": stream})
        except Unavailable as error:
            now = self._now()
            if before is None or before.key is None or now >= before.until:
                held.drop(held.opening, place)
                raise
            log.warning("a data key is not granted anew yet", code=error.code, cause=error)
            found = replace(before, refresh=min(now + RETRY_MILLISECONDS, before.until))
        except StreamwardError:
            # SECURITY: whoever may no longer open lets go of the key at once.
            held.drop(held.opening, place)
            raise
        else:
            found = _opening(kid, answer, self._now())
        held.keep(held.opening, place, found, OPENED_KEYS_MAX)
        return found


def _opening(kid: bytes, answer: Mapping[str, Any], now: int) -> _Opening:
    if answer.get("unknown"):
        until = now + UNKNOWN_MILLISECONDS
        return _Opening(None, until, until)
    until = int(answer["until"])
    # What was granted ends then; without a grant it only says how long the answer is kept.
    if "granted_until" in answer and now >= until:
        raise Unavailable("the answer about a data key took longer than it holds for")
    key = base64.b64decode(answer["key"])
    opened = DataKey(kid, answer["ring"], answer["ring_version"], key, 0)
    refresh = max(int(answer.get("granted_refresh", until)), now + RETRY_MILLISECONDS)
    return _Opening(opened, min(refresh, until), until)


def _confirm(answer: Mapping[str, Any], asked: int, now: int) -> int:
    """Counted from when it was asked, for somebody may have revoked the ring since; and never so
    early that each record would be a question where answers are slow.
    """
    at = asked + CONFIRM_MILLISECONDS
    return max(min(at, int(answer.get("granted_refresh", at))), now + RETRY_MILLISECONDS)


def _data_key(ring: str, answer: Mapping[str, Any]) -> DataKey:
    return DataKey(
        bytes.fromhex(answer["kid"]),
        ring,
        answer["ring_version"],
        base64.b64decode(answer["key"]),
        answer["records_max"],
    )
