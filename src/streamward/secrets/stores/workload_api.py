"""The SPIFFE Workload API: the gateway's own X.509-SVID, its key, and the trust bundles.

https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md. An agent (SPIRE's, for
one) streams them over a Unix socket, and says who the gateway is by looking at its process.
"""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streamward.clock import monotonic_seconds, now_milliseconds
from streamward.secrets.material import MaterialMissing, MaterialRefused, Secret
from streamward.secrets.ports import Lease, Reading, SecretUnavailable, StoreSettings
from streamward.secrets.reference import Location

ENDPOINT_SOCKET: Final = "SPIFFE_ENDPOINT_SOCKET"
SVID: Final = "svid"
BUNDLE: Final = "bundle"
RECONNECT_SECONDS: Final = 1.0
"""Between two attempts to speak to an agent that doesn't answer."""

OVERDUE_SHARE: Final = 0.75
"""Of what is left of an SVID: an agent that has sent no other by then is asked anew. Agents send
one at half of its life."""

_EXTRA: Final = "install the extra that speaks to it: `pip install 'streamward[spiffe]'`"


@dataclass(frozen=True, slots=True)
class WorkloadApiOptions:
    """Where the agent is, and whom it must say that the gateway is."""

    trust_domain: str
    spiffe_id: str | None = None
    """Without it, the first that the agent gives: the default identity."""
    socket: str | None = None
    """`unix:PATH`; without it, what SPIFFE_ENDPOINT_SOCKET says."""
    timeout_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class _Given:
    """One message of the stream, in PEM."""

    svid: Mapping[str | None, Secret]
    bundles: Mapping[str | None, Secret]
    spiffe_id: str
    ends_milliseconds: int


class WorkloadApi:
    """One agent. A stream of its messages runs on a thread of its own from the first read on."""

    def __init__(self, settings: StoreSettings) -> None:
        assert isinstance(settings.options, WorkloadApiOptions)
        self._name = settings.name
        self._options = settings.options
        self._told = threading.Condition()
        self._client: Any = None
        self._handle: Any = None
        self._streams = 0
        """Counts them: what an older one still says is not heard."""
        self._given: _Given | None = None
        self._problem: Exception | None = None
        self._fresh = False
        """Something came that nobody has read yet."""
        self._connect_at = 0.0
        self._hear_by = 0.0
        """When the stream that runs is given up, unless the agent says something before."""

    def read(self, location: Location) -> Reading:
        """The SVID with its key, or the bundles, as the agent gave them last."""
        given = self._last()
        left = (given.ends_milliseconds - now_milliseconds()) / 1_000
        if left <= 0:
            raise SecretUnavailable(
                f"the SVID that the Workload API of `{self._name}` gave has expired"
            )
        if location.path not in (SVID, BUNDLE):
            raise MaterialMissing(
                f"the Workload API has no `{location.path}`: `{SVID}`, `{BUNDLE}`"
            )
        values = given.svid if location.path == SVID else given.bundles
        # Bundles say nothing of how long they hold: as long as the agent last proved to be there.
        return Reading(values, given.spiffe_id, Lease("", left, renewable=False))

    def renew(self, lease: Lease) -> Lease:
        """Nothing is renewed: the agent sends the next one by itself."""
        raise SecretUnavailable("an SVID is not renewed, but replaced")

    def revoke(self, lease: Lease) -> None:
        """An SVID can't be given back."""

    def tend(self) -> bool:
        """False where the agent has sent something that nobody has read yet. Never waits.

        Speaks to the agent again where it had gone.
        """
        with self._told:
            if self._given is None and self._problem is None and self._handle is None:
                return True  # nobody has asked yet
            self._connect()
            fresh, self._fresh = self._fresh, False
        return not fresh

    def close(self) -> None:
        """Speak to the agent no more."""
        with self._told:
            self._end_stream()
            self._given = None

    def _last(self) -> _Given:
        deadline = monotonic_seconds() + self._options.timeout_seconds
        with self._told:
            self._connect()
            while self._given is None and self._problem is None:
                left = deadline - monotonic_seconds()
                if left <= 0 or not self._told.wait(left):
                    raise SecretUnavailable(f"the Workload API of `{self._name}` does not answer")
            if self._problem is not None:
                raise self._problem
            assert self._given is not None
            self._fresh = False
            return self._given

    def _connect(self) -> None:
        """Begin a stream where none runs, or where the agent is silent on it for too long."""
        now = monotonic_seconds()
        if self._handle is not None and now >= self._hear_by:
            # An agent that hangs, or whose machine went to sleep, ends no stream.
            self._end_stream()
        if self._handle is not None or now < self._connect_at:
            return
        self._connect_at = now + RECONNECT_SECONDS
        self._hear_by = now + max(self._options.timeout_seconds, RECONNECT_SECONDS)
        self._streams += 1
        if self._given is None:
            self._problem = None
        try:
            self._handle = self._stream(self._streams)
        except (MaterialRefused, SecretUnavailable) as error:
            self._fail(error)

    def _stream(self, number: int) -> Any:
        socket = self._options.socket or os.environ.get(ENDPOINT_SOCKET, "")
        if not socket:
            raise MaterialRefused(f"`{self._name}` has no `socket`, nor is {ENDPOINT_SOCKET} set")
        try:
            from grpc import RpcError
            from spiffe import WorkloadApiClient
            from spiffe.errors import PySpiffeError
        except ImportError as error:
            raise MaterialRefused(f"the Workload API is not available: {_EXTRA}") from error
        try:
            self._client = WorkloadApiClient(socket)
            return self._client.stream_x509_contexts(
                self._heard(number, self._take),
                self._heard(number, self._break),
                retry_connect=False,
            )
        except (PySpiffeError, RpcError, OSError, RuntimeError, ValueError) as error:
            raise SecretUnavailable(f"the Workload API at `{socket}` can't be used") from error

    def _heard(self, number: int, then: Callable[[Any], None]) -> Callable[[Any], None]:
        def hear(what: Any) -> None:
            with self._told:
                if number == self._streams:
                    then(what)

        return hear

    def _take(self, context: Any) -> None:
        try:
            given = self._judged(context)
        except (MaterialRefused, ValueError, TypeError) as error:
            # What came before holds until it ends, as when the agent does not answer.
            refused = isinstance(error, MaterialRefused)
            self._problem = error if refused else MaterialRefused(f"`{self._name}`: {error}")
        else:
            self._given, self._problem = given, None
            left = (given.ends_milliseconds - now_milliseconds()) / 1_000
            wait = max(left * OVERDUE_SHARE, RECONNECT_SECONDS)
            self._hear_by = monotonic_seconds() + wait
        self._fresh = True
        self._told.notify_all()

    def _break(self, error: Exception) -> None:
        self._end_stream()
        what = f"the Workload API of `{self._name}` does not serve the gateway: {error}"
        self._fail(SecretUnavailable(what))

    def _fail(self, error: Exception) -> None:
        self._problem = error
        self._told.notify_all()

    def _end_stream(self) -> None:
        handle, self._handle = self._handle, None
        client, self._client = self._client, None
        self._streams += 1
        if handle is not None:
            handle.cancel()
        if client is not None:
            client.close()

    def _judged(self, context: Any) -> _Given:
        from cryptography.hazmat.primitives import serialization

        pem = serialization.Encoding.PEM
        wanted = self._options.spiffe_id
        svid = next(
            (each for each in context.x509_svids if wanted in (None, str(each.spiffe_id))), None
        )
        if svid is None:
            raise MaterialRefused(
                f"the Workload API of `{self._name}` gives no SVID of `{wanted}`; register the "
                "gateway's process as it"
            )
        domain = str(svid.spiffe_id.trust_domain)
        # SECURITY: an agent of another trust domain must not make the gateway somebody there.
        if domain != self._options.trust_domain:
            raise MaterialRefused(
                f"the Workload API of `{self._name}` is of the trust domain `{domain}`, and "
                f"`{self._options.trust_domain}` is declared"
            )
        if svid.private_key.public_key() != svid.leaf.public_key():
            raise MaterialRefused(
                f"the Workload API of `{self._name}` gives a key that is not its SVID's"
            )
        key = svid.private_key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = b"".join(each.public_bytes(pem) for each in svid.cert_chain)
        bundles: dict[str | None, Secret] = {
            str(each.trust_domain): Secret(b"".join(sorted(map(_pem, each.x509_authorities))))
            for each in context.x509_bundle_set.bundles
        }
        return _Given(
            {"certificate": Secret(chain), "key": Secret(key)},
            bundles,
            str(svid.spiffe_id),
            int(svid.leaf.not_valid_after_utc.timestamp() * 1_000),
        )


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return bytes(certificate.public_bytes(serialization.Encoding.PEM))
