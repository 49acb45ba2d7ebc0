"""What is taken for a plain name is one for a library that knows all of RFC 4514."""

from cryptography.x509 import Name
from hypothesis import given
from hypothesis import strategies as st

from streamward.identity.checks import PLAIN_NAME


@given(st.from_regex(PLAIN_NAME, fullmatch=True))
def test_a_plain_name_is_spelled_as_it_is_compared(name: str) -> None:
    assert Name.from_rfc4514_string(name).rfc4514_string() == name
