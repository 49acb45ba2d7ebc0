"""A real OpenID provider (npm `oidc-provider`) in a process of its own, on loopback."""

import base64
import hashlib
import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from streamward.dev.cache import cache_root, locked

FOLDER = Path(__file__).resolve().parents[1] / "oidc"
CALLBACK = "http://127.0.0.1/callback"
INSTALL_SECONDS_MAX = 240.0


def _installed() -> Path:
    """The provider with its locked packages, installed once for each lock."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    folder = cache_root() / "oidc" / hashlib.sha256(lock).hexdigest()[:16]
    with locked(folder.with_suffix(".lock")):
        if not (folder / "node_modules" / ".package-lock.json").is_file():
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(FOLDER / name, folder / name)
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                check=True,
                capture_output=True,
                timeout=INSTALL_SECONDS_MAX,
            )
        shutil.copy(FOLDER / "provider.mjs", folder / "provider.mjs")
    return folder


class OpenIdProvider:
    """The provider; use as a context. Clients have the secret `ID-secret`."""

    def __enter__(self) -> Self:
        for command in ("node", "npm"):
            if shutil.which(command) is None:
                pytest.skip(f"`{command}` is not on the path")
        folder = _installed()
        self._process = subprocess.Popen(
            ["node", "provider.mjs"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.issuer = str(self._said()["issuer"])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def _said(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the provider ended"
        said: dict[str, Any] = json.loads(line)
        return said

    def tell(self, command: str) -> None:
        """`rotate`, `stop` or `start`; done when it returns."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        assert self._said() == {"done": command}

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Answers nothing within the block."""
        self.tell("stop")
        try:
            yield
        finally:
            self.tell("start")

    @property
    def token_endpoint(self) -> str:
        """Where clients get tokens."""
        return f"{self.issuer}/token"

    def token(
        self, client: str, resource: str = "urn:kafka", certificate: Path | None = None
    ) -> str:
        """A token by client credentials; bound to the certificate (PEM) where one is given."""
        headers = {"x-client-certificate": quote(certificate.read_text())} if certificate else {}
        answer = httpx.post(
            self.token_endpoint,
            data={"grant_type": "client_credentials", "scope": "kafka", "resource": resource},
            auth=(client, f"{client}-secret"),
            headers=headers,
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def token_of_person(self, login: str) -> str:
        """A token by authorization code with PKCE; `alice+otp` logs in with two factors."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "client_id": "console",
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid kafka",
            "resource": "urn:kafka",
            "login_hint": login,
            "prompt": "login",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        with httpx.Client() as browser:
            answer = browser.get(f"{self.issuer}/auth", params=query)
            while not answer.headers.get("location", CALLBACK).startswith(CALLBACK):
                answer = browser.get(answer.url.join(answer.headers["location"]))
            assert "location" in answer.headers, answer.text
            (code,) = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
            form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
            answer = browser.post(
                self.token_endpoint,
                data=form | {"code_verifier": verifier, "resource": "urn:kafka"},
                auth=("console", "console-secret"),
            )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def token_of_device(self, login: str) -> str:
        """A token by the device flow (RFC 8628); somebody confirms the code in a browser."""
        client, asked = ("console", "console-secret"), {"resource": "urn:kafka"}
        with httpx.Client() as browser:
            answer = browser.post(
                f"{self.issuer}/device/auth",
                data=asked | {"scope": "openid kafka", "login_hint": login, "prompt": "login"},
                auth=client,
            )
            device = answer.json()
            answer = browser.get(device["verification_uri_complete"])
            while "Sign-in Success" not in answer.text:
                answer = _next_page(browser, answer)
            grant = "urn:ietf:params:oauth:grant-type:device_code"
            form = {"grant_type": grant, "device_code": device["device_code"]}
            answer = browser.post(self.token_endpoint, data=asked | form, auth=client)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


def _next_page(browser: httpx.Client, answer: httpx.Response) -> httpx.Response:
    """Where a page leads: by a redirect, or by its form as it is."""
    if "location" in answer.headers:
        return browser.get(answer.url.join(answer.headers["location"]))
    action = re.search(r'<form[^>]* action="([^"]*)"', answer.text)
    assert action is not None, answer.text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    return browser.post(action[1], data=hidden)
