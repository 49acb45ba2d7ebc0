"""Keys through the control door, without one: what a program does with its answers."""

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from streamward.errors import InvalidArgument, Unavailable
from streamward.sdk import Parts, RecordRefused, Sealer
from streamward.sdk.door import DoorKeys, DoorStreams, sealer_through
from streamward.sdk.door_client import Door, DoorConfused, GrantDenied, _document, _error
from streamward.sdk.keyring import CONFIRM_MILLISECONDS, KeyRings
from streamward.sdk.ports import ByGateway

GRANT = 300_000
AHEAD = 60_000
"""The door's clock is as much ahead of the program's."""


class FakeDoor:
    """Grants keys of one ring, as docs/reference/control-door.md has it."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.keys: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, Mapping[str, Any]]] = []
        self.trouble: Exception | None = None
        self.unknown = False
        self.terms: dict[str, Any] | None = {
            "tenant": "shop",
            "cluster": "main",
            "data_class": "cardholder",
            "ring": "cards",
            "value": True,
            "key": "deterministic",
            "headers": ["card"],
            "partition_bound": False,
            "accepts_from": [],
            "sealed_by": "producer",
            "opened_by": "consumer",
        }

    def ask(self, stream: str, operation: str, **wanted: Any) -> Mapping[str, Any]:
        self.asked.append((stream, operation, wanted))
        if self.trouble is not None:
            raise self.trouble
        here = self.now + AHEAD
        answer: dict[str, Any] = {
            "stream": self.terms,
            "now": here,
            "until": here + GRANT,
            "refresh": here + GRANT * 4 // 5,
            "keys": {kid: self._named(kid, operation) for kid in wanted.get("keys", ())},
        }
        for what in ("data_key", "deterministic_key"):
            if wanted.get(what):
                answer[what] = self._made(what)
        return answer

    def _made(self, what: str) -> dict[str, Any]:
        kid = "0d" * 16 if what == "deterministic_key" else secrets.token_hex(16)
        key = self.keys.setdefault(kid, secrets.token_bytes(32))
        expires = None if what == "deterministic_key" else self.now + AHEAD + 86_400_000
        return {"kid": kid, "ring_version": 1, "records_max": 1 << 32, "expires": expires} | {
            "key": base64.b64encode(key).decode()
        }

    def _named(self, kid: str, operation: str) -> dict[str, Any]:
        if self.unknown or kid not in self.keys:
            return {"unknown": True}
        key = {"key": base64.b64encode(self.keys[kid]).decode()} if operation == "open" else {}
        return {"ring_version": 1, **key}


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


def rings(door: FakeDoor) -> KeyRings:
    keys = DoorKeys(door, lambda: door.now)  # type: ignore[arg-type]
    return KeyRings(keys, lambda: door.now, by_stream=True)


def sealer(door: FakeDoor) -> Sealer:
    return Sealer(DoorStreams(door), DoorKeys(door), by_stream=True)  # type: ignore[arg-type]


def test_two_programs_seal_and_open_with_what_the_door_says(door: FakeDoor) -> None:
    plain = Parts(b"card-7", b"4929", (("card", b"4929"), ("trace", b"7")))

    sealed = sealer(door).seal("cards", plain)

    assert sealed.value != plain.value
    assert sealed.key != plain.key
    assert dict(sealed.headers)["trace"] == b"7"
    assert sealer(door).open("cards", sealed) == plain


def test_each_key_is_asked_for_its_own_stream(door: FakeDoor) -> None:
    one = sealer(door)
    for topic in ("cards", "cards.copy"):
        one.seal(topic, Parts(None, b"value"))

    assert [(stream, wanted) for stream, _, wanted in door.asked if wanted] == [
        ("cards", {"data_key": True}),
        ("cards.copy", {"data_key": True}),
    ]


def test_a_grant_for_one_stream_opens_no_other_unasked(door: FakeDoor) -> None:
    one = sealer(door)
    sealed = one.seal("cards", Parts(None, b"value"))
    one.open("cards", sealed)
    door.trouble = GrantDenied("not for you")
    with pytest.raises(GrantDenied):
        one.open("cards.copy", sealed)


def test_a_key_seals_until_its_grant_ends_and_not_longer(door: FakeDoor) -> None:
    held = rings(door)
    key = held.sealing("cards", 1, "cards")
    begun = door.now
    door.trouble = Unavailable("the door is away")
    door.now = begun + GRANT - 1
    assert held.sealing("cards", 1, "cards") is key
    door.now = begun + GRANT
    with pytest.raises(Unavailable):
        held.sealing("cards", 1, "cards")


def test_what_is_held_is_bounded_and_what_is_used_stays(
    door: FakeDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamward.sdk.keyring.SEALING_KEYS_MAX", 2)
    held = rings(door)
    for take in (
        lambda it: held.sealing("cards", 1, it),
        lambda it: held.deterministic("cards", it),
    ):
        first, _ = take("a"), take("b")
        assert take("a") is first
        asked = len(door.asked)
        take("c")
        assert take("a") is first
        assert len(door.asked) == asked + 1
        take("b")
        assert len(door.asked) == asked + 2


def test_how_streams_are_sealed_is_bounded(door: FakeDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamward.sdk.door.STREAMS_MAX", 2)
    streams = DoorStreams(door, lambda: door.now)  # type: ignore[arg-type]
    for topic in ("a", "b", "a", "c", "a"):
        streams.of(topic, "seal")
    assert [topic for topic, _, _ in door.asked] == ["a", "b", "c"]
    streams.of("b", "seal")
    assert len(door.asked) == 4


def test_a_grant_is_renewed_before_its_end_and_the_key_stays(door: FakeDoor) -> None:
    held = rings(door)
    key = held.sealing("cards", 1, "cards")
    for _ in range(20):
        door.now += CONFIRM_MILLISECONDS
        assert held.sealing("cards", 1, "cards") is key
    assert len(door.keys) == 1


def test_who_is_denied_seals_nothing_more_at_the_next_question(door: FakeDoor) -> None:
    held = rings(door)
    held.sealing("cards", 1, "cards")
    door.now += CONFIRM_MILLISECONDS
    door.trouble = GrantDenied("revoked")
    with pytest.raises(GrantDenied):
        held.sealing("cards", 1, "cards")
    door.trouble = Unavailable("the door is away")
    with pytest.raises(Unavailable):
        held.sealing("cards", 1, "cards")


def test_the_deterministic_key_serves_no_longer_without_an_answer(door: FakeDoor) -> None:
    held = rings(door)
    held.deterministic("cards", "cards")
    door.now += CONFIRM_MILLISECONDS
    door.trouble = Unavailable("the door is away")
    with pytest.raises(Unavailable):
        held.deterministic("cards", "cards")


def test_a_key_opens_until_its_grant_ends_and_is_asked_for_ahead(door: FakeDoor) -> None:
    held = rings(door)
    kid = held.sealing("cards", 1, "cards").kid
    begun = door.now
    key = held.opening(kid, "cards")
    door.now = begun + GRANT * 4 // 5 - 1
    assert held.opening(kid, "cards") is key
    door.trouble = Unavailable("the door is away")
    door.now = begun + GRANT - 1
    assert held.opening(kid, "cards") is key
    door.now = begun + GRANT
    with pytest.raises(Unavailable):
        held.opening(kid, "cards")
    door.trouble = None
    assert held.opening(kid, "cards") is not key


def test_who_may_no_longer_open_lets_go_of_the_key(door: FakeDoor) -> None:
    held = rings(door)
    kid = held.sealing("cards", 1, "cards").kid
    held.opening(kid, "cards")
    door.now += GRANT * 4 // 5
    door.trouble = GrantDenied("revoked")
    with pytest.raises(GrantDenied):
        held.opening(kid, "cards")
    door.trouble = Unavailable("the door is away")
    with pytest.raises(Unavailable):
        held.opening(kid, "cards")


def test_a_shredded_key_opens_and_seals_nothing(door: FakeDoor) -> None:
    held = rings(door)
    kid = held.sealing("cards", 1, "cards").kid
    door.unknown = True
    with pytest.raises(RecordRefused):
        held.opening(kid, "cards")
    door.now += CONFIRM_MILLISECONDS
    assert held.sealing("cards", 1, "cards").kid != kid


def test_how_a_stream_is_sealed_is_believed_until_the_answer_ends(door: FakeDoor) -> None:
    streams = DoorStreams(door, lambda: door.now)  # type: ignore[arg-type]
    begun = door.now
    assert streams.of("cards", "seal") is not None
    door.terms = None
    assert streams.of("cards", "seal") is not None
    assert len(door.asked) == 1
    door.now = begun + GRANT * 4 // 5
    assert streams.of("cards", "seal") is None
    door.trouble = Unavailable("the door is away")
    door.now += GRANT - 1
    assert streams.of("cards", "seal") is None
    door.now += 1
    with pytest.raises(Unavailable):
        streams.of("cards", "seal")


def test_a_ring_that_changed_meanwhile_is_not_taken_for_the_old_one(door: FakeDoor) -> None:
    held = rings(door)
    with pytest.raises(Unavailable, match="declared anew"):
        held.sealing("another", 1, "cards")


@pytest.mark.parametrize("missing", ["until", "now", "refresh"])
def test_an_answer_without_its_end_is_no_grant(door: FakeDoor, missing: str) -> None:
    whole = door.ask

    def partly(stream: str, operation: str, **wanted: Any) -> Mapping[str, Any]:
        answer = dict(whole(stream, operation, **wanted))
        del answer[missing]
        return answer

    door.ask = partly  # type: ignore[method-assign]
    with pytest.raises(DoorConfused):
        rings(door).sealing("cards", 1, "cards")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "denied", GrantDenied),
        (409, "grant.by_gateway", ByGateway),
        (429, "grant.too_many", Unavailable),
        (503, "unavailable", Unavailable),
        (422, "invalid", InvalidArgument),
        (500, "internal", DoorConfused),
        (302, "", DoorConfused),
    ],
)
def test_each_refusal_is_an_error_that_says_what_to_do(
    status: int, code: str, kind: type[Exception]
) -> None:
    error = _error(status, {"code": code, "detail": "why"}, "`cards`: the door")
    assert type(error) is kind or (kind is Unavailable and isinstance(error, Unavailable))
    assert error.help or kind is InvalidArgument


def test_an_answer_that_means_nothing_is_not_quoted() -> None:
    for answer in (b'{"key": "c2VjcmV0"', b'["c2VjcmV0"]', b"\xff", b"[" * 100_000):
        with pytest.raises(DoorConfused) as told:
            _document(answer)
        assert "c2Vj" not in str(told.value)
        assert told.value.__cause__ is None


@pytest.mark.parametrize("address", ["", "door", "door:0", "door:65536", "https://door:1", "a b:1"])
def test_an_address_is_a_host_and_a_port(address: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="host:port"):
        sealer_through(address, certificate=tmp_path, key=tmp_path, authority=tmp_path)


def test_a_missing_certificate_is_named(tmp_path: Path) -> None:
    door = Door("localhost:1", tmp_path / "c.pem", tmp_path / "k.pem", tmp_path / "a.pem", 1.0)
    with pytest.raises(InvalidArgument, match=r"authority .*a\.pem"):
        door.ask("cards", "seal")


def test_while_the_files_are_renewed_what_was_granted_serves(
    door: FakeDoor, tmp_path: Path
) -> None:
    """Certificate and key are two files, and don't fit for a moment when one is there anew."""
    held, streams = rings(door), DoorStreams(door, lambda: door.now)  # type: ignore[arg-type]
    key, _ = held.sealing("cards", 1, "cards"), streams.of("cards", "seal")
    kid = key.kid
    opened = held.opening(kid, "cards")
    door.now += GRANT - 1
    client = Door("localhost:1", tmp_path / "c.pem", tmp_path / "k.pem", tmp_path / "a.pem", 1.0)
    door.ask = client.ask  # type: ignore[method-assign]
    assert held.sealing("cards", 1, "cards") is key
    assert held.opening(kid, "cards") is opened
    assert streams.of("cards", "seal") is not None
