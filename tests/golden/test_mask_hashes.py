"""The vectors that hold Rust and Python to the hashes of masks (docs/guides/contracts.md)."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from streamward import _core
from tests.support.mask_hashes import hash_of

FILE = Path(__file__).parent / "mask_hashes" / "vectors.json"
SECRET = "sixteen bytes and more"


def _vector(value: str, *, secret: str = SECRET, **domain: Any) -> dict[str, Any]:
    kind, path = domain["kind"], domain.get("path", [])
    names = [kind, domain["group"]] if kind == "group" else [kind, domain["stream"], *path]
    made = hash_of(secret.encode(), names, value.encode()).hex()
    return {"path": [], **domain, "secret": secret, "value": value, "hash": made}


def _field(stream: str, *path: str) -> dict[str, Any]:
    return {"kind": "field", "stream": stream, "path": list(path)}


def vectors() -> list[dict[str, Any]]:
    """Of one value in several places, of other values, and under another secret."""
    return [
        _vector("ann@example.com", **_field("shop.orders", "mail")),
        _vector("ann@example.com", **_field("shop.returns", "mail")),
        _vector("ann@example.com", **_field("shop.orders", "holder", "mail")),
        _vector("ann@example.com", **_field("shop.orders", "labels", "*")),
        _vector("ann@example.com", kind="key", stream="shop.orders"),
        _vector("ann@example.com", kind="group", group="mails"),
        _vector("", **_field("shop.orders", "mail")),
        _vector("ann@example.com", secret="another secret of hashes", kind="group", group="mails"),
    ]


def test_the_vectors_are_as_they_were() -> None:
    made = vectors()
    if os.environ.get("STREAMWARD_GOLDEN"):
        FILE.write_text(json.dumps(made, indent=2, sort_keys=True) + "\n")
    assert json.loads(FILE.read_text()) == made
    assert len({each["hash"] for each in made}) == len(made)


@pytest.mark.parametrize("group", [None, "mails"])
def test_the_gateway_hashes_as_the_vectors_say(group: str | None) -> None:
    schema = _core.Schema("json", '{"properties": {"mail": {"type": "string"}}}')
    value = json.dumps({"mail": "ann@example.com"}).encode()

    masked = schema.mask(value, [(["mail"], "hash", group)], SECRET.encode(), "shop.orders")

    place = vectors()[0 if group is None else 5]
    assert json.loads(masked) == {"mail": place["hash"]}
