"""Authorities that sign whatever a test wants, right or wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

DAY = timedelta(days=1)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
PEM = serialization.Encoding.PEM


def now() -> datetime:
    """UTC, to the second: certificates know no more."""
    return datetime.now(tz=UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Wanted:
    """What a certificate is to be; by default, that of a client which begins now."""

    subject: str
    names: tuple[x509.GeneralName, ...] = ()
    usages: tuple[x509.ObjectIdentifier, ...] = (CLIENT,)
    begins: timedelta = -DAY
    ends: timedelta = 30 * DAY
    signs: bool = True
    issues: bool = False
    authority: bool = False
    key: Any = None
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()


@dataclass(frozen=True)
class Issued:
    """A certificate, its key, and the certificates between it and a root."""

    certificate: x509.Certificate
    key: Any
    between: tuple[x509.Certificate, ...] = ()

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Two PEM files: the chain, and the key."""
        chain, key = folder / f"{name}.pem", folder / f"{name}.key"
        pems = [each.public_bytes(PEM) for each in (self.certificate, *self.between)]
        chain.write_bytes(b"".join(pems))
        key.touch(mode=0o600)
        key.write_bytes(
            self.key.private_bytes(
                PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return chain, key


@dataclass(frozen=True)
class Signer:
    """A root, or an authority below one."""

    name: str
    certificate: x509.Certificate
    key: Any
    between: tuple[x509.Certificate, ...] = field(default=())

    @classmethod
    def root(cls, name: str) -> Self:
        """A new root with a new key."""
        key = ec.generate_private_key(ec.SECP256R1())
        wanted = Wanted(f"CN={name}", usages=(), authority=True, signs=False, issues=True, key=key)
        issuer = x509.Name.from_rfc4514_string(wanted.subject)
        return cls(name, _signed(wanted, issuer, key, key), key)

    def below(self, name: str) -> "Signer":
        """An authority that this one signs."""
        wanted = Wanted(f"CN={name}", usages=(), authority=True, signs=False, issues=True)
        issued = self.issue(wanted)
        return Signer(name, issued.certificate, issued.key, (issued.certificate,))

    def issue(self, wanted: Wanted) -> Issued:
        """A certificate, signed."""
        key = wanted.key or ec.generate_private_key(ec.SECP256R1())
        signed = _signed(wanted, self.certificate.subject, key, self.key)
        return Issued(signed, key, self.between)

    def pem(self) -> bytes:
        """Its own certificate."""
        return self.certificate.public_bytes(PEM)

    def crl(
        self,
        revoked: Sequence[x509.Certificate] = (),
        *,
        begins: timedelta = -DAY,
        ends: timedelta = DAY,
        key: Any = None,
    ) -> bytes:
        """A list of revoked certificates, PEM; `key` signs it instead of its own."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now() + begins)
            .next_update(now() + ends)
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        for each in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(each.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(now() - DAY).build())
        return builder.sign(key or self.key, hashes.SHA256()).public_bytes(PEM)


def _signed(wanted: Wanted, issuer: x509.Name, key: Any, signing_key: Any) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=wanted.signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not wanted.signs and not wanted.issues,
        key_cert_sign=wanted.issues,
        crl_sign=wanted.issues,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name.from_rfc4514_string(wanted.subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() + wanted.begins)
        .not_valid_after(now() + wanted.ends)
        .add_extension(x509.BasicConstraints(ca=wanted.authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    if wanted.usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(wanted.usages), critical=False)
    if wanted.names:
        builder = builder.add_extension(x509.SubjectAlternativeName(wanted.names), critical=False)
    for extension, critical in wanted.more:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing_key, hashes.SHA256())
