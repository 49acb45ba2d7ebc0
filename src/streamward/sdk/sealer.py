"""Seals and opens one record, with the envelope of docs/reference/envelope.md."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

from streamward._core import CoreError, StreamHome, envelope_key, open_part, seal_part
from streamward.model.sealing import Sealing
from streamward.sdk.keyring import KeyRings
from streamward.sdk.ports import KeySource, NotSealable, RecordRefused, StreamSource
from streamward.sdk.streams import SealedStream

Headers = Sequence[tuple[str, bytes | None]]

KEYS_MAX: Final = 10
"""Data keys that are tried for one record, where other threads are faster each time."""

_KEY_IS_GONE: Final = ("record.spent_key", "record.inherited_key")
"""Another thread had the rest of it, or it is that of the process which this was forked from."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a record is made of, as it lies on the wire or as a program sees it."""

    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    def __repr__(self) -> str:
        """SECURITY: what a record says has no business in a log or a traceback."""
        shown = [None if part is None else "***" for part in (self.key, self.value)]
        return f"Parts(key={shown[0]}, value={shown[1]}, headers={len(self.headers)})"


class Sealer:
    """Seals records before they leave this process, and opens them in it.

    Records of streams that are not sealed pass as they are. May be used from several threads. A
    process that is forked asks for keys of its own.
    """

    def __init__(self, streams: StreamSource, keys: KeySource, *, by_stream: bool = False) -> None:
        """With `by_stream` a key that was got for one stream is used for no other."""
        self._streams = streams
        self._rings = KeyRings(keys, by_stream=by_stream)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Sealer stays in its process: open another one there")

    def forget_keys(self) -> None:
        """Let go of every key that is held: those that were revoked don't serve a moment longer."""
        self._rings.forget()

    def seal(self, topic: str, parts: Parts, partition: int | None = None) -> Parts:
        """A record as it may leave.

        Raises NotSealable for a record that the stream's declaration does not fit, and what asking
        for a key raises.
        """
        stream = self._streams.of(topic, "seal")
        if stream is None:
            return parts
        bound = _partition(topic, stream.seal, partition)
        with _errors(topic, NotSealable):
            for _ in range(KEYS_MAX - 1):
                try:
                    return self._sealed(stream, parts, bound)
                except CoreError as error:
                    if error.args[0] not in _KEY_IS_GONE:
                        raise
            return self._sealed(stream, parts, bound)

    def _sealed(self, stream: SealedStream, parts: Parts, partition: int | None) -> Parts:
        seal, home, key = stream.seal, _home(stream, stream.name), parts.key
        if key is not None and seal.key == "deterministic":
            key = seal_part(home, self._rings.deterministic(seal.ring, stream.name), "key", key)
        wanted = sum(name in seal.headers for name, _ in parts.headers)
        data_key = self._rings.sealing(seal.ring, 1 + wanted, stream.name)

        def sealed(part: str, content: bytes, header: str | None = None) -> bytes:
            return seal_part(
                home, data_key, part, content, header=header, record_key=key, partition=partition
            )

        value = parts.value
        if value is not None and seal.value:
            value = sealed("value", value)
        headers = tuple(
            (name, sealed("header", content, name))
            if content is not None and name in seal.headers
            else (name, content)
            for name, content in parts.headers
        )
        return Parts(key, value, headers)

    def open(self, topic: str, parts: Parts, partition: int | None = None) -> Parts:
        """A record as its reader may see it. A null value (a tombstone) stays one.

        Raises RecordRefused for plaintext, and for what was changed, moved, or shredded.
        """
        stream = self._streams.of(topic, "open")
        if stream is None:
            return parts
        seal = stream.seal
        bound = partition if seal.partition_bound else None
        homes = [_home(stream, name) for name in (topic, *seal.accepts_from)]

        def opened(part: str, content: bytes, header: str | None = None) -> bytes:
            key = self._rings.opening(envelope_key(content), topic)
            return open_part(
                homes, key, part, content, header=header, record_key=parts.key, partition=bound
            )

        with _errors(topic, RecordRefused):
            value = parts.value
            if value is not None and seal.value:
                value = opened("value", value)
            headers = tuple(
                (name, opened("header", content, name))
                if content is not None and name in seal.headers
                else (name, content)
                for name, content in parts.headers
            )
            key = parts.key
            if key is not None and seal.key == "deterministic":
                key = opened("key", key)
        return Parts(key, value, headers)


def _home(stream: SealedStream, name: str) -> StreamHome:
    return StreamHome(stream.tenant, stream.cluster, name, stream.data_class, stream.seal.ring)


def _partition(topic: str, seal: Sealing, partition: int | None) -> int | None:
    if not seal.partition_bound:
        return None
    if partition is None or partition < 0:
        what = f"records of `{topic}` are bound to their partition: name it when you produce"
        raise NotSealable(what)
    return partition


@contextmanager
def _errors(topic: str, kind: type[RecordRefused | NotSealable]) -> Iterator[None]:
    try:
        yield
    except CoreError as error:
        raise kind(f"`{topic}`: {error.args[1]}") from error
