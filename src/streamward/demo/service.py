"""Plays the demo: brokers, gateway, scenes, and what the log says about them in the end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException

from streamward.app import Paths
from streamward.audit.service import Tail
from streamward.audit.tail import Choice
from streamward.demo.brokers import Brokers, MockBrokers, RealBrokers
from streamward.demo.exposed import judge_exposure
from streamward.demo.folder import write_folder
from streamward.demo.outcome import Outcome
from streamward.demo.plaintext import judge_brokers
from streamward.demo.running import RunningGateway
from streamward.demo.scenes import SCENES
from streamward.demo.scenes.scene import TOPICS, Props
from streamward.demo.stage import Stage, Tone
from streamward.demo.trail import Ledger, Trail, ranges_of_log, readable
from streamward.errors import InvalidArgument, StreamwardError
from streamward.model.event import Entry, Event, Kind

ENTRIES_SHOWN: Final = 24
WITHOUT_RIGHTS: Final = ("analytics-batch", "contractor", "settlement")
"""Who tries something in a scene that it may not."""
SHREDDED: Final = "sealing:unknown_key"
"""The rule by which a record is refused whose key was destroyed."""


def brokers_of(kind: str, stage: Stage) -> Brokers:
    """`mock` or `kafka`. Raises InvalidArgument for anything else."""
    if kind == "mock":
        return MockBrokers()
    if kind == "kafka":
        return RealBrokers(stage.progress)
    raise InvalidArgument(f"`{kind}` is no broker of the demo: there are `mock` and `kafka`")


def play(stage: Stage, brokers: Brokers, work: Path, audit_dir: Path | None = None) -> Outcome:
    """Play all scenes; everything that was started has ended when this returns or raises.

    Files are written to `work`, and the log to `audit_dir` where one is named, which must be new or
    empty. Raises StreamwardError where a part of the demo can't start.
    """
    audit = (audit_dir or work / "audit").absolute()
    if audit.exists() and (not audit.is_dir() or any(audit.iterdir())):
        raise InvalidArgument(f"`{audit}` is not an empty folder: the demo begins a log of its own")
    outcome = Outcome(brokers.label)
    stage.progress(f"starting brokers: {brokers.label}")
    with brokers:
        brokers.create_topics(*TOPICS)
        stage.progress("writing a bundle, its certificates and passwords")
        folder = write_folder(work / "bundle", brokers.addresses)
        stage.progress("starting the gateway")
        trail = Trail(audit)
        ledger = Ledger()
        paths = Paths(state=work / "state", audit=audit)
        with RunningGateway(folder.path, paths) as gateway:
            props = Props(folder, paths.socket, brokers, trail, ledger, stage, outcome)
            policy = gateway.policy_version
            stage.tell(f"policy {policy} is in force")
            stage.tell(f"gateway: localhost:{folder.port} in front of {_broker_list(brokers)}")
            _play_scenes(props)
            stage.progress("stopping the gateway")
        judge_brokers(brokers, ledger, stage, outcome)
    _judge_log(trail, ledger, policy, stage, outcome)
    judge_exposure(trail, audit, work, ledger, stage, outcome)
    return outcome


def _broker_list(brokers: Brokers) -> str:
    places = ", ".join(f"{host}:{port}" for host, port in brokers.addresses)
    return f"{places} ({brokers.label})"


def _play_scenes(props: Props) -> None:
    """A scene that breaks off is a failed expectation, and the next one begins."""
    for scene in SCENES:
        props.stage.scene(scene.title, scene.meaning)
        try:
            scene().play(props)
        except (StreamwardError, KafkaException, OSError) as error:
            props.stage.tell(f"broke off: {error}", Tone.ALARM)
            what = f"the scene `{scene.title}` can be played"
            props.outcome.expect(what, False, f"{type(error).__name__}: {error}")


def _judge_log(trail: Trail, ledger: Ledger, policy: str, stage: Stage, outcome: Outcome) -> None:
    """Show the log's end, and compare all of it with what the clients know."""
    stage.scene(
        "The log",
        "Each entry was durable before its answer left; this is what `streamward audit tail` "
        "prints of it.",
    )
    entries = trail.entries()
    stage.entries(Tail(trail.readers, Choice()).present(ENTRIES_SHOWN))
    outcome.records_written = ledger.count("Write")
    outcome.records_read = ledger.count("Read")
    outcome.audit_entries = len(entries)
    policies = {entry.event.streaming.policy_version for entry in entries} - {None}
    stage.tell(f"{len(entries)} entries; policy {', '.join(sorted(map(str, policies)))}")
    outcome.expect("one policy decided all of it", policies == {policy}, policies)
    outcome.expect("every entry can be read, in order", readable(entries))
    denied = {event.streaming.principal for event in _denials(entries)}
    what = "nobody is denied but those who must be"
    outcome.expect(what, denied == set(WITHOUT_RIGHTS), sorted(map(str, denied)))
    _compare(entries, ledger, stage, outcome)


def _denials(entries: list[Entry]) -> Iterator[Event]:
    """Every denial, except of records whose key was destroyed before."""
    shredded = False
    for event in (entry.event for entry in entries):
        key = event.streaming.key
        shredded |= event.kind == Kind.KEY_CHANGE and key is not None and key.change == "destroyed"
        if event.kind == Kind.DENIED and not (shredded and event.streaming.rules == (SHREDDED,)):
            yield event


def _compare(entries: list[Entry], ledger: Ledger, stage: Stage, outcome: Outcome) -> None:
    """Offsets and counts, access by access: equal, not about equal."""
    told = ledger.ranges()
    try:
        logged = ranges_of_log(entry.event for entry in entries)
    except ValueError as error:
        outcome.expect("the log knows every offset", False, error)
        return
    for access in sorted(told.keys() | logged.keys()):
        principal, stream, action = access
        count, same = logged.get(access, (0, {}))[0], told.get(access) == logged.get(access)
        stage.tell(
            f"{principal} {action.lower()} {stream}: {count} records in the log, "
            f"{'exactly the offsets' if same else 'NOT the offsets'} that the client counted",
            Tone.ALLOWED if same else Tone.ALARM,
        )
        what = f"the log has what `{principal}` could {action.lower()} of `{stream}`"
        outcome.expect(what, same, f"client {told.get(access)}, log {logged.get(access)}")
