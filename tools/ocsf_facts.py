"""Write what the tests must know of OCSF: requirements, types, enumerations and constraints.

    tools/ocsf_facts.py --schema FILE

FILE is the published schema of OCSF 1.7.0 as one document (`events`, `objects`, `dictionary`), such
as the package `pydantic-ocsf` carries. OCSF 1.8.0 changed nothing that is required in the classes
below, by its own changelog; the attributes that it added to their objects are in `ADDED`.
"""

import argparse
import json
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parent.parent / "tests" / "facts" / "ocsf_1_8.json"
CLASSES = {
    2004: "detection_finding",
    2005: "incident_finding",
    3001: "account_change",
    3002: "authentication",
    3003: "authorize_session",
    3004: "entity_management",
    3005: "user_access",
    3006: "group_management",
    5019: "device_config_state_change",
    6002: "application_lifecycle",
    6003: "api_activity",
    6005: "datastore_activity",
}
OBJECTS = (
    "account", "actor", "analytic", "api", "attack", "authorization", "certificate", "databucket",
    "device", "endpoint", "extension", "finding_info", "fingerprint", "group", "managed_entity",
    "metadata", "network_endpoint", "organization", "policy", "product", "request",
    "resource_details", "rule", "service", "session", "sub_technique", "tactic", "technique",
    "user",
)  # fmt: skip
ADDED: dict[str, dict[str, dict[str, Any]]] = {
    "account": {
        "is_disabled": {"type": "boolean_t"},
        "is_locked": {"type": "boolean_t"},
        "is_on_premises_sync_enabled": {"type": "boolean_t"},
    },
    "api": {"token": {"type": "token"}},
    "endpoint": {"mac_vendor": {"type": "string_t"}, "pool": {"type": "group"}},
    "group": {"uid_alt": {"type": "string_t"}},
    "metadata": {"total_queued_duration": {"type": "long_t"}},
    "network_endpoint": {"fingerprints": {"type": "fingerprint", "is_array": True}},
}
"""Attributes of OCSF 1.8.0 that 1.7.0 lacks (its CHANGELOG, `Improved: Objects`)."""

Item = dict[str, Any]


class Schema:
    """One version of OCSF, its inheritance not yet resolved."""

    def __init__(self, document: Item) -> None:
        self._events: Item = document["events"]
        self._objects: Item = document["objects"]
        self._dictionary: Item = document["dictionary"]["attributes"]
        self.types: Item = document["dictionary"]["types"]["attributes"]

    def event(self, name: str) -> Item:
        """A class with all that it inherits."""
        return self._resolved(self._events, name, {})

    def object(self, name: str) -> Item:
        """An object with all that it inherits, and what 1.8.0 added."""
        return self._resolved(self._objects, name, ADDED)

    def _resolved(self, kinds: Item, name: str, added: Item) -> Item:
        attributes: Item = {}
        constraints: Item = {}
        for each in reversed(self._lineage(kinds, name)):
            constraints = {**constraints, **kinds[each].get("constraints", {})}
            for key, value in [*kinds[each]["attributes"].items(), *added.get(each, {}).items()]:
                if key == "$include" or not isinstance(value, dict):
                    continue
                enum = {**attributes.get(key, {}).get("enum", {}), **value.get("enum", {})}
                attributes[key] = {**attributes.get(key, {}), **value, "enum": enum}
        facts = {key: self._fact(key, value) for key, value in sorted(attributes.items())}
        found: Item = {"attributes": facts}
        if constraints:
            found["constraints"] = constraints
        return found

    def _lineage(self, kinds: Item, name: str) -> list[str]:
        found = []
        each: str | None = name
        while each is not None and each in kinds:
            found.append(each)
            each = kinds[each].get("extends")
        return found

    def _fact(self, key: str, value: Item) -> Item:
        entry = {**self._dictionary.get(key, {}), **value}
        fact: Item = {"type": entry["type"]}
        if entry.get("is_array"):
            fact["array"] = True
        if value.get("requirement") == "required":
            fact["required"] = True
        enum = {**self._dictionary.get(key, {}).get("enum", {}), **value["enum"]}
        if enum and entry["type"] in ("integer_t", "string_t"):
            fact["enum"] = {each: about["caption"] for each, about in sorted(enum.items())}
            sibling = self._dictionary.get(key, {}).get("sibling")
            if sibling:
                fact["sibling"] = sibling
        return fact


def main() -> None:
    """Read the schema and write the facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", type=Path, required=True)
    chosen = parser.parse_args()
    schema = Schema(json.loads(chosen.schema.read_text()))
    classes = {str(uid): {"name": name, **schema.event(name)} for uid, name in CLASSES.items()}
    for each in classes.values():
        for name in ("class_uid", "category_uid", "type_uid"):
            # They follow from the class; the schema's own enumerations are those of its base.
            each["attributes"][name] = {"type": "long_t", "required": True}
    facts = {
        "version": "1.8.0",
        "classes": classes,
        "objects": {name: schema.object(name) for name in OBJECTS},
        "types": {
            name: {key: about[key] for key in ("type", "max_len", "regex") if key in about}
            for name, about in sorted(schema.types.items())
        },
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(part)}: {_one_by_line(facts[part])}" for part in sorted(facts)]
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _one_by_line(part: Any) -> str:
    if not isinstance(part, dict):
        return json.dumps(part)
    rows = [f" {json.dumps(key)}: {json.dumps(part[key], sort_keys=True)}" for key in sorted(part)]
    return "{\n" + ",\n".join(rows) + "\n}"


if __name__ == "__main__":
    main()
