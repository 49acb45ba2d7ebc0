"""Proves that brokers refuse everyone but the gateway, by trying."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from streamward.errors import StreamwardError, Unavailable
from streamward.posture.attempts import attempts
from streamward.posture.client import LiveBroker, Unreachable
from streamward.posture.finding import Finding, Severity
from streamward.posture.inventory import BrokerListener, Brokers
from streamward.posture.judge import findings
from streamward.posture.ports import Access, Attempt

PARALLEL_MAX: Final = 16
BROKERS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Checked:
    """What was tried on a cluster, and what is wrong with it."""

    cluster: str
    attempts: tuple[Attempt, ...]
    findings: tuple[Finding, ...]


def check_cluster(
    cluster: str, bootstrap: Sequence[str], gateway: Access, known: tuple[str, Access] | None
) -> Checked:
    """Look at a cluster's listeners as the gateway, then try them as everyone else.

    Never raises for what brokers do: a cluster that can't be looked at is a finding.
    """
    try:
        brokers = _brokers(bootstrap, gateway)
    except (StreamwardError, Unreachable, OSError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        what = f"the gateway can't log in there itself, so nothing is proved: {said[:200]}"
        change = "look at `bootstrap`, `tls` and `sasl` of the cluster"
        finding = Finding(Severity.HIGH, cluster, ",".join(bootstrap), what, change)
        return Checked(cluster, (), (finding,))
    listeners = brokers.listeners()

    def tried(listener: BrokerListener) -> list[Attempt]:
        return list(attempts(listener, known, brokers.topics))

    with ThreadPoolExecutor(PARALLEL_MAX) as pool:
        made = [attempt for each in pool.map(tried, listeners) for attempt in each]
    return Checked(cluster, tuple(made), tuple(findings(cluster, brokers, made)))


def _brokers(bootstrap: Sequence[str], gateway: Access) -> Brokers:
    failure: Exception | None = None
    for address in bootstrap:
        host, _, port = address.rpartition(":")
        try:
            with LiveBroker(host.strip("[]"), int(port), gateway) as broker:
                addresses, topics = broker.metadata()
        except (StreamwardError, Unreachable, OSError) as error:
            failure = error
            continue
        if len(addresses) > BROKERS_MAX:
            raise Unavailable(f"the cluster tells of more than {BROKERS_MAX} brokers")
        return Brokers(addresses, _settings(addresses, gateway), topics)
    raise failure or Unavailable("the cluster has no bootstrap address")


def _settings(addresses: dict[int, tuple[str, int]], gateway: Access) -> dict[int, dict[str, str]]:
    """Each broker knows its own settings only."""

    def ask(node: int) -> dict[str, str] | None:
        host, port = addresses[node]
        try:
            with LiveBroker(host, port, gateway) as broker:
                return broker.settings(node)
        except (StreamwardError, Unreachable, OSError):
            return None

    with ThreadPoolExecutor(PARALLEL_MAX) as pool:
        answers = zip(addresses, pool.map(ask, addresses), strict=True)
        return {node: settings for node, settings in answers if settings is not None}
