"""Who tries a listener, and how the broker takes it."""

import datetime
import functools
import secrets
from collections.abc import Iterator
from dataclasses import replace

from streamward.clock import now_milliseconds
from streamward.errors import StreamwardError
from streamward.posture.client import LiveBroker, Unreachable, unsigned_token
from streamward.posture.inventory import BrokerListener
from streamward.posture.ports import Access, Attempt, Outcome

ANONYMOUS, WRONG = "anonymous", "wrong credential"
_PASSWORDS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


def attempts(
    listener: BrokerListener, known: tuple[str, Access] | None, topics: int
) -> Iterator[Attempt]:
    """Try a listener as nobody, with credentials that nobody gave out, and as a known principal.

    `topics` is what the gateway sees: who sees nothing is powerless only where there is something.
    """
    for caller, manner, access in _callers(listener, known):
        if access.mechanism == "PLAIN" and caller != WRONG and not _hears_no_other(access):
            outcome, detail = Outcome.UNTRIED, "its password would go in clear, or to anybody"
        else:
            outcome, detail = _try(listener, access, topics)
        yield Attempt(
            listener.name, listener.address, listener.node, caller, manner, outcome, detail
        )


def _hears_no_other(access: Access) -> bool:
    """SECURITY: a password as it is goes to nobody but a broker that proved itself."""
    return access.tls and access.ca is not None


def _callers(
    listener: BrokerListener, known: tuple[str, Access] | None
) -> Iterator[tuple[str, str, Access]]:
    if listener.protocol is None:
        # The broker doesn't say what it speaks, so both are tried.
        yield ANONYMOUS, "in clear", Access()
        yield ANONYMOUS, "TLS without a certificate", Access(tls=True)
        return
    nobody = Access(tls=listener.tls)
    if listener.sasl:
        yield ANONYMOUS, "without a login", nobody
        for mechanism in _offered(listener, nobody):
            yield from _wrong(mechanism, nobody)
    elif listener.tls:
        yield ANONYMOUS, "TLS without a certificate", nobody
        certificate, key = _own_certificate()
        yield (
            WRONG,
            "a certificate that nobody signed",
            replace(nobody, certificate=certificate, key=key),
        )
    else:
        yield ANONYMOUS, "in clear", nobody
    if known is not None and not listener.controller:
        name, access = known
        if listener.sasl and access.mechanism is not None:
            yield name, access.mechanism, replace(access, tls=listener.tls)
        elif listener.tls and not listener.sasl and access.certificate is not None:
            yield name, "its certificate", replace(access, tls=True, mechanism=None)


def _offered(listener: BrokerListener, nobody: Access) -> tuple[str, ...]:
    try:
        with LiveBroker(listener.host, listener.port, nobody) as broker:
            return broker.mechanisms()
    except (Unreachable, StreamwardError, OSError):
        return ()


def _wrong(mechanism: str, nobody: Access) -> Iterator[tuple[str, str, Access]]:
    name = f"nobody-{secrets.token_hex(4)}"
    if mechanism in _PASSWORDS:
        password = secrets.token_urlsafe(16)
        yield (
            WRONG,
            f"{mechanism} with a wrong password",
            replace(nobody, mechanism=mechanism, username=name, password=password),
        )
    elif mechanism == "OAUTHBEARER":
        token = unsigned_token(name, now_milliseconds() // 1000)
        yield WRONG, "a token that nobody signed", replace(nobody, mechanism=mechanism, token=token)


def _try(listener: BrokerListener, access: Access, topics: int) -> tuple[Outcome, str]:
    try:
        with LiveBroker(listener.host, listener.port, access) as broker:
            if listener.controller:
                # Controllers answer this to whom they let in; on SASL they answer it to everybody.
                if listener.sasl and access.mechanism is None:
                    broker.metadata()
                broker.versions()
                return Outcome.ADMITTED, ""
            _, seen = broker.metadata()
    except Unreachable:
        return Outcome.UNREACHABLE, ""
    except (StreamwardError, OSError) as error:
        return Outcome.REFUSED, str(error)[:200]
    if seen > 0 or topics == 0:
        return Outcome.ADMITTED, f"sees {seen} topics"
    return Outcome.POWERLESS, "sees no topics"


@functools.cache
def _own_certificate() -> tuple[bytes, bytes]:
    """A certificate that signs itself."""
    # They take 8 MB, which a gateway can do without.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    now = datetime.datetime.fromtimestamp(now_milliseconds() / 1000, tz=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(pem), private
