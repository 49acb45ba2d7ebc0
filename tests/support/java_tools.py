"""Kafka's own command-line tools and small Java programs, on the jars that a broker runs from."""

import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from confluent_kafka import TopicPartition

from streamward.dev.maven import class_path, find_java
from tests.support.confluent import consumer
from tests.support.endpoints import Endpoint
from tests.support.load import read_all

SEND_ON = Path(__file__).parents[1] / "conformance" / "java" / "SendOn.java"
"""Producers that send on until they are told to stop, or are refused."""

SAID_SECONDS_MAX = 90.0

LOGGING = (
    "rootLogger.level = ERROR\n"
    "rootLogger.appenderRef.console.ref = console\n"
    "appender.console.type = Console\n"
    "appender.console.name = console\n"
    "appender.console.target = SYSTEM_ERR\n"
    "appender.console.layout.type = PatternLayout\n"
    "appender.console.layout.pattern = %m %throwable{short.message}%n\n"
)


@dataclass(frozen=True)
class JavaTools:
    """Runs classes in a JVM of their own."""

    jars: Path
    folder: Path

    def run(
        self, main: str, *arguments: str, text: str = "", seconds: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a class (`org.apache.kafka.tools.TopicCommand`) or a `.java` file to its end."""
        return subprocess.run(
            self._command(main, *arguments),
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def start(self, main: str, *arguments: str) -> subprocess.Popen[str]:
        """The same, to be talked to while it runs."""
        return subprocess.Popen(
            self._command(main, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _command(self, main: str, *arguments: str) -> list[str]:
        logging = self.folder / "log4j2.properties"
        logging.write_text(LOGGING)
        command = [str(find_java()), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        command += [f"-Dlog4j2.configurationFile={logging}", "-cp", class_path(self.jars)]
        return [*command, main, *arguments]

    def tool(self, name: str, *arguments: str, text: str = "", seconds: float = 60.0) -> str:
        """Run one of Kafka's tools by its class name; it must succeed. Gives what it printed."""
        finished = self.run(
            f"org.apache.kafka.tools.{name}", *arguments, text=text, seconds=seconds
        )
        assert finished.returncode == 0, finished.stderr + finished.stdout
        return finished.stdout


class Said:
    """What a program prints, line by line, as it does so."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: SimpleQueue[str] = SimpleQueue()
        self.lines: list[str] = []
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())

    def wait_for(self, *beginnings: str) -> list[str]:
        """Until a line begins with each of these; gives those lines."""
        deadline = time.monotonic() + SAID_SECONDS_MAX
        while True:
            found = [
                next((line for line in self.lines if line.startswith(each)), None)
                for each in beginnings
            ]
            if all(each is not None for each in found):
                return [each for each in found if each is not None]
            left = deadline - time.monotonic()
            assert left > 0, (beginnings, self.lines)
            try:
                self.lines.append(self._lines.get(timeout=min(left, 1.0)))
            except Empty:
                assert self._process.poll() is None, self.lines


def lost(endpoint: Endpoint, topic: str, sent: Iterable[str]) -> set[str]:
    """What `SEND_ON` says that it was acknowledged, and a topic of one partition doesn't have."""
    reader = consumer(endpoint, f"{topic}-end")
    _, end = reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)
    reader.close()
    found = {value.decode() for *_, value in read_all(endpoint, topic, end)}
    found |= {f"librdkafka {value}" for value in found if value.isdigit()}
    names = [(line.split()[0], int(line.split()[2])) for line in sent]
    return {f"{name} {each}" for name, count in names for each in range(count)} - found
