"""Check the change fragments: `changes/NUMBER.KIND.md` or `changes/+word.KIND.md`.

One sentence or more in each, in the words of somebody who uses the product.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def problems(folder: Path, kinds: frozenset[str]) -> list[str]:
    """What towncrier would silently leave out of the changelog, or print badly."""
    name = re.compile(r"(\d+|\+[a-z0-9-]+)\.(?P<kind>[a-z]+)(\.\d+)?\.md")
    found = []
    for path in sorted(folder.iterdir()):
        if path.name in {"README.md", ".gitignore"}:
            continue
        match = name.fullmatch(path.name)
        if match is None or match["kind"] not in kinds:
            found.append(
                f"`changes/{path.name}` is not named NUMBER.KIND.md with KIND one of "
                + ", ".join(sorted(kinds))
            )
        elif not path.read_text(encoding="utf-8").strip().endswith((".", "`")):
            found.append(f"`changes/{path.name}` is not a sentence: it has no full stop at its end")
    return found


def main() -> int:
    """Print every problem; 1 if there is one."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    kinds = frozenset(kind["directory"] for kind in settings["tool"]["towncrier"]["type"])
    found = problems(ROOT / "changes", kinds)
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
