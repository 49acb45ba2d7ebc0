"""The control door over mutual TLS of a gateway in tests, and programs that ask there."""

from pathlib import Path
from typing import Any

from streamward.sdk import Sealer
from streamward.sdk.door import sealer_through
from tests.support.bundles import GatewayBundle


def door_port(bundle: GatewayBundle) -> int:
    """A port that was free when the bundle's were chosen, and is none of its listeners'."""
    assert bundle.plain_port is None, "the listener without TLS has it"
    return bundle.sni_port + 1


def declare_door(bundle: GatewayBundle, **settings: object) -> None:
    """Add a ControlDoor to a bundle whose gateway has not started."""
    lines = "".join(f"{name}: {value}\n" for name, value in settings.items())
    (bundle.folder / "door.yaml").write_text(f"""\
kind: ControlDoor
name: keys
cluster: main
port: {door_port(bundle)}
tls:
  certificate: file:tls/gateway.pem
  key: file:tls/gateway.key
  client_ca: file:tls/ca.pem
{lines}""")


def pair(bundle: GatewayBundle, principal: str) -> tuple[Path, Path]:
    """The certificate of a principal, and its key."""
    stem = bundle.folder / "tls" / "clients" / f"{principal}-certificate"
    return stem.with_suffix(".pem"), stem.with_suffix(".key")


def sealer_of(bundle: GatewayBundle, principal: str, **changed: Any) -> Sealer:
    """A program of this principal, which has nothing but its certificate."""
    certificate, key = pair(bundle, principal)
    told = {"certificate": certificate, "key": key, "authority": bundle.folder / "tls" / "ca.pem"}
    return sealer_through(f"localhost:{door_port(bundle)}", **told | changed)
