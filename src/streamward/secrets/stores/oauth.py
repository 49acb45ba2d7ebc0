"""Access tokens that the gateway gets for itself: OAuth 2.0 client credentials (RFC 6749, 4.4)."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote_plus

from streamward.lazy import lazy
from streamward.secrets.material import MaterialRefused, Secret
from streamward.secrets.ports import Lease, Reading, SecretUnavailable, StoreSettings
from streamward.secrets.reference import Location

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy("httpx")

ANSWER_BYTES_MAX: Final = 1_048_576
EXPIRES_SECONDS: Final = 300
"""How long a token is taken to live whose endpoint doesn't say (`expires_in` is only advised)."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_ERRORS: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_target",
    }
)


@dataclass(frozen=True, slots=True)
class OAuthOptions:
    """A token endpoint, and which client asks it."""

    token_endpoint: str
    client_id: str
    client_secret: Callable[[], Secret] = field(repr=False, compare=False)
    reference: str
    """Where `client_secret` reads from."""
    authentication: Literal["client_secret_basic", "client_secret_post"]
    parameters: tuple[tuple[str, str], ...] = ()
    """`scope` and what else the endpoint wants."""
    authorities: Callable[[], Secret] | None = field(default=None, repr=False, compare=False)
    """PEM of who signed the endpoint's certificate; None: whom the machine trusts."""
    timeout_seconds: float = 5.0


class OAuthTokens:
    """The tokens of one client. A token is a secret whose lease is its lifetime."""

    def __init__(self, settings: StoreSettings) -> None:
        assert isinstance(settings.options, OAuthOptions)
        self._options = settings.options

    def read(self, location: Location) -> Reading:
        """A new token."""
        answer = self._post()
        token, kind = answer.get("access_token"), answer.get("token_type")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise SecretUnavailable(f"`{self._options.token_endpoint}` answers with no token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise MaterialRefused(
                f"`{self._options.token_endpoint}` gives tokens of a type that isn't `Bearer`"
            )
        seconds = answer.get("expires_in", EXPIRES_SECONDS)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds <= 0:
            raise SecretUnavailable(
                f"`{self._options.token_endpoint}` gives a token that has ended"
            )
        lease = Lease("", float(seconds), renewable=False)
        return Reading({None: Secret(token.encode())}, None, lease)

    def renew(self, lease: Lease) -> Lease:
        """Client credentials have no refresh token (RFC 6749, 4.4.3)."""
        raise MaterialRefused("a token isn't renewed but replaced")

    def revoke(self, lease: Lease) -> None:
        """A token ends by itself."""

    def tend(self) -> bool:
        """Nobody is logged in."""
        return True

    def _post(self) -> Mapping[str, Any]:
        options = self._options
        form = {"grant_type": "client_credentials", **dict(options.parameters)}
        secret = options.client_secret().value.decode("utf-8", "replace").rstrip()
        basic: httpx.BasicAuth | None = None
        if options.authentication == "client_secret_basic":
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            basic = httpx.BasicAuth(quote_plus(options.client_id), quote_plus(secret))
        else:
            form |= {"client_id": options.client_id, "client_secret": secret}
        try:
            with (
                httpx.Client(
                    verify=self._tls(), timeout=options.timeout_seconds, follow_redirects=False
                ) as client,
                client.stream(
                    "POST",
                    options.token_endpoint,
                    data=form,
                    auth=basic,
                    headers={"Accept": "application/json"},
                ) as response,
            ):
                return self._answer(response)
        except httpx.HTTPError as error:
            # What the library says may repeat what was sent.
            kind = type(error).__name__
            raise SecretUnavailable(
                f"the token endpoint `{options.token_endpoint}` fails: {kind}"
            ) from None

    def _answer(self, response: httpx.Response) -> Mapping[str, Any]:
        endpoint = self._options.token_endpoint
        body = bytearray()
        for part in response.iter_bytes(65_536):
            body += part
            if len(body) > ANSWER_BYTES_MAX:
                raise SecretUnavailable(f"the answer of `{endpoint}` is too long")
        try:
            answer = httpx.Response(200, content=bytes(body)).json()
        except ValueError:
            answer = None
        if response.status_code in (400, 401, 403):
            error = answer.get("error") if isinstance(answer, dict) else None
            said = f": `{error}`" if error in _ERRORS else ""
            raise MaterialRefused(f"the token endpoint `{endpoint}` refuses the client{said}")
        if response.status_code != 200 or not isinstance(answer, dict):
            raise SecretUnavailable(
                f"the token endpoint `{endpoint}` answers with status {response.status_code}"
            )
        return answer

    def _tls(self) -> ssl.SSLContext:
        pem = self._options.authorities
        try:
            text = None if pem is None else pem().value.decode("ascii")
            return ssl.create_default_context(cadata=text)
        except (UnicodeDecodeError, ssl.SSLError):
            raise MaterialRefused("`oauth.ca` holds no certificates in PEM") from None
