"""Changes of what proves who somebody is: rights stay as they are, and others come to hold them.

Rules speak of principals; certificates, passwords and tokens say who is one. What is compared here
is what documents say of that. What a file, a secret store or an issuer's own configuration holds
stands in no bundle.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from streamward.model.authority import CertificateAuthority
from streamward.model.control_door import ControlDoor
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
from streamward.model.topology import Listener
from streamward.policy.difference.changes import IdentityChange

T = TypeVar("T", TokenIssuer, CertificateAuthority, Listener, ControlDoor)
Said = tuple[str, str, bool, bool]
"""The field, what changes, and whether somebody gains and somebody loses by it."""
_Chosen = Callable[[Credential], bool]


def identity_changes(old: Bundle, new: Bundle) -> tuple[IdentityChange, ...]:
    """Who can be proved to be somebody in other ways than before, of those whom both declare."""
    return (
        *_of_issuers(old, new),
        *_of_authorities(old, new),
        *_of_listeners(old, new),
        *_of_doors(old, new),
        *_of_credentials(old, new),
    )


def _both(kind: type[T], old: Bundle, new: Bundle) -> Iterator[tuple[T, T, Document]]:
    """Documents of the same name, and that of the new bundle."""
    before = {it.name: it for it in old.of(kind)}
    for document in new.documents_of(kind):
        value = document.value
        if isinstance(value, kind) and value.name in before:
            yield before[value.name], value, document


def _of_issuers(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    for was, now, document in _both(TokenIssuer, old, new):

        def chosen(it: Credential, name: str = now.name) -> bool:
            return isinstance(it, TokenCredential) and it.issuer == name

        who = f"everybody from issuer `{now.name}`"
        yield from _told(who, _affected(old, new, chosen), document, _issuer(was, now))


def _issuer(was: TokenIssuer, now: TokenIssuer) -> Iterator[Said]:
    yield from _other(was, now, "issuer", "tokens are those that say `iss` of")
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
    yield from _other(was, now, "ca", "its server is vouched for by another authority:")
    yield from _listed(was.audiences, now.audiences, "audiences", "tokens are taken for audience")
    yield from _listed(was.algorithms, now.algorithms, "algorithms", "signatures are taken of")
    for field, what in (
        ("clock_skew", "its clock may differ by"),
        ("lifetime_max", "tokens may hold for"),
        ("refresh", "its keys are read anew within"),
        ("keys_age_max", "its old keys are used for"),
    ):
        yield from _longer(was, now, field, what)
    if was.require_bound != now.require_bound:
        bound = "only tokens are taken that are bound to the client's certificate"
        what = bound if now.require_bound else "tokens need not be bound to a certificate any more"
        yield "require_bound", what, was.require_bound, now.require_bound
    yield from _other(was, now, "subject_claim", "whom a token means is said by the claim")
    if was.tenant_claim != now.tenant_claim:
        checked = f"is checked against the claim {_shown(now.tenant_claim)}, before"
        no_more = "is not checked against a token any more, before against"
        what = f"the tenant {no_more if now.tenant_claim is None else checked}"
        gains, loses = was.tenant_claim is not None, now.tenant_claim is not None
        yield "tenant_claim", f"{what} {_shown(was.tenant_claim)}", gains, loses
    yield from _other(was, now, "device_posture_claim", "its device's posture is said by the claim")
    yield from _other(was, now, "device_status_claim", "its device's status is said by the claim")
    yield from _second_factor(was.mfa_claim, now.mfa_claim)


def _second_factor(was: MfaClaim | None, now: MfaClaim | None) -> Iterator[Said]:
    if (was is None) != (now is None):
        says = "the bundle" if now is None else "the token"
        yield "mfa_claim", f"{says} says now whether there was a second factor", True, True
    elif was is not None and now is not None:
        what = "a second factor is shown by"
        before = [*(f"amr {it}" for it in was.amr), *(f"acr {it}" for it in was.acr)]
        after = [*(f"amr {it}" for it in now.amr), *(f"acr {it}" for it in now.acr)]
        yield from _listed(before, after, "mfa_claim", what)


def _of_authorities(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    for was, now, document in _both(CertificateAuthority, old, new):

        def signed(it: Credential, name: str = now.name) -> bool:
            return isinstance(it, CertificateCredential) and it.issuer == name

        def mapped(it: Credential, name: str = now.name) -> bool:
            of_it = isinstance(it, CertificateCredential) and it.issuer == name
            return of_it and getattr(it, "mapped_name", None) is not None

        who = f"everybody with a certificate of `{now.name}`"
        yield from _told(who, _affected(old, new, signed), document, _authority(was, now))
        rules = _other(was, now, "mapping_rules", "names are made of subjects by other rules:")
        who = f"everybody by a mapped name of `{now.name}`"
        yield from _told(who, _affected(old, new, mapped), document, rules)


def _authority(was: CertificateAuthority, now: CertificateAuthority) -> Iterator[Said]:
    yield from _other(was, now, "ca", "certificates are vouched for by another authority:")
    for field, what, gains, loses in _listed(was.crls, now.crls, "crls", "revocations are read in"):
        # A list more takes away.
        yield field, what, loses, gains
    if was.unknown_revocation != now.unknown_revocation:
        accepts = now.unknown_revocation == "accept"
        verb = "taken" if accepts else "refused"
        what = f"certificates on which no list says anything are {verb}"
        yield "unknown_revocation", what, accepts, not accepts
    what = "it vouches for the trust domain"
    yield from _listed(was.trust_domains, now.trust_domains, "trust_domains", what)


def _unnamed(it: Credential) -> bool:
    return isinstance(it, CertificateCredential) and it.issuer is None


def _of_listeners(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    for was, now, document in _both(Listener, old, new):
        before, after = was.tls, now.tls
        where = f"on listener `{now.name}`"
        if before is not None and after is not None:
            said = _other(before, after, "client_ca", "certificates are vouched for by another:")
            who = f"everybody with a certificate that names no issuer, {where}"
            yield from _told(who, _affected(old, new, _unnamed), document, said, "tls")
        everybody = _affected(old, new, lambda _: True)
        yield from _told(f"everybody {where}", everybody, document, _listener(was, now))
    yield from _without_tls(old, new)


def _of_doors(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    for was, now, document in _both(ControlDoor, old, new):
        said = _other(was.tls, now.tls, "client_ca", "certificates are vouched for by another:")
        who = f"everybody with a certificate that names no issuer, at the door `{now.name}`"
        yield from _told(who, _affected(old, new, _unnamed), document, said, "tls")
        everybody = _affected(old, new, lambda it: isinstance(it, CertificateCredential))
        who = f"everybody at the door `{now.name}`"
        taken = was.tls.client_authorities, now.tls.client_authorities
        said = _listed(*taken, "client_authorities", "certificates are taken of")
        yield from _told(who, everybody, document, said, "tls")
        said = _longer(was, now, "grant", "keys are granted for")
        yield from _told(who, everybody, document, said)


_STRICTNESS = {"either": 0, "certificate": 1, "sasl": 1, "both": 2}


def _listener(was: Listener, now: Listener) -> Iterator[Said]:
    if was.authentication != now.authentication:
        before, after = _STRICTNESS[was.authentication], _STRICTNESS[now.authentication]
        what = f"`authentication: {now.authentication}`, before `{was.authentication}`"
        yield "authentication", what, after <= before, after >= before
    yield from _listed(was.sasl, now.sasl, "sasl", "it is possible to log in by")
    if was.bound_tokens != now.bound_tokens:
        bound = "tokens must be bound to certificates"
        what = bound if now.bound_tokens else "tokens need not be bound to certificates any more"
        yield "bound_tokens", what, was.bound_tokens, now.bound_tokens


def _without_tls(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    """Principals that whoever connects without TLS is taken for."""
    was = {it.plaintext_principal: it.name for it in old.of(Listener) if it.plaintext_principal}
    for document in new.documents_of(Listener):
        listener = document.value
        assert isinstance(listener, Listener)
        name = listener.plaintext_principal
        if name is not None and name not in was:
            what = f"whoever connects to listener `{listener.name}` without TLS is taken for it"
            said = ("plaintext_principal", what, True, False)
            yield from _told(f"`{name}`", (name,), document, [said])


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
        yield from _told(f"`{now.name}`", (now.name,), document, said)


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


def _affected(old: Bundle, new: Bundle, chosen: _Chosen) -> tuple[str, ...]:
    """Principals that have such a credential in both bundles' view of it: before, or now."""
    found = [
        {it.name for it in bundle.of(Principal) if any(chosen(each) for each in it.credentials)}
        for bundle in (old, new)
    ]
    return tuple(sorted(found[0] | found[1]))


def _told(
    who: str,
    principals: tuple[str, ...],
    document: Document,
    said: Iterable[Said],
    *within: str,
) -> Iterator[IdentityChange]:
    if not principals:
        return
    for field, what, gains, loses in said:
        place = document.place(*within, field)
        yield IdentityChange(
            who=who,
            principals=principals,
            what=what,
            gains=gains,
            loses=loses,
            source=f"{place.file}:{place.line}",
        )


def _shown(value: Any) -> str:
    return "none" if value is None else f"`{value}`"


def _other(was: Any, now: Any, field: str, what: str) -> Iterator[Said]:
    """Something else than before: who had the old one loses, who has the new one gains."""
    before, after = getattr(was, field), getattr(now, field)
    if before != after:
        yield field, f"{what} {_shown(after)}, before {_shown(before)}", True, True


def _listed(was: Iterable[str], now: Iterable[str], field: str, what: str) -> Iterator[Said]:
    before, after = list(was), list(now)
    for one in after:
        if one not in before:
            yield field, f"{what} `{one}`", True, False
    for one in before:
        if one not in after:
            yield field, f"{what} `{one}` no more", False, True


def _longer(was: Any, now: Any, field: str, what: str) -> Iterator[Said]:
    before, after = getattr(was, field), getattr(now, field)
    if before != after:
        said = f"{what} {_seconds(after)}, before {_seconds(before)}"
        yield field, said, after > before, after < before


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"
