"""Where masks and sealing meet, what neither of them covers doesn't pass the check."""

import json
from pathlib import Path
from typing import Any

import pytest

from streamward.app import read_bundle
from streamward.contracts.compatibility import Breaks
from streamward.contracts.service import changes

TEXT = {"type": "string"}
CLOSED: dict[str, Any] = {
    "type": "object",
    "properties": {"card": TEXT, "mail": TEXT},
    "additionalProperties": False,
}
BUNDLE = """\
{kind: Bundle, name: cover, environment: development, owner: tests}
---
{kind: DataClass, name: cards, level: restricted, owner: tests, requires: {encrypt: true}}
---
{kind: AccessClass, name: settling, readers: ["role:settler", "principal:p"], owner: tests}
---
{kind: AccessClass, name: analysing, readers: ["role:analyst"], owner: tests}
---
{kind: AccessClass, name: heads, readers: ["role:head", "principal:p"], owner: tests}
---
{kind: Role, name: settler}
---
{kind: Role, name: head, includes: [settler]}
---
{kind: Role, name: analyst}
---
{kind: Tenant, name: t}
---
{kind: Principal, name: p, type: service, tenant: t}
---
{kind: KeyProvider, name: local, type: local-file}
---
{kind: KeyRing, name: ring, data_class: cards, access_class: settling, provider: local, key: k}
---
kind: Stream
name: shop.cards
classes: [cards]
seal: {ring: ring, value: false, fields: [card, mail], headers: [trace], key: deterministic,
  unreadable: mask}
---
apiVersion: v3.1.0
kind: DataContract
id: shop.cards
version: 1.0.0
status: active
team: {name: tests}
schema:
  - name: shop.cards
    customProperties:
      - {property: streamward.schema, value: {format: json, file: card.schema.json}}
      - {property: streamward.key_schema, value: {format: json, file: key.schema.json}}
      - {property: streamward.requires, value: [encrypt]}
      - {property: streamward.unmasked, value: [settling]}
      - {property: streamward.masked, value: {access_classes: [analysing, heads]}}
    properties:
      - name: card
        classification: cards
        customProperties:
          - {property: streamward.mask, value: {others: redact, access_classes: {heads: none}}}
      - name: mail
        customProperties: [{property: streamward.mask, value: redact}]
"""
MASK = "\n        customProperties: [{property: streamward.mask, value: redact}]"


def told(folder: Path, *changed: tuple[str, str], schema: dict[str, Any] | None = None) -> str:
    """What is wrong with the bundle after texts of it were replaced."""
    text = BUNDLE
    for old, new in changed:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "card.schema.json").write_text(json.dumps(schema or CLOSED))
    (folder / "key.schema.json").write_text(json.dumps(TEXT))
    (folder / "bundle.yaml").write_text(text)
    found = read_bundle(folder, materials=False).mistakes
    return "\n".join(
        f"{one.severity} {one.place}: {one.what}"
        for one in found
        if not one.what.startswith(("nobody has", "`p` "))
    )


def test_what_is_covered_passes(tmp_path: Path) -> None:
    assert "error" not in told(tmp_path)


WHOLE = ("value: false, fields: [card, mail]", "value: true")
MASKED = "{access_classes: [analysing, heads]}"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ([("unreadable: mask", "unreadable: ciphertext")], "sealed in part with `unreadable: ciph"),
        ([(MASKED, MASKED[:-1] + ", key: keep}")], "keys of records are sealed, and readers"),
        ([(MASKED, MASKED[:-1] + ", headers: [trace]}")], "the header `trace` is sealed, and"),
        ([(MASK, "")], "`mail` is sealed and has no mask"),
        ([WHOLE, (MASK, "\n        classification: cards")], "`mail` is of the class `cards` and"),
        ([("heads: none", "analysing: none")], "`analysing` sees `card` as it is, which is sealed"),
        ([WHOLE, ("heads: none", "analysing: none")], "`analysing` sees `card` as it is, which is"),
        ([("role:head", "role:analyst")], "`heads` sees `card` as it is, which is sealed"),
        ([("classification: cards", "required: true")], "its contract says of no field that it"),
        ([("classification: cards", "required: true")], "the contract requires `encrypt`, and"),
        ([("fields: [card, mail]", "fields: [mail]")], "the contract requires `encrypt`, and"),
    ],
)
def test_what_is_not_covered_is_an_error(
    tmp_path: Path, changed: list[tuple[str, str]], expected: str
) -> None:
    found = told(tmp_path, *changed).splitlines()

    assert any(one.startswith("error") and expected in one for one in found), found


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (CLOSED | {"additionalProperties": True}, "a value may hold what the schema does not"),
        (
            CLOSED | {"properties": {"card": TEXT, "mail": TEXT, "note": TEXT}},
            "`note` of the schema isn't in the contract",
        ),
        (CLOSED | {"additionalProperties": TEXT}, "`*` of the schema isn't in the contract"),
        (
            CLOSED | {"properties": {"card": TEXT, "mail": TEXT, "next": {"$ref": "#"}}},
            "`next` of the schema is of a type that it lies in",
        ),
        (
            CLOSED | {"properties": {"card": TEXT, "mail": TEXT, "next": {"$ref": "#"}}},
            "`card` can't be sealed: it lies in the value, whose type holds itself",
        ),
    ],
)
def test_fields_of_a_class_that_requires_encryption_are_all_known(
    tmp_path: Path, schema: dict[str, Any], expected: str
) -> None:
    found = told(tmp_path, schema=schema).splitlines()

    assert any(one.startswith("error") and expected in one for one in found), found


def test_sealed_fields_that_can_be_moved_are_told(tmp_path: Path) -> None:
    keys = (
        "      - {property: streamward.key_schema, value: {format: json, file: key.schema.json}}\n"
    )

    assert "brokers can put a field" not in told(tmp_path)
    assert "brokers can put a field" in told(tmp_path, (keys, ""))


@pytest.mark.parametrize("ids", [False, True])
def test_another_order_of_masked_avro_shows_more(tmp_path: Path, ids: bool) -> None:
    bundles = []
    for fields in (("card", "mail"), ("mail", "card")):
        folder = tmp_path / fields[0]
        folder.mkdir()
        one = "schema_ids: [1], " if ids else ""
        told(
            folder, ("format: json, file: card.schema.json", f"format: avro, {one}file: card.avsc")
        )
        record = {
            "type": "record",
            "name": "Card",
            "fields": [{"name": name, "type": "string"} for name in fields],
        }
        (folder / "card.avsc").write_text(json.dumps(record))
        bundles.append(read_bundle(folder, materials=False).bundle)

    found = [one.change for one in changes(*bundles)]

    assert [one.breaks for one in found] == ([] if ids else [Breaks.PROTECTION])
