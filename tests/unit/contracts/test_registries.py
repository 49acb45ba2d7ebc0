"""Registries: which ids are a stream's, what a schema refers to, and what bounds hold."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from streamward.contracts.registries import RegistryAnswers
from streamward.contracts.registries.answers import RegistrySettings
from streamward.contracts.registries.web import BODY_BYTES_MAX, RegistryAnswerInvalid
from streamward.errors import InvalidArgument
from streamward.model.contract_settings import RegisteredSchemas, SchemaSource
from streamward.model.schema_registry import SchemaRegistry
from streamward.secrets import MaterialRefused

ORDERS = {"schema": '"string"'}


class _Registry(BaseHTTPRequestHandler):
    """What is in `said`, by path; a 404 of the API for all else."""

    said: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("authorization")))
        found = self.said.get(self.path.partition("?")[0], (404, {"error_code": 40403}))
        status, body = found if isinstance(found, tuple) else (200, found)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if status in (301, 302):
            self.send_header("location", "/schemas/ids/1/versions")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    _Registry.said, _Registry.asked = {}, []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def asker(
    server: ThreadingHTTPServer | socket.socket, secret: bytes = b"t\n", **more: Any
) -> RegistryAnswers:
    address = server.getsockname() if isinstance(server, socket.socket) else server.server_address
    url = f"http://127.0.0.1:{address[1]}"
    registry = SchemaRegistry.model_validate({"name": "main", "url": url} | more)
    secrets = {"file:password": b"p:w\n", "env:TOKEN": secret}
    return RegistryAnswers(RegistrySettings({"main": registry}, secrets.__getitem__))


def ask(answers: RegistryAnswers, identifier: int | str = 7) -> dict[str, Any]:
    declared = answers._registries._settings.registries.get("main")
    question = {
        "registry": "main",
        "digest": "" if declared is None else declared.digest(),
        "subjects": ["orders-value"],
        "guid" if isinstance(identifier, str) else "id": identifier,
    }
    return dict(answers.schema(question))


def versions(identifier: int, *subjects: str) -> None:
    listed = [{"subject": subject, "version": 1} for subject in subjects]
    _Registry.said[f"/schemas/ids/{identifier}/versions"] = listed


def test_an_id_is_a_streams_where_it_is_registered_under_its_subject(
    server: ThreadingHTTPServer,
) -> None:
    versions(7, "elsewhere", "orders-value")
    versions(8, "orders-value-2", "elsewhere", "Orders-value")
    _Registry.said["/schemas/ids/7"] = ORDERS
    _Registry.said["/schemas/ids/8"] = ORDERS
    answers = asker(server)

    assert ask(answers) == {"schema": '"string"', "format": "avro", "references": []}
    assert ask(answers, 8) == {"unknown": True}
    assert ask(answers, 9) == {"unknown": True}
    assert ("/schemas/ids/8", None) not in _Registry.asked


def test_references_come_with_it_each_behind_what_it_refers_to_itself(
    server: ThreadingHTTPServer,
) -> None:
    def refer(name: str) -> dict[str, Any]:
        return {"name": name, "subject": f"s/{name}", "version": 2}

    versions(7, "orders-value")
    _Registry.said["/schemas/ids/7"] = {
        "schema": "O",
        "schemaType": "PROTOBUF",
        "references": [refer("a"), refer("b")],
    }
    _Registry.said["/subjects/s%2Fa/versions/2"] = {"schema": "A", "references": [refer("b")]}
    _Registry.said["/subjects/s%2Fb/versions/2"] = {"schema": "B"}

    found = ask(asker(server))

    told = [(each["name"], each["schema"]) for each in found["references"]]
    assert (found["format"], told) == ("protobuf", [("b", "B"), ("a", "A")])


@pytest.mark.parametrize(
    "referred",
    [
        pytest.param({"schema": "A", "references": None}, id="gone"),
        pytest.param({"schema": "x" * ((1 << 20) + 1)}, id="large"),
        pytest.param(
            {"schema": "A", "references": [{"name": "a", "subject": "other", "version": 1}]},
            id="one name, two schemas",
        ),
    ],
)
def test_what_is_beyond_a_limit_is_not_usable(
    server: ThreadingHTTPServer, referred: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    versions(7, "orders-value")
    named = {"name": "a", "subject": "s", "version": 1}
    _Registry.said["/schemas/ids/7"] = {**ORDERS, "references": [named]}
    if "gone" not in request.node.name:
        _Registry.said["/subjects/s/versions/1"] = referred

    assert ask(asker(server)) == {"unusable": True}


def test_references_are_bounded_in_number_and_depth(server: ThreadingHTTPServer) -> None:
    versions(7, "orders-value")
    for number in range(200):
        named = {"name": f"n{number + 1}", "subject": f"s{number + 1}", "version": 1}
        _Registry.said[f"/subjects/s{number}/versions/1"] = {**ORDERS, "references": [named]}
    _Registry.said["/schemas/ids/7"] = _Registry.said["/subjects/s0/versions/1"]

    assert ask(asker(server)) == {"unusable": True}
    assert len(_Registry.asked) < 25

    _Registry.asked.clear()
    many = [{"name": f"n{number}", "subject": f"t{number}", "version": 1} for number in range(150)]
    _Registry.said["/schemas/ids/7"] = {**ORDERS, "references": many}
    for number in range(150):
        _Registry.said[f"/subjects/t{number}/versions/1"] = ORDERS
    assert ask(asker(server)) == {"unusable": True}
    assert len(_Registry.asked) < 110


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (401, {"error_code": 40101}),
        (404, b"no such page"),
        (404, {"message": "not of the API"}),
        (302, b""),
        (200, b"{"),
        (200, {"not": "a list"}),
        (200, b"[" + b" " * BODY_BYTES_MAX + b"]"),
    ],
    ids=[
        "500",
        "401",
        "another 404",
        "404 without a code",
        "redirect",
        "no JSON",
        "other",
        "large",
    ],
)
def test_any_other_answer_is_trouble_and_no_knowledge(
    server: ThreadingHTTPServer, answer: tuple[int, Any]
) -> None:
    _Registry.said["/schemas/ids/7/versions"] = answer
    with pytest.raises(RegistryAnswerInvalid):
        ask(asker(server))


def test_it_is_asked_with_what_the_bundle_names(server: ThreadingHTTPServer) -> None:
    user = {"name": "me", "password": "file:password"}
    for settings, header in (
        ({"user": user}, "Basic bWU6cDp3"),
        ({"token": "env:TOKEN"}, "Bearer t"),
    ):
        _Registry.asked.clear()
        ask(asker(server, **settings))
        assert _Registry.asked == [("/schemas/ids/7/versions", header)]
    with pytest.raises(InvalidArgument):
        asker(server).schema({"registry": "other", "digest": "", "subjects": [], "id": 1})


@pytest.mark.parametrize(
    "token", [b"top secret", b"top\nsecret", b"s\xe9cret", b"\xffsecret", b" "]
)
def test_a_token_that_no_header_can_carry_is_refused_unshown(
    server: ThreadingHTTPServer, token: bytes
) -> None:
    with pytest.raises(MaterialRefused) as raised:
        ask(asker(server, token, token="env:TOKEN"))

    assert "`main`" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert _Registry.asked == []


def test_an_answer_that_drips_is_none_once_time_is_over() -> None:
    over = threading.Event()

    def drip() -> None:
        listener.settimeout(30)
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            while not over.wait(0.02):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(RegistryAnswerInvalid, match=r"no answer within 1 s"):
                ask(asker(listener, timeout="1s"))
        finally:
            over.set()
            thread.join()


def test_a_question_goes_on_with_the_settings_it_began_with(server: ThreadingHTTPServer) -> None:
    answers = asker(server, token="env:TOKEN")
    registry = answers._registries._settings.registries["main"]

    def read(reference: str) -> bytes:
        answers.configure(RegistrySettings({}, lambda _: b""))
        return {"env:TOKEN": b"first"}[reference]

    answers.configure(RegistrySettings({"main": registry}, read))

    assert ask(answers) == {"unknown": True}
    assert _Registry.asked == [("/schemas/ids/7/versions", "Bearer first")]
    with pytest.raises(InvalidArgument):
        ask(answers)


def test_no_connection_is_trouble_for_all_that_the_registry_has(
    server: ThreadingHTTPServer,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        answers = asker(closed)
    assert list(ask(answers)) == ["unreachable"]
    # What the other side ends without an answer is trouble for what was asked.
    _Registry.said["/schemas/ids/7/versions"] = (500, b"")
    with pytest.raises(RegistryAnswerInvalid):
        ask(asker(server))


def test_a_registry_that_lets_nobody_in_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        # It accepts and never says a word of TLS.
        assert list(ask(asker(listener, url=url, timeout="1s"))) == ["unreachable"]


def test_what_has_answered_is_reached_also_where_the_next_connection_fails() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_once() -> None:
        connection, _ = listener.accept()
        # Before the answer, so that nobody gets in behind it.
        listener.close()
        body = json.dumps([{"subject": "orders-value", "version": 1}]).encode()
        with connection:
            connection.recv(65_536)
            head = f"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)

    answers = asker(listener)
    thread = threading.Thread(target=answer_once)
    thread.start()
    try:
        with pytest.raises(RegistryAnswerInvalid, match="can't be asked"):
            ask(answers)
    finally:
        thread.join()


def test_a_question_about_a_registry_that_is_declared_otherwise_is_not_asked(
    server: ThreadingHTTPServer,
) -> None:
    versions(7, "orders-value")
    _Registry.said["/schemas/ids/7"] = ORDERS
    answers = asker(server)
    registry = answers._registries._settings.registries["main"]
    changed = registry.model_copy(update={"token": "env:OTHER"})
    assert changed.digest() != registry.digest()
    assert registry.model_copy(update={"description": "x"}).digest() == registry.digest()

    question = {"registry": "main", "subjects": ["orders-value"], "id": 7}
    with pytest.raises(InvalidArgument, match="declared otherwise"):
        answers.schema({**question, "digest": changed.digest()})
    assert _Registry.asked == []
    assert answers.schema({**question, "digest": registry.digest()})["schema"] == '"string"'


GUID = "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf"


def test_a_guid_is_a_streams_where_its_schema_is_registered_under_its_subject(
    server: ThreadingHTTPServer,
) -> None:
    versions(7, "elsewhere")
    versions(8, "orders-value")
    ids = f"/schemas/guids/{GUID}/ids"
    _Registry.said[f"/schemas/guids/{GUID}"] = {**ORDERS, "guid": GUID.upper()}
    known = {"schema": '"string"', "format": "avro", "references": []}
    for listed, expected in (
        ([{"context": ".", "id": 7}], {"unknown": True}),
        ([{"context": ".other", "id": 8}], {"unknown": True}),
        ([{"context": ".", "id": 7}, {"context": ".", "id": 8}], known),
        ([{"id": 8}], known),
        ([], {"unknown": True}),
        ((404, {"error_code": 40403}), {"unknown": True}),
        # A registry that has no GUIDs answers as to any other path.
        ((404, {"error_code": 404}), {"unresolved": True}),
        ((404, b"<html>"), {"unresolved": True}),
    ):
        _Registry.said[ids] = listed
        assert ask(asker(server), GUID) == expected, listed
    _Registry.said[ids] = [{"id": 8}]
    _Registry.said[f"/schemas/guids/{GUID}"] = {**ORDERS, "guid": "0" * 32}
    with pytest.raises(RegistryAnswerInvalid):
        ask(asker(server), GUID)


def test_a_guid_is_looked_for_in_the_context_of_the_url(server: ThreadingHTTPServer) -> None:
    root = "/contexts/.team"
    _Registry.said[f"{root}/schemas/guids/{GUID}"] = ORDERS
    _Registry.said[f"{root}/schemas/guids/{GUID}/ids"] = [
        {"context": ".", "id": 7},
        {"context": ".team", "id": 8},
    ]
    _Registry.said[f"{root}/schemas/ids/8/versions"] = [{"subject": "orders-value", "version": 1}]
    url = f"http://127.0.0.1:{server.server_address[1]}{root}"
    assert ask(asker(server, url=url), GUID)["format"] == "avro"
    asked = [path for path, _ in _Registry.asked]
    assert f"{root}/schemas/ids/7/versions" not in asked


def test_subjects_are_those_of_the_clients_strategies() -> None:
    named = ("a.B", "C")
    for subjects, records, value, key in (
        ("topic", (), ("t-value",), ("t-key",)),
        ("record", named, named, named),
        ("topic-record", named, ("t-a.B", "t-C"), ("t-a.B", "t-C")),
    ):
        source = RegisteredSchemas.model_validate(
            {"name": "main", "subjects": subjects, "records": records}
        )
        assert source.subjects_of("t", "value") == value
        assert source.subjects_of("t", "key") == key


@pytest.mark.parametrize(
    "source",
    [
        {"format": "avro"},
        {"format": "avro", "file": "a.avsc", "registry": {"name": "main"}},
        {"format": "avro", "registry": {"name": "main"}, "schema_ids": [1]},
        {"format": "avro", "registry": {"name": "main", "records": ["a.B"]}},
        {"format": "avro", "registry": {"name": "main", "subjects": "record"}},
    ],
)
def test_a_source_that_contradicts_itself_is_refused(source: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="`"):
        SchemaSource.model_validate(source)
