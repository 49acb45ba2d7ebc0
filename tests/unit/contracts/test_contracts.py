"""Contracts: every mistake with its line, and what a change breaks."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import pytest

from streamward.app import read_bundle
from streamward.contracts.compatibility import Breaks, schema_changes
from streamward.contracts.compiled import SchemaText
from streamward.contracts.service import changes, contract_documents, try_sample
from streamward.errors import NotFound

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "payments"
FILE = "contracts/transactions.yaml"
PAYMENT = {
    "id": "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
    "shop": "s1",
    "amount_cents": 1999,
    "currency": "EUR",
    "card_number": "4111222233334444",
    "card_expires": 20000,
    "holder": {"name": "Ada", "email": "ada@example.org", "born": 3653},
    "at": 1_700_000_000_000,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example without what contracts don't refer to, which takes its time to check."""
    copy = Path(shutil.copytree(EXAMPLE, tmp_path / "bundle"))
    for name in ("conditions", "detections"):
        shutil.rmtree(copy / name)
    for name in ("grants", "detections", "containment", "principals", "tests", "invariants"):
        (copy / f"{name}.yaml").unlink()
    # Not sealed, so that what asks for it can be missed.
    classes = (copy / "classes.yaml").read_text()
    for line in ("seal: {ring: cardholder-card-readers}\n", "  encrypt: true\n"):
        assert line in classes
        classes = classes.replace(line, "")
    (copy / "classes.yaml").write_text(classes)
    return copy


@pytest.fixture
def spoil(folder: Path) -> Callable[[str, str], list[str]]:
    """Replace a text of the contract; gives the errors with their places."""

    def change(old: str, new: str) -> list[str]:
        path = folder / FILE
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        loaded = read_bundle(folder, materials=False)
        return [f"{each.place}: {each.what} | {each.suggestion}" for each in loaded.errors]

    return change


def line_of(text: str) -> int:
    lines = (EXAMPLE / FILE).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_example_passes() -> None:
    assert read_bundle(EXAMPLE, materials=False).errors == ()


@pytest.mark.parametrize(
    ("old", "new", "near", "told"),
    [
        ("cardholder", "cardholders", "cardholder", "no DataClass `cardholders` | did you mean"),
        ("name: card_number", "name: card_numbr", "name: card_number", "has no field `card_numbr`"),
        ("keep-last", "keep_last", "keep-last", "`keep_last` is not a value of `mask`"),
        ("value: year", "value: hash", "value: year", "`holder.born` can't carry the mask `hash`"),
        (
            "mask, tls]",
            "mask, encrypt]",
            "mask, tls]",
            "requires `encrypt`, and `payments.transactions` is not sealed",
        ),
        ("mask, tls]", "mask, sign]", "mask, tls]", "requires `sign`"),
        ("unit: d", "unit: h", "property: retention", "`retention` needs a `value`"),
        (".avsc}", ".proto}", ".avsc}", "no file `contracts/transactions.proto` | did you mean"),
        ("streamward.schema", "streamward.scheme", "streamward.schema", "did you mean"),
        ("[card-readers]", "[card-reader]", "[card-readers]", "no AccessClass `card-reader`"),
        ("format: avro", "format: json", "format: avro", ""),
        ("apiVersion: v3.1.0", "apiVersion: v2", "apiVersion", "`v2` is not a value"),
        ("personal", "operational", "personal", "does not carry"),
        ("role: owner", "role: member", "team:", ""),
    ],
)
def test_a_mistake_is_told_with_its_line(
    spoil: Callable[[str, str], list[str]], old: str, new: str, near: str, told: str
) -> None:
    found = spoil(old, new)

    if old in ("format: avro", "role: owner"):
        # The schema is no JSON Schema that knows the fields; a team with a name owns it.
        assert bool(found) == (old == "format: avro")
        return
    assert any(told in each for each in found), found
    assert any(each.startswith(f"{FILE}:") for each in found)
    lines = {int(each.split(":")[1]) for each in found}
    assert min(abs(line - line_of(near)) for line in lines) <= 1, found


def test_a_contract_without_an_owner_does_not_pass(spoil: Callable[[str, str], list[str]]) -> None:
    spoil("  name: Payments API team\n", "")

    found = spoil("role: owner", "role: member")

    assert any("nobody answers for the contract" in each for each in found)


def test_a_mistake_in_a_schema_is_told_in_its_file(folder: Path) -> None:
    schema = folder / "contracts" / "transactions.avsc"
    schema.write_text(schema.read_text().replace('"type": "long"}', '"type": "lnog"}', 1))

    found = read_bundle(folder, materials=False).errors

    assert [(each.place.file, each.place.line) for each in found] == [
        ("contracts/transactions.avsc", 9)
    ]
    assert found[0].what == "there is no type `lnog` before this"


def test_a_class_that_requires_encryption_needs_a_sealed_stream(folder: Path) -> None:
    classes = folder / "classes.yaml"
    old, new = "requires:\n  tls: true\n---", "requires:\n  tls: true\n  encrypt: true\n---"
    classes.write_text(classes.read_text().replace(old, new, 1))

    found = read_bundle(folder, materials=False).errors

    ours = [each for each in found if each.place.file == FILE]
    assert {each.place.line for each in ours} == {
        number
        for number, line in enumerate((EXAMPLE / FILE).read_text().splitlines(), 1)
        if "classification: personal" in line
    }
    assert all("requires encryption" in each.what for each in ours)


def test_a_class_may_require_a_contract_and_bound_its_retention(folder: Path) -> None:
    classes = folder / "classes.yaml"
    text = classes.read_text()
    classes.write_text(
        text.replace("requires:\n", "requires:\n  contract: true\n  retention_max: 30d\n", 1)
    )

    found = [f"{each.place.file}: {each.what}" for each in read_bundle(folder).errors]

    assert any("`payments.refunds` carries `cardholder`, which requires" in each for each in found)
    assert f"{FILE}: the class `cardholder` is kept for at most 30d, here it is 400d" in found


def test_two_contracts_of_one_stream_and_one_of_none_do_not_pass(folder: Path) -> None:
    text = (folder / FILE).read_text().split("\n---\n")[0]
    (folder / "second.yaml").write_text(text.replace("id: payments.", "id: again."))
    nowhere = text.replace("id: payments.", "id: none.")
    nowhere = nowhere.replace("physicalName: payments.", "physicalName: pay.")
    (folder / "third.yaml").write_text(nowhere)

    found = [each.what for each in read_bundle(folder, materials=False).errors]

    assert found == [
        "`payments.transactions` has a contract already",
        "there is no Stream `pay.transactions`",
    ]


def avro_payment(**changed: Any) -> bytes:
    schema = json.loads((EXAMPLE / "contracts" / "transactions.avsc").read_text())
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), PAYMENT | changed)
    return stream.getvalue()


def test_a_sample_is_masked_as_others_see_it() -> None:
    bundle = read_bundle(EXAMPLE, materials=False).bundle

    tried = try_sample(bundle, "payments.transactions", avro_payment(), b"secret")

    schema = json.loads((EXAMPLE / "contracts" / "transactions.avsc").read_text())
    assert tried.problem is None
    assert tried.masked is not None
    seen: Any = fastavro.schemaless_reader(io.BytesIO(tried.masked), schema, None)
    assert seen["card_number"] == "************4444"
    assert seen["card_expires"].isoformat() == "1970-01-01"
    assert seen["holder"]["name"] == "***"
    assert len(seen["holder"]["email"]) == 32
    assert seen["holder"]["born"].isoformat() == "1980-01-01"
    assert (seen["amount_cents"], seen["shop"]) == (1999, "s1")


def test_a_sample_with_an_injection_or_without_its_end_is_refused() -> None:
    bundle = read_bundle(EXAMPLE, materials=False).bundle
    bad = avro_payment(shop="${jndi:ldap://h/a}")

    for value, told in ((bad, "injection"), (avro_payment()[:-1], "early")):
        tried = try_sample(bundle, "payments.transactions", value, b"k")
        assert tried.masked is None
        assert told in (tried.problem or "")
    with pytest.raises(NotFound, match=r"did you mean `payments\.transactions`"):
        try_sample(bundle, "payments.transaction", bad, b"k")


def test_contracts_are_shown() -> None:
    shown = contract_documents(read_bundle(EXAMPLE, materials=False).bundle)

    assert [each["stream"] for each in shown] == ["payments.transactions"]
    by_name = {field["name"]: field for field in shown[0]["fields"]}
    assert by_name["holder.email"] == {
        "name": "holder.email",
        "class": "personal",
        "mask": "hash",
        "masks": {},
    }


def avro(fields: str, **more: Any) -> SchemaText:
    return SchemaText("avro", f'{{"type":"record","name":"R","fields":[{fields}]}}', **more)


def proto(body: str, **more: Any) -> SchemaText:
    return SchemaText("protobuf", f'syntax = "proto3"; message R {{ {body} }}', **more)


def schema(properties: str, required: str = "") -> SchemaText:
    return SchemaText("json", f'{{"properties":{{{properties}}},"required":[{required}]}}')


OLD, NEW, NOBODY = Breaks.READERS_OF_OLD, Breaks.OLD_READERS, Breaks.NOBODY
INT, LONG = '{"name":"a","type":"int"}', '{"name":"a","type":"long"}'


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        (avro(INT), avro(INT), []),
        (avro(INT), avro(LONG), [NEW]),
        (avro(LONG), avro(INT), [OLD]),
        (avro(INT), avro(f'{INT},{{"name":"b","type":"int"}}'), [OLD]),
        (avro(INT), avro(f'{INT},{{"name":"b","type":"int","default":1}}'), [NOBODY]),
        (avro(f'{INT},{{"name":"b","type":"int"}}'), avro(INT), [NEW]),
        (avro(INT), avro('{"name":"a","type":["null","int"]}'), [NEW]),
        (avro(INT), avro('{"name":"a","type":"string"}'), [OLD, NEW]),
        (
            avro('{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}}'),
            avro('{"name":"e","type":{"type":"enum","name":"E","symbols":["A","C"]}}'),
            [OLD, NEW],
        ),
        (proto("int32 a = 1;"), proto("int64 a = 1;"), []),
        (proto("int32 a = 1;"), proto("string a = 1;"), [OLD, NEW]),
        (proto("int32 a = 1;"), proto("int32 b = 1;"), [NOBODY]),
        (proto("int32 a = 1;"), proto("int32 a = 2;"), [OLD, NOBODY]),
        (proto("int32 a = 1; int32 b = 2;"), proto("int32 a = 1;"), [OLD]),
        (proto("int32 a = 1; int32 b = 2;"), proto("int32 a = 1;", undeclared=True), [NOBODY]),
        (proto("int32 a = 1;"), proto("repeated int32 a = 1;"), [NEW]),
        (schema('"a":{"type":"string"}'), schema('"a":{"type":["string","null"]}'), [NEW]),
        (schema('"a":{"type":"string"}'), schema('"a":{"type":"string"}', '"a"'), [OLD]),
        (schema('"a":{"type":"string"}', '"a"'), schema('"a":{"type":"string"}'), [NEW]),
        (schema(""), schema('"a":{"enum":["x"]}'), [NOBODY]),
        (schema('"a":{"enum":["x","y"]}'), schema('"a":{"enum":["x"]}'), [OLD]),
        (avro(INT), schema('"a":{"type":"integer"}'), [OLD]),
    ],
)
def test_changes_break_by_the_rules_of_the_format(
    before: SchemaText, after: SchemaText, broken: list[Breaks]
) -> None:
    assert [change.breaks for change in schema_changes(before, after)] == broken


def test_less_protection_is_told(folder: Path) -> None:
    path = folder / FILE
    text = path.read_text().replace("value: hash", "value: keep-last")
    text = text.replace("[template, jndi]", "[template]").replace("value: 400", "value: 4000")
    path.write_text(text)
    old, new = (read_bundle(each, materials=False).bundle for each in (EXAMPLE, folder))

    found = [(each.change.what, each.change.breaks) for each in changes(old, new)]

    assert found == [
        ("the mask of `holder.email` was `hash` and is `keep-last`", Breaks.PROTECTION),
        ("the pattern `jndi` is gone", Breaks.PROTECTION),
        ("the retention was 400d and is 4000d", Breaks.PROTECTION),
    ]


REGISTRY = """\
kind: SchemaRegistry
name: main
url: {url}
"""
READ = "      - {property: streamward.validate, value: {read: mark}}\n"


def test_registries_are_declared_over_tls_and_know_no_masks(
    folder: Path, spoil: Callable[[str, str], list[str]]
) -> None:
    source = "{format: avro, file: contracts/transactions.avsc}"
    unknown = spoil(source, "{format: avro, registry: {name: mian}}")
    assert any("mian" in each for each in unknown)
    (folder / "registry.yaml").write_text(REGISTRY.format(url="http://registry.example.com"))
    errors = spoil("name: mian", "name: main")
    assert any("is not over TLS" in each for each in errors)
    assert any("`card_number` has a mask, but its schema is in a registry" in it for it in errors)
    (folder / "registry.yaml").write_text(REGISTRY.format(url="https://registry.example.com"))
    assert not any("is not over TLS" in it for it in spoil("name: main", "name: main"))


def test_reads_are_validated_only_against_a_schema(spoil: Callable[[str, str], list[str]]) -> None:
    source = (
        "      - property: streamward.schema\n"
        "        value: {format: avro, file: contracts/transactions.avsc}\n"
    )
    assert spoil(source, source + READ) == []
    errors = spoil(source, "")
    assert any("reads can't be validated" in each for each in errors)
