"""The keys of one issuer: when they are read, and what is done when they can't be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from streamward.clock import now_milliseconds
from streamward.errors import StreamwardError
from streamward.identity.ports import TokenPlane
from streamward.identity.token_issuers.discovery import discovery_url, jwks_url
from streamward.identity.token_issuers.documents import KeySupply, source_of
from streamward.identity.token_issuers.web import IssuerUnreachable, IssuerWeb
from streamward.model.token_issuer import TokenIssuer

REFRESH_SECONDS_MIN: Final = 30
"""However short an issuer says that its keys may be kept."""

ASKED_SECONDS_MIN: Final = 5
"""Between two reads because of tokens with unknown keys, which anybody can send."""

BACK_OFF_SECONDS: Final = 1
BACK_OFF_SECONDS_MAX: Final = 60

Jitter = Callable[[], float]
"""A number from 0 to 1, so that a fleet of gateways doesn't ask all at once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of reading the keys; `changed` where it isn't what came of it before."""

    succeeded: bool
    reason: str
    changed: bool


class IssuerKeys:
    """Reads the keys of one issuer and supplies them to the data plane."""

    def __init__(
        self,
        issuer: TokenIssuer,
        web: IssuerWeb,
        plane: TokenPlane,
        jitter: Jitter,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self.issuer = issuer
        self._web, self._plane, self._jitter, self._clock = web, plane, jitter, clock
        self._url = issuer.jwks_url
        self._body: bytes | None = None
        self._entity_tag: str | None = None
        self._failures = 0
        self._told: tuple[bool, str] | None = None
        self._asked_at: int | None = None
        self.next_at = 0
        """When the keys are to be read again, ms since 1970."""

    def may_be_asked(self) -> bool:
        """Whether a token with an unknown key is a reason to read the keys now; then it is one."""
        now = self._clock()
        if self._asked_at is not None and now - self._asked_at < ASKED_SECONDS_MIN * 1_000:
            return False
        self._asked_at = now
        return True

    def read_now(self) -> None:
        """Whatever was planned, it is time to read the keys."""
        self.next_at = 0

    async def refresh(self) -> Outcome:
        """Read the keys and supply them. What fails leaves the old ones, until they are too old."""
        try:
            age, count = await self._read()
        except StreamwardError as error:
            return self._failed(str(error))
        self._failures = 0
        longest = self.issuer.refresh // 1_000
        seconds = longest if age is None else min(max(age, REFRESH_SECONDS_MIN), longest)
        self.next_at = self._clock() + int(1_000 * seconds * (1 - self._jitter() / 10))
        return self._outcome(succeeded=True, reason=f"{count} keys of `{self._url}` are in force")

    async def _read(self) -> tuple[int | None, int]:
        if self._url is None:
            document = await self._web.get(discovery_url(self.issuer.issuer))
            self._url = jwks_url(document.body or b"", self.issuer.issuer)
        answer = await self._web.get(self._url, self._entity_tag if self._body else None)
        body = self._body if answer.body is None else answer.body
        if body is None:
            raise IssuerUnreachable(f"`{self._url}` sent no keys")
        count = self._supply(body)
        self._body, self._entity_tag = body, answer.entity_tag
        return answer.max_age_seconds, count

    def _supply(self, body: bytes) -> int:
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise IssuerUnreachable(f"`{self._url}` sent what is no text") from error
        supply = KeySupply(
            name=self.issuer.name,
            issuer=self.issuer.issuer,
            source=source_of(self.issuer),
            keys=text,
            stale_milliseconds=self._clock() + self.issuer.keys_age_max,
        )
        return self._plane.supply_keys(msgspec.json.encode(supply))

    def _failed(self, reason: str) -> Outcome:
        self._failures += 1
        if self.issuer.jwks_url is None:
            self._url = None  # it may have moved
        seconds = min(BACK_OFF_SECONDS * 2 ** min(self._failures - 1, 10), BACK_OFF_SECONDS_MAX)
        self.next_at = self._clock() + int(1_000 * seconds * (1 - self._jitter() / 2))
        return self._outcome(succeeded=False, reason=reason)

    def _outcome(self, *, succeeded: bool, reason: str) -> Outcome:
        changed = (succeeded, reason) != self._told
        self._told = (succeeded, reason)
        return Outcome(succeeded, reason, changed)
