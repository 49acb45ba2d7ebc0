"""What the log knows to have been written under a ring."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from streamward.audit.index import opened_index
from streamward.audit.intervals import merged
from streamward.audit.journal import journal_readers
from streamward.audit.places import index_path, log_origin
from streamward.contracts.sealing import sealed_streams
from streamward.keys.destruction import PartitionPreview, StreamPreview
from streamward.model.document import Bundle

_WRITTEN: Final = """
select streams.text, runs.partition, runs.first, runs.last, runs.records
from runs
join accesses on accesses.access = runs.access
join words as streams on streams.id = accesses.stream
join words as actions on actions.id = accesses.action
where actions.text = 'Write'
order by streams.text, runs.partition
"""


def written_under(bundle: Bundle, audit: Path, ring: str) -> tuple[StreamPreview, ...]:
    """Offset ranges and records of the streams that are sealed under a ring as the bundle says
    now. Blocks while the index catches up with the log.
    """
    sealed = [(declared, seal.ring) for declared, seal in sealed_streams(bundle)]

    def ring_of(stream: str) -> str | None:
        exact = [ring for declared, ring in sealed if declared.name == stream]
        around = [
            (len(declared.prefix), ring)
            for declared, ring in sealed
            if declared.prefix is not None and stream.startswith(declared.prefix)
        ]
        return exact[0] if exact else max(around, default=(0, None))[1]

    found: dict[str, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    records: dict[tuple[str, int], int] = defaultdict(int)
    with opened_index(journal_readers(audit), index_path(audit), log_origin(audit)) as index:
        for stream, partition, first, last, count in index.rows(_WRITTEN):
            if ring_of(str(stream)) != ring:
                continue
            records[str(stream), partition] += count
            spans = found[str(stream)][partition]
            if first is not None and last is not None:
                spans.append((first, last))
    return tuple(
        StreamPreview(
            stream,
            tuple(
                PartitionPreview(
                    number,
                    tuple((str(first), str(last)) for first, last in merged(partitions[number])),
                    records[stream, number],
                )
                for number in sorted(partitions)
            ),
        )
        for stream, partitions in sorted(found.items())
    )
