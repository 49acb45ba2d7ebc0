"""What must be so of a stream that takes what was refused."""

from pathlib import Path

import pytest

from tests.unit.contracts.test_sealing import CLASSES, mistakes

SOURCE = (
    CLASSES + """\
{kind: Role, name: senior, includes: [doctor]}
---
{kind: Role, name: clerk}
---
{kind: Principal, name: chief, type: user, tenant: north, roles: [senior]}
---
{kind: Principal, name: guest, type: user, tenant: north}
---
{kind: AccessClass, name: all, owner: tests,
 readers: ["role:doctor", "role:clerk", "principal:chief", "principal:guest"]}
---
{kind: KeyRing, name: wide, data_class: health, access_class: all, provider: local, key: c}
---
{kind: SigningKey, name: ours, key: "file:ours.pem"}
---
"""
    "{kind: Stream, name: north.c, classes: [health], seal: {ring: health,"
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
        (
            TARGET.replace("ring: health", "ring: health, opened_by: consumer"),
            "`north.d` is opened by the consumer, its dead letters are not",
        ),
        (
            TARGET.replace("ring: health", "ring: health, unreadable: ciphertext"),
            "`north.d` gives more to those who may not open it than its dead letters do",
        ),
        (
            TARGET.replace("ring: health", "ring: wide"),
            "`north.d` is opened for `principal:guest`, `role:clerk`, its dead letters are not",
        ),
        (
            TARGET.replace("classes:", "sign: {key: ours}, classes:"),
            "`north.d` is signed, and what the gateway copies there is not",
        ),
    ],
)
def test_one_that_is_less_safe_does_not(tmp_path: Path, target: str, expected: str) -> None:
    assert [each for each in mistakes(tmp_path, SOURCE + target) if expected in each]


def test_nor_does_the_stream_itself(tmp_path: Path) -> None:
    text = SOURCE.replace("north.d", "north.c")

    assert any("can't be its own dead letters" in each for each in mistakes(tmp_path, text))


@pytest.mark.parametrize(
    ("sealed", "expected"),
    [
        ("key: deterministic", "`north.d` does not seal keys of records"),
        ("headers: [name, id]", "`north.d` does not seal the headers `id`, `name` of its"),
        ("opened_by: consumer", "`north.d` is opened by the gateway, its dead letters are not"),
    ],
)
def test_nor_does_one_that_leaves_more_in_clear(tmp_path: Path, sealed: str, expected: str) -> None:
    text = SOURCE.replace("seal: {ring: health,", f"seal: {{ring: health, {sealed},") + TARGET

    assert [each for each in mistakes(tmp_path, text) if expected in each]


def test_nor_does_one_that_is_opened_for_those_who_see_masks(tmp_path: Path) -> None:
    (tmp_path / "a.schema.json").write_text('{"properties": {"card": {"type": "string"}}}')
    contract = """---
{kind: AccessClass, name: few, owner: tests, readers: ["principal:chief"]}
---
apiVersion: v3.1.0
kind: DataContract
id: north.c
version: 1.0.0
status: active
team: {name: tests}
schema:
  - name: north.c
    customProperties:
      - {property: streamward.schema, value: {format: json, file: a.schema.json}}
      - {property: streamward.unmasked, value: [few]}
    properties:
      - name: card
        customProperties: [{property: streamward.mask, value: redact}]
"""
    expected = "`north.d` is opened for `role:doctor`, `role:senior`, who see `north.c` masked"

    assert [each for each in mistakes(tmp_path, SOURCE + TARGET + contract) if expected in each]
    wide = contract.replace("value: [few]", "value: [clinical]")
    assert mistakes(tmp_path, SOURCE + TARGET + wide) == []
