"""The gateway as a process of its own, as a user would start it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import streamward
from streamward.errors import StreamwardError
from streamward.server.client import DoorClient
from tests.support.bundles import GatewayBundle

START_SECONDS_MAX = 60.0
SAID_SECONDS_MAX = 15.0
_SOURCE = Path(streamward.__file__).parent.parent
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(_SOURCE)}


class GatewayProcess:
    """`streamward gateway run BUNDLE`; state and log lie beside the bundle."""

    def __init__(self, bundle: GatewayBundle, environment: dict[str, str] | None = None) -> None:
        self._environment = _ENVIRONMENT | (environment or {})
        self.bundle = bundle
        self.state = bundle.folder.with_name(bundle.folder.name + "-state")
        self.log = self.state / "gateway.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def command(self, *words: str) -> list[str]:
        """A `streamward` command on this gateway's bundle."""
        return [sys.executable, "-c", "from streamward.cli import main; main()", *words]

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.state.mkdir(parents=True, exist_ok=True)
        command = self.command(
            "gateway", "run", str(self.bundle.folder), "--state", str(self.state)
        )
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not (self._accepts() and self._answers()):
            assert self._process.poll() is None, f"the gateway ended: {self.tail()}"
            assert time.monotonic() < deadline, f"the gateway doesn't listen: {self.tail()}"
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._end(signal.SIGTERM)

    def terminate(self) -> None:
        """Ask it to end, and don't wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it has ended; gives its exit code."""
        assert self._process is not None
        code = self._process.wait(30.0)
        self._process = None
        return code

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def run(self, *words: str, seconds: float = 30.0) -> subprocess.CompletedProcess[str]:
        """Run a `streamward` command that must succeed."""
        finished = subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=_ENVIRONMENT,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished

    # The control door. `@owner` may use it: whoever runs the gateway.

    def door(self) -> DoorClient:
        """The control door, without the time that it takes to start a command."""
        return DoorClient(self.state / "run" / "control.sock")

    def revoke(self, principal: str) -> str:
        """Revoke a principal; in force when it returns. Gives the containment's id."""
        return self._contain("revoke", principal)

    def quarantine(self, stream: str) -> str:
        """Quarantine a stream; in force when it returns. Gives the containment's id."""
        return self._contain("quarantine", stream)

    def lift(self, containment: str) -> None:
        """End a containment."""
        self.run("contain", "lift", containment, "--reason", "test", *self._state())

    def reload(self) -> None:
        """Read the bundle anew."""
        with self.door() as door:
            door.reload()

    def _contain(self, verb: str, name: str) -> str:
        words = ["contain", verb, name, "--reason", "test", "--expires", "10m", "--json"]
        answer = json.loads(self.run(*words, *self._state()).stdout)
        return str(answer["containments"][0]["id"])

    def _state(self) -> list[str]:
        return ["--state-dir", str(self.state)]

    def resident_bytes(self) -> int:
        """Memory that the process holds (VmRSS)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2000:]

    def said(self) -> int:
        """How much it has said so far: a mark for `says`."""
        return self.log.stat().st_size

    def says(self, text: str, since: int = 0) -> bool:
        """Whether it says this after the mark, now or soon: its log runs behind its answers."""
        deadline = time.monotonic() + SAID_SECONDS_MAX
        while text.encode() not in self.log.read_bytes()[since:]:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _accepts(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.bundle.bootstrap_port), timeout=1.0):
                return True
        except OSError:
            return False

    def _answers(self) -> bool:
        """Whether it is this one that accepts, and not another on its ports."""
        try:
            self.door().status()
        except (StreamwardError, OSError):
            return False
        return True

    def _end(self, by: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(by)
        try:
            self._process.wait(30.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10.0)
        self._process = None
