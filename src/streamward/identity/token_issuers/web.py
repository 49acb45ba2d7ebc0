"""HTTP towards an issuer: bounded in bytes and time, never redirected, never through a proxy."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from streamward.errors import Unavailable
from streamward.lazy import lazy

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy("httpx")

BODY_BYTES_MAX: Final = 512 * 1024
REQUEST_SECONDS_MAX: Final = 4.0
"""Less than the data plane waits for an answer."""

_OK: Final = 200
_NOT_MODIFIED: Final = 304


class IssuerUnreachable(Unavailable):
    """An issuer gave no answer, or none that can be used."""

    code = "token_issuer.unreachable"
    help = "Look at `issuer`, `jwks_url` and `ca` of the TokenIssuer, and whether it is up."


@dataclass(frozen=True, slots=True)
class Answer:
    """What an issuer said. `body` is None where nothing changed since the entity tag."""

    body: bytes | None
    entity_tag: str | None
    max_age_seconds: int | None


class IssuerWeb:
    """A client for one issuer; `authorities` (PEM) replace those that the system trusts."""

    def __init__(self, authorities: bytes | None) -> None:
        self._trust = ssl.create_default_context(
            cadata=authorities.decode() if authorities is not None else None
        )
        self._trust.minimum_version = ssl.TLSVersion.TLSv1_2

    async def get(self, url: str, entity_tag: str | None = None) -> Answer:
        """The document at a URL. Raises IssuerUnreachable."""
        headers = {"if-none-match": entity_tag} if entity_tag else {}
        async with self._client() as client:
            return await _send(client, client.build_request("GET", url, headers=headers))

    async def post(self, url: str, form: Mapping[str, str], credentials: tuple[str, str]) -> Answer:
        """The answer to a form, with HTTP Basic authentication. Raises IssuerUnreachable."""
        async with self._client() as client:
            request = client.build_request("POST", url, data=dict(form))
            signed = next(httpx.BasicAuth(*credentials).auth_flow(request))
            return await _send(client, signed)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        # SECURITY: a redirect would lead to where nobody declared, and the environment to a proxy.
        async with httpx.AsyncClient(
            verify=self._trust,
            timeout=REQUEST_SECONDS_MAX,
            follow_redirects=False,
            trust_env=False,
            headers={"accept": "application/json", "accept-encoding": "identity"},
        ) as client:
            yield client


async def _send(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    url = f"{request.url.copy_with(query=None)}"
    try:
        async with asyncio.timeout(REQUEST_SECONDS_MAX):
            response = await client.send(request, stream=True)
            try:
                return await _read(response, url)
            finally:
                await response.aclose()
    except TimeoutError:
        what = f"`{url}` gave no answer within {REQUEST_SECONDS_MAX:g} s"
        raise IssuerUnreachable(what) from None
    except httpx.HTTPError as error:
        what = f"`{url}` can't be asked: {str(error) or type(error).__name__}"
        raise IssuerUnreachable(what) from error


async def _read(response: httpx.Response, url: str) -> Answer:
    headers = response.headers
    tag, age = headers.get("etag"), max_age(headers.get("cache-control", ""))
    if response.status_code == _NOT_MODIFIED and "if-none-match" in response.request.headers:
        return Answer(None, tag or response.request.headers["if-none-match"], age)
    if response.status_code != _OK:
        raise IssuerUnreachable(f"`{url}` answered {response.status_code}")
    if headers.get("content-encoding", "identity") != "identity":
        # SECURITY: a few compressed bytes can stand for more than memory holds.
        raise IssuerUnreachable(f"`{url}` answered in an encoding that wasn't asked for")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise IssuerUnreachable(f"`{url}` answered more than {BODY_BYTES_MAX} bytes")
    return Answer(bytes(body), tag, age)


def max_age(cache_control: str) -> int | None:
    """Seconds for which an answer may be kept (RFC 9111, section 5.2.2); None: it doesn't say."""
    for directive in cache_control.lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name in ("no-store", "no-cache"):
            return 0
        if name == "max-age" and value.strip('"').isdecimal():
            return min(int(value.strip('"')[:10]), 31_536_000)
    return None
