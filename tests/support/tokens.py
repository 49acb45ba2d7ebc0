"""Clients that log in by a token, in the words of each client library."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.abc import AbstractTokenProvider

from tests.support.endpoints import Endpoint
from tests.support.messages import Api, Values
from tests.support.raw import RawClient

LOGIN = "org.apache.kafka.common.security.oauthbearer"
GetToken = Callable[[], str]


class _Tokens(AbstractTokenProvider):
    def __init__(self, get: GetToken) -> None:
        self._get = get

    async def token(self) -> str:
        return self._get()


@dataclass(frozen=True)
class TokenEndpoint(Endpoint):
    """A bootstrap address, and where tokens come from: a function, or a provider's endpoint."""

    get_token: GetToken = str
    token_endpoint: str = ""
    client_id: str = ""

    def librdkafka(self, **extra: Any) -> dict[str, Any]:
        settings = super().librdkafka(**extra)
        settings |= {"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"}
        if self.token_endpoint:
            return settings | {
                "sasl.oauthbearer.method": "oidc",
                "sasl.oauthbearer.client.id": self.client_id,
                "sasl.oauthbearer.client.secret": f"{self.client_id}-secret",
                "sasl.oauthbearer.scope": "kafka",
                "sasl.oauthbearer.token.endpoint.url": self.token_endpoint,
            }
        return settings | {"oauth_cb": lambda _: (self.get_token(), 4e9)}

    def aiokafka(self) -> dict[str, Any]:
        return super().aiokafka() | {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_oauth_token_provider": _Tokens(self.get_token),
        }

    def java(self, folder: Path) -> Path:
        """The JVM must be started with the property of the same name as `allowed_urls`."""
        path = super().java(folder)
        lines = [line for line in path.read_text().splitlines() if "security.protocol" not in line]
        who = f'clientId="{self.client_id}" clientSecret="{self.client_id}-secret" scope="kafka"'
        lines += [
            "security.protocol=SASL_SSL",
            "sasl.mechanism=OAUTHBEARER",
            f"sasl.oauthbearer.token.endpoint.url={self.token_endpoint}",
            f"sasl.login.callback.handler.class={LOGIN}.OAuthBearerLoginCallbackHandler",
            f"sasl.jaas.config={LOGIN}.OAuthBearerLoginModule required {who};",
        ]
        path.write_text("\n".join(lines) + "\n")
        return path

    def java_options(self) -> str:
        """What the JVM must be told so that it asks this provider."""
        return f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self.token_endpoint}"


def show_token(apis: dict[str, Api], endpoint: Endpoint, token: str) -> Values:
    """Log in by a token on a connection of its own; gives the last answer to SaslAuthenticate.

    A token that is not taken is answered by a challenge first (RFC 7628), as by Kafka's brokers.
    """
    with RawClient(endpoint) as client:
        handshake = client.request(apis["SaslHandshake"], 1, {"Mechanism": "OAUTHBEARER"})
        assert handshake["ErrorCode"] == 0, handshake
        message = f"n,,\x01auth=Bearer {token}\x01\x01".encode()
        answer = client.request(apis["SaslAuthenticate"], 2, {"AuthBytes": message})
        if answer["AuthBytes"] != b'{"status":"invalid_token"}':
            return answer
        return client.request(apis["SaslAuthenticate"], 2, {"AuthBytes": b"\x01"})
