"""Keys of issuers: where they are found, how long they are kept, and what is refused."""

import asyncio
import json
import ssl
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamward.dev.authority import Authority
from streamward.errors import InvalidArgument
from streamward.identity.token_issuers.discovery import discovery_url, jwks_url
from streamward.identity.token_issuers.keys import IssuerKeys, Outcome
from streamward.identity.token_issuers.web import (
    BODY_BYTES_MAX,
    IssuerUnreachable,
    IssuerWeb,
    max_age,
)
from streamward.model.token_issuer import TokenIssuer
from tests.support.issuers import Page, SigningKey, issuer

NOW = 1_760_000_000_000


class Plane:
    """What the data plane was supplied with."""

    def __init__(self) -> None:
        self.supplied: list[dict[str, Any]] = []

    def supply_keys(self, keys: bytes, /) -> int:
        document = msgspec.json.decode(keys)
        try:
            count = len(json.loads(document["keys"])["keys"])
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidArgument("the keys can't be used") from error
        self.supplied.append(document)
        return count

    def next_question(self, seconds: float, /) -> tuple[int, bytes] | None:
        raise NotImplementedError

    def answer(self, identifier: int, answer: bytes | None, /) -> bool:
        raise NotImplementedError


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Keys:
    """The keys of one declared issuer, with a clock and a data plane that a test looks at."""

    def __init__(self, url: str, authorities: bytes | None = None, **fields: Any) -> None:
        self.declared = TokenIssuer.model_validate(
            {"name": "login", "issuer": url, "audiences": ["kafka"], **fields}
        )
        self.plane, self.clock = Plane(), Clock()
        self.keys = IssuerKeys(
            self.declared, IssuerWeb(authorities), self.plane, lambda: 0.0, self.clock
        )

    def refresh(self) -> Outcome:
        return asyncio.run(self.keys.refresh())

    def wait_seconds(self) -> float:
        return (self.keys.next_at - self.clock.now) / 1_000


def test_keys_are_found_by_discovery_and_supplied() -> None:
    with issuer() as served:
        served.publish(SigningKey("one"), SigningKey("two"))
        keys = Keys(served.url)

        outcome = keys.refresh()

    assert (outcome.succeeded, outcome.changed) == (True, True)
    assert outcome.reason == f"2 keys of `{served.url}/jwks` are in force"
    supplied = keys.plane.supplied[0]
    assert (supplied["name"], supplied["issuer"]) == ("login", served.url)
    assert supplied["source"] == {"type": "discovery"}
    assert supplied["stale_milliseconds"] == NOW + 2 * 3_600_000
    assert keys.wait_seconds() == 600


def test_keys_that_did_not_change_are_not_sent_again_and_stay_fresh() -> None:
    with issuer() as served:
        keys = Keys(served.url)

        def conditional(asked: Any) -> Page:
            if asked.headers.get("if-none-match") == '"v1"':
                return Page(status=304)
            return Page(b'{"keys":[{}]}', headers={"etag": '"v1"'})

        served.publish()
        served.pages["/jwks"] = conditional
        first = keys.refresh()
        keys.clock.now += 1_000
        second = keys.refresh()

    assert first.succeeded
    assert second.succeeded
    assert (first.changed, second.changed) == (True, False)
    stale = [supplied["stale_milliseconds"] for supplied in keys.plane.supplied]
    assert stale[1] == stale[0] + 1_000
    assert served.paths() == ["/.well-known/openid-configuration", "/jwks", "/jwks"]


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [("max-age=120", 120), ("max-age=1", 30), ("no-store", 30), ("max-age=999999", 600), ("", 600)],
)
def test_keys_are_read_again_when_the_issuer_says_so_within_bounds(
    cache_control: str, seconds: int
) -> None:
    with issuer() as served:
        served.publish(SigningKey("one"), cache_control=cache_control)
        keys = Keys(served.url)
        keys.refresh()

    assert keys.wait_seconds() == seconds


def test_what_fails_is_tried_again_later_and_later_and_told_once() -> None:
    with issuer() as served:
        url = served.url
    keys = Keys(url)
    waited, changed = [], []
    for _ in range(9):
        outcome = keys.refresh()
        assert not outcome.succeeded
        waited.append(keys.wait_seconds())
        changed.append(outcome.changed)

    assert waited == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert changed == [True] + 8 * [False]
    assert keys.plane.supplied == []


def test_only_so_many_reads_are_made_for_tokens_with_unknown_keys() -> None:
    keys = Keys("https://login.example.com")

    assert keys.keys.may_be_asked()
    assert not keys.keys.may_be_asked()
    keys.clock.now += 5_000
    assert keys.keys.may_be_asked()


def _discovery(**metadata: str) -> Page:
    return Page(json.dumps(metadata).encode())


@pytest.mark.parametrize(
    ("path", "page", "said"),
    [
        ("/jwks", Page(status=500), "answered 500"),
        ("/jwks", Page(status=301, headers={"location": "/elsewhere"}), "answered 301"),
        ("/jwks", Page(status=304), "answered 304"),
        ("/jwks", Page(b" " * (BODY_BYTES_MAX + 1)), "more than"),
        ("/jwks", Page(b"x", headers={"content-encoding": "gzip"}), "encoding"),
        ("/jwks", Page(b"\xff"), "no text"),
        ("/jwks", Page(b"[]"), "the keys can't be used"),
        ("/.well-known/openid-configuration", Page(b"<html>"), "no discovery document"),
        ("/.well-known/openid-configuration", Page(b"{}"), "no discovery document"),
        (
            "/.well-known/openid-configuration",
            _discovery(issuer="https://evil.example.com", jwks_uri="https://evil.example.com/k"),
            "calls itself `https://evil.example.com`",
        ),
    ],
)
def test_what_an_issuer_must_not_answer_is_refused(path: str, page: Page, said: str) -> None:
    with issuer() as served:
        served.publish(SigningKey("one"))
        served.pages[path] = page
        keys = Keys(served.url)

        outcome = keys.refresh()

    assert not outcome.succeeded
    assert said in outcome.reason
    assert keys.plane.supplied == []


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "streamward.identity.token_issuers.web.REQUEST_SECONDS_MAX", 0.2, raising=True
    )
    release = threading.Event()

    def slow(_: Any) -> Page:
        release.wait(30)
        return Page(b"{}")

    with issuer() as served:
        served.publish(SigningKey("one"))
        served.pages["/jwks"] = slow
        keys = Keys(served.url)
        outcome = keys.refresh()
        release.set()

    assert not outcome.succeeded
    assert "/jwks`" in outcome.reason


def test_the_keys_of_an_issuer_over_tls_must_be_over_tls() -> None:
    document = json.dumps(
        {"issuer": "https://login.example.com", "jwks_uri": "http://login.example.com/keys"}
    )
    with pytest.raises(IssuerUnreachable, match="not over TLS"):
        jwks_url(document.encode(), "https://login.example.com")
    assert (
        discovery_url("https://a.example/") == "https://a.example/.well-known/openid-configuration"
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("max-age=5", 5),
        ('public, Max-Age="60"', 60),
        ("no-cache", 0),
        ("max-age=-1", None),
        ("max-age=" + "9" * 400, 31_536_000),
        ("", None),
    ],
)
def test_how_long_an_answer_may_be_kept(header: str, seconds: int | None) -> None:
    assert max_age(header) == seconds


def server(folder: Path, authority: Authority, name: str) -> ssl.SSLContext:
    """What a server needs to prove this name."""
    issued = authority.server("login", [name])
    (folder / "server.pem").write_bytes(issued.together)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


@pytest.mark.parametrize(
    ("name", "trusted", "said"),
    [
        ("127.0.0.1", True, ""),
        ("127.0.0.2", True, "not valid for '127.0.0.1'"),
        ("127.0.0.1", False, "unable to get local issuer certificate"),
        ("127.0.0.1", None, "unable to get local issuer certificate"),
    ],
    ids=["good", "another name", "another authority", "the system's authorities"],
)
def test_an_issuer_must_prove_its_name_by_the_declared_authority(
    tmp_path: Path, name: str, trusted: bool | None, said: str
) -> None:
    authority = Authority.create("ca")
    others = {True: authority.issued, False: Authority.create("ca").issued, None: None}
    declared = others[trusted]
    with issuer(server(tmp_path, authority, name)) as served:
        served.publish(SigningKey("one"))
        keys = Keys(served.url, declared.certificate if declared else None)

        outcome = keys.refresh()

    assert outcome.succeeded == (not said)
    assert said in outcome.reason
    assert bool(keys.plane.supplied) == (not said)
