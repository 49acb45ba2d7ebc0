"""What a client asks first: which APIs in which versions."""

import struct

import pytest

from tests.support.endpoints import Endpoint
from tests.support.messages import Api, decode_response
from tests.support.raw import RawClient

UNSUPPORTED_VERSION = 35


@pytest.mark.parametrize("version", range(5))
def test_every_version_is_answered(endpoint: Endpoint, apis: dict[str, Api], version: int) -> None:
    values = {"ClientSoftwareName": "raw", "ClientSoftwareVersion": "1"}
    with RawClient(endpoint) as client:
        answer = client.request(apis["ApiVersions"], version, values)
    assert answer["ErrorCode"] == 0
    assert {0, 1, 3, 18} <= {each["ApiKey"] for each in answer["ApiKeys"]}


def test_a_newer_client_is_told_so_in_the_oldest_form(
    endpoint: Endpoint, apis: dict[str, Api]
) -> None:
    request = struct.pack(">hhih", 18, 99, 7, 3) + b"raw\0" + b"\4raw\2" + b"1\0"
    with RawClient(endpoint) as client:
        client.socket.sendall(struct.pack(">i", len(request)) + request)
        correlation, answer = decode_response(apis["ApiVersions"], 0, client.read_frame())
    assert correlation == 7
    assert answer["ErrorCode"] == UNSUPPORTED_VERSION
