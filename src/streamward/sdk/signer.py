"""Signs one record, or verifies it, with the signature of docs/reference/signature.md."""

import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from streamward._core import (
    CoreError,
    RecordSigningKey,
    RecordVerifyingKey,
    SignedOrigin,
    sign_record,
    signed_together,
    verify_record,
    verify_together,
)
from streamward.forks import PerProcess
from streamward.model.signing import Signing
from streamward.sdk.ports import NotSignable, RecordRefused
from streamward.sdk.sealer import Headers, Parts

SIGNATURE = "streamward.signature"
"""The header that holds the signature, always the last one."""

_HELD: Final = nullcontext()


@dataclass(frozen=True, slots=True)
class SignedStream:
    """A stream, or all that start with a prefix: where it is at home, and which keys verify."""

    name: str
    is_prefix: bool
    tenant: str | None
    cluster: str
    sign: Signing
    keys: tuple[RecordVerifyingKey, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed a record, and its place among the producer's."""

    producer: str
    run: bytes
    counter: int


class SignedStreams:
    """Finds how a topic is signed, as the gateway does: by its name, else by its longest prefix."""

    def __init__(self, streams: Iterable[SignedStream]) -> None:
        listed = tuple(streams)
        self._names: Mapping[str, SignedStream] = {
            each.name: each for each in listed if not each.is_prefix
        }
        prefixes = [each for each in listed if each.is_prefix]
        self._prefixes = sorted(prefixes, key=lambda each: -len(each.name))

    def of(self, topic: str) -> SignedStream | None:
        """The stream that a topic is, by its own name; None: it is not signed."""
        found = self._names.get(topic)
        if found is None:
            found = next((each for each in self._prefixes if topic.startswith(each.name)), None)
        return None if found is None else replace(found, name=topic, is_prefix=False)


class _Run:
    """What one process has signed: its counters, under a name that nobody else has."""

    def __init__(self) -> None:
        self.name: Final = secrets.token_bytes(16)
        self.counters: Final[dict[tuple[str, int | None], int]] = {}
        self.lock: Final = threading.Lock()


class Signer:
    """Signs records before they leave this process, and verifies those of others.

    Records of streams that are not signed pass as they are. May be used from several threads. A
    process that is forked begins a run of its own.
    """

    def __init__(
        self,
        streams: SignedStreams,
        producer: str | None = None,
        key: RecordSigningKey | None = None,
    ) -> None:
        """`producer` is the principal as which the program logs in; without a `key` it only
        verifies.
        """
        self._streams = streams
        self._producer = producer
        self._key = key
        self._run = PerProcess(_Run)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Signer stays in its process: open another one there")

    def sign(self, topic: str, parts: Parts, timestamp: int, partition: int | None = None) -> Parts:
        """A record with its signature as the last header; `timestamp` is in ms since 1970.

        Records of a topic must leave in the order in which they were signed: where several threads
        write, use `signing`. Raises NotSignable.
        """
        with self.signing(topic, parts, timestamp, partition) as signed:
            return signed

    @contextmanager
    def signing(
        self, topic: str, parts: Parts, timestamp: int, partition: int | None = None
    ) -> Iterator[Parts]:
        """As `sign`, and no other thread signs before the record has been handed on.

        Where that raises, the record has not left: the next one gets its counter.
        """
        stream = self._by_producer(topic)
        if stream is None:
            yield parts
            return
        run = self._run.value
        with run.lock, self._counted(run, stream, parts, timestamp, partition) as signed:
            yield signed

    @contextmanager
    def signing_meanwhile(
        self, topic: str, parts: Parts, timestamp: int, partition: int | None = None
    ) -> Iterator[Parts]:
        """As `signing` for coroutines, which may wait in it: nobody else is held up.

        Whoever calls it hands on one record of a place (topic, and partition where that is bound)
        after the other. Where others have signed for it meanwhile, what did not leave is a gap.
        """
        stream = self._by_producer(topic)
        if stream is None:
            yield parts
            return
        run = self._run.value
        with self._counted(run, stream, parts, timestamp, partition, run.lock) as signed:
            yield signed

    def _by_producer(self, topic: str) -> SignedStream | None:
        stream = self._streams.of(topic)
        return None if stream is None or stream.sign.by == "gateway" else stream

    @contextmanager
    def _counted(
        self,
        run: _Run,
        stream: SignedStream,
        parts: Parts,
        timestamp: int,
        partition: int | None,
        lock: AbstractContextManager[Any] = _HELD,
    ) -> Iterator[Parts]:
        """`lock` is taken for the counter alone; without one it is held already."""
        bound = stream.sign.partition_bound
        if bound and (partition is None or partition < 0):
            what = f"records of `{stream.name}` are bound to their partition"
            raise NotSignable(f"{what}: name it when you produce")
        place = (stream.name, partition if bound else None)
        with lock:
            counter = run.counters.get(place, 0)
            signature = self._signature(stream, parts, timestamp, place[1], (run.name, counter))
            run.counters[place] = counter + 1
        try:
            yield replace(parts, headers=(*parts.headers, (SIGNATURE, signature)))
        except (KeyboardInterrupt, SystemExit):
            # It may have left: readers refuse a counter that comes twice, and only miss a gap's.
            raise
        except BaseException:
            with lock:
                if run.counters[place] == counter + 1:
                    run.counters[place] = counter
            raise

    def _signature(
        self,
        stream: SignedStream,
        parts: Parts,
        timestamp: int,
        partition: int | None,
        counted: tuple[bytes, int],
    ) -> bytes:
        topic = stream.name
        if self._key is None or self._producer is None:
            raise NotSignable(f"`{topic}` is signed by its producers: give a key and a principal")
        try:
            return sign_record(
                SignedOrigin(stream.tenant, stream.cluster, topic),
                self._key,
                self._producer,
                *counted,
                partition=partition,
                timestamp=timestamp if stream.sign.timestamp_bound else None,
                record_key=parts.key,
                value=parts.value,
                headers=_wire(parts.headers),
            )
        except CoreError as error:
            raise NotSignable(f"`{topic}`: {error.args[1]}") from error
        except UnicodeEncodeError as error:
            raise NotSignable(f"`{topic}`: the name of a header is no text") from error

    def binds_partition(self, topic: str) -> bool:
        """Whether the counters of a topic's producers are those of each partition."""
        stream = self._streams.of(topic)
        return stream is not None and stream.sign.partition_bound

    def verify(
        self, topic: str, parts: Parts, timestamp: int, partition: int | None
    ) -> tuple[Parts, Signed | None]:
        """The record without its signature, and who signed it; None in a stream that isn't signed.

        Raises RecordRefused for what is not signed by a key of the stream, for this place. What the
        gateway opened has no signature any more: it has verified it.
        """
        stream = self._streams.of(topic)
        if stream is None:
            return parts, None
        sign = stream.sign
        try:
            producer, run, counter = verify_record(
                self._origins(stream),
                list(stream.keys),
                partition=partition if sign.partition_bound else None,
                timestamp_bound=sign.timestamp_bound,
                timestamp=timestamp,
                record_key=parts.key,
                value=parts.value,
                headers=_wire(parts.headers),
            )
        except CoreError as error:
            whole = ": what is signed `each: whole_batch` is verified by a gateway"
            hint = whole if sign.each == "whole_batch" else ""
            raise RecordRefused(f"`{topic}`: {error.args[1]}{hint}") from error
        except UnicodeEncodeError as error:
            raise RecordRefused(f"`{topic}`: the name of a header is no text") from error
        return replace(parts, headers=tuple(parts.headers)[:-1]), Signed(producer, run, counter)

    def verify_together(
        self, topic: str, records: Sequence[tuple[Parts, int]], partition: int | None
    ) -> list[Signed]:
        """Who signed each of these records, given with their timestamps, in a stream that is
        signed: the first holds the signature of all.

        Raises RecordRefused where they are not what was signed, all of it, for this place.
        """
        stream = self._streams.of(topic)
        if stream is None:
            raise RecordRefused(f"`{topic}` is not signed")
        sign = stream.sign
        try:
            judged = verify_together(
                self._origins(stream),
                list(stream.keys),
                [
                    (timestamp, parts.key, parts.value, _wire(parts.headers))
                    for parts, timestamp in records
                ],
                partition=partition if sign.partition_bound else None,
                timestamp_bound=sign.timestamp_bound,
            )
        except CoreError as error:
            raise RecordRefused(f"`{topic}`: {error.args[1]}") from error
        except UnicodeEncodeError as error:
            raise RecordRefused(f"`{topic}`: the name of a header is no text") from error
        return [Signed(*each) for each in judged]

    def _origins(self, stream: SignedStream) -> list[SignedOrigin]:
        # Others by their own documents, as the gateway takes them.
        others = (self._streams.of(name) for name in stream.sign.accepts_from)
        return [
            SignedOrigin(each.tenant, each.cluster, each.name)
            for each in (stream, *others)
            if each is not None
        ]


def together(headers: Headers) -> int | None:
    """Of how many records the last of these headers is the signature, if of several that verify
    only together.
    """
    signature = headers[-1][1] if headers and headers[-1][0] == SIGNATURE else None
    try:
        return None if signature is None else signed_together(signature)
    except CoreError:
        return None


def _wire(headers: Headers) -> list[tuple[bytes, bytes | None]]:
    return [(name.encode(), value) for name, value in headers]
