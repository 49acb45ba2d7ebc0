"""What must be so of a stream that takes what was refused."""

from pathlib import Path

import pytest

from tests.unit.contracts.test_sealing import CLASSES, mistakes

SOURCE = (
    CLASSES + "{kind: Stream, name: north.c, classes: [health], seal: {ring: health,"
    " on_violation: dead-letter, dead_letter: north.d}}\n---\n"
)
TARGET = "{kind: Stream, name: north.d, classes: [health], seal: {ring: health}}\n"


def test_a_stream_that_is_as_safe_takes_dead_letters(tmp_path: Path) -> None:
    assert mistakes(tmp_path, SOURCE + TARGET) == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "{kind: Stream, name: north.d, classes: [money]}\n",
            "`north.d` takes what is refused of a sealed stream, and its values are not sealed",
        ),
        (
            TARGET.replace("ring: health", "ring: health, value: false, headers: [a]"),
            "`north.d` takes what is refused of a sealed stream, and its values are not sealed",
        ),
        (
            "{kind: Stream, name: north.d, classes: [money], seal: {ring: money}}\n",
            "`north.d` does not carry `health`, which its dead letters do",
        ),
        (
            TARGET.replace("ring: health", "ring: health, sealed_by: producer"),
            "`north.d` is sealed by its producers, and the gateway would write there",
        ),
        (
            TARGET.replace("ring: health", "ring: health, partition_bound: true"),
            "`north.d` is bound to its partitions, of which the gateway chooses one",
        ),
    ],
)
def test_one_that_is_less_safe_does_not(tmp_path: Path, target: str, expected: str) -> None:
    assert [each for each in mistakes(tmp_path, SOURCE + target) if expected in each]


def test_nor_does_the_stream_itself(tmp_path: Path) -> None:
    text = SOURCE.replace("north.d", "north.c")

    assert any("can't be its own dead letters" in each for each in mistakes(tmp_path, text))
