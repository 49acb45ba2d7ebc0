"""Make `import streamward` and the `streamward` command work from this source tree.

An editable install would build the Rust core a second time; a path file and a console script do the
same without it. Run with the Python of the virtual environment that is to be linked.
"""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CONSOLE_SCRIPT = """\
#!{python}
import sys

from streamward.cli import main

sys.exit(main())
"""


def main() -> int:
    """Write the path file and the console script; refuse outside a virtual environment."""
    if sys.prefix == sys.base_prefix:
        sys.stderr.write("error: run this with the Python of a virtual environment\n")
        return 1
    path_file = Path(sysconfig.get_path("purelib")) / "streamward-source.pth"
    path_file.write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
    script = Path(sysconfig.get_path("scripts")) / "streamward"
    script.write_text(CONSOLE_SCRIPT.format(python=sys.executable), encoding="utf-8")
    script.chmod(0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main())
