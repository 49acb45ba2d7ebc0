"""The compiled module, with its errors made ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from streamward.errors import (
    BundleInvalid,
    InvalidArgument,
    PolicyInvalid,
    StreamwardError,
    Unavailable,
)

_CLASSES: Final[dict[str, type[StreamwardError]]] = {
    "policy.invalid": PolicyInvalid,
    "snapshot.invalid": BundleInvalid,
    "entry.invalid": InvalidArgument,
    "invalid": InvalidArgument,
    "journal.invalid": InvalidArgument,
    "log.key": InvalidArgument,
}


def core() -> Any:
    """The compiled module. Raises Unavailable where it is not installed.

    Loaded when it is first needed, so that commands which don't need it work without it.
    """
    try:
        from streamward import _core
    except ImportError as error:
        raise Unavailable("the compiled module `streamward._core` is not installed") from error
    return _core


def core_failure(error: Exception) -> StreamwardError:
    """The error of ours that says what the compiled module's error says."""
    code, message = error.args if len(error.args) == 2 else ("unknown", str(error))
    return _CLASSES.get(str(code), Unavailable)(f"{message} (`{code}`)")


@contextmanager
def core_errors() -> Iterator[None]:
    """Within this block an error of the compiled module becomes a StreamwardError."""
    module = core()
    try:
        yield
    except module.CoreError as error:
        raise core_failure(error) from None
