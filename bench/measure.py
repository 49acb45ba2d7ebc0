"""Measure Streamward beside its peers: same broker, same client, same machine, interleaved.

The figure that counts is the CPU time of the proxy per GB moved: on a machine that client, broker
and proxy share, throughput says as much about them as about the proxy.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench import machine
from bench.contenders import CONTENDERS, CONTRACTS, SEALING
from bench.index import measure as measure_index
from bench.log import measure as measure_log
from bench.recording import add_shares, journal_bytes, seconds_per_frame
from bench.report import markdown, quantile, summarise
from bench.running import Missing, Running, Setting, write_certificates
from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from tests.support.bundles import free_ports

LOAD = Path(__file__).parent / "load.py"
RESULTS = Path(__file__).parent / "results"
RECORD_BYTES = 1024
MESSAGE_BYTES_MAX = 2 * 1024 * 1024
PER_SECOND = 500
JOB_SECONDS_MAX = 1800


class Failed(Exception):
    """A measurement that did not move what it should have moved."""


def arguments() -> argparse.Namespace:
    """What to measure and how much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0, help="moved in each measurement")
    parser.add_argument("--warm-gigabytes", type=float, default=2.0, help="moved before the first")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--latency-seconds", type=float, default=10.0)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="contenders, by name")
    parser.add_argument("--transport", nargs="+", default=["plaintext", "tls"])
    parser.add_argument(
        "--index-entries", type=int, default=10_000_000, help="of the log that is asked; 0: none"
    )
    parser.add_argument(
        "--log-entries", type=int, default=1_000_000, help="appended and verified; 0: none"
    )
    parser.add_argument(
        "--sealing", action="store_true", help="values are sealed or signed by those who can"
    )
    parser.add_argument(
        "--contracts", action="store_true", help="values are validated or masked by those who can"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run: a few MB, one round")
    parser.add_argument("--output", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    if chosen.sealing or chosen.contracts:
        chosen.index_entries = chosen.log_entries = 0
    if chosen.quick:
        chosen.gigabytes, chosen.warm_gigabytes = 0.004, 0.004
        chosen.rounds, chosen.latency_seconds = 1, 1.0
        chosen.index_entries = min(chosen.index_entries, 100_000)
        chosen.log_entries = min(chosen.log_entries, 50_000)
    return chosen


def main() -> int:
    """Start everything, measure in turns, write the results."""
    chosen = arguments()
    started = machine.describe()
    skipped: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="streamward-bench-")))
        kafka = stack.enter_context(_kafka())
        write_certificates(folder)
        setting = Setting(kafka, folder)
        running = []
        for contender in _contenders(chosen):
            if chosen.only and contender.__name__ not in chosen.only:
                continue
            try:
                running.append(stack.enter_context(contender(setting)))
            except Missing as missing:
                skipped.append(f"{contender.__name__}: {missing}")
                print(f"skipped {skipped[-1]}", flush=True)
        rows = Bench(kafka, running, chosen).measure()
        add_shares(rows, seconds_per_frame())
        log = measure_log(chosen.log_entries, folder) if chosen.log_entries else None
        index = measure_index(chosen.index_entries, folder) if chosen.index_entries else None
    document = {
        "taken": datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ"),
        "machine": started,
        "gigabytes": chosen.gigabytes,
        "warm_gigabytes": chosen.warm_gigabytes,
        "rounds": chosen.rounds,
        "skipped": skipped,
        "rows": summarise(rows),
        "measured": rows,
        "index": index,
        "log": log,
    }
    _write(chosen.output, document)
    return 0


def _contenders(chosen: argparse.Namespace) -> list[Any]:
    """Those of the groups that are asked for, each once."""
    groups = [SEALING] * chosen.sealing + [CONTRACTS] * chosen.contracts or [CONTENDERS]
    return list(dict.fromkeys(contender for group in groups for contender in group))


class Bench:
    """One run over all contenders."""

    def __init__(
        self, kafka: KafkaServer, contenders: list[Running], chosen: argparse.Namespace
    ) -> None:
        self._kafka = kafka
        self._contenders = contenders
        self._chosen = chosen
        self._admin = AdminClient({"bootstrap.servers": kafka.bootstrap()})
        broker = kafka.nodes[0].process
        assert broker is not None
        self._broker = broker.pid

    def measure(self) -> list[dict[str, Any]]:
        """Warm everyone, then measure in rounds; who begins a round changes."""
        warm = self._records(self._chosen.warm_gigabytes / len(self._chosen.transport))
        for contender in self._contenders:
            for transport in self._chosen.transport:
                self._move(contender, transport, 1, warm)
        rows = []
        for number in range(self._chosen.rounds):
            shift = number % len(self._contenders)
            for contender in self._contenders[shift:] + self._contenders[:shift]:
                for transport in self._chosen.transport:
                    for clients in self._chosen.clients:
                        rows += self._move(
                            contender, transport, clients, self._records(self._chosen.gigabytes)
                        )
                    rows.append(self._latency(contender, transport))
        return rows

    def _records(self, gigabytes: float) -> int:
        unit = max(self._chosen.clients)
        return max(1, int(gigabytes * 1e9 / RECORD_BYTES / unit)) * unit

    def _move(
        self, contender: Running, transport: str, clients: int, records: int
    ) -> list[dict[str, Any]]:
        topic = self._create(contender, clients)
        rows = []
        for kind in ("produce", "consume"):
            job = {"kind": kind, "topic": topic, "clients": clients, "records": records}
            rows.append(self._run(contender, transport, job))
            if kind == "produce":
                self._verify(topic, clients, records)
        self._admin.delete_topics([topic])[topic].result(30)
        return rows

    def _latency(self, contender: Running, transport: str) -> dict[str, Any]:
        topic = self._create(contender, 1)
        count = int(self._chosen.latency_seconds * PER_SECOND)
        job = {"kind": "latency", "topic": topic, "clients": 1, "records": count}
        row = self._run(contender, transport, job | {"per_second": PER_SECOND})
        self._admin.delete_topics([topic])[topic].result(30)
        taken = row.pop("taken")
        row["p50_ms"] = quantile(taken, 0.5) * 1e3
        row["p99_ms"] = quantile(taken, 0.99) * 1e3
        return row

    def _create(self, contender: Running, partitions: int) -> str:
        topic = f"conformance.bench-{uuid.uuid4().hex[:8]}"
        if contender.topics is not None:
            topic = next(contender.topics)
        # A batch of librdkafka is as large as Kafka takes by default; sealed, it is larger.
        config = {"max.message.bytes": str(MESSAGE_BYTES_MAX)}
        new = NewTopic(topic, partitions, 1, config=config)
        self._admin.create_topics([new])[topic].result(30)
        return topic

    def _run(self, contender: Running, transport: str, job: dict[str, Any]) -> dict[str, Any]:
        settings = contender.tls if transport == "tls" else contender.plaintext
        value = contender.value and contender.value.decode("latin-1")
        client = subprocess.Popen(
            [sys.executable, str(LOAD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert client.stdin is not None
        assert client.stdout is not None
        try:
            client.stdin.write(json.dumps(job | {"settings": settings, "value": value}) + "\n")
            client.stdin.flush()
            if client.stdout.readline().strip() != "ready":
                raise Failed(f"{contender.name} {transport}: the client could not connect")
            journal = journal_bytes(contender.log)
            before = self._used(contender, client.pid)
            client.stdin.write("go\n")
            client.stdin.flush()
            result = json.loads(client.stdout.readline())
            after = self._used(contender, client.pid)
        finally:
            client.stdin.close()
            try:
                client.wait(30)
            except subprocess.TimeoutExpired:
                client.kill()
                client.wait(5)
        if result["records"] != job["records"]:
            raise Failed(f"{contender.name} {transport}: {result['records']} of {job['records']}")
        row = result | {"contender": contender.name, "transport": transport, "kind": job["kind"]}
        row["clients"] = job["clients"]
        row["journal_bytes"] = journal_bytes(contender.log) - journal
        for name, start, end in zip(("proxy", "broker", "client"), before, after, strict=True):
            row[f"{name}_cpu_seconds"] = None if start is None else end - start
        row["resident_bytes"] = machine.resident_bytes(contender.pid) if contender.pid else None
        if "bytes" in row:
            speed = row["bytes"] / row["seconds"] / 1e6
            print(
                f"{contender.name:27}{transport:10}{job['kind']:8}{job['clients']:3} clients "
                f"{speed:7.0f} MB/s",
                flush=True,
            )
        return row

    def _used(self, contender: Running, client: int) -> tuple[float | None, float, float]:
        proxy = machine.cpu_seconds(contender.pid) if contender.pid else None
        return proxy, machine.cpu_seconds(self._broker), machine.cpu_seconds(client)

    def _verify(self, topic: str, partitions: int, records: int) -> None:
        """What was produced is really there: asked at the broker itself."""
        reader = Consumer({"bootstrap.servers": self._kafka.bootstrap(), "group.id": "verify"})
        ends = [
            reader.get_watermark_offsets(TopicPartition(topic, each), timeout=10)[1]
            for each in range(partitions)
        ]
        reader.close()
        if sum(ends) != records:
            raise Failed(f"the broker holds {sum(ends)} of {records} records")


def _kafka() -> KafkaServer:
    first = free_ports(4)
    options = KafkaOptions(
        heap="1g",
        auto_create_topics=False,
        forwards=((first, first + 1), (first + 2, first + 3)),
        settings={"log.segment.delete.delay.ms": "1000"},
    )
    return KafkaServer.ephemeral(options)


def _write(folder: Path, document: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    page = markdown(document)
    (folder / f"{document['taken']}.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / f"{document['taken']}.md").write_text(page)
    print(page)
    print(f"written to {folder}/{document['taken']}.json")
