"""Who issues tokens, how they are checked, and what their claims say of the caller."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import AuthorityReference, Name, PasswordReference, RoleName, Text
from streamward.model.url import Url

SignatureAlgorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"
]
"""Asymmetric algorithms only: neither `none` nor an HMAC can be declared."""

_MINUTE = 60_000


ClaimName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ClaimValue = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Introspection(Noun):
    """Where the issuer is asked about each token (RFC 7662), and as which client."""

    url: Url
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    client_secret: PasswordReference
    cache: Duration = Field(default=30_000, le=10 * _MINUTE)
    """How long an answer is used again, and never beyond the token's own end."""


class RoleClaim(Noun):
    """Roles that the issuer may assert, beside those that the bundle gives the principal."""

    claim: ClaimName
    """Names groups: a list of texts, or one text with blanks between them."""
    roles: dict[ClaimValue, RoleName] = Field(min_length=1, max_length=100)
    """The role that each group stands for; other groups mean nothing here."""


class MfaClaim(Noun):
    """What stands for a second factor; with it, the token decides and not the bundle."""

    amr: tuple[ClaimValue, ...] = Field(default=(), max_length=20)
    """Methods of RFC 8176, such as `otp` or `hwk`; any one of them will do."""
    acr: tuple[ClaimValue, ...] = Field(default=(), max_length=20)
    """Authentication context classes of the issuer's; any one of them will do."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.amr and not self.acr:
            raise ValueError("give values of `amr` or of `acr`")
        return self


class TokenIssuer(Noun):
    """An authorization server whose tokens are taken (OAuth 2.0, OpenID Connect).

    Its keys are found by discovery unless `jwks_url` names them; with `introspection` it is asked.
    """

    name: Name
    description: Text | None = None
    issuer: Url
    """What `iss` must be, letter by letter."""
    audiences: tuple[ClaimValue, ...] = Field(min_length=1, max_length=20)
    """One of them must stand in `aud`."""
    algorithms: tuple[SignatureAlgorithm, ...] = Field(
        default=("RS256", "PS256", "ES256", "EdDSA"), min_length=1, max_length=9
    )
    """Signatures that are taken."""
    jwks_url: Url | None = None
    """Where its keys are; without it, discovery says where."""
    introspection: Introspection | None = None
    """How it is asked about tokens, instead of checking their signatures."""
    ca: AuthorityReference | None = None
    """Who signed its certificate; without it, one of the authorities that the system trusts."""
    clock_skew: Duration = Field(default=30_000, le=5 * _MINUTE)
    """How far its clock may differ from the gateway's."""
    lifetime_max: Duration = Field(default=24 * 60 * _MINUTE, le=366 * 24 * 60 * _MINUTE)
    """A token whose time from `iat` to `exp` is longer is refused."""
    refresh: Duration = Field(default=10 * _MINUTE, ge=30_000, le=24 * 60 * _MINUTE)
    """Its keys are read anew at least so often; earlier where it says so itself."""
    keys_age_max: Duration = Field(default=120 * _MINUTE, ge=_MINUTE, le=7 * 24 * 60 * _MINUTE)
    """Keys that could not be read anew for so long are no longer used, and its tokens refused."""
    require_bound: bool = False
    """Whether only tokens are taken that are bound to the client's certificate (RFC 8705)."""
    subject_claim: ClaimName = "sub"
    """Names whom credentials of type `token` mean. A name with `/` first is a JSON pointer."""
    role_claim: RoleClaim | None = None
    tenant_claim: ClaimName | None = None
    """Names the tenant, which must be that of the principal."""
    device_posture_claim: ClaimName | None = None
    """Names the state of the caller's device, such as `compliant`."""
    device_status_claim: ClaimName | None = None
    """Names whether the caller's device is in use, lost, retired…"""
    mfa_claim: MfaClaim | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.jwks_url is not None and self.introspection is not None:
            raise ValueError("give `jwks_url` or `introspection`, not both")
        if self.refresh > self.keys_age_max:
            raise ValueError("`keys_age_max` must not be shorter than `refresh`")
        return self

    def urls(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Every URL that the gateway asks, by the path of its field."""
        urls: list[tuple[tuple[str, ...], str]] = [(("issuer",), self.issuer)]
        if self.jwks_url is not None:
            urls.append((("jwks_url",), self.jwks_url))
        if self.introspection is not None:
            urls.append((("introspection", "url"), self.introspection.url))
        return tuple(urls)
