"""A throw-away schema registry on this machine: Apicurio Registry, which speaks Confluent's API."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from streamward.clock import monotonic_seconds
from streamward.dev import process
from streamward.dev.cache import cache_root
from streamward.dev.kafka_files import LOOPBACK
from streamward.dev.maven import Progress, unpacked
from streamward.dev.process import ProcessRecord
from streamward.errors import Unavailable

VERSION: Final = "3.3.3"
JAVA_VERSION_MIN: Final = 21
START_SECONDS_MAX: Final = 120.0
STOP_SECONDS_MAX: Final = 10.0
_JAVA_HOMES: Final = ("/usr/lib/jvm", "/opt", "/Library/Java/JavaVirtualMachines")
_API: Final = "/apis/ccompat/v7"
_OK: Final = 200


def find_registry_java() -> Path:
    """A `java` of version 21 or later: of `$STREAMWARD_REGISTRY_JAVA`, `$JAVA_HOME`, the path, or
    one of the folders where systems keep them. Raises Unavailable where there is none.
    """
    for home in _homes():
        if _version(home) >= JAVA_VERSION_MIN:
            return home / "bin" / "java"
    what = f"a Java runtime, version {JAVA_VERSION_MIN} or later, is not on this machine"
    raise Unavailable(f"{what}: install one, or name it in $STREAMWARD_REGISTRY_JAVA")


def _homes() -> Iterator[Path]:
    for name in ("STREAMWARD_REGISTRY_JAVA", "JAVA_HOME"):
        if os.environ.get(name):
            yield Path(os.environ[name])
    found = shutil.which("java")
    if found is not None:
        yield Path(found).resolve().parent.parent
    for folder in _JAVA_HOMES:
        yield from sorted(Path(folder).glob("*"), reverse=True)


def _version(home: Path) -> int:
    """The version that the file `release` of a Java home tells; 0 where there is none."""
    if not (home / "bin" / "java").is_file():
        return 0
    try:
        told = re.search(r'^JAVA_VERSION="(\d+)', (home / "release").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(told.group(1)) if told else 0


class SchemaRegistryServer:
    """A registry on a port of loopback, with nothing in it, kept in memory.

    As a context manager it is started on entry and stopped on exit.
    """

    def __init__(self, port: int, progress: Progress = lambda _: None) -> None:
        self.port = port
        self._progress = progress
        self._process: ProcessRecord | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="streamward-registry-")

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://{LOOPBACK}:{self.port}{_API}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers. Raises Unavailable where it can't."""
        if self._process is not None and process.is_running(self._process):
            return
        java = find_registry_java()
        home = unpacked(
            "apicurio-registry",
            f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all",
            self._progress,
        )
        log = Path(self._folder.name) / "registry.log"
        command = [str(java), *_jvm(java), *self._settings(), "-jar", str(home / "quarkus-run.jar")]
        self._process = process.start_detached(command, log, Path(self._folder.name))
        self._wait(self._process, log)

    def stop(self) -> None:
        """Stop it; what it holds is lost."""
        if self._process is not None:
            process.stop(self._process, STOP_SECONDS_MAX)
            self._process = None

    def _settings(self) -> list[str]:
        return [
            f"-Dquarkus.http.host={LOOPBACK}",
            f"-Dquarkus.http.port={self.port}",
            "-Dquarkus.management.enabled=false",
            "-Dquarkus.log.level=WARN",
        ]

    def _wait(self, started: ProcessRecord, log: Path) -> None:
        deadline = monotonic_seconds() + START_SECONDS_MAX
        while not self._answers():
            if not process.is_running(started) or monotonic_seconds() > deadline:
                process.stop(started, STOP_SECONDS_MAX)
                raise Unavailable(f"the registry did not start: {log.read_text()[-2_000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", f"{_API}/subjects")
            return connection.getresponse().status == _OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def _jvm(java: Path) -> list[str]:
    """Flags for a short life: little is compiled, and classes come from an archive."""
    archive = cache_root() / f"registry-{VERSION}-{_version(java.parent.parent)}.jsa"
    archive.parent.mkdir(parents=True, exist_ok=True)
    return [
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+AutoCreateSharedArchive",
        f"-XX:SharedArchiveFile={archive}",
    ]


__all__ = ["SchemaRegistryServer", "find_registry_java"]
