"""The life of stored passwords: added, rotated, ended; each step an entry of the log first."""

import asyncio
import base64
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, NotFound, StreamwardError
from streamward.identity.credential import (
    CREDENTIALS_OF_PRINCIPAL_MAX,
    MECHANISMS,
    SALT_BYTES,
    State,
    StoredCredential,
    StoreUnavailable,
)
from streamward.identity.ports import Enforcer, Recorder, VerifierMaker
from streamward.log import Logger
from streamward.model.credentials import CredentialClass
from streamward.model.entries import Caller, account_change_event
from streamward.secrets import Secret

log = Logger(__name__)

if TYPE_CHECKING:
    # It takes 30 MB with its libraries, which only a bundle with an identity store needs.
    from streamward.identity.store import CredentialStore, Transaction

PASSWORD_BYTES: Final = 32
BREAK_MILLISECONDS: Final = 1_000
"""After the database failed it is left alone so long: logins fail at once instead of waiting."""

DEFAULT_CLASS: Final = "default"
_OVER: Final = "its time is over"
_NOT_KEPT: Final = "did not happen: the identity store could not keep it"

Enter = Callable[..., None]
"""Takes a credential, what became of it, who did it, and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a bundle says about stored passwords."""

    open_store: Callable[[], "CredentialStore"]
    identity: tuple[str, ...]
    """What, if it changes, means another store: it is opened anew."""
    iterations: int
    classes: Mapping[str, CredentialClass]
    principals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential with its password, which is shown this once."""

    credential: StoredCredential
    password: Secret


@dataclass(frozen=True, slots=True)
class Wanted:
    """A credential that somebody asks for; times are milliseconds since 1970."""

    principal: str
    id: str | None = None
    class_name: str | None = None
    not_before: int | None = None
    expires: int | None = None
    password: Secret | None = field(default=None)
    """Instead of one that is made here."""


class NoStore(InvalidArgument):
    """The bundle declares no identity store."""

    code = "identity.no_store"
    help = "Add a document of kind IdentityStore to the bundle."


class IdentityService:
    """Passwords in the identity store.

    INVARIANT: what happens to a credential is in the log before it is in the store. Raises
    Unavailable where one of both can't be written: then nothing was changed, and where the log had
    its entry already, another one says so.
    """

    def __init__(
        self,
        recorder: Recorder,
        enforcer: Enforcer,
        make_verifier: VerifierMaker,
        settings: Settings | None = None,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._recorder = recorder
        self._enforcer = enforcer
        self._make_verifier = make_verifier
        self._clock = clock
        self._settings = settings
        self._opened: CredentialStore | None = None
        self._opening = threading.Lock()
        self._broken_until = 0
        self._changing = asyncio.Lock()

    def configure(self, settings: Settings | None) -> None:
        """Take what another bundle says; the store is opened anew where it is another one."""
        with self._opening:
            before, self._settings = self._settings, settings
            self._broken_until = 0
            if before is not None and settings is not None and before.identity == settings.identity:
                return
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def close(self) -> None:
        """Let go of the database."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    @property
    def declared(self) -> bool:
        """Whether the bundle has an identity store."""
        return self._settings is not None

    @property
    def _bundle(self) -> Settings:
        if self._settings is None:
            raise NoStore("the bundle has no identity store")
        return self._settings

    @property
    def store(self) -> "CredentialStore":
        """The store, opened when it is first needed. Raises StoreUnavailable."""
        with self._opening:
            settings = self._bundle
            if self._opened is None:
                if self._clock() < self._broken_until:
                    raise StoreUnavailable("the identity store could not be opened a moment ago")
                try:
                    self._opened = settings.open_store()
                except StreamwardError:
                    self._broken_until = self._clock() + BREAK_MILLISECONDS
                    raise
            return self._opened

    # What is asked

    def passwords(self, principal: str) -> dict[str, Any]:
        """What the data plane is told of a principal (docs/concepts/boundary.md).

        Takes the same time for one that is not here. Raises StoreUnavailable.
        """
        if self._clock() < self._broken_until:
            raise StoreUnavailable("the identity store could not be used a moment ago")
        try:
            found = self.store.of_principal(principal)
        except StoreUnavailable:
            self._broken_until = self._clock() + BREAK_MILLISECONDS
            raise
        now = self._clock()
        # Those that hold come first; of those that have ended the log is told why they do not.
        found.sort(key=lambda one: one.ended(now))
        told = found[:CREDENTIALS_OF_PRINCIPAL_MAX]
        for _ in range(CREDENTIALS_OF_PRINCIPAL_MAX - len(told)):
            self.store.decrypt_decoy()
        return {"credentials": [one.answer() for one in told]}

    async def list(self, principal: str | None = None) -> list[StoredCredential]:
        """All credentials, or those of a principal; by principal, the newest first."""
        found = await asyncio.to_thread(self.store.all)
        return [one for one in found if principal in (None, one.principal)]

    async def show(self, identifier: str) -> StoredCredential:
        """One credential. Raises NotFound."""
        return await asyncio.to_thread(self.store.get, identifier)

    def knows(self, identifier: str) -> bool:
        """Whether the store has a credential of this id; False where there is no store."""
        if self._settings is None:
            return False
        try:
            self.store.get(identifier)
        except NotFound:
            return False
        return True

    # What is done

    async def add(self, caller: Caller, wanted: Wanted) -> Issued:
        """Make a password for a principal. Raises NotFound, InvalidArgument."""
        async with self._changing:
            issued = await asyncio.to_thread(self._add, caller, wanted)
        await self._enforcer.forget()
        return issued

    def _add(self, caller: Caller, wanted: Wanted) -> Issued:
        now = self._clock()
        if wanted.principal not in self._bundle.principals:
            raise NotFound(f"the bundle declares no principal `{wanted.principal}`")
        start = now if wanted.not_before is None else wanted.not_before
        expires = wanted.expires
        cadence = self._class(wanted.class_name)
        if expires is None and cadence is not None and cadence.lifetime is not None:
            expires = start + cadence.lifetime
        if expires is not None and expires <= max(now, start):
            raise InvalidArgument("the credential would end before it begins")
        with self._change() as (transaction, enter):
            issued = self._issue(transaction, wanted, now, expires)
            enter(issued.credential, "added", caller)
        return issued

    def _issue(
        self, transaction: "Transaction", wanted: Wanted, now: int, expires: int | None
    ) -> Issued:
        held = transaction.of_principal(wanted.principal)
        standing = [one for one in held if not one.ended(now)]
        if len(standing) >= CREDENTIALS_OF_PRINCIPAL_MAX:
            raise InvalidArgument(
                f"`{wanted.principal}` has {len(standing)} passwords already; end one of them first"
            )
        password = wanted.password or Secret(secrets.token_urlsafe(PASSWORD_BYTES).encode())
        credential = StoredCredential(
            id=wanted.id or f"{wanted.principal}-{secrets.token_hex(4)}",
            principal=wanted.principal,
            class_name=wanted.class_name,
            verifiers=self._verifiers(password, standing),
            created=now,
            not_before=wanted.not_before,
            expires=expires,
        )
        transaction.add(credential, changed=now)
        return Issued(credential, password)

    def _verifiers(
        self, password: Secret, standing: Sequence[StoredCredential]
    ) -> tuple[Secret, ...]:
        """SCRAM sends one salt before it knows which password a client has: all that hold at one
        time share it (and its rounds). The passwords are random, so this helps nobody to guess.
        """
        texts = []
        for mechanism in MECHANISMS:
            known = [one.challenge(mechanism) for one in standing]
            shared = next((one for one in known if one is not None), None)
            if shared is None:
                rounds, salt = self._bundle.iterations, secrets.token_bytes(SALT_BYTES)
            else:
                rounds, salt = shared[0], base64.b64decode(shared[1])
            text = self._make_verifier(password.value, rounds, mechanism, salt)
            texts.append(Secret(text.encode()))
        return tuple(texts)

    async def rotate(self, caller: Caller, identifier: str, overlap: int | None = None) -> Issued:
        """Give a principal another password; the old one holds for the overlap (milliseconds)."""
        async with self._changing:
            issued = await asyncio.to_thread(self._rotate, caller, identifier, overlap)
        await self._enforcer.forget()
        if overlap == 0:
            await self._enforcer.end(identifier, caller.principal, "rotated without an overlap")
        return issued

    def _rotate(self, caller: Caller, identifier: str, overlap: int | None) -> Issued:
        now = self._clock()
        with self._change() as (transaction, enter):
            old = transaction.get(identifier)
            if old.state(now) is not State.ACTIVE:
                what = f"credential `{identifier}` is {old.state(now)}; add another one"
                raise InvalidArgument(what)
            if old.successor is not None:
                raise InvalidArgument(f"`{identifier}` was rotated already to `{old.successor}`")
            cadence = self._class(old.class_name) or CredentialClass(name=DEFAULT_CLASS)
            end = now + (cadence.overlap if overlap is None else overlap)
            end = end if old.expires is None else min(end, old.expires)
            wanted = Wanted(old.principal, class_name=old.class_name)
            expires = None if cadence.lifetime is None else now + cadence.lifetime
            issued = self._issue(transaction, wanted, now, expires)
            fields = {"expires": end, "successor": issued.credential.id, "expiry_warned": now}
            old = transaction.update(identifier, fields, changed=now)
            enter(old, "rotated", caller)
            enter(issued.credential, "added", caller, f"takes the place of `{identifier}`")
        return issued

    async def disable(self, caller: Caller, identifier: str, reason: str) -> StoredCredential:
        """Let nobody in by it until it is enabled; connections end within a second."""
        return await self._end(caller, identifier, "disabled", reason)

    async def revoke(self, caller: Caller, identifier: str, reason: str) -> StoredCredential:
        """Let nobody in by it ever again; connections end within a second."""
        return await self._end(caller, identifier, "revoked", reason)

    async def _end(
        self, caller: Caller | None, identifier: str, change: str, reason: str
    ) -> StoredCredential:
        async with self._changing:
            ended = await asyncio.to_thread(self._mark_ended, caller, identifier, change, reason)
        owner = "streamward" if caller is None else caller.principal
        await self._enforcer.end(identifier, owner, reason)
        await self._enforcer.forget()
        return ended

    def _mark_ended(
        self, caller: Caller | None, identifier: str, change: str, reason: str
    ) -> StoredCredential:
        now = self._clock()
        with self._change() as (transaction, enter):
            before = transaction.get(identifier)
            if before.revoked or (change == "disabled" and before.disabled is not None):
                raise InvalidArgument(f"credential `{identifier}` is {before.state(now)} already")
            fields = {"disabled": before.disabled or now, "reason": reason}
            if change == "revoked":
                fields["revoked"] = True
            after = transaction.update(identifier, fields, changed=now)
            enter(after, change, caller, reason)
        return after

    async def enable(self, caller: Caller, identifier: str, reason: str) -> StoredCredential:
        """Let in by it again what was disabled. Raises InvalidArgument for what was revoked."""
        async with self._changing:
            after = await asyncio.to_thread(self._enable, caller, identifier, reason)
        await self._enforcer.forget()
        await self._enforcer.restore(identifier, caller.principal, reason)
        return after

    def _enable(self, caller: Caller, identifier: str, reason: str) -> StoredCredential:
        now = self._clock()
        with self._change() as (transaction, enter):
            before = transaction.get(identifier)
            if before.revoked or before.disabled is None:
                raise InvalidArgument(f"credential `{identifier}` is {before.state(now)}")
            fields = {"disabled": None, "reason": None, "unused_reported": now}
            after = transaction.update(identifier, fields, changed=now)
            enter(after, "enabled", caller, reason)
        return after

    async def remove(self, caller: Caller, identifier: str, reason: str) -> StoredCredential:
        """Forget a credential that has ended. Raises InvalidArgument for one that holds."""
        async with self._changing:
            gone = await asyncio.to_thread(self._remove, caller, identifier, reason)
        await self._enforcer.forget()
        return gone

    def _remove(self, caller: Caller, identifier: str, reason: str) -> StoredCredential:
        with self._change() as (transaction, enter):
            gone = transaction.remove(identifier)
            if not gone.ended(self._clock()):
                # Gateways beside this one feel what has ended, and nothing of what is gone.
                raise InvalidArgument(f"credential `{identifier}` holds; revoke it first")
            enter(gone, "removed", caller, reason)
        return gone

    # What time does

    async def end_what_is_over(self) -> int | None:
        """End those whose time is over; when the next one's is (ms since 1970), if there is one.

        A connection that a credential opened before its end was brought forward feels it so.
        """
        while (found := await asyncio.to_thread(self.store.next_end)) is not None:
            identifier, end = found
            if end > self._clock():
                return end
            with suppress(InvalidArgument):  # another gateway did it meanwhile
                await self._end(None, identifier, "disabled", _OVER)
        return None

    async def keep(self) -> None:
        """Warn of what ends soon, and end what is over, unused or not allowed any longer."""
        now = self._clock()
        for credential in await asyncio.to_thread(self.store.all):
            await self._keep(credential, now)

    async def _keep(self, credential: StoredCredential, now: int) -> None:
        if credential.revoked or credential.disabled is not None:
            return
        # A class that the bundle no longer declares says nothing any more.
        cadence = self._bundle.classes.get(credential.class_name or DEFAULT_CLASS)
        if credential.expires is not None and credential.expires <= now:
            await self._end(None, credential.id, "disabled", _OVER)
            return
        if cadence is None:
            return
        warn_at = None if credential.expires is None else credential.expires - cadence.warn_before
        if warn_at is not None and warn_at <= now and credential.expiry_warned is None:
            await self._report(credential, "expiring", "expiry_warned", "rotate it in time")
        since = max(
            credential.last_used or 0,
            credential.created,
            credential.not_before or 0,
        )
        if cadence.unused_after is None or since + cadence.unused_after > now:
            return
        if cadence.disable_unused:
            await self._end(None, credential.id, "disabled", "nobody has used it for too long")
        elif credential.unused_reported is None:
            await self._report(credential, "unused", "unused_reported", "nobody has used it")

    async def _report(
        self, credential: StoredCredential, change: str, remembered: str, reason: str
    ) -> None:
        def report() -> None:
            now = self._clock()
            with self._change() as (transaction, enter):
                after = transaction.update(credential.id, {remembered: now}, changed=now)
                enter(after, change, None, reason)

        async with self._changing:
            await asyncio.to_thread(report)

    def _class(self, name: str | None) -> CredentialClass | None:
        found = self._bundle.classes.get(name or DEFAULT_CLASS)
        if found is None and name is not None:
            raise NotFound(f"the bundle declares no CredentialClass `{name}`")
        return found

    @contextmanager
    def _change(self) -> Iterator[tuple["Transaction", Enter]]:
        """A transaction, and what enters its changes into the log before it is kept.

        Where the store then can't keep them, that is an entry too: no entry stands for a change
        that did not happen.
        """
        entered: list[tuple[StoredCredential, str, Caller | None]] = []

        def enter(
            credential: StoredCredential, change: str, by: Caller | None, reason: str | None = None
        ) -> None:
            self._enter(credential, change, by, reason)
            entered.append((credential, change, by))

        try:
            with self.store.transaction() as transaction:
                yield transaction, enter
        except BaseException:
            try:
                for each in reversed(entered):
                    self._enter(*each, _NOT_KEPT, succeeded=False)
            except StreamwardError as error:
                log.error("a change that was not kept can't be taken back in the log", cause=error)
            raise

    def _enter(
        self,
        credential: StoredCredential,
        change: str,
        by: Caller | None,
        reason: str | None = None,
        *,
        succeeded: bool = True,
    ) -> None:
        leaf = account_change_event(
            time_milliseconds=self._clock(),
            principal=credential.principal,
            credential=credential.id,
            change=change,
            by=by,
            reason=reason,
            class_name=credential.class_name,
            not_before_milliseconds=credential.not_before,
            expires_milliseconds=credential.expires,
            successor=credential.successor,
            succeeded=succeeded,
        )
        self._recorder.record(leaf)
