# The only front door. On a fresh machine (Python 3.11 or newer with venv, Rust, JDK 17, Maven), each of
# `make demo` and `make test` is the only command needed. Stamps in .cache/make let a second run start
# in seconds; a changed lock file or Rust source repeats only its own step.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .cache/make
TARGET := $(or $(CARGO_TARGET_DIR),target)
CORE := src/streamward/_core.abi3.so

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -type f -not -path '*/fuzz/*' -not -name '.*')
PYTHON_SOURCES := pyproject.toml $(shell find src -type f -not -name '*.so' -not -name '*.pyc')

# Where Maven keeps the archive that the table of Kafka's messages is generated from, if it is there.
KAFKA_JAR := $(firstword $(wildcard $(HOME)/.m2/repository/org/apache/kafka/kafka-clients/4.3.1/kafka-clients-4.3.1.jar))

# Tests run beside each other, each file in one of so many processes, each with brokers of its own.
TEST_WORKERS ?= 2

FUZZ_SECONDS ?= 60
# A folder that `make equivalence EQUIVALENCE_ARGS="--frames FOLDER"` filled: its frames are seeds.
FUZZ_FRAMES ?=
FUZZ_SEEDS := $(abspath $(TARGET))/fuzz-seeds
FUZZ_TARGETS := $(patsubst rust/fuzz/fuzz_targets/%.rs,%,$(wildcard rust/fuzz/fuzz_targets/*.rs))

# Rust's test programs would have to link libpython, which a fresh machine may not have as a library;
# `core` is glue, and pytest covers it through the built module.
CARGO_TEST := cargo test --workspace --exclude streamward-core --locked

.PHONY: help setup demo check test golden fuzz crash bench equivalence docs wheel lock clean

help:  ## show this list
	@sed -n -E 's/^([a-z]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

setup: $(STAMPS)/package $(CORE)  ## virtual environment, locked dependencies, compiled core

demo: setup  ## the main job, on this machine, with nothing to configure
	$(BIN)/streamward demo

test: setup wheel  ## every test; one that needs what is absent is skipped by name
	$(CARGO_TEST)
	$(BIN)/python -m pytest -p tests.no_skip --numprocesses $(TEST_WORKERS) --dist loadfile $(PYTEST_ARGS)

check: $(STAMPS)/package  ## formatting, lints, types, layers, dependencies, change fragments
	@failed=(); \
	run() { echo "==> $$*"; "$$@" || failed+=("$$*"); }; \
	run $(BIN)/ruff check --quiet .; \
	run $(BIN)/ruff format --quiet --check .; \
	run $(BIN)/mypy; \
	run $(BIN)/lint-imports; \
	run cargo fmt --all --check; \
	run cargo clippy --workspace --all-targets --locked --quiet -- -D warnings; \
	run $(BIN)/python tools/check_crates.py; \
	run $(BIN)/python tools/check_fragments.py; \
	if [ -n "$(KAFKA_JAR)" ]; then run $(BIN)/python tools/kafka_schemas.py --check --jar "$(KAFKA_JAR)"; \
	else echo "skipped: the table of Kafka's messages (kafka-clients is not in Maven's cache)"; fi; \
	if cargo deny --version >/dev/null 2>&1; then run cargo deny check; \
	else echo "skipped: cargo deny (not installed: advisories were not looked up)"; fi; \
	if [ "$${#failed[@]}" -gt 0 ]; then printf 'failed: %s\n' "$${failed[@]}" >&2; exit 1; fi

golden: setup  ## rewrite the golden files; review the difference before you commit it
	STREAMWARD_GOLDEN=1 $(BIN)/python -m pytest tests/golden
	git status --short tests/golden

fuzz: setup  ## many more random cases than `make test`; FUZZ_SECONDS for each fuzz target
	PROPTEST_CASES=20000 $(CARGO_TEST) --release
	@if cargo fuzz --version >/dev/null 2>&1; then \
	  mkdir -p $(FUZZ_SEEDS)/session && STREAMWARD_FUZZ_SEEDS=$(FUZZ_SEEDS)/session \
	    cargo test --quiet --locked -p streamward-gateway --lib fuzz && \
	  if [ -n "$(FUZZ_FRAMES)" ]; then \
	    $(BIN)/python -m tests.equivalence.seeds "$(FUZZ_FRAMES)" $(FUZZ_SEEDS); fi && \
	  for target in $(FUZZ_TARGETS); do \
	    seeds=; if [ -d $(FUZZ_SEEDS)/$$target ]; then seeds=$(FUZZ_SEEDS)/$$target; fi; \
	    cargo +nightly fuzz run --fuzz-dir rust/fuzz "$$target" rust/fuzz/corpus/$$target $$seeds -- \
	      -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=512 || exit 1; done; \
	else echo "skipped: $(FUZZ_TARGETS) (cargo-fuzz is not installed)"; fi

crash:  ## kill the writer of a log 200 times under load, and verify the log each time
	STREAMWARD_KILL_ROUNDS=200 cargo test --locked -p streamward-audit --test log killed -- --nocapture

bench: setup  ## measure; prints numbers with the machine they were taken on
	$(BIN)/python bench/run.py $(BENCH_ARGS)

equivalence: setup  ## Kafka's own authorizer and the gateway, the same requests, compared
	$(BIN)/python -m tests.equivalence $(EQUIVALENCE_ARGS)

docs: setup  ## rewrite the generated reference pages
	$(BIN)/python tools/generate_docs.py

wheel: $(STAMPS)/wheel  ## one abi3 wheel for this platform, in dist/

lock:  ## resolve requirements/*.txt anew from pyproject.toml (needs uv on PATH)
	tools/lock.sh

clean:  ## remove what was built, keep the virtual environment and downloads
	rm -rf $(STAMPS)/package $(STAMPS)/wheel $(CORE) dist .pytest_cache .mypy_cache .ruff_cache
	cargo clean

# ---- steps ---------------------------------------------------------------------------------------

$(STAMPS)/venv: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed, \`$(PYTHON)\` is older; run \`make PYTHON=python3.x\`" >&2; exit 1; }
	@command -v cargo >/dev/null || { echo "error: \`cargo\` is not on PATH; install Rust 1.89 or newer" >&2; exit 1; }
	@echo "==> 1/3 Python packages, pinned and hash-checked"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/dev.txt --quiet
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/package: $(STAMPS)/venv tools/link_package.py
	@echo "==> 2/3 the streamward package, from this source tree"
	$(BIN)/python tools/link_package.py
	@touch $@

$(CORE): $(RUST_SOURCES) | $(STAMPS)/venv
	@echo "==> 3/3 the compiled core (about 5 minutes on 2 idle cores the first time)"
	cargo build --release --locked -p streamward-core --features extension-module
	@# A new inode: a process that has the old file mapped keeps it.
	cp $(TARGET)/release/lib_core.so $@.$$$$ && mv -f $@.$$$$ $@

$(STAMPS)/wheel: $(RUST_SOURCES) $(PYTHON_SOURCES) LICENSE README.md | $(STAMPS)/venv $(CORE)
	rm -rf dist
	$(BIN)/maturin build --release --locked --out dist --quiet
	@touch $@
