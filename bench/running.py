"""What contenders share: the broker, certificates, and how clients reach them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streamward.dev.authority import Authority
from streamward.dev.cache import write_private
from streamward.dev.kafka import KafkaServer
from tests.support.endpoints import Endpoint


class Missing(Exception):
    """What a contender needs is not on this machine; the message names it."""


@dataclass(frozen=True)
class Running:
    """A contender that accepts connections: its process (None: there is no proxy), its settings."""

    name: str
    pid: int | None
    plaintext: dict[str, object]
    tls: dict[str, object]
    log: Path | None = None
    """The folder of its log, where it keeps one."""
    topics: Iterator[str] | None = None
    """The only topics for which it does what is measured; each is used once. None: any."""
    value: bytes | None = None
    """The value of every record. None: random bytes."""


@dataclass(frozen=True)
class Setting:
    """What all contenders share: the broker, and the folder with certificates."""

    kafka: KafkaServer
    folder: Path

    @property
    def certificate(self) -> Path:
        """The server's key and certificate in one file, for the forwarders."""
        return self.folder / "server-keystore.pem"

    def client(self, port: int) -> dict[str, object]:
        """librdkafka's settings for mutual TLS at a port."""
        return Endpoint(
            "bench",
            f"127.0.0.1:{port}",
            self.folder / "ca.pem",
            self.folder / "client.pem",
            self.folder / "client.key",
        ).librdkafka()


def plain(port: int) -> dict[str, object]:
    """librdkafka's settings for a port without TLS."""
    return {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 2}


def write_certificates(folder: Path) -> None:
    """One authority for the forwarders, their server certificate, and the client's."""
    authority = Authority.create("bench")
    server = authority.server("localhost", ["localhost", "127.0.0.1"])
    client = authority.client("CN=bench")
    (folder / "ca.pem").write_bytes(authority.issued.certificate)
    (folder / "server.pem").write_bytes(server.certificate)
    (folder / "client.pem").write_bytes(client.certificate)
    write_private(folder / "server.key", server.key)
    write_private(folder / "server-keystore.pem", server.together)
    write_private(folder / "client.key", client.key)
