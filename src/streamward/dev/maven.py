"""Java archives through the ordinary Maven client: one folder of jars per set of artifacts."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from streamward.dev.cache import cache_root, locked
from streamward.errors import Unavailable

DOWNLOAD_SECONDS_MAX = 900
JAVA_VERSION_MIN = 17

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Artifact:
    """One Maven coordinate of type jar."""

    group: str
    name: str
    version: str


def kafka_artifacts(version: str) -> tuple[Artifact, ...]:
    """What a broker and the console tools of this Kafka version need on their class path."""
    return (
        Artifact("org.apache.kafka", "kafka_2.13", version),
        Artifact("org.apache.kafka", "kafka-tools", version),
        Artifact("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4"),
        Artifact("org.apache.logging.log4j", "log4j-1.2-api", "2.25.4"),
    )


def find_java() -> Path:
    """The `java` of `$JAVA_HOME` or of the path; raises Unavailable where there is none."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").is_file():
        return Path(home) / "bin" / "java"
    return _find("java", f"a Java runtime, version {JAVA_VERSION_MIN} or later")


def _find(command: str, what: str) -> Path:
    found = shutil.which(command)
    if found is None:
        raise Unavailable(f"`{command}` is not on the path: install {what}")
    return Path(found)


def jars(name: str, artifacts: Sequence[Artifact], progress: Progress = lambda _: None) -> Path:
    """The folder that holds these artifacts and all they need at run time.

    Downloaded once into the cache, under `name` and a digest of the list, and kept. Raises
    Unavailable where Maven is missing or fails, with the last error that it printed.
    """
    listed = "\n".join(f"{each.group}:{each.name}:{each.version}" for each in artifacts)
    digest = hashlib.sha256(listed.encode()).hexdigest()[:12]
    target = cache_root() / "jars" / f"{name}-{digest}"
    if target.is_dir():
        return target
    with locked(target.with_suffix(".lock")):
        if not target.is_dir():
            progress(f"downloading {name} with Maven")
            _download(artifacts, target)
    return target


def unpacked(name: str, coordinates: str, progress: Progress = lambda _: None) -> Path:
    """The folder that holds what is in an archive (`group:name:version:tar.gz:classifier`).

    Downloaded once into the cache and kept. Raises Unavailable as `jars` does.
    """
    digest = hashlib.sha256(coordinates.encode()).hexdigest()[:12]
    target = cache_root() / "jars" / f"{name}-{digest}"
    with locked(target.with_suffix(".lock")):
        if not target.is_dir():
            progress(f"downloading {name} with Maven")
            with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
                _run_maven(
                    "dependency:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={scratch}"
                )
                (archive,) = Path(scratch).iterdir()
                content = Path(scratch) / "content"
                with tarfile.open(archive) as files:
                    files.extractall(content, filter="data")
                content.rename(target)
    return target


def class_path(folder: Path) -> str:
    """A class path of every jar in `folder`."""
    return f"{folder}/*"


def _download(artifacts: Sequence[Artifact], target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        folder = Path(scratch)
        (folder / "pom.xml").write_text(_pom(artifacts))
        arguments = ["-f", str(folder / "pom.xml"), "dependency:copy-dependencies"]
        arguments += ["-DincludeScope=runtime", f"-DoutputDirectory={folder / 'jars'}"]
        _run_maven(*arguments)
        (folder / "jars").rename(target)


def _run_maven(*arguments: str) -> None:
    maven = _find("mvn", "Apache Maven 3.8 or later")
    try:
        finished = subprocess.run(
            [str(maven), "-q", "-B", *arguments],
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise Unavailable(f"Maven took more than {DOWNLOAD_SECONDS_MAX} seconds") from slow
    if finished.returncode != 0:
        raise Unavailable(f"Maven failed: {_last_error(finished.stdout + finished.stderr)}")


def _last_error(output: str) -> str:
    errors = [line for line in output.splitlines() if line.startswith("[ERROR]")]
    return errors[0].removeprefix("[ERROR]").strip() if errors else output.strip()[-300:]


def _pom(artifacts: Sequence[Artifact]) -> str:
    dependencies = "".join(
        f"<dependency><groupId>{escape(each.group)}</groupId>"
        f"<artifactId>{escape(each.name)}</artifactId>"
        f"<version>{escape(each.version)}</version></dependency>\n"
        for each in artifacts
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>\n'
        "<groupId>streamward</groupId><artifactId>download</artifactId><version>1</version>\n"
        f"<dependencies>\n{dependencies}</dependencies></project>\n"
    )
