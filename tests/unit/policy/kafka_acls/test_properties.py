"""The settings of Kafka's own tools, as Java reads them."""

from pathlib import Path

import pytest

from streamward.errors import InvalidArgument
from streamward.policy.kafka_acls.properties import (
    Connection,
    connection_of,
    parse_properties,
    read_connection,
)

LOGIN = (
    "org.apache.kafka.common.security.scram.ScramLoginModule required "
    'username="a=b,c" password="q\\"uote;\\\\";'
)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("a=b", {"a": "b"}),
        ("a = b c ", {"a": "b c "}),
        ("a: b", {"a": "b"}),
        ("a b", {"a": "b"}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("a==b", {"a": "=b"}),
        ("  # no\n! no\n\na=1", {"a": "1"}),
        ("a=b\\\n    c", {"a": "bc"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("a\\ b=c\\u00fc\\n\\q", {"a b": "cü\nq"}),
        ("a\\=b=c", {"a=b": "c"}),
    ],
)
def test_a_file_is_read_as_java_reads_it(text: str, pairs: dict[str, str]) -> None:
    assert dict(parse_properties(text)) == pairs


def test_without_a_file_the_connection_is_in_the_clear() -> None:
    assert read_connection(None) == Connection()


def test_a_login_is_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("PEM")
    properties = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.jaas.config": LOGIN,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": "ca.pem",
        "ssl.endpoint.identification.algorithm": "",
    }

    connection = connection_of(properties, tmp_path)

    assert connection.tls
    assert connection.ca == "PEM"
    assert not connection.check_host
    assert connection.mechanism == "SCRAM-SHA-512"
    assert (connection.username, connection.password) == ("a=b,c", 'q"uote;\\')


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"security.protocol": "TLS"}, "security.protocol"),
        ({"security.protocol": "SASL_SSL", "sasl.mechanism": "GSSAPI"}, "--from"),
        ({"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}, "no username"),
        ({"security.protocol": "SSL", "ssl.truststore.location": "a.jks"}, "JKS.*--from"),
        ({"security.protocol": "SSL", "ssl.keystore.location": "a.jks"}, "JKS"),
        (
            {
                "security.protocol": "SSL",
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": "absent.pem",
            },
            "absent.pem",
        ),
    ],
)
def test_what_is_not_supported_is_told(
    properties: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        connection_of(properties, tmp_path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="absent"):
        read_connection(tmp_path / "absent.properties")
