"""What the data plane asks about tokens is answered; what issuers do is entered in the log."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from streamward.app import read_bundle
from streamward.errors import Unavailable
from streamward.identity.token_issuers import TokenIssuerService
from streamward.identity.token_issuers.introspection import IssuerAnswers
from streamward.identity.token_issuers.web import IssuerUnreachable, IssuerWeb
from streamward.model.token_issuer import TokenIssuer
from tests.support.issuers import Asked, Issuer, Page, SigningKey, issuer
from tests.support.ocsf import problems

HEAD = "kind: Bundle\nname: b\nenvironment: development\nowner: o\n---\n"
NOW = 1_760_000_000_000


class Plane:
    """A data plane with questions that a test wrote; keeps what it is told."""

    def __init__(self, *questions: dict[str, Any]) -> None:
        self.questions = [json.dumps(question).encode() for question in questions]
        self.asked = 0
        self.supplied: list[dict[str, Any]] = []
        self.answers: dict[int, bytes | None] = {}
        self.entries: list[dict[str, Any]] = []

    def supply_keys(self, keys: bytes, /) -> int:
        self.supplied.append(json.loads(keys))
        return 1

    def next_question(self, seconds: float, /) -> tuple[int, bytes] | None:
        if self.asked == len(self.questions):
            raise Unavailable("no more")
        self.asked += 1
        return self.asked, self.questions[self.asked - 1]

    def answer(self, identifier: int, answer: bytes | None, /) -> bool:
        self.answers[identifier] = answer
        return True

    def record(self, entry: bytes, /) -> int:
        self.entries.append(json.loads(entry))
        return len(self.entries)


def service(folder: Path, plane: Plane, text: str) -> TokenIssuerService:
    (folder / "b.yaml").write_text(HEAD + text)
    found = TokenIssuerService(plane, plane, lambda reference: b"p%ss\n", lambda: NOW)
    found.replace(read_bundle(folder, materials=False).bundle)
    return found


def run_until(found: TokenIssuerService, done: Callable[[], bool]) -> None:
    """Run the service until `done`, which must be before ten seconds are over."""

    async def scenario() -> None:
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            task = group.create_task(found.run())
            while not done():  # noqa: ASYNC110 - what it waits for happens in threads
                await asyncio.sleep(0.01)
            task.cancel()

    asyncio.run(scenario())


@pytest.fixture
def served() -> Iterator[Issuer]:
    with issuer() as running:
        yield running


def declared(url: str, more: str = "") -> str:
    return f"kind: TokenIssuer\nname: login\nissuer: {url}\naudiences: [kafka]\n{more}"


def test_keys_are_supplied_at_once_and_entered(tmp_path: Path, served: Issuer) -> None:
    served.publish(SigningKey("one"))
    plane = Plane()

    run_until(service(tmp_path, plane, declared(served.url)), lambda: bool(plane.entries))

    assert plane.supplied[0]["issuer"] == served.url
    (entry,) = plane.entries
    assert problems(entry) == []
    assert (entry["status_id"], entry["streaming"]["kind"]) == (1, "issuer")
    assert entry["streaming"]["resource"] == {"type": "TokenIssuer", "name": "login"}


def test_an_issuer_that_does_not_answer_is_entered_and_asked_about_in_vain(
    tmp_path: Path, served: Issuer
) -> None:
    plane = Plane(*({"type": "token_keys", "issuer": name} for name in ("login", "login", "other")))

    run_until(service(tmp_path, plane, declared(served.url)), lambda: len(plane.answers) == 3)

    assert plane.answers[3] is None
    assert plane.supplied == []
    assert problems(plane.entries[0]) == []
    assert (len(plane.entries), plane.entries[0]["status_id"]) == (1, 2)
    assert "answered 404" in plane.entries[0]["streaming"]["reason"]


def test_an_opaque_token_is_asked_about_as_the_declared_client(
    tmp_path: Path, served: Issuer
) -> None:
    served.pages["/introspect"] = Page(b'{"active":true,"sub":"x"}')
    more = (
        f"introspection:\n  url: {served.url}/introspect\n  client_id: stream:ward\n"
        "  client_secret: file:s\n"
    )
    question = {"type": "introspection", "issuer": "login", "token": "opaque/+"}
    plane = Plane(question, question, {"type": "token_keys", "issuer": "login"})

    run_until(service(tmp_path, plane, declared(served.url, more)), lambda: len(plane.answers) == 3)

    assert plane.answers[1] == plane.answers[2] == b'{"active":true,"sub":"x"}'
    assert plane.answers[3] is None
    (asked, *_) = served.asked
    assert parse_qs(asked.body.decode())["token"] == ["opaque/+"]
    scheme, _, credentials = asked.headers["authorization"].partition(" ")
    # RFC 6749, section 2.3.1: encoded as in a form. The line break of the file is no part of it.
    assert (scheme, base64.b64decode(credentials)) == ("Basic", b"stream%3Award:p%25ss")
    assert plane.entries == []


def test_an_issuer_that_stays_in_a_bundle_keeps_what_is_known(
    tmp_path: Path, served: Issuer
) -> None:
    served.publish(SigningKey("one"))
    plane = Plane()
    found = service(tmp_path, plane, declared(served.url))
    run_until(found, lambda: bool(plane.entries))
    bundle = read_bundle(tmp_path, materials=False).bundle

    found.replace(bundle)

    asked = len(served.asked)
    run_until(found, lambda: True)
    assert len(served.asked) == asked


class Answers:
    """Answers of one issuer, with a clock that a test moves."""

    def __init__(self, served: Issuer) -> None:
        self.now = NOW
        url = f"{served.url}/introspect"
        fields = {"url": url, "client_id": "a", "client_secret": "file:s"}
        declared = {"name": "login", "issuer": served.url, "audiences": ["kafka"]}
        noun = TokenIssuer.model_validate({**declared, "introspection": fields})
        web = IssuerWeb(None)
        self._answers = IssuerAnswers(noun, web, lambda _: b"s", lambda: self.now)

    def ask(self, token: str) -> bytes:
        return asyncio.run(self._answers.ask(token))


def test_an_answer_is_used_again_for_a_while_and_never_beyond_the_token(served: Issuer) -> None:
    def page(asked: Asked) -> Page:
        ends = NOW // 1_000 + (5 if b"short" in asked.body else 500)
        return Page(json.dumps({"active": True, "exp": ends}).encode())

    served.pages["/introspect"] = page
    answers = Answers(served)
    for token in ("short", "long", "short", "long"):
        answers.ask(token)
    assert len(served.asked) == 2
    answers.now += 6_000
    for token in ("short", "long"):
        answers.ask(token)
    assert len(served.asked) == 3
    answers.now += 30_000
    answers.ask("long")
    assert len(served.asked) == 4


@pytest.mark.parametrize(
    "page",
    [
        Page(b""),
        Page(b"[]"),
        Page(b'{"active":"true"}'),
        Page(b"{}"),
        Page(b'{"active":true,"x":"' + b"x" * 70_000 + b'"}'),
        Page(status=401),
        Page(status=307, headers={"location": "/elsewhere"}),
    ],
    ids=["empty", "array", "text", "nothing", "too long", "unauthorized", "redirect"],
)
def test_what_is_no_answer_is_no_answer(served: Issuer, page: Page) -> None:
    served.pages["/introspect"] = page

    with pytest.raises(IssuerUnreachable):
        Answers(served).ask("token")
    assert "/elsewhere" not in served.paths()
