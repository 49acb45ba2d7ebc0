"""A program that forks: two processes never seal with one counter, nor sign in one run."""

import copy
import pickle
import secrets
import threading
from pathlib import Path
from typing import Any

import pytest

from streamward import forks
from streamward._core import CoreError, DataKey, StreamHome, envelope_key, seal_part
from streamward.app import open_sealer
from streamward.errors import InvalidArgument
from streamward.sdk import Parts
from streamward.sdk.door import DoorKeys, DoorStreams
from streamward.sdk.keyring import KeyRings
from streamward.sdk.sealer import Sealer
from tests.support.forked import in_fork
from tests.unit.sdk.test_door import FakeDoor
from tests.unit.sdk.test_sealer import RING, Source, sealer, stream
from tests.unit.sdk.test_signer import TIME, bundle, shop

__all__ = ["bundle"]  # a fixture

PLAIN = Parts(b"key", b"value", (("card", b"4929"),))
SEALING = """\
{kind: Bundle, name: forking, environment: development, owner: tests}
---
{kind: Cluster, name: main, bootstrap: ["localhost:9092"]}
---
{kind: DataClass, name: plain, level: internal, owner: tests}
---
{kind: KeyProvider, name: local, type: local-file}
---
{kind: AccessClass, name: all, readers: ["role:all"], owner: tests}
---
{kind: Role, name: all}
---
{kind: KeyRing, name: cards, data_class: plain, access_class: all, provider: local, key: cards}
---
kind: Stream
name: cards
classes: [plain]
seal: {ring: cards, key: deterministic}
"""


def kid_and_nonce(envelope: bytes) -> tuple[bytes, bytes]:
    """What must never come twice (docs/reference/envelope.md)."""
    start = envelope.index(b"\xa1\x05\x4c") + 3
    return envelope_key(envelope), envelope[start : start + 12]


def value_of(parts: Parts) -> bytes:
    assert parts.value is not None
    return parts.value


@pytest.mark.parametrize("told", [True, False])
def test_parent_and_children_never_use_a_nonce_twice(
    told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the fork is one that Python is not told of."""
    source = Source()
    one = sealer(source)

    def seals() -> tuple[bytes, bytes]:
        return kid_and_nonce(value_of(one.seal("cards", PLAIN)))

    used = [seals()]
    if not told:
        monkeypatch.setattr(forks, "_all", {})
    used += [in_fork(seals), in_fork(lambda: in_fork(seals)), seals(), in_fork(seals)]

    assert len(set(used)) == 5
    assert [kid for kid, _ in used].count(used[0][0]) == 2, "the parent goes on with its own key"


def test_a_data_key_seals_in_no_other_process_whoever_kept_it() -> None:
    home = StreamHome(None, "main", "cards", "cardholder", RING)
    key = DataKey(secrets.token_bytes(16), RING, 1, secrets.token_bytes(32), 100)
    seal_part(home, key, "value", b"v")

    def seals() -> str:
        with pytest.raises(CoreError) as refused:
            seal_part(home, key, "value", b"v")
        return str(refused.value.args[0])

    assert in_fork(seals) == "record.inherited_key"
    assert seal_part(home, key, "value", b"v")


def test_a_fork_in_the_midst_of_sealing_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a handler of a signal: the child has got its parent's key already."""
    one = sealer(Source())
    used = [kid_and_nonce(value_of(one.seal("cards", PLAIN)))]
    whole = KeyRings.sealing
    inherited: list[Any] = []

    def forking(self: KeyRings, *arguments: Any) -> DataKey:
        return inherited.pop() if inherited else whole(self, *arguments)

    def goes_on() -> tuple[bytes, bytes]:
        inherited.append(key)
        return kid_and_nonce(value_of(one.seal("cards", PLAIN)))

    key = one._rings.sealing(RING, 1)
    monkeypatch.setattr(KeyRings, "sealing", forking)
    used += [in_fork(goes_on), kid_and_nonce(value_of(one.seal("cards", PLAIN)))]

    assert len(set(used)) == 3


def test_a_child_has_no_key_of_its_parent_and_asks_for_its_own() -> None:
    door = FakeDoor()
    streams, keys = DoorStreams(door), DoorKeys(door)  # type: ignore[arg-type]
    one = Sealer(streams, keys, by_stream=True)
    sealed = one.seal("cards", PLAIN)
    one.open("cards", sealed)

    def asks() -> tuple[int, int]:
        empty = one._rings._held.value
        held = len(empty.sealing) + len(empty.deterministic) + len(empty.opening)
        before = len(door.asked)
        assert one.open("cards", one.seal("cards", PLAIN)) == PLAIN
        return held, len(door.asked) - before

    assert in_fork(asks) == (0, 6), "two streams, a data key, a deterministic one, both opened"


@pytest.mark.parametrize("what", ["sealing", "opening", "deterministic"])
def test_a_child_does_not_wait_for_who_asks_in_its_parent(what: str) -> None:
    source = Source()
    one = sealer(source, stream("cards", key="deterministic"))
    sealed = one.seal("cards", PLAIN)
    one.forget_keys()
    question = {"sealing": "data_key", "opening": "open_key", "deterministic": "deterministic_key"}
    asked, answered, ask = threading.Event(), threading.Event(), getattr(source, question[what])

    def slow(wanted: Any) -> Any:
        if threading.current_thread() is thread:
            asked.set()
            assert answered.wait(60)
        return ask(wanted)

    setattr(source, question[what], slow)
    thread = threading.Thread(target=lambda: one.open("cards", sealed) and one.seal("cards", PLAIN))
    thread.start()
    try:
        assert asked.wait(60)
        assert in_fork(lambda: one.open("cards", one.seal("cards", PLAIN)) == PLAIN)
    finally:
        answered.set()
        thread.join()


def test_each_process_signs_in_a_run_of_its_own(bundle: Path) -> None:
    signer = shop(bundle)

    def signs() -> tuple[bytes, int]:
        by = signer.verify("s.a", signer.sign("s.a", PLAIN, TIME, 0), TIME, 0)[1]
        assert by is not None
        return by.run, by.counter

    first, child, second = signs(), in_fork(signs), signs()

    assert first[0] == second[0] != child[0]
    assert (first[1], child[1], second[1]) == (0, 0, 1)


def test_a_child_signs_while_a_thread_of_its_parent_hands_a_record_on(bundle: Path) -> None:
    signer = shop(bundle)
    with signer.signing("s.a", PLAIN, TIME, 0):
        assert in_fork(lambda: len(signer.sign("s.a", PLAIN, TIME, 0).headers)) == 2


def test_a_sealer_of_a_bundle_serves_its_children_too(tmp_path: Path) -> None:
    """With a database, a provider and secrets that each process opens for itself."""
    (tmp_path / "streamward.yaml").write_text(SEALING)
    with open_sealer(tmp_path, state_dir=tmp_path / "state") as one:
        used = [kid_and_nonce(value_of(one.seal("cards", PLAIN)))]
        keys = one._rings._source._opened  # type: ignore[attr-defined]
        here = keys.value.holder

        def seals() -> tuple[bytes, bytes]:
            assert keys.value.holder is not here
            sealed = one.seal("cards", PLAIN)
            assert one.open("cards", sealed) == PLAIN
            return kid_and_nonce(value_of(sealed))

        used += [in_fork(seals), in_fork(seals)]
        used.append(kid_and_nonce(value_of(one.seal("cards", PLAIN))))
        here.store.rings()
        engine = here.store._engine
        assert engine.pool.checkedin() == 1
        assert in_fork(lambda: keys.value.holder is None and one._rings._source.close() is None)  # type: ignore[attr-defined]
        assert in_fork(lambda: engine.pool.checkedin()) == 0, "no connection is of two processes"

    with pytest.raises(InvalidArgument, match="the sealer is closed"):
        one.seal("cards", PLAIN)
    assert len(set(used)) == 4
    assert len({kid for kid, _ in used}) == 3
    assert list(tmp_path.glob("state/*"))


def test_neither_is_carried_into_another_process_by_copying(bundle: Path) -> None:
    for one in (sealer(Source()), shop(bundle)):
        for carry in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="stays in its process"):
                carry(one)
