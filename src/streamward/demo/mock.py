"""librdkafka's mock cluster, by the C interface of the library that confluent-kafka brings along.

The client setting `test.mock.num.brokers` would start one too, but not let it be told anything.
"""

import ctypes
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import cimpl

from streamward.errors import Unavailable

_PRODUCER: Final = 0
_ERROR_BYTES: Final = 512

_Pointer = ctypes.c_void_p
_Text = ctypes.c_char_p
_Int = ctypes.c_int
_Size = ctypes.c_size_t
_SIGNATURES: Final[Mapping[str, tuple[Any, tuple[Any, ...]]]] = {
    "rd_kafka_conf_new": (_Pointer, ()),
    "rd_kafka_conf_destroy": (None, (_Pointer,)),
    "rd_kafka_conf_set": (_Int, (_Pointer, _Text, _Text, _Text, _Size)),
    "rd_kafka_new": (_Pointer, (_Int, _Pointer, _Text, _Size)),
    "rd_kafka_destroy": (None, (_Pointer,)),
    "rd_kafka_mock_cluster_new": (_Pointer, (_Pointer, _Int)),
    "rd_kafka_mock_cluster_destroy": (None, (_Pointer,)),
    "rd_kafka_mock_cluster_bootstraps": (_Text, (_Pointer,)),
    "rd_kafka_mock_topic_create": (_Int, (_Pointer, _Text, _Int, _Int)),
    "rd_kafka_mock_set_apiversion": (
        _Int,
        (_Pointer, ctypes.c_int16, ctypes.c_int16, ctypes.c_int16),
    ),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, (_Pointer, ctypes.c_int32)),
}


def _library() -> dict[str, Callable[..., Any]]:
    """The functions of librdkafka, wherever confluent-kafka has it from. Raises Unavailable."""
    library = ctypes.CDLL(cimpl.__file__)
    found: dict[str, Callable[..., Any]] = {}
    for name, (result, arguments) in _SIGNATURES.items():
        try:
            function = getattr(library, name)
        except AttributeError as error:
            raise Unavailable(f"this build of librdkafka lacks `{name}`") from error
        function.restype, function.argtypes = result, list(arguments)
        found[name.removeprefix("rd_kafka_")] = function
    return found


class MockCluster:
    """A running mock cluster; `close` ends it."""

    def __init__(self, brokers: int) -> None:
        self._call = _library()
        self._client = self._new_client()
        self._cluster = self._call["mock_cluster_new"](self._client, brokers)
        if not self._cluster:
            self._call["destroy"](self._client)
            raise Unavailable("librdkafka's mock cluster did not start")

    def _new_client(self) -> int:
        """A client that owns the cluster and does nothing else."""
        settings = self._call["conf_new"]()
        reason = ctypes.create_string_buffer(_ERROR_BYTES)
        self._call["conf_set"](settings, b"log_level", b"0", reason, _ERROR_BYTES)
        client = self._call["new"](_PRODUCER, settings, reason, _ERROR_BYTES)
        if not client:
            self._call["conf_destroy"](settings)
            raise Unavailable(f"librdkafka did not start: {reason.value.decode(errors='replace')}")
        return int(client)

    @property
    def bootstrap(self) -> str:
        """`host:port,…` of every broker."""
        found: bytes = self._call["mock_cluster_bootstraps"](self._cluster)
        return found.decode()

    def create_topic(self, name: str, partitions: int) -> None:
        """Make a topic that is not there yet. Raises Unavailable."""
        code = self._call["mock_topic_create"](self._cluster, name.encode(), partitions, 1)
        if code != 0:
            raise Unavailable(f"the mock cluster did not make `{name}`: error {code}")

    def serve(self, api: int, newest: int) -> None:
        """Serve versions 0 to `newest` of an API and no others. Raises Unavailable."""
        code = self._call["mock_set_apiversion"](self._cluster, api, 0, newest)
        if code != 0:
            raise Unavailable(f"the mock cluster has no API {api}: error {code}")

    def join_at_once(self) -> None:
        """Don't wait three seconds for further members of a consumer group."""
        self._call["mock_group_initial_rebalance_delay_ms"](self._cluster, 0)

    def close(self) -> None:
        """End the cluster and its client; a second call does nothing."""
        cluster, self._cluster = self._cluster, None
        if cluster:
            self._call["mock_cluster_destroy"](cluster)
            self._call["destroy"](self._client)
