"""What the data plane is told of a token issuer (docs/reference/snapshot.md, boundary.md)."""

import msgspec

from streamward.model.token_issuer import TokenIssuer


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Discovery(_Entry, frozen=True, kw_only=True, tag="discovery", tag_field="type"):
    """Keys are where OpenID Connect Discovery says."""


class Jwks(_Entry, frozen=True, kw_only=True, tag="jwks", tag_field="type"):
    """Keys are at this address."""

    url: str


class Asked(_Entry, frozen=True, kw_only=True, tag="introspection", tag_field="type"):
    """The issuer is asked at this address."""

    url: str


Source = Discovery | Jwks | Asked


class MfaEntry(_Entry, frozen=True, kw_only=True):
    """Values that stand for a second factor."""

    amr: tuple[str, ...]
    acr: tuple[str, ...]


class ClaimsEntry(_Entry, frozen=True, kw_only=True):
    """Which claims say what."""

    subject: str
    roles: str | None
    role_of: dict[str, str]
    tenant: str | None
    device_posture: str | None
    device_status: str | None
    mfa: MfaEntry | None


class IssuerEntry(_Entry, frozen=True, kw_only=True):
    """An issuer of tokens."""

    name: str
    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    source: Source
    clock_skew_milliseconds: int
    lifetime_milliseconds_max: int
    require_bound: bool
    claims: ClaimsEntry


class KeySupply(_Entry, frozen=True, kw_only=True):
    """Keys of an issuer, for the running data plane; from `stale_milliseconds` on they are old."""

    name: str
    issuer: str
    source: Source
    keys: str
    stale_milliseconds: int


def source_of(issuer: TokenIssuer) -> Source:
    """Where what its tokens are checked with comes from."""
    if issuer.introspection is not None:
        return Asked(url=issuer.introspection.url)
    if issuer.jwks_url is not None:
        return Jwks(url=issuer.jwks_url)
    return Discovery()


def issuer_entry(issuer: TokenIssuer) -> IssuerEntry:
    """The entry of an issuer in the snapshot."""
    roles, mfa = issuer.role_claim, issuer.mfa_claim
    return IssuerEntry(
        name=issuer.name,
        issuer=issuer.issuer,
        audiences=issuer.audiences,
        algorithms=issuer.algorithms,
        source=source_of(issuer),
        clock_skew_milliseconds=issuer.clock_skew,
        lifetime_milliseconds_max=issuer.lifetime_max,
        require_bound=issuer.require_bound,
        claims=ClaimsEntry(
            subject=issuer.subject_claim,
            roles=roles.claim if roles else None,
            role_of=dict(roles.roles) if roles else {},
            tenant=issuer.tenant_claim,
            device_posture=issuer.device_posture_claim,
            device_status=issuer.device_status_claim,
            mfa=MfaEntry(amr=mfa.amr, acr=mfa.acr) if mfa else None,
        ),
    )
