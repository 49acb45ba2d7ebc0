"""The page that is handed on after a breach."""

from pathlib import Path

from streamward.audit.exposure import Exposure, Question
from streamward.audit.index import Exposing, opened_index
from streamward.audit.report import caveats, markdown, size, spans
from tests.support.leaves import Access, gap
from tests.support.log import MemoryLog


def answer(tmp_path: Path, *leaves: bytes, **question: object) -> Exposure:
    log = MemoryLog()
    log.leaves.extend(leaves)
    with opened_index(log.open_reader, tmp_path / "index.sqlite", "streamward/0") as index:
        asked = Question(**question)  # type: ignore[arg-type]
        return Exposing(index, asked, origin="streamward/0").answer()


def test_a_report_says_what_by_whom_under_which_rule_and_from_which_entries(
    tmp_path: Path,
) -> None:
    access = Access(1)
    leaves = (access.opened(0), access.moved(1_000, 2_000, (3, 0, 9, 10, 12_345)))
    page = markdown(answer(tmp_path, *leaves, principal="mallory"), 0)

    assert "| cards | Read | cardholder | readable | 3 | 0–9 | 10 | 12.3 kB |" in page
    for said in ("mallory-key", "10.0.0.9", "grant:readers#1", "sha256:1", "roll-ups 1 to 1"):
        assert said in page
    assert "**Exact.** Yes." in page


def test_a_report_says_every_limit_of_the_answer(tmp_path: Path) -> None:
    access = Access(1, action="Write")
    leaves = (
        access.opened(0),
        access.moved(1, 9, (0, "unknown", "unknown", 4, 40)),
        access.moved(11, 12, (0, 5, 5, 1, 1), bound="upper"),
        gap(3, 8, 12),
    )
    found = answer(tmp_path, *leaves, principal="mallory", since=5)

    told = " ".join(caveats(found))
    for said in ("4 records are unknown", "upper bounds", "over an edge", "12 records moved"):
        assert said in told
        assert said in markdown(found, 0)
    assert "With these limits" in markdown(found, 0)


def test_names_of_peers_stay_in_their_cells(tmp_path: Path) -> None:
    access = Access(1, stream="a|b\x1b[31m<script>")
    page = markdown(answer(tmp_path, access.moved(1, 2, (0, 0, 0, 1, 1)), principal="mallory"), 0)

    assert "\x1b" not in page
    assert "<script>" not in page
    assert "a\\|b" in page


def test_ranges_and_sizes_read_well(tmp_path: Path) -> None:
    ranges = tuple((0, 10 * n, 10 * n, 1, 1) for n in range(30))
    found = answer(tmp_path, Access(1).moved(1, 2, *ranges), principal="mallory")

    assert spans(found.totals[0].partitions[0], 3) == "0, 10, 20, and 27 more ranges"
    assert [size(each) for each in (0, 999, 1_000, 2_500_000)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "2.5 MB",
    ]
