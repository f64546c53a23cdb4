PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test lint bench eval learn train screenshots clean

# torch goes first: pinned, so that no other package pulls a CUDA build.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q torch==2.13.0
	$(BIN)/python -m pip install -q -e '.[dev]'
	touch $(READY)

run: $(READY)
	$(BIN)/python app.py serve

test: $(READY) lint
	$(BIN)/python -m pytest
	$(BIN)/python -m eval.run --documents eval/corpus --questions eval/cases.jsonl --out out/sample --floor eval/floor.json

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m eval.bench --documents eval/corpus --out out/bench.json

eval: $(READY)
	$(BIN)/python -m eval.run --documents eval/corpus --questions eval/cases.jsonl --out out/sample --floor eval/floor.json

learn: $(READY)
	$(BIN)/python -m eval.learn

train: $(READY)
	$(BIN)/python -m pip install -q -e '.[train]'
	$(BIN)/python -m index.training
	$(BIN)/python -m eval.learn

screenshots: $(READY)
	$(BIN)/python -m tests.screenshots

clean:
	rm -rf $(VENV) data out build *.egg-info
