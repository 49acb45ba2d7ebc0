"""The data keys of one process: made ahead of their end, kept while they may be, never shared."""

import base64
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(slots=True)
class _Sealing:
    key: DataKey
    refresh: int | None
    expires: int | None
    confirm: int
    """When it is asked for again whether it may seal."""


class KeyRings:
    """Data keys by ring for sealing, and by name for opening. May be used from several threads.

    Methods block where a key has to be asked for; they raise what the source raises.
    """

    def __init__(
        self, source: KeySource, now_milliseconds: Callable[[], int] = clock.now_milliseconds
    ) -> None:
        self._source = source
        self._now = now_milliseconds
        self._lock = threading.Lock()
        self._sealing: dict[str, _Sealing] = {}
        self._deterministic: dict[str, _Sealing] = {}
        self._opening: OrderedDict[bytes, tuple[DataKey | None, int]] = OrderedDict()

    def sealing(self, ring: str, parts: int) -> DataKey:
        """A key that can seal so many more parts of a record."""
        with self._lock:
            now = self._now()
            held = self._confirmed(self._sealing, ring, now)
            usable = held is not None and _serves(held, now, parts)
            if held is not None and usable and (held.refresh is None or now < held.refresh):
                return held.key
            try:
                made = self._made(ring)
            except StreamwardError as error:
                if held is None or not usable:
                    raise
                # SECURITY: the key at hand serves until its end, and not a record longer.
                log.warning("no new data key yet", target=ring, code=error.code, cause=error)
                held.refresh = now + RETRY_MILLISECONDS
                return held.key
            self._sealing[ring] = made
            return made.key

    def deterministic(self, ring: str) -> DataKey:
        """The key with which equal keys of records seal to equal bytes."""
        with self._lock:
            now = self._now()
            held = self._deterministic.get(ring)
            if held is None or now >= held.confirm:
                # SECURITY: it has no end of its own, so it serves no longer without an answer.
                self._deterministic.pop(ring, None)
                answer = self._source.deterministic_key({"ring": ring})
                held = self._deterministic[ring] = _sealing(ring, answer, now)
            return held.key

    def opening(self, kid: bytes) -> DataKey:
        """The key that an envelope names. Raises RecordRefused for one that opens for nobody."""
        with self._lock:
            now = self._now()
            held = self._opening.get(kid)
            if held is None or now >= held[1]:
                held = self._opening[kid] = self._asked(kid, now)
                while len(self._opening) > OPENED_KEYS_MAX:
                    self._opening.popitem(last=False)
            self._opening.move_to_end(kid)
            if held[0] is None:
                raise RecordRefused("an envelope of an unknown key: it is foreign, or was shredded")
            return held[0]

    def forget(self) -> None:
        """Let go of every key; they are asked for again when they are needed."""
        with self._lock:
            self._sealing.clear()
            self._deterministic.clear()
            self._opening.clear()

    def _confirmed(self, held: dict[str, _Sealing], ring: str, now: int) -> _Sealing | None:
        """The key at hand, where it may still seal; None: another must be asked for."""
        found = held.get(ring)
        if found is None or now < found.confirm:
            return found
        try:
            answer = self._source.open_key({"kid": found.key.kid.hex()})
        except Unavailable as error:
            # As in a gateway: while nobody answers, a data key serves until its end.
            log.warning("a data key is not confirmed", target=ring, code=error.code, cause=error)
            found.confirm = now + RETRY_MILLISECONDS
            return found
        except StreamwardError:
            del held[ring]
            raise
        if answer.get("unknown"):
            # SECURITY: it was revoked or shredded. What its ring says now decides.
            del held[ring]
            return None
        found.confirm = now + CONFIRM_MILLISECONDS
        return found

    def _made(self, ring: str) -> _Sealing:
        return _sealing(ring, self._source.data_key({"ring": ring}), self._now())

    def _asked(self, kid: bytes, now: int) -> tuple[DataKey | None, int]:
        answer = self._source.open_key({"kid": kid.hex()})
        if answer.get("unknown"):
            return None, now + UNKNOWN_MILLISECONDS
        key = base64.b64decode(answer["key"])
        return DataKey(kid, answer["ring"], answer["ring_version"], key, 0), answer["until"]


def _serves(held: _Sealing, now: int, parts: int) -> bool:
    return held.key.left >= parts and (held.expires is None or now < held.expires)


def _sealing(ring: str, answer: Mapping[str, Any], now: int) -> _Sealing:
    key = _data_key(ring, answer)
    confirm = now + CONFIRM_MILLISECONDS
    return _Sealing(key, answer.get("refresh"), answer.get("expires"), confirm)


def _data_key(ring: str, answer: Mapping[str, Any]) -> DataKey:
    return DataKey(
        bytes.fromhex(answer["kid"]),
        ring,
        answer["ring_version"],
        base64.b64decode(answer["key"]),
        answer["records_max"],
    )
