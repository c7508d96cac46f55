# `make` lists the targets. Everything they make is in build/ and .venv/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

.PHONY: help setup build abi3 test demo bench load lint format asan tsan fuzz model frozen requirements clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing: Debian packages, .venv, Debian 13's Python beside the system
	@tools/setup.sh

build: setup ## release build in build/release, the Python package installed in .venv
	@tools/build.sh release
	@tools/install_python.sh

abi3: setup ## the wheel for CPython 3.12 and later, unpacked in build/abi3/site
	@tools/build_abi3.sh

test: build abi3 ## every test; the last line counts them
	@.venv/bin/python tools/run_tests.py

demo: build ## a cached parameter across invocations of a Python and a C++ function
	@.venv/bin/python examples/demo/demo.py

bench: build abi3 ## hit path, cold start, objects and the agent, against the budgets
	@.venv/bin/python benchmarks/run.py

load: build ## the agent under load, LOAD_REQUESTS (10,000,000), while AWS fails half of the time
	@.venv/bin/python benchmarks/agent_load.py --requests $${LOAD_REQUESTS:-10000000}

lint: setup ## formatting, types, clang-tidy, include directions
	@tools/lint.sh

format: setup ## format C++ and Python in place
	@tools/lint.sh format

asan: setup ## unit and Python tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/build.sh asan
	@tools/asan_package.sh
	@.venv/bin/python tools/run_tests.py --suite unit --suite python --build asan

tsan: setup ## unit tests under ThreadSanitizer
	@tools/build.sh tsan
	@.venv/bin/python tools/run_tests.py --suite unit --build tsan

fuzz: setup ## every parser of bytes from outside under libFuzzer, FUZZ_SECONDS (60) each
	@tools/build.sh fuzz lambda_cache_fuzz
	@.venv/bin/python tools/fuzz.py

model: setup ## the engine against its reference: MODEL_STEPS (10,000,000) operations, a tenth of it in asan
	@tools/build.sh release cache_model_test
	@tools/build.sh asan cache_model_test
	@steps=$${MODEL_STEPS:-10000000}; test=tests/unit/cache/cache_model_test; \
	LAMBDA_CACHE_MODEL_STEPS=$$steps build/release/$$test --gtest_brief=1 && \
	LAMBDA_CACHE_MODEL_STEPS=$$((steps / 10)) build/asan/$$test --gtest_brief=1

frozen: build abi3 ## processes frozen, forked, killed and restored, FROZEN_RUNS (100) times in a row, by both interpreters
	@for python in .venv/bin/python build/debian13/python; do \
	  for run in $$(seq $${FROZEN_RUNS:-100}); do \
	    $$python -m pytest -q tests/python/programs/test_frozen.py tests/python/test_snapshot.py \
	      >build/logs/frozen.log 2>&1 || { cat build/logs/frozen.log; exit 1; }; \
	  done; echo "$$python: $${FROZEN_RUNS:-100} runs, the last one:"; tail -n 1 build/logs/frozen.log; \
	done

requirements: ## pin the newest Python packages anew
	@tools/pin_requirements.sh

clean: ## remove the builds, keep what was downloaded
	@rm -rf build/{release,abi3,asan,tsan,fuzz,dev,tidy,results,logs} build/stamps/{python,abi3}

distclean: ## remove everything that make made
	@rm -rf build .venv
