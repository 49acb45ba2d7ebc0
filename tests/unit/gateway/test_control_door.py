"""The control door over TLS: what a bundle must say of it, and what the data plane is told."""

import shutil
from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.gateway.door import door_entry
from streamward.model.control_door import ControlDoor

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "bundle"
TLS = {"certificate": "file:c.pem", "key": "file:c.key", "client_ca": "file:ca.pem"}


def test_a_door_where_nobody_seals_or_opens_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(GOLDEN, folder)
    what = folder / "what.yaml"
    text = what.read_text().replace("  opened_by: consumer\n", "")
    what.write_text(text.replace(", opened_by: consumer", ""))

    mistakes = read_bundle(folder, materials=False).mistakes

    (told,) = (each for each in mistakes if "there is no key to grant" in each.what)
    assert str(told.place).startswith("streamward.yaml:")
    assert told.severity == "warning"


def test_the_data_plane_is_told_of_a_listener_that_takes_certificates_alone() -> None:
    door = ControlDoor.model_validate({"name": "keys", "cluster": "main", "tls": TLS})
    entry = door_entry(door)

    assert entry.tls is not None
    assert (entry.tls.client_certificate, entry.tls.version_min) == ("required", "1.3")
    assert (entry.authentication, entry.mechanisms, entry.unrecorded) == (
        "certificate",
        (),
        "refuse",
    )
    assert entry.grants is not None
    assert (entry.grants.milliseconds, entry.grants.per_second) == (300_000, 10)
    assert entry.limits.timeout_milliseconds.request == 10_000
    assert entry.routing.nodes.count == 0


@pytest.mark.parametrize("grant", ["30s", "16m", "1d"])
def test_a_grant_holds_minutes(grant: str) -> None:
    with pytest.raises(ValueError, match="between `1m` and `15m`"):
        ControlDoor.model_validate({"name": "k", "cluster": "m", "tls": TLS, "grant": grant})
