"""AES-256-GCM of the core: what another library seals it opens, and the other way round."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from streamward._core import CoreError, aead_open, aead_seal

KEY, NONCE = bytes(range(32)), bytes(range(12))
SEALED = aead_seal(KEY, NONCE, b"plain", b"context")


@given(
    key=st.binary(min_size=32, max_size=32),
    nonce=st.binary(min_size=12, max_size=12),
    plain=st.binary(max_size=200),
    associated=st.binary(max_size=50),
)
def test_it_is_what_everybody_calls_so(
    key: bytes, nonce: bytes, plain: bytes, associated: bytes
) -> None:
    sealed = aead_seal(key, nonce, plain, associated)

    assert sealed == AESGCM(key).encrypt(nonce, plain, associated)
    assert aead_open(key, nonce, sealed, associated) == plain


@pytest.mark.parametrize(
    ("key", "nonce", "sealed", "associated"),
    [
        (KEY[::-1], NONCE, SEALED, b"context"),
        (KEY, NONCE[::-1], SEALED, b"context"),
        (KEY, NONCE, SEALED[:-1], b"context"),
        (KEY, NONCE, b"x" + SEALED[1:], b"context"),
        (KEY, NONCE, SEALED, b"another"),
        (KEY, NONCE, b"", b"context"),
    ],
)
def test_what_was_changed_is_refused(
    key: bytes, nonce: bytes, sealed: bytes, associated: bytes
) -> None:
    with pytest.raises(CoreError, match=r"aead\.changed"):
        aead_open(key, nonce, sealed, associated)


def test_keys_and_nonces_of_other_lengths_are_refused() -> None:
    for key, nonce, code in ((KEY[:16], NONCE, "key"), (KEY, NONCE[:8], "nonce")):
        with pytest.raises(CoreError, match=rf"aead\.{code}"):
            aead_seal(key, nonce, b"", b"")
        with pytest.raises(CoreError, match=rf"aead\.{code}"):
            aead_open(key, nonce, SEALED, b"")
