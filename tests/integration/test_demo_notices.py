"""`streamward demo` notices what is not as it must be: its scenes, on a bundle that was spoilt."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from streamward.audit.tail import Line
from streamward.demo import Outcome, Tone, brokers_of, play, service
from streamward.demo.folder import Folder, write_folder
from streamward.demo.scenes.allowed import Allowed
from streamward.demo.scenes.contained import Contained
from streamward.demo.scenes.denied import Denied
from streamward.demo.scenes.guessed import Guessed
from streamward.demo.scenes.intruder import Intruder
from streamward.demo.scenes.scene import Scene
from streamward.demo.scenes.shredded import Shredded
from streamward.errors import InvalidArgument
from streamward.model.event import Entry
from tests.conftest import require_gateway


class Quiet:
    """A stage that nobody watches."""

    def progress(self, what: str) -> None:
        pass

    def scene(self, title: str, meaning: str) -> None:
        pass

    def tell(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        pass

    def entries(self, entries: Iterable[tuple[Entry, Line]]) -> None:
        list(entries)


def play_spoilt(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scenes: tuple[type[Scene], ...],
    *changes: tuple[str, str, str],
) -> Outcome:
    """Play these scenes with other texts in the bundle's files: file, old, new."""
    require_gateway()

    def spoil(path: Path, upstream: tuple[tuple[str, int], ...]) -> Folder:
        folder = write_folder(path, upstream)
        for file, old, new in changes:
            text = (path / file).read_text()
            assert old in text
            (path / file).write_text(text.replace(old, new))
        return folder

    monkeypatch.setattr(service, "write_folder", spoil)
    monkeypatch.setattr(service, "SCENES", scenes)
    stage = Quiet()
    return play(stage, brokers_of("mock", stage), tmp_path)


def test_a_deny_that_is_missing_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = (
        ("grants.yaml", "deny: [read]", "deny: [delete]"),
        # Else it is the access class that keeps the cards from it.
        ("keys.yaml", '"role:auditor"', '"role:auditor", "role:analyst"'),
    )
    outcome = play_spoilt(tmp_path, monkeypatch, (Denied,), *changes)

    failed = [each.what for each in outcome.failed]
    assert "the scene `Denied` can be played" in failed
    assert outcome.document()["denied"] == 1


def test_an_intruder_who_may_see_a_topic_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "to: [role:auditor]", 'to: [role:auditor, "tenant:outside"]'
    outcome = play_spoilt(tmp_path, monkeypatch, (Intruder,), ("grants.yaml", old, new))

    failed = [each.what for each in outcome.failed]
    assert "an intruder's list of topics is empty" in failed
    assert "no byte names a topic" in failed
    assert outcome.topics_leaked == 2


def test_an_attack_that_nobody_detects_and_a_revoked_victim_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Probing is never noticed, and whoever's password is guessed is revoked."""
    old = "streams: 4\n  window: 1m\n---\nkind: Containment\nid: stop-probing\non: probing"
    new = old.replace("4", "400").replace("on: probing", "on: password-guessing")
    outcome = play_spoilt(tmp_path, monkeypatch, (Guessed, Contained), ("response.yaml", old, new))

    failed = [each.what for each in outcome.failed]
    assert "whose password is guessed works on" in failed
    assert "nobody is contained because somebody else guesses" in failed
    assert "the victim's connection lives on while its password is guessed" in failed
    assert "the detection raises an alert about the victim" in failed
    assert "a containment rule answers that alert" in failed
    assert outcome.contained_ms is None


def test_what_the_broker_holds_in_plaintext_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The class asks for no encryption, and the stream is not sealed."""
    ring = "seal: {ring: cardholder-card-readers, unreadable: mask}\n"
    changes = (("data.yaml", "  encrypt: true\n", ""), ("data.yaml", ring, ""))
    outcome = play_spoilt(tmp_path, monkeypatch, (Allowed,), *changes)

    assert outcome.plaintext_at_broker == outcome.records_written == 300
    assert "the brokers hold no plaintext of a sealed stream" in [it.what for it in outcome.failed]


def test_what_still_opens_after_its_key_should_be_gone_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ring is under legal hold, so its destruction is refused."""
    change = ("keys.yaml", "destruction: {wait: 2s}", "legal_hold: true")
    outcome = play_spoilt(tmp_path, monkeypatch, (Allowed, Shredded), change)

    assert outcome.opened_after_shredding == outcome.records_written == 300
    failed = [each.what for each in outcome.failed]
    assert "the ring can be destroyed" in failed
    assert "nothing opens after its key is destroyed" in failed


def test_another_broker_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="no broker of the demo"):
        brokers_of("pulsar", Quiet())
