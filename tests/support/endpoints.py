"""Where a client connects and what it shows, in the words of each client library."""

import ssl
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Endpoint:
    """A bootstrap address and one credential: a certificate, or a name and password."""

    name: str
    bootstrap: str
    ca: Path
    certificate: Path | None = None
    key: Path | None = None
    username: str | None = None
    password: str | None = None
    mechanism: str = "PLAIN"

    def __str__(self) -> str:
        return self.name

    def with_password(self, username: str, password: str) -> Self:
        """The same place, with a name and password in place of a certificate."""
        return replace(self, certificate=None, key=None, username=username, password=password)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the first bootstrap address."""
        host, _, port = self.bootstrap.split(",")[0].rpartition(":")
        return host, int(port)

    def tls_context(self) -> ssl.SSLContext:
        """A context that verifies the server and shows the certificate, if there is one."""
        context = ssl.create_default_context(cafile=str(self.ca))
        if self.certificate and self.key:
            context.load_cert_chain(self.certificate, self.key)
        return context

    def librdkafka(self, **extra: Any) -> dict[str, Any]:
        """Settings of confluent-kafka; `_` stands for `.` in extra names."""
        settings: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap,
            "ssl.ca.location": str(self.ca),
            "security.protocol": "SASL_SSL" if self.username else "SSL",
            "socket.timeout.ms": 10_000,
            "log_level": 2,
        }
        if self.certificate:
            settings["ssl.certificate.location"] = str(self.certificate)
            settings["ssl.key.location"] = str(self.key)
        if self.username:
            settings["sasl.mechanism"] = self.mechanism
            settings["sasl.username"] = self.username
            settings["sasl.password"] = self.password
        return settings | {name.replace("_", "."): value for name, value in extra.items()}

    def aiokafka(self) -> dict[str, Any]:
        """Arguments of aiokafka's clients."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": "SASL_SSL" if self.username else "SSL",
            "ssl_context": self.tls_context(),
            "request_timeout_ms": 10_000,
        }
        if self.username:
            arguments["sasl_mechanism"] = self.mechanism
            arguments["sasl_plain_username"] = self.username
            arguments["sasl_plain_password"] = self.password
        return arguments

    def java(self, folder: Path) -> Path:
        """A properties file for Kafka's own tools, written into `folder`."""
        lines = [f"bootstrap.servers={self.bootstrap}"]
        lines += ["ssl.truststore.type=PEM", f"ssl.truststore.location={self.ca}"]
        lines += [f"security.protocol={'SASL_SSL' if self.username else 'SSL'}"]
        if self.certificate and self.key:
            store = folder / f"{self.name}-keystore.pem"
            store.touch(mode=0o600)
            store.write_bytes(self.key.read_bytes() + self.certificate.read_bytes())
            lines += ["ssl.keystore.type=PEM", f"ssl.keystore.location={store}"]
        if self.username:
            plain = self.mechanism == "PLAIN"
            login = "plain.PlainLoginModule" if plain else "scram.ScramLoginModule"
            login = f"org.apache.kafka.common.security.{login}"
            who = f'username="{self.username}" password="{self.password}"'
            lines += [f"sasl.mechanism={self.mechanism}"]
            lines += [f"sasl.jaas.config={login} required {who};"]
        path = folder / f"{self.name}.properties"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")
        return path
