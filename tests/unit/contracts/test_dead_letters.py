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
    "{kind: Stream, name: north.c, classes: [health], seal: {ring: health},"
    " dead_letter: north.d}\n---\n"
)
TARGET = "{kind: Stream, name: north.d, classes: [health], seal: {ring: health}}\n"


def test_a_stream_that_is_as_safe_takes_dead_letters(tmp_path: Path) -> None:
    assert mistakes(tmp_path, SOURCE + TARGET) == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "{kind: Stream, name: north.d, classes: [money]}\n",
            "`north.d` takes what is refused of a sealed stream, and is not sealed",
        ),
        (
            TARGET.replace("ring: health", "ring: health, value: false, headers: [a]"),
            "`north.d` takes records whole, and its values are not sealed as a whole",
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
    text = SOURCE.replace("seal: {ring: health}", f"seal: {{ring: health, {sealed}}}") + TARGET

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


OPEN = (
    CLASSES
    + """\
{kind: Role, name: clerk}
---
{kind: Principal, name: chief, type: user, tenant: north, roles: [clerk]}
---
{kind: Principal, name: guest, type: user, tenant: north}
---
{kind: SigningKey, name: ours, key: "file:ours.pem"}
---
{kind: Grant, id: chief, to: ["role:clerk"], allow: [read], on: ["stream:north.*"]}
---
"""
)
SIGNED = (
    "{kind: Stream, name: north.c, classes: [money], sign: {key: ours}, dead_letter: north.d}\n"
    "---\n"
)
CLEAR = "{kind: Stream, name: north.d, classes: [money]}\n"
CONTRACT = """---
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
"""
MASKED = """\
      - {property: streamward.unmasked, value: [clinical]}
    properties:
      - name: card
        customProperties: [{property: streamward.mask, value: redact}]
"""


def with_schema(folder: Path, text: str) -> list[str]:
    (folder / "a.schema.json").write_text('{"properties": {"card": {"type": "string"}}}')
    return mistakes(folder, text)


def test_streams_that_are_only_signed_or_only_have_a_contract_have_dead_letters(
    tmp_path: Path,
) -> None:
    assert mistakes(tmp_path, OPEN + SIGNED + CLEAR) == []
    held = SIGNED.replace("sign: {key: ours}, ", "")
    assert with_schema(tmp_path, OPEN + held + CLEAR + CONTRACT) == []
    assert with_schema(tmp_path, OPEN + SIGNED + CLEAR + CONTRACT) == []
    # Sealed, they are safer than before.
    ring = CLEAR.replace("}", ", seal: {ring: money}}")
    assert mistakes(tmp_path, OPEN + SIGNED + ring) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SIGNED.replace("sign: {key: ours}, ", "") + CLEAR,
            "nothing of `north.c` is refused, so nothing is copied to `north.d`",
        ),
        (
            SIGNED.replace("key: ours", "key: ours, on_violation: mark") + CLEAR,
            "nothing of `north.c` is refused, so nothing is copied to `north.d`",
        ),
        (
            SIGNED + CLEAR.replace("[money]", "[]"),
            "`north.d` does not carry `money`, which its dead letters do",
        ),
        (
            SIGNED.replace("[money]", "[]") + CLEAR,
            "`north.d` is internal, and what it takes counts as restricted",
        ),
        (
            SIGNED + CLEAR.replace("}", ", sign: {key: ours}}"),
            "`north.d` is signed, and what the gateway copies there is not",
        ),
        (
            SIGNED + CLEAR.replace("}", ", seal: {ring: money, value: false, headers: [a]}}"),
            "`north.d` takes records whole, and its values are not sealed as a whole",
        ),
        (
            SIGNED + CLEAR + CONTRACT.replace("north.c", "north.d"),
            "`north.d` is held to a schema, which what was refused does not meet",
        ),
        (
            SIGNED + CLEAR + CONTRACT + MASKED,
            "fields of `north.c` have masks, and `north.d` would show them: it is not sealed",
        ),
        (
            SIGNED
            + CLEAR.replace("}", ", seal: {ring: wide}}")
            + """---
{kind: AccessClass, name: all, owner: tests, readers: ["role:doctor", "role:clerk"]}
---
{kind: KeyRing, name: wide, data_class: money, access_class: all, provider: local, key: c}
"""
            + CONTRACT
            + MASKED,
            "`north.d` is opened for `role:clerk`, who see `north.c` masked",
        ),
        (
            SIGNED
            + CLEAR
            + """---
{kind: Grant, id: more, to: ["principal:guest"], allow: [read], on: ["stream:north.d"]}
""",
            "`north.d` may be read by `guest`, who may not read `north.c`, or not always",
        ),
        (
            SIGNED
            + CLEAR
            + """---
{kind: Grant, id: more, to: ["principal:guest"], allow: [read], on: ["stream:north.d"]}
---
{kind: Grant, id: less, to: ["principal:guest"], allow: [read], on: ["stream:north.c"],
 sources: ["10.0.0.0/8"]}
""",
            "`north.d` may be read by `guest`, who may not read `north.c`, or not always",
        ),
    ],
)
def test_what_would_leak_out_of_an_open_stream_does_not_pass(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert [each for each in with_schema(tmp_path, OPEN + text) if expected in each]


def test_who_can_not_open_them_may_be_let_read_them(tmp_path: Path) -> None:
    guest = """---
{kind: Grant, id: more, to: ["principal:guest"], allow: [read], on: ["stream:north.d"]}
"""
    ring = CLEAR.replace("}", ", seal: {ring: money}}")
    assert mistakes(tmp_path, OPEN + SIGNED + ring + guest) == []


def test_a_prefix_or_a_class_says_it_for_all_but_the_stream_that_takes_them(
    tmp_path: Path,
) -> None:
    around = "{kind: Stream, prefix: north., sign: {key: ours}, dead_letter: north.d}\n---\n"
    inner = "{kind: Stream, name: north.x}\n---\n"
    # What is around it signs it, too.
    taken = "{kind: Stream, prefix: south., classes: [money], dead_letter: north.e}\n---\n"
    assert [it for it in mistakes(tmp_path, OPEN + around + inner + CLEAR) if "is signed" in it]
    of_class = OPEN.replace("level: internal", "level: internal, dead_letter: north.d")
    of_class = of_class.replace("owner: t}", "owner: t, sign: {key: ours}}")
    streams = "{kind: Stream, name: north.x, classes: [money]}\n---\n"
    bare = CLEAR
    found = mistakes(tmp_path, of_class + streams + bare)
    assert any("is signed" in it for it in found)
    assert not any("own dead letters" in it for it in found)
    assert any("there is no Stream `north.e`" in it for it in mistakes(tmp_path, OPEN + taken))


def test_classes_with_several_do_not_say_which(tmp_path: Path) -> None:
    text = OPEN.replace("level: internal", "level: internal, dead_letter: north.d")
    text = text.replace("level: restricted", "level: restricted, dead_letter: north.e")
    both = "{kind: Stream, name: north.c, classes: [health, money], seal: {ring: health}}\n"
    expected = "the classes of `north.c` have dead letters in `north.e`, `north.d`"
    assert [each for each in mistakes(tmp_path, text + both) if expected in each]


@pytest.mark.parametrize(
    ("of_class", "source", "shown"),
    [
        (
            "level: internal",
            "{kind: Stream, prefix: north.in., classes: [money], sign: {key: ours},"
            " dead_letter: north.d}\n---\n",
            "north.in.*",
        ),
        (
            "level: internal, dead_letter: north.d",
            "{kind: Stream, name: north.x, classes: [money], sign: {key: ours}}\n---\n",
            "north.x",
        ),
    ],
)
def test_readers_of_all_that_has_dead_letters_are_looked_at(
    tmp_path: Path, of_class: str, source: str, shown: str
) -> None:
    text = OPEN.replace("level: internal", of_class) + source + CLEAR
    guest = """---
{kind: Grant, id: more, to: ["principal:guest"], allow: [read], on: ["stream:north.d"]}
"""
    expected = f"`north.d` may be read by `guest`, who may not read `{shown}`, or not always"

    assert mistakes(tmp_path, text) == []
    assert [each for each in mistakes(tmp_path, text + guest) if expected in each]
    both = guest.replace('"stream:north.d"', f'"stream:north.d", "stream:{shown}"')
    assert mistakes(tmp_path, text + both) == []
