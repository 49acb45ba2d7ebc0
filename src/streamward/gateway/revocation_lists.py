"""Lists of revoked certificates: whether they can be used, and who signed them."""

import datetime
from collections.abc import Iterator

from streamward.gateway.certificates import is_forged, next_updates
from streamward.model.authority import CertificateAuthority
from streamward.model.document import Bundle, Document, FieldPath, Mistake
from streamward.secrets import MaterialMissing, MaterialRefused, Secret, resolve


def revocation_list_mistakes(
    document: Document, path: FieldPath, reference: str, secret: Secret, now: datetime.datetime
) -> Iterator[Mistake]:
    """What is wrong with a list by itself; one that has expired keeps everybody out."""
    try:
        ends = next_updates(secret.value)
    except ValueError:
        what = f"`{reference}`: no list of revoked certificates in PEM or DER"
        hint = "it must start with `-----BEGIN X509 CRL`"
        yield document.mistake(what, *path, suggestion=hint)
        return
    for end in ends:
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
                signers = resolve(authority.ca, bundle.root).value
                forged = is_forged(resolve(reference, bundle.root).value, signers)
            except (MaterialMissing, MaterialRefused, ValueError):
                continue  # told elsewhere
            if forged:
                yield document.mistake(
                    f"`{reference}` is not signed by `{authority.ca}`, whose name it bears",
                    "crls",
                    index,
                    suggestion="fetch the authority's list again",
                )
