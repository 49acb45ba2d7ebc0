"""What an issuer says of an opaque token (RFC 7662), kept for a short while."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from urllib.parse import quote_plus

import msgspec

from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument
from streamward.identity.ports import ReadSecret
from streamward.identity.token_issuers.web import IssuerUnreachable, IssuerWeb
from streamward.model.token_issuer import Introspection, TokenIssuer

ANSWERS_MAX: Final = 10_000
ASKED_MAX: Final = 16
"""Questions to one issuer at a time: whoever shows tokens must not flood it."""

ANSWER_BYTES_MAX: Final = 64 * 1024


class _Said(msgspec.Struct, frozen=True):
    active: bool
    exp: float | None = None


class IssuerAnswers:
    """Asks one issuer about tokens; remembers answers, and never a token."""

    def __init__(
        self,
        issuer: TokenIssuer,
        web: IssuerWeb,
        read_secret: ReadSecret,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._issuer, self._web, self._read_secret, self._clock = issuer, web, read_secret, clock
        self._turn = asyncio.Semaphore(ASKED_MAX)
        self._answers: OrderedDict[bytes, tuple[int, bytes]] = OrderedDict()

    async def ask(self, token: str) -> bytes:
        """The issuer's answer, for the data plane to judge.

        Raises IssuerUnreachable, or what the client's secret can't be had for.
        """
        introspection = self._issuer.introspection
        if introspection is None:
            raise InvalidArgument(f"the token issuer `{self._issuer.name}` is not asked")
        key = hashlib.sha256(token.encode()).digest()
        known = self._answers.get(key)
        if known is not None and known[0] > self._clock():
            return known[1]
        async with self._turn:
            # A secret store may have to be asked.
            credentials = await asyncio.to_thread(self._credentials, introspection)
            form = {"token": token, "token_type_hint": "access_token"}
            answer = await self._web.post(introspection.url, form, credentials)
        body = answer.body or b""
        self._keep(key, body, introspection)
        return body

    def _credentials(self, introspection: Introspection) -> tuple[str, str]:
        # RFC 6749, section 2.3.1: both are encoded as in a form.
        secret = self._read_secret(introspection.client_secret).decode().rstrip()
        return quote_plus(introspection.client_id), quote_plus(secret)

    def _keep(self, key: bytes, body: bytes, introspection: Introspection) -> None:
        if len(body) > ANSWER_BYTES_MAX:
            raise IssuerUnreachable(f"`{introspection.url}` said too much of a token")
        try:
            said = msgspec.json.decode(body, type=_Said)
        except msgspec.DecodeError as error:
            what = f"`{introspection.url}` said of a token what is no answer"
            raise IssuerUnreachable(what) from error
        until = self._clock() + introspection.cache
        if said.active and said.exp is not None:
            until = min(until, int(min(said.exp, 1e12) * 1_000))
        self._answers[key] = (until, body)
        self._answers.move_to_end(key)
        while len(self._answers) > ANSWERS_MAX:
            self._answers.popitem(last=False)
