"""A value of 1 KiB that a contract speaks of, in Avro and in JSON, and its schemas."""

import io
import json
from typing import Any

import fastavro

VALUE_BYTES = 1024

_STRINGS = ("id", "card", "mail", "shop", "currency", "note")

AVRO_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Payment",
    "fields": [
        *({"name": name, "type": "string"} for name in _STRINGS),
        {"name": "cents", "type": "long"},
        {"name": "refunded", "type": ["null", "long"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {
            "name": "place",
            "type": {
                "type": "record",
                "name": "Place",
                "fields": [
                    {"name": "country", "type": "string"},
                    {"name": "latitude", "type": "double"},
                    {"name": "longitude", "type": "double"},
                ],
            },
        },
    ],
}

JSON_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in _STRINGS},
        "cents": {"type": "integer"},
        "refunded": {"type": ["null", "integer"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "place": {
            "type": "object",
            "properties": {
                "country": {"type": "string"},
                "latitude": {"type": "number"},
                "longitude": {"type": "number"},
            },
            "required": ["country"],
        },
    },
    "required": ["id", "card", "cents"],
}


def _payment(note_bytes: int) -> dict[str, Any]:
    return {
        "id": "0192f0c1-7d5e-7c1a-9c3e-1f6f5b1f2a3b",
        "card": "4111222233334444",
        "mail": "someone@example.org",
        "shop": "shop-0042",
        "currency": "EUR",
        "note": "n" * note_bytes,
        "cents": 129_900,
        "refunded": None,
        "tags": ["web", "returning", "gift"],
        "place": {"country": "DE", "latitude": 52.52, "longitude": 13.405},
    }


def _avro(payment: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, AVRO_SCHEMA, payment)
    return stream.getvalue()


def _json(payment: dict[str, Any]) -> bytes:
    return json.dumps(payment).encode()


def avro_value() -> bytes:
    """The value in Avro."""
    # A length above 63 takes a byte more.
    return _avro(_payment(VALUE_BYTES - len(_avro(_payment(0))) - 1))


def json_value() -> bytes:
    """The value in JSON."""
    return _json(_payment(VALUE_BYTES - len(_json(_payment(0)))))
