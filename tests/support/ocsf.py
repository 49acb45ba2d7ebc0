"""Holds an event to the published classes of OCSF, and its extension to our own description."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
FACTS = ROOT / "tests" / "facts" / "ocsf_1_8.json"
EXTENSION = ROOT / "docs" / "ocsf" / "streaming"

Facts = dict[str, Any]


@cache
def facts() -> Facts:
    """The published schema, and our extension in the same form."""
    found: Facts = json.loads(FACTS.read_text())
    dictionary = json.loads((EXTENSION / "dictionary.json").read_text())["attributes"]
    for path in sorted((EXTENSION / "objects").glob("*.json")):
        described = json.loads(path.read_text())
        attributes = {
            name: _fact({**dictionary[name], **about})
            for name, about in described["attributes"].items()
        }
        found["objects"][described["name"]] = {"attributes": attributes}
    patch = json.loads((EXTENSION / "events" / "base_event.json").read_text())["attributes"]
    for each in found["classes"].values():
        for name, about in patch.items():
            each["attributes"][name] = _fact({**dictionary[name], **about})
    return found


def _fact(entry: Facts) -> Facts:
    fact: Facts = {"type": entry["type"]}
    if entry.get("is_array"):
        fact["array"] = True
    if entry.get("requirement") == "required":
        fact["required"] = True
    return fact


def problems(event: Facts) -> list[str]:
    """Everything in an event that OCSF or the extension does not allow."""
    described = facts()["classes"].get(str(event.get("class_uid")))
    if described is None:
        return [f"class_uid {event.get('class_uid')} is not described"]
    return [*_identifiers(event), *_object(event, described, "event")]


def _identifiers(event: Facts) -> Iterator[str]:
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        yield "type_uid is not class_uid * 100 + activity_id"
    if event["category_uid"] != event["class_uid"] // 1000:
        yield "category_uid is not that of the class"
    if event["metadata"]["version"] != facts()["version"]:
        yield "metadata.version is not that of the schema"


def _object(value: Facts, described: Facts, path: str) -> Iterator[str]:
    attributes = described["attributes"]
    for name, fact in attributes.items():
        if fact.get("required") and name not in value:
            yield f"{path}.{name} is required"
    for rule, names in described.get("constraints", {}).items():
        present = sum(name in value for name in names)
        if present < 1 or (rule == "just_one" and present > 1):
            yield f"{path} must have {rule} of {', '.join(names)}"
    for name, each in value.items():
        if name not in attributes:
            yield f"{path}.{name} is not an attribute"
            continue
        fact = attributes[name]
        yield from _sibling(value, name, fact, path)
        items = each if fact.get("array") else [each]
        if not isinstance(items, list):
            yield f"{path}.{name} is not a list"
            continue
        for item in items:
            yield from _value(item, fact, f"{path}.{name}")


def _sibling(value: Facts, name: str, fact: Facts, path: str) -> Iterator[str]:
    """The caption beside a number must be the number's, unless that is 99, Other."""
    caption = fact.get("enum", {}).get(str(value[name]))
    beside = value.get(fact.get("sibling", ""))
    if caption and beside is not None and value[name] != 99 and beside != caption:
        yield f"{path}.{fact['sibling']} is `{beside}`, that of {value[name]} is `{caption}`"


def _value(value: Any, fact: Facts, path: str) -> Iterator[str]:
    kind = fact["type"]
    if "enum" in fact and str(value) not in fact["enum"]:
        yield f"{path} is {value}, which its enumeration lacks"
    if kind in facts()["types"]:
        yield from _scalar(value, kind, path)
    elif not isinstance(value, dict):
        if value is not None or not path.startswith("event.streaming."):
            yield f"{path} is not an object"
    elif kind in facts()["objects"]:
        yield from _object(value, facts()["objects"][kind], path)
    elif kind != "object":
        yield f"{path}: the facts lack the object `{kind}`; add it in tools/ocsf_facts.py"


def _scalar(value: Any, kind: str, path: str) -> Iterator[str]:
    if value is None and path.startswith("event.streaming."):
        return
    about = facts()["types"][kind]
    base = about.get("type", kind)
    expected = {"string_t": str, "integer_t": int, "long_t": int, "boolean_t": bool}
    wanted = expected.get(base)
    if wanted is None:
        return
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield f"{path} is not of type {kind}: {value!r}"
        return
    if base == "long_t" and abs(value) > 2**53:
        yield f"{path} passes 2^53 and must be text"
    if "max_len" in about and len(value) > about["max_len"]:
        yield f"{path} is longer than {about['max_len']}"
    if "regex" in about and not re.search(about["regex"], value):
        yield f"{path} does not match {kind}: {value!r}"
