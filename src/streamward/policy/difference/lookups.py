"""Where proofs, and what is known of devices, are looked up: stores that a bundle names."""

from collections.abc import Iterator
from typing import Any

from streamward.model.authority import CertificateAuthority
from streamward.model.control_door import ControlDoor
from streamward.model.credentials import IdentityStore
from streamward.model.device_inventory import DeviceInventory
from streamward.model.document import Bundle
from streamward.model.principal import PasswordCredential, Principal, PrincipalType
from streamward.model.secret_store import SecretStore
from streamward.model.token_issuer import TokenIssuer
from streamward.model.topology import Listener
from streamward.policy.difference.changes import IdentityChange
from streamward.policy.difference.proofs import (
    Said,
    everybody,
    holders,
    listed,
    longer,
    of_authority,
    of_issuer,
    other,
    told,
)


def of_identity_stores(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    """Where passwords are that no document declares; they may be anybody's."""
    before = next(iter(old.of(IdentityStore)), None)
    for document in new.documents_of(IdentityStore):
        now = document.value
        assert isinstance(now, IdentityStore)
        who = "everybody by a stored password"
        principals = everybody(old, new)
        yield from told(who, principals, document, _store(before, now))


def _store(was: IdentityStore | None, now: IdentityStore) -> Iterator[Said]:
    if was is None:
        yield "name", f"passwords of the store `{now.name}` are taken", True, False
        return
    yield from other(was, now, "url", "passwords are looked up at")
    before, after = ((it.key, *it.previous_keys) for it in (was, now))
    yield from listed(before, after, "key", "passwords are taken that are encrypted with")


_NO_SOURCE = {"name", "refresh", "held", "timeout"}


def of_secret_stores(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    """Stores at another place, with a reference to them left as it was."""
    before = {it.name: it for it in old.of(SecretStore)}
    for document in new.documents_of(SecretStore):
        now = document.value
        assert isinstance(now, SecretStore)
        was = before.get(now.name)
        if was is not None and (said := list(_source(was, now))):
            who = f"everybody whose proof is checked by what the store `{now.name}` holds"
            principals = _leaning_on(f"{now.scheme}:{now.name}/", old, new)
            yield from told(who, principals, document, said)


def _source(was: SecretStore, now: SecretStore) -> Iterator[Said]:
    for field in type(now).model_fields:
        if field not in _NO_SOURCE and getattr(was, field) != getattr(now, field):
            yield field, "what it holds comes from elsewhere now, or by another login", True, True


def _leaning_on(prefix: str, old: Bundle, new: Bundle) -> tuple[str, ...]:
    """Principals whom something proves that lies in a store."""

    def lies_in(*references: str | None) -> bool:
        return any(it is not None and it.startswith(prefix) for it in references)

    if any(lies_in(it.key, *it.previous_keys, it.url) for it in new.of(IdentityStore)):
        return everybody(old, new)
    found: set[str] = set()
    for issuer in new.of(TokenIssuer):
        if lies_in(issuer.ca):
            found.update(holders(old, new, of_issuer(issuer.name)))
    for authority in new.of(CertificateAuthority):
        if lies_in(authority.ca, *authority.crls):
            found.update(holders(old, new, of_authority(authority.name)))
    authorities = [it.tls.client_ca for it in new.of(Listener) if it.tls is not None]
    authorities += [it.tls.client_ca for it in new.of(ControlDoor)]
    if lies_in(*authorities):
        found.update(holders(old, new, of_authority(None)))
    for principal in new.of(Principal):
        credentials = principal.credentials
        if any(isinstance(it, PasswordCredential) and lies_in(it.verifier) for it in credentials):
            found.add(principal.name)
    return tuple(sorted(found))


def of_inventories(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    """Where the state of devices is read. That there is one at all changes rights, and is told."""
    before = {it.name: it for it in old.of(DeviceInventory)}
    for document in new.documents_of(DeviceInventory):
        now = document.value
        assert isinstance(now, DeviceInventory)
        # One under another name is another one.
        was: Any = before.get(now.name) or next(iter(before.values()), None)
        if was is not None:
            who = "everybody whose device is known"
            yield from told(who, _with_devices(old, new, now), document, _inventory(was, now))


def _with_devices(old: Bundle, new: Bundle, inventory: DeviceInventory) -> tuple[str, ...]:
    users = {
        it.name
        for bundle in (old, new)
        for it in bundle.of(Principal)
        if it.type is PrincipalType.USER
    }
    return everybody(old, new) if inventory.covers == "everyone" else tuple(sorted(users))


def _inventory(was: DeviceInventory, now: DeviceInventory) -> Iterator[Said]:
    for field in ("file", "url"):
        if getattr(now, field) is not None:
            yield from other(was, now, field, "the state of devices is read from")
    yield from other(was, now, "ca", "its inventory is vouched for by another authority:")
    yield from other(was, now, "covers", "the inventory says it of")
    yield from longer(was, now, "age_max", "what it says is believed for")
