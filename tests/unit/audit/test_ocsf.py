"""The judge of events must itself find what is wrong."""

import json
from typing import Any

import msgspec
import pytest

from streamward.model.event import Streaming
from tests.support.log import denied
from tests.support.ocsf import EXTENSION, problems


def event() -> dict[str, Any]:
    document = json.loads(denied(1, "mallory", "cards"))
    document["metadata"]["extensions"] = [{"name": "streaming", "version": "1.0.0"}]
    document["actor"] = {"user": {"name": "mallory", "type": "Service", "type_id": 4}}
    document["api"] = {"operation": "Fetch"}
    document["src_endpoint"] = {"ip": "10.0.0.1", "port": 9}
    return dict(document)


def test_an_event_with_all_that_its_class_requires_has_no_problem() -> None:
    assert problems(event()) == []


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("api", None, "event.api is required"),
        ("api.operation", None, "event.api.operation is required"),
        ("actor.user", {}, "must have at_least_one of account, name, uid"),
        ("actor.user.type_id", 77, "which its enumeration lacks"),
        ("actor.user.type", "Printer", "that of 4 is `Service`"),
        ("class_uid", 6099, "is not described"),
        ("category_uid", 3, "not that of the class"),
        ("type_uid", 5, "type_uid is not"),
        ("metadata.version", "1.0.0", "not that of the schema"),
        ("src_endpoint.ip", "nowhere", "does not match ip_t"),
        ("src_endpoint.port", "9", "is not of type port_t"),
        ("time", 2**60, "passes 2^53"),
        ("resources", {}, "is not a list"),
        ("colour", "red", "event.colour is not an attribute"),
        ("streaming.colour", "red", "event.streaming.colour is not an attribute"),
        ("streaming.resource", "cards", "is not an object"),
        ("streaming.ranges", [{"partition": 0}], "event.streaming.ranges.first is required"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: Any, found: str) -> None:
    document = event()
    *parents, last = path.split(".")
    place = document
    for each in parents:
        place = place[each]
    if value is None:
        del place[last]
    else:
        place[last] = value

    assert any(found in problem for problem in problems(document)), problems(document)


def test_the_extension_describes_every_field_that_entries_may_have() -> None:
    described = json.loads((EXTENSION / "objects" / "streaming.json").read_text())["attributes"]
    known = {field.encode_name for field in msgspec.structs.fields(Streaming)}

    assert known <= set(described)
    for path in [*EXTENSION.glob("objects/*.json"), *EXTENSION.glob("events/*.json")]:
        dictionary = json.loads((EXTENSION / "dictionary.json").read_text())["attributes"]
        assert json.loads(path.read_text())["attributes"].keys() <= dictionary.keys()
