"""Changes of what proves who somebody is: rights stay as they are, and others come to hold them.

Rules speak of principals; certificates, passwords and tokens say who is one. What is compared here
is what documents say of that. What a file, a secret store or an issuer's own configuration holds
stands in no bundle.
"""

from collections.abc import Iterator
from typing import TypeVar

from streamward.model.authority import CertificateAuthority
from streamward.model.document import Bundle, Document
from streamward.model.principal import (
    CertificateCredential,
    Credential,
    PasswordCredential,
    Principal,
    TokenCredential,
    UnixUserCredential,
)
from streamward.model.token_issuer import MfaClaim, TokenIssuer
from streamward.policy.difference.changes import IdentityChange
from streamward.policy.difference.entrances import of_clusters, of_doors, of_listeners
from streamward.policy.difference.lookups import (
    of_identity_stores,
    of_inventories,
    of_secret_stores,
)
from streamward.policy.difference.proofs import (
    Said,
    holders,
    listed,
    longer,
    of_authority,
    of_issuer,
    other,
    shown,
    told,
)

T = TypeVar("T", TokenIssuer, CertificateAuthority)


def identity_changes(old: Bundle, new: Bundle) -> tuple[IdentityChange, ...]:
    """Who can be proved to be somebody in other ways than before, of those whom both declare."""
    return (
        *_of_issuers(old, new),
        *_of_authorities(old, new),
        *of_listeners(old, new),
        *of_doors(old, new),
        *of_clusters(old, new),
        *of_identity_stores(old, new),
        *of_secret_stores(old, new),
        *of_inventories(old, new),
        *_of_credentials(old, new),
    )


def _both(kind: type[T], old: Bundle, new: Bundle) -> Iterator[tuple[T, T, Document]]:
    """Documents of the same name, and that of the new bundle. Of one that is new, the credentials
    that name it are new too, and told.
    """
    before = {it.name: it for it in old.of(kind)}
    for document in new.documents_of(kind):
        value = document.value
        if isinstance(value, kind) and value.name in before:
            yield before[value.name], value, document


def _of_issuers(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    for was, now, document in _both(TokenIssuer, old, new):
        who = f"everybody from issuer `{now.name}`"
        principals = holders(old, new, of_issuer(now.name))
        yield from told(who, principals, document, _issuer(was, now))


def _issuer(was: TokenIssuer, now: TokenIssuer) -> Iterator[Said]:
    yield from other(was, now, "issuer", "tokens are those that say `iss` of")
    places = [
        f"asked at {it.introspection.url}"
        if it.introspection is not None
        else (it.jwks_url or f"discovered at {it.issuer}")
        for it in (was, now)
    ]
    if places[0] != places[1]:
        field = "introspection" if now.introspection is not None else "jwks_url"
        what = f"its keys come from elsewhere now: {places[1]}, before {places[0]}"
        yield field, what, True, True
    elif was.introspection is not None and now.introspection is not None:
        for _, what, gains, loses in longer(
            was.introspection, now.introspection, "cache", "its answers are used again for"
        ):
            yield "introspection", what, gains, loses
    yield from other(was, now, "ca", "its server is vouched for by another authority:")
    yield from listed(was.audiences, now.audiences, "audiences", "tokens are taken for audience")
    yield from listed(was.algorithms, now.algorithms, "algorithms", "signatures are taken of")
    for field, what in (
        ("clock_skew", "its clock may differ by"),
        ("lifetime_max", "tokens may hold for"),
        ("refresh", "its keys are read anew within"),
        ("keys_age_max", "its old keys are used for"),
    ):
        yield from longer(was, now, field, what)
    if was.require_bound != now.require_bound:
        bound = "only tokens are taken that are bound to the client's certificate"
        what = bound if now.require_bound else "tokens need not be bound to a certificate any more"
        yield "require_bound", what, was.require_bound, now.require_bound
    yield from other(was, now, "subject_claim", "whom a token means is said by the claim")
    if was.tenant_claim != now.tenant_claim:
        checked = f"is checked against the claim {shown(now.tenant_claim)}, before"
        no_more = "is not checked against a token any more, before against"
        what = f"the tenant {no_more if now.tenant_claim is None else checked}"
        gains, loses = was.tenant_claim is not None, now.tenant_claim is not None
        yield "tenant_claim", f"{what} {shown(was.tenant_claim)}", gains, loses
    yield from other(was, now, "device_posture_claim", "its device's posture is said by the claim")
    yield from other(was, now, "device_status_claim", "its device's status is said by the claim")
    yield from _second_factor(was.mfa_claim, now.mfa_claim)


def _second_factor(was: MfaClaim | None, now: MfaClaim | None) -> Iterator[Said]:
    if (was is None) != (now is None):
        says = "the bundle" if now is None else "the token"
        yield "mfa_claim", f"{says} says now whether there was a second factor", True, True
    elif was is not None and now is not None:
        what = "a second factor is shown by"
        before = [*(f"amr {it}" for it in was.amr), *(f"acr {it}" for it in was.acr)]
        after = [*(f"amr {it}" for it in now.amr), *(f"acr {it}" for it in now.acr)]
        yield from listed(before, after, "mfa_claim", what)


def _of_authorities(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    for was, now, document in _both(CertificateAuthority, old, new):
        signed = of_authority(now.name)

        def mapped(it: Credential, name: str = now.name) -> bool:
            of_it = isinstance(it, CertificateCredential) and it.issuer == name
            return of_it and getattr(it, "mapped_name", None) is not None

        who = f"everybody with a certificate of `{now.name}`"
        yield from told(who, holders(old, new, signed), document, _authority(was, now))
        rules = other(was, now, "mapping_rules", "names are made of subjects by other rules:")
        who = f"everybody by a mapped name of `{now.name}`"
        yield from told(who, holders(old, new, mapped), document, rules)


def _authority(was: CertificateAuthority, now: CertificateAuthority) -> Iterator[Said]:
    yield from other(was, now, "ca", "certificates are vouched for by another authority:")
    for field, what, gains, loses in listed(was.crls, now.crls, "crls", "revocations are read in"):
        # A list more takes away.
        yield field, what, loses, gains
    if was.unknown_revocation != now.unknown_revocation:
        accepts = now.unknown_revocation == "accept"
        verb = "taken" if accepts else "refused"
        what = f"certificates on which no list says anything are {verb}"
        yield "unknown_revocation", what, accepts, not accepts
    what = "it vouches for the trust domain"
    yield from listed(was.trust_domains, now.trust_domains, "trust_domains", what)


def _of_credentials(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    before = {it.name: it for it in old.of(Principal)}
    for document in new.documents_of(Principal):
        now = document.value
        assert isinstance(now, Principal)
        if now.name not in before:
            continue  # all its rights are new, and told
        was, is_now = ([_way(it) for it in one.credentials] for one in (before[now.name], now))
        more = [f"can be proved by {it}" for it in is_now if it not in was]
        fewer = [f"can not be proved any more by {it}" for it in was if it not in is_now]
        said = [("credentials", what, True, False) for what in more]
        said += [("credentials", what, False, True) for what in fewer]
        yield from told(f"`{now.name}`", (now.name,), document, said)


def _way(credential: Credential) -> str:
    """What a credential takes for a proof; its id is nothing to that."""
    match credential:
        case CertificateCredential():
            by = f"of `{credential.issuer}`" if credential.issuer else "of the listener's authority"
            for word in ("subject", "san", "mapped_name"):
                value = getattr(credential, word)
                if value is not None:
                    return f"a certificate {by} with {word} `{value}`"
            return f"a certificate {by}"
        case PasswordCredential():
            return f"the password of `{credential.verifier}`"
        case TokenCredential():
            return f"a token of issuer `{credential.issuer}` for `{credential.subject}`"
        case UnixUserCredential():
            return f"the login `{credential.user}` at the control door"
        case _:
            return "its name and password at the brokers"
