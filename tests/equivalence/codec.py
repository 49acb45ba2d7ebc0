"""Frames as Kafka's own classes write and read them, in a Java process beside this one."""

import base64
import json
import subprocess
import tempfile
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from streamward.dev.maven import class_path, find_java
from tests.equivalence.schema import Body
from tests.support.java_tools import LOGGING

SOURCE = Path(__file__).parent / "java" / "Codec.java"


class CodecRefuses(Exception):
    """Kafka's classes can't write this request, or can't read this response."""


class Codec:
    """One Java process; a request to it is a line, so is the answer."""

    def __init__(self, jars: Path) -> None:
        self._folder = tempfile.TemporaryDirectory()
        logging = Path(self._folder.name) / "log4j2.properties"
        logging.write_text(LOGGING)
        command = [str(find_java()), "-Xmx256m", "-XX:+UseSerialGC"]
        command += [f"-Dlog4j2.configurationFile={logging}", "-cp", class_path(jars), str(SOURCE)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.stdin.close()
        self._process.wait(10.0)
        self._process.stdout.close()
        self._folder.cleanup()

    def encode(self, key: int, version: int, body: Body) -> bytes:
        """A request's header and body, with correlation id 0 and without the length before it."""
        answer = self._ask({"encode": key, "version": version, "body": body})
        return base64.b64decode(answer["frame"])

    def decode(self, key: int, version: int, frame: bytes) -> Any:
        """The body of a response; nothing may be left after it."""
        text = base64.b64encode(frame).decode()
        answer = self._ask({"decode": key, "version": version, "frame": text})
        if answer["left"]:
            raise CodecRefuses(f"{answer['left']} bytes after the message")
        return answer["body"]

    def _ask(self, question: Body) -> Body:
        with self._lock:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the Java process with Kafka's classes has ended")
        answer: Body = json.loads(line)
        if "error" in answer:
            raise CodecRefuses(answer["error"])
        return answer
