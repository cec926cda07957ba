# Two commands for a start: `make demo` and `make test`. Each builds .venv itself and installs what else is missing.
# Options are passed on with ARGS: make demo ARGS="--duration 45 --json", make test ARGS="tests/wire -x".

SHELL := /bin/sh
export PATH := $(PATH):/usr/sbin:/sbin
ARGS ?=
RUN := .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help demo test venv check format docs bench fuzz mutate lock wheels train test-train test-slow

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## watch a simulated ward: broker, four beds, a real agent
	@tools/prepare.sh demo
	@.venv/bin/edge-agent demo $(ARGS)

test: ## run the tests
	@tools/prepare.sh dev mosquitto dbus-daemon c++ aplay
	@$(RUN) pytest -q -n auto --dist worksteal -m "not slow and not train" $(ARGS)

venv: ## build the development environment alone
	@tools/prepare.sh dev

check: venv ## format, lint, types, imports, locks, generated docs
	$(RUN) ruff format --check --quiet
	$(RUN) ruff check --quiet
	$(RUN) mypy
	.venv/bin/lint-imports --no-logo
	! grep -n '://' requirements/*.txt
	$(RUN) tools.generate_docs --check

format: venv ## put the code into its format, mend what ruff can mend
	$(RUN) ruff check --fix --quiet
	$(RUN) ruff format

docs: venv ## write the generated docs anew
	$(RUN) tools.generate_docs

bench: venv ## measure the agent against the naive script, and what a frame, a reading and a score cost
	@tools/prepare.sh dev mosquitto
	@$(RUN) benchmarks.decode
	@$(RUN) benchmarks.ward
	@$(RUN) benchmarks.risk
	@$(RUN) benchmarks $(ARGS)

fuzz: ## damage every device's frames a million times: ARGS="sensor_link --runs 100000"
	@tools/prepare.sh dev
	@$(RUN) tests.fuzz $(ARGS)

mutate: ## see which small changes of bridges and bedside no test notices: ARGS="edge_agent/bedside/delay.py --sample 40"
	@tools/prepare.sh dev
	@$(RUN) tools.mutate $(ARGS)

lock: venv ## write requirements/*.txt for what pyproject.toml asks; newest versions with ARGS=--upgrade
	tools/lock.sh $(ARGS)

wheels: venv ## see that every lock has wheels for x86-64 and ARM on every Python
	tools/wheels.sh

train: ## make a model bundle: ARGS="--data FOLDER --out edge_agent/models" (Python 3.10 or 3.11)
	@tools/prepare.sh train
	@$(RUN) training train $(ARGS)

test-train: ## run the tests of training (Python 3.10 or 3.11)
	@tools/prepare.sh train mosquitto dbus-daemon
	@$(RUN) pytest -q -m train $(ARGS)

test-slow: ## run the tests that take minutes
	@tools/prepare.sh dev mosquitto dbus-daemon
	@$(RUN) pytest -q -m slow $(ARGS)
