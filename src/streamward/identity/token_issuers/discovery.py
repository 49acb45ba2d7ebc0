"""Where an issuer's keys are: OpenID Connect Discovery 1.0, section 4 (RFC 8414)."""

import msgspec

from streamward.identity.token_issuers.web import IssuerUnreachable


class Metadata(msgspec.Struct, frozen=True):
    """The two fields of the document that are needed."""

    issuer: str
    jwks_uri: str


def discovery_url(issuer: str) -> str:
    """Where the document of an issuer is."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def jwks_url(document: bytes, issuer: str) -> str:
    """Where its keys are. Raises IssuerUnreachable where the document is not this issuer's."""
    try:
        metadata = msgspec.json.decode(document, type=Metadata)
    except msgspec.DecodeError as error:
        what = f"what `{issuer}` says of itself is no discovery document"
        raise IssuerUnreachable(what) from error
    # SECURITY: section 4.3; else one issuer could speak for another.
    if metadata.issuer != issuer:
        raise IssuerUnreachable(f"`{issuer}` calls itself `{metadata.issuer[:200]}`")
    # SECURITY: where the issuer is asked over TLS, so are its keys.
    if not metadata.jwks_uri.startswith(("https://", issuer.rstrip("/") + "/")):
        raise IssuerUnreachable(f"the keys of `{issuer}` are not over TLS")
    return metadata.jwks_uri
