"""Password verifiers of development bundles, as RFC 5803 writes them."""

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 4096
_SALT_BYTES = 16


def random_password() -> str:
    """A password of 24 random bytes, in characters that need no quoting."""
    return secrets.token_urlsafe(24)


def verifier(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """`SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey` of an ASCII password."""
    salt = salt or secrets.token_bytes(_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(each).decode() for each in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${iterations}:{parts[0]}${parts[1]}:{parts[2]}"
