"""Follows signed streams at the brokers beside a gateway; what is irregular becomes an alert."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from streamward import clock
from streamward.app.signing import signer_for
from streamward.audit import SavedState
from streamward.contracts.sealing import text_of
from streamward.contracts.signing import signed_streams
from streamward.errors import StreamwardError, Unavailable
from streamward.log import Logger
from streamward.model.alert import Alert, Severity
from streamward.model.document import Bundle
from streamward.model.entries.alert import alert_event
from streamward.model.topology import Cluster
from streamward.posture import gateway_access
from streamward.posture.ports import Access
from streamward.secrets import Secret

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

    from streamward.sdk.counters import Finding
    from streamward.sdk.following import SignatureFollower

log = Logger(__name__)

Answer = Callable[[str, bool], Secret]

LOOK_SECONDS: Final = 30.0
"""How often new partitions are looked for; what fails is tried again then."""

READ_SECONDS: Final = 1.0

TOKEN_SECONDS: Final = 60.0
"""How long a token is taken for good; librdkafka asks again when four fifths of it are over."""

_METADATA_SECONDS: Final = 10.0


class Recorder(Protocol):
    """Whoever writes the log; durable when it returns."""

    def record(self, entry: bytes) -> int:
        """Enter this leaf; raises StreamwardError."""
        ...


def followed(bundle: Bundle) -> tuple[tuple[str, bool], ...]:
    """Streams whose `sign` says `follow`: names, and prefixes (True)."""
    return tuple(
        (text_of(declared), declared.name is None)
        for declared, sign in signed_streams(bundle)
        if sign.follow
    )


class FollowedPlace:
    """The cursor in a file, findings as alerts in the log."""

    def __init__(self, saved: SavedState, recorder: Recorder) -> None:
        self._saved = saved
        self._recorder = recorder

    def load(self) -> Mapping[str, Any]:
        """What was saved last."""
        saved = self._saved.load()
        return {} if saved is None else saved.state

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep it; raises Unavailable where the file can't be written."""
        try:
            self._saved.save("", dict(state))
        except OSError as error:
            raise Unavailable("the place in signed streams can't be saved") from error

    def enter(self, finding: "Finding") -> None:
        """Enter an alert; the same finding has the same id, before and after a restart."""
        where = f"partition {finding.partition}, offset {finding.offset}"
        alert = Alert(
            detection=f"signing.{finding.irregularity}",
            title=f"`{finding.topic}`, {where}: {finding.what}",
            severity=Severity.HIGH,
            entity_type="Stream",
            entity_name=finding.topic,
            entries=(),
            time_milliseconds=clock.now_milliseconds(),
            place=where,
        )
        self._recorder.record(alert_event(alert))


class BrokerReader:
    """Reads what lies at the brokers of a cluster, as the gateway logs in to them."""

    def __init__(self, settings: Mapping[str, Any], streams: Sequence[tuple[str, bool]]) -> None:
        from confluent_kafka import Consumer, KafkaException

        self._settings = dict(settings)
        self._streams = streams
        self._admin: AdminClient | None = None
        chosen = {
            **self._settings,
            "group.id": "streamward-signatures",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # What was aborted has counters, too.
            "isolation.level": "read_uncommitted",
        }
        try:
            self._consumer = Consumer(chosen)
        except KafkaException as error:
            raise Unavailable("signed streams can't be followed with these settings") from error

    def close(self) -> None:
        """End the connections."""
        self._consumer.close()
        self._admin = None

    def partitions(self) -> Mapping[tuple[str, int], tuple[int, int]]:
        """The partitions that are there now, and their ends. Raises Unavailable."""
        from confluent_kafka import KafkaException, TopicPartition

        try:
            topics = self._consumer.list_topics(timeout=_METADATA_SECONDS).topics
            return {
                (name, partition): self._consumer.get_watermark_offsets(
                    TopicPartition(name, partition), timeout=_METADATA_SECONDS
                )
                for name, topic in topics.items()
                if any(
                    name.startswith(text) if prefix else name == text
                    for text, prefix in self._streams
                )
                for partition in topic.partitions
            }
        except (KafkaException, TypeError) as error:
            raise Unavailable("brokers don't say what signed streams hold") from error

    def assign(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Go on from these offsets. Raises Unavailable."""
        from confluent_kafka import KafkaException, TopicPartition

        wanted = [TopicPartition(topic, index, at) for (topic, index), at in offsets.items()]
        try:
            self._consumer.assign(wanted)
        except KafkaException as error:
            raise Unavailable("signed streams can't be read from where they were left") from error

    def read(self, records_max: int, seconds: float) -> Sequence[Any]:
        """The next records. Raises Unavailable for what brokers refuse."""
        from confluent_kafka import KafkaException

        try:
            messages = self._consumer.consume(records_max, seconds)
        except KafkaException as error:
            raise Unavailable("signed streams can't be followed") from error
        for message in messages:
            if message.error() is not None:
                raise Unavailable(f"signed streams can't be followed: {message.error()}")
        return messages

    def compacts(self, topic: str) -> bool | None:
        """What the topic's configuration says; None where brokers don't tell."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import (  # type: ignore[attr-defined]
            AdminClient,
            ConfigResource,
            ResourceType,
        )

        asked = ConfigResource(ResourceType.TOPIC, topic)
        try:
            # Held until it has answered: a client that goes takes its questions with it.
            if self._admin is None:
                self._admin = AdminClient(self._settings)
            [told] = self._admin.describe_configs([asked]).values()
            return "compact" in told.result(_METADATA_SECONDS)["cleanup.policy"].value
        except (KafkaException, KeyError, TimeoutError):
            return None


def librdkafka(
    bootstrap: Sequence[str], access: Access, token: Callable[[], str]
) -> dict[str, Any]:
    """What librdkafka needs to log in as the gateway does; `token` gives the newest one."""
    settings: dict[str, Any] = {"bootstrap.servers": ",".join(bootstrap)}
    if access.tls:
        for name, pem in (
            ("ssl.ca.pem", access.ca),
            ("ssl.certificate.pem", access.certificate),
            ("ssl.key.pem", access.key),
        ):
            if pem is not None:
                settings[name] = pem.decode()
    if access.mechanism == "OAUTHBEARER":
        settings |= {
            "sasl.mechanism": access.mechanism,
            "oauth_cb": _Bearer(token, access.extensions),
        }
    elif access.mechanism is not None:
        settings |= {
            "sasl.mechanism": access.mechanism,
            "sasl.username": access.username,
            "sasl.password": access.password,
        }
    layers = ("SASL_" if access.mechanism else "") + ("SSL" if access.tls else "PLAINTEXT")
    return settings | {"security.protocol": layers}


class _Bearer:
    """Answers librdkafka's question for a token (KIP-255), in a thread of the library."""

    def __init__(self, token: Callable[[], str], extensions: Mapping[str, str]) -> None:
        self._token = token
        self._extensions = dict(extensions)

    def __call__(self, _: str) -> tuple[str, float, str, dict[str, str]]:
        try:
            token = self._token()
        except StreamwardError as error:
            # The library drops what is raised, and asks again after 10 s.
            log.warning("there is no token to follow signed streams with", cause=error)
            raise
        # Whoever holds the token renews it in time: it is asked for again, not believed for long.
        ends = clock.now_milliseconds() / 1000 + TOKEN_SECONDS
        return token, ends, "", self._extensions


class SignatureFollowing:
    """A worker beside a gateway: follows the streams of its bundle whose `sign` says `follow`."""

    def __init__(
        self, bundle: Callable[[], Bundle], answer: Answer, recorder: Recorder, state: Path
    ) -> None:
        self._bundle = bundle
        self._answer = answer
        self._recorder = recorder
        self._state = state

    async def run(self) -> None:
        """Follow until cancelled; what fails is told and tried again."""
        ended = threading.Event()
        try:
            while True:
                try:
                    await asyncio.to_thread(self.follow, ended=ended)
                except StreamwardError as error:
                    log.warning("signed streams are not followed", code=error.code, cause=error)
                except Exception as error:  # noqa: BLE001 - the next look must come
                    log.warning("signed streams are not followed", cause=error)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            ended.set()

    def follow(self, *, once: bool = False, ended: threading.Event | None = None) -> None:
        """Follow each cluster until the bundle changes, or `ended`; `once`: to the end of what is
        there. A cluster that fails is told and does not hold up the others.
        """
        bundle = self._bundle()
        streams = followed(bundle)
        if not streams:
            return
        followers: dict[str, tuple[SignatureFollower, BrokerReader]] = {}
        try:
            for cluster in bundle.of(Cluster):
                with self._alone(cluster.name, followers):
                    followers[cluster.name] = self._follower(bundle, cluster, streams)
                    followers[cluster.name][0].look()
            due = clock.monotonic_seconds() + LOOK_SECONDS
            while followers and not (ended is not None and ended.is_set()):
                judged = 0
                for name, (follower, _) in tuple(followers.items()):
                    with self._alone(name, followers):
                        judged += follower.step(READ_SECONDS)
                if self._bundle() is not bundle or (once and not judged):
                    break
                if clock.monotonic_seconds() >= due:
                    break
            for name, (follower, _) in tuple(followers.items()):
                with self._alone(name, followers):
                    follower.save()
        finally:
            for _, reader in followers.values():
                reader.close()

    @contextmanager
    def _alone(
        self, name: str, followers: dict[str, tuple["SignatureFollower", BrokerReader]]
    ) -> Iterator[None]:
        """What fails of a cluster ends following it, until the next look, and nothing else."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - other clusters are followed on
            log.warning("a cluster's signed streams are not followed", target=name, cause=error)
            failed = followers.pop(name, None)
            if failed is not None:
                failed[1].close()

    def _follower(
        self, bundle: Bundle, cluster: Cluster, streams: Sequence[tuple[str, bool]]
    ) -> tuple["SignatureFollower", BrokerReader]:
        from streamward.sdk.following import SignatureFollower

        signer = signer_for(bundle, cluster.name, self._answer)
        access = gateway_access(cluster, self._answer)

        def token() -> str:
            return gateway_access(cluster, self._answer).token

        reader = BrokerReader(librdkafka(cluster.bootstrap, access, token), streams)
        saved = SavedState(self._state / f"signatures-{cluster.name}.json")
        try:
            return SignatureFollower(reader, signer, FollowedPlace(saved, self._recorder)), reader
        except BaseException:
            reader.close()
            raise
