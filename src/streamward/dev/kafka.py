"""A throw-away Apache Kafka on this machine, for trying things out and for tests."""

import json
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streamward.clock import monotonic_seconds
from streamward.dev import process
from streamward.dev.cache import cache_root, locked, write_private
from streamward.dev.kafka_files import (
    LISTENERS,
    LOOPBACK,
    KafkaOptions,
    NodePorts,
    write_client_properties,
    write_credentials,
    write_node,
)
from streamward.dev.maven import Progress, class_path, find_java, jars, kafka_artifacts
from streamward.dev.process import ProcessRecord
from streamward.errors import InvalidArgument, NotFound, Unavailable

START_SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 30.0
BROKERS_MAX = 9
# Below the range from which Linux takes ports of outgoing connections, so that nobody else's
# connection sits on a broker's port while the broker restarts.
_PORTS = range(15_000, 32_000)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the cluster: its id, its ports and its process (None: never started)."""

    id: int
    ports: NodePorts
    process: ProcessRecord | None

    @property
    def running(self) -> bool:
        """Whether this node's process runs."""
        return self.process is not None and process.is_running(self.process)


class KafkaServer:
    """A Kafka cluster of one or more nodes on loopback, known by its name.

    As a context manager it is started on entry, and stopped and deleted on exit. All state lies in
    `folder`; another object (or command) of the same name sees the same cluster.
    """

    def __init__(
        self,
        name: str = "dev",
        options: KafkaOptions | None = None,
        ports: NodePorts | None = None,
        progress: Progress = lambda _: None,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise InvalidArgument(f"`{name}` is no name: use a-z, 0-9 and `-`, at most 40")
        self.name = name
        self.folder = cache_root() / "kafka" / name
        self._wanted = options
        self._ports = ports
        self._progress = progress

    @classmethod
    def ephemeral(cls, options: KafkaOptions | None = None) -> Self:
        """A cluster with a random name, for one test run."""
        return cls(f"test-{secrets.token_hex(4)}", options)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(delete=True)

    # What it is

    @property
    def exists(self) -> bool:
        """Whether a cluster of this name was ever started and not deleted."""
        return self._record_file.is_file()

    @property
    def running(self) -> bool:
        """Whether every node's process runs."""
        return self.exists and all(node.running for node in self.nodes)

    @property
    def options(self) -> KafkaOptions:
        """What the cluster is like. Raises NotFound where there is none of this name."""
        stored = self._read()["options"]
        stored["users"] = tuple(stored["users"])
        stored["jvm"] = tuple(stored.get("jvm", ()))
        stored["forwards"] = tuple((bound, told) for bound, told in stored.get("forwards", ()))
        return KafkaOptions(**stored)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes in order of id. Raises NotFound where there is no cluster of this name."""
        return tuple(_node(each) for each in self._read()["nodes"])

    @property
    def cluster_id(self) -> str:
        """Kafka's id of the cluster."""
        return str(self._read()["cluster_id"])

    def bootstrap(self, listener: str = "plaintext") -> str:
        """`host:port,…` of `plaintext`, `sasl_ssl` (SCRAM-SHA-512) or `ssl` (mutual TLS)."""
        return ",".join(f"{LOOPBACK}:{node.ports.of(listener)}" for node in self.nodes)

    def password(self, user: str) -> str:
        """The SCRAM password of a user. Raises NotFound where there is no such user."""
        file = self.folder / "secrets" / f"{user}.password"
        if not file.is_file():
            raise NotFound(f"Kafka `{self.name}` has no user `{user}`")
        return file.read_text()

    @property
    def ca_file(self) -> Path:
        """The PEM file with the authority that signed the brokers' and clients' certificates."""
        return self.folder / "tls" / "ca.pem"

    @property
    def jar_folder(self) -> Path:
        """Where the jars are (brokers, clients and console tools); downloads them if need be."""
        version = self.options.version if self.exists else self._options.version
        return jars("kafka", kafka_artifacts(version), self._progress)

    def status(self) -> dict[str, Any]:
        """All that a client needs, as JSON can hold it: endpoints, files, processes."""
        if not self.exists:
            return {"name": self.name, "running": False}
        users = self.options.users
        tls = self.folder / "tls"
        return {
            "name": self.name,
            "running": self.running,
            "version": self.options.version,
            "cluster_id": self.cluster_id,
            "authorizer": self.options.authorizer,
            "nodes": [
                {
                    "id": node.id,
                    "pid": node.process.pid if node.process else None,
                    "running": node.running,
                    "log": str(self._home(node) / "kafka.log"),
                }
                for node in self.nodes
            ],
            "endpoints": {listener: self.bootstrap(listener) for listener in LISTENERS},
            "ca": str(self.ca_file),
            "clients": {
                name: {"certificate": str(tls / f"{name}.pem"), "key": str(tls / f"{name}.key")}
                for name in ("gateway", *users)
            },
            "users": {
                name: {
                    "mechanism": "SCRAM-SHA-512",
                    "password_file": str(self.folder / "secrets" / f"{name}.password"),
                    "ssl_properties": str(self.folder / f"{name}-ssl.properties"),
                    "sasl_properties": str(self.folder / f"{name}-sasl.properties"),
                }
                for name in users
            },
            "jars": str(self.jar_folder),
        }

    # What it does

    def start(self) -> None:
        """Start every node that doesn't run, and wait until the cluster answers.

        Raises InvalidArgument where it exists with other options, Unavailable where it can't start.
        """
        with locked(self.folder.with_suffix(".lock")):
            if not self.exists:
                self._create()
            elif self._wanted is not None and self._wanted != self.options:
                raise InvalidArgument(
                    f"Kafka `{self.name}` exists with other options: "
                    f"delete it with `streamward dev kafka stop --name {self.name} --delete`"
                )
            for node in self.nodes:
                if not node.running:
                    self._launch(node)
            self._await_ready()

    def stop(self, *, delete: bool = False) -> None:
        """Stop every node; with `delete`, also forget its state. Nothing to stop is no error."""
        with locked(self.folder.with_suffix(".lock")):
            for node in reversed(self.nodes if self.exists else ()):
                self.stop_node(node.id)
            if delete:
                shutil.rmtree(self.folder, ignore_errors=True)
        if delete:
            self.folder.with_suffix(".lock").unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop and start every node, on the same ports and with the same data."""
        self.stop()
        self.start()

    def stop_node(self, node: int, *, at_once: bool = False) -> None:
        """Stop one node; `at_once` kills it as a crash would."""
        record = self.nodes[node].process
        if record is None:
            return
        if at_once:
            process.kill(record)
        else:
            process.stop(record, STOP_SECONDS_MAX)

    # How it does it

    @property
    def _record_file(self) -> Path:
        return self.folder / "server.json"

    @property
    def _options(self) -> KafkaOptions:
        return self._wanted or KafkaOptions()

    def _home(self, node: Node) -> Path:
        return self.folder / f"node-{node.id}"

    def _read(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads(self._record_file.read_text())
        except FileNotFoundError as cause:
            raise NotFound(f"there is no Kafka named `{self.name}`") from cause
        return document

    def _write(self, document: dict[str, Any]) -> None:
        write_private(self._record_file, json.dumps(document, indent=2).encode())

    def _create(self) -> None:
        options = self._options
        if not 1 <= options.brokers <= BROKERS_MAX:
            raise InvalidArgument(f"a Kafka has 1 to {BROKERS_MAX} brokers, not {options.brokers}")
        folder = self.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        folder.chmod(0o700)
        ports = _choose_ports(self._ports, options.brokers)
        write_credentials(folder, options.users)
        write_client_properties(folder, options.users)
        cluster_id = secrets.token_urlsafe(16)
        cluster_id = "k" + cluster_id[1:]  # Kafka's own tools take a leading `-` for an option
        for index, of_node in enumerate(ports):
            write_node(folder, index, of_node, ports[0].controller, options)
            self._format(index, cluster_id)
        nodes = [{"id": i, "ports": asdict(p), "process": None} for i, p in enumerate(ports)]
        self._write({"cluster_id": cluster_id, "options": asdict(options), "nodes": nodes})

    def _format(self, node: int, cluster_id: str) -> None:
        self._progress(f"formatting the storage of node {node}")
        home = self.folder / f"node-{node}"
        tool = ["kafka.tools.StorageTool", "format", "-t", cluster_id]
        tool += ["-c", str(home / "server.properties")]
        for user in self._options.users if node == 0 else ():
            scram = f"SCRAM-SHA-512=[name={user},password={self.password(user)}]"
            tool += ["--add-scram", scram]
        command = [*self._java("128m", home), *tool]
        # SECURITY: the password goes by a private file, since others may see a command line.
        arguments = home / "format.arguments"
        write_private(arguments, "".join(f'"{each}"\n' for each in command[1:]).encode())
        finished = subprocess.run(
            [command[0], f"@{arguments}"], capture_output=True, text=True, timeout=120, check=False
        )
        arguments.unlink()
        if finished.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            output = (finished.stderr or finished.stdout).strip().splitlines()
            raise Unavailable(f"Kafka can't format its storage: {output[-1] if output else ''}")

    def _java(self, heap: str, home: Path) -> list[str]:
        return [
            str(find_java()),
            f"-Xmx{heap}",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Dlog4j2.configurationFile={home}/log4j2.properties",
            "-cp",
            class_path(jars("kafka", kafka_artifacts(self._options.version), self._progress)),
        ]

    def _launch(self, node: Node) -> None:
        self._progress(f"starting node {node.id}")
        home = self._home(node)
        options = self.options
        java, *rest = self._java(options.heap, home)
        command = [java, *options.jvm, *rest, "kafka.Kafka", "server.properties"]
        record = process.start_detached(command, home / "kafka.log", home)
        document = self._read()
        document["nodes"][node.id]["process"] = asdict(record)
        self._write(document)

    def _await_ready(self) -> None:
        self._progress("waiting until Kafka answers")
        deadline = monotonic_seconds() + START_SECONDS_MAX
        settings: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.bootstrap(),
            "log_level": 0,
        }
        if not self.options.plaintext:
            tls = self.folder / "tls"
            settings |= {
                "bootstrap.servers": self.bootstrap("ssl"),
                "security.protocol": "SSL",
                "ssl.ca.location": str(self.ca_file),
                "ssl.certificate.location": str(tls / "gateway.pem"),
                "ssl.key.location": str(tls / "gateway.key"),
            }
        client = AdminClient(settings, logger=_Silent())
        while not self._answers(client):
            for node in self.nodes:
                if not node.running:
                    raise Unavailable(f"node {node.id} ended: {_last_line(self._home(node))}")
            if monotonic_seconds() > deadline:
                raise Unavailable(f"Kafka didn't answer within {START_SECONDS_MAX:.0f} seconds")
            time.sleep(0.1)

    def _answers(self, client: AdminClient) -> bool:
        try:
            return len(client.list_topics(timeout=1.0).brokers) == len(self.nodes)
        except KafkaException:
            return False


class _Silent:
    """A logger for librdkafka, which would report every refused connection while Kafka starts."""

    def log(self, level: int, message: str, *arguments: object) -> None:
        """Drop the line."""


def _node(document: dict[str, Any]) -> Node:
    recorded = document["process"]
    running = ProcessRecord(**recorded) if recorded else None
    return Node(document["id"], NodePorts(**document["ports"]), running)


def _choose_ports(wanted: NodePorts | None, brokers: int) -> list[NodePorts]:
    """Ports for each node: those asked for (0: any free one), one up for each further node."""
    first = wanted or NodePorts(0, 0, 0, 0)
    with ExitStack() as held:
        return [
            NodePorts(
                *(
                    _free_port(held, port + index if port else 0)
                    for port in (first.plaintext, first.sasl_ssl, first.ssl, first.controller)
                )
            )
            for index in range(brokers)
        ]


def _free_port(held: ExitStack, wanted: int) -> int:
    candidates: Sequence[int] = [wanted] if wanted else _shuffled()
    for port in candidates:
        candidate = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            continue
        return port
    raise Unavailable(f"port {wanted} is in use" if wanted else "no port is free")


def _shuffled() -> list[int]:
    return secrets.SystemRandom().sample(_PORTS, 100)


def _last_line(home: Path) -> str:
    log = home / "kafka.log"
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    errors = [line for line in lines if " ERROR " in line or " FATAL " in line]
    last = (errors or lines or ["it printed nothing"])[-1]
    return f"{last[:300]} (see `{log}`)"
