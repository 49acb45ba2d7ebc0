"""Lists of revoked certificates: whether they can be used, and who signed them."""

import datetime
from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from streamward.model.authority import CertificateAuthority
from streamward.model.document import Bundle, Document, FieldPath, Mistake
from streamward.secrets import MaterialMissing, MaterialRefused, Secret, resolve

_PEM = b"-----BEGIN"
_END = b"-----END X509 CRL-----"


def read_lists(content: bytes) -> list[x509.CertificateRevocationList]:
    """Every list in PEM, or the one in DER. Raises ValueError where there is none."""
    if _PEM not in content:
        return [x509.load_der_x509_crl(content)]
    parts = [part + _END for part in content.split(_END) if _PEM in part]
    return [x509.load_pem_x509_crl(part) for part in parts]


def revocation_list_mistakes(
    document: Document, path: FieldPath, reference: str, secret: Secret, now: datetime.datetime
) -> Iterator[Mistake]:
    """What is wrong with a list by itself; one that has expired keeps everybody out."""
    try:
        lists = read_lists(secret.value)
    except ValueError:
        what = f"`{reference}`: no list of revoked certificates in PEM or DER"
        hint = "it must start with `-----BEGIN X509 CRL`"
        yield document.mistake(what, *path, suggestion=hint)
        return
    for each in lists:
        end = each.next_update_utc
        if end is None:
            what = f"`{reference}`: the list does not say when the next one comes"
            yield document.mistake(what, *path, suggestion="have it issued with `nextUpdate`")
        elif end <= now:
            what = f"`{reference}`: expired on {end:%Y-%m-%d %H:%M} UTC, so it lets nobody in"
            yield document.mistake(
                what, *path, suggestion="fetch the authority's new list", severity="warning"
            )


def signed_by_another(bundle: Bundle) -> Iterator[Mistake]:
    """Lists that bear the name of their authority and not its signature."""
    for document in bundle.documents_of(CertificateAuthority):
        authority = document.value
        assert isinstance(authority, CertificateAuthority)
        for index, reference in enumerate(authority.crls):
            try:
                signers = x509.load_pem_x509_certificates(resolve(authority.ca, bundle.root).value)
                lists = read_lists(resolve(reference, bundle.root).value)
            except (MaterialMissing, MaterialRefused, ValueError):
                continue  # told elsewhere
            if any(_is_forged(each, signers) for each in lists):
                yield document.mistake(
                    f"`{reference}` is not signed by `{authority.ca}`, whose name it bears",
                    "crls",
                    index,
                    suggestion="fetch the authority's list again",
                )


def _is_forged(crl: x509.CertificateRevocationList, signers: list[x509.Certificate]) -> bool:
    """A list of another authority below it can't be judged here; the gateway does so in use."""
    named = [signer for signer in signers if signer.subject == crl.issuer]
    return bool(named) and not any(_signed(crl, signer) for signer in named)


def _signed(crl: x509.CertificateRevocationList, signer: x509.Certificate) -> bool:
    try:
        return crl.is_signature_valid(signer.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False
