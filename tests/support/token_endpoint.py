"""An OAuth 2.0 token endpoint over HTTP that is strict about client credentials."""

import base64
import functools
import json
import time
import uuid
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.stub_server import StubServer

ISSUER = "https://issuer.example.org"
AUDIENCE = "kafka"
CLIENT, SECRET = "gate way", "c&nary+s=cret"


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenEndpoint(StubServer):
    """Gives signed tokens for `sub` to one client; counts them, and can be down."""

    def __init__(self, lifetime_seconds: int = 300, subject: str = "gateway") -> None:
        self.lifetime_seconds, self.subject = lifetime_seconds, subject
        self.given: list[str] = []
        self.asked = 0
        self.down = False
        self.secret = SECRET
        self.answer: dict[str, Any] = {}
        """What replaces parts of an answer."""
        self._key = _key()
        self.serve(self._handler())

    @property
    def address(self) -> str:
        """Where tokens are given."""
        return f"{self.origin}/token"

    def jwks(self) -> str:
        """The public key, as brokers read it."""
        numbers = self._key.public_key().public_numbers()
        n = _encoded(numbers.n.to_bytes(256, "big"))
        key = {"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": n, "e": "AQAB"}
        return json.dumps({"keys": [key]})

    def token(self) -> str:
        """A signed token."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": self.subject,
            "iat": now,
            "exp": now + self.lifetime_seconds,
            "jti": str(uuid.uuid4()),
            "scope": "produce consume",
        }
        head = {"alg": "RS256", "kid": "one", "typ": "JWT"}
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(signature)}"

    def _answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, Any]]:
        length = int(request.headers.get("Content-Length") or 0)
        form = parse_qs(request.rfile.read(length).decode(), strict_parsing=True)
        self.asked += 1
        if self.down:
            return 503, {}
        if request.command != "POST" or request.path != "/token":
            return 404, {}
        if request.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return 400, {"error": "invalid_request"}
        if form.get("grant_type") != ["client_credentials"] or form.get("scope") != ["kafka"]:
            return 400, {"error": "unsupported_grant_type"}
        if self._client(request, form) != (CLIENT, self.secret):
            return 401, {"error": "invalid_client", "error_description": f"not {self.secret}"}
        token = self.token()
        self.given.append(token)
        whole = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self.lifetime_seconds,
        }
        return 200, whole | self.answer

    def _client(
        self, request: BaseHTTPRequestHandler, form: dict[str, list[str]]
    ) -> tuple[str, str]:
        scheme, _, proof = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, secret = base64.b64decode(proof).decode().partition(":")
            return unquote_plus(name), unquote_plus(secret)
        return form.get("client_id", [""])[0], form.get("client_secret", [""])[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, answer = endpoint._answer(self)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
