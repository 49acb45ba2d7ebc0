"""The demo's bundle on disk: the files that the package ships, completed and with certificates."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Final

from streamward.app import valid_bundle
from streamward.dev.certificates import make_certificates
from streamward.errors import Unavailable

LOOPBACK: Final = "127.0.0.1"
NODES: Final = 4
"""Ids 0 to 3: a real Kafka begins with 0, librdkafka's mock with 1."""
TRIES_MAX: Final = 100
_PORTS: Final = range(19_200, 31_000)
"""Below those that Linux gives to outgoing connections."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A bundle that a gateway can run, and what its clients need."""

    path: Path
    port: int

    @property
    def authority(self) -> Path:
        """Who signed the gateway's certificate."""
        return self.path / "tls" / "ca.pem"

    def certificate(self, credential: str) -> tuple[Path, Path]:
        """A client's certificate and its key."""
        stem = self.path / "tls" / "clients" / credential
        return stem.with_name(f"{credential}.pem"), stem.with_name(f"{credential}.key")

    def password(self, principal: str) -> str:
        """The random password of a principal."""
        return (self.path / "secrets" / f"{principal}.password").read_text()


def write_folder(path: Path, upstream: tuple[tuple[str, int], ...]) -> Folder:
    """Write the bundle for these brokers, with free ports. Raises StreamwardError."""
    folder = Folder(path, free_ports(NODES + 1))
    facts = {
        "bootstrap": ", ".join(f'"{host}:{port}"' for host, port in upstream),
        "bootstrap_port": folder.port,
        "first_node_port": folder.port + 1,
        "nodes": NODES,
    }
    for name, source in _shipped(files("streamward.demo").joinpath("bundle")):
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        file.write_text(Template(text).substitute(facts), encoding="utf-8")
    make_certificates(valid_bundle(path, materials=False))
    return folder


def _shipped(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _shipped(each, f"{prefix}{each.name}/")
        else:
            yield prefix + each.name, each


def free_ports(count: int) -> int:
    """The first of so many neighbouring ports that nobody uses. Raises Unavailable."""
    starts = range(_PORTS.start, _PORTS.stop - count, count)
    # By chance, so that two demos that start together don't both find the same ones free.
    for first in secrets.SystemRandom().sample(starts, TRIES_MAX):
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.socket()).bind((LOOPBACK, port))
            except OSError:
                continue
            return first
    raise Unavailable(f"there are no {count} free ports in a row on `{LOOPBACK}`")
