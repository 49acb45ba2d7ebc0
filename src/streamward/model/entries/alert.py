"""Alerts."""

from streamward.model.alert import Alert
from streamward.model.entries.common import REASON_CHARACTERS_MAX, event_of
from streamward.model.event import Kind, canonical


def alert_event(alert: Alert) -> bytes:
    """What looks wrong, as a canonical leaf. Its time is that of the entry that triggered it."""
    document = event_of(
        2004,
        (1, "Create"),
        alert.time_milliseconds,
        alert.severity,
        {
            "kind": Kind.ALERT,
            "reason": alert.title[:REASON_CHARACTERS_MAX],
            "alert": {
                "id": alert.id,
                "detection": alert.detection,
                "title": alert.title[:REASON_CHARACTERS_MAX],
                "severity": str(alert.severity),
                "entity": {"type": alert.entity_type, "name": alert.entity_name},
                "entries": [str(index) for index in alert.entries],
                "techniques": list(alert.techniques),
            },
        },
    )
    document["status_id"] = 1
    document["finding_info"] = {"title": alert.title[:REASON_CHARACTERS_MAX], "uid": alert.id}
    if alert.techniques:
        document["finding_info"]["attacks"] = [
            {"technique": {"uid": technique}} for technique in alert.techniques
        ]
    return canonical(document)
