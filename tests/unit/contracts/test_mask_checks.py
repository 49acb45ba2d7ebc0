"""Masks that nobody could see, or that everybody could see past, don't pass the check."""

from collections.abc import Callable
from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.contracts.compatibility import Breaks
from streamward.contracts.service import changes

SCHEMA = '{"properties": {"card": {"type": "string"}, "mail": {"type": "string"}}}'
BUNDLE = """\
{kind: Bundle, name: masks, environment: development, owner: tests}
---
{kind: DataClass, name: cards, level: restricted, owner: tests}
---
{kind: AccessClass, name: settling, readers: ["role:settler"], owner: tests}
---
{kind: AccessClass, name: analysing, readers: ["role:analyst"], owner: tests}
---
{kind: Role, name: settler}
---
{kind: Role, name: analyst}
---
{kind: KeyProvider, name: local, type: local-file}
---
{kind: KeyRing, name: ring, data_class: cards, access_class: settling, provider: local, key: k}
---
{kind: Stream, name: shop.cards, classes: [cards], seal: {ring: ring, unreadable: mask}}
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
      - {property: streamward.unmasked, value: [settling]}
      - {property: streamward.masked, value: {access_classes: [analysing], secret: "env:MASK"}}
    properties:
      - name: card
        classification: cards
        customProperties: [{property: streamward.mask, value: keep-last}]
      - name: mail
        customProperties:
          - {property: streamward.mask, value: {others: hash, access_classes: {analysing: redact}}}
"""

_CONTRACT = BUNDLE.split("---\n")[-1]


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., list[str]]:
    """What is wrong with the bundle after a text of it was replaced."""

    def change(old: str = "", new: str = "") -> list[str]:
        assert old in BUNDLE
        (tmp_path / "card.schema.json").write_text(SCHEMA)
        (tmp_path / "bundle.yaml").write_text(BUNDLE.replace(old, new, 1) if old else BUNDLE)
        found = read_bundle(tmp_path, materials=False).mistakes
        return [
            f"{one.place}: {one.what}" for one in found if not one.what.startswith("nobody has")
        ]

    return change


def test_what_is_declared_in_full_passes(told: Callable[..., list[str]]) -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("[analysing], secret", "[analysts], secret", 30, "there is no AccessClass `analysts`"),
        ("[analysing], secret", "[settling], secret", 37, "`analysing` sees a mask of `mail`, but"),
        (', secret: "env:MASK"', "", 37, "`mail` is hashed, and there is no secret"),
        ('secret: "env:MASK"', "key: hash", 30, "keys of records are hashed, and there is no"),
        ('secret: "env:MASK"', "key: all", 30, "`all`"),
        ("value: keep-last", "value: year-only", 34, "`year-only`"),
        (
            "value: keep-last",
            "value: {others: keep-last, hash_group: cards}",
            34,
            "`hash_group` is for fields that somebody sees as a `hash`",
        ),
        (
            'secret: "env:MASK"',
            'secret: "env:MASK", key_hash_group: cards',
            30,
            "`key_hash_group` is for `key: hash`",
        ),
        (
            "        customProperties: [{property: streamward.mask, value: keep-last}]\n",
            "",
            33,
            "`card` is of the class `cards` and has no mask",
        ),
        (
            "      - {property: streamward.masked, value: "
            '{access_classes: [analysing], secret: "env:MASK"}}\n',
            "",
            17,
            "`unreadable: mask`, and no contract says who of the others sees masks",
        ),
        ("      - name: mail", "      - name: mail2", 28, "`mail` of the schema isn't in the"),
    ],
)
def test_masks_that_would_not_hold_are_told(
    told: Callable[..., list[str]], old: str, new: str, line: int, expected: str
) -> None:
    found = told(old, new)

    assert any(one.startswith(f"bundle.yaml:{line}:") and expected in one for one in found), found


def test_a_group_of_hashes_has_one_secret(told: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(f"""\
{{kind: Stream, name: shop.mails, classes: [cards], seal: {{ring: ring, unreadable: mask}}}}
---
{_CONTRACT.replace("shop.cards", "shop.mails").replace("env:MASK", "env:OTHER")}""")
    group = "{others: hash, hash_group: mails, access_classes: {analysing: redact}}"
    mask = "{others: hash, access_classes: {analysing: redact}}"

    assert told() == []
    (tmp_path / "other.yaml").write_text((tmp_path / "other.yaml").read_text().replace(mask, group))
    found = told(mask, group)

    assert len(found) == 1, found
    assert "the hash group `mails` has another secret in" in found[0]


def test_masks_without_a_schema_are_told(told: Callable[..., list[str]]) -> None:
    schema = (
        "      - {property: streamward.schema, value: {format: json, file: card.schema.json}}\n"
    )

    found = told(schema, "")

    assert any("`card` has a mask, but without a schema" in one for one in found)


def test_a_change_that_shows_more_is_told(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    masked = '{access_classes: [analysing], secret: "env:MASK"}'
    for folder, text in (
        (old, BUNDLE.replace(masked, '{access_classes: [settling], secret: "env:MASK"}')),
        (new, BUNDLE.replace(masked, masked[:-1] + ", key: keep, headers: [trace]}")),
    ):
        folder.mkdir()
        (folder / "card.schema.json").write_text(SCHEMA)
        (folder / "bundle.yaml").write_text(text)
    before, after = (read_bundle(each, materials=False).bundle for each in (old, new))

    found = {one.change.what: one.change.breaks for one in changes(before, after)}

    assert found == dict.fromkeys(
        (
            "`analysing` may read the stream with masks",
            "what readers with masks see of keys was `withhold` and is `keep`",
            "readers with masks see the header `trace`",
        ),
        Breaks.PROTECTION,
    )


SEALED = "seal: {ring: ring, unreadable: mask}"


@pytest.mark.parametrize(
    ("seal", "expected"),
    [
        ("{ring: ring, value: false, fields: [card, mail]}", None),
        ("{ring: ring, value: false, fields: [card, mial]}", "did you mean `mail`"),
        ("{ring: ring, value: false, fields: [card, count]}", "only texts and bytes can be sealed"),
        ("{ring: ring, value: false, fields: [short]}", "the text of an envelope is no value of"),
        ("{ring: ring, fields: [card]}", "give `value: false` where single `fields` are sealed"),
        ("{ring: ring, value: false, fields: [card, card]}", "a field stands twice"),
    ],
)
def test_fields_that_can_be_sealed_pass(
    told: Callable[..., list[str]], tmp_path: Path, seal: str, expected: str | None
) -> None:
    told(SEALED, f"seal: {seal}")
    wider = SCHEMA.replace(
        '"mail"',
        '"count": {"type": "integer"}, "short": {"type": "string", "maxLength": 20}, "mail"',
        1,
    )
    (tmp_path / "card.schema.json").write_text(wider)

    found = read_bundle(tmp_path, materials=False).errors

    shown = [f"{one.place}: {one.what} {one.suggestion}" for one in found]
    if expected is None:
        assert shown == []
    else:
        assert len(shown) == 1
        assert shown[0].startswith("bundle.yaml:17:")
        assert expected in shown[0]


def test_fields_of_many_streams_or_of_none_that_is_known_can_not_be_sealed(
    told: Callable[..., list[str]],
) -> None:
    sealed = "{ring: ring, value: false, fields: [card]}"
    of_class = told(
        "name: cards, level: restricted, owner: tests",
        f"name: cards, level: restricted, owner: tests, seal: {sealed}",
    )
    elsewhere = told(
        f"name: shop.cards, classes: [cards], {SEALED}",
        f"name: shop.other, classes: [cards], seal: {sealed}",
    )

    assert any("can't be sealed for many at once" in one for one in of_class)
    assert any("no contract says where in values they are" in one for one in elsewhere)
