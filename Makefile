# `make run` opens the app, `make test` checks everything, `make matrix` every model there can be. They set up what they need first and are quick the next time.

VENV := .venv
BIN := $(VENV)/bin
DIST := explorer/dist/assets.json
# One more than there are processors: much of testing is waiting for another process.
WORKERS = $(shell expr 1 + $$(getconf _NPROCESSORS_ONLN))
SOURCES := $(shell find explorer \( -name node_modules -o -name 'dist*' \) -prune -o -type f -print 2>/dev/null)
# The environment's programs come first: Node may be among them.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test check matrix build clean

run: $(VENV)/.packages $(DIST)
	@echo "== Starting Latent Explorer (stop it with Ctrl+C)"
	@$(BIN)/streamlit run app.py $(if $(PORT),--server.port $(PORT)) $(if $(READ_ONLY),-- --read-only)

test: $(VENV)/.test-packages $(VENV)/.equipment $(DIST)
	@$(MAKE) --no-print-directory check

check:
	@echo "== Style: ruff"
	@ruff check .
	@ruff format --check .
	@echo "== Imports: import-linter"
	@lint-imports --no-logo --no-cache
	@echo "== Types: mypy"
	@mypy
	@echo "== Types and tests of the browser half"
	@npm --prefix explorer run --silent check
	@npm --prefix explorer test --silent
	@echo "== Tests: pytest"
	@OMP_NUM_THREADS=1 pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

matrix: $(VENV)/.test-packages
	@echo "== Tests: every model that can be configured, 648 of them"
	@OMP_NUM_THREADS=1 LATENT_EXPLORER_MATRIX=all pytest --numprocesses auto tests/test_matrix.py

build: $(VENV)/.packages $(DIST)

clean:
	rm -rf $(VENV) explorer/dist explorer/node_modules

$(BIN)/uv:
	@scripts/make_environment.sh $(VENV)

$(VENV)/.packages: requirements.txt | $(BIN)/uv
	@echo "== Installing what running needs (some 6 GB with PyTorch; a few minutes the first time)"
	@uv pip install --compile-bytecode --python $(BIN)/python --requirement requirements.txt
	@touch $@

$(VENV)/.test-packages: requirements.txt requirements-dev.txt | $(VENV)/.packages
	@echo "== Installing what testing needs"
	@uv pip install --compile-bytecode --python $(BIN)/python --requirement requirements-dev.txt
	@touch $@

$(VENV)/.node: | $(BIN)/uv
	@scripts/find_node.sh $(BIN)
	@touch $@

$(VENV)/.equipment: | $(VENV)/.test-packages
	@$(BIN)/python -m harness.equipment
	@touch $@

explorer/node_modules/.package-lock.json: explorer/package-lock.json | $(VENV)/.node
	@echo "== Installing what building the browser half needs"
	@npm --prefix explorer ci --no-audit --no-fund --loglevel=error
	@touch $@

$(DIST): explorer/node_modules/.package-lock.json $(SOURCES)
	@echo "== Building the browser half"
	@npm --prefix explorer run --silent build
	@touch $@
