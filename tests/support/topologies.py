"""Further listeners and clusters for a bundle of the conformance tests."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from streamward.dev.kafka import KafkaServer
from tests.support.bundles import GatewayBundle, free_ports
from tests.support.endpoints import Endpoint

Document = dict[str, Any]


def brokers(kafka: KafkaServer) -> list[Endpoint]:
    """Each broker itself, over mutual TLS."""
    tls = kafka.folder / "tls"
    return [
        Endpoint(f"broker-{node}", address, kafka.ca_file, tls / "admin.pem", tls / "admin.key")
        for node, address in enumerate(kafka.bootstrap("ssl").split(","))
    ]


@contextmanager
def topology(bundle: GatewayBundle) -> Iterator[list[Document]]:
    """The documents of clusters and listeners, to be changed; written back at the end."""
    file = bundle.folder / "streamward.yaml"
    documents: list[Document] = list(YAML(typ="safe").load_all(file.read_text()))
    yield documents
    with file.open("w") as out:
        YAML(typ="safe").dump_all(documents, out)


def find(documents: list[Document], kind: str, name: str) -> Document:
    """The document of this kind and name."""
    return next(each for each in documents if (each["kind"], each["name"]) == (kind, name))


def add_listener(
    bundle: GatewayBundle, name: str, cluster: str = "main", nodes: int = 1, **settings: Any
) -> int:
    """Add a listener like `clients` with ports of its own; gives its bootstrap port."""
    with topology(bundle) as documents:
        port = _ports_beside(bundle, documents, nodes + 1)
        ports = {
            "bootstrap": port,
            "nodes": {"first_id": 0, "count": nodes, "first_port": port + 1},
        }
        like = find(documents, "Listener", "clients")
        named = {"name": name, "cluster": cluster, "ports": ports}
        documents.append(like | named | settings)
    return port


def at_port(bundle: GatewayBundle, principal: str, port: int) -> Endpoint:
    """The principal's endpoint at another port of the gateway."""
    return replace(bundle.endpoint(principal), bootstrap=f"localhost:{port}")


def copy_file(source: Path, target: Path) -> str:
    """Put a file into a bundle, private; gives the name for a reference inside `tls/`."""
    target.touch(mode=0o600)
    target.write_bytes(source.read_bytes())
    return f"file:tls/{target.name}"


def _ports_beside(bundle: GatewayBundle, documents: list[Document], count: int) -> int:
    """Free ports that no listener of the bundle has (the gateway doesn't run yet)."""
    taken = range(bundle.bootstrap_port, bundle.bootstrap_port + 2 * bundle.nodes + 3)
    with ExitStack() as held:
        ports = set(taken)
        for each in documents:
            if "ports" in each:
                nodes = each["ports"]["nodes"]
                ports.add(each["ports"]["bootstrap"])
                ports.update(range(nodes["first_port"], nodes["first_port"] + nodes["count"]))
        for port in ports:
            held.enter_context(socket.socket()).bind(("127.0.0.1", port))
        return free_ports(count)
