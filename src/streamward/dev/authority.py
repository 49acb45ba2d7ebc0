"""A certificate authority for development: short-lived, unprotected, never to be trusted."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument

VALIDITY_DAYS = 90
_BACKDATED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key (PKCS #8, not encrypted), both PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Issued(***)"

    @property
    def together(self) -> bytes:
        """Key and certificate in one PEM file, as Kafka's PEM key stores want it."""
        return self.key + self.certificate


class Authority:
    """A root that signs server and client certificates on the curve P-256."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, common_name: str) -> Self:
        """A new root with a new key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        usage = _key_usage(certificate_signing=True)
        builder = (
            _builder(name, name, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
        )
        return cls(builder.sign(key, hashes.SHA256()), key)

    @property
    def issued(self) -> Issued:
        """The root itself."""
        return Issued(_pem(self._certificate), _key_pem(self._key))

    def server(self, common_name: str, names: Sequence[str]) -> Issued:
        """A certificate for TLS servers; `names` are DNS names or addresses."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return self._issue(subject, [general_name(name) for name in names], usages)

    def client(self, subject: str, alternative_name: str | None = None) -> Issued:
        """A certificate for TLS clients.

        `subject` is an RFC 4514 name; raises InvalidArgument where it can't be read.
        """
        try:
            name = x509.Name.from_rfc4514_string(subject)
        except ValueError as cause:
            raise InvalidArgument(f"`{subject}` is not an RFC 4514 name") from cause
        alternatives = [general_name(alternative_name)] if alternative_name else []
        return self._issue(name, alternatives, [ExtendedKeyUsageOID.CLIENT_AUTH])

    def revocation_list(self, revoked: Sequence[bytes] = ()) -> bytes:
        """A list (CRL, PEM) of certificates that it has issued and revoked, each in PEM."""
        now = datetime.fromtimestamp(now_milliseconds() / 1000, tz=UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(now)
            .next_update(now + timedelta(days=VALIDITY_DAYS))
            .add_extension(x509.CRLNumber(now_milliseconds()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        for each in revoked:
            serial = x509.load_pem_x509_certificate(each).serial_number
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _issue(
        self,
        subject: x509.Name,
        alternatives: list[x509.GeneralName],
        usages: list[x509.ObjectIdentifier],
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _builder(subject, self._certificate.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(certificate_signing=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(signer, critical=False)
        )
        if alternatives:
            names = x509.SubjectAlternativeName(alternatives)
            builder = builder.add_extension(names, critical=False)
        return Issued(_pem(builder.sign(self._key, hashes.SHA256())), _key_pem(key))


def general_name(text: str) -> x509.GeneralName:
    """What `text` is as a subject alternative name: a URI, an address, or else a DNS name."""
    if "://" in text:
        return x509.UniformResourceIdentifier(text)
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(now_milliseconds() / 1000, tz=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=VALIDITY_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, certificate_signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificate_signing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificate_signing,
        crl_sign=certificate_signing,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
