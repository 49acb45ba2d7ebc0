from collections.abc import Iterator
from typing import Any

import pytest

from streamward.secrets import MaterialRefused, Secret, SecretUnavailable, StoreSettings
from streamward.secrets.reference import Location
from streamward.secrets.stores.oauth import EXPIRES_SECONDS, OAuthOptions, OAuthTokens
from tests.support.token_endpoint import CLIENT, SECRET, TokenEndpoint


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with TokenEndpoint() as endpoint:
        yield endpoint


def tokens(
    endpoint: TokenEndpoint, authentication: Any = "client_secret_basic", secret: str = SECRET
) -> OAuthTokens:
    options = OAuthOptions(
        endpoint.address,
        CLIENT,
        lambda: Secret(f"{secret}\n".encode()),
        "file:secret",
        authentication,
        (("scope", "kafka"),),
        timeout_seconds=2.0,
    )
    return OAuthTokens(StoreSettings("token", "main", 0.0, 0.0, options))


@pytest.mark.parametrize("authentication", ["client_secret_basic", "client_secret_post"])
def test_a_token_is_got_with_its_lifetime(endpoint: TokenEndpoint, authentication: str) -> None:
    reading = tokens(endpoint, authentication).read(Location("main"))
    assert reading.values[None].value.decode() == endpoint.given[0]
    assert reading.lease is not None
    assert (reading.lease.seconds, reading.lease.renewable) == (300.0, False)


def test_a_client_that_is_refused_is_told_why_and_nothing_more(endpoint: TokenEndpoint) -> None:
    with pytest.raises(MaterialRefused, match="`invalid_client`") as raised:
        tokens(endpoint, secret="canary").read(Location("main"))
    assert "canary" not in repr(raised.value)
    assert SECRET not in repr(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"access_token": None}, SecretUnavailable),
        ({"access_token": "a b"}, SecretUnavailable),
        ({"token_type": "mac"}, MaterialRefused),
        ({"token_type": None}, MaterialRefused),
        ({"expires_in": 0}, SecretUnavailable),
        ({"expires_in": "soon"}, SecretUnavailable),
        ({"expires_in": True}, SecretUnavailable),
    ],
)
def test_an_answer_that_is_no_token_is_refused(
    endpoint: TokenEndpoint, answer: dict[str, Any], error: type[Exception]
) -> None:
    endpoint.answer = answer
    with pytest.raises(error):
        tokens(endpoint).read(Location("main"))


def test_a_lifetime_that_is_not_told_is_short(endpoint: TokenEndpoint) -> None:
    endpoint.answer = {"expires_in": EXPIRES_SECONDS}
    reading = tokens(endpoint).read(Location("main"))
    assert reading.lease is not None
    assert reading.lease.seconds == EXPIRES_SECONDS


def test_an_endpoint_that_is_down_may_be_asked_again(endpoint: TokenEndpoint) -> None:
    endpoint.down = True
    with pytest.raises(SecretUnavailable, match="status 503"):
        tokens(endpoint).read(Location("main"))


def test_an_endpoint_that_is_not_there_may_be_asked_again(endpoint: TokenEndpoint) -> None:
    with TokenEndpoint() as gone:
        asked = tokens(gone)
    with pytest.raises(SecretUnavailable, match="fails: ConnectError"):
        asked.read(Location("main"))
