"""What is known of a ring, and whether its wrapped keys open."""

from dataclasses import dataclass

from streamward.errors import StreamwardError
from streamward.keys.data_key import DataKey, Ring
from streamward.keys.holder import KeyHolder
from streamward.model.keys import KeyRing


@dataclass(frozen=True, slots=True)
class RingReport:
    """A declared ring, and what has become of it; None: it was never used."""

    name: str
    declared: KeyRing | None
    ring: Ring | None
    keys: tuple[DataKey, ...]

    @property
    def state(self) -> str:
        """In one word."""
        return "unused" if self.ring is None else self.ring.state.value


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the wrapped keys of a ring open."""

    ring: str
    opened: int
    failures: tuple[tuple[str, str], ...]
    """Data key and why it doesn't open."""

    @property
    def sound(self) -> bool:
        """Whether all do."""
        return not self.failures


def checked(holder: KeyHolder, report: RingReport) -> Checked:
    """Open every wrapped key of a ring, and forget it again. Blocks."""
    opened, failures = 0, []
    for key in report.keys:
        if key.wrapped is None:
            continue
        try:
            provider = holder.provider(key.provider)
            plain = provider.unwrap(key.provider_key, key.under, key.context)
        except StreamwardError as error:
            failures.append((key.kid, str(error)))
            continue
        if len(plain.value) == key.key_bytes:
            opened += 1
        else:
            failures.append((key.kid, "it has another length than it was made with"))
    return Checked(report.name, opened, tuple(failures))
