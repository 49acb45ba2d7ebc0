"""How fast entries become durable and get their checkpoint, and a log is verified."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def measure(entries: int, folder: Path) -> dict[str, Any]:
    """What `rust/audit/examples/log.rs` prints, over a log of so many entries of 600 bytes."""
    command = ["cargo", "run", "--quiet", "--release", "--locked", "-p", "streamward-audit"]
    finished = subprocess.run(
        [*command, "--example", "log", "--", str(folder), str(entries)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    document: dict[str, Any] = json.loads(finished.stdout)
    return document


def main() -> int:
    """Measure the log alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("/var/tmp"))
    parser.add_argument("--entries", type=int, default=1_000_000)
    chosen = parser.parse_args()
    sys.stdout.write(json.dumps(measure(chosen.entries, chosen.folder), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
