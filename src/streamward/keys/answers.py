"""What the data plane is told of keys (docs/concepts/boundary.md)."""

import base64
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, StreamwardError
from streamward.keys.data_key import (
    KID,
    DataKey,
    KeyState,
    Purpose,
    Ring,
    RingState,
    context_of,
)
from streamward.keys.holder import KeyHolder
from streamward.keys.places import must_be_its_own
from streamward.keys.ports import KeyRefused, Recorder
from streamward.log import Logger
from streamward.model.entries import key_change_event
from streamward.model.keys import KeyRing
from streamward.secrets import Secret

log = Logger(__name__)

OPEN_MILLISECONDS: Final = 300_000
"""For how long the data plane may open with a key before it asks again."""

REFRESH_AT: Final = 0.8
"""Of a data key's lifetime: then the next one is made, ahead of need."""

KEY_BYTES: Final = (32, 64)
DETERMINISTIC_RECORDS_MAX: Final = 1 << 48
"""AES-GCM-SIV's bound for one key, at 2^-32 (RFC 8452, section 6); nobody counts up to it."""

WRITER_CHARACTERS_MAX: Final = 200
"""Of the name of whoever seals with a key, in the key store."""

_UNKNOWN: Final = {"unknown": True}

Answer = Mapping[str, Any]


class KeyAnswers:
    """Makes data keys and opens wrapped ones. Blocks; a StreamwardError is a retriable trouble.

    INVARIANT: a data key is wrapped, and durable in the store, before anybody has it.
    """

    def __init__(
        self,
        holder: KeyHolder,
        clock: Callable[[], int] = now_milliseconds,
        recorder: Recorder | None = None,
    ) -> None:
        """Without `recorder` nothing is entered: a program that seals by itself has no log."""
        self._holder = holder
        self._clock = clock
        self._recorder = recorder

    def answerers(self) -> dict[str, Callable[[Mapping[str, Any]], Answer]]:
        """By type of question."""
        return {
            "data_key": self.data_key,
            "deterministic_key": self.deterministic_key,
            "open_key": self.open_key,
            "key_facts": self.key_facts,
        }

    def data_key(self, question: Mapping[str, Any]) -> Answer:
        """A new data key of a ring, for whoever asks and nobody else.

        `writer` names the program that gets it through this gateway, where one does.
        """
        declared = self._holder.ring(str(question["ring"]))
        ring = self._begun(declared)
        plain = Secret(secrets.token_bytes(32))
        key = self._wrapped(declared, ring, plain, Purpose.DATA, question.get("writer"))
        self._keep(key, ring)
        return _told(key, plain)

    def deterministic_key(self, question: Mapping[str, Any]) -> Answer:
        """The one deterministic key of a ring, made when it is first asked for."""
        declared = self._holder.ring(str(question["ring"]))
        wanted = int(question.get("bytes", 32))
        if wanted not in KEY_BYTES:
            raise InvalidArgument(f"a deterministic key has 32 or 64 bytes, not {wanted}")
        ring = self._begun(declared)
        found = self._holder.store.deterministic(ring.name)
        if found is None:
            plain = Secret(secrets.token_bytes(wanted))
            made = self._wrapped(declared, ring, plain, Purpose.DETERMINISTIC)
            try:
                self._keep(made, ring)
            except InvalidArgument:
                # Another gateway was faster: its key is the one.
                found = self._holder.store.deterministic(ring.name)
                if found is None:
                    raise
            else:
                return _told(made, plain)
        if found.state is not KeyState.ACTIVE:
            raise KeyRefused(f"the deterministic key of the ring `{ring.name}` is {found.state}")
        if found.key_bytes != wanted:
            what = f"the deterministic key of the ring `{ring.name}` has {found.key_bytes} bytes"
            raise InvalidArgument(f"{what}, not {wanted}")
        return _told(found, self._unwrapped(found))

    def open_key(self, question: Mapping[str, Any]) -> Answer:
        """The data key that a record names, for readers. `unknown`: nobody opens with it.

        SECURITY: a record's `kid` is what somebody wrote into it; it is looked up here and asked of
        the provider that the store names for it, never of a place that it names itself.
        """
        key = self._usable(question["kid"])
        if key is None:
            return _UNKNOWN
        plain = self._unwrapped(key)
        self._opened(key)
        return {
            "ring": key.ring,
            "ring_version": key.ring_version,
            "key": base64.b64encode(plain.value).decode(),
            "until": self._clock() + OPEN_MILLISECONDS,
        }

    def confirm_key(self, question: Mapping[str, Any]) -> Answer:
        """Whether a data key that a program holds may still be used; the provider is asked too."""
        return self.open_key(question)

    def key_facts(self, question: Mapping[str, Any]) -> Answer:
        """What is known of the data key that a record names, and not the key: for a gateway that
        looks at envelopes and opens none. `unknown`: nobody opens with it.
        """
        key = self._usable(question["kid"])
        if key is None:
            return _UNKNOWN
        return {
            "ring": key.ring,
            "ring_version": key.ring_version,
            "purpose": key.purpose.value,
            "until": self._clock() + OPEN_MILLISECONDS,
        }

    def _usable(self, kid: object) -> DataKey | None:
        """The key of this name, where it may open."""
        if not isinstance(kid, str) or KID.fullmatch(kid) is None:
            return None
        found = self._holder.store.key(kid)
        if found is None:
            return None
        key, ring = found
        usable = ring.state is RingState.ACTIVE and key.state is KeyState.ACTIVE
        # A ring that the bundle no longer declares opens for nobody.
        if not usable or key.wrapped is None or ring.name not in self._holder.settings.rings:
            return None
        return key

    def _begun(self, declared: KeyRing) -> Ring:
        """The ring as it is, begun where it is first used; its provider's key is made then."""
        found = self._holder.store.ring(declared.name)
        if found is None:
            must_be_its_own(self._holder, declared.name, declared.provider, declared.key)
            self._holder.provider(declared.provider).create(declared.key)
            now = self._clock()
            ring = Ring(
                name=declared.name,
                state=RingState.ACTIVE,
                version=1,
                provider=declared.provider,
                provider_key=declared.key,
                created=now,
                changed=now,
            )
            self._add(ring)
            found = self._holder.store.ring(declared.name) or ring
        must_be_active(found)
        return found

    def _add(self, ring: Ring) -> None:
        try:
            with self._holder.store.transaction() as transaction:
                transaction.add_ring(ring)
                transaction.claim(ring.provider, ring.provider_key, ring.name)
                if self._recorder is not None:
                    self._recorder.record(
                        key_change_event(
                            time_milliseconds=ring.created,
                            ring=ring.name,
                            change="begun",
                            by=None,
                            ring_version=ring.version,
                            provider=ring.provider,
                            provider_key=ring.provider_key,
                        )
                    )
        except InvalidArgument:
            # Another gateway was faster, with this ring or with another one of this key.
            if self._holder.store.ring(ring.name) is None:
                raise

    def _wrapped(
        self,
        declared: KeyRing,
        ring: Ring,
        plain: Secret,
        purpose: Purpose,
        program: object = None,
    ) -> DataKey:
        kid = secrets.token_hex(16)
        context = context_of(kid, ring.name, ring.version, purpose)
        # What the store says: another key of the bundle's comes with the next rotation.
        provider = self._holder.provider(ring.provider)
        wrapped = provider.wrap(ring.provider_key, plain, context)
        now = self._clock()
        bounded = purpose is Purpose.DATA
        writer = self._holder.settings.writer
        if program is not None:
            writer = f"{program} at {writer}"
        return DataKey(
            kid=kid,
            ring=ring.name,
            ring_version=ring.version,
            purpose=purpose,
            provider=ring.provider,
            provider_key=ring.provider_key,
            provider_version=wrapped.version,
            wrapped=wrapped.ciphertext,
            key_bytes=len(plain.value),
            records_max=declared.data_keys.records_max if bounded else None,
            writer=writer[:WRITER_CHARACTERS_MAX],
            created=now,
            expires=now + declared.data_keys.lifetime if bounded else None,
            changed=now,
        )

    def _keep(self, key: DataKey, ring: Ring) -> None:
        """Store a key unless its ring has changed since it was wrapped."""
        with self._holder.store.transaction() as transaction:
            now = transaction.ring(ring.name, lock=True)
            if now is None or now.version != ring.version:
                raise KeyRefused(f"the ring `{ring.name}` was rotated meanwhile; ask again")
            must_be_active(now)
            transaction.add_key(key)

    def _unwrapped(self, key: DataKey) -> Secret:
        provider = self._holder.provider(key.provider)
        plain = provider.unwrap(key.provider_key, key.under, key.context)
        if len(plain.value) != key.key_bytes:
            raise KeyRefused(f"the data key `{key.kid}` has another length than it was made with")
        return plain

    def _opened(self, key: DataKey) -> None:
        try:
            self._holder.store.opened(key.kid, self._clock())
        except StreamwardError as error:
            log.warning("use of a data key not remembered", cause=error)


def must_be_active(ring: Ring) -> None:
    """Raises KeyRefused for a ring that seals nothing."""
    if ring.state is not RingState.ACTIVE:
        words = {RingState.CONDEMNED: "to be destroyed", RingState.DESTROYING: "being destroyed"}
        raise KeyRefused(f"the ring `{ring.name}` is {words.get(ring.state, ring.state)}")


def _told(key: DataKey, plain: Secret) -> Answer:
    if key.expires is None:
        records_max, refresh = DETERMINISTIC_RECORDS_MAX, None
    else:
        records_max = key.records_max or 1
        refresh = key.created + int((key.expires - key.created) * REFRESH_AT)
    return {
        "kid": key.kid,
        "key": base64.b64encode(plain.value).decode(),
        "ring_version": key.ring_version,
        "records_max": records_max,
        "expires": key.expires,
        "refresh": refresh,
    }
