# `make run` starts Winnow, `make test` tests it. Both need Python 3.11 or newer and nothing else;
# the first run brings the libraries into .venv.

PYTHON := .venv/bin/python

.PHONY: run loginlink test ci lint format types bench faults lock environment environment-dev

run: environment
	@exec $(PYTHON) scripts/run.py

# Another link that logs the administrator in, once.
loginlink: environment
	@$(PYTHON) manage.py loginlink

test: environment-dev
	@$(PYTHON) scripts/test.py

ci: lint types
	$(PYTHON) manage.py makemigrations --check --dry-run
	@$(PYTHON) scripts/test.py

lint: environment-dev
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: environment-dev
	$(PYTHON) -m mypy

format: environment-dev
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

# The long ones, not in CI.
bench: environment-dev
	$(PYTHON) -m tests.bench

faults: environment-dev
	FAULTS_AT_FULL_LENGTH=1 $(PYTHON) -m pytest -m faults --timeout 1200

# After a change of requirements*.txt; `make lock UPGRADE=--upgrade` takes newer versions.
lock: environment-dev
	@UV="$$(command -v .venv/bin/uv || command -v uv)" scripts/lock.sh $(UPGRADE)

environment:
	@scripts/environment.sh requirements.lock

environment-dev:
	@scripts/environment.sh requirements-dev.lock
