"""Masked values, read by other libraries, are the masks of what these read in the original."""

import datetime
import functools
import io
import json
import re
from typing import Any

import fastavro
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st

from streamward import _core
from tests.support.mask_hashes import hash_of

SECRET = b"a secret of hashes"
EPOCH = datetime.date(1970, 1, 1)
MASKS = {
    ("number",): "keep-last",
    ("mail",): "hash",
    ("name",): "redact",
    ("raw",): "hash",
    ("when",): "year",
    ("notes",): "redact",
    ("inner", "mail"): "hash",
    ("labels", "*"): "redact",
}
STREAM = "shop.people"
GROUPS = {("inner", "mail"): "mails"}
PATHS = [(list(path), mask, GROUPS.get(path)) for path, mask in MASKS.items()]


def tag(content: bytes, path: tuple[str, ...]) -> bytes:
    names = ["field", STREAM, *path] if path not in GROUPS else ["group", GROUPS[path]]
    return hash_of(SECRET, names, content)


def hidden(mask: str, value: Any, path: tuple[str, ...]) -> Any:
    """The mask of a value, written down once more and independently."""
    if isinstance(value, list):
        return [hidden(mask, each, path) for each in value]
    if value is None:
        return None
    if mask == "redact":
        return "***" if isinstance(value, str) else type(value)()
    if mask == "hash":
        return tag(value.encode(), path).hex() if isinstance(value, str) else tag(value, path)
    if mask == "keep-last":
        return "*" * (len(value) - 4) + value[-4:] if len(value) >= 8 else "*" * len(value)
    if isinstance(value, datetime.date):
        return value.replace(month=1, day=1)
    return value[:4] + "-01-01" if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else "***"


def expected(value: dict[str, Any], base: tuple[str, ...] = ()) -> dict[str, Any]:
    seen = {}
    for name, each in value.items():
        path = (*base, name)
        if path in MASKS:
            seen[name] = hidden(MASKS[path], each, path)
        elif (*path, "*") in MASKS and each is not None:
            seen[name] = {key: hidden(MASKS[*path, "*"], one, path) for key, one in each.items()}
        elif isinstance(each, dict):
            seen[name] = expected(each, path)
        elif isinstance(each, list):
            seen[name] = [expected(e, path) if isinstance(e, dict) else e for e in each]
        else:
            seen[name] = each
    return seen


# What is classified begins with a word that nothing else holds, so that it can be looked for.
CANARY = "kánáry"
TEXTS = st.text(max_size=12).map(lambda text: CANARY + text)
NUMBERS = st.from_regex(r"[0-9]{0,19}", fullmatch=True)
DATES = st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
PLAIN = st.text(max_size=8).filter(lambda text: CANARY not in text)


def shows(masked: bytes) -> bool:
    """Does anything of the canary stand in these bytes, escaped or not?"""
    found = masked.decode("utf-8", "surrogateescape")
    return CANARY in found or "\\u00e1n" in found.lower() or CANARY.encode() in masked


AVRO = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Person",
        "fields": [
            {"name": "shop", "type": "string"},
            {"name": "number", "type": ["null", "string"]},
            {"name": "mail", "type": "string"},
            {"name": "name", "type": ["null", "string", "boolean"]},
            {"name": "raw", "type": "bytes"},
            {"name": "when", "type": {"type": "int", "logicalType": "date"}},
            {"name": "notes", "type": {"type": "array", "items": "string"}},
            {
                "name": "inner",
                "type": {
                    "type": "array",
                    "items": {
                        "type": "record",
                        "name": "Inner",
                        "fields": [
                            {"name": "mail", "type": "string"},
                            {"name": "count", "type": "long"},
                        ],
                    },
                },
            },
            {"name": "labels", "type": {"type": "map", "values": "string"}},
        ],
    }
)
PEOPLE = st.fixed_dictionaries(
    {
        "shop": PLAIN,
        "number": st.none() | NUMBERS,
        "mail": TEXTS,
        "name": st.none() | TEXTS,
        "raw": TEXTS.map(str.encode),
        "when": DATES,
        "notes": st.lists(TEXTS, max_size=3),
        "inner": st.lists(
            st.fixed_dictionaries({"mail": TEXTS, "count": st.integers(-(2**63), 2**63 - 1)}),
            max_size=3,
        ),
        "labels": st.dictionaries(PLAIN, TEXTS, max_size=3),
    }
)


@functools.cache
def avro_schema() -> Any:
    return _core.Schema("avro", json.dumps(AVRO))


@settings(deadline=None, max_examples=80)
@given(PEOPLE)
def test_masked_avro_is_the_mask_of_what_fastavro_reads(person: dict[str, Any]) -> None:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, AVRO, person)

    masked = avro_schema().mask(stream.getvalue(), PATHS, SECRET, STREAM)

    left = io.BytesIO(masked)
    assert fastavro.schemaless_reader(left, AVRO, None) == expected(person)
    assert left.read() == b""
    assert not shows(masked)


JSON_SCHEMA = {
    "type": "object",
    "properties": {
        "shop": {"type": "string"},
        "number": {"type": ["string", "null"]},
        "mail": {"type": "string"},
        "name": {"type": ["string", "null", "boolean"]},
        "when": {"type": "string"},
        "notes": {"type": "array", "items": {"type": "string"}},
        "inner": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"mail": {"type": "string"}, "count": {"type": "integer"}},
            },
        },
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


@functools.cache
def json_schema() -> Any:
    return _core.Schema("json", json.dumps(JSON_SCHEMA))


_JSON_PATHS = [one for one in PATHS if one[0] != ["raw"]]
UNKNOWN = st.dictionaries(st.sampled_from(["u", "Mail", "mail ", "raw", "x.y"]), TEXTS, max_size=3)


@settings(deadline=None, max_examples=120)
@given(PEOPLE, UNKNOWN, UNKNOWN, st.booleans(), st.sampled_from([None, 2]), st.randoms())
def test_masked_json_is_the_mask_of_what_it_names(
    person: dict[str, Any],
    unknown: dict[str, Any],
    inside: dict[str, Any],
    ascii_only: bool,
    indent: int | None,
    random: Any,
) -> None:
    named = {k: v for k, v in person.items() if k != "raw"} | {"when": person["when"].isoformat()}
    written = named | unknown
    written["inner"] = [one | inside for one in named["inner"]]
    members = list(written.items())
    random.shuffle(members)
    value = json.dumps(dict(members), ensure_ascii=ascii_only, indent=indent).encode()

    masked = json_schema().mask(value, _JSON_PATHS, SECRET, STREAM)

    assert json.loads(masked) == expected(named)
    assert not shows(masked)


def _message() -> Any:
    """A message, and the same with further fields that the schema does not declare."""
    file = descriptor_pb2.FileDescriptorProto(name="masks.proto", package="masks", syntax="proto3")
    text, number = descriptor_pb2.FieldDescriptorProto, descriptor_pb2.FieldDescriptorProto
    for name, more in (("Person", False), ("Wider", True)):
        message = file.message_type.add(name=name)
        inner = message.nested_type.add(name="Inner")
        inner.field.add(name="mail", number=1, type=text.TYPE_STRING, label=1)
        inner.field.add(name="count", number=2, type=number.TYPE_SINT64, label=1)
        entry = message.nested_type.add(name="LabelsEntry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, type=text.TYPE_STRING, label=1)
        entry.field.add(name="value", number=2, type=text.TYPE_STRING, label=1)
        for place, field in enumerate(("shop", "number", "mail", "name"), 1):
            message.field.add(name=field, number=place, type=text.TYPE_STRING, label=1)
        message.field.add(name="raw", number=5, type=text.TYPE_BYTES, label=1)
        message.field.add(name="when", number=6, type=text.TYPE_STRING, label=1)
        message.field.add(name="notes", number=7, type=text.TYPE_STRING, label=3)
        of = f".masks.{name}"
        nested = {"type": text.TYPE_MESSAGE, "label": 3}
        message.field.add(name="inner", number=8, type_name=f"{of}.Inner", **nested)
        message.field.add(name="labels", number=9, type_name=f"{of}.LabelsEntry", **nested)
        if more:
            message.field.add(name="extra", number=400, type=text.TYPE_STRING, label=3)
            inner.field.add(name="extra", number=3, type=text.TYPE_BYTES, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    find = pool.FindMessageTypeByName
    return tuple(
        message_factory.GetMessageClass(find(f"masks.{name}")) for name in ("Person", "Wider")
    )


PERSON, WIDER = _message()
PROTO = """
syntax = "proto3";
message Person {
  string shop = 1; string number = 2; string mail = 3; string name = 4; bytes raw = 5;
  string when = 6; repeated string notes = 7; repeated Inner inner = 8;
  map<string, string> labels = 9;
  message Inner { string mail = 1; sint64 count = 2; }
}
"""


@functools.cache
def protobuf_schema() -> Any:
    return _core.Schema("protobuf", PROTO, [], None, True)


def fill(message: Any, person: dict[str, Any]) -> Any:
    for name in ("shop", "number", "mail", "name", "raw", "when"):
        setattr(message, name, person[name])
    message.notes.extend(person["notes"])
    for one in person["inner"]:
        message.inner.add(mail=one["mail"], count=one["count"])
    message.labels.update(person["labels"])
    return message


@settings(deadline=None, max_examples=80)
@given(PEOPLE, st.lists(TEXTS, max_size=2), TEXTS)
def test_masked_protobuf_is_the_mask_of_what_its_readers_read(
    person: dict[str, Any], extra: list[str], inside: str
) -> None:
    person |= {"when": person["when"].isoformat()}
    person |= {name: person[name] or "" for name in ("number", "name")}
    wider = fill(WIDER(), person)
    wider.extra.extend(extra)
    for one in wider.inner:
        one.extra = inside.encode()

    masked = protobuf_schema().mask(wider.SerializeToString(), PATHS, SECRET, STREAM)

    left = expected(person)
    # A field that isn't on the wire is not there to be masked.
    left |= {name: "" for name in ("number", "name") if not person[name]}
    # No unknown field is left either: it would be compared.
    assert PERSON.FromString(masked) == fill(PERSON(), left)
    assert not shows(masked)
