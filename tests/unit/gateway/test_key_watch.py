"""What anybody changed about a ring is felt, however long nobody could look."""

from typing import Any, cast

import pytest

from streamward.errors import Unavailable
from streamward.gateway.key_rings import LOOK_BACK_MILLISECONDS, KeyWatch
from streamward.keys.destruction import Destruction
from streamward.keys.service import KeyService

HOUR = 3_600_000


class House:
    """A store with changes, a data plane that forgets, and a clock."""

    def __init__(self) -> None:
        self.now = 100 * HOUR
        self.away = False
        self.changes: set[tuple[str, int]] = set()
        self.forgotten: list[str] = []
        self.holder = self.store = self
        self.watch = KeyWatch(cast(KeyService, self), cast(Destruction, None), lambda: self.now)

    def changed_since(self, since: int) -> frozenset[tuple[str, int]]:
        if self.away:
            raise Unavailable("the key store can't be used")
        return frozenset(one for one in self.changes if one[1] >= since)

    def forget(self, ring: str) -> None:
        self.forgotten.append(ring)

    def look(self, **after: Any) -> list[str]:
        self.now += after.get("after", 500)
        self.forgotten.clear()
        self.watch.look()
        return list(self.forgotten)


@pytest.fixture
def house() -> House:
    return House()


def test_a_change_is_felt_once(house: House) -> None:
    house.changes.add(("cards", house.now + 100))

    assert house.look() == ["cards"]
    assert house.look() == []
    house.changes.add(("cards", house.now + 100))
    assert house.look() == ["cards"]


def test_what_was_changed_while_nobody_could_look_is_felt_then(house: House) -> None:
    house.look()
    house.away = True
    house.changes.add(("cards", house.now + HOUR))
    with pytest.raises(Unavailable):
        house.look(after=2 * HOUR)
    with pytest.raises(Unavailable):
        house.look(after=10 * HOUR)
    house.away = False

    assert house.look(after=HOUR) == ["cards"]
    assert house.look(after=HOUR) == []


@pytest.mark.parametrize("apart", [-LOOK_BACK_MILLISECONDS + 1_000, LOOK_BACK_MILLISECONDS])
def test_clocks_of_other_gateways_may_be_apart(house: House, apart: int) -> None:
    house.look()
    house.changes.add(("cards", house.now + apart))

    assert house.look() == ["cards"]


def test_a_clock_that_is_set_back_loses_nothing(house: House) -> None:
    house.look()
    house.changes.add(("cards", house.now - 5 * HOUR))

    assert house.look(after=-5 * HOUR) == ["cards"]
