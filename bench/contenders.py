"""What is measured side by side: each starts on a folder of its own and tells its endpoints."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.gateways import (
    streamward,
    streamward_masking,
    streamward_sealing,
    streamward_sealing_signing,
    streamward_sealing_signing_whole,
    streamward_signing,
    streamward_signing_each,
    streamward_signing_whole,
    streamward_validating,
    streamward_validating_json,
)
from bench.running import Missing, Running, Setting, plain
from streamward.dev.cache import cache_root
from streamward.dev.maven import Artifact, class_path, find_java, jars
from tests.support.bundles import free_ports
from tests.support.endpoints import Endpoint

KROXYLICIOUS = "0.12.0"
START_SECONDS_MAX = 90.0


@contextmanager
def direct(setting: Setting) -> Iterator[Running]:
    """No proxy: the client speaks to the broker."""
    kafka = setting.kafka
    tls = kafka.folder / "tls"
    endpoint = Endpoint(
        "direct", kafka.bootstrap("ssl"), kafka.ca_file, tls / "admin.pem", tls / "admin.key"
    )
    plaintext: dict[str, object] = {"bootstrap.servers": kafka.bootstrap(), "log_level": 2}
    yield Running("direct", None, plaintext, endpoint.librdkafka())


@contextmanager
def haproxy(setting: Setting) -> Iterator[Running]:
    """HAProxy in TCP mode: bytes from socket to socket, the floor for a forwarder."""
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if program is None:
        raise Missing("`haproxy` is not installed")
    forwards = setting.kafka.options.forwards
    (to_plain, at_plain), (to_tls, at_tls) = forwards
    configuration = setting.folder / "haproxy.cfg"
    options = f"ssl crt {setting.certificate} ca-file {setting.folder}/ca.pem verify required"
    configuration.write_text(
        "global\n  maxconn 1000\ndefaults\n  mode tcp\n  timeout connect 5s\n"
        "  timeout client 300s\n  timeout server 300s\n"
        f"listen plain\n  bind 127.0.0.1:{at_plain}\n  server kafka 127.0.0.1:{to_plain}\n"
        f"listen secure\n  bind 127.0.0.1:{at_tls} {options}\n"
        f"  server kafka 127.0.0.1:{to_tls}\n"
    )
    with _process([program, "-db", "-f", str(configuration)], setting, "haproxy", at_tls) as pid:
        yield Running("haproxy", pid, plain(at_plain), setting.client(at_tls))


@contextmanager
def kroxylicious(setting: Setting) -> Iterator[Running]:
    """Kroxylicious without filters: decodes the protocol, enforces nothing."""
    with _kroxylicious_process(setting, "kroxylicious", [], "") as running:
        yield running


@contextmanager
def kroxylicious_sealing(setting: Setting) -> Iterator[Running]:
    """Kroxylicious with its encryption filter, its keys in memory."""
    artifacts = ["record-encryption", "kms-provider-kroxylicious-inmemory-test-support"]
    name = "kroxylicious-sealing"
    with _kroxylicious_process(setting, name, artifacts, _ENCRYPTION) as running:
        yield running


@contextmanager
def _kroxylicious_process(
    setting: Setting, name: str, artifacts: list[str], filters: str
) -> Iterator[Running]:
    compiler = shutil.which("javac")
    if compiler is None or shutil.which("mvn") is None:
        raise Missing("`javac` or `mvn` is not installed")
    folder = jars(
        name,
        [
            Artifact("io.kroxylicious", f"kroxylicious-{each}", KROXYLICIOUS)
            for each in ("runtime", *artifacts)
        ],
    )
    classes = cache_root() / "bench-classes"
    source = Path(__file__).parent / "java" / "KroxyliciousLauncher.java"
    compile_ = [compiler, "-cp", class_path(folder), "-d", str(classes), str(source)]
    subprocess.run(compile_, check=True)
    first = free_ports(4)
    configuration = setting.folder / f"{name}.yaml"
    configuration.write_text(_kroxylicious(setting, first) + filters)
    command = [str(find_java()), "-Xmx512m", "-cp", f"{class_path(folder)}:{classes}"]
    command += ["KroxyliciousLauncher", str(configuration)]
    with _process(command, setting, name, first + 2) as pid:
        yield Running(name, pid, plain(first), setting.client(first + 2))


def _kroxylicious(setting: Setting, first: int) -> str:
    tls = (
        f"tls: {{key: {{privateKeyFile: {setting.folder}/server.key, "
        f"certificateFile: {setting.folder}/server.pem}}, "
        f"trust: {{storeFile: {setting.folder}/ca.pem, storeType: PEM, "
        "trustOptions: {clientAuth: REQUIRED}}}"
    )
    clusters = [
        f"- name: {name}\n"
        f"  targetCluster: {{bootstrapServers: '{setting.kafka.bootstrap()}'}}\n"
        f"  gateways:\n  - name: default\n    portIdentifiesNode:\n"
        f"      bootstrapAddress: 127.0.0.1:{port}\n"
        "      advertisedBrokerAddressPattern: 127.0.0.1\n"
        "      nodeIdRanges: [{name: all, start: 0, end: 0}]\n" + extra
        for name, port, extra in (("plain", first, ""), ("secure", first + 2, f"    {tls}\n"))
    ]
    return "virtualClusters:\n" + "".join(clusters)


# The key encrypts keys of what is measured, and nothing else.
_ENCRYPTION = """\
filterDefinitions:
- name: encrypt
  type: RecordEncryption
  config:
    kms: UnitTestingKmsService
    kmsConfig:
      numIvBytes: 12
      numAuthBits: 128
      existingKeks:
      - uuid: 00000000-0000-0000-0000-000000000001
        key: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
        algorithm: AES
        alias: KEK_bench
    selector: TemplateKekSelector
    selectorConfig: {template: KEK_bench}
defaultFilters: [encrypt]
"""


CONTENDERS = (direct, haproxy, kroxylicious, streamward)
SEALING = (
    direct,
    haproxy,
    kroxylicious_sealing,
    streamward_sealing,
    streamward_sealing_signing,
    streamward_sealing_signing_whole,
    streamward_signing,
    streamward_signing_each,
    streamward_signing_whole,
)
CONTRACTS = (
    direct,
    haproxy,
    streamward,
    streamward_validating,
    streamward_validating_json,
    streamward_masking,
)


@contextmanager
def _process(command: list[str], setting: Setting, name: str, port: int) -> Iterator[int]:
    log = setting.folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not _accepts(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Missing(f"{name} didn't start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False
