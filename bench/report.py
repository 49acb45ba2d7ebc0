"""Numbers as tables: medians and minima over the rounds, and ratios that can be compared."""

from statistics import median
from typing import Any

Row = dict[str, Any]
MEANINGFUL_GIGABYTES_MIN = 0.1
_PEERS = ("kroxylicious-sealing", "kroxylicious")


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of the (unsorted, not empty) values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def summarise(rounds: list[Row]) -> list[Row]:
    """One row for each contender, transport, kind and number of clients."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rounds:
        key = (row["kind"], row["transport"], row["clients"], row["contender"])
        groups.setdefault(key, []).append(row)
    rows = [_summary(key, measured) for key, measured in groups.items()]
    by_place = {
        (row["kind"], row["transport"], row["clients"], row["contender"]): row for row in rows
    }
    for row in rows:
        if "megabytes_per_second" not in row:
            continue
        place = (row["kind"], row["transport"], row["clients"])
        for other in ("direct", "haproxy"):
            if base := by_place.get((*place, other)):
                ratio = row["megabytes_per_second"] / base["megabytes_per_second"]
                row[f"throughput_of_{other}"] = round(ratio, 3)
        # Beside those who seal stands the peer that does.
        peers = [by_place.get((*place, name)) for name in _PEERS]
        peer = next((each for each in peers if each is not None), None)
        if peer and row["proxy_cpu_seconds_per_gb"] and peer["proxy_cpu_seconds_per_gb"]:
            ratio = row["proxy_cpu_seconds_per_gb"] / peer["proxy_cpu_seconds_per_gb"]
            row["cpu_of_kroxylicious"] = round(ratio, 3)
    return rows


def _summary(key: tuple[Any, ...], measured: list[Row]) -> Row:
    kind, transport, clients, contender = key
    row: Row = {"kind": kind, "transport": transport, "clients": clients, "contender": contender}
    row["rounds"] = len(measured)
    if kind == "latency":
        row["p50_ms"] = round(median(each["p50_ms"] for each in measured), 3)
        row["p99_ms"] = round(median(each["p99_ms"] for each in measured), 3)
        row["p99_ms_min"] = round(min(each["p99_ms"] for each in measured), 3)
    else:
        speeds = [each["bytes"] / each["seconds"] / 1e6 for each in measured]
        row["megabytes_per_second"] = round(median(speeds), 1)
        row["megabytes_per_second_max"] = round(max(speeds), 1)
        for name in ("proxy", "broker", "client"):
            costs = [
                each[f"{name}_cpu_seconds"] / (each["bytes"] / 1e9)
                for each in measured
                if each[f"{name}_cpu_seconds"] is not None
            ]
            row[f"{name}_cpu_seconds_per_gb"] = round(median(costs), 3) if costs else None
            row[f"{name}_cpu_seconds_per_gb_min"] = round(min(costs), 3) if costs else None
        shares = [each["recording_share"] for each in measured if "recording_share" in each]
        row["recording_share"] = round(median(shares), 5) if shares else None
        row["recording_share_max"] = round(max(shares), 5) if shares else None
    sizes = [each["resident_bytes"] for each in measured if each["resident_bytes"] is not None]
    row["resident_megabytes"] = round(max(sizes) / 1e6) if sizes else None
    return row


def markdown(document: Row) -> str:
    """The whole result as a page."""
    machine = document["machine"]
    lines = [
        f"# {document['taken']}",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_bytes'] >> 30} GiB, "
        f"Linux {machine['kernel']}, load {machine['load_average'][0]:.1f} at the start.",
        f"{document['gigabytes']} GB a measurement, warmed with {document['warm_gigabytes']} GB, "
        f"{document['rounds']} rounds, records of 1 KiB, acks=all.",
        "",
    ]
    if document["gigabytes"] < MEANINGFUL_GIGABYTES_MIN:
        lines += ["**A smoke run: too little was moved for these figures to mean anything.**", ""]
    lines += [f"Skipped: {each}." for each in document["skipped"]]
    for kind in ("produce", "consume"):
        lines += _throughput(kind, [row for row in document["rows"] if row["kind"] == kind])
    lines += _latency(document["rows"]) + _recording(document["rows"])
    lines += _log(document.get("log"))
    return "\n".join(lines + _index(document.get("index"))) + "\n"


def _recording(rows: list[Row]) -> list[str]:
    lines = [
        "",
        "## recording: its share of the gateway's CPU, at most",
        "",
        "| kind | transport | clients | contender | share (max) |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['kind']} | {row['transport']} | {row['clients']} | {row['contender']} | "
        f"{row['recording_share']:.2%} ({row['recording_share_max']:.2%}) |"
        for row in rows
        if row.get("recording_share") is not None
    ]
    return [*lines, ""]


def _log(log: Row | None) -> list[str]:
    if log is None:
        return []
    return [
        f"## the log: {log['entries']:,.0f} entries of 600 bytes",
        "",
        "| | |",
        "|---|---|",
        f"| durable entries/s | {log['durable_per_second']:,.0f} |",
        f"| entries/s with a checkpoint | {log['checkpointed_per_second']:,.0f} |",
        f"| CPU-s for a million | {log['cpu_seconds_per_million']:.1f} |",
        f"| s to verify all | {log['verify_seconds']:.1f} |",
        f"| s to verify all, and the journal | {log['verify_with_journal_seconds']:.1f} |",
        "",
    ]


def _index(index: Row | None) -> list[str]:
    if index is None:
        return []
    lines = [
        f"## exposure over {index['entries']:,} entries",
        "",
        f"Index built in {index['index_seconds']:.0f} s, {index['index_bytes'] / 1e6:.0f} MB.",
        "",
        "| question | lines | s (max of 5) | CPU-s |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {row['question']} | {row['lines']} | "
        f"{median(row['seconds']):.3f} ({max(row['seconds']):.3f}) | {row['cpu_seconds']:.3f} |"
        for row in index["questions"]
    ]
    return [*lines, ""]


def _throughput(kind: str, rows: list[Row]) -> list[str]:
    lines = [
        f"## {kind}",
        "",
        "| transport | clients | contender | proxy CPU-s/GB (min) | of Kroxylicious | "
        "broker CPU-s/GB | MB/s (max) | of direct | of haproxy | RSS MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda each: (each["transport"], each["clients"])):
        cost = "–"
        if row["proxy_cpu_seconds_per_gb"] is not None:
            cost = (
                f"{row['proxy_cpu_seconds_per_gb']:.2f} ({row['proxy_cpu_seconds_per_gb_min']:.2f})"
            )
        speed = f"{row['megabytes_per_second']:.0f} ({row['megabytes_per_second_max']:.0f})"
        lines.append(
            f"| {row['transport']} | {row['clients']} | {row['contender']} | {cost} | "
            f"{row.get('cpu_of_kroxylicious', '–')} | "
            f"{row['broker_cpu_seconds_per_gb']:.2f} | {speed} | "
            f"{row.get('throughput_of_direct', '–')} | "
            f"{row.get('throughput_of_haproxy', '–')} | {row['resident_megabytes'] or '–'} |"
        )
    return [*lines, ""]


def _latency(rows: list[Row]) -> list[str]:
    lines = [
        "## single acknowledgements at 500/s",
        "",
        "| transport | contender | p50 ms | p99 ms (min) |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {row['transport']} | {row['contender']} | {row['p50_ms']:.2f} | "
        f"{row['p99_ms']:.2f} ({row['p99_ms_min']:.2f}) |"
        for row in sorted(rows, key=lambda each: each["transport"])
        if row["kind"] == "latency"
    ]
    return lines
