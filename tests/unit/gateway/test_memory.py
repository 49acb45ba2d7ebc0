"""Memory that is free is given back, and not time and again."""

import asyncio
import os
import subprocess
import sys

import pytest

from streamward.gateway.memory import GROWTH_BYTES, MemoryKeeper, resident_bytes


class Process:
    """Holds so much, of which so much is free."""

    def __init__(self, held: int) -> None:
        self.held = held
        self.free = 0
        self.given_back = 0

    def grow(self, used: int, free: int = 0) -> None:
        self.held += used + free
        self.free += free

    def give_back(self) -> None:
        self.held -= self.free
        self.free = 0
        self.given_back += 1


def test_what_is_free_is_given_back_once_it_is_much() -> None:
    process = Process(100)
    keeper = MemoryKeeper(process.give_back, lambda: process.held)

    def look() -> int:
        asyncio.run(keeper.look())
        return process.given_back

    assert look() == 0
    process.grow(0, free=GROWTH_BYTES)
    assert look() == 0
    process.grow(0, free=1)
    assert look() == 1
    assert process.held == 100
    # What is in use can't be given back, and is not tried for again.
    process.grow(GROWTH_BYTES * 2)
    assert [look(), look()] == [2, 2]
    # Once that has gone by itself, growth counts from there.
    process.held = 100
    assert look() == 2
    process.grow(0, free=GROWTH_BYTES + 1)
    assert look() == 3


_PROGRAM = """
from streamward._core import give_back_memory
from streamward.gateway.memory import resident_bytes

before = resident_bytes()
blocks = [bytearray(60_000) for _ in range(2_000)]
kept = blocks[::100]
full = resident_bytes()
del blocks
give_back_memory()
print(before, full, resident_bytes())
"""


def test_this_process_really_gives_it_back() -> None:
    if not resident_bytes() or "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""):
        pytest.skip("the system doesn't tell, or its allocator can't")
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    before, full, after = map(int, ran.stdout.split())
    assert full - before > 100_000_000
    assert after - before < 30_000_000
