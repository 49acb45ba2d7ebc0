"""Nobody comes to see more of what needs an approval by a ring, a mask, or less sealing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from streamward.app import difference, unapproved_changes, valid_bundle
from streamward.app.protection import protection
from streamward.app.versions import change_gates
from streamward.contracts.difference import less_sealed, sights
from streamward.contracts.sight import sight_by
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.sealing import Sealing
from streamward.model.stream import Stream
from streamward.policy.difference import effects
from tests.support.large_bundles import large_bundle

pytest.importorskip("streamward._core")

SEALED = "seal: {ring: ring-a}"
BASE = f"""
kind: Bundle
name: people
environment: staging
owner: team
approval: {{level: confidential, approvers: [risk]}}
---
kind: Tenant
name: hr
---
kind: Role
name: clerk
---
kind: Role
name: auditor
---
kind: Principal
name: payroll
type: service
tenant: hr
roles: [clerk]
credentials: [{{id: a, type: certificate, subject: CN=payroll}}]
---
kind: Principal
name: analytics-batch
type: service
tenant: hr
credentials: [{{id: b, type: certificate, subject: CN=analytics}}]
---
kind: DataClass
name: personal
level: confidential
owner: team
---
kind: Namespace
prefix: people.
tenant: hr
---
kind: Stream
prefix: people.x.
classes: [personal]
{SEALED}
---
kind: Stream
name: people.masked
classes: [personal]
---
kind: AccessClass
name: people-a
readers: ["role:clerk"]
owner: team
---
kind: AccessClass
name: people-b
readers: ["principal:analytics-batch"]
owner: team
---
kind: AccessClass
name: nobody
readers: ["role:auditor"]
owner: team
---
kind: KeyProvider
name: local
type: local-file
---
kind: KeyRing
name: ring-a
data_class: personal
access_class: people-a
provider: local
key: a
---
kind: KeyRing
name: ring-b
data_class: personal
access_class: people-b
provider: local
key: b
---
kind: Grant
id: reads
to: [principal:analytics-batch, role:clerk]
allow: [read]
on: ["stream:people.*"]
"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: masked
version: 1.0.0
status: active
team: {name: hr}
schema:
  - name: people.masked
    customProperties:
      - property: streamward.schema
        value: {format: json, file: person.schema.json}
      - {property: streamward.unmasked, value: [people-a]}
      - property: streamward.masked
        value: {access_classes: [people-b], key: withhold, headers: [trace]}
    properties:
      - name: phone
        logicalType: string
        customProperties:
          - {property: streamward.mask, value: redact}
"""
SCHEMA = """{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
"properties": {"phone": {"type": "string"}, "email": {"type": "string"}},
"additionalProperties": false}"""
APPROVAL = """
---
kind: Approval
id: ok
by: risk
reason: agreed
classes: [personal]
expires: 2099-01-01
"""
READ = APPROVAL + 'to: ["principal:analytics-batch"]\nallow: [read]\n'
MASKS = APPROVAL + "weaker_masks: true\n"
KEYS = APPROVAL + "weaker_keys: true\n"

Made = Callable[..., Bundle]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """The base with texts replaced, each of which must be there, and more documents."""

    def make(*replaced: tuple[str, str], more: str = "", contract: str = CONTRACT) -> Bundle:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        texts = {"streamward.yaml": BASE, "contract.yaml": contract, "person.schema.json": SCHEMA}
        for old, new in replaced:
            assert any(old in text for text in texts.values()), old
            texts = {name: text.replace(old, new) for name, text in texts.items()}
        for name, text in texts.items():
            (folder / name).write_text(text)
        (folder / "more.yaml").write_text(more or "# nothing\n")
        return valid_bundle(folder, materials=False)

    return make


def told(old: Bundle, new: Bundle) -> list[str]:
    return [it.what for it in unapproved_changes(new, old)]


MORE_PREFIX = "`analytics-batch` sees more of class `personal` (confidential) in"
NOBODY = "nobody approved it"
WITH_MASKS = "masked (phone: redact; key: withhold; headers: trace)"
OPENED = "opened, before refused: nobody approved it"


@pytest.mark.parametrize(
    ("replaced", "more", "what", "place"),
    [
        (
            [
                (
                    "data_class: personal\naccess_class: people-a",
                    "data_class: personal\naccess_class: people-b",
                )
            ],
            "",
            [f"{MORE_PREFIX} people.x.*: {OPENED}"],
            "access_class: people-b",
        ),
        (
            [],
            "kind: Stream\nname: people.x.cards\nclasses: [personal]\nseal: {ring: ring-b}\n",
            [
                f"`people.x.cards`: not sealed under the ring `ring-a` any more: {NOBODY}",
                f"{MORE_PREFIX} people.x.cards: {OPENED}",
            ],
            "seal: {ring: ring-b}",
        ),
        (
            [(SEALED, "seal: {ring: ring-a, unreadable: ciphertext, on_violation: mark}")],
            "",
            [
                f"`people.x.*`: records that are not sealed are taken, and marked: {NOBODY}",
                f"{MORE_PREFIX} people.x.*: ciphertext, before refused: nobody approved it",
            ],
            "on_violation: mark",
        ),
        (
            [(SEALED, "seal: {ring: ring-a, value: false, headers: [trace]}")],
            "",
            ["`people.x.*`: values in clear at the broker: nobody approved it"],
            "value: false",
        ),
        (
            [(SEALED, "owner: nobody")],
            "",
            [
                "`people.x.*`: not sealed under the ring `ring-a` any more: nobody approved it",
                f"{MORE_PREFIX} people.x.*: clear, before refused: nobody approved it",
            ],
            "kind: Stream",
        ),
        (
            [('readers: ["role:clerk"]', 'readers: ["role:clerk", "principal:analytics-batch"]')],
            "",
            [
                f"{MORE_PREFIX} people.masked: clear, before {WITH_MASKS}: nobody approved it",
                f"{MORE_PREFIX} people.x.*: {OPENED}",
            ],
            "principal:analytics-batch",
        ),
    ],
    ids=["access-class", "within-the-prefix", "ciphertext", "headers-only", "no-seal", "readers"],
)
def test_who_may_open_what_is_sealed_does_not_widen_by_itself(
    made: Made, replaced: list[tuple[str, str]], more: str, what: list[str], place: str
) -> None:
    old, new = made(), made(*replaced, more=more)

    found = list(unapproved_changes(new, old))

    assert sorted(it.what for it in found) == sorted(what)
    assert {it.is_error for it in found} == {True}
    at = found[-1].place
    assert place in (new.root / at.file).read_text().splitlines()[at.line - 1]
    assert not difference(old, new).is_empty
    assert effects(difference(old, new)) != ()
    agreed = made(*replaced, more=f"{more}{KEYS}")
    assert [it for it in told(old, agreed) if "masked" not in it] == []
    both = APPROVAL + 'weaker_keys: true\nto: ["everyone"]\nallow: [read]\n'
    assert told(old, made(*replaced, more=more + both)) == []
    assert told(old, made(*replaced, more=more + both.replace("by: risk", "by: me"))) != []
    # What is proposed, once somebody agrees, is just what is missing.
    assert told(old, made(*replaced, more=more + found[-1].remedy)) == []
    if place in ("on_violation: mark", "kind: Stream"):
        assert told(new, old) == [], "to guard it better needs nobody"


MASK = "{property: streamward.mask, value: redact}"
NO_MASKED_FIELD = """      - name: phone
        logicalType: string
        customProperties:
          - {property: streamward.mask, value: redact}
"""
FOR_NOBODY = "{others: redact, access_classes: {nobody: keep-last}}"
NO_MASK = "    properties:\n      - name: phone\n        logicalType: string\n"


@pytest.mark.parametrize(
    ("replaced", "seen"),
    [
        (
            (
                "          - " + MASK + "\n",
                "          - {property: streamward.mask, value: {others: redact,"
                " access_classes: {people-b: none}}}\n",
            ),
            "masked (phone: as it is), before masked (phone: redact)",
        ),
        (
            (MASK, "{property: streamward.mask, value: keep-last}"),
            "masked (phone: keep-last), before masked (phone: redact)",
        ),
        (
            (CONTRACT[CONTRACT.index("      - {property: streamward.unm") :], NO_MASK),
            f"clear, before {WITH_MASKS}",
        ),
        (
            ("value: [people-a]", "value: [people-a, people-b]"),
            f"clear, before {WITH_MASKS}",
        ),
        (("key: withhold", "key: keep"), "masked (key: keep), before masked (key: withhold)"),
        (
            ("headers: [trace]", "headers: [trace, account]"),
            "masked (headers: trace account), before masked (headers: trace)",
        ),
    ],
    ids=["none", "keep-last", "no-mask", "unmasked", "key", "headers"],
)
def test_masks_do_not_get_weaker_by_themselves(
    made: Made, replaced: tuple[str, str], seen: str
) -> None:
    """Neither rights nor rings change by it, so that nothing else would tell it."""
    old, new = made(), made(replaced)

    [found] = unapproved_changes(new, old)

    assert found.what == f"{MORE_PREFIX} people.masked: {seen}: nobody approved it"
    assert found.place.file == "contract.yaml"
    assert "`allow: [read]`" in found.suggestion
    compared = difference(old, new)
    assert not compared.is_empty
    assert not compared.is_approved
    [line] = [it for it in effects(compared) if "analytics-batch" in it]
    assert line.startswith(f"+ analytics-batch  people.masked  sees {seen} (contract.yaml:")
    assert told(old, made(replaced, more=READ)) == []
    assert "allow: [read]" in found.remedy
    assert told(old, made(replaced, more=found.remedy)) == []
    # Who agreed to weaker rings has not agreed to weaker masks.
    assert told(old, made(replaced, more=KEYS)) != []
    assert told(old, made(replaced, more=MASKS)) == []
    assert told(new, old) == [], "to mask more needs nobody"
    [less] = [it for it in effects(difference(new, old)) if "analytics-batch" in it]
    assert less.startswith("- analytics-batch  people.masked")


@pytest.mark.parametrize(
    ("replaced", "what"),
    [
        ((NO_MASKED_FIELD, ""), "`phone` has no mask any more"),
        (
            (NO_MASKED_FIELD, NO_MASKED_FIELD.replace("redact", "keep-last")),
            "`phone` is `keep-last`, before `redact`",
        ),
        (
            (NO_MASKED_FIELD, NO_MASKED_FIELD.replace("redact", FOR_NOBODY)),
            "`phone` is `keep-last` for `nobody`, before `redact`",
        ),
    ],
    ids=["gone", "weaker", "for-a-class"],
)
def test_a_mask_through_which_nobody_sees_yet_is_looked_at(
    made: Made, replaced: tuple[str, str], what: str
) -> None:
    """Otherwise the field would be in clear, unnoticed, for the first who may read with masks."""
    nobody = CONTRACT.replace(
        "value: {access_classes: [people-b],", "value: {access_classes: [nobody],"
    )
    email = NO_MASKED_FIELD.replace("phone", "email")
    nobody = nobody + email
    old, new = made(contract=nobody), made(replaced, contract=nobody)

    [found] = unapproved_changes(new, old)

    assert found.what == f"`people.masked`: {what}: {NOBODY}"
    assert found.place.file == "contract.yaml"
    assert told(old, made(replaced, more=found.remedy, contract=nobody)) == []
    assert "weaker_masks: true" in found.remedy
    assert told(old, made(replaced, more=READ + "", contract=nobody)) != []
    assert effects(difference(old, new)) == (
        f"- `people.masked`: {what} (contract.yaml:{found.place.line})",
    )
    assert told(new, old) == []


def test_a_reader_more_in_the_class_of_a_mask_needs_an_approval(made: Made) -> None:
    """Not the mask changes, but who sees through it, here by a role that includes another."""
    old = made()
    new = made(
        ("kind: Role\nname: clerk\n", "kind: Role\nname: clerk\nincludes: [auditor]\n"),
        ("value: [people-a]", "value: [people-a, nobody]"),
    )
    assert told(old, new) == [], "the clerk saw it already"

    joined = made(
        (
            "name: analytics-batch\ntype: service\ntenant: hr",
            "name: analytics-batch\ntype: service\ntenant: hr\nroles: [clerk]",
        )
    )
    assert f"{MORE_PREFIX} people.masked: clear, before {WITH_MASKS}: nobody approved it" in told(
        old, joined
    )


def test_a_token_that_unmasks_needs_an_approval(made: Made) -> None:
    issuer = """
kind: TokenIssuer
name: idp
issuer: https://id.example.org
audiences: [kafka]
role_claim: {claim: groups, roles: {staff: auditor}}
"""
    token = (
        "{id: b, type: certificate, subject: CN=analytics}",
        "{id: b, type: token, issuer: idp, subject: analytics}",
    )
    old = made(token, more=issuer)
    new = made(token, more=issuer.replace("staff: auditor", "staff: clerk"))

    [masked, sealed] = sorted(told(old, new))

    assert masked == (
        f"{MORE_PREFIX} people.masked: clear, before {WITH_MASKS}, by groups of a token: "
        "nobody approved it"
    )
    assert "people.x.*: opened, before refused, by groups of a token" in sealed


def test_without_a_rule_it_is_told_and_needs_nobody(made: Made) -> None:
    rule = ("approval: {level: confidential, approvers: [risk]}\n", "")
    clearer = (MASK, "{property: streamward.mask, value: keep-last}")
    less = (SEALED, "seal: {ring: ring-a, value: false, headers: [trace]}")
    old, new = made(rule), made(rule, clearer, less)

    compared = difference(old, new)

    assert compared.is_approved
    assert not compared.is_empty
    assert [line[:40] for line in effects(compared)] == [
        "- `people.x.*`: values in clear at the b",
        "+ analytics-batch  people.masked  sees m",
    ]
    assert compared.document()["sights"][0]["after"] == "masked (phone: keep-last)"


def test_the_gate_of_versions_refuses_it(made: Made) -> None:
    old, new = made(), made((MASK, "{property: streamward.mask, value: keep-last}"))

    found: list[Mistake] = [each for gate in change_gates() for each in gate(new, old)]

    assert [it.what for it in found if it.is_error] == [
        f"{MORE_PREFIX} people.masked: masked (phone: keep-last), before masked (phone: redact): "
        "nobody approved it"
    ]


def test_the_same_in_other_words_is_no_difference(made: Made) -> None:
    """Readers by another role that the same principals have, a seal by the class of the stream."""
    moved = made(
        (SEALED, "owner: team"),
        ("level: confidential\nowner: team", f"level: confidential\nowner: team\n{SEALED}"),
        ("name: people.masked\nclasses: [personal]", "name: people.masked\nclasses: []"),
    )
    assert [it for it in told(made(), moved) if "sees" in it or "sealed" in it] == []


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("value: false, fields: [a, b]", "value: false, fields: [b]", "the field `a` in clear"),
        ("value: true", "value: false, fields: [a]", "values in clear, but of `a`, at"),
        ("key: deterministic", "key: plain", "keys in clear at the broker"),
        ("headers: [a, b]", "headers: [b]", "the header `a` in clear at the broker"),
        ("partition_bound: true", "partition_bound: false", "envelopes of its other partitions"),
        ("sealed_by: producer", "sealed_by: gateway", "sealed by the gateway, no longer by prod"),
        ("opened_by: consumer", "opened_by: gateway", "opened by the gateway, no longer by con"),
        ("on_violation: refuse", "on_violation: mark", "records that are not sealed are taken"),
        ("value: true", "accepts_from: [other]", "envelopes of `other` are taken"),
        ("value: true", "home: far", "envelopes first written in cluster `far` are taken"),
        (
            "value: true",
            "dead_letter: other",
            "refused records are copied to `other`, under another ring",
        ),
    ],
)
def test_every_setting_that_protects_less_is_told_in_its_direction_only(
    before: str, after: str, what: str
) -> None:
    def with_seal(text: str) -> Bundle:
        seal = {"ring": "r", **YAML(typ="safe").load(f"{{{text}}}")}
        target = seal.pop("dead_letter", None)
        sealed = Stream.model_validate({"name": "s", "seal": seal, "dead_letter": target})
        return Bundle(Path(), (Document("Stream", "s", sealed, "a.yaml", {}),))

    old, new = with_seal(before), with_seal(after)

    assert [it.what[: len(what)] for it in less_sealed(old, new)] == [what]
    assert list(less_sealed(new, old)) == []
    assert list(less_sealed(old, old)) == []


def test_the_work_does_not_grow_with_principals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers who are in the same access classes see the same, so one of them is looked at."""
    looked: list[str] = []

    def counted(*given: Any) -> Any:
        looked.append("")
        return sight_by(*given)

    monkeypatch.setattr(sights, "sight_by", counted)

    def work(principals: int) -> int:
        looked.clear()
        base = large_bundle(principals, 60, 1)

        def made(*readers: str) -> Bundle:
            more = [
                ("AccessClass", AccessClass(name="a", readers=readers, owner="o")),
                (
                    "KeyRing",
                    KeyRing(name="r", data_class="plain", access_class="a", provider="p", key="k"),
                ),
                ("Stream", Stream(prefix="team1.", seal=Sealing(ring="r"))),
            ]
            documents = (
                Document(kind, getattr(it, "name", None) or "", it, "b.yaml", {})
                for kind, it in more
            )
            return Bundle(Path(), (*base.documents, *documents), base.files)

        found = protection(made("role:role1"), made("role:role1", "role:role2")).sights
        assert {len(change.principals) for change in found} == {principals // 20}
        return len(looked)

    assert work(40) == work(200) <= 40
