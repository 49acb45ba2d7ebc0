"""A host in an ACL is the text that Java makes of an address, or it matches nobody."""

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward.policy.kafka_acls.hosts import address_in_scope, address_of


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:db8:0:0:0:0:0:a", "2001:db8::a"),
        ("::1", None),
        ("2001:DB8:0:0:0:0:0:a", None),
        ("2001:0db8:0:0:0:0:0:a", None),
        ("0:0:0:0:0:ffff:a00:7", None),
        ("10.0.0.07", None),
        ("10.0.0.0/8", None),
        ("kafka.example.com", None),
        ("fe80:0:0:0:0:0:0:1%eth0", None),
        (" 10.0.0.7", None),
        ("١٠.0.0.7", None),
        ("", None),
    ],
)
def test_only_the_text_of_java_is_an_address(host: str, address: str | None) -> None:
    assert address_of(host) == address


@given(st.integers(0, 2**128 - 1).map(IPv6Address).filter(lambda it: it.ipv4_mapped is None))
def test_every_address_is_known_by_its_text_in_java(address: IPv6Address) -> None:
    host = ":".join(f"{(int(address) >> shift) & 0xFFFF:x}" for shift in range(112, -1, -16))

    assert address_of(host) == str(address)


def test_a_scope_is_told_apart() -> None:
    assert address_in_scope("fe80:0:0:0:0:0:0:1%eth0") == "fe80::1"
    assert address_in_scope("fe80::1%eth0") is None
    assert address_in_scope("10.0.0.7") is None
