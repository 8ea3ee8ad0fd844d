# `make` lists the targets. Everything that they install goes into .venv, everything that they write into var.

PORT ?= 8000
BIN := .venv/bin
PACKAGES := portal access connections emulator tests tools
MANAGE := $(BIN)/python manage.py

.DEFAULT_GOAL := help
.PHONY: help run reset test check format lock bench screenshots

help:  ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: .venv/demo.stamp  ## Start the portal with a demo estate on port 8000 (PORT=8080 changes it); Ctrl-C ends it
	@exec $(BIN)/python -m tools.run --port $(PORT)

reset:  ## Forget the demo: the next `make run` starts afresh
	@tools/reset.sh

# Three runs: Playwright's event loop stays in a process for good, and Django refuses to use the database beside it.
# Many wait for other processes more than they count, so more of them than processors fit.
# They start hundreds of processes: what was compiled once is kept, also where the environment says otherwise.
test bench: export PYTHONDONTWRITEBYTECODE :=
PYTEST := $(BIN)/pytest --dist worksteal --durations 10
test: .venv/dev.stamp  ## Run every test, then those of behaviour again on PostgreSQL
	@tools/test-tools.sh
	$(PYTEST) -n 6 -m "not live" --ignore tests/browser --ignore tests/frontend
	$(PYTEST) -n 6 --database postgresql --ignore tests/browser --ignore tests/frontend --ignore tests/contract
	DJANGO_ALLOW_ASYNC_UNSAFE=1 $(PYTEST) -n 3 tests/browser tests/frontend

check: .venv/dev.stamp  ## Lint, types, who imports whom, migrations and requirements in step
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	tools/lock.sh --check

format: .venv/dev.stamp  ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: .venv/dev.stamp  ## Pin the newest versions that the requirements*.in files allow
	tools/lock.sh

bench: .venv/dev.stamp  ## Measure from click to active, the list of connections, a million audit events, a thousand grants
	@tools/test-tools.sh
	@$(BIN)/python tools/bench.py; missed=$$?; $(BIN)/python tools/bench_list.py || missed=1; \
		$(BIN)/python tools/bench_trail.py || missed=1; $(BIN)/python tools/bench_grants.py || missed=1; \
		$(BIN)/python tools/bench_crowd.py && exit $$missed

screenshots: .venv/dev.stamp  ## Make the pictures in docs/screenshots from the running portal
	@tools/test-tools.sh
	$(BIN)/python tools/screenshots.py

.venv/demo.stamp: requirements-demo.txt
	@tools/install.sh requirements-demo.txt
	@touch $@

# What is for development contains what is for the demo.
.venv/dev.stamp: requirements-dev.txt
	@tools/install.sh requirements-dev.txt
	@touch $@ .venv/demo.stamp
