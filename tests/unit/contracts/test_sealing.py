"""Which streams are sealed and how, and every mistake that a bundle can make about it."""

from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.contracts.sealing import sealed_streams, text_of

HEAD = """\
kind: Bundle
name: sealed
environment: development
owner: tests
---
{kind: Tenant, name: north}
---
{kind: Tenant, name: south}
---
{kind: Namespace, prefix: north., tenant: north}
---
{kind: Namespace, prefix: south., tenant: south}
---
{kind: AccessClass, name: clinical, readers: ["role:doctor"], owner: tests}
---
{kind: Role, name: doctor}
---
{kind: KeyProvider, name: local, type: local-file}
---
{kind: KeyRing, name: health, data_class: health, access_class: clinical, provider: local, key: a}
---
{kind: KeyRing, name: money, data_class: money, access_class: clinical, provider: local, key: b}
---
"""
CLASSES = """\
{kind: DataClass, name: health, level: restricted, owner: t, requires: {encrypt: true}}
---
{kind: DataClass, name: money, level: internal, owner: t}
---
"""
HEALTH = "{kind: Stream, name: north.a, classes: [health], seal: {ring: health}}\n---\n"
MONEY = "{kind: Stream, name: north.b, classes: [money], seal: {ring: money}}\n---\n"


def mistakes(folder: Path, text: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    (folder / "streamward.yaml").write_text(HEAD + text)
    return [
        f"{each.place.line - HEAD.count(chr(10))}: {each.what} | {each.suggestion}"
        for each in read_bundle(folder, materials=False).errors
    ]


def sealed(folder: Path, text: str) -> dict[str, str]:
    assert mistakes(folder, text) == []
    bundle = read_bundle(folder, materials=False).bundle
    return {text_of(stream): seal.ring for stream, seal in sealed_streams(bundle)}


def test_a_bundle_whose_classes_are_sealed_as_they_require_passes(tmp_path: Path) -> None:
    assert sealed(tmp_path, CLASSES + HEALTH + MONEY) == {"north.a": "health", "north.b": "money"}


def test_a_stream_is_sealed_as_its_longest_prefix_or_else_its_class_says(tmp_path: Path) -> None:
    text = CLASSES.replace("encrypt: true}", "encrypt: true}, seal: {ring: health}")
    streams = """\
{kind: Stream, prefix: north., classes: [money], seal: {ring: money}}
---
{kind: Stream, prefix: north.x., seal: {ring: money, key: deterministic}}
---
{kind: Stream, name: north.x.y}
---
{kind: Stream, prefix: south., classes: [health]}
---
{kind: Stream, name: south.a}
---
{kind: Stream, name: other, classes: [money]}
"""

    found = sealed(tmp_path, text + streams)

    assert found == {
        "north.": "money",
        "north.x.": "money",
        "north.x.y": "money",
        "south.": "health",
        "south.a": "health",
    }
    bundle = read_bundle(tmp_path, materials=False).bundle
    keys = {text_of(stream): seal.key for stream, seal in sealed_streams(bundle)}
    assert keys["north.x.y"] == "deterministic"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            CLASSES + "{kind: Stream, name: north.c, classes: [money, health]}\n",
            "5: `north.c` carries `health`, which requires encryption, but is not sealed",
        ),
        (
            CLASSES
            + "{kind: Stream, name: north.c, classes: [health], seal: {ring: health, value: false,"
            " key: deterministic}}\n",
            "5: `north.c` carries `health`, which requires encryption, but its values are not",
        ),
        (
            CLASSES
            + "{kind: Stream, prefix: north., classes: [health], seal: {ring: health}}\n---\n"
            + "{kind: Stream, name: north.c, seal: {ring: money}}\n",
            "7: `north.c` is sealed under `money`, a ring of `money`, which it does not carry",
        ),
        (
            CLASSES
            + "{kind: Stream, name: north.c, classes: [money, health], seal: {ring: money}}\n",
            "5: `north.c` carries `health`, which is more sensitive than `money`",
        ),
        (
            CLASSES.replace("owner: t}", "owner: t, seal: {ring: health}}"),
            "3: `health` is a ring of the class `health`",
        ),
        (
            CLASSES.replace("owner: t,", "owner: t, seal: {ring: health},").replace(
                "owner: t}", "owner: t, seal: {ring: money}}"
            )
            + "{kind: Stream, name: north.c, classes: [money, health]}\n",
            "5: the classes of `north.c` are sealed in 2 ways (`health`, `money`)",
        ),
        (
            CLASSES + "{kind: Stream, prefix: nor, classes: [health], seal: {ring: health}}\n",
            "5: sealed streams of `nor…` are of no tenant, but those of `north.…` of `north`",
        ),
        (
            CLASSES + "{kind: Stream, name: north.c, classes: [health], seal: {ring: helth}}\n",
            "5: there is no KeyRing `helth` | did you mean `health`?",
        ),
        (
            CLASSES + "{kind: Stream, name: north.c, classes: [health], seal: {ring: health},"
            " dead_letter: north.dd}\n---\n"
            "{kind: Stream, name: north.d}\n",
            "5: there is no Stream `north.dd` for dead letters | did you mean `north.d`?",
        ),
        (
            CLASSES + "{kind: Stream, name: north.c, classes: [health], seal: {ring: health,"
            " accepts_from: [north.d]}}\n---\n{kind: Stream, name: north.d}\n",
            "5: no sealed stream `north.d` is declared",
        ),
        (
            CLASSES + "{kind: Stream, name: north.c, classes: [health], seal: {ring: health,"
            " dead_letter: north.d}}\n",
            "5: there is no field `dead_letter` | `dead_letter:` belongs beside `seal:`, not in it",
        ),
        (
            CLASSES + "{kind: Stream, name: north.c, classes: [health], seal: {ring: health,"
            " on_violation: dead-letter}}\n",
            "5: say `refuse` (the default), and `dead_letter: STREAM` beside `seal`: it holds for"
            " all that is refused of the stream | ",
        ),
        (
            CLASSES + "{kind: Stream, name: north.c, classes: [health], seal: {ring: health,"
            " sealed_by: producer, on_violation: mark}}\n",
            "5: `mark` changes records, and those that producers seal stay as they are",
        ),
        (
            CLASSES + "{kind: Stream, name: north.c, classes: [health], seal: {ring: health,"
            " opened_by: consumer, unreadable: mask}}\n",
            "5: `mask` needs the gateway to open",
        ),
        (
            CLASSES + "{kind: Stream, name: north.c, seal: {ring: health, value: false}}\n",
            "5: nothing is sealed",
        ),
    ],
)
def test_every_mistake_is_told_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    found = mistakes(tmp_path, text)

    assert [each for each in found if each.startswith(expected)], found


CONTRACT = """---
{kind: SchemaRegistry, name: main, url: "https://registry.example.com"}
---
apiVersion: v3.1.0
kind: DataContract
id: north.a
version: 1.0.0
status: active
team: {name: tests}
schema:
  - name: north.a
    customProperties:
      - {property: streamward.PART, value: {format: json, registry: {name: main}}}
      - {property: streamward.validate, value: VALIDATE}
"""
MASK = """    properties:
      - name: card
        customProperties: [{property: streamward.mask, value: redact}]
"""


@pytest.mark.parametrize(
    ("seal", "part", "validate", "masks", "expected"),
    [
        ("opened_by: consumer", "schema", "{read: mark}", "", "can't validate what they read"),
        (
            "opened_by: consumer",
            "key_schema",
            "{read: refuse}",
            "",
            "can't validate what they read",
        ),
        ("opened_by: consumer", "schema", "{read: off}", MASK, "the gateway can't mask `card`"),
        ("sealed_by: producer", "schema", "{write: refuse}", "", "the gateway sees no value"),
        (
            "sealed_by: producer, key: deterministic",
            "key_schema",
            "{write: refuse}",
            "",
            "keys of `north.a` are sealed by its producers",
        ),
    ],
)
def test_what_the_gateway_does_not_open_it_can_not_hold_to_a_contract(
    tmp_path: Path, seal: str, part: str, validate: str, masks: str, expected: str
) -> None:
    text = CLASSES + HEALTH.replace("ring: health", f"ring: health, {seal}").removesuffix("---\n")
    contract = CONTRACT.replace("PART", part).replace("VALIDATE", validate) + masks

    assert any(expected in each for each in mistakes(tmp_path, text + contract))
    opened = CLASSES + HEALTH.removesuffix("---\n")
    assert not any(expected in each for each in mistakes(tmp_path, opened + contract))


def test_fields_of_which_a_registry_has_the_schema_are_not_sealed(tmp_path: Path) -> None:
    text = """\
{kind: SchemaRegistry, name: main, url: "https://registry.example.com"}
---
{kind: Stream, name: north.c, classes: [health], seal: {ring: health, value: false, fields: [card]}}
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
      - {property: streamward.schema, value: {format: json, registry: {name: main}}}
    properties:
      - {name: card, classification: health}
"""
    assert mistakes(tmp_path, CLASSES + text) == [
        "7: fields of `north.c` are sealed, but its schema is in a registry |"
        " name the schema by `file`, with its `schema_ids`"
    ]
