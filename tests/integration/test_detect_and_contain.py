"""From an entry of the log to a containment in force, in the process that a user runs."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from streamward.server.service import answers
from tests.conftest import require_gateway

ROOT = Path(__file__).resolve().parents[2]
RULE = """kind: Containment
id: stop-whoever-was-refused
on: door-denied
verb: revoke
target: principal
expires_after: 30m
owner: on call
reason: was refused at the control door
never: [payments-api]
"""


def free_ports(number: int) -> int:
    """The first of so many consecutive ports that nobody uses."""
    for first in range(23000, 32000, number):
        try:
            for port in range(first, first + number):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


class House:
    """The example's bundle with a rule of its own, and a gateway that runs it."""

    def __init__(self, folder: Path) -> None:
        self.bundle, self.state = folder / "b", folder / "s"
        shutil.copytree(ROOT / "examples" / "payments", self.bundle)
        first = free_ports(4)
        listeners = self.bundle / "listeners.yaml"
        text = listeners.read_text().replace("19092", str(first)).replace("19093", str(first + 1))
        listeners.write_text(text)
        grants = self.bundle / "grants.yaml"
        rights = "[contain, inspect, reload, apply]"
        grants.write_text(grants.read_text().replace(rights, "[inspect]"))
        (self.bundle / "containment.yaml").write_text(RULE)
        assert self.run("dev", "certificates", str(self.bundle)).returncode == 0
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "streamward", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "streamward", "gateway", "run", str(self.bundle)]
        command += ["--state-dir", str(self.state)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not answers(self.state / "run" / "control.sock"):
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def end(self, *, crash: bool) -> int:
        assert self.process is not None
        self.process.kill() if crash else self.process.terminate()
        code = self.process.wait(30)
        self.process = None
        return code

    def entries(self) -> list[dict[str, Any]]:
        from streamward.audit.follower import Follower
        from streamward.audit.journal import journal_readers

        if not (self.state / "audit").is_dir():
            return []
        follower = Follower(journal_readers(self.state / "audit"))
        return [json.loads(e.leaf) for batch in follower.drain() for e in batch.entries]

    def kinds(self, *kinds: str) -> list[dict[str, Any]]:
        return [one for one in self.entries() if one["streaming"]["kind"] in kinds]

    def epoch(self) -> int:
        found = self.run("gateway", "status", "--state-dir", str(self.state), "--json")
        assert found.returncode == 0, found.stderr
        return int(json.loads(found.stdout)["overlay_epoch"])


@pytest.fixture
def house(tmp_path: Path) -> Any:
    require_gateway()
    made = House(tmp_path)
    try:
        yield made
    finally:
        if made.process is not None:
            made.process.kill()
            made.process.wait(30)


def test_an_entry_leads_to_an_alert_and_to_one_containment_that_survives_a_crash(
    house: House,
) -> None:
    house.start()
    before = house.epoch()

    refused = house.run("gateway", "reload", "--state-dir", str(house.state))
    assert refused.returncode == 1
    assert "may not reload" in refused.stderr
    deadline = time.monotonic() + 30
    while not house.kinds("containment"):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    kinds = [one["streaming"]["kind"] for one in house.kinds("control", "alert", "containment")]
    assert kinds[-3:] == ["control", "alert", "containment"]
    (containment,) = house.kinds("containment")
    (control,) = [one for one in house.kinds("control") if one["streaming"]["decision"] == "deny"]
    assert containment["time"] - control["time"] < 1000
    assert containment["streaming"]["containment"]["target"]["name"] == "security-oncall"
    assert house.epoch() > before

    house.end(crash=True)
    house.start()
    time.sleep(1.0)
    assert len(house.kinds("containment")) == 1
    assert len(house.kinds("alert")) == 1
    assert house.epoch() > before

    assert house.end(crash=False) == 0
    assert not (house.state / "run" / "control.sock").exists()
    shown = house.run("detect", "replay", str(house.bundle), "--state-dir", str(house.state))
    assert "door-denied" in shown.stdout
    assert "1 alert\n" in shown.stdout


def test_a_second_gateway_on_the_same_log_is_refused_and_the_first_goes_on(house: House) -> None:
    house.start()

    second = house.run("gateway", "run", str(house.bundle), "--state-dir", str(house.state))

    assert second.returncode == 1
    assert "another gateway answers" in second.stderr
    assert house.epoch() >= 0
