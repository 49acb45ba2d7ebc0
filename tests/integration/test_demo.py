"""`streamward demo`, as a user starts it; and that it notices what is not as it must be."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import streamward
from streamward.audit import Follower
from streamward.audit.journal import journal_readers
from streamward.audit.transparency import Trust, check_proof, own_key, prove, verify
from streamward.model.event import Entry, Event, Kind
from tests.conftest import require_gateway
from tests.support.ocsf import problems

SOURCE = Path(streamward.__file__).parent.parent
KEYS = {
    "records_written",
    "records_read",
    "denied",
    "topics_leaked",
    "upstream_addresses_leaked",
    "contained_ms",
    "plaintext_at_broker",
    "opened_after_shredding",
    "audit_entries",
    "broker",
}
SECONDS_MAX = 30.0


@dataclass
class Run:
    """One finished run of the command."""

    finished: subprocess.CompletedProcess[str]
    seconds: float
    log: Path
    temporary: Path

    @property
    def numbers(self) -> dict[str, object]:
        document = json.loads(self.finished.stdout.splitlines()[-1])
        assert isinstance(document, dict)
        return document

    @property
    def entries(self) -> list[Entry]:
        batches = Follower(journal_readers(self.log)).drain()
        return [entry for batch in batches for entry in batch.entries]

    @property
    def events(self) -> list[Event]:
        return [entry.event for entry in self.entries]


def environment(temporary: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(SOURCE), "TMPDIR": str(temporary)}


def short_folder() -> Path:
    """Where the demo's own temporary folder goes, so that what it leaves can be seen."""
    return Path(tempfile.mkdtemp(prefix="sw-", dir="/tmp"))


def run(folder: Path, *words: str) -> Run:
    require_gateway()
    log, temporary = folder / "log", short_folder()
    began = time.monotonic()
    finished = subprocess.run(
        [sys.executable, "-m", "streamward", "demo", *words, "--audit-dir", str(log)],
        env=environment(temporary),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return Run(finished, time.monotonic() - began, log, temporary)


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    done = run(tmp_path_factory.mktemp("demo"), "--check")
    yield done
    shutil.rmtree(done.temporary)


def test_it_passes_in_half_a_minute(mock: Run) -> None:
    assert mock.finished.returncode == 0, mock.finished.stdout + mock.finished.stderr
    assert mock.seconds < SECONDS_MAX


def test_the_last_line_has_exactly_these_numbers(mock: Run) -> None:
    numbers = mock.numbers

    assert set(numbers) == KEYS
    assert numbers["broker"] == "mock"
    assert (numbers["topics_leaked"], numbers["upstream_addresses_leaked"]) == (0, 0)
    assert (numbers["plaintext_at_broker"], numbers["opened_after_shredding"]) == (0, 0)
    assert isinstance(numbers["contained_ms"], int)
    assert 0 <= numbers["contained_ms"] <= 1000
    assert numbers["denied"] == 4


@pytest.mark.parametrize("verb", ["revoke", "rotate", "expire"])
def test_it_tells_how_long_each_end_of_a_password_took(mock: Run, verb: str) -> None:
    told = re.search(rf"{verb}: the connection was closed (\d+) ms after", mock.finished.stdout)

    assert told is not None
    assert 0 <= int(told[1]) <= 1000


def test_who_guesses_is_locked_out_and_nobody_is_revoked_for_it(mock: Run) -> None:
    guesses = [e for e in mock.events if (e.streaming.reason or "").startswith("too many failed")]
    contained = [e.streaming.containment for e in mock.events if e.kind == Kind.CONTAINMENT]

    assert {event.source for event in guesses} == {"127.0.0.66"}
    assert "settlement" not in {body.target.name for body in contained if body is not None}


def test_the_log_that_it_leaves_agrees_with_the_numbers(mock: Run) -> None:
    moved = {"Write": 0, "Read": 0}
    for event in mock.events:
        for one in event.streaming.ranges:
            assert int(one.last) - int(one.first) + 1 == int(one.records)
            moved[str(event.streaming.action)] += int(one.records)

    assert mock.numbers["records_written"] == moved["Write"] > 0
    assert mock.numbers["records_read"] == moved["Read"] > 0
    assert mock.numbers["audit_entries"] == len(mock.events)


def test_every_entry_is_an_event_of_ocsf(mock: Run) -> None:
    entries = mock.entries

    wrong = {entry.event.kind: problems(entry.document) for entry in entries}
    assert wrong == {kind: [] for kind in wrong}
    assert set(wrong) >= {
        Kind.LIFECYCLE,
        Kind.AUTHENTICATION,
        Kind.ACCESS_OPENED,
        Kind.ACCESS_ROLLUP,
        Kind.DENIED,
        Kind.POLICY_APPLIED,
        Kind.CONTAINMENT,
        Kind.ALERT,
    }


def test_the_log_that_it_leaves_can_be_verified_whole(mock: Run) -> None:
    trust = Trust((own_key(mock.log),))

    verified = verify(mock.log, trust)

    assert verified["size"] == verified["journal"] == mock.numbers["audit_entries"]
    proof = check_proof(prove(mock.log, 3), trust)
    assert proof["leaf"].encode() == mock.entries[3].leaf


def test_each_kind_of_rule_denied_something(mock: Run) -> None:
    denied = [event.streaming for event in mock.events if event.kind == Kind.DENIED]

    assert {rule for each in denied for rule in each.rules} == {
        "default",
        "grant:analytics-never-cards#1",
        "cedar:conditions/passwords.cedar:no-cards-by-password",
        "sealing:unknown_key",
    }


def test_the_ring_was_destroyed_and_not_before_its_time(mock: Run) -> None:
    changes = {event.streaming.key.change: event for event in mock.events if event.streaming.key}

    assert list(changes) == ["begun", "condemned", "destroying", "destroyed"]
    assert changes["destroyed"].time - changes["condemned"].time >= 2_000


def test_nothing_is_left_behind_but_the_log(mock: Run) -> None:
    assert list(mock.temporary.iterdir()) == []
    assert {event.streaming.reason for event in mock.events if event.kind == Kind.LIFECYCLE} >= {
        "stopped"
    }


def test_no_line_names_the_machine_s_folders(mock: Run) -> None:
    assert str(mock.temporary) not in mock.finished.stdout
    assert mock.finished.stderr == ""


def test_a_log_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "journal").write_text("somebody's")

    again = run(tmp_path, "--check")
    again.temporary.rmdir()

    assert again.finished.returncode == 1
    assert "is not an empty folder" in again.finished.stderr
    assert (tmp_path / "log" / "journal").read_text() == "somebody's"


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_cleans_up_when_it_is_interrupted(by: signal.Signals, code: int) -> None:
    require_gateway()
    temporary = short_folder()
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "streamward", "demo"],
        env=environment(temporary),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background makes its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "An attack is detected" in line:
                break
        process.send_signal(by)
        process.communicate(timeout=SECONDS_MAX)

    assert process.returncode == code
    assert list(temporary.iterdir()) == []
    temporary.rmdir()


@pytest.mark.slow
def test_a_real_kafka_gives_the_same_numbers(mock: Run, tmp_path: Path) -> None:
    for command in ("java", "mvn"):
        if shutil.which(command) is None:
            pytest.skip(f"`{command}` is not on the path")
    real = run(tmp_path, "--check", "--broker", "kafka")

    assert real.finished.returncode == 0, real.finished.stdout + real.finished.stderr
    assert real.numbers["broker"] == "kafka 4.3.1"
    same = KEYS - {"broker", "contained_ms", "audit_entries"}
    assert {key: real.numbers[key] for key in same} == {key: mock.numbers[key] for key in same}
    assert list(real.temporary.iterdir()) == []
    real.temporary.rmdir()
