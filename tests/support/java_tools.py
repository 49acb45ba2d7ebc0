"""Kafka's own command-line tools and small Java programs, on the jars that a broker runs from."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from streamward.dev.maven import class_path, find_java

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
        logging = self.folder / "log4j2.properties"
        logging.write_text(LOGGING)
        command = [str(find_java()), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        command += [f"-Dlog4j2.configurationFile={logging}", "-cp", class_path(self.jars)]
        return subprocess.run(
            [*command, main, *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def tool(self, name: str, *arguments: str, text: str = "", seconds: float = 60.0) -> str:
        """Run one of Kafka's tools by its class name; it must succeed. Gives what it printed."""
        finished = self.run(
            f"org.apache.kafka.tools.{name}", *arguments, text=text, seconds=seconds
        )
        assert finished.returncode == 0, finished.stderr + finished.stdout
        return finished.stdout
