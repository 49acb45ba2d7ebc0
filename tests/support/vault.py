"""A stand-in for HashiCorp Vault over HTTP that refuses what Vault refuses.

Written to the documented API (https://developer.hashicorp.com/vault/api-docs): methods, paths,
headers, status codes. Wrong ones get Vault's own answers, never a guess that helps.
"""

import json
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.stub_server import StubServer
from tests.support.transit import TransitStub

ROLE_ID, SECRET_ID, JWT = "role-of-gateway", "canary-secret-id", "canary-jwt"
Answer = tuple[int, dict[str, Any]]
DENIED: Answer = (403, {"errors": ["permission denied"]})
NOTHING: Answer = (404, {"errors": []})
WRONG_METHOD: Answer = (405, {"errors": ["unsupported operation"]})


@dataclass
class _Token:
    ends: float
    seconds: int
    renewable: bool
    leases: set[str] = field(default_factory=set)


@dataclass
class VaultStub(StubServer):
    """KV v2 at `secret`, KV v1 at `kv`, dynamic users at `database`, certificates at `pki`,
    keys at `transit`.
    """

    namespace: str = ""
    token_seconds: int = 3600
    lease_seconds: int = 600
    lease_renewable: bool = True
    lease_max_seconds: int | None = None
    sealed: bool = False
    versions: dict[str, list[dict[str, str] | None]] = field(default_factory=dict)
    """KV v2: every version of each secret; None is a deleted one."""
    plain: dict[str, dict[str, str]] = field(default_factory=dict)
    """KV v1."""
    transit: TransitStub = field(default_factory=TransitStub)
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens: dict[str, _Token] = {}
        self.leases: dict[str, float] = {}
        self.made = 0
        self._lock = threading.Lock()
        self.serve(self._handler())

    @property
    def address(self) -> str:
        return self.origin

    def new_token(self, seconds: int = 3600, *, renewable: bool = True) -> str:
        """A token that is let in."""
        name = f"hvs.canary{secrets.token_hex(8)}"
        self.tokens[name] = _Token(time.monotonic() + seconds, seconds, renewable)
        return name

    def revoke_tokens(self) -> None:
        """No token is let in any more, and their leases end."""
        for token in self.tokens.values():
            for lease in token.leases:
                self.leases.pop(lease, None)
        self.tokens.clear()

    def write(self, path: str, **fields: str) -> None:
        """A new version of a KV v2 secret."""
        self.versions.setdefault(path, []).append(fields)

    # What it answers

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        """One request, judged in Vault's order."""
        with self._lock:
            return self._answer(method, target, headers, body)

    def _answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        parts = urlsplit(target)
        self.calls.append(f"{method} {parts.path}")
        if headers.get("X-Vault-Request") != "true":
            return 400, {"errors": ["missing required header X-Vault-Request"]}
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if (headers.get("X-Vault-Namespace") or "").strip("/") != self.namespace:
            return NOTHING
        path = parts.path.removeprefix("/v1/")
        if path == parts.path or "//" in path or ".." in path.split("/"):
            return NOTHING
        try:
            data = json.loads(body or b"{}")
        except ValueError:
            return 400, {"errors": ["failed to parse JSON input"]}
        login = re.fullmatch("auth/(approle|k8s)/login", path)
        if login:
            return self._login(login[1], method, data)
        token = self.tokens.get(headers.get("X-Vault-Token") or "")
        if token is None or time.monotonic() >= token.ends:
            return DENIED
        return self._routed(method, path, parse_qs(parts.query), data, token)

    def _routed(
        self, method: str, path: str, query: dict[str, list[str]], data: Any, token: _Token
    ) -> Answer:
        mount, _, rest = path.partition("/")
        match mount:
            case "auth":
                return self._own_token(method, rest, token)
            case "sys":
                return self._lease(method, rest, data, token)
            case "secret":
                return self._kv2(method, rest, query)
            case "kv":
                found = self.plain.get(rest)
                if method != "GET":
                    return WRONG_METHOD
                return NOTHING if found is None else (200, {"data": found, **_no_lease(2_764_800)})
            case "database":
                return self._database(method, rest, token)
            case "pki":
                return self._pki(method, rest, data)
            case "transit":
                return self.transit.answer(method, rest, data)
        return 403, {"errors": ["preflight capability check returned 403"]}

    def _login(self, mount: str, method: str, data: Any) -> Answer:
        if method not in ("POST", "PUT"):
            return WRONG_METHOD
        if mount == "approle":
            if (data.get("role_id"), data.get("secret_id")) != (ROLE_ID, SECRET_ID):
                return 400, {"errors": [f"invalid role or secret ID {data.get('secret_id')}"]}
        elif (data.get("role"), data.get("jwt")) != (ROLE_ID, JWT):
            return DENIED
        name = self.new_token(self.token_seconds)
        auth = {
            "client_token": name,
            "lease_duration": self.token_seconds,
            "renewable": True,
            "policies": ["gateway"],
        }
        return 200, {"auth": auth, "data": None, **_no_lease(0)}

    def _own_token(self, method: str, rest: str, token: _Token) -> Answer:
        left = int(token.ends - time.monotonic())
        if rest == "token/lookup-self" and method == "GET":
            data = {"ttl": left, "renewable": token.renewable, "id": "hvs.canary"}
            return 200, {"data": data, **_no_lease(0)}
        if rest == "token/renew-self" and method in ("POST", "PUT"):
            if not token.renewable:
                return 400, {"errors": ["lease is not renewable"]}
            token.ends = time.monotonic() + token.seconds
            auth = {"client_token": "same", "lease_duration": token.seconds, "renewable": True}
            return 200, {"auth": auth}
        return NOTHING if rest.startswith("token/") else DENIED

    def _lease(self, method: str, rest: str, data: Any, token: _Token) -> Answer:
        if method not in ("POST", "PUT"):
            return WRONG_METHOD
        lease = data.get("lease_id", "")
        if self.leases.get(lease, 0.0) <= time.monotonic() or lease not in token.leases:
            return 400, {"errors": ["lease not found"]}
        if rest == "leases/revoke":
            del self.leases[lease]
            return 204, {}
        if rest != "leases/renew":
            return DENIED
        if not self.lease_renewable:
            return 400, {"errors": ["lease is not renewable"]}
        seconds = self.lease_seconds
        if self.lease_max_seconds is not None:
            seconds = min(seconds, self.lease_max_seconds)
        self.leases[lease] = time.monotonic() + seconds
        return 200, {"lease_id": lease, "lease_duration": seconds, "renewable": True}

    def _kv2(self, method: str, rest: str, query: dict[str, list[str]]) -> Answer:
        if method != "GET":
            return WRONG_METHOD
        if not rest.startswith("data/"):
            what = "Invalid path for a versioned K/V secrets engine"
            return 404, {"errors": [], "warnings": [what]}
        versions = self.versions.get(rest.removeprefix("data/"))
        if not versions:
            return NOTHING
        version = int(query.get("version", ["0"])[0]) or len(versions)
        if version > len(versions):
            return NOTHING
        data = versions[version - 1]
        metadata = {"version": version, "deletion_time": "", "destroyed": False}
        if data is None:
            metadata["deletion_time"] = "2026-01-01T00:00:00Z"
            return 404, {"data": {"data": None, "metadata": metadata}}
        return 200, {"data": {"data": data, "metadata": metadata}, **_no_lease(0)}

    def _database(self, method: str, rest: str, token: _Token) -> Answer:
        if method != "GET":
            return WRONG_METHOD
        if rest != "creds/gateway":
            return 400, {"errors": [f"unknown role: {rest}"]}
        self.made += 1
        lease = f"database/creds/gateway/{secrets.token_hex(8)}"
        token.leases.add(lease)
        self.leases[lease] = time.monotonic() + self.lease_seconds
        return 200, {
            "lease_id": lease,
            "lease_duration": self.lease_seconds,
            "renewable": self.lease_renewable,
            "data": {"username": f"v-{self.made}", "password": f"canary-{self.made}"},
        }

    def _pki(self, method: str, rest: str, data: Any) -> Answer:
        if method not in ("POST", "PUT"):
            return WRONG_METHOD
        if rest != "issue/gateway" or data.get("common_name") != "gateway":
            return 400, {"errors": ["common name not allowed by this role"]}
        issued = {
            "certificate": "a certificate",
            "private_key": "canary-key",
            "ca_chain": ["not a text"],
            "expiration": int(time.time()) + 900,
        }
        return 200, {"data": issued, **_no_lease(0)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vault = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                status, answer = vault.answer(self.command, self.path, self.headers, body)
                encoded = b"" if status == 204 else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(encoded)))
                self.end_headers()
                self.wfile.write(encoded)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - as the standard library names them

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def _no_lease(seconds: int) -> dict[str, Any]:
    """KV version 1 tells a duration beside an empty lease: when to look again, not an end."""
    return {"lease_id": "", "lease_duration": seconds, "renewable": False}
