import io
import json
import logging
from collections.abc import Iterator

import pytest

from streamward.log import KEYS, VALUE_CHARACTERS_MAX, Logger, configure


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    made = io.StringIO()
    configure(stream=made)
    yield made
    root.handlers, root.level = before, level


def test_a_line_is_one_json_object_with_its_keys(stream: io.StringIO) -> None:
    Logger("streamward.test").warning("it\nhappened", socket="/x\ny", count=3)

    (line,) = stream.getvalue().splitlines()
    document = json.loads(line)
    assert document["message"] == "it\nhappened"
    assert (document["level"], document["socket"], document["count"]) == ("warning", "/x\ny", 3)
    assert document["time"].endswith("Z")


def test_a_key_that_is_not_in_the_list_is_a_fault_of_ours(stream: io.StringIO) -> None:
    assert "password" not in KEYS
    with pytest.raises(AssertionError, match="password"):
        Logger("streamward.test").info("it happened", password="x")


def test_a_value_is_cut_and_debug_is_silent(stream: io.StringIO) -> None:
    Logger("streamward.test").debug("quiet")
    Logger("streamward.test").error("loud", cause="x" * 10_000)

    (line,) = stream.getvalue().splitlines()
    assert len(json.loads(line)["cause"]) == VALUE_CHARACTERS_MAX
