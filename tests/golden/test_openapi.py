"""The control door's API is what its users have read and reviewed."""

import json
from collections.abc import Callable
from typing import Any, cast

from fastapi import FastAPI

from streamward.server.api import control_api
from streamward.server.credentials import CredentialDoor
from streamward.server.door import ControlDoor
from streamward.server.erasing import EraseDoor
from streamward.server.keys import KeyDoor
from streamward.server.versions import VersionDoor


def document() -> dict[str, Any]:
    api: FastAPI = control_api(
        cast(ControlDoor, None),
        cast(CredentialDoor, None),
        cast(VersionDoor, None),
        cast(EraseDoor, None),
        cast(KeyDoor, None),
    )
    found = api.openapi()
    found["info"]["version"] = "VERSION"
    return found


def test_the_control_door_offers_what_was_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("openapi.json", json.dumps(document(), indent=2, sort_keys=True) + "\n")


def test_no_verb_but_health_does_without_a_denial_that_it_can_give() -> None:
    paths = document()["paths"]

    verbs = {f"{method} {path}" for path, methods in paths.items() for method in methods}
    assert verbs == {
        "get /metrics",
        "get /health/live",
        "get /health/ready",
        "get /v1/health",
        "get /v1/status",
        "get /v1/policy",
        "post /v1/reload",
        "post /v1/versions",
        "get /v1/containments",
        "post /v1/containments",
        "delete /v1/containments/{identifier}",
        "get /v1/credentials",
        "post /v1/credentials",
        "get /v1/credentials/{identifier}",
        "post /v1/credentials/{identifier}/rotate",
        "post /v1/credentials/{identifier}/{verb}",
        "post /v1/erasures",
        "get /v1/keys",
        "get /v1/keys/{ring}",
        "get /v1/keys/{ring}/preview",
        "post /v1/keys/{ring}/{verb}",
        "get /v1/key-check",
        "get /v1/key-hygiene",
    }
    assert all("403" in one["responses"] for methods in paths.values() for one in methods.values())
