"""What other libraries write passes; what passes, other libraries read as the same value."""

import io
import json
from typing import Any

import fastavro
import jsonschema
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st

from streamward import _core

AVRO = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "card", "type": "string"},
        {"name": "note", "type": ["null", "string", "int"]},
        {"name": "price", "type": "double"},
        {"name": "raw", "type": "bytes"},
        {"name": "paid", "type": "boolean"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["A", "B"]}},
        {"name": "mac", "type": {"type": "fixed", "name": "Mac", "size": 3}},
        {
            "name": "items",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Item",
                    "fields": [
                        {"name": "sku", "type": "string"},
                        {"name": "inner", "type": ["null", "Item"]},
                    ],
                },
            },
        },
        {"name": "labels", "type": {"type": "map", "values": "string"}},
    ],
}
PROTO = """
syntax = "proto3";
package shop;
message Order {
  int64 id = 1;
  string card = 2;
  repeated sint32 counts = 3;
  Item item = 4;
  map<string, Item> items = 5;
  oneof how { string cash = 6; bool free = 7; }
  bytes raw = 8;
  double price = 9;
  fixed32 stamp = 10;
  repeated string tags = 11;
  message Item { string sku = 1; uint64 count = 2; }
}
"""
TEXT = st.text(max_size=12)
INT64 = st.integers(-(2**63), 2**63 - 1)


def avro_schema() -> _core.Schema:
    return _core.Schema("avro", json.dumps(AVRO))


def items(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    inner = st.none() if depth == 0 else st.none() | items(depth - 1)
    return st.fixed_dictionaries({"sku": TEXT, "inner": inner})


ORDERS = st.fixed_dictionaries(
    {
        "id": INT64,
        "card": TEXT,
        "note": st.none() | TEXT | st.integers(-(2**31), 2**31 - 1),
        "price": st.floats(allow_nan=False),
        "raw": st.binary(max_size=8),
        "paid": st.booleans(),
        "state": st.sampled_from("AB"),
        "mac": st.binary(min_size=3, max_size=3),
        "items": st.lists(items(), max_size=3),
        "labels": st.dictionaries(TEXT, TEXT, max_size=3),
    }
)


def avro_bytes(order: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(AVRO), order)
    return stream.getvalue()


def avro_value(value: bytes) -> Any:
    stream = io.BytesIO(value)
    read = fastavro.schemaless_reader(stream, fastavro.parse_schema(AVRO), None)
    assert stream.read() == b""
    return read


@settings(deadline=None, max_examples=60)
@given(ORDERS)
def test_what_fastavro_writes_passes_and_masks_change_their_fields_only(
    order: dict[str, Any],
) -> None:
    value = avro_bytes(order)
    masks = [
        (["card"], "redact", None),
        (["items", "sku"], "keep-last", None),
        (["labels", "*"], "redact", None),
    ]

    masked = avro_schema().mask(value, masks, b"secret", "orders")

    def hidden(item: dict[str, Any]) -> dict[str, Any]:
        sku = item["sku"]
        shown = sku[-4:] if len(sku) >= 8 else ""
        inner = None if item["inner"] is None else item["inner"]
        return {"sku": "*" * (len(sku) - len(shown)) + shown, "inner": inner}

    expected = avro_value(value) | {
        "card": "***",
        "items": [hidden(item) for item in avro_value(value)["items"]],
        "labels": dict.fromkeys(order["labels"], "***"),
    }
    assert avro_schema().problem(value) is None
    assert avro_value(masked) == expected


@settings(deadline=None, max_examples=150)
@given(ORDERS, st.data())
def test_what_passes_fastavro_reads(order: dict[str, Any], data: st.DataObject) -> None:
    value = bytearray(avro_bytes(order))
    value[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    if avro_schema().problem(bytes(value)) is None:
        avro_value(bytes(value))


def message_class() -> Any:
    """The same messages, from a descriptor that is written out field by field."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", package="shop", syntax="proto3")
    order = file.message_type.add(name="Order")
    item = order.nested_type.add(name="Item")
    item.field.add(name="sku", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    item.field.add(name="count", number=2, type=kinds.TYPE_UINT64, label=kinds.LABEL_OPTIONAL)
    entry = order.nested_type.add(name="ItemsEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    of = ".shop.Order.Item"
    entry.field.add(
        name="value", number=2, type=kinds.TYPE_MESSAGE, label=kinds.LABEL_OPTIONAL, type_name=of
    )
    order.oneof_decl.add(name="how")
    for name, number, kind, repeated, type_name, oneof in (
        ("id", 1, kinds.TYPE_INT64, False, "", False),
        ("card", 2, kinds.TYPE_STRING, False, "", False),
        ("counts", 3, kinds.TYPE_SINT32, True, "", False),
        ("item", 4, kinds.TYPE_MESSAGE, False, of, False),
        ("items", 5, kinds.TYPE_MESSAGE, True, ".shop.Order.ItemsEntry", False),
        ("cash", 6, kinds.TYPE_STRING, False, "", True),
        ("free", 7, kinds.TYPE_BOOL, False, "", True),
        ("raw", 8, kinds.TYPE_BYTES, False, "", False),
        ("price", 9, kinds.TYPE_DOUBLE, False, "", False),
        ("stamp", 10, kinds.TYPE_FIXED32, False, "", False),
        ("tags", 11, kinds.TYPE_STRING, True, "", False),
    ):
        label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
        field = order.field.add(name=name, number=number, type=kind, label=label)
        if type_name:
            field.type_name = type_name
        if oneof:
            field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))


Message = message_class()


@st.composite
def messages(draw: st.DrawFn) -> Any:
    message = Message(id=draw(INT64), card=draw(TEXT), raw=draw(st.binary(max_size=8)))
    message.counts.extend(draw(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3)))
    message.tags.extend(draw(st.lists(TEXT, max_size=3)))
    message.price = draw(st.floats(allow_nan=False))
    message.stamp = draw(st.integers(0, 2**32 - 1))
    for key, sku in draw(st.dictionaries(TEXT, TEXT, max_size=3)).items():
        message.items[key].sku = sku
    if draw(st.booleans()):
        message.item.sku, message.item.count = draw(TEXT), draw(st.integers(0, 2**64 - 1))
    if draw(st.booleans()):
        message.cash = draw(TEXT)
    return message


@settings(deadline=None, max_examples=60)
@given(messages())
def test_what_protobuf_writes_passes_and_masks_change_their_fields_only(message: Any) -> None:
    schema = _core.Schema("protobuf", PROTO)
    value = message.SerializeToString()
    paths = (["card"], ["item", "sku"], ["items", "*", "sku"], ["tags"])
    masks = [(path, "redact", None) for path in paths]

    masked = Message.FromString(schema.mask(value, masks, b"secret", "orders"))

    expected = Message.FromString(value)
    # A field that isn't on the wire is not there to be masked.
    expected.card = "***" if expected.card else ""
    if expected.item.sku:
        expected.item.sku = "***"
    for key in expected.items:
        if expected.items[key].sku:
            expected.items[key].sku = "***"
    tags = ["***"] * len(expected.tags)
    del expected.tags[:]
    expected.tags.extend(tags)
    assert schema.problem(value) is None
    assert masked == expected


@settings(deadline=None, max_examples=150)
@given(messages(), st.data())
def test_what_passes_protobuf_reads(message: Any, data: st.DataObject) -> None:
    value = bytearray(message.SerializeToString() or b"\x08\x01")
    value[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    if _core.Schema("protobuf", PROTO).problem(bytes(value)) is None:
        Message.FromString(bytes(value))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-100, 100)
    | st.floats(-10, 10).map(lambda number: round(number, 2))
    | st.sampled_from(["", "a", "ab", "abc", "1", "12"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "x-c", "d"]), inner, max_size=3)
    ),
    max_leaves=6,
)
JSON_SCHEMAS: tuple[Any, ...] = (
    True,
    False,
    {"type": ["integer", "string"], "minimum": 3, "maxLength": 2},
    {"type": "number", "exclusiveMaximum": 5, "multipleOf": 0.5},
    {"enum": [1, "a", [], {"a": 1}]},
    {"not": {"type": ["object", "array"]}},
    {"oneOf": [{"type": "integer"}, {"minimum": 2}, {"type": "string"}]},
    {"anyOf": [{"required": ["a"]}, {"minItems": 2}], "type": ["object", "array"]},
    {"if": {"type": "object"}, "then": {"maxProperties": 1}, "else": {"type": "array"}},
    {"items": {"type": "integer"}, "uniqueItems": True, "contains": {"minimum": 1}},
    {"prefixItems": [{"type": "string"}, True], "items": {"type": "null"}, "maxItems": 3},
    {
        "properties": {"a": {"type": "integer"}, "b": {"$ref": "#"}},
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": False,
        "dependentRequired": {"a": ["b"]},
    },
    {"propertyNames": {"pattern": "^[a-b]$"}, "minProperties": 1},
    {"dependentSchemas": {"a": {"required": ["b"]}}, "type": "object"},
    {"pattern": "^a?b?c?$", "minLength": 1},
    {"allOf": [{"$ref": "#/$defs/n"}, {"minimum": 0}], "$defs": {"n": {"type": "number"}}},
)


@pytest.mark.parametrize("schema", JSON_SCHEMAS, ids=json.dumps)
@settings(deadline=None, max_examples=40)
@given(value=JSON_VALUES)
def test_json_schema_decides_as_the_reference_implementation_does(schema: Any, value: Any) -> None:
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)

    problem = _core.Schema("json", json.dumps(schema)).problem(json.dumps(value).encode())

    assert (problem is None) == expected, problem
