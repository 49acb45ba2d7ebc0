"""The control door over its real socket, with a log in memory and a policy of two lines."""

import asyncio
import json
import os
import pwd
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from streamward.audit import SavedState
from streamward.errors import (
    BundleInvalid,
    InvalidArgument,
    NotFound,
    NotPermitted,
    StreamwardError,
    Unavailable,
)
from streamward.model.document import Bundle, Document
from streamward.model.principal import Principal
from streamward.model.topology import Cluster
from streamward.response.service import ResponseService
from streamward.server.api import control_api
from streamward.server.body_limit import BODY_BYTES_MAX
from streamward.server.caller import Peer, Unknown, caller_of
from streamward.server.client import DoorClient, NotRunning
from streamward.server.credentials import CredentialDoor
from streamward.server.door import ControlDoor
from streamward.server.erasing import EraseDoor
from streamward.server.keys import KeyDoor
from streamward.server.service import DoorServer, answers, open_socket
from streamward.server.versions import VersionDoor
from tests.support.log import MemoryLog


class Decider:
    """Allows the actions that it is told to; remembers what it was asked."""

    def __init__(self) -> None:
        self.allowed = {"Contain", "Reload", "Inspect"}
        self.denied_cluster = ""
        self.errors: list[str] = []
        self.asked: list[dict[str, Any]] = []

    def decide(self, request: bytes, /) -> bytes:
        asked = json.loads(request)
        self.asked.append(asked)
        cluster = asked["resource"]["name"]
        allow = asked["action"] in self.allowed and cluster != self.denied_cluster
        answer = {
            "effect": "allow" if allow else "deny",
            "rules": ["grant:door#1"] if allow else ["default"],
            "errors": self.errors,
            "reason": "no grant",
            "policy_version": "sha256:00",
        }
        return json.dumps(answer).encode()


class Reloader:
    policy_version = "sha256:00"

    def __init__(self) -> None:
        self.error: StreamwardError | None = None
        self.reloads = 0

    async def reload(self) -> dict[str, Any]:
        if self.error:
            raise self.error
        self.reloads += 1
        return {"version": "sha256:01", "overlay_epoch": 0}

    def status(self) -> dict[str, Any]:
        return {"listeners": []}

    def metrics(self, accept: str) -> tuple[str, bytes]:
        return "text/plain; version=0.0.4", f"# accepted {accept}\n".encode()

    def health(self) -> dict[str, Any]:
        checks = [{"name": "journal", "ok": False, "detail": "full"}]
        return {"live": True, "ready": False, "checks": checks}


class Sink:
    def __init__(self) -> None:
        self.overlays: list[dict[str, Any]] = []

    def overlay(self, overlay: bytes) -> bytes:
        self.overlays.append(json.loads(overlay))
        return b"{}"


def principal(name: str, user: str | None = None) -> Principal:
    credentials = [{"id": f"{name}-unix", "type": "unix_user", "user": user}] if user else []
    fields = {"name": name, "type": "user", "tenant": "t", "credentials": credentials}
    return Principal.model_validate(fields)


def bundle(user: str = "@owner") -> Bundle:
    clusters = [Cluster(name=name, bootstrap=("localhost:9092",)) for name in ("main", "other")]
    values = [*clusters, principal("oncall", user), principal("mallory")]
    documents = (Document("x", one.name, one, "x.yaml", {}) for one in values)
    return Bundle(Path("."), tuple(documents))


class House:
    """A control door with everything behind it."""

    def __init__(self, folder: Path, user: str = "@owner") -> None:
        self.path = folder / "run" / "control.sock"
        self.log, self.decider, self.reloader, self.sink = (
            MemoryLog(),
            Decider(),
            Reloader(),
            Sink(),
        )
        saved = SavedState(folder / "overlay.json")
        self.response = ResponseService(self.log.open_reader, self.log, self.sink, saved)
        self.door = ControlDoor(
            bundle(user), self.decider, self.log, self.response, self.reloader, lambda: 1_000_000
        )
        self.server = DoorServer(self.api(), self.path)

    def api(self) -> FastAPI:
        return control_api(
            self.door,
            cast(CredentialDoor, None),
            cast(VersionDoor, None),
            cast(EraseDoor, None),
            cast(KeyDoor, None),
        )

    def visit(self, script: Callable[[DoorClient], Any]) -> Any:
        """Serve the door while a script uses it from another thread."""

        async def both() -> Any:
            self.server.bind()
            task = asyncio.get_running_loop().create_task(self.server.run())
            try:
                with DoorClient(self.path) as client:
                    return await asyncio.to_thread(script, client)
            finally:
                task.cancel()
                await asyncio.wait([task])

        return asyncio.run(both())

    def controls(self) -> list[tuple[str, str, str]]:
        found = self.log.of_kind("control")
        return [(one["principal"], one["control"]["verb"], one["decision"]) for one in found]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def revoke(client: DoorClient) -> dict[str, Any]:
    return client.contain("revoke", "principal", "mallory", reason="leak", expires="30m")


def test_a_containment_is_decided_then_recorded_then_in_force(house: House) -> None:
    made = house.visit(revoke)

    kinds = [json.loads(leaf)["streaming"]["kind"] for leaf in house.log.leaves]
    assert kinds == ["control", "containment"]
    assert (made["owner"], made["expires"]) == ("oncall", str(1_000_000 + 1_800_000))
    assert [one["principal"] for one in house.sink.overlays[-1]["revoked"]] == ["mallory"]
    assert [asked["resource"]["name"] for asked in house.decider.asked] == ["main", "other"]
    assert house.decider.asked[0]["context"]["mechanism"] == "unix"


@pytest.mark.parametrize(
    ("action", "verb", "call"),
    [
        ("Contain", "contain", revoke),
        ("Contain", "lift", lambda client: client.lift("c-1", reason="r")),
        ("Reload", "reload", lambda client: client.reload()),
        ("Inspect", "inspect", lambda client: client.status()),
        ("Inspect", "inspect", lambda client: client.containments()),
        ("Inspect", "inspect", lambda client: client.policy_version()),
    ],
)
def test_what_the_policy_denies_is_recorded_and_not_done(
    house: House, action: str, verb: str, call: Callable[[DoorClient], Any]
) -> None:
    house.decider.allowed.remove(action)

    with pytest.raises(NotPermitted, match="no grant"):
        house.visit(call)

    assert house.controls() == [("oncall", verb, "deny")]
    assert (house.sink.overlays, house.reloader.reloads) == ([], 0)


def test_every_cluster_must_allow_and_an_erroring_rule_denies(house: House) -> None:
    house.decider.denied_cluster = "other"
    with pytest.raises(NotPermitted):
        house.visit(revoke)

    house.decider.denied_cluster = ""
    house.decider.errors = ["cedar:broken"]
    with pytest.raises(NotPermitted):
        house.visit(revoke)

    assert [decision for _, _, decision in house.controls()] == ["deny", "deny"]
    assert house.sink.overlays == []


def test_what_can_not_be_recorded_is_not_done(house: House) -> None:
    house.log.failing = True

    for call in (revoke, lambda client: client.reload()):
        with pytest.raises(Unavailable, match="full"):
            house.visit(call)

    assert (house.sink.overlays, house.reloader.reloads) == ([], 0)


def test_to_look_needs_no_record_but_a_right(house: House) -> None:
    house.log.failing = True

    assert house.visit(lambda client: client.status())

    house.decider.denied_cluster = "main"
    with pytest.raises(Unavailable, match="full"):
        house.visit(lambda client: client.status())


def test_a_user_whom_the_bundle_does_not_know_is_refused_and_recorded(tmp_path: Path) -> None:
    house = House(tmp_path, user="nobody-we-know")

    with pytest.raises(NotPermitted, match="no principal has the unix user"):
        house.visit(revoke)

    assert house.controls() == [(f"unix:{os.geteuid()}", "contain", "deny")]
    assert house.decider.asked == []


def test_a_user_by_name_comes_before_the_owner_and_another_user_is_nobody() -> None:
    me = pwd.getpwuid(os.geteuid()).pw_name
    users = {"@owner": ("owner", "a"), me: ("named", "b")}
    mine = Peer(pid=1, uid=os.geteuid(), gid=0)

    assert caller_of(mine, users, os.geteuid()).principal == "named"
    assert caller_of(mine, {"@owner": ("owner", "a")}, os.geteuid()).principal == "owner"
    with pytest.raises(Unknown):
        caller_of(Peer(pid=1, uid=4_000_000, gid=0), users, os.geteuid())


def test_a_lifted_containment_is_gone(house: House) -> None:
    def script(client: DoorClient) -> tuple[int, int]:
        made = revoke(client)
        before = len(client.containments())
        client.lift(made["id"], reason="false alarm")
        return before, len(client.containments())

    assert house.visit(script) == (1, 0)
    assert house.sink.overlays[-1]["revoked"] == []


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (NotFound, lambda c: c.contain("revoke", "principal", "malory", reason="r", expires="1h")),
        (NotFound, lambda c: c.lift("c-nothing", reason="r")),
        (NotFound, lambda c: c.lift("../reload", reason="r")),
        (InvalidArgument, lambda c: c.contain("revoke", "stream", "s", reason="r", expires="1h")),
        (InvalidArgument, lambda c: c.contain("revoke", "principal", "m", reason="", expires="1h")),
        (InvalidArgument, lambda c: c.contain("erase", "principal", "m", reason="r", expires="1h")),
        (
            InvalidArgument,
            lambda c: c.contain("revoke", "principal", "m", reason="r", expires="1w"),
        ),
    ],
)
def test_what_has_no_meaning_is_refused(
    house: House, error: type[StreamwardError], call: Callable[[DoorClient], Any]
) -> None:
    with pytest.raises(error):
        house.visit(call)

    assert house.sink.overlays == []


def test_mistakes_in_a_bundle_come_back_from_a_reload(house: House) -> None:
    house.reloader.error = BundleInvalid("the bundle has mistakes")
    house.reloader.error.mistakes = ("a.yaml:3:1: error: x",)

    with pytest.raises(BundleInvalid) as caught:
        house.visit(lambda client: client.reload())

    assert caught.value.mistakes == ("a.yaml:3:1: error: x",)


def test_an_error_is_a_problem_document(house: House) -> None:
    def script(client: DoorClient) -> httpx.Response:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(house.path))) as http:
            return http.get("http://x/v1/nothing")

    answer = house.visit(script)

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_without_a_peer_there_is_no_answer(house: House) -> None:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(house.api())
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            return await http.get("/v1/health")

    assert asyncio.run(call()).status_code == 403


def test_the_socket_is_for_its_owner_alone_and_goes_with_the_door(house: House) -> None:
    def modes(client: DoorClient) -> tuple[int, int]:
        return (house.path.stat().st_mode & 0o777, house.path.parent.stat().st_mode & 0o777)

    assert house.visit(modes) == (0o600, 0o700)
    assert not house.path.exists()


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    return tmp_path / "run" / "control.sock"


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(path: Path) -> None:
    first = open_socket(path)
    first.close()
    second = open_socket(path)

    with pytest.raises(Unavailable, match="another gateway"):
        open_socket(path)
    assert answers(path)
    second.close()


def test_what_is_not_a_socket_is_never_removed(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("precious")

    with pytest.raises(InvalidArgument, match="not a socket"):
        open_socket(path)

    assert path.read_text() == "precious"


def test_a_path_that_no_socket_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="too long"):
        open_socket(tmp_path / ("x" * 120) / "control.sock")


def test_nobody_at_home_is_said_plainly(path: Path) -> None:
    with DoorClient(path) as client, pytest.raises(NotRunning, match="no gateway answers"):
        client.status()


def test_the_peer_is_the_process_at_the_other_end() -> None:
    from streamward.server.caller import peer_of

    ours, theirs = socket.socketpair(socket.AF_UNIX)

    assert peer_of(ours) == Peer(os.getpid(), os.geteuid(), os.getegid())
    ours.close()
    theirs.close()


def test_monitoring_asks_nothing_of_the_policy_and_leaves_no_record(house: House) -> None:
    def script(client: DoorClient) -> tuple[str, httpx.Response, httpx.Response]:
        http = httpx.Client(transport=httpx.HTTPTransport(uds=str(house.path)))
        with http:
            live = http.get("http://door/health/live")
            ready = http.get("http://door/health/ready")
        return client.metrics("application/openmetrics-text"), live, ready

    text, live, ready = house.visit(script)

    assert text == "# accepted application/openmetrics-text\n"
    assert (live.status_code, live.json()) == (200, {"live": True})
    assert ready.status_code == 503
    assert ready.json()["checks"] == [{"name": "journal", "ok": False, "detail": "full"}]
    assert house.decider.asked == []
    assert house.log.leaves == []


def raw(house: House, request: list[bytes]) -> tuple[int, dict[str, Any]]:
    """Send bytes as they are, and read the answer."""

    def talk(_: DoorClient) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(20)
            connection.connect(str(house.path))
            try:
                for part in request:
                    connection.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has answered and reads no more
            found = b""
            while b"\r\n\r\n" not in found or not found.endswith(b"}"):
                part = connection.recv(65_536)
                if not part:
                    break
                found += part
        return found

    head, _, body = house.visit(talk).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


HEAD = b"POST %s HTTP/1.1\r\nhost: door\r\ncontent-type: application/json\r\n"


@pytest.mark.parametrize("path", [b"/v1/containments", b"/v1/versions"])
def test_a_body_that_says_it_is_too_long_is_refused_unread(house: House, path: bytes) -> None:
    head = HEAD % path + b"content-length: 99999999999\r\n\r\n"

    status, problem = raw(house, [head])

    assert (status, problem["status"]) == (413, 413)
    assert "has at most" in problem["detail"]


def test_a_body_that_goes_on_and_on_is_cut_off(house: House) -> None:
    head = HEAD % b"/v1/containments" + b"transfer-encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"

    status, _ = raw(house, [head, *[chunk] * (BODY_BYTES_MAX // 65_536 + 1)])

    assert status == 413
    assert house.log.leaves == [], "nobody was asked"


def test_a_body_within_the_limit_is_read(house: House) -> None:
    body = b" " * (BODY_BYTES_MAX - 2) + b"{}"
    head = HEAD % b"/v1/containments" + b"content-length: %d\r\n\r\n" % len(body)

    status, _ = raw(house, [head, body])

    assert status == 422
