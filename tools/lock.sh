#!/usr/bin/env bash
# Resolve the lock files from pyproject.toml: every version and hash, for every platform, and no index
# address (whoever installs decides where packages come from; the hashes decide what they are).
set -euo pipefail
cd "$(dirname "$0")/.."

command -v uv >/dev/null || { echo "error: \`uv\` is not on PATH; it is needed only to lock" >&2; exit 1; }

compile=(uv pip compile --quiet --universal --python-version 3.11 --generate-hashes
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@" pyproject.toml)
"${compile[@]}" --output-file requirements/runtime.txt
"${compile[@]}" --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt

if grep -nE 'https?://' requirements/*.txt; then
  echo "error: a lock file names a host" >&2
  exit 1
fi
