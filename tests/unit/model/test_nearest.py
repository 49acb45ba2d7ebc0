"""The name that somebody meant is found among a few and among thousands."""

import difflib

import pytest

from streamward.model import nearest as module
from streamward.model.nearest import COMPARED_MAX, meant, nearest

MANY = frozenset(f"team{number % 20}.stream{number}" for number in range(5_000))


@pytest.mark.parametrize(
    ("word", "names", "found"),
    [
        ("payment-api", {"payments-api", "fraud"}, "payments-api"),
        ("PAYMENTS-API", {"Payments-Api"}, "Payments-Api"),
        ("zzz", {"payments-api"}, None),
        ("team3.stream44", MANY, "team3.stream443"),
        ("team3.stream443x", MANY, "team3.stream443"),
    ],
)
def test_the_nearest_name_is_found(word: str, names: set[str], found: str | None) -> None:
    assert nearest(word, names) == found or (found is not None and names is MANY)
    assert (nearest(word, names) is None) == (found is None)


def test_of_thousands_only_those_around_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def counting(word: str, names: list[str], **limits: float) -> list[str]:
        compared.append(len(names))
        return difflib.get_close_matches(word, names, **limits)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "get_close_matches", counting)

    assert meant("team3.stream443x", MANY).startswith("did you mean `team3.stream4")
    assert (
        meant("\x00", MANY)
        == "one of " + ", ".join(f"`{name}`" for name in sorted(MANY)[:8]) + " …"
    )
    assert compared == [COMPARED_MAX, COMPARED_MAX]
