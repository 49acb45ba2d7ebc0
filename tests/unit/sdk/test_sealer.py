"""Sealing and opening in a program's own process."""

import base64
import secrets
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward._core import StreamHome, seal_part
from streamward.errors import Unavailable
from streamward.keys.ports import KeyRefused
from streamward.model.sealing import Sealing
from streamward.sdk import NotSealable, Parts, RecordRefused, SealedStream, SealedStreams, Sealer
from streamward.sdk.keyring import CONFIRM_MILLISECONDS, KeyRings

RING = "cards"


class Source:
    """Keys in memory, counted."""

    def __init__(self, records_max: int = 1_000_000, lifetime: int | None = None) -> None:
        self.made = 0
        self.asked = 0
        self.down = False
        self.revoked = False
        self.now = 0
        self.keys: dict[str, bytes] = {}
        self._records_max = records_max
        self._lifetime = lifetime
        self._deterministic: str | None = None

    def data_key(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        self._up()
        self._active()
        self.made += 1
        kid = secrets.token_hex(16)
        self.keys[kid] = secrets.token_bytes(32)
        lifetime = self._lifetime
        return self._told(kid) | {
            "records_max": self._records_max,
            "expires": None if lifetime is None else self.now + lifetime,
            "refresh": None if lifetime is None else self.now + lifetime // 2,
        }

    def deterministic_key(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        self._up()
        self._active()
        if self._deterministic is None:
            self._deterministic = str(self.data_key(question)["kid"])
        return self._told(self._deterministic) | {"records_max": 1 << 48}

    def open_key(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        self._up()
        self.asked += 1
        kid = question["kid"]
        if self.revoked:
            return {"unknown": True}
        return (
            self._told(kid) | {"until": self.now + 1000} if kid in self.keys else {"unknown": True}
        )

    def confirm_key(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.open_key(question)

    def _told(self, kid: str) -> dict[str, Any]:
        key = base64.b64encode(self.keys[kid]).decode()
        return {"kid": kid, "ring": RING, "ring_version": 1, "key": key}

    def _up(self) -> None:
        if self.down:
            raise Unavailable("the provider is away")

    def _active(self) -> None:
        if self.revoked:
            raise KeyRefused("the ring `cards` is revoked")


def stream(name: str, *, prefix: bool = False, **seal: Any) -> SealedStream:
    return SealedStream(name, prefix, "shop", "main", "cardholder", Sealing(ring=RING, **seal))


def sealer(source: Source, *streams: SealedStream) -> Sealer:
    return Sealer(SealedStreams(streams or (stream("cards"),)), source)


optional_bytes = st.none() | st.binary(max_size=200)


@given(
    key=optional_bytes,
    value=optional_bytes,
    headers=st.lists(st.tuples(st.sampled_from(["secret", "open"]), optional_bytes), max_size=4),
    mode=st.sampled_from(["plain", "deterministic"]),
)
def test_what_is_sealed_opens_and_is_not_readable(key, value, headers, mode) -> None:
    one = sealer(Source(), stream("cards", key=mode, headers=("secret",)))
    plain = Parts(key, value, tuple(headers))

    sealed = one.seal("cards", plain)

    assert one.open("cards", sealed) == plain
    assert (sealed.value is None) == (value is None)
    if value is not None:
        assert sealed.value.startswith(b"\xd0\x83")
    assert sealed.key == key if mode == "plain" or key is None else sealed.key != key
    assert [name for name, _ in sealed.headers] == [name for name, _ in headers]


def test_equal_keys_stay_equal_and_equal_values_do_not() -> None:
    one = sealer(Source(), stream("cards", key="deterministic"))
    first, second = (one.seal("cards", Parts(b"card-7", b"value")) for _ in range(2))
    assert first.key == second.key
    assert first.value != second.value


@pytest.mark.parametrize(
    ("moved", "sealed_in", "opened_in"),
    [
        ("to another stream", "cards", "cards.copy"),
        ("to a stream of a prefix", "cards", "archive.cards"),
    ],
)
def test_an_envelope_opens_nowhere_else(moved: str, sealed_in: str, opened_in: str) -> None:
    streams = stream("cards"), stream("cards.copy"), stream("archive.", prefix=True)
    one = sealer(Source(), *streams)
    with pytest.raises(RecordRefused, match="moved"):
        one.open(opened_in, one.seal(sealed_in, Parts(None, b"value")))


def test_a_mirror_accepts_what_it_declares() -> None:
    streams = stream("cards"), stream("mirror", accepts_from=("cards",))
    one = sealer(Source(), *streams)
    assert one.open("mirror", one.seal("cards", Parts(b"k", b"value"))).value == b"value"


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("plaintext", lambda parts: Parts(parts.key, b"plain", parts.headers)),
        ("cut short", lambda parts: Parts(parts.key, parts.value[:1], parts.headers)),
        ("changed", lambda parts: Parts(parts.key, parts.value[:-1] + b"\0", parts.headers)),
        ("changed or moved", lambda parts: Parts(b"another key", parts.value, parts.headers)),
        ("behind the end", lambda parts: Parts(parts.key, parts.value + b"\0", parts.headers)),
        ("plaintext", lambda parts: Parts(parts.key, parts.value, (("secret", b"plain"),))),
    ],
)
def test_what_is_not_as_it_was_sealed_is_refused(what, change) -> None:
    one = sealer(Source(), stream("cards", headers=("secret",)))
    sealed = one.seal("cards", Parts(b"key", b"value"))
    with pytest.raises(RecordRefused, match=what):
        one.open("cards", change(sealed))


def test_a_key_that_nobody_knows_is_asked_for_once() -> None:
    here, elsewhere = Source(), Source()
    foreign = sealer(elsewhere).seal("cards", Parts(None, b"value"))
    one = sealer(here)
    for _ in range(3):
        with pytest.raises(RecordRefused, match="foreign, or was shredded"):
            one.open("cards", foreign)
    assert here.asked == 1


def test_what_is_not_declared_passes_as_it_is() -> None:
    source = Source()
    plain = Parts(b"key", b"value", (("a", b"b"),))
    assert sealer(source).seal("other", plain) is plain
    assert sealer(source).open("other", plain) is plain
    assert source.made == 0


def test_a_partition_that_is_bound_must_be_named() -> None:
    one = sealer(Source(), stream("cards", partition_bound=True))
    for nowhere in (None, -1):
        with pytest.raises(NotSealable, match="name it"):
            one.seal("cards", Parts(None, b"value"), nowhere)
    sealed = one.seal("cards", Parts(None, b"value"), 3)
    assert one.open("cards", sealed, 3).value == b"value"
    with pytest.raises(RecordRefused, match="moved"):
        one.open("cards", sealed, 4)


def test_a_spent_key_is_followed_by_another_for_all_threads() -> None:
    source = Source(records_max=10)
    one = sealer(source)
    sealed: list[Parts] = []

    def work() -> None:
        sealed.extend(one.seal("cards", Parts(None, b"value")) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({each.value for each in sealed}) == 200
    assert source.made >= 20
    assert all(one.open("cards", each).value == b"value" for each in sealed)


def test_a_record_is_sealed_though_others_are_faster_several_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Source(records_max=1)
    one, whole, faster = sealer(source), KeyRings.sealing, [5]

    def spent(self: KeyRings, *arguments: Any) -> Any:
        key = whole(self, *arguments)
        if faster[0]:
            faster[0] -= 1
            seal_part(StreamHome(None, "main", "cards", "cardholder", RING), key, "value", b"v")
        return key

    monkeypatch.setattr(KeyRings, "sealing", spent)
    assert one.open("cards", one.seal("cards", Parts(None, b"value"))).value == b"value"
    assert source.made == 6


def test_a_record_of_more_parts_than_a_key_may_seal_costs_one_key() -> None:
    source = Source(records_max=2)
    one = sealer(source, stream("cards", headers=("secret",)))
    with pytest.raises(NotSealable, match="a record of 3 sealed parts"):
        one.seal("cards", Parts(None, b"value", (("secret", b"a"), ("secret", b"b"))))
    assert source.made == 1
    assert one.seal("cards", Parts(None, b"value", (("secret", b"a"),)))
    assert source.made == 1


def test_a_key_serves_until_its_end_while_its_provider_is_away_and_not_longer() -> None:
    source = Source(lifetime=10_000)
    rings = KeyRings(source, lambda: source.now)
    first = rings.sealing(RING, 1)
    source.down = True
    source.now = 9_999
    assert rings.sealing(RING, 1) is first
    source.now = 10_000
    with pytest.raises(Unavailable):
        rings.sealing(RING, 1)
    source.down = False
    assert rings.sealing(RING, 1) is not first


def test_the_next_key_is_made_before_the_end() -> None:
    source = Source(lifetime=10_000)
    rings = KeyRings(source, lambda: source.now)
    first = rings.sealing(RING, 1)
    source.now = 5_000
    assert rings.sealing(RING, 1) is not first
    assert source.made == 2


def test_a_key_opens_no_longer_than_it_was_lent() -> None:
    source = Source()
    rings = KeyRings(source, lambda: source.now)
    kid = bytes.fromhex(source.data_key({})["kid"])
    rings.opening(kid)
    source.keys.clear()
    source.now = 999
    rings.opening(kid)
    source.now = 1_000
    with pytest.raises(RecordRefused):
        rings.opening(kid)


def test_no_more_keys_are_kept_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record can name any key, and each one that nobody knows is remembered for a while."""
    monkeypatch.setattr("streamward.sdk.keyring.OPENED_KEYS_MAX", 2)
    source = Source()
    rings = KeyRings(source, lambda: source.now)
    own = bytes.fromhex(source.data_key({})["kid"])
    for number in range(3):
        rings.opening(own)
        with pytest.raises(RecordRefused):
            rings.opening(bytes([number]) * 16)
    assert source.asked == 4, "the one that is used goes last"

    with pytest.raises(RecordRefused):
        rings.opening(bytes(16))

    assert source.asked == 5


def test_what_is_forgotten_is_asked_for_again() -> None:
    source = Source(lifetime=86_400_000)
    rings = KeyRings(source, lambda: source.now)
    kid = rings.sealing(RING, 1).kid
    rings.deterministic(RING)
    rings.opening(kid)
    source.revoked = True
    assert rings.deterministic(RING)

    rings.forget()

    with pytest.raises(KeyRefused, match="is revoked"):
        rings.sealing(RING, 1)
    with pytest.raises(KeyRefused, match="is revoked"):
        rings.deterministic(RING)
    with pytest.raises(RecordRefused, match="unknown key"):
        rings.opening(kid)


def test_a_topic_is_sealed_as_its_name_or_its_longest_prefix_says() -> None:
    declared = [
        stream("c", prefix=True, headers=("short",)),
        stream("cards.", prefix=True, headers=("long",)),
        stream("cards.a", headers=("name",)),
    ]
    for listed in (declared, declared[::-1]):
        streams = SealedStreams(listed)
        found = {name: streams.of(name) for name in ("cards.a", "cards.b", "cash", "other")}
        told = {name: one and (one.name, one.seal.headers) for name, one in found.items()}
        assert told == {
            "cards.a": ("cards.a", ("name",)),
            "cards.b": ("cards.b", ("long",)),
            "cash": ("cash", ("short",)),
            "other": None,
        }


def test_no_key_is_ever_shown() -> None:
    source = Source()
    key = KeyRings(source).sealing(RING, 1)
    (secret,) = source.keys.values()
    assert "***" in repr(key)
    assert secret.hex() not in repr(key)
    assert base64.b64encode(secret).decode() not in repr(key)


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_revoked_ring_seals_nothing_soon_after(deterministic: bool) -> None:
    source = Source(lifetime=86_400_000)
    rings = KeyRings(source, lambda: source.now)

    def ask() -> object:
        return rings.deterministic(RING) if deterministic else rings.sealing(RING, 1)

    held = ask()
    source.revoked = True
    source.now += CONFIRM_MILLISECONDS - 1
    assert ask() is held
    source.now += 1

    for _ in range(2):
        with pytest.raises(KeyRefused, match="is revoked"):
            ask()

    source.revoked = False
    assert ask() is not held


def test_a_key_whose_confirmation_is_refused_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(lifetime=86_400_000)
    rings = KeyRings(source, lambda: source.now)
    held = rings.sealing(RING, 1)
    source.now += CONFIRM_MILLISECONDS

    def refused(_: Mapping[str, Any]) -> Mapping[str, Any]:
        raise KeyRefused("the provider refuses its key")

    with monkeypatch.context() as patch:
        patch.setattr(source, "open_key", refused)
        with pytest.raises(KeyRefused):
            rings.sealing(RING, 1)

    assert rings.sealing(RING, 1) is not held


def test_a_key_that_is_confirmed_goes_on_and_is_not_made_anew() -> None:
    source = Source(lifetime=86_400_000)
    rings = KeyRings(source, lambda: source.now)
    held = rings.sealing(RING, 1)

    for _ in range(5):
        source.now += CONFIRM_MILLISECONDS
        assert rings.sealing(RING, 1) is held
        assert rings.sealing(RING, 1) is held

    assert (source.made, source.asked) == (1, 5)


def test_while_nobody_answers_a_data_key_serves_and_the_deterministic_one_does_not() -> None:
    source = Source(lifetime=86_400_000)
    rings = KeyRings(source, lambda: source.now)
    held, _ = rings.sealing(RING, 1), rings.deterministic(RING)
    source.down = True
    source.now += CONFIRM_MILLISECONDS

    assert rings.sealing(RING, 1) is held
    with pytest.raises(Unavailable):
        rings.deterministic(RING)
    source.now += 86_400_000
    with pytest.raises(Unavailable):
        rings.sealing(RING, 1)


def test_no_part_of_a_record_is_ever_shown() -> None:
    """Records stand in tracebacks and in logs of whoever catches them."""
    parts = Parts(b"card-7", b"4929 1234", (("card", b"4929"), ("none", None)))
    shown = f"{parts!r} {parts} {[parts]}"
    assert "4929" not in shown
    assert "card-7" not in shown
    assert repr(parts) == "Parts(key=***, value=***, headers=2)"
    assert repr(Parts(None, None)) == "Parts(key=None, value=None, headers=0)"


def test_nothing_that_holds_keys_or_records_shows_them() -> None:
    source = Source()
    one = sealer(source, stream("cards", key="deterministic"))
    plain = Parts(b"card-7", b"4929 1234", ())
    sealed = one.seal("cards", plain)
    held = one._rings._held.value
    opened = KeyRings(source, lambda: source.now)
    opened.opening(bytes.fromhex(next(iter(source.keys))))
    shown = " ".join(map(repr, (
        one, one._rings, held, sealed, plain,
        *held.sealing.values(), *held.deterministic.values(),
        *opened._held.value.opening.values(),
    )))  # fmt: skip
    assert shown.count('key=DataKey(ring="cards", key=***)') == 3
    for secret in source.keys.values():
        for form in (secret.hex(), base64.b64encode(secret).decode(), repr(secret)[2:-1]):
            assert form not in shown
    assert "4929" not in shown
    assert "card-7" not in shown
