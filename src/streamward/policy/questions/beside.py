"""What questions look at beside rules: tokens, days to come, what is declared of principals.

A gateway sees each token and each day; a question about all requests has to be told.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from streamward.model.device_inventory import DeviceInventory
from streamward.model.document import Bundle
from streamward.model.grant import Grant
from streamward.model.principal import Principal, TokenCredential
from streamward.model.token_issuer import TokenIssuer
from streamward.policy.section import PolicySection

_EPOCH = datetime.date(1970, 1, 1)


def beside(section: PolicySection, bundle: Bundle) -> dict[str, Any]:
    """The `questions` of a policy document (docs/concepts/boundary.md)."""
    return {
        "assertable": asserted_groups(bundle),
        "last_days": _last_days(section, bundle),
        "possible": {it.name: _possible(it, bundle) for it in bundle.of(Principal)},
    }


def day_of(number: int | None) -> datetime.date | None:
    """A day by its number since 1970."""
    return None if number is None else _EPOCH + datetime.timedelta(days=number)


def asserted_groups(bundle: Bundle) -> dict[str, Mapping[str, list[str]]]:
    """By principal, the groups that its tokens may name, and the roles that each stands for.

    A group is told by its issuer and claim: the same word of another issuer is another group.
    """
    groups: dict[str, dict[str, list[str]]] = {}
    for issuer in bundle.of(TokenIssuer):
        claim = issuer.role_claim
        if claim is not None:
            groups[issuer.name] = {
                f"{issuer.issuer} {claim.claim}={group}": [role]
                for group, role in claim.roles.items()
            }
    found: dict[str, Mapping[str, list[str]]] = {}
    for principal in bundle.of(Principal):
        named: dict[str, list[str]] = {}
        for credential in principal.credentials:
            if isinstance(credential, TokenCredential):
                named |= groups.get(credential.issuer, {})
        if named:
            found[principal.name] = named
    return found


def told_group(group: str) -> str:
    """A group of `asserted_groups` for people: what it is called, by whom, and in which claim."""
    issuer, _, claimed = group.partition(" ")
    claim, _, name = claimed.partition("=")
    return f"the group {name} from issuer {issuer} (claim {claim})"


def _last_days(section: PolicySection, bundle: Bundle) -> dict[str, int]:
    ends = {f"grant:{it.id}": it.expires for it in bundle.of(Grant) if it.expires is not None}
    grants = {rule.id: ends.get(rule.id.rpartition("#")[0]) for rule in section.rules}
    return {rule: (day - _EPOCH).days for rule, day in grants.items() if day is not None}


def _possible(principal: Principal, bundle: Bundle) -> dict[str, Any]:
    """What is known of connections: as the bundle declares it, unless a token says it."""
    issuers = {it.name: it for it in bundle.of(TokenIssuer)}
    used = [
        issuers[it.issuer]
        for it in principal.credentials
        if isinstance(it, TokenCredential) and it.issuer in issuers
    ]
    by_inventory = bool(bundle.of(DeviceInventory))
    posture_told = by_inventory or any(it.device_posture_claim for it in used)
    return {
        "mfa": None if any(it.mfa_claim for it in used) else [principal.mfa],
        "device_posture": None if posture_told else [principal.device_posture],
    }
