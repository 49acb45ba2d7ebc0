"""What a reader sees, told beforehand: every way that the gateway's `Session::reading` can end."""

from pathlib import Path
from typing import Any

import pytest

from streamward.app.sights import records_of, seen_by
from streamward.contracts.sight import Form, Sight, sight_of
from streamward.contracts.treatment import treatment_of
from streamward.model.action import Action, ResourceType
from streamward.model.contract import DataContract
from streamward.model.decision import Decision, Effect
from streamward.model.document import Bundle, Document
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.principal import Principal, Role
from streamward.model.resource import Resource
from streamward.model.sealing import Sealing
from streamward.model.signing import Signing
from streamward.model.stream import DataClass, Stream
from streamward.model.token_issuer import TokenIssuer

MASKS = {"others": "redact", "access_classes": {"clerks": "keep-last", "chiefs": "none"}}
VALUE: dict[str, Any] = {"ring": "cards"}
FIELDS: dict[str, Any] = {"ring": "cards", "value": False, "fields": ["pan"]}


def contract(masked: dict[str, Any] | None, *unmasked: str) -> DataContract:
    settings: list[dict[str, Any]] = []
    if masked is not None:
        settings.append({"property": "streamward.masked", "value": masked})
    if unmasked:
        settings.append({"property": "streamward.unmasked", "value": list(unmasked)})
    field = {"name": "pan", "customProperties": [{"property": "streamward.mask", "value": MASKS}]}
    return DataContract.model_validate(
        {
            "apiVersion": "v3.1.0",
            "id": "cards",
            "version": "1",
            "status": "active",
            "schema": [{"name": "cards", "properties": [field], "customProperties": settings}],
        }
    )


def bundle(
    seal: dict[str, Any] | None = None,
    masked: DataContract | None = None,
    sign: dict[str, Any] | None = None,
    dead_letter: str | None = None,
) -> Bundle:
    said: list[tuple[str, str, Any]] = [
        ("Role", "reader", Role(name="reader")),
        ("Role", "lead", Role(name="lead", includes=("reader",))),
        ("Role", "clerk", Role(name="clerk")),
        ("Role", "chief", Role(name="chief", includes=("clerk",))),
        ("DataClass", "card", DataClass(name="card", level="restricted")),
        ("AccessClass", "desk", AccessClass(name="desk", readers=("role:reader",), owner="o")),
        (
            "AccessClass",
            "clerks",
            AccessClass(name="clerks", readers=("role:clerk", "principal:kim"), owner="o"),
        ),
        ("AccessClass", "chiefs", AccessClass(name="chiefs", readers=("role:chief",), owner="o")),
        (
            "KeyRing",
            "cards",
            KeyRing(name="cards", data_class="card", access_class="desk", provider="p", key="k"),
        ),
        (
            "Stream",
            "cards",
            Stream(
                name="cards",
                classes=("card",),
                seal=None if seal is None else Sealing.model_validate(seal),
                sign=None if sign is None else Signing.model_validate(sign),
                dead_letter=dead_letter,
            ),
        ),
        (
            "TokenIssuer",
            "idp",
            TokenIssuer.model_validate(
                {
                    "name": "idp",
                    "issuer": "https://id.example.org",
                    "audiences": ["kafka"],
                    "role_claim": {"claim": "groups", "roles": {"leads": "lead", "all": "other"}},
                }
            ),
        ),
        (
            "Principal",
            "guest",
            Principal.model_validate(
                {
                    "name": "guest",
                    "type": "user",
                    "tenant": "t",
                    "credentials": [
                        {"id": "g", "type": "token", "issuer": "idp", "subject": "guest"}
                    ],
                }
            ),
        ),
    ]
    if masked is not None:
        said.append(("DataContract", "cards", masked))
    documents = tuple(Document(kind, name, value, "all.yaml", {}) for kind, name, value in said)
    return Bundle(Path("."), documents, ())


NO_MASKS: DataContract | None = None
CLERKS = {"access_classes": ["clerks"]}
SHOWN = contract(CLERKS, "desk")


@pytest.mark.parametrize(
    ("seal", "masked", "roles", "form"),
    [
        (None, NO_MASKS, {"clerk"}, Form.CLEAR),
        (None, SHOWN, {"lead"}, Form.CLEAR),
        (None, SHOWN, {"clerk"}, Form.MASKED),
        (None, SHOWN, {"other"}, Form.REFUSED),
        (None, contract(None, "desk"), {"clerk"}, Form.REFUSED),
        (VALUE, NO_MASKS, {"lead"}, Form.OPENED),
        (VALUE, NO_MASKS, {"clerk"}, Form.REFUSED),
        ({**VALUE, "opened_by": "consumer"}, NO_MASKS, {"reader"}, Form.CIPHERTEXT),
        ({**FIELDS}, NO_MASKS, {"reader"}, Form.OPENED),
        ({**VALUE, "unreadable": "ciphertext"}, NO_MASKS, {"clerk"}, Form.CIPHERTEXT),
        ({**VALUE, "unreadable": "ciphertext"}, SHOWN, {"clerk"}, Form.CIPHERTEXT),
        ({**FIELDS, "unreadable": "ciphertext"}, NO_MASKS, {"clerk"}, Form.PARTLY_SEALED),
        ({**FIELDS, "unreadable": "ciphertext"}, SHOWN, {"clerk"}, Form.MASKED),
        ({**FIELDS, "unreadable": "ciphertext"}, SHOWN, {"other"}, Form.REFUSED),
        ({**FIELDS, "unreadable": "ciphertext"}, SHOWN, {"chief"}, Form.MASKED),
        ({**FIELDS, "unreadable": "mask"}, SHOWN, {"clerk"}, Form.MASKED),
        ({**VALUE, "unreadable": "mask"}, SHOWN, {"clerk"}, Form.MASKED),
        ({**VALUE, "unreadable": "mask"}, SHOWN, {"other"}, Form.REFUSED),
        ({**VALUE, "unreadable": "mask"}, NO_MASKS, {"clerk"}, Form.REFUSED),
        ({**VALUE, "unreadable": "mask"}, SHOWN, {"reader"}, Form.OPENED),
        ({**VALUE, "unreadable": "mask"}, contract(CLERKS), {"reader"}, Form.REFUSED),
        ({**VALUE, "unreadable": "mask", "headers": ["h"]}, SHOWN, {"clerk"}, Form.MASKED),
        (
            {**VALUE, "unreadable": "mask", "headers": ["h"]},
            contract({**CLERKS, "headers": ["h"]}, "desk"),
            {"clerk"},
            Form.REFUSED,
        ),
        (
            {**VALUE, "unreadable": "mask", "key": "deterministic"},
            contract({**CLERKS, "key": "keep"}, "desk"),
            {"clerk"},
            Form.REFUSED,
        ),
    ],
)
def test_what_a_reader_sees(
    seal: dict[str, Any] | None, masked: DataContract | None, roles: set[str], form: Form
) -> None:
    sight = sight_of(bundle(seal, masked), "ann", roles, "cards")

    assert sight.form is form
    assert sight.document()["form"] == form.value
    if seal is not None:
        assert (sight.ring, sight.access_class) == ("cards", "desk")
        assert "`cards`" in sight.why or "masked" in sight.why


def test_fields_that_are_sealed_need_a_mask_for_this_reader() -> None:
    """A chief sees the field as it is by the mask, so it is not opened for a mask."""
    first = {"others": "redact", "access_classes": {"chiefs": "none", "clerks": "keep-last"}}
    found = contract(CLERKS, "desk").model_dump(by_alias=True)
    found["schema"][0]["properties"][0]["customProperties"][0]["value"] = first
    shown = DataContract.model_validate(found)

    sight = sight_of(bundle({**FIELDS, "unreadable": "mask"}, shown), "ann", {"chief"}, "cards")

    assert sight.form is Form.REFUSED
    assert "not all that is sealed has a mask" in sight.why


def test_masks_are_those_of_the_first_access_class_that_has_the_reader() -> None:
    made = bundle(None, contract({**CLERKS, "key": "keep", "headers": ["trace"]}))

    clerk = sight_of(made, "ann", {"clerk"}, "cards")

    assert clerk.masks == (("pan", "keep-last"),)
    assert (clerk.key, clerk.headers) == ("keep", ("trace",))
    assert sight_of(made, "kim", (), "cards").masks == (("pan", "keep-last"),)


def test_what_a_token_shows_more_of_is_told() -> None:
    seen = seen_by(bundle(VALUE), "guest", "cards")

    assert seen.sight.form is Form.REFUSED
    assert seen.told == (
        "refused, opened with the group leads from issuer https://id.example.org (claim groups)"
    )
    (told,) = seen.document()["by_token"]
    assert (told["group"], told["form"]) == ("https://id.example.org groups=leads", "opened")
    assert seen_by(bundle(VALUE), "guest", "cards", ["lead"]).sight.form is Form.OPENED


def test_what_a_token_unmasks_is_told_though_the_form_is_the_same() -> None:
    """`guest` sees masks by itself; its token may name a group that sees the field, and the key."""
    masks = contract({"access_classes": ["everyone"], "headers": ["trace"]})
    everyone = AccessClass(name="everyone", readers=("principal:guest",), owner="o")
    chiefs = Role(name="lead", includes=("reader", "chief"))
    made = bundle(None, masks)
    replaced = [it for it in made.documents if (it.kind, it.name) != ("Role", "lead")]
    replaced += [
        Document("AccessClass", "everyone", everyone, "all.yaml", {}),
        Document("Role", "lead", chiefs, "all.yaml", {}),
    ]
    seen = seen_by(Bundle(Path("."), tuple(replaced), ()), "guest", "cards")

    assert (seen.sight.form, seen.sight.masks) == (Form.MASKED, (("pan", "redact"),))
    assert seen.told == (
        "masked, masked (pan: keep-last) with the group leads from issuer "
        "https://id.example.org (claim groups)"
    )
    (told,) = seen.document()["by_token"]
    assert told["masks"] == [{"field": "pan", "mask": "keep-last"}]


def test_what_differs_between_sights_is_told() -> None:
    base = Sight(Form.MASKED, "", masks=(("pan", "redact"),), key="withhold", headers=())
    more = Sight(Form.MASKED, "", masks=(), key="keep", headers=("a", "b"), stays_sealed=True)

    assert more.told_beside(base) == (
        "masked (pan: as it is; key: keep; headers: a b; no program opens it)"
    )
    assert base.told_beside(more) == (
        "masked (pan: redact; key: withhold; headers: none; its program opens it)"
    )
    assert base.told_beside(base) == "masked"
    assert Sight(Form.CLEAR, "").told_beside(base) == "clear"


def decision(action: Action, kind: ResourceType = ResourceType.STREAM) -> Decision:
    return Decision(
        effect=Effect.ALLOW,
        rules=("grant:g#1",),
        errors=(),
        reason="allowed",
        policy_version="sha256:0",
        principal="guest",
        action=action,
        resource=Resource(kind, "cards"),
        context={"roles": ["lead"]},
    )


def test_what_becomes_of_records_goes_with_a_decision() -> None:
    made = bundle(
        VALUE,
        sign={"key": "signer", "on_violation": "mark"},
        dead_letter="dead",
    )

    read = records_of(made, decision(Action.READ))
    write = records_of(made, decision(Action.WRITE))

    assert read is not None
    assert read.document()["sees"]["form"] == "opened"
    assert write is not None
    assert write.document() == {
        "sees": None,
        "sealing": {
            "ring": "cards",
            "source": "all.yaml:1",
            "class": "card",
            "access_class": "desk",
            "value": True,
            "fields": [],
            "key": "plain",
            "headers": [],
            "sealed_by": "gateway",
            "opened_by": "gateway",
            "unreadable": "refuse",
            "on_violation": "refuse",
        },
        "signing": {
            "by": "gateway",
            "each": "batch",
            "key": "signer",
            "keys": [],
            "on_violation": "mark",
        },
        "dead_letter": "dead",
    }
    assert write.treatment.told == (
        "the gateway seals values under ring `cards` (class `card`, all.yaml:1), "
        "the gateway opens them for access class `desk`",
        "batches with other records are refused",
        "the gateway signs each batch with key `signer`; "
        "records that don't verify are marked by a header on read",
        "batches that are refused for their records are copied to `dead`",
    )
    assert records_of(made, decision(Action.READ, ResourceType.GROUP)) is None


def test_of_what_is_kept_as_it_is_written_there_is_nothing_to_tell() -> None:
    treatment = treatment_of(bundle(), "cards")

    assert treatment.told == ()
    assert treatment.document() == {"sealing": None, "signing": None, "dead_letter": None}
