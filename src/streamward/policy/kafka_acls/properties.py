"""How to connect to a cluster, as Kafka's own tools are told it: a Java properties file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamward.errors import InvalidArgument

PROPERTIES_BYTES_MAX = 1024 * 1024
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

_PAIR = re.compile(r"((?:[^\\=:\s]|\\.)+)\s*[=:\s]?\s*(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_JAAS = re.compile(r"(\w+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^\s;]+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What it takes to be let in; nothing of it is ever printed."""

    tls: bool = False
    ca: str | None = None
    """PEM text; None: the authorities that the machine trusts."""
    check_host: bool = True
    identity: Path | None = None
    """A PEM file with a private key and its certificate."""
    identity_password: str | None = None
    mechanism: str | None = None
    username: str = ""
    password: str = ""


def read_connection(path: Path | None) -> Connection:
    """Read a file in the form of the Java tools; None is a connection in the clear.

    Raises InvalidArgument where it can't be read, or asks for what isn't supported.
    """
    if path is None:
        return Connection()
    try:
        if path.stat().st_size > PROPERTIES_BYTES_MAX:
            raise InvalidArgument(f"`{path}` is too large for a properties file")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"`{path}` can't be read") from error
    return connection_of(dict(parse_properties(text)), path.parent)


def parse_properties(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of a Java properties file: comments, continued lines and escapes included."""
    lines = iter(text.splitlines())
    for line in lines:
        line = line.lstrip()
        if not line or line[0] in "#!":
            continue
        while len(line) - len(line.rstrip("\\")) & 1:
            line = line[:-1] + next(lines, "").lstrip()
        match = _PAIR.fullmatch(line)
        if match is not None:
            yield _plain(match[1]), _plain(match[2])


def _plain(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        escape = match[1]
        return chr(int(escape[1:], 16)) if len(escape) == 5 else _LETTERS.get(escape, escape)

    return _ESCAPE.sub(character, text)


def connection_of(properties: Mapping[str, str], folder: Path) -> Connection:
    """What the properties ask for. Raises InvalidArgument for what isn't supported."""
    protocol = properties.get("security.protocol", "PLAINTEXT").strip().upper()
    if protocol not in PROTOCOLS:
        raise InvalidArgument(f"`security.protocol` is one of {', '.join(PROTOCOLS)}")
    tls, sasl = protocol.endswith("SSL"), protocol.startswith("SASL")
    mechanism, username, password = _login(properties) if sasl else (None, "", "")
    algorithm = properties.get("ssl.endpoint.identification.algorithm", "https")
    return Connection(
        tls=tls,
        ca=_authorities(properties, folder) if tls else None,
        check_host=algorithm.strip() != "",
        identity=_identity(properties, folder) if tls else None,
        identity_password=properties.get("ssl.key.password"),
        mechanism=mechanism,
        username=username,
        password=password,
    )


def _login(properties: Mapping[str, str]) -> tuple[str, str, str]:
    mechanism = properties.get("sasl.mechanism", "GSSAPI").strip()
    if mechanism not in MECHANISMS:
        raise InvalidArgument(
            f"`sasl.mechanism` `{mechanism}` isn't supported here ({', '.join(MECHANISMS)} are): "
            "save what `kafka-acls --list` prints, and use `--from FILE`"
        )
    pairs = _JAAS.findall(properties.get("sasl.jaas.config", ""))
    options = {
        key: _ESCAPE.sub(r"\1", double or single) or bare for key, double, single, bare in pairs
    }
    if "username" not in options or "password" not in options:
        raise InvalidArgument("`sasl.jaas.config` names no username and password")
    return mechanism, options["username"], options["password"]


def _authorities(properties: Mapping[str, str], folder: Path) -> str | None:
    inline, location = _store(properties, "truststore")
    if inline:
        return inline
    if location is None:
        return None
    path = folder / location
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"`ssl.truststore.location` `{path}` is no readable PEM") from error


def _identity(properties: Mapping[str, str], folder: Path) -> Path | None:
    inline, location = _store(properties, "keystore")
    if inline or properties.get("ssl.keystore.key"):
        raise InvalidArgument("put the key and certificate into the file `ssl.keystore.location`")
    return folder / location if location is not None else None


def _store(properties: Mapping[str, str], store: str) -> tuple[str | None, str | None]:
    """The inline text and the location of a store."""
    name = "certificates" if store == "truststore" else "certificate.chain"
    inline = properties.get(f"ssl.{store}.{name}")
    location = properties.get(f"ssl.{store}.location")
    kind = properties.get(f"ssl.{store}.type", "JKS").strip().upper()
    if (inline or location) and kind != "PEM":
        raise InvalidArgument(
            f"`ssl.{store}.type` `{kind}` isn't supported here (`PEM` is): "
            "save what `kafka-acls --list` prints, and use `--from FILE`"
        )
    return inline, location
