"""`python bench/run.py`: measure Streamward beside its peers; `--help` tells the options."""

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

if __name__ == "__main__":
    # The checkout comes first, so that what is measured is what stands here.
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    sys.exit(importlib.import_module("bench.measure").main())
