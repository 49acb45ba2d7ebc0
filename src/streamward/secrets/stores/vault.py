"""HashiCorp Vault and OpenBao: KV version 1 and 2, and engines that make secrets on demand.

https://developer.hashicorp.com/vault/api-docs and https://openbao.org/api-docs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from streamward.clock import monotonic_seconds, now_milliseconds
from streamward.secrets.material import (
    MATERIAL_BYTES_MAX,
    MaterialMissing,
    MaterialRefused,
    Secret,
)
from streamward.secrets.ports import Lease, Reading, SecretUnavailable, StoreSettings
from streamward.secrets.reference import Location

T = TypeVar("T")

TOKEN_RENEW_AT: Final = 2 / 3
FIELDS_MAX: Final = 1_000
_EXTRA: Final = "install the extra that speaks to Vault: `pip install 'streamward[vault]'`"


@dataclass(frozen=True, slots=True)
class Engine:
    """What is mounted at a path of Vault."""

    mount: str
    type: Literal["kv-v1", "kv-v2", "dynamic"]
    parameters: tuple[tuple[str, str], ...] = ()
    """For engines that make secrets by writing, such as PKI: what is written."""


@dataclass(frozen=True, slots=True)
class VaultLogin:
    """How the gateway proves itself; `secret` gives the token, secret id or JWT when asked."""

    method: Literal["token", "approle", "kubernetes"]
    mount: str
    role: str
    secret: Callable[[], Secret] = field(repr=False, compare=False)
    reference: str = ""
    """Where `secret` reads from: two logins are the same where this is."""


@dataclass(frozen=True, slots=True)
class VaultOptions:
    """Where Vault is and what is in it."""

    address: str
    login: VaultLogin
    engines: tuple[Engine, ...]
    namespace: str | None = None
    ca_file: str | None = None
    timeout_seconds: float = 5.0


class Vault:
    """One Vault or OpenBao, logged in when it is first asked."""

    def __init__(self, settings: StoreSettings) -> None:
        assert isinstance(settings.options, VaultOptions)
        self._name = settings.name
        self._options = settings.options
        self._client: Any = None
        self._token_due: float | None = None
        self._token_ends: float | None = None

    def read(self, location: Location) -> Reading:
        """The secret at `MOUNT/PATH`."""
        engine, path = self._engine(location.path)
        client = self._logged_in()
        what = f"`{location.path}`"
        match engine.type:
            case "kv-v2":
                version = None if location.version is None else int(location.version)
                answer = self._ask(
                    what,
                    lambda: client.secrets.kv.v2.read_secret_version(
                        path=path,
                        mount_point=engine.mount,
                        version=version,
                        raise_on_deleted_version=True,
                    ),
                )
                return _kv2(answer, what)
            case "kv-v1":
                self._no_version(location)
                answer = self._ask(
                    what,
                    lambda: client.secrets.kv.v1.read_secret(path=path, mount_point=engine.mount),
                )
                return Reading(_values(answer.get("data"), what))
            case "dynamic":
                self._no_version(location)
                return self._make(client, engine, location.path, what)

    def _make(self, client: Any, engine: Engine, path: str, what: str) -> Reading:
        if engine.parameters:
            data = dict(engine.parameters)
            answer = self._ask(what, lambda: client.write_data(path, data=data))
        else:
            answer = self._ask(what, lambda: client.read(path))
        if answer is None:
            raise MaterialMissing(f"the secret store `{self._name}` has nothing at {what}")
        lease = _lease(answer)
        if lease is None:
            raise MaterialRefused(f"{what} was made without a lease or an end: declare it as `kv`")
        return Reading(_values(answer.get("data"), what), None, lease)

    def renew(self, lease: Lease) -> Lease:
        """Ask for as long as at first; the answer may be shorter."""
        client = self._logged_in()
        seconds = int(lease.seconds)
        answer = self._ask(
            "a lease", lambda: client.sys.renew_lease(lease_id=lease.id, increment=seconds)
        )
        longer = _lease(answer)
        if longer is None:
            raise MaterialRefused(f"the secret store `{self._name}` doesn't lend for longer")
        return longer

    def revoke(self, lease: Lease) -> None:
        """End a lease now."""
        client = self._logged_in()
        self._ask("a lease", lambda: client.sys.revoke_lease(lease_id=lease.id))

    def asked(self, what: str, ask: Callable[[Any], T]) -> T:
        """What another engine answers, by hvac's client; `what` names what is asked for.

        Raises as `read` does.
        """
        client = self._logged_in()
        return self._ask(what, lambda: ask(client))

    def tend(self) -> bool:
        """Renew the token, or log in again where it can't be renewed."""
        if self._client is None or self._token_due is None:
            return True
        if monotonic_seconds() < self._token_due:
            return True
        try:
            answer = self._ask("its token", self._client.auth.token.renew_self)
            before = self._token_ends or 0.0
            self._remember(answer.get("auth") or {})
            if (self._token_ends or before) > before:
                return True
        except MaterialRefused:
            pass
        self._client = None
        self._logged_in()
        return False

    def _engine(self, path: str) -> tuple[Engine, str]:
        """The engine with the longest mount that the path lies under, and the rest of the path."""
        found = [each for each in self._options.engines if path.startswith(f"{each.mount}/")]
        if not found:
            mounts = "`, `".join(each.mount for each in self._options.engines)
            raise MaterialRefused(
                f"`{path}` is under no engine of the secret store `{self._name}` (`{mounts}`)"
            )
        engine = max(found, key=lambda each: len(each.mount))
        return engine, path.removeprefix(f"{engine.mount}/")

    def _no_version(self, location: Location) -> None:
        if location.version is not None:
            raise MaterialRefused(f"`{location.path}` has no versions: only `kv-v2` does")

    def _logged_in(self) -> Any:
        if self._client is not None:
            return self._client
        client = self._connect()
        login, options = self._options.login, self._options
        secret = login.secret().value.decode("ascii", "replace").strip()
        what = "a login"
        match login.method:
            case "token":
                client.token = secret
                answer = self._ask(what, client.auth.token.lookup_self)
                data = answer.get("data") or {}
                auth = {"lease_duration": data.get("ttl"), "renewable": data.get("renewable")}
            case "approle":
                answer = self._ask(
                    what,
                    lambda: client.auth.approle.login(
                        role_id=login.role, secret_id=secret, mount_point=login.mount
                    ),
                )
                auth = answer.get("auth") or {}
            case _:
                answer = self._ask(
                    what,
                    lambda: client.auth.kubernetes.login(
                        role=login.role, jwt=secret, mount_point=login.mount
                    ),
                )
                auth = answer.get("auth") or {}
        if not client.token:
            raise SecretUnavailable(f"`{options.address}` answers a login with no token")
        self._remember(auth)
        self._client = client
        return client

    def _connect(self) -> Any:
        try:
            import hvac
        except ImportError as error:
            raise MaterialRefused(f"`vault:` references need hvac: {_EXTRA}") from error
        options = self._options
        client = hvac.Client(
            url=options.address,
            timeout=options.timeout_seconds,
            namespace=options.namespace or "",
            verify=options.ca_file or True,
            # SECURITY: a redirect would carry the token to whoever it names.
            allow_redirects=False,
        )
        # SECURITY: nobody else's token, from the environment or a file in the home directory.
        client.token = None
        return client

    def _remember(self, auth: Mapping[str, Any]) -> None:
        seconds = auth.get("lease_duration")
        now = monotonic_seconds()
        if isinstance(seconds, int) and seconds > 0:
            self._token_due = now + TOKEN_RENEW_AT * seconds
            self._token_ends = now + seconds
        else:
            self._token_due = self._token_ends = None

    def _ask(self, what: str, ask: Callable[[], T]) -> T:
        """One call. What the library says isn't told: it may repeat what was sent."""
        import hvac.exceptions as failure
        from requests import RequestException  # noqa: TID251 - hvac speaks through it

        try:
            return ask()
        except failure.InvalidPath:
            raise MaterialMissing(
                f"the secret store `{self._name}` has nothing at {what}"
            ) from None
        except (failure.Forbidden, failure.Unauthorized):
            # The token may have been revoked: the next call logs in anew.
            self._client = None
            raise MaterialRefused(f"the secret store `{self._name}` refuses {what}") from None
        except failure.InvalidRequest:
            raise MaterialRefused(
                f"the secret store `{self._name}` refuses {what} as malformed"
            ) from None
        except (failure.VaultError, RequestException) as error:
            # Sealed, standby, over its rate, timed out, unknown authority.
            kind = type(error).__name__
            raise SecretUnavailable(
                f"the secret store `{self._name}` at `{self._options.address}` fails: {kind}"
            ) from None


def _kv2(answer: Mapping[str, Any], what: str) -> Reading:
    body = answer.get("data")
    metadata = body.get("metadata") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(metadata, dict):
        raise MaterialRefused(f"{what} isn't in an engine of type `kv-v2`")
    version = metadata.get("version")
    return Reading(_values(body.get("data"), what), None if version is None else str(version))


def _values(data: object, what: str) -> dict[str | None, Secret]:
    if not isinstance(data, dict) or len(data) > FIELDS_MAX:
        raise MaterialRefused(f"{what} is not made of fields")
    values: dict[str | None, Secret] = {}
    for name, value in data.items():
        # Lists and objects are no secrets of ours: whoever refers to one is told there is none.
        if isinstance(value, str) and len(value) <= MATERIAL_BYTES_MAX:
            values[str(name)] = Secret(value.encode())
    return values


def _lease(answer: Mapping[str, Any]) -> Lease | None:
    """The lease, or the end that the secret itself names (PKI's `expiration`, seconds)."""
    identifier, seconds = answer.get("lease_id"), answer.get("lease_duration")
    # KV version 1 tells a duration without a lease: when to look again, and not an end.
    if identifier and isinstance(seconds, int) and seconds > 0:
        return Lease(str(identifier), float(seconds), bool(answer.get("renewable")))
    data = answer.get("data")
    end = data.get("expiration") if isinstance(data, dict) else None
    if isinstance(end, int):
        left = end - now_milliseconds() / 1000
        if left > 0:
            return Lease("", left, renewable=False)
    return None
