"""Seeds for fuzzing from a run's frames: `python -m tests.equivalence.seeds FRAMES FOLDER`.

FRAMES is what `--frames` kept. FOLDER gets one folder for each fuzz target that takes messages.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

from streamward._core import api_table

PER_VERSION_MAX = 6
BYTES_MAX = 4096
CLIENT_FRAME, BROKER_FRAME_NUMBERED = 2, 7
POWERFUL = 2


def write(frames: Path, folder: Path, apis: list[int]) -> int:
    """The shortest frames of each API and version, in the forms of the targets; gives how many.

    `apis` are the keys of the table in its order: a response is told by its place there.
    """
    targets = ("request", "response", "session")
    for target in targets:
        (folder / target).mkdir(parents=True, exist_ok=True)
    found: dict[tuple[int, int], set[tuple[bytes, bytes]]] = defaultdict(set)
    for file in frames.glob("*.request"):
        request = file.read_bytes()
        answer = file.with_suffix(".kafka-response")
        response = answer.read_bytes() if answer.is_file() else b""
        if len(request) < 8 or len(request) + len(response) > BYTES_MAX:
            continue
        api = int.from_bytes(request[:2], "big")
        version = int.from_bytes(request[2:4], "big")
        # Without its number, so that the same message is the same.
        found[api, version].add((request[:4] + bytes(4) + request[8:], bytes(4) + response[4:]))
    count = 0
    for (api, version), pairs in sorted(found.items()):
        if api not in apis:
            continue
        shortest = sorted(pairs, key=lambda pair: (len(pair[0]) + len(pair[1]), pair))
        for number, (request, response) in enumerate(shortest[:PER_VERSION_MAX]):
            name = f"{api}-{version}-{number}"
            (folder / "request" / name).write_bytes(request)
            placed = bytes([apis.index(api), version]) + response
            (folder / "response" / name).write_bytes(placed)
            session = bytes([POWERFUL]) + _piece(CLIENT_FRAME, request)
            session += _piece(BROKER_FRAME_NUMBERED, response)
            (folder / "session" / name).write_bytes(session)
            count += len(targets)
    return count


def _piece(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + len(data).to_bytes(2, "little") + data


def main() -> int:
    """Write the seeds; say how many."""
    frames, folder = Path(sys.argv[1]), Path(sys.argv[2])
    apis = sorted({row["key"] for row in json.loads(api_table())})
    sys.stdout.write(f"{write(frames, folder, apis)} seeds\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
