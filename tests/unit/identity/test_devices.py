"""What an inventory says of devices reaches the data plane, and nothing else does."""

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from streamward.app import read_bundle
from streamward.errors import InvalidArgument
from streamward.identity.devices import DeviceInventoryService
from streamward.identity.devices.inventory import read_inventory, supply_document

HEAD = "kind: Bundle\nname: b\nenvironment: development\nowner: o\n---\n"
NOW = 1_767_571_200_000
LIST = {"devices": [{"principal": "ada", "posture": "compliant", "serial": "x-1"}]}


class Plane:
    def __init__(self) -> None:
        self.supplied: list[dict[str, Any]] = []

    def supply_devices(self, devices: bytes, /) -> None:
        self.supplied.append(json.loads(devices))


def refreshed(folder: Path, plane: Plane, fields: str) -> bool:
    (folder / "b.yaml").write_text(f"{HEAD}kind: DeviceInventory\nname: mdm\n{fields}\n")
    loaded = read_bundle(folder, materials=False)
    assert loaded.errors == ()
    service = DeviceInventoryService(plane, lambda reference: b"s3cret\n", lambda: NOW)
    service.replace(loaded.bundle)
    declared = service._declared
    assert declared is not None
    return asyncio.run(service.refresh(declared))


def test_a_file_is_as_old_as_its_last_change(tmp_path: Path) -> None:
    plane, path = Plane(), tmp_path / "devices.json"
    path.write_text(json.dumps(LIST))
    os.utime(path, (NOW / 1000 - 60, NOW / 1000 - 60))

    assert refreshed(tmp_path, plane, "file: devices.json")

    assert plane.supplied == [
        {
            "as_of_milliseconds": NOW - 60_000,
            "devices": {"ada": {"posture": "compliant", "status": None}},
        }
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"devices": [{}]}', '{"devices": [{"principal": 1}]}'])
def test_what_cannot_be_read_changes_nothing(tmp_path: Path, text: str) -> None:
    plane = Plane()
    (tmp_path / "devices.json").write_text(text)

    assert not refreshed(tmp_path, plane, "file: devices.json")
    assert not refreshed(tmp_path, plane, "file: missing.json")
    assert plane.supplied == []


def test_of_several_devices_only_what_is_true_of_all_is_known() -> None:
    text = json.dumps(
        {
            "as_of": "2026-01-05T00:00:00+01:00",
            "devices": [
                {"principal": "ada", "posture": "compliant", "status": "in_use"},
                {"principal": "ada", "posture": "lost", "status": "in_use"},
                {"principal": "ada", "posture": "compliant", "status": "in_use"},
            ],
        }
    )

    document = json.loads(supply_document(read_inventory(text.encode()), NOW))

    assert document["devices"] == {"ada": {"posture": None, "status": "in_use"}}
    assert document["as_of_milliseconds"] == NOW - 3_600_000


def test_an_inventory_from_the_future_is_of_now() -> None:
    inventory = read_inventory(b'{"as_of": "2036-01-01T00:00:00Z", "devices": []}')

    assert json.loads(supply_document(inventory, NOW))["as_of_milliseconds"] == NOW
    with pytest.raises(InvalidArgument):
        read_inventory(b'{"as_of": "yesterday", "devices": []}')


@pytest.fixture
def host() -> Iterator[tuple[str, list[str | None], dict[str, Any]]]:
    asked: list[str | None] = []
    answer: dict[str, Any] = {"status": 200, "body": json.dumps(LIST).encode()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["authorization"])
            self.send_response(answer["status"])
            self.send_header("content-length", str(len(answer["body"])))
            self.send_header("location", "/elsewhere")
            self.end_headers()
            self.wfile.write(answer["body"])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/devices", asked, answer
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_host_is_asked_with_the_token_and_never_followed_elsewhere(
    tmp_path: Path, host: tuple[str, list[str | None], dict[str, Any]]
) -> None:
    plane = Plane()
    url, asked, answer = host
    fields = f"url: {url}\ntoken: env:MDM_TOKEN"

    assert refreshed(tmp_path, plane, fields)
    answer["status"] = 302
    assert not refreshed(tmp_path, plane, fields)
    answer["status"] = 500
    assert not refreshed(tmp_path, plane, fields)

    assert asked == ["Bearer s3cret"] * 3
    assert [supplied["as_of_milliseconds"] for supplied in plane.supplied] == [NOW]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ("covers: users", "exactly one of `file` and `url`"),
        ("file: a.json\nurl: https://mdm.example.com/", "exactly one of `file` and `url`"),
        ("file: a.json\ntoken: env:T", "belong to a `url`"),
        ("file: a.json\nrefresh: 10m\nage_max: 5m", "always be too old"),
        ("url: http://mdm.example.com/", "is not over TLS"),
        ("file: a.json\n---\nkind: DeviceInventory\nname: two\nfile: b.json", "at most one"),
    ],
)
def test_an_inventory_that_cannot_work_is_a_mistake(tmp_path: Path, fields: str, what: str) -> None:
    (tmp_path / "b.yaml").write_text(f"{HEAD}kind: DeviceInventory\nname: mdm\n{fields}\n")

    mistakes = read_bundle(tmp_path, materials=False).errors

    assert any(what in mistake.what for mistake in mistakes)
