"""What the demo found, counted from what really happened."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something that must be so, whether it was, and what was found instead."""

    what: str
    met: bool
    found: str = ""


@dataclass(slots=True)
class Outcome:
    """The numbers of one run, and every expectation with its result."""

    broker: str
    records_written: int = 0
    """Acknowledgements that clients got."""
    records_read: int = 0
    """Records that clients got."""
    denied: int = 0
    """Refusals that clients were told."""
    topics_leaked: int = 0
    """Names of topics in what an intruder got."""
    upstream_addresses_leaked: int = 0
    """Addresses of brokers in what clients got."""
    contained_ms: int | None = None
    """From the entry of the containment to the end of the last live connection; None: never."""
    plaintext_at_broker: int = 0
    """Records of sealed streams that the brokers hold in plaintext."""
    opened_after_shredding: int = 0
    """Records that a reader got opened after their key was destroyed."""
    audit_entries: int = 0
    """Entries of the log."""
    expectations: list[Expectation] = field(default_factory=list)

    def expect(self, what: str, met: bool, found: object = "") -> bool:
        """Keep an expectation; gives whether it was met."""
        self.expectations.append(Expectation(what, met, "" if met else str(found)))
        return met

    @property
    def failed(self) -> list[Expectation]:
        """What was not as it must be."""
        return [each for each in self.expectations if not each.met]

    def document(self) -> dict[str, int | str | None]:
        """The numbers, for machines."""
        return {
            "records_written": self.records_written,
            "records_read": self.records_read,
            "denied": self.denied,
            "topics_leaked": self.topics_leaked,
            "upstream_addresses_leaked": self.upstream_addresses_leaked,
            "contained_ms": self.contained_ms,
            "plaintext_at_broker": self.plaintext_at_broker,
            "opened_after_shredding": self.opened_after_shredding,
            "audit_entries": self.audit_entries,
            "broker": self.broker,
        }
