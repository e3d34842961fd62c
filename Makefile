# `make run` starts Winnow, `make test` tests it. Both need Python 3.11 or newer and nothing else;
# the first run brings the libraries into .venv.

PY := .venv/bin/python

.PHONY: run loginlink test ci lint format types bench faults lock environment environment-dev

run: environment
	@exec $(PY) scripts/run.py

# Another link that logs the administrator in, once.
loginlink: environment
	@LOG_LEVEL=WARNING $(PY) manage.py loginlink

test: environment-dev
	@$(PY) scripts/test.py

ci: lint types
	$(PY) manage.py makemigrations --check --dry-run
	@$(PY) scripts/test.py

lint: environment-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: environment-dev
	$(PY) -m mypy

format: environment-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# The long ones, not in CI.
bench: environment-dev
	$(PY) -m tests.bench

faults: environment-dev
	FAULTS_AT_FULL_LENGTH=1 $(PY) -m pytest -m faults --timeout 1200

# After a change of requirements*.txt; `make lock UPGRADE=--upgrade` takes newer versions.
lock: environment-dev
	@UV="$$(command -v .venv/bin/uv || command -v uv)" scripts/lock.sh $(UPGRADE)

environment:
	@scripts/environment.sh requirements.lock

environment-dev:
	@scripts/environment.sh requirements-dev.lock
