"""What must hold between authorities and the certificates that they sign."""

from collections.abc import Iterator
from typing import Any

from streamward.errors import Unavailable
from streamward.model.authority import CertificateAuthority
from streamward.model.document import Bundle, Document, FieldPath, Mistake
from streamward.model.principal import CertificateCredential, Principal

SPIFFE = "spiffe:"


def _core() -> Any:
    try:
        from streamward import _core
    except ImportError as error:
        raise Unavailable("the compiled module `streamward._core` is not installed") from error
    return _core


def mapping_rules(bundle: Bundle) -> Iterator[Mistake]:
    """Rules that the gateway could not read, or that mean something else in Java."""
    for document in bundle.documents_of(CertificateAuthority):
        rules = getattr(document.value, "mapping_rules", None)
        if rules is None:
            continue
        problem = _core().mapping_rules_problem(rules)
        if problem is not None:
            yield document.mistake(
                f"the mapping rules can't be used: {problem}",
                "mapping_rules",
                suggestion="write `RULE:pattern/replacement/`, with `L` or `U` after it, or "
                "`DEFAULT`, separated by commas",
            )


def _certificates(bundle: Bundle) -> Iterator[tuple[Document, FieldPath, CertificateCredential]]:
    for document in bundle.documents_of(Principal):
        assert isinstance(document.value, Principal)
        for index, credential in enumerate(document.value.credentials):
            if isinstance(credential, CertificateCredential):
                yield document, ("credentials", index), credential


def mapped_names(bundle: Bundle) -> Iterator[Mistake]:
    """A mapped name needs an issuer that has mapping rules."""
    for document, path, credential in _certificates(bundle):
        if credential.mapped_name is None:
            continue
        issuer = bundle.find(CertificateAuthority, credential.issuer or "")
        if credential.issuer is None:
            what, hint = "a mapped name is of an issuer's rules, and none is named", "add `issuer:`"
        elif issuer is None or issuer.mapping_rules is not None:
            continue
        else:
            what = f"`{credential.issuer}` has no mapping rules, so it maps no subject"
            hint = f"add `mapping_rules:` to CertificateAuthority `{credential.issuer}`"
        yield document.mistake(what, *path, "mapped_name", suggestion=hint)


def spiffe_ids(bundle: Bundle) -> Iterator[Mistake]:
    """SPIFFE IDs that no SVID can have, or that are of a trust domain of another authority."""
    owners = {
        domain: authority.name
        for authority in bundle.of(CertificateAuthority)
        for domain in authority.trust_domains
    }
    for document, path, credential in _certificates(bundle):
        name = credential.san
        if name is None or not name.casefold().startswith(SPIFFE):
            continue
        problem = _core().spiffe_id_problem(name)
        if problem is not None:
            what = f"`{name}` is no SPIFFE ID of a workload: {problem}"
            yield document.mistake(
                what,
                *path,
                "san",
                suggestion=f"write it like `spiffe://example.org/{document.name}`",
            )
            continue
        yield from _domain(bundle, document, path, credential, owners)


def _domain(
    bundle: Bundle,
    document: Document,
    path: FieldPath,
    credential: CertificateCredential,
    owners: dict[str, str],
) -> Iterator[Mistake]:
    domain = (credential.san or "").removeprefix("spiffe://").partition("/")[0]
    if credential.issuer is None:
        if domain in owners:
            what = f"the trust domain `{domain}` is that of `{owners[domain]}`"
            hint = f"add `issuer: {owners[domain]}`"
            yield document.mistake(what, *path, "san", suggestion=hint)
        return
    issuer = bundle.find(CertificateAuthority, credential.issuer)
    if issuer is not None and domain not in issuer.trust_domains:
        yield document.mistake(
            f"`{credential.issuer}` may not vouch for the trust domain `{domain}`",
            *path,
            "san",
            suggestion=f"add it to `trust_domains` of CertificateAuthority `{credential.issuer}`",
        )


CHECKS = (mapping_rules, mapped_names, spiffe_ids)
