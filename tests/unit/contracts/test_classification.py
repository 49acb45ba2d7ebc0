"""What a stream carries, by its own document and those of its prefixes."""

from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.contracts import classes_of, level_of, streams_carrying
from streamward.model.document import Bundle
from streamward.model.stream import Level

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "payments"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(EXAMPLE, materials=False).bundle


@pytest.mark.parametrize(
    ("stream", "classes", "level"),
    [
        ("payments.transactions", ("cardholder", "personal"), Level.RESTRICTED),
        ("payments.daily-totals", ("operational",), Level.INTERNAL),
        ("fraud.scores", ("personal",), Level.CONFIDENTIAL),
        ("analytics.fee-schedule", ("operational", "published"), Level.INTERNAL),
        ("nobody.knows", (), Level.RESTRICTED),
    ],
)
def test_classes_and_level(
    bundle: Bundle, stream: str, classes: tuple[str, ...], level: Level
) -> None:
    assert classes_of(bundle, stream) == classes
    assert level_of(bundle, stream) is level


def test_streams_of_a_class(bundle: Bundle) -> None:
    carrying = {stream.name or stream.prefix for stream in streams_carrying(bundle, "cardholder")}

    assert carrying == {"payments.transactions", "payments.refunds", "audit."}
