# Everything works from a fresh clone with Python 3.11 and make alone.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run dev test test-fast fuzz chaos screenshots bench bench-scale bench-faults bench-webhooks soak manage psql lint format requirements clean

help:
	@echo 'make run                  run the whole service in the foreground (HOST, PORT, DATA_DIR, … as in .env.sample)'
	@echo 'make dev                  the same with autoreload and DEBUG=on'
	@echo 'make test [ARGS=…]        run all tests, on servers of their own (ARGS go to pytest)'
	@echo 'make test-fast [ARGS=…]   run the in-process tests only (half a minute)'
	@echo 'make chaos                open 3,000 tickets while each part fails in turn (six minutes)'
	@echo 'make fuzz                 test the API against its OpenAPI document (CASES=2000), and the desk with hostile values and odd texts'
	@echo 'make screenshots          retake the screenshots in docs/images'
	@echo 'make bench                compare the API with the stack of the original (needs wrk)'
	@echo 'make bench-scale          compare 1,000,000 tickets with 1,000; time every page of the desk (three minutes)'
	@echo 'make bench-faults         measure creates while a receiver hangs, the broker is frozen, …'
	@echo 'make bench-webhooks       measure webhook delivery'
	@echo 'make soak [MINUTES=20]    run under steady load; nothing may grow that need not'
	@echo 'make manage ARGS=…        run a management command against the running service'
	@echo 'make psql                 open a database prompt on the running service'
	@echo 'make lint                 run the static checks'
	@echo 'make format               format the code'
	@echo 'make requirements         compile requirements/*.in to pinned *.txt'
	@echo 'make clean                remove the virtual environment and caches (never your data)'

$(READY): requirements/base.txt requirements/local.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.txt
	@touch $@

$(VENV)/.bench: $(READY) requirements/bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

run: $(READY)
	@$(BIN)/python -m local run

dev: $(READY)
	@DEBUG=$${DEBUG:-on} $(BIN)/python -m local run --reload

test: $(READY)
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: $(READY)
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m 'not slow' $(ARGS)

chaos: $(READY)
	@$(BIN)/python -m tests.chaos

fuzz: $(READY)
	@SCHEMATHESIS_CASES=$(or $(CASES),2000) THOROUGH=on $(BIN)/python -m pytest -q -n 2 --dist worksteal \
		tests/openapi/thorough.py tests/desk/test_hostile_requests.py tests/desk/test_odd_texts.py

screenshots: $(READY)
	@$(BIN)/python -m bench.screenshots

bench: $(VENV)/.bench
	@$(BIN)/python -m bench.api

bench-scale: $(READY)
	@$(BIN)/python -m bench.scale

bench-faults: $(READY)
	@$(BIN)/python -m bench.faults

bench-webhooks: $(READY)
	@$(BIN)/python -m bench.webhooks

soak: $(READY)
	@MINUTES=$(or $(MINUTES),20) $(BIN)/python -m bench.soak

manage: $(READY)
	@$(BIN)/python -m local manage $(ARGS)

psql: $(READY)
	@$(BIN)/python -m local psql $(ARGS)

lint: $(READY)
	@.ci/checks

format: $(READY)
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

COMPILE := uv pip compile --quiet --generate-hashes --python-version 3.11 --no-header --no-emit-index-url

requirements:
	$(BIN)/python -m pip install --quiet uv
	cd requirements && ../$(BIN)/$(COMPILE) base.in -o base.txt
	cd requirements && ../$(BIN)/$(COMPILE) local.in -o local.txt
	cd requirements && ../$(BIN)/$(COMPILE) bench.in -o bench.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
