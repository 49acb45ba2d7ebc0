"""Choosing entries and saying them in one line."""

from dataclasses import dataclass
from typing import Final

import msgspec

from streamward.model.event import Entry, Event, Kind
from streamward.model.event_bodies import ControlBody, OffsetRange
from streamward.model.moment import format_moment

RANGES_SHOWN_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries to show; what is empty chooses everything."""

    kinds: frozenset[str] = frozenset()
    principal: str | None = None
    stream: str | None = None

    def takes(self, event: Event) -> bool:
        """Whether the event is chosen."""
        streaming = event.streaming
        if self.kinds and streaming.kind not in self.kinds:
            return False
        if self.principal is not None and self.principal not in _principals(event):
            return False
        return self.stream is None or self.stream in _streams(event)


def _principals(event: Event) -> set[str]:
    streaming = event.streaming
    found = {streaming.principal} if streaming.principal else set()
    for named in _subjects(event):
        if named[0] == "principal":
            found.add(named[1])
    return found


def _streams(event: Event) -> set[str]:
    resource = event.streaming.resource
    found = {resource.name} if resource and resource.type == "Stream" else set()
    return found | {name for kind, name in _subjects(event) if kind == "stream"}


def _subjects(event: Event) -> list[tuple[str, str]]:
    """What an alert or a containment is about; types compare in lower case."""
    streaming = event.streaming
    subjects = []
    if streaming.alert:
        subjects.append((streaming.alert.entity.type.lower(), streaming.alert.entity.name))
    if streaming.containment:
        subjects.append((streaming.containment.target.type, streaming.containment.target.name))
    return subjects


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as a person reads it; a field that says nothing is empty."""

    index: int
    time: str
    kind: str
    who: str
    what: str
    decision: str
    why: str


def chosen(entry: Entry, choice: Choice) -> Line | None:
    """The entry's line where it is chosen; an entry that can't be read is always shown."""
    try:
        event = entry.event
    except msgspec.DecodeError as error:
        return Line(entry.index, "", "unreadable", "", str(error), "", "")
    return line(entry.index, event) if choice.takes(event) else None


def line(index: int, event: Event) -> Line:
    """The entry in one line."""
    streaming = event.streaming
    return Line(
        index=index,
        time=format_moment(event.time),
        kind=streaming.kind,
        who=_who(event),
        what=_what(event),
        decision=_decision(event),
        why=_why(event),
    )


def _who(event: Event) -> str:
    name = event.streaming.principal or (event.actor.user.name if event.actor else "")
    source = event.place
    return f"{name}@{source}" if name and source else name or source or ""


def _what(event: Event) -> str:
    streaming = event.streaming
    if streaming.alert:
        return f"{streaming.alert.detection}: {streaming.alert.title}"
    if streaming.containment:
        body = streaming.containment
        return f"{body.verb} {body.target.type} {body.target.name} ({body.id})"
    if streaming.control:
        return _control(streaming.control)
    if streaming.key:
        key, target = streaming.key, streaming.resource
        stream = f"for {target.name}" if target else None
        return " ".join(filter(None, (key.change, key.ring, key.kid, stream)))
    if streaming.secret:
        return f"{streaming.secret.operation} {', '.join(streaming.secret.references)}"
    if streaming.kind in (Kind.SESSION_AUTHORIZED, Kind.ACCESS_CHANGE):
        return f"{event.activity_name} {', '.join(streaming.roles)}"
    resource = streaming.resource
    parts = [
        streaming.action or streaming.api or streaming.mechanism or event.activity_name or "",
        f"{resource.type}:{resource.name}" if resource else "",
        _ranges(streaming.ranges),
        f"×{streaming.count}" if streaming.count and streaming.count > 1 else "",
    ]
    return " ".join(part for part in parts if part)


def _control(control: ControlBody) -> str:
    """The verb and, short, what it was asked to do."""
    arguments = control.arguments
    target = arguments.get("target")
    if isinstance(target, dict):
        arguments = {**arguments, "target": f"{target.get('type')}:{target.get('name')}"}
    told = [f"{name}={value}" for name, value in sorted(arguments.items())]
    return " ".join([control.verb, *told])


def _ranges(ranges: tuple[OffsetRange, ...]) -> str:
    shown = [f"[{r.partition}] {r.first}..{r.last}" for r in ranges[:RANGES_SHOWN_MAX]]
    more = len(ranges) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _decision(event: Event) -> str:
    streaming = event.streaming
    if streaming.decision:
        return streaming.decision
    if streaming.containment:
        return streaming.containment.change
    if streaming.alert:
        return streaming.alert.severity
    if streaming.kind in (Kind.AUTHENTICATION, Kind.KEY_CHANGE):
        return "success" if event.succeeded else "failure"
    return ""


def _why(event: Event) -> str:
    streaming = event.streaming
    if streaming.containment:
        body = streaming.containment
        return f"{body.owner}: {body.reason}"
    if streaming.alert:
        return ", ".join(streaming.alert.techniques)
    rules = ", ".join(streaming.rules)
    return rules or streaming.reason or ""
