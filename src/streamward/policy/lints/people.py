"""Who holds what, as the bundle declares it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streamward.model.document import Bundle
from streamward.model.principal import Principal, Role, TokenCredential
from streamward.model.token_issuer import TokenIssuer

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class People:
    """Whom each subject of a grant means: `role:NAME`, `tenant:NAME` and so on."""

    principals: Mapping[str, Principal]
    _meant: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, bundle: Bundle) -> "People":
        """Read them from a bundle; a role that a token may assert counts as held."""
        includes = {role.name: role.includes for role in bundle.of(Role)}
        asserted = _asserted(bundle)
        found: dict[str, set[str]] = defaultdict(set)
        principals = {it.name: it for it in bundle.of(Principal)}
        for name, principal in principals.items():
            roles = (*principal.roles, *asserted.get(name, ()))
            subjects = {f"role:{role}" for role in _closure(roles, includes)}
            for subject in (*subjects, EVERYONE, f"principal:{name}", f"tenant:{principal.tenant}"):
                found[subject].add(name)
        return cls(principals, {subject: frozenset(names) for subject, names in found.items()})

    def meant(self, subjects: Iterable[str]) -> frozenset[str]:
        """The principals of whom a grant speaks."""
        return frozenset().union(*(self._meant.get(text, frozenset()) for text in subjects))


def _closure(roles: Iterable[str], includes: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(roles)
    while waiting:
        role = waiting.pop()
        if role not in found:
            found.add(role)
            waiting.extend(includes.get(role, ()))
    return frozenset(found)


def _asserted(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    claims = {it.name: it.role_claim for it in bundle.of(TokenIssuer)}
    found: dict[str, tuple[str, ...]] = {}
    for principal in bundle.of(Principal):
        for credential in principal.credentials:
            if isinstance(credential, TokenCredential):
                claim = claims.get(credential.issuer)
                if claim is not None:
                    others = found.get(principal.name, ())
                    found[principal.name] = tuple(sorted({*others, *claim.roles.values()}))
    return found
