"""The identity store of a bundle, and what ends when a credential does."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Final

from streamward.app.places import Paths
from streamward.audit.compiled import core, core_errors
from streamward.clock import now_milliseconds
from streamward.gateway.key_preview import written_under
from streamward.identity.cipher import ColumnCipher, read_key
from streamward.identity.ports import ReadSecret
from streamward.identity.service import IdentityService
from streamward.identity.service import Settings as IdentitySettings
from streamward.keys.destruction import Destruction
from streamward.keys.holder import KeyHolder
from streamward.keys.service import KeyService
from streamward.model.credentials import CredentialClass, IdentityStore
from streamward.model.document import Bundle
from streamward.model.principal import Principal
from streamward.response.containment import Containment, TargetType, Verb
from streamward.response.service import ResponseService
from streamward.secrets import Secret

ENDED_MILLISECONDS: Final = 1_200_000
"""How long the overlay refuses a stored credential that has ended: longer than anybody looks."""


class Enforcer:
    """Has connections feel what happens to stored credentials: by the overlay, and a fresh look."""

    def __init__(self, containments: ResponseService, forget: Callable[[], None]) -> None:
        self._containments = containments
        self._forget = forget

    async def end(self, credential: str, owner: str, reason: str) -> None:
        """A containment closes the connections; the store itself refuses it for ever after."""
        if not self._of(credential):
            containment = Containment(
                id="c-" + secrets.token_hex(12),
                verb=Verb.REVOKE,
                target_type=TargetType.CREDENTIAL,
                name=credential,
                owner=owner,
                reason=reason,
                expires_milliseconds=now_milliseconds() + ENDED_MILLISECONDS,
            )
            await self._containments.open(containment)

    async def restore(self, credential: str, owner: str, reason: str) -> None:
        """Lift every containment of it."""
        for containment in self._of(credential):
            await self._containments.lift(containment.id, owner, reason)

    def _of(self, credential: str) -> list[Containment]:
        active = self._containments.overlay.active.values()
        about = (TargetType.CREDENTIAL, credential)
        return [one for one in active if (one.target_type, one.name) == about]

    async def forget(self) -> None:
        """What was looked up is asked anew."""
        await asyncio.to_thread(self._forget)


def identity_settings(bundle: Bundle, where: Paths, read: ReadSecret) -> IdentitySettings | None:
    """The identity store of a bundle; None where it declares none. Raises StreamwardError."""
    stores = bundle.of(IdentityStore)
    if not stores:
        return None
    declared = stores[0]
    # With its libraries it takes 30 MB, which a gateway without an identity store does not need.
    from streamward.identity.store import open_store

    def key(reference: str) -> Secret:
        return read_key(Secret(read(reference)))

    cipher = ColumnCipher(key(declared.key), [key(one) for one in declared.previous_keys])
    url = None
    if declared.url is not None:
        url = read(declared.url).decode()
    file = where.state / "identity.db"
    digest = hashlib.sha256(f"{cipher.key_ids}\0{url}".encode()).hexdigest()
    return IdentitySettings(
        open_store=lambda: open_store(url, file, cipher),
        identity=(digest,),
        iterations=declared.iterations,
        classes={one.name: one for one in bundle.of(CredentialClass)},
        principals=frozenset(one.name for one in bundle.of(Principal)),
    )


def identities_of(
    bundle: Bundle, where: Paths, recorder: Any, enforcer: Enforcer, read: ReadSecret
) -> IdentityService:
    """Keeps the passwords that the bundle's identity store has, and ends what a change ends."""

    def make(password: bytes, iterations: int, mechanism: str, salt: bytes) -> str:
        with core_errors():
            return str(core().password_verifier(password, iterations, mechanism, salt))

    settings = identity_settings(bundle, where, read)
    return IdentityService(recorder, enforcer, make, settings)


def keys_of(
    holder: KeyHolder,
    recorder: Any,
    forget: Callable[[str], None],
    where: Paths,
    bundle: Callable[[], Bundle],
) -> tuple[KeyService, Destruction]:
    """The life of key rings, and their end."""
    service = KeyService(holder, recorder, forget)
    return service, Destruction(service, lambda ring: written_under(bundle(), where.audit, ring))
